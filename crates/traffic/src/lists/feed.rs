//! The format of a sealed feed: a list under licence, encrypted with a key that its issuer gives to the school, with the
//! day of its content, how long that is fresh, and entries of its own that stand in it only to be tried.
//!
//! A file holds `GHFEED1` and a line end, the length of the head (u32, little-endian), the head as JSON, a nonce of 12
//! bytes, and the list encrypted by AES-256-GCM. All before the nonce is authenticated with it: a head that somebody
//! changed, a file that was cut, and another key are refused alike. What is encrypted is an address a line; a line that
//! begins with `! ` is an entry to be tried.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use filter::{Address, ListFormat, read_list};
use jiff::{SignedDuration, Timestamp};

const MAGIC: &[u8] = b"GHFEED1\n";

/// The longest head.
const LONGEST_HEAD: usize = 64 * 1024;

/// The longest that a feed may say it is fresh.
const LONGEST_FRESH: u32 = 24 * 31;

/// The mark of a line that is an entry to be tried.
const TEST: &str = "! ";

/// What a feed says of itself. It says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FeedHead {
    /// Who makes it.
    pub issuer: String,
    /// Under which licence it is given.
    pub licence: String,
    /// The moment that its content is of.
    pub dated: Timestamp,
    /// For how many hours from then it is fresh.
    pub fresh_hours: u32,
}

impl FeedHead {
    /// Until when it is fresh.
    pub fn fresh_until(&self) -> Timestamp {
        let hours = SignedDuration::from_hours(i64::from(self.fresh_hours.min(LONGEST_FRESH)));
        self.dated.checked_add(hours).unwrap_or(self.dated)
    }
}

/// The key of a feed. It is never shown.
#[derive(Clone)]
pub struct FeedKey([u8; 32]);

impl FeedKey {
    /// A new one.
    ///
    /// # Errors
    /// Where the machine gives no random bytes.
    pub fn fresh() -> Result<Self, store::StoreError> {
        Ok(Self(store::ids::random()?))
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, FeedError> {
        kernel::Digest::parse(text.trim()).map(|bytes| Self(bytes.0)).map_err(|_| FeedError::Key)
    }

    /// As a file of the key has it.
    pub fn to_text(&self) -> String {
        kernel::Digest(self.0).to_string()
    }
}

impl std::fmt::Debug for FeedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FeedKey(..)")
    }
}

/// Why a feed is refused. None of these tells anything of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The key is none.
    #[error("the key of a feed is 64 hexadecimal digits")]
    Key,
    /// The file begins otherwise.
    #[error("the file is not a sealed feed of this format")]
    NotFeed,
    /// It was cut or changed, or the key is another.
    #[error("the feed is damaged, or its key is another")]
    Closed,
    /// It has no entry, or one that cannot be read.
    #[error("the feed has no entry, or one that is no address")]
    Entries,
    /// It has no entry by which it can be tried.
    #[error("the feed has no test entry, so nobody could try whether it holds")]
    NoTest,
    /// It says that it comes from a later day.
    #[error("the feed says that it is of a day to come")]
    Early,
    /// It is older than the one in use.
    #[error("the feed is older than the one in use")]
    Older,
}

/// A feed, opened.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) head: FeedHead,
    /// Its addresses, one a line.
    pub(crate) lines: String,
    /// Those of them by which it is tried.
    pub(crate) tests: Vec<String>,
}

impl Feed {
    /// How many addresses it has.
    pub(crate) fn entries(&self) -> u64 {
        let mut entries = 0;
        read_list(ListFormat::Urls, self.lines.as_bytes(), |line| entries += u64::from(line.is_ok()));
        entries
    }
}

/// Encrypts a list as a feed. `lines` holds an address a line, `tests` those by which it is tried.
///
/// # Errors
/// Where there is nothing to seal or to try, or a line is no address.
pub fn seal_feed(head: &FeedHead, lines: &str, tests: &[String], key: &FeedKey) -> Result<Vec<u8>, FeedError> {
    let mut plain = String::new();
    for test in tests {
        plain.push_str(TEST);
        plain.push_str(test);
        plain.push('\n');
    }
    plain.push_str(lines);
    read(head.clone(), &plain)?;
    let text = serde_json::to_vec(head).map_err(|_| FeedError::NotFeed)?;
    let length = u32::try_from(text.len()).map_err(|_| FeedError::NotFeed)?;
    let mut out = [MAGIC, &length.to_le_bytes(), &text].concat();
    let mut bytes = plain.into_bytes();
    let sealing = RandomizedNonceKey::new(&AES_256_GCM, &key.0).map_err(|_| FeedError::Key)?;
    let nonce = sealing.seal_in_place_append_tag(Aad::from(&out), &mut bytes).map_err(|_| FeedError::Closed)?;
    out.extend_from_slice(nonce.as_ref());
    out.append(&mut bytes);
    Ok(out)
}

/// Opens a feed.
///
/// # Errors
/// Whatever is wrong with it.
pub(crate) fn open_feed(bytes: &[u8], key: &FeedKey) -> Result<Feed, FeedError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(FeedError::NotFeed)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(FeedError::NotFeed)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (head, rest) = rest.split_at_checked(length.min(LONGEST_HEAD)).ok_or(FeedError::Closed)?;
    let before = bytes.get(..bytes.len() - rest.len()).ok_or(FeedError::Closed)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or(FeedError::Closed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| FeedError::Closed)?;
    let opening = RandomizedNonceKey::new(&AES_256_GCM, &key.0).map_err(|_| FeedError::Key)?;
    let mut sealed = sealed.to_vec();
    let plain = opening.open_in_place(nonce, Aad::from(before), &mut sealed).map_err(|_| FeedError::Closed)?;
    let head = serde_json::from_slice(head).map_err(|_| FeedError::NotFeed)?;
    read(head, std::str::from_utf8(plain).map_err(|_| FeedError::Entries)?)
}

/// Reads what was encrypted. A feed with a line that cannot be read is refused whole: it would hold less than it says.
fn read(head: FeedHead, plain: &str) -> Result<Feed, FeedError> {
    let (mut lines, mut tests) = (String::with_capacity(plain.len()), Vec::new());
    for line in plain.lines() {
        let line = match line.strip_prefix(TEST) {
            Some(test) => {
                Address::parse(&asked(test)).map_err(|_| FeedError::Entries)?;
                tests.push(test.trim().to_owned());
                test
            }
            None => line,
        };
        lines.push_str(line);
        lines.push('\n');
    }
    let (mut entries, mut refused) = (0u64, 0u64);
    read_list(ListFormat::Urls, lines.as_bytes(), |line| match line {
        Ok(_) => entries += 1,
        Err(_) => refused += 1,
    });
    if entries == 0 || refused > 0 {
        return Err(FeedError::Entries);
    }
    if tests.is_empty() {
        return Err(FeedError::NoTest);
    }
    Ok(Feed { head, lines, tests })
}

/// The address by which an entry is tried, in clear so that its path is seen.
pub(crate) fn asked(entry: &str) -> String {
    let entry = entry.trim();
    if entry.contains("://") { entry.to_owned() } else { format!("http://{entry}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> FeedHead {
        FeedHead {
            issuer: "Feed Makers".to_owned(),
            licence: "F-1".to_owned(),
            dated: "2026-11-24T06:00:00Z".parse().unwrap(),
            fresh_hours: 24,
        }
    }

    fn sealed(key: &FeedKey) -> Vec<u8> {
        seal_feed(&head(), "forbidden.test\nhost.test/bad/place\n", &["hit.test/entry".to_owned()], key).unwrap()
    }

    #[test]
    fn a_feed_opens_with_its_key_alone_and_shows_nothing_without() {
        let key = FeedKey::fresh().unwrap();
        let bytes = sealed(&key);
        for word in ["forbidden", "host.test", "hit.test"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
        }
        let feed = open_feed(&bytes, &FeedKey::parse(&key.to_text()).unwrap()).unwrap();
        assert_eq!(feed.head, head());
        assert_eq!(feed.tests, ["hit.test/entry"]);
        assert_eq!(feed.lines, "hit.test/entry\nforbidden.test\nhost.test/bad/place\n");
        assert_eq!(open_feed(&bytes, &FeedKey::fresh().unwrap()).err(), Some(FeedError::Closed));
        assert_eq!(format!("{key:?}"), "FeedKey(..)");
    }

    #[test]
    fn what_was_changed_or_cut_is_refused() {
        let key = FeedKey::fresh().unwrap();
        let bytes = sealed(&key);
        for length in 0..bytes.len() {
            assert!(open_feed(&bytes[..length], &key).is_err(), "cut at {length}");
        }
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(open_feed(&changed, &key).is_err(), "changed at {place}");
        }
    }

    #[test]
    fn what_cannot_be_tried_or_read_is_no_feed() {
        let key = FeedKey::fresh().unwrap();
        let seal = |lines: &str, tests: &[&str]| {
            let tests: Vec<_> = tests.iter().map(|test| (*test).to_owned()).collect();
            seal_feed(&head(), lines, &tests, &key).err()
        };
        assert_eq!(seal("forbidden.test\n", &[]), Some(FeedError::NoTest));
        assert_eq!(seal("forbidden.test\nno address at all\n", &["hit.test"]), Some(FeedError::Entries));
        assert_eq!(seal("", &[]), Some(FeedError::Entries));
        assert_eq!(FeedKey::parse("abc").err(), Some(FeedError::Key));
    }
}
