//! The roll as lists and pages read it.

use std::collections::BTreeMap;

use kernel::{PersonId, Role, Year};
use rules::people::roster::Part;
use store::{
    StoreError,
    entity::{access_account, people_class, people_class_member, people_person, people_relation, people_role},
    query::ColumnTrait,
    time::timestamp,
};
use uuid::Uuid;

use super::sql::{self, FROM_DESK, Finds, PARENT};

/// One person as a list shows them. Printing it for debugging shows no name.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub id: PersonId,
    /// The name by which the person is called.
    pub given: String,
    /// The family name.
    pub family: String,
    /// Roles, in the order of the policy language.
    pub roles: Vec<Role>,
    /// The year of a pupil.
    pub year: Option<Year>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Whether there is an open account.
    pub account: bool,
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// What a list is narrowed to.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Part of a name or username; every word of it must be found.
    pub name: String,
    /// The name of a class.
    pub class: Option<String>,
    /// A year.
    pub year: Option<Year>,
    /// A role.
    pub role: Option<Role>,
}

/// Everybody at the school who meets `narrowed`, by family name.
pub async fn list(rows: &impl Finds, narrowed: &Narrowed) -> Result<Vec<Listed>, StoreError> {
    let persons = rows
        .find::<people_person::Entity>()
        .filter(people_person::Column::LeftOn.is_null())
        .ascending(people_person::Column::FamilyName)
        .ascending(people_person::Column::GivenName)
        .ascending(people_person::Column::Id)
        .all()
        .await?;
    let mut roles: BTreeMap<Uuid, Vec<Role>> = BTreeMap::new();
    for row in rows.find::<people_role::Entity>().filter(people_role::Column::UntilOn.is_null()).all().await? {
        roles.entry(row.person_id).or_default().push(sql::role(&row.role)?);
    }
    let names: BTreeMap<Uuid, String> =
        rows.find::<people_class::Entity>().all().await?.into_iter().map(|row| (row.id, row.name)).collect();
    let mut classes: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for row in rows.find::<people_class_member::Entity>().all().await? {
        classes.entry(row.person_id).or_default().extend(names.get(&row.class_id).cloned());
    }
    let accounts: BTreeMap<Uuid, (String, bool)> = rows
        .find::<access_account::Entity>()
        .all()
        .await?
        .into_iter()
        .map(|row| (row.person_id, (row.username, row.disabled_at.is_none())))
        .collect();
    let words: Vec<String> = narrowed.name.split_whitespace().map(str::to_lowercase).collect();
    let mut found = Vec::new();
    for person in persons {
        let (username, account) = accounts.get(&person.id).cloned().unwrap_or_default();
        let name = format!("{} {} {username}", person.given_name, person.family_name).to_lowercase();
        let mut one = Listed {
            id: PersonId(person.id),
            given: person.given_name,
            family: person.family_name,
            roles: roles.remove(&person.id).unwrap_or_default(),
            year: sql::year("people_person", person.year.as_deref())?,
            classes: classes.remove(&person.id).unwrap_or_default(),
            account,
        };
        one.roles.sort();
        one.roles.dedup();
        one.classes.sort();
        one.classes.dedup();
        let meets = words.iter().all(|word| name.contains(word))
            && narrowed.class.as_ref().is_none_or(|class| one.classes.contains(class))
            && narrowed.year.is_none_or(|year| one.year == Some(year))
            && narrowed.role.is_none_or(|role| one.roles.contains(&role));
        if meets {
            found.push(one);
        }
    }
    Ok(found)
}

/// A class with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedClass {
    /// The name.
    pub name: String,
    /// The year.
    pub year: Option<Year>,
    /// How many pupils.
    pub pupils: usize,
    /// The class teachers, by their names.
    pub teachers: Vec<String>,
}

/// The classes, by year and name.
pub async fn classes(rows: &impl Finds) -> Result<Vec<ListedClass>, StoreError> {
    let mut found = BTreeMap::new();
    for class in rows.find::<people_class::Entity>().all().await? {
        let year = sql::year("people_class", class.year.as_deref())?;
        found.insert(class.id, ListedClass { name: class.name, year, pupils: 0, teachers: Vec::new() });
    }
    let members = rows.find::<people_class_member::Entity>().all_with::<people_person::Entity>().await?;
    for (member, person) in members {
        let (Some(class), Some(person)) = (found.get_mut(&member.class_id), person) else { continue };
        match part(&member.member_as)? {
            Part::Pupil => class.pupils += 1,
            Part::ClassTeacher => class.teachers.push(format!("{} {}", person.given_name, person.family_name)),
            Part::Teacher | Part::Helper => {}
        }
    }
    let mut found: Vec<ListedClass> = found.into_values().collect();
    found.sort_by(|one, two| (one.year, &one.name).cmp(&(two.year, &two.name)));
    Ok(found)
}

fn part(text: &str) -> Result<Part, StoreError> {
    Part::parse(text).map_err(|_| StoreError::Damaged { what: "a part in a class" })
}

/// A role that somebody holds or held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// Whether as deputy.
    pub deputy: bool,
    /// First day, as it is stored.
    pub since: String,
    /// Last day, where it has ended.
    pub until: Option<String>,
    /// Whether the school gave it.
    pub by_school: bool,
}

/// The account of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The username.
    pub username: String,
    /// Whether a password is set.
    pub password: bool,
    /// When it was closed.
    pub closed: Option<jiff::Timestamp>,
}

/// Everything that the page of a person shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The name by which the person is called.
    pub given: String,
    /// The family name.
    pub family: String,
    /// The year of a pupil.
    pub year: Option<Year>,
    /// The address of mail.
    pub email: Option<String>,
    /// First day, as it is stored.
    pub joined: Option<String>,
    /// Last day, as it is stored.
    pub left: Option<String>,
    /// Roles, now and before.
    pub roles: Vec<HeldRole>,
    /// Classes with the part in each.
    pub classes: Vec<(String, Part)>,
    /// Parents and carers.
    pub parents: Vec<(PersonId, String)>,
    /// Children.
    pub children: Vec<(PersonId, String)>,
    /// The account.
    pub account: Option<Account>,
}

impl Person {
    /// Given name and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// Whether the person holds `role` at present.
    pub fn holds(&self, role: Role) -> bool {
        self.roles.iter().any(|held| held.role == role && held.until.is_none())
    }
}

/// One person; none where the school has no such person.
pub async fn person(rows: &impl Finds, id: PersonId) -> Result<Option<Person>, StoreError> {
    let Some(row) = rows.find::<people_person::Entity>().key(id.0).one().await? else { return Ok(None) };
    let mut roles = Vec::new();
    let held = rows
        .find::<people_role::Entity>()
        .filter(people_role::Column::PersonId.eq(id.0))
        .ascending(people_role::Column::SinceOn)
        .all()
        .await?;
    for held in held {
        roles.push(HeldRole {
            role: sql::role(&held.role)?,
            deputy: held.deputy,
            since: held.since_on,
            until: held.until_on,
            by_school: held.source == FROM_DESK,
        });
    }
    let mut classes = Vec::new();
    let members = rows
        .find::<people_class_member::Entity>()
        .filter(people_class_member::Column::PersonId.eq(id.0))
        .all_with::<people_class::Entity>()
        .await?;
    for (member, class) in members {
        if let Some(class) = class {
            classes.push((class.name, part(&member.member_as)?));
        }
    }
    classes.sort();
    let account =
        rows.find::<access_account::Entity>().filter(access_account::Column::PersonId.eq(id.0)).one().await?.map(
            |row| Account {
                username: row.username,
                password: row.password_hash.is_some(),
                closed: row.disabled_at.map(timestamp),
            },
        );
    Ok(Some(Person {
        id,
        given: row.given_name,
        family: row.family_name,
        year: sql::year("people_person", row.year.as_deref())?,
        email: row.email,
        joined: row.joined_on,
        left: row.left_on,
        roles,
        classes,
        parents: related(rows, people_relation::Column::OtherId, id).await?,
        children: related(rows, people_relation::Column::PersonId, id).await?,
        account,
    }))
}

/// Who is related to `id`, which stands in `column`.
async fn related(
    rows: &impl Finds,
    column: people_relation::Column,
    id: PersonId,
) -> Result<Vec<(PersonId, String)>, StoreError> {
    let relations = rows
        .find::<people_relation::Entity>()
        .filter(column.eq(id.0))
        .filter(people_relation::Column::Relation.eq(PARENT))
        .all()
        .await?;
    let others: Vec<Uuid> =
        relations.into_iter().map(|row| if row.person_id == id.0 { row.other_id } else { row.person_id }).collect();
    let persons = rows
        .find::<people_person::Entity>()
        .filter(people_person::Column::Id.is_in(others))
        .ascending(people_person::Column::FamilyName)
        .ascending(people_person::Column::GivenName)
        .all()
        .await?;
    Ok(persons.into_iter().map(|row| (PersonId(row.id), format!("{} {}", row.given_name, row.family_name))).collect())
}
