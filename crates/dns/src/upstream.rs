//! Servers that know the rest: the first that works is asked, the others when it does not answer in time. One that failed
//! three times is left alone for a while.

mod datagram;
mod server;
mod stream;

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::time::{Instant, timeout};

pub(crate) use server::Server;

use crate::config::{Config, Upstream};

/// Why no server answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// There is none to ask.
    #[error("no server is configured")]
    None,
    /// The operating system refuses, or the server hung up.
    #[error("the server cannot be reached")]
    Io(#[from] std::io::Error),
    /// Nothing came in time.
    #[error("the server did not answer in time")]
    Late,
    /// What came is no answer to what was asked.
    #[error("the server answered something else")]
    Other,
    /// It is to be asked over TLS, and no trust was given to judge its certificate by.
    #[error("the server is to be asked over TLS, and nothing says whom to trust")]
    NoTrust,
    /// The system gives no random numbers, and without them answers could be forged.
    #[error("the system gives no random numbers")]
    NoChance,
}

/// What is asked of a server.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Name, type and class, as they travel.
    pub(crate) bytes: Vec<u8>,
    pub(crate) signatures: bool,
    pub(crate) unchecked: bool,
    /// Whether letters' case is made random.
    pub(crate) mixed_case: bool,
}

/// Servers in the order in which they are asked.
pub(crate) struct Pool {
    servers: Vec<Server>,
    one: Duration,
    all: Duration,
}

impl Pool {
    pub(crate) fn new(servers: &[Upstream], trust: Option<&Arc<ClientConfig>>, config: &Config) -> Self {
        Self {
            servers: servers.iter().map(|server| Server::new(server.clone(), trust.cloned())).collect(),
            one: Duration::from_millis(config.limits.upstream_milliseconds),
            all: Duration::from_millis(config.limits.answer_milliseconds),
        }
    }

    /// How many do not answer at present.
    pub(crate) fn down(&self, now: Instant) -> usize {
        self.servers.iter().filter(|server| server.is_down(now)).count()
    }

    /// Whether nobody answers at present.
    pub(crate) fn is_down(&self, now: Instant) -> bool {
        self.servers.iter().all(|server| server.is_down(now))
    }

    /// The answer of the first server that `good` is content with. Those that work are asked first, twice where time is
    /// left; those that do not are a last resort.
    pub(crate) async fn ask<T, E>(
        &self,
        question: &Question,
        mut good: impl FnMut(&[u8]) -> Result<T, E>,
    ) -> Result<T, NoAnswer> {
        let began = Instant::now();
        let mut last = NoAnswer::None;
        let (up, down): (Vec<_>, Vec<_>) = self.servers.iter().partition(|server| !server.is_down(began));
        for server in up.iter().chain(&down).chain(&up) {
            let Some(left) = self.all.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) else { break };
            match timeout(self.one.min(left), server.ask(question)).await {
                Ok(Ok(bytes)) => match good(&bytes) {
                    Ok(answer) => {
                        server.succeeded();
                        return Ok(answer);
                    }
                    Err(_) => {
                        // It is there, and cannot say: another may.
                        server.succeeded();
                        last = NoAnswer::Other;
                    }
                },
                Ok(Err(error)) => {
                    server.failed(Instant::now());
                    last = error;
                }
                Err(_) => {
                    server.failed(Instant::now());
                    last = NoAnswer::Late;
                }
            }
        }
        Err(last)
    }
}
