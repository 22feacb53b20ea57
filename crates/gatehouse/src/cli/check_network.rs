//! `gatehouse check-network ADDRESS`: tries from inside whether the firewall shuts the ways that go round the gateway and
//! the resolver: QUIC, DNS and DNS over TLS. Run it on a computer in a classroom, not on the server, against a machine
//! outside that answers on these ports.
//!
//! Nothing but the address that is given is ever spoken to.

use std::{net::IpAddr, time::Duration};

use clap::Args;
use tokio::{
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::{Outcome, block_on, say};

#[derive(Debug, Args)]
pub(crate) struct CheckNetwork {
    /// A machine outside the school that answers on these ports.
    address: IpAddr,
    /// How long to wait for each answer, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Other ports than the usual ones, in this order: QUIC, DNS, DNS over TLS.
    #[arg(long, num_args = 3, default_values_t = [443, 53, 853], value_names = ["QUIC", "DNS", "DOT"])]
    ports: Vec<u16>,
}

/// What a try showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Something answered: nothing stands in between.
    Open,
    /// The far side, or somebody in between, said no.
    Refused,
    /// Nothing came back.
    Silent,
}

/// A way that goes round.
struct Way {
    says: &'static str,
    port: u16,
    udp: Option<Vec<u8>>,
}

/// How a first message of QUIC begins in a version that no server has, to which each server answers with those that it
/// has (RFC 9000, section 6).
const QUIC: [u8; 23] = [0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 7, 6, 5, 4, 3, 2, 1];

/// As long as a first message must be.
const QUIC_BYTES: usize = 1200;

/// The question for the name servers of the root.
const DNS: [u8; 17] = [0x67, 0x68, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];

impl CheckNetwork {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let &[quic, dns, dot] = self.ports.as_slice() else { anyhow::bail!("--ports takes three ports") };
        let mut greeting = QUIC.to_vec();
        greeting.resize(QUIC_BYTES, 0);
        let ways = [
            Way { says: "QUIC (UDP", port: quic, udp: Some(greeting) },
            Way { says: "DNS (UDP", port: dns, udp: Some(DNS.to_vec()) },
            Way { says: "DNS (TCP", port: dns, udp: None },
            Way { says: "DNS over TLS (TCP", port: dot, udp: None },
        ];
        block_on(async {
            let mut outcome = Outcome::Well;
            for way in ways {
                let wait = Duration::from_secs(self.seconds.max(1));
                let found = timeout(wait, way.attempt(self.address)).await.unwrap_or(Found::Silent);
                let says = match found {
                    Found::Open => "OPEN: it goes round the gateway. Shut it at the firewall.",
                    Found::Refused => "shut, or nothing answers there: refused.",
                    Found::Silent => "shut, or nothing answers there: no answer.",
                };
                say(format_args!("{} {}): {says}", way.says, way.port));
                if found == Found::Open {
                    outcome = Outcome::Look;
                }
            }
            say("A way counts as shut only if the same command, run outside the firewall, finds it open.");
            Ok(outcome)
        })
    }
}

impl Way {
    async fn attempt(&self, address: IpAddr) -> Found {
        match &self.udp {
            Some(message) => datagram(address, self.port, message).await.unwrap_or(Found::Refused),
            None => match TcpStream::connect((address, self.port)).await {
                Ok(_) => Found::Open,
                Err(_) => Found::Refused,
            },
        }
    }
}

async fn datagram(address: IpAddr, port: u16, message: &[u8]) -> std::io::Result<Found> {
    let any: IpAddr = if address.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect((address, port)).await?;
    socket.send(message).await?;
    let mut answer = [0; 1500];
    let read = socket.recv(&mut answer).await?;
    Ok(if read > 0 { Found::Open } else { Found::Silent })
}
