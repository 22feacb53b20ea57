//! What people type into forms: days as they write them, words that are not too long.

use jiff::civil::Date;
use webkit::kit::Mistakes;

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

/// Reads a day: `4 12 2026`, `4/12/26`, `4 Dec`, `2026-12-04`. Nothing typed is no day. Without a year it is the next
/// such day.
///
/// # Errors
/// What to enter, without full stop.
pub(crate) fn typed_day(text: &str, today: Date) -> Result<Option<Date>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(|char: char| !char.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let wrong = || "Enter a day such as 4 12 2026".to_owned();
    let (day, month, year) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (*day, *month, Some(*year)),
        [day, month, year] => (*day, *month, Some(*year)),
        [day, month] => (*day, *month, None),
        _ => return Err(wrong()),
    };
    let digits = day.trim_end_matches(|char: char| char.is_alphabetic());
    let day: i8 = digits.parse().map_err(|_| wrong())?;
    let month = month_of(month).ok_or_else(wrong)?;
    let of = |year: i16| {
        Date::new(year, month, day).map_err(|_| format!("There is no {day} in that month: correct the day"))
    };
    match year {
        Some(year) => {
            let number: i16 = year.parse().map_err(|_| wrong())?;
            let full = match year.len() {
                2 => 2000 + number,
                4 => number,
                _ => return Err(wrong()),
            };
            of(full).map(Some)
        }
        None => match of(today.year())? {
            this if this < today => of(today.year() + 1).map(Some),
            this => Ok(Some(this)),
        },
    }
}

fn month_of(text: &str) -> Option<i8> {
    if let Ok(number) = text.parse::<i8>() {
        return (1..=12).contains(&number).then_some(number);
    }
    let text = text.to_ascii_lowercase();
    let nth = MONTHS.iter().position(|month| text.len() >= 3 && month.starts_with(&text))?;
    i8::try_from(nth + 1).ok()
}

/// Says where more was typed than is kept.
pub(crate) fn longest(text: &str, most: usize, field: &str, mistakes: &mut Mistakes) {
    let typed = text.chars().count();
    if typed > most {
        mistakes.add(field, format!("Write at most {most} letters; these are {typed}"));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let today = date(2026, 11, 24);
        let day = date(2026, 12, 4);
        for text in ["4 12 2026", "4/12/26", "04.12.2026", "4 Dec", "4th December 2026", "2026-12-04", " 4-12-2026 "] {
            assert_eq!(typed_day(text, today), Ok(Some(day)), "{text}");
        }
        assert_eq!(typed_day("1 March", today), Ok(Some(date(2027, 3, 1))));
        assert_eq!(typed_day("  ", today), Ok(None));
        for bad in [
            "tomorrow",
            "31 11 2026",
            "4",
            "4 13 2026",
            "4 12 202",
            "0 1 2027",
            "٤ ١٢ ٢٠٢٦",
            "99999 1 2026",
            "1 1 99999",
        ] {
            assert!(typed_day(bad, today).is_err(), "{bad}");
        }
    }
}
