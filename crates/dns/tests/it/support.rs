//! A resolver with an upstream server behind it, a log that keeps its rows, and people by token and address.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use dns::{Asked, Config, Listeners, NameLog, Ports, Resolver, SafeNames};
use filter::{
    Action, Carried, Category, Cited, ClauseRef, Decision, Host, Image, IndexBuilder, ListFormat, ListIndex, Lookup,
    Otherwise, Parts, Rule, RuleSet, Snapshot, parse_list,
};
use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query},
    rr::{
        Name, RData, Record, RecordType, rdata,
        rdata::opt::{EdnsCode, EdnsOption},
    },
};
use kernel::{Audience, Clock, HowKnown, PersonId, Place, Role, SchoolTime, Signed, SiteItem, Sites, Viewer, WhoIs};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub(crate) const SOON: Duration = Duration::from_secs(5);
pub(crate) const PAGE: &str = "10.0.0.80";

pub(crate) struct TestClock(pub(crate) AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

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
        self.addresses.lock().unwrap().get(&address).cloned().unwrap_or_else(|| known(None))
    }
}

/// Somebody with a role who has signed, or a guest.
pub(crate) fn known(role: Option<Role>) -> Viewer {
    let mut viewer = Viewer::unattributed(Place::School);
    viewer.signed = Signed::Yes;
    if let Some(role) = role {
        viewer.how = HowKnown::Token;
        viewer.person = Some(PersonId::from_parts(1, &[role as u8; 10]));
        viewer.subject.roles.insert(role);
    }
    viewer
}

#[derive(Default)]
pub(crate) struct Log(pub(crate) Mutex<Vec<Asked>>);

impl NameLog for Log {
    fn append(&self, asked: Asked) {
        self.0.lock().unwrap().push(asked);
    }
}

/// For pupils one search engine is safe under another name, some cannot be made safe, and what closes pictures is on
/// trial.
struct Safe;

impl SafeNames for Safe {
    fn lookup(&self, host: &Host, _: &Decision, viewer: &Viewer, _: &SchoolTime, _: &Snapshot) -> Lookup {
        if !viewer.subject.roles.contains(&Role::Pupil) {
            return Lookup::default();
        }
        let stopped = |why, number: &str, observed| {
            let clause = ClauseRef { label: "safe".to_owned(), number: number.to_owned(), text: String::new() };
            Some(Decision::carried(why, &Cited { value: (), clause: Arc::new(clause), observed }))
        };
        match host.as_str() {
            "search.example" => Lookup { stopped: None, alias: Some("safe.search.example") },
            "unsafe.example" => Lookup { stopped: stopped(Carried::Search, "4.2.1", false), alias: None },
            "relay.example" => Lookup { stopped: stopped(Carried::Bypass, "4.2.2", false), alias: None },
            "pictures.example" => {
                Lookup { stopped: stopped(Carried::ImageSearch, "4.2.3", true), alias: Some("safe.search.example") }
            }
            _ => Lookup::default(),
        }
    }
}

pub(crate) fn parts() -> Parts {
    let mut builder = IndexBuilder::new();
    for (category, names) in [("gambling", "casino.example\nwww.both.example\n"), ("games", "games.example\n")] {
        let tag = builder.tag("test", Category::from_list_name(category)).unwrap();
        parse_list(ListFormat::Domains, names.as_bytes()).0.iter().for_each(|it| builder.add(tag, it).unwrap());
    }
    let rule = |id: &str, site: &str, who: &str| {
        let clause = ClauseRef { label: id.to_owned(), number: "4.1".to_owned(), text: String::new() };
        let sites = Sites(vec![SiteItem::parse(site).unwrap()]);
        Rule { who: Audience::parse(who).unwrap(), ..Rule::new(id, Action::Block, sites, Arc::new(clause)) }
    };
    let mut trial = rule("trial", "trial.example", "everyone");
    trial.observe = true;
    Parts {
        lists: Some(ListIndex::open(Image::new(builder.build().unwrap())).unwrap()),
        rules: RuleSet {
            rules: vec![rule("gambling", "gambling", "everyone"), rule("games", "games", "pupils"), trial],
            otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
            ..RuleSet::default()
        },
        desk: vec![Host::parse("desk.school.test").unwrap()],
        help: vec![SiteItem::parse("help.example").unwrap()],
        ..Parts::default()
    }
}

/// What the upstream server does.
#[derive(Default)]
pub(crate) struct Behaviour {
    pub(crate) records: Mutex<HashMap<(String, RecordType), Vec<Record>>>,
    pub(crate) dead: AtomicBool,
    pub(crate) truncate: AtomicBool,
    /// Sends answers with a wrong number and a wrong question before the right one.
    pub(crate) forge: AtomicBool,
    /// Does not give the case of letters back.
    pub(crate) lower_case: AtomicBool,
    pub(crate) slow_milliseconds: AtomicUsize,
    pub(crate) asked: AtomicUsize,
    pub(crate) by_stream: AtomicUsize,
    pub(crate) numbers: Mutex<Vec<(u16, u16)>>,
}

impl Behaviour {
    pub(crate) fn set(&self, name: &str, kind: RecordType, data: &[RData]) {
        let owner = Name::from_ascii(format!("{name}.")).unwrap();
        let records = data.iter().map(|data| Record::from_rdata(owner.clone(), 60, data.clone())).collect();
        self.records.lock().unwrap().insert((format!("{name}."), kind), records);
    }

    /// The answer with CNAMEs followed, as a server that finds out gives it.
    fn answer(&self, question: &Message) -> Message {
        let query = &question.queries[0];
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        let mut asked = query.clone();
        if self.lower_case.load(Ordering::SeqCst) {
            asked.name = asked.name.to_lowercase();
        }
        answer.add_query(asked);
        let records = self.records.lock().unwrap();
        let mut name = query.name.to_lowercase().to_ascii();
        for _ in 0..10 {
            if let Some(found) = records.get(&(name.clone(), query.query_type)) {
                answer.add_answers(found.iter().cloned());
                break;
            }
            let Some(alias) = records.get(&(name.clone(), RecordType::CNAME)) else { break };
            answer.add_answers(alias.iter().cloned());
            let RData::CNAME(target) = &alias[0].data else { break };
            name = target.0.to_lowercase().to_ascii();
        }
        answer
    }

    async fn datagrams(self: Arc<Self>, socket: UdpSocket) {
        let mut buffer = vec![0; 4096];
        let socket = Arc::new(socket);
        loop {
            let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.numbers.lock().unwrap().push((question.metadata.id, peer.port()));
            if self.dead.load(Ordering::SeqCst) {
                continue;
            }
            let (all, socket) = (self.clone(), socket.clone());
            tokio::spawn(async move {
                let slow = all.slow_milliseconds.load(Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(slow as u64)).await;
                let mut answer = all.answer(&question);
                if all.forge.load(Ordering::SeqCst) {
                    let mut forged = answer.clone();
                    forged.answers = vec![Record::from_rdata(question.queries[0].name.clone(), 60, a("9.9.9.9"))];
                    forged.metadata.id ^= 1;
                    socket.send_to(&forged.to_vec().unwrap(), peer).await.unwrap();
                    forged.metadata.id ^= 1;
                    forged.queries[0].name = Name::from_ascii("other.example.").unwrap();
                    socket.send_to(&forged.to_vec().unwrap(), peer).await.unwrap();
                    socket.send_to(b"\0\0", peer).await.unwrap();
                }
                if all.truncate.load(Ordering::SeqCst) {
                    answer = answer.truncate();
                    answer.metadata.truncation = true;
                }
                socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
            });
        }
    }

    async fn streams(self: Arc<Self>, listener: TcpListener) {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let all = self.clone();
            tokio::spawn(async move {
                while let Ok(length) = stream.read_u16().await {
                    let mut bytes = vec![0; usize::from(length)];
                    stream.read_exact(&mut bytes).await.unwrap();
                    all.by_stream.fetch_add(1, Ordering::SeqCst);
                    if all.dead.load(Ordering::SeqCst) {
                        continue;
                    }
                    let answer = all.answer(&Message::from_vec(&bytes).unwrap()).to_vec().unwrap();
                    stream
                        .write_all(&[&(answer.len() as u16).to_be_bytes(), answer.as_slice()].concat())
                        .await
                        .unwrap();
                }
            });
        }
    }
}

pub(crate) fn a(text: &str) -> RData {
    match text.parse().unwrap() {
        IpAddr::V4(address) => RData::A(rdata::A(address)),
        IpAddr::V6(address) => RData::AAAA(rdata::AAAA(address)),
    }
}

pub(crate) fn alias(text: &str) -> RData {
    RData::CNAME(rdata::CNAME(Name::from_ascii(format!("{text}.")).unwrap()))
}

/// A resolver that serves.
pub(crate) struct House {
    pub(crate) resolver: Resolver,
    pub(crate) people: Arc<People>,
    pub(crate) rules: Arc<ArcSwap<Snapshot>>,
    pub(crate) log: Arc<Log>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) above: Arc<Behaviour>,
    pub(crate) plain: SocketAddr,
    pub(crate) stream: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) trust: Arc<rustls::ClientConfig>,
    pub(crate) stop: CancellationToken,
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let above = Arc::new(Behaviour::default());
        let place = testkit::free_address();
        let datagrams = UdpSocket::bind(place).await.unwrap();
        let streams = TcpListener::bind(place).await.unwrap();
        tokio::spawn(above.clone().datagrams(datagrams));
        tokio::spawn(above.clone().streams(streams));
        above.set("open.example", RecordType::A, &[a("8.8.8.8")]);

        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut config = Config {
            listen: vec![testkit::free_address()],
            tls: vec![any],
            https: vec![any],
            page: vec![PAGE.parse().unwrap()],
            upstream: vec![
                place.to_string().parse::<SocketAddr>().map(|address| dns::Upstream { address, tls: None }).unwrap(),
            ],
            ..Config::default()
        };
        config.limits.upstream_milliseconds = 300;
        config.limits.answer_milliseconds = 1000;
        config.limits.stale_after_milliseconds = 700;
        config.names.insert("Desk.school.test".to_owned(), vec!["10.0.0.2".parse().unwrap()]);
        change(&mut config);

        let made = rcgen::generate_simple_self_signed(vec!["dns.school.test".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let certificate = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![made.cert.der().clone()],
                rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()),
            )
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let trust = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let trust = Arc::new(trust);

        let people = Arc::new(People::default());
        let rules = Arc::new(ArcSwap::from_pointee(Snapshot::new(parts())));
        let log = Arc::new(Log::default());
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000)));
        let mut ports = Ports::new(people.clone(), rules.clone(), log.clone(), clock.clone());
        ports.safe = Arc::new(Safe);
        ports.certificate = Some(Arc::new(certificate));
        ports.trust = Some(trust.clone());
        let listeners = Listeners::bind(&config).await.unwrap();
        let resolver = Resolver::new(config, ports);
        let stop = CancellationToken::new();
        let of = |listener: &[TcpListener]| listener.first().map_or(any, |it| it.local_addr().unwrap());
        let house = Self {
            plain: listeners.datagrams[0].local_addr().unwrap(),
            stream: of(&listeners.streams),
            tls: of(&listeners.tls),
            https: of(&listeners.https),
            resolver: resolver.clone(),
            people,
            rules,
            log,
            clock,
            above,
            trust,
            stop: stop.clone(),
        };
        tokio::spawn(async move { resolver.serve(listeners, stop).await });
        house
    }

    /// Everybody at the machine's own address is this.
    pub(crate) fn here_is(&self, viewer: Viewer) {
        self.people.addresses.lock().unwrap().insert(IpAddr::from([127, 0, 0, 1]), viewer);
    }

    /// Asks by datagram.
    pub(crate) async fn ask(&self, name: &str, kind: RecordType) -> Message {
        let bytes = self.raw(&question(name, kind)).await.expect("an answer");
        Message::from_vec(&bytes).unwrap()
    }

    /// What a datagram is answered with; none where it is not.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(self.plain).await.unwrap();
        socket.send(bytes).await.unwrap();
        let mut buffer = vec![0; 4096];
        let length = timeout(Duration::from_secs(3), socket.recv(&mut buffer)).await.ok()?.unwrap();
        buffer.truncate(length);
        Some(buffer)
    }

    /// `A 1.2.3.4`, `NXDomain`, and so on.
    pub(crate) async fn said(&self, name: &str, kind: RecordType) -> String {
        shown(&self.ask(name, kind).await)
    }

    /// The rows of the log: `Outcome name reason`.
    pub(crate) fn rows(&self) -> Vec<String> {
        let log = self.log.0.lock().unwrap();
        let name = |asked: &Asked| match &asked.name {
            dns::Named::Plain(name) => name.clone(),
            dns::Named::Sealed { .. } => "sealed".to_owned(),
        };
        log.iter().map(|asked| format!("{:?} {} {}", asked.outcome, name(asked), asked.reason)).collect()
    }
}

pub(crate) fn shown(message: &Message) -> String {
    if message.answers.is_empty() {
        let code = format!("{:?}", message.metadata.response_code);
        return if code == "NoError" { "nothing".to_owned() } else { code };
    }
    let each: Vec<_> = message.answers.iter().map(|it| format!("{} {}", it.record_type(), it.data)).collect();
    each.join(", ")
}

/// The words that say why an answer is as it is (RFC 8914).
pub(crate) fn why(message: &Message) -> String {
    let option = message.edns.as_ref().and_then(|edns| edns.option(EdnsCode::Unknown(15)).cloned());
    let Some(EdnsOption::Unknown(_, bytes)) = option else { return String::new() };
    String::from_utf8_lossy(&bytes[2..]).into_owned()
}

pub(crate) fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(format!("{name}.")).unwrap(), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_version(0);
    message.set_edns(edns);
    message.to_vec().unwrap()
}

/// Asks on an open stream.
pub(crate) async fn over<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(
    stream: &mut S,
    name: &str,
    kind: RecordType,
) -> String {
    let bytes = question(name, kind);
    stream.write_all(&[&(bytes.len() as u16).to_be_bytes(), bytes.as_slice()].concat()).await.unwrap();
    shown(&next(stream).await)
}

pub(crate) async fn next<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> Message {
    let length = timeout(SOON, stream.read_u16()).await.expect("in time").unwrap();
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await.unwrap();
    Message::from_vec(&bytes).unwrap()
}

pub(crate) async fn connect(place: SocketAddr) -> TcpStream {
    TcpStream::connect(place).await.unwrap()
}
