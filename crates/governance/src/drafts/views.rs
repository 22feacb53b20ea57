//! What the templates of drafts and approvals print.

use askama::Template;
use webkit::{
    Page,
    kit::{Choices, ErrorSummary, Field, TextArea},
};

use crate::policy_pages::views::{Cell, ChangeView, LinkView};

/// A draft in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// What it is called.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Where it stands.
    pub state: String,
    /// Who changed it last, and when.
    pub changed: String,
    /// Whether it may still be changed.
    pub live: bool,
}

/// The drafts of the school.
#[derive(Debug, Template)]
#[template(path = "drafts/list.html")]
pub struct ListPage {
    /// What the layout prints around it.
    pub page: Page,
    /// What is to be put right in a form.
    pub summary: Option<ErrorSummary>,
    /// The drafts.
    pub rows: Vec<DraftRow>,
    /// "version 4", where one is in force to begin from.
    pub in_force: Option<String>,
    /// The file to upload.
    pub file: Field,
}

/// Something that is wrong, or that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether the draft cannot be in force with it.
    pub error: bool,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Where: "Clause 4.1.2".
    pub place: String,
    /// The clause.
    pub label: Option<String>,
    /// Where it is put right.
    pub href: Option<String>,
}

/// A piece of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftBlock {
    /// A heading.
    Heading {
        /// 2 to 6.
        level: u8,
        /// The text, safe to print.
        html: String,
    },
    /// Prose, safe to print.
    Prose(String),
    /// A clause.
    Clause {
        /// The number as printed.
        number: String,
        /// The address of its anchor on the page.
        anchor: String,
        /// The text, safe to print.
        html: String,
        /// The cells, where it is a row of a table.
        cells: Vec<Cell>,
        /// Whether it is background.
        context: bool,
        /// What the system would do, a sentence a binding.
        system: Vec<String>,
        /// Whether there is an error in it.
        wrong: bool,
        /// Where it is changed.
        change: Option<String>,
    },
}

/// Where one body stands to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyRow {
    /// The body's word in forms.
    pub id: String,
    /// As the school calls it.
    pub title: String,
    /// "Approved on 3 September 2026 by Priya Nair", "Has not answered yet".
    pub says: String,
    /// What was said with it.
    pub words: String,
    /// Whether it approves.
    pub approved: bool,
    /// Whether the reader speaks for it.
    pub mine: bool,
}

/// A draft: its text, what is wrong, what changed.
#[derive(Debug, Template)]
#[template(path = "drafts/draft.html")]
pub struct DraftPage {
    /// What the layout prints around it.
    pub page: Page,
    /// What is to be put right in a form.
    pub summary: Option<ErrorSummary>,
    /// "Draft, changed by Priya Nair today at 10:15".
    pub caption: String,
    /// What it is called.
    pub title: String,
    /// One sentence that says how it stands.
    pub lead: String,
    /// The address of this page.
    pub href: String,
    /// Counts the changes.
    pub version: i64,
    /// Whether it may be changed.
    pub live: bool,
    /// Whether it waits for approval.
    pub submitted: bool,
    /// Whether it has no errors.
    pub sound: bool,
    /// Where those who approve it read it.
    pub approvals: Option<String>,
    /// Whether everybody who is asked has approved it.
    pub approved: bool,
    /// Where it is tried out on past weeks.
    pub what_if: Option<String>,
    /// The fields of the front matter.
    pub front: Vec<Field>,
    /// The file to upload in its place.
    pub file: Field,
    /// Errors.
    pub errors: Vec<Fault>,
    /// Warnings.
    pub warnings: Vec<Fault>,
    /// How many clauses Gatehouse cannot keep yet.
    pub not_built: usize,
    /// What changes, compared with the version in force.
    pub changes: Vec<ChangeView>,
    /// Whether there is a version to compare it with.
    pub compared: bool,
    /// The text.
    pub blocks: Vec<DraftBlock>,
    /// Files that have no clause to change: their paths.
    pub files: Vec<LinkView>,
}

/// A binding in the form of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingForm {
    /// From 1.
    pub number: usize,
    /// The control.
    pub control: String,
    /// What it is for.
    pub purpose: String,
    /// "The system: …".
    pub system: Option<String>,
    /// The fields of its own terms, printed.
    pub own: Vec<String>,
    /// The fields of the terms that every binding may have, printed.
    pub common: Vec<String>,
    /// Terms that no field has.
    pub other: String,
    /// What is to be put right in them.
    pub other_error: Option<String>,
    /// As it is written.
    pub written: String,
    /// What is to be put right in it.
    pub written_error: Option<String>,
    /// Whether what is written counts, not the fields.
    pub as_written: bool,
    /// Whether it is to go.
    pub gone: bool,
    /// Whether the common terms are shown opened.
    pub open: bool,
}

/// One clause of a draft, to be changed.
#[derive(Debug, Template)]
#[template(path = "drafts/clause.html")]
pub struct ClauseFormPage {
    /// What the layout prints around it.
    pub page: Page,
    /// What is to be put right.
    pub summary: Option<ErrorSummary>,
    /// The heading that it stands under.
    pub caption: String,
    /// "Clause 4.1.2".
    pub title: String,
    /// The address of this page.
    pub href: String,
    /// The draft's page.
    pub draft: String,
    /// Counts the changes.
    pub version: i64,
    /// What was stored meanwhile by somebody else.
    pub meanwhile: Option<String>,
    /// Its words: one box, or one for each cell.
    pub words: Vec<TextArea>,
    /// Its bindings.
    pub bindings: Vec<BindingForm>,
    /// What the paragraph before its table gives it.
    pub of_table: Vec<String>,
    /// The names of all controls.
    pub controls: Vec<String>,
    /// A binding that is to be added.
    pub more: Field,
    /// Whether what follows is a preview of what was typed.
    pub preview: bool,
    /// What the system would do.
    pub system: Vec<String>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Whether the draft may be changed.
    pub live: bool,
}

/// Another file of a draft as it is written.
#[derive(Debug, Template)]
#[template(path = "drafts/file.html")]
pub struct FilePage {
    /// What the layout prints around it.
    pub page: Page,
    /// Its path.
    pub path: String,
    /// The address of this page.
    pub href: String,
    /// Counts the changes.
    pub version: i64,
    /// What was stored meanwhile by somebody else.
    pub meanwhile: bool,
    /// The text.
    pub text: String,
    /// Whether the draft may be changed.
    pub live: bool,
}

/// A text that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// What it is.
    pub title: String,
    /// Where it is read.
    pub href: String,
    /// "The governors have not answered yet."
    pub says: String,
    /// Whether the reader is asked.
    pub mine: bool,
}

/// What waits for approval.
#[derive(Debug, Template)]
#[template(path = "drafts/approvals.html")]
pub struct ApprovalsPage {
    /// What the layout prints around it.
    pub page: Page,
    /// One sentence that sums it up.
    pub lead: String,
    /// What waits.
    pub rows: Vec<WaitingRow>,
}

/// A text, to be read and approved.
#[derive(Debug, Template)]
#[template(path = "drafts/approval.html")]
pub struct ApprovalPage {
    /// What the layout prints around it.
    pub page: Page,
    /// What is to be put right.
    pub summary: Option<ErrorSummary>,
    /// "Draft version 5".
    pub caption: String,
    /// The title of the policy.
    pub title: String,
    /// What the reader is asked.
    pub lead: String,
    /// The address of this page.
    pub href: String,
    /// The digest of the text.
    pub digest: String,
    /// The bodies.
    pub bodies: Vec<BodyRow>,
    /// Whether the reader speaks for any.
    pub asked: bool,
    /// The one that the reader speaks for, where it is one.
    pub only: Option<String>,
    /// For which the reader answers, where it is several.
    pub speaks: Choices,
    /// Why not.
    pub because: TextArea,
    /// What changes, compared with the version in force.
    pub changes: Vec<ChangeView>,
    /// Whether there is a version to compare it with.
    pub compared: bool,
    /// The whole text.
    pub blocks: Vec<DraftBlock>,
    /// Whether the reader may put it in force now.
    pub enact: bool,
    /// From which day.
    pub from: Field,
    /// The draft and the count of its changes.
    pub draft: Option<(String, i64)>,
}
