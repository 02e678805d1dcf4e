//! `cargo xtask fuzz TARGET --minutes N`: a target of `tests/fuzz` with libFuzzer, as long as one likes.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::exec::{cargo, check, root};

const USAGE: &str =
    "Usage: cargo xtask fuzz TARGET --minutes N; the targets are the directories of tests/fuzz/corpus";

/// What cargo-fuzz builds, and what it finds.
const PLACE: &str = "target/fuzz";

pub fn run(args: &[&str]) -> Result<()> {
    let [target, "--minutes", minutes] = args else { bail!(USAGE) };
    let minutes: u32 = minutes.parse().context(USAGE)?;
    let corpus = root().join("tests/fuzz/corpus").join(target);
    if target.is_empty() || target.contains('/') || !corpus.is_dir() {
        bail!("no target {target}\n{USAGE}");
    }
    let seconds = u64::from(minutes) * 60;
    if cargo().args(["fuzz", "--version"]).output().is_ok_and(|out| !out.status.success()) {
        bail!("cargo-fuzz is missing: run `cargo install cargo-fuzz`");
    }
    // What is found goes beside the build, not into the corpus that is kept.
    let found = root().join(PLACE).join("found").join(target);
    let artifacts = root().join(PLACE).join("artifacts").join(target);
    for directory in [&found, &artifacts] {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    }
    let cargo_fuzz = |command: &str| {
        // Without a sanitizer, which would want a nightly compiler: there is no unsafe code for one to look at.
        let mut fuzz = cargo();
        fuzz.args(["fuzz", command, "--sanitizer", "none", "--fuzz-dir", "tests/fuzz/libfuzzer"]);
        fuzz.args(["--target-dir", PLACE, target]);
        fuzz
    };
    check(&mut cargo_fuzz("build"))?;
    let mut fuzz = cargo_fuzz("run");
    fuzz.args([&found, &corpus]).arg("--");
    fuzz.args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/", artifacts.display())]);
    fuzz.args(["-timeout=20", "-rss_limit_mb=1500", "-max_len=16384"]);
    check(&mut fuzz).with_context(|| format!("what {target} does not bear is in {}", artifacts.display()))
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn the_target_and_the_time_are_asked_for() {
        for args in [&[][..], &["keytab"], &["keytab", "--minutes"], &["keytab", "--minutes", "x"]] {
            assert!(run(args).unwrap_err().to_string().contains("Usage"), "{args:?}");
        }
        for target in ["nothing", "../corpus/keytab", ""] {
            let error = run(&[target, "--minutes", "1"]).unwrap_err();
            assert!(error.to_string().contains("no target"), "{error}");
        }
    }
}
