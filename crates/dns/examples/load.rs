//! How many questions a second one thread of the resolver answers: a server with one socket on a thread of its own, a
//! client that keeps some questions open on another, an upstream server that answers everything, all on loopback.
//!
//! `load [--seconds N] [--open N] [CATEGORY=FILE …]`: the files are lists of domains, one a line; their categories are
//! closed. The questions are mixed: half for names of the lists, half for names that are open and kept; types A, AAAA and
//! HTTPS. The rate is given by the clock and by the processor time of the server's thread, because machines are shared.

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for measuring ends where something is wrong"
)]

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use dns::{Asked, Config, Listeners, NameLog, Ports, Resolver};
use filter::{
    Action, Category, ClauseRef, Image, IndexBuilder, ListFormat, ListIndex, Otherwise, Parts, Rule, RuleSet, Snapshot,
    parse_list,
};
use jiff::Timestamp;
use kernel::{Clock, Role, Signed, SiteItem, Sites, Viewer, WhoIs};

struct Wall;

impl Clock for Wall {
    #[expect(clippy::disallowed_methods, reason = "the real time is what a resolver runs by")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A class: every address is a pupil.
struct Pupils(Viewer);

impl WhoIs for Pupils {
    fn by_token(&self, _: &str) -> Option<Viewer> {
        None
    }
    fn by_address(&self, _: IpAddr) -> Viewer {
        self.0.clone()
    }
}

#[derive(Default)]
struct Rows(AtomicU64);

impl NameLog for Rows {
    fn append(&self, asked: Asked) {
        drop(asked);
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A question as a browser sends it.
fn question(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut bytes = dns::message::forward(id, &dns::message::wire_name(name).unwrap(), false, false, 1232);
    let at = bytes.len() - 11;
    bytes.splice(at..at, [kind.to_be_bytes(), 1u16.to_be_bytes()].concat());
    bytes
}

/// Answers every question for an address with one, and every other with nothing.
fn upstream(socket: UdpSocket) {
    let mut buffer = [0; 2048];
    while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
        let query = dns::message::Query::parse(&buffer[..length]).unwrap();
        let mut out = Vec::new();
        let mut reply = dns::message::Reply::new(&query, 0, &mut out);
        if query.kind == dns::message::kind::A {
            reply.address(86_400, IpAddr::from([8, 8, 8, 8]));
        } else {
            reply.no_longer_than(3600);
        }
        reply.finish(dns::message::Room::Stream, None);
        let _ = socket.send_to(&out, peer);
    }
}

/// Compiles lists; gives some of their names too.
fn lists(given: &[(String, String)]) -> (Snapshot, Vec<String>) {
    let mut builder = IndexBuilder::new();
    let mut names = Vec::new();
    let mut closed = Vec::new();
    for (category, path) in given {
        let category = Category::from_list_name(category).unwrap();
        let tag = builder.tag("load", Some(category)).unwrap();
        let text = std::fs::read(path).unwrap();
        let (entries, _) = parse_list(ListFormat::Domains, &text);
        let each = (entries.len() / 4000).max(1);
        for (nth, entry) in entries.iter().enumerate() {
            builder.add(tag, entry).unwrap();
            if nth % each == 0 && entry.path.is_none() && dns::message::wire_name(&entry.host).is_some() {
                names.push(entry.host.to_string());
            }
        }
        closed.push(SiteItem::Category(category.name().to_owned()));
    }
    let clause = Arc::new(ClauseRef::default());
    let mut rules = vec![Rule::new("closed#1", Action::Block, Sites(closed), clause.clone())];
    for (nth, site) in ["games.example", "chat.example", "video.example"].into_iter().enumerate() {
        let sites = Sites(vec![SiteItem::parse(site).unwrap()]);
        rules.push(Rule::new(format!("more#{nth}"), Action::Block, sites, clause.clone()));
    }
    let otherwise = Otherwise { action: Action::Permit, clause: None, observe: false };
    let lists = ListIndex::open(Image::new(builder.build().unwrap())).unwrap();
    let rules = RuleSet { rules, otherwise, ..RuleSet::default() };
    (Snapshot::new(Parts { lists: Some(lists), rules, ..Parts::default() }), names)
}

/// Nanoseconds of processor time that a thread has had.
fn processor(task: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/task/{task}/schedstat")).unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// Hundredths of a second that a thread has had in its own code, and in the system's.
fn own_and_system(task: &str) -> (u64, u64) {
    let text = std::fs::read_to_string(format!("/proc/self/task/{task}/stat")).unwrap();
    let mut fields = text.rsplit(')').next().unwrap().split_whitespace().skip(11).map(|it| it.parse().unwrap());
    (fields.next().unwrap(), fields.next().unwrap())
}

fn status(word: &str) -> String {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    text.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_default().trim_matches([':', '\t', ' ']).to_owned()
}

fn main() {
    let (mut seconds, mut open, mut files) = (10u64, 4000usize, Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => seconds = words.next().unwrap().parse().unwrap(),
            "--open" => open = words.next().unwrap().parse().unwrap(),
            list => files.push(list.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap()),
        }
    }
    let (snapshot, closed) = lists(&files);
    println!("{} names in lists", snapshot.lists().map_or(0, ListIndex::names));

    let above = UdpSocket::bind("127.0.0.1:0").unwrap();
    let above_at = above.local_addr().unwrap();
    std::thread::spawn(move || upstream(above));

    let mut viewer = Viewer::unattributed(kernel::Place::School);
    viewer.signed = Signed::Yes;
    viewer.subject.roles.insert(Role::Pupil);
    viewer.subject.classes.insert("5B".to_owned());
    let rows = Arc::new(Rows::default());
    let ports =
        Ports::new(Arc::new(Pupils(viewer)), Arc::new(ArcSwap::from_pointee(snapshot)), rows.clone(), Arc::new(Wall));
    let mut config = Config { listen: vec!["127.0.0.1:0".parse().unwrap()], ..Config::default() };
    config.upstream = vec![dns::Upstream { address: above_at, tls: None }];
    config.page = vec![IpAddr::from([10, 0, 0, 1])];
    config.limits.questions_per_second = 0;
    let resolver = Resolver::new(config, ports);
    let (tell, told) = std::sync::mpsc::channel();
    let serving = resolver.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let here = std::fs::read_link("/proc/thread-self").unwrap();
            let task = here.file_name().unwrap().to_string_lossy().into_owned();
            let config = Config { listen: vec!["127.0.0.1:0".parse().unwrap()], ..Config::default() };
            let listeners = Listeners::bind(&config).await.unwrap();
            tell.send((task, listeners.datagrams[0].local_addr().unwrap())).unwrap();
            serving.serve(listeners, tokio_util::sync::CancellationToken::new()).await;
        });
    });
    let (task, at): (String, SocketAddr) = told.recv().unwrap();

    let mut questions = Vec::new();
    let closed: Vec<_> = closed.into_iter().take(open.max(1)).collect();
    for number in 0..open {
        let kind = [1u16, 28, 1, 65][number % 4];
        questions.push(question(1, &format!("www.site{}.open.test", number / 2), kind));
        if let Some(name) = closed.get(number % closed.len().max(1)) {
            questions.push(question(2, name, kind));
        }
    }
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(at).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut buffer = [0; 2048];
    for question in &questions {
        client.send(question).unwrap();
        let _ = client.recv(&mut buffer);
    }
    let before = resolver.figures();
    let (start, work) = (Instant::now(), processor(&task));
    let (mut sent, mut lost, mut got) = (0usize, 0usize, 0u64);
    const OPEN: usize = 64;
    while start.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..OPEN {
            client.send(&questions[sent % questions.len()]).unwrap();
            sent += 1;
        }
        for _ in 0..OPEN {
            match client.recv(&mut buffer) {
                Ok(_) => got += 1,
                Err(_) => {
                    lost += 1;
                    break;
                }
            }
        }
    }
    let (wall, work) = (start.elapsed().as_secs_f64(), (processor(&task) - work) as f64 / 1e9);
    let (own, system) = own_and_system(&task);
    let figures = resolver.figures();
    println!(
        "{got} answers in {wall:.1} s by the clock: {:.0} a second ({lost} waits without answer)",
        got as f64 / wall
    );
    println!(
        "{work:.2} s of processor time of the server's thread: {:.2} µs each, {:.0} a second on one core",
        work * 1e6 / got as f64,
        got as f64 / work
    );
    println!("of all its time {own} parts were its own and {system} the system's");
    println!(
        "closed {}, from memory {}, asked upstream {}; kept {}; rows written {}",
        figures.blocked - before.blocked,
        figures.remembered - before.remembered,
        figures.asked_upstream - before.asked_upstream,
        figures.kept,
        rows.0.load(Ordering::Relaxed)
    );
    println!("resident {} (of files {})", status("VmRSS"), status("RssFile"));
}
