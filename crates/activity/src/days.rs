//! Days of the school: from midnight to midnight in Europe/London, as a person means "on Tuesday".
//!
//! Retention drops such days, and a question "on Tuesday" opens one day's files. In March a day has 23 hours,
//! in October 25; no row is in two.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kernel::SchoolTime;

/// The day that a moment lies in.
pub(crate) fn day_of(at: Timestamp) -> Date {
    SchoolTime::new(at).date()
}

/// The moment that a day begins.
pub(crate) fn start_of(day: Date) -> Timestamp {
    let zone = TimeZone::get(SchoolTime::ZONE).unwrap_or(TimeZone::UTC);
    day.to_zoned(zone).map_or(Timestamp::MIN, |start| start.timestamp())
}

/// The moment that a day ends: the beginning of the next.
pub(crate) fn end_of(day: Date) -> Timestamp {
    day.tomorrow().map_or(Timestamp::MAX, start_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn a_day_is_the_schools() {
        let summer = at("2026-06-24T23:30:00Z");
        assert_eq!(day_of(summer).to_string(), "2026-06-25");
        assert_eq!(start_of(day_of(summer)), at("2026-06-24T23:00:00Z"));
        let long = day_of(at("2026-10-25T12:00:00Z"));
        assert_eq!(end_of(long).as_second() - start_of(long).as_second(), 25 * 3_600);
    }
}
