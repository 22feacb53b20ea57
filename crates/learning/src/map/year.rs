//! The school year: from 1 September to 31 August.

use jiff::civil::{Date, date};
use kernel::Every;

/// A school year, by the calendar year in which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchoolYear(i16);

impl SchoolYear {
    /// The one that a day is in.
    pub fn of(day: Date) -> Self {
        Self(if day.month() >= 9 { day.year() } else { day.year() - 1 })
    }

    /// The one that begins in `year`, where that is a year of this age.
    pub fn beginning(year: i16) -> Option<Self> {
        (2000..=2200).contains(&year).then_some(Self(year))
    }

    /// The calendar year in which it begins.
    pub fn begins(self) -> i16 {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> Date {
        date(self.0.saturating_add(1).min(9999), 8, 31)
    }

    /// "2026 to 2027".
    pub fn title(self) -> String {
        format!("{} to {}", self.0, self.0.saturating_add(1))
    }

    /// The one before.
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The one after.
    pub fn after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Whether a lesson of `day` serves in this year, where one serves for `every`: to the end of its own school year,
    /// and for each further year of `every` a year longer.
    pub fn is_served(self, day: Date, every: Every) -> bool {
        let own = Self::of(day);
        own == self || (own < self && every.after(own.last()) >= self.after().last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_serves_to_the_end_of_its_school_year_and_longer_in_a_cycle() {
        let now = SchoolYear::of(date(2026, 11, 24));
        assert_eq!((now.begins(), now.title().as_str(), now.last()), (2026, "2026 to 2027", date(2027, 8, 31)));
        let serves = |day, every: &str| now.is_served(day, Every::parse(every).unwrap());
        for (day, every, expected) in [
            (date(2026, 9, 1), "12 months", true),
            (date(2027, 8, 31), "12 months", true),
            (date(2026, 8, 31), "12 months", false),
            (date(2026, 8, 31), "2 years", true),
            (date(2025, 9, 1), "2 years", true),
            (date(2025, 8, 31), "2 years", false),
            (date(2025, 8, 31), "3 years", true),
            (date(2027, 9, 1), "3 years", false),
            (date(2026, 6, 1), "1 term", false),
        ] {
            assert_eq!(serves(day, every), expected, "{day} {every}");
        }
    }
}
