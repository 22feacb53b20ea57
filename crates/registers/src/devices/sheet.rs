//! The sheet of a morning: whose phone lies in which slot, which slot is next, and whom a few letters mean. Decides only.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use declare::{Entry, typed::fold};
use jiff::civil::Date;
use kernel::PersonId;
use uuid::Uuid;

use crate::fields;

/// A pupil who may hand something in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pupil {
    pub(super) id: PersonId,
    pub(super) name: String,
    /// The class, or the year of those who are in none.
    pub(super) group: String,
}

/// A phone that lies at reception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phone {
    pub(super) entry: Uuid,
    pub(super) owner: PersonId,
    pub(super) slot: String,
    pub(super) day: Date,
    /// Whether it goes to its owner at the end of the day: one that was taken from a pupil goes to somebody else.
    pub(super) to_owner: bool,
}

/// What lies at reception, and where things usually lie.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    here: Vec<Phone>,
    usual: HashMap<PersonId, String>,
    taken: BTreeSet<String>,
}

impl Sheet {
    /// Reads the entries of the register, in the order in which they were made. `ended` says whether a state is done with.
    pub(super) fn of(entries: &[Arc<Entry>], ended: impl Fn(Option<&str>) -> bool) -> Self {
        let mut sheet = Self::default();
        for entry in entries {
            let Some(owner) = fields::person(entry, "owner") else { continue };
            let slot = fields::text(entry, "slot").unwrap_or_default().to_owned();
            sheet.usual.insert(owner, slot.clone());
            if ended(entry.state.as_deref()) {
                continue;
            }
            sheet.taken.insert(fold(&slot));
            sheet.here.push(Phone {
                entry: entry.id,
                owner,
                slot,
                day: fields::day(entry, "day").unwrap_or_default(),
                to_owner: !matches!(fields::text(entry, "why"), Some("confiscated" | "found")),
            });
        }
        sheet.here.sort_by_key(|phone| (phone.day, natural(&phone.slot)));
        sheet
    }

    /// What lies at reception: what stayed longest first, then by slot.
    pub(super) fn here(&self) -> &[Phone] {
        &self.here
    }

    /// What a pupil has there.
    pub(super) fn of_owner(&self, owner: PersonId) -> impl Iterator<Item = &Phone> {
        self.here.iter().filter(move |phone| phone.owner == owner)
    }

    /// Who has a slot.
    pub(super) fn in_slot(&self, slot: &str) -> Option<&Phone> {
        let slot = fold(slot);
        self.here.iter().find(|phone| fold(&phone.slot) == slot)
    }

    /// The slots for pupils in this order: that of last time where it is free, else the lowest number that nobody has or
    /// is used to.
    pub(super) fn suggest<'a>(&self, pupils: impl Iterator<Item = &'a PersonId>) -> HashMap<PersonId, String> {
        let usual: BTreeSet<String> = self.usual.values().map(|slot| fold(slot)).collect();
        let mut given: BTreeSet<String> = BTreeSet::new();
        let mut next = (1..).map(|number: u32| number.to_string());
        let mut suggested = HashMap::new();
        for pupil in pupils {
            let own = self.usual.get(pupil).filter(|slot| {
                let slot = fold(slot);
                !slot.is_empty() && !self.taken.contains(&slot) && !given.contains(&slot)
            });
            let slot = match own {
                Some(slot) => slot.clone(),
                None => next
                    .by_ref()
                    .find(|slot| !self.taken.contains(slot) && !usual.contains(slot) && !given.contains(slot))
                    .unwrap_or_default(),
            };
            given.insert(fold(&slot));
            suggested.insert(*pupil, slot);
        }
        suggested
    }
}

/// Slots as people count them: 2 before 14.
fn natural(slot: &str) -> (u64, String) {
    let digits: String = slot.chars().filter(char::is_ascii_digit).take(12).collect();
    (digits.parse().unwrap_or(u64::MAX), fold(slot))
}

/// What somebody typed into the box: the letters of a name, and a slot where a number stands behind them.
pub(super) fn typed(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    match text.rsplit_once(' ') {
        Some((name, slot)) if slot.chars().any(|char| char.is_ascii_digit()) => {
            (name.trim().to_owned(), Some(slot.to_owned()))
        }
        Some(_) | None => (text.to_owned(), None),
    }
}

/// Whom a few letters mean: each typed word begins a word of the name. Who is called exactly so is meant alone.
pub(super) fn meant<'a>(letters: &str, pupils: &'a [Pupil]) -> Vec<&'a Pupil> {
    let letters = fold(letters);
    let typed: Vec<&str> = letters.split(' ').filter(|word| !word.is_empty()).collect();
    if typed.is_empty() {
        return Vec::new();
    }
    let exact: Vec<&Pupil> = pupils.iter().filter(|pupil| fold(&pupil.name) == letters).collect();
    if !exact.is_empty() {
        return exact;
    }
    let fits = |pupil: &&Pupil| {
        let name = fold(&pupil.name);
        let mut words: Vec<&str> = name.split([' ', '-']).collect();
        typed.iter().all(|typed| match words.iter().position(|word| word.starts_with(typed)) {
            Some(nth) => {
                words.remove(nth);
                true
            }
            None => false,
        })
    };
    pupils.iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use declare::Value;
    use jiff::civil::date;

    use super::*;
    use crate::assets::tests::entry;

    fn who(nth: u128) -> PersonId {
        PersonId(Uuid::from_u128(nth))
    }

    fn phone(id: u128, owner: u128, slot: &str, day: Date, state: &str) -> Arc<Entry> {
        let fields =
            [("owner", Value::Person(who(owner))), ("slot", Value::Text(slot.to_owned())), ("day", Value::Date(day))];
        Arc::new(entry(id, state, &fields))
    }

    fn sheet(entries: &[Arc<Entry>]) -> Sheet {
        Sheet::of(entries, |state| state == Some("back"))
    }

    #[test]
    fn everybody_gets_the_slot_of_last_time_or_the_lowest_free_one() {
        let (monday, tuesday) = (date(2026, 11, 23), date(2026, 11, 24));
        let sheet = sheet(&[
            phone(1, 1, "2", monday, "back"),
            phone(2, 2, "14", monday, "back"),
            phone(3, 3, "1", tuesday, "here"),
            phone(4, 2, "A7", tuesday, "back"),
            phone(5, 4, "2", tuesday, "here"),
        ]);
        let slots = sheet.suggest([who(1), who(2), who(5), who(6)].iter());
        // 2 is taken by somebody else today; 1 is taken, 2 is somebody's, so 3 is the next.
        assert_eq!((slots[&who(1)].as_str(), slots[&who(2)].as_str()), ("3", "A7"));
        assert_eq!((slots[&who(5)].as_str(), slots[&who(6)].as_str()), ("4", "5"));
        assert_eq!(sheet.in_slot(" 2 ").map(|phone| phone.owner), Some(who(4)));
        assert_eq!(sheet.of_owner(who(3)).count(), 1);
    }

    #[test]
    fn what_stayed_overnight_stands_first() {
        let (monday, tuesday) = (date(2026, 11, 23), date(2026, 11, 24));
        let sheet = sheet(&[
            phone(1, 1, "14", tuesday, "here"),
            phone(2, 2, "2", tuesday, "here"),
            phone(3, 3, "9", monday, "here"),
        ]);
        let slots: Vec<&str> = sheet.here().iter().map(|phone| phone.slot.as_str()).collect();
        assert_eq!(slots, ["9", "2", "14"]);
    }

    #[test]
    fn a_few_letters_are_enough() {
        let names = ["Maya Jones", "Mayur Patel", "Noah Jones", "Zoë Smith-Jones", "Jo Ann"];
        let pupils: Vec<Pupil> = (1..)
            .zip(names)
            .map(|(nth, name)| Pupil { id: who(nth), name: name.to_owned(), group: String::new() })
            .collect();
        let found = |letters: &str| {
            meant(letters, &pupils).into_iter().map(|pupil| pupil.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(found("maya"), "Maya Jones");
        assert_eq!(found("may"), "Maya Jones, Mayur Patel");
        assert_eq!(found("j may"), "Maya Jones");
        assert_eq!(found("zoe"), "Zoë Smith-Jones");
        assert_eq!(found("jones"), "Maya Jones, Noah Jones, Zoë Smith-Jones");
        assert_eq!(found("jo ann"), "Jo Ann");
        assert_eq!(found("no no"), "");
        assert_eq!(found("  "), "");
        assert_eq!(typed(" maya j 14 "), ("maya j".to_owned(), Some("14".to_owned())));
        assert_eq!(typed("maya"), ("maya".to_owned(), None));
    }
}
