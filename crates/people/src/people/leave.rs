//! Leaving: the last day is set, and everything that opens a door is closed. A file of today that does not
//! have somebody any more says that yesterday was the last day, so that from now on nothing holds.

use jiff::{Timestamp, civil::Date};
use store::{
    StoreError, Tx,
    entity::{
        access_account, access_device, access_session, people_class_member, people_group_member, people_person,
        people_relation, people_role,
    },
    query::{ColumnTrait, Expr},
    time::{day, millis},
};
use uuid::Uuid;

use super::write::AT_ONCE;

/// Those who leave: the last day is set, and everything that opens a door is closed.
pub(super) async fn leave(tx: &Tx, leavers: &[Uuid], today: Date, now: Timestamp) -> Result<(), StoreError> {
    for some in leavers.chunks(AT_ONCE) {
        let some = some.to_vec();
        tx.change::<people_person::Entity>()
            .set(people_person::Column::LeftOn, day(today.yesterday().unwrap_or(today)))
            .filter(people_person::Column::Id.is_in(some.clone()))
            .run()
            .await?;
        end_roles(tx, people_role::Column::PersonId.is_in(some.clone()), today).await?;
        tx.delete::<people_class_member::Entity>()
            .filter(people_class_member::Column::PersonId.is_in(some.clone()))
            .run()
            .await?;
        tx.delete::<people_group_member::Entity>()
            .filter(people_group_member::Column::PersonId.is_in(some.clone()))
            .run()
            .await?;
        tx.delete::<people_relation::Entity>()
            .filter(people_relation::Column::PersonId.is_in(some.clone()))
            .run()
            .await?;
        tx.delete::<people_relation::Entity>()
            .filter(people_relation::Column::OtherId.is_in(some.clone()))
            .run()
            .await?;
        close_doors(tx, some, now).await?;
    }
    Ok(())
}

/// Closes accounts, ends sessions, withdraws tokens.
pub(super) async fn close_doors(tx: &Tx, persons: Vec<Uuid>, now: Timestamp) -> Result<(), StoreError> {
    let at = millis(now);
    tx.change::<access_account::Entity>()
        .set(access_account::Column::DisabledAt, at)
        .filter(access_account::Column::PersonId.is_in(persons.clone()))
        .filter(access_account::Column::DisabledAt.is_null())
        .run()
        .await?;
    tx.change::<access_session::Entity>()
        .set(access_session::Column::EndedAt, at)
        .filter(access_session::Column::PersonId.is_in(persons.clone()))
        .filter(access_session::Column::EndedAt.is_null())
        .run()
        .await?;
    tx.change::<access_device::Entity>()
        .set(access_device::Column::RevokedAt, at)
        .filter(access_device::Column::PersonId.is_in(persons))
        .filter(access_device::Column::RevokedAt.is_null())
        .run()
        .await?;
    Ok(())
}

/// Ends roles that meet the condition. The last day was yesterday, so that from now on they hold no more; what
/// began today never was.
pub(super) async fn end_roles(tx: &Tx, which: Expr, today: Date) -> Result<(), StoreError> {
    tx.delete::<people_role::Entity>()
        .filter(which.clone())
        .filter(people_role::Column::UntilOn.is_null())
        .filter(people_role::Column::SinceOn.gte(day(today)))
        .run()
        .await?;
    tx.change::<people_role::Entity>()
        .set(people_role::Column::UntilOn, day(today.yesterday().unwrap_or(today)))
        .filter(which)
        .filter(people_role::Column::UntilOn.is_null())
        .run()
        .await?;
    Ok(())
}
