//! Handshakes that clients broke off after they had seen our leaf: by name, as candidates for the list of
//! programs that trust no certificate but their own, and by client, to find devices that lack the root.
//! In memory, bounded, gone with the process. Nothing is spliced because of it: people decide.

use std::{
    collections::HashMap,
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
    /// How many handshakes were broken off.
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
    completed: u64,
    last: Timestamp,
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct Handshakes {
    names: Mutex<HashMap<String, Count>>,
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

    /// A handshake came about.
    pub(crate) fn completed(&self, name: &str, client: Client, now: Timestamp) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get_mut(name) {
            known.completed += 1;
        }
        drop(names);
        count(&self.clients, client, now, |it| it.completed += 1);
    }

    /// Names by how many handshakes were broken off, the most first.
    pub(crate) fn names(&self) -> Vec<BrokenName> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = names
            .iter()
            .map(|(name, count)| {
                let Count { broken, completed, last } = *count;
                BrokenName { name: name.clone(), broken, completed, last }
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
                let Count { broken, completed, last } = *count;
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
    let known = map.entry(key).or_insert(Count { broken: 0, completed: 0, last: now });
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
        handshakes.completed("site.example", client(1), at(1));
        assert!(handshakes.names().is_empty(), "what works is no candidate");
        handshakes.broken(Some("app.example"), client(2), at(2));
        handshakes.broken(Some("app.example"), client(2), at(3));
        handshakes.completed("app.example", client(1), at(4));
        let expected = BrokenName { name: "app.example".to_owned(), broken: 2, completed: 1, last: at(3) };
        assert_eq!(handshakes.names(), [expected]);
        let lacking: Vec<_> = handshakes.clients().into_iter().filter(|it| it.completed == 0).collect();
        assert_eq!(lacking, [ClientTrust { client: client(2), broken: 2, completed: 0, last: at(3) }]);
        for number in 0..6_000 {
            handshakes.broken(Some(&format!("{number}.example")), client(number), at(10 + i64::from(number)));
        }
        assert_eq!((handshakes.names().len(), handshakes.clients().len()), (KEPT, KEPT));
    }
}
