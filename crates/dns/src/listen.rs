//! Listening: by datagram, by stream, over TLS and over HTTPS. Only known networks get an answer; nobody may ask too much
//! at once, keep a connection without use, or be answered with far more than was asked.

mod datagrams;
mod https;
mod streams;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, places::Places, resolver::Resolver};

/// Questions by datagram that wait for an upstream server at the same time, beyond those that are asked.
const WAITING: usize = 20_000;

/// Bytes of datagrams that may wait until they are read.
const RECEIVE_BYTES: usize = 4 * 1024 * 1024;

/// A place that cannot be listened at.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for names at {place}")]
pub struct ListenError {
    place: SocketAddr,
    #[source]
    source: io::Error,
}

/// Where the resolver listens.
#[derive(Debug, Default)]
pub struct Listeners {
    /// For datagrams.
    pub datagrams: Vec<UdpSocket>,
    /// For streams.
    pub streams: Vec<TcpListener>,
    /// For streams over TLS.
    pub tls: Vec<TcpListener>,
    /// For HTTPS.
    pub https: Vec<TcpListener>,
}

impl Listeners {
    /// Opens what the configuration names.
    pub async fn bind(config: &Config) -> Result<Self, ListenError> {
        let mut all = Self::default();
        for place in &config.listen {
            let error = |source| ListenError { place: *place, source };
            let first = datagram_socket(*place, config.sockets > 1).map_err(error)?;
            let same = first.local_addr().map_err(error)?;
            all.datagrams.push(first);
            for _ in 1..config.sockets {
                all.datagrams.push(datagram_socket(same, true).map_err(error)?);
            }
            all.streams.push(TcpListener::bind(same).await.map_err(error)?);
        }
        for (places, listeners) in [(&config.tls, &mut all.tls), (&config.https, &mut all.https)] {
            for place in places {
                let listener = TcpListener::bind(place).await;
                listeners.push(listener.map_err(|source| ListenError { place: *place, source })?);
            }
        }
        Ok(all)
    }
}

/// A socket for datagrams, several of which may share their address.
fn datagram_socket(place: SocketAddr, shared: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(place), Type::DGRAM, Some(Protocol::UDP))?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    // The system gives what it has; less loses datagrams in a rush, no more.
    if let Err(error) = socket.set_recv_buffer_size(RECEIVE_BYTES) {
        tracing::debug!(%error, "the system gives no larger buffer for datagrams");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&place.into())?;
    UdpSocket::from_std(socket.into())
}

/// One run of [`Resolver::serve`].
#[derive(Clone)]
pub(crate) struct Run {
    stop: CancellationToken,
    kill: CancellationToken,
    places: Places,
    /// For those who come from elsewhere, so that strangers take none of the school's.
    from_anywhere: Places,
    waiting: Arc<Semaphore>,
}

impl Resolver {
    /// Serves on `listeners` until `stop` is cancelled; then what is open has the configured time to end. Listeners over
    /// TLS and HTTPS need the certificate; without it they are closed.
    pub async fn serve(&self, listeners: Listeners, stop: CancellationToken) {
        let limits = &self.inner.config.limits;
        let run = Run {
            stop: stop.clone(),
            kill: CancellationToken::new(),
            places: Places::new(limits.connections, limits.connections_per_client),
            from_anywhere: Places::new(limits.connections_from_anywhere, limits.connections_per_home),
            waiting: Arc::new(Semaphore::new(WAITING)),
        };
        let tasks = tokio_util::task::TaskTracker::new();
        let Listeners { datagrams, streams, tls, https } = listeners;
        for socket in datagrams {
            tasks.spawn(self.clone().datagrams(Arc::new(socket), run.clone(), tasks.clone()));
        }
        for listener in streams {
            tasks.spawn(self.clone().streams(listener, None, run.clone(), tasks.clone()));
        }
        match &self.inner.ports.certificate {
            Some(certificate) => {
                for listener in tls {
                    let certificate = streams::certificate(certificate, &[b"dot"]);
                    tasks.spawn(self.clone().streams(listener, Some(certificate), run.clone(), tasks.clone()));
                }
                for listener in https {
                    let certificate = streams::certificate(certificate, &[b"h2", b"http/1.1"]);
                    tasks.spawn(self.clone().https(listener, certificate, run.clone(), tasks.clone()));
                }
            }
            None if tls.is_empty() && https.is_empty() => {}
            None => tracing::warn!("the resolver has no certificate, so it does not listen over TLS and HTTPS"),
        }
        stop.cancelled().await;
        tasks.close();
        if tokio::time::timeout(Duration::from_secs(limits.drain_seconds), tasks.wait()).await.is_err() {
            run.kill.cancel();
            tasks.wait().await;
        }
    }
}

/// Waits where the system has run out of something; a client that gave up needs no wait.
async fn pause_after(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections for names");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
