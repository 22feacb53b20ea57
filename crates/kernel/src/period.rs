//! How often, and how soon: `Every` and `Within`.

use std::fmt;

use jiff::{Span, ToSpan, civil::Date};

/// A unit of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day of the calendar.
    Day,
    /// A day on which the school is open.
    SchoolDay,
    /// Seven days.
    Week,
    /// A month of the calendar.
    Month,
    /// A term of the school year; counted as four months where no terms are given.
    Term,
    /// A year of the calendar.
    Year,
}

const UNITS: [(Unit, &str, &str); 8] = [
    (Unit::Minute, "minute", "minutes"),
    (Unit::Hour, "hour", "hours"),
    (Unit::Day, "day", "days"),
    (Unit::SchoolDay, "school day", "school days"),
    (Unit::Week, "week", "weeks"),
    (Unit::Month, "month", "months"),
    (Unit::Term, "term", "terms"),
    (Unit::Year, "year", "years"),
];

const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

fn parse_count_unit(text: &str) -> Option<(u32, Unit)> {
    let (count, unit) = text.trim().split_once(' ')?;
    let count = match count {
        "a" | "an" => 1,
        _ => match NUMBERS.iter().position(|word| *word == count) {
            Some(number) => u32::try_from(number).ok()?,
            None => count.parse().ok()?,
        },
    };
    let unit = UNITS.iter().find(|(_, one, many)| unit == *one || unit == *many)?.0;
    (1..=100_000).contains(&count).then_some((count, unit))
}

fn count_in_words(count: u32, unit: Unit) -> String {
    let (one, many) = UNITS.iter().find(|row| row.0 == unit).map_or(("", ""), |row| (row.1, row.2));
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn span_of(count: u32, unit: Unit) -> Span {
    let count = i64::from(count);
    match unit {
        Unit::Minute => count.minutes(),
        Unit::Hour => count.hours(),
        Unit::Day | Unit::SchoolDay => count.days(),
        Unit::Week => count.weeks(),
        Unit::Month => count.months(),
        Unit::Term => (count * 4).months(),
        Unit::Year => count.years(),
    }
}

/// How often something happens: "90 days", "1 term".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Every {
    count: u32,
    unit: Unit,
}

impl Every {
    /// `count` of `unit`.
    pub fn new(count: u32, unit: Unit) -> Self {
        Self { count, unit }
    }

    /// Reads "90 days", "1 term", "one month"; also `daily`, `weekly`, `monthly`, `termly`, `yearly`.
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        let (count, unit) = match text.trim() {
            "daily" => (1, Unit::Day),
            "weekly" => (1, Unit::Week),
            "monthly" => (1, Unit::Month),
            "termly" => (1, Unit::Term),
            "yearly" => (1, Unit::Year),
            other => parse_count_unit(other)
                .ok_or_else(|| crate::BadText::new(text, "a period such as `90 days`, `1 term` or `yearly`"))?,
        };
        Ok(Self { count, unit })
    }

    /// The day that is one period after `day`.
    pub fn after(self, day: Date) -> Date {
        day.saturating_add(span_of(self.count, self.unit))
    }

    /// The day that is one period before `day`.
    pub fn before(self, day: Date) -> Date {
        day.saturating_sub(span_of(self.count, self.unit))
    }

    /// The length in minutes, where the unit has a fixed one (minutes, hours, days, weeks).
    pub fn minutes(self) -> Option<u64> {
        fixed_minutes(self.count, self.unit)
    }
}

fn fixed_minutes(count: u32, unit: Unit) -> Option<u64> {
    let count = u64::from(count);
    match unit {
        Unit::Minute => Some(count),
        Unit::Hour => Some(count * 60),
        Unit::Day => Some(count * 24 * 60),
        Unit::Week => Some(count * 7 * 24 * 60),
        Unit::SchoolDay | Unit::Month | Unit::Term | Unit::Year => None,
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&count_in_words(self.count, self.unit))
    }
}

crate::text_form!(Every);
crate::text_schema!(Every, "Every", "How often", ["90 days", "1 term", "yearly"]);

/// How soon something must follow: "15 minutes", "same school day", "one month".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Within {
    /// Before the school closes on the day that it began.
    SameSchoolDay,
    /// In so many units.
    Count(u32, Unit),
}

impl Within {
    /// Reads "15 minutes", "same school day", "one month", "24 hours".
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        if matches!(text.trim(), "same school day" | "same day") {
            return Ok(Self::SameSchoolDay);
        }
        parse_count_unit(text)
            .map(|(count, unit)| Self::Count(count, unit))
            .ok_or_else(|| crate::BadText::new(text, "a time such as `15 minutes`, `same school day` or `1 month`"))
    }

    /// The length in minutes, where it is fixed.
    pub fn minutes(self) -> Option<u64> {
        match self {
            Self::SameSchoolDay => None,
            Self::Count(count, unit) => fixed_minutes(count, unit),
        }
    }

    /// The last day that is in time for something that began on `day`.
    pub fn last_day(self, day: Date) -> Date {
        match self {
            Self::SameSchoolDay => day,
            Self::Count(count, unit) => match unit {
                Unit::Minute | Unit::Hour => day,
                Unit::Day | Unit::SchoolDay | Unit::Week | Unit::Month | Unit::Term | Unit::Year => {
                    day.saturating_add(span_of(count, unit))
                }
            },
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameSchoolDay => f.write_str("same school day"),
            Self::Count(count, unit) => f.write_str(&count_in_words(*count, *unit)),
        }
    }
}

crate::text_form!(Within);
crate::text_schema!(Within, "Within", "How soon", ["15 minutes", "same school day", "1 month"]);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn periods_read_back() {
        for text in ["90 days", "1 term", "12 months", "1 year", "15 minutes", "3 school days"] {
            assert_eq!(Every::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Every::parse("yearly").unwrap().after(date(2026, 9, 1)), date(2027, 9, 1));
        assert_eq!(Within::parse("one month").unwrap().last_day(date(2026, 1, 31)), date(2026, 2, 28));
        assert_eq!(Within::parse("15 minutes").unwrap().minutes(), Some(15));
        assert!(Every::parse("sometimes").is_err() && Every::parse("0 days").is_err());
    }
}
