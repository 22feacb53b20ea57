//! The words of the system as types.
//!
//! Pure: no clock, database, network, runtime or randomness. Whoever needs the time or a new
//! identifier passes it in. Small and rarely changed, because everything stands on it.

pub mod audience;
pub mod digest;
pub mod id;
pub mod network;
pub mod period;
pub mod place;
pub mod role;
pub mod sites;
pub mod standing;
pub mod time;
pub mod viewer;
pub mod when;
pub mod year;

pub use audience::{Audience, AudienceAtom, Breadth, Subject};
pub use digest::Digest;
pub use id::{AccountId, AgreementId, ClassId, DeviceId, EntryId, ListId, PersonId, PolicyId, SchoolId, SessionId};
pub use network::{BadNetwork, Network, is_public, line_of};
pub use period::{Every, Within};
pub use place::Place;
pub use role::{Capacity, Role};
pub use sites::{SiteItem, Sites};
pub use standing::{Evidence, Figure, Link, Standing};
pub use time::{Clock, SchoolTime};
pub use viewer::{HowKnown, Owner, Signed, Viewer, WhoIs};
pub use when::{Calendar, Weekly, When};
pub use year::{KeyStage, Year};

/// A text form that a shared type refuses: what was given, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct BadText {
    /// The text as it was given.
    pub given: String,
    /// What would be right, as the end of a sentence: "a year such as `year-3`".
    pub expected: String,
}

impl BadText {
    /// A refusal of `given`, naming what was `expected`.
    pub fn new(given: &str, expected: impl Into<String>) -> Self {
        Self { given: given.to_owned(), expected: expected.into() }
    }
}

/// Gives a type that has `parse(&str) -> Result<Self, BadText>` and `Display` its `FromStr`, and its
/// serde form as that text.
macro_rules! text_form {
    ($type:ty) => {
        impl std::str::FromStr for $type {
            type Err = $crate::BadText;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_form;

/// Describes a type to JSON Schema as a string with a description and examples.
macro_rules! text_schema {
    ($type:ty, $name:literal, $description:literal, [$($example:literal),*]) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> { $name.into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description, "examples": [$($example),*] })
            }
        }
    };
}
pub(crate) use text_schema;
