//! What the templates of the agreement pages print. Nothing here decides; `pages` fills it.

use askama::Template;
use webkit::{
    Page,
    kit::{ErrorSummary, Field},
};

/// A line of the list of my agreements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MineRow {
    /// The title of the agreement.
    pub title: String,
    /// Where it is read.
    pub href: String,
    /// "Signed on 3 September 2026", "Waits for you".
    pub state: String,
    /// Whether it waits for a signature.
    pub waits: bool,
}

/// What I signed, and what waits for me.
#[derive(Debug, Template)]
#[template(path = "agreements/mine.html")]
pub struct MinePage {
    /// What the layout prints around it.
    pub page: Page,
    /// One sentence that sums it up.
    pub lead: String,
    /// The agreement that waits, where one does.
    pub next: Option<MineRow>,
    /// Every agreement that binds me or that I signed.
    pub rows: Vec<MineRow>,
    /// Whether the reader is a child.
    pub child: bool,
    /// Whether the reader may see who has signed.
    pub coverage: bool,
}

/// A promise, or a thing to know, with its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The symbol beside it.
    pub picture: &'static str,
    /// The text, safe to print.
    pub html: String,
    /// A second sentence in small type, safe to print.
    pub small: Option<String>,
}

/// A part of an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A heading.
    Heading(String),
    /// Prose, safe to print.
    Prose(String),
    /// A list of promises.
    Points(Vec<Point>),
}

/// How the agreement stands with the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignState {
    /// The reader signs here.
    Open,
    /// The reader signed this text.
    Signed {
        /// "3 September 2026".
        on: String,
        /// The name as it was written.
        name: String,
    },
    /// It binds others.
    NotYours,
}

/// An agreement, to read and sign.
#[derive(Debug, Template)]
#[template(path = "agreements/agreement.html")]
pub struct AgreementPage {
    /// What the layout prints around it.
    pub page: Page,
    /// The title of the agreement.
    pub title: String,
    /// "For Years 3 to 6".
    pub caption: String,
    /// One sentence: how long it is, and what signing does.
    pub lead: String,
    /// The text.
    pub parts: Vec<Part>,
    /// How it stands.
    pub state: SignState,
    /// Where the form is sent.
    pub action: String,
    /// Whether the box was ticked.
    pub read: bool,
    /// What to correct about the box.
    pub read_error: Option<String>,
    /// The field for the name, with what was typed.
    pub name: Field,
    /// "I have read all 8 and I understand them".
    pub read_label: String,
    /// "I promise" or "Sign".
    pub button: String,
    /// What to correct.
    pub summary: Option<ErrorSummary>,
    /// What holds until it is signed, where the gateway asks for it.
    pub until: Option<String>,
    /// Whether the youngest sign it: a big button, and no typing.
    pub youngest: bool,
}

/// A ring of who has signed, with its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// An id for the heading.
    pub id: String,
    /// "Class 5B", "Teachers".
    pub title: String,
    /// How many signed.
    pub signed: usize,
    /// How many there are.
    pub total: usize,
    /// The length of the arc.
    pub arc: String,
    /// "3 have not signed."
    pub sentence: String,
}

/// Somebody who has not signed.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// The name.
    pub name: String,
    /// "5B", "Teacher".
    pub group: String,
    /// The agreement.
    pub agreement: String,
    /// "Signed an earlier text on 3 September 2026", "Has not signed".
    pub known: String,
}

/// A count of one class or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// "5B", "Teacher".
    pub group: String,
    /// How many signed.
    pub signed: usize,
    /// How many there are.
    pub total: usize,
    /// Where only this group is shown.
    pub href: Option<String>,
}

/// Who has signed.
#[derive(Template)]
#[template(path = "agreements/coverage.html")]
pub struct CoveragePage {
    /// What the layout prints around it.
    pub page: Page,
    /// "Class 5B", "The whole school".
    pub caption: String,
    /// One sentence that sums it up.
    pub lead: String,
    /// A ring for each agreement.
    pub rings: Vec<Ring>,
    /// Counts by class and role.
    pub groups: Vec<GroupRow>,
    /// Those who have not.
    pub waiting: Vec<WaitingRow>,
    /// How many more there are than are listed.
    pub more: usize,
    /// The names of those who have, where one class is shown.
    pub signed: Vec<String>,
    /// Whether the whole school is shown, and can be narrowed.
    pub narrowed: bool,
}
