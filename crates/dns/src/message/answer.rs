//! An answer that is kept: checked once, and given to many with the time that it has left.

use std::net::IpAddr;

use filter::Host;

use super::{Explain, HEAD, Query, Reply, Room, code, number_at};

/// The time that an answer still holds for a client when it is given out although its own has passed (RFC 8767).
const STALE_TTL: u32 = 30;

/// A checked answer, without its head and question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it turned out.
    pub code: u8,
    /// For how many seconds it holds.
    pub ttl: u32,
    /// The other names that the name has: all must be open, not only the one that was asked for. None is one that
    /// cannot be read.
    pub chain: Box<[Option<Host>]>,
    /// The addresses in it.
    pub addresses: Box<[IpAddr]>,
    pub(super) authentic: bool,
    pub(super) records: Box<[u8]>,
    pub(super) answers: u16,
    pub(super) authorities: u16,
    /// Where in the records times stand.
    pub(super) times: Box<[u16]>,
}

/// How a kept answer is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Giving {
    /// For how many seconds it has been kept.
    pub age: u32,
    /// The longest that a client may keep it, so that rules by the clock reach it in time.
    pub most: u32,
    /// How long it may be.
    pub room: Room,
}

impl Answer {
    /// That nobody could say, kept for a moment so that not everybody asks at once.
    pub fn failure(ttl: u32) -> Self {
        Self {
            code: code::FAILED,
            ttl,
            chain: Box::default(),
            addresses: Box::default(),
            authentic: false,
            records: Box::default(),
            answers: 0,
            authorities: 0,
            times: Box::default(),
        }
    }

    /// Writes the answer to `query`, which must ask what it was kept for.
    pub fn write(&self, query: &Query<'_>, giving: Giving, out: &mut Vec<u8>) {
        let Giving { age, most, room } = giving;
        let mut reply = Reply::new(query, self.code, out);
        reply.kept(&self.records, self.answers, self.authorities);
        let start = HEAD + query.question.len();
        let is_stale = age >= self.ttl;
        for at in &self.times {
            let place = reply.out().get_mut(start + usize::from(*at)..).and_then(<[u8]>::first_chunk_mut::<4>);
            if let Some(place) = place {
                let said = u32::from_be_bytes(*place).max(self.ttl);
                let left = if is_stale { STALE_TTL } else { said.saturating_sub(age).min(most) };
                *place = left.to_be_bytes();
            }
        }
        if self.authentic {
            reply.authentic();
        }
        let explain = match self.code {
            code::FAILED => Some(Explain::NoUpstream),
            _ => is_stale.then_some(Explain::Stale),
        };
        reply.finish(room, explain);
    }

    /// Bytes of memory that it takes, about.
    pub fn weight(&self) -> usize {
        let names: usize =
            self.chain.iter().flatten().map(|host| host.as_str().len() + size_of::<Option<Host>>()).sum();
        size_of::<Self>()
            + self.records.len()
            + self.times.len() * 2
            + self.addresses.len() * size_of::<IpAddr>()
            + names
    }
}

/// Where times stand in the records of a message that the codec wrote; none where it is not one.
pub(super) fn times(message: &[u8], start: usize, records: usize) -> Option<Box<[u16]>> {
    let mut at = start;
    let mut places = Vec::with_capacity(records);
    for _ in 0..records {
        loop {
            match *message.get(at)? {
                0 => {
                    at += 1;
                    break;
                }
                192.. => {
                    at += 2;
                    break;
                }
                length => at += 1 + usize::from(length),
            }
        }
        places.push(u16::try_from(at + 4 - start).ok()?);
        at += 10 + usize::from(number_at(message, at + 8)?);
    }
    (at == message.len()).then(|| places.into_boxed_slice())
}
