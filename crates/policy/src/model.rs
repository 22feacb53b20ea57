//! A policy that has been read: what it says, and what it binds.

use jiff::civil::Date;
use kernel::{Audience, Digest};

use crate::{
    binding::Binding,
    front::{Front, NoticeFront},
    source::{Source, Span},
};

/// A policy: front matter, text, clauses, agreements, notices.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What stands between the `+++` lines of `policy.md`.
    pub front: Front,
    /// The text of `policy.md`.
    pub main: Document,
    /// The agreements, by path.
    pub agreements: Vec<Agreement>,
    /// The other files, by path.
    pub notices: Vec<Notice>,
    /// Every clause of every file, in the order of the files and of their text.
    pub clauses: Vec<Clause>,
    /// The files that it was read from.
    pub source: Source,
}

impl Policy {
    /// The clause that a block of a document names.
    pub fn clause(&self, ix: ClauseIx) -> Option<&Clause> {
        self.clauses.get(ix.0)
    }

    /// The clause of a label, or of a number as printed.
    pub fn find(&self, label_or_number: &str) -> Option<&Clause> {
        let by_label = self.clauses.iter().find(|clause| clause.label.as_deref() == Some(label_or_number));
        by_label.or_else(|| self.clauses.iter().find(|clause| clause.number == label_or_number))
    }

    /// Every binding of a control, with its clause.
    pub fn bindings(&self, module: &str, name: &str) -> impl Iterator<Item = (&Clause, &Binding)> {
        self.all_bindings()
            .filter(move |(_, binding)| binding.control.module() == module && binding.control.name() == name)
    }

    /// Every binding, with its clause.
    pub fn all_bindings(&self) -> impl Iterator<Item = (&Clause, &Binding)> {
        self.clauses.iter().flat_map(|clause| clause.bindings.iter().map(move |binding| (clause, binding)))
    }

    /// The agreement of a name: the file name under `agreements/` without `.md`.
    pub fn agreement(&self, name: &str) -> Option<&Agreement> {
        self.agreements.iter().find(|agreement| agreement.name == name)
    }

    /// The canonical source as bytes: every path and text, each with its length before it. Policies that differ only
    /// in how their bindings are spaced have the same.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for file in &crate::show::show(self).files {
            for part in [&file.path, &file.text] {
                bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
                bytes.extend_from_slice(part.as_bytes());
            }
        }
        bytes
    }

    /// The digest (BLAKE3) of [`Policy::canonical_bytes`].
    pub fn digest(&self) -> Digest {
        Digest(*blake3::hash(&self.canonical_bytes()).as_bytes())
    }
}

/// The position of a clause in [`Policy::clauses`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClauseIx(pub usize);

/// The text of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The path in the folder.
    pub path: String,
    /// Its parts, in order.
    pub blocks: Vec<Block>,
    /// The code spans that belong to the language, for printing it again.
    pub(crate) sites: Vec<Site>,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(Heading),
    /// A paragraph; prose, or a clause.
    Paragraph(Paragraph),
    /// A list.
    List(List),
    /// A table.
    Table(Table),
    /// A quotation.
    Quote(Vec<Self>),
    /// Text that is printed as it stands.
    Code(String),
    /// A line across the page.
    Rule,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The number: as printed, or else by position. Empty for the title of the document, and inside quotations.
    pub number: String,
    /// Whether the text begins with the number.
    pub printed: bool,
    /// An identifier for links inside the page: `s-4-2`. Empty for the title, and inside quotations.
    pub anchor: String,
    /// The text, with its number where that is printed.
    pub text: String,
    /// The text as HTML.
    pub html: String,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// The text without bindings.
    pub text: String,
    /// The text without bindings as HTML; safe, whatever the source says.
    pub html: String,
    /// The clause that it is, where it is one.
    pub clause: Option<ClauseIx>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The number of the first item, where the list is numbered.
    pub start: Option<u64>,
    /// The items. What an item says comes as paragraphs.
    pub items: Vec<Vec<Block>>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The cells of the head.
    pub head: Vec<Cell>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The cells, without bindings. A last column that held only labels and bindings is left out.
    pub cells: Vec<Cell>,
    /// The clause that it is, where it is one.
    pub clause: Option<ClauseIx>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text without bindings.
    pub text: String,
    /// The text without bindings as HTML; safe, whatever the source says.
    pub html: String,
}

/// Whether a clause asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClauseKind {
    /// It has bindings.
    Bound,
    /// It is background.
    Context,
}

/// A clause: a list item, paragraph or row that ends in bindings, or is marked as context.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The number as printed: "4.2.1".
    pub number: String,
    /// The lasting, unique label.
    pub label: Option<String>,
    /// The file that it stands in.
    pub path: String,
    /// The text of the heading above it.
    pub section: String,
    /// What it says, without bindings.
    pub text: String,
    /// The same as HTML; safe, whatever the source says.
    pub html: String,
    /// Whether it asks for something.
    pub kind: ClauseKind,
    /// What it binds.
    pub bindings: Vec<Binding>,
    /// Where it stands.
    pub span: Span,
    /// What stands around it and belongs to its meaning: the heading, the items above, the head of the table.
    pub around: String,
}

impl Clause {
    /// What it is known by: its label, or else its number.
    pub fn key(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.number)
    }
}

/// An agreement that people sign: a file under `agreements/`.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The file name without `.md`: `staff`.
    pub name: String,
    /// The title.
    pub title: String,
    /// Who signs it.
    pub audience: Audience,
    /// Its version; a new one is signed again.
    pub version: String,
    /// The day of issue.
    pub issued: Option<Date>,
    /// What it says.
    pub document: Document,
}

/// Another text of the policy: a file that is neither `policy.md` nor an agreement.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The file name without `.md`.
    pub name: String,
    /// Its front matter.
    pub front: NoticeFront,
    /// What it says.
    pub document: Document,
}

/// A code span of the language in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// Where it stands, with its backticks.
    pub(crate) span: Span,
    /// How it is printed, without backticks.
    pub(crate) canonical: String,
}
