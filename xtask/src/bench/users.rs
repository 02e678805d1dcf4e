//! Where users wait: many commands at once, single ones, and what others see of it. Each case has a target, the times that
//! ours must be faster than MIT's.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Bench, mit_program};
use crate::exec::check;

/// How much is done.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Part of the work of a full run, in hundredths.
    hundredths: usize,
    /// Runs of each program; the median counts.
    runs: usize,
    /// Principals of the realm that is searched.
    searched: usize,
    /// Whether the targets count: they are those of the full work.
    counts: bool,
}

pub const WHOLE: Scale = Scale { hundredths: 100, runs: 5, searched: 1_000_000, counts: true };
pub const QUICK: Scale = Scale { hundredths: 20, runs: 1, searched: 100_000, counts: false };

impl Scale {
    fn of(self, count: usize) -> usize {
        count * self.hundredths / 100
    }
}

/// How a case is run on a realm of its own.
struct Case {
    name: String,
    /// How many times as fast as MIT's.
    target: f64,
    /// What the realm is given first, by MIT's program.
    before: Vec<String>,
    /// Calls of `kadmin.local`, one after the other.
    calls: Vec<Call>,
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

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

fn cases(scale: Scale) -> Vec<Case> {
    let (random, passwords, keytab, single) =
        (scale.of(5_000), scale.of(1_000), scale.of(5_000), scale.of(200));
    vec![
        Case {
            name: format!("{random} addprinc -randkey on standard input"),
            target: 10.0,
            before: Vec::new(),
            calls: fed(lines(random, |n| format!("addprinc -randkey svc/h{n}.example.com"))),
        },
        Case {
            name: format!("{passwords} addprinc -pw on standard input"),
            target: 6.0,
            before: Vec::new(),
            calls: fed(lines(passwords, |n| format!("addprinc -pw word{n}of-it user{n}"))),
        },
        Case {
            name: format!("ktadd -norandkey -glob, {keytab} principals"),
            target: 100.0,
            before: vec![lines(keytab, |n| format!("addprinc -randkey svc/h{n}.example.com"))],
            calls: vec![Call { words: words("ktadd -q -k out.keytab -norandkey -glob svc/*"), input: None }],
        },
        Case {
            name: format!("{single} one-shot addprinc -randkey"),
            target: 1.5,
            before: Vec::new(),
            calls: (0..single)
                .map(|n| Call {
                    words: words(&format!("addprinc -randkey svc/h{n}.example.com")),
                    input: None,
                })
                .collect(),
        },
    ]
}

/// Measures all cases and prints them; what falls short.
pub fn run(prefix: &Path, scale: Scale) -> Result<Vec<String>> {
    let mut bad = Vec::new();
    println!(
        "\nkadmin.local; fsync(2) and the like are counted in one more run of each, on {}",
        file_system()?
    );
    println!("{:<48} {:>9} {:>9} {:>7} {:>7} {:>13}", "case", "ours", "MIT", "times", "target", "syncs");
    let mut show = |name: &str, times: [f64; 2], target: f64, syncs: Option<[usize; 2]>| {
        let [ours, mit] = times;
        let syncs = syncs.map_or_else(String::new, |[ours, mit]| format!("{ours} / {mit}"));
        let faster = mit / ours;
        println!("{name:<48} {ours:>7.3} s {mit:>7.3} s {faster:>7.1} {target:>7.1} {syncs:>13}");
        let least = if scale.counts { target } else { 1.0 };
        bad.extend(
            (faster < least).then(|| format!("{name} is {faster:.1} times as fast as MIT's, not {least}")),
        );
    };
    for case in cases(scale) {
        let (mut ours, mut mit) = (Vec::new(), Vec::new());
        // MIT's slowest case takes a minute.
        let runs = if case.target >= 100.0 { scale.runs.min(3) } else { scale.runs };
        for _ in 0..runs {
            ours.push(case.once(prefix, &ours_in(prefix))?);
            mit.push(case.once(prefix, &mit_program("sbin", "kadmin.local"))?);
        }
        let syncs = [ours_in(prefix), mit_program("sbin", "kadmin.local")]
            .map(|program| case.syncs(prefix, &program));
        let [of_ours, of_mit] = syncs;
        show(&case.name, [median(ours)?, median(mit)?], case.target, Some([of_ours?, of_mit?]));
    }

    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    bench.write_dumps(scale.searched)?;
    check(bench.quiet(&prefix.join("sbin/kdb5_util")).args(["load", "sorted"]))?;
    let (mut ours, mut mit) = (Vec::new(), Vec::new());
    for _ in 0..scale.runs {
        ours.push(bench.search(&ours_in(prefix))?);
        mit.push(bench.search(&mit_program("sbin", "kadmin.local"))?);
    }
    let name = format!("listprincs 'u05000*' among {}", scale.searched);
    show(&name, [median(ours)?, median(mit)?], 50.0, None);
    drop(scratch);

    bad.extend(answers(prefix, scale)?);
    Ok(bad)
}

fn ours_in(prefix: &Path) -> PathBuf {
    prefix.join("sbin/kadmin.local")
}

impl Case {
    /// A realm with what the case needs.
    fn realm(&self, prefix: &Path, directory: &Path) -> Result<Bench> {
        let bench = Bench { prefix: prefix.to_path_buf(), dir: directory.to_path_buf() };
        bench.make_empty_realm()?;
        for input in &self.before {
            bench.feed(&ours_in(prefix), input)?;
        }
        Ok(bench)
    }

    /// The seconds that a program takes.
    fn once(&self, prefix: &Path, program: &Path) -> Result<f64> {
        let scratch = tempfile::tempdir()?;
        let bench = self.realm(prefix, scratch.path())?;
        let start = Instant::now();
        for call in &self.calls {
            check(&mut bench.call(program, &[], call)?)?;
        }
        Ok(start.elapsed().as_secs_f64())
    }

    /// How often a program asks the disk to be done.
    fn syncs(&self, prefix: &Path, program: &Path) -> Result<usize> {
        let scratch = tempfile::tempdir()?;
        let bench = self.realm(prefix, scratch.path())?;
        let trace = bench.dir.join("trace");
        for call in &self.calls {
            let words = ["-f", "-A", "-e", "trace=fsync,fdatasync,msync", "-o"];
            let mut before: Vec<String> = words.iter().map(ToString::to_string).collect();
            before.extend([trace.display().to_string(), program.display().to_string()]);
            check(&mut bench.call(Path::new("/usr/bin/strace"), &before, call)?)?;
        }
        Ok(fs::read_to_string(trace)?.lines().filter(|line| line.contains("sync(")).count())
    }
}

impl Bench {
    fn call(&self, program: &Path, before: &[String], call: &Call) -> Result<Command> {
        let mut command = self.quiet(program);
        command.args(before).args(&call.words).stdin(Stdio::null());
        if let Some(input) = &call.input {
            fs::write(self.dir.join("input"), input)?;
            command.stdin(File::open(self.dir.join("input"))?);
        }
        Ok(command)
    }

    fn search(&self, program: &Path) -> Result<f64> {
        let start = Instant::now();
        check(self.quiet(program).args(["listprincs", "u05000*"]))?;
        Ok(start.elapsed().as_secs_f64())
    }
}

/// The KDC may keep nobody waiting longer than this, in 99 cases of 100.
const LONGEST: Duration = Duration::from_millis(100);

/// How long MIT's KDC takes to answer, kinit's own time included, while ours makes many principals.
fn answers(prefix: &Path, scale: Scale) -> Result<Option<String>> {
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    check(bench.quiet(&ours_in(prefix)).args(["addprinc", "-pw", "secret", "alice"]))?;
    let _kdc = bench.start_kdc()?;
    let asked = scale.of(500);
    let idle = bench.ask(asked, || Ok(()))?;
    let input = lines(200_000, |n| format!("addprinc -randkey bulk{n}"));
    fs::write(bench.dir.join("bulk"), input)?;
    let mut bulk =
        bench.quiet(&ours_in(prefix)).stdin(File::open(bench.dir.join("bulk"))?).spawn().map(Ended)?;
    let busy = bench.ask(asked, || match bulk.0.try_wait()? {
        None => Ok(()),
        Some(status) => bail!("the bulk ended too early: {status}"),
    })?;
    let [idle, busy] = [idle, busy].map(|times| (at(&times, 50), at(&times, 99)));
    println!(
        "\nkinit at MIT's KDC, median and 99th percentile of {asked}: alone {:.1?} and {:.1?}, beside ours that makes principals {:.1?} and {:.1?}",
        idle.0, idle.1, busy.0, busy.1
    );
    Ok((scale.counts && busy.1 > LONGEST)
        .then(|| format!("the KDC's answers take {:.1?} beside a bulk", busy.1)))
}

/// The element of sorted times that so many in a hundred do not exceed.
fn at(times: &[Duration], hundredths: usize) -> Duration {
    let last = times.len().saturating_sub(1);
    times.get((times.len() * hundredths / 100).min(last)).copied().unwrap_or_default()
}

/// A process that ends with this.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bench {
    /// MIT's KDC for the realm, on a free port of this machine alone.
    fn start_kdc(&self) -> Result<Ended> {
        let port = std::net::UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
        let [krb5, kdc] = ["krb5.conf", "kdc.conf"].map(|name| self.dir.join(name));
        let clients = format!("[realms]\n    EXAMPLE.COM = {{\n        kdc = 127.0.0.1:{port}\n    }}\n");
        fs::write(&krb5, fs::read_to_string(&krb5)? + &clients)?;
        let listen = format!(
            "[kdcdefaults]\n    kdc_listen = 127.0.0.1:{port}\n    kdc_tcp_listen = 127.0.0.1:{port}\n[logging]\n    kdc = FILE:{}/kdc.log\n",
            self.dir.display()
        );
        fs::write(&kdc, fs::read_to_string(&kdc)? + &listen)?;
        let server = self.quiet(&mit_program("sbin", "krb5kdc")).arg("-n").spawn().map(Ended)?;
        let begun = Instant::now();
        while self.ask(1, || Ok(())).is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                bail!("MIT's KDC does not answer");
            }
        }
        Ok(server)
    }

    /// Gets tickets, so many, and gives the times in order.
    fn ask(&self, count: usize, mut before: impl FnMut() -> Result<()>) -> Result<Vec<Duration>> {
        let password = self.dir.join("password");
        fs::write(&password, "secret\n")?;
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            before()?;
            let mut kinit = self.quiet(&mit_program("bin", "kinit"));
            let start = Instant::now();
            let status =
                kinit.arg("alice").stdin(File::open(&password)?).status().context("cannot run kinit")?;
            if !status.success() {
                bail!("kinit: {status}");
            }
            times.push(start.elapsed());
        }
        times.sort_unstable();
        Ok(times)
    }
}

fn median(mut times: Vec<f64>) -> Result<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("no run")
}

/// What the file system of the scratch directories is.
fn file_system() -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let kind = crate::exec::output(Command::new("stat").args(["-f", "-c", "%T"]).arg(scratch.path()))?;
    Ok(kind.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(
            (at(&times, 50), at(&times, 99)),
            (Duration::from_millis(101), Duration::from_millis(199))
        );
        assert_eq!(at(&[], 99), Duration::ZERO);
    }

    #[test]
    fn the_work_is_that_of_the_table() {
        let names: Vec<String> = cases(WHOLE).into_iter().map(|case| case.name).collect();
        assert_eq!(names[0], "5000 addprinc -randkey on standard input");
        assert_eq!(cases(QUICK)[1].calls[0].input.as_deref().map(|input| input.lines().count()), Some(200));
    }
}
