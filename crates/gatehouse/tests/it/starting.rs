//! Real starts: certificates from files, an authority for certificates, PostgreSQL, lists over HTTPS, a backup while
//! everything runs.

use std::{fs, process::Command, sync::Arc, time::Duration};

use activity::{ActivityLog as _, Filter, LocalLog, Options, Query};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    browser::{Browser, Surfer},
    command::*,
    school::{HEAD, NETWORK},
};

/// Writes a certificate for this computer and its key.
fn certificate(place: &Place, name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (place.path(&format!("{name}.pem")), place.path(&format!("{name}-key.pem")));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate.display().to_string(), key.display().to_string())
}

/// Whoever forgot the password opens the link that a command prints, and is signed in.
async fn comes_in(place: &Place, username: &str) -> Browser {
    let said = place.run(&["access", "reset", username, "--as", username]).ends(0).says("once").out;
    let base = format!("http://{}", place.desk);
    let path = said.split(&base).last().unwrap().trim().to_owned();
    let browser = Browser::new(&base);
    browser.submit(&path, &path, &[("password", "quiet harbour lantern")]).await.leads_to("/");
    assert_eq!(Browser::new(&base).get(&path).await.status, 404, "the link opens once");
    browser
}

#[tokio::test]
async fn the_desk_speaks_tls_with_a_certificate_from_files() {
    gatehouse::tls::install_provider();
    let place = Place::empty("off");
    let (certificate_path, key) = certificate(&place, "desk");
    let (_, other) = certificate(&place, "other");
    let files = |key: &str| format!("{{ mode = \"files\", certificate = \"{certificate_path}\", key = \"{key}\" }}");
    place.configure("data", &files(&other));
    place.run(&["serve"]).ends(2).says("do not belong together");
    place.configure("data", &files("/nowhere/key.pem"));
    place.run(&["serve"]).ends(2).says("/nowhere/key.pem");
    place.configure("data", &files(&key));
    let mut service = place.serve();
    service.says("gateway");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate_path).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(place.desk).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let request = format!("GET /sign-in HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", place.desk);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("name=\"username\""), "{answer}");
    assert_eq!(service.stop(), 0);
}

/// It asks the authority that it is told, and runs on without a certificate where that one does not answer.
#[tokio::test]
async fn an_authority_is_asked_for_a_certificate() {
    let authority = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let directory = format!("https://{}/directory", authority.local_addr().unwrap());
    let place = Place::empty(&format!(
        "{{ mode = \"acme\", domains = [\"desk.school.example\"], contact = \"mailto:office@school.example\", directory = \"{directory}\" }}"
    ));
    let mut service = place.serve();
    service.says("gateway");
    let asked = tokio::time::timeout(Duration::from_secs(20), authority.accept()).await.expect("nobody asked");
    let (mut stream, _) = asked.unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(first, [0x16], "a greeting of TLS");
    drop(stream);
    assert_eq!(service.stop(), 0);
}

#[test]
fn a_school_runs_on_postgresql() {
    testkit::on_postgres(async |kit| {
        let url = kit.another("binary").await.url;
        let place = Place::with_database(&url).furnish();
        assert!(!place.path("data/gatehouse.sqlite").exists());
        let mut service = place.serve();
        service.says("gateway");
        let head = comes_in(&place, HEAD).await;
        assert!(head.get("/policy").await.is(200).says("Games are closed to everyone"));
        place.policy("next", &["Music is closed to all. `music: filter.media-shopping { block = \"music\" }`"]);
        place.run(&["policy", "enact", &place.text("next"), "--as", HEAD]).ends(0).says("Version 2");
        let closed = Surfer::at(place.gateway, [127, 0, 0, 1].into());
        crate::school::within(Duration::from_secs(2), || async { closed.status("http://music.test/").await == 403 })
            .await;
        assert!(head.get("/policy").await.is(200).says("Music is closed to all"));
        place.run(&["ledger", "check"]).ends(0).says("The ledger is whole");
        assert_eq!(service.stop(), 0);
    });
}

/// On the usual database; and only whoever may make accounts makes such a link.
#[tokio::test]
async fn who_forgot_the_password_comes_in_by_a_link() {
    let place = Place::furnished();
    place.run(&["access", "reset", HEAD, "--as", "lucia.ferreira"]).ends(2).says("may not");
    place.run(&["access", "reset", "nobody.here", "--as", HEAD]).ends(2).says("nobody is called");
    let mut service = place.serve();
    service.says("gateway");
    comes_in(&place, HEAD).await.get("/accounts").await.is(200);
    assert_eq!(service.stop(), 0);
    let export = place.text("ledger.jsonl");
    place.run(&["ledger", "export", &export]).ends(0);
    assert!(fs::read_to_string(&export).unwrap().contains("access.invite-again"), "it is an act");
}

/// A list comes over HTTPS from whom an authority of this computer vouches for, and from nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_over_https_is_taken_from_whom_the_computer_trusts() {
    gatehouse::tls::install_provider();
    let place = Place::furnished();
    let (certificate, key) = certificate(&place, "lists");
    let mut config = gatehouse::tls::from_files(certificate.as_ref(), key.as_ref()).unwrap();
    config.alpn_protocols.clear();
    let config = Arc::new(config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/hosts", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = tokio_rustls::TlsAcceptor::from(Arc::clone(&config)).accept(stream).await else {
                continue;
            };
            let mut head = vec![0; 4096];
            let _ = stream.read(&mut head).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 19\r\nconnection: close\r\n\r\n0.0.0.0 arcade.test";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    let add = ["lists", "add", "arcade", &url, "--category", "games", "--format", "hosts", "--as", NETWORK];
    place.run(&add).ends(2).says(&url).says("certificate");
    let trusting = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
        .args(["--config", &place.text("gatehouse.toml")])
        .args(add)
        .env("SSL_CERT_FILE", &certificate)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&trusting.stdout).into_owned() + &String::from_utf8_lossy(&trusting.stderr);
    assert!(trusting.status.success() && said.contains("1 entries are in use"), "{said}");
    place.run(&["explain", "http://arcade.test/"]).ends(0).says("Closed.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_desk_has_what_was_answered_a_second_before() {
    let place = Place::furnished();
    fs::write(place.path("passphrase"), "correct horse battery staple\n").unwrap();
    let (archive, keys, passphrase) = (place.text("school.age"), place.text("keys.age"), place.text("passphrase"));
    let with = ["--keys", &keys, "--passphrase-file", &passphrase];
    let mut service = place.serve();
    service.says("gateway");
    let surfer = Surfer::at(place.gateway, [127, 0, 0, 1].into());
    for _ in 0..5 {
        assert_eq!(surfer.status("http://games.test/").await, 403);
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let said = place.run(&[&["backup", &archive], &with[..]].concat()).ends(0);
    assert!(!said.out.contains("missing"), "{}", said.out);
    assert_eq!(surfer.status("http://games.test/").await, 403, "the gateway goes on");
    assert_eq!(service.stop(), 0);
    assert!(
        fs::read_dir(place.path("data")).unwrap().all(|it| !it
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("backup")),
        "no copy is left behind"
    );
    place.configure("elsewhere", "off");
    place.run(&[&["restore", &archive], &with[..]].concat()).ends(0).says("Every ledger is whole");
    let root = place.path("elsewhere/activity");
    let schools: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .filter_map(|it| kernel::SchoolId::parse(it.unwrap().file_name().to_str().unwrap()).ok())
        .collect();
    let log = LocalLog::open(&root, Arc::new(testkit::TestClock::default()), Options::default()).unwrap();
    let page = log.query(schools[0], Query::newest(Filter::default())).await.unwrap();
    assert_eq!(page.entries.iter().filter(|entry| entry.row.host == "games.test").count(), 5);
    log.close().await.unwrap();
}

/// The gateway runs without its desk, by the policy in force, follows what commands change, and writes its rows.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_runs_alone() {
    let place = Place::furnished();
    let mut service = Service::start(&["--config", &place.text("gatehouse.toml"), "gateway"]);
    service.says("gateway  ");
    assert!(tokio::net::TcpStream::connect(place.desk).await.is_err(), "there is no desk");
    let surfer = Surfer::at(place.gateway, [127, 0, 0, 1].into());
    assert_eq!(surfer.status("http://games.test/").await, 403);
    assert_ne!(surfer.status("http://music.test/").await, 403);
    place.run(&["gateway"]).ends(2).says("is another Gatehouse running here?");
    place.policy("next", &["Music is closed to all. `music: filter.media-shopping { block = \"music\" }`"]);
    place.run(&["policy", "enact", &place.text("next"), "--as", HEAD]).ends(0).says("Version 2");
    crate::school::within(Duration::from_secs(2), || async { surfer.status("http://music.test/").await == 403 }).await;
    assert_eq!(service.stop(), 0);
    let root = place.path("data/activity");
    let log = LocalLog::open(&root, Arc::new(testkit::TestClock::default()), Options::default()).unwrap();
    let school = fs::read_dir(&root)
        .unwrap()
        .find_map(|it| kernel::SchoolId::parse(it.unwrap().file_name().to_str().unwrap()).ok())
        .unwrap();
    let page = log.query(school, Query::newest(Filter::default())).await.unwrap();
    assert!(page.entries.iter().any(|entry| entry.row.host == "games.test"), "{}", page.entries.len());
    log.close().await.unwrap();
}
