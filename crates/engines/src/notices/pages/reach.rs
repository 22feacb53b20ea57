//! Whom a reader may see among those who are told: everybody, the own classes, or counts.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Capacity, Role, Subject};
use policy::Policy;
use webkit::{Action, Session, Visit};

use super::super::{sees_reach, service::NoticeFacts, views::Waiting};
use crate::Person;

/// What a reader may see of who has read what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::notices) enum Scope {
    /// Everybody, by name.
    Everybody,
    /// The pupils of these classes, by name.
    Classes(BTreeSet<String>),
    /// Counts, no names.
    Counts,
}

impl Scope {
    /// Of whoever is signed in; none where they see nothing of it.
    pub(in crate::notices) fn of(visit: &Visit, session: &Session) -> Option<Self> {
        const ALL: [Role; 7] = [
            Role::Headteacher,
            Role::Slt,
            Role::OnlineSafetyLead,
            Role::SafeguardingLead,
            Role::NetworkManager,
            Role::DataManager,
            Role::Office,
        ];
        let coverage = visit.may(Action::SeeCoverage);
        if coverage && ALL.iter().any(|role| session.roles().contains(role)) {
            Some(Self::Everybody)
        } else if sees_reach(session).is_some() {
            Some(Self::Counts)
        } else if coverage && session.is(Capacity::Staff) && !session.subject().classes.is_empty() {
            Some(Self::Classes(session.subject().classes.clone()))
        } else {
            None
        }
    }

    /// Whether a person is counted for the reader.
    pub(super) fn shows(&self, subject: &Subject) -> bool {
        match self {
            Self::Everybody | Self::Counts => true,
            Self::Classes(own) => subject.has_capacity(Capacity::Pupil) && !own.is_disjoint(&subject.classes),
        }
    }

    fn names(&self) -> bool {
        match self {
            Self::Everybody | Self::Classes(_) => true,
            Self::Counts => false,
        }
    }

    /// How far a notice has reached, by class and role, with the names of those whom it has not where they may be
    /// seen; at most `most` of these, and how many more there are.
    pub(super) fn waiting(
        &self,
        facts: &NoticeFacts,
        people: &[Person],
        policy: &Policy,
        most: usize,
    ) -> (Vec<Waiting>, usize) {
        let mut groups: BTreeMap<(bool, String), (usize, Vec<String>)> = BTreeMap::new();
        let mut total: BTreeMap<(bool, String), usize> = BTreeMap::new();
        for person in people.iter().filter(|person| facts.bound.contains(&person.id)) {
            let group = group_of(&person.subject, policy);
            *total.entry(group.clone()).or_default() += 1;
            let (reached, names) = groups.entry(group).or_default();
            if facts.reached().contains(&person.id) {
                *reached += 1;
            } else if self.names() {
                names.push(person.name.clone());
            }
        }
        let (mut listed, mut more) = (0, 0);
        let rows = groups.into_iter().map(|(group, (reached, mut names))| {
            let room = most.saturating_sub(listed);
            more += names.len().saturating_sub(room);
            names.truncate(room);
            listed += names.len();
            let of = total.get(&group).copied().unwrap_or_default();
            Waiting { group: group.1, reached: format!("{reached} of {of}"), names }
        });
        let rows = rows.collect();
        (rows, more)
    }
}

/// The class of a pupil, the first role of anybody else; adults stand after the classes.
fn group_of(subject: &Subject, policy: &Policy) -> (bool, String) {
    if subject.has_capacity(Capacity::Pupil) {
        let class = subject.classes.iter().next().cloned();
        let year = || subject.year.map(kernel::Year::title);
        return (false, class.or_else(year).unwrap_or_else(|| "No class".to_owned()));
    }
    let role = subject.roles.iter().find(|role| !matches!(role, Role::Slt | Role::Staff | Role::Governor));
    let role = role.or_else(|| subject.roles.iter().next());
    (true, role.map_or_else(|| "No role".to_owned(), |role| policy.front.title_of(*role)))
}
