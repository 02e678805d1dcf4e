//! From the items of a date to seconds since the epoch.
//!
//! The arithmetic is MIT's, step by step, because its results are not those of a correct calendar: the offset of
//! the zone is the one in force *now*, daylight saving counts as one hour whatever the zone says, and leap days
//! are miscounted for dates in 2100 and for those after it. Numbers wrap at 64 bits.

use jiff::tz::TimeZone;

use super::grammar::{Item, Time};
use super::lexer::Meridian;
use super::localtime::local_time;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What is known about daylight-saving time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Daylight {
    On,
    Off,
    /// The rules of the local zone decide.
    Local,
}

/// How many items of each kind there were.
#[derive(Debug, Default)]
struct Counts {
    times: usize,
    zones: usize,
    dates: usize,
    weekdays: usize,
    distances: usize,
}

/// What the items said, on top of midnight today.
struct Fields<'a> {
    zone: &'a TimeZone,
    counts: Counts,
    year: i64,
    month: i64,
    day: i64,
    time: Time,
    /// Minutes west of Greenwich.
    west: i64,
    daylight: Daylight,
    ordinal: i64,
    weekday: i64,
    seconds: i64,
    months: i64,
}

impl Fields<'_> {
    fn apply(&mut self, item: &Item) {
        match *item {
            Item::Never => {
                self.counts.dates += 1;
                (self.year, self.month, self.day) = (1970, 1, 1);
                (self.west, self.daylight) = (0, Daylight::Off);
            }
            Item::Time(time) => {
                self.counts.times += 1;
                self.time = time;
                if let Some(west) = time.west {
                    (self.west, self.daylight) = (west, Daylight::Off);
                }
            }
            Item::Zone { west, daylight } => {
                self.counts.zones += 1;
                self.west = west;
                self.daylight = if daylight { Daylight::On } else { Daylight::Off };
            }
            Item::Weekday { ordinal, weekday } => {
                self.counts.weekdays += 1;
                (self.ordinal, self.weekday) = (ordinal, weekday);
            }
            Item::Date { year, month, day } => {
                self.counts.dates += 1;
                self.year = year.unwrap_or(self.year);
                (self.month, self.day) = (month, day);
            }
            Item::Relative { seconds, months, ago } => {
                self.counts.distances += 1;
                self.seconds = self.seconds.wrapping_add(seconds);
                self.months = self.months.wrapping_add(months);
                if ago {
                    self.seconds = self.seconds.wrapping_neg();
                    self.months = self.months.wrapping_neg();
                }
            }
        }
    }

    /// The moment of a day and time of day in the zone that the items left.
    fn moment(&self, (year, month, day): (i64, i64, i64), time: &Time, daylight: Daylight) -> Option<i64> {
        let midnight = days_to(year, month, day)? * DAY;
        let moment = midnight.wrapping_add(self.west.wrapping_mul(MINUTE)).wrapping_add(second_of_day(time)?);
        let hour_ahead = match daylight {
            Daylight::On => true,
            Daylight::Off => false,
            Daylight::Local => local_time(moment, self.zone)?.daylight,
        };
        Some(if hour_ahead { moment.wrapping_sub(HOUR) } else { moment })
    }

    /// The seconds from `start` to the same day and time of day `months` months on.
    fn months_ahead(&self, start: i64, months: i64) -> Option<i64> {
        if months == 0 {
            return Some(0);
        }
        let local = local_time(start, self.zone)?;
        let count = (12 * (local.year - 1900) + local.month - 1).wrapping_add(months);
        // The division rounds towards zero: a month before 1900 becomes one after it, or none.
        let date = (count / 12, count % 12 + 1, local.day);
        let time =
            Time { hour: local.hour, minute: local.minute, second: local.second, meridian: None, west: None };
        // MIT takes the second before the epoch for its mark of failure, and only that one.
        let end = self.moment(date, &time, Daylight::Local).filter(|end| *end != -1)?;
        self.same_hour(start, end)
    }

    /// The seconds from `start` to the `ordinal`th `weekday` (0 is Sunday) from it on.
    fn weekday_ahead(&self, start: i64, ordinal: i64, weekday: i64) -> Option<i64> {
        let days = (weekday - local_time(start, self.zone)?.weekday).rem_euclid(7);
        let weeks = if ordinal <= 0 { ordinal } else { ordinal - 1 };
        let end = start.wrapping_add(DAY * days).wrapping_add((7 * DAY).wrapping_mul(weeks));
        self.same_hour(start, end)
    }

    /// The seconds from `start` to `end`, corrected so that the clocks show the same hour at both.
    fn same_hour(&self, start: i64, end: i64) -> Option<i64> {
        let hour = |moment| Some((local_time(moment, self.zone)?.hour + 1) % 24);
        Some(end.wrapping_sub(start).wrapping_add((hour(start)? - hour(end)?) * HOUR))
    }
}

/// The days from the epoch to a day in the years 1970 to 2106; years below 1900 are counted from 1900.
fn days_to(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = year.wrapping_abs();
    let year = if year < 1900 { year.wrapping_add(1900) } else { year };
    if !(1970..=2106).contains(&year) {
        return None;
    }
    let ends_century = year % 100 == 0 && year % 400 != 0;
    let february = if year % 4 == 0 && !ends_century { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    if !(1..=*lengths.get(index)?).contains(&day) {
        return None;
    }
    // MIT asks of the year itself, not of those before it, whether it ends a century: 2100 has no leap days
    // before it at all, and later years one too many.
    let leap_days = if ends_century { 0 } else { (year + 3) / 4 - 1972 / 4 };
    let earlier_months: i64 = lengths.iter().take(index).sum();
    Some(365 * (year - 1970) + leap_days + earlier_months + day - 1)
}

/// The second of the day; twelve o'clock is noon before noon and midnight after it.
fn second_of_day(time: &Time) -> Option<i64> {
    let (hours, later) = match time.meridian {
        None => (0..=23, 0),
        Some(Meridian::Am) => (1..=12, 0),
        Some(Meridian::Pm) => (1..=12, 12),
    };
    if !hours.contains(&time.hour) || !(0..=59).contains(&time.minute) || !(0..=59).contains(&time.second) {
        return None;
    }
    Some((time.hour + later) * HOUR + time.minute * MINUTE + time.second)
}

/// Seconds since the epoch, or `None` where the items contradict each other or name no day.
pub(super) fn evaluate(items: &[Item], now: i64, zone: &TimeZone) -> Option<i64> {
    let today = local_time(now, zone)?;
    let mut fields = Fields {
        zone,
        counts: Counts::default(),
        year: today.year - 1900,
        month: today.month,
        day: today.day,
        time: Time { hour: 0, minute: 0, second: 0, meridian: None, west: None },
        west: -today.offset / MINUTE,
        daylight: Daylight::Local,
        ordinal: 0,
        weekday: 0,
        seconds: 0,
        months: 0,
    };
    items.iter().for_each(|item| fields.apply(item));

    let Counts { times, zones, dates, weekdays, distances } = fields.counts;
    if [times, zones, dates, weekdays].iter().any(|count| *count > 1) {
        return None;
    }
    let start = if dates + times + weekdays > 0 {
        let date = (fields.year, fields.month, fields.day);
        fields.moment(date, &fields.time, fields.daylight).filter(|start| *start >= 0)?
    } else if distances > 0 {
        now
    } else {
        now.wrapping_sub(today.hour * HOUR + today.minute * MINUTE + today.second)
    };
    let start = start.wrapping_add(fields.seconds);
    let start = start.wrapping_add(fields.months_ahead(start, fields.months)?);
    let start = if weekdays > 0 && dates == 0 {
        start.wrapping_add(fields.weekday_ahead(start, fields.ordinal, fields.weekday)?)
    } else {
        start
    };
    // Minus one is MIT's mark of failure, so that the moment itself is moved.
    Some(if start == -1 { 0 } else { start })
}
