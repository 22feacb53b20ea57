//! The pictures of the policy page as figures that a template can print: the bar of all clauses, and
//! the calendar of one. Each stands beside a table or a sentence that says the same.

use jiff::civil::Date;

use super::history::{DayMark, History};

/// Width of the bar in its own units.
const WIDTH: f64 = 600.0;

/// One stretch of the bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// How it is drawn: `kept`, `due`, `not-kept` or `not-built`.
    pub look: &'static str,
    /// Where it begins.
    pub x: String,
    /// How wide it is.
    pub width: String,
}

/// The stretches of a bar for counts with their looks, leaving out what is nought. Each stretch that is
/// not nought can be seen, however small its share is.
pub fn bar(counts: &[(&'static str, usize)]) -> Vec<Stretch> {
    const GAP: f64 = 2.0;
    const LEAST: f64 = 6.0;
    let counts: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let free = WIDTH - (GAP + LEAST) * as_f64(counts.len());
    let mut x = GAP / 2.0;
    let mut stretches = Vec::new();
    for (look, count) in counts {
        let width = LEAST + free * as_f64(*count) / as_f64(total);
        stretches.push(Stretch { look, x: format!("{x:.1}"), width: format!("{width:.1}") });
        x += width + GAP;
    }
    stretches
}

#[expect(clippy::cast_precision_loss, reason = "counts of clauses are small")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

/// One month of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// "Apr", and the year where the calendar crosses one: "Apr 2026".
    pub name: String,
    /// The days that the history has in this month.
    pub days: Vec<DaySquare>,
}

/// One day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySquare {
    /// Where its square begins.
    pub x: u32,
    /// What the day was.
    pub mark: DayMark,
}

impl DaySquare {
    /// Whether the day was kept.
    pub fn is_kept(&self) -> bool {
        self.mark == DayMark::Kept
    }

    /// Whether the day was not kept.
    pub fn is_not_kept(&self) -> bool {
        self.mark == DayMark::NotKept
    }

    /// Where a stroke of the cross begins.
    pub fn x_in(&self) -> String {
        format!("{}.5", self.x + 1)
    }
}

/// The calendar of the last twelve months of a history.
pub fn calendar(history: &History) -> Vec<Month> {
    let mut months: Vec<((i16, i8), Month)> = Vec::new();
    for (day, mark) in history.days() {
        let key = (day.year(), day.month());
        let square = DaySquare { x: u32::from((day.day() - 1).unsigned_abs()) * 9, mark: *mark };
        match months.last_mut() {
            Some((last, month)) if *last == key => month.days.push(square),
            _ => months.push((key, Month { name: month_name(*day), days: vec![square] })),
        }
    }
    let skip = months.len().saturating_sub(12);
    months.into_iter().skip(skip).map(|(_, month)| month).collect()
}

fn month_name(day: Date) -> String {
    day.strftime("%b").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_bar_fills_its_width_and_leaves_out_nought() {
        let stretches = bar(&[("kept", 103), ("due", 9), ("not-kept", 0), ("not-built", 7)]);
        assert_eq!(stretches.iter().map(|it| it.look).collect::<Vec<_>>(), ["kept", "due", "not-built"]);
        let last = stretches.last().unwrap();
        let end: f64 = last.x.parse::<f64>().unwrap() + last.width.parse::<f64>().unwrap();
        assert!((end - 599.0).abs() < 0.2, "{end}");
        assert!(bar(&[("kept", 0)]).is_empty());
        let tiny = bar(&[("kept", 10_000), ("not-kept", 1)]);
        assert!(tiny[1].width.parse::<f64>().unwrap() >= 6.0, "one broken clause is never invisible");
    }

    #[test]
    fn the_calendar_has_a_row_for_each_month() {
        let history = History::new(date(2026, 10, 30), &[0, u8::MAX, 6, u8::MAX]).unwrap();
        let months = calendar(&history);
        assert_eq!(
            months.iter().map(|it| (it.name.as_str(), it.days.len())).collect::<Vec<_>>(),
            [("Oct", 2), ("Nov", 2)]
        );
        assert_eq!(months[0].days[0].x, 29 * 9);
        assert!(months[1].days[0].is_not_kept() && !months[1].days[1].is_kept());
    }
}
