//! The resolver as machines ask it: `dig` on the network of guests, `curl` over HTTPS with the token of a device.

use std::{net::SocketAddr, process::Command};

use gatehouse::config::Tls;
use tokio::net::UdpSocket;

use crate::school::*;

/// A server that says of every name that it is on this machine.
pub(crate) async fn above() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut bytes = [0; 1500];
        while let Ok((read, from)) = socket.recv_from(&mut bytes).await {
            // The head, the labels of the name up to the empty one, type and class.
            let mut end = 12;
            while bytes[end] != 0 {
                end += usize::from(bytes[end]) + 1;
            }
            end += 5;
            let is_a = bytes[end - 4..end - 2] == [0, 1];
            let mut answer = bytes[..end.min(read)].to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            answer[6..12].copy_from_slice(&[0, u8::from(is_a), 0, 0, 0, 0]);
            if is_a {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            drop(socket.send_to(&answer, from).await);
        }
    });
    address
}

/// What a program printed; none where there is no such program.
pub(crate) async fn ran(program: &'static str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_and_devices_with_a_token_have_their_own_names() {
    let social = "Social networks are closed to guests. `social: filter.social { who = \"guests\", block = \"social-networks\" }`";
    let games = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
    let everyone = "Gambling is closed. `gambling: filter.categories { who = \"everyone\", block = \"gambling\" }`";
    let guests = "[networks]\nguest = { stands-for = \"guests\", addresses = [\"127.200.0.0/16\"] }\n";
    let mut school = School::with(&Draft::of(&[social, games, everyone]).front(guests)).await;
    let (plain, https) = (testkit::free_address(), testkit::free_address());
    school.config.desk.tls = Tls::Own;
    school.base = school.base.replace("http://", "https://");
    school.config.desk.url.clone_from(&school.base);
    school.config.dns.listen = vec![plain];
    school.config.dns.https = vec![https];
    school.config.dns.upstream = vec![dns::Upstream::parse(&above().await.to_string()).unwrap()];
    school.config.dns.zones = vec![dns::Zone { name: "test".to_owned(), upstream: Vec::new() }];
    school.restart().await;
    let port = plain.port().to_string();
    for (from, name, answer) in [
        ("127.200.0.2", "maths.test", "127.0.0.1"),
        ("127.200.0.2", "social.test", ""),
        ("127.200.0.2", "casino.test", ""),
        ("127.200.0.2", "games.test", "127.0.0.1"),
        ("127.201.0.2", "maths.test", "127.0.0.1"),
    ] {
        let dig = ["@127.0.0.1", "-p", &port, "-b", from, "+short", "+tries=1", "+time=3", name];
        if let Some(said) = ran("dig", &dig).await {
            assert_eq!(said, answer, "{from} {name}");
        }
    }
    let pupil = school.sign_in(PUPIL).await.connect_device().await;
    let teacher = school.sign_in(TEACHER).await.connect_device().await;
    school.settle().await;
    let site = school.site.address().port();
    for (token, name, status) in [
        (&pupil, "maths.test", "200"),
        (&pupil, "games.test", "000"),
        (&teacher, "games.test", "200"),
        (&teacher, "casino.test", "000"),
        (&"guessed".to_owned(), "maths.test", "000"),
    ] {
        let (asks, opens) = (format!("https://{https}/dns-query/{token}"), format!("http://{name}:{site}/"));
        let curl = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--doh-insecure", "--doh-url", &asks, &opens];
        if let Some(said) = ran("curl", &curl).await {
            assert_eq!(said, status, "{name}");
        }
    }
    let rows = crate::controls::filter::safe_search::rows(&school, "games.test").await;
    let key = traffic::monitor::pseudonym(&school.installation().school, school.who(PUPIL).await);
    assert!(rows.iter().any(|row| row.who.person == Some(key) && row.who.device.is_some()), "{rows:?}");
}

/// Whoever has names alone gets what the gateway gives to connections that it does not open: a safe name, or none. The page
/// on which a device tells whether it trusts the root is at the block page.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_safe_by_name_is_closed_by_name() {
    let safe = "Searches are safe. `safe: filter.safe-search { who = \"everyone\", video = \"off\" }`";
    let pictures = "No pictures. `pictures: filter.image-search { who = \"everyone\" }`";
    let mut school = School::open(&[safe, pictures]).await;
    let plain = testkit::free_address();
    school.config.dns.listen = vec![plain];
    school.config.dns.upstream = vec![dns::Upstream::parse(&above().await.to_string()).unwrap()];
    // What the server above says is inside, so that every name of the web must be counted as one of ours.
    let ours = ["com", "test"].map(|name| dns::Zone { name: name.to_owned(), upstream: Vec::new() });
    school.config.dns.zones = ours.into();
    school.config.dns.page = vec!["127.0.0.9".parse().unwrap()];
    school.restart().await;
    let port = plain.port().to_string();
    for (name, answer) in [
        ("maths.test", "127.0.0.1"),
        ("www.google.com", "forcesafesearch.google.com.\n127.0.0.1"),
        ("search.yahoo.com", "127.0.0.9"),
        ("www.qwant.com", "127.0.0.9"),
        ("images.google.com", "127.0.0.9"),
        ("lens.google.com", "127.0.0.9"),
        (gateway::CHECK, "127.0.0.9"),
    ] {
        let dig = ["@127.0.0.1", "-p", &port, "+short", "+tries=1", "+time=3", name];
        if let Some(said) = ran("dig", &dig).await {
            assert_eq!(said, answer, "{name}");
        }
    }
    for (name, clause) in [("search.yahoo.com", "safe"), ("lens.google.com", "pictures")] {
        let rows = crate::controls::filter::safe_search::rows(&school, name).await;
        let row = rows.first().unwrap();
        assert_eq!(row.clause.as_ref().map(|it| it.label.as_str()), Some(clause), "{row:?}");
    }
    assert!(crate::controls::filter::safe_search::rows(&school, gateway::CHECK).await.is_empty());
}
