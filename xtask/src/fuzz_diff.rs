//! `cargo xtask fuzz-diff --minutes N [--seed S]`: random scripts for MIT's kadmin.local and ours, as long as one likes.

use anyhow::{Context, Result};

use crate::exec::{cargo, check, root};
use crate::{install, oracle};

/// The programs under test, in a place of their own: what is built meanwhile does not get in between.
const PREFIX: &str = "target/fuzz-install";

pub fn run(args: &[&str]) -> Result<()> {
    oracle::ensure()?;
    let prefix = root().join(PREFIX);
    install::install(&prefix, "dev")?;
    let mut fuzz = cargo();
    fuzz.args(["run", "--quiet", "--package", "diff", "--bin", "fuzz-diff", "--"]).args(args);
    check(fuzz.env("REALMSMITH_TEST_PREFIX", &prefix)).context("what differs stands above")
}
