//! The fields of a line, read as they come: what is kept of a line is what was asked for.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// Why a field cannot be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// The system refused to read.
    Read(io::Error),
    /// What is wrong.
    Says(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Read(error)
    }
}

type Result<T> = std::result::Result<T, Fault>;

/// Bytes that are read at a time.
const BUFFER: usize = 128 * 1024;

/// Reads a field at a time and knows where it is.
pub(super) struct Scanner<R> {
    input: R,
    /// From `at` to `end` what was read and not taken yet. It may hold keys.
    buffer: Zeroizing<Vec<u8>>,
    at: usize,
    end: usize,
    /// There is nothing behind the buffer.
    ended: bool,
    /// Bytes of the input that were read.
    read: u64,
    line: u64,
    /// Bytes of the line that were read.
    column: u64,
}

/// What separates fields. Newlines do not: a line is a record.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

impl<R: Read> Scanner<R> {
    pub(super) fn new(input: R) -> Self {
        let buffer = Zeroizing::new(vec![0; BUFFER]);
        Scanner { input, buffer, at: 0, end: 0, ended: false, read: 0, line: 1, column: 0 }
    }

    /// The line, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes of the input that were taken.
    pub(super) fn taken(&self) -> u64 {
        self.read.saturating_sub(self.end.saturating_sub(self.at) as u64)
    }

    /// The fault `what`, with its place in the line.
    pub(super) fn fault(&self, what: impl std::fmt::Display) -> Fault {
        Fault::Says(format!("{what} at byte {} of the line", self.column + 1))
    }

    /// What is in the buffer and was not taken: `least` bytes at least, unless the input ends before.
    fn window(&mut self, least: usize) -> Result<&[u8]> {
        if self.end - self.at < least && !self.ended {
            self.fill(least)?;
        }
        Ok(self.buffer.get(self.at..self.end).unwrap_or_default())
    }

    #[cold]
    fn fill(&mut self, least: usize) -> Result<()> {
        self.buffer.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, self.end - self.at);
        while self.end < least {
            match self.input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => {
                    self.end += count;
                    self.read = self.read.saturating_add(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        Ok(self.window(1)?.first().copied())
    }

    /// Takes the byte that was peeked at.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) {
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        } else {
            self.column += 1;
        }
    }

    /// Takes bytes of the window, none of them a newline.
    fn take_many(&mut self, count: usize) {
        self.at += count;
        self.column += count as u64;
    }

    /// The next byte of this line.
    pub(super) fn here(&mut self) -> Result<u8> {
        match self.peek()? {
            None => Err(self.fault("the file ends")),
            Some(b'\n') => Err(self.fault("the line ends")),
            Some(byte) => Ok(byte),
        }
    }

    /// Skips blanks and empty lines; says whether there is anything more.
    pub(super) fn begin_line(&mut self) -> Result<bool> {
        while let Some(byte) = self.peek()? {
            if byte != b'\n' && !is_blank(byte) {
                return Ok(true);
            }
            self.take(byte);
        }
        Ok(false)
    }

    /// The bytes before the next one that `ends` them, of which there may be `limit`. They end with the line too.
    pub(super) fn until(&mut self, ends: impl Fn(u8) -> bool, limit: usize) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let room = limit - text.len();
            let window = self.window(1)?;
            let end = window.iter().position(|byte| *byte == b'\n' || ends(*byte));
            let (count, finished) = (end.unwrap_or(window.len()), end.is_some() || window.is_empty());
            text.extend_from_slice(window.get(..count.min(room)).unwrap_or_default());
            self.take_many(count.min(room));
            if count > room {
                return Err(self.fault(format!("over {limit} bytes")));
            }
            if finished {
                return Ok(text);
            }
        }
    }

    /// The bytes before the next blank.
    pub(super) fn word(&mut self, limit: usize) -> Result<Vec<u8>> {
        self.until(is_blank, limit)
    }

    /// So many bytes, whatever they are but newlines.
    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let left = count.saturating_sub(bytes.len() as u64);
            if left == 0 {
                return Ok(bytes);
            }
            let window = self.window(1)?;
            let window = window.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(window);
            let end = window.iter().position(|byte| *byte == b'\n').unwrap_or(window.len());
            bytes.extend_from_slice(window.get(..end).unwrap_or_default());
            self.take_many(end);
            if bytes.len() as u64 != count {
                self.here()?;
            }
        }
    }

    /// One blank.
    pub(super) fn blank(&mut self) -> Result<()> {
        let byte = self.here()?;
        if !is_blank(byte) {
            return Err(self.fault("a tab is missing"));
        }
        self.take(byte);
        Ok(())
    }

    /// At least one blank.
    pub(super) fn blanks(&mut self) -> Result<()> {
        self.blank()?;
        self.more_blanks()
    }

    /// Blanks, if there are any.
    pub(super) fn more_blanks(&mut self) -> Result<()> {
        while let Some(byte) = self.peek()?.filter(|byte| is_blank(*byte)) {
            self.take(byte);
        }
        Ok(())
    }

    /// A decimal number with or without a sign, from -2^31 to 2^32 - 1.
    pub(super) fn number(&mut self) -> Result<i64> {
        const LEAST: i64 = i32::MIN as i64;
        const GREATEST: i64 = u32::MAX as i64;
        const MOST_DIGITS: usize = 40;
        let sign = self.here()?;
        let negative = sign == b'-';
        if negative || sign == b'+' {
            self.take(sign);
        }
        let mut value: i64 = 0;
        let mut digits = 0;
        for digit in
            self.window(MOST_DIGITS)?.iter().take(MOST_DIGITS).take_while(|byte| byte.is_ascii_digit())
        {
            value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            digits += 1;
        }
        self.take_many(digits);
        if digits == MOST_DIGITS {
            return Err(self.fault("a number over 32 bits"));
        }
        if digits == 0 {
            self.here()?;
            return Err(self.fault("no number"));
        }
        let value = if negative { -value } else { value };
        if !(LEAST..=GREATEST).contains(&value) {
            return Err(self.fault("a number over 32 bits"));
        }
        Ok(value)
    }

    /// A number of 32 bits, however its sign was written.
    pub(super) fn u32(&mut self) -> Result<u32> {
        // In range by then; the two halves of the range are the two ways to write the same bits.
        Ok(self.number()? as u32)
    }

    /// A number from 0 to `limit`.
    pub(super) fn count(&mut self, limit: u32) -> Result<u32> {
        match u32::try_from(self.number()?) {
            Ok(count) if count <= limit => Ok(count),
            _ => Err(self.fault(format!("not a number from 0 to {limit}"))),
        }
    }

    /// A number of 16 bits with a sign, as types are.
    pub(super) fn i16(&mut self) -> Result<i16> {
        i16::try_from(self.number()?).map_err(|_| self.fault("a type over 16 bits"))
    }

    /// So many octets as digits, or `-1` for none.
    pub(super) fn octets(&mut self, count: u32) -> Result<Vec<u8>> {
        let mut octets = Vec::new();
        if count == 0 {
            return match self.number()? {
                -1 => Ok(octets),
                _ => Err(self.fault("-1 is missing")),
            };
        }
        let count = count as usize;
        while octets.len() < count {
            let window = self.window(2)?;
            let before = octets.len();
            let pairs = window.chunks_exact(2).take(count - before);
            // As many as are there, whatever the line says.
            octets.reserve(pairs.len());
            octets.extend(pairs.map_while(|pair| match pair {
                [high, low] => octet(*high, *low),
                _ => None,
            }));
            let taken = octets.len() - before;
            self.take_many(2 * taken);
            if octets.len() < count
                && self.window(2)?.first_chunk().is_none_or(|[high, low]| octet(*high, *low).is_none())
            {
                // Tells what is wrong with which digit.
                self.digit()?;
                self.digit()?;
            }
        }
        if self.peek()?.is_some_and(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.fault("more octets than the length says"));
        }
        Ok(octets)
    }

    fn digit(&mut self) -> Result<()> {
        let byte = self.here()?;
        if !byte.is_ascii_hexdigit() {
            return Err(self.fault("not a hexadecimal digit"));
        }
        self.take(byte);
        Ok(())
    }

    /// The end of the line; how many bytes were passed over on the way to it.
    pub(super) fn skip_line(&mut self) -> Result<u64> {
        let mut skipped = 0;
        loop {
            let window = self.window(1)?;
            if window.is_empty() {
                return Err(self.fault("the file ends"));
            }
            let end = window.iter().position(|byte| *byte == b'\n');
            let count = end.unwrap_or(window.len());
            self.take_many(count);
            skipped += count as u64;
            if end.is_some() {
                self.take(b'\n');
                return Ok(skipped);
            }
        }
    }

    /// The end of the line, with nothing before it but blanks.
    pub(super) fn end_line(&mut self) -> Result<()> {
        self.more_blanks()?;
        match self.peek()? {
            Some(b'\n') => {
                self.take(b'\n');
                Ok(())
            }
            None => Err(self.fault("the file ends")),
            Some(_) => Err(self.fault("the line goes on")),
        }
    }
}

/// What a byte is as a hexadecimal digit; 16 or more where it is none.
const DIGITS: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        let (lower, upper) = (b"0123456789abcdef", b"0123456789ABCDEF");
        values[lower[value] as usize] = value as u8;
        values[upper[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// The octet of two digits.
#[inline]
fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| DIGITS.get(usize::from(byte)).copied().unwrap_or(0xff);
    let (high, low) = (digit(high), digit(low));
    (high | low < 16).then_some(high << 4 | low)
}
