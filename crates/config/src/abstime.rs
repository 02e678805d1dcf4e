//! Absolute times as `krb5_string_to_timestamp` reads them: `default_principal_expiration`.
//!
//! The formats are MIT's list of `strptime` patterns. Reading needs neither a clock nor a time zone; what the
//! text leaves out is filled in by [`PartialTime::complete`].

/// A date and time of day, in no particular zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CivilTime {
    /// Year, such as 2030.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31. It may be past the month's end: 31 February is 3 March (2 in a leap year), as in C's
    /// `mktime`.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 61.
    pub second: u8,
}

/// A time as written: a date perhaps, hour and minute, and a second perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialTime {
    date: Option<(i32, u8, u8)>,
    hour: u8,
    minute: u8,
    second: Option<u8>,
}

/// MIT's formats in its order, for the first that fits counts. `Y` is a year of up to four digits, `y` one of
/// two, `b` the name of a month, every other letter `m d H M S` a number of up to two digits.
const FORMATS: [&str; 12] = [
    "YmdHMS",
    "Y.m.d.H.M.S",
    "ymdHMS",
    "y.m.d.H.M.S",
    "ymdHM",
    "HMS",
    "HM",
    "H:M:S",
    "H:M",
    "m/d/y:H:M:S",
    "d-b-Y:H:M:S",
    "d-b-Y:H:M",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl PartialTime {
    /// Reads one of: `yyyymmddhhmmss`, `yyyy.mm.dd.hh.mm.ss`, `yymmddhhmmss`, `yy.mm.dd.hh.mm.ss`, `yymmddhhmm`,
    /// `hhmmss`, `hhmm`, `hh:mm:ss`, `hh:mm`, `mm/dd/yy:hh:mm:ss`, `dd-month-yyyy:hh:mm:ss`,
    /// `dd-month-yyyy:hh:mm`. `None` for anything else.
    pub fn parse(text: &[u8]) -> Option<PartialTime> {
        FORMATS.iter().find_map(|format| by_format(text, format))
    }

    /// Fills in what the text leaves out from the local time now: today, and (as MIT does) the second of now.
    pub fn complete(self, now: CivilTime) -> CivilTime {
        let (year, month, day) = self.date.unwrap_or((now.year, now.month, now.day));
        let second = self.second.unwrap_or(now.second);
        CivilTime { year, month, day, hour: self.hour, minute: self.minute, second }
    }
}

fn by_format(text: &[u8], format: &str) -> Option<PartialTime> {
    let (mut date, mut has_date) = ((1900, 1, 1), false);
    let (mut hour, mut minute, mut second) = (0, 0, None);
    let mut rest = text;
    for field in format.bytes() {
        match field {
            b'Y' => date.0 = i32::from(number(&mut rest, 4, 0, 9999)?),
            b'y' => {
                let year = i32::from(number(&mut rest, 2, 0, 99)?);
                date.0 = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            b'm' => date.1 = small(number(&mut rest, 2, 1, 12)?)?,
            b'b' => date.1 = month(&mut rest)?,
            b'd' => date.2 = small(number(&mut rest, 2, 1, 31)?)?,
            b'H' => hour = small(number(&mut rest, 2, 0, 23)?)?,
            b'M' => minute = small(number(&mut rest, 2, 0, 59)?)?,
            b'S' => second = Some(small(number(&mut rest, 2, 0, 61)?)?),
            literal => rest = rest.strip_prefix(&[literal])?,
        }
        has_date |= matches!(field, b'Y' | b'y');
    }
    // MIT takes a year up to 1900 for a misread text.
    let usable = rest.iter().all(|&b| crate::profile::is_space(b)) && (!has_date || date.0 > 1900);
    usable.then_some(PartialTime { date: has_date.then_some(date), hour, minute, second })
}

fn small(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

/// Digits as `strptime` takes them: blanks first, then no more digits than fit below `max`.
fn number(rest: &mut &[u8], digits: usize, min: u16, max: u16) -> Option<u16> {
    while let Some(b' ') = rest.first() {
        *rest = rest.get(1..)?;
    }
    let mut value: u16 = 0;
    let mut taken = 0;
    while let Some(digit) = rest.first().filter(|b| b.is_ascii_digit())
        && taken < digits
        && value * 10 <= max
    {
        value = value * 10 + u16::from(digit - b'0');
        taken += 1;
        *rest = rest.get(1..)?;
    }
    (taken > 0 && (min..=max).contains(&value)).then_some(value)
}

/// A month's English name, whole or by its first three letters, in any letter case.
fn month(rest: &mut &[u8]) -> Option<u8> {
    for (name, number) in MONTHS.iter().zip(1u8..) {
        for length in [name.len(), 3] {
            if let Some((head, tail)) = rest.split_at_checked(length)
                && name.as_bytes().get(..length).is_some_and(|n| n.eq_ignore_ascii_case(head))
            {
                *rest = tail;
                return Some(number);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: CivilTime = CivilTime { year: 2026, month: 11, day: 21, hour: 5, minute: 6, second: 7 };

    fn read(text: &str) -> Option<(i32, u8, u8, u8, u8, u8)> {
        let t = PartialTime::parse(text.as_bytes())?.complete(NOW);
        Some((t.year, t.month, t.day, t.hour, t.minute, t.second))
    }

    #[test]
    fn every_format() {
        let new_year = Some((2030, 1, 2, 3, 4, 5));
        for text in [
            "20300102030405",
            "2030.01.02.03.04.05",
            "300102030405",
            "30.01.02.03.04.05",
            "01/02/30:03:04:05",
            "02-Jan-2030:03:04:05",
            "2-JANUARY-2030:03:04:05 ",
        ] {
            assert_eq!(read(text), new_year, "{text}");
        }
        assert_eq!(read("02-jan-2030:03:04"), Some((2030, 1, 2, 3, 4, 7)));
        assert_eq!(read("03:04:05"), Some((2026, 11, 21, 3, 4, 5)));
        assert_eq!(read("03:04"), Some((2026, 11, 21, 3, 4, 7)));
        assert_eq!(read("0304"), Some((2026, 11, 21, 3, 4, 7)));
    }

    #[test]
    fn other_texts() {
        for text in ["", "bogus", "0", "20300102", "2030-01-02", "20301302030405", "25:00", "03:04x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
