//! Handshakes that clients broke off after they had seen our leaf, and connections that they left without a word right
//! after the handshake, as programs do that compare the certificate themselves: by name, as candidates for the list of
//! programs that trust no certificate but their own, and by client, to find devices that lack the root.
//! In memory, bounded, gone with the process. Nothing is spliced because of it: people decide.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::refusals::Client;

/// How many names and how many clients are remembered; the one that was seen longest ago goes first.
const KEPT: usize = 5_000;

/// A name at which clients broke the handshake off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenName {
    /// The name.
    pub name: String,
    /// How many handshakes were broken off, or left at once with nothing asked.
    pub broken: u64,
    /// How many came about: of a pinning program none, of a device that lacks the root elsewhere many.
    pub completed: u64,
    /// When the last one was broken off.
    pub last: Timestamp,
}

/// Whether a client trusts the authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTrust {
    /// Who: a device by its credential, else an address.
    pub client: Client,
    /// How many handshakes it broke off.
    pub broken: u64,
    /// How many came about. None at all, and several broken off: the root is not on the device.
    pub completed: u64,
    /// When it was last seen.
    pub last: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    broken: u64,
    /// Connections that were left at once. Browsers leave some too, of which they have more than they need: where
    /// anything has been asked of the name, these say nothing.
    left: u64,
    completed: u64,
    last: Timestamp,
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct Handshakes {
    names: Mutex<HashMap<String, Count>>,
    /// Names of which something was asked lately.
    asked: Mutex<HashSet<String>>,
    clients: Mutex<HashMap<Client, Count>>,
}

impl Handshakes {
    /// A client broke off the handshake for `name`; none where that says nothing of the name.
    pub(crate) fn broken(&self, name: Option<&str>, client: Client, now: Timestamp) {
        // Names are remembered from their first broken handshake on, clients from their first of any kind.
        if let Some(name) = name {
            count(&self.names, name.to_owned(), now, |it| it.broken += 1);
        }
        count(&self.clients, client, now, |it| it.broken += 1);
    }

    /// A handshake came about: the client trusts the authority.
    pub(crate) fn completed(&self, client: Client, now: Timestamp) {
        count(&self.clients, client, now, |it| it.completed += 1);
    }

    /// The first thing was asked on a connection for `name`, so that it works with our leaf.
    pub(crate) fn asked(&self, name: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.contains(name) {
            if asked.len() >= KEPT {
                asked.clear();
            }
            asked.insert(name.to_owned());
        }
        drop(asked);
        if let Some(known) = self.names.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name) {
            known.completed += 1;
        }
    }

    /// A client left the connection for `name` right after the handshake. Whether that makes the name a candidate.
    pub(crate) fn left(&self, name: &str, now: Timestamp) -> bool {
        if self.works(name) {
            return false;
        }
        count(&self.names, name.to_owned(), now, |it| it.left += 1);
        true
    }

    fn works(&self, name: &str) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Names by how many handshakes were broken off, the most first.
    pub(crate) fn names(&self) -> Vec<BrokenName> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = names
            .iter()
            .filter_map(|(name, count)| {
                let Count { broken, left, completed, last } = *count;
                let broken = broken + if self.works(name) { 0 } else { left };
                (broken > 0).then(|| BrokenName { name: name.clone(), broken, completed, last })
            })
            .collect();
        all.sort_by(|one, two| two.broken.cmp(&one.broken).then_with(|| one.name.cmp(&two.name)));
        all
    }

    /// Clients, those seen last first.
    pub(crate) fn clients(&self) -> Vec<ClientTrust> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = clients
            .iter()
            .map(|(client, count)| {
                let Count { broken, left: _, completed, last } = *count;
                ClientTrust { client: *client, broken, completed, last }
            })
            .collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.last));
        all
    }
}

fn count<K: Hash + Eq + Clone>(
    map: &Mutex<HashMap<K, Count>>,
    key: K,
    now: Timestamp,
    change: impl FnOnce(&mut Count),
) {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= KEPT
        && !map.contains_key(&key)
        && let Some(oldest) = map.iter().min_by_key(|(_, count)| count.last).map(|(key, _)| key.clone())
    {
        map.remove(&oldest);
    }
    let known = map.entry(key).or_insert(Count { broken: 0, left: 0, completed: 0, last: now });
    known.last = now;
    change(known);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_counted_and_bounded() {
        let handshakes = Handshakes::default();
        let client = |number: u32| Client::Address(std::net::Ipv4Addr::from_bits(number).into());
        let at = |second| Timestamp::from_second(second).unwrap();
        handshakes.completed(client(1), at(1));
        handshakes.asked("site.example");
        assert!(!handshakes.left("site.example", at(1)), "a browser has a connection to spare");
        assert!(handshakes.names().is_empty(), "what works is no candidate");
        handshakes.broken(Some("app.example"), client(2), at(2));
        handshakes.broken(Some("app.example"), client(2), at(3));
        handshakes.completed(client(1), at(4));
        handshakes.asked("app.example");
        let expected = BrokenName { name: "app.example".to_owned(), broken: 2, completed: 1, last: at(3) };
        assert_eq!(handshakes.names(), [expected]);
        let lacking: Vec<_> = handshakes.clients().into_iter().filter(|it| it.completed == 0).collect();
        assert_eq!(lacking, [ClientTrust { client: client(2), broken: 2, completed: 0, last: at(3) }]);
        // What compares the certificate itself says nothing in the handshake.
        assert!(handshakes.left("pins.example", at(5)) && handshakes.left("early.example", at(5)));
        handshakes.asked("early.example");
        let names: Vec<_> = handshakes.names().into_iter().map(|it| (it.name, it.broken)).collect();
        assert_eq!(names, [("app.example".to_owned(), 2), ("pins.example".to_owned(), 1)]);
        for number in 0..6_000 {
            handshakes.broken(Some(&format!("{number}.example")), client(number), at(10 + i64::from(number)));
        }
        assert_eq!((handshakes.names().len(), handshakes.clients().len()), (KEPT, KEPT));
    }
}
