//! ICAP as it goes over the wire (RFC 3507): heads, encapsulated heads of HTTP, bodies in chunks.
//!
//! Written by hand because it reads bytes of strangers within bytes of a neighbour: nothing panics on any
//! input (a property test holds that), and everything has a bound.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{HeaderName, HeaderValue},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A head, of ICAP or encapsulated, has at most so many bytes, and so many fields.
const LONGEST: usize = 64 * 1024;
const FIELDS: usize = 200;

/// A piece of a body that is handed on at once.
const PIECE: usize = 16 * 1024;

/// What a neighbour asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Options,
    Reqmod,
    Respmod,
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) ask: Ask,
    /// The path of the service.
    pub(super) service: String,
    pub(super) fields: HeaderMap,
}

/// Where the parts lie that a request encapsulates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Parts {
    /// Bytes of the head of the HTTP request, and of that of its answer.
    pub(super) request: usize,
    pub(super) response: usize,
    pub(super) has_body: bool,
}

/// A request or an answer of HTTP, encapsulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inner {
    /// The words of its first line.
    pub(super) first: [String; 3],
    pub(super) fields: HeaderMap,
}

fn bad(says: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, says)
}

impl Head {
    /// Reads a head with the empty line that ends it.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let Inner { first: [ask, uri, version], fields } = Inner::parse(bytes)?;
        let ask = match (ask.as_str(), version.as_str()) {
            ("OPTIONS", "ICAP/1.0") => Ask::Options,
            ("REQMOD", "ICAP/1.0") => Ask::Reqmod,
            ("RESPMOD", "ICAP/1.0") => Ask::Respmod,
            _ => return Err(bad("not a request of ICAP/1.0")),
        };
        let rest = uri.strip_prefix("icap://").ok_or_else(|| bad("not an address of ICAP"))?;
        let service = rest.split_once('/').map_or("", |(_, path)| path).split('?').next().unwrap_or_default();
        Ok(Self { ask, service: service.to_owned(), fields })
    }

    /// The value of a field as text.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.to_str().ok().map(str::trim)
    }

    /// Whether the neighbour takes 204 at any time.
    pub(super) fn allows_204(&self) -> bool {
        self.field("allow").is_some_and(|codes| codes.split(',').any(|code| code.trim() == "204"))
    }

    /// The parts that follow.
    pub(super) fn parts(&self) -> io::Result<Parts> {
        let Some(text) = self.field("encapsulated") else { return Ok(Parts::default()) };
        let wrong = || bad("`Encapsulated` cannot be read");
        let (mut parts, mut before) = (Parts::default(), None);
        for part in text.split(',') {
            let (name, offset) = part.trim().split_once('=').ok_or_else(wrong)?;
            let offset: usize = offset.trim().parse().map_err(|_| wrong())?;
            let length = match before {
                None if offset == 0 => 0,
                Some((_, start)) if offset >= start && offset <= LONGEST => offset - start,
                None | Some(_) => return Err(wrong()),
            };
            match before {
                Some(("req-hdr", _)) => parts.request = length,
                Some(("res-hdr", _)) => parts.response = length,
                None => {}
                // Nothing follows a body.
                Some(_) => return Err(wrong()),
            }
            before = Some((name, offset));
        }
        match before {
            Some(("req-body" | "res-body" | "opt-body", _)) => parts.has_body = true,
            Some(("null-body", _)) => {}
            Some(_) | None => return Err(wrong()),
        }
        Ok(parts)
    }
}

impl Inner {
    /// Reads the first line and the fields of a head.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        // The last line keeps its own return, as the others have theirs.
        let text = bytes.strip_suffix(b"\n\r\n").filter(|text| text.ends_with(b"\r"));
        let text = text.ok_or_else(|| bad("a head does not end"))?;
        let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(|| bad("no first line"))?;
        // A neighbour that takes another byte for the end of the line would read another head.
        if first.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(bad("the first line has a control character"));
        }
        let mut words = first.splitn(3, ' ').map(str::to_owned);
        let (Some(one), Some(two)) = (words.next(), words.next()) else { return Err(bad("no first line")) };
        let mut fields = HeaderMap::new();
        for line in lines {
            let colon = line.iter().position(|byte| *byte == b':').ok_or_else(|| bad("a field cannot be read"))?;
            let (name, value) = line.split_at(colon);
            let name = HeaderName::from_bytes(name).map_err(|_| bad("a field cannot be read"))?;
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let value = HeaderValue::from_bytes(value).map_err(|_| bad("a field cannot be read"))?;
            if fields.len() >= FIELDS {
                return Err(bad("too many fields"));
            }
            fields.append(name, value);
        }
        Ok(Self { first: [one, two, words.next().unwrap_or_default()], fields })
    }

    pub(super) fn method(&self) -> Option<Method> {
        let [method, ..] = &self.first;
        Method::from_bytes(method.as_bytes()).ok()
    }

    pub(super) fn status(&self) -> Option<StatusCode> {
        let [_, status, _] = &self.first;
        StatusCode::from_bytes(status.as_bytes()).ok()
    }

    /// The head as bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = self.first.join(" ").into_bytes();
        out.extend_from_slice(b"\r\n");
        for (name, value) in &self.fields {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Data(Bytes),
    /// The end of the body, or of its preview: then `whole` says whether there was no more.
    End {
        whole: bool,
    },
}

/// A neighbour's connection.
pub(super) struct Wire<S> {
    stream: S,
    bytes: BytesMut,
    /// Bytes of the present chunk that are still to come; the end of its line among them.
    left: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, bytes: BytesMut::with_capacity(8192), left: 0 }
    }

    /// The next head; none where the neighbour has ended.
    pub(super) async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = self.bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                return Head::parse(&self.bytes.split_to(end + 4)).map(Some);
            }
            if self.bytes.len() > LONGEST {
                return Err(bad("a head is too long"));
            }
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                return if self.bytes.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// So many bytes.
    pub(super) async fn exact(&mut self, count: usize) -> io::Result<Bytes> {
        while self.bytes.len() < count {
            self.more().await?;
        }
        Ok(self.bytes.split_to(count).freeze())
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// The next piece of a body.
    pub(super) async fn piece(&mut self) -> io::Result<Piece> {
        if self.left == 0 {
            let (size, whole) = self.size().await?;
            if size == 0 {
                // Trailers are read and left out.
                while !self.line().await?.is_empty() {}
                return Ok(Piece::End { whole });
            }
            self.left = size;
        }
        if self.bytes.is_empty() {
            self.more().await?;
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(PIECE).min(self.bytes.len());
        let data = self.bytes.split_to(most).freeze();
        self.left -= most as u64;
        if self.left == 0 && !self.line().await?.is_empty() {
            return Err(bad("a chunk is longer than it says"));
        }
        Ok(Piece::Data(data))
    }

    async fn size(&mut self) -> io::Result<(u64, bool)> {
        let line = self.line().await?;
        let text = std::str::from_utf8(&line).map_err(|_| bad("the size of a chunk cannot be read"))?;
        let (digits, extension) = text.split_once(';').unwrap_or((text, ""));
        let digits = digits.trim();
        if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad("the size of a chunk cannot be read"));
        }
        let size = u64::from_str_radix(digits, 16).map_err(|_| bad("the size of a chunk cannot be read"))?;
        Ok((size, extension.trim() == "ieof"))
    }

    /// A line without its end.
    async fn line(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(end) = self.bytes.windows(2).take(1024).position(|pair| pair == b"\r\n") {
                let line = self.bytes.split_to(end).freeze();
                self.bytes.advance(2);
                return Ok(line);
            }
            if self.bytes.len() > 1024 {
                return Err(bad("a line is too long"));
            }
            self.more().await?;
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Writes a piece of a body as a chunk.
    pub(super) async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.write(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
        self.write(bytes).await?;
        self.write(b"\r\n").await
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heads_are_read() {
        let head = Head::parse(
            b"RESPMOD icap://gate.test:1344/respmod?x ICAP/1.0\r\nHost: gate.test\r\nAllow: 204, 206\r\nEncapsulated: req-hdr=0, res-hdr=137, res-body=296\r\n\r\n",
        )
        .unwrap();
        assert_eq!((head.ask, head.service.as_str(), head.allows_204()), (Ask::Respmod, "respmod", true));
        assert_eq!(head.parts().unwrap(), Parts { request: 137, response: 159, has_body: true });
        let parts = |text: &str| {
            let head = format!("REQMOD icap://x/ ICAP/1.0\r\nEncapsulated: {text}\r\n\r\n");
            Head::parse(head.as_bytes()).and_then(|head| head.parts()).ok()
        };
        assert_eq!(parts("req-hdr=0, null-body=170"), Some(Parts { request: 170, response: 0, has_body: false }));
        for bad in [
            "",
            "req-hdr=5",
            "req-hdr=0",
            "req-hdr=0, null-body=x",
            "null-body=0, req-hdr=9",
            "req-hdr=0, req-body=99999999",
        ] {
            assert_eq!(parts(bad), None, "{bad}");
        }
        assert!(Head::parse(b"GET / HTTP/1.1\r\n\r\n").is_err());
        assert!(Inner::parse(b"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n").is_err());
        assert!(Inner::parse(b"HTTP/1.1 200 Well\tdone\r\n\r\n").is_ok());
        for first in ["GET /\0 HTTP/1.1", "GET / HTTP/1.1\r", "GET /\rX: a HTTP/1.1", "HTTP/1.1 200 \x1b[1m"] {
            assert!(Inner::parse(format!("{first}\r\n\r\n").as_bytes()).is_err(), "{first:?}");
        }
    }

    async fn body(bytes: &[u8]) -> io::Result<(Vec<u8>, bool)> {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(bytes).await.unwrap();
        drop(far);
        let (mut wire, mut out) = (Wire::new(near), Vec::new());
        loop {
            match wire.piece().await? {
                Piece::Data(data) => out.extend_from_slice(&data),
                Piece::End { whole } => return Ok((out, whole)),
            }
        }
    }

    #[tokio::test]
    async fn bodies_are_read() {
        assert_eq!(
            body(b"5\r\nhello\r\n6; x=y\r\n world\r\n0\r\n\r\n").await.unwrap(),
            (b"hello world".to_vec(), false)
        );
        assert_eq!(body(b"0; ieof\r\n\r\n").await.unwrap(), (Vec::new(), true));
        for bad in [&b"5\r\nhelloX\r\n"[..], b"-5\r\n", b"fffffffff\r\n", b"5\r\nhel", b"\r\n"] {
            assert!(body(bad).await.is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Head::parse(&bytes);
            let whole = [b"REQMOD icap://x/ ICAP/1.0\r\nEncapsulated: ".as_slice(), &bytes, b"\r\n\r\n"].concat();
            let _ = Head::parse(&whole).and_then(|head| head.parts());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(body(&bytes));
        }

        #[test]
        fn a_changed_conversation_never_panics(place in 0usize..200, byte: u8, cut in 0usize..250) {
            let good = b"REQMOD icap://gate.test/reqmod ICAP/1.0\r\nAllow: 204\r\nEncapsulated: req-hdr=0, req-body=41\r\n\r\n\
                         POST http://site.example/ HTTP/1.1\r\nA: b\r\n\r\n5; x\r\nhello\r\n0; ieof\r\n\r\n";
            let mut bytes = good.to_vec();
            if let Some(at) = bytes.get_mut(place) {
                *at = byte;
            }
            bytes.truncate(cut.max(1));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut wire = Wire::new(tokio::io::join(&bytes[..], tokio::io::sink()));
                let Ok(Some(head)) = wire.head().await else { return };
                let Ok(parts) = head.parts() else { return };
                if let Ok(inner) = wire.exact(parts.request).await.and_then(|bytes| Inner::parse(&bytes)) {
                    assert_eq!(Inner::parse(&inner.bytes()).unwrap(), inner);
                }
                let mut read = 0;
                while let Ok(Piece::Data(data)) = wire.piece().await {
                    read += data.len();
                    assert!(!data.is_empty() && read <= bytes.len());
                }
            });
        }
    }
}
