//! Whom the gateway carries to the desk. The desk sees the gateway's own address there, but a sign-in counts for the
//! device that it was made on, and so does a wrong password.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::net::TcpStream;

/// The clients of the open connections to the desk, by the address and port that the gateway has on each.
#[derive(Clone, Default)]
pub(crate) struct DeskClients(Arc<Mutex<HashMap<SocketAddr, IpAddr>>>);

impl DeskClients {
    /// Notes whose connection to the desk this is, for as long as what is given back lives. Before the first byte goes
    /// there, so that the desk never has to wait for it.
    pub(crate) fn note(&self, connection: &TcpStream, client: IpAddr) -> Option<AtDesk> {
        let own = canonical(connection.local_addr().ok()?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(own, client.to_canonical());
        Some(AtDesk { all: self.clone(), own })
    }

    /// Whose connection it is that comes to the desk from `peer`; none where it is none of the gateway's.
    pub(crate) fn client_of(&self, peer: SocketAddr) -> Option<IpAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&canonical(peer)).copied()
    }
}

/// A listener for both families says `::ffff:10.0.0.2` where the other side says `10.0.0.2`.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A connection to the desk whose client is known.
pub(crate) struct AtDesk {
    all: DeskClients,
    own: SocketAddr,
}

impl Drop for AtDesk {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.own);
    }
}
