//! What a page scores, in numbers and in words.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// The points at which a category is over, for the audience that looks. A category without a limit is not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(BTreeMap<String, u32>);

impl Limits {
    /// No limits: nothing is ever over.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets the limit of a category.
    #[must_use]
    pub fn with(mut self, category: &str, points: u32) -> Self {
        self.0.insert(category.to_owned(), points);
        self
    }

    /// The limit of a category.
    #[must_use]
    pub fn of(&self, category: &str) -> Option<u32> {
        self.0.get(category).copied()
    }

    /// Whether no category has a limit, so that nothing need be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: Into<String>> FromIterator<(S, u32)> for Limits {
    fn from_iter<I: IntoIterator<Item = (S, u32)>>(limits: I) -> Self {
        Self(limits.into_iter().map(|(category, points)| (category.into(), points)).collect())
    }
}

/// A phrase that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The phrase as it stands in the list.
    pub phrase: String,
    /// How many of the times that it was found were counted.
    pub times: u8,
    /// The points that it added, or took off.
    pub points: u32,
}

/// What a page scores in one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// The category.
    pub category: String,
    /// Its points, after excuses and for the length of the page.
    pub points: u32,
    /// The limit, if the category has one.
    pub limit: Option<u32>,
    /// Whether the limit is passed.
    pub over: bool,
    /// What added points, most points first.
    pub found: Vec<Hit>,
    /// What took points off, most points first.
    pub excused: Vec<Hit>,
    /// What the sum was divided by for the length of the page, in hundredths.
    pub divided: u32,
}

/// What a page scores, or what it scores so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scores {
    /// The categories in which something was found: those over their limit first, then by points.
    pub all: Vec<Score>,
    /// The words that were read.
    pub words: u64,
    /// Whether reading stopped before the end of the page.
    pub cut: bool,
}

impl Scores {
    /// The categories that are over their limit.
    pub fn over(&self) -> impl Iterator<Item = &Score> {
        self.all.iter().filter(|score| score.over)
    }

    /// The score of a category in which something was found.
    #[must_use]
    pub fn of(&self, category: &str) -> Option<&Score> {
        self.all.iter().find(|score| score.category == category)
    }
}

/// More phrases than these are not named.
const NAMED: usize = 6;

fn write_hits(f: &mut fmt::Formatter<'_>, hits: &[Hit]) -> fmt::Result {
    for (nth, hit) in hits.iter().take(NAMED).enumerate() {
        let comma = if nth == 0 { "" } else { ", " };
        write!(f, "{comma}‘{}’", hit.phrase)?;
        if hit.times > 1 {
            write!(f, " ×{}", hit.times)?;
        }
        write!(f, " ({})", hit.points)?;
    }
    match hits.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.category, self.points, if self.points == 1 { "point" } else { "points" })?;
        if let Some(limit) = self.limit {
            write!(f, " (limit {limit})")?;
        }
        f.write_str(": ")?;
        write_hits(f, &self.found)?;
        if !self.excused.is_empty() {
            f.write_str("; less ")?;
            write_hits(f, &self.excused)?;
        }
        if self.divided > 100 {
            write!(f, "; divided by {}.{:02} for the length of the page", self.divided / 100, self.divided % 100)?;
        }
        Ok(())
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.all.is_empty() {
            return f.write_str("nothing found");
        }
        for (nth, score) in self.all.iter().enumerate() {
            let line = if nth == 0 { "" } else { "\n" };
            write!(f, "{line}{score}")?;
        }
        Ok(())
    }
}
