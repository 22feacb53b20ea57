//! What was refused lately, per device or address: where a page could not say it (in a tunnel there is
//! none), the desk's page "what was I refused?" does. In memory, bounded, gone with the process.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use filter::{Category, ClauseRef, Reason};
use kernel::{DeviceId, HowKnown, PersonId, Viewer};

/// How many refusals are kept of one client.
const KEPT: usize = 20;

/// Of how many clients refusals are kept; the one that was refused longest ago goes first.
const CLIENTS: usize = 10_000;

/// Whose refusals: a device by its credential, else an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// A device or session that gave its credential.
    Device(DeviceId),
    /// An address without credential.
    Address(IpAddr),
}

impl Client {
    /// The client that a viewer at `address` is.
    pub fn of(viewer: &Viewer, address: IpAddr) -> Self {
        match (viewer.how, viewer.device) {
            (HowKnown::Token, Some(device)) => Self::Device(device),
            (HowKnown::Token | HowKnown::Address | HowKnown::Network | HowKnown::Unattributed, _) => {
                Self::Address(address.to_canonical())
            }
        }
    }
}

/// A refusal, as its page at the desk shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub at: jiff::Timestamp,
    /// The person who was known at that time; an address may since have another's.
    pub person: Option<PersonId>,
    /// The host; none where a sealed list matched, of which nothing is told.
    pub host: Option<String>,
    /// Why.
    pub reason: Reason,
    /// The category that decided.
    pub category: Option<Category>,
    /// The clause that decided.
    pub clause: Option<Arc<ClauseRef>>,
}

#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<Client, VecDeque<Refusal>>>);

impl Refusals {
    pub(crate) fn add(&self, client: Client, refusal: Refusal) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CLIENTS && !all.contains_key(&client) {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.back().map(|last| last.at)).map(|(client, _)| *client);
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
        let kept = all.entry(client).or_default();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(refusal);
    }

    /// The refusals of a client, newest first.
    pub(crate) fn of(&self, client: Client) -> Vec<Refusal> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&client).map(|kept| kept.iter().rev().cloned().collect()).unwrap_or_default()
    }

    /// The refusals of a person on whatever device, newest first.
    pub(crate) fn of_person(&self, person: PersonId) -> Vec<Refusal> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = all.values().flatten().filter(|it| it.person == Some(person)).cloned().collect();
        found.sort_by_key(|refusal| std::cmp::Reverse(refusal.at));
        found.truncate(KEPT);
        found
    }

    pub(crate) fn forget(&self, client: Client) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let refusals = Refusals::default();
        let client = |number: u32| Client::Address(std::net::Ipv4Addr::from_bits(number).into());
        let refusal = |second: i64| Refusal {
            at: jiff::Timestamp::from_second(second).unwrap(),
            person: None,
            host: Some(format!("h{second}.example")),
            reason: Reason::Rule,
            category: None,
            clause: None,
        };
        for second in 0..30 {
            refusals.add(client(0), refusal(second));
        }
        let kept = refusals.of(client(0));
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].host.as_deref(), Some("h29.example"));
        for number in 1..=10_000 {
            refusals.add(client(number), refusal(100));
        }
        assert!(refusals.of(client(0)).is_empty(), "the oldest client went");
        refusals.forget(client(5));
        assert!(refusals.of(client(5)).is_empty());
    }
}
