//! Who answers for what: responsibilities that the school gives and ends, each an act of a person who may.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{PersonId, Role, SchoolTime};
use rules::people::roster::{
    RefusedRow, RoleRow, parse_responsibilities, responsibilities::is_responsibility, table::TableError,
};
use serde_json::json;
use store::{
    Act, Actor, School, StoreError, Tx,
    entity::{access_account, people_person, people_role},
    ids,
    query::{ColumnTrait, ExprTrait, NotSet, Set},
    time::day,
};
use webkit::{Permit, permit::MayManageRoles};

use super::{
    leave::end_roles,
    sql::{self, FROM_DESK, FROM_ROLL, Finds},
};

/// Why a responsibility is not given or ended.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The person is not on the roll.
    #[error("there is no such person at the school now")]
    NoPerson,
    /// Only the roll says who is a pupil or a parent.
    #[error("who is {0} the roll says, nobody else")]
    ByRollAlone(Role),
    /// A pupil cannot answer for a part of the school.
    #[error("a pupil cannot be {0}")]
    Pupil(Role),
    /// The person holds it already.
    #[error("the person is {0} already")]
    Already(Role),
    /// The person does not hold it.
    #[error("the person is not {0}")]
    NotHeld(Role),
    /// The roll gave it, and would give it again.
    #[error("{0} comes with the roll: change it in the system that keeps the pupil data")]
    FromRoll(Role),
    /// The permit is of another school.
    #[error("the permission is of another school")]
    OtherSchool,
    /// The file cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store could not do it.
    #[error("the role was not changed")]
    Store(#[from] StoreError),
}

/// What a file of responsibilities did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assigned {
    /// How many were given.
    pub given: usize,
    /// How many were held already.
    pub held: usize,
    /// Rows that were not taken.
    pub refused: Vec<RefusedRow>,
}

/// Somebody who holds a responsibility.
#[derive(Clone, PartialEq, Eq)]
pub struct RoleHolder {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// Whether as deputy.
    pub deputy: bool,
    /// Since when, as it is stored.
    pub since: String,
    /// Whether the school gave it, and can end it.
    pub by_school: bool,
}

impl std::fmt::Debug for RoleHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoleHolder").field("person", &self.person).field("deputy", &self.deputy).finish_non_exhaustive()
    }
}

/// Gives `person` a responsibility, or makes the deputy holder and the other way round.
pub async fn assign_role(
    school: &School,
    permit: &MayManageRoles,
    person: PersonId,
    role: Role,
    deputy: bool,
    now: Timestamp,
) -> Result<(), RoleError> {
    if permit.school() != school.id() {
        return Err(RoleError::OtherSchool);
    }
    assign(school, Actor::Person(permit.by()), person, role, deputy, now).await
}

/// Gives a responsibility at the first start or from the command line of whoever runs the machine, where nobody
/// could permit it: in the ledger it is an act of Gatehouse.
pub async fn assign_role_at_first_start(
    school: &School,
    person: PersonId,
    role: Role,
    deputy: bool,
    now: Timestamp,
) -> Result<(), RoleError> {
    assign(school, Actor::Gatehouse, person, role, deputy, now).await
}

async fn assign(
    school: &School,
    actor: Actor,
    person: PersonId,
    role: Role,
    deputy: bool,
    now: Timestamp,
) -> Result<(), RoleError> {
    let act =
        Act::new("people.assign-role", actor).about_person(person).with(json!({ "role": role.id(), "deputy": deputy }));
    school.act(act, now, move |tx| async move { give(&tx, person, role, deputy, now).await }).await
}

async fn give(tx: &Tx, person: PersonId, role: Role, deputy: bool, now: Timestamp) -> Result<(), RoleError> {
    if !is_responsibility(role) {
        return Err(RoleError::ByRollAlone(role));
    }
    let row = tx.get::<people_person::Entity>(person.0).await?.filter(|row| row.left_on.is_none());
    if row.is_none() {
        return Err(RoleError::NoPerson);
    }
    let held = current(tx, person).await?;
    if held.iter().any(|row| row.role == Role::Pupil.id()) {
        return Err(RoleError::Pupil(role));
    }
    let today = SchoolTime::new(now).date();
    let same = held.iter().filter(|row| row.role == role.id());
    let (mut by_roll, mut as_other) = (false, false);
    for row in same {
        if row.deputy == deputy {
            return Err(RoleError::Already(role));
        }
        by_roll |= row.source == FROM_ROLL;
        as_other |= row.source == FROM_DESK;
    }
    if by_roll {
        return Err(RoleError::Already(role));
    }
    if as_other {
        end_roles(tx, own(person, role), today).await?;
    }
    let row = people_role::ActiveModel {
        id: Set(ids::new_id(now)?),
        school_id: NotSet,
        person_id: Set(person.0),
        role: Set(role.id().to_owned()),
        deputy: Set(deputy),
        since_on: Set(day(today)),
        until_on: Set(None),
        source: Set(FROM_DESK.to_owned()),
    };
    Ok(tx.insert::<people_role::Entity, _>(row).await?)
}

fn own(person: PersonId, role: Role) -> store::query::Expr {
    people_role::Column::PersonId
        .eq(person.0)
        .and(people_role::Column::Role.eq(role.id()))
        .and(people_role::Column::Source.eq(FROM_DESK))
}

async fn current(rows: &impl Finds, person: PersonId) -> Result<Vec<people_role::Model>, StoreError> {
    rows.find::<people_role::Entity>()
        .filter(people_role::Column::PersonId.eq(person.0))
        .filter(people_role::Column::UntilOn.is_null())
        .all()
        .await
}

/// Ends a responsibility that the school gave.
pub async fn end_role(
    school: &School,
    permit: &MayManageRoles,
    person: PersonId,
    role: Role,
    now: Timestamp,
) -> Result<(), RoleError> {
    if permit.school() != school.id() {
        return Err(RoleError::OtherSchool);
    }
    let by = permit.by();
    let act = Act::new("people.end-role", by).about_person(person).with(json!({ "role": role.id() }));
    school.act(act, now, move |tx| async move { take(&tx, person, role, now).await }).await
}

async fn take(tx: &Tx, person: PersonId, role: Role, now: Timestamp) -> Result<(), RoleError> {
    let mut held = current(tx, person).await?;
    held.retain(|row| row.role == role.id());
    if held.is_empty() {
        return Err(RoleError::NotHeld(role));
    }
    if !held.iter().any(|row| row.source == FROM_DESK) {
        return Err(RoleError::FromRoll(role));
    }
    Ok(end_roles(tx, own(person, role), SchoolTime::new(now).date()).await?)
}

/// Gives the responsibilities of a CSV file (`person,role,deputy`; `person` a username or an identifier of the
/// roster), all in one transaction with one entry of the ledger each. Rows that cannot be taken are refused by
/// file and line; the others hold. Without a permit it is an act of Gatehouse: at the first start.
pub async fn import_roles(
    school: &School,
    permit: Option<&MayManageRoles>,
    file: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Assigned, RoleError> {
    let actor = match permit {
        Some(permit) if permit.school() != school.id() => return Err(RoleError::OtherSchool),
        Some(permit) => Actor::Person(permit.by()),
        None => Actor::Gatehouse,
    };
    let (rows, refused) = parse_responsibilities(file, bytes)?;
    let act = Act::new("people.import-roles", actor).about(school.id().0);
    school
        .act(act, now, move |tx| async move {
            let mut done = Assigned { refused, ..Assigned::default() };
            for row in rows {
                one_row(&tx, actor, file, row, now, &mut done).await?;
            }
            done.refused.sort();
            tx.detail("given", done.given);
            tx.detail("refused", done.refused.len());
            Ok(done)
        })
        .await
}

async fn one_row(
    tx: &Tx,
    actor: Actor,
    file: &str,
    row: RoleRow,
    now: Timestamp,
    done: &mut Assigned,
) -> Result<(), RoleError> {
    let RoleRow { line, person, role, deputy } = row;
    let mut refuse = |reason: String| done.refused.push(RefusedRow { file: file.to_owned(), line, reason });
    let Some(id) = named(tx, &person).await? else {
        refuse("nobody at the school has this username or identifier".to_owned());
        return Ok(());
    };
    match give(tx, id, role, deputy, now).await {
        Ok(()) => {
            done.given += 1;
            let details = json!({ "role": role.id(), "deputy": deputy });
            tx.record(Act::new("people.assign-role", actor).about_person(id).with(details))?;
        }
        Err(RoleError::Already(_)) => done.held += 1,
        Err(RoleError::Store(error)) => return Err(RoleError::Store(error)),
        Err(
            error @ (RoleError::NoPerson
            | RoleError::ByRollAlone(_)
            | RoleError::Pupil(_)
            | RoleError::NotHeld(_)
            | RoleError::FromRoll(_)
            | RoleError::OtherSchool
            | RoleError::Table(_)),
        ) => refuse(error.to_string()),
    }
    Ok(())
}

/// Who has this username, or else this identifier of the roster.
pub async fn named(rows: &impl Finds, name: &str) -> Result<Option<PersonId>, StoreError> {
    let account = rows
        .find::<access_account::Entity>()
        .filter(access_account::Column::Username.eq(name.to_lowercase()))
        .one()
        .await?;
    if let Some(account) = account {
        return Ok(Some(PersonId(account.person_id)));
    }
    let person = rows.find::<people_person::Entity>().filter(people_person::Column::OutsideId.eq(name)).one().await?;
    Ok(person.map(|row| PersonId(row.id)))
}

/// Whom a typed name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// This person.
    One(PersonId),
    /// Nobody at the school.
    Nobody,
    /// Several, by their usernames.
    Several(Vec<String>),
}

/// Who has this username, or is called so.
pub async fn called(rows: &impl Finds, name: &str) -> Result<Called, StoreError> {
    if let Some(person) = named(rows, name).await? {
        return Ok(Called::One(person));
    }
    let typed = plain(name);
    let all = rows.find::<people_person::Entity>().filter(people_person::Column::LeftOn.is_null()).all().await?;
    let found: Vec<_> = all.iter().filter(|person| plain(&full_name(person)) == typed).map(|it| it.id).collect();
    match found.as_slice() {
        [] => Ok(Called::Nobody),
        [one] => Ok(Called::One(PersonId(*one))),
        [_, ..] => {
            let accounts = rows.find::<access_account::Entity>();
            let accounts = accounts
                .filter(access_account::Column::PersonId.is_in(found))
                .ascending(access_account::Column::Username)
                .all()
                .await?;
            Ok(Called::Several(accounts.into_iter().map(|row| row.username).collect()))
        }
    }
}

/// The names of everybody at the school who works for it, for a form to offer.
pub async fn adults(rows: &impl Finds) -> Result<Vec<String>, StoreError> {
    const OTHERS: [Role; 4] = [Role::Pupil, Role::Parent, Role::Guest, Role::CommunityUser];
    let others: Vec<&str> = OTHERS.iter().map(|role| role.id()).collect();
    let held = rows
        .find::<people_role::Entity>()
        .filter(people_role::Column::UntilOn.is_null())
        .filter(people_role::Column::Role.is_not_in(others))
        .all_with::<people_person::Entity>()
        .await?;
    let here = held.into_iter().filter_map(|(_, person)| person).filter(|person| person.left_on.is_none());
    let mut names: Vec<String> = here.map(|person| full_name(&person)).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn full_name(person: &people_person::Model) -> String {
    format!("{} {}", person.preferred_name.as_ref().unwrap_or(&person.given_name), person.family_name)
}

fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Who holds which role at present, holders before deputies. Roles that everybody of a kind has (pupil, parent,
/// teacher, staff) are left out; a role that is not in it is vacant.
pub async fn responsibilities(rows: &impl Finds) -> Result<BTreeMap<Role, Vec<RoleHolder>>, StoreError> {
    let everyday: Vec<&str> = EVERYDAY.iter().map(|role| role.id()).collect();
    let held = rows
        .find::<people_role::Entity>()
        .filter(people_role::Column::UntilOn.is_null())
        .filter(people_role::Column::Role.is_not_in(everyday))
        .all_with::<people_person::Entity>()
        .await?;
    let mut found: BTreeMap<Role, Vec<RoleHolder>> = BTreeMap::new();
    for (row, person) in held {
        let Some(person) = person.filter(|person| person.left_on.is_none()) else { continue };
        let holders = found.entry(sql::role(&row.role)?).or_default();
        let name = format!("{} {}", person.given_name, person.family_name);
        let holder = RoleHolder {
            person: PersonId(person.id),
            name,
            deputy: row.deputy,
            since: row.since_on,
            by_school: row.source == FROM_DESK,
        };
        // Given twice, by the roll and by the school, it is held once.
        if !holders.iter().any(|other| other.person == holder.person && other.deputy == holder.deputy) {
            holders.push(holder);
        }
    }
    for holders in found.values_mut() {
        holders.sort_by(|one, two| (one.deputy, &one.name).cmp(&(two.deputy, &two.name)));
    }
    Ok(found)
}

/// Roles that say what somebody is, not what they answer for.
pub const EVERYDAY: &[Role] = &[
    Role::Pupil,
    Role::Parent,
    Role::Staff,
    Role::Teacher,
    Role::ClassTeacher,
    Role::LineManager,
    Role::Volunteer,
    Role::Contractor,
    Role::Guest,
    Role::CommunityUser,
    Role::ExternalAgency,
];
