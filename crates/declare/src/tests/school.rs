//! The small school of the facts, as the judgement sees it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;
use kernel::{Audience, AudienceAtom, PersonId, Subject, Year};
use uuid::Uuid;

use crate::{
    Class, Entry, Person,
    facts::cast,
    typed::{Found, Lookups, Names, fold},
};

pub(super) struct School {
    pub(super) people: Vec<Person>,
    pub(super) classes: Vec<Class>,
    names: BTreeMap<PersonId, (&'static str, String)>,
    /// The titles of entries, by register.
    pub(super) titles: RefCell<BTreeMap<String, Vec<(String, Uuid)>>>,
}

impl School {
    /// The school of a fact that is written as `text`.
    pub(super) fn of(text: &str) -> Self {
        let (mut people, mut names) = (Vec::new(), BTreeMap::new());
        for (nth, one) in cast::of_text(text).enumerate() {
            let id = PersonId(Uuid::from_u128(1 + nth as u128));
            let year = one.class.filter(|_| one.is_pupil()).and_then(|class| Year::from_grade(&class[..1]));
            let joiner = one.is_new();
            let subject = Subject {
                roles: one.roles.iter().copied().collect(),
                year,
                classes: one.class.iter().map(|class| (*class).to_owned()).collect(),
                groups: BTreeSet::new(),
                joiner,
            };
            people.push(Person { id, subject, joined: one.joined.parse().ok() });
            names.insert(id, (one.token, one.name()));
        }
        let class = |name: &str| Class { name: name.to_owned(), year: Year::from_grade(&name[..1]) };
        Self { people, classes: cast::CLASSES.map(class).into(), names, titles: RefCell::default() }
    }

    pub(super) fn id(&self, token: &str) -> Option<PersonId> {
        self.names.iter().find(|(_, names)| names.0 == token).map(|(id, _)| *id)
    }

    /// What a token's person is called.
    pub(super) fn name(&self, token: &str) -> Option<String> {
        self.names.values().find(|names| names.0 == token).map(|names| names.1.clone())
    }

    /// The people whom a token or an audience names.
    pub(super) fn named(&self, text: &str) -> Vec<PersonId> {
        if let Some(id) = self.id(text) {
            return vec![id];
        }
        let who = AudienceAtom::parse(text.trim_start_matches('@'))
            .map(Audience::of)
            .unwrap_or_else(|_| panic!("{text} is nobody"));
        self.people.iter().filter(|person| who.contains(&person.subject)).map(|person| person.id).collect()
    }

    /// An entry that can be named by its title from now on.
    pub(super) fn add(&self, register: &str, title: &str, entry: &Arc<Entry>) {
        self.titles.borrow_mut().entry(register.to_owned()).or_default().push((title.to_owned(), entry.id));
    }
}

impl Lookups for School {
    fn person(&self, typed: &str, who: &Audience) -> Found<PersonId> {
        let found = self.names.iter().find(|(_, (token, name))| typed == *token || fold(name) == fold(typed));
        let id = found
            .map(|(id, _)| *id)
            .filter(|id| self.people.iter().any(|person| person.id == *id && who.contains(&person.subject)));
        id.map_or(Found::Nothing, Found::One)
    }

    fn entry(&self, register: &str, typed: &str) -> Found<Uuid> {
        let titles = self.titles.borrow();
        let known = titles.get(register).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<Uuid> = known.iter().filter(|row| fold(&row.0) == fold(typed)).map(|row| row.1).collect();
        match found.as_slice() {
            [] => Found::Nothing,
            [one] => Found::One(*one),
            _ => Found::Several,
        }
    }

    fn class(&self, typed: &str) -> Found<String> {
        let found = self.classes.iter().find(|class| fold(&class.name) == fold(typed));
        found.map_or(Found::Nothing, |class| Found::One(class.name.clone()))
    }

    fn clause(&self, typed: &str) -> Found<String> {
        Found::One(typed.to_owned())
    }

    fn signature(&self, typed: &str) -> Option<crate::Value> {
        let by = self.id("@headteacher")?;
        let at = kernel::SchoolTime::parse("2026-01-01 12:00").ok()?.timestamp();
        Some(crate::Value::Signature { by, name: typed.to_owned(), at })
    }
}

impl Names for School {
    fn person(&self, id: PersonId) -> Option<String> {
        self.names.get(&id).map(|names| names.1.clone())
    }

    fn entry(&self, register: &str, id: Uuid) -> Option<String> {
        let titles = self.titles.borrow();
        titles.get(register)?.iter().find(|row| row.1 == id).map(|row| row.0.clone())
    }
}

/// Noon of a day.
pub(super) fn noon(day: Date) -> kernel::SchoolTime {
    kernel::SchoolTime::parse(&format!("{day} 12:00")).unwrap()
}
