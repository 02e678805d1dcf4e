//! The pieces that a date is made of: numbers, words and three signs.

use super::words;

/// Before or after noon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meridian {
    Am,
    Pm,
}

/// One piece of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A number without a sign, or a word that counts (`next`, `third`; `last` is -1).
    Number(i64),
    /// A number with a plus or minus directly before it.
    Signed(i64),
    Meridian(Meridian),
    /// 0 is Sunday.
    Weekday(i64),
    /// 1 is January.
    Month(i64),
    /// A zone in standard time, in minutes west of Greenwich.
    Zone(i64),
    /// A zone in daylight-saving time; the minutes are those of its standard time.
    DaylightZone(i64),
    /// The word `dst`, which turns the zone before it into its daylight-saving time.
    Dst,
    /// A unit of this many minutes.
    Minutes(i64),
    /// The unit of one second.
    Seconds,
    /// A unit of this many months.
    Months(i64),
    Ago,
    Never,
    Colon,
    Slash,
    Comma,
    /// What no rule takes.
    Unknown,
    End,
}

/// Words longer than this are cut: the rest of their letters is skipped.
const WORD_MAX: usize = 19;

/// Reads tokens from left to right, with one of look-ahead.
pub(super) struct Lexer<'a> {
    rest: &'a [u8],
    next: Token,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut lexer = Lexer { rest: text, next: Token::End };
        lexer.advance();
        lexer
    }

    /// The token at hand.
    pub(super) fn peek(&self) -> Token {
        self.next
    }

    /// Moves on to the token after the one at hand, which is returned.
    pub(super) fn advance(&mut self) -> Token {
        let token = self.next;
        self.next = self.scan();
        token
    }

    fn scan(&mut self) -> Token {
        loop {
            self.take_while(|byte| byte.is_ascii_whitespace() || byte == 0x0b);
            let Some((&first, after)) = self.rest.split_first() else { return Token::End };
            match first {
                b'0'..=b'9' => return Token::Number(self.digits()),
                b'+' | b'-' => {
                    self.rest = after;
                    // A sign that no digit follows means nothing.
                    if after.first().is_some_and(u8::is_ascii_digit) {
                        let value = self.digits();
                        return Token::Signed(if first == b'-' { value.wrapping_neg() } else { value });
                    }
                }
                b'a'..=b'z' | b'A'..=b'Z' => {
                    let word = self.take_while(|byte| byte.is_ascii_alphabetic() || byte == b'.');
                    return words::look_up(word.get(..WORD_MAX).unwrap_or(word));
                }
                b'(' => self.skip_comment(),
                // MIT takes a NUL and, where C's `char` is signed, any byte of a non-ASCII letter for the end.
                0 | 0x80.. => {
                    self.rest = &[];
                    return Token::End;
                }
                other => {
                    self.rest = after;
                    return match other {
                        b':' => Token::Colon,
                        b'/' => Token::Slash,
                        b',' => Token::Comma,
                        _ => Token::Unknown,
                    };
                }
            }
        }
    }

    fn take_while(&mut self, wanted: fn(u8) -> bool) -> &'a [u8] {
        let count = self.rest.iter().take_while(|byte| wanted(**byte)).count();
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    /// The value of the digits at hand. It wraps at 64 bits, as MIT's does.
    fn digits(&mut self) -> i64 {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        digits
            .iter()
            .fold(0, |value: i64, digit| value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')))
    }

    /// Skips a comment in parentheses, which may hold others; one without an end lasts to the end of the text.
    fn skip_comment(&mut self) {
        let mut depth = 0usize;
        while let Some((&byte, after)) = self.rest.split_first() {
            match byte {
                0 => break,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            self.rest = after;
            if depth == 0 {
                return;
            }
        }
        self.rest = &[];
    }
}
