//! Where users wait: many commands at once, and single ones. Each case has a target, the times that ours must be faster than
//! MIT's.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Result;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

use super::bound::Machine;
use super::table::{Bound, Row};
use super::turns::{Turns, median};
use super::{Bench, mit_program};
use crate::exec::check;

/// How much is done.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Part of the work of a full run, in thousandths.
    thousandths: usize,
    /// Runs of each program at most; the median counts.
    runs: usize,
    /// Principals of the realm that is searched, and five times the entries of the keytab that is listed.
    searched: usize,
}

pub const WHOLE: Scale = Scale { thousandths: 1000, runs: 5, searched: 1_000_000 };
pub const QUICK: Scale = Scale { thousandths: 200, runs: 1, searched: 100_000 };

impl Scale {
    pub fn of(self, count: usize) -> usize {
        count * self.thousandths / 1000
    }

    fn tenth(self) -> Scale {
        Scale { thousandths: self.thousandths / 10, searched: self.searched / 10, ..self }
    }
}

/// Runs of a tenth of the work before those of the whole, and behind them.
const TENTHS: usize = 5;

/// How a case is run on a realm of its own.
struct Case {
    name: String,
    /// How many times as fast as MIT's.
    target: f64,
    /// Seconds that the runs of both may take together.
    allowed: u64,
    /// Whether replicas follow the realm, so that there is an update log.
    logged: bool,
    /// What the realm is given first.
    before: Vec<String>,
    /// Calls of `kadmin.local`, one after the other.
    calls: Vec<Call>,
    /// What the case takes at least, beside processes and syncs.
    bound: fn(&Machine, usize) -> Option<Bound>,
    /// Principals, for the bound.
    count: usize,
}

/// Seconds that something took.
struct Spent {
    elapsed: f64,
    /// On the processors.
    worked: f64,
}

/// Seconds that processors have worked for programs that were run and have ended.
fn worked_by_children() -> Result<f64> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: TimeVal| time.num_microseconds() as f64 / 1e6;
    Ok(seconds(used.user_time()) + seconds(used.system_time()))
}

struct Call {
    words: Vec<String>,
    input: Option<String>,
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn fed(input: String) -> Vec<Call> {
    vec![Call { words: Vec::new(), input: Some(input) }]
}

pub fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

fn cases(scale: Scale) -> Vec<Case> {
    let (random, passwords, keytab, single) =
        (scale.of(5_000), scale.of(1_000), scale.of(5_000), scale.of(200));
    let (spread, among) = (scale.of(100), scale.of(10_000));
    vec![
        Case {
            name: format!("{random} addprinc -randkey on standard input"),
            target: 10.0,
            allowed: 40,
            logged: false,
            before: Vec::new(),
            calls: fed(lines(random, |n| format!("addprinc -randkey svc/h{n}.example.com"))),
            bound: |_, _| None,
            count: random,
        },
        Case {
            name: format!("{random} addprinc -randkey with an update log"),
            target: 5.0,
            allowed: 60,
            logged: true,
            before: Vec::new(),
            calls: fed(lines(random, |n| format!("addprinc -randkey svc/h{n}.example.com"))),
            bound: |_, _| None,
            count: random,
        },
        Case {
            name: format!("{passwords} addprinc -pw on standard input"),
            target: 6.0,
            allowed: 120,
            logged: false,
            before: Vec::new(),
            calls: fed(lines(passwords, |n| format!("addprinc -pw word{n}of-it user{n}"))),
            bound: |machine, count| Some(machine.passwords(count)),
            count: passwords,
        },
        Case {
            name: format!("ktadd -norandkey -glob, {keytab} principals"),
            target: 100.0,
            allowed: 240,
            logged: false,
            before: vec![lines(keytab, |n| format!("addprinc -randkey svc/h{n}.example.com"))],
            calls: vec![Call { words: words("ktadd -q -k out.keytab -norandkey -glob svc/*"), input: None }],
            bound: |_, _| None,
            count: keytab,
        },
        Case {
            name: format!("{single} one-shot addprinc -randkey"),
            target: 1.5,
            allowed: 40,
            logged: false,
            before: Vec::new(),
            calls: (0..single)
                .map(|n| Call {
                    words: words(&format!("addprinc -randkey svc/h{n}.example.com")),
                    input: None,
                })
                .collect(),
            bound: |_, _| None,
            count: single,
        },
        Case {
            name: format!("{spread} one-shot addprinc -randkey among {among}"),
            // A page that is divided in a large file costs seven or eight syncs.
            target: 0.0,
            allowed: 30,
            logged: false,
            before: vec![lines(among, |n| format!("addprinc -randkey svc/h{n}.example.com"))],
            calls: (0..spread)
                .map(|n| Call {
                    words: words(&format!("addprinc -randkey svc/h{}x.example.com", n * 97 % among)),
                    input: None,
                })
                .collect(),
            bound: |_, _| None,
            count: spread,
        },
    ]
}

/// Measures all cases; each is told when it is done.
pub fn run(prefix: &Path, scale: Scale, machine: &Machine, show: &mut dyn FnMut(Row)) -> Result<()> {
    let (ours, mit) = (ours_in(prefix), mit_program("sbin", "kadmin.local"));
    for (case, tenth) in cases(scale).into_iter().zip(cases(scale.tenth())) {
        let turns = Turns::new(scale.runs, case.allowed);
        // A tenth is over soon, and what else the machine does weighs more in it: as many runs before the others as behind.
        let tenths = || (0..TENTHS).map(|_| tenth.once(prefix, &ours)).collect::<Result<Vec<_>>>();
        let mut small = tenths()?;
        let [of_ours, of_mit] = turns.take(|| case.once(prefix, &ours), || case.once(prefix, &mit))?;
        let runs = of_ours.len();
        small.extend(tenths()?);
        let elapsed = |spent: &[Spent]| median(spent.iter().map(|spent| spent.elapsed).collect());
        let worked = |spent: &[Spent]| median(spent.iter().map(|spent| spent.worked).collect());
        let syncs = [case.syncs(prefix, &ours)?, tenth.syncs(prefix, &mit)?];
        let bound = machine.starts(case.calls.len()) + machine.syncs(syncs[0]);
        show(Row {
            ours: elapsed(&of_ours)?,
            mit: elapsed(&of_mit)?,
            runs,
            target: case.target,
            // Of the work itself: a batch that is over within one hold of the locks waits for nobody.
            growth: Some(worked(&of_ours)? / worked(&small)?),
            syncs: Some(syncs),
            bound: Some(match (case.bound)(machine, case.count) {
                Some(more) => more + bound,
                None => bound,
            }),
            case: case.name,
            ..Row::default()
        });
    }
    searched(prefix, scale, machine, show)?;
    listed(prefix, scale, machine, show)
}

/// A search for some names among very many.
fn searched(prefix: &Path, scale: Scale, machine: &Machine, show: &mut dyn FnMut(Row)) -> Result<()> {
    let among = |principals| -> Result<_> {
        let scratch = tempfile::tempdir()?;
        let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
        bench.make_empty_realm()?;
        bench.write_dumps(principals)?;
        check(bench.quiet(&prefix.join("sbin/kdb5_util")).args(["load", "sorted"]))?;
        Ok((scratch, bench))
    };
    let words = ["listprincs", "u05000*"];
    let (_small, bench) = among(scale.tenth().searched)?;
    let small = (0..5).map(|_| bench.timed(&ours_in(prefix), &words)).collect::<Result<Vec<_>>>()?;
    let (_large, bench) = among(scale.searched)?;
    let mit = mit_program("sbin", "kadmin.local");
    let [of_ours, of_mit] = Turns::new(scale.runs, 30)
        .take(|| bench.timed(&ours_in(prefix), &words), || bench.timed(&mit, &words))?;
    let runs = of_ours.len();
    let ours = median(of_ours)?;
    show(Row {
        case: format!("listprincs 'u05000*' among {}", scale.searched),
        ours,
        mit: median(of_mit)?,
        runs,
        target: 50.0,
        growth: Some(ours / median(small)?),
        bound: Some(machine.starts(1)),
        ..Row::default()
    });
    Ok(())
}

/// A large keytab, listed.
fn listed(prefix: &Path, scale: Scale, machine: &Machine, show: &mut dyn FnMut(Row)) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.write_configuration()?;
    let entries = scale.searched / 5;
    for (name, entries) in [("small", entries / 10), ("large", entries)] {
        fs::write(bench.dir.join(name), keytab(entries))?;
    }
    let ours = prefix.join("bin/klist");
    let mit = mit_program("bin", "klist");
    let small = (0..5).map(|_| bench.timed(&ours, &["-k", "small"])).collect::<Result<Vec<_>>>()?;
    let words = ["-k", "large"];
    let [of_ours, of_mit] =
        Turns::new(scale.runs, 30).take(|| bench.timed(&ours, &words), || bench.timed(&mit, &words))?;
    let (runs, time) = (of_ours.len(), median(of_ours)?);
    show(Row {
        case: format!("klist -k, {entries} entries"),
        ours: time,
        mit: median(of_mit)?,
        runs,
        target: 5.0,
        growth: Some(time / median(small)?),
        bound: Some(machine.starts(1) + machine.copies(fs::metadata(bench.dir.join("large"))?.len())),
        ..Row::default()
    });
    Ok(())
}

/// The bytes of a keytab with so many entries, two keys for each principal.
fn keytab(entries: usize) -> Vec<u8> {
    let mut file = vec![5, 2];
    for number in 0..entries {
        let host = format!("h{}.example.com", number / 2);
        let (enctype, key) = if number.is_multiple_of(2) { (18_u16, 32_u16) } else { (17, 16) };
        let mut record = 2_u16.to_be_bytes().to_vec();
        for part in ["EXAMPLE.COM", "svc", host.as_str()] {
            record.extend((part.len() as u16).to_be_bytes());
            record.extend(part.as_bytes());
        }
        record.extend([0, 0, 0, 1]);
        record.extend(1_700_000_000_u32.to_be_bytes());
        record.push(1);
        record.extend(enctype.to_be_bytes());
        record.extend(key.to_be_bytes());
        record.extend((0..key).map(|byte| byte as u8));
        record.extend(1_u32.to_be_bytes());
        file.extend((record.len() as u32).to_be_bytes());
        file.extend(record);
    }
    file
}

pub fn ours_in(prefix: &Path) -> PathBuf {
    prefix.join("sbin/kadmin.local")
}

impl Case {
    /// A realm with what the case needs.
    fn realm(&self, prefix: &Path, directory: &Path) -> Result<Bench> {
        let bench = Bench { prefix: prefix.to_path_buf(), dir: directory.to_path_buf() };
        bench.make_empty_realm()?;
        if self.logged {
            bench.keep_a_log()?;
        }
        for input in &self.before {
            bench.feed(&ours_in(prefix), input)?;
        }
        Ok(bench)
    }

    /// What a program takes.
    fn once(&self, prefix: &Path, program: &Path) -> Result<Spent> {
        let scratch = tempfile::tempdir()?;
        let bench = self.realm(prefix, scratch.path())?;
        let (start, before) = (Instant::now(), worked_by_children()?);
        for call in &self.calls {
            check(&mut bench.call(program, &[], call)?)?;
        }
        Ok(Spent { elapsed: start.elapsed().as_secs_f64(), worked: worked_by_children()? - before })
    }

    /// How often a program asks the disk to be done.
    fn syncs(&self, prefix: &Path, program: &Path) -> Result<usize> {
        let scratch = tempfile::tempdir()?;
        let bench = self.realm(prefix, scratch.path())?;
        let before = bench.traced(program);
        for call in &self.calls {
            check(&mut bench.call(Path::new(STRACE), &before, call)?)?;
        }
        bench.syncs_traced()
    }
}

pub const STRACE: &str = "/usr/bin/strace";

impl Bench {
    /// What strace is told, to count how often a program asks the disk to be done.
    pub fn traced(&self, program: &Path) -> Vec<String> {
        let words = ["-f", "-A", "--seccomp-bpf", "-e", "trace=fsync,fdatasync,msync", "-o"];
        let mut before: Vec<String> = words.iter().map(ToString::to_string).collect();
        before.extend([self.dir.join("trace").display().to_string(), program.display().to_string()]);
        before
    }

    /// The count, which begins anew then.
    pub fn syncs_traced(&self) -> Result<usize> {
        let trace = self.dir.join("trace");
        let count = fs::read_to_string(&trace)?.lines().filter(|line| line.contains("sync(")).count();
        fs::remove_file(trace)?;
        Ok(count)
    }

    fn call(&self, program: &Path, before: &[String], call: &Call) -> Result<Command> {
        let mut command = self.quiet(program);
        command.args(before).args(&call.words).stdin(Stdio::null());
        if let Some(input) = &call.input {
            fs::write(self.dir.join("input"), input)?;
            command.stdin(File::open(self.dir.join("input"))?);
        }
        Ok(command)
    }

    fn timed(&self, program: &Path, words: &[&str]) -> Result<f64> {
        let start = Instant::now();
        check(self.quiet(program).args(words))?;
        Ok(start.elapsed().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_that_of_the_table() {
        let names: Vec<String> = cases(WHOLE).into_iter().map(|case| case.name).collect();
        assert_eq!(names[0], "5000 addprinc -randkey on standard input");
        let lines = |scale| cases(scale)[2].calls[0].input.as_deref().map(|input| input.lines().count());
        assert_eq!(lines(QUICK), Some(200));
        assert_eq!(lines(QUICK.tenth()), Some(20));
        assert_eq!(cases(WHOLE.tenth())[4].calls.len(), 20);
        let mut spread: Vec<_> = cases(WHOLE)[5].calls.iter().map(|call| call.words.clone()).collect();
        spread.sort();
        spread.dedup();
        assert_eq!(spread.len(), 100, "each name comes once");
    }

    #[test]
    fn a_keytab_has_its_entries() {
        let file = keytab(3);
        let first = u32::from_be_bytes(file[2..6].try_into().unwrap()) as usize;
        assert_eq!(file[6..][..2], [0, 2]);
        assert_eq!(first, 2 + 13 + 5 + 16 + 4 + 4 + 1 + 2 + 2 + 32 + 4);
        assert_eq!(keytab(0), [5, 2]);
    }
}
