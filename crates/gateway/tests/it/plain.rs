//! Plain HTTP through the gateway.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use activity::Outcome;
use kernel::HowKnown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

#[tokio::test]
async fn a_permitted_site_answers_and_is_logged() {
    let house = House::open().await;
    let answer = house.get("http://Site.Willow-Lane.test/page?q=secret", &with_token("maya-token")).await;
    assert_eq!(status(&answer), "200");
    assert!(answer.ends_with("hello from /page"), "{answer}");
    assert!(answer.contains("x-site: yes") && !answer.contains("x-secret"), "{answer}");
    assert!(answer.to_lowercase().contains("via: 1.1 gatehouse"), "{answer}");
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.host.as_str(), row.path.as_deref()), (Outcome::Allowed, SITE, Some("/page")));
    assert_eq!((row.who.how, row.who.person.is_some(), row.bytes_down), (HowKnown::Token, true, 16));
    assert_eq!(row.policy, Some(kernel::Digest([7; 32])));
}

#[tokio::test]
async fn what_is_between_neighbours_does_not_go_on() {
    let house = House::open().await;
    let headers = format!(
        "{}Proxy-Connection: keep-alive\r\nTE: trailers\r\nX-Mine: 1\r\nConnection: X-Mine\r\nCookie: a=b\r\nAuthorization: Basic eA==\r\n",
        with_token("maya-token")
    );
    let answer = house.get(&format!("http://{SITE}/seen"), &headers).await;
    assert!(
        answer.contains(&format!(
            "GET /seen\nauthorization: Basic eA==\ncookie: a=b\nhost: {SITE}\nvia: 1.1 gatehouse\n"
        )),
        "{answer}"
    );
    assert!(!answer.contains("proxy-") && !answer.contains("x-mine"), "{answer}");
}

#[tokio::test]
async fn the_host_of_the_address_counts() {
    let house = House::open().await;
    let answer =
        house.raw(&format!("GET http://{SITE}/seen HTTP/1.1\r\nHost: {GAMES}\r\nConnection: close\r\n\r\n")).await;
    assert!(answer.contains(&format!("host: {SITE}\n")), "{answer}");
    let answer = house.raw(&format!("GET http://{GAMES}/ HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n")).await;
    assert_eq!(status(&answer), "403");
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_people() {
    let house = House::open().await;
    let mut stream = house.dial().await;
    for number in 0..20 {
        let token = if number % 2 == 0 { with_token("maya-token") } else { String::new() };
        let host = if number % 5 == 4 { GAMES } else { SITE };
        let request = format!("GET http://{host}/{number} HTTP/1.1\r\nHost: {host}\r\n{token}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert_eq!(status(&answer), if host == GAMES { "403" } else { "200" }, "{answer}");
    }
    let rows = house.rows(20).await;
    assert_eq!(rows.iter().filter(|row| row.who.person.is_some()).count(), 10);
    assert_eq!(rows.iter().filter(|row| row.outcome == Outcome::Blocked).count(), 4);
}

#[tokio::test]
async fn connections_to_a_site_serve_again() {
    let (site, connections) = counted_site().await;
    let house = House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
    })
    .await;
    for number in 0..10 {
        // Each from a client connection of its own.
        assert_eq!(status(&house.get(&format!("http://{SITE}/{number}"), "").await), "200");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// One answer with a length.
async fn read_answer(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse::<usize>();
            if body.len() >= length.unwrap() {
                return text;
            }
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "{text}");
    }
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let house = House::open().await;
    let answer = house.get(&format!("http://{SITE}/parts"), "").await;
    assert!(answer.to_lowercase().contains("transfer-encoding: chunked") && answer.contains("part 99;"), "{answer}");
    let chunked = format!(
        "POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    );
    assert!(house.raw(&chunked).await.ends_with("hello world"));
    let expecting = format!(
        "POST http://{SITE}/echo HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhello"
    );
    let answer = house.raw(&expecting).await;
    assert!(
        answer.starts_with("HTTP/1.1 100 ") && answer.contains("HTTP/1.1 200") && answer.ends_with("hello"),
        "{answer}"
    );
    let old = house.raw(&format!("GET http://{SITE}/parts HTTP/1.0\r\n\r\n")).await;
    assert!(old.ends_with("part 99;") && !old.to_lowercase().contains("chunked"), "{old}");
    let head = house.raw(&format!("HEAD http://{GAMES}/ HTTP/1.1\r\nHost: {GAMES}\r\nConnection: close\r\n\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 403") && head.ends_with("\r\n\r\n"), "{head}");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_big_download_is_not_held() {
    let house = House::open().await;
    let mut stream = house.dial().await;
    let request = format!("GET http://{SITE}/big?400 HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut total, mut most, before) = (0u64, 0, resident_kib());
    let mut buffer = vec![0; 1 << 16];
    // A reader that stops: what it does not take, the gateway must not take either.
    tokio::time::sleep(Duration::from_millis(500)).await;
    loop {
        most = most.max(resident_kib());
        let count = stream.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        total += count as u64;
    }
    assert!(total > 400 << 20, "{total}");
    assert!(most < before + 100 * 1024, "grew from {before} to {most} KiB");
    let down: u64 = house.rows(1).await.iter().map(|row| row.bytes_down).sum();
    assert_eq!(down, 400 << 20);
}

#[tokio::test]
async fn websockets_pass() {
    let house = House::open().await;
    let mut stream = house.dial().await;
    let request = format!(
        "GET http://{SITE}/socket HTTP/1.1\r\nHost: {SITE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = [0; 500];
    let count = stream.read(&mut bytes).await.unwrap();
    let answer = String::from_utf8_lossy(&bytes[..count]).to_lowercase();
    assert!(answer.starts_with("http/1.1 101") && answer.contains("upgrade: websocket"), "{answer}");
    stream.write_all(b"ping").await.unwrap();
    let count = stream.read(&mut bytes).await.unwrap();
    assert_eq!(&bytes[..count], b"ping");
    drop(stream);
    let down: u64 = house.rows(1).await.iter().map(|row| row.bytes_down).sum();
    assert_eq!(down, 4);
}

/// Within another protocol nobody would judge what is asked for.
#[tokio::test]
async fn nothing_is_changed_over_to_but_a_websocket() {
    let house = House::open().await;
    let ask = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    let seen = house.get(&format!("http://{SITE}/seen"), ask).await.to_lowercase();
    assert!(seen.starts_with("http/1.1 200"), "{seen}");
    assert!(!seen.contains("h2c") && !seen.contains("http2-settings"), "{seen}");
    // A site that does it all the same is not followed.
    let uninvited = house.get(&format!("http://{SITE}/socket"), ask).await;
    assert!(uninvited.starts_with("HTTP/1.1 502"), "{uninvited}");
    let rows = house.rows(2).await;
    assert_eq!((rows[1].outcome, rows[1].reason.as_str()), (Outcome::Failed, "no-connection"));
}

#[tokio::test]
async fn the_block_page_speaks_to_its_reader() {
    let house = House::open().await;
    let html = "Accept: text/html\r\nReferer: http://site.willow-lane.test/a%22b\r\n";
    let page = house.get(&format!("http://{GAMES}/x"), &(with_token("maya-token") + html)).await;
    for part in [
        "HTTP/1.1 403",
        "cache-control: no-store",
        "default-src 'none'; style-src 'sha256-",
        "<h1>This site is blocked in school</h1>",
        "clause 4.1.2",
        "Games are closed &#60;in&#62; lessons.",
        "http://desk.willow-lane.test:8080/filter/ask?site=games.test",
        "http://desk.willow-lane.test:8080/tell",
        "<a href=\"http://site.willow-lane.test/a%22b\">Go back</a>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("style=") && !page.contains("<script"));
    let page = house.get(&format!("http://{GAMES}/x"), &(with_token("ada-token") + html)).await;
    assert!(page.contains("<h1>This gate is closed</h1>") && page.contains("You did nothing wrong."), "{page}");
    let text = house.get(&format!("http://{GAMES}/x"), &with_token("maya-token")).await;
    assert!(text.contains("content-type: text/plain") && text.contains("Clause 4.1.2 of the policy"), "{text}");
    let json = house.get(&format!("http://{GAMES}/x"), "Accept: application/json\r\n").await;
    assert!(json.contains("\"blocked\":\"games.test\"") && json.contains("\"clause\":\"4.1.2\""), "{json}");
}

/// The digest in the policy is that of the style sheet as the browser sees it.
#[tokio::test]
async fn the_style_sheet_is_the_one_that_the_policy_names() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let house = House::open().await;
    let page = house.get(&format!("http://{GAMES}/x"), "Accept: text/html\r\n").await;
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes()));
    assert!(page.contains(&format!("'sha256-{digest}'")), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_swap_under_load_gives_no_half_decision() {
    let house = Arc::new(House::open().await);
    let (one, two) = (closing(&[GAMES]), closing(&["other.test"]));
    let done = Arc::new(AtomicBool::new(false));
    let swapping = std::thread::spawn({
        let (rules, done) = (house.rules.clone(), done.clone());
        move || {
            for swap in 0..3_000 {
                rules.store(if swap % 2 == 0 { two.clone() } else { one.clone() });
                std::thread::sleep(Duration::from_micros(200));
            }
            done.store(true, Ordering::Relaxed);
        }
    });
    let mut clients = Vec::new();
    for _ in 0..8 {
        let house = house.clone();
        let done = done.clone();
        clients.push(tokio::spawn(async move {
            let mut stream = house.dial().await;
            let (mut number, mut blocked) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                number += 1;
                let request = format!("GET http://{GAMES}/{number} HTTP/1.1\r\nHost: {GAMES}\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let answer = read_answer(&mut stream).await;
                match status(&answer) {
                    "200" => assert!(answer.ends_with(&format!("hello from /{number}")), "{answer}"),
                    "403" => {
                        blocked += 1;
                        assert!(answer.contains("4.1.2"), "{answer}");
                    }
                    _ => panic!("{answer}"),
                }
            }
            (number, blocked)
        }));
    }
    let (mut all, mut blocked) = (0, 0);
    for client in clients {
        let (own, own_blocked) = client.await.unwrap();
        all += own;
        blocked += own_blocked;
    }
    swapping.join().unwrap();
    assert!(blocked > 0 && blocked < all, "both policies decided: {blocked} of {all}");
    let rows = house.rows(all).await;
    assert_eq!(rows.iter().filter(|row| row.outcome == Outcome::Blocked).count(), blocked);
    assert!(
        rows.iter().all(|row| (row.outcome == Outcome::Blocked) == row.rule.is_some()),
        "each row is of one policy"
    );
}
