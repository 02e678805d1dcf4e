//! The start of a program's process, without the standard library's own.
//!
//! That makes ready to print a sentence when the stack overflows, beside the signal that ends the process anyway: it reads
//! `/proc/self/maps` and sets up a handler with a stack, a tenth of the time of a short command. What else it does is done
//! here: each of the three streams is open, and SIGPIPE is ignored.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::{AsFd, IntoRawFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::stat::Mode;

use crate::io::Io;
use crate::message::ExitStatus;
use crate::process::run;

/// Makes a function of words and [`Io`] the `main` of a program. Its file begins with `#![no_main]`.
///
/// ```text
/// #![no_main]
/// k5_cli::main!(ktadd::run);
/// ```
#[macro_export]
macro_rules! main {
    ($program:expr) => {
        // The C library calls what has this name; no other item may have it.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: ::std::ffi::c_int,
            words: *const *const ::std::ffi::c_char,
        ) -> ::std::ffi::c_int {
            // SAFETY: these are what the C library hands to `main`.
            unsafe { $crate::start(count, words, $program) }
        }
    };
}

/// Runs a program in this process, and returns its status, for [`main!`](crate::main).
///
/// SIGPIPE is ignored: an administration program whose reader has gone finishes the change it is in and then ends with
/// [`ExitStatus::BROKEN_PIPE`], without a word.
///
/// # Safety
/// `count` and `words` are `argc` and `argv` as the C library hands them to `main`.
pub unsafe fn start(
    count: c_int,
    words: *const *const c_char,
    program: impl FnOnce(&[OsString], &mut Io<'_>) -> ExitStatus,
) -> c_int {
    open_streams();
    // SAFETY: no handler of ours is installed that could be called, and no thread runs yet.
    // It cannot fail for a signal that there is.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
    let word = |at: usize| {
        // SAFETY: C has `count` words in `words`, each ended by a NUL, for as long as the process runs.
        let word = unsafe { CStr::from_ptr(*words.add(at)) };
        OsStr::from_bytes(word.to_bytes()).to_owned()
    };
    let words: Vec<OsString> = (0..usize::try_from(count).unwrap_or(0)).map(word).collect();
    c_int::from(run(&words, program).0)
}

/// Opens those of the three streams that are closed on `/dev/null`: a file that is opened later would get the number of one of
/// them, and messages would go into it.
fn open_streams() {
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    // In the order of their numbers, since what is opened gets the least that is free.
    for stream in [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()] {
        if fcntl(stream, FcntlArg::F_GETFD) == Err(Errno::EBADF) {
            match open("/dev/null", OFlag::O_RDWR, Mode::empty()) {
                // It stays open for as long as the process runs.
                Ok(null) => _ = null.into_raw_fd(),
                Err(_) => std::process::abort(),
            }
        }
    }
}
