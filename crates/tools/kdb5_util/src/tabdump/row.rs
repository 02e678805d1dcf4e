//! A line of a table: fields with tabs or commas between them.

use k5_cli::iso_utc;
use k5_types::Timestamp;

/// How a table looks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Format {
    /// Commas and quotes; else tabs, and fields as they stand.
    pub(super) csv: bool,
    /// No bytes at all are nothing; else -1.
    pub(super) empty_hex: bool,
    /// Numbers in place of names and dates.
    pub(super) numeric: bool,
}

/// A line that is being written.
pub(super) struct Row<'l> {
    format: Format,
    lines: &'l mut Vec<u8>,
    first: bool,
}

impl<'l> Row<'l> {
    pub(super) fn new(format: Format, lines: &'l mut Vec<u8>) -> Self {
        Row { format, lines, first: true }
    }

    /// A principal's line.
    pub(super) fn of(name: &[u8], format: Format, lines: &'l mut Vec<u8>) -> Self {
        let mut row = Row::new(format, lines);
        row.text(name);
        row
    }

    /// The line is whole.
    pub(super) fn end(self) {
        self.lines.push(b'\n');
    }

    pub(super) fn text(&mut self, text: &[u8]) {
        self.next();
        self.field(text);
    }

    /// Begins a field.
    fn next(&mut self) {
        if !self.first {
            self.lines.push(if self.format.csv { b',' } else { b'\t' });
        }
        self.first = false;
    }

    fn field(&mut self, text: &[u8]) {
        let quoted = self.format.csv && text.iter().any(|byte| matches!(byte, b',' | b'\n' | b'"'));
        if !quoted {
            self.lines.extend_from_slice(text);
            return;
        }
        self.lines.push(b'"');
        for byte in text {
            if *byte == b'"' {
                self.lines.push(b'"');
            }
            self.lines.push(*byte);
        }
        self.lines.push(b'"');
    }

    pub(super) fn number(&mut self, number: impl Into<i64>) {
        self.next();
        let number: i64 = number.into();
        if number < 0 {
            self.lines.push(b'-');
        }
        // The longest has 19 digits.
        let mut digits = [0; 20];
        let mut rest = number.unsigned_abs();
        let mut length = 0;
        for digit in digits.iter_mut().rev() {
            // Below 10.
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        self.lines.extend(digits.iter().skip(digits.len() - length));
    }

    /// A 32-bit field as MIT prints it, signed.
    pub(super) fn signed(&mut self, number: u32) {
        self.number(number.cast_signed());
    }

    /// A name, or the number where it has none or none is wanted.
    pub(super) fn named(&mut self, number: impl Into<i64>, name: Option<&str>) {
        match name.filter(|_| !self.format.numeric) {
            Some(name) => self.text(name.as_bytes()),
            None => self.number(number),
        }
    }

    pub(super) fn date(&mut self, time: Timestamp) {
        if self.format.numeric { self.signed(time.0) } else { self.text(iso_utc(time).as_bytes()) }
    }

    /// Bytes as hexadecimal digits.
    pub(super) fn hex(&mut self, bytes: &[u8]) {
        if bytes.is_empty() && !self.format.empty_hex {
            return self.text(b"-1");
        }
        self.next();
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
        self.lines.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(format: Format, fill: impl Fn(&mut Row<'_>)) -> String {
        let mut lines = Vec::new();
        let mut row = Row::new(format, &mut lines);
        fill(&mut row);
        row.end();
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn fields() {
        let fill = |row: &mut Row<'_>| {
            row.text(b"a,\"b\"");
            row.date(Timestamp(u32::MAX));
            row.named(18, Some("aes"));
            row.named(99, None);
            row.hex(&[]);
            row.hex(&[0, 0xa5]);
            row.text(b"");
        };
        assert_eq!(row(Format::default(), fill), "a,\"b\"\t2106-02-07T06:28:15Z\taes\t99\t-1\t00a5\t\n");
        let other = Format { csv: true, empty_hex: true, numeric: true };
        assert_eq!(row(other, fill), "\"a,\"\"b\"\"\",-1,18,99,,00a5,\n");
    }
}
