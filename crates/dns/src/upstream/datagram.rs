//! Asking by datagram. Each question has a socket, and so a port, and a number of its own, both at random; an answer that
//! does not come from the server, to that port, with that number and to that very question is passed over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use aws_lc_rs::rand;
use tokio::net::UdpSocket;

use super::{NoAnswer, Question};
use crate::message::{HEAD, forward, number_at};

/// The longest answer that we say we take: what passes everywhere in one piece.
const LONGEST: u16 = 1232;

/// Bytes that are read of an answer; one that fills them all is longer.
const BUFFER: usize = 4097;

/// What a server said.
pub(super) enum Said {
    /// This.
    Answer(Vec<u8>),
    /// That the answer is too long for a datagram, or something that shows that a stream is safer.
    AskByStream,
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N], NoAnswer> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoAnswer::NoChance)?;
    Ok(bytes)
}

/// The question with the case of its letters at random.
fn mix_case(question: &mut [u8], bits: [u8; 32]) {
    let name = question.len().saturating_sub(4);
    for (at, byte) in question.iter_mut().take(name).enumerate() {
        let bit = bits.get(at / 8 % 32).copied().unwrap_or_default() >> (at % 8) & 1;
        if byte.is_ascii_alphabetic() && bit == 1 {
            *byte ^= 0x20;
        }
    }
}

/// Asks once, and waits for the answer for ever; whoever asks sets the time.
pub(super) async fn ask(server: SocketAddr, question: &Question) -> Result<Said, NoAnswer> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    let id = u16::from_be_bytes(random()?);
    let mut asked = question.bytes.clone();
    if question.mixed_case {
        mix_case(&mut asked, random()?);
    }
    socket.send(&forward(id, &asked, question.signatures, question.unchecked, LONGEST)).await?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let bytes = buffer.get(..length).unwrap_or_default();
        if number_at(bytes, 0) != Some(id) {
            continue;
        }
        let Some(said) = bytes.get(HEAD..HEAD + asked.len()) else {
            // An error without its question says nothing that could be believed.
            continue;
        };
        let flags = number_at(bytes, 2).unwrap_or_default();
        if flags & 0x8000 == 0 || !said.eq_ignore_ascii_case(&asked) {
            continue;
        }
        // Either the server does not give the case back, or somebody guessed number and port.
        if said != asked || flags & 0x0200 != 0 || length >= BUFFER {
            return Ok(Said::AskByStream);
        }
        buffer.truncate(length);
        return Ok(Said::Answer(buffer));
    }
}
