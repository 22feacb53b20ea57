//! The pages as a browser meets them: through the whole desk, with its gate.

use std::{
    collections::BTreeSet,
    io::{Cursor, Write},
    net::IpAddr,
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use jiff::Timestamp;
use kernel::{Clock, PersonId, Role, SchoolId, SessionId, Subject};
use rules::people::roster::demo;
use store::ledger::Which;
use testkit::{SmallSchool, TestStore, store_test};
use tower::ServiceExt;
use uuid::Uuid;
use webkit::{
    Desk, Found, InForce, PortError, Rights, Session, Sessions, Settings, Site, Token, cookie, session::SessionParts,
};

const NOW: &str = "2026-11-24T10:15:00Z";

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW.parse().unwrap()
    }
}

struct One(Session);

#[async_trait::async_trait]
impl Sessions for One {
    async fn find(&self, _: &Token, _: Option<IpAddr>, _: Timestamp) -> Result<Found, PortError> {
        Ok(Found::Live(self.0.clone()))
    }
}

struct BuiltIn(SchoolId);

impl InForce for BuiltIn {
    fn school(&self, _: &str) -> Option<SchoolId> {
        Some(self.0)
    }
    fn school_name(&self, _: SchoolId) -> String {
        "Willow Lane".to_owned()
    }
    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        Arc::new(Rights::built_in())
    }
}

/// A browser in which somebody with `roles` is signed in.
struct Browser {
    router: Router,
    cookie: String,
}

impl Browser {
    fn of(kit: &TestStore, school: SchoolId, person: PersonId, roles: &[Role]) -> Self {
        let session = Session::new(SessionParts {
            id: SessionId(Uuid::from_u128(7)),
            school,
            person,
            given: "Helen".into(),
            family: "Head".into(),
            subject: Subject { roles: BTreeSet::from_iter(roles.iter().copied()), ..Subject::default() },
            first: None,
        });
        let desk = Desk {
            settings: Settings::loopback(),
            sessions: Arc::new(One(session)),
            in_force: Arc::new(BuiltIn(school)),
            clock: Arc::new(Still),
        };
        let token = Token::new(school).unwrap();
        let mut headers = HeaderMap::new();
        cookie::start_session(&mut headers, &token, &desk.settings);
        let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let router = Site::new(Arc::new(desk)).add(super::routes(kit.store.clone())).into_router();
        Self { router, cookie }
    }

    async fn ask(&self, request: axum::http::request::Builder, body: Body) -> (StatusCode, String) {
        let request =
            request.header(header::HOST, "localhost").header(header::COOKIE, &self.cookie).body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        self.ask(Request::get(path), Body::empty()).await
    }

    async fn csrf(&self) -> String {
        let (_, page) = self.get("/people").await;
        field(&page, "csrf")
    }

    async fn post(&self, path: &str, fields: &str) -> (StatusCode, String) {
        let body = format!("csrf={}&{fields}", self.csrf().await);
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.header("sec-fetch-site", "same-origin"), Body::from(body)).await
    }

    async fn upload(&self, bytes: &[u8]) -> (StatusCode, String) {
        let csrf = self.csrf().await;
        let mut body = Vec::new();
        for (head, content) in [
            ("name=\"csrf\"", csrf.as_bytes()),
            ("name=\"school\"", b"".as_slice()),
            ("name=\"roster\"; filename=\"r.zip\"", bytes),
        ] {
            body.extend_from_slice(format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        let request = Request::post("/people/import").header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.ask(request.header("sec-fetch-site", "same-origin"), Body::from(body)).await
    }
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let from = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    page[from..].split('"').nth(3).unwrap().to_owned()
}

fn zipped(pupils: u32) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in demo::school(pupils, 3) {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn a_head_brings_the_roll_in(kit: &TestStore) {
    let small = SmallSchool::empty(&kit.store, "willow-lane", NOW.parse().unwrap()).await;
    let head = small.person("Helen", "Head", None).await;
    small.account(head, "head", None).await;
    let school = &small.school;
    let browser = Browser::of(kit, school.id(), head, &[Role::Headteacher]);
    assert_eq!(browser.upload(b"no archive").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, shown) = browser.upload(&zipped(60)).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert!(shown.contains("0 leave") && shown.contains("Maya Jones, pupil, Year 5, 5B"), "{shown}");
    let (_, none_yet) = browser.get("/people?year=year-5").await;
    assert!(none_yet.contains("Nobody at the school fits this."), "shown, not done");
    let yes = format!("shown={}&school=", field(&shown, "shown"));
    let (status, page) = browser.post("/people/import/apply", &yes).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let (status, _) = browser.post("/people/import/apply", &yes).await;
    assert_eq!(status, StatusCode::CONFLICT, "what was done does not wait any more");

    let (_, list) = browser.get("/people?year=year-5").await;
    assert!(list.contains("Jones, Maya") && list.contains("60 pupils"), "{list}");
    let (_, list) = browser.post("/people/find", "name=jones+MAYA").await;
    assert!(list.contains("Jones, Maya") && list.contains("<strong>1 person</strong>"), "{list}");
    let id = list.split("/people/").find_map(|rest| PersonId::parse(rest.get(..36)?).ok()).unwrap();
    let (status, person) = browser.get(&format!("/people/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(person.contains("maya.jones waits for its first password") && person.contains("Rhian Jones"), "{person}");
    let title = person.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert!(!title.contains("Maya"), "somebody may look over the shoulder: {title}");
    for path in ["/people/import", "/people/classes", "/people/roles", "/people/export", "/people?page=2"] {
        let (status, page) = browser.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path} {page}");
    }
    for path in ["/people/not-an-id", &format!("/people/{}", Uuid::from_u128(1))] {
        assert_eq!(browser.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let which = Which { act: Some("people.".into()), ..Which::default() };
    let entries = school.ledger().entries(&which).await.unwrap();
    assert!(entries.iter().any(|entry| entry.act == "people.export"), "what was taken away is in the ledger");
}

async fn a_head_says_who_answers_for_what(kit: &TestStore) {
    let small = SmallSchool::build(&kit.store, "willow-lane", NOW.parse().unwrap()).await;
    let head = small.who("head").await;
    let browser = Browser::of(kit, small.school.id(), head, &[Role::Headteacher]);
    let (_, page) = browser.get("/people/roles").await;
    assert!(page.contains("Nobody holds this"), "{page}");
    let (status, _) = browser.post("/people/roles", "person=teacher&role=safeguarding-lead&deputy=no").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = browser.get("/people/roles").await;
    assert!(page.contains("Tariq Teacher"));
    for (fields, says) in [
        ("person=nobody&role=slt", "Enter the name or the username of somebody at the school"),
        ("person=tariq++TEACHER&role=safeguarding-lead&deputy=no", "this person holds it already"),
        ("person=maya.jones&role=slt", "This is a pupil: choose an adult"),
        ("person=teacher&role=safeguarding-lead&deputy=no", "this person holds it already"),
        ("person=teacher&role=king", "Choose a responsibility"),
    ] {
        let (status, page) = browser.post("/people/roles", fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains(says), "{says}: {page}");
    }
    let teacher = small.who("teacher").await;
    let (status, _) = browser.post("/people/roles/end", &format!("person={teacher}&role=safeguarding-lead")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, _) = browser.post("/people/roles/end", &format!("person={head}&role=headteacher")).await;
    assert_eq!(status, StatusCode::CONFLICT, "the roll gave it");
}

async fn others_may_look_or_not(kit: &TestStore) {
    let small = SmallSchool::build(&kit.store, "willow-lane", NOW.parse().unwrap()).await;
    let of = |role| Browser::of(kit, small.school.id(), PersonId(Uuid::from_u128(3)), &[role]);
    let table = webkit::routes::table(super::routes(kit.store.clone()).rows());
    insta::assert_snapshot!("routes", table);
    let allowed = async |role, path: &str| of(role).get(path).await.0 == StatusCode::OK;
    for path in ["/people", "/people/import", "/people/roles", "/people/export"] {
        assert!(!allowed(Role::Pupil, path).await && !allowed(Role::Parent, path).await, "{path}");
    }
    assert!(allowed(Role::Teacher, "/people").await && !allowed(Role::Teacher, "/people/export").await);
    let (_, page) = of(Role::Governor).get("/people/roles").await;
    assert!(page.contains("Helen Head") && !page.contains("Give a responsibility"), "{page}");
    assert_eq!(of(Role::NetworkManager).post("/people/roles", "person=tech&role=slt").await.0, StatusCode::FORBIDDEN);
}

store_test!(a_head_brings_the_roll_in, a_head_says_who_answers_for_what, others_may_look_or_not);
