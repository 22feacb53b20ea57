//! Connections that are opened, from the site's side: certificates good and bad, protocols.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{support::*, tls::*};

#[tokio::test]
async fn a_bad_certificate_is_told_honestly_and_nothing_is_sent() {
    let web = Web::new();
    let expired = web.site(Certificate::of(&["expired.test"]).days(-30, -1), &["h2"]).await;
    let early = web.site(Certificate::of(&["early.test"]).days(1, 30), &["h2"]).await;
    let wrong = web.site(Certificate::of(&["elsewhere.test"]), &["h2"]).await;
    let stranger = web.site(Certificate::of(&["stranger.test"]).by(By::Nobody), &["h2"]).await;
    let alone = web.site(Certificate::of(&["alone.test"]).by(By::Itself), &["http/1.1"]).await;
    let opening = Opening::with(&web, |config| {
        for (name, site) in
            [("expired", expired), ("early", early), ("wrong", wrong), ("stranger", stranger), ("alone", alone)]
        {
            config.resolve.insert(format!("{name}.test"), site.into());
        }
    })
    .await;
    for (name, says, reason) in [
        ("expired.test", "Its certificate has expired.", "certificate-expired"),
        ("early.test", "Its certificate is not valid yet.", "certificate-not-yet-valid"),
        ("wrong.test", "Its certificate belongs to another site.", "certificate-of-another-name"),
        (
            "stranger.test",
            "signed by nobody whom browsers know, or the site does not show by whom",
            "certificate-of-unknown-issuer",
        ),
        (
            "alone.test",
            "signed by nobody whom browsers know, or the site does not show by whom",
            "certificate-of-unknown-issuer",
        ),
    ] {
        let (status, page) = opening.get(name, "/").await;
        assert_eq!(status, 502, "{name}");
        assert!(page.contains("This site cannot prove who it is") && page.contains(says), "{name}: {page}");
        let rows = opening.house.log.0.lock().unwrap().clone();
        assert!(rows.iter().any(|row| row.host == name && row.reason == reason), "{name}");
    }
}

#[tokio::test]
async fn what_else_is_wrong_with_a_sites_tls_is_told_too() {
    let web = Web::new();
    let wants = web.site_that_wants_a_certificate("wants.test").await;
    // In clear; an alert that says that no cipher is shared; a message longer than TLS has any.
    let bare = answering(b"HTTP/1.0 400 Bad Request\r\n\r\n").await;
    let old = answering(&[0x15, 3, 3, 0, 2, 2, 40]).await;
    let broken = answering(&[0x16, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff]).await;
    let opening = Opening::with(&web, |config| {
        for (name, site) in [("wants", wants), ("bare", bare), ("old", old), ("broken", broken)] {
            config.resolve.insert(format!("{name}.test"), site.into());
        }
    })
    .await;
    for (name, says, reason) in [
        ("wants.test", "This site wants a certificate from you", "wants-certificate"),
        ("bare.test", "What it answers is not encrypted. Nothing was sent to it.", "not-encrypted"),
        ("old.test", "It offers only ways of encryption that are too old", "no-tls"),
        ("broken.test", "Its encryption is not in order. Nothing was sent to it.", "tls-broken"),
    ] {
        let (status, page) = opening.get(name, "/").await;
        assert!(status == 502 && page.contains(says), "{name}: {status} {page}");
        let rows = opening.house.log.0.lock().unwrap().clone();
        assert!(rows.iter().any(|row| row.host == name && row.reason == reason), "{name}");
    }
}

/// A server that answers whatever it is told with this.
async fn answering(bytes: &'static [u8]) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(bytes).await;
                // It stays until the other side goes, so that what was said is not lost.
                let _ = stream.read(&mut [0; 4096]).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn either_side_may_speak_either_protocol() {
    let web = Web::new();
    let old = web.site(Certificate::of(&["old.test"]), &["http/1.1"]).await;
    let new = web.site(Certificate::of(&["new.test"]), &["h2"]).await;
    let plain = web.site(Certificate::of(&["bare.test"]), &[]).await;
    let opening = Opening::with(&web, |config| {
        config.resolve.insert("old.test".into(), old.into());
        config.resolve.insert("new.test".into(), new.into());
        config.resolve.insert("bare.test".into(), plain.into());
    })
    .await;
    for name in ["old.test", "new.test", "bare.test"] {
        assert_eq!(opening.get(name, "/page").await, (200, "hello from /page".to_owned()), "{name}");
        let mut sender = two(opening.shake(name, &["h2", "http/1.1"]).await.unwrap()).await;
        let parts = sender.send_request(request(&format!("https://{name}/parts"), &[])).await.unwrap();
        assert!(text(parts).await.1.ends_with("part 99;"), "{name}");
    }
}

#[tokio::test]
async fn a_site_that_is_not_there_is_told_inside() {
    let web = Web::new();
    let opening = Opening::with(&web, |config| {
        config.resolve.insert(SITE.into(), "127.0.0.1:1".parse::<std::net::SocketAddr>().unwrap().into());
        config.resolve.insert("plain.test".into(), "127.0.0.1:1".parse::<std::net::SocketAddr>().unwrap().into());
    })
    .await;
    let (status, page) = opening.get(SITE, "/").await;
    assert!(status == 502 && page.contains("The site does not answer"), "{page}");
}

#[tokio::test]
async fn addresses_inside_are_refused_inside_too() {
    let web = Web::new();
    let opening = Opening::with(&web, |_| {}).await;
    let (status, page) = opening.get("127.0.0.1", "/").await;
    assert!(status == 403 && page.contains("inside the school"), "{page}");
}

/// A line to a server that leads nowhere once it was cut, without anybody being told; whoever dials anew gets through.
async fn line_to(server_address: std::net::SocketAddr) -> (std::net::SocketAddr, std::sync::Arc<tokio::sync::Notify>) {
    let cut = std::sync::Arc::new(tokio::sync::Notify::new());
    let cutting = cut.clone();
    let address = server(move |mut client| {
        let cut = cutting.clone();
        async move {
            let mut site = tokio::net::TcpStream::connect(server_address).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut client, &mut site) => return,
                () = cut.notified() => {}
            }
            let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
        }
    })
    .await;
    (address, cut)
}

#[tokio::test]
async fn a_connection_that_leads_nowhere_any_more_is_left() {
    let web = Web::new();
    let (line, cut) = line_to(web.site(Certificate::of(&[SITE]), &["h2"]).await).await;
    let opening = Opening::with(&web, |config| {
        config.resolve.insert(SITE.into(), line.into());
        config.limits.alive_seconds = 1;
    })
    .await;
    assert_eq!(opening.get(SITE, "/page").await.0, 200);
    cut.notify_waiters();
    let began = std::time::Instant::now();
    assert!(opening.get(SITE, "/page").await.0 >= 500);
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(opening.get(SITE, "/page").await, (200, "hello from /page".to_owned()));
}
