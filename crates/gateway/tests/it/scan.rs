//! Virus scans, against a clamd of our own that knows one virus.

use std::net::SocketAddr;

use activity::Outcome;
use filter::{Action, FileClass, Measure, Scan, Snapshot, TreatmentRule, Unseen};
use gateway::{Clamd, ClamdAt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{bodies::eicar, support::*, tls::treat};

/// A scanner that finds the test file, takes at most `most` bytes, and else says that all is well.
async fn clamd(most: usize) -> SocketAddr {
    server(move |mut stream| async move {
        let mut command = [0; 10];
        stream.read_exact(&mut command).await.unwrap();
        assert_eq!(&command, b"zINSTREAM\0");
        let mut file = Vec::new();
        loop {
            let Ok(length) = stream.read_u32().await else { return };
            if length == 0 {
                break;
            }
            let mut part = vec![0; length as usize];
            stream.read_exact(&mut part).await.unwrap();
            file.extend(part);
            if file.len() > most {
                let _ = stream.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
                let _ = stream.shutdown().await;
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                return;
            }
        }
        let eicar = eicar();
        let found = file.windows(eicar.len()).any(|part| part == eicar.as_bytes());
        let answer: &[u8] = if found { b"stream: Eicar-Signature FOUND\0" } else { b"stream: OK\0" };
        let _ = stream.write_all(answer).await;
    })
    .await
}

async fn house(clamd: Option<SocketAddr>, scan: Scan) -> House {
    house_with(clamd.map(|at| Clamd { at: ClamdAt::Tcp(at.to_string()), seconds: 2 }), scan).await
}

async fn house_with(scanner: Option<Clamd>, scan: Scan) -> House {
    let site = plain_site().await;
    let house = House::with(|config| {
        config.resolve.insert("*.test".into(), site.into());
        config.scanner = scanner;
    })
    .await;
    treats(&house, vec![treat(5, Action::Block, &[], Measure::Scan(scan))]);
    house
}

fn treats(house: &House, treatments: Vec<TreatmentRule>) {
    let mut parts = parts(&[GAMES]);
    parts.rules.treatments = treatments;
    house.rules.store(std::sync::Arc::new(Snapshot::new(parts)));
}

const SCAN: Scan = Scan { down: Unseen::Closed, up_to: 10_000_000, larger: Unseen::Open };

async fn get(house: &House, path: &str) -> String {
    house.get(&format!("http://{SITE}/body/{path}"), "Accept: text/html\r\n").await
}

#[tokio::test]
async fn a_virus_never_arrives() {
    let house = house(Some(clamd(1 << 20).await), SCAN).await;
    for path in ["eicar.com", "eicar.txt", "saved.html", "zip.html", "zip.css"] {
        let page = get(&house, path).await;
        assert!(status(&page) == "403" && page.contains("A virus was found in this file."), "{page}");
    }
    // A long file has been under way; its end never comes, so that it is not whole.
    let long = get(&house, "late-eicar.bin").await;
    assert!(status(&long) == "200" && long.len() < 400_000, "{}", long.len());
    let rows = house.rows(6).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Blocked && row.reason == "virus"));
    let clean = get(&house, "clean.bin").await;
    assert!(clean.len() > 400_000);
    assert_eq!(status(&get(&house, "picture.png").await), "200");
}

/// What one clause only records another one stops all the same.
#[tokio::test]
async fn a_trial_does_not_blind_the_scanner() {
    let house = house(Some(clamd(1 << 20).await), SCAN).await;
    let mut trial = treat(5, Action::Block, &[], Measure::Files(FileClass::ALL.into()));
    trial.rule.observe = true;
    treats(&house, vec![trial, treat(5, Action::Block, &[], Measure::Scan(SCAN))]);
    let page = get(&house, "bad-program").await;
    assert!(status(&page) == "403" && page.contains("A virus was found in this file."), "{page}");
    let row = house.one_row().await;
    assert_eq!((row.outcome, row.reason.as_str()), (Outcome::Blocked, "virus"));
}

/// Text that a site sends bit by bit is read as it comes, though the scanner sees it too.
#[tokio::test]
async fn text_is_shown_while_it_is_scanned() {
    let house = house(Some(clamd(1 << 20).await), SCAN).await;
    let mut stream = house.dial().await;
    let ask = format!("GET http://{SITE}/body/slow.txt HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let began = std::time::Instant::now();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("gardens") {
        assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
    }
    assert!(began.elapsed() < std::time::Duration::from_millis(5_500), "{:?}", began.elapsed());
    stream.read_to_end(&mut seen).await.unwrap();
    assert!(String::from_utf8_lossy(&seen).contains("the end"));
}

/// The scanner that schools have, with one signature: that of the test file. `script/test` installs it.
#[tokio::test]
async fn a_real_clamd_finds_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().display().to_string();
    // As root it gives its rights away.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let hex: String = eicar().bytes().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(folder.path().join("own.ndb"), format!("Eicar-Own:0:*:{hex}\n")).unwrap();
    let config = format!(
        "Foreground yes\nLocalSocket {shown}/clamd\nLocalSocketMode 666\nDatabaseDirectory {shown}\n\
         TemporaryDirectory {shown}\nStreamMaxLength 1M\nMaxThreads 2\n"
    );
    std::fs::write(folder.path().join("clamd.conf"), config).unwrap();
    let mut clamd = tokio::process::Command::new("/usr/sbin/clamd")
        .arg(format!("--config-file={shown}/clamd.conf"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("clamd is installed (script/test does it)");
    let scanner = Clamd { at: ClamdAt::Unix(folder.path().join("clamd")), seconds: 20 };
    for tries in 0.. {
        if scanner.ping().await.is_ok() {
            break;
        }
        assert!(tries < 600, "clamd does not start");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let house = house_with(Some(scanner), SCAN).await;
    let page = get(&house, "eicar.com").await;
    assert!(status(&page) == "403" && page.contains("A virus was found in this file."), "{page}");
    assert!(get(&house, "late-eicar.bin").await.len() < 400_000);
    assert!(get(&house, "clean.bin").await.len() > 400_000);
    let rows = house.rows(3).await;
    let reasons: Vec<_> = rows.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(reasons, ["virus", "virus", "default"]);
    clamd.kill().await.unwrap();
}

#[tokio::test]
async fn a_scanner_that_is_down_closes_or_opens_as_the_policy_says() {
    let down = testkit::free_address();
    for clamd in [Some(down), None] {
        let closed = house(clamd, SCAN).await;
        let page = get(&closed, "clean.bin").await;
        assert!(status(&page) == "403" && page.contains("could not be scanned"), "{page}");
        assert_eq!(closed.gateway.figures().unscanned, 1);
        assert_eq!(closed.one_row().await.reason, "unscanned");
        let open = house(clamd, Scan { down: Unseen::Open, ..SCAN }).await;
        assert!(get(&open, "clean.bin").await.len() > 400_000);
        assert_eq!(open.gateway.figures().unscanned, 1);
    }
}

#[tokio::test]
async fn what_is_too_large_to_scan_is_treated_as_the_policy_says() {
    // By the policy's bound, told before and not; by the scanner's own.
    for (most, up_to) in [(10 << 20, 100_000), (100_000, 10_000_000)] {
        let scanner = clamd(most).await;
        let open = house(Some(scanner), Scan { up_to, ..SCAN }).await;
        assert!(get(&open, "clean.bin").await.len() > 400_000, "{most}");
        let closed = house(Some(scanner), Scan { up_to, larger: Unseen::Closed, ..SCAN }).await;
        let page = get(&closed, "clean.bin").await;
        assert!(page.len() < 400_000, "{most}: {}", page.len());
        assert_eq!(closed.one_row().await.reason, "unscanned");
    }
}

/// A scanner that takes the beginning of a file and dies, or falls silent.
async fn dying_clamd(silent: bool) -> SocketAddr {
    server(move |mut stream| async move {
        let mut some = vec![0; 100_000];
        let _ = stream.read_exact(&mut some).await;
        if silent {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_scanner_that_dies_over_a_file_closes_or_opens_as_the_policy_says() {
    for silent in [false, true] {
        let clamd = Some(dying_clamd(silent).await);
        let closed = house(clamd, SCAN).await;
        let began = std::time::Instant::now();
        let page = get(&closed, "clean.bin").await;
        assert!(page.len() < 400_000, "silent {silent}: {}", page.len());
        assert!(began.elapsed() < std::time::Duration::from_secs(8), "{:?}", began.elapsed());
        let row = closed.one_row().await;
        assert_eq!((row.outcome, row.reason.as_str()), (Outcome::Blocked, "unscanned"));
        let open = house(clamd, Scan { down: Unseen::Open, ..SCAN }).await;
        assert!(get(&open, "clean.bin").await.len() > 400_000, "silent {silent}");
        assert_eq!(open.gateway.figures().unscanned, 1);
    }
}
