//! What a declaration says: one control kept as data, by a register, an attestation or a notice.

use std::sync::Arc;

use kernel::{Audience, Every, period::Unit};

use crate::{
    expression::{Condition, DateExpression},
    field::{Field, FieldName, Required},
    sentence::Sentence,
};

/// One control, declared as data: a file `declarations/<module>/<control>.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The module: `assets`.
    pub module: String,
    /// The control inside the module: `loans`.
    pub name: String,
    /// What pages call it: "Equipment on loan".
    pub title: String,
    /// What the system does about a clause that names it, as a sentence without a full stop and in the third person:
    /// "keeps a register of what is lent, to whom and until when".
    pub says: String,
    /// The terms of its own that a clause may set.
    pub terms: Vec<TermDeclaration>,
    /// A table of entries, where it is kept as one.
    pub register: Option<Arc<Register>>,
    /// How a person is asked about it: by an `attest` of a clause, or because that is what it is at its centre.
    pub attestation: Option<Attestation>,
    /// How people are told of it: by an `inform` of a clause, or because that is what it is at its centre.
    pub notice: Option<Notice>,
}

impl Declaration {
    /// `assets.loans`.
    pub fn control(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// A term that a clause may set, beyond the common ones.
#[derive(Debug, Clone, PartialEq)]
pub struct TermDeclaration {
    /// Its name in a policy: `retention-days`.
    pub name: String,
    /// What it takes.
    pub takes: TermType,
    /// How it is said in words, with `{}` for the value: "kept for {} days".
    pub words: String,
    /// The value where a clause gives none.
    pub usual: Option<serde_json::Value>,
}

/// What a term takes. A term that takes texts also takes one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermType {
    /// A text.
    Text,
    /// One text or several.
    Texts,
    /// A whole number that is not negative.
    Number,
    /// `true` or `false`.
    YesNo,
    /// A day.
    Date,
    /// Any value: for what differs between schools and is only said in words.
    Any,
}

/// A table of entries: fields, states, what is due, how long it is kept, and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// What one entry is called, in a sentence: "loan".
    pub item: String,
    /// What several are called: "loans".
    pub items: String,
    /// One or two sentences at the head of the list: what it is for and who fills it.
    pub lead: String,
    /// Who reads entries. Whoever is named by a relation to the subject reads those about their people alone.
    pub reads: Audience,
    /// Who adds and changes entries; by a relation, those about their people alone.
    pub writes: Audience,
    /// Whether every clause has entries of its own or all share them.
    pub rows: Rows,
    /// What is entered first, as a request, for a register that is still empty.
    pub first: String,
    /// How an entry is called on its page and in lists of what is due.
    pub entry_title: Sentence,
    /// Whether those who may not read the register, but name its entries in another one, may choose among the titles.
    pub open_titles: bool,
    /// The person whom an entry is about: a field of kind person. Erasing that person erases the details.
    pub subject: Option<FieldName>,
    /// The columns of the list, in order.
    pub columns: Vec<FieldName>,
    /// The column by which the list is sorted at first, and whether the largest comes first.
    pub sort: Option<(FieldName, bool)>,
    /// The fields, in the order of the form.
    pub fields: Vec<Field>,
    /// The states of an entry, in their order; the first is that of a new entry. Empty where entries have none.
    pub states: Vec<State>,
    /// How an entry comes from one state to the next.
    pub moves: Vec<Move>,
    /// What falls due.
    pub due: Option<Due>,
    /// How long entries are kept.
    pub keep: Keep,
    /// How a clause stands by the entries.
    pub standing: StandingRule,
}

impl Register {
    /// Whether a form leaves a field to a step while it is empty: the state of a loan that is out has no day of return.
    /// Without a state the form is that of a new entry.
    pub fn leaves_to_a_step(&self, field: &Field, state: Option<&str>) -> bool {
        let first = self.states.first().map(|state| state.name.as_str());
        let here = state.or(first);
        let mut asking = self.moves.iter().filter(|step| step.asks.contains(&field.name)).peekable();
        if field.required == Required::Yes || asking.peek().is_none() {
            return false;
        }
        let brought = asking.any(|step| Some(step.to.as_str()) == here);
        match field.later {
            Some(true) => here == first || !brought,
            Some(false) => false,
            None => !brought,
        }
    }
}

/// Which clauses an entry serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// All that name the control: a list of hardware serves each of them.
    School,
    /// The one that it was entered for: a taught skill, a topic of training.
    Clause,
}

/// A state of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its name in conditions: `out`.
    pub name: String,
    /// What pages say: "Out on loan".
    pub label: String,
    /// Whether an entry in this state is done with: it is no longer listed at first, nor due.
    pub ended: bool,
    /// The register whose entries bring one into this state, where no step of its own does: `assets.loans`.
    pub set_by: Option<String>,
}

/// A step from one state to another, as a button on the entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Its name in addresses: `return`.
    pub name: String,
    /// What the button says: "Mark as returned".
    pub label: String,
    /// From which states it leads; empty means from each.
    pub from: Vec<String>,
    /// The state that it leads to.
    pub to: String,
    /// Fields that the step asks for; all of them must be filled then.
    pub asks: Vec<FieldName>,
    /// Who may take it; those who write entries where nothing is said.
    pub who: Option<Audience>,
    /// What must hold for it; the message says what is missing.
    pub needs: Option<(Condition, String)>,
}

/// When an entry falls due, and for whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The last day on which it is not overdue.
    pub on: DateExpression,
    /// Whether it falls due at all.
    pub only_if: Option<Condition>,
    /// What is to be done: "Get {device} back".
    pub what: Sentence,
    /// Who sees it among the things to do; those who write entries where nothing is said.
    pub who: Option<Audience>,
    /// How long before the day it is shown.
    pub before: Every,
}

/// How long an entry is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Keep {
    /// How long.
    pub lasts: Every,
    /// From which day on; from the last change where nothing is said. An entry whose day is not known is kept.
    pub after: Option<DateExpression>,
}

impl Keep {
    /// How long entries are kept where nothing is said.
    pub fn usual() -> Self {
        Self { lasts: Every::new(6, Unit::Year), after: None }
    }
}

/// How a clause stands by the entries of a register. Judged in this order: counted entries, empty, wrong, overdue,
/// covered, fresh, kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingRule {
    /// Which entries count; all where nothing is said.
    pub counts: Option<Condition>,
    /// How it stands while no entry counts.
    pub empty: Empty,
    /// Entries that may not be so. The first rule that an entry meets makes the clause not kept.
    pub wrong: Vec<Wrong>,
    /// Whether an entry that is overdue makes the clause not kept.
    pub overdue: Overdue,
    /// Everybody or everything that must have an entry.
    pub cover: Option<Cover>,
    /// Until which day an entry keeps the clause: without `cover` the latest of all entries counts, with it the latest
    /// of each person, class or entry.
    pub fresh: Option<DateExpression>,
    /// How often something new is expected where the clause gives no `every`: the value of `every` in expressions.
    pub every: Option<Every>,
    /// How long before the day the clause is said to be due.
    pub before: Every,
    /// What is said where it is kept: "{count} loans; {open} are out." Knows `{count}`, `{ended}`, `{open}`,
    /// `{latest}` (day of the newest counted entry), `{latest.FIELD}` (the last day in a field of the counted entries),
    /// `{covered}`, `{of}`, and the clause's terms as `{term.NAME}`; with `cover` also `{sure}` and `{soon}`: how many
    /// of those covered stay so, and whose time runs out soon.
    pub kept: Sentence,
    /// What is said where it is due; the same where nothing is given.
    pub due: Option<Sentence>,
    /// What somebody says where there is nothing to enter: "We have no official accounts". Said within the last year
    /// while no entry counts, it stands in their place.
    pub none: Option<String>,
}

/// How a clause stands while no entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    /// Not kept; the register says what to enter first.
    NotKept,
    /// Untried: a register of events that need not happen, such as breaches.
    Untried,
}

/// Whether overdue entries count against a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overdue {
    /// One overdue entry makes the clause not kept.
    NotKept,
    /// They are shown to those who see to them, and no more.
    Shown,
}

/// Entries that may not be so.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// Which entries.
    pub when: Condition,
    /// Why the clause is not kept; knows `{count}`.
    pub says: Sentence,
    /// What mends it, as a sentence.
    pub mend: String,
}

/// Everybody or everything that must have an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// What the entries must cover.
    pub of: CoverOf,
    /// The field that names the person, class, year or entry.
    pub field: FieldName,
    /// How many of each hundred are enough.
    pub percent: u8,
}

/// What the entries of a register must cover.
#[derive(Debug, Clone, PartialEq)]
pub enum CoverOf {
    /// Each person of the clause's `who`, or of this audience where it names nobody.
    People(Audience),
    /// Each class with pupils of the clause's `who`.
    Classes,
    /// Each year group with pupils of the clause's `who`.
    Years,
    /// Each entry of another register that meets the condition.
    Entries {
        /// The register: `assets.hardware`.
        register: String,
        /// Which of its entries.
        when: Option<Condition>,
    },
}

/// How a person is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Attestation {
    /// The question, to be answered with yes or no: "Are servers, switches and cabling locked away?"
    pub question: String,
    /// What to look at before answering.
    pub help: String,
    /// Who is asked where the clause names nobody.
    pub by: Audience,
    /// How often, where the clause does not say.
    pub every: Every,
    /// Whether the answer comes with a file.
    pub evidence: AttestedEvidence,
}

/// Whether an answer comes with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttestedEvidence {
    /// It may.
    Optional,
    /// A yes must.
    Required,
}

/// How people are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Whom it tells where the clause names nobody.
    pub who: Audience,
    /// At which moments.
    pub moments: Vec<Moment>,
    /// Whether each reader says that it was read, or it is merely shown.
    pub acknowledged: bool,
    /// The text for each audience, narrowest first; Markdown, where `{clause}` stands for the words of the clause.
    pub texts: Vec<NoticeText>,
}

/// A text of a notice.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeText {
    /// For whom.
    pub who: Audience,
    /// What it is called.
    pub title: String,
    /// Markdown.
    pub text: String,
}

/// When a notice is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// After signing in, until it is read.
    SignIn,
    /// At the start of each session.
    Session,
    /// On the page that says that a site is blocked.
    BlockPage,
    /// Where devices are handed in.
    HandIn,
    /// To those who join.
    Induction,
    /// In a letter home.
    Letter,
    /// On the school's public page.
    WebPage,
    /// On a poster.
    Poster,
}
