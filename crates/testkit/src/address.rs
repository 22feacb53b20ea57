//! Addresses to listen at that are written down before anybody listens.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    sync::{Mutex, PoisonError},
};

/// Where ports are chosen: below those that Linux gives to whoever does not care (`ip_local_port_range` begins at 32768),
/// and below those of `script/postgres`.
const PORTS: std::ops::Range<u16> = 10_000..20_000;

/// The ports of this process: locks on files, so that tests that run side by side, each a process of its own, never have
/// one port twice.
static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// An address of this machine where nothing listens, by stream or by datagram; it is the caller's until the process ends.
/// For what must be configured with its address. Asking the system for any port and giving it back is not the same:
/// whatever opens a connection meanwhile may be given that port.
#[track_caller]
pub fn free_address() -> SocketAddr {
    let folder = std::env::temp_dir().join("gatehouse-test-ports");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        panic!("{}: {error}", folder.display());
    }
    // Where one process looks first, another does not.
    let first = std::process::id().wrapping_mul(7919);
    let count = u32::from(PORTS.end - PORTS.start);
    for step in 0..count {
        let offset = first.wrapping_add(step) % count;
        let Some(port) = u16::try_from(offset).ok().map(|offset| PORTS.start + offset) else { continue };
        let place = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // A file of somebody else's tests cannot be written: whether something listens must do then.
        let file = File::create(folder.join(port.to_string())).ok();
        if file.as_ref().is_some_and(|file| file.try_lock().is_err()) {
            continue;
        }
        if TcpListener::bind(place).is_ok() && UdpSocket::bind(place).is_ok() {
            TAKEN.lock().unwrap_or_else(PoisonError::into_inner).extend(file);
            return place;
        }
    }
    panic!("all ports from {} to {} are taken", PORTS.start, PORTS.end)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, net::TcpListener};

    use super::{PORTS, free_address};

    #[test]
    fn an_address_is_given_once_and_only_where_nothing_listens() {
        let held = TcpListener::bind(free_address()).unwrap();
        let mut given = HashSet::from([held.local_addr().unwrap()]);
        for _ in 0..50 {
            let address = free_address();
            assert!(PORTS.contains(&address.port()) && given.insert(address), "{address}");
        }
    }
}
