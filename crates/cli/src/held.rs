//! Output that waits until what it tells of is true.

use std::io::{self, Write};

use crate::io::Io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// What was written to both streams, in order.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pieces: Vec<(Stream, Vec<u8>)>,
    size: usize,
    /// Whether something was to be read meanwhile.
    pub(crate) asked: bool,
}

impl Held {
    /// Adds to a stream.
    pub(crate) fn push(&mut self, stream: Stream, bytes: &[u8]) {
        self.size += bytes.len();
        match self.pieces.last_mut() {
            Some((last, piece)) if *last == stream => piece.extend_from_slice(bytes),
            _ => self.pieces.push((stream, bytes.to_vec())),
        }
    }

    /// All of it, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Forgets what is behind the first `size` bytes.
    pub(crate) fn truncate(&mut self, size: usize) {
        while self.size > size {
            let Some((stream, mut piece)) = self.pieces.pop() else { return };
            let surplus = (self.size - size).min(piece.len());
            self.size -= surplus;
            piece.truncate(piece.len() - surplus);
            if !piece.is_empty() {
                self.pieces.push((stream, piece));
            }
        }
    }

    pub(crate) fn into_pieces(self) -> Vec<(Stream, Vec<u8>)> {
        self.pieces
    }
}

/// What is written here is for standard error.
impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(Stream::Err, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Io<'_> {
    /// From here on what is written to both streams waits for [`Io::release`], and nothing can be read but by
    /// [`Io::take_waiting_line`].
    pub fn hold(&mut self) {
        let _ = self.flush();
        self.held.get_or_insert_default();
    }

    /// How many bytes are held back.
    #[must_use]
    pub fn held_size(&self) -> usize {
        self.held.as_ref().map_or(0, Held::size)
    }

    /// Forgets what is held back behind its first `size` bytes.
    pub fn forget_behind(&mut self, size: usize) {
        if let Some(held) = &mut self.held {
            held.truncate(size);
        }
    }

    /// Whether something was to be read since output is held back, which was refused.
    #[must_use]
    pub fn was_asked(&mut self) -> bool {
        self.held.as_mut().is_some_and(|held| std::mem::take(&mut held.asked))
    }

    /// Hands on what was held back, in the order in which it was written. What cannot be written is remembered, as
    /// [`Io::flush`] does.
    pub fn release(&mut self) {
        for (stream, bytes) in self.held.take().map(Held::into_pieces).unwrap_or_default() {
            match stream {
                Stream::Out => drop(self.out().write_all(&bytes)),
                Stream::Err => drop(self.err().write_all(&bytes)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_input;
    use crate::{ExitStatus, Message, prompt};

    #[test]
    fn the_end_can_be_forgotten() {
        let mut held = Held::default();
        held.push(Stream::Out, b"ab");
        held.push(Stream::Out, b"c");
        held.write_all(b"de").unwrap();
        held.push(Stream::Out, b"f");
        assert_eq!(held.size(), 6);
        held.truncate(9);
        held.truncate(4);
        assert_eq!(held.size(), 4);
        assert_eq!(held.into_pieces(), [(Stream::Out, b"abc".to_vec()), (Stream::Err, b"d".to_vec())]);
    }

    #[test]
    fn nothing_is_asked_and_all_is_told_in_order() {
        let (_, done) = with_input(b"yes\n", |io| {
            io.hold();
            writeln!(io.out(), "a").unwrap();
            io.complain(&Message::plain("b"));
            let told = io.held_size();
            assert!(prompt::confirm(io, "Sure? ").is_err());
            assert!(io.was_asked());
            assert!(!io.was_asked());
            io.forget_behind(told);
            io.flush().unwrap();
            io.release();
            assert!(prompt::confirm(io, "Sure? ").unwrap());
        });
        assert_eq!((&done.stdout[..], &done.stderr[..]), (&b"a\nSure? "[..], &b"b\n"[..]));
    }

    #[test]
    fn what_nobody_released_is_never_told() {
        let (_, done) = with_input(b"", |io| {
            io.hold();
            writeln!(io.out(), "a").unwrap();
            io.finish(b"x", ExitStatus::SUCCESS)
        });
        assert_eq!(done.stdout, b"");
    }
}
