//! When an entry that repeats begins, by its rule (RRULE): each so many days, weeks, months or years, on days of the week,
//! on the second Tuesday of the month. Rules that say it otherwise are refused.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Weekday},
};

/// So many beginnings of one entry are kept at most, of these days.
const MOST: usize = 1_200;

/// So many periods are looked through at most: of something each day, 27 years.
const PERIODS: i32 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Each {
    Day,
    Week,
    Month,
    Year,
}

struct Rule {
    each: Each,
    interval: i32,
    count: Option<usize>,
    until: Option<DateTime>,
    /// Days of the week, with which of the month it is: the second, or the last.
    days: Vec<(i8, Weekday)>,
    /// Days of the month; from its end where they are negative.
    dates: Vec<i8>,
}

/// The beginnings from a year before `around` to two years after it; none where the rule cannot be read. `time` reads a
/// day or a time.
pub(super) fn starts(
    rule: &str,
    from: DateTime,
    time: impl Fn(&str) -> Option<(DateTime, bool)>,
    around: Date,
) -> Option<Vec<DateTime>> {
    let rule = Rule::read(rule, from, time)?;
    let (first, last) = (around.saturating_sub(1.year()), around.saturating_add(2.years()));
    let (mut starts, mut seen) = (Vec::new(), 0_usize);
    for nth in 0..PERIODS {
        for day in rule.period(from.date(), nth)? {
            let start = day.to_datetime(from.time());
            if start < from {
                continue;
            }
            seen += 1;
            let over = rule.until.is_some_and(|until| start > until) || rule.count.is_some_and(|count| seen > count);
            if over || day > last || starts.len() >= MOST {
                return Some(starts);
            }
            if day >= first {
                starts.push(start);
            }
        }
    }
    Some(starts)
}

impl Rule {
    fn read(text: &str, from: DateTime, time: impl Fn(&str) -> Option<(DateTime, bool)>) -> Option<Self> {
        let (mut each, mut which) = (None, None);
        let mut rule =
            Self { each: Each::Day, interval: 1, count: None, until: None, days: Vec::new(), dates: Vec::new() };
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            match key.to_ascii_uppercase().as_str() {
                "FREQ" => each = Some(Each::read(value)?),
                "INTERVAL" => rule.interval = value.parse().ok().filter(|it| (1..=1000).contains(it))?,
                "COUNT" => rule.count = Some(value.parse().ok()?),
                "UNTIL" => {
                    let (last, is_day) = time(value)?;
                    let end_of_day = || last.saturating_add(1.day()).saturating_sub(1.second());
                    rule.until = Some(if is_day { end_of_day() } else { last });
                }
                "BYDAY" => rule.days = value.split(',').map(day_of_week).collect::<Option<_>>()?,
                "BYMONTHDAY" => {
                    let date = |text: &str| text.parse().ok().filter(|day: &i8| *day != 0 && (-31..=31).contains(day));
                    rule.dates = value.split(',').map(date).collect::<Option<_>>()?;
                }
                "BYMONTH" if value.parse() == Ok(from.month()) => {}
                "BYSETPOS" => which = Some(value.parse().ok().filter(|nth| (-5..=5).contains(nth) && *nth != 0)?),
                "WKST" => {}
                _ => return None,
            }
        }
        rule.each = each?;
        // Outlook says "the second of all Tuesdays" where others say "the second Tuesday".
        match (which, rule.days.as_mut_slice()) {
            (Some(nth), [(of, _)]) if *of == 0 => *of = nth,
            (Some(_), _) => return None,
            (None, _) => {}
        }
        rule.is_read(text).then_some(rule)
    }

    /// Whether what it has goes together in a way that is read here.
    fn is_read(&self, text: &str) -> bool {
        let (plain, numbered) = (self.days.iter().any(|day| day.0 == 0), self.days.iter().any(|day| day.0 != 0));
        let by_month = text.to_ascii_uppercase().contains("BYMONTH=");
        match self.each {
            Each::Day | Each::Week => !numbered && self.dates.is_empty() && !by_month,
            Each::Month => !plain && !by_month && (self.dates.is_empty() || self.days.is_empty()),
            Each::Year => {
                !plain && self.dates.len() <= 1 && (self.days.is_empty() || (by_month && self.dates.is_empty()))
            }
        }
    }

    /// The days of the nth period, in order; none where it lies beyond all dates.
    fn period(&self, from: Date, nth: i32) -> Option<Vec<Date>> {
        let steps = i64::from(nth) * i64::from(self.interval);
        let month = |day: Date| {
            let mut days: Vec<Date> =
                self.days.iter().filter_map(|(nth, weekday)| day.nth_weekday_of_month(*nth, *weekday).ok()).collect();
            days.extend(self.dates.iter().filter_map(|date| match u8::try_from(*date) {
                Ok(_) => day.with().day(*date).build().ok(),
                Err(_) => day.with().day(day.days_in_month() + 1 + *date).build().ok(),
            }));
            days.sort_unstable();
            if self.days.is_empty() && self.dates.is_empty() { vec![day] } else { days }
        };
        Some(match self.each {
            Each::Day => {
                let day = from.checked_add(steps.days()).ok()?;
                let is_one = self.days.is_empty() || self.days.iter().any(|(_, weekday)| *weekday == day.weekday());
                if is_one { vec![day] } else { Vec::new() }
            }
            Each::Week => {
                let begins = from.checked_sub(i64::from(from.weekday().to_monday_zero_offset()).days()).ok()?;
                let begins = begins.checked_add(steps.weeks()).ok()?;
                let day = |weekday: Weekday| begins.checked_add(i64::from(weekday.to_monday_zero_offset()).days()).ok();
                let weekdays = self.days.iter().map(|(_, weekday)| *weekday);
                let mut days: Vec<Date> = match self.days.is_empty() {
                    true => day(from.weekday()).into_iter().collect(),
                    false => weekdays.filter_map(day).collect(),
                };
                days.sort_unstable();
                days
            }
            // From the first one, so that the 31st does not wander.
            Each::Month => month(from.checked_add(steps.months()).ok()?),
            Each::Year => month(from.checked_add(steps.years()).ok()?),
        })
    }
}

impl Each {
    fn read(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "DAILY" => Self::Day,
            "WEEKLY" => Self::Week,
            "MONTHLY" => Self::Month,
            "YEARLY" => Self::Year,
            _ => return None,
        })
    }
}

/// "TU", "2TU" or "-1TU"; 0 stands for each.
fn day_of_week(text: &str) -> Option<(i8, Weekday)> {
    let text = text.trim().to_ascii_uppercase();
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = match name {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    let nth =
        if number.is_empty() { 0 } else { number.parse().ok().filter(|nth| *nth != 0 && (-5..=5).contains(nth))? };
    Some((nth, weekday))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: &str, from: &str, expected: &[&str]) {
        let time = |text: &str| Date::strptime("%Y%m%d", text).ok().map(|day| (day.at(0, 0, 0, 0), true));
        let found = starts(rule, from.parse().unwrap(), time, jiff::civil::date(2027, 5, 1));
        let found: Vec<_> = found.unwrap().iter().take(5).map(|start| start.date().to_string()).collect();
        assert_eq!(found, expected, "{rule}");
    }

    #[test]
    fn each_kind_of_repetition() {
        let tuesday = "2027-05-11T09:00";
        check("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", tuesday, &["2027-05-11", "2027-05-13", "2027-05-18"]);
        check(
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;UNTIL=20270601",
            tuesday,
            &["2027-05-11", "2027-05-24", "2027-05-25"],
        );
        check("FREQ=DAILY;BYDAY=MO,FR;UNTIL=20270517", tuesday, &["2027-05-14", "2027-05-17"]);
        check("FREQ=MONTHLY;BYDAY=2TU;COUNT=2", tuesday, &["2027-05-11", "2027-06-08"]);
        check("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=2", tuesday, &["2027-05-11", "2027-06-08"]);
        check("FREQ=MONTHLY;BYMONTHDAY=-1,11;COUNT=3", tuesday, &["2027-05-11", "2027-05-31", "2027-06-11"]);
        check("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=5;COUNT=2", tuesday, &["2027-05-30", "2028-05-28"]);
        check("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=11;COUNT=2", tuesday, &["2027-05-11", "2028-05-11"]);
    }

    #[test]
    fn what_began_long_ago_goes_on() {
        check(
            "FREQ=DAILY",
            "2019-01-01T09:00",
            &["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05"],
        );
        check("FREQ=WEEKLY;COUNT=2", "2019-01-01T09:00", &[]);
        let whole = starts("FREQ=DAILY", "2019-01-01T09:00".parse().unwrap(), |_| None, jiff::civil::date(2027, 5, 1));
        assert_eq!(whole.unwrap().last().unwrap().date(), jiff::civil::date(2029, 5, 1));
    }

    #[test]
    fn other_rules_are_refused() {
        let refused = |rule: &str| {
            let from = "2027-05-11T09:00".parse().unwrap();
            assert!(starts(rule, from, |_| None, jiff::civil::date(2027, 5, 1)).is_none(), "{rule}");
        };
        let all =
            ["BYDAY=TU", "FREQ=HOURLY", "FREQ=YEARLY;BYMONTH=6", "FREQ=YEARLY;BYDAY=2TU", "FREQ=WEEKLY;BYDAY=2TU"];
        all.into_iter().for_each(refused);
        ["FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=1", "FREQ=WEEKLY;BYDAY=\u{e9}", "FREQ=DAILY;INTERVAL=0"]
            .into_iter()
            .for_each(refused);
    }
}
