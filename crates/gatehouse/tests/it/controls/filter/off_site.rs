//! Control `filter.off-site`, through the gateway's way in for devices that are elsewhere.

use activity::Outcome;
use gatehouse::{config::Tls, tls::own_paths};
use kernel::HowKnown;
use reqwest::{Certificate, Client, Proxy, StatusCode};

use super::safe_search::rows;
use crate::school::*;

/// A device with a token is filtered by the school's policy wherever it is; whoever has none gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn off_site() {
    let home = "Devices on loan are filtered at home. `home: filter.off-site { who = \"pupils\" }`";
    let games = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
    let mut school = School::open(&[home, games]).await;
    let way = free_port();
    school.config.desk.tls = Tls::Own;
    school.base = school.base.replace("http://", "https://");
    school.config.desk.url.clone_from(&school.base);
    school.config.gateway.listen_tls = vec![way];
    // Nobody is at school.
    school.config.gateway.clients = vec!["192.0.2.0/24".to_owned()];
    school.restart().await;
    let (certificate, _) = own_paths(&school.config.data.folder.join("tls"));
    let certificate = Certificate::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
    let device = |token: Option<&str>| {
        let mut proxy = Proxy::all(format!("https://{way}")).unwrap();
        if let Some(token) = token {
            proxy = proxy.basic_auth("device", token);
        }
        Client::builder().tls_certs_only([certificate.clone()]).proxy(proxy).build().unwrap()
    };
    let status = async |client: &Client, url: &str| client.get(url).send().await.unwrap().status();
    let token = school.sign_in(PUPIL).await.connect_device().await;
    let teachers = school.sign_in(TEACHER).await.connect_device().await;
    school.settle().await;
    let (pupil, teacher) = (device(Some(&token)), device(Some(&teachers)));
    assert_eq!(status(&pupil, "http://maths.test/").await, StatusCode::OK);
    assert_eq!(status(&pupil, "http://games.test/").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&teacher, "http://games.test/").await, StatusCode::OK);
    for stranger in [device(None), device(Some("guessed"))] {
        for url in ["http://maths.test/", "http://childline.org.uk/"] {
            assert_eq!(status(&stranger, url).await, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        }
    }
    assert_eq!((school.reached("maths.test"), school.reached("games.test")), (1, 1));
    let rows = rows(&school, "games.test").await;
    let blocked: Vec<_> = rows.iter().filter(|row| row.outcome == Outcome::Blocked).collect();
    assert_eq!((rows.len(), blocked.len()), (2, 1));
    let row = blocked[0];
    assert_eq!((row.who.how, row.who.person.is_some(), row.who.device.is_some()), (HowKnown::Token, true, true));
    assert_eq!(row.clause.as_ref().map(|it| it.label.as_str()), Some("games"));
    // Which of these devices are on loan is not known, and the clause does not say that it is kept.
    school.standing("home").await.are("unknown", "which devices come from elsewhere");
}
