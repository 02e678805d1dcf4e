//! Bulk work: one run of each program, each in a new realm of its own.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use super::{Bench, mit_program};

/// Principals by a script on standard input, half of them with passwords. Ours may take no longer than MIT's.
pub const ADDITIONS: usize = 10_000;
/// The same in a quick bench.
pub const FEW_ADDITIONS: usize = 1_000;

/// The seconds that ours and MIT's take.
pub fn additions(prefix: &Path, count: usize) -> Result<(f64, f64)> {
    let mut script = String::new();
    for n in 0..count / 2 {
        writeln!(script, "addprinc -randkey svc/h{n}.example.com")?;
        writeln!(script, "addprinc -pw word{n}of-it user{n}")?;
    }
    let ours = once(prefix, &prefix.join("sbin/kadmin.local"), &script)?;
    Ok((ours, once(prefix, &mit_program("sbin", "kadmin.local"), &script)?))
}

fn once(prefix: &Path, program: &Path, script: &str) -> Result<f64> {
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix: prefix.to_path_buf(), dir: scratch.path().to_path_buf() };
    bench.make_empty_realm()?;
    let start = Instant::now();
    bench.feed(program, script)?;
    Ok(start.elapsed().as_secs_f64())
}
