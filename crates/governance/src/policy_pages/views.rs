//! What the templates of the policy pages print. Nothing here decides; `build` fills it.

use askama::Template;
use kernel::Standing;
use webkit::Page;

use super::chart::{Month, Stretch};

/// A standing as a badge: word, shape and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    /// [`Standing::id`].
    pub id: &'static str,
    /// "Not kept".
    pub word: &'static str,
    /// The class suffix, and how the bar draws it; the symbol is the id.
    pub look: &'static str,
}

impl Badge {
    /// The badge of a standing's id.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|badge| badge.id == id)
    }

    /// The badge of a standing.
    pub fn from(standing: &Standing) -> Self {
        match standing {
            Standing::Kept => Self::KEPT,
            Standing::Reserved { .. } => Self::RESERVED,
            Standing::Untried => Self::UNTRIED,
            Standing::Due { .. } => Self::DUE,
            Standing::NotBuilt => Self::NOT_BUILT,
            Standing::Unknown { .. } => Self::UNKNOWN,
            Standing::NotKept { .. } => Self::NOT_KEPT,
        }
    }

    /// "not kept", inside a sentence.
    pub fn lower(&self) -> String {
        self.word.to_lowercase()
    }

    const KEPT: Self = Self { id: "kept", word: "Kept", look: "kept" };
    const RESERVED: Self = Self { id: "reserved", word: "Reserved", look: "reserved" };
    const UNTRIED: Self = Self { id: "untried", word: "Untried", look: "untried" };
    const DUE: Self = Self { id: "due", word: "Due", look: "due" };
    const NOT_KEPT: Self = Self { id: "not-kept", word: "Not kept", look: "notkept" };
    const UNKNOWN: Self = Self { id: "unknown", word: "Unknown", look: "unknown" };
    const NOT_BUILT: Self = Self { id: "not-built", word: "Not built", look: "notbuilt" };

    /// Every badge, in the order of the table at the top of the page.
    pub const ALL: [Self; 7] =
        [Self::KEPT, Self::RESERVED, Self::UNTRIED, Self::DUE, Self::NOT_KEPT, Self::UNKNOWN, Self::NOT_BUILT];
}

/// A badge with how many clauses have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The standing.
    pub badge: Badge,
    /// How many clauses.
    pub count: usize,
    /// How many there were a month ago, where that is known.
    pub before: Option<usize>,
}

/// What is to be done first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// What mends it.
    pub title: String,
    /// Why it is not kept.
    pub why: String,
    /// "Next step, for clause 4.1.2".
    pub eyebrow: String,
    /// What the button says.
    pub button: String,
    /// Where it leads.
    pub href: String,
    /// Where it is mended.
    pub done_at: String,
    /// How many clauses are not kept.
    pub not_kept: usize,
}

/// A thing for which several clauses wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What mends them.
    pub title: String,
    /// Where it is done.
    pub href: String,
    /// How many clauses wait for this and nothing else.
    pub clauses: usize,
    /// Whom to ask, where others than the reader do it.
    pub ask: String,
}

/// One choice of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub text: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The filter form, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Words that the clause must have.
    pub words: String,
    /// The standings to choose from.
    pub standings: Vec<Choice>,
    /// The modules of controls to choose from.
    pub modules: Vec<Choice>,
    /// The kinds of controls to choose from.
    pub kinds: Vec<Choice>,
    /// Whether anything is asked for.
    pub active: bool,
    /// How many clauses answer it.
    pub found: usize,
}

/// A clause with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseView {
    /// The number as printed.
    pub number: String,
    /// The address of its anchor on this page, without `#`.
    pub anchor: String,
    /// Its own page.
    pub href: String,
    /// The text, safe to print.
    pub html: String,
    /// The cells of a row of a table with their headings, where the clause is one.
    pub cells: Vec<Cell>,
    /// Its standing; none for context.
    pub badge: Option<Badge>,
    /// Since when or by when, and what is the matter or the evidence.
    pub evidence: Vec<String>,
    /// "Kept on 211 of 213 days".
    pub history: Option<String>,
    /// What mends it.
    pub todo: Option<String>,
    /// What the system does, in words, one sentence a binding.
    pub system: Vec<String>,
}

impl ClauseView {
    /// Whether a red line stands beside it.
    pub fn is_not_kept(&self) -> bool {
        self.badge.is_some_and(|badge| badge.id == "not-kept")
    }
}

/// A cell of a table whose rows are clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The heading of its column.
    pub heading: String,
    /// The text, safe to print.
    pub html: String,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockView {
    /// A heading below the section's own, with its level from 3.
    Heading {
        /// 3 to 6.
        level: u8,
        /// The text, safe to print.
        html: String,
    },
    /// Prose, safe to print.
    Prose(String),
    /// A clause.
    Clause(Box<ClauseView>),
}

/// A section of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionView {
    /// The heading as printed.
    pub title: String,
    /// How many clauses of each standing it has.
    pub counts: Vec<Count>,
    /// Whether it is shown opened.
    pub open: bool,
    /// What stands in it.
    pub blocks: Vec<BlockView>,
}

/// The policy as prose with the standing of each clause.
#[derive(Debug, Template)]
#[template(path = "policy/page.html")]
pub struct PolicyPage {
    /// What the layout prints around it.
    pub page: Page,
    /// "Version 4, in force since 20 April 2026. Review by 20 April 2027."
    pub caption: String,
    /// The title of the policy.
    pub title: String,
    /// One sentence that sums it up.
    pub lead: String,
    /// How many clauses there are.
    pub total: usize,
    /// The stretches of the bar.
    pub bar: Vec<Stretch>,
    /// The bar in words.
    pub bar_label: String,
    /// The counts.
    pub counts: Vec<Count>,
    /// Whether any count of a month ago is known.
    pub has_before: bool,
    /// What is to be done first.
    pub next: Option<NextStep>,
    /// What turns most clauses.
    pub turns: Vec<Turn>,
    /// Where the policy is changed and published, for those who may.
    pub drafts: bool,
    /// The filter.
    pub filter: Filter,
    /// The policy.
    pub sections: Vec<SectionView>,
}

/// A line of a summary list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// A page to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// What the link says.
    pub text: String,
    /// Where it goes.
    pub href: String,
}

/// One binding on a clause's own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingView {
    /// "filter.categories".
    pub control: String,
    /// What the control is for.
    pub purpose: String,
    /// What the system does, in words.
    pub system: String,
    /// Its standing.
    pub badge: Badge,
    /// Since or by when, and what is the matter or the evidence.
    pub evidence: Vec<String>,
    /// What mends it.
    pub todo: Option<String>,
    /// The figures of the evidence.
    pub figures: Vec<Line>,
    /// Pages that show more.
    pub links: Vec<LinkView>,
    /// When it was found out.
    pub at: String,
}

/// A clause's evidence and history.
#[derive(Debug, Template)]
#[template(path = "policy/clause.html")]
pub struct ClausePage {
    /// What the layout prints around it.
    pub page: Page,
    /// The clause.
    pub clause: ClauseView,
    /// The heading that it stands under.
    pub section: String,
    /// Its bindings.
    pub bindings: Vec<BindingView>,
    /// "Kept on 211 of 213 days".
    pub history: Option<String>,
    /// Since when the days are counted.
    pub since: String,
    /// The calendar.
    pub months: Vec<Month>,
    /// The calendar in words.
    pub days_label: String,
    /// The days on which it was not kept.
    pub not_kept: Vec<String>,
    /// How many days nobody looked.
    pub unseen: usize,
    /// The changes of its standing, newest first.
    pub changes: Vec<Line>,
    /// The acts about it in the ledger: what, and how many.
    pub acts: Vec<Line>,
}

/// A version of the policy in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// "Version 4".
    pub name: String,
    /// Where it is shown.
    pub href: String,
    /// The first characters of its digest.
    pub digest: String,
    /// The first day on which it is in force.
    pub from: String,
    /// When it was enacted, and by whom approved.
    pub enacted: String,
    /// "In force", "From 1 December 2026", "Until 3 May 2026".
    pub state: String,
}

/// The versions of the policy.
#[derive(Debug, Template)]
#[template(path = "policy/versions.html")]
pub struct VersionsPage {
    /// What the layout prints around it.
    pub page: Page,
    /// The versions, newest first.
    pub rows: Vec<VersionRow>,
}

/// Some words of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceView {
    /// `same`, `gone` or `new`.
    pub look: &'static str,
    /// The words.
    pub text: String,
}

/// One change between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeView {
    /// "Clause 4.1.2 is new".
    pub title: String,
    /// The text, with what went and what came.
    pub pieces: Vec<PieceView>,
    /// What changes in what the system does, a sentence each.
    pub system: Vec<String>,
}

impl ChangeView {
    /// A change that is said in one line.
    pub(crate) fn line(title: String) -> Self {
        Self { title, pieces: Vec::new(), system: Vec::new() }
    }
}

/// One file of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// Its path in the folder.
    pub path: String,
    /// Its text, as published or as enacted.
    pub text: String,
}

/// One version: what changed, and its source.
#[derive(Debug, Template)]
#[template(path = "policy/version.html")]
pub struct VersionPage {
    /// What the layout prints around it.
    pub page: Page,
    /// The version.
    pub row: VersionRow,
    /// Its whole digest.
    pub digest: String,
    /// The version before, where there is one.
    pub before: Option<VersionRow>,
    /// What changed since the one before.
    pub changes: Vec<ChangeView>,
    /// Who approved it.
    pub approvals: Vec<Line>,
    /// The files.
    pub files: Vec<FileView>,
    /// Whether the reader sees the source with its bindings.
    pub whole: bool,
}

/// A piece of the printed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintBlock {
    /// A heading.
    Heading {
        /// 2 to 6.
        level: u8,
        /// The text, safe to print.
        html: String,
    },
    /// Prose, safe to print.
    Prose(String),
    /// A clause with its number.
    Clause {
        /// The number as printed.
        number: String,
        /// The text, safe to print.
        html: String,
        /// The cells, where it is a row of a table.
        cells: Vec<Cell>,
    },
}

/// The policy as it is published: no bindings, nothing that helps an attacker.
#[derive(Debug, Template)]
#[template(path = "policy/print.html")]
pub struct PrintPage {
    /// What the layout prints around it.
    pub page: Page,
    /// "Version 4, in force since 20 April 2026."
    pub caption: String,
    /// The title of the policy.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<PrintBlock>,
    /// The digest, so that a copy can be told from another.
    pub digest: String,
    /// Whether the reader may see how it stands.
    pub standing: bool,
}

/// What stands where no policy is in force yet.
#[derive(Debug, Template)]
#[template(path = "policy/none.html")]
pub struct NoPolicyPage {
    /// What the layout prints around it.
    pub page: Page,
}
