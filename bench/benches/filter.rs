//! What a decision costs on all lists: the promise is less than 500 ns at the median.

use std::{hint::black_box, sync::Arc, time::Instant};

use bench::lists::Lists;
use criterion::{Criterion, criterion_group, criterion_main};
use filter::{
    Action, Address, ClauseRef, Image, ListIndex, Otherwise, Parts, Request, Rule, RuleSet, Scheme, Snapshot, decide,
};
use kernel::{
    Audience, Calendar, DeviceId, HowKnown, PersonId, Place, Role, SchoolTime, Signed, SiteItem, Sites, Subject,
    Viewer, Weekly, When, Year,
};

/// The rules of a usual primary school: categories for everyone, more for pupils, games at lunch, approved sites.
fn rules() -> Vec<Rule> {
    let rule = |nth: usize, action, sites: &str, who: &str, when: Option<&str>| {
        let sites = Sites(sites.split(' ').filter_map(|site| SiteItem::parse(site).ok()).collect());
        let mut rule = Rule::new(format!("c{nth}#1"), action, sites, Arc::new(ClauseRef::default()));
        rule.who = Audience::parse(who).unwrap_or_else(|_| Audience::everyone());
        rule.when = when.and_then(|when| When::parse(when).ok());
        rule
    };
    let (block, permit) = (Action::Block, Action::Permit);
    vec![
        rule(
            1,
            block,
            "adult mixed-adult lingerie dating gambling drugs violence hate extremism weapons",
            "everyone",
            None,
        ),
        rule(2, block, "malware phishing cryptojacking botnets hacking piracy stalkerware", "everyone", None),
        rule(3, block, "proxies vpn encrypted-dns remote-control", "everyone", None),
        rule(4, block, "social-networks chat", "pupils", None),
        rule(5, permit, "social-networks", "role:headteacher", None),
        rule(6, block, "music downloads shopping", "pupils", None),
        rule(7, block, "games video", "pupils", None),
        rule(8, permit, "games", "year-5..year-6", Some("lunch")),
        rule(9, permit, "maths.example reading.example spelling.example bbc.co.uk", "everyone", None),
        rule(10, block, "video", "ks1", None),
        rule(11, block, "*proxy* *unblock*", "pupils", None),
        rule(12, permit, "education news children", "pupils", None),
    ]
}

fn viewer() -> Viewer {
    let subject = Subject {
        roles: [Role::Pupil].into(),
        year: Year::numbered(5),
        classes: ["5B".to_owned()].into(),
        ..Subject::default()
    };
    Viewer {
        person: Some(PersonId::from_parts(1, &[1; 10])),
        subject,
        device: Some(DeviceId::from_parts(1, &[2; 10])),
        owner: kernel::Owner::School,
        place: Place::School,
        how: HowKnown::Token,
        signed: Signed::Yes,
        suspended: false,
    }
}

#[expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints figures and stops at what is wrong")]
fn decisions(criterion: &mut Criterion) {
    let lists = Lists::find();
    let start = Instant::now();
    let compiled = lists.compile().unwrap();
    println!("{}: {} lines compiled in {:.2?}", lists.source, compiled.entries, start.elapsed());
    let index = ListIndex::open(Image::new(compiled.image)).unwrap();
    let (names, size) = (index.names(), index.size());
    println!("{names} names, {} stored, {size} bytes, {:.2} a name", index.rows(), size as f64 / names as f64);

    let connect = |host: &String| Address::connect(host).ok();
    let listed: Vec<Address> = lists.sample(97).iter().filter_map(connect).collect();
    let unlisted: Vec<Address> =
        (0..listed.len()).filter_map(|nth| connect(&format!("www.site-{nth}.school-{}.test", nth % 977))).collect();
    let pages: Vec<Address> = (0..listed.len())
        .map(|nth| {
            let host = filter::Host::parse(&format!("www.n{nth}.example")).unwrap();
            Address::new(Scheme::Http, host, 80, Some("/a/b/index.html?page=7"))
        })
        .collect();
    drop(lists);
    let calendar = Calendar {
        times: [("lunch".into(), Weekly::parse("mon-fri 12:15-13:05").unwrap())].into(),
        ..Calendar::default()
    };
    let otherwise = Otherwise { action: Action::Permit, clause: None, observe: false };
    let small = Snapshot::new(Parts {
        lists: Some(index.clone()),
        calendar: calendar.clone(),
        rules: RuleSet { rules: rules(), otherwise: otherwise.clone(), ..RuleSet::default() },
        help: vec![SiteItem::parse("childline.org.uk").unwrap(), SiteItem::parse("ceop.police.uk").unwrap()],
        ..Parts::default()
    });
    let bare = Snapshot::new(Parts {
        lists: Some(index.clone()),
        rules: RuleSet { otherwise: otherwise.clone(), ..RuleSet::default() },
        ..Parts::default()
    });
    let mut many = rules();
    for nth in 0..100_000 {
        let site = SiteItem::parse(&format!("added-{nth}.test")).unwrap();
        let action = if nth % 2 == 0 { Action::Block } else { Action::Permit };
        many.push(Rule::new(format!("added-{nth}"), action, Sites(vec![site]), Arc::new(ClauseRef::default())));
    }
    let large = Snapshot::new(Parts {
        lists: Some(index),
        calendar,
        rules: RuleSet { rules: many, otherwise, ..RuleSet::default() },
        ..Parts::default()
    });
    let (viewer, at) = (viewer(), SchoolTime::parse("2026-11-24 12:30").unwrap());

    let mut group = criterion.benchmark_group("look-up");
    for (name, addresses) in [("listed name", &listed), ("unlisted name", &unlisted)] {
        let mut next = addresses.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let address = next.next().unwrap();
                let mut last = None;
                small.lists().unwrap().find(&address.host, None, |found| last = Some(found));
                last
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("decision");
    for (name, addresses, snapshot) in [
        ("unlisted name, no rules", &unlisted, &bare),
        ("listed name", &listed, &small),
        ("unlisted name", &unlisted, &small),
        ("unlisted page", &pages, &small),
        ("listed name, 100,000 rules", &listed, &large),
        ("unlisted name, 100,000 rules", &unlisted, &large),
    ] {
        let mut next = addresses.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let address = next.next().unwrap();
                black_box(decide(&Request { address, viewer: &viewer, at: &at, found: &[] }, snapshot))
            });
        });
    }
    group.finish();
    percentiles(&[("listed", &listed), ("unlisted", &unlisted)], &small, &viewer, &at);
}

/// The median and the tail of single decisions, each timed alone: the lists are as cold as they are in real traffic, the
/// address has just been read, as it has there.
#[expect(clippy::print_stdout, reason = "a benchmark prints figures")]
fn percentiles(sets: &[(&str, &Vec<Address>)], snapshot: &Snapshot, viewer: &Viewer, at: &SchoolTime) {
    let print = |name: &str, mut times: Vec<u128>| {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 1000).copied().unwrap_or_default();
        let (low, median, high, tail) = (at(100), at(500), at(990), at(999));
        println!("{name}: {} times, 10% {low} ns, median {median} ns, 99% {high} ns, 99.9% {tail} ns", times.len());
    };
    let clock = (0..50_000).map(|nth| {
        let start = Instant::now();
        black_box(nth);
        start.elapsed().as_nanos()
    });
    print("the clock alone", clock.collect());
    for (name, addresses) in sets {
        let single = |address: &Address| {
            let address = black_box(address.clone());
            let start = Instant::now();
            let decision = decide(&Request { address: &address, viewer, at, found: &[] }, snapshot);
            let took = start.elapsed().as_nanos();
            black_box(decision);
            took
        };
        print(&format!("{name}, each once"), addresses.iter().map(single).collect());
        let same = addresses.iter().take(100).cycle().take(addresses.len());
        print(&format!("{name}, the same hundred"), same.map(single).collect());
    }
}

fn parsing(criterion: &mut Criterion) {
    criterion.bench_function("address of a CONNECT", |bencher| {
        bencher.iter(|| Address::connect(black_box("www.some-school-site.example:443")));
    });
    criterion.bench_function("address with a path", |bencher| {
        bencher.iter(|| Address::parse(black_box("http://www.some-site.example/a/../b/%70age.html?x=1&y=2")));
    });
}

criterion_group!(benches, decisions, parsing);
criterion_main!(benches);
