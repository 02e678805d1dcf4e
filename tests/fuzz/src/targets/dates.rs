//! Dates, intervals and durations as people type them. The first two bytes choose the zone and the moment.

use jiff::tz::TimeZone;
use k5_cli::getdate::{invalid_date_message, parse_date, parse_interval};
use k5_config::PartialTime;
use k5_types::Duration;

use crate::Input;

const ZONES: [&str; 6] = [
    "UTC0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "<+1245>-12:45",
    "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
    "<-12>12",
];
const MOMENTS: [i64; 6] = [0, 1_700_000_000, 951_782_400, 2_147_483_647, 4_294_967_295, 4_102_444_800];

pub(super) fn run(data: &[u8]) {
    let mut input = Input(data);
    let zone = ZONES[usize::from(input.byte()) % ZONES.len()];
    let zone = TimeZone::posix(zone).expect("a zone");
    let now = MOMENTS[usize::from(input.byte()) % MOMENTS.len()];
    let text = input.0;
    let date = parse_date(text, now, &zone);
    assert_eq!(date, parse_date(text, now, &zone));
    if date.is_none() {
        let message = invalid_date_message(text);
        assert!(message.windows(text.len().max(1)).any(|part| part == text) || text.is_empty());
    }
    if let Err(error) = parse_interval(text, now, &zone) {
        let _ = error.message(text);
    }
    if let Ok(duration) = Duration::parse(text) {
        assert_eq!(Duration::parse(duration.0.to_string().as_bytes()), Ok(duration));
        assert_eq!(duration.to_string(), Duration::long_form(i64::from(duration.0)));
    }
    let _ = PartialTime::parse(text);
}
