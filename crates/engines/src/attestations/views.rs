//! What the pages of attestations show.

use askama::Template;
use webkit::{
    Page,
    kit::{Choices, Clear, ErrorSummary, Field, Next, Pager, State, Table, TextArea, Todo},
};

/// A figure above the list, which narrows it.
pub(super) struct Figure {
    pub(super) count: usize,
    pub(super) says: &'static str,
    pub(super) href: String,
}

/// What is asked: of the reader first, then all of it for those who see it.
#[derive(Template)]
#[template(path = "attestations/list.html")]
pub(super) struct ListPage {
    pub(super) page: Page,
    pub(super) lead: String,
    pub(super) next: Option<Next>,
    pub(super) mine: Vec<Todo>,
    pub(super) clear: Option<Clear>,
    pub(super) all: Option<AllItems>,
}

/// Everything that the school confirms.
pub(super) struct AllItems {
    pub(super) figures: Vec<Figure>,
    pub(super) heading: String,
    pub(super) table: Table,
    pub(super) pager: Pager,
    pub(super) narrowed: bool,
}

/// The fields of an answer.
pub(super) struct AnswerFields {
    pub(super) answer: Choices,
    pub(super) words: TextArea,
    pub(super) mend: TextArea,
    pub(super) mend_by: Field,
    pub(super) file: Option<Field>,
    /// Whether what belongs to a no stands open.
    pub(super) open: bool,
}

/// An answer that was given before.
pub(super) struct Earlier {
    pub(super) on: String,
    pub(super) who: String,
    pub(super) state: State,
    pub(super) words: String,
    pub(super) mend: String,
    pub(super) file: Option<String>,
}

/// One question.
#[derive(Template)]
#[template(path = "attestations/question.html")]
pub(super) struct QuestionPage {
    pub(super) page: Page,
    pub(super) caption: String,
    pub(super) question: String,
    pub(super) clause: String,
    pub(super) system: String,
    pub(super) kept_in: Option<String>,
    pub(super) help: String,
    pub(super) asked: String,
    pub(super) when: String,
    pub(super) late: bool,
    pub(super) action: String,
    pub(super) fields: Option<AnswerFields>,
    pub(super) summary: Option<ErrorSummary>,
    pub(super) several: Option<(String, String)>,
    pub(super) earlier: Vec<Earlier>,
}

/// One question of several.
pub(super) struct Asking {
    pub(super) key: String,
    pub(super) number: String,
    pub(super) clause: String,
    pub(super) system: String,
    pub(super) fields: AnswerFields,
}

/// Several questions about one control, answered in a row.
#[derive(Template)]
#[template(path = "attestations/several.html")]
pub(super) struct SeveralPage {
    pub(super) page: Page,
    pub(super) title: String,
    pub(super) question: String,
    pub(super) lead: String,
    pub(super) help: String,
    pub(super) action: String,
    pub(super) asking: Vec<Asking>,
    pub(super) summary: Option<ErrorSummary>,
}

/// No policy is in force, so nothing is asked.
#[derive(Template)]
#[template(path = "attestations/none.html")]
pub(super) struct NonePage {
    pub(super) page: Page,
}
