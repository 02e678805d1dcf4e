//! `cargo xtask test`: every check and every test, in the order in which they are cheapest to fail.

use anyhow::{Context, Result};

use crate::exec::{cargo, check, root, shown};
use crate::{files, install, layers, oracle};

/// The programs under test go here. The harness builds into the same place when it runs without this chore.
const PREFIX: &str = "target/test-install";

/// The tests of what goes through a database, which run on both back ends. Tests in them that are about the files of one name it
/// themselves.
const ON_KLMDB: [&str; 39] = [
    "bad_input_kadmin",
    "cases",
    "concurrency",
    "consumers",
    "enctypes",
    "full_disk",
    "k5srvutil",
    "kadmin_local_alias",
    "kadmin_local_batch",
    "kadmin_local_keys",
    "kadmin_local_keytabs",
    "kadmin_local_policies",
    "kadmin_local_principals",
    "kadmin_local_rename",
    "kadmin_local_rules",
    "kadmin_local_shell",
    "kadmin_local_startup",
    "kadmin_local_strict",
    "kadmin_local_strings",
    "kdb5_util",
    "kdb5_util_ark",
    "kdb5_util_dump",
    "kdb5_util_load",
    "kdb5_util_mkey",
    "kdb5_util_mkey_killed",
    "kdb5_util_tabdump",
    "kdc",
    "kills",
    "kproplog",
    "ktutil_check",
    "mit_database",
    "propagation",
    "random",
    "realm",
    "refusals",
    "secrets",
    "together",
    "update_log",
    "workflow",
];

pub fn run() -> Result<()> {
    step("components of the toolchain");
    check(cargo().args(["fmt", "--version"]))
        .context("rustfmt is missing: run `rustup component add rustfmt`")?;
    check(cargo().args(["clippy", "--version"]))
        .context("clippy is missing: run `rustup component add clippy`")?;

    step("layers and files");
    layers::check()?;
    files::check()?;

    step("cargo fmt");
    check(cargo().args(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")?;

    step("what the tests compare with");
    oracle::ensure()?;

    step("cargo clippy");
    check(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;

    step("the programs under test");
    let prefix = root().join(PREFIX);
    install::install(&prefix, "dev")?;

    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]).env("REALMSMITH_TEST_PREFIX", &prefix);
    step(&shown(&tests));
    let first = check(&mut tests);

    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    for name in ON_KLMDB {
        tests.args(["--test", name]);
    }
    tests.env("REALMSMITH_TEST_PREFIX", &prefix).env("REALMSMITH_TEST_BACKEND", "klmdb");
    step(&format!("on klmdb: {}", shown(&tests)));
    let second = check(&mut tests);
    first.and(second)
}

fn step(name: &str) {
    println!("=== {name}");
}
