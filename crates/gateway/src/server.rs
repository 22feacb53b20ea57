//! Accepts connections, and stops gracefully: no new connections, a bounded time for what is open, an end.

use std::{convert::Infallible, io, pin::Pin, sync::Arc, time::Duration};

use hyper::{Method, Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    connect::connect,
    forward::forward,
    gateway::{Gateway, Run, Seat},
    stream::Watched,
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
    /// Serves on `listeners` until `stop` is cancelled; then what is open has the configured time to end,
    /// and what is still open after it is cut.
    pub async fn serve(&self, listeners: Vec<TcpListener>, stop: CancellationToken) -> Stopped {
        let run = Arc::new(Run { stop, kill: CancellationToken::new(), tasks: TaskTracker::new() });
        let places = Arc::new(Semaphore::new(self.inner.config.limits.connections.min(Semaphore::MAX_PERMITS)));
        let accepting = listeners.into_iter().map(|listener| self.accept(listener, run.clone(), places.clone()));
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

    async fn accept(&self, listener: TcpListener, run: Arc<Run>, places: Arc<Semaphore>) {
        let limits = &self.inner.config.limits;
        loop {
            // Where all places are taken, new connections wait in the system's queue.
            let next = async {
                let permit = places.clone().acquire_owned().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                next = next => next,
                () = run.stop.cancelled() => return,
            };
            let Ok(permit) = permit else { return };
            let (stream, client) = match accepted {
                Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            };
            if !self.inner.config.clients.iter().any(|network| network.contains(client)) {
                // No answer: a stranger does not even learn what this is.
                self.inner.gauges.stranger();
                continue;
            }
            if let Some(slot) = self.inner.gauges.slot(client, limits.connections_per_client, permit) {
                let seat = Seat { client, slot: Arc::new(slot), run: run.clone() };
                run.tasks.spawn(self.clone().converse(stream, seat));
            }
        }
    }

    /// One client connection, for as long as it is HTTP.
    async fn converse(self, stream: TcpStream, seat: Seat) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set no-delay on a connection");
        }
        let limits = &self.inner.config.limits;
        let run = seat.run.clone();
        let inner = self.inner.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (inner, seat) = (inner.clone(), seat.clone());
            async move {
                inner.gauges.request();
                Ok::<_, Infallible>(match *request.method() {
                    Method::CONNECT => connect(inner, seat, request).await,
                    _ => forward(inner, seat, request).await,
                })
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
