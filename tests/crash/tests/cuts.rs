//! Transactions cut short at every operation on a disk in memory, and failing there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use crash::cuts::{self, failures, replicas};
use crash::template::Shape;
use crash::tries::{Bench, Tries};
use harness::{BackEnd, Dice};

/// The same tries each time; `REALMSMITH_SEED` brings others, and `cargo xtask crash` makes as many as one likes.
const SEED: u64 = 20_261_122_000_000;
const SHAPES: [Shape; 3] = [Shape::Small, Shape::Tree, Shape::Hash];

fn none_is_wrong(count: u64, one: impl Fn(&mut Bench, &mut Dice) + Sync) {
    let seed = std::env::var("REALMSMITH_SEED")
        .map_or(SEED, |seed| seed.parse().expect("REALMSMITH_SEED is a number"));
    println!("seed {seed}: REALMSMITH_SEED={seed} brings them back");
    let tries = Tries { backend: BackEnd::Db2, seed, count, threads: 2, tell: |_| {} };
    let reports = tries.run(one);
    assert!(reports.is_empty(), "{} of {count} are wrong\n{}", reports.len(), reports.join("\n"));
}

#[test]
fn long_sequences_at_random() {
    none_is_wrong(10, |bench, dice| {
        let _ = cuts::random(bench, dice);
    });
}

#[test]
fn short_sequences_everywhere() {
    for shape in SHAPES {
        none_is_wrong(3, |bench, dice| cuts::exhaustive(bench, shape, dice));
    }
}

#[test]
fn every_operation_fails() {
    for shape in SHAPES {
        none_is_wrong(2, |bench, dice| failures::at_every_operation(bench, shape, dice));
    }
}

#[test]
fn replicas_miss_nothing() {
    none_is_wrong(12, replicas::random);
}
