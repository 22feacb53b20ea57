//! The words of a row: outcome, scheme, pseudonym, clause.

use std::fmt;

use kernel::{BadText, HowKnown, PersonId};

macro_rules! words {
    ($(#[$doc:meta])* $type:ident, $what:literal, { $($(#[$each:meta])* $name:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$each])* $name,)* }

        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word of the log.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Reads the word of the log.
            pub fn parse(text: &str) -> Result<Self, BadText> {
                Self::ALL.iter().copied().find(|it| it.id() == text).ok_or_else(|| BadText::new(text, $what))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.id())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.id())
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

words! {
    /// What became of a request.
    Outcome, "an outcome such as `allowed` or `blocked`", {
        /// It went through.
        Allowed = "allowed",
        /// The policy refused it.
        Blocked = "blocked",
        /// The policy on trial would have refused it; it went through.
        Observed = "observed",
        /// The gateway refused it as no request for it: malformed, to a private address, a bad credential.
        Refused = "refused",
        /// It was permitted, and the site did not answer.
        Failed = "failed",
        /// A visit to a help site: counted, never listed.
        Help = "help",
    }
}

words! {
    /// The protocol of a request.
    Scheme, "a scheme such as `https`", {
        /// In the clear.
        Http = "http",
        /// Encrypted: judged by its name, or inspected.
        Https = "https",
        /// A question for a name.
        Dns = "dns",
        /// Something else in a tunnel.
        Other = "other",
    }
}

/// The pseudonym of a person in the log: a keyed hash of 16 bytes. Without the school's key nobody can say
/// whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(pub [u8; 16]);

impl PersonKey {
    /// The pseudonym of `person` under the school's secret.
    pub fn derive(secret: &[u8; 32], person: PersonId) -> Self {
        let mut key = [0; 16];
        blake3::Hasher::new_keyed(secret).update(person.0.as_bytes()).finalize_xof().fill(&mut key);
        Self(key)
    }

    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let bad = || BadText::new(text, "a pseudonym of 32 hexadecimal digits");
        if text.len() != 32 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(bad());
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| bad())
    }
}

impl fmt::Display for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(..)")
    }
}

impl serde::Serialize for PersonKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PersonKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The clause that a decision stands on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ClauseRef {
    /// Its lasting label: `fc`.
    pub label: String,
    /// Its number as printed at that time: `4.2.1`.
    pub number: String,
}

/// Reads the word that `HowKnown::id` writes.
pub(crate) fn parse_how(text: &str) -> Result<HowKnown, BadText> {
    [HowKnown::Token, HowKnown::Address, HowKnown::Network, HowKnown::Unattributed]
        .into_iter()
        .find(|how| how.id() == text)
        .ok_or_else(|| BadText::new(text, "how a person is known, such as `token`"))
}

/// The serde form of `HowKnown` in the journal.
pub(crate) mod how {
    use kernel::HowKnown;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(how: &HowKnown, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(how.id())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HowKnown, D::Error> {
        super::parse_how(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The serde form of times in the journal: milliseconds since 1970.
pub(crate) mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.as_millisecond())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.id()), Ok(*outcome));
        }
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::parse(scheme.id()), Ok(*scheme));
        }
        assert!(Outcome::parse("block").is_err());
    }

    #[test]
    fn a_pseudonym_depends_on_person_and_secret() {
        let (maya, omar) = (PersonId::from_parts(1, &[1; 10]), PersonId::from_parts(1, &[2; 10]));
        let key = PersonKey::derive(&[1; 32], maya);
        assert_eq!(key, PersonKey::derive(&[1; 32], maya));
        assert_ne!(key, PersonKey::derive(&[1; 32], omar));
        assert_ne!(key, PersonKey::derive(&[2; 32], maya));
        assert_eq!(PersonKey::parse(&key.to_string()), Ok(key));
        assert!(PersonKey::parse(&"+".repeat(32)).is_err());
    }
}
