//! Asking by stream, in clear or over TLS: one question at a time on a connection that is kept.

use std::{io, sync::Arc};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{NoAnswer, Question, datagram::random};
use crate::{
    config::Upstream,
    message::{HEAD, forward, number_at},
};

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

/// A connection to a server.
pub(super) struct Line(Box<dyn Both>);

impl Line {
    pub(super) async fn open(place: &Upstream, trust: Option<&Arc<ClientConfig>>) -> Result<Self, NoAnswer> {
        let stream = TcpStream::connect(place.address).await?;
        stream.set_nodelay(true)?;
        let Some(name) = &place.tls else { return Ok(Self(Box::new(stream))) };
        let trust = trust.ok_or(NoAnswer::NoTrust)?;
        let name = ServerName::try_from(name.clone()).map_err(|_| NoAnswer::NoTrust)?;
        Ok(Self(Box::new(TlsConnector::from(trust.clone()).connect(name, stream).await?)))
    }

    pub(super) async fn ask(&mut self, question: &Question) -> Result<Vec<u8>, NoAnswer> {
        let id = u16::from_be_bytes(random()?);
        let message = forward(id, &question.bytes, question.signatures, question.unchecked, u16::MAX);
        let length = u16::try_from(message.len()).map_err(|_| NoAnswer::Other)?;
        self.0.write_all(&[&length.to_be_bytes(), message.as_slice()].concat()).await?;
        self.0.flush().await?;
        let length = usize::from(self.0.read_u16().await?);
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await?;
        let said = bytes.get(HEAD..HEAD + question.bytes.len());
        let same = said.is_some_and(|said| said.eq_ignore_ascii_case(&question.bytes));
        if number_at(&bytes, 0) != Some(id) || !same {
            return Err(io::Error::from(io::ErrorKind::InvalidData).into());
        }
        Ok(bytes)
    }
}
