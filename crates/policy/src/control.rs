//! What a control is to the language: a name, a kind, its terms, and words for them.

use std::{borrow::Cow, fmt};

use crate::{binding::Binding, front::Front, source::Span, words::Words};

/// The name of a control: `filter.safe-search`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlId {
    module: Cow<'static, str>,
    name: Cow<'static, str>,
}

impl ControlId {
    /// A name that the program knows.
    pub const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module: Cow::Borrowed(module), name: Cow::Borrowed(name) }
    }

    /// Reads `module.control`.
    pub fn parse(text: &str) -> Result<Self, kernel::BadText> {
        match text.split_once('.') {
            Some((module, name)) if kernel::place::is_word(module) && kernel::place::is_word(name) => {
                Ok(Self { module: Cow::Owned(module.to_owned()), name: Cow::Owned(name.to_owned()) })
            }
            Some(_) | None => Err(kernel::BadText::new(text, "a control such as `filter.safe-search`")),
        }
    }

    /// The module: `filter`.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The name inside the module: `safe-search`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

impl serde::Serialize for ControlId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which engine a control is at its centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The system makes breaking the clause impossible, or stops it as it happens.
    Enforce,
    /// The system holds who did it and when, and says what is missing or overdue.
    Record,
    /// A named person confirms, on a schedule and with evidence, what software cannot see.
    Attest,
    /// The right people are shown the right text at the right moment.
    Inform,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Enforce, Self::Record, Self::Attest, Self::Inform];

    /// The word in the catalogue.
    pub fn id(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Record => "record",
            Self::Attest => "attest",
            Self::Inform => "inform",
        }
    }

    /// Reads the word of the catalogue.
    pub fn parse(text: &str) -> Result<Self, kernel::BadText> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.id() == text)
            .ok_or_else(|| kernel::BadText::new(text, "`enforce`, `record`, `attest` or `inform`"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// How several bindings of one control combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// Every binding is an item with its own rows and standing.
    Each,
    /// Bindings make one rule where `who`, `when`, `where` and `system` overlap; what cannot be made one is an error.
    One,
}

/// Whether two overlapping, equally broad bindings of a control that combines to one go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Combined {
    /// They do: equal, a union, or the stricter wins.
    Fine,
    /// They do not.
    Conflict {
        /// What contradicts what, as the end of a sentence: "`length` is 8 in one and 10 in the other".
        what: String,
    },
}

/// Something wrong with the terms of one binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermProblem {
    /// The term that is wrong, where it is one.
    pub key: Option<String>,
    /// The place, where it is known better than by `key`.
    pub span: Option<Span>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl TermProblem {
    /// A problem of the term `key`.
    pub fn of(key: &str, message: impl Into<String>) -> Self {
        Self { key: Some(key.to_owned()), span: None, message: message.into(), help: None }
    }

    /// A problem of the binding as a whole, such as a term that is missing.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { key: None, span: None, message: message.into(), help: None }
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}

/// What every control says of itself, whatever its terms are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its name.
    pub id: ControlId,
    /// Which engine it is at its centre.
    pub kind: Kind,
    /// What it does, as the catalogue says it.
    pub purpose: String,
    /// How several bindings combine.
    pub combine: Combine,
    /// Whether the system keeps it.
    pub built: bool,
    /// Terms for the reference, as an inline table: `{ who = "pupils" }`; empty where it needs none.
    pub example: String,
}

impl Card {
    /// A control that is not built, whose bindings are items of their own.
    pub fn new(id: ControlId, kind: Kind, purpose: impl Into<String>) -> Self {
        Self { id, kind, purpose: purpose.into(), combine: Combine::Each, built: false, example: String::new() }
    }

    /// Says that the system keeps it.
    #[must_use]
    pub fn built(mut self) -> Self {
        self.built = true;
        self
    }

    /// Says how several bindings combine.
    #[must_use]
    pub fn combine(mut self, combine: Combine) -> Self {
        self.combine = combine;
        self
    }

    /// Gives terms for the reference: `{ who = "pupils" }`.
    #[must_use]
    pub fn example(mut self, example: impl Into<String>) -> Self {
        self.example = example.into();
        self
    }
}

/// A control, as the language sees it.
pub trait Control: Send + Sync {
    /// Name, kind, purpose, how it combines, whether it is built.
    fn card(&self) -> &Card;

    /// Its own terms as the JSON Schema of an object; the common terms are not among them.
    fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema;

    /// The names of its own terms; none where any name will do.
    fn keys(&self) -> Option<&[String]>;

    /// Whether a term of its own is a text, a number … as JSON Schema calls it (`string`, `integer`, `boolean`,
    /// `array`); a cell of a table is read as that. None where anything will do.
    fn type_of(&self, key: &str) -> Option<&str>;

    /// What is wrong with its own terms (`binding.own`), or with the common ones for this control.
    fn check_terms(&self, binding: &Binding) -> Vec<TermProblem>;

    /// What the system does about this binding, as a sentence without a full stop and without the common terms.
    fn in_words(&self, binding: &Binding, words: &Words) -> String;

    /// Whether the system keeps this binding: some terms of a built control may ask for more than is built.
    fn keeps(&self, binding: &Binding, front: &Front) -> bool {
        let _ = (binding, front);
        self.card().built
    }

    /// Whether two bindings go together that overlap and are equally broad. Asked only of controls that combine to one.
    fn combine(&self, one: &Binding, two: &Binding) -> Combined {
        crate::combine::by_value(one, two)
    }
}
