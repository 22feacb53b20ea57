//! A desk over a store: everybody on the roll, a policy in force, and one session that sees everything.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use declare::{Declaration, Declarations};
use engines::{Engines, Person, Ports};
use governance::{By, Enactment, Governance, Policies, RollPerson};
use http_body_util::BodyExt as _;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{PersonId, Role, SchoolId, SchoolTime, SessionId, Subject};
use people::{
    access::subjects,
    people::{Asked, Importer, apply},
};
use policy::{Policy, Registry, Source, SourceFile};
use rules::{
    facts::{Facts, Known, PolicyFacts},
    people::roster,
};
use store::School;
use testkit::TestStore;
use tower::ServiceExt as _;
use webkit::{Found, PageError, PortError, Rights, Session, Sessions, Settings, Site, Token, session::SessionParts};

/// The policy in force as the engines see it.
struct Here {
    in_force: Arc<governance::InForce>,
    registry: Arc<Registry>,
}

impl engines::InForce for Here {
    fn policy(&self) -> &Policy {
        &self.in_force.policy
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn declarations(&self) -> Vec<&Arc<Declaration>> {
        Declarations::shipped().iter().collect()
    }

    fn declaration(&self, control: &str) -> Option<&Arc<Declaration>> {
        Declarations::shipped().get(control)
    }

    fn since(&self, _: &str) -> Date {
        date(2023, 9, 1)
    }
}

struct Asks(Arc<Here>);

async fn members(school: &School, now: Timestamp) -> Result<Vec<Person>, PortError> {
    let all = subjects::all(&school.read(), SchoolTime::new(now).date()).await;
    let all = all.map_err(|error| PortError::new("read the roll", error))?;
    let person = |one: subjects::Member| Person {
        id: one.id,
        name: one.full_name(),
        subject: one.subject,
        deputises: Default::default(),
    };
    let mut people: Vec<Person> = all.into_values().map(person).collect();
    people.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(people)
}

#[async_trait]
impl Ports for Asks {
    async fn in_force(&self, _: &School, _: Timestamp) -> Result<Option<Arc<dyn engines::InForce>>, PortError> {
        Ok(Some(self.0.clone()))
    }

    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<Person>, PortError> {
        members(school, now).await
    }

    async fn unsigned(&self, _: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}

struct OnRoll;

#[async_trait]
impl governance::Roll for OnRoll {
    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<RollPerson>, PortError> {
        let all = members(school, now).await?;
        Ok(all.into_iter().map(|one| RollPerson { id: one.id, name: one.name, subject: one.subject }).collect())
    }
}

/// One who is signed in.
struct One(Session);

#[async_trait]
impl Sessions for One {
    async fn find(&self, _: &Token, _: Option<IpAddr>, _: Timestamp) -> Result<Found, PortError> {
        Ok(Found::Live(self.0.clone()))
    }
}

struct Built;

impl webkit::InForce for Built {
    fn school(&self, _: &str) -> Option<SchoolId> {
        None
    }

    fn school_name(&self, _: SchoolId) -> String {
        "Willow Lane Primary School".to_owned()
    }

    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        Arc::new(Rights::built_in())
    }
}

/// A desk.
pub(crate) struct Desk {
    pub(crate) engines: Engines,
    pub(crate) school: School,
    pub(crate) session: Session,
    pub(crate) now: Timestamp,
    clock: testkit::TestClock,
    store: store::Store,
    policies: Arc<Policies>,
    here: Arc<Here>,
    router: Router,
    cookie: String,
}

/// A policy whose clauses all report: each declared control in turn, recorded, confirmed or told.
fn policy(clauses: usize) -> String {
    let mut text =
        "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2023-09-01\nreview = 2027-09-01\n+++\n"
            .to_owned();
    let all: Vec<&Arc<Declaration>> = Declarations::shipped().iter().collect();
    for (nth, declaration) in all.iter().cycle().take(clauses).enumerate() {
        if nth.is_multiple_of(20) {
            text.push_str(&format!("\n# {} Section\n\nWhat follows holds for everyone.\n\n", nth / 20 + 1));
        }
        let terms = match (nth / all.len()) % 3 {
            1 => " { attest = \"headteacher\" }",
            2 => " { inform = \"staff\" }",
            _ => "",
        };
        let (says, control) = (&declaration.says, declaration.control());
        text.push_str(&format!("- The school {says}. `c-{nth}: {control}{terms}`\n"));
    }
    text
}

impl Desk {
    /// A school with so many pupils and clauses.
    pub(crate) async fn open(kit: &TestStore, slug: &str, pupils: u32, clauses: usize) -> Self {
        let now = kit.now();
        let school = kit.store.create_school(slug, "Willow Lane Primary School", now).await.unwrap();
        let made = roster::demo::school(pupils, 1);
        let files = roster::collect(made.iter().map(|(name, text)| (name.as_str(), text.as_bytes()))).unwrap();
        apply(&school, Importer::FirstStart, &files, &Asked::default(), now).await.unwrap();
        let registry = Arc::new(rules::controls());
        let policies = Arc::new(Policies::default());
        let source = Source::new(vec![SourceFile { path: Source::MAIN.to_owned(), text: policy(clauses) }]);
        let enactment = Enactment { source, from: None, approved_by: Vec::new() };
        policies.enact(&school, By::Installation, enactment, now).await.unwrap();
        let in_force = policies.in_force(&school, now).await.unwrap().expect("a policy");
        let here = Arc::new(Here { in_force, registry });
        let person = members(&school, now).await.unwrap().first().expect("somebody").id;
        let session = Session::new(SessionParts {
            id: SessionId(uuid::Uuid::from_u128(1)),
            school: school.id(),
            person,
            given: "Helen".to_owned(),
            family: "Marsh".to_owned(),
            subject: Subject { roles: Role::ALL.iter().copied().collect(), ..Subject::default() },
            first: None,
        });
        Self::with(kit.store.clone(), kit.clock.clone(), school, policies, here, session, now)
    }

    fn with(
        store: store::Store,
        clock: testkit::TestClock,
        school: School,
        policies: Arc<Policies>,
        here: Arc<Here>,
        session: Session,
        now: Timestamp,
    ) -> Self {
        let engines = Engines::new(store.clone(), Arc::new(Asks(here.clone())));
        let desk = webkit::Desk {
            settings: Settings::loopback(),
            sessions: Arc::new(One(session.clone())),
            in_force: Arc::new(Built),
            clock: Arc::new(clock.clone()),
        };
        let governance = Governance::new(store.clone(), Arc::clone(&policies), Arc::new(OnRoll));
        let router = Site::new(Arc::new(desk))
            .add(governance::routes(governance))
            .add(engines::routes(engines.clone()))
            .into_router();
        let cookie = format!("gatehouse={}", Token::new(school.id()).unwrap().reveal());
        Self { engines, school, session, now, clock, store, policies, here, router, cookie }
    }

    /// The same as after a start: nothing is remembered.
    pub(crate) fn anew(self) -> Self {
        Self::with(self.store, self.clock, self.school, self.policies, self.here, self.session, self.now)
    }

    /// Who acts.
    pub(crate) fn person(&self) -> PersonId {
        self.session.person()
    }

    /// Asks for a page: its status and its text.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie);
        let (status, _, text) = self.ask(request.body(Body::empty()).unwrap()).await;
        (status, text)
    }

    async fn csrf(&self) -> String {
        let page = self.get("/registers").await.1;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        token.expect("a form").to_owned()
    }

    /// Sends a sheet to be brought in, and gives the page that shows what it would do.
    pub(crate) async fn send_file(&self, path: &str, file: &str) -> String {
        let csrf = self.csrf().await;
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: \
             form-data; name=\"file\"; filename=\"devices.csv\"\r\n\r\n{file}\r\n--b--\r\n"
        );
        let (status, location, text) = self.post(path, "multipart/form-data; boundary=b", body).await;
        assert_eq!(status, 303, "{text}");
        let (status, page) = self.get(&location).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    /// Says yes to what a page shows.
    pub(crate) async fn say_yes(&self, path: &str, page: &str) {
        let form =
            page.split("/import/apply\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("a button");
        let mut body = String::new();
        for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
            let (name, rest) = input.split_once('"').unwrap();
            let value = rest.split_once("value=\"").unwrap().1.split('"').next().unwrap();
            // As browsers write it: what needs no sign stays as it is.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let value: String = value
                .bytes()
                .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
                .collect();
            body.push_str(&format!("{name}={value}&"));
        }
        let (status, _, text) = self.post(path, "application/x-www-form-urlencoded", body).await;
        assert_eq!(status, 303, "{text}");
    }

    async fn post(&self, path: &str, kind: &str, body: String) -> (u16, String, String) {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, kind);
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> (u16, String, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let location = response.headers().get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, location.unwrap_or_default(), String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Judges every binding that the engines serve; how many there are.
    pub(crate) async fn judge(&self) -> usize {
        match engines::standings::judge(&self.engines, &self.school, self.now).await {
            Ok(judged) => judged.len(),
            Err(PageError::Internal(cause)) => panic!("{cause}"),
            Err(other) => panic!("answered with {}", other.status()),
        }
    }

    /// Judges everything and stores how it stands.
    pub(crate) async fn store_standings(&self) {
        let Ok(judged) = engines::standings::judge(&self.engines, &self.school, self.now).await else {
            panic!("the standings were not judged");
        };
        let facts = facts(self.now, judged);
        governance::policy_pages::standings::run(&self.school, &self.here.in_force, &facts, self.now).await.unwrap();
    }

    /// Lets the school go.
    pub(crate) async fn close(self) {
        drop(self);
    }
}

/// What is known where only the engines are asked.
fn facts(now: Timestamp, judged: std::collections::BTreeMap<String, rules::Judgement>) -> Facts {
    fn nothing<T>() -> Known<T> {
        Err("It was not asked.".to_owned())
    }
    Facts {
        now: SchoolTime::new(now),
        policy: PolicyFacts::default(),
        people: nothing(),
        imported: nothing(),
        holders: nothing(),
        lists: nothing(),
        gateway: nothing(),
        filtering: Default::default(),
        activity: nothing(),
        looks: nothing(),
        desk: Default::default(),
        engines: Ok(judged),
    }
}
