//! Whether a clause is kept, and how that is known.

use jiff::{Timestamp, civil::Date};

/// The answer of a binding, at any moment, to "is it kept?".
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// It is so, and there is evidence.
    Kept,
    /// A power ("may"), and how often it was used.
    Reserved {
        /// How often it was used in the last year.
        used: u64,
    },
    /// An emergency path that nobody has used or rehearsed.
    Untried,
    /// Kept, but somebody must act by a date.
    Due {
        /// The last day on which it still counts as kept.
        by: Date,
        /// What is to be done, as a sentence.
        what: String,
    },
    /// Gatehouse cannot keep or show it yet.
    NotBuilt,
    /// It could not be found out.
    Unknown {
        /// Why not, as a sentence.
        why: String,
    },
    /// It is not so.
    NotKept {
        /// Since when, where that is known.
        since: Option<Timestamp>,
        /// Why it is not kept, as a sentence.
        why: String,
        /// What mends it, as a sentence.
        mend: String,
    },
}

impl Standing {
    /// The word that pages, reports and the filter of the policy page use.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Kept => "Kept",
            Self::Reserved { .. } => "Reserved",
            Self::Untried => "Untried",
            Self::Due { .. } => "Due",
            Self::NotBuilt => "Not built",
            Self::Unknown { .. } => "Unknown",
            Self::NotKept { .. } => "Not kept",
        }
    }

    /// The word as an identifier: in addresses, classes and stored history.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Reserved { .. } => "reserved",
            Self::Untried => "untried",
            Self::Due { .. } => "due",
            Self::NotBuilt => "not-built",
            Self::Unknown { .. } => "unknown",
            Self::NotKept { .. } => "not-kept",
        }
    }

    /// Every [`Standing::id`], best first.
    pub const IDS: [&'static str; 7] = ["kept", "reserved", "untried", "due", "not-built", "unknown", "not-kept"];

    /// Where it stands from best (0) to worst (6).
    pub fn rank(&self) -> usize {
        Self::IDS.iter().position(|id| *id == self.id()).unwrap_or(Self::IDS.len())
    }

    /// The worst of several: a clause is as good as its worst binding. None of none.
    pub fn worst<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        all.into_iter().max_by_key(|standing| standing.rank())
    }
}

/// How a standing is known: a sentence, figures, and where to look.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// One sentence, with its figures: "412 of 420 pupils have signed."
    pub statement: String,
    /// The figures that the sentence rests on.
    pub figures: Vec<Figure>,
    /// Pages that show more.
    pub links: Vec<Link>,
    /// When it was found out.
    pub at: Timestamp,
}

impl Evidence {
    /// A sentence found out at `at`, so far without figures and links.
    pub fn new(statement: impl Into<String>, at: Timestamp) -> Self {
        Self { statement: statement.into(), figures: Vec::new(), links: Vec::new(), at }
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, label: impl Into<String>, value: impl ToString) -> Self {
        self.figures.push(Figure { label: label.into(), value: value.to_string() });
        self
    }

    /// Adds a page that shows more.
    #[must_use]
    pub fn link(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link { text: text.into(), href: href.into() });
        self
    }
}

/// A figure with its label.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Figure {
    /// What is counted.
    pub label: String,
    /// The figure as it is printed.
    pub value: String,
}

/// A page of the desk.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// What the link says.
    pub text: String,
    /// The path at the desk, beginning with `/`.
    pub href: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_as_good_as_its_worst_binding() {
        let kept = Standing::Kept;
        let not = Standing::NotKept { since: None, why: String::new(), mend: String::new() };
        let unbuilt = Standing::NotBuilt;
        assert_eq!(Standing::worst([&kept, &not, &unbuilt]), Some(&not));
        assert_eq!(Standing::worst([&kept, &unbuilt]), Some(&unbuilt));
        assert_eq!(Standing::worst([]), None);
    }
}
