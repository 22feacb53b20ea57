//! Questions over HTTPS (RFC 8484), by GET and POST, in both versions of HTTP. The path says which device asks:
//! `/dns-query/TOKEN`; without a token the address does. A bad token is refused, never passed over.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::{Run, streams::HANDSHAKE};
use crate::{
    judge::{Client, Token},
    message::HEAD,
    resolver::Resolver,
};

/// The longest question that is taken.
const LONGEST: usize = 4096;

/// The type of questions and answers.
const MESSAGE: &str = "application/dns-message";

/// The longest token.
const LONGEST_TOKEN: usize = 256;

impl Resolver {
    /// Accepts connections until it is to stop.
    pub(super) async fn https(
        self,
        listener: TcpListener,
        certificate: Arc<ServerConfig>,
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
            let address = Client::at(peer.ip()).address;
            let place = if self.inner.is_ours(address) {
                run.places.take(address)
            } else if self.inner.config.tokens_from_anywhere {
                run.from_anywhere.take(kernel::line_of(address))
            } else {
                self.inner.gauges.strangers();
                continue;
            };
            let Some(place) = place else {
                self.inner.gauges.crowded();
                continue;
            };
            let (all, certificate, run) = (self.clone(), certificate.clone(), run.clone());
            tasks.spawn(async move {
                all.speak_http(stream, peer, certificate, run).await;
                drop(place);
            });
        }
    }

    /// One connection; it ends when nothing was asked for a while.
    async fn speak_http(self, stream: TcpStream, peer: SocketAddr, certificate: Arc<ServerConfig>, run: Run) {
        let accepting = TlsAcceptor::from(certificate).accept(stream);
        let stream = match timeout(HANDSHAKE, accepting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(_)) | Err(_) => return,
        };
        let limits = &self.inner.config.limits;
        let began = Instant::now();
        let last = Arc::new(AtomicU64::new(0));
        // A stop, or somebody to be turned away.
        let shut = run.stop.child_token();
        let (all, asked, turned_away) = (self.clone(), last.clone(), shut.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let client = all.client_of(peer, request.uri().path());
            // A stranger gets one answer, lest it hold a place by asking now and then.
            if client.is_err() && !all.inner.is_ours(peer.ip().to_canonical()) {
                turned_away.cancel();
            } else {
                asked.store(began.elapsed().as_secs(), Ordering::Relaxed);
            }
            let all = all.clone();
            async move { Ok::<_, Infallible>(all.respond(client, request).await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.idle()).max_buf_size(16 * 1024);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(u32::try_from(limits.open_per_connection).unwrap_or(u32::MAX))
            .max_header_list_size(16 * 1024)
            .keep_alive_interval(Some(Duration::from_secs(20)));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let mut ending = false;
        loop {
            let idle = last.load(Ordering::Relaxed) + limits.idle_seconds;
            // Twice the time: first it is asked to end, then it is ended.
            let until = began + Duration::from_secs(if ending { idle + 5 } else { idle });
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection for names ended early");
                    }
                    return;
                }
                () = tokio::time::sleep_until(until) => {
                    let quiet = began.elapsed().as_secs().saturating_sub(last.load(Ordering::Relaxed));
                    if ending && quiet >= limits.idle_seconds + 5 {
                        return;
                    }
                    if !ending && quiet >= limits.idle_seconds {
                        ending = true;
                        connection.as_mut().graceful_shutdown();
                    }
                }
                () = shut.cancelled(), if !ending => {
                    ending = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = run.kill.cancelled() => return,
            }
        }
    }

    async fn respond(&self, client: Result<Client, StatusCode>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let answer = match client {
            Ok(client) => self.ask_over_http(client, request).await,
            Err(status) => Err(status),
        };
        match answer {
            Ok(message) => {
                let mut response = Response::new(Full::new(message.into()));
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(MESSAGE));
                headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
                response
            }
            Err(status) => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = status;
                response
            }
        }
    }

    /// The answer to a request, or why there is none.
    async fn ask_over_http(&self, client: Client, request: Request<Incoming>) -> Result<Vec<u8>, StatusCode> {
        if !self.inner.rates.admit(client.address, Instant::now()) {
            self.inner.gauges.crowded();
            return Err(StatusCode::TOO_MANY_REQUESTS);
        }
        let message: Bytes = match *request.method() {
            Method::GET => question_of(request.uri().query().unwrap_or_default())?.into(),
            Method::POST => {
                let kind = request.headers().get(header::CONTENT_TYPE);
                if !kind.is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(MESSAGE.as_bytes())) {
                    return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
                }
                let body = Limited::new(request.into_body(), LONGEST).collect();
                match timeout(self.inner.config.limits.idle(), body).await {
                    Ok(Ok(body)) => body.to_bytes(),
                    Ok(Err(_)) => return Err(StatusCode::PAYLOAD_TOO_LARGE),
                    Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
                }
            }
            _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
        };
        self.answer(&client, &message).await.ok_or(StatusCode::BAD_REQUEST)
    }

    /// Who asks, by the path and the address.
    fn client_of(&self, peer: SocketAddr, path: &str) -> Result<Client, StatusCode> {
        let ours = self.inner.is_ours(peer.ip().to_canonical());
        let rest = path.strip_prefix("/dns-query").ok_or(StatusCode::NOT_FOUND)?;
        let token = match rest.strip_prefix('/') {
            None if rest.is_empty() => None,
            None => return Err(StatusCode::NOT_FOUND),
            Some("") => None,
            Some(token) => Some(token),
        };
        let good = token.filter(|token| token.len() <= LONGEST_TOKEN && !token.contains(['/', '%']));
        match (token, good.filter(|token| self.inner.ports.who.by_token(token).is_some())) {
            (None, _) if ours => Ok(Client::at(peer.ip())),
            (Some(_), Some(token)) if ours || self.inner.config.tokens_from_anywhere => {
                Ok(Client { token: Some(Token(token.into())), outside: !ours, ..Client::at(peer.ip()) })
            }
            (Some(_), None) if ours => Err(StatusCode::FORBIDDEN),
            // A stranger does not even learn what this is.
            (None | Some(_), _) => {
                self.inner.gauges.strangers();
                Err(StatusCode::NOT_FOUND)
            }
        }
    }
}

/// The question in a query string: `dns=` and the message in the web's form of Base64.
fn question_of(query: &str) -> Result<Vec<u8>, StatusCode> {
    let text = query.split('&').find_map(|pair| pair.strip_prefix("dns=")).ok_or(StatusCode::BAD_REQUEST)?;
    if text.len() > LONGEST * 2 {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let message = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| StatusCode::BAD_REQUEST)?;
    if message.len() < HEAD { Err(StatusCode::BAD_REQUEST) } else { Ok(message) }
}
