//! The file by which browsers find the gateway, as the gateway and the desk give it.

use std::net::SocketAddr;

use dns::pac::{Held, Pac, Proxy, pac};
use filter::Host;

use crate::config::Config;

/// The file of this installation; none where the gateway does not listen, or the desk has no name. At school the first
/// proxy answers; at home, where it cannot be reached, the one for devices with a code.
pub(crate) fn file(config: &Config, listens: &[SocketAddr], from_home: Option<u16>) -> Option<String> {
    let host = Host::parse(crate::tls::host_of(&config.desk.url)).ok()?;
    let proxy = |port, secure| Proxy { host: host.clone(), port, secure };
    let plain = listens.first().map(|at| proxy(at.port(), false));
    let proxies = plain.into_iter().chain(from_home.map(|port| proxy(port, true))).collect();
    // One file for everybody: pupils use it too, so nothing goes round the gateway but the desk.
    pac(&Pac { proxies, desk: vec![host.clone()], held: Held::Strictly }).ok()
}
