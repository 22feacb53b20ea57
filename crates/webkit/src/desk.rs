//! The desk as a whole: its settings, and the ports through which it learns of sessions and policy.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{Clock, Role, SchoolId};

use crate::{Rights, Session, Token};

/// What could not be asked behind a port. The cause is logged; no page shows it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}")]
pub struct PortError {
    /// What was tried, as a verb: "look up a session".
    pub what: &'static str,
    /// Why it failed.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

impl PortError {
    /// A failure of `what`.
    pub fn new(what: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, cause: cause.into() }
    }
}

/// What a session cookie turned out to be.
#[derive(Debug, Clone)]
pub enum Found {
    /// A session that is in use.
    Live(Session),
    /// One that ended because nothing happened for this many minutes.
    Idle {
        /// The limit in minutes.
        minutes: u32,
    },
    /// None, or one that has ended.
    Nothing,
}

/// Finds sessions. The area `people` keeps them.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// What `token` stands for at `now`. Notes that the session is in use, and ends one that was idle
    /// for too long. `address` is where the request comes from.
    async fn find(&self, token: &Token, address: Option<std::net::IpAddr>, now: Timestamp) -> Result<Found, PortError>;
}

/// What the desk asks of the policies in force. Answers from memory, because every page asks it.
pub trait InForce: Send + Sync {
    /// The school that a host name stands for; where the installation serves one school, that one.
    fn school(&self, host: &str) -> Option<SchoolId>;

    /// What the school is called.
    fn school_name(&self, school: SchoolId) -> String;

    /// Who may do what.
    fn rights(&self, school: SchoolId) -> Arc<Rights>;

    /// The school's title for a role.
    fn title(&self, school: SchoolId, role: Role) -> String {
        let _ = school;
        role.default_title().to_owned()
    }
}

/// How the desk is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The names and addresses under which the desk answers, without port. Any other Host is refused.
    pub hosts: Vec<String>,
    /// Whether browsers reach it over TLS. Decides `Secure`, the `__Host-` prefix and HSTS.
    pub tls: bool,
    /// The most bytes of an ordinary form.
    pub form_limit: usize,
}

impl Settings {
    /// A desk on loopback without TLS.
    pub fn loopback() -> Self {
        Self {
            hosts: ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into(),
            tls: false,
            form_limit: 256 * 1024,
        }
    }

    /// Whether the desk answers under `host` (as a Host header gives it, perhaps with a port).
    pub fn answers_to(&self, host: &str) -> bool {
        let name = host_name(host);
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// A Host without its port.
pub(crate) fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') =>
        {
            name
        }
        Some(_) | None => host,
    }
}

/// The desk: settings, ports and clock, shared by every request.
pub struct Desk {
    /// How it is reached.
    pub settings: Settings,
    /// Where sessions are found.
    pub sessions: Arc<dyn Sessions>,
    /// What the policies in force say.
    pub in_force: Arc<dyn InForce>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_the_desk_are_answered() {
        let settings =
            Settings { hosts: vec!["gatehouse.willow-lane.example".into(), "[::1]".into()], ..Settings::loopback() };
        assert!(settings.answers_to("gatehouse.willow-lane.example"));
        assert!(settings.answers_to("Gatehouse.Willow-Lane.example:8443"));
        assert!(settings.answers_to("[::1]:80"));
        assert!(settings.answers_to("[::1]"));
        for other in
            ["", "evil.example", "gatehouse.willow-lane.example.evil.example", "gatehouse.willow-lane.example:80:80"]
        {
            assert!(!settings.answers_to(other), "{other}");
        }
    }
}
