//! The status of those who change filtering (`filter.management-status`): where the policy names one, the headteacher
//! gives it to persons, and nobody else changes anything.

use jiff::Timestamp;
use kernel::PersonId;
use store::{
    Act, School, StoreError,
    entity::filter_status,
    query::{ColumnTrait as _, NotSet, Set},
    time::millis,
};
use uuid::Uuid;
use webkit::{Permit as _, permit::MayManageRoles};

use crate::{act_error::ActError, provides::Provides};

/// Those who hold it, the latest first.
///
/// # Errors
/// Where the store refuses.
pub async fn holders(school: &School) -> Result<Vec<filter_status::Model>, StoreError> {
    school
        .read()
        .find::<filter_status::Entity>()
        .filter(filter_status::Column::EndedAt.is_null())
        .descending(filter_status::Column::GrantedAt)
        .all()
        .await
}

/// Whether a person may use the right to change filtering: always where the policy names no status.
///
/// # Errors
/// Where the store refuses.
pub async fn holds(school: &School, provides: &Provides, person: PersonId) -> Result<bool, StoreError> {
    if provides.status.is_none() {
        return Ok(true);
    }
    school
        .read()
        .find::<filter_status::Entity>()
        .filter(filter_status::Column::PersonId.eq(person.0))
        .filter(filter_status::Column::EndedAt.is_null())
        .any()
        .await
}

/// Gives the status. Whoever holds it already keeps it.
///
/// # Errors
/// [`ActError::NotProvided`] where the policy names no status.
pub async fn give(
    school: &School,
    provides: &Provides,
    may: MayManageRoles,
    person: PersonId,
    now: Timestamp,
) -> Result<(), ActError> {
    let clause = provides.change.as_ref().filter(|_| provides.status.is_some()).ok_or(ActError::NotProvided)?;
    if holds(school, provides, person).await? {
        return Err(ActError::Over);
    }
    let row = filter_status::ActiveModel {
        id: Set(store::ids::new_id(now)?),
        school_id: NotSet,
        person_id: Set(person.0),
        granted_at: Set(millis(now)),
        granted_by: Set(Some(may.by().0)),
        ended_at: Set(None),
        ended_by: Set(None),
    };
    let act = Act::new("filter.status-give", may.by()).about_person(person).under(clause.label.clone());
    Ok(school.act(act, now, async move |tx| tx.insert(row).await).await?)
}

/// Takes the status back.
///
/// # Errors
/// [`ActError::NotFound`] where there is none of this id that holds.
pub async fn end(school: &School, may: MayManageRoles, id: Uuid, now: Timestamp) -> Result<(), ActError> {
    let row = school.read().get::<filter_status::Entity>(id).await?.ok_or(ActError::NotFound)?;
    let act = Act::new("filter.status-end", may.by()).about(row.person_id);
    school
        .act(act, now, async move |tx| {
            let row = tx.get::<filter_status::Entity>(id).await?.ok_or(ActError::NotFound)?;
            if row.ended_at.is_some() {
                return Err(ActError::Over);
            }
            tx.update(filter_status::ActiveModel {
                id: Set(id),
                ended_at: Set(Some(millis(now))),
                ended_by: Set(Some(may.by().0)),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await
}
