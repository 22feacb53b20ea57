//! How moments and days are stored.

use jiff::{Timestamp, civil::Date};

/// A moment as it is stored: milliseconds since 1970 in UTC.
pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A stored moment. One outside the calendar becomes the nearest end of it.
pub fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// A day as it is stored: `2026-11-24`.
pub fn day(date: Date) -> String {
    date.to_string()
}

/// A stored day; none where the text is not one.
pub fn parse_day(text: &str) -> Option<Date> {
    text.parse().ok()
}
