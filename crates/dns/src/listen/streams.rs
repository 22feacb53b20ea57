//! Streams, in clear and over TLS: several questions at once on a connection, answered as their answers come.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Buf, BytesMut};
use futures_util::{StreamExt, stream::FuturesUnordered};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::Run;
use crate::{
    judge::{Client, Moment},
    message::Room,
    places::Place,
    resolver::Resolver,
    step::Step,
};

/// The longest question that is taken.
const LONGEST: usize = 4096;

/// The time that TLS has to begin.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);

/// The certificate for one protocol.
pub(super) fn certificate(given: &Arc<ServerConfig>, protocols: &[&[u8]]) -> Arc<ServerConfig> {
    let mut own = ServerConfig::clone(given);
    own.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(own)
}

impl Resolver {
    /// Accepts connections until it is to stop.
    pub(super) async fn streams(
        self,
        listener: TcpListener,
        certificate: Option<Arc<ServerConfig>>,
        run: Run,
        tasks: TaskTracker,
    ) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = run.stop.cancelled() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    super::pause_after(&error).await;
                    continue;
                }
            };
            let Some((client, place)) = self.seat(peer, &run) else { continue };
            let (all, run, certificate) = (self.clone(), run.clone(), certificate.clone());
            tasks.spawn(async move {
                let kill = run.kill.clone();
                let talk = async {
                    stream.set_nodelay(true)?;
                    match certificate {
                        None => all.converse(stream, client, &run).await,
                        Some(certificate) => {
                            let accepting = TlsAcceptor::from(certificate).accept(stream);
                            all.converse(timeout(HANDSHAKE, accepting).await??, client, &run).await
                        }
                    }
                };
                tokio::select! {
                    ended = talk => {
                        if let Err(error) = ended {
                            tracing::debug!(%error, "a connection for names ended early");
                        }
                    }
                    () = kill.cancelled() => {}
                }
                drop(place);
            });
        }
    }

    /// A place for a client, where it is one that is served.
    fn seat(&self, peer: SocketAddr, run: &Run) -> Option<(Client, Place)> {
        let client = Client::at(peer.ip());
        if !self.inner.is_ours(client.address) {
            self.inner.gauges.strangers();
            return None;
        }
        let place = run.places.take(client.address);
        if place.is_none() {
            self.inner.gauges.crowded();
        }
        Some((client, place?))
    }

    /// One connection. The time runs from the last whole question, so that drops of bytes do not keep it open.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        client: Client,
        run: &Run,
    ) -> io::Result<()> {
        let limits = &self.inner.config.limits;
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut open = FuturesUnordered::new();
        let mut bytes = BytesMut::with_capacity(1024);
        let mut out = Vec::with_capacity(1024);
        let mut until = Instant::now() + limits.idle();
        let mut ended = false;
        loop {
            while let Some(message) = take_message(&mut bytes)? {
                until = Instant::now() + limits.idle();
                if !self.inner.rates.admit(client.address, Instant::now()) {
                    self.inner.gauges.crowded();
                    return Ok(());
                }
                let moment = Moment::new(&self.inner.ports);
                match self.begin(&moment, &client, Room::Stream, &message, &mut out) {
                    Step::Answer => send(&mut writer, &out, limits.idle()).await?,
                    Step::Silence => return Ok(()),
                    Step::Wait(pending) => {
                        open.push(pending.finish());
                        if open.len() >= limits.open_per_connection {
                            break;
                        }
                    }
                }
            }
            if open.is_empty() && ended {
                return Ok(());
            }
            tokio::select! {
                Some(answer) = open.next(), if !open.is_empty() => {
                    if let Some(answer) = answer {
                        send(&mut writer, &answer, limits.idle()).await?;
                    }
                }
                read = reader.read_buf(&mut bytes), if !ended && open.len() < limits.open_per_connection => {
                    ended = read? == 0;
                }
                () = sleep_until(until), if open.is_empty() => return Ok(()),
                () = run.stop.cancelled(), if open.is_empty() => return Ok(()),
            }
        }
    }
}

/// The next whole message, where it is there.
fn take_message(bytes: &mut BytesMut) -> io::Result<Option<BytesMut>> {
    let Some(length) = bytes.first_chunk().map(|pair| usize::from(u16::from_be_bytes(*pair))) else {
        return Ok(None);
    };
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if bytes.len() < 2 + length {
        return Ok(None);
    }
    bytes.advance(2);
    Ok(Some(bytes.split_to(length)))
}

async fn send<W: AsyncWrite + Unpin>(writer: &mut W, message: &[u8], most: Duration) -> io::Result<()> {
    let Ok(length) = u16::try_from(message.len()) else { return Ok(()) };
    let whole = [&length.to_be_bytes(), message].concat();
    timeout(most, async {
        writer.write_all(&whole).await?;
        writer.flush().await
    })
    .await?
}
