//! How long MIT's KDC keeps people waiting while ours makes many principals, gives many new keys, and loads many.

use std::fs::{self, File};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::users::{lines, ours_in};
use super::{Bench, mit_program};
use crate::exec::check;

/// The KDC may keep nobody waiting longer than this, in 99 cases of 100.
const LONGEST: Duration = Duration::from_millis(100);

/// How long MIT's KDC takes to answer, kinit's own time included, while ours makes many principals. A line that tells it, and
/// what is wrong with it where the bound counts.
pub fn measure(prefix: &Path, asked: usize, counts: bool) -> Result<(String, Option<String>)> {
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    check(bench.quiet(&ours_in(prefix)).args(["addprinc", "-pw", "secret", "alice"]))?;
    let _kdc = bench.start_kdc()?;
    let idle = bench.ask(asked, || Ok(()))?;
    let busy = bench.ask_beside_new(asked, "bulk")?;
    // All that were made get other keys, and are loaded, again if that is over too soon.
    let kdb5_util = prefix.join("sbin/kdb5_util");
    let extracting = bench.ask_beside(
        asked / 2,
        &ours_in(prefix),
        &["ktadd", "-q", "-k", "bulk.keytab", "-glob", "bulk*"],
    )?;
    check(bench.quiet(&kdb5_util).args(["dump", "bulk.dump"]))?;
    let loading = bench.ask_beside(asked / 2, &kdb5_util, &["load", "bulk.dump"])?;
    // In a hash table of these, where each new one is on a page of its own.
    check(bench.quiet(&kdb5_util).args(["load", "-hash", "bulk.dump"]))?;
    let hashing = bench.ask_beside_new(asked / 2, "more")?;
    let both = |times: Vec<Duration>| (at(&times, 50), at(&times, 99));
    let [idle, busy, extracting, loading, hashing] = [idle, busy, extracting, loading, hashing].map(both);
    let told = format!(
        "kinit at MIT's KDC, median and 99th percentile of {asked}: alone {:.1?} and {:.1?}, beside ours that makes principals {:.1?} and {:.1?}, beside \
         ktadd of these (half as many) {:.1?} and {:.1?}, beside a load of these (half as many) {:.1?} and {:.1?}, beside ours that makes principals in a hash table of these (half as many) {:.1?} and {:.1?}; the 99th must be below {LONGEST:?}.\n",
        idle.0,
        idle.1,
        busy.0,
        busy.1,
        extracting.0,
        extracting.1,
        loading.0,
        loading.1,
        hashing.0,
        hashing.1
    );
    let worst = busy.1.max(extracting.1).max(loading.1).max(hashing.1);
    let bad =
        (counts && worst > LONGEST).then(|| format!("the KDC's answers take {worst:.1?} beside a bulk"));
    Ok((told, bad))
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

    /// The same while ours makes principals, and others when it is over too soon.
    fn ask_beside_new(&self, count: usize, name: &str) -> Result<Vec<Duration>> {
        let input = self.dir.join(name);
        let mut round = 0;
        let mut again = || -> Result<Ended> {
            round += 1;
            fs::write(&input, lines(200_000, |n| format!("addprinc -randkey {name}{round}.{n}")))?;
            Ok(self.quiet(&ours_in(&self.prefix)).stdin(File::open(&input)?).spawn().map(Ended)?)
        };
        let mut bulk = again()?;
        self.ask(count, || {
            match bulk.0.try_wait()? {
                None => {}
                Some(status) if status.success() => bulk = again()?,
                Some(status) => bail!("the bulk failed: {status}"),
            }
            Ok(())
        })
    }

    /// The same while a program does something again and again.
    fn ask_beside(&self, count: usize, program: &Path, words: &[&str]) -> Result<Vec<Duration>> {
        let again = || self.quiet(program).args(words).spawn().map(Ended);
        let mut work = again()?;
        self.ask(count, || {
            match work.0.try_wait()? {
                None => {}
                Some(status) if status.success() => work = again()?,
                Some(status) => bail!("{}: {status}", words.join(" ")),
            }
            Ok(())
        })
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
}
