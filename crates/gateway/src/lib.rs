//! The filtering gateway: a forward proxy that asks for every request who sends it and what the policy in
//! force says to it.
//!
//! `Gateway::new(Config, Ports)`, then `serve` (a proxy) or `serve_ways` (every way in). It decides nothing itself
//! (`filter::decide` does), knows no database, and reads neither clock nor environment.
//!
//! Besides opening and closing it does what `filter::Treatment` says: encrypted connections opened (`inspect`),
//! answers looked at (`pass`), requests changed (`edits`), ways round closed (`bypass`). Ways in are in `ways`;
//! a proxy that the school has already may ask by ICAP (`icap`).
//!
//! What happens when something fails: an unknown credential is refused; an unknown person is held to the
//! strictest rules; a site that cannot be found, does not answer or is inside the school gets an honest page;
//! a log that does not keep up counts what it loses, and requests go on; a request that cannot be read is
//! refused.

mod address;
mod body;
mod bypass;
mod carry;
mod config;
mod connect;
mod credential;
mod desk_clients;
mod destination;
mod edits;
mod exchange;
mod forward;
mod gateway;
mod gauges;
mod greeted;
mod headers;
pub mod hello;
mod icap;
mod inspect;
mod judge;
mod lookups;
mod network;
mod pace;
mod page;
mod pass;
mod places;
mod record;
mod refusals;
mod server;
mod stream;
mod target;
mod tunnel;
mod upstream;
mod ways;

pub use address::is_public;
pub use config::{Config, Fixed, Limits, Opening};
pub use credential::{Credential, Token, credential};
pub use destination::{DestinationError, Resolve, SystemResolver};
pub use gateway::{Gateway, Ports, SealedMatch};
pub use gauges::Figures;
pub use inspect::{Authority, AuthorityError, BrokenName, ClientTrust, Made, Root, RootCertificate, Roots};
pub use network::{BadNetwork, Network};
pub use page::{CHECK, Voice, Why};
pub use pass::{BadClamdAt, Clamd, ClamdAt};
pub use record::CONTINUED;
pub use refusals::{Client, Refusal};
pub use server::Stopped;
pub use target::{BadTarget, Host, Target};
pub use ways::{Kind, Way};
