//! `klist`: lists what is in a keytab.
//!
//! The layout is that of MIT's program in the C locale, byte for byte; [`manual()`] tells the options.
#![forbid(unsafe_code)]

mod keytab;
mod manual;
mod options;

pub use manual::manual;

use k5_cli::{ExitStatus, Failure, Io, program_name};
use options::Mode;
use std::ffi::OsString;

/// What `-V` says: the version of MIT krb5 whose program this one stands in for, since scripts look for it.
const VERSION: &str = "Kerberos 5 version 1.20.1";

/// What every call but one with `-k` gets so far, behind the program's name.
const NO_CACHES: &str = ": credential caches are not read by this version yet; use -k NAME for a keytab";

/// Runs the program: `args` are its words, its name in front.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    match execute(args, io) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(failure) => io.fail(&failure),
    }
}

fn execute(args: &[OsString], io: &mut Io<'_>) -> Result<(), Failure> {
    let options = options::parse(args, io)?;
    if options.version {
        use std::io::Write;
        writeln!(io.out(), "{VERSION}")?;
        return Ok(());
    }
    let program = program_name(args);
    match options.mode {
        Mode::Keytab => keytab::list(program, &options, io),
        Mode::Default | Mode::Cache => Err(Failure::plain([program, NO_CACHES.as_bytes()].concat())),
    }
}
