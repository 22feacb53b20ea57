//! Training: who has had which, until when it lasts, and how far each role is covered. Worked out from values; the pages
//! read them from the registers.

pub mod pages;
mod read;
mod together;

use std::collections::{BTreeMap, BTreeSet};

use engines::Offer;
use jiff::civil::Date;
use kernel::{PersonId, Role};
use uuid::Uuid;

/// The registers that have a page of coverage.
pub const CONTROLS: [&str; 4] = ["staff-training", "governor-training", "lead-training", "induction"];

macro_rules! offers {
    ($($control:literal, $many:literal;)*) => {
        /// What the lists of the registers lead to.
        pub(crate) const OFFERS: [Offer; 8] = [$(
            Offer {
                control: concat!("learning.", $control),
                title: "Who is covered, and until when",
                href: concat!("/registers/learning/", $control, "/coverage"),
                writes: false,
            },
            Offer {
                control: concat!("learning.", $control),
                title: $many,
                href: concat!("/registers/learning/", $control, "/together"),
                writes: true,
            },
        )*];
    };
}

offers! {
    "staff-training", "Enter a day for everybody who came";
    "governor-training", "Enter a session for everybody who came";
    "lead-training", "Enter a course for several leads";
    "induction", "Open inductions for several newcomers";
}

/// Somebody whom the training is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The roles that count, in the order of the policy language.
    pub roles: BTreeSet<Role>,
}

/// A training that somebody had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Had {
    /// The entry.
    pub entry: Uuid,
    /// What it was called.
    pub title: String,
    /// When it was.
    pub day: Date,
    /// Who had it.
    pub people: Vec<PersonId>,
    /// The last day on which it counts; none where it never runs out.
    pub until: Option<Date>,
}

/// How somebody is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// They never had it.
    Never,
    /// What they had has run out.
    RunOut,
    /// It runs out soon.
    Soon,
    /// They are covered.
    Covered,
}

impl State {
    /// Every state, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Never, Self::RunOut, Self::Soon, Self::Covered];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Never => "Not yet",
            Self::RunOut => "Has run out",
            Self::Soon => "Runs out soon",
            Self::Covered => "Up to date",
        }
    }

    /// Its picture in the sprite of every page.
    pub fn picture(self) -> &'static str {
        match self {
            Self::Never => "not-built",
            Self::RunOut => "not-kept",
            Self::Soon => "due",
            Self::Covered => "kept",
        }
    }

    /// Whether it counts today.
    pub fn counts(self) -> bool {
        match self {
            Self::Soon | Self::Covered => true,
            Self::Never | Self::RunOut => false,
        }
    }
}

/// Somebody with what they had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub person: PersonId,
    /// How they are covered.
    pub state: State,
    /// What covers them longest, else what they had last, by its place.
    pub best: Option<usize>,
    /// How many trainings they had.
    pub number: usize,
}

/// Works out how each person is covered on `today`; what runs out up to `soon` runs out soon.
pub fn cover(people: &[Person], had: &[Had], today: Date, soon: Date) -> Vec<Line> {
    let until = |one: &Had| one.until.unwrap_or(Date::MAX);
    let line = |person: &Person| {
        let own: Vec<(usize, &Had)> =
            had.iter().enumerate().filter(|(_, one)| one.day <= today && one.people.contains(&person.id)).collect();
        let best = own.iter().max_by_key(|(_, one)| (until(one), one.day));
        let state = match best.map(|(_, one)| until(one)) {
            None => State::Never,
            Some(last) if last < today => State::RunOut,
            Some(last) if last <= soon => State::Soon,
            Some(_) => State::Covered,
        };
        Line { person: person.id, state, best: best.map(|(nth, _)| *nth), number: own.len() }
    };
    people.iter().map(line).collect()
}

/// How many of a role are in which state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRole {
    /// The role.
    pub role: Role,
    /// How many hold it.
    pub of: usize,
    /// How many are in each state, in the order of [`State::ALL`].
    pub counts: [usize; 4],
}

impl OfRole {
    /// How many are covered today.
    pub fn covered(&self) -> usize {
        State::ALL.iter().zip(self.counts).filter(|(state, _)| state.counts()).map(|(_, count)| count).sum()
    }
}

/// The same by role: somebody who holds two counts in both.
pub fn by_role(people: &[Person], lines: &[Line]) -> Vec<OfRole> {
    let states: BTreeMap<PersonId, State> = lines.iter().map(|line| (line.person, line.state)).collect();
    let mut roles: BTreeMap<Role, OfRole> = BTreeMap::new();
    for person in people {
        let Some(state) = states.get(&person.id) else { continue };
        for role in &person.roles {
            let own = roles.entry(*role).or_insert(OfRole { role: *role, of: 0, counts: [0; 4] });
            own.of += 1;
            if let Some(count) = own.counts.get_mut(*state as usize) {
                *count += 1;
            }
        }
    }
    roles.into_values().collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ANN: PersonId = PersonId(Uuid::from_u128(1));
    const BEN: PersonId = PersonId(Uuid::from_u128(2));
    const CAT: PersonId = PersonId(Uuid::from_u128(3));
    const DAN: PersonId = PersonId(Uuid::from_u128(4));

    fn had(title: &str, day: Date, until: Option<Date>, people: &[PersonId]) -> Had {
        Had { entry: Uuid::nil(), title: title.to_owned(), day, people: people.to_vec(), until }
    }

    #[test]
    fn what_covers_longest_counts() {
        let people: Vec<Person> = [ANN, BEN, CAT, DAN]
            .iter()
            .map(|id| Person {
                id: *id,
                roles: if *id == BEN { [Role::Teacher, Role::Staff].into() } else { [Role::Staff].into() },
            })
            .collect();
        let had = [
            had("course", date(2025, 5, 6), Some(date(2027, 5, 6)), &[ANN]),
            had("inset", date(2026, 9, 2), Some(date(2026, 12, 2)), &[ANN, BEN]),
            had("old", date(2024, 9, 2), Some(date(2025, 9, 2)), &[BEN, CAT]),
            had("planned", date(2027, 1, 4), Some(date(2028, 1, 4)), &[CAT, DAN]),
        ];
        let today = date(2026, 11, 24);
        let lines = cover(&people, &had, today, date(2026, 12, 24));
        let found: Vec<(State, Option<&str>, usize)> =
            lines.iter().map(|line| (line.state, line.best.map(|nth| had[nth].title.as_str()), line.number)).collect();
        assert_eq!(
            found,
            [
                (State::Covered, Some("course"), 2),
                (State::Soon, Some("inset"), 2),
                (State::RunOut, Some("old"), 1),
                (State::Never, None, 0)
            ]
        );
        let roles = by_role(&people, &lines);
        let found: Vec<(Role, usize, usize)> = roles.iter().map(|one| (one.role, one.covered(), one.of)).collect();
        assert_eq!(found, [(Role::Teacher, 1, 1), (Role::Staff, 2, 4)]);
    }

    #[test]
    fn what_never_runs_out_covers_for_good_and_the_last_day_counts() {
        let people = [Person { id: ANN, roles: BTreeSet::new() }];
        let today = date(2026, 11, 24);
        for (until, state) in [
            (None, State::Covered),
            (Some(today), State::Soon),
            (Some(date(2026, 11, 23)), State::RunOut),
            (Some(date(2026, 12, 25)), State::Covered),
        ] {
            let lines = cover(&people, &[had("it", date(2026, 1, 1), until, &[ANN])], today, date(2026, 12, 24));
            assert_eq!(lines[0].state, state, "{until:?}");
        }
    }
}
