//! A gateway with a site behind it, a log that keeps its rows, and people by their tokens.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use activity::{Outcome, PersonKey, Row, Rows};
use arc_swap::ArcSwap;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use filter::{Parts, Snapshot};
use futures_util::StreamExt;
use gateway::{Config, Gateway, Limits, Ports, Stopped};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{Request, Response, body::Frame, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use kernel::{Clock, DeviceId, HowKnown, PersonId, Place, Role, SchoolId, Signed, Subject, Viewer, WhoIs, Year};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

pub(crate) const SITE: &str = "site.willow-lane.test";
pub(crate) const GAMES: &str = "games.test";

/// What the clock of tests shows, in seconds.
pub(crate) const NOW: i64 = 1_795_514_400;

/// A clock that tests set.
pub(crate) struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// People by token and address.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) tokens: Mutex<HashMap<String, Viewer>>,
    pub(crate) addresses: Mutex<HashMap<IpAddr, Viewer>>,
}

impl WhoIs for People {
    fn by_token(&self, token: &str) -> Option<Viewer> {
        self.tokens.lock().unwrap().get(token).cloned()
    }
    fn by_address(&self, address: IpAddr) -> Viewer {
        self.addresses.lock().unwrap().get(&address).cloned().unwrap_or_else(|| Viewer::unattributed(Place::School))
    }
}

pub(crate) fn person(number: u64) -> PersonId {
    PersonId::from_parts(number, &[7; 10])
}

/// A pupil of year `year` who has signed.
pub(crate) fn pupil(number: u64, year: u8) -> Viewer {
    Viewer {
        person: Some(person(number)),
        subject: Subject { roles: [Role::Pupil].into(), year: Year::numbered(year), ..Subject::default() },
        device: Some(DeviceId::from_parts(number, &[8; 10])),
        owner: kernel::Owner::School,
        place: Place::School,
        how: HowKnown::Token,
        signed: Signed::Yes,
        suspended: false,
    }
}

/// A log in memory.
#[derive(Default)]
pub(crate) struct Kept(pub Mutex<Vec<Row>>);

impl Rows for Kept {
    fn append(&self, row: Row) {
        self.0.lock().unwrap().push(row);
    }
}

/// The clause that rules of tests come from.
pub(crate) fn clause() -> Arc<filter::ClauseRef> {
    let (label, number, text) = ("games".into(), "4.1.2".into(), "Games are closed <in> lessons.".into());
    Arc::new(filter::ClauseRef { label, number, text })
}

pub(crate) fn sites(domains: &[&str]) -> kernel::Sites {
    kernel::Sites(domains.iter().map(|domain| kernel::SiteItem::parse(domain).unwrap()).collect())
}

/// Parts in which these domains are closed by clause 4.1.2, and all others open.
pub(crate) fn parts(domains: &[&str]) -> Parts {
    let rule = |(number, domain): (usize, &&str)| {
        filter::Rule::new(format!("games#{number}"), filter::Action::Block, sites(&[domain]), clause())
    };
    let otherwise = filter::Otherwise { action: filter::Action::Permit, clause: None, observe: false };
    let rules = domains.iter().enumerate().map(rule).collect();
    let rules = filter::RuleSet { rules, otherwise, ..filter::RuleSet::default() };
    Parts { policy: kernel::Digest([7; 32]), rules, ..Parts::default() }
}

pub(crate) fn closing(domains: &[&str]) -> Arc<Snapshot> {
    Arc::new(Snapshot::new(parts(domains)))
}

/// A running gateway.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) address: SocketAddr,
    pub(crate) people: Arc<People>,
    pub(crate) rules: Arc<ArcSwap<Snapshot>>,
    pub(crate) log: Arc<Kept>,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<Stopped>,
}

pub(crate) fn limits() -> Limits {
    Limits { drain_seconds: 1, ..Limits::default() }
}

impl House {
    /// A gateway in front of a site: `SITE` and all names below `test`, port 80.
    pub(crate) async fn open() -> Self {
        let site = plain_site().await;
        Self::with(|config| {
            config.resolve.insert("*.test".into(), site.into());
        })
        .await
    }

    /// A gateway with settings changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::build(change, |_| {}).await
    }

    /// A gateway with settings and ports changed.
    pub(crate) async fn build(change: impl FnOnce(&mut Config), equip: impl FnOnce(&mut Ports)) -> Self {
        let school = SchoolId::from_parts(1, &[1; 10]);
        let mut config = Config::new(school, "Willow Lane Primary", "http://desk.willow-lane.test:8080");
        config.limits = limits();
        change(&mut config);
        let people = Arc::new(People::default());
        people.tokens.lock().unwrap().insert("maya-token".into(), pupil(1, 5));
        people.tokens.lock().unwrap().insert("ada-token".into(), pupil(2, 1));
        let rules = Arc::new(ArcSwap::from(closing(&[GAMES])));
        let log = Arc::new(Kept::default());
        let clock = Arc::new(TestClock(AtomicI64::new(NOW * 1000)));
        let secret = [3; 32];
        let mut ports = Ports::new(people.clone(), rules.clone(), log.clone(), clock, move |person| {
            PersonKey::derive(&secret, person)
        });
        equip(&mut ports);
        let gateway = Gateway::new(config, ports);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let (serving, token) = (gateway.clone(), stop.clone());
        let serving = tokio::spawn(async move { serving.serve(vec![listener], token).await });
        Self { gateway, address, people, rules, log, stop, serving }
    }

    pub(crate) async fn dial(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a new connection, and reads until the other side closes.
    pub(crate) async fn raw(&self, bytes: &str) -> String {
        let mut stream = self.dial().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.expect("closes");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// `GET` by the proxy with the header lines given, each with its line end.
    pub(crate) async fn get(&self, url: &str, headers: &str) -> String {
        let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        self.raw(&format!("GET {url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n")).await
    }

    /// The rows so far, once there are `count`.
    pub(crate) async fn rows(&self, count: usize) -> Vec<Row> {
        for _ in 0..300 {
            let rows = self.log.0.lock().unwrap().clone();
            if rows.len() >= count {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {} rows", self.log.0.lock().unwrap().len());
    }

    pub(crate) async fn one_row(&self) -> Row {
        let rows = self.rows(1).await;
        assert_eq!(rows.len(), 1);
        rows[0].clone()
    }

    pub(crate) async fn outcome(&self) -> Outcome {
        self.one_row().await.outcome
    }

    pub(crate) fn tunnels(&self) -> u64 {
        self.gateway.figures().tunnels
    }
}

/// The header line of a token.
pub(crate) fn with_token(token: &str) -> String {
    format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(format!("anybody:{token}")))
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

pub(crate) type SiteBody = BoxBody<Bytes, Infallible>;

/// A site on loopback.
pub(crate) async fn plain_site() -> SocketAddr {
    counted_site().await.0
}

/// A server that does the same with each connection.
pub(crate) async fn server<F>(each: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(each(stream));
        }
    });
    address
}

/// The same, with how many connections it has had.
pub(crate) async fn counted_site() -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let address = server(move |stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let service = service_fn(serve_site);
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        }
    })
    .await;
    (address, count)
}

pub(crate) async fn serve_site(mut request: Request<Incoming>) -> Result<Response<SiteBody>, Infallible> {
    let whole = |text: String| Full::new(Bytes::from(text)).boxed();
    let path = request.uri().path().to_owned();
    Ok(match path.as_str() {
        "/seen" => {
            let mut lines: Vec<_> =
                request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
            lines.sort();
            Response::new(whole(format!("{} {}\n{}\n", request.method(), request.uri(), lines.join("\n"))))
        }
        "/echo" => {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            Response::new(Full::new(body).boxed())
        }
        "/length" => match request.into_body().collect().await {
            Ok(body) => Response::new(whole(format!("{} bytes came", body.to_bytes().len()))),
            Err(_) => Response::new(whole("it was cut".into())),
        },
        // A body without length: a hundred parts.
        "/parts" => {
            let parts = (0..100).map(|number| Ok(Frame::data(Bytes::from(format!("part {number};")))));
            Response::new(BodyExt::boxed(StreamBody::new(futures_util::stream::iter(parts))))
        }
        // As much as asked for, a mebibyte at a time.
        "/big" => {
            let count: usize = request.uri().query().unwrap().parse().unwrap();
            let part = Bytes::from(vec![b'x'; 1 << 20]);
            let parts = futures_util::stream::iter(0..count).map(move |_| Ok(Frame::data(part.clone())));
            Response::new(BodyExt::boxed(StreamBody::new(parts)))
        }
        // A part every fiftieth of a second, for as long as somebody takes them.
        "/endless" => {
            let parts = futures_util::stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Ok(Frame::data(Bytes::from_static(b"part;"))), ()))
            });
            Response::new(BodyExt::boxed(StreamBody::new(Box::pin(parts))))
        }
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            Response::new(whole("late".into()))
        }
        "/socket" => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let mut stream = TokioIo::new(upgrade.await.unwrap());
                let (mut read, mut write) = tokio::io::split(&mut stream);
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
            Response::builder()
                .status(101)
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .body(whole(String::new()))
                .unwrap()
        }
        "/other-ways" => Response::builder().header("alt-svc", "h3=\":443\"").body(whole("here".into())).unwrap(),
        "/search" => Response::new(whole(format!("searched {}", request.uri().query().unwrap_or_default()))),
        _ if path.starts_with("/body/") => return Ok(crate::bodies::answer(&path)),
        _ => Response::builder()
            .header("connection", "x-secret")
            .header("x-secret", "1")
            .header("x-site", "yes")
            .body(whole(format!("hello from {path}")))
            .unwrap(),
    })
}
