//! Real programs, killed or failed at a file operation or from outside: all that was acknowledged is there, nothing half.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use crash::tries::{Bench, Tries};
use crash::{chores, kadmin};
use harness::{BackEnd, Dice};

/// The same tries each time, so that a change is judged by what it changes; `REALMSMITH_SEED` brings others, and
/// `cargo xtask crash` makes as many as one likes.
const SEED: u64 = 20_261_122_000_000;

fn none_is_wrong(count: u64, one: fn(&mut Bench, &mut Dice)) {
    let seed = std::env::var("REALMSMITH_SEED")
        .map_or(SEED, |seed| seed.parse().expect("REALMSMITH_SEED is a number"));
    println!("seed {seed}: REALMSMITH_SEED={seed} brings them back");
    let tries = Tries { backend: BackEnd::of_this_run(), seed, count, threads: 2, tell: |_| {} };
    let reports = tries.run(one);
    assert!(reports.is_empty(), "{} of {count} are wrong\n{}", reports.len(), reports.join("\n"));
}

#[test]
fn kadmin_local_is_killed() {
    none_is_wrong(30, kadmin::kill_once);
}

#[test]
fn work_on_whole_databases_is_killed() {
    none_is_wrong(22, chores::kill_once);
}

#[test]
fn work_on_whole_databases_fails() {
    none_is_wrong(22, chores::fail_once);
}
