//! `fuzz-diff --minutes N [--seed S]`: random scripts for MIT's kadmin.local and ours until the time is over, on every
//! processor. Each difference is printed as the shortest script that shows it. `cargo xtask fuzz-diff` builds all that is needed.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    reason = "speaks to the person who runs it"
)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use diff::{Stands, fuzz};

const USAGE: &str = "usage: fuzz-diff --minutes N [--seed S]";
/// One script in so many runs in all forms.
const ALL_FORMS: u64 = 5;

fn main() -> ExitCode {
    let Some((minutes, seed)) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    println!("seed {seed}");
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let (next, found) = (AtomicU64::new(seed), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut stands = Stands::default();
                while Instant::now() < end {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if let Err(report) = fuzz::run(&mut stands, seed, ALL_FORMS) {
                        found.fetch_add(1, Ordering::Relaxed);
                        println!("\n{report}");
                    }
                }
            });
        }
    });
    let (scripts, found) = (next.into_inner() - seed, found.into_inner());
    println!("{scripts} scripts of {} commands, {found} differ", fuzz::COMMANDS);
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Minutes and seed; without one the clock gives it.
fn options() -> Option<(u64, u64)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let (mut minutes, mut seed) = (None, now * 1_000_000);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next()?.parse().ok()?;
        match arg.as_str() {
            "--minutes" => minutes = Some(value),
            "--seed" => seed = value,
            _ => return None,
        }
    }
    Some((minutes?, seed))
}
