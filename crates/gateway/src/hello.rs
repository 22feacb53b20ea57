//! The first message of TLS, as far as the gateway reads it: the name of the site that the client asks for.
//!
//! Written by hand because it reads strangers' bytes before anything is trusted, and because nothing but
//! the name is needed: no part of it allocates more than it was given, and no input makes it panic (a
//! property test and the fuzz target `client_hello` hold that).

use crate::target::Host;

/// A longer hello is refused.
pub const LONGEST: usize = 64 * 1024;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const ENCRYPTED_HELLO: u16 = 0xfe0d;

/// What the gateway wants to know of a ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The site's name; none where the client gave none.
    pub server_name: Option<Host>,
    /// Whether an encrypted hello is within, which may hold another name (browsers also send empty ones).
    pub encrypted: bool,
}

/// Why bytes are no ClientHello that could be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHello {
    /// Another protocol.
    #[error("the bytes are not TLS")]
    NotTls,
    /// More than [`LONGEST`].
    #[error("the first message of TLS is too long")]
    TooLong,
    /// TLS, but broken.
    #[error("the first message of TLS is malformed")]
    Malformed,
}

/// Reads a ClientHello from the beginning of a connection, however it is cut into records. None where more
/// bytes are needed.
pub fn parse(bytes: &[u8]) -> Result<Option<Hello>, BadHello> {
    let mut message = Vec::new();
    let mut rest = Cursor(bytes);
    loop {
        // What cannot become TLS is told at once, not after a time.
        match rest.0 {
            [] => break,
            [kind, ..] if *kind != HANDSHAKE => return Err(BadHello::NotTls),
            [_, major, ..] if *major != 3 => return Err(BadHello::NotTls),
            _ => {}
        }
        let mut record = rest;
        let (Some(_), Some(length)) = (record.take(3), record.u16()) else { break };
        if length == 0 || length > 16 * 1024 {
            return Err(BadHello::Malformed);
        }
        let Some(part) = record.take(length.into()) else {
            message.extend_from_slice(record.0);
            break;
        };
        message.extend_from_slice(part);
        rest = record;
        if whole(&message)?.is_some() {
            break;
        }
    }
    match whole(&message)? {
        Some(body) => read(body).map(Some).ok_or(BadHello::Malformed),
        None if bytes.len() > LONGEST => Err(BadHello::TooLong),
        None => Ok(None),
    }
}

/// The body of the handshake message, once all of it is there.
fn whole(message: &[u8]) -> Result<Option<&[u8]>, BadHello> {
    let mut cursor = Cursor(message);
    let Some(kind) = cursor.u8() else { return Ok(None) };
    if kind != CLIENT_HELLO {
        return Err(BadHello::Malformed);
    }
    let Some(length) = cursor.u24() else { return Ok(None) };
    if length > LONGEST {
        return Err(BadHello::TooLong);
    }
    Ok(cursor.take(length))
}

fn read(body: &[u8]) -> Option<Hello> {
    let mut cursor = Cursor(body);
    cursor.take(2 + 32)?; // version, random
    let session = cursor.u8()?;
    cursor.take(session.into())?;
    let suites = cursor.u16()?;
    cursor.take(suites.into())?;
    let compressions = cursor.u8()?;
    cursor.take(compressions.into())?;
    let mut hello = Hello { server_name: None, encrypted: false };
    if cursor.0.is_empty() {
        return Some(hello); // Before there were extensions.
    }
    let length = cursor.u16()?;
    let mut extensions = Cursor(cursor.take(length.into())?);
    if !cursor.0.is_empty() {
        return None;
    }
    let mut named = false;
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let length = extensions.u16()?;
        let data = extensions.take(length.into())?;
        match kind {
            // A second list of names could be the one that the site reads.
            SERVER_NAME if named => return None,
            SERVER_NAME => {
                named = true;
                hello.server_name = Some(server_name(data)?);
            }
            ENCRYPTED_HELLO => hello.encrypted = true,
            _ => {}
        }
    }
    Some(hello)
}

/// The one name of a list of names. Addresses are not names here (RFC 6066).
fn server_name(data: &[u8]) -> Option<Host> {
    let mut cursor = Cursor(data);
    let length = cursor.u16()?;
    let mut list = Cursor(cursor.take(length.into())?);
    let kind = list.u8()?;
    let length = list.u16()?;
    let name = list.take(length.into())?;
    if kind != 0 || !list.0.is_empty() || !cursor.0.is_empty() {
        return None;
    }
    match Host::parse(std::str::from_utf8(name).ok()?).ok()? {
        Host::Name(name) => Some(Host::Name(name)),
        Host::Address(_) => None,
    }
}

/// Bytes yet to be read.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<usize> {
        Some(self.take(count)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    fn u8(&mut self) -> Option<u8> {
        self.number(1)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.number(2)?.try_into().ok()
    }

    fn u24(&mut self) -> Option<usize> {
        self.number(3)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The bytes that a real client sends first.
    pub(crate) fn real_hello(name: &str) -> Vec<u8> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let config = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let name = name.to_owned().try_into().unwrap();
        let mut client = rustls::ClientConnection::new(config.into(), name).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    /// The same message in records of at most `size` bytes.
    pub(crate) fn in_records(hello: &[u8], size: usize) -> Vec<u8> {
        hello[5..]
            .chunks(size)
            .flat_map(|part| [&[22, 3, 1][..], &(part.len() as u16).to_be_bytes(), part].concat())
            .collect()
    }

    fn name(bytes: &[u8]) -> Result<Option<Option<String>>, BadHello> {
        parse(bytes).map(|hello| hello.map(|hello| hello.server_name.map(|name| name.to_string())))
    }

    #[test]
    fn the_name_of_a_real_hello_is_read() {
        let bytes = real_hello("site.willow-lane.test");
        let expected = Ok(Some(Some("site.willow-lane.test".to_owned())));
        assert_eq!(name(&bytes), expected);
        for size in [1, 7, 100] {
            assert_eq!(name(&in_records(&bytes, size)), expected, "in records of {size}");
        }
        for cut in 0..bytes.len() {
            assert_eq!(name(&bytes[..cut]), Ok(None), "cut at {cut}");
        }
        assert_eq!(name(&real_hello("192.0.2.1")), Ok(Some(None)));
    }

    #[test]
    fn other_protocols_are_told_apart_at_once() {
        assert_eq!(name(b"GET / HTTP/1.1\r\n"), Err(BadHello::NotTls));
        assert_eq!(name(b"S"), Err(BadHello::NotTls));
        assert_eq!(name(&[22, 2]), Err(BadHello::NotTls));
        assert_eq!(name(&[22, 3, 1, 0, 0]), Err(BadHello::Malformed));
        assert_eq!(name(&[22, 3, 1, 0, 4, 2, 0, 0, 0]), Err(BadHello::Malformed));
        assert_eq!(name(&[22, 3, 1, 0, 4, 1, 255, 255, 255]), Err(BadHello::TooLong));
    }

    #[test]
    fn a_second_list_of_names_is_refused() {
        let entry = |name: &str| {
            let name = [&[0], &(name.len() as u16).to_be_bytes()[..], name.as_bytes()].concat();
            let list = [&(name.len() as u16).to_be_bytes()[..], &name].concat();
            [&[0, 0], &(list.len() as u16).to_be_bytes()[..], &list].concat()
        };
        let hello = |extensions: Vec<u8>| {
            let mut body = vec![0; 34];
            body.extend([0, 0, 2, 0x13, 1, 1, 0]);
            body.extend((extensions.len() as u16).to_be_bytes());
            body.extend(extensions);
            let message = [&[1, 0], &(body.len() as u16).to_be_bytes()[..], &body].concat();
            [&[22, 3, 1], &(message.len() as u16).to_be_bytes()[..], &message].concat()
        };
        assert_eq!(name(&hello(entry("a.example"))), Ok(Some(Some("a.example".to_owned()))));
        assert_eq!(name(&hello([entry("a.example"), entry("b.example")].concat())), Err(BadHello::Malformed));
        assert_eq!(name(&hello(entry("127.0.0.1"))), Err(BadHello::Malformed));
        assert_eq!(name(&hello(entry("a.example\0b"))), Err(BadHello::Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
            let _ = parse(&in_records(&[&[0; 5][..], &bytes].concat(), 50));
        }

        #[test]
        fn a_changed_hello_never_panics(place in 0usize..200, byte: u8) {
            let mut bytes = real_hello("site.example");
            let place = place % bytes.len();
            bytes[place] = byte;
            let _ = parse(&bytes);
        }
    }
}
