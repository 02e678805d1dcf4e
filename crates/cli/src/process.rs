//! This process: its streams, its clock and its end.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use k5_types::Timestamp;
use nix::sys::stat::{Mode, umask};

use crate::io::{Io, Streams, Terminals};
use crate::message::ExitStatus;

/// Runs a program in this process: `args` are its words, its name in front.
pub(crate) fn run(
    args: &[OsString],
    program: impl FnOnce(&[OsString], &mut Io<'_>) -> ExitStatus,
) -> ExitStatus {
    let mut io = Io::process();
    let status = program(args, &mut io);
    io.finish(program_name(args), status)
}

/// The last part of the path that the program was called by, which stands in front of its messages.
#[must_use]
pub fn program_name(args: &[OsString]) -> &[u8] {
    let typed = args.first().map_or(&b""[..], |name| OsStr::as_bytes(name));
    typed.rsplit(|&b| b == b'/').next().unwrap_or(typed)
}

/// From here on the files that this process makes are its user's alone.
pub fn set_private_umask() {
    umask(Mode::from_bits_truncate(0o077));
}

pub(crate) fn now() -> Timestamp {
    Timestamp::wrapping(i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX))
}

/// The time since 1970-01-01 00:00:00 UTC, for what tells moments within a second apart.
#[must_use]
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time since this was first asked, by a clock that nobody sets.
#[must_use]
pub fn monotonic() -> Duration {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}

pub(crate) fn terminals() -> Terminals {
    Terminals {
        stdin: io::stdin().is_terminal(),
        stdout: io::stdout().is_terminal(),
        stderr: io::stderr().is_terminal(),
    }
}

pub(crate) fn streams() -> Streams<'static> {
    Streams { stdin: Box::new(Input), stdout: Box::new(Output), stderr: Box::new(io::stderr()) }
}

/// Descriptor 0 without the standard library's reading ahead.
struct Input;

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(nix::unistd::read(io::stdin(), bytes)?)
    }
}

/// Descriptor 1 without the standard library's buffer, which would keep an unfinished line back.
struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(nix::unistd::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs() {
        let of = |typed: &str| program_name(&[OsString::from(typed)]).to_vec();
        assert_eq!(of("/usr/sbin/kadmin.local"), b"kadmin.local");
        assert_eq!(of("./klist"), b"klist");
        assert_eq!(of("klist"), b"klist");
        assert_eq!(program_name(&[]), b"");
    }
}
