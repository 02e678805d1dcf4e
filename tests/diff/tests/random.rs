//! Random scripts: MIT's kadmin.local and ours say and leave the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use diff::{Stands, fuzz};

const SCRIPTS: u64 = 200;
/// One script in so many runs in all forms.
const ALL_FORMS: u64 = 20;
const THREADS: usize = 2;

/// A new seed each time; `REALMSMITH_SEED` brings one back.
fn seed() -> u64 {
    match std::env::var("REALMSMITH_SEED") {
        Ok(seed) => seed.parse().expect("REALMSMITH_SEED is a number"),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() * 1_000_000,
    }
}

#[test]
fn random_scripts_do_not_differ() {
    let seed = seed();
    println!("seed {seed}: REALMSMITH_SEED={seed} brings these scripts back");
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
