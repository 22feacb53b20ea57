//! Devices of a person, each with a token for the gateway that is shown once and can be withdrawn.

use jiff::Timestamp;
use kernel::{DeviceId, PersonId};
use store::{
    Act, School, StoreError,
    entity::access_device,
    ids,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Permit, Token, permit::MayHoldDevice};

use super::{Access, AccessError};

/// The most devices of one person at a time.
pub const MOST: u64 = 12;

/// The token that a device was given; shown once.
#[derive(Debug)]
pub struct Issued {
    /// The device.
    pub id: DeviceId,
    /// What it gives the proxy.
    pub token: Token,
}

/// A device that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The device.
    pub id: DeviceId,
    /// What its owner calls it.
    pub label: String,
    /// Since when.
    pub since: Timestamp,
}

/// What is stored of a device's token.
pub fn digest(school: &School, token: &Token) -> String {
    token.digest(&key(school)).to_string()
}

pub(crate) fn key(school: &School) -> [u8; 32] {
    school.secret("device tokens")
}

impl Access {
    /// The devices of a person, the newest first.
    pub async fn devices(&self, school: &School, person: PersonId) -> Result<Vec<Device>, AccessError> {
        let rows = school
            .read()
            .find::<access_device::Entity>()
            .filter(access_device::Column::PersonId.eq(person.0))
            .filter(access_device::Column::RevokedAt.is_null())
            .descending(access_device::Column::CreatedAt)
            .all()
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Device { id: DeviceId(row.id), label: row.label, since: timestamp(row.created_at) })
            .collect())
    }

    /// Connects a device of the permit's holder, which may be one of the school (`asset`); none where there are too many
    /// already.
    pub async fn issue(
        &self,
        school: &School,
        may: &MayHoldDevice,
        label: &str,
        asset: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Option<Issued>, AccessError> {
        let token = Token::new(school.id())?;
        let id = ids::new_id(now)?;
        let row = access_device::Model {
            id,
            school_id: school.id().0,
            person_id: Some(may.by().0),
            network: None,
            asset_id: asset,
            label: label.to_owned(),
            token_digest: digest(school, &token),
            created_at: millis(now),
            revoked_at: None,
        };
        let act = Act::new("access.issue-device", may.by()).about_person(may.by());
        let person = may.by().0;
        let done = school
            .act(act, now, async move |tx| {
                let held = tx
                    .find::<access_device::Entity>()
                    .filter(access_device::Column::PersonId.eq(person))
                    .filter(access_device::Column::RevokedAt.is_null())
                    .count()
                    .await?;
                if held >= MOST {
                    return Err(TooMany::Many);
                }
                Ok(tx.insert(row).await?)
            })
            .await;
        match done {
            Ok(()) => {
                self.ports().roster_changed(school.id());
                Ok(Some(Issued { id: DeviceId(id), token }))
            }
            Err(TooMany::Many) => Ok(None),
            Err(TooMany::Store(error)) => Err(error.into()),
        }
    }

    /// Withdraws a device of the permit's holder. Whether there was one.
    pub async fn withdraw(
        &self,
        school: &School,
        may: &MayHoldDevice,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<bool, AccessError> {
        let (act, person) = (Act::new("access.withdraw-device", may.by()).about(device.0), may.by().0);
        let done = school
            .act(act, now, async move |tx| {
                let changed = tx
                    .change::<access_device::Entity>()
                    .set(access_device::Column::RevokedAt, millis(now))
                    .filter(access_device::Column::Id.eq(device.0))
                    .filter(access_device::Column::PersonId.eq(person))
                    .filter(access_device::Column::RevokedAt.is_null())
                    .run()
                    .await?;
                if changed == 0 { Err(StoreError::NotFound("access_device")) } else { Ok(()) }
            })
            .await;
        match done {
            Ok(()) => {
                self.ports().roster_changed(school.id());
                Ok(true)
            }
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

enum TooMany {
    Many,
    Store(StoreError),
}

impl From<StoreError> for TooMany {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
