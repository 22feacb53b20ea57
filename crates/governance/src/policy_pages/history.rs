//! The days of a clause: on how many of them was it kept?
//!
//! A day counts by the worst that was seen on it. A day on which nobody looked is not counted as kept:
//! the school must not be told that a rule held while the system was off.

use jiff::{ToSpan, civil::Date};

/// What stands for a day on which nobody looked, among the ranks of a history.
pub const UNSEEN: u8 = u8::MAX;

/// What a day was for a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayMark {
    /// Kept all day, as far as was seen.
    Kept,
    /// Not kept at some time of the day.
    NotKept,
    /// Gatehouse did not look, could not find out, or cannot show it yet.
    Unseen,
}

impl DayMark {
    /// The mark of a day whose worst standing has this [`kernel::Standing::rank`].
    pub fn of(rank: u8) -> Self {
        match kernel::Standing::IDS.get(usize::from(rank)).copied() {
            Some("kept" | "reserved" | "due") => Self::Kept,
            Some("not-kept") => Self::NotKept,
            // "untried", "not-built", "unknown", and a day without a look.
            Some(_) | None => Self::Unseen,
        }
    }
}

/// The days of one clause, from the first on which it was looked at until today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    days: Vec<(Date, DayMark)>,
}

impl History {
    /// The history of days from `first` on, each with the rank of its worst standing. It begins with the
    /// first day on which somebody looked; none where nobody ever did.
    pub fn new(first: Date, ranks: &[u8]) -> Option<Self> {
        let begin = ranks.iter().position(|rank| *rank != UNSEEN)?;
        let days = std::iter::successors(Some(first), |day| day.checked_add(1.day()).ok());
        Some(Self { days: days.zip(ranks).skip(begin).map(|(day, rank)| (day, DayMark::of(*rank))).collect() })
    }

    /// Each day with its mark, oldest first.
    pub fn days(&self) -> &[(Date, DayMark)] {
        &self.days
    }

    /// How many days were kept.
    pub fn kept(&self) -> usize {
        self.count(DayMark::Kept)
    }

    /// How many days there are.
    pub fn total(&self) -> usize {
        self.days.len()
    }

    /// How many days have this mark.
    pub fn count(&self, mark: DayMark) -> usize {
        self.days.iter().filter(|(_, it)| *it == mark).count()
    }

    /// The days on which it was not kept.
    pub fn not_kept(&self) -> impl Iterator<Item = Date> + '_ {
        self.days.iter().filter(|(_, mark)| *mark == DayMark::NotKept).map(|(day, _)| *day)
    }

    /// "Kept on 211 of 213 days". Of its first day alone a clause has no share of days to tell.
    pub fn in_words(&self) -> String {
        match self.days.as_slice() {
            [(_, DayMark::Kept)] => "First day; kept so far".to_owned(),
            [(_, DayMark::NotKept)] => "First day; not kept all day".to_owned(),
            [(_, DayMark::Unseen)] => "First day; not known yet".to_owned(),
            days => format!("Kept on {} of {} days", self.kept(), days.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn history(ids: &[&str]) -> Option<History> {
        let rank = |id: &&str| kernel::Standing::IDS.iter().position(|known| known == id);
        let ranks: Vec<u8> = ids.iter().map(|id| rank(id).map_or(UNSEEN, |rank| u8::try_from(rank).unwrap())).collect();
        History::new(date(2026, 11, 1), &ranks)
    }

    #[test]
    fn a_day_without_a_look_is_not_a_kept_day() {
        let history = history(&["", "kept", "not-kept", "", "due", ""]).unwrap();
        assert_eq!(history.in_words(), "Kept on 2 of 5 days");
        assert_eq!(history.not_kept().collect::<Vec<_>>(), [date(2026, 11, 3)]);
        assert_eq!(history.count(DayMark::Unseen), 2, "4 November was not looked at, today not yet");
        assert_eq!(history.days()[0].0, date(2026, 11, 2), "days before the first look do not count");
    }

    #[test]
    fn the_first_day_is_told_without_a_share() {
        for (id, words) in [
            ("kept", "kept so far"),
            ("not-kept", "not kept all day"),
            ("unknown", "not known yet"),
            ("due", "kept so far"),
        ] {
            assert_eq!(history(&["", id]).unwrap().in_words(), format!("First day; {words}"));
        }
    }

    #[test]
    fn untried_and_unbuilt_days_are_no_proof() {
        assert_eq!(history(&["untried", "not-built", "unknown"]).unwrap().in_words(), "Kept on 0 of 3 days");
        assert_eq!(history(&["reserved", "reserved"]).unwrap().in_words(), "Kept on 2 of 2 days");
        assert_eq!(history(&["", ""]), None);
        assert_eq!(history(&[]), None);
    }
}
