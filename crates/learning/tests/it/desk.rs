//! A small school with the registers of learning as they are shipped, and their pages behind the real gate.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use declare::{Declaration, Declarations};
use engines::{
    Engines, InForce, Person, Ports,
    registers::{self, Book, Kept},
    roll::Roll,
};
use http_body_util::BodyExt;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{Role, SchoolId, SchoolTime, SessionId};
use learning::Learning;
use policy::{Policy, Registry, Source, SourceFile, check};
use store::School;
use testkit::{SmallSchool, TestStore};
use tower::ServiceExt;
use webkit::{Desk, Found, PortError, Rights, Session, Sessions, Settings, Site, Token, session::SessionParts};

const POLICY: &str = r#"+++
title = "Online Safety Policy"
version = "1"
issued = 2026-09-01
review = 2027-09-01
+++

# 1 Teaching

- Pupils learn to choose a safe password. `skill-password: learning.curriculum { who = "year-3..year-6" }`
- Pupils learn to tell somebody. `skill-tell: learning.curriculum { who = "pupils" }`
- Pupils hear that telling is right. `told: learning.curriculum { inform = "pupils" }`

# 2 Voice and training

- Pupils are asked. `voice: learning.pupil-voice`
- All staff have training every year. `train: learning.staff-training { who = "staff" }`
- Leads keep up to date. `leads: learning.lead-training`
- Newcomers have an induction. `join: learning.induction`
"#;

struct Here {
    policy: Policy,
    registry: Registry,
}

impl InForce for Here {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    fn declarations(&self) -> Vec<&Arc<Declaration>> {
        Declarations::shipped().iter().collect()
    }
    fn since(&self, _: &str) -> Date {
        date(2026, 9, 1)
    }
}

struct TestPorts(Arc<Here>);

#[async_trait]
impl Ports for TestPorts {
    async fn in_force(&self, _: &School, _: Timestamp) -> Result<Option<Arc<dyn InForce>>, PortError> {
        Ok(Some(self.0.clone()))
    }

    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<Person>, PortError> {
        let roll = Roll::read(&school.read(), SchoolTime::new(now).date()).await;
        let roll = roll.map_err(|error| PortError::new("read the roll", error))?;
        let here = roll.all().filter(|member| !member.left);
        let person = |member: &engines::roll::Member| Person {
            id: member.id,
            name: member.name.clone(),
            subject: member.subject.clone(),
            deputises: Default::default(),
        };
        Ok(here.map(person).collect())
    }

    async fn unsigned(&self, _: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}

#[derive(Default)]
struct Handed(Mutex<HashMap<String, Session>>);

#[async_trait]
impl Sessions for Handed {
    async fn find(&self, token: &Token, _: Option<IpAddr>, _: Timestamp) -> Result<Found, PortError> {
        Ok(self.0.lock().unwrap().get(&token.reveal()).cloned().map_or(Found::Nothing, Found::Live))
    }
}

struct Built;

impl webkit::InForce for Built {
    fn school(&self, _: &str) -> Option<SchoolId> {
        None
    }
    fn school_name(&self, _: SchoolId) -> String {
        "Ash Primary".to_owned()
    }
    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        Arc::new(Rights::built_in())
    }
}

/// A school with its registers.
pub(crate) struct TestDesk<'k> {
    kit: &'k TestStore,
    router: Router,
    handed: Arc<Handed>,
    /// The engines.
    pub(crate) engines: Engines,
    /// The school and its people.
    pub(crate) school: SmallSchool,
}

/// What a page answered.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) text: String,
}

impl Answer {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    /// The words of the page, without its marks.
    pub(crate) fn words(&self) -> String {
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
}

impl<'k> TestDesk<'k> {
    /// Opens it over a store: besides the usual people an office, two leads and a governor; classes 5A, 5B and 1A.
    pub(crate) async fn open(kit: &'k TestStore) -> Self {
        let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
        for (given, family, role, username) in [
            ("Olive", "Office", Role::Office, "office"),
            ("Lena", "Lead", Role::OnlineSafetyLead, "lead"),
            ("Sadia", "Safe", Role::SafeguardingLead, "safe"),
        ] {
            let person = school.person(given, family, None).await;
            school.role(person, role).await;
            school.role(person, Role::Staff).await;
            school.account(person, username, None).await;
        }
        let governor = school.person("Gita", "Governor", None).await;
        school.role(governor, Role::OnlineSafetyGovernor).await;
        school.account(governor, "governor", None).await;
        school.class("5A", Some("year-5")).await;
        school.class("1A", Some("year-1")).await;
        let registry = rules::controls();
        let source = Source::new(vec![SourceFile { path: "policy.md".to_owned(), text: POLICY.to_owned() }]);
        let checked = check(&source, &registry, date(2026, 11, 24));
        let policy = checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let engines = Engines::new(kit.store.clone(), Arc::new(TestPorts(Arc::new(Here { policy, registry }))));
        let handed = Arc::new(Handed::default());
        let desk = Desk {
            settings: Settings::loopback(),
            sessions: handed.clone(),
            in_force: Arc::new(Built),
            clock: Arc::new(kit.clock.clone()),
        };
        let router = Site::new(Arc::new(desk))
            .add(registers::routes().with_state(engines.clone()))
            .add(learning::routes(Learning::new(engines.clone()).unwrap()))
            .into_router();
        Self { kit, router, handed, engines, school }
    }

    /// A new session of somebody of the small school.
    pub(crate) async fn session(&self, username: &str) -> Session {
        let person = self.school.who(username).await;
        let roll = Roll::read(&self.school.school.read(), SchoolTime::new(self.kit.now()).date()).await.unwrap();
        let member = roll.get(person).unwrap();
        let (given, family) = member.name.split_once(' ').unwrap();
        Session::new(SessionParts {
            id: SessionId(store::ids::new_id(self.kit.now()).unwrap()),
            school: self.school.school.id(),
            person,
            given: given.to_owned(),
            family: family.to_owned(),
            subject: member.subject.clone(),
            first: None,
        })
    }

    /// Every entry of a register, as the head sees it.
    pub(crate) async fn entries(&self, control: &str) -> Vec<Kept> {
        let book = Book::open_as_gatehouse(&self.engines, &self.school.school, control, self.kit.now()).await;
        let asked = registers::Asked { shown: registers::Shown::All, ..Default::default() };
        book.unwrap().unwrap().list(&asked).await.unwrap().entries
    }

    /// Signs somebody in, and gives the cookie.
    pub(crate) async fn sign_in(&self, username: &str) -> String {
        let session = self.session(username).await;
        self.hand(session)
    }

    /// The cookie of a session.
    pub(crate) fn hand(&self, session: Session) -> String {
        let token = Token::new(self.school.school.id()).unwrap();
        self.handed.0.lock().unwrap().insert(token.reveal(), session);
        format!("gatehouse={}", token.reveal())
    }

    /// Opens a page.
    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// The token of the forms of a session.
    async fn csrf(&self, cookie: &str) -> String {
        let page = self.get(cookie, "/surveys").await;
        let token = page.text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        token.unwrap_or_else(|| panic!("no form: {}", page.status)).to_owned()
    }

    /// Sends a form.
    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = format!("csrf={}", self.csrf(cookie).await);
        for (name, value) in fields {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body.push_str(&format!("&{name}={value}"));
        }
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form with a file, or with an empty one.
    pub(crate) async fn upload(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let csrf = self.csrf(cookie).await;
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf.as_str())].iter().chain(fields) {
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend(bytes);
        body.extend(b"\r\n--b--\r\n");
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}
