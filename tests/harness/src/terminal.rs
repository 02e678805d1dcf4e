//! A program on a pseudo-terminal, and the person who types to it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::run::{Output, Run, text};

/// After this an awaited text will not come any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a pseudo-terminal of 80 columns and 24 lines. It begins as a terminal does when one logs in: it
/// echoes, and edits lines. `TERM` is `dumb` unless the run sets it.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    master: File,
    output: Receiver<Vec<u8>>,
    screen: Vec<u8>,
    /// Up to here the screen has been waited for.
    seen: usize,
    command: String,
    dir: std::path::PathBuf,
}

impl Terminal {
    /// Starts the run on a terminal. Its standard input is not used: type instead.
    pub fn open(run: &Run) -> Terminal {
        Terminal::open_beside(run, None, None)
    }

    /// The same, but with standard output or standard error to a file where one is given.
    pub fn open_beside(run: &Run, stdout: Option<File>, stderr: Option<File>) -> Terminal {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("no terminal left");
        grantpt(&master).expect("the terminal is ours");
        unlockpt(&master).expect("the terminal is ours");
        let name =
            ptsname(&master, Vec::new()).expect("the terminal has a name").into_string().expect("in ASCII");
        let flags = i32::try_from(OFlags::NOCTTY.bits()).expect("a flag of open(2)");
        let slave = || OpenOptions::new().read(true).write(true).custom_flags(flags).open(&name);
        let master = File::from(master);
        set_size(&master, 80, 24);

        // setsid makes the terminal the one that the program's session belongs to, then becomes the program.
        let mut command = run.command_through("/usr/bin/setsid", &["--ctty"]);
        command.stdin(slave().expect("the terminal opens"));
        command.stdout(stdout.unwrap_or_else(|| slave().expect("the terminal opens")));
        command.stderr(stderr.unwrap_or_else(|| slave().expect("the terminal opens")));
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", run.shown()));
        // While we hold the other end open, the program's end does not show.
        drop(command);

        let mut reader = master.try_clone().expect("cannot share the terminal");
        let (send, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error is how Linux tells that the other end is closed.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let dir = run.realm.dir().to_path_buf();
        Terminal { child, master, output, screen: Vec::new(), seen: 0, command: run.shown(), dir }
    }

    /// Changes the size of the window; the program gets SIGWINCH.
    pub fn resize(&mut self, columns: u16, lines: u16) -> &mut Self {
        set_size(&self.master, columns, lines);
        self
    }

    /// Waits until the program has written this, after what was waited for before.
    ///
    /// # Panics
    /// Where it does not come, with the screen as it is.
    pub fn wait_for(&mut self, wanted: &str) -> &mut Self {
        let begun = Instant::now();
        loop {
            let unseen = &self.screen[self.seen..];
            if let Some(at) = unseen.windows(wanted.len()).position(|part| part == wanted.as_bytes()) {
                self.seen += at + wanted.len();
                return self;
            }
            match self.output.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(more) => self.screen.extend(more),
                Err(error) => {
                    let why = match error {
                        RecvTimeoutError::Timeout => "waited in vain for",
                        RecvTimeoutError::Disconnected => "the program ended before it wrote",
                    };
                    panic!("{}: {why} {wanted:?}; the screen:\n{}", self.command, self.screen())
                }
            }
        }
    }

    /// Waits until the program sleeps. MIT's prompter loses an interruption that comes between its prompt and its read.
    ///
    /// # Panics
    /// Where it does not.
    pub fn wait_until_it_reads(&mut self) -> &mut Self {
        let begun = Instant::now();
        let stat = format!("/proc/{}/stat", self.child.id());
        // The state stands behind the name, which is in parentheses.
        while !std::fs::read_to_string(&stat)
            .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')))
        {
            assert!(begun.elapsed() < PATIENCE, "{}: it never waits for keys", self.command);
            thread::yield_now();
        }
        self
    }

    /// Types these keys.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.master.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self
    }

    /// Types this and the Enter key.
    pub fn line(&mut self, line: &str) -> &mut Self {
        self.keys(&format!("{line}\r"))
    }

    /// The screen so far, with plain line ends.
    pub fn screen(&self) -> String {
        text(&self.screen).replace("\r\n", "\n")
    }

    /// Waits for the end of the program; the screen is in `stdout`.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn end(&mut self) -> Output {
        let begun = Instant::now();
        loop {
            match self.output.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(more) => self.screen.extend(more),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{}: waited in vain for its end; the screen:\n{}", self.command, self.screen())
                }
            }
        }
        let status = self.child.wait().expect("the child is ours to wait for");
        Output {
            command: self.command.clone(),
            dir: self.dir.clone(),
            stdout: self.screen(),
            stderr: String::new(),
            exit: status.code().unwrap_or_else(|| -status.signal().unwrap_or(0)),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn set_size(terminal: &File, columns: u16, lines: u16) {
    let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("the terminal takes a size");
}
