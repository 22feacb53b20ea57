//! The resolver for devices that have no proxy: the same decisions, by name.
//!
//! `Resolver::new(Config, Ports)`, then `serve`. It decides nothing itself (`filter::decide` does), knows no database and
//! no log but the port that it is given, and reads neither clock nor environment.
//!
//! What happens when something fails: an unknown client gets no answer; an unknown token is somebody unknown, who is held
//! to the strictest rules; a message that cannot be read gets an error or silence; where no upstream server answers, old
//! answers are given for a day, and then an honest error; what cannot be checked is not given.

mod cache;
mod config;
mod flight;
mod gauges;
mod judge;
mod limit;
mod listen;
mod lookup;
pub mod message;
pub mod pac;
mod places;
mod record;
mod resolver;
pub mod rpz;
mod special;
mod step;
mod upstream;

pub use config::{BadUpstream, Config, Limits, Upstream, Zone};
pub use gauges::Figures;
pub use judge::{Client, Token};
pub use listen::{ListenError, Listeners};
pub use record::{Asked, NameLog, Named, Outcome};
pub use resolver::{NoSafeNames, Ports, Resolver, SafeNames};
pub use special::{Special, special};
