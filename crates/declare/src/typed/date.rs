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
