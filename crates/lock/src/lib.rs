//! The locks that MIT krb5's programs take on database and keytab files, so that theirs and ours exclude each
//! other: open-file-description record locks over the whole file (`F_OFD_SETLKW`), plain POSIX record locks
//! where the kernel has none. The locks of `std::fs::File::lock` are of another kind (flock) and exclude nobody
//! of MIT's.
#![forbid(unsafe_code)]

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::File;
use std::io;

/// What a lock lets others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    /// Others may read: the file must be open for reading.
    Shared,
    /// Others may do nothing: the file must be open for writing.
    Exclusive,
}

/// Locks the whole of `file`, waiting until it is free. A lock that is held already is changed to `mode`.
/// Closing the file, or dying, gives the lock back.
///
/// # Errors
/// `EBADF` where the file is open in the wrong mode, otherwise what the kernel says.
pub fn lock(file: &File, mode: LockMode) -> io::Result<()> {
    let kind = match mode {
        LockMode::Shared => libc::F_RDLCK,
        LockMode::Exclusive => libc::F_WRLCK,
    };
    set(file, kind, true)
}

/// Locks the whole of `file` if that is possible at once; `false` where somebody else holds it.
///
/// # Errors
/// As [`lock`].
pub fn try_lock(file: &File, mode: LockMode) -> io::Result<bool> {
    let kind = match mode {
        LockMode::Shared => libc::F_RDLCK,
        LockMode::Exclusive => libc::F_WRLCK,
    };
    match set(file, kind, false) {
        Ok(()) => Ok(true),
        Err(e) if matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Gives the lock back.
///
/// # Errors
/// What the kernel says.
pub fn unlock(file: &File) -> io::Result<()> {
    set(file, libc::F_UNLCK, true)
}

fn set(file: &File, kind: libc::c_int, wait: bool) -> io::Result<()> {
    let whole = libc::flock {
        // The kinds are 0, 1 and 2 on every system.
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    let ofd = || if wait { FcntlArg::F_OFD_SETLKW(&whole) } else { FcntlArg::F_OFD_SETLK(&whole) };
    let posix = || if wait { FcntlArg::F_SETLKW(&whole) } else { FcntlArg::F_SETLK(&whole) };
    match retry(file, &ofd) {
        // A kernel without open-file-description locks does not know the command.
        Err(Errno::EINVAL) => retry(file, &posix),
        other => other,
    }
    .map_err(io::Error::from)
}

/// A signal that the program survives must not look like a lock that cannot be had.
fn retry<'a>(file: &File, command: &dyn Fn() -> FcntlArg<'a>) -> Result<(), Errno> {
    loop {
        match fcntl(file, command()) {
            Err(Errno::EINTR) => {}
            other => return other.map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_descriptions_exclude_each_other() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().read(true).write(true).open(path.path()).unwrap();
        let (one, two) = (open(), open());
        lock(&one, LockMode::Exclusive).unwrap();
        assert!(!try_lock(&two, LockMode::Shared).unwrap());
        lock(&one, LockMode::Shared).unwrap();
        assert!(try_lock(&two, LockMode::Shared).unwrap());
        assert!(!try_lock(&two, LockMode::Exclusive).unwrap());
        unlock(&one).unwrap();
        assert!(try_lock(&two, LockMode::Exclusive).unwrap());
        drop(two);
        assert!(try_lock(&one, LockMode::Exclusive).unwrap());
    }

    #[test]
    fn an_exclusive_lock_needs_a_writable_file() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let read_only = File::open(path.path()).unwrap();
        assert_eq!(lock(&read_only, LockMode::Exclusive).unwrap_err().raw_os_error(), Some(libc::EBADF));
    }
}
