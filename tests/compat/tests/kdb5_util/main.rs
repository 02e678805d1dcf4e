//! `kdb5_util` beside MIT's: create, destroy, stash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bad_input;
mod create;
mod create_failures;
mod destroy;
mod left_behind;
mod stash;
mod support;
mod usage;
