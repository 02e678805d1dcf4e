//! Bulk work of `kdb5_util`: a realm of a million principals dumped, loaded, tabulated and checked.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::bound::Machine;
use super::table::{Bound, MOST_GROWTH, Row};
use super::turns::{Turns, median};
use super::users::STRACE;
use super::{Bench, Page, mit_program};
use crate::exec::check;

/// Runs of a tenth of the work before those of the whole, and behind them: a machine is not as fast at all times.
const TENTHS: usize = 2;

/// How much is done.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Principals.
    pub principals: usize,
    /// Those of the realm whose master key is changed.
    pub rollover: usize,
    /// Runs of each program at most; the median counts.
    pub runs: usize,
}

pub const WHOLE: Scale = Scale { principals: 1_000_000, rollover: 100_000, runs: 5 };
pub const QUICK: Scale = Scale { principals: 100_000, rollover: 10_000, runs: 1 };

/// What is measured: a name, the words behind `kdb5_util`, and those for MIT's where they are others.
struct Case {
    name: &'static str,
    words: &'static [&'static str],
    /// Compared on the whole realm; otherwise on a tenth of it, and ours is run on the whole once.
    whole: bool,
    /// What MIT's does in place of it; it cannot do the same.
    instead: Option<&'static [&'static str]>,
    /// How many times as fast as MIT's; 0 where nothing is demanded.
    target: f64,
    /// Seconds that the runs of both may take together.
    allowed: u64,
    bound: Physical,
}

/// What a case takes at least.
#[derive(Clone, Copy)]
enum Physical {
    /// The database, written and synced.
    Load,
    /// As many bytes as the dump has, read and written.
    Dump,
    Nothing,
}

/// As fast as MIT's at least.
const fn case(name: &'static str, words: &'static [&'static str]) -> Case {
    Case { name, words, whole: false, instead: None, target: 1.0, allowed: 60, bound: Physical::Nothing }
}

const fn whole(name: &'static str, words: &'static [&'static str], target: f64, bound: Physical) -> Case {
    Case { whole: true, target, bound, allowed: 240, ..case(name, words) }
}

/// In an order in which each finds what it needs: after the loads, a B-tree.
const CASES: [Case; 13] = [
    case("load -hash", &["load", "-hash", "sorted"]),
    case("dump of a hash table", &["dump", "out"]),
    case("load, shuffled", &["load", "shuffled"]),
    whole("load, sorted", &["load", "sorted"], 4.0, Physical::Load),
    case("load -update, shuffled", &["load", "-update", "shuffled"]),
    whole("dump", &["dump", "out"], 5.0, Physical::Dump),
    case("dump -rev", &["dump", "-rev", "out"]),
    case("dump -recurse", &["dump", "-recurse", "out"]),
    case("tabdump keyinfo", &["tabdump", "-o", "out", "keyinfo"]),
    // The most lines, the most dates, and no line at all.
    case("tabdump princ_flags", &["tabdump", "-o", "out", "princ_flags"]),
    case("tabdump princ_meta", &["tabdump", "-o", "out", "princ_meta"]),
    case("tabdump princ_stringattrs", &["tabdump", "-o", "out", "princ_stringattrs"]),
    // MIT has no such check. Its dump reads the same pages once, and decrypts nothing; so this is not bounded.
    Case { instead: Some(&["dump", "out"]), target: 0.0, ..case("verify (MIT: dump)", &["verify"]) },
];

/// A run.
#[derive(Debug, Clone, Copy)]
struct Measured {
    seconds: f64,
    /// In KiB.
    memory: u64,
}

/// Measures all cases.
pub fn run(prefix: &Path, scale: Scale, machine: &Machine, page: &mut Page) -> Result<()> {
    let (ours, mit) = (prefix.join("sbin/kdb5_util"), mit_program("sbin", "kdb5_util"));
    let (_small, small) = realm(prefix, scale.principals / 10)?;
    let (_scratch, bench) = realm(prefix, scale.principals)?;
    let as_it_is = || Ok(());
    page.heading(&format!("kdb5_util, {} principals", scale.principals));
    let mut rows = Vec::new();
    for case in &CASES {
        let again = || Ok(bench.once(&ours, case.words)?.seconds / small.once(&ours, case.words)?.seconds);
        if !case.whole {
            let mut row = small.measured(scale.runs, case, &as_it_is)?;
            let whole = bench.once(&ours, case.words)?;
            row.memory = Some(whole.memory);
            row.growth = Some(growth(whole.seconds, row.ours, again)?);
            rows.push(row);
            continue;
        }
        let mut tenth = small.tenth(&ours, case.words, &as_it_is)?;
        let mut row = bench.measured(scale.runs, case, &as_it_is)?;
        tenth.extend(small.tenth(&ours, case.words, &as_it_is)?);
        row.bound = case.bound(&bench, machine)?;
        row.growth = Some(growth(row.ours, median(tenth)?, again)?);
        let count = |program: &Path| -> Result<usize> {
            check(small.quiet(Path::new(STRACE)).args(small.traced(program)).args(case.words))?;
            small.syncs_traced()
        };
        row.syncs = Some([count(&ours)?, count(&mit)?]);
        page.show(row, false);
    }
    drop((_small, _scratch));
    rows.push(rollover(prefix, scale)?);

    page.heading(&format!("kdb5_util, {} principals", scale.principals / 10));
    rows.into_iter().for_each(|row| page.show(row, false));
    page.tell(&format!(
        "\nTen times the work, and memory: one run of ours with {} principals (`update_princ_encryption`: {}).\n",
        scale.principals, scale.rollover
    ));
    Ok(())
}

/// All keys of a realm under another master key.
fn rollover(prefix: &Path, scale: Scale) -> Result<Row> {
    let ours = prefix.join("sbin/kdb5_util");
    let realm = |principals| -> Result<_> {
        let (scratch, bench) = realm(prefix, principals)?;
        let mit = mit_program("sbin", "kdb5_util");
        check(bench.quiet(&mit).args(["load", "sorted"]))?;
        bench.answer(&mit, &["add_mkey", "-s"], "another\nanother\n")?;
        check(bench.quiet(&mit).args(["use_mkey", "2"]))?;
        fs::copy(bench.dir.join("principal"), bench.dir.join("before"))?;
        Ok((scratch, bench))
    };
    let case = case("update_princ_encryption", &["update_princ_encryption", "-f"]);
    let (_small, small) = realm(scale.rollover / 10)?;
    let (_scratch, bench) = realm(scale.rollover)?;
    let mut tenth = small.tenth(&ours, case.words, &|| small.as_before())?;
    let mut row = bench.measured(scale.runs, &case, &|| bench.as_before())?;
    tenth.extend(small.tenth(&ours, case.words, &|| small.as_before())?);
    row.growth = Some(growth(row.ours, median(tenth)?, || {
        bench.as_before().and_then(|()| small.as_before())?;
        Ok(bench.once(&ours, case.words)?.seconds / small.once(&ours, case.words)?.seconds)
    })?);
    Ok(row)
}

/// An empty realm with dumps of so many principals.
fn realm(prefix: &Path, principals: usize) -> Result<(tempfile::TempDir, Bench)> {
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    bench.write_dumps(principals)?;
    Ok((scratch, bench))
}

impl Case {
    fn bound(&self, bench: &Bench, machine: &Machine) -> Result<Option<Bound>> {
        let size = |name: &str| Ok::<_, std::io::Error>(fs::metadata(bench.dir.join(name))?.len());
        Ok(match self.bound {
            Physical::Load => Some(machine.writes(size("principal")?)),
            Physical::Dump => Some(machine.copies(size("out")?)),
            Physical::Nothing => None,
        })
    }
}

impl Bench {
    /// Two dumps with the same principals in and out of order, made of one that MIT's programs made.
    pub(super) fn write_dumps(&self, principals: usize) -> Result<()> {
        check(self.quiet(&mit_program("sbin", "kadmin.local")).args(["addprinc", "-randkey", "pattern"]))?;
        let mit = mit_program("sbin", "kdb5_util");
        check(self.quiet(&mit).args(["dump", "few"]))?;
        let few = fs::read_to_string(self.dir.join("few")).context("MIT's kdb5_util wrote no dump")?;
        let (pattern, others): (Vec<&str>, Vec<&str>) =
            few.split_inclusive('\n').partition(|line| line.contains("\tpattern@"));
        let [pattern] = pattern.as_slice() else { bail!("MIT's dump lacks a principal") };
        let length = |name: &str| format!("\t{}\t", name.len());
        let (of_pattern, name) = ("pattern@EXAMPLE.COM", |number: usize| format!("u{number:07}@EXAMPLE.COM"));
        let fill = |number: usize| {
            let name = name(number);
            pattern.replacen(&length(of_pattern), &length(&name), 1).replacen(of_pattern, &name, 1)
        };
        for (file, order) in [
            ("sorted", &mut (0..principals) as &mut dyn Iterator<Item = usize>),
            ("shuffled", &mut shuffled(principals)),
        ] {
            let mut out = BufWriter::new(fs::File::create(self.dir.join(file))?);
            // All of them are less than "u".
            others.iter().try_for_each(|line| out.write_all(line.as_bytes()))?;
            for number in order {
                out.write_all(fill(number).as_bytes())?;
            }
            out.flush()?;
        }
        Ok(())
    }

    /// Runs ours and MIT's by turns.
    fn measured(&self, runs: usize, case: &Case, before: &dyn Fn() -> Result<()>) -> Result<Row> {
        let (ours, mit) = (self.prefix.join("sbin/kdb5_util"), mit_program("sbin", "kdb5_util"));
        let once = |program: &Path, words: &[&str]| {
            before()?;
            self.once(program, words)
        };
        let turns = Turns::new(runs, case.allowed);
        let both =
            turns.take(|| once(&ours, case.words), || once(&mit, case.instead.unwrap_or(case.words)))?;
        let memory = both[0].iter().map(|run| run.memory).max().unwrap_or_default();
        let runs = both[0].len();
        let [ours, mit] = both.map(|runs| median(runs.iter().map(|run| run.seconds).collect()));
        let (case, target) = (case.name.to_owned(), case.target);
        Ok(Row { case, ours: ours?, mit: mit?, runs, target, memory: Some(memory), ..Row::default() })
    }

    /// Seconds for a tenth of the work.
    fn tenth(&self, program: &Path, words: &[&str], before: &dyn Fn() -> Result<()>) -> Result<Vec<f64>> {
        let once = |_| before().and_then(|()| Ok(self.once(program, words)?.seconds));
        (0..TENTHS).map(once).collect()
    }

    /// The realm as it was before its keys were encrypted anew.
    fn as_before(&self) -> Result<()> {
        fs::copy(self.dir.join("before"), self.dir.join("principal"))?;
        Ok(())
    }

    /// One run under GNU time. What others have written must not be on its way to the disk meanwhile.
    fn once(&self, program: &Path, words: &[&str]) -> Result<Measured> {
        check(&mut Command::new("sync"))?;
        let report = self.dir.join("time");
        let mut command = self.quiet(Path::new("/usr/bin/time"));
        command.args(["--quiet", "-f", "%e %M", "-o"]).arg(&report).arg(program).args(words);
        check(&mut command)?;
        parse(&fs::read_to_string(report)?)
    }

    fn answer(&self, program: &Path, words: &[&str], answers: &str) -> Result<()> {
        let mut command: Command = self.quiet(program);
        let mut child = command.args(words).stdin(Stdio::piped()).spawn()?;
        child.stdin.take().context("no standard input")?.write_all(answers.as_bytes())?;
        if !child.wait()?.success() {
            bail!("{} failed", words.join(" "));
        }
        Ok(())
    }
}

/// How ours grows from a tenth of the work on. Where that seems too much both are measured again beside each other, and the median
/// counts.
fn growth(whole: f64, tenth: f64, again: impl Fn() -> Result<f64>) -> Result<f64> {
    let first = whole / tenth;
    if first > MOST_GROWTH { median(vec![first, again()?, again()?]) } else { Ok(first) }
}

/// The numbers below `count` in an order without locality: those that a generator of full period gives.
fn shuffled(count: usize) -> impl Iterator<Item = usize> {
    let modulus = count.next_power_of_two();
    let next =
        move |number: &usize| Some(number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) % modulus);
    std::iter::successors(Some(0), next).take(modulus).filter(move |number| *number < count)
}

/// Seconds and KiB.
fn parse(report: &str) -> Result<Measured> {
    let mut words = report.split_whitespace();
    let seconds = words.next().and_then(|word| word.parse().ok());
    let memory = words.next().and_then(|word| word.parse().ok());
    match (seconds, memory) {
        (Some(seconds), Some(memory)) => Ok(Measured { seconds, memory }),
        _ => bail!("time(1) reports {report:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_once() {
        for count in [1, 2, 100, 1000, 1024] {
            let mut all: Vec<usize> = shuffled(count).collect();
            assert!(count < 100 || all.windows(2).filter(|pair| pair[0] < pair[1]).count() < count * 2 / 3);
            all.sort_unstable();
            assert!(all.into_iter().eq(0..count), "{count}");
        }
    }

    #[test]
    fn growth_that_seems_too_much_is_measured_again() {
        assert_eq!(growth(20.0, 2.0, || bail!("not needed")).unwrap(), 10.0);
        let later = std::cell::RefCell::new(vec![11.0, 9.0]);
        let again = || Ok(later.borrow_mut().pop().unwrap());
        assert_eq!(growth(26.0, 2.0, again).unwrap(), 11.0);
    }

    #[test]
    fn what_time_reports_is_read() {
        assert!(parse("1.50 2048\n").is_ok_and(|run| run.memory == 2048));
        assert!(parse("Command exited").is_err());
    }
}
