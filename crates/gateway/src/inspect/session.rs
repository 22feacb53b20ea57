//! One inspected connection: TLS with the client ends here, and what is inside is HTTP/1.1 or HTTP/2.

use std::{
    convert::Infallible,
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use activity::Outcome;
use bytes::Bytes;
use hyper::{
    Request,
    body::Incoming,
    rt::Executor,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::{AlertDescription, ServerConfig};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

use super::request;
use crate::{
    gateway::{Inner, Run, Seat},
    greeted::HIDDEN_NAME,
    judge::Caller,
    page::CHECK,
    record::Record,
    refusals::Client,
    server::hold,
    stream::{Rewound, Watched},
    target::Target,
};

/// A client may have this many requests open at once on one connection.
const STREAMS: u32 = 128;

/// Who goes away sooner than this and has asked for nothing may have been shown the wrong certificate.
const AT_ONCE: Duration = Duration::from_secs(3);

/// How much of one body may be under way to the client, and of all bodies of a connection together.
const WINDOW: u32 = 256 * 1024;
const WINDOWS: u32 = 1024 * 1024;

/// A connection that is to be ended here.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) inner: Arc<Inner>,
    pub(crate) seat: Seat,
    /// Who opened it.
    pub(crate) caller: Caller,
    /// The name that the client gave in its first message, on the port that it asked for.
    pub(crate) target: Target,
    /// Whether the policy has connections of this client opened: what it does is then told of a device of the school.
    pub(crate) of_school: bool,
    /// Ends the connection when what is open has been answered.
    pub(crate) done: CancellationToken,
}

/// Ends TLS under `config`, and answers what is asked inside. `first` is what the client has sent already;
/// `record` is the row of the connection, which is written only where it fails.
pub(crate) async fn enter<C>(
    entry: Entry,
    config: Arc<ServerConfig>,
    client: C,
    first: Bytes,
    mut record: Record,
    run: Arc<Run>,
) where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let inner = entry.inner.clone();
    let limits = &inner.config.limits;
    let accept = TlsAcceptor::from(config).accept(Rewound::new(first, client));
    let accepted = tokio::select! {
        accepted = tokio::time::timeout(Duration::from_secs(limits.hello_seconds), accept) => accepted,
        () = run.kill.cancelled() => return,
    };
    let name = entry.target.host.to_string();
    let who = Client::of(&entry.caller.viewer, entry.seat.client);
    let now = inner.ports.clock.now();
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if is_about_hidden_name(&error) => return record.turned(Outcome::Refused, HIDDEN_NAME),
        Ok(Err(error)) if is_clients(&error) => {
            if entry.of_school {
                inner.handshakes.broken(Some(name.as_str()).filter(|name| *name != CHECK), who, now);
            }
            return record.turned(Outcome::Failed, "certificate-not-trusted");
        }
        Ok(Err(_)) => return record.turned(Outcome::Refused, "malformed-hello"),
        Err(_) => return record.turned(Outcome::Refused, "no-hello"),
    };
    if entry.of_school {
        inner.handshakes.completed(who, now);
    }
    let _open = inner.gauges.inspected();
    let (of_school, began) = (entry.of_school, Instant::now());
    let asked = serve(entry, stream, &run).await;
    let left = !asked && of_school && began.elapsed() < AT_ONCE && name != CHECK;
    if left && inner.handshakes.left(&name, inner.ports.clock.now()) {
        return record.turned(Outcome::Failed, "left-at-once");
    }
    record.forget();
}

/// Whether the client broke the handshake off because the name that it hid in its first message was not found there. It
/// trusts the leaf by which it heard so, and asks again without hiding anything (RFC 9849, 6.1.6).
fn is_about_hidden_name(error: &io::Error) -> bool {
    let alert = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(alert, Some(rustls::Error::AlertReceived(AlertDescription::EncryptedClientHelloRequired)))
}

/// Whether the client broke the handshake off, so that it may not trust the leaf that it was shown.
fn is_clients(error: &io::Error) -> bool {
    let alert = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match alert {
        Some(rustls::Error::AlertReceived(_)) => true,
        Some(_) => false,
        None => true,
    }
}

/// Whether anything was asked.
async fn serve<C>(entry: Entry, stream: TlsStream<Rewound<C>>, run: &Arc<Run>) -> bool
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let inner = entry.inner.clone();
    let limits = &inner.config.limits;
    let is_two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let io = TokioIo::new(Watched::new(stream, limits.idle()));
    let done = entry.done.clone();
    let asked = Arc::new(AtomicBool::new(false));
    let first = asked.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let entry = entry.clone();
        if !first.swap(true, Ordering::Relaxed) && entry.of_school {
            entry.inner.handshakes.asked(&entry.target.host.to_string());
        }
        async move {
            entry.inner.gauges.request();
            Ok::<_, Infallible>(request::answer(entry, request).await)
        }
    });
    if is_two {
        let header_bytes = u32::try_from(limits.header_bytes).unwrap_or(u32::MAX);
        let connection = http2::Builder::new(Tracked(run.clone()))
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(header_bytes)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOWS)
            .max_send_buf_size(64 * 1024)
            .serve_connection(io, service);
        hold(connection, |it| it.graceful_shutdown(), run, &done).await;
        return asked.load(Ordering::Relaxed);
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_seconds))
        .max_headers(limits.headers)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(8192))
        .serve_connection(io, service)
        .with_upgrades();
    hold(connection, |it| it.graceful_shutdown(), run, &done).await;
    asked.load(Ordering::Relaxed)
}

/// Runs the requests of an HTTP/2 connection among those that a stop waits for.
#[derive(Clone)]
struct Tracked(Arc<Run>);

impl<F> Executor<F> for Tracked
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        let run = self.0.clone();
        let kill = run.kill.clone();
        run.tasks.spawn(async move {
            let _ended = kill.run_until_cancelled(task).await;
        });
    }
}
