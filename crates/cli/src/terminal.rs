//! A line typed at the terminal, shown or not, and what signals make of the terminal.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// Whether what is typed is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Shown,
    Hidden,
}

/// The signals that must not leave a terminal without echo behind.
const CAUGHT: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP];

/// The terminal set for a line, and the signals held back, for as long as this lives.
///
/// Signals arrive through a descriptor beside the typed bytes, so no handler (and no unsafe code) is needed.
pub(crate) struct Reading {
    echo: Echo,
    found: Termios,
    before: SigSet,
    caught: SigSet,
}

impl Reading {
    /// Sets the terminal. A prompt is shown after this, so that no key that answers it appears on the screen.
    pub(crate) fn begin(echo: Echo) -> io::Result<Reading> {
        let found = tcgetattr(io::stdin())?;
        let caught = SigSet::from_iter(CAUGHT);
        let before = caught.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let reading = Reading { echo, found, before, caught };
        reading.set()?;
        Ok(reading)
    }

    fn set(&self) -> io::Result<()> {
        if self.echo == Echo::Shown {
            return Ok(());
        }
        let mut quiet = self.found.clone();
        quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        quiet.local_flags.insert(LocalFlags::ISIG | LocalFlags::ICANON);
        Ok(tcsetattr(io::stdin(), SetArg::TCSANOW, &quiet)?)
    }

    fn restore(&self) {
        if self.echo == Echo::Hidden {
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.found);
        }
    }

    /// Lets a signal do what it does, with the terminal as it was. Returns if the process goes on.
    fn deliver(&self, signal: Signal) -> io::Result<()> {
        self.restore();
        // Held back already before this began, it would stay pending, and come round again at once.
        let mut mask = self.before;
        mask.remove(signal);
        mask.thread_set_mask()?;
        raise(signal)?;
        self.caught.thread_block()?;
        self.set()
    }

    /// Reads from the terminal that standard input is to the newline or the end of the input, handing each byte over, the
    /// newline included. Ctrl-C gives [`io::ErrorKind::Interrupted`]; any other signal restores the terminal and then
    /// takes its course.
    pub(crate) fn read(self, mut take: impl FnMut(u8)) -> io::Result<()> {
        let signals = SignalFd::with_flags(&self.caught, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let stdin = io::stdin();
        loop {
            let mut ready = [
                PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
                PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut ready, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(info) = signals.read_signal()? {
                match i32::try_from(info.ssi_signo).map_err(|_| Errno::EINVAL).and_then(Signal::try_from) {
                    Ok(Signal::SIGINT) => return Err(io::ErrorKind::Interrupted.into()),
                    Ok(signal) => self.deliver(signal)?,
                    Err(_) => {}
                }
                continue;
            }
            if ready.first().and_then(PollFd::any) != Some(true) {
                continue;
            }
            let mut byte = [0u8];
            match nix::unistd::read(stdin.as_fd(), &mut byte) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    let [b] = byte;
                    take(b);
                    if b == b'\n' {
                        return Ok(());
                    }
                }
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.restore();
        let _ = self.before.thread_set_mask();
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
        let before = caught.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
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

/// While a line editor has the terminal in its own mode, a signal that ends the process must put it back first.
///
/// The signals are held back in this thread and taken by another one, which restores the settings and then lets the
/// signal do what it does. Call it once, before any other thread is made.
///
/// # Errors
/// If standard input is no terminal, or no thread can be made.
pub fn restore_terminal_on_signals() -> io::Result<()> {
    let found = tcgetattr(io::stdin())?;
    let ending = SigSet::from_iter([Signal::SIGTERM, Signal::SIGHUP]);
    // The thread inherits this: every other signal is for the thread that works.
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(signal) = ending.wait() {
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &found);
            let _ = ending.thread_unblock();
            let _ = raise(signal);
            // It was ignored.
            let _ = ending.thread_block();
        }
    });
    before.thread_set_mask()?;
    thread?;
    ending.thread_block()?;
    Ok(())
}
