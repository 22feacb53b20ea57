//! Names that are looked up: by a server that is silent, and by one that leads inside.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::support::*;

/// Leads `inside.example` inside, and says nothing of other names.
#[derive(Default)]
struct Server {
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl gateway::Resolve for Server {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if name == "inside.example" { Ok(vec![[127, 0, 0, 1].into()]) } else { std::future::pending().await }
    }
}

async fn house() -> (House, Arc<Server>) {
    let (site, server) = (plain_site().await, Arc::new(Server::default()));
    let resolver = server.clone();
    let house = House::build(
        |config| {
            config.resolve.insert(SITE.into(), site.into());
            config.limits.lookup_seconds = 1;
        },
        |ports| ports.resolver = resolver,
    )
    .await;
    (house, server)
}

#[tokio::test]
async fn a_name_server_that_is_silent_is_not_asked_for_ever() {
    let (house, server) = house().await;
    let names: Vec<String> = (0..300).map(|number| format!("http://n{number}.example/")).collect();
    let all = futures_util::future::join_all(names.iter().map(|url| house.get(url, ""))).await;
    assert!(all.iter().all(|answer| status(answer) == "504"), "{}", all[0]);
    assert!(server.asked.load(Ordering::SeqCst) <= 128, "{}", server.asked.load(Ordering::SeqCst));
    assert_eq!(status(&house.get(&format!("http://{SITE}/page"), "").await), "200");
}

#[tokio::test]
async fn what_was_found_inside_is_refused_each_time() {
    let (house, server) = house().await;
    for _ in 0..3 {
        let answer = house.get("http://inside.example/", "").await;
        assert!(status(&answer) == "403" && answer.contains("inside the school"), "{answer}");
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}
