//! Who or what must have an entry, and which of them have one.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use kernel::{Audience, AudienceAtom, Capacity, Every, Subject, Year};
use uuid::Uuid;

use super::{Facts, Item, means};
use crate::{
    Context, Cover, CoverOf, FieldKind, FieldName, Register, Value,
    sentence::{grouped, plural},
};

/// Until when it has one, and when the person joined.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    until: Option<Date>,
    joined: Option<Date>,
}

/// What must be covered, and until when each is.
pub(super) struct Covered<'a> {
    /// People, or entries.
    ids: HashMap<Uuid, Slot>,
    classes: HashMap<String, Slot>,
    years: HashMap<Year, Slot>,
    what: &'a CoverOf,
    field: &'a FieldName,
}

/// How far it is covered on a day.
pub(super) struct Outcome {
    /// How many must be covered.
    pub(super) of: usize,
    /// How many are not.
    pub(super) missing: usize,
    /// How many of those were covered before.
    pub(super) ran_out: usize,
    /// How many may be missing.
    pub(super) allowed: usize,
    /// The last day on which enough are still covered.
    pub(super) runs_out: Option<Date>,
}

impl<'a> Covered<'a> {
    /// Everybody and everything that must be covered.
    pub(super) fn expected(cover: &'a Cover, register: &Register, item: &Item, facts: &Facts<'_>) -> Self {
        let (mut ids, mut classes, mut years) = (HashMap::new(), HashMap::new(), HashMap::new());
        match &cover.of {
            CoverOf::People(usual) => {
                let who = item.who.as_ref().unwrap_or(usual);
                let may_be_named = match register.field(cover.field.as_str()).map(|field| &field.kind) {
                    Some(FieldKind::Person { who, .. }) => Some(who),
                    Some(_) | None => None,
                };
                let expected = |subject: &Subject| {
                    means(who, subject)
                        && may_be_named.is_none_or(|who| means(who, subject))
                        && !is_excepted(item, subject)
                };
                let people = facts.people.iter().filter(|person| expected(&person.subject));
                ids.extend(people.map(|person| (person.id.0, Slot { until: None, joined: person.joined })));
            }
            CoverOf::Classes => {
                let names: HashSet<&str> =
                    pupils(item, facts).flat_map(|subject| &subject.classes).map(String::as_str).collect();
                let named = named_classes(item);
                let known = facts.classes.iter().map(|class| class.name.as_str());
                let meant = known.filter(|name| names.contains(name) && named.is_none_or(|who| is_named(who, name)));
                classes.extend(meant.map(|name| (name.to_owned(), Slot::default())));
            }
            CoverOf::Years => {
                years
                    .extend(pupils(item, facts).filter_map(|subject| subject.year).map(|year| (year, Slot::default())));
            }
            CoverOf::Entries { register, when } => {
                let today = facts.now.date();
                let entries = (facts.others)(register)
                    .iter()
                    .filter(|entry| when.as_ref().is_none_or(|when| when.holds(&Context::of_entry(entry, today))));
                ids.extend(entries.map(|entry| (entry.id, Slot::default())));
            }
        }
        Self { ids, classes, years, what: &cover.of, field: &cover.field }
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.ids.values().chain(self.classes.values()).chain(self.years.values())
    }

    /// An entry that names these covers them until a day.
    pub(super) fn cover(&mut self, value: Option<&Value>, until: Date) {
        let later = |slot: Option<&mut Slot>| {
            if let Some(slot) = slot {
                slot.until = slot.until.max(Some(until));
            }
        };
        match value {
            Some(Value::Person(id)) => later(self.ids.get_mut(&id.0)),
            Some(Value::People(ids)) => ids.iter().for_each(|id| later(self.ids.get_mut(&id.0))),
            Some(Value::Class(name)) => later(self.classes.get_mut(name)),
            Some(Value::Classes(names)) => names.iter().for_each(|name| later(self.classes.get_mut(name))),
            Some(Value::Year(year)) => later(self.years.get_mut(year)),
            Some(Value::Years(years)) => years.iter().for_each(|year| later(self.years.get_mut(year))),
            Some(Value::Entry(id)) => later(self.ids.get_mut(id)),
            Some(Value::Entries(ids)) => ids.iter().for_each(|id| later(self.ids.get_mut(id))),
            Some(
                Value::Text(_)
                | Value::Number(_)
                | Value::Money(_)
                | Value::Date(_)
                | Value::Time(_)
                | Value::Choice(_)
                | Value::Choices(_)
                | Value::YesNo(_)
                | Value::Role(_)
                | Value::File { .. }
                | Value::Signature { .. },
            )
            | None => {}
        }
    }

    /// How many are covered on a day, and until when enough are.
    pub(super) fn outcome(&self, today: Date, percent: u8) -> Outcome {
        let of = self.slots().count();
        let mut untils: Vec<Date> = self.slots().filter_map(|slot| slot.until).collect();
        untils.sort_unstable();
        let ran_out = untils.partition_point(|until| *until < today);
        let missing = of - (untils.len() - ran_out);
        let allowed = of * usize::from(100_u8.saturating_sub(percent)) / 100;
        // One more than may be missing is missing after this day.
        let runs_out = allowed.checked_sub(missing).and_then(|spare| untils.get(ran_out + spare)).copied();
        Outcome { of, missing, ran_out, allowed, runs_out: runs_out.filter(|until| *until < Date::MAX) }
    }

    /// How many are covered on a day, for the sentence.
    pub(super) fn covered(&self, today: Date) -> usize {
        self.slots().filter(|slot| slot.until.is_some_and(|until| until >= today)).count()
    }

    /// How many of those covered stay so.
    pub(super) fn lasting(&self, today: Date, lasts: &dyn Fn(Date) -> bool) -> usize {
        let stays = |until: Date| until >= today && (until == Date::MAX || lasts(until));
        self.slots().filter(|slot| slot.until.is_some_and(stays)).count()
    }

    /// The classes and year groups that are not covered on a day, by name. People are never named.
    pub(super) fn missing(&self, today: Date) -> Vec<String> {
        let open = |slot: &Slot| slot.until.is_none_or(|until| until < today);
        let mut classes: Vec<&String> =
            self.classes.iter().filter(|(_, slot)| open(slot)).map(|(name, _)| name).collect();
        classes.sort();
        let mut years: Vec<&Year> = self.years.iter().filter(|(_, slot)| open(slot)).map(|(year, _)| year).collect();
        years.sort();
        classes.into_iter().cloned().chain(years.into_iter().map(|year| year.title())).collect()
    }

    /// The day until which those who joined lately have time; none where others are missing too.
    pub(super) fn newcomers(&self, today: Date, time: Every, outcome: &Outcome) -> Option<Date> {
        let missing = self.slots().filter(|slot| slot.until.is_none_or(|until| until < today));
        let ends = missing.filter(|slot| slot.until.is_none()).filter_map(|slot| slot.joined.map(|it| time.after(it)));
        let mut ends: Vec<Date> = ends.filter(|end| *end >= today).collect();
        ends.sort_unstable();
        let others = outcome.missing - ends.len();
        if others > outcome.allowed { None } else { ends.get(outcome.allowed - others).copied() }
    }

    /// What several of them are called.
    pub(super) fn noun(&self, register: &Register) -> String {
        match self.what {
            CoverOf::People(_) => "people".to_owned(),
            CoverOf::Classes => "classes".to_owned(),
            CoverOf::Years => "year groups".to_owned(),
            CoverOf::Entries { .. } => {
                let column = register.field(self.field.as_str()).map_or("", |field| field.column.as_str());
                if column.is_empty() || column.ends_with('?') {
                    "entries".to_owned()
                } else {
                    plural(&column.to_lowercase())
                }
            }
        }
    }
}

impl Outcome {
    /// How many are missing, in words.
    pub(super) fn says(&self, noun: &str, names: &[String]) -> String {
        let says = self.counted(noun);
        let named = match names {
            [] => return says,
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [one, two, three] => format!("{one}, {two} and {three}"),
            [one, two, three, more @ ..] => format!("{one}, {two}, {three} and {} more", more.len()),
        };
        format!("{}: {named}.", says.trim_end_matches('.'))
    }

    fn counted(&self, noun: &str) -> String {
        let (missing, of) = (grouped(self.missing), grouped(self.of));
        let has = if self.missing == 1 { "has" } else { "have" };
        match self.ran_out {
            0 => format!("{missing} of {of} {noun} {has} no entry that counts."),
            all if all == self.missing && all == 1 => format!("1 of {of} {noun} has an entry whose time has run out."),
            all if all == self.missing => format!("{missing} of {of} {noun} have entries whose time has run out."),
            1 => format!("{missing} of {of} {noun} {has} no entry that counts; the time of 1 of them has run out."),
            some => format!(
                "{missing} of {of} {noun} {has} no entry that counts; the time of {} of them has run out.",
                grouped(some)
            ),
        }
    }
}

/// The pupils whom the clause binds; all where it binds no pupils, but says something about them.
fn pupils<'k>(item: &'k Item, facts: &'k Facts<'_>) -> impl Iterator<Item = &'k Subject> {
    let all = Audience::of(AudienceAtom::All(Capacity::Pupil));
    let who = item.who.as_ref().filter(|who| who.overlaps(&all));
    let pupils = facts.people.iter().map(|person| &person.subject);
    let bound = move |it: &&Subject| it.has_capacity(Capacity::Pupil) && who.is_none_or(|who| who.contains(it));
    pupils.filter(bound).filter(|it| !is_excepted(item, it))
}

/// Whether the clause excepts somebody.
fn is_excepted(item: &Item, subject: &Subject) -> bool {
    item.except.as_ref().is_some_and(|except| means(except, subject))
}

/// Whom the clause binds, where that is nothing but classes: then no other class of their pupils is meant.
fn named_classes(item: &Item) -> Option<&Audience> {
    item.who.as_ref().filter(|who| who.atoms().iter().all(|atom| matches!(atom, AudienceAtom::Class(_))))
}

fn is_named(who: &Audience, class: &str) -> bool {
    who.atoms().iter().any(|atom| matches!(atom, AudienceAtom::Class(name) if name == class))
}
