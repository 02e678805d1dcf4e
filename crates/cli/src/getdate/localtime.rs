//! The calendar of a zone, for every number of seconds that C's `localtime` has an answer for.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment as the clocks of a zone show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LocalTime {
    pub(super) year: i64,
    /// 1 is January.
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// 0 is Sunday.
    pub(super) weekday: i64,
    /// Whether daylight-saving time is in force.
    pub(super) daylight: bool,
    /// Seconds east of Greenwich.
    pub(super) offset: i64,
}

/// After this many seconds (400 years) the calendar, weekdays included, starts over.
const CYCLE: i64 = 146_097 * 86_400;
const YEARS_PER_CYCLE: i64 = 400;

/// The year counted from 1900 must fit C's `int`.
const YEARS: std::ops::RangeInclusive<i64> = 1900 + i32::MIN as i64..=1900 + i32::MAX as i64;

/// The clocks at `seconds` since the epoch; `None` where the year does not fit 32 bits.
pub(super) fn local_time(seconds: i64, zone: &TimeZone) -> Option<LocalTime> {
    // jiff knows the years -9999 to 9999. Outside of them every zone follows one rule (after them) or keeps one
    // offset (before), so that a whole number of cycles can be taken off and given back as years.
    let cycles = if (-3 * CYCLE..=8 * CYCLE).contains(&seconds) { 0 } else { seconds.div_euclid(CYCLE) };
    let shift = match cycles {
        0 => 0,
        1.. => cycles - 8,
        _ => cycles + 3,
    };
    let moment = Timestamp::from_second(seconds.checked_sub(shift.checked_mul(CYCLE)?)?).ok()?;
    let info = zone.to_offset_info(moment);
    let shown = info.offset().to_datetime(moment);
    let year = i64::from(shown.year()) + shift * YEARS_PER_CYCLE;
    if !YEARS.contains(&year) {
        return None;
    }
    Some(LocalTime {
        year,
        month: i64::from(shown.month()),
        day: i64::from(shown.day()),
        hour: i64::from(shown.hour()),
        minute: i64::from(shown.minute()),
        second: i64::from(shown.second()),
        weekday: i64::from(shown.weekday().to_sunday_zero_offset()),
        daylight: info.dst().is_dst(),
        offset: i64::from(info.offset().seconds()),
    })
}
