//! Which devices are the school's and which are somebody's own, as the registers have it: for the filter, which opens
//! encrypted connections of the school's devices alone.

use std::{collections::HashMap, net::IpAddr};

use declare::Entry;
use engines::{
    Engines,
    registers::{Refusal, RegisterError, Written},
};
use kernel::PersonId;
use store::{School, StoreError};
use uuid::Uuid;

use super::{HARDWARE, HERE, LOANS, ON_LOAN};
use crate::fields;

/// What members of staff bring of their own.
pub(super) const STAFF: &str = "devices.staff-register";

/// A device that the school has: not one that is lost or disposed of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolDevice {
    /// Its entry.
    pub entry: Uuid,
    /// What stands on its label.
    pub tag: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// Make and model.
    pub model: String,
    /// Its address on the network, where that is always the same.
    pub address: Option<IpAddr>,
    /// Who has borrowed it.
    pub lent: Option<PersonId>,
    /// Whether it was lent for a pupil's learning: where somebody else signed for it, a child uses it.
    pub for_learning: bool,
}

/// Whose devices are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownDevices {
    /// The school's, in the order in which they were entered.
    pub school: Vec<SchoolDevice>,
    /// The addresses of devices that are somebody's own.
    pub personal: Vec<IpAddr>,
}

impl KnownDevices {
    /// Reads the registers of equipment, of loans and of what staff bring.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn read(engines: &Engines, school: &School) -> Result<Self, StoreError> {
        let lent: HashMap<Uuid, (PersonId, bool)> = engines
            .entries(school, LOANS)
            .await?
            .iter()
            .filter(|loan| loan.state.as_deref() == Some("out"))
            .filter_map(|loan| {
                let learning = fields::text(loan, "purpose") == Some("learning");
                Some((fields::entry(loan, "device")?, (fields::person(loan, "borrower")?, learning)))
            })
            .collect();
        let hardware = engines.entries(school, HARDWARE).await?;
        let staff = engines.entries(school, STAFF).await?;
        Ok(Self {
            school: hardware.iter().filter(|entry| is_there(entry)).map(|entry| device(entry, &lent)).collect(),
            personal: staff
                .iter()
                .filter(|one| one.state.as_deref() == Some("brought"))
                .filter_map(|one| address(one))
                .collect(),
        })
    }

    /// The device with this tag or serial number; one of them, where several have the same number.
    pub fn tagged(&self, tag: &str) -> Option<&SchoolDevice> {
        let wanted = tag.trim();
        let same = |text: &str| text.eq_ignore_ascii_case(wanted);
        let by_tag = self.school.iter().find(|device| same(&device.tag));
        by_tag.or_else(|| self.school.iter().find(|device| device.serial.as_deref().is_some_and(same)))
    }
}

fn is_there(entry: &Entry) -> bool {
    entry.state.as_deref().is_some_and(|state| state == ON_LOAN || HERE.contains(&state))
}

fn device(entry: &Entry, lent: &HashMap<Uuid, (PersonId, bool)>) -> SchoolDevice {
    let text = |field| fields::text(entry, field).map(str::to_owned);
    SchoolDevice {
        entry: entry.id,
        tag: text("tag").unwrap_or_default(),
        serial: text("serial"),
        model: text("model").unwrap_or_default(),
        address: address(entry),
        lent: lent.get(&entry.id).map(|(person, _)| *person),
        for_learning: lent.get(&entry.id).is_some_and(|(_, learning)| *learning),
    }
}

fn address(entry: &Entry) -> Option<IpAddr> {
    Some(fields::text(entry, "address")?.trim().parse::<IpAddr>().ok()?.to_canonical())
}

/// What is entered as an address on the network is one.
pub(super) fn addresses(written: &[Written<'_>]) -> Result<(), RegisterError> {
    let wrong =
        written.iter().any(|one| !one.struck && fields::filled(one.after, "address") && address(one.after).is_none());
    if wrong {
        let says = "Enter the address on the network as numbers, such as 10.1.2.14, or leave it empty";
        return Err(RegisterError::Refused(vec![Refusal::whole(says)]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use declare::Value;

    use super::*;
    use crate::assets::tests::entry;

    fn hardware(id: u128, state: &str, tag: &str, address: Option<&str>) -> Entry {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut fields = vec![("tag", text(tag)), ("serial", text(&format!("SN-{id}")))];
        fields.extend(address.map(|address| ("address", text(address))));
        entry(id, state, &fields)
    }

    #[test]
    fn what_is_lost_or_gone_is_not_the_schools_any_more() {
        for (state, there) in
            [("in-use", true), ("on-loan", true), ("repair", true), ("lost", false), ("disposed", false)]
        {
            assert_eq!(is_there(&hardware(1, state, "WL-1", None)), there, "{state}");
        }
    }

    #[test]
    fn a_device_is_found_by_its_tag_before_a_serial_number() {
        let all = [hardware(1, "in-use", "WL-1", Some(" 10.1.2.14 ")), hardware(2, "in-use", "sn-1", None)];
        let known = KnownDevices {
            school: all.iter().map(|entry| device(entry, &HashMap::new())).collect(),
            ..KnownDevices::default()
        };
        let found = |tag: &str| known.tagged(tag).map(|device| device.entry.as_u128());
        assert_eq!((found("wl-1"), found("SN-1"), found(" sn-2"), found("WL-9")), (Some(1), Some(2), Some(2), None));
        assert_eq!(known.school[0].address, Some("10.1.2.14".parse().unwrap()));
    }

    #[test]
    fn an_address_on_the_network_is_one() {
        let ask = |address| {
            addresses(&[Written { before: None, after: &hardware(1, "in-use", "WL-1", address), struck: false }])
        };
        assert!(ask(None).is_ok() && ask(Some("fd00::14")).is_ok());
        assert!(ask(Some("room 4")).is_err() && ask(Some("10.1.2.0/24")).is_err());
    }
}
