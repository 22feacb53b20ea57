//! What the pages of notices show.

use askama::Template;
use webkit::{
    Page,
    kit::{Choices, Clear, ErrorSummary, Field, Next, Pager, State, Table},
};

use super::prose::Point;

/// One text, for everything that it tells of.
pub(super) struct Section {
    /// What it is called.
    pub(super) title: String,
    /// What it says; safe.
    pub(super) html: String,
    /// The same as points with pictures.
    pub(super) points: Vec<Point>,
    /// "Clause 4.2.1", "Clauses 4.2.1 and 4.2.2".
    pub(super) clauses: String,
    /// The language that it is in.
    pub(super) language: Option<String>,
    /// Key and digest of each notice that it is the text of.
    pub(super) texts: Vec<String>,
}

/// What waits to be read, for adults: all of it on one page.
#[derive(Template)]
#[template(path = "notices/waiting.html")]
pub(super) struct WaitingPage {
    pub(super) page: Page,
    pub(super) lead: String,
    pub(super) sections: Vec<Section>,
    pub(super) button: &'static str,
    /// Whether there is something to say about it, or it is merely shown.
    pub(super) acknowledged: bool,
}

/// One step of what waits to be read, for children.
#[derive(Template)]
#[template(path = "notices/step.html")]
pub(super) struct StepPage {
    pub(super) page: Page,
    pub(super) section: Section,
    pub(super) step: String,
    pub(super) button: &'static str,
    pub(super) acknowledged: bool,
    pub(super) young: bool,
}

/// A notice that the reader has read, or could.
pub(super) struct MineRow {
    pub(super) title: String,
    pub(super) why: String,
    pub(super) href: String,
    pub(super) state: State,
}

/// The reader's notices, and how far all of them have reached for those who see it.
#[derive(Template)]
#[template(path = "notices/list.html")]
pub(super) struct ListPage {
    pub(super) page: Page,
    pub(super) lead: String,
    pub(super) next: Option<Next>,
    pub(super) clear: Option<Clear>,
    pub(super) mine: Vec<MineRow>,
    pub(super) reach: Option<Reach>,
    pub(super) child: bool,
}

/// How far the notices have reached.
pub(super) struct Reach {
    pub(super) says: String,
    pub(super) table: Table,
    pub(super) pager: Pager,
}

/// A text of a notice, as leads see it.
pub(super) struct TextRow {
    pub(super) title: String,
    pub(super) who: String,
    pub(super) from: String,
    pub(super) age: String,
    pub(super) hint: Option<String>,
    pub(super) html: String,
    pub(super) language: Option<String>,
    pub(super) letter: String,
    pub(super) poster: String,
}

/// Those of a class or role who have not read it.
pub(super) struct Waiting {
    pub(super) group: String,
    pub(super) reached: String,
    pub(super) names: Vec<String>,
}

/// Something that was issued.
pub(super) struct IssueRow {
    pub(super) on: String,
    pub(super) says: String,
    pub(super) old: bool,
}

/// The form that notes what was sent or hung up.
pub(super) struct IssueForm {
    /// Whether it stands open: where the notice is told by letter or poster.
    pub(super) open: bool,
    pub(super) action: String,
    pub(super) how: Choices,
    pub(super) text: Option<Choices>,
    pub(super) place: Field,
    pub(super) copies: Field,
}

/// What leads see of a notice.
pub(super) struct Details {
    pub(super) facts: Vec<(String, String)>,
    pub(super) texts: Vec<TextRow>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) more: usize,
    pub(super) issues: Vec<IssueRow>,
    pub(super) public: Option<String>,
}

/// One notice.
#[derive(Template)]
#[template(path = "notices/notice.html")]
pub(super) struct NoticePage {
    pub(super) page: Page,
    pub(super) caption: String,
    pub(super) title: String,
    pub(super) own: Option<Section>,
    pub(super) read_on: Option<String>,
    pub(super) action: Option<String>,
    pub(super) button: &'static str,
    pub(super) details: Option<Details>,
    pub(super) form: Option<IssueForm>,
    pub(super) summary: Option<ErrorSummary>,
}

/// A text to print: a letter, or a poster.
#[derive(Template)]
#[template(path = "notices/print.html")]
pub(super) struct PrintPage {
    /// Where the same stands as PDF.
    pub(super) pdf: Option<String>,
    pub(super) page: Page,
    pub(super) school: String,
    pub(super) today: String,
    pub(super) title: String,
    pub(super) html: String,
    pub(super) points: Vec<Point>,
    pub(super) language: Option<String>,
    pub(super) letter: bool,
    pub(super) signed: String,
    pub(super) clauses: String,
    pub(super) others: Vec<(String, String)>,
}

/// A notice as the public sees it.
#[derive(Template)]
#[template(path = "notices/public.html")]
pub(super) struct PublicPage {
    pub(super) page: Page,
    pub(super) title: String,
    pub(super) html: String,
    pub(super) clauses: String,
    pub(super) language: Option<String>,
    pub(super) others: Vec<(String, String)>,
}
