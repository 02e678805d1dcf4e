//! A report for people.

use super::remedy::Remedies;
use k5_admin::doctor::{Finding, Level, Report};
use k5_cli::Io;
use std::io::{self, Write};

/// Writes a line for each finding, the worst first, with what mends it below, and the summary.
pub(super) fn write(io: &mut Io<'_>, keytab: &[u8], report: &Report, remedies: &Remedies) -> io::Result<()> {
    let mut told: Vec<Vec<Vec<u8>>> = Vec::new();
    for level in [Level::Broken, Level::Warning, Level::Note] {
        for finding in report.findings.iter().filter(|finding| finding.level() == level) {
            io.out().write_all(line(finding).as_bytes())?;
            let lines = remedies.lines(&finding.remedy);
            if lines.is_empty() || told.contains(&lines) {
                continue;
            }
            for line in &lines {
                io.out().write_all(&[b"    mend: ", &line[..], b"\n"].concat())?;
            }
            told.push(lines);
        }
    }
    io.out().write_all(&[keytab, b": ", summary(report).as_bytes(), b"\n"].concat())
}

/// `broken: slot 2 (offset 80): TEXT [CODE]`.
fn line(finding: &Finding) -> String {
    let mut place = match finding.slots.as_slice() {
        [] => String::new(),
        [slot] => format!("slot {slot}"),
        slots => format!("slots {}", slots.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    if let Some(offset) = finding.offset {
        place.push_str(&if place.is_empty() {
            format!("offset {offset}")
        } else {
            format!(" (offset {offset})")
        });
    }
    if !place.is_empty() {
        place.push_str(": ");
    }
    format!("{}: {place}{} [{}]\n", finding.level(), finding.text, finding.code)
}

/// What the exit code says, and how much there was.
pub(super) fn verdict(level: Level) -> &'static str {
    match level {
        Level::Note => "fine",
        Level::Warning => "warnings",
        Level::Broken => "broken",
    }
}

fn summary(report: &Report) -> String {
    let count =
        |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    format!(
        "{}; {} of {}; {} broken, {}, {}",
        verdict(report.level()),
        count(report.entries, "entry", "entries"),
        count(report.principals, "principal", "principals"),
        report.count(Level::Broken),
        count(report.count(Level::Warning), "warning", "warnings"),
        count(report.count(Level::Note), "note", "notes"),
    )
}
