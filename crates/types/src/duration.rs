//! Lengths of time: the grammar of `krb5_string_to_deltat`, and MIT's two ways of showing one.

use std::fmt;

/// A length of time in seconds, signed 32 bits as MIT's `krb5_deltat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub i32);

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Bad format in delta time")]
pub struct DeltaError;

const DAY: i64 = 24 * 3600;
const HOUR: i64 = 3600;
const MINUTE: i64 = 60;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    /// A number, and whether it was written with at most two digits.
    Number(i64, bool),
    Overflow,
    Letter(u8),
    Space,
    End,
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    peeked: Option<Token>,
}

impl Lexer<'_> {
    fn peek(&mut self) -> Token {
        if let Some(token) = self.peeked {
            return token;
        }
        let token = self.scan();
        self.peeked = Some(token);
        token
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.peeked = None;
        token
    }

    fn take_while(&mut self, wanted: fn(&u8) -> bool) -> usize {
        let count = self.text[self.at..].iter().take_while(|byte| wanted(byte)).count();
        self.at += count;
        count
    }

    /// Any byte that starts no token ends the text: MIT takes `10h!` for `10h`.
    fn scan(&mut self) -> Token {
        match self.text.get(self.at) {
            Some(letter @ (b'-' | b':' | b'd' | b'h' | b'm' | b's')) => {
                self.at += 1;
                Token::Letter(*letter)
            }
            Some(b'0'..=b'9') => {
                let start = self.at;
                let digits = self.take_while(u8::is_ascii_digit);
                let value = self.text[start..start + digits].iter().try_fold(0i64, |n, d| {
                    Some(n * 10 + i64::from(d - b'0')).filter(|n| *n <= i64::from(i32::MAX))
                });
                value.map_or(Token::Overflow, |value| Token::Number(value, digits <= 2))
            }
            Some(b' ' | b'\t' | b'\n') => {
                self.take_while(|byte| byte.is_ascii_whitespace() || *byte == 0x0b);
                Token::Space
            }
            _ => Token::End,
        }
    }

    fn skip_space(&mut self) {
        if self.peek() == Token::Space {
            self.next();
        }
    }

    /// Optional space, an optional minus and a number; `None` without a number.
    fn number(&mut self) -> Result<Option<i64>, DeltaError> {
        self.skip_space();
        let negative = self.peek() == Token::Letter(b'-');
        if negative {
            self.next();
        }
        match self.peek() {
            Token::Number(value, _) => {
                self.next();
                Ok(Some(if negative { -value } else { value }))
            }
            Token::Overflow => Err(DeltaError),
            _ if negative => Err(DeltaError),
            _ => Ok(None),
        }
    }

    fn two_digits(&mut self) -> Result<i64, DeltaError> {
        match self.next() {
            Token::Number(value, true) => Ok(value),
            _ => Err(DeltaError),
        }
    }

    fn letter(&mut self, wanted: u8) -> Result<(), DeltaError> {
        if self.next() == Token::Letter(wanted) { Ok(()) } else { Err(DeltaError) }
    }
}

/// `count` units, where the product must stay in 32 bits.
fn scaled(count: i64, unit: i64) -> Result<i64, DeltaError> {
    let limit = i64::from(i32::MAX) / unit;
    let floor = i64::from(i32::MIN) / unit;
    if count > limit || count < floor { Err(DeltaError) } else { Ok(count * unit) }
}

fn sum(a: i64, b: i64) -> Result<i64, DeltaError> {
    i32::try_from(a + b).map(i64::from).map_err(|_| DeltaError)
}

impl Duration {
    /// Reads `1d2h3m4s` (each part optional, in this order, space between), `D-HH:MM:SS`, `H:MM:SS`, `H:MM` or a
    /// number of seconds, as MIT's `krb5_string_to_deltat` does: numbers after the first of the colon forms
    /// have at most two digits, and whatever starts no token ends the text.
    ///
    /// # Errors
    /// [`DeltaError`] where the text has another form or leaves 32 bits.
    pub fn parse(text: &[u8]) -> Result<Duration, DeltaError> {
        let mut lexer = Lexer { text, at: 0, peeked: None };
        let first = lexer.number()?.ok_or(DeltaError)?;
        let total = match lexer.peek() {
            Token::Letter(unit @ (b'd' | b'h' | b'm' | b's')) => units(&mut lexer, first, unit)?,
            Token::Letter(b'-') => {
                lexer.next();
                let hours = lexer.two_digits()?;
                lexer.letter(b':')?;
                clock(&mut lexer, first, hours, true)?
            }
            Token::Letter(b':') => {
                lexer.next();
                clock(&mut lexer, 0, first, false)?
            }
            _ => first,
        };
        match lexer.next() {
            Token::End => i32::try_from(total).map(Duration).map_err(|_| DeltaError),
            _ => Err(DeltaError),
        }
    }

    /// MIT's `kadmin` form: `1 day 02:03:04`, with a minus before it when negative.
    #[must_use]
    pub fn long_form(seconds: i64) -> String {
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.unsigned_abs();
        let days = seconds / 86_400;
        let plural = if days == 1 { "day" } else { "days" };
        let (hours, minutes) = (seconds % 86_400 / 3600, seconds % 3600 / 60);
        format!("{sign}{days} {plural} {hours:02}:{minutes:02}:{:02}", seconds % 60)
    }
}

/// The minutes and seconds of a colon form; a form with days needs its seconds.
fn clock(lexer: &mut Lexer<'_>, days: i64, hours: i64, with_days: bool) -> Result<i64, DeltaError> {
    let minutes = lexer.two_digits()?;
    let seconds = if with_days || lexer.peek() == Token::Letter(b':') {
        lexer.letter(b':')?;
        lexer.two_digits()?
    } else {
        0
    };
    let total = sum(scaled(days, DAY)?, scaled(hours, HOUR)?)?;
    sum(sum(total, scaled(minutes, MINUTE)?)?, seconds)
}

/// The parts after `first unit`, each of a smaller unit than the one before it.
fn units(lexer: &mut Lexer<'_>, first: i64, unit: u8) -> Result<i64, DeltaError> {
    const ORDER: [(u8, i64); 4] = [(b'd', DAY), (b'h', HOUR), (b'm', MINUTE), (b's', 1)];
    let rank = |letter: u8| ORDER.iter().position(|(l, _)| *l == letter);
    let mut total = 0;
    let (mut count, mut letter, mut floor) = (first, unit, 0);
    loop {
        lexer.next();
        let at = rank(letter).filter(|at| *at >= floor).ok_or(DeltaError)?;
        total = sum(total, scaled(count, ORDER[at].1)?)?;
        if letter == b's' {
            return Ok(total);
        }
        floor = at + 1;
        match lexer.number()? {
            None => return Ok(total),
            Some(next) => match lexer.peek() {
                Token::Letter(l) => (count, letter) = (next, l),
                _ => return Err(DeltaError),
            },
        }
    }
}

impl fmt::Display for Duration {
    /// [`Duration::long_form`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Duration::long_form(i64::from(self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_forms() {
        for (text, seconds) in [
            ("1h", 3600),
            ("2h3m", 7380),
            ("10h 0m 0s", 36_000),
            ("7d", 604_800),
            ("7d 0h 0m 0s", 604_800),
            ("1d2s", 86_402),
            ("10-8:45:0", 895_500),
            ("999:11", 3_597_060),
            ("1:02:03", 3723),
            ("382512", 382_512),
            ("-5", -5),
            (" 5", 5),
            ("5h ", 18_000),
            ("10h!", 36_000),
            ("5;junk", 5),
            ("1d -2h", 79_200),
            ("0", 0),
            ("2147483647", i32::MAX),
        ] {
            assert_eq!(Duration::parse(text.as_bytes()), Ok(Duration(seconds)), "{text}");
        }
    }

    #[test]
    fn refused_forms() {
        for text in [
            "",
            "h",
            "1s2s",
            "1m2h",
            "1h2d",
            "5 5",
            "2147483648",
            "24856d",
            "1:2:333",
            "1-2:3",
            "5 ",
            "1:100",
            "--1",
            "1h 5",
            "never",
        ] {
            assert_eq!(Duration::parse(text.as_bytes()), Err(DeltaError), "{text}");
        }
    }

    #[test]
    fn long_form() {
        assert_eq!(Duration::long_form(36_000), "0 days 10:00:00");
        assert_eq!(Duration::long_form(86_400), "1 day 00:00:00");
        assert_eq!(Duration::long_form(-90_061), "-1 day 01:01:01");
    }
}
