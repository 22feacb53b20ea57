//! Deletes what people asked for, reported or were given beyond the policy, once it is over since long. The acts stay in
//! the ledger, and so do the changes to filtering: they say why something is open.

use jiff::Timestamp;
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::{filter_failure, filter_permit, filter_request, filter_suspension, filter_unblock},
    query::{ColumnTrait as _, Condition},
    time::millis,
};

/// Deletes answered requests and reports, and suspensions, permits and unblocks, that were over before `first`, as one act
/// that counts them. What waits for an answer, or holds, is never deleted.
///
/// # Errors
/// Where the store refuses.
pub async fn forget(school: &School, first: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let first = millis(first);
    // What is not open has an answer; the day of the answer counts.
    let answered = || filter_request::Column::AnsweredAt.lt(first);
    let seen_to = || filter_failure::Column::AnsweredAt.lt(first);
    let suspended = || {
        Condition::any()
            .add(filter_suspension::Column::EndedAt.lt(first))
            .add(filter_suspension::Column::UntilAt.lt(first))
    };
    let permitted =
        || Condition::any().add(filter_permit::Column::EndedAt.lt(first)).add(filter_permit::Column::UntilAt.lt(first));
    let opened = || {
        Condition::any().add(filter_unblock::Column::ClosedAt.lt(first)).add(filter_unblock::Column::UntilAt.lt(first))
    };
    let rows = school.read();
    let any = rows.find::<filter_request::Entity>().filter(answered()).any().await?
        || rows.find::<filter_failure::Entity>().filter(seen_to()).any().await?
        || rows.find::<filter_suspension::Entity>().filter(suspended()).any().await?
        || rows.find::<filter_permit::Entity>().filter(permitted()).any().await?
        || rows.find::<filter_unblock::Entity>().filter(opened()).any().await?;
    if !any {
        return Ok(());
    }
    school
        .act(Act::new("filter.forget", Actor::Gatehouse).about(school.id().0), now, async move |tx| {
            let counts = json!({
                "requests": tx.delete::<filter_request::Entity>().filter(answered()).run().await?,
                "failures": tx.delete::<filter_failure::Entity>().filter(seen_to()).run().await?,
                "suspensions": tx.delete::<filter_suspension::Entity>().filter(suspended()).run().await?,
                "permits": tx.delete::<filter_permit::Entity>().filter(permitted()).run().await?,
                "unblocks": tx.delete::<filter_unblock::Entity>().filter(opened()).run().await?,
            });
            tx.detail("rows", counts);
            Ok::<_, StoreError>(())
        })
        .await
}
