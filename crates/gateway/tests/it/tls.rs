//! Sites with certificates good and bad, a gateway that opens connections, and clients that trust the school.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use filter::{Action, ByName, Measure, Parts, Rule, TreatmentRule};
use gateway::{Authority, Config, Made, Root, Roots};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    time_provider::TimeProvider,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::client::TlsStream;

use crate::support::*;

/// The time of tests, for TLS.
#[derive(Debug)]
pub(crate) struct Now;

impl TimeProvider for Now {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(NOW.unsigned_abs())))
    }
}

/// An authority of the web, as tests have it.
pub(crate) struct Web(CertifiedIssuer<'static, KeyPair>);

/// A site's certificate.
pub(crate) struct Certificate {
    names: Vec<String>,
    days: (i64, i64),
    by: By,
}

pub(crate) enum By {
    Web,
    Nobody,
    Itself,
}

impl Certificate {
    pub(crate) fn of(names: &[&str]) -> Self {
        Self { names: names.iter().map(|name| (*name).to_owned()).collect(), days: (-10, 10), by: By::Web }
    }
    pub(crate) fn days(self, from: i64, to: i64) -> Self {
        Self { days: (from, to), ..self }
    }
    pub(crate) fn by(self, by: By) -> Self {
        Self { by, ..self }
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Web {
    pub(crate) fn new() -> Self {
        Self(authority("Web authority"))
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A site with this certificate that speaks these protocols.
    pub(crate) async fn site(&self, certificate: Certificate, protocols: &[&str]) -> SocketAddr {
        serve(self.config(certificate, protocols)).await
    }

    /// A site that serves nobody without a certificate of the same authority.
    pub(crate) async fn site_that_wants_a_certificate(&self, name: &str) -> SocketAddr {
        let mut roots = RootCertStore::empty();
        roots.add(self.root()).unwrap();
        let wants = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
        serve(self.config_with(Certificate::of(&[name]), &[], wants)).await
    }

    /// How a server with a good certificate for these names speaks TLS.
    pub(crate) fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        Arc::new(self.config(Certificate::of(names), &[]))
    }

    fn config(&self, certificate: Certificate, protocols: &[&str]) -> ServerConfig {
        self.config_with(certificate, protocols, WebPkiClientVerifier::no_client_auth())
    }

    fn config_with(
        &self,
        certificate: Certificate,
        protocols: &[&str],
        wants: Arc<dyn ClientCertVerifier>,
    ) -> ServerConfig {
        let Certificate { names, days: (from, to), by } = certificate;
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        let day =
            |day: i64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs((NOW + day * 86_400).unsigned_abs());
        (params.not_before, params.not_after) = (day(from), day(to));
        let made = match by {
            By::Web => params.signed_by(&key, &self.0).unwrap(),
            By::Nobody => params.signed_by(&key, &authority("Nobody")).unwrap(),
            By::Itself => params.self_signed(&key).unwrap(),
        };
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(Now))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(wants)
            .with_single_cert(vec![made.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        config
    }
}

async fn serve(config: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    let http = auto::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection_with_upgrades(TokioIo::new(stream), service_fn(serve_site)).await;
                }
            });
        }
    });
    address
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A client that trusts these authorities and speaks these protocols.
pub(crate) fn client(roots: &[CertificateDer<'static>], protocols: &[&str]) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).unwrap();
    }
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(Now))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// A gateway that opens connections of the school's devices.
pub(crate) struct Opening {
    pub(crate) house: House,
    pub(crate) root: CertificateDer<'static>,
}

/// A rule about what is done with what passes.
pub(crate) fn treat(number: usize, action: Action, domains: &[&str], measure: Measure) -> TreatmentRule {
    let sites = if domains.is_empty() { kernel::Sites(vec![kernel::SiteItem::All]) } else { sites(domains) };
    TreatmentRule { rule: Rule::new(format!("treat#{number}"), action, sites, clause()), measure }
}

/// Parts in which `closed` are closed, connections are opened but for `exempt`, and `more` is done besides.
pub(crate) fn opening_parts(closed: &[&str], exempt: &[&str], more: Vec<TreatmentRule>) -> Parts {
    let mut parts = parts(closed);
    let inspect = Measure::Inspect { networks: Default::default() };
    parts.rules.treatments.push(treat(1, Action::Block, &[], inspect));
    if !exempt.is_empty() {
        parts.rules.treatments.push(treat(2, Action::Permit, exempt, Measure::Splice(ByName::Exempt)));
    }
    parts.rules.treatments.extend(more);
    parts
}

impl Opening {
    /// Opens all but bank.test; games.test is closed.
    pub(crate) async fn with(web: &Web, change: impl FnOnce(&mut Config)) -> Self {
        Self::doing(web, Vec::new(), change, |_| {}).await
    }

    /// The same, and `more` is done besides.
    pub(crate) async fn doing(
        web: &Web,
        more: Vec<TreatmentRule>,
        change: impl FnOnce(&mut Config),
        equip: impl FnOnce(&mut gateway::Ports),
    ) -> Self {
        let now = jiff::Timestamp::from_second(NOW).unwrap();
        let root: Made = Root::make("Willow Lane Primary", now).unwrap();
        let issuing = Root::open(&root).unwrap().issue(&["bank.test".to_owned()], now).unwrap();
        let trusted = web.root();
        let house = House::build(
            |config| {
                config.roots = Roots::Only(vec![trusted]);
                change(config);
            },
            |ports| {
                ports.authority = Some(Arc::new(Authority::new(&issuing, ports.clock.clone()).unwrap()));
                equip(ports);
            },
        )
        .await;
        house.rules.store(Arc::new(filter::Snapshot::new(opening_parts(&[GAMES], &["bank.test"], more))));
        let root = CertificateDer::from_pem_slice(root.certificate.as_bytes()).unwrap();
        Self { house, root }
    }

    /// A tunnel to `host`, port 443.
    pub(crate) async fn tunnel(&self, host: &str, token: &str) -> (TcpStream, String) {
        let mut stream = self.house.dial().await;
        let headers = with_token(token);
        let ask = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        (stream, status(&head).to_owned())
    }

    /// TLS with `name` in a tunnel to it, trusting the school.
    pub(crate) async fn shake(&self, name: &str, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        self.shake_with(&client(std::slice::from_ref(&self.root), protocols), name, name).await
    }

    pub(crate) async fn shake_with(
        &self,
        client: &Arc<ClientConfig>,
        host: &str,
        name: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, status) = self.tunnel(host, "maya-token").await;
        assert_eq!(status, "200");
        let name = ServerName::try_from(name.to_owned()).unwrap();
        tokio_rustls::TlsConnector::from(client.clone()).connect(name, stream).await
    }

    /// `GET https://name/path` on a connection of its own, by HTTP/1.1.
    pub(crate) async fn get(&self, name: &str, path: &str) -> (u16, String) {
        let stream = self.shake(name, &["http/1.1"]).await.unwrap();
        let request = request(&format!("https://{name}{path}"), &[("host", name), ("accept", "text/html")]);
        let (parts, body) = one(stream, request).await;
        (parts.status.as_u16(), body)
    }
}

/// A request with these fields; in HTTP/1.1 of the path alone.
pub(crate) fn request(url: &str, fields: &[(&str, &str)]) -> Request<Empty<Bytes>> {
    let mut request = Request::get(url);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(Empty::new()).unwrap()
}

/// Sends one request by HTTP/1.1.
pub(crate) async fn one(
    stream: TlsStream<TcpStream>,
    mut request: Request<Empty<Bytes>>,
) -> (hyper::http::response::Parts, String) {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let path = request.uri().path_and_query().unwrap().to_string();
    *request.uri_mut() = path.parse().unwrap();
    text(sender.send_request(request).await.unwrap()).await
}

/// An HTTP/2 connection.
pub(crate) async fn two(stream: TlsStream<TcpStream>) -> hyper::client::conn::http2::SendRequest<Empty<Bytes>> {
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = handshake.unwrap();
    tokio::spawn(connection);
    sender
}

/// An answer, read to its end; what was cut short ends in `[cut]`.
pub(crate) async fn text(response: Response<Incoming>) -> (hyper::http::response::Parts, String) {
    let (parts, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend(frame.data_ref().into_iter().flatten()),
            Err(_) => {
                bytes.extend(b"[cut]");
                break;
            }
        }
    }
    (parts, String::from_utf8_lossy(&bytes).into_owned())
}

/// Who signed what the client was shown.
pub(crate) fn issuer(stream: &TlsStream<TcpStream>) -> String {
    let chain = stream.get_ref().1.peer_certificates().unwrap();
    x509_parser::parse_x509_certificate(&chain[0]).unwrap().1.issuer().to_string()
}
