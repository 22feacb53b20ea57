//! Time as a school knows it.

use jiff::{Timestamp, Zoned, civil, tz::TimeZone};

/// Where the present moment comes from. One implementation reads the computer's clock; tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// The present moment in the school's time zone.
    fn school_time(&self) -> SchoolTime {
        SchoolTime::new(self.now())
    }
}

/// A moment in the time zone of the school (Europe/London).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchoolTime(Zoned);

impl SchoolTime {
    /// The zone of every school that the system serves.
    pub const ZONE: &'static str = "Europe/London";

    /// A moment, seen in the school's zone. Where the zone is not known to the machine, in UTC.
    pub fn new(at: Timestamp) -> Self {
        let zone = TimeZone::get(Self::ZONE).unwrap_or(TimeZone::UTC);
        Self(at.to_zoned(zone))
    }

    /// Reads `2026-11-24 10:15` or `2026-11-24T10:15:30`, as a clock on the school's wall shows it.
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        let bad = || crate::BadText::new(text, "a time such as `2026-11-24 10:15`");
        let local: civil::DateTime = text.trim().replace(' ', "T").parse().map_err(|_| bad())?;
        let zone = TimeZone::get(Self::ZONE).unwrap_or(TimeZone::UTC);
        local.to_zoned(zone).map(Self).map_err(|_| bad())
    }

    /// The moment, independent of any zone.
    pub fn timestamp(&self) -> Timestamp {
        self.0.timestamp()
    }

    /// The day on the calendar.
    pub fn date(&self) -> civil::Date {
        self.0.date()
    }

    /// The time on the clock.
    pub fn clock(&self) -> civil::Time {
        self.0.time()
    }

    /// Minutes since midnight on the clock, 0 to 1439.
    pub fn minute_of_day(&self) -> u16 {
        let clock = self.0.time();
        u16::from(clock.hour().unsigned_abs()) * 60 + u16::from(clock.minute().unsigned_abs())
    }

    /// The day of the week.
    pub fn weekday(&self) -> civil::Weekday {
        self.0.weekday()
    }

    /// "Wednesday 18 November 2026", as pages write days.
    pub fn day_in_words(&self) -> String {
        self.0.strftime("%A %-d %B %Y").to_string()
    }

    /// "15:30", as pages write times.
    pub fn clock_in_words(&self) -> String {
        self.0.strftime("%H:%M").to_string()
    }

    /// "2026-11-18 15:30:05", for tables and exports.
    pub fn in_tables(&self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// "18 November 2026", as pages write a date.
pub fn date_in_words(date: civil::Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter_differ_from_utc() {
        let winter = SchoolTime::new("2026-11-24T10:15:00Z".parse().unwrap());
        let summer = SchoolTime::new("2026-06-24T10:15:00Z".parse().unwrap());
        assert_eq!(winter.clock_in_words(), "10:15");
        assert_eq!(summer.clock_in_words(), "11:15");
        assert_eq!(summer.minute_of_day(), 11 * 60 + 15);
        assert_eq!(SchoolTime::parse("2026-06-24 11:15").unwrap(), summer);
        assert_eq!(winter.day_in_words(), "Tuesday 24 November 2026");
    }
}
