//! The words that a date may hold, and what each one means.

use super::lexer::{Meridian, Token};

const MINUTES_PER_DAY: i64 = 24 * 60;

/// Months and weekdays by their full names and the few longer abbreviations. Any of them may also be given by its
/// first three letters, with or without a period; where two share these, the earlier one is meant.
const CALENDAR: &[(&[u8], Token)] = &[
    (b"january", Token::Month(1)),
    (b"february", Token::Month(2)),
    (b"march", Token::Month(3)),
    (b"april", Token::Month(4)),
    (b"may", Token::Month(5)),
    (b"june", Token::Month(6)),
    (b"july", Token::Month(7)),
    (b"august", Token::Month(8)),
    (b"september", Token::Month(9)),
    (b"sept", Token::Month(9)),
    (b"october", Token::Month(10)),
    (b"november", Token::Month(11)),
    (b"december", Token::Month(12)),
    (b"sunday", Token::Weekday(0)),
    (b"monday", Token::Weekday(1)),
    (b"tuesday", Token::Weekday(2)),
    (b"tues", Token::Weekday(2)),
    (b"wednesday", Token::Weekday(3)),
    (b"wednes", Token::Weekday(3)),
    (b"thursday", Token::Weekday(4)),
    (b"thur", Token::Weekday(4)),
    (b"thurs", Token::Weekday(4)),
    (b"friday", Token::Weekday(5)),
    (b"saturday", Token::Weekday(6)),
];

/// Units of time, in the singular; an `s` may follow each.
const UNITS: &[(&[u8], Token)] = &[
    (b"year", Token::Months(12)),
    (b"month", Token::Months(1)),
    (b"fortnight", Token::Minutes(14 * MINUTES_PER_DAY)),
    (b"week", Token::Minutes(7 * MINUTES_PER_DAY)),
    (b"day", Token::Minutes(MINUTES_PER_DAY)),
    (b"hour", Token::Minutes(60)),
    (b"minute", Token::Minutes(1)),
    (b"min", Token::Minutes(1)),
    (b"second", Token::Seconds),
    (b"sec", Token::Seconds),
];

/// Words for a distance, a count or the end of time. `second` is a unit only, and `next` counts as two.
const OTHERS: &[(&[u8], Token)] = &[
    (b"tomorrow", Token::Minutes(MINUTES_PER_DAY)),
    (b"yesterday", Token::Minutes(-MINUTES_PER_DAY)),
    (b"today", Token::Minutes(0)),
    (b"now", Token::Minutes(0)),
    (b"this", Token::Minutes(0)),
    (b"last", Token::Number(-1)),
    (b"next", Token::Number(2)),
    (b"first", Token::Number(1)),
    (b"third", Token::Number(3)),
    (b"fourth", Token::Number(4)),
    (b"fifth", Token::Number(5)),
    (b"sixth", Token::Number(6)),
    (b"seventh", Token::Number(7)),
    (b"eighth", Token::Number(8)),
    (b"ninth", Token::Number(9)),
    (b"tenth", Token::Number(10)),
    (b"eleventh", Token::Number(11)),
    (b"twelfth", Token::Number(12)),
    (b"ago", Token::Ago),
    (b"never", Token::Never),
];

/// Zones in standard time: the name and the hours west of Greenwich.
const STANDARD_ZONES: &[(&[u8], i64)] = &[
    (b"gmt", 0),
    (b"ut", 0),
    (b"utc", 0),
    (b"wet", 0),
    (b"wat", 1),
    (b"at", 2),
    (b"ast", 4),
    (b"est", 5),
    (b"cst", 6),
    (b"mst", 7),
    (b"pst", 8),
    (b"yst", 9),
    (b"hst", 10),
    (b"cat", 10),
    (b"ahst", 10),
    (b"nt", 11),
    (b"idlw", 12),
    (b"cet", -1),
    (b"met", -1),
    (b"mewt", -1),
    (b"swt", -1),
    (b"fwt", -1),
    (b"eet", -2),
    (b"bt", -3),
    (b"wast", -7),
    (b"cct", -8),
    (b"jst", -9),
    (b"kst", -9),
    (b"east", -10),
    (b"gst", -10),
    (b"kdt", -10),
    (b"nzt", -12),
    (b"nzst", -12),
    (b"idle", -12),
];

/// Zones in daylight-saving time: the name and the hours west of Greenwich of their *standard* time.
const DAYLIGHT_ZONES: &[(&[u8], i64)] = &[
    (b"bst", 0),
    (b"adt", 4),
    (b"edt", 5),
    (b"cdt", 6),
    (b"mdt", 7),
    (b"pdt", 8),
    (b"ydt", 9),
    (b"hdt", 10),
    (b"mest", -1),
    (b"sst", -1),
    (b"fst", -1),
    (b"wadt", -7),
    (b"eadt", -10),
    (b"nzdt", -12),
];

fn find(table: &[(&[u8], Token)], word: &[u8]) -> Option<Token> {
    table.iter().find(|(name, _)| *name == word).map(|(_, token)| *token)
}

fn zone(word: &[u8]) -> Option<Token> {
    let hours =
        |table: &[(&[u8], i64)]| table.iter().find(|(name, _)| *name == word).map(|(_, hours)| *hours);
    let standard = hours(STANDARD_ZONES).map(|west| Token::Zone(west * 60));
    standard.or_else(|| hours(DAYLIGHT_ZONES).map(|west| Token::DaylightZone(west * 60)))
}

fn calendar(word: &[u8]) -> Option<Token> {
    if word.len() == 3 {
        CALENDAR.iter().find(|(name, _)| name.starts_with(word)).map(|(_, token)| *token)
    } else {
        find(CALENDAR, word)
    }
}

/// What a word of letters and periods means; [`Token::Unknown`] where it means nothing. Case does not matter.
pub(super) fn look_up(word: &[u8]) -> Token {
    let word = word.to_ascii_lowercase();
    match word.as_slice() {
        b"am" | b"a.m." => return Token::Meridian(Meridian::Am),
        b"pm" | b"p.m." => return Token::Meridian(Meridian::Pm),
        _ => {}
    }
    // The period that ends a three-letter abbreviation is dropped for good: `sec.`, `now.` and `est.` are known.
    let word = match word.as_slice() {
        [stem @ .., b'.'] if stem.len() == 3 => stem,
        whole => whole,
    };
    let singular = || find(UNITS, word.strip_suffix(b"s")?);
    // Names of zones are also known with periods inside, as in `g.m.t.`.
    let dotted_zone = || {
        let bare: Vec<u8> = word.iter().copied().filter(|byte| *byte != b'.').collect();
        zone(&bare)
    };
    calendar(word)
        .or_else(|| zone(word))
        .or_else(|| (word == b"dst").then_some(Token::Dst))
        .or_else(|| find(UNITS, word))
        .or_else(singular)
        .or_else(|| find(OTHERS, word))
        .or_else(dotted_zone)
        .unwrap_or(Token::Unknown)
}
