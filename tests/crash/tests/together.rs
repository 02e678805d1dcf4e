//! Four writers and four readers, ours and MIT's, for some seconds; `cargo xtask crash --full` has them for a minute on either back end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::time::Duration;

use crash::together::together;
use harness::BackEnd;

#[test]
fn writers_and_readers() {
    let figures = together(BackEnd::of_this_run(), Duration::from_secs(5), 20_261_128_000_000);
    println!("{figures}");
    assert!(figures.changes.iter().chain(&figures.reads).all(|&count| count > 0), "{figures}");
}
