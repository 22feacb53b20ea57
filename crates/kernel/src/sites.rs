//! What a clause can name of the web: categories, domains, patterns, lists, registers.

use std::fmt;

use crate::{BadText, place::is_word};

/// One thing that a clause can name of the web.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteItem {
    /// Every site.
    All,
    /// A category of sites, such as `gambling`.
    Category(String),
    /// A host and all hosts below it, lower case without a trailing dot: `bbc.co.uk`.
    Domain(String),
    /// A domain and the first segments of a path: `example.org/games`.
    Address {
        /// As in [`SiteItem::Domain`].
        domain: String,
        /// Begins with `/`. Covers that path and all below it, by whole segments: `/games` covers `/games/chess`, not
        /// `/gamesroom`.
        path: String,
    },
    /// A pattern on the host with `*` for any characters: `*proxy*`.
    Pattern(String),
    /// A list that the school keeps or subscribes to: `list:NAME`.
    List(String),
    /// The sites that a register holds: `register:website.platforms`.
    Register(String),
}

impl SiteItem {
    /// The domain, where it is a whole one.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Domain(domain) => Some(domain),
            Self::All
            | Self::Category(_)
            | Self::Address { .. }
            | Self::Pattern(_)
            | Self::List(_)
            | Self::Register(_) => None,
        }
    }

    /// Reads the form of a policy. A word without a dot is a category; with a dot a domain.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let bad = || {
            BadText::new(
                text,
                "a site: a category, a domain such as `bbc.co.uk`, a pattern with `*`, `list:NAME` or `register:MODULE.NAME`",
            )
        };
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(name) = text.strip_prefix("list:") {
            return if is_word(name) { Ok(Self::List(name.to_owned())) } else { Err(bad()) };
        }
        if let Some(name) = text.strip_prefix("register:") {
            let ok = name.split_once('.').is_some_and(|(module, name)| is_word(module) && is_word(name));
            return if ok { Ok(Self::Register(name.to_owned())) } else { Err(bad()) };
        }
        if text.contains('*') {
            let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"*.-".contains(&b));
            let specific = text.bytes().any(|b| b.is_ascii_alphanumeric());
            return if plain && specific { Ok(Self::Pattern(text.to_owned())) } else { Err(bad()) };
        }
        if !text.contains('.') {
            return if is_word(text) { Ok(Self::Category(text.to_owned())) } else { Err(bad()) };
        }
        let (host, path) = match text.find('/') {
            Some(slash) => text.split_at(slash),
            None => (text, ""),
        };
        if !is_domain(host) {
            return Err(bad());
        }
        let domain = host.to_owned();
        if path.is_empty() || path == "/" {
            return Ok(Self::Domain(domain));
        }
        if path.bytes().any(|b| b <= b' ' || b == 0x7f) {
            return Err(bad());
        }
        Ok(Self::Address { domain, path: path.to_owned() })
    }
}

/// Whether `text` is a host name in lower-case ASCII (RFC 1123 labels, with the underscore that
/// real names use), with at least one dot and none at the end.
pub fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        })
}

impl fmt::Display for SiteItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Category(text) | Self::Domain(text) | Self::Pattern(text) => f.write_str(text),
            Self::Address { domain, path } => write!(f, "{domain}{path}"),
            Self::List(name) => write!(f, "list:{name}"),
            Self::Register(name) => write!(f, "register:{name}"),
        }
    }
}

crate::text_form!(SiteItem);
crate::text_schema!(
    SiteItem,
    "Site",
    "A category, a domain, an address, a pattern, a list or a register of sites",
    ["gambling", "bbc.co.uk", "*proxy*", "list:school-blocked", "register:website.platforms"]
);

/// Several site items; any of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Sites(pub Vec<SiteItem>);

impl<'de> serde::Deserialize<'de> for Sites {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_many(deserializer).map(Self)
    }
}

impl schemars::JsonSchema for Sites {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sites".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<SiteItem>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// Reads one value or a list of values.
pub(crate) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err = BadText>,
{
    struct Visitor<T>(std::marker::PhantomData<T>);
    impl<'de, T: std::str::FromStr<Err = BadText>> serde::de::Visitor<'de> for Visitor<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.parse().map_err(E::custom)?])
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(text) = seq.next_element::<String>()? {
                all.push(text.parse().map_err(serde::de::Error::custom)?);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(Visitor(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_read_back() {
        for text in [
            "gambling",
            "bbc.co.uk",
            "example.org/games",
            "*proxy*",
            "list:school-blocked",
            "register:website.platforms",
            "all",
        ] {
            assert_eq!(SiteItem::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "Gambling", "http://x.test", "-a.test", "*", "list:", "register:x", "a b.test"] {
            assert!(SiteItem::parse(bad).is_err(), "{bad}");
        }
    }
}
