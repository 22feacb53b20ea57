//! A cell of a sheet that somebody sent: as it came, and as somebody would type it into a field.

use declare::FieldKind;
use jiff::{
    Span,
    civil::{Date, DateTime, Time, date},
};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Words.
    Text(String),
    /// A figure; what it counts, its field knows.
    Number(f64),
    /// A day.
    Day(Date),
    /// A day with a time of day.
    Moment(DateTime),
    /// A time of day.
    Time(Time),
    /// A box that is ticked or not.
    YesNo(bool),
    /// A formula that failed: "#REF!".
    Fault,
}

/// A sheet. Its rows are counted as the program counts them that made it: the first is row 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Sheet {
    /// What it is called.
    pub(crate) name: String,
    /// Its rows, blank ones too.
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// Takes blank cells off the ends of rows, and blank rows off the end.
    pub(crate) fn trim(&mut self) {
        for row in &mut self.rows {
            while row.last().is_some_and(Cell::is_blank) {
                row.pop();
            }
        }
        while self.rows.last().is_some_and(Vec::is_empty) {
            self.rows.pop();
        }
    }

    /// How many columns its widest row has.
    pub(crate) fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }
}

impl Cell {
    /// A cell of a text file.
    pub(crate) fn of_text(text: &str) -> Self {
        let text = text.trim_matches(|char: char| char.is_whitespace() || matches!(char, '\u{200b}' | '\u{feff}'));
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// Whether nothing stands in it.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_) | Self::Day(_) | Self::Moment(_) | Self::Time(_) | Self::YesNo(_) | Self::Fault => false,
        }
    }

    /// Its words, where it has some: headings have.
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            Self::Empty
            | Self::Number(_)
            | Self::Day(_)
            | Self::Moment(_)
            | Self::Time(_)
            | Self::YesNo(_)
            | Self::Fault => None,
        }
    }

    /// As it is shown, for messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Day(day) => day.strftime("%-d/%-m/%Y").to_string(),
            Self::Moment(at) => at.strftime("%-d/%-m/%Y %H:%M").to_string(),
            Self::Time(time) => time.strftime("%H:%M").to_string(),
            Self::YesNo(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
            Self::Fault => "#REF!".to_owned(),
        }
    }

    /// As somebody would type it into a field of this kind; nothing where it says that nothing is known.
    pub(crate) fn typed(&self, kind: &FieldKind) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => tidy(text.trim(), kind),
            Self::Number(number) => figure(*number, kind),
            Self::Day(day) => day.to_string(),
            Self::Moment(at) if *kind == FieldKind::Date => at.date().to_string(),
            Self::Moment(at) if *kind == FieldKind::Time => clock(at.time()),
            Self::Moment(at) if at.time() == Time::midnight() => at.date().to_string(),
            Self::Moment(at) => format!("{} {}", at.date(), clock(at.time())),
            Self::Time(time) => clock(*time),
            Self::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Fault => "#REF!".to_owned(),
        }
    }
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// What sheets write where they know nothing.
const NOTHING: [&str; 12] = ["-", "–", "—", "?", "n/a", "na", "n.a.", "none", "nil", "unknown", "tbc", "not known"];
const TICKED: [&str; 12] =
    ["t", "tick", "ticked", "yep", "yeah", "yes.", "done", "✔️", "☑", "✅", "checked", "enabled"];
const CROSSED: [&str; 11] = ["f", "nope", "no.", "none", "✗", "✘", "☐", "❌", "unchecked", "disabled", "not done"];

fn tidy(text: &str, kind: &FieldKind) -> String {
    let lower = text.to_lowercase();
    match kind {
        FieldKind::Text { .. } | FieldKind::Place => text.to_owned(),
        FieldKind::YesNo if TICKED.contains(&lower.as_str()) => "yes".to_owned(),
        FieldKind::YesNo if CROSSED.contains(&lower.as_str()) => "no".to_owned(),
        FieldKind::YesNo if matches!(lower.as_str(), "?" | "n/a" | "unknown" | "tbc" | "not known") => String::new(),
        FieldKind::YesNo => text.to_owned(),
        // A choice may be called so.
        FieldKind::Choice { choices, .. }
            if choices.iter().any(|choice| choice.label.to_lowercase() == lower || choice.name == lower) =>
        {
            text.to_owned()
        }
        _ if NOTHING.contains(&lower.as_str()) => String::new(),
        FieldKind::Money => amount(text),
        // A day that was kept as text with a figure of Excel: "45323".
        FieldKind::Date => match text.parse::<f64>() {
            Ok(serial) if text.len() == 5 => serial_day(serial).map_or_else(|| text.to_owned(), |day| day.to_string()),
            Ok(_) | Err(_) => bare_day(text, &lower).to_owned(),
        },
        FieldKind::Number { .. }
        | FieldKind::Time
        | FieldKind::Choice { .. }
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Entry { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => text.to_owned(),
    }
}

/// A day without what plans of work write before it: "w/c 11 January".
fn bare_day<'a>(text: &'a str, lower: &str) -> &'a str {
    const WEEK: [&str; 6] = ["w/c", "w/b", "wc ", "wb ", "week commencing", "week beginning"];
    let rest = WEEK.iter().find(|word| lower.starts_with(**word)).and_then(|word| text.get(word.len()..));
    rest.map_or(text, |rest| rest.trim_start_matches([' ', ':']))
}

/// An amount as book-keepers write it: (£12.50) is below nought, "£1,200.00 " has blanks, "- £5" a sign in front.
fn amount(text: &str) -> String {
    let bare: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    match bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => format!("-{inner}"),
        None => match bare.strip_prefix("£-") {
            Some(rest) => format!("-£{rest}"),
            None => bare,
        },
    }
}

fn figure(number: f64, kind: &FieldKind) -> String {
    match kind {
        FieldKind::Money => format!("{:.2}", number),
        // A year, not one of the days of 1905 that Excel counts so.
        FieldKind::Date if number.fract() == 0.0 && (1950.0..2100.0).contains(&number) => number.to_string(),
        FieldKind::Date => serial_day(number).map_or_else(|| number.to_string(), |day| day.to_string()),
        FieldKind::Time => serial_time(number).map_or_else(|| number.to_string(), clock),
        FieldKind::Number { .. }
        | FieldKind::Text { .. }
        | FieldKind::Choice { .. }
        | FieldKind::YesNo
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Place
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Entry { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => {
            // What binary figures cannot hold shows as 0.30000000000000004.
            let short = format!("{number:.10}");
            let short = short.trim_end_matches('0').trim_end_matches('.');
            match short.parse::<f64>() {
                Ok(close) if (close - number).abs() < 1e-9 && number.abs() < 1e12 => short.to_owned(),
                Ok(_) | Err(_) => number.to_string(),
            }
        }
    }
}

/// The day that Excel counts so, from 1 March 1900 on: before it, Excel counts a day that never was. 45,323 is
/// 1 February 2024.
pub(crate) fn serial_day(serial: f64) -> Option<Date> {
    let days = serial.floor();
    if !(61.0..=146_100.0).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within a few centuries of days")]
    let days = days as i64;
    date(1899, 12, 30).checked_add(Span::new().days(days)).ok()
}

/// The time of day that is this share of a day.
pub(crate) fn serial_time(serial: f64) -> Option<Time> {
    if !(0.0..1.0).contains(&serial.fract()) || serial < 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of minutes of one day")]
    let minutes = (serial.fract() * 1440.0).round() as i64 % 1440;
    Time::new(i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?, 0, 0).ok()
}

/// What Excel counts a day as.
pub(crate) fn day_serial(day: Date) -> Option<i32> {
    let days = (day - date(1899, 12, 30)).get_days();
    (days >= 61).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_excel_are_days_times_and_amounts() {
        assert_eq!(serial_day(45_323.0), Some(date(2024, 2, 1)));
        assert_eq!(serial_day(45_323.75), Some(date(2024, 2, 1)));
        assert_eq!((serial_day(0.0), serial_day(1e9), serial_day(f64::NAN)), (None, None, None));
        assert_eq!(day_serial(date(2024, 2, 1)), Some(45_323));
        assert_eq!(serial_time(0.645_833_333_333).map(clock).as_deref(), Some("15:30"));
        assert_eq!(Cell::Number(45_323.0).typed(&FieldKind::Date), "2024-02-01");
        assert_eq!(Cell::Number(2019.0).typed(&FieldKind::Date), "2019");
        assert_eq!(Cell::Text("45323".into()).typed(&FieldKind::Date), "2024-02-01");
        assert_eq!(Cell::Number(0.1 + 0.2).typed(&FieldKind::Money), "0.30");
        assert_eq!(Cell::Number(1250.0).typed(&FieldKind::Place), "1250");
        assert_eq!(Cell::Number(0.1 + 0.2).typed(&FieldKind::Place), "0.3");
    }

    #[test]
    fn words_of_sheets_become_what_forms_take() {
        let text = |text: &str| Cell::of_text(text);
        for (cell, kind, typed) in [
            ("\u{a0}£1,200.50  ", FieldKind::Money, "£1,200.50"),
            ("(£12.50)", FieldKind::Money, "-£12.50"),
            ("£ -5", FieldKind::Money, "-£5"),
            ("n/a", FieldKind::Date, ""),
            ("TBC", FieldKind::Money, ""),
            ("n/a", FieldKind::Place, "n/a"),
            ("☑", FieldKind::YesNo, "yes"),
            ("✗", FieldKind::YesNo, "no"),
            ("-", FieldKind::YesNo, "-"),
            ("32/1/2024", FieldKind::Date, "32/1/2024"),
            ("w/c 11 January 2027", FieldKind::Date, "11 January 2027"),
            ("Week commencing: 11/1/27", FieldKind::Date, "11/1/27"),
        ] {
            assert_eq!(text(cell).typed(&kind), typed, "{cell}");
        }
        assert_eq!(text(" \u{200b}\t"), Cell::Empty);
        let mut sheet =
            Sheet { name: String::new(), rows: vec![vec![text("a"), text(""), Cell::Empty], vec![text(" ")]] };
        sheet.trim();
        assert_eq!((sheet.rows.len(), sheet.width()), (1, 1));
    }
}
