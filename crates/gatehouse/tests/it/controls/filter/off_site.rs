//! Control `filter.off-site`, through the gateway's way in for devices that are elsewhere, and through the
//! resolver's.

use activity::Outcome;
use gatehouse::{config::Tls, tls::own_paths};
use kernel::{HowKnown, Place};
use reqwest::{Certificate, Client, Proxy, StatusCode};

use super::safe_search::rows;
use crate::{
    devices::{REGISTERS, device, give_code, lend},
    names::{above, ran},
    school::*,
};

/// A device on loan is filtered by the school's policy wherever it is, in the hours that the clause says; whoever has no
/// code gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn off_site() {
    let home = "Devices on loan are filtered at home, and closed at night. \
                `home: filter.off-site { who = \"pupils\", when = \"mon-fri 07:00-21:00\", outside = \"closed\" }`";
    let games = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
    let maths = "Maths is open to pupils. `maths: filter.categories { who = \"pupils\", permit = \"maths.test\" }`";
    let mut school = School::with(&Draft::of(&[&[home, games, maths][..], &REGISTERS].concat())).await;
    school.standing("home").await.are("not-kept", "does not listen for devices away from school");
    let way = testkit::free_address();
    school.config.desk.tls = Tls::Own;
    school.base = school.base.replace("http://", "https://");
    school.config.desk.url.clone_from(&school.base);
    school.config.gateway.listen_tls = vec![way];
    // Nobody is at school.
    school.config.gateway.clients = vec!["192.0.2.0/24".to_owned()];
    school.restart().await;
    school.standing("home").await.are("not-kept", "No device is entered as lent");
    let (certificate, _) = own_paths(&school.config.data.folder.join("tls"));
    let certificate = std::fs::read(certificate).unwrap();
    let surf = |token: Option<&str>| {
        let mut proxy = Proxy::all(format!("https://{way}")).unwrap();
        if let Some(token) = token {
            proxy = proxy.basic_auth("device", token);
        }
        Client::builder().tls_certs_only([Certificate::from_pem(&certificate).unwrap()]).proxy(proxy).build().unwrap()
    };
    let status = async |client: &Client, url: &str| client.get(url).send().await.unwrap().status();
    let network = school.sign_in(NETWORK).await;
    device(&network, "WL-7", "").await;
    lend(&school, &network, "WL-7", PUPIL).await;
    school.standing("home").await.are("not-kept", "1 device on loan has no code");
    let code = give_code(&school, &network).await;
    school.standing("home").await.are("untried", "nothing has come from elsewhere");
    let teachers = school.sign_in(TEACHER).await.connect_device().await;
    school.settle().await;
    let (pupil, teacher) = (surf(Some(&code)), surf(Some(&teachers)));
    assert_eq!(status(&pupil, "http://maths.test/").await, StatusCode::OK);
    assert_eq!(status(&pupil, "http://games.test/").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&teacher, "http://games.test/").await, StatusCode::OK);
    for stranger in [surf(None), surf(Some("guessed"))] {
        for url in ["http://maths.test/", "http://childline.org.uk/"] {
            assert_eq!(status(&stranger, url).await, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        }
    }
    assert_eq!((school.reached("maths.test"), school.reached("games.test")), (1, 1));
    let seen = rows(&school, "games.test").await;
    let blocked: Vec<_> = seen.iter().filter(|row| row.outcome == Outcome::Blocked).collect();
    assert_eq!((seen.len(), blocked.len()), (2, 1));
    let row = blocked[0];
    let key = traffic::monitor::pseudonym(&school.installation().school, school.who(PUPIL).await);
    assert_eq!((row.who.how, row.who.person, row.who.device.is_some()), (HowKnown::Token, Some(key), true));
    assert_eq!(row.who.place, Some(Place::Home));
    assert_eq!(row.clause.as_ref().map(|it| it.label.as_str()), Some("games"));
    school.standing("home").await.are("kept", "1 device on loan has a code");
    // As a machine at home asks, where there is curl.
    let folder = school.folder().join("desk.pem");
    std::fs::write(&folder, &certificate).unwrap();
    let curl = |url: &str| {
        let (proxy, file, user) = (format!("https://{way}"), folder.display().to_string(), format!("device:{code}"));
        let arguments = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--proxy", &proxy, "--proxy-cacert", &file];
        let mut command = std::process::Command::new("curl");
        command.args(arguments).args(["--proxy-user", &user, url]);
        tokio::task::spawn_blocking(move || command.output().ok().map(|out| String::from_utf8(out.stdout).unwrap()))
    };
    for (url, expected) in [("http://maths.test/", "200"), ("http://games.test/", "403")] {
        if let Some(answer) = curl(url).await.unwrap() {
            assert_eq!(answer, expected, "{url}");
        }
    }
    // Outside the hours home is closed to pupils, whatever a clause opens, but for help; nobody else is meant.
    school.at("2026-11-24 22:30").await;
    assert_eq!(status(&pupil, "http://maths.test/").await, StatusCode::FORBIDDEN);
    let seen = rows(&school, "maths.test").await;
    let row = seen.iter().find(|row| row.outcome == Outcome::Blocked).unwrap();
    assert_eq!((row.reason.as_str(), row.clause.as_ref().map(|it| it.label.as_str())), ("off-site", Some("home")));
    assert_eq!(status(&pupil, "http://childline.org.uk/").await, StatusCode::OK);
    assert_eq!(status(&teacher, "http://maths.test/").await, StatusCode::OK);
    // What is lost opens nothing.
    school.at("2026-11-25 10:15").await;
    assert_eq!(status(&pupil, "http://maths.test/").await, StatusCode::OK);
    let network = school.sign_in(NETWORK).await;
    let list = network.get("/devices").await.is(200);
    let asset = list.between("<form action=\"/devices/", "/code\"").unwrap();
    network.submit("/devices", &format!("/devices/{asset}/withdraw"), &[]).await.is(303);
    school.settle().await;
    assert_eq!(status(&pupil, "http://maths.test/").await, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
    school.standing("home").await.are("not-kept", "1 device on loan has no code");
}

/// A device on loan that asks the resolver over HTTPS from elsewhere is held to the same clause and the same hours; without
/// `tokens-from-anywhere` it gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_resolver_serves_devices_elsewhere_in_the_same_hours() {
    let home = "Devices on loan are filtered at home, and closed at night. \
                `home: filter.off-site { who = \"pupils\", when = \"mon-fri 07:00-21:00\", outside = \"closed\" }`";
    let games = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
    let mut school = School::with(&Draft::of(&[&[home, games][..], &REGISTERS].concat())).await;
    let https = testkit::free_address();
    school.config.desk.tls = Tls::Own;
    school.base = school.base.replace("http://", "https://");
    school.config.desk.url.clone_from(&school.base);
    school.config.dns.https = vec![https];
    school.config.dns.upstream = vec![dns::Upstream::parse(&above().await.to_string()).unwrap()];
    let known = ["test", "childline.org.uk"].map(str::to_owned);
    school.config.dns.zones = known.map(|name| dns::Zone { name, upstream: Vec::new() }).to_vec();
    // Nobody is at school.
    school.config.dns.clients = vec!["192.0.2.0/24".parse().unwrap()];
    school.restart().await;
    let network = school.sign_in(NETWORK).await;
    device(&network, "WL-7", "").await;
    lend(&school, &network, "WL-7", PUPIL).await;
    let code = give_code(&school, &network).await;
    let teachers = school.sign_in(TEACHER).await.connect_device().await;
    school.settle().await;
    let site = school.site.address().port();
    // What a machine gets that looks names up there: a page, or no address to go to.
    let opens = async |token: &str, name: &str| {
        let (asks, page) = (format!("https://{https}/dns-query/{token}"), format!("http://{name}:{site}/"));
        let curl = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--doh-insecure", "--doh-url", &asks, &page];
        ran("curl", &curl).await.map(|said| said == "200")
    };
    if opens(&code, "maths.test").await.is_none() {
        return;
    }
    assert_eq!(opens(&code, "maths.test").await, Some(false), "it is not set");
    school.config.dns.tokens_from_anywhere = true;
    school.restart().await;
    for (token, name, expected) in [
        (&code, "maths.test", true),
        (&code, "games.test", false),
        (&teachers, "games.test", true),
        (&"guessed".to_owned(), "maths.test", false),
        (&String::new(), "maths.test", false),
    ] {
        assert_eq!(opens(token, name).await, Some(expected), "{name}");
    }
    school.at("2026-11-24 22:30").await;
    for (token, name, expected) in
        [(&code, "maths.test", false), (&code, "childline.org.uk", true), (&teachers, "maths.test", true)]
    {
        assert_eq!(opens(token, name).await, Some(expected), "{name} at night");
    }
    school.at("2026-11-25 10:15").await;
    assert_eq!(opens(&code, "maths.test").await, Some(true));
    let seen = rows(&school, "games.test").await;
    let blocked: Vec<_> = seen.iter().filter(|row| row.outcome == Outcome::Blocked).collect();
    let key = traffic::monitor::pseudonym(&school.installation().school, school.who(PUPIL).await);
    assert!(!blocked.is_empty());
    for row in blocked {
        assert_eq!((row.who.person, row.who.place.clone()), (Some(key), Some(Place::Home)));
    }
    let night = rows(&school, "maths.test").await;
    let night: Vec<_> = night.iter().filter(|row| row.outcome == Outcome::Blocked).collect();
    assert!(night.iter().all(|row| row.clause.as_ref().is_some_and(|it| it.label == "home")) && !night.is_empty());
}
