//! What papers are made of.

/// A paper of several pages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Paper {
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub school: String,
    /// When it was made, in words.
    pub made: String,
    /// The first sentences.
    pub lead: Vec<String>,
    /// What follows.
    pub parts: Vec<Part>,
}

/// A part of a paper.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Part {
    /// A heading; the level is 1 to 6.
    Heading {
        /// 1 to 6.
        level: u8,
        /// What it says.
        text: String,
    },
    /// A paragraph.
    Text {
        /// What it says.
        text: String,
    },
    /// Numbered items: clauses.
    Items {
        /// The items.
        items: Vec<Item>,
    },
    /// A table with a head.
    Table(Table),
}

/// A numbered item.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Item {
    /// The number as printed; may be empty.
    pub number: String,
    /// What it says.
    pub text: String,
    /// Smaller lines under it.
    pub notes: Vec<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Table {
    /// How wide the columns are, beside each other.
    pub widths: Vec<u8>,
    /// The head; as many cells as there are widths.
    pub head: Vec<String>,
    /// The rows; each with as many cells.
    pub rows: Vec<Vec<String>>,
}

/// A single page of few words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Poster {
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub school: String,
    /// When it was made, in words.
    pub made: String,
    /// What it says, a paragraph each.
    pub lines: Vec<String>,
}
