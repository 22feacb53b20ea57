//! What the gateway asks: who is it? Built from sessions, devices and the roll; answers from memory.
//!
//! A credential is looked up by its keyed digest. An address is first that of a sign-in, then of a network
//! that the policy says stands for an audience. Everything else is unattributed, and never signed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use kernel::{
    Audience, AudienceAtom, Capacity, Clock, DeviceId, Digest, HowKnown, Owner, PersonId, Place, Role, SchoolId,
    SchoolTime, Signed, Subject, Viewer, WhoIs,
};
use store::{
    School,
    entity::{access_account, access_device, access_session},
    query::ColumnTrait,
    time::timestamp,
};
use uuid::Uuid;
use webkit::Token;

use super::{Access, AccessError, Owners, devices, subjects};

/// A network that the policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The name: `guest`.
    pub name: String,
    /// Whose traffic it carries where nobody is signed in.
    pub stands_for: Option<Audience>,
    /// Whether somebody has signed the agreement for those who use it.
    pub signed_for: bool,
    /// Its blocks of addresses: first address and the bits that count.
    pub blocks: Vec<(IpAddr, u8)>,
}

impl Network {
    /// How many bits of the narrowest block that holds `address`; none where none does.
    pub fn holds(&self, address: IpAddr) -> Option<u8> {
        let address = address.to_canonical();
        self.blocks.iter().filter(|(first, bits)| same_block(*first, *bits, address)).map(|(_, bits)| *bits).max()
    }
}

fn same_block(first: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (first, address) {
        (IpAddr::V4(first), IpAddr::V4(address)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            u32::from(first) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(first), IpAddr::V6(address)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            u128::from(first) & mask == u128::from(address) & mask
        }
        (IpAddr::V4(_) | IpAddr::V6(_), _) => false,
    }
}

/// When each bound address was last heard at the gateway. Shared by all snapshots.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<Mutex<HashMap<IpAddr, Timestamp>>>);

impl Heard {
    fn note(&self, address: IpAddr, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address, now);
    }

    fn last(&self, address: IpAddr) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&address).copied()
    }

    fn keep(&self, bound: &HashMap<IpAddr, Bound>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|address, _| bound.contains_key(address));
    }

    /// The addresses that were heard since then.
    pub(crate) fn since(&self, since: Timestamp) -> impl Iterator<Item = IpAddr> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately: Vec<_> = all.iter().filter(|(_, at)| **at >= since).map(|(address, _)| *address).collect();
        lately.into_iter()
    }

    /// Whether the address was heard within so many minutes.
    pub(crate) fn lately(&self, address: &str, minutes: u32, now: Timestamp) -> bool {
        let limit = SignedDuration::from_mins(i64::from(minutes));
        address.parse().ok().and_then(|address| self.last(address)).is_some_and(|last| now.duration_since(last) < limit)
    }
}

struct Bound {
    viewer: Viewer,
    seen: Timestamp,
    opened: Timestamp,
    limit: SignedDuration,
}

/// Who is who at one moment, for one school.
pub struct RosterSnapshot {
    school: SchoolId,
    key: [u8; 32],
    devices: HashMap<Digest, Viewer>,
    /// The devices of the school among them, by their entry in the register.
    assets: HashMap<DeviceId, Uuid>,
    bound: HashMap<IpAddr, Bound>,
    networks: Vec<(Network, Viewer)>,
    /// Whose the device at an address is, where a register says that it always has it.
    owners: HashMap<IpAddr, Owner>,
    heard: Heard,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for RosterSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "RosterSnapshot({} devices, {} addresses, {} networks)",
            self.devices.len(),
            self.bound.len(),
            self.networks.len()
        )
    }
}

impl RosterSnapshot {
    /// The names of persons bound to addresses and devices, counted: devices, addresses, networks.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.devices.len(), self.bound.len(), self.networks.len())
    }

    /// The entry in the register of a device that has a code.
    pub fn asset(&self, device: DeviceId) -> Option<Uuid> {
        self.assets.get(&device).copied()
    }

    /// The entries in the register of the devices with a code that counts.
    pub fn with_code(&self) -> BTreeSet<Uuid> {
        self.assets.values().copied().collect()
    }

    fn network_of(&self, address: IpAddr) -> Option<&(Network, Viewer)> {
        self.networks
            .iter()
            .filter_map(|row| row.0.holds(address).map(|bits| (bits, row)))
            .max_by_key(|(bits, _)| *bits)
            .map(|(_, row)| row)
    }

    fn owner(&self, address: IpAddr) -> Owner {
        self.owners.get(&address).copied().unwrap_or_default()
    }

    fn place(&self, address: IpAddr) -> Place {
        self.network_of(address).map_or(Place::School, |(network, _)| Place::Network(network.name.clone()))
    }
}

impl WhoIs for RosterSnapshot {
    fn by_token(&self, token: &str) -> Option<Viewer> {
        let token = Token::parse(token).filter(|token| token.school() == self.school)?;
        self.devices.get(&token.digest(&self.key)).cloned()
    }

    fn by_token_at(&self, token: &str, address: IpAddr) -> Option<Viewer> {
        let (viewer, address) = (self.by_token(token)?, address.to_canonical());
        Some(viewer.seen_at(self.place(address), self.owner(address)))
    }

    fn by_address(&self, address: IpAddr) -> Viewer {
        let address = address.to_canonical();
        if let Some(bound) = self.bound.get(&address) {
            let now = self.clock.now();
            let last = self.heard.last(address).map_or(bound.seen, |heard| heard.max(bound.seen));
            let silent = now.duration_since(last) >= bound.limit;
            let old = now.duration_since(bound.opened) >= super::sessions::LONGEST;
            if !silent && !old {
                self.heard.note(address, now);
                return bound.viewer.clone();
            }
        }
        let viewer = match self.network_of(address) {
            Some((_, viewer)) => viewer.clone(),
            None => Viewer::unattributed(Place::School),
        };
        Viewer { owner: self.owner(address), ..viewer }
    }
}

/// Whether pupils are among those whom a network carries.
pub fn carries_pupils(network: &Network) -> bool {
    let pupil = |atom: &AudienceAtom| {
        atom.overlaps(&AudienceAtom::All(Capacity::Pupil)) && !matches!(atom, AudienceAtom::Group(_))
    };
    network.stands_for.as_ref().is_some_and(|audience| audience.atoms().iter().any(pupil))
}

/// The subject that a network's unknown user counts as: only what the audience itself says.
fn stand_in(audience: &Audience) -> Subject {
    let mut subject = Subject::default();
    // Of several audiences the first is meant; a union would give one person the rights of all.
    if let Some(atom) = audience.atoms().first() {
        match atom {
            AudienceAtom::All(capacity) => {
                subject.roles.insert(capacity.plain_role());
            }
            AudienceAtom::Years(from, _) => {
                subject.roles.insert(Role::Pupil);
                subject.year = Some(*from);
            }
            AudienceAtom::Stage(stage) => {
                subject.roles.insert(Role::Pupil);
                subject.year = kernel::Year::all().find(|year| year.key_stage() == *stage);
            }
            AudienceAtom::Class(name) => {
                subject.roles.insert(Role::Pupil);
                subject.classes.insert(name.clone());
            }
            AudienceAtom::Role(role) => {
                subject.roles.insert(*role);
            }
            AudienceAtom::Group(name) => {
                subject.groups.insert(name.clone());
            }
            AudienceAtom::Everyone | AudienceAtom::Joiners | AudienceAtom::Relation(_) => {}
        }
    }
    subject
}

impl Access {
    /// Builds the roster of a school. `signed` says whether a person's agreement is signed, `owners` whose devices are.
    pub async fn roster(
        &self,
        school: &School,
        networks: Vec<Network>,
        owners: &Owners,
        signed: &(dyn Fn(PersonId, &Subject) -> Signed + Sync),
        clock: Arc<dyn Clock>,
    ) -> Result<RosterSnapshot, AccessError> {
        let now = clock.now();
        let rows = school.read();
        let members = subjects::all(&rows, SchoolTime::new(now).date()).await?;
        let open = rows
            .find::<access_session::Entity>()
            .filter(access_session::Column::EndedAt.is_null())
            .filter(access_session::Column::BindsAddress.eq(true))
            .ascending(access_session::Column::CreatedAt)
            .all()
            .await?;
        let held =
            rows.find::<access_device::Entity>().filter(access_device::Column::RevokedAt.is_null()).all().await?;
        // A closed account closes the devices too; they come back with it.
        let closed: BTreeSet<PersonId> = rows
            .find::<access_account::Entity>()
            .filter(access_account::Column::DisabledAt.is_not_null())
            .all()
            .await?
            .into_iter()
            .map(|row| PersonId(row.person_id))
            .collect();
        let known: Vec<(Network, Viewer)> =
            networks.into_iter().map(|network| (network.clone(), network_viewer(network))).collect();
        let mut roster = RosterSnapshot {
            school: school.id(),
            key: devices::key(school),
            devices: HashMap::new(),
            assets: HashMap::new(),
            bound: HashMap::new(),
            networks: known,
            owners: owners.addresses.clone(),
            heard: self.0.heard.clone(),
            clock,
        };
        for row in open {
            let (Some(member), Ok(address)) = (members.get(&PersonId(row.person_id)), row.address.parse::<IpAddr>())
            else {
                continue;
            };
            let minutes = self.ports().idle_minutes(school.id(), &member.subject);
            if !self.is_alive(&row, minutes, now) {
                continue;
            }
            let address = address.to_canonical();
            let viewer = person_viewer(member, HowKnown::Address, None, roster.place(address), signed);
            let viewer = Viewer { owner: roster.owner(address), ..viewer };
            let bound = Bound {
                viewer,
                seen: timestamp(row.heard_at.map_or(row.last_seen_at, |heard| heard.max(row.last_seen_at))),
                opened: timestamp(row.created_at),
                limit: SignedDuration::from_mins(i64::from(minutes)),
            };
            roster.bound.insert(address, bound);
        }
        for row in held {
            let Ok(digest) = Digest::parse(&row.token_digest) else { continue };
            let device = Some(DeviceId(row.id));
            // Of a device of the school, the register says whether it still has it, and to whom it is lent.
            let (owner, lent) = match row.asset_id.map(|asset| owners.school.get(&asset)) {
                None => (Owner::Unknown, None),
                Some(Some(lent)) => (Owner::School, *lent),
                Some(None) => continue,
            };
            let person = match (row.person_id.map(PersonId), lent) {
                // What somebody connected never speaks for whoever has it now.
                (Some(own), Some(lent)) if own != lent => continue,
                (own, lent) => own.or(lent),
            };
            let viewer = match (person, row.network) {
                (Some(person), _) if closed.contains(&person) => continue,
                (Some(person), _) => match members.get(&person) {
                    Some(member) => person_viewer(member, HowKnown::Token, device, Place::School, signed),
                    // Whoever has left has no device any more.
                    None => continue,
                },
                (None, Some(name)) => match roster.networks.iter().find(|(network, _)| network.name == name) {
                    Some((_, viewer)) => Viewer { device, ..viewer.clone() },
                    None => continue,
                },
                // Nobody has it at present: the strictest rules hold.
                (None, None) if row.asset_id.is_some() => Viewer { device, ..Viewer::unattributed(Place::School) },
                (None, None) => continue,
            };
            roster.devices.insert(digest, Viewer { owner, ..viewer });
            roster.assets.extend(row.asset_id.map(|asset| (DeviceId(row.id), asset)));
        }
        self.0.heard.keep(&roster.bound);
        Ok(roster)
    }
}

fn person_viewer(
    member: &subjects::Member,
    how: HowKnown,
    device: Option<DeviceId>,
    place: Place,
    signed: &(dyn Fn(PersonId, &Subject) -> Signed + Sync),
) -> Viewer {
    Viewer {
        person: Some(member.id),
        signed: signed(member.id, &member.subject),
        subject: member.subject.clone(),
        device,
        owner: Owner::Unknown,
        place,
        how,
        suspended: false,
    }
}

/// Somebody on a network of whom nothing else is known.
pub fn network_viewer(network: Network) -> Viewer {
    let place = Place::Network(network.name);
    match network.stands_for {
        Some(audience) => Viewer {
            subject: stand_in(&audience),
            how: HowKnown::Network,
            signed: if network.signed_for { Signed::NotAsked } else { Signed::No },
            ..Viewer::unattributed(place)
        },
        None => Viewer {
            signed: if network.signed_for { Signed::NotAsked } else { Signed::No },
            ..Viewer::unattributed(place)
        },
    }
}

/// The persons bound to addresses, for tests and the desk: address to person.
pub fn bindings(roster: &RosterSnapshot) -> BTreeMap<IpAddr, PersonId> {
    roster.bound.iter().filter_map(|(address, bound)| bound.viewer.person.map(|person| (*address, person))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_addresses() {
        let network = Network {
            name: "guest".into(),
            stands_for: None,
            signed_for: false,
            blocks: vec![
                ("10.1.0.0".parse().unwrap(), 16),
                ("10.1.2.0".parse().unwrap(), 24),
                ("fd00::".parse().unwrap(), 8),
            ],
        };
        let holds = |text: &str| network.holds(text.parse().unwrap());
        assert_eq!(holds("10.1.9.9"), Some(16));
        assert_eq!(holds("10.1.2.9"), Some(24));
        assert_eq!(holds("::ffff:10.1.2.9"), Some(24));
        assert_eq!(holds("10.2.0.1"), None);
        assert_eq!(holds("fd12::1"), Some(8));
        assert!(same_block("0.0.0.0".parse().unwrap(), 0, "9.9.9.9".parse().unwrap()));
        assert!(same_block("::".parse().unwrap(), 0, "2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn which_networks_carry_pupils() {
        let network = |audience: &str| Network {
            name: "n".into(),
            stands_for: Some(Audience::parse(audience).unwrap()),
            signed_for: false,
            blocks: Vec::new(),
        };
        for (audience, carries) in [
            ("pupils", true),
            ("year-2", true),
            ("ks1", true),
            ("class:5B", true),
            ("everyone", true),
            ("guests", false),
            ("staff", false),
        ] {
            assert_eq!(carries_pupils(&network(audience)), carries, "{audience}");
        }
    }

    #[test]
    fn a_networks_user_counts_as_its_audience_and_no_more() {
        for audience in ["pupils", "staff", "guests", "year-2", "ks1", "class:5B", "role:office"] {
            let audience = Audience::parse(audience).unwrap();
            let subject = stand_in(&audience);
            assert!(audience.contains(&subject), "{audience:?}");
            assert!(!subject.roles.contains(&Role::Headteacher));
        }
        for (audience, role) in [
            ("staff", Role::Staff),
            ("pupils", Role::Pupil),
            ("governors", Role::Governor),
            ("guests", Role::Guest),
            ("outside", Role::CommunityUser),
        ] {
            let subject = stand_in(&Audience::parse(audience).unwrap());
            assert_eq!(subject.roles.into_iter().collect::<Vec<_>>(), [role], "{audience}");
        }
    }
}
