//! Control `filter.bypass`: what leads round the filter is closed: listed proxies, numbers, ports, addresses within
//! addresses, private relays.

use std::fs;

use kernel::Clock as _;
use traffic::lists::{Format, NewList, Source, service};

use super::executables::last_row;
use crate::school::*;

/// Brings in a list of what leads round a filter.
async fn add_list(school: &School) {
    let folder = school.folder().join("ways");
    fs::create_dir_all(&folder).unwrap();
    for (category, host) in [("proxies", "proxy.test"), ("vpn", "vpn.test"), ("encrypted-dns", "doh.test")] {
        fs::write(folder.join(format!("{category}.txt")), format!("{host}\n")).unwrap();
    }
    let new = NewList {
        name: "ways".to_owned(),
        source: Source::Path(folder),
        format: Format::Domains,
        category: None,
        licence: None,
    };
    let installation = school.installation();
    let (now, actor) = (school.clock.now(), store::Actor::Gatehouse);
    service::add(&installation.school, &installation.lists(), new, actor, now).await.unwrap();
    school.settle().await;
}

/// Every way is closed to those whom the clause names, but for what it leaves.
#[tokio::test(flavor = "multi_thread")]
async fn bypass() {
    let mut school = School::without_policy().await;
    for name in ["203.0.113.9", "mask.icloud.com"] {
        school.config.gateway.resolve.insert(name.to_owned(), school.site.address());
    }
    school.restart().await;
    let games = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
    let clause = "Nobody goes round. `round: filter.bypass { who = \"pupils\" }`";
    school.enact(&Draft::of(&[games, clause])).await.unwrap();
    let (pupil, teacher, stranger) =
        (school.device_of(PUPIL).await, school.device_of(TEACHER).await, school.stranger());
    school.standing("round").await.are("not-kept", "No list knows any site of the category");
    assert_eq!(pupil.status("http://vpn.test/").await, 200, "it is not known yet");
    add_list(&school).await;
    for (way, row) in [
        ("http://proxy.test/", "blocked rule round"),
        ("http://vpn.test/", "blocked rule round"),
        ("http://doh.test/dns-query", "blocked rule round"),
        ("http://203.0.113.9/", "blocked bypass round"),
        ("http://port.test:8080/", "blocked bypass round"),
        ("http://mask.icloud.com/", "blocked bypass round"),
        // What is closed is closed through another site too, by its own clause.
        ("http://a.test/go?u=http%3A%2F%2Fgames.test%2F", "blocked rule games"),
        ("http://b.test/https://www.games.test/x", "blocked rule games"),
        ("http://c.test/?b=aHR0cDovL2dhbWVzLnRlc3Qv", "blocked rule games"),
    ] {
        let host = way["http://".len()..].split(['/', ':']).next().unwrap();
        assert_eq!((teacher.status(way).await, stranger.status(way).await), (200, 403), "{way}");
        let page = pupil.open(way).await.is(403);
        let number = if row.ends_with("games") { "clause 1.1" } else { "clause 1.2" };
        assert!(page.says(number), "{way}: {}", page.body);
        assert_eq!(page.says("This is a way round the filter, and closed."), row.contains("bypass"), "{way}");
        assert_eq!(last_row(&school, host).await, row, "{way}");
    }
    assert_eq!(pupil.status("http://a.test/go?u=http%3A%2F%2Fmaths.test%2F").await, 200);
    // Names and numbers are seen without opening anything.
    let browser = school.sign_in(PUPIL).await;
    for target in ["203.0.113.9:443", "mask.icloud.com:443", "vpn.test:443"] {
        assert!(school.beside(&browser).tunnel(target).await.starts_with("HTTP/1.1 403"), "{target}");
    }
    school.standing("round").await.are("kept", "8 ways round the filter were refused in 28 days");

    // What the school leaves open is open, and nothing else.
    let leaves = "Ports may be used. `round: filter.bypass { who = \"pupils\", leave = [\"ports\", \"nested\"] }`";
    school.enact(&Draft::of(&[games, leaves])).await.unwrap();
    assert_eq!(pupil.status("http://port.test:8080/").await, 200);
    assert_eq!(pupil.status("http://b.test/https://www.games.test/x").await, 200);
    assert_eq!(pupil.status("http://203.0.113.9/").await, 403);
}
