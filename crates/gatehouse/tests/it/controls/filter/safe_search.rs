//! Control `filter.safe-search`, through the gateway: what reaches a search engine asks for what suits children.

use std::time::Duration;

use activity::{Filter, HostIs, Outcome, Query, Row};
use testkit::Site;
use tokio::net::TcpListener;

use crate::school::*;

/// Searches are made safe, for those whom the clause names and no others: in clear by what is asked, encrypted by the
/// name that the engine answers safely under.
#[tokio::test(flavor = "multi_thread")]
async fn safe_search() {
    let clause = "Pupils search safely. `safe: filter.safe-search { who = \"pupils\", video = \"strict\" }`";
    let mut school = School::open(&[clause]).await;
    let (any, strict) = (listener().await, listener().await);
    let site = school.site.address();
    let fixed = [
        ("www.bing.com", site),
        ("www.google.co.uk", site),
        ("www.youtube.com", site),
        ("www.bing.com:443", any.local_addr().unwrap()),
        ("strict.bing.com:443", strict.local_addr().unwrap()),
    ];
    school.config.gateway.resolve.extend(fixed.map(|(name, address)| (name.to_owned(), address)));
    school.restart().await;
    let (pupil, teacher) = (school.sign_in(PUPIL).await, school.sign_in(TEACHER).await);
    let (pupil, teacher) = (school.beside(&pupil), school.beside(&teacher));
    for (surfer, asked) in [
        (&pupil, ["/search?q=otters&adlt=strict", "/search?q=otters&safe=active", "/search?q=otters&safe=active"]),
        (&teacher, ["/search?q=otters&adlt=off", "/search?q=otters&safe=off", "/search?q=otters"]),
    ] {
        surfer.open("http://www.bing.com/search?q=otters&adlt=off").await.is(200);
        assert_eq!(newest(&school.site).0, asked[0]);
        surfer.open("http://www.google.co.uk/search?q=otters&safe=off").await.is(200);
        assert_eq!(newest(&school.site).0, asked[1]);
        surfer.open("http://www.google.co.uk/search?q=otters").await.is(200);
        assert_eq!(newest(&school.site).0, asked[2]);
    }
    // Video is restricted as strictly as the clause says, and other sites are asked what they were asked.
    pupil.open("http://www.youtube.com/watch?v=1").await.is(200);
    assert_eq!(newest(&school.site).1.as_deref(), Some("Strict"));
    teacher.open("http://www.youtube.com/watch?v=1").await.is(200);
    assert_eq!(newest(&school.site).1, None);
    pupil.open("http://maths.test/search?q=otters&safe=off").await.is(200);
    assert_eq!(newest(&school.site).0, "/search?q=otters&safe=off");
    // What is encrypted and not opened goes to the name that the engine answers safely under.
    assert!(pupil.tunnel("www.bing.com:443").await.starts_with("HTTP/1.1 200"));
    assert!(came(&strict).await, "a pupil is led to the safe name");
    assert!(teacher.tunnel("www.bing.com:443").await.starts_with("HTTP/1.1 200"));
    assert!(came(&any).await, "a teacher goes where they asked to go");
    let searches = rows(&school, "www.google.co.uk").await;
    assert_eq!(searches.len(), 4);
    assert!(searches.iter().all(|row| row.outcome == Outcome::Allowed && row.path.as_deref() == Some("/search")));
    school.standing("safe").await.are("kept", "The gateway does it");
}

/// What the log says of requests to a site, newest first.
pub(crate) async fn rows(school: &School, host: &str) -> Vec<Row> {
    school.written().await;
    let which = Filter { host: Some(HostIs::Exactly(host.to_owned())), ..Filter::default() };
    let page = school.app().log().query(school.installation().school.id(), Query::newest(which)).await.unwrap();
    page.entries.into_iter().map(|entry| entry.row).collect()
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Whether somebody has been led here.
async fn came(listener: &TcpListener) -> bool {
    tokio::time::timeout(Duration::from_secs(5), listener.accept()).await.is_ok()
}

/// What the site was asked last, and how it was told to restrict video.
fn newest(site: &Site) -> (String, Option<String>) {
    let visit = site.visits().pop().unwrap();
    (visit.path, visit.headers.get("youtube-restrict").cloned())
}
