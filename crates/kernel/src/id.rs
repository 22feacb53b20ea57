//! Identifiers. Each is a UUID of version 7, so that rows sort by the time that they were made; each
//! thing has a type of its own, so that a person's id cannot be given where a device's is wanted.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes the identifier of something new from the time (milliseconds since 1970) and ten random bytes.
            pub fn from_parts(millis: u64, random: &[u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
            }

            /// Reads the hyphenated form.
            pub fn parse(text: &str) -> Result<Self, crate::BadText> {
                Uuid::parse_str(text).map(Self).map_err(|_| crate::BadText::new(text, "an identifier"))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

ids! {
    /// A school of this installation.
    SchoolId,
    /// A person on the roll of a school.
    PersonId,
    /// A class of a school.
    ClassId,
    /// An account that a person signs in with.
    AccountId,
    /// A session at the desk.
    SessionId,
    /// A device, or the credential that stands for it.
    DeviceId,
    /// A version of a policy that was enacted.
    PolicyId,
    /// A signature under an agreement.
    AgreementId,
    /// A subscribed list of sites.
    ListId,
    /// An entry of the ledger.
    EntryId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = PersonId::from_parts(1_000, &[0xff; 10]);
        let late = PersonId::from_parts(1_001, &[0; 10]);
        assert!(early < late);
        assert_eq!(PersonId::parse(&early.to_string()), Ok(early));
        assert!(PersonId::parse("5").is_err());
    }
}
