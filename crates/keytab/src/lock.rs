//! Record locks that MIT's programs honour.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Who may hold the lock beside us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Other readers.
    Shared,
    /// Nobody.
    Exclusive,
}

/// Waits for a lock on the whole file. It belongs to the open file and ends when that is closed. Where the kernel
/// has no such locks it is a POSIX lock, which belongs to the process; both kinds exclude each other.
pub(crate) fn lock(file: &File, mode: Mode) -> io::Result<()> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the constants are small; their C type differs by system"
    )]
    let flock = libc::flock {
        l_type: match mode {
            Mode::Shared => libc::F_RDLCK,
            Mode::Exclusive => libc::F_WRLCK,
        } as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    match wait(file, || FcntlArg::F_OFD_SETLKW(&flock)) {
        Err(Errno::EINVAL) => wait(file, || FcntlArg::F_SETLKW(&flock)),
        other => other,
    }
    .map_err(io::Error::from)
}

fn wait<'a>(file: &File, command: impl Fn() -> FcntlArg<'a>) -> nix::Result<()> {
    loop {
        match fcntl(file.as_fd(), command()) {
            Err(Errno::EINTR) => {}
            other => return other.map(|_| ()),
        }
    }
}
