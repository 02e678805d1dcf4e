//! `cargo xtask crash [--full] [--kills N] [--cuts N] [--seconds N] [--seed S]`: writes cut short, as many as one likes, and writers and
//! readers together, as long as one likes.

use anyhow::{Context, Result};

use crate::exec::{cargo, check, root};
use crate::{install, oracle};

/// The programs under test, in a place of their own: what is built meanwhile does not get in between.
const PREFIX: &str = "target/crash-install";

pub fn run(args: &[&str]) -> Result<()> {
    oracle::ensure()?;
    let prefix = root().join(PREFIX);
    install::install(&prefix, "dev")?;
    let mut crash = cargo();
    crash.args(["run", "--quiet", "--package", "crash", "--bin", "crash", "--"]).args(args);
    check(crash.env("REALMSMITH_TEST_PREFIX", &prefix)).context("what is wrong stands above")
}
