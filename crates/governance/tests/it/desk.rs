//! The area behind the real gate, with sessions that the test hands out.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use governance::{Governance, Policies, Roll, RollPerson};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kernel::{PersonId, SchoolId, Subject};
use store::School;
use testkit::TestStore;
use tower::ServiceExt;
use webkit::{Desk, Found, InForce, PortError, Rights, Session, Sessions, Settings, Site, Token};

use super::sample::{policies, session};

#[derive(Default)]
struct Handed(Mutex<HashMap<String, Session>>);

#[async_trait]
impl Sessions for Handed {
    async fn find(&self, token: &Token, _: Option<IpAddr>, _: Timestamp) -> Result<Found, PortError> {
        Ok(self.0.lock().unwrap().get(&token.reveal()).cloned().map_or(Found::Nothing, Found::Live))
    }
}

struct Built;

impl InForce for Built {
    fn school(&self, _: &str) -> Option<SchoolId> {
        None
    }
    fn school_name(&self, _: SchoolId) -> String {
        "Willow Lane Primary".to_owned()
    }
    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        Arc::new(Rights::built_in())
    }
}

struct Listed(Vec<RollPerson>);

#[async_trait]
impl Roll for Listed {
    async fn people(&self, _: &School, _: Timestamp) -> Result<Vec<RollPerson>, PortError> {
        Ok(self.0.clone())
    }
}

/// A desk with this area alone.
pub(crate) struct TestDesk {
    router: Router,
    handed: Arc<Handed>,
    /// The policies that it reads.
    pub(crate) policies: Arc<Policies>,
    /// The table of the area's routes.
    pub(crate) rows: Vec<webkit::RouteRow>,
}

/// What a page answered.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// Where it sends the browser.
    pub(crate) location: Option<String>,
    /// Its body.
    pub(crate) text: String,
}

impl TestDesk {
    /// Opens it over a store.
    pub(crate) fn open(kit: &TestStore, roll: Vec<RollPerson>) -> Self {
        let handed = Arc::new(Handed::default());
        let policies = Arc::new(policies());
        let desk = Desk {
            settings: Settings::loopback(),
            sessions: handed.clone(),
            in_force: Arc::new(Built),
            clock: Arc::new(kit.clock.clone()),
        };
        let state = Governance::new(kit.store.clone(), policies.clone(), Arc::new(Listed(roll)));
        let routes = governance::routes(state);
        let rows = routes.rows().to_vec();
        Self { router: Site::new(Arc::new(desk)).add(routes).into_router(), handed, policies, rows }
    }

    /// Signs somebody in, and gives the cookie.
    pub(crate) fn sign_in(&self, school: SchoolId, person: PersonId, given: &str, subject: Subject) -> String {
        let token = Token::new(school).unwrap();
        self.handed.0.lock().unwrap().insert(token.reveal(), session(school, person, given, subject));
        format!("gatehouse={}", token.reveal())
    }

    /// Opens a page.
    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token of the page that it stands on.
    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &str) -> Answer {
        let page = self.get(cookie, path).await.text;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        self.post_raw(cookie, path, &format!("csrf={token}&{fields}")).await
    }

    /// Sends a form as it is.
    pub(crate) async fn post_raw(&self, cookie: &str, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, location, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}
