//! The grammar: which pieces make an item, and which items a date.
//!
//! One token of look-ahead decides everything. Where a piece could end an item or go on with it, it goes on: in
//! `10:00 +3 days` the `+3` is a zone (and `days` one day), in `17 jun 10:00` the 10 is a year.

use super::lexer::{Lexer, Meridian, Token};

/// One statement about the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// The epoch; only at the start, and other items may add to it.
    Never,
    Time(Time),
    /// A zone by name: minutes west of Greenwich in standard time, and whether daylight-saving time is meant.
    Zone {
        west: i64,
        daylight: bool,
    },
    /// A weekday (0 is Sunday) and which one of them, counted from now.
    Weekday {
        ordinal: i64,
        weekday: i64,
    },
    /// A day of the year at hand, or of `year` where there is one.
    Date {
        year: Option<i64>,
        month: i64,
        day: i64,
    },
    /// A distance; `ago` turns around the sum of all distances so far, this one included.
    Relative {
        seconds: i64,
        months: i64,
        ago: bool,
    },
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) meridian: Option<Meridian>,
    /// A zone given as a number, in minutes west of Greenwich.
    pub(super) west: Option<i64>,
}

/// The items of a date in their order, or `None` where the text breaks the grammar.
pub(super) fn parse(text: &[u8]) -> Option<Vec<Item>> {
    let mut lexer = Lexer::new(text);
    let mut items = Vec::new();
    if lexer.peek() == Token::Never {
        lexer.advance();
        items.push(Item::Never);
    }
    while lexer.peek() != Token::End {
        items.push(item(&mut lexer)?);
    }
    Some(items)
}

fn item(lexer: &mut Lexer<'_>) -> Option<Item> {
    match lexer.advance() {
        Token::Number(first) => after_number(lexer, first),
        Token::Signed(count) => {
            let unit = lexer.advance();
            distance(lexer, count, unit)
        }
        Token::Month(month) => month_first(lexer, month),
        Token::Weekday(weekday) => {
            take(lexer, Token::Comma);
            Some(Item::Weekday { ordinal: 1, weekday })
        }
        Token::Zone(west) => Some(Item::Zone { west, daylight: take(lexer, Token::Dst) }),
        Token::DaylightZone(west) => Some(Item::Zone { west, daylight: true }),
        unit => distance(lexer, 1, unit),
    }
}

/// The items that start with a number without a sign.
fn after_number(lexer: &mut Lexer<'_>, first: i64) -> Option<Item> {
    match lexer.advance() {
        Token::Colon => clock(lexer, first),
        Token::Slash => month_slash(lexer, first),
        Token::Meridian(half) => {
            Some(Item::Time(Time { hour: first, minute: 0, second: 0, meridian: Some(half), west: None }))
        }
        Token::Weekday(weekday) => Some(Item::Weekday { ordinal: first, weekday }),
        Token::Month(month) => Some(Item::Date { year: year_after_month(lexer), month, day: first }),
        // `2027-01-31`: each dash has become the sign of the number after it.
        Token::Signed(month) => match lexer.advance() {
            Token::Signed(day) => {
                Some(Item::Date { year: Some(first), month: month.wrapping_neg(), day: day.wrapping_neg() })
            }
            _ => None,
        },
        unit => distance(lexer, first, unit),
    }
}

/// The year of `17 jun 1992` and `17-jun-1992`.
fn year_after_month(lexer: &mut Lexer<'_>) -> Option<i64> {
    let year = match lexer.peek() {
        Token::Number(year) => year,
        Token::Signed(negative) => negative.wrapping_neg(),
        _ => return None,
    };
    lexer.advance();
    Some(year)
}

/// `jun 17` and `jun 17, 1992`.
fn month_first(lexer: &mut Lexer<'_>, month: i64) -> Option<Item> {
    let day = number(lexer)?;
    let year = if take(lexer, Token::Comma) { Some(number(lexer)?) } else { None };
    Some(Item::Date { year, month, day })
}

/// `6/17` and `6/17/1992`, from the first slash on.
fn month_slash(lexer: &mut Lexer<'_>, month: i64) -> Option<Item> {
    let day = number(lexer)?;
    let year = if take(lexer, Token::Slash) { Some(number(lexer)?) } else { None };
    Some(Item::Date { year, month, day })
}

/// `10:30` and `10:30:15`, each with `am`, `pm` or a zone such as `-0500` behind it, from the first colon on.
fn clock(lexer: &mut Lexer<'_>, hour: i64) -> Option<Item> {
    let minute = number(lexer)?;
    let second = if take(lexer, Token::Colon) { number(lexer)? } else { 0 };
    let mut time = Time { hour, minute, second, meridian: None, west: None };
    match lexer.peek() {
        Token::Meridian(half) => time.meridian = Some(half),
        Token::Signed(east) => time.west = Some((east % 100).wrapping_add((east / 100) * 60).wrapping_neg()),
        _ => return Some(Item::Time(time)),
    }
    lexer.advance();
    Some(Item::Time(time))
}

fn distance(lexer: &mut Lexer<'_>, count: i64, unit: Token) -> Option<Item> {
    let (seconds, months) = match unit {
        Token::Seconds => (count, 0),
        Token::Minutes(minutes) => (count.wrapping_mul(minutes).wrapping_mul(60), 0),
        Token::Months(months) => (0, count.wrapping_mul(months)),
        _ => return None,
    };
    Some(Item::Relative { seconds, months, ago: take(lexer, Token::Ago) })
}

fn number(lexer: &mut Lexer<'_>) -> Option<i64> {
    match lexer.advance() {
        Token::Number(value) => Some(value),
        _ => None,
    }
}

/// Moves past `wanted` if it is at hand.
fn take(lexer: &mut Lexer<'_>, wanted: Token) -> bool {
    let found = lexer.peek() == wanted;
    if found {
        lexer.advance();
    }
    found
}
