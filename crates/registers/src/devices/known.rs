//! What the tick sheet knows of a morning: who may hand in, what lies there, what the policy has said beside it.

use std::collections::{BTreeMap, HashMap, HashSet};

use engines::{notices::at_hand_in, registers::Book};
use kernel::{Capacity, PersonId};
use webkit::PageError;

use super::{
    HANDIN,
    sheet::{Pupil, Sheet},
};
use crate::state::{About, ToWrite};

/// The register of this page.
pub(super) struct Handin;

impl About for Handin {
    const CONTROL: &'static str = HANDIN;
}

/// What the page knows: who may hand in, and what lies there.
pub(super) struct Known {
    /// The register.
    pub(super) book: Book,
    /// Who may hand in, by name.
    pub(super) pupils: Vec<Pupil>,
    /// What lies there.
    pub(super) sheet: Sheet,
    names: HashMap<PersonId, String>,
    /// What the policy has said where phones are handed in: a title, and its sentences.
    pub(super) told: Vec<(String, Vec<String>)>,
}

impl Known {
    /// Reads it for whoever writes the register.
    pub(super) async fn read(opened: ToWrite<Handin>) -> Result<Self, PageError> {
        let book = opened.book;
        let roll = book.roll().await?;
        // Those whom a clause names; everybody where one names nobody.
        let policy = book.in_force().policy();
        let bound: Vec<_> =
            policy.bindings("devices", "handin").map(|(_, binding)| binding.common.who.as_ref()).collect();
        let may = |subject| bound.is_empty() || bound.iter().any(|who| who.is_none_or(|who| who.contains(subject)));
        let mut members: Vec<_> = roll
            .all()
            .filter(|member| !member.left && member.subject.has_capacity(Capacity::Pupil) && may(&member.subject))
            .collect();
        members.sort_by(|one, two| (&one.sorted, one.id).cmp(&(&two.sorted, two.id)));
        // One pupil of each year speaks for all: what is said differs by age.
        let mut years = HashSet::new();
        let mut told = Vec::new();
        for member in members.iter().filter(|member| years.insert(member.subject.year)) {
            for text in at_hand_in(&**book.in_force(), &member.subject, book.today()) {
                if !told.contains(&text) {
                    told.push(text);
                }
            }
        }
        let pupils = members.into_iter().map(|member| Pupil {
            id: member.id,
            name: member.name.clone(),
            group: match (member.subject.classes.iter().next(), member.subject.year) {
                (Some(class), _) => class.clone(),
                (None, Some(year)) => year.title(),
                (None, None) => "No class".to_owned(),
            },
        });
        let pupils: Vec<Pupil> = pupils.collect();
        let entries = book.engines().entries(book.school(), HANDIN).await.map_err(PageError::internal)?;
        let sheet = Sheet::of(&entries, |state| book.register().is_ended(state));
        let names = sheet.here().iter().map(|phone| (phone.owner, roll.name(phone.owner))).collect();
        Ok(Self { book, pupils, sheet, names, told })
    }

    /// The groups in the order of their names, each with how many of its phones are there.
    pub(super) fn groups(&self) -> BTreeMap<&str, usize> {
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for pupil in &self.pupils {
            let number = groups.entry(&pupil.group).or_default();
            *number += usize::from(self.sheet.of_owner(pupil.id).next().is_some());
        }
        groups
    }

    /// What somebody is called.
    pub(super) fn name(&self, owner: PersonId) -> String {
        let pupil = self.pupils.iter().find(|pupil| pupil.id == owner).map(|pupil| pupil.name.clone());
        pupil.or_else(|| self.names.get(&owner).cloned()).unwrap_or_else(|| "Somebody".to_owned())
    }

    /// The slots that the page offers to all who may hand in, so that it is the same on every tab.
    pub(super) fn suggested(&self) -> HashMap<PersonId, String> {
        self.sheet.suggest(self.pupils.iter().map(|pupil| &pupil.id))
    }
}
