//! Who gets which names.

use std::sync::{Arc, atomic::Ordering};

use dns::{Named, Outcome};
use filter::{Image, SealedList, Snapshot, list::ListEntry};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::RecordType,
};
use kernel::Role;

use crate::support::*;

#[tokio::test]
async fn a_category_is_closed_to_whom_the_policy_closes_it() {
    let house = House::open().await;
    house.above.set("games.example", RecordType::A, &[a("8.8.4.4")]);
    for (who, games) in [(Role::Pupil, "A 10.0.0.80"), (Role::Teacher, "A 8.8.4.4")] {
        house.here_is(known(Some(who)));
        assert_eq!(house.said("games.example", RecordType::A).await, games, "{who:?}");
        assert_eq!(house.said("WWW.Casino.Example", RecordType::A).await, "A 10.0.0.80", "{who:?}");
        assert_eq!(house.said("open.example", RecordType::A).await, "A 8.8.8.8", "{who:?}");
    }
    assert_eq!(house.said("casino.example", RecordType::AAAA).await, "nothing");
    assert_eq!(house.said("casino.example", RecordType::HTTPS).await, "nothing");
    assert_eq!(house.said("casino.example", RecordType::TXT).await, "nothing");
    assert_eq!(house.above.asked.load(Ordering::SeqCst), 2, "closed names are asked of nobody");
}

#[tokio::test]
async fn without_a_block_page_closed_names_do_not_exist() {
    let house = House::with(|config| config.page.clear()).await;
    let message = house.ask("casino.example", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(message.authorities[0].ttl, 10, "so that an unblock is seen soon");
}

#[tokio::test]
async fn a_closed_name_behind_an_open_one_is_closed() {
    let house = House::open().await;
    house.above.set("cloak.example", RecordType::CNAME, &[alias("middle.example")]);
    house.above.set("middle.example", RecordType::CNAME, &[alias("x.casino.example")]);
    house.above.set("x.casino.example", RecordType::A, &[a("8.8.4.4")]);
    for _ in 0..2 {
        assert_eq!(house.said("cloak.example", RecordType::A).await, "A 10.0.0.80");
    }
    let log = house.log.0.lock().unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].outcome, log[0].alias.as_deref()), (Outcome::Blocked, Some("x.casino.example")));
    assert_eq!(log[0].name, Named::Plain("cloak.example".to_owned()));
}

#[tokio::test]
async fn a_new_rule_holds_for_what_is_kept() {
    let house = House::open().await;
    house.above.set("late.example", RecordType::A, &[a("8.8.4.4")]);
    assert_eq!(house.said("late.example", RecordType::A).await, "A 8.8.4.4");
    let mut parts = parts();
    parts.rules.rules[2].observe = false;
    parts.rules.rules[2].sites.0 = vec![kernel::SiteItem::parse("late.example").unwrap()];
    house.rules.store(Arc::new(Snapshot::new(parts)));
    assert_eq!(house.said("late.example", RecordType::A).await, "A 10.0.0.80");
}

#[tokio::test]
async fn the_desk_and_help_are_open_to_the_suspended_and_told_with_nobody() {
    let house = House::open().await;
    house.above.set("help.example", RecordType::A, &[a("8.8.4.4")]);
    let mut viewer = known(Some(Role::Pupil));
    viewer.suspended = true;
    house.here_is(viewer);
    assert_eq!(house.said("desk.school.test", RecordType::A).await, "A 10.0.0.2");
    assert_eq!(house.said("www.help.example", RecordType::A).await, "nothing");
    assert_eq!(house.said("help.example", RecordType::A).await, "A 8.8.4.4");
    assert_eq!(house.said("open.example", RecordType::A).await, "A 10.0.0.80");
    for asked in house.log.0.lock().unwrap().iter() {
        let told = asked.outcome == Outcome::Blocked;
        assert_eq!((asked.viewer.is_some(), asked.client.is_some()), (told, told), "{:?}", asked.outcome);
    }
    assert_eq!(
        house.rows(),
        [
            "Allowed desk.school.test desk",
            "Help www.help.example help",
            "Help help.example help",
            "Blocked open.example suspended"
        ]
    );
}

#[tokio::test]
async fn a_sealed_name_is_refused_and_never_told_in_clear() {
    let house = House::open().await;
    let mut parts = parts();
    let image = filter::seal(&[ListEntry { host: "sealed.test".into(), path: None }], &[9; 32]);
    parts.sealed = Some(SealedList::open(Image::new(image), &[9; 32]).unwrap());
    house.rules.store(Arc::new(Snapshot::new(parts)));
    assert_eq!(house.said("www.sealed.test", RecordType::A).await, "A 10.0.0.80");
    assert_eq!(house.rows(), ["Blocked sealed sealed"]);
    assert!(!format!("{:?}", house.log.0.lock().unwrap()).contains("sealed.test"));
}

#[tokio::test]
async fn search_is_safe_for_pupils() {
    let house = House::open().await;
    house.above.set("search.example", RecordType::A, &[a("8.8.4.4")]);
    house.above.set("safe.search.example", RecordType::A, &[a("9.9.9.9")]);
    house.here_is(known(Some(Role::Teacher)));
    assert_eq!(house.said("search.example", RecordType::A).await, "A 8.8.4.4");
    house.here_is(known(Some(Role::Pupil)));
    for _ in 0..2 {
        let safe = house.said("search.example", RecordType::A).await;
        assert_eq!(safe, "CNAME safe.search.example., A 9.9.9.9");
    }
    assert_eq!(house.said("search.example", RecordType::AAAA).await, "CNAME safe.search.example.");
    assert_eq!(house.said("search.example", RecordType::HTTPS).await, "CNAME safe.search.example.");
}

/// What the gateway would refuse for want of a safe name is closed here as well, and the row and the answer say by which
/// clause.
#[tokio::test]
async fn what_cannot_be_made_safe_is_closed_to_pupils() {
    let house = House::open().await;
    for name in ["unsafe.example", "relay.example", "pictures.example", "safe.search.example"] {
        house.above.set(name, RecordType::A, &[a("8.8.4.4")]);
    }
    house.here_is(known(Some(Role::Teacher)));
    assert_eq!(house.said("unsafe.example", RecordType::A).await, "A 8.8.4.4");
    house.log.0.lock().unwrap().clear();
    house.here_is(known(Some(Role::Pupil)));
    let closed = house.ask("unsafe.example", RecordType::A).await;
    assert_eq!(shown(&closed), "A 10.0.0.80");
    assert_eq!(why(&closed), "clause 4.2.1");
    assert_eq!(house.said("unsafe.example", RecordType::HTTPS).await, "nothing");
    assert_eq!(house.said("unsafe.example", RecordType::ANY).await, "nothing");
    // A relay is off only where it has no name at all.
    assert_eq!(house.said("relay.example", RecordType::A).await, "NXDomain");
    // What is on trial is said, and nothing else changes.
    let pictures = house.said("pictures.example", RecordType::A).await;
    assert_eq!(pictures, "CNAME safe.search.example., A 8.8.4.4");
    let rows =
        ["Blocked unsafe.example search", "Blocked relay.example bypass", "Observed pictures.example image-search"];
    assert_eq!(house.rows(), rows);
    let log = house.log.0.lock().unwrap();
    let clause = |asked: &dns::Asked| asked.clause.as_ref().map(|clause| clause.number.clone()).unwrap();
    assert_eq!(log.iter().map(clause).collect::<Vec<_>>(), ["4.2.1", "4.2.2", "4.2.3"]);
}

/// The page on which a device tells whether it trusts the school's authority is no site, and nobody's visit is told.
#[tokio::test]
async fn the_programs_own_names_are_at_the_page() {
    let at_page = |config: &mut dns::Config| config.at_page = vec!["check.gatehouse.internal".to_owned()];
    let house = House::with(at_page).await;
    assert_eq!(house.said("Check.Gatehouse.internal", RecordType::A).await, "A 10.0.0.80");
    assert_eq!(house.said("check.gatehouse.internal", RecordType::AAAA).await, "nothing");
    assert_eq!(house.said("other.gatehouse.internal", RecordType::A).await, "NXDomain");
    assert_eq!((house.above.asked.load(Ordering::SeqCst), house.rows().len()), (0, 0));
    let without = House::with(|config| {
        at_page(config);
        config.page.clear();
    })
    .await;
    assert_eq!(without.said("check.gatehouse.internal", RecordType::A).await, "NXDomain");
}

#[tokio::test]
async fn nobody_is_told_to_go_round_the_resolver() {
    let house = House::open().await;
    for name in ["use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com", "x.onion", "1.0.0.10.in-addr.arpa"]
    {
        assert_eq!(house.said(name, RecordType::A).await, "NXDomain", "{name}");
    }
    assert_eq!(house.said("_dns.resolver.arpa", RecordType::SVCB).await, "nothing");
    assert_eq!(house.said("localhost", RecordType::A).await, "A 127.0.0.1");
    assert_eq!(house.above.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_log_is_not_flooded() {
    let house = House::open().await;
    for kind in [RecordType::A, RecordType::AAAA, RecordType::HTTPS, RecordType::A] {
        house.ask("open.example", kind).await;
        house.ask("casino.example", kind).await;
        house.ask("trial.example", kind).await;
    }
    let minute = ["Allowed open.example default", "Blocked casino.example rule", "Observed trial.example rule"];
    assert_eq!(house.rows(), minute);
    house.clock.0.fetch_add(60, Ordering::SeqCst);
    house.ask("casino.example", RecordType::A).await;
    assert_eq!(house.rows().len(), 4);
}

/// That a name did not answer and that it did are two things, also within a minute.
#[tokio::test]
async fn what_fails_hides_nothing_in_the_log() {
    let house = House::open().await;
    house.above.dead.store(true, Ordering::SeqCst);
    assert_eq!(house.said("open.example", RecordType::A).await, "ServFail");
    assert_eq!(house.said("help.example", RecordType::A).await, "ServFail");
    house.above.dead.store(false, Ordering::SeqCst);
    for _ in 0..100 {
        if house.said("open.example", RecordType::A).await == "A 8.8.8.8" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    house.ask("help.example", RecordType::A).await;
    let failed = "Failed open.example no answer from the resolver's servers";
    assert_eq!(house.rows(), [failed, "Help help.example help", "Allowed open.example default"]);
}

#[tokio::test]
async fn names_inside_are_kept_for_the_schools_own_zones_alone() {
    let house = House::with(|config| {
        config.zones.push(dns::Zone { name: "school.test".to_owned(), upstream: vec![] });
    })
    .await;
    house.above.set("printer.school.test", RecordType::A, &[a("10.0.0.9")]);
    house.above.set("rebind.example", RecordType::A, &[a("10.0.0.9"), a("127.0.0.1"), a("8.8.4.4")]);
    assert_eq!(house.said("printer.school.test", RecordType::A).await, "A 10.0.0.9");
    assert_eq!(house.said("rebind.example", RecordType::A).await, "A 8.8.4.4");
    assert_eq!(house.resolver.figures().rebinding, 2);
}

#[tokio::test]
async fn only_what_a_resolver_is_for_is_answered() {
    let house = House::open().await;
    assert_eq!(house.said("open.example", RecordType::AXFR).await, "Refused");
    assert_eq!(house.said("open.example", RecordType::ANY).await, "HINFO RFC8482 ");
    let mut curious = Message::from_vec(&question("open.example", RecordType::A)).unwrap();
    curious.metadata.recursion_desired = false;
    let answer = house.raw(&curious.to_vec().unwrap()).await.unwrap();
    assert_eq!(shown(&Message::from_vec(&answer).unwrap()), "Refused", "nobody looks into what others asked");
}
