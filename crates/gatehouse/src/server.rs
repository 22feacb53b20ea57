//! Serves the desk: HTTP on loopback, TLS everywhere else; stops without cutting answers off.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// How long a TLS greeting may take.
const GREETING: Duration = Duration::from_secs(10);

/// How long open connections may go on when the desk stops.
const DRAIN: Duration = Duration::from_secs(5);

/// Whose connection it is that comes from an address of this machine: of a client that a gateway in this process carries
/// here, if so.
pub(crate) type ClientOf = Arc<dyn Fn(SocketAddr) -> Option<IpAddr> + Send + Sync>;

/// Serves `router` until `stop`.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    client_of: ClientOf,
    stop: CancellationToken,
) {
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, most likely: wait for some to be given back.
                tracing::warn!(%error, "the desk could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (router, stop, tls, client_of) = (router.clone(), stop.clone(), tls.clone(), Arc::clone(&client_of));
        // Where the system does not say where it came to, nobody can tell that it is this machine itself.
        let own = stream.local_addr().ok();
        // Asked for each request: a gateway says whom it carries before it carries the first.
        let comes_from = move || comes_from(peer, own, client_of(peer));
        tasks.spawn(async move {
            match tls {
                None => connection(stream, comes_from, router, stop).await,
                Some(config) => {
                    let greeted = tokio::time::timeout(GREETING, TlsAcceptor::from(config).accept(stream)).await;
                    // Otherwise somebody who does not speak TLS, or not with us.
                    if let Ok(Ok(stream)) = greeted {
                        connection(stream, comes_from, router, stop).await;
                    }
                }
            }
        });
    }
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::info!(open = tasks.len(), "the desk stopped with connections open");
    }
}

/// Whose address a request bears at the desk: it is bound to whoever signs in, and wrong passwords are counted by it.
fn comes_from(peer: SocketAddr, own: Option<SocketAddr>, client: Option<IpAddr>) -> Option<SocketAddr> {
    let ip = peer.ip().to_canonical();
    match client {
        Some(client) => Some(SocketAddr::new(client, peer.port())),
        // Some other proxy on this machine, which does not say for whom it speaks: it is not one person's device. On
        // loopback it is a browser here.
        None if own.is_some_and(|own| own.ip().to_canonical() == ip) && !ip.is_loopback() => None,
        None => Some(peer),
    }
}

async fn connection<S>(
    stream: S,
    comes_from: impl Fn() -> Option<SocketAddr> + Clone + Send + 'static,
    router: Router,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Some(address) = comes_from() {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        router.clone().oneshot(request)
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection of the desk ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::comes_from;

    #[test]
    fn a_request_bears_the_address_of_the_device() {
        let from = |peer: &str, client: Option<&str>| {
            let own = Some("[::ffff:10.0.0.2]:8443".parse().unwrap());
            comes_from(peer.parse().unwrap(), own, client.map(|ip| ip.parse().unwrap())).map(|it| it.ip().to_string())
        };
        assert_eq!(from("10.0.7.9:50000", None).as_deref(), Some("10.0.7.9"));
        assert_eq!(from("10.0.0.2:50000", Some("10.0.7.9")).as_deref(), Some("10.0.7.9"), "through the gateway");
        assert_eq!(from("10.0.0.2:50000", None), None, "through something else on this machine");
        assert_eq!(from("127.0.0.1:50000", None).as_deref(), Some("127.0.0.1"), "a browser on this machine");
    }
}
