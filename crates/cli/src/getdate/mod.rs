//! The dates that people type: the grammar of MIT's `kadmin` for `-expire`, `-pwexpire` and every interval.
//!
//! It is Berkeley's `getdate` of 1990 with MIT's repairs, and no other grammar agrees with it: `next week` is two
//! weeks away, `12pm` is the midnight after the day, `17 jun 10:00` is refused (10 is read as a year), words
//! such as `sept.` are unknown. Scripts lean on what it takes and on what it makes of it, so its results are kept
//! to the second, oddities included; the tests name them.
//!
//! Nothing here reads a clock or the environment: the current time and the zone are arguments.

mod evaluate;
mod grammar;
mod lexer;
mod localtime;
#[cfg(test)]
mod tests;
mod words;

use jiff::tz::TimeZone;
use k5_types::Duration;

/// Why a text is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// The text is neither a duration nor a date.
    #[error("Invalid date specification")]
    InvalidDate,
    /// The text is a date before now.
    #[error("Interval specification is in the past")]
    InPast,
    /// The text is a duration of minus one second, which MIT refuses (it is its internal mark of failure) without
    /// a word; other negative durations are accepted.
    #[error("An interval of -1 second cannot be set")]
    MinusOne,
}

impl IntervalError {
    /// The line (without its end) that MIT's `kadmin` writes on standard error for `text`, or `None` where it shows
    /// the command's usage alone. Bytes, because `text` is repeated as it was typed.
    #[must_use]
    pub fn message(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            IntervalError::InvalidDate => Some(invalid_date_message(text)),
            IntervalError::InPast => {
                Some([b"Interval specification \"".as_slice(), text, b"\" is in the past."].concat())
            }
            IntervalError::MinusOne => None,
        }
    }
}

/// The line (without its end) that MIT's `kadmin` writes on standard error where [`parse_date`] finds no date.
#[must_use]
pub fn invalid_date_message(text: &[u8]) -> Vec<u8> {
    [b"Invalid date specification \"".as_slice(), text, b"\"."].concat()
}

/// Reads a date as MIT's `kadmin` does: seconds since the epoch, 0 for `never`, `None` where the text is no date.
///
/// `now` (seconds since the epoch) and `zone` are what relative dates and dates without a zone are measured from.
/// The result is wider than what a principal entry holds: dates from 2106-02-07 06:28:16 UTC on and those before
/// the epoch do not fit the database's 32 bits, and MIT stores their low 32 bits.
#[must_use]
pub fn parse_date(text: &[u8], now: i64, zone: &TimeZone) -> Option<i64> {
    let items = grammar::parse(text)?;
    evaluate::evaluate(&items, now, zone)
}

/// Reads an interval as MIT's `kadmin` does: first as a duration ([`Duration::parse`]), then as a date whose
/// distance from `now` is meant. Seconds; 0 for a date of 0 (`never`). Durations may be negative.
///
/// As with [`parse_date`], a result may be wider than the 32 bits that the database keeps.
///
/// # Errors
/// [`IntervalError`] where the text is neither, or is a date in the past.
pub fn parse_interval(text: &[u8], now: i64, zone: &TimeZone) -> Result<i64, IntervalError> {
    if let Ok(Duration(seconds)) = Duration::parse(text) {
        return if seconds == -1 { Err(IntervalError::MinusOne) } else { Ok(i64::from(seconds)) };
    }
    match parse_date(text, now, zone) {
        None => Err(IntervalError::InvalidDate),
        Some(0) => Ok(0),
        Some(date) if date < now => Err(IntervalError::InPast),
        Some(date) => Ok(date.wrapping_sub(now)),
    }
}
