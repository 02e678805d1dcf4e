//! Dates as MIT's programs show them in the C locale.

mod civil;
mod zone;

use std::path::Path;

use jiff::tz::TimeZone;
use k5_types::Timestamp;

use crate::Environment;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Where the zone files are, unless `TZDIR` says otherwise.
const ZONEINFO: &str = "/usr/share/zoneinfo";

/// The zone that dates are shown in: that of `TZ`, by the C library's rules.
#[derive(Clone, Debug)]
pub struct LocalZone {
    zone: TimeZone,
    /// False for a `TZ` that means nothing at all: the C library then shows UTC without a name.
    named: bool,
}

/// A moment as the clocks of the zone show it.
struct Shown {
    weekday: &'static str,
    month_name: &'static str,
    year: i16,
    month: i8,
    day: i8,
    clock: String,
    zone: String,
}

impl LocalZone {
    /// Reads `TZ`: unset, the zone is that of `/etc/localtime`; set, it names a file below `TZDIR` or
    /// `/usr/share/zoneinfo`, or is a rule (`CET-1CEST,M3.5.0,M10.5.0/3`). What is neither is UTC, under as much of a
    /// name as there is. A rule without dates follows those of the United States.
    #[must_use]
    pub fn from_environment(env: &Environment) -> LocalZone {
        let directory = env.get("TZDIR").filter(|dir| !dir.is_empty()).map_or(Path::new(ZONEINFO), Path::new);
        match zone::find(env.get("TZ"), directory) {
            Some(zone) => LocalZone { zone, named: true },
            None => LocalZone { zone: TimeZone::UTC, named: false },
        }
    }

    /// Coordinated universal time, as with `TZ=UTC`.
    #[must_use]
    pub fn utc() -> LocalZone {
        LocalZone { zone: TimeZone::UTC, named: true }
    }

    /// The zone, for arithmetic.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.zone
    }

    /// `%a %b %d %H:%M:%S %Z %Y`, such as `Wed Jul 01 02:00:00 CEST 2026`: what `kadmin` and `kdb5_util` show. The zero
    /// time is a time here; where it means "never", the caller says so.
    #[must_use]
    pub fn listing(&self, time: Timestamp) -> String {
        let s = self.show(time);
        format!("{} {} {:02} {} {} {}", s.weekday, s.month_name, s.day, s.clock, s.zone, s.year)
    }

    /// `%a %b %e %H:%M:%S %Y`, such as `Wed Jul  1 02:00:00 2026`: what `kproplog` shows, as C's ctime(3).
    #[must_use]
    pub fn ctime(&self, time: Timestamp) -> String {
        let s = self.show(time);
        format!("{} {} {:2} {} {}", s.weekday, s.month_name, s.day, s.clock, s.year)
    }

    /// `%m/%d/%y %H:%M:%S`, such as `07/01/26 02:00:00`: what `klist` and `ktutil` show. It is the first of MIT's formats that fits
    /// their columns in the C locale.
    #[must_use]
    pub fn column(&self, time: Timestamp) -> String {
        let s = self.show(time);
        format!("{:02}/{:02}/{:02} {}", s.month, s.day, s.year.rem_euclid(100), s.clock)
    }

    fn show(&self, time: Timestamp) -> Shown {
        // All of the 32 bits are within jiff's years.
        let moment = jiff::Timestamp::from_second(time.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let info = self.zone.to_offset_info(moment);
        let civil = info.offset().to_datetime(moment);
        let name = |names: &[&'static str], index: i8| {
            usize::try_from(index).ok().and_then(|i| names.get(i)).copied().unwrap_or_default()
        };
        Shown {
            weekday: name(&DAYS, civil.weekday().to_sunday_zero_offset()),
            month_name: name(&MONTHS, civil.month() - 1),
            year: civil.year(),
            month: civil.month(),
            day: civil.day(),
            clock: format!("{:02}:{:02}:{:02}", civil.hour(), civil.minute(), civil.second()),
            zone: if self.named { info.abbreviation().to_owned() } else { String::new() },
        }
    }
}

/// `%Y-%m-%dT%H:%M:%SZ` in coordinated universal time, such as `2026-07-01T00:00:00Z`: what `kdb5_util tabdump` writes.
#[must_use]
pub fn iso_utc(time: Timestamp) -> String {
    // All of the 32 bits are within jiff's years, and whole seconds are shown without a fraction.
    jiff::Timestamp::from_second(time.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tz: Option<&str>, time: u32) -> String {
        let env = Environment::from_pairs(tz.map(|tz| ("TZ", tz)));
        LocalZone::from_environment(&env).listing(Timestamp(time))
    }

    /// What MIT's `kadmin.local getprinc` showed for an expiration at 2026-07-01 00:00:00 UTC.
    #[test]
    fn zones_as_the_c_library_reads_them() {
        let table = [
            ("UTC", "Wed Jul 01 00:00:00 UTC 2026"),
            ("", "Wed Jul 01 00:00:00 UTC 2026"),
            ("Europe/Berlin", "Wed Jul 01 02:00:00 CEST 2026"),
            (":Europe/Berlin", "Wed Jul 01 02:00:00 CEST 2026"),
            ("America/New_York", "Tue Jun 30 20:00:00 EDT 2026"),
            ("/usr/share/zoneinfo/Asia/Tokyo", "Wed Jul 01 09:00:00 JST 2026"),
            ("Foo/Bar", "Wed Jul 01 00:00:00 Foo 2026"),
            (":Foo", "Wed Jul 01 00:00:00 Foo 2026"),
            ("Europe", "Wed Jul 01 00:00:00 Europe 2026"),
            ("AAA", "Wed Jul 01 00:00:00 AAA 2026"),
            ("AAA-", "Wed Jul 01 00:00:00 AAA 2026"),
            ("X", "Wed Jul 01 00:00:00  2026"),
            (" UTC", "Wed Jul 01 00:00:00  2026"),
            ("../../../etc/hosts", "Wed Jul 01 00:00:00  2026"),
            ("<>3", "Wed Jul 01 00:00:00  2026"),
            ("A-3", "Wed Jul 01 00:00:00  2026"),
            ("AAA3BB", "Wed Jul 01 00:00:00  2026"),
            ("CET-1CEST", "Wed Jul 01 02:00:00 CEST 2026"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "Wed Jul 01 02:00:00 CEST 2026"),
            ("AAA3BBB", "Tue Jun 30 22:00:00 BBB 2026"),
            ("AAA3BBB,garbage", "Tue Jun 30 22:00:00 BBB 2026"),
            ("<+03>-3", "Wed Jul 01 03:00:00 +03 2026"),
            ("AAA3", "Tue Jun 30 21:00:00 AAA 2026"),
            ("UTC+3", "Tue Jun 30 21:00:00 UTC 2026"),
            ("ABC+25", "Tue Jun 30 00:00:00 ABC 2026"),
            ("ABC24:59:59", "Mon Jun 29 23:00:01 ABC 2026"),
        ];
        for (tz, wanted) in table {
            assert_eq!(shown(Some(tz), 1_782_864_000), wanted, "TZ={tz:?}");
        }
    }

    #[test]
    fn the_whole_range() {
        assert_eq!(shown(Some("UTC"), 0), "Thu Jan 01 00:00:00 UTC 1970");
        assert_eq!(shown(Some("UTC"), u32::MAX), "Sun Feb 07 06:28:15 UTC 2106");
        assert_eq!(shown(Some("America/New_York"), 0), "Wed Dec 31 19:00:00 EST 1969");
    }

    #[test]
    fn universal_time() {
        assert_eq!(iso_utc(Timestamp(1_782_864_000)), "2026-07-01T00:00:00Z");
        assert_eq!(iso_utc(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(iso_utc(Timestamp(u32::MAX)), "2106-02-07T06:28:15Z");
    }

    #[test]
    fn columns() {
        assert_eq!(LocalZone::utc().column(Timestamp(1_782_864_000)), "07/01/26 00:00:00");
        assert_eq!(LocalZone::utc().column(Timestamp(u32::MAX)), "02/07/06 06:28:15");
    }
}
