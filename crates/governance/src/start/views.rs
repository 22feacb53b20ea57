//! What the templates of the first week print.

use askama::Template;
use webkit::{Page, kit::Next};

/// A policy to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterView {
    /// The word in forms.
    pub id: &'static str,
    /// "For a primary school".
    pub title: &'static str,
    /// What it has.
    pub says: String,
}

/// A step of the first week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepView {
    /// What to do.
    pub title: String,
    /// Why, or what it takes.
    pub says: String,
    /// Where; empty while it cannot be taken yet.
    pub href: String,
    /// Whether nothing waits for it any more.
    pub done: bool,
    /// Whether it is the next best one.
    pub next: bool,
    /// How many clauses wait for this and nothing else.
    pub turns: usize,
    /// How many clauses wait for this among others.
    pub waits: usize,
    /// What it is made of.
    pub parts: Vec<PartView>,
}

/// A thing to do within a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartView {
    /// What to do.
    pub title: String,
    /// Where.
    pub href: String,
    /// How many clauses wait for this and nothing else.
    pub turns: usize,
    /// Whom to ask, where others than the reader do it.
    pub ask: String,
}

/// The first week.
#[derive(Debug, Template)]
#[template(path = "start/start.html")]
pub struct StartPage {
    /// What the layout prints around it.
    pub page: Page,
    /// The heading.
    pub title: String,
    /// One sentence that says where the school is.
    pub lead: String,
    /// The next best step.
    pub next: Option<Next>,
    /// The policies to begin with, where none is in force.
    pub starters: Vec<StarterView>,
    /// Drafts that are under way.
    pub drafts: bool,
    /// The steps.
    pub steps: Vec<StepView>,
}
