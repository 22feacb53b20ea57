//! Deletes what is over since long: sessions that ended, with the addresses that they came from; links that were used or
//! ran out; devices that were withdrawn. The acts stay in the ledger.

use jiff::Timestamp;
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::{access_device, access_invitation, access_session},
    query::{ColumnTrait as _, Condition},
    time::millis,
};

use super::{Access, AccessError};

impl Access {
    /// Deletes the sessions that ended before `sessions`, and the links and devices that were over before `rest`, as one
    /// act that counts them. What is open is never deleted.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn forget(
        &self,
        school: &School,
        sessions: Timestamp,
        rest: Timestamp,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let ended = || access_session::Column::EndedAt.lt(millis(sessions));
        let over = || {
            Condition::any()
                .add(access_invitation::Column::UsedAt.lt(millis(rest)))
                .add(access_invitation::Column::ExpiresAt.lt(millis(rest)))
        };
        let withdrawn = || access_device::Column::RevokedAt.lt(millis(rest));
        let rows = school.read();
        let any = rows.find::<access_session::Entity>().filter(ended()).any().await?
            || rows.find::<access_invitation::Entity>().filter(over()).any().await?
            || rows.find::<access_device::Entity>().filter(withdrawn()).any().await?;
        if !any {
            return Ok(());
        }
        let act = Act::new("access.forget", Actor::Gatehouse).about(school.id().0);
        school
            .act(act, now, async move |tx| {
                let sessions = tx.delete::<access_session::Entity>().filter(ended()).run().await?;
                let links = tx.delete::<access_invitation::Entity>().filter(over()).run().await?;
                let devices = tx.delete::<access_device::Entity>().filter(withdrawn()).run().await?;
                tx.detail("rows", json!({ "sessions": sessions, "links": links, "devices": devices }));
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }
}
