//! Connections to sites, kept open for the next request to the same site. Each is made by `Destinations`,
//! so none goes to an address that was not checked; each over TLS is verified for the name that was asked.
//!
//! What happens when something fails: the reader gets a page that says what (`Trouble`). A site whose
//! certificate is not good hears nothing of the request.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{Request, Response, Uri, body::Incoming};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use kernel::Clock;
use rustls_pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use crate::{
    body::{Progress, Upload},
    config::{Config, Limits},
    destination::{DestinationError, Destinations, Hop},
    inspect::{BadCertificate, BadTls, client_config},
    page::Trouble,
    stream::Watched,
    target::{BadTarget, Host, Target},
};

/// How much of one body may be under way from a site, and of all bodies of a connection together.
const WINDOW: u32 = 512 * 1024;
const WINDOWS: u32 = 2 * 1024 * 1024;

type BoxError = Box<dyn Error + Send + Sync>;
type Link<S> = TokioIo<Watched<S>>;

impl Connection for Watched<Hop> {
    fn connected(&self) -> Connected {
        // A proxy further up is told the whole address.
        match self.inner() {
            Either::Left(_) => Connected::new(),
            Either::Right(_) => Connected::new().proxy(true),
        }
    }
}

impl Connection for Watched<TlsStream<TcpStream>> {
    fn connected(&self) -> Connected {
        let is_two = self.inner().get_ref().1.alpn_protocol() == Some(b"h2");
        if is_two { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

/// Why TLS with a site did not come about.
#[derive(Debug, thiserror::Error)]
enum TlsError {
    #[error("the site's certificate or its TLS is not good")]
    Refused(#[source] rustls::Error),
    #[error("the site broke off the handshake")]
    Ended(#[source] io::Error),
    #[error("the site did not answer the handshake in time")]
    TimedOut,
    #[error("the name of the site is none that a certificate can hold")]
    Name,
}

/// Makes the plain connections of the pool.
#[derive(Clone)]
struct Plain {
    destinations: Arc<Destinations>,
    idle: Duration,
    alive: Duration,
}

impl tower::Service<Uri> for Plain {
    type Response = Link<Hop>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { destinations, idle, alive } = self.clone();
        Box::pin(async move {
            let stream = destinations.connect_plain(&Target::of_absolute(&uri)?).await?;
            let (Either::Left(socket) | Either::Right(socket)) = &stream;
            probe(socket, alive);
            Ok(TokioIo::new(Watched::new(stream, idle)))
        })
    }
}

/// Makes its connections over TLS.
#[derive(Clone)]
struct Secure {
    destinations: Arc<Destinations>,
    tls: tokio_rustls::TlsConnector,
    idle: Duration,
    alive: Duration,
    limit: Duration,
}

impl tower::Service<Uri> for Secure {
    type Response = Link<TlsStream<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { destinations, tls, idle, alive, limit } = self.clone();
        Box::pin(async move {
            let authority = uri.authority().ok_or(BadTarget::Host)?;
            let target = Target::of_authority(authority, Some(443))?;
            let name = server_name(&target.host).ok_or(TlsError::Name)?;
            let stream = destinations.connect(&target).await?;
            probe(&stream, alive);
            let stream = match tokio::time::timeout(limit, tls.connect(name, stream)).await {
                Ok(shaken) => shaken.map_err(TlsError::from)?,
                Err(_) => return Err(TlsError::TimedOut.into()),
            };
            Ok(TokioIo::new(Watched::new(stream, idle)))
        })
    }
}

/// The name that a site's certificate must be for.
pub(crate) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
        Host::Address(address) => Some(ServerName::from(address.to_canonical())),
    }
}

impl From<io::Error> for TlsError {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(refused) => Self::Refused(refused.clone()),
            None => Self::Ended(error),
        }
    }
}

/// Which connections a request goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    /// In clear.
    Plain,
    /// Over TLS, HTTP/2 where the site has it.
    Tls,
    /// Over TLS, HTTP/1.1: for what changes over into something else.
    TlsOne,
}

/// The pools of connections to sites.
pub(crate) struct Upstream {
    plain: Client<Plain, Upload>,
    /// None where TLS could not be set up: no site is reached by it then.
    tls: Option<Client<Secure, Upload>>,
    tls_one: Option<Client<Secure, Upload>>,
    answer: Duration,
}

impl Upstream {
    pub(crate) fn new(destinations: Arc<Destinations>, config: &Config, clock: Arc<dyn Clock>) -> Self {
        let limits = &config.limits;
        let secure = |protocols: &[&[u8]]| match client_config(&config.roots, clock.clone(), protocols) {
            Ok(tls) => {
                let (destinations, tls) = (destinations.clone(), Arc::new(tls).into());
                let limit = Duration::from_secs(limits.connect_seconds);
                let (idle, alive) = (limits.idle(), limits.alive());
                Some(client(Secure { destinations, tls, idle, alive, limit }, limits))
            }
            Err(error) => {
                tracing::error!(%error, "TLS with sites cannot be set up");
                None
            }
        };
        Self {
            tls: secure(&[b"h2", b"http/1.1"]),
            tls_one: secure(&[b"http/1.1"]),
            plain: client(
                Plain { destinations: destinations.clone(), idle: limits.idle(), alive: limits.alive() },
                limits,
            ),
            answer: Duration::from_secs(limits.answer_seconds),
        }
    }

    /// Sends a request on and waits for its answer to begin. The time to answer starts anew while the
    /// request's body is still moving.
    pub(crate) async fn send(
        &self,
        pool: Pool,
        request: Request<Upload>,
        progress: Progress,
    ) -> Result<Response<Incoming>, Trouble> {
        let answer = match (pool, &self.tls, &self.tls_one) {
            (Pool::Plain, _, _) => self.plain.request(request),
            (Pool::Tls, Some(client), _) | (Pool::TlsOne, _, Some(client)) => client.request(request),
            (Pool::Tls | Pool::TlsOne, _, _) => return Err(Trouble::NoTls(BadTls::Broken)),
        };
        let mut answer = std::pin::pin!(answer);
        loop {
            let end = progress.last() + self.answer;
            match tokio::time::timeout_at(end, &mut answer).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => return Err(trouble(&error)),
                Err(_) if progress.last() + self.answer > end => {}
                Err(_) => return Err(Trouble::TimedOut),
            }
        }
    }
}

/// Lets the system find out whether a connection that waits for its next request still leads anywhere, so that none does
/// after the line was changed over, or a firewall has forgotten it. What is under way has the time to answer; an end by what
/// the other side leaves untaken (`TCP_USER_TIMEOUT`) would cut off sites that take a large upload slowly.
fn probe(socket: &TcpStream, alive: Duration) {
    let probes = TcpKeepalive::new().with_time(alive).with_interval(alive / 4).with_retries(2);
    if let Err(error) = SockRef::from(socket).set_tcp_keepalive(&probes) {
        tracing::debug!(%error, "cannot have a connection to a site probed");
    }
}

fn client<C: Connect + Clone>(connector: C, limits: &Limits) -> Client<C, Upload> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(32)
        .http1_max_buf_size(limits.header_bytes.max(8192))
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOWS)
        .http2_max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        // All requests to a site share one connection, and each would wait in vain on one that leads nowhere any more.
        .http2_keep_alive_interval(limits.alive())
        .http2_keep_alive_timeout(limits.alive() / 2)
        .build(connector)
}

/// What is wrong with a site's TLS: its certificate, else the rest.
fn no_tls(error: &rustls::Error) -> Trouble {
    BadCertificate::of(error).map_or_else(|| Trouble::NoTls(BadTls::of(error)), Trouble::Certificate)
}

/// What an error of the pool means for the reader.
fn trouble(error: &(dyn Error + 'static)) -> Trouble {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<DestinationError>() {
            return error.into();
        }
        if let Some(error) = error.downcast_ref::<TlsError>() {
            return match error {
                TlsError::Refused(error) => no_tls(error),
                TlsError::Ended(_) => Trouble::NoConnection,
                TlsError::TimedOut => Trouble::TimedOut,
                TlsError::Name => Trouble::BadRequest(BadTarget::Host),
            };
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if error.kind() == io::ErrorKind::TimedOut {
                return Trouble::TimedOut;
            }
            // In TLS 1.3 a site says only after the handshake that it wants a certificate.
            if let Some(refused) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
                && BadTls::of(refused) == BadTls::WantsCertificate
            {
                return Trouble::NoTls(BadTls::WantsCertificate);
            }
        }
        next = error.source();
    }
    Trouble::NoConnection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_is_probed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let alive = Limits::default().alive();
        probe(&stream, alive);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), alive);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), alive / 4);
    }
}
