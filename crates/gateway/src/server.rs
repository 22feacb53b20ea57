//! Accepts connections, and stops gracefully: no new connections, a bounded time for what is open, an end.

use std::{convert::Infallible, io, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::{HeaderMap, Method, Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    connect::{brought, connect},
    credential::{Credential, credential},
    forward::{closing, forward},
    gateway::{Entrance, Gateway, Inner, Run, Seat},
    icap,
    stream::{Rewound, Watched},
    ways::{
        Kind, Way,
        proxied::{self, Proxied},
    },
};

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Requests that were cut because they took longer than the time they had.
    pub requests_cut: u64,
    /// Tunnels that were cut likewise.
    pub tunnels_cut: u64,
}

impl Gateway {
    /// Serves a proxy on `listeners` until `stop` is cancelled; then what is open has the configured time to
    /// end, and what is still open after it is cut.
    pub async fn serve(&self, listeners: Vec<TcpListener>, stop: CancellationToken) -> Stopped {
        self.serve_ways(listeners.into_iter().map(Way::proxy).collect(), stop).await
    }

    /// Serves all `ways` in until `stop` is cancelled, as [`Self::serve`] does.
    pub async fn serve_ways(&self, ways: Vec<Way>, stop: CancellationToken) -> Stopped {
        let run = Arc::new(Run { stop, kill: CancellationToken::new(), tasks: TaskTracker::new() });
        let accepting = ways.into_iter().map(|way| self.accept(way, run.clone()));
        futures_util::future::join_all(accepting).await;
        run.stop.cancelled().await;
        run.tasks.close();
        let drain = Duration::from_secs(self.inner.config.limits.drain_seconds);
        if tokio::time::timeout(drain, run.tasks.wait()).await.is_ok() {
            return Stopped { requests_cut: 0, tunnels_cut: 0 };
        }
        let figures = self.figures();
        run.kill.cancel();
        run.tasks.wait().await;
        let requests_cut = figures.connections.saturating_sub(figures.tunnels);
        Stopped { requests_cut, tunnels_cut: figures.tunnels }
    }

    async fn accept(&self, way: Way, run: Arc<Run>) {
        let Way { listener, kind, behind } = way;
        let places = self.inner.places.of(kind.entrance());
        loop {
            // Where all places are taken, new connections wait in the system's queue.
            let next = async {
                let permit = places.free().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                next = next => next,
                () = run.stop.cancelled() => return,
            };
            let Some(permit) = permit else { return };
            let (stream, client) = match accepted {
                Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot set no-delay on a connection");
            }
            let (gateway, kind, run) = (self.clone(), kind.clone(), run.clone());
            if !behind {
                // Strangers and crowds are turned away before anything is spent on them.
                if let Some(seat) = gateway.seat(client, &kind, permit, &run) {
                    run.tasks.clone().spawn(gateway.receive(Rewound::new(Bytes::new(), stream), kind, seat));
                }
            } else if self.inner.config.proxies.iter().any(|network| network.contains(client)) {
                run.tasks.clone().spawn(gateway.behind(stream, kind, permit, run));
            } else {
                self.inner.gauges.stranger();
            }
        }
    }

    /// A place for a client; none for a stranger, who gets no answer and does not even learn what this is.
    fn seat(&self, client: IpAddr, kind: &Kind, permit: OwnedSemaphorePermit, run: &Arc<Run>) -> Option<Seat> {
        let config = &self.inner.config;
        let entry = kind.entrance();
        let known = match entry {
            Entrance::TokenOnly => true,
            Entrance::Neighbour => config.proxies.iter().any(|network| network.contains(client)),
            Entrance::Proxy | Entrance::Brought => config.clients.iter().any(|network| network.contains(client)),
        };
        if !known {
            self.inner.gauges.stranger();
            return None;
        }
        let slot = self.inner.places.of(entry).take(client, permit, &self.inner.gauges)?;
        Some(Seat { client, entry, slot: Arc::new(slot), run: run.clone() })
    }

    /// A client that comes through a balancer, which says first whose connection it is.
    async fn behind(self, mut stream: TcpStream, kind: Kind, permit: OwnedSemaphorePermit, run: Arc<Run>) {
        let limit = Duration::from_secs(self.inner.config.limits.hello_seconds);
        let read = tokio::select! {
            read = tokio::time::timeout(limit, proxied::read(&mut stream)) => read,
            () = run.kill.cancelled() => return,
        };
        match read {
            Ok(Ok((Proxied::Client(client), rest))) => {
                if let Some(seat) = self.seat(client, &kind, permit, &run) {
                    self.receive(Rewound::new(rest, stream), kind, seat).await;
                }
            }
            Ok(Ok((Proxied::Itself, _))) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection from a balancer cannot be read"),
            Err(_) => tracing::debug!("a balancer has not said whose connection it is"),
        }
    }

    /// A client's connection, by whichever way it came.
    async fn receive(self, stream: Rewound<TcpStream>, kind: Kind, seat: Seat) {
        let run = seat.run.clone();
        match kind {
            Kind::Proxy | Kind::Transparent => self.converse(stream, seat).await,
            Kind::Icap => icap::serve(self.inner.clone(), seat, stream).await,
            Kind::TransparentTls => brought(self.inner.clone(), seat, run, stream).await,
            Kind::TlsProxy(config) => {
                let limit = Duration::from_secs(self.inner.config.limits.hello_seconds);
                let accept = TlsAcceptor::from(config).accept(stream);
                let accepted = tokio::select! {
                    accepted = tokio::time::timeout(limit, accept) => accepted,
                    () = run.kill.cancelled() => return,
                };
                match accepted {
                    Ok(Ok(stream)) => self.converse(stream, seat).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a client of the proxy over TLS broke off"),
                    Err(_) => tracing::debug!("a client of the proxy over TLS took too long"),
                }
            }
        }
    }

    /// One client connection, for as long as it is HTTP.
    async fn converse<S>(self, stream: S, seat: Seat)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = &self.inner.config.limits;
        let run = seat.run.clone();
        let inner = self.inner.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (inner, seat) = (inner.clone(), seat.clone());
            async move {
                inner.gauges.request();
                let stays = inner.may_stay(seat.entry, request.headers());
                let answer = match (request.method(), seat.entry) {
                    (&Method::CONNECT, Entrance::Proxy | Entrance::TokenOnly) => connect(inner, seat, request).await,
                    _ => forward(inner, seat, request).await,
                };
                Ok::<_, Infallible>(if stays { answer } else { closing(answer) })
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(limits.header_seconds))
            .max_headers(limits.headers)
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes.max(8192))
            .serve_connection(TokioIo::new(Watched::new(stream, limits.idle())), service)
            .with_upgrades();
        hold(connection, |it| it.graceful_shutdown(), &run, &CancellationToken::new()).await;
    }
}

impl Inner {
    /// Whether a client may ask more on the same connection. One from anywhere that does not say who it is gets one
    /// answer, lest strangers hold places by asking now and then.
    fn may_stay(&self, entry: Entrance, headers: &HeaderMap) -> bool {
        match entry {
            Entrance::Proxy | Entrance::Neighbour | Entrance::Brought => true,
            Entrance::TokenOnly => match credential(headers) {
                Credential::Token(token) => self.ports.who.by_token(token.as_str()).is_some(),
                Credential::None | Credential::Malformed => false,
            },
        }
    }
}

/// Keeps a connection until it ends; a stop, or `done`, lets what is open be answered first.
pub(crate) async fn hold<C>(connection: C, shut: impl Fn(Pin<&mut C>), run: &Run, done: &CancellationToken)
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = std::pin::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a client connection ended early");
                }
                return;
            }
            () = run.stop.cancelled(), if !stopping => stopping = true,
            () = done.cancelled(), if !stopping => stopping = true,
            () = run.kill.cancelled() => return,
        }
        if stopping {
            shut(connection.as_mut());
        }
    }
}

/// Waits where the system has run out of something; a client that gave up needs no wait.
async fn pause_after(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
