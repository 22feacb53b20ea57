//! Messages of the domain name system: reading a question and writing an answer without allocation, and
//! checking what an upstream server says (with hickory's codec) before anybody gets to see it.
//!
//! Pure: bytes come in, bytes go out.

mod accept;
mod answer;
mod name;
mod query;
mod reply;

pub use accept::{Accepted, BadAnswer, Strictness, accept};
pub use answer::{Answer, Giving};
pub use name::{LONGEST, end_of_name, lower_text, wire_name};
pub use query::{Bad, Edns, Key, Query, forward};
pub use reply::{Explain, Reply, Room, error_of};

/// Types of records that the resolver treats in a way of their own.
pub mod kind {
    /// An IPv4 address.
    pub const A: u16 = 1;
    /// Another name for the name.
    pub const CNAME: u16 = 5;
    /// The start of a zone; in answers that say no.
    pub const SOA: u16 = 6;
    /// The name of an address.
    pub const PTR: u16 = 12;
    /// What kind of host; the polite answer to "any".
    pub const HINFO: u16 = 13;
    /// An IPv6 address.
    pub const AAAA: u16 = 28;
    /// What a message says about itself.
    pub const OPT: u16 = 41;
    /// A signature over records.
    pub const RRSIG: u16 = 46;
    /// Where a service is.
    pub const SVCB: u16 = 64;
    /// Where a web service is, and how to speak to it.
    pub const HTTPS: u16 = 65;
    /// A zone's changes.
    pub const IXFR: u16 = 251;
    /// A whole zone.
    pub const AXFR: u16 = 252;
    /// Everything.
    pub const ANY: u16 = 255;
}

/// How an answer turned out.
pub mod code {
    /// Well.
    pub const NO_ERROR: u8 = 0;
    /// The question cannot be read.
    pub const FORMAT: u8 = 1;
    /// The server cannot say at present.
    pub const FAILED: u8 = 2;
    /// The name does not exist.
    pub const NO_NAME: u8 = 3;
    /// Not done here.
    pub const NOT_DONE: u8 = 4;
    /// Not for you.
    pub const REFUSED: u8 = 5;
}

/// Bytes of a message's head.
pub const HEAD: usize = 12;

/// Two bytes at `at`, where they are.
pub(crate) fn number_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}

/// Writes two bytes at `at`, where there is room.
pub(crate) fn put_at(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = value.to_be_bytes();
    }
}

#[cfg(test)]
mod tests;
