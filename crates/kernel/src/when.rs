//! Times of the week that a clause can name: `When`, and the calendar in which names have a meaning.

use std::{collections::BTreeMap, fmt};

use jiff::civil::{Date, DateTime, Weekday};

use crate::{BadText, SchoolTime, place::is_word};

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "mon"),
    (Weekday::Tuesday, "tue"),
    (Weekday::Wednesday, "wed"),
    (Weekday::Thursday, "thu"),
    (Weekday::Friday, "fri"),
    (Weekday::Saturday, "sat"),
    (Weekday::Sunday, "sun"),
];

fn day_index(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

/// Hours on some days of the week: "mon-fri 09:00-12:15, 13:05-15:20". Several parts are divided by `;`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Weekly(Vec<WeeklyPart>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct WeeklyPart {
    /// Monday first.
    days: [bool; 7],
    /// Minutes since midnight, from (included) to (not included), in order and apart.
    hours: Vec<(u16, u16)>,
}

impl Weekly {
    /// Reads the form of a policy. Days alone mean the whole day.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let bad = || BadText::new(text, "times such as `mon-fri 09:00-12:15, 13:05-15:20`");
        let parts: Option<Vec<_>> = text.split(';').map(|part| WeeklyPart::parse(part.trim())).collect();
        match parts {
            Some(parts) if !parts.is_empty() => Ok(Self(parts)),
            Some(_) | None => Err(bad()),
        }
    }

    /// Whether `minute` (since midnight) of a `day` lies within.
    pub fn contains(&self, day: Weekday, minute: u16) -> bool {
        self.0.iter().any(|part| {
            part.days.get(day_index(day)).copied().unwrap_or(false)
                && part.hours.iter().any(|(from, to)| *from <= minute && minute < *to)
        })
    }

    /// Whether any minute of the week lies within both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().any(|one| {
            other.0.iter().any(|two| {
                one.days.iter().zip(two.days).any(|(a, b)| *a && b)
                    && one.hours.iter().any(|a| two.hours.iter().any(|b| a.0 < b.1 && b.0 < a.1))
            })
        })
    }

    /// The next minute after `at` on the same day at which membership changes, if any.
    pub fn changes_after(&self, day: Weekday, minute: u16) -> Option<u16> {
        let edges = self.0.iter().filter(|part| part.days.get(day_index(day)).copied().unwrap_or(false));
        edges.flat_map(|part| part.hours.iter().flat_map(|(from, to)| [*from, *to])).filter(|edge| *edge > minute).min()
    }
}

impl WeeklyPart {
    fn parse(text: &str) -> Option<Self> {
        let (days_text, hours_text) = text.split_once(' ').unwrap_or((text, "00:00-24:00"));
        let mut days = [false; 7];
        for span in days_text.split(',') {
            let (from, to) = span.split_once('-').unwrap_or((span, span));
            let from = DAYS.iter().position(|row| row.1 == from)?;
            let to = DAYS.iter().position(|row| row.1 == to)?;
            if from > to {
                return None;
            }
            for day in days.get_mut(from..=to)? {
                *day = true;
            }
        }
        let mut hours = Vec::new();
        for span in hours_text.split(',') {
            let (from, to) = span.trim().split_once('-')?;
            let (from, to) = (parse_clock(from)?, parse_clock(to)?);
            if from >= to || hours.last().is_some_and(|(_, before)| from < *before) {
                return None;
            }
            hours.push((from, to));
        }
        Some(Self { days, hours })
    }
}

fn parse_clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= 24 * 60).then_some(total)
}

/// "09:05" of minutes since midnight.
pub fn clock_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, part) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("; ")?;
            }
            let mut spans: Vec<(usize, usize)> = Vec::new();
            for (index, _) in part.days.iter().enumerate().filter(|(_, on)| **on) {
                match spans.last_mut() {
                    Some((_, to)) if *to + 1 == index => *to = index,
                    _ => spans.push((index, index)),
                }
            }
            let name = |index: usize| DAYS.get(index).map_or("", |row| row.1);
            let days: Vec<_> = spans
                .iter()
                .map(
                    |(from, to)| {
                        if from == to { name(*from).to_owned() } else { format!("{}-{}", name(*from), name(*to)) }
                    },
                )
                .collect();
            let hours: Vec<_> =
                part.hours.iter().map(|(from, to)| format!("{}-{}", clock_text(*from), clock_text(*to))).collect();
            write!(f, "{} {}", days.join(","), hours.join(", "))?;
        }
        Ok(())
    }
}

crate::text_form!(Weekly);
crate::text_schema!(Weekly, "Weekly", "Hours on days of the week", ["mon-fri 09:00-12:15, 13:05-15:20"]);

/// When a clause holds: the name of a time or term that the policy declares, or hours of the week.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum When {
    /// A name from the policy's `[times]` or `[terms]`.
    Named(String),
    /// Hours of the week.
    Hours(Weekly),
}

impl When {
    /// Reads a name or hours.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        match Weekly::parse(text) {
            Ok(hours) => Ok(Self::Hours(hours)),
            Err(_) if is_word(text) => Ok(Self::Named(text.to_owned())),
            Err(_) => {
                Err(BadText::new(text, "a name from `[times]` or `[terms]`, or hours such as `mon-fri 12:15-13:05`"))
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Hours(hours) => hours.fmt(f),
        }
    }
}

crate::text_form!(When);
crate::text_schema!(
    When,
    "When",
    "A name from [times] or [terms], or hours of the week",
    ["lunch", "mon-fri 12:15-13:05"]
);

/// What the names of times mean in one policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// Names with their hours, from `[times]`.
    pub times: BTreeMap<String, Weekly>,
    /// Names with their first and last day, from `[terms]`.
    pub terms: BTreeMap<String, (Date, Date)>,
    /// Names with stretches from calendars that the school keeps elsewhere, from (included) to (not included), on the
    /// school's clock. They add to what the policy says of a name; they never take away.
    pub feeds: BTreeMap<String, Vec<(DateTime, DateTime)>>,
}

impl Calendar {
    /// Whether the calendar knows what `when` means.
    pub fn knows(&self, when: &When) -> bool {
        match when {
            When::Named(name) => {
                self.times.contains_key(name) || self.terms.contains_key(name) || self.feeds.contains_key(name)
            }
            When::Hours(_) => true,
        }
    }

    /// Whether `at` lies within `when`. A name that the calendar does not know holds at no time; the
    /// check of a policy refuses such a name before it can be in force.
    pub fn contains(&self, when: &When, at: &SchoolTime) -> bool {
        match when {
            When::Hours(hours) => hours.contains(at.weekday(), at.minute_of_day()),
            When::Named(name) => {
                let in_hours =
                    self.times.get(name).is_some_and(|hours| hours.contains(at.weekday(), at.minute_of_day()));
                let in_term =
                    self.terms.get(name).is_some_and(|(first, last)| *first <= at.date() && at.date() <= *last);
                let now = at.date().to_datetime(at.clock());
                let in_feed = || {
                    let mut stretches = self.feeds.get(name).into_iter().flatten();
                    stretches.any(|(from, to)| *from <= now && now < *to)
                };
                in_hours || in_term || in_feed()
            }
        }
    }

    /// Whether both could hold at one moment. Terms and hours always could.
    pub fn overlap(&self, one: &When, two: &When) -> bool {
        let fed = |when: &When| matches!(when, When::Named(name) if self.feeds.contains_key(name));
        if fed(one) || fed(two) {
            return true;
        }
        match (self.hours(one), self.hours(two)) {
            (Some(one), Some(two)) => one.overlaps(two),
            (Some(_) | None, _) => true,
        }
    }

    /// The hours that `when` stands for; none for a term or an unknown name.
    pub fn hours<'a>(&'a self, when: &'a When) -> Option<&'a Weekly> {
        match when {
            When::Hours(hours) => Some(hours),
            When::Named(name) => self.times.get(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_back() {
        for text in [
            "mon-fri 09:00-12:15, 13:05-15:20",
            "mon,wed-fri 12:15-13:05",
            "sat 00:00-24:00",
            "mon 09:00-10:00; tue 11:00-12:00",
        ] {
            assert_eq!(Weekly::parse(text).unwrap().to_string(), text);
        }
        for bad in [
            "",
            "mon-fri 12:00-09:00",
            "fri-mon 09:00-10:00",
            "mon 9-10",
            "mon 09:00-25:00",
            "mon 09:00-11:00, 10:00-12:00",
            "mon +9:00-10:00",
        ] {
            assert!(Weekly::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_end_of_an_hour_is_outside() {
        let calendar = Calendar {
            times: [("lunch".into(), Weekly::parse("mon-fri 12:15-13:05").unwrap())].into(),
            ..Calendar::default()
        };
        let lunch = When::parse("lunch").unwrap();
        let at = |text: &str| SchoolTime::parse(text).unwrap();
        assert!(!calendar.contains(&lunch, &at("2026-11-24 12:14")));
        assert!(calendar.contains(&lunch, &at("2026-11-24 12:15")));
        assert!(!calendar.contains(&lunch, &at("2026-11-24 13:05")));
        assert!(!calendar.contains(&lunch, &at("2026-11-22 12:30")), "a Sunday");
        assert!(!calendar.knows(&When::parse("luncheon").unwrap()));
    }

    #[test]
    fn a_feed_adds_to_a_name() {
        let from = "2026-11-24T13:00".parse().unwrap();
        let calendar = Calendar {
            times: [("exams".into(), Weekly::parse("mon 09:00-10:00").unwrap())].into(),
            feeds: [("exams".into(), vec![(from, "2026-11-25T00:00".parse().unwrap())])].into(),
            ..Calendar::default()
        };
        let exams = When::parse("exams").unwrap();
        let at = |text: &str| calendar.contains(&exams, &SchoolTime::parse(text).unwrap());
        assert!(at("2026-11-23 09:30") && at("2026-11-24 13:00") && at("2026-11-24 23:59"));
        assert!(!at("2026-11-24 12:59") && !at("2026-11-25 00:00"));
        assert!(calendar.overlap(&exams, &When::parse("tue 12:00-15:00").unwrap()), "a feed may fall anywhere");
    }
}
