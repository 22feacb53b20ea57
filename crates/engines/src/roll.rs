//! Who is at the school, as forms and sentences need it: names, roles, classes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{Audience, PersonId, Subject, Year};
use store::{
    Rows, StoreError,
    entity::{people_class, people_person},
    query::ColumnTrait,
};
use uuid::Uuid;

use crate::Person;

/// A person of the school. Printing one for debugging shows no name.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// "Maya Jones".
    pub name: String,
    /// "Jones, Maya": how lists sort.
    pub sorted: String,
    /// What audiences ask.
    pub subject: Subject,
    /// Whether the person is not at the school, or it was not asked.
    pub left: bool,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({})", self.id)
    }
}

/// Everybody of a school, and its classes, on one day.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    members: HashMap<PersonId, Member>,
    classes: BTreeMap<String, Option<Year>>,
}

impl Roll {
    /// Reads everybody, with those who have left: entries go on naming them. `people` are those who are at the school,
    /// with what audiences ask of them.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn read(rows: &Rows, people: Vec<Person>) -> Result<Self, StoreError> {
        let mut members = HashMap::new();
        for row in rows.find::<people_person::Entity>().all().await? {
            let member = member(row);
            members.insert(member.id, member);
        }
        for person in people {
            if let Some(member) = members.get_mut(&person.id) {
                member.subject = person.subject;
                member.left = false;
            }
        }
        let classes = rows.find::<people_class::Entity>().all().await?;
        let classes = classes.into_iter().map(|row| (row.name, row.year.and_then(|year| Year::parse(&year).ok())));
        Ok(Self { members, classes: classes.collect() })
    }

    /// The people of these identifiers alone, without roles and classes: for their names.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn names(rows: &Rows, ids: &BTreeSet<PersonId>) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut members = HashMap::new();
        for some in ids.chunks(500) {
            let found = rows.find::<people_person::Entity>();
            for row in found.filter(people_person::Column::Id.is_in(some.iter().copied())).all().await? {
                let member = member(row);
                members.insert(member.id, member);
            }
        }
        Ok(Self { members, classes: BTreeMap::new() })
    }

    /// The person.
    pub fn get(&self, id: PersonId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// What the person is called; "somebody" where nobody is known.
    pub fn name(&self, id: PersonId) -> String {
        self.get(id).map_or_else(|| "Somebody who is no longer known".to_owned(), |member| member.name.clone())
    }

    /// Everybody who is at the school and among `who`, by family name.
    pub fn among(&self, who: &Audience) -> Vec<&Member> {
        let mut found: Vec<&Member> =
            self.members.values().filter(|member| !member.left && who.contains(&member.subject)).collect();
        found.sort_by(|one, two| (&one.sorted, one.id).cmp(&(&two.sorted, two.id)));
        found
    }

    /// Everybody, those who have left too, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The classes by name, with their years.
    pub fn classes(&self) -> &BTreeMap<String, Option<Year>> {
        &self.classes
    }
}

fn member(row: people_person::Model) -> Member {
    let given = row.preferred_name.unwrap_or(row.given_name);
    Member {
        id: PersonId(row.id),
        name: format!("{given} {}", row.family_name).trim().to_owned(),
        sorted: format!("{}, {given}", row.family_name),
        left: true,
        subject: Subject::default(),
    }
}

impl Roll {
    /// What somebody types to name this person and nobody else: a pupil with the class, whom others share a name with
    /// the year.
    pub fn typed_name(&self, member: &Member) -> String {
        let pupil = member.subject.has_capacity(kernel::Capacity::Pupil);
        match (pupil, member.subject.classes.iter().next(), member.subject.year) {
            (true, Some(class), _) => format!("{} ({class})", member.name),
            (true, None, Some(year)) => format!("{} ({})", member.name, year.title()),
            (true, None, None) | (false, _, _) => member.name.clone(),
        }
    }

    /// Whom a typed name means, among `who`: "Maya Jones", "Jones, Maya", "Maya Jones (5B)", in any case.
    pub fn find(&self, typed: &str, who: &Audience) -> Result<PersonId, NotFound> {
        let typed = fold(typed);
        let meets = |member: &&&Member| {
            fold(&self.typed_name(member)) == typed || fold(&member.name) == typed || fold(&member.sorted) == typed
        };
        let among = self.among(who);
        let found: Vec<PersonId> = among.iter().filter(meets).map(|member| member.id).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(NotFound::Nobody),
            [_, ..] => {
                let exact: Vec<PersonId> =
                    among.iter().filter(|it| fold(&self.typed_name(it)) == typed).map(|it| it.id).collect();
                if let [one] = exact.as_slice() { Ok(*one) } else { Err(NotFound::Several) }
            }
        }
    }
}

/// Why a typed name means nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFound {
    /// Nobody is called so.
    Nobody,
    /// Several people are.
    Several,
}

/// Words for comparing: lower case, without accents, single spaces.
pub fn fold(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
    let plain: String = text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
