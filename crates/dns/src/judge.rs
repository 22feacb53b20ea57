//! Who asks, and what is decided about a name and about the names behind it.

use std::{net::IpAddr, sync::Arc};

use filter::{Address, Decision, Host, Opened, Reason, Request, Scheme, Snapshot, Verdict};
use jiff::Timestamp;
use kernel::{Place, SchoolTime, SiteItem, Viewer, WhoIs};
use tokio::time::Instant;

use crate::{
    message::Answer,
    record::{Asked, Named, outcome, reason},
    resolver::Ports,
};

/// Who sends a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// From where.
    pub address: IpAddr,
    /// The token that it gave, where it gave one.
    pub token: Option<Token>,
    /// Whether it asks from outside the networks of the school, where its token alone lets it in.
    pub outside: bool,
}

/// The token of a device; its `Debug` prints nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(pub Arc<str>);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Client {
    /// A client by its address alone.
    pub fn at(address: IpAddr) -> Self {
        Self { address: address.to_canonical(), token: None, outside: false }
    }

    /// Who it is; somebody unknown where the token is no longer good, never whom its address is bound to.
    pub(crate) fn viewer(&self, who: &dyn WhoIs) -> Viewer {
        let viewer = match &self.token {
            None => who.by_address(self.address),
            Some(token) => {
                let known = if self.outside { who.by_token(&token.0) } else { who.by_token_at(&token.0, self.address) };
                known.unwrap_or_else(|| Viewer::unattributed(who.by_address(self.address).place))
            }
        };
        if self.outside { Viewer { place: Place::Home, ..viewer } } else { viewer }
    }
}

/// Everything that questions of one moment are decided by.
pub(crate) struct Moment {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) at: SchoolTime,
    pub(crate) now: Instant,
}

impl Moment {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { snapshot: ports.rules.load_full(), at: ports.clock.school_time(), now: Instant::now() }
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        self.at.timestamp()
    }

    /// What is decided about a name.
    pub(crate) fn decide(&self, viewer: &Viewer, host: &Host) -> Decision {
        let address = Address::new(Scheme::Https, host.clone(), Scheme::Https.port(), None);
        filter::decide(&Request { address: &address, viewer, at: &self.at, found: &[] }, &self.snapshot)
    }

    /// What is decided about the names behind a name that is open. One that is closed closes it, with three exceptions:
    /// where only listed sites are open, servers of others need not be listed; what is always open, and what a rule opens
    /// by its own name, may lie on any server. Sealed lists know no exception.
    pub(crate) fn decide_chain(&self, viewer: &Viewer, decision: &Decision, answer: &Answer) -> Option<Closed> {
        let by_name = match decision.verdict {
            Verdict::Allow(Opened::Desk | Opened::Help | Opened::Unblock) => true,
            Verdict::Allow(Opened::Rule) => {
                decision.rule.as_ref().is_some_and(|rule| !rule.sites.0.contains(&SiteItem::All))
            }
            Verdict::Allow(Opened::Default) | Verdict::Block(_) => false,
        };
        answer.chain.iter().find_map(|host| {
            let Some(host) = host else {
                return Some(Closed { alias: None, decision: Decision::unreadable() });
            };
            let behind = self.decide(viewer, host);
            let closes = match behind.verdict {
                Verdict::Block(Reason::Sealed) => true,
                Verdict::Block(Reason::Rule | Reason::Unreadable) => !by_name && !behind.observed,
                Verdict::Block(
                    Reason::Default | Reason::Suspended | Reason::NotSigned | Reason::OffSite | Reason::Carried(_),
                )
                | Verdict::Allow(_) => false,
            };
            closes.then(|| Closed { alias: Some(host.as_str().to_owned()), decision: behind })
        })
    }

    /// The row of a question.
    pub(crate) fn asked(&self, client: &Client, viewer: &Viewer, host: &Host, decision: &Decision) -> Asked {
        let names = decision.may_name_person();
        let host = host.as_str().to_owned();
        Asked {
            at: self.timestamp(),
            viewer: names.then(|| viewer.clone()),
            client: names.then_some(client.address),
            name: match decision.sealed {
                Some(digest) => Named::Sealed { digest, hidden: host },
                None => Named::Plain(host),
            },
            outcome: outcome(decision),
            reason: reason(decision.verdict),
            closed: match decision.verdict {
                Verdict::Block(reason) => Some(reason).filter(|_| !decision.observed),
                Verdict::Allow(_) => None,
            },
            alias: None,
            category: decision.category,
            rule: decision.rule.clone(),
            clause: decision.clause.clone(),
            entry: decision.entry.clone(),
            policy: self.snapshot.policy(),
            list: self.snapshot.lists().map(|_| self.snapshot.lists_digest()),
        }
    }
}

/// A name behind the one that was asked for, and what closes it.
pub(crate) struct Closed {
    pub(crate) alias: Option<String>,
    pub(crate) decision: Decision,
}
