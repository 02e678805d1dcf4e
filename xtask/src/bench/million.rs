//! Bulk work of `kdb5_util`: a realm of a million principals dumped, loaded, tabulated and checked.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Bench, mit_program};
use crate::exec::check;

/// Most memory that a case may take, in KiB.
const MOST_MEMORY: u64 = 200 * 1024;

/// How much is done.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Principals.
    pub principals: usize,
    /// Those of the realm whose master key is changed.
    pub rollover: usize,
    /// Runs of each program; the median counts.
    pub runs: usize,
}

pub const WHOLE: Scale = Scale { principals: 1_000_000, rollover: 100_000, runs: 3 };
pub const QUICK: Scale = Scale { principals: 100_000, rollover: 10_000, runs: 1 };

/// What is measured: a name, the words behind `kdb5_util`, and those for MIT's where they are others.
struct Case {
    name: &'static str,
    words: &'static [&'static str],
    /// What MIT's does in place of it; it cannot do the same.
    instead: Option<&'static [&'static str]>,
}

const fn case(name: &'static str, words: &'static [&'static str]) -> Case {
    Case { name, words, instead: None }
}

/// In an order in which each finds what it needs: after the loads, a B-tree.
const CASES: [Case; 13] = [
    case("load -hash", &["load", "-hash", "sorted"]),
    case("dump of a hash table", &["dump", "out"]),
    case("load, shuffled", &["load", "shuffled"]),
    case("load, sorted", &["load", "sorted"]),
    case("load -update, shuffled", &["load", "-update", "shuffled"]),
    case("dump", &["dump", "out"]),
    case("dump -rev", &["dump", "-rev", "out"]),
    case("dump -recurse", &["dump", "-recurse", "out"]),
    case("tabdump keyinfo", &["tabdump", "-o", "out", "keyinfo"]),
    // The most lines, the most dates, and no line at all.
    case("tabdump princ_flags", &["tabdump", "-o", "out", "princ_flags"]),
    case("tabdump princ_meta", &["tabdump", "-o", "out", "princ_meta"]),
    case("tabdump princ_stringattrs", &["tabdump", "-o", "out", "princ_stringattrs"]),
    // MIT has no such check. Its dump reads the same pages once, and decrypts nothing; so this is not bounded.
    Case { name: "verify (MIT: dump)", words: &["verify"], instead: Some(&["dump", "out"]) },
];
const ROLLOVER: &str = "update_princ_encryption";

/// The median of some runs.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    seconds: f64,
    /// The greatest of them, in KiB.
    memory: u64,
}

/// Measures all cases and prints them; the names of those that are too slow or take too much memory.
pub fn run(prefix: &Path, scale: Scale) -> Result<Vec<String>> {
    let mut bad = Vec::new();
    println!("\nkdb5_util, {} principals (update_princ_encryption: {})", scale.principals, scale.rollover);
    println!("{:<25} {:>10} {:>10} {:>8} {:>10}", "case", "ours", "MIT", "ratio", "memory");
    let mut show = |name: &str, ours: Measured, mit: Measured, bounded: bool| {
        let ratio = ours.seconds / mit.seconds;
        let memory = ours.memory / 1024;
        println!("{name:<25} {:>8.2} s {:>8.2} s {ratio:>8.2} {memory:>6} MiB", ours.seconds, mit.seconds);
        bad.extend((bounded && ours.seconds > mit.seconds).then(|| format!("{name} is slower than MIT's")));
        bad.extend((ours.memory > MOST_MEMORY).then(|| format!("{name} takes {memory} MiB")));
    };
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    bench.write_dumps(scale.principals)?;
    for case in &CASES {
        let (ours, mit) = bench.alternately(scale.runs, case, || Ok(()))?;
        show(case.name, ours, mit, case.instead.is_none());
    }
    drop(scratch);

    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    bench.write_dumps(scale.rollover)?;
    let mit = mit_program("sbin", "kdb5_util");
    check(bench.quiet(&mit).args(["load", "sorted"]))?;
    bench.answer(&mit, &["add_mkey", "-s"], "another\nanother\n")?;
    check(bench.quiet(&mit).args(["use_mkey", "2"]))?;
    fs::copy(bench.dir.join("principal"), bench.dir.join("before"))?;
    let fresh = || {
        fs::copy(bench.dir.join("before"), bench.dir.join("principal"))?;
        Ok(())
    };
    let case = case(ROLLOVER, &["update_princ_encryption", "-f"]);
    let (ours, mit) = bench.alternately(scale.runs, &case, fresh)?;
    show(ROLLOVER, ours, mit, true);
    Ok(bad)
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
    fn alternately(
        &self,
        runs: usize,
        case: &Case,
        before: impl Fn() -> Result<()>,
    ) -> Result<(Measured, Measured)> {
        let ours = self.prefix.join("sbin/kdb5_util");
        let mit = mit_program("sbin", "kdb5_util");
        let (mut of_ours, mut of_mit) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            before()?;
            of_ours.push(self.once(&ours, case.words)?);
            before()?;
            of_mit.push(self.once(&mit, case.instead.unwrap_or(case.words))?);
        }
        Ok((median(of_ours)?, median(of_mit)?))
    }

    /// One run under GNU time.
    fn once(&self, program: &Path, words: &[&str]) -> Result<Measured> {
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

fn median(mut runs: Vec<Measured>) -> Result<Measured> {
    runs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    let memory = runs.iter().map(|run| run.memory).max();
    let middle = runs.get(runs.len() / 2).context("no run")?;
    Ok(Measured { seconds: middle.seconds, memory: memory.unwrap_or(middle.memory) })
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
    fn the_middle_run_counts_and_the_greatest_memory() {
        let run = |seconds, memory| Measured { seconds, memory };
        let measured = median(vec![run(3.0, 10), run(1.0, 30), run(2.0, 20)]).unwrap();
        assert_eq!((measured.seconds, measured.memory), (2.0, 30));
        assert!(parse("1.50 2048\n").is_ok_and(|run| run.memory == 2048));
        assert!(parse("Command exited").is_err());
    }
}
