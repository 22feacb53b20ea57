//! Days as people type them: 2026-03-27, 27/3/2026, 27 March 2026, 27-Mar-26.

use jiff::civil::Date;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const EXAMPLE: &str = "Enter a date, such as 27 3 2026";

/// A month or a year, where a sheet names no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A month of a year: "Sep-19".
    Month(Date),
    /// A year: "2019".
    Year(Date),
}

impl Period {
    /// Its first day.
    pub fn first(self) -> Date {
        match self {
            Self::Month(first) | Self::Year(first) => first,
        }
    }

    /// Its last day.
    pub fn last(self) -> Date {
        match self {
            Self::Month(first) => first.last_of_month(),
            Self::Year(first) => first.last_of_year(),
        }
    }
}

/// Reads a month or a year without a day: "Sep-19", "Sept 2019", "2019/09", "09/2019", "2019". What could as well be a
/// day, or two years ("2010/11"), is neither.
pub fn read_period(typed: &str) -> Option<Period> {
    let lower = typed.trim().to_lowercase();
    if lower.len() > 30 {
        return None;
    }
    let parts: Vec<&str> =
        lower.split([' ', '/', '-', '.', ',', '\'', '\u{2019}', '\u{a0}']).filter(|part| !part.is_empty()).collect();
    let whole = |text: &str| number(text).filter(|year| text.len() == 4 && (1950..=2100).contains(year));
    let year = |text: &str| match (text.len(), number(text)) {
        (2, Some(year)) => Some(if year < 70 { 2000 + year } else { 1900 + year }),
        (_, _) => whole(text),
    };
    let digits = |text: &str| number(text).filter(|_| text.len() <= 2);
    let month = |year: i16, month: i16| Date::new(year, i8::try_from(month).ok()?, 1).ok().map(Period::Month);
    match parts.as_slice() {
        [only] => whole(only).and_then(|year| Date::new(year, 1, 1).ok()).map(Period::Year),
        [one, two] => match (begins(&MONTHS, one), begins(&MONTHS, two), whole(one), whole(two)) {
            (Some(nth), ..) => month(year(two)?, nth),
            (None, Some(nth), Some(year), _) => month(year, nth),
            (None, None, None, Some(year)) => month(year, digits(one)?),
            // A school has years that are written so: 2010/11.
            (None, None, Some(year), None) => month(year, digits(two).filter(|nth| *nth != (year + 1) % 100)?),
            (None, _, _, _) => None,
        },
        _ => None,
    }
}

/// Reads a day. The day comes before the month, as in Britain, unless the year stands first.
///
/// # Errors
/// With the message that a form shows.
pub fn read_date(typed: &str) -> Result<Date, String> {
    let lower = typed.trim().to_lowercase();
    if lower.len() > 60 {
        return Err(EXAMPLE.to_owned());
    }
    let mut parts: Vec<&str> =
        lower.split([' ', '/', '-', '.', ',', '\u{a0}']).filter(|part| !part.is_empty()).collect();
    if parts.first().is_some_and(|first| begins(&WEEKDAYS, first).is_some()) {
        parts.remove(0);
    }
    let (day, month, year) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 && number(year).is_some() => (midnight(day), *month, *year),
        [year, month, day, _] if year.len() == 4 && number(year).is_some() && is_midnight(&lower) => {
            (*day, *month, *year)
        }
        [day, month, year] => (*day, *month, midnight(year)),
        [day, month, year, _] if is_midnight(&lower) => (*day, *month, *year),
        [_, _] => return Err(format!("{EXAMPLE}: the year is missing")),
        _ => return Err(EXAMPLE.to_owned()),
    };
    let month = number(month).or_else(|| begins(&MONTHS, month)).ok_or(EXAMPLE)?;
    let day = day.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
    let day = number(day).ok_or(EXAMPLE)?;
    let year = match (year.len(), number(year)) {
        (4, Some(year)) => year,
        (2, Some(year)) if year < 70 => 2000 + year,
        (2, Some(year)) => 1900 + year,
        (_, _) => return Err(EXAMPLE.to_owned()),
    };
    if !(1900..=2200).contains(&year) {
        return Err(format!("{EXAMPLE}: {year} is no year that could be meant"));
    }
    if !(1..=12).contains(&month) {
        return Err(format!("{EXAMPLE}: there is no month {month}"));
    }
    let narrow = |number: i16| i8::try_from(number).ok();
    narrow(month).zip(narrow(day)).and_then(|(month, day)| Date::new(year, month, day).ok()).ok_or_else(|| {
        let name = usize::try_from(month - 1).ok().and_then(|nth| MONTHS.get(nth)).copied().unwrap_or_default();
        let name: String =
            name.chars().enumerate().map(|(nth, it)| if nth == 0 { it.to_ascii_uppercase() } else { it }).collect();
        format!("{EXAMPLE}: there is no {day} {name} {year}")
    })
}

fn number(text: &str) -> Option<i16> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The place, from 1, of the word that begins so; three letters are enough, and "sept" is usual.
fn begins(words: &[&str], text: &str) -> Option<i16> {
    if text.len() < 3 {
        return None;
    }
    let nth = words.iter().position(|word| word.starts_with(text))?;
    i16::try_from(nth + 1).ok()
}

/// Sheets write a day with the time at which it begins: "2026-03-27T00:00:00".
fn midnight(part: &str) -> &str {
    part.strip_suffix("t00:00:00").unwrap_or(part)
}

fn is_midnight(text: &str) -> bool {
    text.ends_with(" 00:00:00") || text.ends_with(" 00:00") || text.ends_with(" 0:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_type_them() {
        for typed in [
            "2026-03-27",
            "27/3/2026",
            "27 3 2026",
            "27 March 2026",
            "27-Mar-26",
            "27.03.26",
            "27th march 2026",
            "Friday 27 March 2026",
            "Fri, 27 Mar 2026",
            "2026/3/27",
            "2026-03-27 00:00:00",
            "2026-03-27T00:00:00",
            "27/03/2026 00:00:00",
            " 27\u{a0}3\u{a0}2026 ",
        ] {
            assert_eq!(read_date(typed).map(|date| date.to_string()), Ok("2026-03-27".to_owned()), "{typed}");
        }
        assert_eq!(read_date("1 sept 99").unwrap().to_string(), "1999-09-01");
    }

    #[test]
    fn months_and_years_are_read_as_sheets_have_them() {
        for typed in
            ["Sep-19", "Sept 2019", "september 2019", "2019/09", "2019-9", "09/2019", "9.2019", "Sep '19", "2019 Sep"]
        {
            let read = read_period(typed).map(|it| (it.first().to_string(), it.last().to_string()));
            assert_eq!(read, Some(("2019-09-01".to_owned(), "2019-09-30".to_owned())), "{typed}");
        }
        let year = read_period("2019").unwrap();
        assert_eq!((year.first().to_string(), year.last().to_string()), ("2019-01-01".into(), "2019-12-31".into()));
        for typed in [
            "19-Sep", "09/19", "2010/11", "2019/20", "13/2019", "2019/0", "soon", "1 9 2019", "", "0019", "Sep",
            "9999", "Sep-", "Sep 5",
        ] {
            assert_eq!(read_period(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused_with_the_reason() {
        let refused = |typed: &str| read_date(typed).unwrap_err();
        assert_eq!(refused("soon"), "Enter a date, such as 27 3 2026");
        assert_eq!(refused("31 2 2026"), "Enter a date, such as 27 3 2026: there is no 31 February 2026");
        assert_eq!(refused("3 27 2026"), "Enter a date, such as 27 3 2026: there is no month 27");
        assert_eq!(refused("27 March"), "Enter a date, such as 27 3 2026: the year is missing");
        assert_eq!(refused("27 3 0026"), "Enter a date, such as 27 3 2026: 26 is no year that could be meant");
        for typed in
            ["", "27", "27 3 202", "27 3 20266", "1 2 3 4", "27 marzo 2026", "0 1 2026", "-1 1 2026x", "٣ 3 2026"]
        {
            assert!(read_date(typed).is_err(), "{typed}");
        }
    }
}
