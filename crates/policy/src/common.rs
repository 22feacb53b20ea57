//! The terms that every binding may have, and their types.

use jiff::civil::Date;
use kernel::{Audience, Every, Place, Sites, When, Within};

/// The name of a common term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Common {
    /// Whom it binds.
    Who,
    /// Who, what or where is excepted.
    Except,
    /// At which times.
    When,
    /// At which places.
    Where,
    /// In which system.
    System,
    /// Who answers for it, permits it or gets the reminder.
    By,
    /// How often.
    Every,
    /// How soon.
    Within,
    /// What lifts it.
    Unless,
    /// After which other clause.
    After,
    /// On which occasion.
    On,
    /// Whether it is a power.
    May,
    /// From which day.
    From,
    /// Whether it is on trial.
    Observe,
    /// Who is told about it.
    Inform,
    /// Who confirms it.
    Attest,
}

impl Common {
    /// Every common term, in the order in which they are printed.
    pub const ALL: [Self; 16] = [
        Self::Who,
        Self::Except,
        Self::When,
        Self::Where,
        Self::System,
        Self::By,
        Self::Every,
        Self::Within,
        Self::Unless,
        Self::After,
        Self::On,
        Self::May,
        Self::From,
        Self::Observe,
        Self::Inform,
        Self::Attest,
    ];

    /// The word in a policy.
    pub fn id(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Except => "except",
            Self::When => "when",
            Self::Where => "where",
            Self::System => "system",
            Self::By => "by",
            Self::Every => "every",
            Self::Within => "within",
            Self::Unless => "unless",
            Self::After => "after",
            Self::On => "on",
            Self::May => "may",
            Self::From => "from",
            Self::Observe => "observe",
            Self::Inform => "inform",
            Self::Attest => "attest",
        }
    }

    /// Reads the word of a policy.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|common| common.id() == text)
    }
}

/// A condition made of several: one, any of several, or all of several.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition<T> {
    /// One.
    One(T),
    /// Any of them: `["lunch", "after-school"]` or `{ any = […] }`.
    Any(Vec<Self>),
    /// All of them: `{ all = […] }`.
    All(Vec<Self>),
}

impl<T> Condition<T> {
    /// Whether it holds, where `holds` says whether one part does.
    pub fn holds(&self, holds: &dyn Fn(&T) -> bool) -> bool {
        match self {
            Self::One(one) => holds(one),
            Self::Any(many) => many.iter().any(|part| part.holds(holds)),
            Self::All(many) => many.iter().all(|part| part.holds(holds)),
        }
    }

    /// Whether it could hold together with `other`, where `overlap` says so of two parts.
    pub fn overlaps(&self, other: &Self, overlap: &dyn Fn(&T, &T) -> bool) -> bool {
        match (self, other) {
            (Self::One(one), Self::One(two)) => overlap(one, two),
            (Self::Any(many), other) | (other, Self::Any(many)) => {
                many.iter().any(|part| part.overlaps(other, overlap))
            }
            (Self::All(many), other) | (other, Self::All(many)) => {
                many.iter().all(|part| part.overlaps(other, overlap))
            }
        }
    }

    /// The parts, in the order of the source.
    pub fn parts(&self) -> Vec<&T> {
        match self {
            Self::One(one) => vec![one],
            Self::Any(many) | Self::All(many) => many.iter().flat_map(Self::parts).collect(),
        }
    }

    /// In words: "lunch or after school", "autumn and lunch".
    pub fn in_words(&self, word: &dyn Fn(&T) -> String) -> String {
        match self {
            Self::One(one) => word(one),
            Self::Any(many) => join(many.iter().map(|part| part.in_words(word)), "or"),
            Self::All(many) => join(many.iter().map(|part| part.in_words(word)), "and"),
        }
    }
}

/// "a, b and c".
pub(crate) fn join(words: impl Iterator<Item = String>, last: &str) -> String {
    let words: Vec<_> = words.collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// Who, what or where is excepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Except {
    /// These people.
    pub who: Option<Audience>,
    /// These sites.
    pub sites: Sites,
    /// These places.
    pub places: Vec<Place>,
}

/// What lifts a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exception {
    /// A circumstance in the school's words: `permission`.
    Word(String),
    /// What another control provides: `policy.permits`.
    Control(String),
}

/// Who confirms a clause, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attest {
    /// Who confirms it.
    pub by: Audience,
    /// How often; the binding's own `every` counts where this is missing.
    pub every: Option<Every>,
}

/// The terms that every binding may have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommonTerms {
    /// Whom it binds; none means whom the clause and control imply, which is everyone.
    pub who: Option<Audience>,
    /// Who, what or where is excepted.
    pub except: Option<Except>,
    /// At which times; none means always.
    pub when: Option<Condition<When>>,
    /// At which places; none means everywhere.
    pub place: Option<Condition<Place>>,
    /// In which systems, as `[systems]` names them; none means in Gatehouse itself.
    pub systems: Vec<String>,
    /// Who answers for it, permits it or gets the reminder.
    pub by: Option<Audience>,
    /// How often.
    pub every: Option<Every>,
    /// How soon.
    pub within: Option<Within>,
    /// What lifts it.
    pub unless: Option<Condition<Exception>>,
    /// Labels of the clauses whose acts come first.
    pub after: Vec<String>,
    /// Named occasions.
    pub on: Vec<String>,
    /// Whether it is a power and not a duty.
    pub may: bool,
    /// From which day.
    pub from: Option<Date>,
    /// Whether it is on trial: it decides and records but does not refuse.
    pub observe: bool,
    /// Who is told about it.
    pub inform: Option<Audience>,
    /// Who confirms it.
    pub attest: Option<Attest>,
}

impl CommonTerms {
    /// Whom it binds, everyone where it does not say.
    pub fn audience(&self) -> Audience {
        self.who.clone().unwrap_or_else(Audience::everyone)
    }

    /// Whether it is only observed on `today`: on trial.
    pub fn on_trial(&self) -> bool {
        self.observe
    }

    /// Whether it has begun on `today`.
    pub fn begun(&self, today: Date) -> bool {
        self.from.is_none_or(|from| from <= today)
    }
}
