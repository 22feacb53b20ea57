//! What answers hold, judged on their way.

use std::sync::Arc;

use activity::Outcome;
use filter::{Action, Bypass, Category, FileClass, Measure, Rule, Snapshot, TimeOut, Transfers, TreatmentRule};
use kernel::{SiteItem, Sites};

use crate::{support::*, tls::*};

/// The category that the phrases of tests find.
fn gambling() -> Category {
    Category::parse("gambling").unwrap()
}

pub(crate) fn text() -> TreatmentRule {
    treat(5, Action::Block, &[], Measure::Text { category: gambling(), points: 50 })
}

/// A gateway that does this with what passes; gambling is closed.
pub(crate) async fn house(treatments: Vec<TreatmentRule>) -> House {
    house_with(treatments, |_| {}).await
}

pub(crate) async fn house_with(treatments: Vec<TreatmentRule>, change: impl FnOnce(&mut gateway::Config)) -> House {
    let site = plain_site().await;
    let list = content::PhraseList::parse("tests", "[gambling]\n400 flying horse lottery\n").unwrap();
    let phrases = Arc::new(content::Phrases::compile([&list]).unwrap());
    let house = House::build(
        |config| {
            config.resolve.insert("*.test".into(), site.into());
            change(config);
        },
        |ports| ports.phrases.store(Some(phrases)),
    )
    .await;
    house.rules.store(snapshot(treatments));
    house
}

fn snapshot(treatments: Vec<TreatmentRule>) -> Arc<Snapshot> {
    let mut parts = parts(&[GAMES]);
    let closed = Sites(vec![SiteItem::parse("gambling").unwrap()]);
    parts.rules.rules.push(Rule::new("gambling#1".to_owned(), Action::Block, closed, clause()));
    parts.rules.treatments = treatments;
    Arc::new(Snapshot::new(parts))
}

async fn get(house: &House, path: &str) -> String {
    let headers = with_token("maya-token") + "Accept: text/html\r\nAccept-Encoding: gzip, br\r\n";
    house.get(&format!("http://{SITE}/body/{path}"), &headers).await
}

#[tokio::test]
async fn words_are_judged_before_the_first_byte_goes_out() {
    let house = house(vec![text()]).await;
    for path in ["harm.html", "packed.html", "harm.json", "raw.html", "two-types"] {
        let page = get(&house, path).await;
        assert_eq!(status(&page), "403", "{path}: {page}");
        assert!(page.contains("clause 4.1.2") && !page.contains("flying horse"), "{path}: {page}");
    }
    let row = house.rows(5).await[0].clone();
    assert_eq!((row.outcome, row.category.as_deref()), (Outcome::Blocked, Some("gambling")));
    assert_eq!(row.rule.as_deref(), Some("gambling#1"));
    let good = get(&house, "good.html").await;
    assert!(status(&good) == "200" && good.len() > 190_000);
    let device = gateway::Client::Device(pupil(1, 5).device.unwrap());
    assert_eq!(house.gateway.recent_refusals(device).len(), 5);
}

#[tokio::test]
async fn what_is_found_late_cuts_the_connection() {
    let house = house(vec![text()]).await;
    let page = get(&house, "late.html").await;
    assert_eq!(status(&page), "200");
    assert!(page.len() < 310_000 && page.len() > 60_000 && !page.contains("flying horse"), "{}", page.len());
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.category.as_deref()), (Outcome::Blocked, Some("gambling")));
    assert!(row.bytes_down > 60_000);
}

#[tokio::test]
async fn answers_that_come_word_by_word_are_judged_as_they_come() {
    let house = house(vec![text()]).await;
    let chat = get(&house, "chat").await;
    assert!(chat.contains("how are you") && !chat.contains("Goodbye"), "{chat}");
    assert_eq!(house.one_row().await.outcome, Outcome::Blocked);
}

#[tokio::test]
async fn a_site_that_pauses_shows_what_it_has() {
    let house = house(vec![text()]).await;
    let began = std::time::Instant::now();
    let page = get(&house, "slow.html").await;
    assert!(page.contains("the end"), "{page}");
    assert!(began.elapsed() < std::time::Duration::from_secs(10));
}

#[tokio::test]
async fn what_cannot_be_read_is_stopped() {
    let house = house(vec![text()]).await;
    for path in ["bomb.html", "odd.html"] {
        let page = get(&house, path).await;
        let stopped = status(&page) == "403" && page.contains("It cannot be read");
        assert!(stopped || page.len() < 1 << 20, "{path}: {}", page.len());
    }
    for row in house.rows(2).await {
        assert_eq!((row.outcome, row.reason.as_str()), (Outcome::Blocked, "unreadable"), "{:?}", row.path);
        assert_eq!(
            row.clause.as_ref().map(|clause| clause.number.as_str()),
            Some("4.1.2"),
            "the clause that wants it read"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_promised_is_answered() {
    let house = house(vec![text()]).await;
    let mut stream = house.dial().await;
    let ask = format!("GET http://{SITE}/body/silent-events HTTP/1.1\r\nHost: {SITE}\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    let read = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut head);
    tokio::time::timeout(std::time::Duration::from_secs(3), read).await.expect("before the first event").unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
}

#[tokio::test]
async fn a_trial_records_and_stops_nothing() {
    let mut trial = text();
    trial.rule.observe = true;
    let house = house(vec![trial]).await;
    let page = get(&house, "harm.html").await;
    assert!(status(&page) == "200" && page.contains("flying horse"));
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.category.as_deref()), (Outcome::Observed, Some("gambling")));
    let page = get(&house, "odd.html").await;
    assert!(status(&page) == "200" && page.ends_with("abc"), "{page}");
    assert_eq!(house.rows(2).await[1].outcome, Outcome::Observed);
}

#[tokio::test]
async fn programs_are_stopped_by_what_they_are() {
    let house = house(vec![treat(5, Action::Block, &[], Measure::Files(FileClass::ALL.into()))]).await;
    for path in ["program", "program.html", "program.gz", "archive.zip", "part", "coded.png"] {
        let page = get(&house, path).await;
        assert!(status(&page) == "403" && page.contains("Files of this kind are not let in."), "{path}: {page}");
    }
    let row = house.rows(6).await[0].clone();
    assert_eq!((row.outcome, row.reason.as_str()), (Outcome::Blocked, "file"));
    assert_eq!(row.clause.clone().map(|clause| clause.number), Some("4.1.2".to_owned()));
    let late = get(&house, "late.zip").await;
    assert!(status(&late) == "200" && late.len() < 300_000, "{}", late.len());
    for path in ["picture.png", "good.html"] {
        assert_eq!(status(&get(&house, path).await), "200", "{path}");
    }
}

#[tokio::test]
async fn large_transfers_are_limited_both_ways() {
    let transfers = Transfers { bytes: Some(100_000), per_second: None };
    let house = house(vec![treat(5, Action::Block, &[], Measure::Transfers(transfers))]).await;
    let page = get(&house, "good.html").await;
    assert!(status(&page) == "403" && page.contains("larger than what may be loaded at once"), "{page}");
    // Without a length told before, it is cut.
    let cut = house.get(&format!("http://{SITE}/big?1"), "").await;
    assert!(cut.len() < 1 << 20, "{}", cut.len());
    let upload = format!("POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 200000\r\n\r\n");
    let mut stream = house.dial().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, upload.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 403");
    let rows = house.rows(3).await;
    assert!(rows.iter().all(|row| row.reason == "size"), "{:?}", rows.iter().map(|it| &it.reason).collect::<Vec<_>>());
}

/// An upload in chunks of 20 000 bytes, and all that comes back.
async fn upload(house: &House, chunks: usize) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = house.dial().await;
    let token = with_token("maya-token");
    let head = format!(
        "POST http://{SITE}/length HTTP/1.1\r\nHost: {SITE}\r\nAccept: text/html\r\nConnection: close\r\n{token}Transfer-Encoding: chunked\r\n\r\n"
    );
    let (mut read, mut write) = stream.split();
    let writes = async {
        write.write_all(head.as_bytes()).await?;
        for _ in 0..chunks {
            write.write_all(format!("4e20\r\n{}\r\n", "x".repeat(20_000)).as_bytes()).await?;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        write.write_all(b"0\r\n\r\n").await
    };
    let mut answer = Vec::new();
    // What is refused is not read to its end.
    let (_, _) = tokio::join!(writes, read.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn an_upload_is_limited_though_it_does_not_say_how_long_it_is() {
    let transfers = Transfers { bytes: Some(100_000), per_second: None };
    let limit = |trial| {
        let mut limit = treat(5, Action::Block, &[], Measure::Transfers(transfers));
        limit.rule.observe = trial;
        limit
    };
    let house = house(vec![limit(false)]).await;
    let whole = upload(&house, 4).await;
    assert!(whole.ends_with("80000 bytes came"), "{whole}");
    let page = upload(&house, 40).await;
    assert!(status(&page) == "403" && page.contains("larger than what may be loaded at once"), "{page}");
    let device = gateway::Client::Device(pupil(1, 5).device.unwrap());
    assert_eq!(house.gateway.recent_refusals(device).len(), 1);
    // On trial it goes through.
    house.rules.store(snapshot(vec![limit(true)]));
    let whole = upload(&house, 40).await;
    assert!(whole.ends_with("800000 bytes came"), "{whole}");
    let seen: Vec<_> = house.rows(3).await.iter().map(|row| (row.outcome, row.reason.clone())).collect();
    assert_eq!(seen[0], (Outcome::Allowed, "default".to_owned()));
    assert_eq!(seen[1], (Outcome::Blocked, "size".to_owned()));
    assert_eq!(seen[2], (Outcome::Observed, "size".to_owned()));
}

#[tokio::test]
async fn a_pace_holds() {
    let transfers = Transfers { bytes: None, per_second: Some(200_000) };
    let house = house(vec![treat(5, Action::Block, &[], Measure::Transfers(transfers))]).await;
    let began = std::time::Instant::now();
    let page = house.get(&format!("http://{SITE}/body/clean.bin"), "").await;
    assert!(page.len() > 400_000);
    assert!(began.elapsed() > std::time::Duration::from_millis(700), "{:?}", began.elapsed());
}

/// What streams on for hours is judged again as a tunnel is, whether or not it is looked into.
#[tokio::test]
async fn an_answer_under_way_ends_when_it_is_no_longer_permitted() {
    let time_out = TimeOut { idle: None, longest: Some(3600) };
    for treatments in [Vec::new(), vec![treat(5, Action::Block, &[], Measure::TimeOut(time_out))]] {
        let house = house(treatments).await;
        let mut stream = house.dial().await;
        let ask = format!("GET http://{SITE}/endless HTTP/1.1\r\nHost: {SITE}\r\n{}\r\n", with_token("maya-token"));
        tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes()).await.unwrap();
        let mut some = [0; 4096];
        let first = tokio::io::AsyncReadExt::read(&mut stream, &mut some);
        tokio::time::timeout(std::time::Duration::from_secs(20), first).await.expect("what trickles is shown").unwrap();
        assert!(some.starts_with(b"HTTP/1.1 200"));
        house.rules.store(closing(&[SITE]));
        let mut all = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut all);
        assert!(tokio::time::timeout(std::time::Duration::from_secs(20), read).await.is_ok(), "it ends");
        assert!(!all.ends_with(b"0\r\n\r\n"), "cut, so that nobody takes it for the whole");
        let rows = house.rows(1).await;
        assert!(rows.iter().any(|row| (row.outcome, row.reason.as_str()) == (Outcome::Blocked, "no-longer-open")));
    }
}

#[tokio::test]
async fn what_lasts_too_long_is_ended() {
    let time_out = TimeOut { idle: None, longest: Some(1) };
    let house = house(vec![treat(5, Action::Block, &[], Measure::TimeOut(time_out))]).await;
    let answer = get(&house, "slow.html").await;
    assert!(answer.contains("gardens") && !answer.contains("the end"), "{answer}");
    assert!(house.rows(1).await.iter().any(|row| row.reason == "time-out"));
    let mut stream = house.dial().await;
    let ask = format!(
        "GET http://{SITE}/socket HTTP/1.1\r\nHost: {SITE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut all);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(5), read).await.is_ok(), "it ends");
}

#[tokio::test]
async fn ways_round_are_closed() {
    let house = house(vec![treat(5, Action::Block, &[], Measure::Bypass(Bypass::ALL))]).await;
    for (url, open) in [
        (format!("http://{SITE}/page"), true),
        (format!("http://{SITE}/http://{GAMES}/x"), false),
        (format!("http://{SITE}/browse?u=http%3A%2F%2F{GAMES}%2F"), false),
        (format!("http://{SITE}/browse?u=http://other.test/"), true),
        (format!("http://{SITE}/browse?b=aHR0cDovL2dhbWVzLnRlc3Qv"), false),
        ("http://203.0.113.9/".to_owned(), false),
        (format!("http://{SITE}:8081/"), false),
    ] {
        let answer = house.get(&url, &with_token("maya-token")).await;
        assert_eq!(status(&answer) == "200", open, "{url}: {answer}");
    }
}

#[tokio::test]
async fn what_is_inside_tls_is_judged_too() {
    let web = Web::new();
    let site = web.site(Certificate::of(&[SITE, "www.google.com"]), &["h2", "http/1.1"]).await;
    let treatments = vec![
        treat(5, Action::Block, &[], Measure::Files(FileClass::ALL.into())),
        treat(6, Action::Block, &[], Measure::SafeSearch),
    ];
    let opening = Opening::doing(
        &web,
        treatments,
        |config| {
            config.resolve.insert("*.test".into(), site.into());
            config.resolve.insert("www.google.com".into(), site.into());
        },
        |_| {},
    )
    .await;
    let (status, page) = opening.get(SITE, "/body/program").await;
    assert!(status == 403 && page.contains("Files of this kind are not let in."), "{page}");
    let mut sender = two(opening.shake(SITE, &["h2"]).await.unwrap()).await;
    let late = sender.send_request(request(&format!("https://{SITE}/body/late.zip"), &[])).await.unwrap();
    assert!(crate::tls::text(late).await.1.ends_with("[cut]"));
    let (_, hello) = opening.get("www.google.com", "/search?q=cats&safe=off").await;
    assert_eq!(hello, "searched q=cats&safe=active");
}

#[tokio::test]
async fn no_other_way_to_a_site_is_named_and_video_is_restricted() {
    let house = house(vec![]).await;
    let ask = async |path: &str| house.get(&format!("http://{SITE}{path}"), "YouTube-Restrict: None\r\n").await;
    assert!(ask("/other-ways").await.contains("alt-svc"));
    house.rules.store(snapshot(vec![treat(5, Action::Block, &[], Measure::Bypass(Bypass::ALL))]));
    assert!(!ask("/other-ways").await.contains("alt-svc"));
    let web = Web::new();
    let site = web.site(Certificate::of(&["www.youtube.com"]), &["h2"]).await;
    let video = treat(6, Action::Block, &[], Measure::Video(filter::Restrict::Strict));
    let resolve = |config: &mut gateway::Config| {
        config.resolve.insert("www.youtube.com".into(), site.into());
    };
    let opening = Opening::doing(&web, vec![video], resolve, |_| {}).await;
    let mut sender = two(opening.shake("www.youtube.com", &["h2"]).await.unwrap()).await;
    let ask = request("https://www.youtube.com/seen", &[("youtube-restrict", "None")]);
    let (_, seen) = crate::tls::text(sender.send_request(ask).await.unwrap()).await;
    assert!(seen.contains("youtube-restrict: Strict") && !seen.contains("None"), "{seen}");
    let other = sender.send_request(request("https://www.youtube.com/other-ways", &[])).await.unwrap();
    assert!(!other.headers().contains_key("alt-svc"), "an opened connection stays where it is");
}

#[tokio::test]
async fn searches_are_safe_by_name_where_they_are_not_opened() {
    let web = Web::new();
    let safe = web.site(Certificate::of(&["www.google.com"]), &["http/1.1"]).await;
    let search = treat(6, Action::Block, &[], Measure::SafeSearch);
    let house = house_with(vec![search], |config| {
        config.resolve.insert("forcesafesearch.google.com".into(), safe.into());
        config.resolve.insert("www.google.com".into(), "127.0.0.1:1".parse::<std::net::SocketAddr>().unwrap().into());
    })
    .await;
    let tunnel = house.raw("CONNECT www.google.com:443 HTTP/1.1\r\nHost: www.google.com:443\r\n\r\nx").await;
    assert_eq!(status(&tunnel), "200", "{tunnel}");
    house.rules.store(snapshot(vec![]));
    let tunnel = house.raw("CONNECT www.google.com:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&tunnel), "502", "{tunnel}");
}
