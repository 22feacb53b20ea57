//! Days of a sheet that name a month or a year alone, and which day is meant.

use std::collections::BTreeMap;

use declare::typed::Period;
use jiff::civil::Date;

/// What somebody said about days that name a month or a year alone, by the column.
pub(crate) type Days = BTreeMap<(usize, Bare), Rule>;

/// What a day names that names no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bare {
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Bare {
    /// Its word in forms, and in what is remembered.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Month, Self::Year].into_iter().find(|it| it.word() == word)
    }

    /// What is done where nobody has said anything: a month is taken to begin, a year is asked about.
    pub(super) fn usual(self) -> Rule {
        match self {
            Self::Month => Rule::First,
            Self::Year => Rule::Out,
        }
    }
}

/// Which day is meant by a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The first.
    First,
    /// The last.
    Last,
    /// None: such rows are left out.
    Out,
}

impl Rule {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::First, Self::Last, Self::Out];

    /// Its word in forms, and in what is remembered.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Out => "out",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    pub(super) fn of(self, period: Period) -> Option<Date> {
        match self {
            Self::First => Some(period.first()),
            Self::Last => Some(period.last()),
            Self::Out => None,
        }
    }
}

/// Days of a column that name a month or a year alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assumed {
    /// The column.
    pub(crate) at: usize,
    /// What messages call it.
    pub(crate) column: String,
    /// The field.
    pub(crate) field: String,
    /// What they name.
    pub(crate) bare: Bare,
    /// The first of them, as the sheet has it.
    pub(crate) sample: String,
    /// The month or year of it.
    pub(crate) period: Period,
    /// In how many rows.
    pub(crate) rows: usize,
    /// Which day is meant.
    pub(crate) rule: Rule,
    /// Whether somebody has said so for this file.
    pub(crate) said: bool,
}
