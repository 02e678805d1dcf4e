//! What this machine can do at best: no case can take less than its part of that.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use sha1::{Digest, Sha1};

use super::table::Bound;
use super::turns::median;
use super::{Bench, floor};
use crate::exec::output;

/// SHA-1 blocks for one password and the two default encryption types, whose keys take 20 bytes three times: 4,096 rounds of
/// HMAC each, two blocks a round.
const BLOCKS_A_PASSWORD: f64 = 3.0 * 4096.0 * 2.0;

/// The machine, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    pub cores: usize,
    /// A program in C that does nothing.
    pub start: f64,
    /// 4 KiB written over and synced.
    pub sync: f64,
    /// A byte of a new file, written in order, all of it synced at the end.
    pub written: f64,
    /// A byte of a file in memory, read and written to another, not synced.
    pub copied: f64,
    /// A block of SHA-1 on one core.
    pub block: f64,
}

impl Machine {
    pub fn measure(bench: &Bench, start: f64) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let dir = &bench.dir;
        let (written, copied) = bytes(dir)?;
        Ok(Machine { cores, start, sync: sync(dir)?, written, copied, block: block()? })
    }

    /// What it does, as a paragraph.
    pub fn told(&self) -> String {
        format!(
            "Physical bounds, measured in the same run: an empty program {:.2} ms; 4 KiB written over and synced {:.2} ms; a new file written and synced \
             {:.0} MB/s; a file in memory copied {:.0} MB/s; SHA-1 {:.1} million blocks a second on each core.\n",
            self.start * 1e3,
            self.sync * 1e3,
            1e-6 / self.written,
            1e-6 / self.copied,
            1e-6 / self.block
        )
    }

    pub fn starts(&self, count: usize) -> Bound {
        let what = if count == 1 { "a process".into() } else { format!("{count} processes") };
        Bound { seconds: self.start * count as f64, what }
    }

    pub fn syncs(&self, count: usize) -> Bound {
        Bound { seconds: self.sync * count as f64, what: format!("{count} syncs") }
    }

    pub fn passwords(&self, count: usize) -> Bound {
        let seconds = count as f64 * BLOCKS_A_PASSWORD * self.block / self.cores as f64;
        Bound { seconds, what: format!("SHA-1 for {count} passwords on {} cores", self.cores) }
    }

    pub fn writes(&self, bytes: u64) -> Bound {
        let what = format!("{} MB written and synced", bytes / 1_000_000);
        Bound { seconds: self.written * bytes as f64, what }
    }

    pub fn copies(&self, bytes: u64) -> Bound {
        Bound { seconds: self.copied * bytes as f64, what: format!("{} MB copied", bytes / 1_000_000) }
    }
}

impl std::ops::Add for Bound {
    type Output = Bound;

    fn add(self, other: Bound) -> Bound {
        Bound { seconds: self.seconds + other.seconds, what: format!("{}, {}", self.what, other.what) }
    }
}

fn seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn sync(dir: &Path) -> Result<f64> {
    let path = dir.join("synced");
    fs::write(&path, vec![1; 1 << 20])?;
    let file = OpenOptions::new().write(true).open(&path)?;
    file.sync_all()?;
    let once = |number: u64| {
        seconds(|| {
            file.write_all_at(&[2; 4096], number % 256 * 4096)?;
            Ok(file.sync_data()?)
        })
    };
    let times = (0..101).map(once).collect::<Result<Vec<_>>>()?;
    fs::remove_file(&path)?;
    median(times)
}

/// Bytes of the file that is written and copied.
const SIZE: usize = 256 << 20;

/// Seconds a byte: written and synced, and copied.
fn bytes(dir: &Path) -> Result<(f64, f64)> {
    let [one, other] = ["written", "copied"].map(|name| dir.join(name));
    let part = vec![7; 1 << 20];
    let written = seconds(|| {
        let mut file = File::create(&one)?;
        for _ in 0..SIZE / part.len() {
            file.write_all(&part)?;
        }
        Ok(file.sync_all()?)
    })?;
    let copied = seconds(|| {
        let from = File::open(&one)?;
        let mut to = File::create(&other)?;
        let mut buffer = vec![0; 1 << 18];
        for at in (0..SIZE).step_by(buffer.len()) {
            from.read_exact_at(&mut buffer, at as u64)?;
            to.write_all(&buffer)?;
        }
        Ok(())
    })?;
    fs::remove_file(&one)?;
    fs::remove_file(&other)?;
    Ok((written / SIZE as f64, copied / SIZE as f64))
}

fn block() -> Result<f64> {
    let data = vec![3; 32 << 20];
    let once = |_| {
        seconds(|| {
            std::hint::black_box(Sha1::digest(&data));
            Ok(())
        })
    };
    Ok(median((0..3).map(once).collect::<Result<Vec<_>>>()?)? / (data.len() / 64) as f64)
}

/// The machine and the programs, as a paragraph.
pub fn facts(bench: &Bench) -> Result<String> {
    let said = |program: &str, words: &[&str]| -> Result<String> {
        let out = output(Command::new(program).args(words).current_dir(&bench.dir))?;
        Ok(out.trim().to_owned())
    };
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().context("no load average")?;
    Ok(format!(
        "{}, on {} cores ({}), Linux {}, {} below {}, load {load} at the end; MIT krb5 {}, {}.\n",
        said("date", &["-u", "+%Y-%m-%d"])?,
        std::thread::available_parallelism().map_or(1, usize::from),
        model.map_or("unknown", |(_, model)| model),
        said("uname", &["-r"])?,
        said("stat", &["-f", "-c", "%T", "."])?,
        bench.dir.parent().unwrap_or(&bench.dir).display(),
        said("dpkg-query", &["-W", "-f", "${Version}", "krb5-kdc"])?,
        said("rustc", &["--version"])?
    ))
}

/// The empty programs and the machine.
pub fn measure(bench: &Bench, runs: u32) -> Result<(Machine, [f64; 2])> {
    let (rust, c) = floor::measure(bench, runs)?;
    Ok((Machine::measure(bench, c)?, [rust, c]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_add_up() {
        let machine = Machine { cores: 2, start: 1.0, sync: 2.0, written: 3.0, copied: 4.0, block: 0.5 };
        let both = machine.starts(2) + machine.syncs(3);
        assert_eq!(both, Bound { seconds: 8.0, what: "2 processes, 3 syncs".into() });
        assert_eq!(machine.passwords(4).seconds, 24_576.0);
        assert_eq!(machine.writes(2).seconds, 6.0);
        assert_eq!(machine.copies(2).seconds, 8.0);
    }
}
