//! The fields of a line, read as they come: what is kept of a line is what was asked for.

use std::io::{self, BufRead};

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

/// Reads byte by byte and knows where it is.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    input: R,
    line: u64,
    /// Bytes of the line that were read.
    column: u64,
}

/// What separates fields. Newlines do not: a line is a record.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

impl<R: BufRead> Scanner<R> {
    pub(super) fn new(input: R) -> Self {
        Scanner { input, line: 1, column: 0 }
    }

    /// The line, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The fault `what`, with its place in the line.
    pub(super) fn fault(&self, what: impl std::fmt::Display) -> Fault {
        Fault::Says(format!("{what} at byte {} of the line", self.column + 1))
    }

    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes the byte that was peeked at.
    pub(super) fn take(&mut self, byte: u8) {
        self.input.consume(1);
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        } else {
            self.column += 1;
        }
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
        while let Some(byte) = self.peek()?.filter(|byte| *byte != b'\n' && !ends(*byte)) {
            if text.len() == limit {
                return Err(self.fault(format!("over {limit} bytes")));
            }
            self.take(byte);
            text.push(byte);
        }
        Ok(text)
    }

    /// The bytes before the next blank.
    pub(super) fn word(&mut self, limit: usize) -> Result<Vec<u8>> {
        self.until(is_blank, limit)
    }

    /// So many bytes, whatever they are but newlines.
    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            let byte = self.here()?;
            self.take(byte);
            bytes.push(byte);
        }
        Ok(bytes)
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
        const MOST_DIGITS: u32 = 40;
        let sign = self.here()?;
        let negative = sign == b'-';
        if negative || sign == b'+' {
            self.take(sign);
        }
        let mut value: i64 = 0;
        let mut digits = 0u32;
        while let Some(digit) = self.peek()?.filter(u8::is_ascii_digit) {
            value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            self.take(digit);
            digits += 1;
            if digits == MOST_DIGITS {
                return Err(self.fault("a number over 32 bits"));
            }
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
        for _ in 0..count {
            octets.push(self.digit()? << 4 | self.digit()?);
        }
        if self.peek()?.is_some_and(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.fault("more octets than the length says"));
        }
        Ok(octets)
    }

    fn digit(&mut self) -> Result<u8> {
        let byte = self.here()?;
        let Some(value) = char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok()) else {
            return Err(self.fault("not a hexadecimal digit"));
        };
        self.take(byte);
        Ok(value)
    }

    /// The end of the line; how many bytes were passed over on the way to it.
    pub(super) fn skip_line(&mut self) -> Result<u64> {
        let mut skipped = 0;
        loop {
            match self.peek()? {
                None => return Err(self.fault("the file ends")),
                Some(byte) => self.take(byte),
            }
            if self.column == 0 {
                return Ok(skipped);
            }
            skipped += 1;
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
