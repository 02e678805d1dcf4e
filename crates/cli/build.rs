//! Has the programs carry the unwinder, so that the C library is all that they load.
//!
//! The standard library asks for `libgcc_s.so`, which takes a tenth of the time of a short command to find, map and
//! bind at every start. The same code is in the archive `libgcc_eh.a` beside it, of which a linker takes what is
//! called. So the name is given to a linker script that names the archive, in a directory that is searched first. Where
//! there is no such archive, or another machine is built for, everything stays as it is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let var = |name| env::var(name).unwrap_or_default();
    let gnu_linux = var("CARGO_CFG_TARGET_OS") == "linux" && var("CARGO_CFG_TARGET_ENV") == "gnu";
    let (Some(archive), Some(out)) = (archive(), env::var_os("OUT_DIR")) else { return Ok(()) };
    if gnu_linux && var("TARGET") == var("HOST") {
        let out = Path::new(&out);
        fs::write(out.join("libgcc_s.so"), format!("INPUT(\"{}\")\n", archive.display()))?;
        println!("cargo::rustc-link-search=native={}", out.display());
    }
    Ok(())
}

/// Where the C compiler that links has the archive; it answers with the bare name where it has none.
fn archive() -> Option<PathBuf> {
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let answer = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    (path.is_absolute() && path.is_file()).then_some(path)
}
