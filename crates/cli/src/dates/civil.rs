//! Between a moment and the clocks of the zone, for configuration values that are local times.

use super::LocalZone;
use jiff::ToSpan;
use jiff::civil::date;
use k5_config::{CivilTime, PartialTime};
use k5_types::Timestamp;

impl LocalZone {
    /// What the clocks of the zone show at a moment.
    #[must_use]
    pub fn civil(&self, time: Timestamp) -> CivilTime {
        let moment = jiff::Timestamp::from_second(time.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let shown = self.zone.to_datetime(moment);
        let small = |number: i8| u8::try_from(number).unwrap_or(0);
        CivilTime {
            year: i32::from(shown.year()),
            month: small(shown.month()),
            day: small(shown.day()),
            hour: small(shown.hour()),
            minute: small(shown.minute()),
            second: small(shown.second()),
        }
    }

    /// The moment at which the clocks show a time, cut to 32 bits as MIT cuts it; `None` outside of jiff's years. A
    /// day past the month's end is one of the next month.
    #[must_use]
    pub fn moment(&self, civil: CivilTime) -> Option<Timestamp> {
        let month = i8::try_from(civil.month).ok().filter(|month| (1..=12).contains(month))?;
        let start = date(i16::try_from(civil.year).ok()?, month, 1).at(0, 0, 0, 0);
        let span =
            (i32::from(civil.day) - 1).days().hours(civil.hour).minutes(civil.minute).seconds(civil.second);
        let shown = start.checked_add(span).ok()?;
        let moment = self.zone.to_ambiguous_zoned(shown).compatible().ok()?;
        Some(Timestamp::wrapping(moment.timestamp().as_second()))
    }

    /// A time of the configuration that may leave the date to today: [`k5_types::Timestamp::NEVER`] where there is
    /// none.
    #[must_use]
    pub fn configured(&self, time: Option<PartialTime>, now: Timestamp) -> Timestamp {
        time.and_then(|time| self.moment(time.complete(self.civil(now)))).unwrap_or(Timestamp::NEVER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    #[test]
    fn there_and_back() {
        let env = Environment::from_pairs([("TZ", "Europe/Berlin")]);
        let zone = LocalZone::from_environment(&env);
        let time = Timestamp(1_782_864_000);
        let civil = zone.civil(time);
        assert_eq!((civil.year, civil.month, civil.day, civil.hour), (2026, 7, 1, 2));
        assert_eq!(zone.moment(civil), Some(time));
        let late = CivilTime { month: 2, day: 31, ..civil };
        assert_eq!(zone.moment(late).map(|time| zone.civil(time).day), Some(3));
        let text = PartialTime::parse(b"20270101000000");
        assert_eq!(zone.configured(text, time), Timestamp(1_798_758_000));
        assert_eq!(zone.configured(None, time), Timestamp::NEVER);
    }
}
