//! The least that a program takes to start and end here: what a short command takes beyond that is its own.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::Bench;
use crate::exec::{check, quoted};

/// The median times in seconds of a Rust program and of a C program that do nothing, both with the C library alone as a
/// shared library, as ours are built.
pub fn measure(bench: &Bench, runs: u32) -> Result<(f64, f64)> {
    let place = |name: &str| bench.dir.join(name);
    // As in `crates/cli/build.rs`.
    fs::write(place("libgcc_s.so"), "INPUT(-lgcc_eh)\n")?;
    fs::write(place("empty.rs"), "fn main() {}\n")?;
    fs::write(place("empty.c"), "int main(void) { return 0; }\n")?;
    let mut rustc = Command::new("rustc");
    rustc.args(["-Copt-level=3", "-Clto=fat", "-Cpanic=abort", "-Cstrip=symbols", "-L"]);
    check(rustc.arg(&bench.dir).arg(place("empty.rs")).arg("-o").arg(place("empty-rust")))?;
    check(Command::new("cc").arg("-O2").arg(place("empty.c")).arg("-o").arg(place("empty-c")))?;
    let line = |name: &str| quoted(place(name).as_os_str());
    bench.compare([line("empty-rust"), line("empty-c")], runs)
}
