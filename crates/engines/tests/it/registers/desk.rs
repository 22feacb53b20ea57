//! A small school with three registers, and their pages behind the real gate.

mod declarations;

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
use declare::{Declaration, Declarations, Value, Values};
use engines::{
    Engines, InForce, Person, Ports,
    registers::{self, Book, Draft},
    roll::Roll,
};
use http_body_util::BodyExt;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{PersonId, Role, SchoolId, SchoolTime, SessionId};
use policy::{Policy, Registry, Source, SourceFile, check};
use store::School;
use testkit::{SmallSchool, TestStore};
use tower::ServiceExt;
use webkit::{Desk, Found, PortError, Rights, Session, Sessions, Settings, Site, Token, session::SessionParts};

use self::declarations::{CURRICULUM, HARDWARE, LOANS};

/// What the school has in force.
pub(crate) const POLICY: &str = r#"+++
title = "Online Safety Policy"
version = "1"
issued = 2026-09-01
review = 2027-09-01
+++

# 1 Equipment

- Details of all hardware are recorded. `hw: assets.hardware`
- Staff sign for what they borrow. `lend: assets.loans { who = "staff" }`

# 2 Teaching

- Pupils learn to choose a safe password. `skill-password: learning.curriculum { who = "year-3..year-6" }`
- Pupils learn to tell somebody. `skill-tell: learning.curriculum { who = "pupils" }`
"#;

struct Here {
    policy: Policy,
    registry: Registry,
    declared: Declarations,
}

impl InForce for Here {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    fn declarations(&self) -> Vec<&Arc<Declaration>> {
        self.declared.iter().collect()
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
    ports: Arc<TestPorts>,
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
}

fn in_force(declared: Declarations, policy: &str) -> Here {
    let registry = rules::controls();
    let source = Source::new(vec![SourceFile { path: "policy.md".to_owned(), text: policy.to_owned() }]);
    let checked = check(&source, &registry, date(2026, 11, 24));
    let policy = checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    Here { policy, registry, declared }
}

impl<'k> TestDesk<'k> {
    /// Opens it over a store.
    pub(crate) async fn open(kit: &'k TestStore) -> Self {
        Self::open_under(kit, POLICY).await
    }

    /// The same under another policy.
    pub(crate) async fn open_under(kit: &'k TestStore, policy: &str) -> Self {
        let declared = [
            ("assets/hardware.toml", HARDWARE),
            ("assets/loans.toml", LOANS),
            ("learning/curriculum.toml", CURRICULUM),
        ];
        Self::open_with(kit, &declared, policy).await
    }

    /// The same with other declarations and another policy.
    pub(crate) async fn open_with(kit: &'k TestStore, declared: &[(&str, &str)], policy: &str) -> Self {
        let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
        let office = school.person("Olive", "Office", None).await;
        school.role(office, Role::Office).await;
        school.account(office, "office", None).await;
        let declared = Declarations::load(declared.iter().copied());
        let declared = declared.unwrap_or_else(|problems| panic!("{problems:#?}"));
        Self::with(kit, school, declared, policy)
    }

    /// Opens it with every register that is shipped, each asked for by a clause.
    pub(crate) async fn shipped(kit: &'k TestStore) -> Self {
        let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
        let mut policy = "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\n+++\n\n# 1 Registers\n\n".to_owned();
        for (declaration, _) in Declarations::shipped().registers() {
            let label = declaration.control().replace('.', "-");
            policy.push_str(&format!("- It is kept: {}. `{label}: {}`\n", declaration.title, declaration.control()));
        }
        Self::with(kit, school, Declarations::shipped().clone(), &policy)
    }

    fn with(kit: &'k TestStore, school: SmallSchool, declared: Declarations, policy: &str) -> Self {
        let ports = Arc::new(TestPorts(Arc::new(in_force(declared, policy))));
        let engines = Engines::new(kit.store.clone(), ports.clone());
        let handed = Arc::new(Handed::default());
        let desk = Desk {
            settings: Settings::loopback(),
            sessions: handed.clone(),
            in_force: Arc::new(Built),
            clock: Arc::new(kit.clock.clone()),
        };
        let routes = registers::routes().with_state(engines.clone());
        let router = Site::new(Arc::new(desk)).add(routes).into_router();
        Self { kit, router, handed, ports, engines, school }
    }

    /// Engines of another process on the same records.
    pub(crate) fn another_process(&self) -> Engines {
        Engines::new(self.kit.store.clone(), self.ports.clone())
    }

    /// Engines on the same records where these files are declared, and a policy that names none of them.
    pub(crate) fn engines_with(&self, declared: &[(&str, &str)]) -> Engines {
        let policy = format!("{}- Staff are careful.\n", POLICY.split("# 1 Equipment").next().unwrap());
        let declared = Declarations::load(declared.iter().copied()).unwrap();
        Engines::new(self.kit.store.clone(), Arc::new(TestPorts(Arc::new(in_force(declared, &policy)))))
    }

    /// The session of somebody of the small school.
    pub(crate) async fn session(&self, username: &str) -> Session {
        let person = self.school.who(username).await;
        let roll = Roll::read(&self.school.school.read(), SchoolTime::new(self.kit.now()).date()).await.unwrap();
        let member = roll.get(person).unwrap();
        let (given, family) = member.name.split_once(' ').unwrap();
        Session::new(SessionParts {
            id: SessionId(person.0),
            school: self.school.school.id(),
            person,
            given: given.to_owned(),
            family: family.to_owned(),
            subject: member.subject.clone(),
            first: None,
        })
    }

    /// A register opened for somebody, if they may read it.
    pub(crate) async fn may_open(&self, username: &str, control: &str) -> Option<Book> {
        let session = self.session(username).await;
        Book::open(&self.engines, &session, control, self.kit.now()).await.unwrap()
    }

    /// A register opened for somebody who may read it.
    pub(crate) async fn book(&self, username: &str, control: &str) -> Book {
        self.may_open(username, control).await.unwrap_or_else(|| panic!("{username} may not read {control}"))
    }

    /// Enters a device as the office, and gives its identifier.
    pub(crate) async fn device(&self, tag: &str) -> uuid::Uuid {
        let book = self.book("office", "assets.hardware").await;
        let draft = draft(&[("tag", text(tag)), ("kind", Value::Choice("laptop".to_owned()))]);
        book.writer().unwrap().enter(draft).await.unwrap()
    }

    /// What is entered of a loan.
    pub(crate) async fn loan(&self, device: uuid::Uuid, borrower: &str, lent: Date, due: Date) -> Draft {
        let borrower = self.school.who(borrower).await;
        draft(&[
            ("device", Value::Entry(device)),
            ("borrower", Value::Person(borrower)),
            ("lent-on", Value::Date(lent)),
            ("due-on", Value::Date(due)),
        ])
    }

    /// A session of somebody of the small school as one who has these roles.
    pub(crate) async fn session_as(&self, username: &str, roles: &[Role]) -> Session {
        let session = self.session(username).await;
        let subject = kernel::Subject { roles: roles.iter().copied().collect(), ..session.subject().clone() };
        Session::new(SessionParts {
            id: session.id(),
            school: session.school(),
            person: session.person(),
            given: "Some".to_owned(),
            family: "Body".to_owned(),
            subject,
            first: None,
        })
    }

    /// Signs somebody in, and gives the cookie.
    pub(crate) async fn sign_in(&self, username: &str) -> String {
        self.hand(self.session(username).await)
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
        let page = self.get(cookie, "/registers").await;
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

    /// Sends a form with a file.
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

    /// Sends what a program sends.
    pub(crate) async fn post_json(&self, cookie: &str, path: &str, data: &serde_json::Value) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-csrf", self.csrf(cookie).await);
        self.ask(request.body(Body::from(data.to_string())).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// The router, to serve it to a browser.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Who somebody is.
    pub(crate) async fn who(&self, username: &str) -> PersonId {
        self.school.who(username).await
    }
}

/// What somebody enters.
pub(crate) fn draft(values: &[(&str, Value)]) -> Draft {
    let values: Values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Draft { values, ..Draft::default() }
}

/// Words.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
