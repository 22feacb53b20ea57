//! Which clauses somebody is asked to confirm, who is asked, how often, and when it falls due. Pure: rows, people and
//! the day come in as values.

use std::sync::Arc;

use declare::{AttestedEvidence, Declaration};
use jiff::{Span, civil::Date};
use kernel::{Audience, AudienceAtom, Every, PersonId, Role, Subject, period::Unit, time::date_in_words};
use policy::{Binding, Clause, Kind, Seen};

use crate::{InForce, Person};

/// How many days after a clause came in force it is first to be confirmed.
const FIRST: i64 = 14;
/// How many days overdue it goes to the deputy as well.
const DEPUTY: i32 = 7;
/// How many days overdue it goes to the head as well.
const HEAD: i32 = 14;

/// One thing that somebody is asked to confirm: a binding of the policy in force.
#[derive(Debug, Clone)]
pub struct Item<'p> {
    /// Its clause.
    pub clause: &'p Clause,
    /// The binding.
    pub binding: &'p Binding,
    /// What is declared of its control.
    pub declared: Option<&'p Declaration>,
    /// Who is asked.
    pub by: Audience,
    /// How often.
    pub every: Every,
    /// The other systems that keep it, as people call them.
    pub systems: Vec<String>,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It does not apply at this school.
    NotApplicable,
}

impl Answer {
    /// As forms and rows write it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// Reads what a form or row says.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::NotApplicable].into_iter().find(|answer| answer.id() == text)
    }

    /// As pages say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::NotApplicable => "Does not apply",
        }
    }
}

/// The last answer to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAnswer {
    /// What was answered.
    pub answer: Answer,
    /// On which day.
    pub on: Date,
    /// What was said.
    pub words: String,
    /// What will be done, where the answer is no.
    pub mend: String,
    /// By when it will be done.
    pub mend_by: Option<Date>,
    /// The day by which it is asked again.
    pub next: Date,
    /// Who answered.
    pub by: Option<PersonId>,
    /// The label of the clause as it was then.
    pub label: String,
}

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It should have been answered.
    Overdue,
    /// The last answer was no, and its day is not over.
    Wrong,
    /// It falls due within the next days.
    Soon,
    /// It was never asked, and has time.
    New,
    /// It does not apply here.
    Apart,
    /// It was confirmed.
    Confirmed,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Those whom the clause names.
    Holder,
    /// Those who stand in for them, too.
    Deputy,
    /// The head, too.
    Head,
}

/// How many days before its day an item is shown.
pub const BEFORE: i64 = 14;

impl<'p> Item<'p> {
    /// The item of a binding; none where nobody is asked about it.
    pub fn of(clause: &'p Clause, binding: &'p Binding, in_force: &'p dyn InForce) -> Option<Self> {
        let common = &binding.common;
        let kind = in_force.registry().get(&binding.control).map(|control| control.card().kind)?;
        let all: Vec<_> = common.systems.iter().filter_map(|name| in_force.policy().front.systems.get(name)).collect();
        let systems: Vec<_> = all.iter().copied().filter(|system| system.seen == Seen::Attest).collect();
        let elsewhere = all.iter().any(|system| matches!(system.seen, Seen::Probe | Seen::Import));
        let declared = in_force.declaration(&binding.control.to_string()).map(Arc::as_ref);
        let asked = match (&common.attest, &common.inform) {
            (Some(_), _) => true,
            (None, Some(_)) => false,
            // What nothing is declared of needs a control of its own.
            (None, None) => {
                let central = kind == Kind::Attest && declared.is_some() && !elsewhere;
                !common.may && (central || !systems.is_empty())
            }
        };
        if !asked {
            return None;
        }
        let attestation = declared.and_then(|declared| declared.attestation.as_ref());
        let of_system =
            || systems.iter().find_map(|system| system.by).map(|role| Audience::of(AudienceAtom::Role(role)));
        let by = common
            .attest
            .as_ref()
            .map(|attest| attest.by.clone())
            .or_else(|| common.by.clone())
            .or_else(of_system)
            .or_else(|| attestation.map(|attestation| attestation.by.clone()))
            .unwrap_or_else(|| Audience::of(AudienceAtom::Role(Role::Headteacher)));
        let every = common
            .attest
            .as_ref()
            .and_then(|attest| attest.every)
            .or_else(|| common.every.filter(|every| sensible(*every)))
            .or_else(|| attestation.map(|attestation| attestation.every))
            .unwrap_or_else(|| Every::new(12, Unit::Month));
        let systems = systems.into_iter().map(|system| system.name.clone()).collect();
        Some(Self { clause, binding, declared, by, every, systems })
    }

    /// The question.
    pub fn question(&self) -> &str {
        self.attestation().map_or("Is this so?", |attestation| attestation.question.as_str())
    }

    /// Whether the question is the control's own.
    pub fn declared_question(&self) -> bool {
        self.attestation().is_some()
    }

    /// What to look at before answering; empty where nothing is said.
    pub fn help(&self) -> &str {
        self.attestation().map_or("", |attestation| attestation.help.as_str())
    }

    /// Whether a yes must come with a file or words that show it.
    pub fn evidence_required(&self) -> bool {
        self.attestation().is_some_and(|attestation| attestation.evidence == AttestedEvidence::Required)
    }

    /// What pages call the control: its declaration's title, else its name with spaces.
    pub fn title(&self) -> String {
        self.declared.map_or_else(|| spaced(self.binding.control.name()), |declared| declared.title.clone())
    }

    fn attestation(&self) -> Option<&'p declare::Attestation> {
        self.declared.and_then(|declared| declared.attestation.as_ref())
    }

    /// Until when it has to be answered. `since` is the day on which the clause came in force.
    pub fn due(&self, last: Option<&LastAnswer>, since: Date) -> Date {
        let begins = self.binding.common.from.map_or(since, |from| from.max(since));
        match last {
            None => begins.saturating_add(Span::new().days(FIRST)),
            // A shorter period in a new version counts from the last answer.
            Some(last) => last.next.min(self.every.after(last.on)),
        }
    }

    /// The day by which an answer of `today` is asked again. What is mended is looked at when it should be done.
    pub fn next(&self, answer: Answer, mend_by: Option<Date>, today: Date) -> Date {
        let usual = self.every.after(today);
        match answer {
            Answer::Yes | Answer::NotApplicable => usual,
            Answer::No => mend_by.map_or(usual, |by| by.min(usual)),
        }
    }

    /// How it stands on `today`.
    pub fn state(&self, last: Option<&LastAnswer>, since: Date, today: Date) -> State {
        let due = self.due(last, since);
        if due < today {
            return State::Overdue;
        }
        let Some(last) = last else { return State::New };
        // What was only just answered is not asked again, however often it is asked.
        let half = i64::from((due - last.on).get_days()) / 2;
        let soon = due.saturating_sub(Span::new().days(BEFORE.min(half))) <= today;
        match last.answer {
            Answer::No => State::Wrong,
            Answer::Yes | Answer::NotApplicable if soon => State::Soon,
            Answer::Yes => State::Confirmed,
            Answer::NotApplicable => State::Apart,
        }
    }

    /// Whether it has begun to be asked on `today`: a clause that begins later is not.
    pub fn begun(&self, today: Date) -> bool {
        self.binding.common.begun(today)
    }

    /// Whose turn it is for an item that is due on `due`, and who they are. Where nobody holds what the clause names
    /// it goes to those who stand in, and where nobody does to the head.
    pub fn turn<'a>(&self, due: Date, today: Date, people: &'a [Person]) -> (Turn, Vec<&'a Person>) {
        let late = (today - due).get_days();
        let holds = |one: &Person| {
            // Nearly everybody: nothing is copied for them.
            if one.deputises.is_empty() {
                return self.by.contains(&one.subject);
            }
            let own = Subject {
                roles: one.subject.roles.difference(&one.deputises).copied().collect(),
                ..one.subject.clone()
            };
            self.by.contains(&own)
        };
        let (holders, others): (Vec<_>, Vec<_>) = people.iter().partition(|one| holds(one));
        let deputies = others.iter().copied().filter(|one| self.by.contains(&one.subject));
        let heads = others.iter().copied().filter(|one| one.subject.roles.contains(&Role::Headteacher));
        let mut turn = Turn::Holder;
        let mut asked = holders;
        if asked.is_empty() || late >= DEPUTY {
            turn = Turn::Deputy;
            asked.extend(deputies);
        }
        if asked.is_empty() || late >= HEAD {
            turn = Turn::Head;
            asked.extend(heads);
        }
        asked.sort_by_key(|one| one.id);
        asked.dedup_by_key(|one| one.id);
        (turn, asked)
    }

    /// Who may answer on `today`: those whom the clause names, those who stand in for them, and the head once it is
    /// the head's turn.
    pub fn may_answer(&self, turn: Turn) -> Audience {
        let mut atoms = self.by.atoms().to_vec();
        if turn == Turn::Head {
            atoms.push(AudienceAtom::Role(Role::Headteacher));
        }
        Audience::any(atoms).unwrap_or_else(|| self.by.clone())
    }
}

/// What a clause does every day is not confirmed every day.
fn sensible(every: Every) -> bool {
    every.minutes().is_none_or(|minutes| minutes >= 7 * 24 * 60)
}

/// Every item of the policy in force that has begun on `today`, in the order of the policy.
pub fn items(in_force: &dyn InForce, today: Date) -> Vec<Item<'_>> {
    in_force
        .policy()
        .all_bindings()
        .filter_map(|(clause, binding)| Item::of(clause, binding, in_force))
        .filter(|item| item.begun(today))
        .collect()
}

/// The key of a binding as addresses write it: `rooms~1`.
pub fn to_address(key: &str) -> String {
    key.replace('#', "~")
}

/// The key of an address.
pub fn from_address(text: &str) -> String {
    text.replace('~', "#")
}

/// "locked-rooms" as "Locked rooms".
pub(crate) fn spaced(word: &str) -> String {
    let text = word.replace(['-', '_'], " ");
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// "By 4 December 2026", "Since 20 November 2026".
pub(crate) fn when(due: Date, today: Date) -> String {
    match (today - due).get_days() {
        1.. => format!("Overdue since {}", date_in_words(due)),
        0 => "Today".to_owned(),
        -1 => "Tomorrow".to_owned(),
        _ => format!("By {}", date_in_words(due)),
    }
}

#[cfg(test)]
mod tests;
