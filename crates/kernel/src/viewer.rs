//! Who looks at a site, as far as the gateway knows.

use crate::{DeviceId, PersonId, Place, Subject};

/// How the gateway came to know who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HowKnown {
    /// By the token of a device or session, given as proxy credential.
    Token,
    /// By an address that a sign-in at the desk bound to the person.
    Address,
    /// By a network that stands for an audience; no person is known.
    Network,
    /// Not at all.
    Unattributed,
}

impl HowKnown {
    /// The word of the activity log.
    pub fn id(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Address => "address",
            Self::Network => "network",
            Self::Unattributed => "unattributed",
        }
    }
}

/// Whether the agreement that opens the gateway is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signed {
    /// Signed, in the version in force.
    Yes,
    /// An agreement binds the person, and it is not signed.
    No,
    /// No agreement is asked of this person, or the network is named as signed for.
    NotAsked,
}

/// Whose a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Owner {
    /// The school's: its encrypted connections may be opened where the policy says so.
    School,
    /// Somebody's own: it is judged by name.
    Personal,
    /// Nobody knows: it is treated as somebody's own.
    #[default]
    Unknown,
}

/// Who asks for a site. An unknown person has an empty subject and is held to the strictest profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The person, where one is known.
    pub person: Option<PersonId>,
    /// What audiences ask of the person, or of the audience that the network stands for.
    pub subject: Subject,
    /// The device or session by whose credential the person is known.
    pub device: Option<DeviceId>,
    /// Whose the device is.
    pub owner: Owner,
    /// Where the request comes from: the school, a network of it, home.
    pub place: Place,
    /// How the person is known.
    pub how: HowKnown,
    /// Whether the agreement is signed.
    pub signed: Signed,
    /// Whether access is suspended at present.
    pub suspended: bool,
}

impl Viewer {
    /// Somebody of whom nothing is known, at `place`: never signed, so that the strictest rules hold.
    pub fn unattributed(place: Place) -> Self {
        Self {
            person: None,
            subject: Subject::default(),
            device: None,
            owner: Owner::Unknown,
            place,
            how: HowKnown::Unattributed,
            signed: Signed::No,
            suspended: false,
        }
    }
}

impl Viewer {
    /// The same at `place`, on a device of `owner`, as far as more is not known already.
    pub fn seen_at(self, place: Place, owner: Owner) -> Self {
        Self {
            place: if self.place == Place::School { place } else { self.place },
            owner: if self.owner == Owner::Unknown { owner } else { self.owner },
            ..self
        }
    }
}

/// Tells the gateway who asks. Filled from the roll, sessions and device tokens by the binary; answers
/// from memory, because every request asks it.
pub trait WhoIs: Send + Sync {
    /// Who holds this proxy credential; none where it is unknown or revoked.
    fn by_token(&self, token: &str) -> Option<Viewer>;

    /// Who holds this proxy credential on a device at this address in the school: the credential says who it is, the
    /// address where, and whose the device is where the credential does not say.
    fn by_token_at(&self, token: &str, address: std::net::IpAddr) -> Option<Viewer> {
        let viewer = self.by_token(token)?;
        let here = self.by_address(address);
        Some(viewer.seen_at(here.place, here.owner))
    }

    /// Who is bound to this address, or what its network stands for; unattributed where neither is so.
    fn by_address(&self, address: std::net::IpAddr) -> Viewer;
}
