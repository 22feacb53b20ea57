//! Devices of the school: whose a device is, and the codes of those that are lent, by which a proxy knows them at home.
//!
//! The registers say which devices the school has and who has borrowed them; the binary reads them for [`Ports`]. A code
//! of a lent device belongs to the device: whoever has borrowed it is its person, and nobody once it is back.
//!
//! [`Ports`]: super::Ports

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use jiff::Timestamp;
use kernel::{DeviceId, Owner, PersonId};
use store::{
    Act, School,
    entity::access_device,
    ids,
    query::ColumnTrait as _,
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{Permit as _, Token, permit::MayEquipDevices};

use super::{Access, AccessError, devices};

/// Whose devices are, as the registers have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Of devices that always have the same address.
    pub addresses: HashMap<IpAddr, Owner>,
    /// The school's devices by their entry in the register, each with whom it is lent to. What is lost or disposed of is
    /// not among them.
    pub school: HashMap<Uuid, Option<PersonId>>,
}

/// A device of the school that is lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LentDevice {
    /// Its entry in the register.
    pub asset: Uuid,
    /// What stands on its label.
    pub tag: String,
    /// Make and model.
    pub model: String,
    /// Who has it.
    pub borrower: PersonId,
}

/// What the register says of a tag that somebody gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    /// The school has no device with it.
    Unknown,
    /// Somebody else has borrowed the device.
    Lent,
    /// The entry of the device.
    Device(Uuid),
}

/// A code that was given to a lent device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The device.
    pub id: DeviceId,
    /// Its entry in the register.
    pub asset: Uuid,
    /// Since when.
    pub since: Timestamp,
}

impl Access {
    /// The codes of the school's own devices that were not withdrawn: those that an administrator gave.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn codes(&self, school: &School) -> Result<Vec<Code>, AccessError> {
        let rows = school
            .read()
            .find::<access_device::Entity>()
            .filter(access_device::Column::AssetId.is_not_null())
            .filter(access_device::Column::PersonId.is_null())
            .filter(access_device::Column::RevokedAt.is_null())
            .all()
            .await?;
        let code = |row: access_device::Model| {
            Some(Code { id: DeviceId(row.id), asset: row.asset_id?, since: timestamp(row.created_at) })
        };
        Ok(rows.into_iter().filter_map(code).collect())
    }

    /// The school's devices with a code that counts: of administrators, and of people who connected one themselves.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn with_code(&self, school: &School) -> Result<BTreeSet<Uuid>, AccessError> {
        let rows = school
            .read()
            .find::<access_device::Entity>()
            .filter(access_device::Column::AssetId.is_not_null())
            .filter(access_device::Column::RevokedAt.is_null())
            .all()
            .await?;
        Ok(rows.into_iter().filter_map(|row| row.asset_id).collect())
    }

    /// Gives a device of the school a code, and withdraws the one that it had from an administrator.
    ///
    /// # Errors
    /// Where the store refuses, or there are no random numbers.
    pub async fn give_code(
        &self,
        school: &School,
        may: &MayEquipDevices,
        device: &LentDevice,
        now: Timestamp,
    ) -> Result<Token, AccessError> {
        let token = Token::new(school.id())?;
        let row = access_device::Model {
            id: ids::new_id(now)?,
            school_id: school.id().0,
            person_id: None,
            network: None,
            asset_id: Some(device.asset),
            label: device.tag.clone(),
            token_digest: devices::digest(school, &token),
            created_at: millis(now),
            revoked_at: None,
        };
        let (act, asset) = (Act::new("access.give-code", may.by()).about(device.asset), device.asset);
        school
            .act(act, now, async move |tx| {
                withdraw(&tx, asset, now).await?;
                tx.insert(row).await
            })
            .await?;
        self.ports().roster_changed(school.id());
        Ok(token)
    }

    /// Withdraws the code that an administrator gave a device of the school. Whether it had one.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn withdraw_code(
        &self,
        school: &School,
        may: &MayEquipDevices,
        asset: Uuid,
        now: Timestamp,
    ) -> Result<bool, AccessError> {
        let act = Act::new("access.withdraw-code", may.by()).about(asset);
        let done = school
            .act(act, now, async move |tx| match withdraw(&tx, asset, now).await? {
                0 => Err(store::StoreError::NotFound("access_device")),
                _ => Ok(()),
            })
            .await;
        match done {
            Ok(()) => {
                self.ports().roster_changed(school.id());
                Ok(true)
            }
            Err(store::StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

async fn withdraw(tx: &store::Tx, asset: Uuid, now: Timestamp) -> Result<u64, store::StoreError> {
    tx.change::<access_device::Entity>()
        .set(access_device::Column::RevokedAt, millis(now))
        .filter(access_device::Column::AssetId.eq(asset))
        .filter(access_device::Column::PersonId.is_null())
        .filter(access_device::Column::RevokedAt.is_null())
        .run()
        .await
}
