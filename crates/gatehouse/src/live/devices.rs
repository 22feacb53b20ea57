//! Whose devices are: what the registers say, for the roster and for the pages of people.

use anyhow::Context as _;
use kernel::{Owner, PersonId};
use people::access::{LentDevice, Owners, Tagged};
use registers::{KnownDevices, SchoolDevice};

use super::Live;

impl Live {
    /// The devices that the registers know at this moment.
    pub(super) async fn known_devices(&self) -> anyhow::Result<KnownDevices> {
        let Some(engines) = self.engines() else { return Ok(KnownDevices::default()) };
        let known = KnownDevices::read(engines, &self.installation().school).await;
        known.context("the registers of devices cannot be read")
    }

    /// Whether the registers say something else of devices than the roster has.
    pub(crate) async fn owners_changed(&self) -> anyhow::Result<bool> {
        Ok(self.known_devices().await? != **self.inner().devices.load())
    }

    /// What a tag stands for, to somebody who wants to connect the device.
    pub(super) fn device_tagged(&self, person: PersonId, tag: &str) -> Tagged {
        match self.inner().devices.load().tagged(tag) {
            None => Tagged::Unknown,
            Some(device) if device.lent.is_some_and(|lent| lent != person) => Tagged::Lent,
            Some(device) => Tagged::Device(device.entry),
        }
    }

    /// The school's devices that are lent, by tag.
    pub(super) fn lent_devices(&self) -> Vec<LentDevice> {
        let lent = |device: &SchoolDevice| {
            let SchoolDevice { entry, tag, model, lent, serial: _, address: _, for_learning: _ } = device;
            Some(LentDevice { asset: *entry, tag: tag.clone(), model: model.clone(), borrower: (*lent)? })
        };
        let mut all: Vec<_> = self.inner().devices.load().school.iter().filter_map(lent).collect();
        all.sort_by(|one, two| one.tag.cmp(&two.tag));
        all
    }
}

/// Whose devices are, as the roster asks. Where two registers name one address, it is somebody's own. What a parent signed
/// for, so that a child learns at home, is not filtered as the parent's: nobody is known there, and the strictest rules hold.
pub(super) fn owners(known: &KnownDevices, is_pupil: impl Fn(PersonId) -> bool) -> Owners {
    let school = known.school.iter().filter_map(|device| Some((device.address?, Owner::School)));
    let personal = known.personal.iter().map(|address| (*address, Owner::Personal));
    let lent = |device: &SchoolDevice| device.lent.filter(|person| !device.for_learning || is_pupil(*person));
    Owners {
        addresses: school.chain(personal).collect(),
        school: known.school.iter().map(|device| (device.entry, lent(device))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(seed: u8) -> PersonId {
        PersonId::from_parts(1, &[seed; 10])
    }

    fn device(nth: u8, address: &str, lent: Option<u8>, for_learning: bool) -> SchoolDevice {
        SchoolDevice {
            entry: person(nth).0,
            tag: format!("WL-{nth}"),
            serial: None,
            model: String::new(),
            address: address.parse().ok(),
            lent: lent.map(person),
            for_learning,
        }
    }

    #[test]
    fn a_parent_who_signs_for_a_child_lends_it_no_rights() {
        let pupil = person(1);
        let known = KnownDevices {
            school: vec![
                device(1, "10.0.0.1", Some(1), true),
                device(2, "10.0.0.2", Some(2), true),
                device(3, "", Some(2), false),
            ],
            personal: vec!["10.0.0.2".parse().unwrap()],
        };
        let owners = owners(&known, |person| person == pupil);
        let lent = |nth| owners.school[&person(nth).0];
        assert_eq!((lent(1), lent(2)), (Some(pupil), None));
        assert_eq!(lent(3), Some(person(2)), "a member of staff, for the work");
        let owner = |address: &str| owners.addresses[&address.parse::<std::net::IpAddr>().unwrap()];
        assert_eq!((owner("10.0.0.1"), owner("10.0.0.2")), (Owner::School, Owner::Personal));
    }
}
