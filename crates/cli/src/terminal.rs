//! A line typed without being shown.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// How the reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// With a newline, or with the end of the input.
    Line,
    /// With Ctrl-C.
    Interrupted,
}

/// The signals that must not leave a terminal without echo behind.
const CAUGHT: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP];

/// The terminal without echo and the signals held back, for as long as this lives.
///
/// Signals arrive through a descriptor beside the typed bytes, so no handler (and no unsafe code) is needed.
struct Hidden {
    shown: Termios,
    before: SigSet,
    caught: SigSet,
}

impl Hidden {
    fn begin() -> io::Result<Hidden> {
        let shown = tcgetattr(io::stdin())?;
        let caught = SigSet::from_iter(CAUGHT);
        let before = caught.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)?;
        let hidden = Hidden { shown, before, caught };
        hidden.hide()?;
        Ok(hidden)
    }

    fn hide(&self) -> io::Result<()> {
        let mut quiet = self.shown.clone();
        quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        quiet.local_flags.insert(LocalFlags::ISIG | LocalFlags::ICANON);
        Ok(tcsetattr(io::stdin(), SetArg::TCSANOW, &quiet)?)
    }

    fn show(&self) {
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.shown);
    }

    /// Lets a signal do what it does, with the terminal as it was. Returns if the process goes on.
    fn deliver(&self, signal: Signal) -> io::Result<()> {
        self.show();
        self.before.thread_set_mask()?;
        raise(signal)?;
        self.caught.thread_block()?;
        self.hide()
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.show();
        let _ = self.before.thread_set_mask();
    }
}

/// Reads from the terminal that standard input is to the newline or the end of the input, without echo, handing each byte
/// over, the newline included. Ctrl-C ends the reading; any other signal restores the terminal and then takes its course.
pub(crate) fn read_hidden(mut take: impl FnMut(u8)) -> io::Result<Typed> {
    debug_assert!(io::stdin().is_terminal());
    let hidden = Hidden::begin()?;
    let signals = SignalFd::with_flags(&hidden.caught, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let stdin = io::stdin();
    loop {
        let mut ready =
            [PollFd::new(stdin.as_fd(), PollFlags::POLLIN), PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ready, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(info) = signals.read_signal()? {
            match i32::try_from(info.ssi_signo).map_err(|_| Errno::EINVAL).and_then(Signal::try_from) {
                Ok(Signal::SIGINT) => return Ok(Typed::Interrupted),
                Ok(signal) => hidden.deliver(signal)?,
                Err(_) => {}
            }
            continue;
        }
        if ready.first().and_then(PollFd::any) != Some(true) {
            continue;
        }
        let mut byte = [0u8];
        match nix::unistd::read(stdin.as_fd(), &mut byte) {
            Ok(0) => return Ok(Typed::Line),
            Ok(_) => {
                let [b] = byte;
                take(b);
                if b == b'\n' {
                    return Ok(Typed::Line);
                }
            }
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Holds Ctrl-C and Ctrl-\ back while a child process has the terminal, as system(3) does, and forgets those that came.
pub(crate) struct ChildHasTerminal {
    before: Option<SigSet>,
    caught: SigSet,
}

impl ChildHasTerminal {
    pub(crate) fn begin() -> ChildHasTerminal {
        let caught = SigSet::from_iter([Signal::SIGINT, Signal::SIGQUIT]);
        let before = caught.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK).ok();
        ChildHasTerminal { before, caught }
    }
}

impl Drop for ChildHasTerminal {
    fn drop(&mut self) {
        let Some(before) = self.before else { return };
        if let Ok(pending) =
            SignalFd::with_flags(&self.caught, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
        {
            while let Ok(Some(_)) = pending.read_signal() {}
        }
        let _ = before.thread_set_mask();
    }
}
