//! Pages of some areas behind the real gate, opened by people whose sessions the test hands out.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header, request::Builder},
};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kernel::SchoolId;
use tower::ServiceExt as _;
use webkit::{Desk, Found, InForce, PortError, Rights, RouteRow, Routes, Session, Sessions, Settings, Site, Token};

use crate::TestClock;

/// The name of the school, as its pages show it.
const SCHOOL: &str = "Willow Lane Primary";

/// The sessions that were handed out.
#[derive(Default)]
struct Handed(Mutex<HashMap<String, Session>>);

#[async_trait]
impl Sessions for Handed {
    async fn find(&self, token: &Token, _: Option<IpAddr>, _: Timestamp) -> Result<Found, PortError> {
        let handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(handed.get(&token.reveal()).cloned().map_or(Found::Nothing, Found::Live))
    }
}

/// Rights as they are where no policy says otherwise; one school at most, at every address.
struct Built(Option<SchoolId>);

impl InForce for Built {
    fn school(&self, _: &str) -> Option<SchoolId> {
        self.0
    }

    fn school_name(&self, _: SchoolId) -> String {
        SCHOOL.to_owned()
    }

    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        Arc::new(Rights::built_in())
    }
}

/// The pages of some areas, and whoever is signed in.
pub struct Pages {
    router: Router,
    handed: Arc<Handed>,
    /// The table of the areas' routes.
    pub rows: Vec<RouteRow>,
}

impl Pages {
    /// Opens the pages of these areas. `public` is the school whose pages without a session are shown, where there are any.
    pub fn open(clock: &TestClock, public: Option<SchoolId>, areas: impl IntoIterator<Item = Routes<()>>) -> Self {
        let handed = Arc::new(Handed::default());
        let desk = Desk {
            settings: Settings::loopback(),
            sessions: handed.clone(),
            in_force: Arc::new(Built(public)),
            clock: Arc::new(clock.clone()),
        };
        let mut site = Site::new(Arc::new(desk));
        let mut rows = Vec::new();
        for area in areas {
            rows.extend(area.rows().iter().cloned());
            site = site.add(area);
        }
        Self { router: site.into_router(), handed, rows }
    }

    /// The router, to serve it to a browser.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Signs somebody in, and gives the cookie.
    #[track_caller]
    pub fn hand(&self, session: Session) -> String {
        let token = match Token::new(session.school()) {
            Ok(token) => token,
            Err(error) => panic!("{error}"),
        };
        self.handed.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.reveal(), session);
        format!("gatehouse={}", token.reveal())
    }

    /// Opens a page.
    pub async fn get(&self, cookie: &str, path: &str) -> Page {
        self.ask(Request::get(path).header(header::COOKIE, cookie), Body::empty()).await
    }

    /// The token that the forms of somebody's pages carry.
    pub async fn token(&self, cookie: &str) -> String {
        // A page that is not there has the form to sign out, as all have.
        let page = self.get(cookie, "/not-there").await;
        match page.token() {
            Some(token) => token.to_owned(),
            None => panic!("nobody is signed in: {}", page.text),
        }
    }

    /// Sends a form.
    pub async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = format!("csrf={}", self.token(cookie).await);
        for (name, value) in fields {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body.push_str(&format!("&{name}={value}"));
        }
        self.post_raw(cookie, path, &body).await
    }

    /// Sends a form as it is.
    pub async fn post_raw(&self, cookie: &str, path: &str, body: &str) -> Page {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request, Body::from(body.to_owned())).await
    }

    /// Sends a form with a file: the field, the file's name (empty where nobody chose one), its bytes.
    pub async fn upload(&self, cookie: &str, path: &str, fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Page {
        self.multipart(cookie, path, fields, Some(file)).await
    }

    /// The same, where there may be no file at all.
    pub async fn multipart(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &str, &[u8])>,
    ) -> Page {
        let token = self.token(cookie).await;
        let mut body = Vec::new();
        for (name, value) in [("csrf", token.as_str())].iter().chain(fields) {
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        if let Some((field, name, bytes)) = file {
            let head = format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
            body.extend(head.bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--b--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.ask(request, Body::from(body)).await
    }

    /// Sends what a program sends.
    pub async fn post_json(&self, cookie: &str, path: &str, json: &str) -> Page {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-csrf", self.token(cookie).await);
        self.ask(request, Body::from(json.to_owned())).await
    }

    async fn ask(&self, request: Builder, body: Body) -> Page {
        let request = match request.header(header::HOST, "localhost").body(body) {
            Ok(request) => request,
            Err(error) => panic!("{error}"),
        };
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => panic!("{error}"),
        };
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

/// What a page answered.
#[derive(Debug)]
pub struct Page {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Page {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it sends the browser; empty where it stays.
    pub fn location(&self) -> &str {
        self.header(header::LOCATION)
    }

    /// What its header says that it is.
    pub fn media(&self) -> &str {
        self.header(header::CONTENT_TYPE)
    }

    /// The token of its first form.
    pub fn token(&self) -> Option<&str> {
        self.text.split("name=\"csrf\" value=\"").nth(1)?.split('"').next()
    }

    /// The words of the page, without its marks.
    pub fn words(&self) -> String {
        let mut words = String::new();
        let mut within = false;
        for letter in self.text.chars() {
            match letter {
                '<' => within = true,
                '>' => {
                    within = false;
                    words.push(' ');
                }
                letter if !within => words.push(letter),
                _ => {}
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first id in an address of this form on the page.
    #[track_caller]
    pub fn id(&self, before: &str, after: &str) -> String {
        let ids = self.text.split(before).skip(1).filter_map(|rest| rest.split_once(after));
        match ids.map(|(id, _)| id).find(|id| id.len() == 36) {
            Some(id) => id.to_owned(),
            None => panic!("no {before}…{after} on {}", self.text),
        }
    }

    /// That it has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// That this stands on the page.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        self.has(&[text]);
        self
    }

    /// That all of these stand on the page.
    #[track_caller]
    pub fn has(&self, all: &[&str]) {
        for text in all {
            assert!(self.text.contains(text), "`{text}` is not on the page: {}", self.text);
        }
    }
}
