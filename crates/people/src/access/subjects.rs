//! What audiences ask of a person, read from the roll: roles, year, classes, groups.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kernel::{PersonId, Role, Subject, Year};
use store::{
    StoreError,
    entity::{people_class, people_class_member, people_group_member, people_person, people_role},
    query::ColumnTrait,
    time::parse_day,
};

use crate::people::sql::Finds;

/// A person who is at the school, with what audiences ask.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// What the person is called.
    pub given: String,
    /// The family name.
    pub family: String,
    /// What audiences ask.
    pub subject: Subject,
}

impl Member {
    /// "Maya Jones".
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({})", self.id)
    }
}

/// Whether a row of first and last day holds on `today`.
fn holds(since: &str, until: Option<&str>, today: &str) -> bool {
    // Days are stored so that they sort as text.
    since <= today && until.is_none_or(|until| today <= until)
}

fn here(person: &people_person::Model, today: &str) -> bool {
    person.left_on.as_deref().is_none_or(|left| today <= left)
}

fn member(person: people_person::Model, today: Date) -> Result<Member, StoreError> {
    let year =
        person.year.as_deref().map(Year::parse).transpose().map_err(|_| StoreError::Damaged { what: "a year" })?;
    let joined = person.joined_on.as_deref().and_then(parse_day);
    let joiner = joined.is_some_and(|joined| joined <= today && Subject::is_joiner(joined, today));
    Ok(Member {
        id: PersonId(person.id),
        given: person.preferred_name.unwrap_or(person.given_name),
        family: person.family_name,
        subject: Subject { year, joiner, ..Subject::default() },
    })
}

/// The person, if at the school on `today`.
pub async fn one(rows: &impl Finds, id: PersonId, today: Date) -> Result<Option<Member>, StoreError> {
    let day = today.to_string();
    let Some(person) = rows.find::<people_person::Entity>().key(id.0).one().await?.filter(|row| here(row, &day)) else {
        return Ok(None);
    };
    let mut found = member(person, today)?;
    let roles = rows.find::<people_role::Entity>().filter(people_role::Column::PersonId.eq(id.0)).all().await?;
    for row in roles {
        add_role(&mut found.subject.roles, &row, &day)?;
    }
    let classes = rows
        .find::<people_class_member::Entity>()
        .filter(people_class_member::Column::PersonId.eq(id.0))
        .all_with::<people_class::Entity>()
        .await?;
    found.subject.classes = classes.into_iter().filter_map(|(_, class)| class).map(|class| class.name).collect();
    let groups =
        rows.find::<people_group_member::Entity>().filter(people_group_member::Column::PersonId.eq(id.0)).all().await?;
    found.subject.groups = groups.into_iter().map(|row| row.group_name).collect();
    Ok(Some(found))
}

/// Everybody who is at the school on `today`.
pub async fn all(rows: &impl Finds, today: Date) -> Result<BTreeMap<PersonId, Member>, StoreError> {
    let day = today.to_string();
    let mut members = BTreeMap::new();
    for person in rows.find::<people_person::Entity>().all().await?.into_iter().filter(|row| here(row, &day)) {
        members.insert(PersonId(person.id), member(person, today)?);
    }
    for row in rows.find::<people_role::Entity>().all().await? {
        if let Some(member) = members.get_mut(&PersonId(row.person_id)) {
            add_role(&mut member.subject.roles, &row, &day)?;
        }
    }
    for (row, class) in rows.find::<people_class_member::Entity>().all_with::<people_class::Entity>().await? {
        if let (Some(member), Some(class)) = (members.get_mut(&PersonId(row.person_id)), class) {
            member.subject.classes.insert(class.name);
        }
    }
    for row in rows.find::<people_group_member::Entity>().all().await? {
        if let Some(member) = members.get_mut(&PersonId(row.person_id)) {
            member.subject.groups.insert(row.group_name);
        }
    }
    Ok(members)
}

fn add_role(roles: &mut BTreeSet<Role>, row: &people_role::Model, day: &str) -> Result<(), StoreError> {
    if holds(&row.since_on, row.until_on.as_deref(), day) {
        roles.insert(Role::parse(&row.role).map_err(|_| StoreError::Damaged { what: "a role" })?);
    }
    Ok(())
}
