//! Work on a whole database, killed and failing at every operation on a file; on LMDB, since db2's transactions are cut everywhere on a disk in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::sync::atomic::{AtomicUsize, Ordering};

use crash::chores::{self, Chore};
use crash::template::Shape;
use crash::tries::Tries;
use harness::BackEnd;

const WORK: [(Chore, Shape); 2] = [(Chore::Update, Shape::Tree), (Chore::AddMaster(true), Shape::Tree)];

#[test]
fn every_operation_on_lmdb() {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tries =
        Tries { backend: BackEnd::Klmdb, seed: 1, count: WORK.len() as u64, threads: 2, tell: |_| {} };
    let reports = tries.run(|bench, dice| {
        let work = WORK[next.fetch_add(1, Ordering::Relaxed)];
        done.fetch_add(chores::at_every_operation(bench, dice, work), Ordering::Relaxed);
    });
    assert!(reports.is_empty(), "{}", reports.join("\n"));
    println!("{} times", done.into_inner());
}
