//! The PROXY protocol, versions 1 and 2: what stands before the bytes of a client that comes through a load
//! balancer or a firewall. It is believed from addresses alone that the configuration trusts.
//!
//! Written by hand because it reads strangers' bytes: nothing panics on any input (a property test holds that).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// A head of version 1 has at most so many bytes.
const LONGEST_ONE: usize = 107;

/// A head of version 2 with more in it is refused.
const LONGEST_TWO: usize = 16 + 2048;

const MARK: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Whom a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxied {
    /// A client at this address.
    Client(IpAddr),
    /// The balancer itself: it looks whether the gateway is there.
    Itself,
}

/// Bytes that are no head of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection does not begin with the PROXY protocol")]
pub(crate) struct NotProxied;

/// Reads the head at the beginning of a connection: whom it is for, and how many bytes the head has. None
/// where more bytes are needed.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Proxied, usize)>, NotProxied> {
    if bytes.starts_with(MARK) {
        return two(bytes);
    }
    if bytes.starts_with(b"PROXY ") {
        return one(bytes);
    }
    let begins = MARK.starts_with(bytes) || b"PROXY ".starts_with(bytes);
    if begins { Ok(None) } else { Err(NotProxied) }
}

fn one(bytes: &[u8]) -> Result<Option<(Proxied, usize)>, NotProxied> {
    let Some(end) = bytes.windows(2).take(LONGEST_ONE).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LONGEST_ONE { Ok(None) } else { Err(NotProxied) };
    };
    let line = bytes.get(..end).and_then(|line| std::str::from_utf8(line).ok()).ok_or(NotProxied)?;
    let mut words = line.split(' ').skip(1);
    let proxied = match (words.next(), words.next(), words.next(), words.next(), words.next(), words.next()) {
        (Some("UNKNOWN"), ..) => Proxied::Itself,
        (Some(family @ ("TCP4" | "TCP6")), Some(client), Some(own), Some(from), Some(to), None) => {
            let client: IpAddr = client.parse().map_err(|_| NotProxied)?;
            let own: IpAddr = own.parse().map_err(|_| NotProxied)?;
            let ports = from.parse::<u16>().is_ok() && to.parse::<u16>().is_ok();
            let fits = client.is_ipv4() == (family == "TCP4") && own.is_ipv4() == client.is_ipv4();
            if !ports || !fits {
                return Err(NotProxied);
            }
            Proxied::Client(client.to_canonical())
        }
        _ => return Err(NotProxied),
    };
    Ok(Some((proxied, end + 2)))
}

fn two(bytes: &[u8]) -> Result<Option<(Proxied, usize)>, NotProxied> {
    let Some([command, family, high, low]) = bytes.get(12..16) else { return Ok(None) };
    let end = 16 + usize::from(u16::from_be_bytes([*high, *low]));
    if end > LONGEST_TWO {
        return Err(NotProxied);
    }
    let Some(body) = bytes.get(16..end) else { return Ok(None) };
    let proxied = match (command, family) {
        (0x20, _) => Proxied::Itself,
        (0x21, 0x11) => {
            let client: [u8; 4] = body.get(..12).and_then(|it| it.first_chunk()).copied().ok_or(NotProxied)?;
            Proxied::Client(Ipv4Addr::from(client).into())
        }
        (0x21, 0x21) => {
            let client: [u8; 16] = body.get(..36).and_then(|it| it.first_chunk()).copied().ok_or(NotProxied)?;
            Proxied::Client(IpAddr::from(Ipv6Addr::from(client)).to_canonical())
        }
        _ => return Err(NotProxied),
    };
    Ok(Some((proxied, end)))
}

/// Reads the head from a connection, and gives back what was read after it.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(Proxied, Bytes)> {
    let mut bytes = BytesMut::with_capacity(256);
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((proxied, length)) = parse(&bytes).map_err(io::Error::other)? {
            bytes.advance(length);
            return Ok((proxied, bytes.freeze()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [MARK, &[command, family], &length, body].concat()
    }

    #[test]
    fn heads_are_read() {
        let client = |text: &str| Proxied::Client(text.parse().unwrap());
        let line = b"PROXY TCP4 10.1.2.3 10.0.0.1 51000 3128\r\nCONNECT";
        assert_eq!(parse(line), Ok(Some((client("10.1.2.3"), 41))));
        assert_eq!(parse(b"PROXY TCP6 fd00::1 fd00::2 1 2\r\n"), Ok(Some((client("fd00::1"), 32))));
        assert_eq!(parse(b"PROXY UNKNOWN\r\n"), Ok(Some((Proxied::Itself, 15))));
        let four = v2(0x21, 0x11, &[10, 1, 2, 3, 10, 0, 0, 1, 0, 1, 0, 2]);
        assert_eq!(parse(&four), Ok(Some((client("10.1.2.3"), 28))));
        let mut six = [0; 36];
        six[15] = 1;
        assert_eq!(parse(&v2(0x21, 0x21, &six)), Ok(Some((client("::1"), 52))));
        assert_eq!(parse(&v2(0x20, 0, &[])), Ok(Some((Proxied::Itself, 16))));
        for whole in [&line[..41], &four] {
            for cut in 0..whole.len() {
                assert_eq!(parse(&whole[..cut]), Ok(None), "cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for bad in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"PROXY TCP4 10.1.2.3\r\n",
            b"PROXY TCP4 fd00::1 fd00::2 1 2\r\n",
            b"PROXY TCP4 10.1.2.3 10.0.0.1 1 99999\r\n",
            b"PROXY TCP4 10.1.2.3 10.0.0.1 1 2 3\r\n",
            &[b"PROXY UNKNOWN ".to_vec(), vec![b'a'; 200]].concat(),
            &v2(0x31, 0x11, &[0; 12]),
            &v2(0x21, 0x11, &[0; 11]),
            &v2(0x21, 0x31, &[0; 216]),
        ] {
            assert_eq!(parse(bad), Err(NotProxied), "{}", String::from_utf8_lossy(bad));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(start in 0usize..3, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let start: &[u8] = [&b""[..], b"PROXY ", MARK].get(start).unwrap();
            let _ = parse(&[start, &bytes].concat());
        }
    }
}
