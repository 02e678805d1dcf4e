//! Random scripts: MIT's kadmin.local and ours say and leave the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use diff::{Stands, fuzz};

const SCRIPTS: u64 = 200;
/// One script in so many runs in all forms.
const ALL_FORMS: u64 = 20;
const THREADS: usize = 2;

/// The same scripts each time, so that a change is judged by what it changes; `REALMSMITH_SEED` brings others, and
/// `cargo xtask fuzz-diff` looks for new ones as long as one likes.
const SEED: u64 = 20_261_121_000_000;

fn seed() -> u64 {
    std::env::var("REALMSMITH_SEED").map_or(SEED, |seed| seed.parse().expect("REALMSMITH_SEED is a number"))
}

#[test]
fn random_scripts_do_not_differ() {
    let seed = seed();
    println!("seed {seed}: REALMSMITH_SEED={seed} brings them back");
    let (next, reports) = (AtomicU64::new(seed), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut stands = Stands::default();
                loop {
                    let script = next.fetch_add(1, Ordering::Relaxed);
                    // Enough to look at.
                    if script >= seed + SCRIPTS || reports.lock().unwrap().len() > 5 {
                        break;
                    }
                    if let Err(report) = fuzz::run(&mut stands, script, ALL_FORMS) {
                        reports.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let reports = reports.into_inner().unwrap();
    assert!(reports.is_empty(), "{} scripts differ\n{}", reports.len(), reports.join("\n"));
}
