//! Ways in: a proxy that clients are set to use, the same over TLS from anywhere, connections that a firewall
//! brings here, and all of them behind a balancer.
//!
//! Where a connection that was brought here went to before is not asked, because the client chose it: the
//! gateway goes by the name in `Host` or in the first message of TLS, and looks it up itself. A connection
//! that names no site is closed.

pub(crate) mod proxied;

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::gateway::Entrance;

/// A way in.
#[derive(Debug)]
pub struct Way {
    /// Where connections come.
    pub listener: TcpListener,
    /// What they are.
    pub kind: Kind,
    /// Whether each begins with the PROXY protocol (version 1 or 2). Only addresses of `Config::proxies` may
    /// connect then, and what they say about the client is believed.
    pub behind: bool,
}

/// What comes by a way in.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Clients that are set to use a proxy, from the networks of `Config::clients`.
    Proxy,
    /// Clients that are set to use a proxy over TLS (`HTTPS` in a PAC file), from anywhere: whoever gives no
    /// good token of a device gets nothing but the question for it, the desk not excepted.
    TlsProxy(Arc<ServerConfig>),
    /// Plain HTTP that a firewall brings here (port 80).
    Transparent,
    /// TLS that a firewall brings here (port 443).
    TransparentTls,
    /// A proxy that asks by ICAP (`reqmod`, `respmod`), from the addresses of `Config::proxies`.
    Icap,
}

impl Kind {
    pub(crate) fn entrance(&self) -> Entrance {
        match self {
            Self::Proxy => Entrance::Proxy,
            Self::TlsProxy(_) => Entrance::TokenOnly,
            Self::Transparent | Self::TransparentTls => Entrance::Brought,
            Self::Icap => Entrance::Neighbour,
        }
    }
}

impl Way {
    /// A proxy that clients are set to use.
    pub fn proxy(listener: TcpListener) -> Self {
        Self { listener, kind: Kind::Proxy, behind: false }
    }
}
