//! Servers that know the rest: forged, slow, silent, dead.

use std::{
    collections::HashSet,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use hickory_proto::rr::RecordType;

use crate::support::*;

#[tokio::test]
async fn answers_are_kept_and_asked_for_once() {
    let house = House::open().await;
    house.above.slow_milliseconds.store(100, Ordering::SeqCst);
    let all = (0..20).map(|_| house.said("open.example", RecordType::A));
    for said in futures_util::future::join_all(all).await {
        assert_eq!(said, "A 8.8.8.8");
    }
    assert_eq!(house.said("Open.Example", RecordType::A).await, "A 8.8.8.8");
    assert_eq!(house.above.asked.load(Ordering::SeqCst), 1);
    assert_eq!(house.resolver.figures().remembered, 1);
    house.resolver.forget();
    assert_eq!(house.said("open.example", RecordType::A).await, "A 8.8.8.8");
    assert_eq!(house.above.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn forged_answers_are_passed_over() {
    let house = House::open().await;
    house.above.forge.store(true, Ordering::SeqCst);
    assert_eq!(house.said("open.example", RecordType::A).await, "A 8.8.8.8");
}

#[tokio::test]
async fn numbers_and_ports_are_hard_to_guess() {
    let house = House::open().await;
    for number in 0..30 {
        house.ask(&format!("n{number}.example"), RecordType::A).await;
    }
    let seen = house.above.numbers.lock().unwrap();
    let (ids, ports): (HashSet<u16>, HashSet<u16>) = seen.iter().copied().unzip();
    assert!(ids.len() > 25 && ports.len() > 20, "{} {}", ids.len(), ports.len());
}

#[tokio::test]
async fn long_answers_and_lost_case_are_asked_for_by_stream() {
    let house = House::open().await;
    house.above.truncate.store(true, Ordering::SeqCst);
    assert_eq!(house.said("open.example", RecordType::A).await, "A 8.8.8.8");
    assert_eq!(house.above.by_stream.load(Ordering::SeqCst), 1);
    house.above.truncate.store(false, Ordering::SeqCst);
    house.above.lower_case.store(true, Ordering::SeqCst);
    house.above.set("other.long.name.example", RecordType::A, &[a("8.8.4.4")]);
    assert_eq!(house.said("other.long.name.example", RecordType::A).await, "A 8.8.4.4");
    assert_eq!(house.above.by_stream.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_dead_server_is_left_for_the_next() {
    let other = House::open().await;
    other.above.set("only.example", RecordType::A, &[a("8.8.4.4")]);
    // The second server is the other house's own: a resolver too.
    let second = other.plain;
    let house = House::with(|config| config.upstream.push(dns::Upstream { address: second, tls: None })).await;
    house.above.dead.store(true, Ordering::SeqCst);
    for number in 0..4 {
        other.above.set(&format!("n{number}.example"), RecordType::A, &[a("8.8.4.4")]);
        assert_eq!(house.said(&format!("n{number}.example"), RecordType::A).await, "A 8.8.4.4");
    }
    assert_eq!(house.resolver.figures().upstream_down, 1);
    let began = Instant::now();
    assert_eq!(house.said("only.example", RecordType::A).await, "A 8.8.4.4");
    assert!(began.elapsed() < Duration::from_millis(250), "the dead one is no longer waited for");
}

#[tokio::test]
async fn old_answers_are_given_where_nobody_answers() {
    let house = House::with(|config| config.limits.most_ttl = 1).await;
    house.above.set("old.example", RecordType::A, &[a("8.8.4.4")]);
    assert_eq!(house.said("old.example", RecordType::A).await, "A 8.8.4.4");
    house.above.dead.store(true, Ordering::SeqCst);
    // The least time is five seconds, and what is kept at most goes below it: the least wins.
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    let old = house.ask("old.example", RecordType::A).await;
    assert_eq!((shown(&old), old.answers[0].ttl), ("A 8.8.4.4".to_owned(), 30));
    assert_eq!(house.said("new.example", RecordType::A).await, "ServFail");
    assert_eq!(house.said("new.example", RecordType::A).await, "ServFail");
    assert!(house.rows().contains(&"Failed new.example no answer from the resolver's servers".to_owned()));
    let began = Instant::now();
    assert_eq!(house.said("old.example", RecordType::A).await, "A 8.8.4.4");
    assert!(began.elapsed() < Duration::from_millis(250), "nobody waits for a server that is known to be dead");
    assert!(house.resolver.figures().stale >= 2);
}

#[tokio::test]
async fn a_server_is_asked_over_tls_and_must_prove_itself() {
    let other = House::open().await;
    let of = |house: &House, name: &str| dns::Upstream { address: house.tls, tls: Some(name.to_owned()) };
    let (good, bad) = (of(&other, "dns.school.test"), of(&other, "else.school.test"));
    let mut config = dns::Config::default();
    config.limits.upstream_milliseconds = 1000;
    let ask = |upstream: dns::Upstream, trust: bool| {
        let mut ports =
            dns::Ports::new(other.people.clone(), other.rules.clone(), other.log.clone(), other.clock.clone());
        ports.trust = trust.then(|| other.trust.clone());
        let resolver = dns::Resolver::new(dns::Config { upstream: vec![upstream], ..config.clone() }, ports);
        async move {
            let client = dns::Client::at([127, 0, 0, 1].into());
            let mut all = Vec::new();
            for _ in 0..2 {
                let answer = resolver.answer(&client, &question("open.example", RecordType::A)).await.unwrap();
                all.push(shown(&hickory_proto::op::Message::from_vec(&answer).unwrap()));
                resolver.forget();
            }
            all
        }
    };
    assert_eq!(ask(good.clone(), true).await, ["A 8.8.8.8", "A 8.8.8.8"]);
    assert_eq!(ask(bad, true).await[0], "ServFail");
    assert_eq!(ask(good, false).await[0], "ServFail");
}
