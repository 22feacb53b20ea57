//! Numbers, money, times of day, and yes or no, as people type them.

use jiff::civil::Time;

/// Reads a number: 12, 1,250.5, "30 days" where days are what is counted.
pub(super) fn number(
    typed: &str,
    least: Option<f64>,
    most: Option<f64>,
    unit: &str,
    whole: bool,
) -> Result<f64, String> {
    let wanted = || {
        let what = if whole { "a whole number" } else { "a number" };
        match unit.is_empty() {
            true => format!("Enter {what}, such as 12"),
            false => format!("Enter {what} of {unit}, such as 12"),
        }
    };
    let lower = typed.to_lowercase();
    let unit = unit.to_lowercase();
    let bare = [unit.as_str(), unit.trim_end_matches('s')]
        .into_iter()
        .filter(|unit| !unit.is_empty())
        .find_map(|unit| lower.strip_suffix(unit))
        .unwrap_or(&lower);
    let number =
        plain(bare).and_then(|bare| bare.parse::<f64>().ok()).filter(|number| number.is_finite()).ok_or_else(wanted)?;
    if whole && number.fract() != 0.0 {
        return Err(wanted());
    }
    match (least, most) {
        (Some(least), _) if number < least => Err(format!("Enter {least} or more")),
        (_, Some(most)) if number > most => Err(format!("Enter {most} or less")),
        // There is no use for a nought below nought.
        (_, _) => Ok(if number == 0.0 { 0.0 } else { number }),
    }
}

/// Digits without the marks between thousands; none where other signs are among them.
fn plain(typed: &str) -> Option<String> {
    let typed: String = typed.chars().filter(|char| !char.is_whitespace() && *char != ',').collect();
    let digits = typed.strip_prefix('-').unwrap_or(&typed);
    let fine = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.len() <= 400;
    fine.then_some(typed)
}

/// Reads pounds and pence: £1,250.50, 1250, 80p.
pub(super) fn money(typed: &str) -> Result<i64, String> {
    let wanted = || "Enter an amount, such as £1,250.50".to_owned();
    let lower = typed.to_lowercase();
    if let Some(pence) = lower.strip_suffix('p') {
        return plain(pence).and_then(|pence| pence.parse().ok()).ok_or_else(wanted);
    }
    let plain = plain(&lower.replacen('£', "", 1).replace("gbp", "")).ok_or_else(wanted)?;
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, plain.as_str()),
    };
    let (pounds, pence) = digits.split_once('.').unwrap_or((digits, ""));
    let pounds: i64 = if pounds.is_empty() { 0 } else { pounds.parse().map_err(|_| wanted())? };
    let pence: i64 = match pence.len() {
        0 => 0,
        1 => pence.parse::<i64>().map_err(|_| wanted())? * 10,
        2 => pence.parse().map_err(|_| wanted())?,
        _ => return Err(wanted()),
    };
    let whole = pounds.checked_mul(100).and_then(|whole| whole.checked_add(pence));
    // More money than any school has is a slip.
    whole.filter(|whole| *whole <= 10_000_000_000_000).map(|whole| whole * sign).ok_or_else(wanted)
}

const YES: [&str; 9] = ["yes", "y", "true", "1", "x", "✓", "✔", "on", "ok"];
const NO: [&str; 6] = ["no", "n", "false", "0", "-", "off"];

/// Reads yes or no, in the words that forms and sheets have for them.
pub(super) fn yes_no(typed: &str) -> Result<bool, String> {
    let lower = typed.trim_end_matches('.').to_lowercase();
    if YES.contains(&lower.as_str()) {
        Ok(true)
    } else if NO.contains(&lower.as_str()) {
        Ok(false)
    } else {
        Err("Choose yes or no".to_owned())
    }
}

/// Reads a time of day: 15:30, 9.05, 0915, 3.30 pm, 9am.
pub(super) fn time(typed: &str) -> Result<Time, String> {
    let wanted = || "Enter a time, such as 15:30".to_owned();
    let lower = typed.to_lowercase().replace([' ', '\u{a0}'], "");
    let (digits, afternoon) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
        (Some(digits), _) => (digits, Some(true)),
        (None, Some(digits)) => (digits, Some(false)),
        (None, None) => (lower.as_str(), None),
    };
    let parts: Vec<&str> = digits.split([':', '.']).collect();
    let (hour, minute) = match parts.as_slice() {
        [hour, minute] | [hour, minute, "00"] if minute.len() == 2 => (*hour, *minute),
        [hour] if hour.len() <= 2 && afternoon.is_some() => (*hour, "0"),
        [both] if both.is_ascii() && both.len() == 4 => both.split_at(2),
        _ => return Err(wanted()),
    };
    let short = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=2).contains(&text.len());
    if !short(hour) || !short(minute) {
        return Err(wanted());
    }
    let (hour, minute): (i8, i8) = (hour.parse().map_err(|_| wanted())?, minute.parse().map_err(|_| wanted())?);
    let hour = match (afternoon, hour) {
        (None, hour) => hour,
        (Some(false), 12) => 0,
        (Some(true), 12) => 12,
        (Some(false), hour @ 1..12) => hour,
        (Some(true), hour @ 1..12) => hour + 12,
        (Some(_), _) => return Err(wanted()),
    };
    Time::new(hour, minute, 0, 0).map_err(|_| wanted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_in_pence() {
        for (typed, pence) in
            [("£1,250.50", 125_050), ("1250", 125_000), ("80p", 80), ("-£5", -500), ("£ 0.5", 50), (".99", 99)]
        {
            assert_eq!(money(typed), Ok(pence), "{typed}");
        }
        for typed in ["", "£", "1.234", "ten", "£1.2.3", "99999999999999999999", "1e5", "--5", "£5£"] {
            assert_eq!(money(typed).unwrap_err(), "Enter an amount, such as £1,250.50", "{typed}");
        }
    }

    #[test]
    fn numbers_are_read_with_their_marks_and_units() {
        let days = |typed: &str| number(typed, Some(0.0), Some(2_000.0), "days", true);
        assert_eq!(days("1,250"), Ok(1_250.0));
        assert_eq!(days("30 days"), Ok(30.0));
        assert_eq!(days("1 day"), Ok(1.0));
        assert_eq!(days("-1").unwrap_err(), "Enter 0 or more");
        assert_eq!(days("2001").unwrap_err(), "Enter 2000 or less");
        assert_eq!(days("1.5").unwrap_err(), "Enter a whole number of days, such as 12");
        assert_eq!(number("-0", None, None, "", false).map(f64::to_bits), Ok(0));
        assert_eq!(number("inf", None, None, "", false).unwrap_err(), "Enter a number, such as 12");
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (typed, read) in [
            ("15:30", "15:30"),
            ("9.05", "09:05"),
            ("0915", "09:15"),
            ("3.30 pm", "15:30"),
            ("9am", "09:00"),
            ("12am", "00:00"),
            ("12 pm", "12:00"),
            ("08:00:00", "08:00"),
        ] {
            assert_eq!(time(typed).map(|time| time.strftime("%H:%M").to_string()), Ok(read.to_owned()), "{typed}");
        }
        for typed in ["", "9", "25:00", "9:5", "13pm", "0am", "noon", "9:٣٠"] {
            assert!(time(typed).is_err(), "{typed}");
        }
    }
}
