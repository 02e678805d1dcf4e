//! The project's chores, as `cargo xtask COMMAND`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks to the person who runs it")]

mod bench;
mod crash;
mod docs;
mod exec;
mod files;
mod fuzz;
mod fuzz_diff;
mod heimdal;
mod install;
mod layers;
mod mit_klmdb;
mod oracle;
mod quickstart;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};
use docs::Documents;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  quickstart [--profile dev]                build, make a throw-away realm, show every step
  test                                      install what the tests need, then run every check and test
  install [--prefix DIR] [--profile NAME]   build and install programs and manuals (target/install, release)
  man [--out DIR]                           write the manual pages (target/man)
  completions [--out DIR]                   write the completions for bash, zsh and fish (target/completions)
  fuzz TARGET --minutes N                   one of the parsers, or the storage engine, with cargo-fuzz
  fuzz-diff --minutes N [--seed S]          random scripts for MIT's kadmin.local and ours, the shortest that differ
  crash [--full] [--kills N] [--cuts N] [--seconds N] [--seed S]
                                            writes cut short: programs killed, transactions cut at any operation; writers
                                            and readers together; on both back ends, or REALMSMITH_TEST_BACKEND's
  bench [--quick]                           times and memory, ours beside MIT's: start-up, bulk work
  oracle                                    only install what the tests compare with";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["quickstart", rest @ ..] => quickstart::run(rest),
        ["test"] => test::run(),
        ["install", rest @ ..] => install::run(rest),
        ["man", rest @ ..] => docs::run(Documents::Man, rest),
        ["completions", rest @ ..] => docs::run(Documents::Completions, rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["fuzz-diff", rest @ ..] => fuzz_diff::run(rest),
        ["crash", rest @ ..] => crash::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["oracle"] => oracle::ensure(),
        ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        [] => bail!("no command given\n{USAGE}"),
        other => bail!("I do not know \"{}\"\n{USAGE}", other.join(" ")),
    }
}
