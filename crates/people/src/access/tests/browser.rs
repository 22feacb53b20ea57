//! A small school with passwords, and browsers that visit its desk.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use jiff::Timestamp;
use kernel::{Role, SchoolId};
use testkit::{SmallSchool, TestClock, TestStore};
use tower::ServiceExt;
use webkit::{Desk, InForce, PortError, Rights, RouteRow, Session, Settings, Site, kit::Urgency};

use crate::access::{Access, DueItem, Ports, routes};

/// The password of everybody in the small school.
pub(super) const PASSWORD: &str = "river-lamp-otter";

pub(super) struct Waiting {
    pub(super) unsigned: Option<&'static str>,
}

#[async_trait]
impl Ports for Waiting {
    async fn due(&self, session: &Session, _: Timestamp) -> Result<Vec<DueItem>, PortError> {
        if !session.roles().contains(&Role::NetworkManager) {
            return Ok(Vec::new());
        }
        let item = |what: &str, urgency, when: &str| DueItem {
            what: what.into(),
            why: "The list is 9 days old; 7 are the most (4.1.2).".into(),
            href: "/filter/lists".into(),
            when: when.into(),
            urgency,
        };
        Ok(vec![
            item("Try the emergency path", Urgency::Later, "Friday"),
            item("Update the list of adult sites", Urgency::Late, "Overdue since Sunday"),
            item("Answer a request for a site", Urgency::Today, "Today by 15:30"),
        ])
    }

    async fn unsigned(&self, _: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        Ok(self.unsigned.map(str::to_owned))
    }

    fn proxy(&self, _: SchoolId) -> Option<String> {
        Some("http://proxy.willow-lane.example:8080".into())
    }
}

struct Policy(SchoolId);

impl InForce for Policy {
    fn school(&self, _: &str) -> Option<SchoolId> {
        Some(self.0)
    }
    fn school_name(&self, _: SchoolId) -> String {
        "Willow Lane Primary".into()
    }
    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        Arc::new(Rights::built_in())
    }
}

/// The desk of one small school, at 10:15 on Tuesday 24 November 2026.
pub(super) struct Desktop {
    pub(super) access: Access,
    pub(super) small: SmallSchool,
    pub(super) clock: TestClock,
    pub(super) rows: Vec<RouteRow>,
    pub(super) router: Router,
    // The folder of the database lives as long as the desk.
    pub(super) _kit: TestStore,
}

impl Desktop {
    pub(super) async fn open() -> Self {
        Self::with(Settings::loopback(), None).await
    }

    pub(super) async fn with(settings: Settings, unsigned: Option<&'static str>) -> Self {
        let kit = testkit::sqlite().await;
        let small = SmallSchool::build(&kit.store, "willow-lane", kit.now()).await;
        let lead = small.person("Nadia", "Nair", None).await;
        small.role(lead, Role::SafeguardingLead).await;
        small.role(lead, Role::Staff).await;
        small.account(lead, "nadia.nair", None).await;
        let access = Access::new(kit.store.clone(), Arc::new(Waiting { unsigned })).unwrap();
        let hash = access.hasher().hash(PASSWORD).await.unwrap();
        let sql = format!("UPDATE access_account SET password_hash = '{hash}'");
        store::testing::tamper(&kit.store, &sql).await.unwrap();
        let desk = Desk {
            settings,
            sessions: Arc::new(access.clone()),
            in_force: Arc::new(Policy(small.school.id())),
            clock: Arc::new(kit.clock.clone()),
        };
        let site = Site::new(Arc::new(desk)).add(routes(access.clone()));
        let rows = site.rows().to_vec();
        Self { access, small, clock: kit.clock.clone(), rows, router: site.into_router(), _kit: kit }
    }

    /// The accounts as another process opens them; what was in memory alone is gone.
    pub(super) fn restarted(self) -> Self {
        let access = Access::new(self._kit.store.clone(), Arc::new(Waiting { unsigned: None })).unwrap();
        Self { access, ..self }
    }

    pub(super) fn browser(&self, address: &str) -> Browser {
        Browser {
            router: self.router.clone(),
            address: format!("{address}:50000").parse().unwrap(),
            cookies: BTreeMap::new(),
            set: Vec::new(),
        }
    }

    /// A browser in which this person is signed in.
    pub(super) async fn signed_in(&self, username: &str, address: &str) -> Browser {
        let mut browser = self.browser(address);
        let answer = browser.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{username}: {}", answer.text);
        browser
    }

    /// The acts in the ledger, the first first.
    pub(super) async fn acts(&self) -> Vec<String> {
        let entries = self.small.school.ledger().entries(&store::ledger::Which::default()).await.unwrap();
        entries.into_iter().map(|entry| entry.act).collect()
    }
}

/// A browser: it keeps cookies and sends the token of the form that it saw last.
#[derive(Clone)]
pub(super) struct Browser {
    router: Router,
    pub(super) address: SocketAddr,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) set: Vec<String>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |place| place.to_str().unwrap())
    }

    /// The value of a field of the page's form.
    pub(super) fn field(&self, name: &str) -> String {
        let from = self.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
        from.split('"').next().unwrap_or_default().to_owned()
    }

    /// The main part of the page, for snapshots: without what changes from run to run.
    pub(super) fn main(&self) -> String {
        let main = self.text.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap_or(&self.text);
        let mut text = format!("<main{main}</main>");
        let csrf = self.field("csrf");
        if !csrf.is_empty() {
            text = text.replace(&csrf, "TOKEN");
        }
        let part = |sign: char| sign.is_ascii_hexdigit() || sign == '-';
        let mut out = String::new();
        for word in text.split_inclusive(|sign: char| !part(sign)) {
            let bare = word.trim_end_matches(|sign: char| !part(sign));
            let id = bare.trim_start_matches('-');
            if id.len() == 36 && id.matches('-').count() == 4 {
                out.push_str(&word.replacen(id, "ID", 1));
            } else {
                out.push_str(word);
            }
        }
        out
    }
}

impl Browser {
    pub(super) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        if !request.headers().contains_key(header::HOST) {
            request.headers_mut().insert(header::HOST, "localhost".parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(self.address));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        self.set.clear();
        for value in parts.headers.get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap().to_owned();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            self.set.push(text);
        }
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as it is, without a token of its own.
    pub(super) async fn bare_post(&mut self, path: &str, body: String) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "http://localhost")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Opens `page` and sends its form to `path`.
    pub(super) async fn post_from(&mut self, page: &str, path: &str, fields: &str) -> Answer {
        let token = self.get(page).await.field("csrf");
        self.bare_post(path, format!("csrf={token}&{fields}")).await
    }

    pub(super) async fn sign_in(&mut self, username: &str, password: &str) -> Answer {
        self.post_from("/sign-in", "/sign-in", &format!("username={username}&password={password}")).await
    }
}
