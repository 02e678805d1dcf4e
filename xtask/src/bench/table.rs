//! What was measured: lines for the terminal, and tables for `docs/performance.md`.

use anyhow::{Result, bail};

/// Ten times the work may take so many times the time.
pub const MOST_GROWTH: f64 = 12.0;

/// Most memory that a case may take, in KiB.
const MOST_MEMORY: u64 = 200 * 1024;

/// The least that a case can take on this machine, and of what.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub seconds: f64,
    pub what: String,
}

/// One case, measured.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub case: String,
    /// Seconds, the median.
    pub ours: f64,
    pub mit: f64,
    /// Of each program.
    pub runs: usize,
    /// How many times as fast as MIT's ours must be; 0 where nothing is demanded.
    pub target: f64,
    /// How many times as long ours takes for ten times the work.
    pub growth: Option<f64>,
    /// How often the medium was asked to be done: by ours, and by MIT's for a tenth of the work.
    pub syncs: Option<[usize; 2]>,
    /// The most that ours took, in KiB.
    pub memory: Option<u64>,
    pub bound: Option<Bound>,
}

pub const HEADING: &str = "\
| case | ours | MIT | times | at least | runs | 10 times the work | syncs: ours; MIT's for a tenth | memory | bound |
|---|---|---|---|---|---|---|---|---|---|
";

impl Row {
    pub fn times(&self) -> f64 {
        self.mit / self.ours
    }

    /// A line of a table.
    pub fn line(&self) -> String {
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        let cells = [
            self.case.clone(),
            time(self.ours),
            time(self.mit),
            few_digits(self.times()),
            or_nothing((self.target > 0.0).then(|| self.target.to_string())),
            self.runs.to_string(),
            or_nothing(self.growth.map(|growth| format!("{growth:.1}"))),
            or_nothing(self.syncs.map(|[ours, mit]| format!("{ours}; {mit}"))),
            or_nothing(self.memory.map(|memory| format!("{} MiB", memory / 1024))),
            or_nothing(self.bound.as_ref().map(|bound| format!("{}: {}", time(bound.seconds), bound.what))),
        ];
        format!("| {} |\n", cells.join(" | "))
    }

    /// What is not as it must be, where the work is that for which the targets are meant; otherwise ours may only not be slower.
    pub fn falls_short(&self, whole: bool) -> Vec<String> {
        let mut bad = Vec::new();
        let least = if whole || self.target == 0.0 { self.target } else { 1.0 };
        if self.times() < least {
            bad.push(format!("{} is {:.2} times as fast as MIT's, not {least}", self.case, self.times()));
        }
        if let Some(growth) = self.growth.filter(|growth| whole && *growth > MOST_GROWTH) {
            bad.push(format!(
                "{} takes {growth:.1} times as long for ten times the work, not {MOST_GROWTH}",
                self.case
            ));
        }
        if let Some(memory) = self.memory.filter(|memory| *memory > MOST_MEMORY) {
            bad.push(format!("{} takes {} MiB", self.case, memory / 1024));
        }
        bad
    }
}

fn time(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.2} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

fn few_digits(number: f64) -> String {
    if number < 20.0 { format!("{number:.1}") } else { format!("{number:.0}") }
}

const BEGIN: &str = "<!-- cargo xtask bench writes from here -->\n";
const END: &str = "<!-- to here -->\n";

/// The page with other text between the two marks.
pub fn put(page: &str, text: &str) -> Result<String> {
    let parts = page.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let Some((head, tail)) = parts else { bail!("the page lacks its marks") };
    Ok([head, BEGIN, "\n", text.trim(), "\n\n", END, tail].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row { case: "a case".into(), ours: 0.5, mit: 5.0, runs: 3, target: 8.0, ..Row::default() }
    }

    #[test]
    fn a_line_has_what_the_heading_says() {
        let full = Row {
            growth: Some(9.96),
            syncs: Some([3, 40]),
            memory: Some(2048),
            bound: Some(Bound { seconds: 0.0123, what: "3 syncs".into() }),
            ..row()
        };
        let line = "| a case | 0.50 s | 5.00 s | 10.0 | 8 | 3 | 10.0 | 3; 40 | 2 MiB | 12.30 ms: 3 syncs |\n";
        assert_eq!(full.line(), line);
        let cells = |line: &str| line.matches('|').count();
        let empty = Row { target: 0.0, ..row() };
        for line in HEADING.lines().chain([full.line().as_str(), empty.line().as_str()]) {
            assert_eq!(cells(line), 11, "{line}");
        }
        assert_eq!(few_digits(123.4), "123");
    }

    #[test]
    fn targets_and_growth() {
        assert!(row().falls_short(true).is_empty());
        let slow = Row { mit: 3.9, ..row() };
        assert_eq!(slow.falls_short(true), ["a case is 7.80 times as fast as MIT's, not 8"]);
        assert!(slow.falls_short(false).is_empty(), "a part of the work need only not be slower");
        assert_eq!(Row { mit: 0.4, ..row() }.falls_short(false).len(), 1);
        assert!(Row { mit: 0.4, target: 0.0, ..row() }.falls_short(true).is_empty(), "nothing is demanded");
        let grows = |growth| Row { growth: Some(growth), ..row() };
        assert!(grows(12.0).falls_short(true).is_empty());
        assert_eq!(grows(12.1).falls_short(true).len(), 1);
        assert!(grows(12.1).falls_short(false).is_empty());
        let takes = |mib| Row { memory: Some(mib * 1024_u64), ..row() }.falls_short(false);
        assert!(takes(200).is_empty());
        assert_eq!(takes(201), ["a case takes 201 MiB"]);
    }

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = format!("before\n{BEGIN}\nold\n{END}after\n");
        let once = put(&page, "new\n").unwrap();
        assert_eq!(once, format!("before\n{BEGIN}\nnew\n\n{END}after\n"));
        assert_eq!(put(&once, "new").unwrap(), once);
        assert!(put("no marks", "new").is_err());
        let page = std::fs::read_to_string(crate::exec::root().join("docs/performance.md")).unwrap();
        assert!(put(&page, "new").is_ok(), "docs/performance.md has its marks");
    }
}
