//! Writing an answer into a buffer that is used again and again: head and question of the query, a few records, EDNS,
//! and what is done when it does not fit.

use std::net::IpAddr;

use super::{Bad, HEAD, Query, code, kind, name::LONGEST, put_at};

/// A pointer to the name of the question.
const ASKED: u16 = 0xc000 | HEAD as u16;

/// Bytes of EDNS without options.
const OPT_BYTES: usize = 11;

/// Bytes of an option that says why an answer is as it is, without words.
const WHY_BYTES: usize = 6;

/// The longest number of a clause that is said.
const LONGEST_NUMBER: usize = 32;

/// How long an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// A datagram: as long as the client takes, but never longer than this.
    Datagram(u16),
    /// A stream: as long as messages can be.
    Stream,
}

impl Room {
    /// The most bytes for the answer to `query`.
    pub fn bytes(self, query: &Query<'_>) -> usize {
        match self {
            Self::Datagram(most) => {
                query.edns.map_or(512, |edns| usize::from(edns.size.max(512))).min(usize::from(most.max(512)))
            }
            Self::Stream => usize::from(u16::MAX),
        }
    }
}

/// Why an answer is as it is, for people who look with tools (RFC 8914).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explain<'c> {
    /// The answer is older than it should be, because nobody gives a new one.
    Stale,
    /// The policy closes the name, by the clause of this number; empty where none is told.
    Blocked(&'c str),
    /// The name lies in a place that is not asked for.
    Prohibited,
    /// No upstream server answers.
    NoUpstream,
}

impl<'c> Explain<'c> {
    fn number(self) -> u16 {
        match self {
            Self::Stale => 3,
            Self::Blocked(_) => 15,
            Self::Prohibited => 18,
            Self::NoUpstream => 22,
        }
    }

    /// The words that go with it, in two parts.
    fn words(self) -> [&'c str; 2] {
        match self {
            Self::Blocked(number) if (1..=LONGEST_NUMBER).contains(&number.len()) => ["clause ", number],
            Self::Blocked(_) | Self::Stale | Self::Prohibited | Self::NoUpstream => [""; 2],
        }
    }
}

/// An answer as it is written.
#[derive(Debug)]
pub struct Reply<'q, 'o> {
    query: &'q Query<'q>,
    out: &'o mut Vec<u8>,
    answers: u16,
    authorities: u16,
    more: u16,
}

impl<'q, 'o> Reply<'q, 'o> {
    /// Begins an answer in `out`, which is emptied.
    pub fn new(query: &'q Query<'q>, code: u8, out: &'o mut Vec<u8>) -> Self {
        out.clear();
        let flags = 0x8080 | u16::from(query.recursion) << 8 | u16::from(query.unchecked) << 4 | u16::from(code & 15);
        for number in [query.id, flags, 1, 0, 0, 0] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(query.question);
        Self { query, out, answers: 0, authorities: 0, more: 0 }
    }

    fn record(&mut self, owner: u16, kind: u16, ttl: u32, data: &[u8]) {
        self.out.extend_from_slice(&owner.to_be_bytes());
        self.out.extend_from_slice(&kind.to_be_bytes());
        self.out.extend_from_slice(&1u16.to_be_bytes());
        self.out.extend_from_slice(&ttl.to_be_bytes());
        self.out.extend_from_slice(&u16::try_from(data.len()).unwrap_or_default().to_be_bytes());
        self.out.extend_from_slice(data);
    }

    fn answer(&mut self, owner: u16, kind: u16, ttl: u32, data: &[u8]) {
        self.record(owner, kind, ttl, data);
        self.answers += 1;
    }

    fn address_of(&mut self, owner: u16, ttl: u32, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.answer(owner, kind::A, ttl, &address.octets()),
            IpAddr::V6(address) => self.answer(owner, kind::AAAA, ttl, &address.octets()),
        }
    }

    /// The name that was asked for has this address.
    pub fn address(&mut self, ttl: u32, address: IpAddr) {
        self.address_of(ASKED, ttl, address);
    }

    /// The name that was asked for is another name of `target` (as it travels), which has these addresses.
    pub fn alias(&mut self, ttl: u32, target: &[u8], addresses: &[IpAddr]) {
        self.answer(ASKED, kind::CNAME, ttl, target);
        let Ok(place) = u16::try_from(self.out.len() - target.len()) else { return };
        for address in addresses {
            self.address_of(0xc000 | place, ttl, *address);
        }
    }

    /// The answer to "any", which is no answer (RFC 8482).
    pub fn no_any(&mut self, ttl: u32) {
        self.answer(ASKED, kind::HINFO, ttl, b"\x07RFC8482\x00");
    }

    /// How long "no" holds.
    pub fn no_longer_than(&mut self, ttl: u32) {
        let mut data = Vec::with_capacity(64);
        data.extend_from_slice(b"\x04desk\x07invalid\x00\x04help\x07invalid\x00");
        for number in [1, 3600, 600, 86_400, ttl] {
            data.extend_from_slice(&u32::to_be_bytes(number));
        }
        self.record(ASKED, kind::SOA, ttl, &data);
        self.authorities += 1;
    }

    /// Records that were kept: from an answer to the same question, whose bytes after the question these are.
    pub(crate) fn kept(&mut self, records: &[u8], answers: u16, authorities: u16) {
        self.out.extend_from_slice(records);
        self.answers += answers;
        self.authorities += authorities;
    }

    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Says that the answer was checked, to a client that wants to know.
    pub(crate) fn authentic(&mut self) {
        if (self.query.authentic || self.query.wants_signatures())
            && let Some(byte) = self.out.get_mut(3)
        {
            *byte |= 0x20;
        }
    }

    /// Ends the answer. Where it does not fit, the client is told to ask again by a stream.
    pub fn finish(mut self, room: Room, explain: Option<Explain<'_>>) {
        let explain = explain.filter(|_| self.query.edns.is_some());
        let words = explain.map_or([""; 2], Explain::words);
        let said: usize = words.iter().map(|part| part.len()).sum();
        let length = explain.map_or(0, |_| WHY_BYTES + said);
        let extra = if self.query.edns.is_some() { OPT_BYTES } else { 0 } + length;
        if self.out.len() + extra > room.bytes(self.query) {
            self.out.truncate(HEAD + self.query.question.len());
            (self.answers, self.authorities, self.more) = (0, 0, 0);
            if let Some(byte) = self.out.get_mut(2) {
                *byte |= 0x02;
            }
        }
        if let Some(edns) = self.query.edns {
            self.out.push(0);
            // A version that we do not speak is answered with BADVERS, whose upper bits stand here.
            let upper = if edns.version == 0 { 0 } else { 0x0100 };
            let lower = if edns.signatures { 0x8000 } else { 0 };
            let number_of = |bytes: usize| u16::try_from(bytes).unwrap_or_default();
            for number in [kind::OPT, 1232, upper, lower, number_of(length)] {
                self.out.extend_from_slice(&number.to_be_bytes());
            }
            for number in explain.into_iter().flat_map(|why| [15, number_of(2 + said), why.number()]) {
                self.out.extend_from_slice(&number.to_be_bytes());
            }
            words.iter().for_each(|part| self.out.extend_from_slice(part.as_bytes()));
            self.more += 1;
        }
        put_at(self.out, 6, self.answers);
        put_at(self.out, 8, self.authorities);
        put_at(self.out, 10, self.more);
    }
}

/// The error that something unreadable gets: its number and a code. Nothing where it gets silence.
pub fn error_of(bad: Bad, out: &mut Vec<u8>) -> bool {
    out.clear();
    match bad {
        Bad::Silence => false,
        Bad::Error { id, flags, code } => {
            for number in [id, 0x8000 | flags | u16::from(code & 15), 0, 0, 0, 0] {
                out.extend_from_slice(&number.to_be_bytes());
            }
            true
        }
    }
}

const _: () = assert!(
    HEAD + LONGEST + 4 + OPT_BYTES + WHY_BYTES + "clause ".len() + LONGEST_NUMBER < 512,
    "an answer without records always fits"
);
const _: () = assert!(code::REFUSED < 16, "codes fit into the head");
