//! What a word of a sheet can mean.

use std::collections::BTreeSet;

use declare::{
    FieldKind,
    typed::{Found, fold},
};
use kernel::{Audience, PersonId, Role};

use super::Ground;
use crate::roll::Roll;

/// Up to how many people are offered where nobody is called so.
const MOST_PEOPLE: usize = 150;
/// How many of more than those are offered: the ones that are called much like it.
const NEAR: usize = 30;

impl Ground<'_> {
    /// A person as an option.
    pub(super) fn person(&self, id: PersonId) -> Option<(String, String)> {
        let name = self.roll.typed_name(self.roll.get(id)?);
        let label = self.roll.username(id).map_or(name.clone(), |username| format!("{name}, {username}"));
        Some((id.to_string(), label))
    }

    /// Whether several are called so, and what a word can mean.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing is asked of all others")]
    pub(super) fn options(&self, kind: Option<&FieldKind>, text: &str) -> (bool, Vec<(String, String)>) {
        let pair = |value: &str, label: &str| (value.to_owned(), label.to_owned());
        let Some(kind) = kind else {
            let states = self.register.states.iter().map(|state| pair(&state.name, &state.label));
            return (false, states.collect());
        };
        let options = match kind {
            FieldKind::Choice { choices, .. } => choices.iter().map(|it| pair(&it.name, &it.label)).collect(),
            FieldKind::YesNo => vec![pair("yes", "Yes"), pair("no", "No")],
            FieldKind::Class { .. } => self.roll.classes().keys().map(|name| pair(name, name)).collect(),
            FieldKind::Role => Role::ALL.iter().map(|role| pair(role.id(), &(self.title)(*role))).collect(),
            FieldKind::Person { who, .. } => {
                let bare = text.split_once('(').map_or(text, |(name, _)| name).trim();
                let called = match self.lookups.person(text, who) {
                    Found::Several => self.roll.called(text, who),
                    Found::One(_) | Found::Nothing => self.roll.called(bare, who),
                };
                let several = called.len() > 1;
                let people = if several { called } else { near(self.roll, bare, who) };
                return (several, people.into_iter().filter_map(|id| self.person(id)).collect());
            }
            _ => Vec::new(),
        };
        (false, options)
    }
}

/// Those of an audience whom a name could mean that nobody bears: those who are called much like it first.
fn near(roll: &Roll, text: &str, who: &Audience) -> Vec<PersonId> {
    const TITLES: [&str; 8] = ["mr", "mrs", "ms", "miss", "mx", "dr", "sir", "rev"];
    let words = |text: &str| -> BTreeSet<String> {
        let folded = fold(text);
        let all =
            folded.split(|char: char| !char.is_alphanumeric()).filter(|it| !it.is_empty() && !TITLES.contains(it));
        all.map(str::to_owned).collect()
    };
    let typed = words(text);
    let everybody = roll.among(who);
    let offered = if everybody.len() <= MOST_PEOPLE { everybody.len() } else { NEAR };
    let mut all: Vec<(usize, usize, PersonId)> = everybody
        .iter()
        .enumerate()
        .filter_map(|(nth, member)| {
            let own = words(&member.name);
            let same = typed.intersection(&own).count();
            let begins = |one: &&String| {
                own.iter()
                    .any(|it| it.starts_with(one.as_str()) || (it.chars().count() > 3 && one.starts_with(it.as_str())))
            };
            let likeness = 2 * same + typed.difference(&own).filter(begins).count();
            (likeness > 1 || everybody.len() <= MOST_PEOPLE).then_some((likeness, nth, member.id))
        })
        .collect();
    all.sort_by_key(|(likeness, nth, _)| (std::cmp::Reverse(*likeness), *nth));
    all.into_iter().take(offered).map(|(_, _, id)| id).collect()
}
