//! Values that MIT's `kadmin.local` 1.20.1 gave with its clock held still, and what no oracle can be asked.

use jiff::tz::TimeZone;

use super::localtime::local_time;
use super::{IntervalError, parse_date, parse_interval};

/// 2027-01-15 08:00:00 UTC, a Friday.
const WINTER: i64 = 1_800_000_000;
/// 2027-07-07 22:40:00 UTC, a Wednesday; in Berlin it is Thursday.
const SUMMER: i64 = 1_815_000_000;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// The low 32 bits, which MIT stores.
fn stored(text: &str, now: i64, zone: &TimeZone) -> Option<i64> {
    parse_date(text.as_bytes(), now, zone).map(|date| date.rem_euclid(1 << 32))
}

/// In winter in UTC, in winter and in summer in Berlin, in summer in New York.
const TAKEN: &[(&str, [i64; 4])] = &[
    ("", [1_799_971_200, 1_799_967_600, 1_814_997_600, 1_814_932_800]),
    ("now", [1_800_000_000, 1_800_000_000, 1_815_000_000, 1_815_000_000]),
    ("tomorrow", [1_800_086_400, 1_800_086_400, 1_815_086_400, 1_815_086_400]),
    ("next week", [1_801_209_600, 1_801_209_600, 1_816_209_600, 1_816_209_600]),
    ("next month", [1_805_097_600, 1_805_097_600, 1_820_356_800, 1_820_356_800]),
    ("last month", [1_797_321_600, 1_797_321_600, 1_812_408_000, 1_812_408_000]),
    ("1 month", [1_802_678_400, 1_802_678_400, 1_817_678_400, 1_817_678_400]),
    ("1 year", [1_831_536_000, 1_831_536_000, 1_846_622_400, 1_846_622_400]),
    ("6 months", [1_815_638_400, 1_815_634_800, 1_830_901_200, 1_830_901_200]),
    ("6 months ago", [1_784_102_400, 1_784_098_800, 1_799_365_200, 1_799_365_200]),
    ("monday", [1_800_230_400, 1_800_226_800, 1_815_426_000, 1_815_447_600]),
    ("next monday", [1_800_835_200, 1_800_831_600, 1_816_030_800, 1_816_052_400]),
    ("last monday", [1_799_625_600, 1_799_622_000, 1_814_821_200, 1_814_842_800]),
    ("monday 10:00", [1_800_266_400, 1_800_262_800, 1_815_375_600, 1_815_397_200]),
    ("10:00", [1_800_007_200, 1_800_003_600, 1_815_030_000, 1_814_965_200]),
    ("12am", [1_800_014_400, 1_800_010_800, 1_815_037_200, 1_814_972_400]),
    ("12pm", [1_800_057_600, 1_800_054_000, 1_815_080_400, 1_815_015_600]),
    ("10:00 +3 days", [1_800_093_420, 1_800_093_420, 1_815_127_020, 1_815_040_620]),
    ("10:00 -0500", [1_800_025_200, 1_800_025_200, 1_815_058_800, 1_814_972_400]),
    ("est", [1_799_971_200, 1_799_967_600, 1_814_997_600, 1_814_932_800]),
    ("edt", [1_799_971_200, 1_799_967_600, 1_814_997_600, 1_814_932_800]),
    ("3 months est", [1_807_776_000, 1_807_772_400, 1_822_948_800, 1_822_948_800]),
    ("2027-07-01 12:00", [1_814_443_200, 1_814_436_000, 1_814_432_400, 1_814_454_000]),
    ("2027-12-01 12:00", [1_827_662_400, 1_827_658_800, 1_827_655_200, 1_827_676_800]),
    ("2027-07-01 12:00 cet", [1_814_439_600, 1_814_439_600, 1_814_439_600, 1_814_439_600]),
    ("2027-07-01 12:00 cet dst", [1_814_436_000, 1_814_436_000, 1_814_436_000, 1_814_436_000]),
    ("31 jan", [1_801_353_600, 1_801_350_000, 1_801_346_400, 1_801_368_000]),
    ("3 days 2 hours ago", [1_799_733_600, 1_799_733_600, 1_814_733_600, 1_814_733_600]),
    ("3 days ago 2 hours ago", [1_800_252_000, 1_800_252_000, 1_815_252_000, 1_815_252_000]),
    ("never", [0, 0, 0, 0]),
    ("never est", [18_000, 18_000, 18_000, 18_000]),
    ("never 3 days", [259_200, 259_200, 259_200, 259_200]),
    ("7/4/2100", [4_115_577_600, 4_115_570_400, 4_115_566_800, 4_115_588_400]),
    ("7/4/2101", [4_149_964_800, 4_149_957_600, 4_149_954_000, 4_149_975_600]),
    ("12/31/2106", [28_315_904, 28_312_304, 28_308_704, 28_330_304]),
    ("second day", [1_800_086_401, 1_800_086_401, 1_815_086_401, 1_815_086_401]),
    ("100000 weeks", [2_150_457_856, 2_150_457_856, 2_165_457_856, 2_165_457_856]),
    ("100000 weeks ago", [1_449_542_144, 1_449_542_144, 1_464_542_144, 1_464_542_144]),
];

const REFUSED: &[&str] = &[
    "never cet",
    "17 jun 10:00",
    "17 jun 3 days",
    "12/31/27",
    "2/29/2027",
    "1/1/2107",
    "dec 31 2027",
    "0",
    "1800000000",
    "5 apples",
];

#[test]
fn dates_have_the_values_of_mit() {
    let (utc, berlin, york) = (TimeZone::UTC, zone("Europe/Berlin"), zone("America/New_York"));
    let places = [(WINTER, &utc), (WINTER, &berlin), (SUMMER, &berlin), (SUMMER, &york)];
    for (text, values) in TAKEN {
        assert_eq!(places.map(|(now, zone)| stored(text, now, zone)), values.map(Some), "{text:?}");
    }
}

#[test]
fn what_mit_refuses_is_refused() {
    for text in REFUSED {
        for zone in [TimeZone::UTC, zone("Europe/Berlin"), zone("America/New_York")] {
            assert_eq!(parse_date(text.as_bytes(), WINTER, &zone), None, "{text:?}");
            assert_eq!(parse_date(text.as_bytes(), SUMMER, &zone), None, "{text:?}");
        }
    }
}

/// The division by twelve rounds towards zero: before 1900, January is the only month that is found, and the
/// year's sign is lost.
#[test]
fn two_hundred_years_ago_is_1974_in_january_and_nothing_in_july() {
    assert_eq!(parse_date(b"200 years ago", WINTER, &TimeZone::UTC), Some(95_932_800));
    assert_eq!(parse_date(b"200 years ago", SUMMER, &TimeZone::UTC), None);
}

#[test]
fn dates_past_32_bits_keep_their_width() {
    assert_eq!(parse_date(b"12/31/2106", WINTER, &TimeZone::UTC), Some((1 << 32) + 28_315_904));
    assert_eq!(parse_date(b"1 week ago", 0, &TimeZone::UTC), Some(-604_800));
}

#[test]
fn the_moment_of_minus_one_becomes_zero() {
    assert_eq!(parse_date(b"now", -1, &TimeZone::UTC), Some(0));
    assert_eq!(parse_date(b"never 1 second ago", WINTER, &TimeZone::UTC), Some(0));
    assert_eq!(parse_date(b"never 2 seconds ago", WINTER, &TimeZone::UTC), Some(-2));
}

#[test]
fn months_do_not_lead_to_the_second_before_the_epoch() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(parse_date(b"2/1/1970 0:59:58 1 month ago", WINTER, &berlin), Some(-2));
    assert_eq!(parse_date(b"2/1/1970 0:59:59 1 month ago", WINTER, &berlin), None);
    assert_eq!(parse_date(b"2/1/1970 1:00:00 1 month ago", WINTER, &berlin), Some(0));
}

#[test]
fn intervals_are_durations_first() {
    let interval = |text: &[u8]| parse_interval(text, WINTER, &TimeZone::UTC);
    assert_eq!(interval(b"1d2h"), Ok(93_600));
    assert_eq!(interval(b"10:00"), Ok(36_000));
    assert_eq!(interval(b"10"), Ok(10));
    assert_eq!(interval(b"-2"), Ok(-2));
    assert_eq!(interval(b"-1"), Err(IntervalError::MinusOne));
    assert_eq!(interval(b"-1s"), Err(IntervalError::MinusOne));
}

#[test]
fn intervals_are_distances_to_dates_next() {
    let interval = |text: &[u8]| parse_interval(text, WINTER, &TimeZone::UTC);
    assert_eq!(interval(b"2 weeks"), Ok(1_209_600));
    assert_eq!(interval(b"10:00 utc"), Ok(7_200));
    assert_eq!(interval(b"never"), Ok(0));
    assert_eq!(interval(b"now"), Ok(0));
    assert_eq!(interval(b"yesterday"), Err(IntervalError::InPast));
    assert_eq!(interval(b"never 1 day"), Err(IntervalError::InPast));
    assert_eq!(interval(b"fortnightly"), Err(IntervalError::InvalidDate));
}

#[test]
fn refusals_have_the_words_of_mit() {
    let message = |error: IntervalError| error.message(b"1 \xe4");
    assert_eq!(message(IntervalError::InvalidDate).unwrap(), b"Invalid date specification \"1 \xe4\".");
    assert_eq!(message(IntervalError::InPast).unwrap(), b"Interval specification \"1 \xe4\" is in the past.");
    assert_eq!(message(IntervalError::MinusOne), None);
}

#[test]
fn the_calendar_goes_on_past_the_years_of_the_time_library() {
    const CYCLE: i64 = 146_097 * 86_400;
    let berlin = zone("Europe/Berlin");
    let near = local_time(SUMMER + (1 << 33), &berlin).unwrap();
    for cycles in [1, 7, 8, 9, 20, 21, 5_000] {
        let mut far = local_time(SUMMER + (1 << 33) + cycles * CYCLE, &berlin).unwrap();
        far.year -= 400 * cycles;
        assert_eq!(far, near, "{cycles}");
    }
    let year_0 = -62_167_219_200;
    for cycles in [0, 1, 3, 24, 25, 5_000] {
        let local = local_time(year_0 - cycles * CYCLE, &TimeZone::UTC).unwrap();
        assert_eq!((local.year, local.month, local.day, local.hour), (-400 * cycles, 1, 1, 0), "{cycles}");
        assert_eq!(local.weekday, 6, "a Saturday, as 2000-01-01 was");
    }
    let summer_before_zones = local_time(SUMMER - 12 * CYCLE, &berlin).unwrap();
    assert_eq!((summer_before_zones.offset, summer_before_zones.daylight), (53 * 60 + 28, false));
    assert_eq!(local_time(i64::MAX, &TimeZone::UTC), None);
    assert_eq!(local_time(i64::MIN, &TimeZone::UTC), None);
}

/// Sums that overflow would end a test build.
#[test]
fn no_text_and_no_clock_is_too_strange() {
    let zones = [TimeZone::UTC, zone("America/New_York")];
    let numbers =
        ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999"];
    let frames = [
        "# days", "# months", "#:#:# #", "#/#/#", "# -# -#", "jan #, #", "# jan #", "# monday", "10:00 +#",
        "#",
    ];
    let tails = ["", " ago", " monday", " 1 month", " est", " # months", " # seconds # days"];
    for now in [0, -1, WINTER, i64::MAX, i64::MIN, 1 << 60, -(1 << 60), 1 << 55] {
        for number in numbers {
            for (frame, tail) in frames.iter().flat_map(|frame| tails.map(|tail| (frame, tail))) {
                let text = format!("{frame}{tail}").replace('#', number);
                for zone in &zones {
                    let _ = parse_date(text.as_bytes(), now, zone);
                    let _ = parse_interval(text.as_bytes(), now, zone);
                }
            }
        }
    }
    let every_byte: Vec<u8> = (0..=255).collect();
    for start in 0..every_byte.len() {
        let _ = parse_date(&every_byte[start..], WINTER, &TimeZone::UTC);
    }
}
