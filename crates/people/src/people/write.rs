//! Writes a difference into the rows of the roll, and says in the ledger whom it concerned.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use kernel::{PersonId, Role, SchoolTime};
use rules::people::roster::{ClassChange, Difference, Joiner, OutsideId, PersonFacts};
use serde_json::json;
use store::{
    Act, Actor, StoreError, Tx,
    entity::{access_account, people_class, people_class_member, people_person, people_relation, people_role},
    ids,
    query::{ColumnTrait, ExprTrait, NotSet, Set},
    time::{day, millis},
};
use uuid::Uuid;

use super::{
    leave::{close_doors, end_roles, leave},
    sql::{FROM_ROLL, Loaded, PARENT},
};

/// How many identifiers stand in one condition; SQLite bounds them.
pub(super) const AT_ONCE: usize = 400;

/// The keys of rows while a difference is written.
struct Keys {
    persons: BTreeMap<OutsideId, Uuid>,
    classes: BTreeMap<OutsideId, Uuid>,
}

impl Keys {
    fn person(&self, id: &OutsideId) -> Result<Uuid, StoreError> {
        self.persons.get(id).copied().ok_or(StoreError::NotFound("people_person"))
    }

    fn class(&self, id: &OutsideId) -> Result<Uuid, StoreError> {
        self.classes.get(id).copied().ok_or(StoreError::NotFound("people_class"))
    }
}

/// Writes `difference`, and gives the keys of all persons, the new ones among them.
pub(super) async fn write(
    tx: &Tx,
    loaded: &Loaded,
    difference: &Difference,
    now: Timestamp,
) -> Result<BTreeMap<OutsideId, Uuid>, StoreError> {
    let today = SchoolTime::new(now).date();
    let mut keys = Keys { persons: loaded.persons.clone(), classes: loaded.classes.clone() };
    write_classes(tx, &mut keys, &difference.classes, now).await?;
    let leavers = difference.leavers.iter().map(|leaver| keys.person(&leaver.id)).collect::<Result<Vec<_>, _>>()?;
    leave(tx, &leavers, today, now).await?;
    give_up_usernames(tx, loaded, &keys, difference).await?;
    join(tx, loaded, &mut keys, difference, today, now).await?;
    change(tx, loaded, &keys, difference, today, now).await?;
    belong(tx, &keys, difference).await?;
    Ok(keys.persons)
}

async fn write_classes(tx: &Tx, keys: &mut Keys, changes: &[ClassChange], now: Timestamp) -> Result<(), StoreError> {
    let mut opened = Vec::new();
    for change in changes {
        match change {
            ClassChange::Opens(outside, facts) => {
                let id = ids::new_id(now)?;
                keys.classes.insert(outside.clone(), id);
                opened.push(people_class::ActiveModel {
                    id: Set(id),
                    school_id: NotSet,
                    outside_id: Set(outside.as_str().to_owned()),
                    name: Set(facts.name.clone()),
                    year: Set(facts.year.map(|year| year.to_string())),
                });
            }
            ClassChange::Changes(outside, _, facts) => {
                let row = people_class::ActiveModel {
                    id: Set(keys.class(outside)?),
                    name: Set(facts.name.clone()),
                    year: Set(facts.year.map(|year| year.to_string())),
                    ..Default::default()
                };
                tx.update::<people_class::Entity, _>(row).await?;
            }
            ClassChange::Closes(outside, _) => {
                // Who belonged to it goes with it.
                tx.delete::<people_class::Entity>()
                    .filter(people_class::Column::Id.eq(keys.class(outside)?))
                    .run()
                    .await?;
            }
        }
    }
    tx.insert_many::<people_class::Entity, _, _>(opened).await
}

async fn join(
    tx: &Tx,
    loaded: &Loaded,
    keys: &mut Keys,
    difference: &Difference,
    today: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    // At the first import nobody knows when somebody came; later, it is today.
    let joined_on = (!loaded.never_imported).then(|| day(today));
    let (mut persons, mut accounts, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for Joiner { id: outside, facts, returns: _ } in &difference.joiners {
        let id = match loaded.persons.get(outside) {
            Some(id) => {
                come_back(tx, loaded, *id, facts, joined_on.as_ref(), now).await?;
                *id
            }
            None => {
                let id = ids::new_id(now)?;
                keys.persons.insert(outside.clone(), id);
                persons.push(people_person::ActiveModel {
                    id: Set(id),
                    school_id: NotSet,
                    outside_id: Set(outside.as_str().to_owned()),
                    given_name: Set(facts.given_name.clone()),
                    family_name: Set(facts.family_name.clone()),
                    preferred_name: Set(None),
                    year: Set(facts.year.map(|year| year.to_string())),
                    joined_on: Set(joined_on.clone()),
                    left_on: Set(None),
                    email: Set(facts.email.clone()),
                });
                id
            }
        };
        if !loaded.with_account.contains(&id) {
            accounts.push(account(id, facts, now)?);
        }
        for role in &facts.roles {
            roles.push(role_row(id, *role, today, now)?);
        }
    }
    tx.insert_many::<people_person::Entity, _, _>(persons).await?;
    tx.insert_many::<access_account::Entity, _, _>(accounts).await?;
    tx.insert_many::<people_role::Entity, _, _>(roles).await
}

/// Somebody whose row is still here. The old password is forgotten: who held it meanwhile, nobody knows.
async fn come_back(
    tx: &Tx,
    loaded: &Loaded,
    id: Uuid,
    facts: &PersonFacts,
    joined_on: Option<&String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row =
        people_person::ActiveModel { joined_on: Set(joined_on.cloned()), left_on: Set(None), ..person(id, facts) };
    tx.update::<people_person::Entity, _>(row).await?;
    if loaded.with_account.contains(&id) {
        let closed = (!facts.enabled).then(|| millis(now));
        tx.change::<access_account::Entity>()
            .set(access_account::Column::Username, facts.username.clone())
            .set(access_account::Column::PasswordHash, None::<String>)
            .set(access_account::Column::MustChange, true)
            .set(access_account::Column::DisabledAt, closed)
            .filter(access_account::Column::PersonId.eq(id))
            .run()
            .await?;
    }
    Ok(())
}

fn person(id: Uuid, facts: &PersonFacts) -> people_person::ActiveModel {
    people_person::ActiveModel {
        id: Set(id),
        given_name: Set(facts.given_name.clone()),
        family_name: Set(facts.family_name.clone()),
        year: Set(facts.year.map(|year| year.to_string())),
        email: Set(facts.email.clone()),
        ..Default::default()
    }
}

fn account(person: Uuid, facts: &PersonFacts, now: Timestamp) -> Result<access_account::ActiveModel, StoreError> {
    Ok(access_account::ActiveModel {
        id: Set(ids::new_id(now)?),
        school_id: NotSet,
        person_id: Set(person),
        username: Set(facts.username.clone()),
        password_hash: Set(None),
        must_change: Set(true),
        created_at: Set(millis(now)),
        disabled_at: Set((!facts.enabled).then(|| millis(now))),
    })
}

fn role_row(person: Uuid, role: Role, today: Date, now: Timestamp) -> Result<people_role::ActiveModel, StoreError> {
    Ok(people_role::ActiveModel {
        id: Set(ids::new_id(now)?),
        school_id: NotSet,
        person_id: Set(person),
        role: Set(role.id().to_owned()),
        deputy: Set(false),
        since_on: Set(day(today)),
        until_on: Set(None),
        source: Set(FROM_ROLL.to_owned()),
    })
}

async fn change(
    tx: &Tx,
    loaded: &Loaded,
    keys: &Keys,
    difference: &Difference,
    today: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut roles = Vec::new();
    let mut accounts = Vec::new();
    let mut renamed = Vec::new();
    let mut closed = Vec::new();
    for mover in &difference.movers {
        let id = keys.person(&mover.id)?;
        let (before, after) = (&mover.before, &mover.after);
        let facts = |facts: &PersonFacts| {
            (facts.given_name.clone(), facts.family_name.clone(), facts.year, facts.email.clone())
        };
        if facts(before) != facts(after) {
            tx.update::<people_person::Entity, _>(person(id, after)).await?;
        }
        for role in before.roles.difference(&after.roles) {
            let which = people_role::Column::PersonId
                .eq(id)
                .and(people_role::Column::Role.eq(role.id()))
                .and(people_role::Column::Source.eq(FROM_ROLL));
            end_roles(tx, which, today).await?;
        }
        for role in after.roles.difference(&before.roles) {
            roles.push(role_row(id, *role, today, now)?);
        }
        if !loaded.with_account.contains(&id) {
            accounts.push(account(id, after, now)?);
        } else if before.username != after.username {
            renamed.push((id, after.username.clone()));
        }
        if before.enabled && !after.enabled {
            closed.push(id);
        }
    }
    rename(tx, renamed).await?;
    for some in closed.chunks(AT_ONCE) {
        close_doors(tx, some.to_vec(), now).await?;
    }
    tx.insert_many::<people_role::Entity, _, _>(roles).await?;
    tx.insert_many::<access_account::Entity, _, _>(accounts).await
}

/// Two may change usernames with each other, and a joiner may take the one that somebody gives up: first all give theirs
/// up, then each takes the new one.
async fn give_up_usernames(tx: &Tx, loaded: &Loaded, keys: &Keys, difference: &Difference) -> Result<(), StoreError> {
    let mut given_up = Vec::new();
    for mover in difference.movers.iter().filter(|mover| mover.before.username != mover.after.username) {
        let id = keys.person(&mover.id)?;
        if loaded.with_account.contains(&id) {
            given_up.push((id, format!("~{id}")));
        }
    }
    rename(tx, given_up).await
}

async fn rename(tx: &Tx, renamed: Vec<(Uuid, String)>) -> Result<(), StoreError> {
    for (id, name) in renamed {
        tx.change::<access_account::Entity>()
            .set(access_account::Column::Username, name)
            .filter(access_account::Column::PersonId.eq(id))
            .run()
            .await?;
    }
    Ok(())
}

/// Classes and children, of all who join or change: what was is taken away, what is is written.
async fn belong(tx: &Tx, keys: &Keys, difference: &Difference) -> Result<(), StoreError> {
    let joined = difference.joiners.iter().map(|joiner| (&joiner.id, &joiner.facts, None));
    let moved = difference.movers.iter().map(|mover| (&mover.id, &mover.after, Some(&mover.before)));
    let (mut members, mut relations) = (Vec::new(), Vec::new());
    let (mut other_classes, mut other_children) = (BTreeSet::new(), BTreeSet::new());
    for (outside, facts, before) in joined.chain(moved) {
        let person = keys.person(outside)?;
        if before.is_none_or(|before| before.classes != facts.classes) {
            other_classes.extend(before.map(|_| person));
            for (class, part) in &facts.classes {
                members.push(people_class_member::ActiveModel {
                    school_id: NotSet,
                    class_id: Set(keys.class(class)?),
                    person_id: Set(person),
                    member_as: Set(part.id().to_owned()),
                });
            }
        }
        if before.is_none_or(|before| before.children != facts.children) {
            other_children.extend(before.map(|_| person));
            for child in &facts.children {
                relations.push(people_relation::ActiveModel {
                    school_id: NotSet,
                    person_id: Set(person),
                    other_id: Set(keys.person(child)?),
                    relation: Set(PARENT.to_owned()),
                });
            }
        }
    }
    let other_classes: Vec<Uuid> = other_classes.into_iter().collect();
    for some in other_classes.chunks(AT_ONCE) {
        let which = people_class_member::Column::PersonId.is_in(some.to_vec());
        tx.delete::<people_class_member::Entity>().filter(which).run().await?;
    }
    let other_children: Vec<Uuid> = other_children.into_iter().collect();
    for some in other_children.chunks(AT_ONCE) {
        tx.delete::<people_relation::Entity>()
            .filter(people_relation::Column::PersonId.is_in(some.to_vec()))
            .filter(people_relation::Column::Relation.eq(PARENT))
            .run()
            .await?;
    }
    tx.insert_many::<people_class_member::Entity, _, _>(members).await?;
    tx.insert_many::<people_relation::Entity, _, _>(relations).await
}

/// Records whom the import concerned, besides the entry for the whole.
pub(super) fn record(
    tx: &Tx,
    actor: Actor,
    first: bool,
    persons: &BTreeMap<OutsideId, Uuid>,
    difference: &Difference,
) -> Result<(), StoreError> {
    let known = |id: &OutsideId| persons.get(id).copied().map(PersonId);
    for joiner in difference.joiners.iter().filter(|_| !first) {
        if let Some(person) = known(&joiner.id) {
            tx.record(Act::new("people.join", actor).about_person(person).with(json!({ "returns": joiner.returns })))?;
        }
    }
    for leaver in &difference.leavers {
        if let Some(person) = known(&leaver.id) {
            tx.record(Act::new("people.leave", actor).about_person(person))?;
        }
    }
    for mover in &difference.movers {
        let words = |roles: Vec<Role>| roles.into_iter().map(Role::id).collect::<Vec<_>>();
        let gained: Vec<Role> = mover.after.roles.difference(&mover.before.roles).copied().collect();
        let lost: Vec<Role> = mover.before.roles.difference(&mover.after.roles).copied().collect();
        if let Some(person) = known(&mover.id).filter(|_| !gained.is_empty() || !lost.is_empty()) {
            let details = json!({ "gained": words(gained), "lost": words(lost) });
            tx.record(Act::new("people.change-roles", actor).about_person(person).with(details))?;
        }
    }
    Ok(())
}
