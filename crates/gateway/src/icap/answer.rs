//! What goes back to the proxy: a request or an answer of HTTP, encapsulated.

use std::io;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};

use super::wire::Wire;
use crate::body::Body;

/// The head of an answer of ICAP; its body follows in chunks.
pub(super) enum Answer<'a> {
    /// The request goes on like this.
    Request { head: &'a [u8], has_body: bool },
    /// The client gets this.
    Response { head: &'a [u8], has_body: bool },
}

impl Answer<'_> {
    pub(super) async fn write<S>(&self, wire: &mut Wire<S>, tag: &str) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (part, body, head) = match self {
            Self::Request { head, has_body: true } => ("req-hdr", "req-body", head),
            Self::Request { head, has_body: false } => ("req-hdr", "null-body", head),
            Self::Response { head, has_body: true } => ("res-hdr", "res-body", head),
            Self::Response { head, has_body: false } => ("res-hdr", "null-body", head),
        };
        let length = head.len();
        let text = format!("ICAP/1.0 200 OK\r\nISTag: \"{tag}\"\r\nEncapsulated: {part}=0, {body}={length}\r\n\r\n");
        wire.write(text.as_bytes()).await?;
        wire.write(head).await
    }
}

/// A page of the gateway's as a head and a body.
pub(super) async fn page_of(page: Option<Response<Body>>) -> (Vec<u8>, Bytes) {
    let Some(page) = page else {
        return (b"HTTP/1.1 403 Forbidden\r\nCache-Control: no-store\r\n\r\n".to_vec(), Bytes::new());
    };
    let (parts, body) = page.into_parts();
    // A page of the gateway's is there whole; were it not, its head says enough.
    let body = body.collect().await.map(|it| it.to_bytes()).unwrap_or_default();
    let says = parts.status.canonical_reason().unwrap_or("Refused");
    let status: StatusCode = parts.status;
    let mut head = format!("HTTP/1.1 {} {says}\r\nContent-Length: {}\r\n", status.as_u16(), body.len()).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    (head, body)
}
