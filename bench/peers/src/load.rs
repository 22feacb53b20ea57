//! Clients: raw requests over connections that are kept or not, each answer checked for its status and its length.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::origin::head_end;

/// How exact a timer is.
const TIMER: Duration = Duration::from_millis(2);

/// How long any one answer may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A way to the site: through a proxy, or straight where there is none.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) at: SocketAddr,
    /// The first address of the network that the clients are in; none where the proxy does not care.
    pub(crate) from: Ipv4Addr,
    /// Whether `at` is a proxy.
    pub(crate) proxied: bool,
    /// How the site is called: `{}` stands for a number.
    pub(crate) host: String,
}

impl Way {
    pub(crate) fn host(&self, nth: usize) -> String {
        self.host.replace("{}", &nth.to_string())
    }

    fn request(&self, nth: usize, port: u16, path: &str) -> Vec<u8> {
        let host = self.host(nth);
        let target = if self.proxied { format!("http://{host}:{port}{path}") } else { path.to_owned() };
        inner_request(&target, &format!("{host}:{port}"))
    }

    async fn dial(&self, nth: usize) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        // 250 clients share an address, as no more than that may be a crowd.
        let [a, b, c, d] = self.from.octets();
        let add = u8::try_from(nth / 250 % 200).unwrap_or_default();
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d.saturating_add(add))), 0))?;
        let stream = socket.connect(self.at).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// A tunnel to the site's port for TLS.
    pub(crate) async fn tunnel(&self, nth: usize, host: &str, port: u16) -> anyhow::Result<TcpStream> {
        let mut stream = self.dial(nth).await?;
        if self.proxied {
            let ask = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
            stream.write_all(ask.as_bytes()).await?;
            let mut head = Vec::with_capacity(512);
            while head_end(&head).is_none() {
                anyhow::ensure!(stream.read_buf(&mut head).await? > 0, "the proxy hung up on CONNECT");
            }
            anyhow::ensure!(is_good(&head), "CONNECT: {}", String::from_utf8_lossy(&head));
        }
        Ok(stream)
    }

    /// A connection over TLS.
    pub(crate) async fn secure(
        &self,
        nth: usize,
        host: &str,
        port: u16,
        tls: &TlsConnector,
    ) -> anyhow::Result<TlsStream<TcpStream>> {
        let stream = self.tunnel(nth, host, port).await?;
        Ok(tls.connect(ServerName::try_from(host.to_owned())?, stream).await?)
    }
}

fn inner_request(target: &str, host: &str) -> Vec<u8> {
    // What a browser sends, in kind and size.
    format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.5\r\n\
         Accept-Encoding: gzip, deflate, br, zstd\r\nConnection: keep-alive\r\n\r\n"
    )
    .into_bytes()
}

fn is_good(head: &[u8]) -> bool {
    head.get(8..13) == Some(b" 200 ")
}

/// What a load came to.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) good: u64,
    pub(crate) failed: u64,
    /// How long each took.
    pub(crate) took: Vec<Duration>,
    pub(crate) first_fault: Option<String>,
}

impl Outcome {
    fn note(&mut self, result: anyhow::Result<()>, began: Instant) {
        self.took.push(began.elapsed());
        match result {
            Ok(()) => self.good += 1,
            Err(error) => {
                self.failed += 1;
                self.first_fault.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        let Self { good, failed, took, first_fault } = other;
        self.good += good;
        self.failed += failed;
        self.took.extend(took);
        if self.first_fault.is_none() {
            self.first_fault = first_fault;
        }
    }

    /// The time within which this share (of a thousand) was answered.
    pub(crate) fn within(&mut self, share: usize) -> Duration {
        self.took.sort_unstable();
        self.took
            .get((self.took.len() * share / 1000).min(self.took.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

/// Sends one request and reads its answer whole; whether the connection stays open.
async fn exchange<S>(stream: &mut S, request: &[u8], buffer: &mut Vec<u8>) -> anyhow::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request).await?;
    stream.flush().await?;
    buffer.clear();
    let end = loop {
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the connection ended before its answer");
        if let Some(end) = head_end(buffer) {
            break end;
        }
    };
    let head = buffer.get(..end).unwrap_or_default();
    anyhow::ensure!(is_good(head), "{}", String::from_utf8_lossy(head).lines().next().unwrap_or_default());
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let stays = !head.lines().any(|line| line == "connection: close" || line == "proxy-connection: close");
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
    match field("content-length:").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => {
            while buffer.len() < end + length {
                anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the answer was cut");
            }
        }
        None => {
            anyhow::ensure!(head.contains("transfer-encoding: chunked"), "an answer without a length");
            while !buffer.ends_with(b"0\r\n\r\n") {
                anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the answer was cut");
            }
        }
    }
    Ok(stays)
}

async fn patiently<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within a minute")))
}

/// `total` requests for `path`, over so many connections that are kept.
pub(crate) async fn kept(way: &Way, port: u16, path: &str, connections: usize, total: u64) -> Outcome {
    paced(way, port, path, connections, total, None).await
}

/// Waits to the microsecond. Timers go by milliseconds: all that is due within one would come at once, and wait in line. The
/// core of the load has nothing else to do meanwhile.
async fn until(due: Instant) {
    if let Some(long) = due.checked_duration_since(Instant::now()).and_then(|it| it.checked_sub(TIMER)) {
        tokio::time::sleep(long).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}

/// The same, so many in a second, whenever earlier ones are answered: how long one takes counts from when it was due.
pub(crate) async fn paced(
    way: &Way,
    port: u16,
    path: &str,
    connections: usize,
    total: u64,
    in_second: Option<f64>,
) -> Outcome {
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for nth in 0..connections {
        let (way, path) = (way.clone(), path.to_owned());
        let each = total / connections as u64;
        tasks.spawn_local(async move {
            let mut outcome = Outcome::default();
            let mut buffer = Vec::with_capacity(64 * 1024);
            // Every connection asks for several sites in turn.
            let requests: Vec<_> = (0..8).map(|site| way.request(nth * 3 + site, port, &path)).collect();
            let mut stream = None;
            for (turn, request) in requests.iter().cycle().take(usize::try_from(each).unwrap_or(usize::MAX)).enumerate()
            {
                let mut began = Instant::now();
                if let Some(rate) = in_second {
                    let due = start + Duration::from_secs_f64((turn * connections + nth) as f64 / rate);
                    until(due).await;
                    began = due;
                }
                let result = patiently(async {
                    let mut held = match stream.take() {
                        Some(held) => held,
                        None => way.dial(nth).await?,
                    };
                    if exchange(&mut held, request, &mut buffer).await? {
                        stream = Some(held);
                    }
                    Ok(())
                })
                .await;
                outcome.note(result, began);
            }
            outcome
        });
    }
    join(tasks).await
}

/// `total` requests over connections with TLS that are kept.
pub(crate) async fn kept_secure(way: &Way, port: u16, connections: usize, total: u64, tls: &TlsConnector) -> Outcome {
    let mut tasks = JoinSet::new();
    for nth in 0..connections {
        let (way, tls) = (way.clone(), tls.clone());
        let each = total / connections as u64;
        tasks.spawn_local(async move {
            let mut outcome = Outcome::default();
            let mut buffer = Vec::with_capacity(64 * 1024);
            let host = way.host(nth % 8);
            let request = inner_request("/1k", &format!("{host}:{port}"));
            let mut stream = match way.secure(nth, &host, port, &tls).await {
                Ok(stream) => stream,
                Err(error) => {
                    outcome.note(Err(error), Instant::now());
                    return outcome;
                }
            };
            for _ in 0..each {
                let began = Instant::now();
                let result = patiently(exchange(&mut stream, &request, &mut buffer)).await;
                let stays = matches!(result, Ok(true));
                outcome.note(result.map(drop), began);
                if !stays {
                    return outcome;
                }
            }
            outcome
        });
    }
    join(tasks).await
}

/// `total` connections, each with a handshake, one small request and an end. `sites` says for how many names; each
/// number is used once where it is as large as `total`.
pub(crate) async fn fresh_secure(
    way: &Way,
    port: u16,
    at_once: usize,
    total: usize,
    first_site: usize,
    sites: usize,
    tls: &TlsConnector,
) -> Outcome {
    let mut tasks = JoinSet::new();
    let next = Rc::new(std::cell::Cell::new(0usize));
    for nth in 0..at_once {
        let (way, tls, next) = (way.clone(), tls.clone(), Rc::clone(&next));
        tasks.spawn_local(async move {
            let mut outcome = Outcome::default();
            let mut buffer = Vec::with_capacity(8 * 1024);
            loop {
                let turn = next.replace(next.get() + 1);
                if turn >= total {
                    return outcome;
                }
                let host = way.host(first_site + turn % sites.max(1));
                let began = Instant::now();
                let result = patiently(async {
                    let mut stream = way.secure(nth, &host, port, &tls).await?;
                    exchange(&mut stream, &inner_request("/1k", &format!("{host}:{port}")), &mut buffer).await?;
                    drop(stream.shutdown().await);
                    Ok(())
                })
                .await;
                outcome.note(result, began);
            }
        });
    }
    join(tasks).await
}

/// Connections that have had one answer each, and are left open.
pub(crate) async fn idle(way: &Way, port: u16, count: usize) -> anyhow::Result<Vec<TcpStream>> {
    let mut all = Vec::with_capacity(count);
    let mut buffer = Vec::new();
    for nth in 0..count {
        let mut stream = way.dial(nth).await?;
        exchange(&mut stream, &way.request(nth % 64, port, "/1k"), &mut buffer).await?;
        all.push(stream);
    }
    Ok(all)
}

/// Connections over TLS that have had one answer each, and are left open.
pub(crate) async fn idle_secure(
    way: &Way,
    port: u16,
    count: usize,
    tls: &TlsConnector,
) -> anyhow::Result<Vec<TlsStream<TcpStream>>> {
    let mut all = Vec::with_capacity(count);
    let mut buffer = Vec::new();
    for nth in 0..count {
        let host = way.host(nth % 64);
        let mut stream = way.secure(nth, &host, port, tls).await?;
        exchange(&mut stream, &inner_request("/1k", &format!("{host}:{port}")), &mut buffer).await?;
        all.push(stream);
    }
    Ok(all)
}

async fn join(mut tasks: JoinSet<Outcome>) -> Outcome {
    let mut all = Outcome::default();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(outcome) => all.add(outcome),
            Err(error) => all.first_fault = Some(error.to_string()),
        }
    }
    all
}

/// A client that trusts these authorities, and takes up no earlier session.
pub(crate) fn trusting(pems: &[&str]) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes())?)?;
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}
