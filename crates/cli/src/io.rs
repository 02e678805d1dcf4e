//! The surroundings of a program as a value: streams, environment, clock, terminal facts.

use std::fmt;
use std::io::{self, Read, Write};

use k5_hostname::{HostTable, Resolver};
use k5_types::{Secret, Timestamp};

use crate::held::{Held, Stream};
use crate::message::{ExitStatus, Failure, Message};
use crate::terminal::{Echo, Reading};
use crate::waiting::Waiting;
use crate::{Environment, SystemResolver};
use k5_types::errno_text;

/// Output is handed on when this much has gathered.
const BUFFER: usize = 64 * 1024;

/// Which of the streams are a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// The three streams of a program. Standard input should not read ahead: what one program leaves belongs to the next.
pub struct Streams<'a> {
    /// Standard input. It is read one byte at a time.
    pub stdin: Box<dyn Read + 'a>,
    /// Standard output, unbuffered; [`Io`] buffers.
    pub stdout: Box<dyn Write + 'a>,
    /// Standard error, unbuffered.
    pub stderr: Box<dyn Write + 'a>,
}

/// All that a program sees of the outside but files: streams, environment, clock, and whether it talks to a terminal.
///
/// Standard output is gathered and handed on before anything appears on standard error, before anything is read, and at
/// the end, so that a reader of both sees them in the order in which they were written.
pub struct Io<'a> {
    pub(crate) streams: Streams<'a>,
    gathered: Vec<u8>,
    /// Where output goes while it is held back.
    pub(crate) held: Option<Held>,
    failed: Option<io::Error>,
    clock: fn() -> Timestamp,
    terminals: Terminals,
    of_process: bool,
    /// Input that was taken off the terminal too early, last byte first. It may hold passwords.
    ahead: Secret<Vec<u8>>,
    /// What waits on standard input behind that.
    pub(crate) waiting: Waiting,
    /// Lines of standard input that were read, those typed at a terminal aside.
    pub(crate) lines: usize,
    resolver: Box<dyn Resolver + 'a>,
    /// The environment.
    pub env: Environment,
}

impl<'a> Io<'a> {
    /// The streams, environment and clock of this process. Make one only, in [`crate::start()`].
    #[must_use]
    pub fn process() -> Io<'static> {
        Io {
            streams: crate::process::streams(),
            gathered: Vec::new(),
            held: None,
            failed: None,
            clock: crate::process::now,
            terminals: crate::process::terminals(),
            of_process: true,
            ahead: Secret::new(Vec::new()),
            waiting: Waiting::unopened(),
            lines: 0,
            resolver: Box::new(SystemResolver::from_process()),
            env: Environment::from_process(),
        }
    }

    /// Streams, clock and environment of the caller's making, none of them a terminal, and no host known: what tests use.
    pub fn new(streams: Streams<'a>, env: Environment, clock: fn() -> Timestamp) -> Io<'a> {
        Io {
            streams,
            gathered: Vec::new(),
            held: None,
            failed: None,
            clock,
            terminals: Terminals::default(),
            of_process: false,
            ahead: Secret::new(Vec::new()),
            waiting: Waiting::blind(),
            lines: 0,
            resolver: Box::new(HostTable::new()),
            env,
        }
    }

    /// The same, with other terminal facts.
    #[must_use]
    pub fn with_terminals(self, terminals: Terminals) -> Io<'a> {
        Io { terminals, ..self }
    }

    /// The same, with this knowledge of hosts.
    #[must_use]
    pub fn with_resolver(self, resolver: impl Resolver + 'a) -> Io<'a> {
        Io { resolver: Box::new(resolver), ..self }
    }

    /// Where names of hosts are looked up.
    #[must_use]
    pub fn resolver(&self) -> &dyn Resolver {
        &*self.resolver
    }

    /// Which streams are a terminal.
    #[must_use]
    pub fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// True if the streams are those of the process, so that a child process may be given them, a terminal's
    /// settings changed, and a line editor started.
    #[must_use]
    pub fn is_process(&self) -> bool {
        self.of_process
    }

    /// The clock, for what outlives this value.
    #[must_use]
    pub fn clock(&self) -> fn() -> Timestamp {
        self.clock
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Standard output: `writeln!(io.out(), "{x}")?`.
    pub fn out(&mut self) -> Out<'_, 'a> {
        Out(self)
    }

    /// Standard error, after all that was written to standard output.
    pub fn err(&mut self) -> &mut dyn Write {
        // A failure to write is remembered; what is to be said on standard error matters more.
        let _ = self.flush();
        match &mut self.held {
            Some(held) => held,
            None => &mut *self.streams.stderr,
        }
    }

    /// Prints a complaint on standard error. If that is not possible there is nobody to tell.
    pub fn complain(&mut self, message: &Message) {
        let _ = self.err().write_all(message.as_bytes());
    }

    /// Prints what a failure has to say and gives its status.
    pub fn fail(&mut self, failure: &Failure) -> ExitStatus {
        if let Some(message) = failure.message() {
            self.complain(message);
        }
        failure.status()
    }

    /// Hands on what was gathered for standard output.
    ///
    /// # Errors
    /// What the system says. The first error is kept, and every later write to standard output fails with the same
    /// kind, so that a long listing ends early.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.held.is_some() {
            return Ok(());
        }
        if let Some(error) = &self.failed {
            self.gathered.clear();
            return Err(again(error));
        }
        if self.gathered.is_empty() {
            return Ok(());
        }
        let result = self.streams.stdout.write_all(&self.gathered).and_then(|()| self.streams.stdout.flush());
        self.gathered.clear();
        result.map_err(|error| {
            let copy = again(&error);
            self.failed = Some(error);
            copy
        })
    }

    /// True once standard output could not be written, so that a loop knows to end.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.failed.is_some()
    }

    /// Puts input back in front of what is still to be read: a line editor that was given several lines at once keeps the
    /// first one.
    pub fn unread(&mut self, input: &[u8]) {
        let mut ahead = Vec::with_capacity(input.len().saturating_add(self.ahead.expose().len()));
        ahead.extend_from_slice(self.ahead.expose());
        ahead.extend(input.iter().rev());
        self.ahead = Secret::new(ahead);
    }

    /// Whether there is input that was put back.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        !self.ahead.expose().is_empty()
    }

    /// How many lines of standard input have been read, answers and passwords among them; none where it is a terminal.
    #[must_use]
    pub fn lines_read(&self) -> usize {
        self.lines
    }

    /// Whether the next line is typed at the terminal of this process.
    pub(crate) fn is_typed(&self) -> bool {
        self.of_process && self.terminals.stdin && !self.has_unread()
    }

    /// Reads a line without reading ahead, its newline included if there is one. `None` at the end of the input.
    ///
    /// # Errors
    /// What the system says. Ctrl-C at a terminal gives [`io::ErrorKind::Interrupted`], and what was typed is forgotten.
    pub fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.read_until_newline(Echo::Shown, |byte| line.push(byte))?;
        Ok(if line.is_empty() { None } else { Some(line) })
    }

    /// Reads to the newline or the end of the input, handing each byte over, the newline included.
    pub(crate) fn read_until_newline(&mut self, echo: Echo, mut take: impl FnMut(u8)) -> io::Result<()> {
        if let Some(held) = &mut self.held {
            // The question is held back too: nobody could know what is asked.
            held.asked = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.is_typed() {
            let reading = Reading::begin(echo)?;
            let _ = self.flush();
            return reading.read(take);
        }
        let _ = self.flush();
        loop {
            let seen = self.ahead.expose_mut().pop().or_else(|| self.waiting.next());
            let Some(next) = seen.map_or_else(|| self.read_byte(), |next| Ok(Some(next)))? else {
                return Ok(());
            };
            take(next);
            if next == b'\n' {
                self.lines = self.lines.saturating_add(1);
                return Ok(());
            }
        }
    }

    /// The next byte of the stream itself.
    fn read_byte(&mut self) -> io::Result<Option<u8>> {
        self.waiting.settle();
        let mut byte = [0u8];
        loop {
            match self.streams.stdin.read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) => {
                    let [next] = byte;
                    return Ok(Some(next));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Hands on what is left and gives the status that the program ends with: `status`, unless standard output could
    /// not be written.
    pub fn finish(&mut self, program: &[u8], status: ExitStatus) -> ExitStatus {
        // Nobody has said that it is true.
        self.held = None;
        self.leave_unread();
        let _ = self.flush();
        let Some(error) = self.failed.take() else { return status };
        if error.kind() == io::ErrorKind::BrokenPipe {
            return ExitStatus::BROKEN_PIPE;
        }
        self.complain(&Message::com_err(program, errno_text(&error), "while writing to standard output"));
        if status.is_success() { ExitStatus::FAILURE } else { status }
    }
}

fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

impl fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io")
            .field("terminals", &self.terminals)
            .field("of_process", &self.of_process)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams { .. }")
    }
}

/// Standard output for the length of a statement.
#[derive(Debug)]
pub struct Out<'i, 'a>(&'i mut Io<'a>);

impl Write for Out<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(error) = &self.0.failed {
            return Err(again(error));
        }
        if let Some(held) = &mut self.0.held {
            held.push(Stream::Out, bytes);
            return Ok(bytes.len());
        }
        self.0.gathered.extend_from_slice(bytes);
        let on_screen = self.0.terminals.stdout && bytes.contains(&b'\n');
        if on_screen || self.0.gathered.len() >= BUFFER {
            self.0.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_input;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Notes what is written where, in order.
    struct Log(&'static str, Rc<RefCell<String>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.borrow_mut().push_str(&format!("{}:{} ", self.0, String::from_utf8_lossy(bytes)));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged() -> (Io<'static>, Rc<RefCell<String>>) {
        let log = Rc::new(RefCell::new(String::new()));
        let streams = Streams {
            stdin: Box::new(io::empty()),
            stdout: Box::new(Log("out", Rc::clone(&log))),
            stderr: Box::new(Log("err", Rc::clone(&log))),
        };
        let none: [(&str, &str); 0] = [];
        (Io::new(streams, Environment::from_pairs(none), || Timestamp(0)), log)
    }

    #[test]
    fn both_streams_keep_their_order() {
        let (mut io, log) = logged();
        write!(io.out(), "a").unwrap();
        writeln!(io.out(), "b").unwrap();
        assert_eq!(*log.borrow(), "", "gathered");
        io.complain(&Message::plain("c"));
        write!(io.out(), "d").unwrap();
        assert_eq!(io.finish(b"x", ExitStatus::SUCCESS), ExitStatus::SUCCESS);
        assert_eq!(*log.borrow(), "out:ab\n err:c\n out:d ");
    }

    #[test]
    fn a_terminal_sees_each_line_at_once() {
        let (io, log) = logged();
        let mut io = io.with_terminals(Terminals { stdout: true, ..Terminals::default() });
        writeln!(io.out(), "a").unwrap();
        assert_eq!(*log.borrow(), "out:a\n ");
    }

    struct Broken(i32);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(self.0))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn broken(errno: i32) -> (Failure, ExitStatus, String) {
        let log = Rc::new(RefCell::new(String::new()));
        let streams = Streams {
            stdin: Box::new(io::empty()),
            stdout: Box::new(Broken(errno)),
            stderr: Box::new(Log("err", Rc::clone(&log))),
        };
        let none: [(&str, &str); 0] = [];
        let mut io = Io::new(streams, Environment::from_pairs(none), || Timestamp(0));
        let failure = loop {
            if let Err(error) = writeln!(io.out(), "again and again") {
                break Failure::from(error);
            }
        };
        let status = io.fail(&failure);
        let status = io.finish(b"prog", status);
        drop(io);
        let said = log.borrow().clone();
        (failure, status, said)
    }

    #[test]
    fn a_reader_that_has_gone_ends_the_program_quietly() {
        let (failure, status, said) = broken(32);
        assert_eq!((failure.status(), status), (ExitStatus::BROKEN_PIPE, ExitStatus::BROKEN_PIPE));
        assert_eq!(said, "");
    }

    #[test]
    fn a_full_disk_is_told_once() {
        let (_, status, said) = broken(28);
        assert_eq!(status, ExitStatus::FAILURE);
        assert_eq!(said, "err:prog: No space left on device while writing to standard output\n ");
    }

    #[test]
    fn reading_leaves_the_rest() {
        let (lines, done) = with_input(b"one\ntwo", |io| (io.read_line().unwrap(), 7));
        assert_eq!(lines, (Some(b"one\n".to_vec()), 7));
        assert_eq!(done.left, b"two");
        let (line, done) = with_input(b"two", |io| {
            let line = io.read_line().unwrap();
            assert_eq!(io.read_line().unwrap(), None);
            io.complain(&Message::plain("x"));
            line
        });
        assert_eq!(line, Some(b"two".to_vec()));
        assert_eq!(done.stderr, b"x\n");
    }
}
