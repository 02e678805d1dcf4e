//! What is waiting on standard input: it is looked at while it stays where it is, so that what this program does not run
//! is there for whoever reads next.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, FileTypeExt};

use k5_types::Secret;
use nix::errno::Errno;
use nix::fcntl::{OFlag, SpliceFFlags, tee};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::io::Io;

/// So much is looked at; a pipe holds no more unless somebody made it larger.
const WINDOW: usize = 64 * 1024;

/// How a descriptor can be looked into.
enum Source {
    /// Standard input, which has not been looked at yet.
    Unopened,
    /// A regular file: reading at an offset moves nothing.
    File(File),
    /// A pipe: tee(2) copies what is in it into a second one.
    Pipe { pipe: OwnedFd, copy: (OwnedFd, OwnedFd) },
    /// Something else, or one that failed: it is only read.
    Blind,
}

/// Bytes that were seen on a descriptor. There may be passwords among them.
pub(crate) struct Waiting {
    source: Source,
    seen: Secret<Vec<u8>>,
    /// How many of them were handed out; they are still to be taken from the descriptor.
    used: usize,
}

impl Waiting {
    /// Nothing is ever seen.
    pub(crate) fn blind() -> Waiting {
        Waiting { source: Source::Blind, seen: Secret::new(Vec::new()), used: 0 }
    }

    /// What waits on standard input; that is found out when it is first looked at.
    pub(crate) fn unopened() -> Waiting {
        Waiting { source: Source::Unopened, ..Waiting::blind() }
    }

    /// What waits on a descriptor, if that is a file or a pipe.
    pub(crate) fn on(input: impl AsFd) -> Waiting {
        let source = Source::of(input).unwrap_or(Source::Blind);
        Waiting { source, ..Waiting::blind() }
    }

    /// The next byte of those that were seen.
    pub(crate) fn next(&mut self) -> Option<u8> {
        let byte = self.seen.expose().get(self.used).copied()?;
        self.used += 1;
        Some(byte)
    }

    /// What was seen and not yet handed out.
    pub(crate) fn rest(&self) -> &[u8] {
        self.seen.expose().get(self.used..).unwrap_or_default()
    }

    /// Looks again, if no whole line is left of what was seen. Whether there is one now.
    pub(crate) fn look(&mut self) -> bool {
        match self.source {
            Source::Unopened => *self = Waiting::on(io::stdin()),
            Source::Blind => return false,
            Source::File(_) | Source::Pipe { .. } => {}
        }
        if !self.has_line() {
            self.settle();
            if self.source.peek(self.seen.expose_mut()).is_err() {
                self.seen.expose_mut().clear();
                self.source = Source::Blind;
            }
        }
        self.has_line()
    }

    fn has_line(&self) -> bool {
        self.rest().contains(&b'\n')
    }

    /// Takes from the descriptor what was handed out, and no more, and forgets the rest: that is for the next reader, who
    /// may be somebody else.
    pub(crate) fn settle(&mut self) {
        let count = std::mem::take(&mut self.used);
        self.seen = Secret::new(Vec::new());
        if count > 0 && self.source.take(count).is_err() {
            // Looked at again, it would be run again.
            self.source = Source::Blind;
        }
    }
}

impl Source {
    fn of(input: impl AsFd) -> io::Result<Source> {
        let file = File::from(input.as_fd().try_clone_to_owned()?);
        let kind = file.metadata()?.file_type();
        Ok(if kind.is_file() {
            Source::File(file)
        } else if kind.is_fifo() {
            Source::Pipe { pipe: file.into(), copy: nix::unistd::pipe2(OFlag::O_CLOEXEC)? }
        } else {
            Source::Blind
        })
    }

    fn peek(&mut self, seen: &mut Vec<u8>) -> io::Result<()> {
        seen.resize(WINDOW, 0);
        let mut count = 0;
        match self {
            Source::File(file) => {
                let start = file.stream_position()?;
                count = again(|| file.read_at(seen, start))?;
            }
            Source::Pipe { pipe, copy } => {
                let copied = match tee(&*pipe, &copy.1, WINDOW, SpliceFFlags::SPLICE_F_NONBLOCK) {
                    Err(Errno::EAGAIN | Errno::EINTR) => 0,
                    other => other?,
                };
                while count < copied {
                    let free = seen.get_mut(count..copied).unwrap_or_default();
                    match again(|| Ok(nix::unistd::read(&copy.0, free)?))? {
                        0 => break,
                        more => count += more,
                    }
                }
            }
            Source::Unopened | Source::Blind => {}
        }
        seen.truncate(count);
        Ok(())
    }

    fn take(&mut self, count: usize) -> io::Result<()> {
        match self {
            Source::File(file) => {
                let count = i64::try_from(count).map_err(io::Error::other)?;
                file.seek(SeekFrom::Current(count)).map(drop)
            }
            Source::Pipe { pipe, .. } => {
                let mut bytes = Secret::new(vec![0; count]);
                let mut taken = 0;
                while let Some(rest) = bytes.expose_mut().get_mut(taken..).filter(|rest| !rest.is_empty()) {
                    // Another reader of the same pipe may have been faster: then there is nothing to wait for.
                    let mut ready = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
                    if again(|| Ok(poll(&mut ready, PollTimeout::ZERO)?))? == 0 {
                        break;
                    }
                    match again(|| Ok(nix::unistd::read(&*pipe, rest)?))? {
                        0 => break,
                        more => taken += more,
                    }
                }
                Ok(())
            }
            Source::Unopened | Source::Blind => Ok(()),
        }
    }
}

impl<'a> Io<'a> {
    /// The same, with a file or the end of a pipe for standard input.
    #[must_use]
    pub fn reading_from(mut self, input: impl Into<OwnedFd>) -> Io<'a> {
        let input = File::from(input.into());
        self.waiting = Waiting::on(&input);
        self.streams.stdin = Box::new(input);
        self
    }
}

impl Io<'_> {
    /// Whether a whole line waits on standard input, so that [`Io::read_line`] need not wait. Looking takes nothing away:
    /// what is not read before a child process or the end of this one is theirs who read next. Never true for a
    /// terminal, and where standard input is neither a file nor a pipe.
    pub fn look_ahead(&mut self) -> bool {
        !self.terminals().stdin && !self.has_unread() && self.waiting.look()
    }

    /// The whole lines that [`Io::look_ahead`] has seen and that were not read, without their newlines. There may be
    /// passwords among them.
    pub fn waiting_lines(&self) -> impl Iterator<Item = &[u8]> {
        let seen = self.waiting.rest();
        let end = seen.iter().rposition(|&byte| byte == b'\n').unwrap_or_default();
        let whole = seen.get(..end).filter(|_| seen.contains(&b'\n'));
        whole.into_iter().flat_map(|whole| whole.split(|&byte| byte == b'\n'))
    }

    /// Takes from standard input what was read, so that whoever reads it next goes on behind that.
    pub fn leave_unread(&mut self) {
        self.waiting.settle();
    }

    /// The first line that waits, taken, without its newline; `None` where [`Io::look_ahead`] has seen no whole one.
    pub fn take_waiting_line(&mut self) -> Option<Secret<Vec<u8>>> {
        let length = self.waiting_lines().next()?.len();
        let mut line = Secret::new(Vec::with_capacity(length));
        while let Some(byte) = self.waiting.next().filter(|&byte| byte != b'\n') {
            line.expose_mut().push(byte);
        }
        self.lines = self.lines.saturating_add(1);
        Some(line)
    }
}

/// Calls again what a signal interrupted.
fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn line(waiting: &mut Waiting) -> String {
        let mut line = String::new();
        while let Some(byte) = waiting.next() {
            line.push(char::from(byte));
            if byte == b'\n' {
                break;
            }
        }
        line
    }

    /// Two lines are used, the third is looked at, and it is there for the next reader with what came after it.
    fn leaves_the_rest(reader: impl AsFd + Read, mut more: impl FnMut()) {
        let mut waiting = Waiting::on(&reader);
        assert!(waiting.look());
        assert_eq!(line(&mut waiting), "one\n");
        assert!(waiting.look());
        assert_eq!(line(&mut waiting), "two\n");
        assert_eq!(waiting.rest(), b"three\nfo");
        waiting.settle();
        waiting.settle();
        more();
        let mut reader = reader;
        let mut left = String::new();
        reader.read_to_string(&mut left).unwrap();
        assert_eq!(left, "three\nfour\n");
        assert_eq!(waiting.rest(), b"", "it is gone");
    }

    #[test]
    fn of_a_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"zero\none\ntwo\nthree\nfo").unwrap();
        file.seek(SeekFrom::Start(5)).unwrap();
        let mut other = file.try_clone().unwrap();
        leaves_the_rest(file, || {
            let place = other.stream_position().unwrap();
            assert_eq!(place, 13);
            other.seek(SeekFrom::End(0)).unwrap();
            other.write_all(b"ur\n").unwrap();
            other.seek(SeekFrom::Start(place)).unwrap();
        });
    }

    #[test]
    fn of_a_pipe() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"one\ntwo\nthree\nfo").unwrap();
        let mut writer = Some(writer);
        leaves_the_rest(reader, move || writer.take().unwrap().write_all(b"ur\n").unwrap());
    }

    #[test]
    fn of_what_comes_later() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut waiting = Waiting::on(&reader);
        assert!(!waiting.look(), "nothing yet");
        writer.write_all(b"half").unwrap();
        assert!(!waiting.look(), "no line yet");
        writer.write_all(b"\n").unwrap();
        assert!(waiting.look());
        assert_eq!(line(&mut waiting), "half\n");
        drop(writer);
        assert!(!waiting.look(), "the end");
    }

    #[test]
    fn of_more_than_a_window() {
        let mut file = tempfile::tempfile().unwrap();
        let lines: Vec<String> = (0..20_000).map(|n| format!("line {n}\n")).collect();
        file.write_all(lines.concat().as_bytes()).unwrap();
        file.rewind().unwrap();
        let mut waiting = Waiting::on(&file);
        for wanted in &lines {
            assert!(waiting.look());
            assert_eq!(&line(&mut waiting), wanted);
        }
        assert!(!waiting.look());
    }

    #[test]
    fn who_took_it_first_is_not_waited_for() {
        let (mut reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"one\ntwo\n").unwrap();
        let mut waiting = Waiting::on(&reader);
        assert!(waiting.look());
        let _ = line(&mut waiting);
        let mut all = [0; 8];
        reader.read_exact(&mut all).unwrap();
        waiting.settle();
        assert!(!waiting.look());
    }

    #[test]
    fn other_things_are_not_looked_into() {
        assert!(!Waiting::on(File::open("/dev/zero").unwrap()).look());
        assert!(!Waiting::blind().look());
    }
}
