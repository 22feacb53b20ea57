//! The roll in the store, as [`Roll`]; and the keys of its rows.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Role, Year};
use rules::people::roster::{ClassFacts, OutsideId, Part, PersonFacts, Roll};
use store::{
    Find, Rows, StoreError, Tx,
    entity::{
        OfSchool, access_account, people_class, people_class_member, people_person, people_relation, people_role,
    },
    query::ColumnTrait,
};
use uuid::Uuid;

/// The word of `people_role.source` for what an import gave.
pub const FROM_ROLL: &str = "roll";
/// The word of `people_role.source` for what a person gave.
pub const FROM_DESK: &str = "desk";
/// The word of `people_relation.relation` for parents and carers.
pub const PARENT: &str = "parent";

/// What reads rows: a reader of the school, or a transaction.
pub trait Finds {
    /// The rows of a table.
    fn find<E: OfSchool>(&self) -> Find<'_, E>;
}

impl Finds for Rows {
    fn find<E: OfSchool>(&self) -> Find<'_, E> {
        Rows::find(self)
    }
}

impl Finds for Tx {
    fn find<E: OfSchool>(&self) -> Find<'_, E> {
        Tx::find(self)
    }
}

/// The roll with the keys of its rows.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The roll.
    pub roll: Roll,
    /// Everybody who has a row, whether here or left.
    pub persons: BTreeMap<OutsideId, Uuid>,
    /// The classes.
    pub classes: BTreeMap<OutsideId, Uuid>,
    /// Persons who have an account.
    pub with_account: BTreeSet<Uuid>,
    /// Whether nobody has ever been on the roll.
    pub never_imported: bool,
}

/// Loads the roll. Who holds no role by the roll (the first administrator, a guest) is not part of it; only
/// their usernames are, so that nobody gets them.
pub async fn load(rows: &impl Finds) -> Result<Loaded, StoreError> {
    let persons = rows.find::<people_person::Entity>().all().await?;
    let classes = rows.find::<people_class::Entity>().all().await?;
    let members = rows.find::<people_class_member::Entity>().all().await?;
    let relations =
        rows.find::<people_relation::Entity>().filter(people_relation::Column::Relation.eq(PARENT)).all().await?;
    let roles = rows.find::<people_role::Entity>().filter(people_role::Column::Source.eq(FROM_ROLL)).all().await?;
    let accounts = rows.find::<access_account::Entity>().all().await?;

    let mut loaded = Loaded { never_imported: roles.is_empty(), ..Loaded::default() };
    let mut class_of: BTreeMap<Uuid, OutsideId> = BTreeMap::new();
    for class in classes {
        let id = outside("people_class", &class.outside_id)?;
        class_of.insert(class.id, id.clone());
        loaded.classes.insert(id.clone(), class.id);
        let facts = ClassFacts { name: class.name, year: year("people_class", class.year.as_deref())? };
        loaded.roll.classes.insert(id, facts);
    }
    let mut roles_of: BTreeMap<Uuid, BTreeSet<Role>> = BTreeMap::new();
    for row in roles.into_iter().filter(|row| row.until_on.is_none()) {
        roles_of.entry(row.person_id).or_default().insert(role(&row.role)?);
    }
    let mut account_of: BTreeMap<Uuid, (String, bool)> = BTreeMap::new();
    for account in accounts {
        loaded.with_account.insert(account.person_id);
        account_of.insert(account.person_id, (account.username, account.disabled_at.is_none()));
    }
    let mut person_of: BTreeMap<Uuid, OutsideId> = BTreeMap::new();
    for person in persons {
        let id = outside("people_person", &person.outside_id)?;
        loaded.persons.insert(id.clone(), person.id);
        person_of.insert(person.id, id.clone());
        let (username, enabled) = account_of.remove(&person.id).unwrap_or_default();
        let here = person.left_on.is_none();
        match roles_of.remove(&person.id).filter(|_| here) {
            Some(roles) => {
                let facts = PersonFacts {
                    given_name: person.given_name,
                    family_name: person.family_name,
                    username,
                    email: person.email,
                    roles,
                    year: year("people_person", person.year.as_deref())?,
                    classes: BTreeMap::new(),
                    children: BTreeSet::new(),
                    enabled,
                };
                loaded.roll.people.insert(id, facts);
            }
            None if here => {
                loaded.roll.reserved.insert(username, None);
            }
            None => {
                loaded.roll.reserved.insert(username, Some(id.clone()));
                loaded.roll.left.insert(id);
            }
        }
    }
    loaded.roll.reserved.remove("");
    for member in members {
        let (Some(class), Some(person)) = (class_of.get(&member.class_id), person_of.get(&member.person_id)) else {
            continue;
        };
        let part = Part::parse(&member.member_as).map_err(|_| StoreError::Damaged { what: "a part in a class" })?;
        if let Some(facts) = loaded.roll.people.get_mut(person) {
            facts.classes.entry(class.clone()).and_modify(|before| *before = (*before).min(part)).or_insert(part);
        }
    }
    for relation in relations {
        if let (Some(parent), Some(child)) = (person_of.get(&relation.person_id), person_of.get(&relation.other_id))
            && let Some(facts) = loaded.roll.people.get_mut(parent)
        {
            facts.children.insert(child.clone());
        }
    }
    Ok(loaded)
}

fn outside(what: &'static str, text: &str) -> Result<OutsideId, StoreError> {
    OutsideId::parse(text).map_err(|_| StoreError::Damaged { what })
}

/// A stored year.
pub(crate) fn year(what: &'static str, text: Option<&str>) -> Result<Option<Year>, StoreError> {
    text.map(Year::parse).transpose().map_err(|_| StoreError::Damaged { what })
}

/// A stored role.
pub(crate) fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).map_err(|_| StoreError::Damaged { what: "a role" })
}
