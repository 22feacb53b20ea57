//! The ICAP server: word by word, and with a real Squid in front.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use activity::Outcome;
use filter::{Action, FileClass, Measure};
use gateway::{Kind, Network};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    pass::{house_with, text},
    support::*,
    tls::treat,
    ways::{open, say},
};

async fn served() -> (House, SocketAddr) {
    let files = treat(7, Action::Block, &[], Measure::Files(FileClass::ALL.into()));
    let house = house_with(vec![text(), files], |config| {
        config.proxies = vec![Network::parse("127.0.0.1").unwrap()];
    })
    .await;
    house.people.addresses.lock().unwrap().insert("10.1.2.3".parse().unwrap(), pupil(1, 5));
    let address = open(&house, Kind::Icap, false).await;
    (house, address)
}

fn reqmod(url: &str, fields: &str) -> String {
    let http = format!("GET {url} HTTP/1.1\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n");
    let length = http.len();
    format!(
        "REQMOD icap://gate.test/reqmod ICAP/1.0\r\nHost: gate.test\r\nConnection: close\r\nX-Client-IP: 10.1.2.3\r\n{fields}Encapsulated: req-hdr=0, null-body={length}\r\n\r\n{http}"
    )
}

fn respmod(kind: &str, fields: &str, body: &str) -> String {
    let asked = format!("GET http://{SITE}/x HTTP/1.1\r\nAccept: text/html\r\n\r\n");
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n");
    let (one, two) = (asked.len(), asked.len() + answer.len());
    format!(
        "RESPMOD icap://gate.test/respmod ICAP/1.0\r\nHost: gate.test\r\nConnection: close\r\nX-Client-IP: 10.1.2.3\r\n{fields}Encapsulated: req-hdr=0, res-hdr={one}, res-body={two}\r\n\r\n{asked}{answer}{body}"
    )
}

#[tokio::test]
async fn requests_are_judged() {
    let (house, icap) = served().await;
    let options = say(icap, b"OPTIONS icap://gate.test/respmod ICAP/1.0\r\nConnection: close\r\n\r\n").await;
    assert!(options.starts_with("ICAP/1.0 200 OK\r\nMethods: RESPMOD") && options.contains("ISTag: \""), "{options}");
    let open = say(icap, reqmod(&format!("http://{SITE}/page"), "Allow: 204\r\n").as_bytes()).await;
    assert!(open.starts_with("ICAP/1.0 204"), "{open}");
    let closed = say(icap, reqmod(&format!("http://{GAMES}/x"), "Allow: 204\r\n").as_bytes()).await;
    assert!(closed.contains("HTTP/1.1 403 Forbidden") && closed.contains("clause 4.1.2"), "{closed}");
    assert!(closed.ends_with("\r\n0\r\n\r\n"), "{closed}");
    let rows = house.rows(2).await;
    assert_eq!((rows[1].outcome, rows[1].host.as_str()), (Outcome::Blocked, GAMES));
    assert!(rows.iter().all(|row| row.who.person.is_some()));
    // Without the word of the proxy it is nobody's.
    let ask = reqmod(&format!("http://{SITE}/"), "").replace("X-Client-IP: 10.1.2.3\r\n", "");
    assert!(say(icap, ask.as_bytes()).await.starts_with("ICAP/1.0 200"));
    assert!(house.rows(3).await[2].who.person.is_none());
    let broken = say(icap, b"REQMOD icap://gate.test/reqmod ICAP/1.0\r\nEncapsulated: req-hdr=0\r\n\r\n").await;
    assert!(broken.starts_with("ICAP/1.0 400"), "{broken}");
}

#[tokio::test]
async fn answers_are_judged() {
    let (house, icap) = served().await;
    let good = respmod("text/html", "Allow: 204\r\n", "5\r\nhello\r\n0\r\n\r\n");
    assert!(say(icap, good.as_bytes()).await.starts_with("ICAP/1.0 204"));
    let good = respmod("text/html", "", "5\r\nhello\r\n0\r\n\r\n");
    let echoed = say(icap, good.as_bytes()).await;
    assert!(echoed.contains("Content-Type: text/html\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{echoed}");
    let harm = crate::bodies::HARM;
    let bad = respmod("text/html", "Preview: 4096\r\n", &format!("{:x}\r\n{harm}\r\n0; ieof\r\n\r\n", harm.len()));
    let page = say(icap, bad.as_bytes()).await;
    assert!(page.contains("HTTP/1.1 403 Forbidden") && !page.contains("flying"), "{page}");
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.category.as_deref()), (Outcome::Blocked, Some("gambling")));
    // Of a picture its first bytes are enough; what only calls itself one is asked for.
    let head = respmod("image/png", "Preview: 16\r\n", "10\r\n");
    let picture = [head.as_bytes(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\r\n0\r\n\r\n"].concat();
    assert!(say(icap, &picture).await.starts_with("ICAP/1.0 204"));
    let program = [head.as_bytes(), b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\r\n0\r\n\r\n0\r\n\r\n"].concat();
    let closed = say(icap, &program).await;
    assert!(closed.contains("HTTP/1.1 403 Forbidden"), "{closed}");
    // What the proxy has not shown is asked for.
    let more = respmod("text/html", "Preview: 5\r\nAllow: 204\r\n", "5\r\nhello\r\n0\r\n\r\n6\r\n world\r\n0\r\n\r\n");
    let answer = say(icap, more.as_bytes()).await;
    assert!(answer.starts_with("ICAP/1.0 100 Continue\r\n\r\nICAP/1.0 204"), "{answer}");
}

/// The row of the request says that it was open; of its answer only what is news is said, as of a long one elsewhere.
#[tokio::test]
async fn an_answer_that_breaks_off_is_no_second_request() {
    let (house, icap) = served().await;
    let open = reqmod(&format!("http://{SITE}/x"), "Allow: 204\r\n");
    assert!(say(icap, open.as_bytes()).await.starts_with("ICAP/1.0 204"));
    for bytes in [5, 40_000] {
        let part = respmod("text/html", "", &format!("{bytes:x}\r\n{}\r\n", " ".repeat(bytes)));
        let mut stream = TcpStream::connect(icap).await.unwrap();
        stream.write_all(part.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
    let rows = house.rows(2).await;
    let seen: Vec<_> = rows.iter().map(|row| (row.outcome, row.reason.as_str(), row.bytes_down > 0)).collect();
    assert_eq!(seen, [(Outcome::Allowed, "default", false), (Outcome::Allowed, gateway::CONTINUED, true)]);
}

#[tokio::test]
async fn only_proxies_that_are_named_may_ask() {
    let house = House::open().await;
    let icap = open(&house, Kind::Icap, false).await;
    assert_eq!(say(icap, b"OPTIONS icap://gate.test/reqmod ICAP/1.0\r\n\r\n").await, "");
    assert_eq!(house.gateway.figures().strangers, 1);
}

/// A Squid that asks the gateway, and finds `names` at this machine. `script/test` installs it.
async fn squid(folder: &Path, icap: SocketAddr, names: &[&str]) -> (tokio::process::Child, SocketAddr) {
    let at = testkit::free_address();
    let hosts: String = names.iter().map(|name| format!("127.0.0.1 {name}\n")).collect();
    std::fs::write(folder.join("hosts"), hosts).unwrap();
    let shown = folder.display();
    let config = format!(
        "http_port {at}\nvisible_hostname squid.test\nhosts_file {shown}/hosts\ncache_log {shown}/cache.log\n\
         access_log none\ncache_store_log none\npid_filename none\ncoredump_dir {shown}\nnetdb_filename none\n\
         pinger_enable off\ncache deny all\nhttp_access allow all\nshutdown_lifetime 0 seconds\n\
         icap_enable on\nicap_preview_enable on\nadaptation_send_client_ip on\n\
         icap_service requests reqmod_precache icap://{icap}/reqmod bypass=off\n\
         icap_service answers respmod_precache icap://{icap}/respmod bypass=off\n\
         adaptation_access requests allow all\nadaptation_access answers allow all\n"
    );
    std::fs::write(folder.join("squid.conf"), config).unwrap();
    // As root it gives its rights away, and writes its log as somebody else.
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let child = tokio::process::Command::new("/usr/sbin/squid")
        .args(["-N", "-f"])
        .arg(folder.join("squid.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("squid is installed (script/test does it)");
    for _ in 0..300 {
        if TcpStream::connect(at).await.is_ok() {
            return (child, at);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("squid does not start: {}", std::fs::read_to_string(folder.join("cache.log")).unwrap_or_default());
}

#[tokio::test]
async fn squid_keeps_its_place() {
    let (house, icap) = served().await;
    house.people.addresses.lock().unwrap().insert("127.0.0.1".parse().unwrap(), pupil(1, 5));
    let site = plain_site().await;
    let folder = tempfile::tempdir().unwrap();
    let (mut squid, at) = squid(folder.path(), icap, &[SITE, GAMES]).await;
    let port = site.port();
    let get = async |host: &str, path: &str| {
        let head = format!(
            "GET http://{host}:{port}{path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        say(at, head.as_bytes()).await
    };
    assert!(get(SITE, "/page").await.ends_with("hello from /page"));
    let good = get(SITE, "/body/good.html").await;
    assert!(status(&good) == "200" && good.len() > 190_000, "{}", good.len());
    for (host, path, says) in [
        (GAMES, "/", "clause 4.1.2"),
        (SITE, "/body/harm.html", "clause 4.1.2"),
        (SITE, "/body/packed.html", "clause 4.1.2"),
        (SITE, "/body/program", "Files of this kind are not let in."),
    ] {
        let page = get(host, path).await;
        assert!(status(&page) == "403" && page.contains(says) && !page.contains("flying horse"), "{path}: {page}");
    }
    let late = get(SITE, "/body/late.html").await;
    assert!(!late.contains("flying horse") && late.len() < 320_000, "{}", late.len());
    assert!(get(SITE, "/body/picture.png").await.len() > 300_000_usize / 2);
    let post = format!(
        "POST http://{SITE}:{port}/echo HTTP/1.1\r\nHost: {SITE}:{port}\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello world"
    );
    assert!(say(at, post.as_bytes()).await.ends_with("hello world"));
    let rows = house.rows(9).await;
    assert!(rows.iter().filter(|row| row.outcome == Outcome::Blocked).count() >= 5);
    assert!(rows.iter().all(|row| row.who.person.is_some()));
    squid.kill().await.unwrap();
}
