//! What the standings of `people.roll` and `policy.roles` rest on, in the form in which `rules` takes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use kernel::{Capacity, PersonId, Role, Subject};
use rules::facts::{Holders, PersonFacts};
use store::{
    School, StoreError,
    entity::{access_account, people_class, people_class_member, people_group_member, people_person, people_role},
    ledger::{Entry, Which},
    query::ColumnTrait,
    time::parse_day,
};
use uuid::Uuid;

use super::sql::{self, Finds};

/// Everybody who is at the school, with what audiences ask of them: roles (a deputy has those of the holder),
/// year, classes, groups. Agreements are the affair of `agreements`: `signed` is empty.
pub async fn people(rows: &impl Finds, today: Date) -> Result<Vec<PersonFacts>, StoreError> {
    let persons = rows.find::<people_person::Entity>().filter(people_person::Column::LeftOn.is_null()).all().await?;
    let mut roles: BTreeMap<Uuid, BTreeSet<Role>> = BTreeMap::new();
    for row in rows.find::<people_role::Entity>().filter(people_role::Column::UntilOn.is_null()).all().await? {
        roles.entry(row.person_id).or_default().insert(sql::role(&row.role)?);
    }
    let names: BTreeMap<Uuid, String> =
        rows.find::<people_class::Entity>().all().await?.into_iter().map(|row| (row.id, row.name)).collect();
    let mut classes: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for row in rows.find::<people_class_member::Entity>().all().await? {
        if let Some(name) = names.get(&row.class_id) {
            classes.entry(row.person_id).or_default().insert(name.clone());
        }
    }
    let mut groups: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for row in rows.find::<people_group_member::Entity>().all().await? {
        groups.entry(row.person_id).or_default().insert(row.group_name);
    }
    let mut accounts: BTreeMap<Uuid, (bool, bool)> = BTreeMap::new();
    for row in rows.find::<access_account::Entity>().all().await? {
        accounts.insert(row.person_id, (row.disabled_at.is_none(), row.password_hash.is_some()));
    }
    let mut found = Vec::with_capacity(persons.len());
    for person in persons {
        let (open, password) = accounts.get(&person.id).copied().unwrap_or((false, false));
        let joined = person.joined_on.as_deref().and_then(parse_day);
        found.push(PersonFacts {
            id: PersonId(person.id),
            subject: Subject {
                roles: roles.remove(&person.id).unwrap_or_default(),
                year: sql::year("people_person", person.year.as_deref())?,
                classes: classes.remove(&person.id).unwrap_or_default(),
                groups: groups.remove(&person.id).unwrap_or_default(),
                joiner: joined.is_some_and(|joined| Subject::is_joiner(joined, today)),
            },
            account: open,
            password: open && password,
            signed: BTreeSet::new(),
        });
    }
    Ok(found)
}

/// Who holds which role, for `policy.roles`.
pub async fn holders(rows: &impl Finds) -> Result<BTreeMap<Role, Holders>, StoreError> {
    let here: BTreeSet<Uuid> = rows
        .find::<people_person::Entity>()
        .filter(people_person::Column::LeftOn.is_null())
        .all()
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    let mut found: BTreeMap<Role, Holders> = BTreeMap::new();
    let held = rows.find::<people_role::Entity>().filter(people_role::Column::UntilOn.is_null()).all().await?;
    for row in held.into_iter().filter(|row| here.contains(&row.person_id)) {
        let of_role = found.entry(sql::role(&row.role)?).or_default();
        let set = if row.deputy { &mut of_role.deputies } else { &mut of_role.holders };
        set.insert(PersonId(row.person_id));
    }
    Ok(found)
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pupils.
    pub pupils: usize,
    /// Staff.
    pub staff: usize,
    /// Governors.
    pub governors: usize,
    /// Parents and carers.
    pub parents: usize,
    /// Everybody at the school, once each.
    pub everybody: usize,
    /// Classes.
    pub classes: usize,
    /// When the roll was last brought up to date.
    pub imported: Option<Timestamp>,
}

/// The counts of the school.
pub async fn counts(school: &School, today: Date) -> Result<Counts, StoreError> {
    let rows = school.read();
    let people = people(&rows, today).await?;
    let of = |capacity| people.iter().filter(|person| person.subject.has_capacity(capacity)).count();
    Ok(Counts {
        pupils: of(Capacity::Pupil),
        staff: of(Capacity::Staff),
        governors: of(Capacity::Governor),
        parents: of(Capacity::Parent),
        everybody: people.len(),
        classes: rows.find::<people_class::Entity>().all().await?.len(),
        imported: last_import(school).await?,
    })
}

/// When the roll was last brought up to date, by the ledger.
pub async fn last_import(school: &School) -> Result<Option<Timestamp>, StoreError> {
    let which = Which { act: Some("people.import".to_owned()), limit: Some(1), ..Which::default() };
    Ok(school.ledger().entries(&which).await?.first().map(Entry::time))
}
