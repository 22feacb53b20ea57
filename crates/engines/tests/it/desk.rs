//! A small policy with what is declared of it, and the engines behind the real gate.

use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use declare::{Attestation, AttestedEvidence, Declaration, Moment, Notice, NoticeText};
use engines::{Engines, InForce, Person, Ports};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{Audience, AudienceAtom, Every, PersonId, Role, SchoolTime, SessionId, Subject, Year};
use policy::{Policy, Registry, Source, SourceFile, check};
use store::{
    School, StoreError,
    entity::{people_class, people_class_member, people_group_member, people_person, people_role},
};
use testkit::{Page, Pages, SmallSchool, TestStore};
use webkit::{PortError, Session, session::SessionParts};

/// The front matter of the small policy.
pub(crate) const FRONT: &str = "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n\
    [systems]\nmis = { name = \"the MIS\", by = \"data-manager\", seen = \"attest\" }\n+++\n\n# 1 Clauses\n\n";

/// A policy in force.
pub(crate) struct Here {
    policy: Policy,
    registry: Registry,
    declared: Vec<Arc<Declaration>>,
    since: Date,
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
        self.since
    }
}

fn audience(text: &str) -> Audience {
    Audience::any(text.split(", ").map(|atom| AudienceAtom::parse(atom).unwrap()).collect()).unwrap()
}

fn bare(control: &str, title: &str) -> Declaration {
    let (module, name) = control.split_once('.').unwrap();
    Declaration {
        module: module.to_owned(),
        name: name.to_owned(),
        title: title.to_owned(),
        says: "sees to it".to_owned(),
        terms: Vec::new(),
        register: None,
        attestation: None,
        notice: None,
    }
}

/// A notice with one text for pupils and one for everybody else.
fn notice(control: &str, title: &str, who: &str, moments: &[Moment], acknowledged: bool) -> Declaration {
    let text = |who: &str, title: &str, text: &str| NoticeText {
        who: audience(who),
        title: title.to_owned(),
        text: text.to_owned(),
    };
    let texts = vec![
        text("pupils", "We look after you", "- School can see the sites you open.\n- Tell a grown-up if you worry.\n"),
        text("everyone", title, "Use of the network is monitored.\n\n> {clause}\n"),
    ];
    let notice = Notice { who: audience(who), moments: moments.to_vec(), acknowledged, texts };
    Declaration { notice: Some(notice), ..bare(control, title) }
}

/// What is declared in the stories.
fn declared() -> Vec<Declaration> {
    let locked = Attestation {
        question: "Are servers and switches locked away?".to_owned(),
        help: "Try each door.".to_owned(),
        by: audience("role:network-manager"),
        every: Every::parse("1 term").unwrap(),
        evidence: AttestedEvidence::Required,
    };
    vec![
        Declaration { attestation: Some(locked), ..bare("assets.physical", "Rooms and cabinets") },
        notice("monitor.notice", "Monitoring", "everyone", &[Moment::SignIn], true),
        notice(
            "policy.notices",
            "What the school cannot promise",
            "everyone",
            &[Moment::Session, Moment::BlockPage],
            false,
        ),
        notice("data.privacy-notice", "Your data", "parents", &[Moment::Letter, Moment::WebPage], false),
    ]
}

/// A file of the policy's folder.
pub(crate) fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

/// Everybody on the roll, read as the area of people does.
async fn people(school: &School, now: Timestamp) -> Result<Vec<Person>, StoreError> {
    let today = SchoolTime::new(now).date();
    let rows = school.read();
    let mut people = Vec::new();
    for row in rows.find::<people_person::Entity>().all().await? {
        let joined: Option<Date> = row.joined_on.as_deref().map(|day| day.parse().unwrap());
        let subject = Subject {
            year: row.year.as_deref().map(|year| Year::parse(year).unwrap()),
            joiner: joined.is_some_and(|joined| Subject::is_joiner(joined, today)),
            ..Subject::default()
        };
        let name = format!("{} {}", row.given_name, row.family_name);
        people.push(Person { id: PersonId(row.id), name, subject, deputises: BTreeSet::new() });
    }
    let find = |people: &[Person], id| people.iter().position(|person| person.id.0 == id);
    for row in rows.find::<people_role::Entity>().all().await? {
        let role = Role::parse(&row.role).unwrap();
        let nth = find(&people, row.person_id).unwrap();
        people[nth].subject.roles.insert(role);
        if row.deputy {
            people[nth].deputises.insert(role);
        }
    }
    for (row, class) in rows.find::<people_class_member::Entity>().all_with::<people_class::Entity>().await? {
        let nth = find(&people, row.person_id).unwrap();
        people[nth].subject.classes.insert(class.unwrap().name);
    }
    for row in rows.find::<people_group_member::Entity>().all().await? {
        let nth = find(&people, row.person_id).unwrap();
        people[nth].subject.groups.insert(row.group_name);
    }
    people.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(people)
}

/// What the binary would answer.
pub(crate) struct TestPorts {
    in_force: Mutex<Option<Arc<Here>>>,
    unsigned: Mutex<BTreeSet<PersonId>>,
}

#[async_trait]
impl Ports for TestPorts {
    async fn in_force(&self, _: &School, _: Timestamp) -> Result<Option<Arc<dyn InForce>>, PortError> {
        Ok(self.in_force.lock().unwrap().clone().map(|here| here as Arc<dyn InForce>))
    }

    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<Person>, PortError> {
        people(school, now).await.map_err(|error| PortError::new("read the roll", error))
    }

    async fn unsigned(&self, session: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        let waits = self.unsigned.lock().unwrap().contains(&session.person());
        Ok(waits.then(|| "/agreements/pupils".to_owned()))
    }
}

/// A school with a policy, and the engines' pages.
pub(crate) struct TestDesk {
    pages: Pages,
    ports: Arc<TestPorts>,
    /// The engines.
    pub(crate) engines: Engines,
    /// The school and its people.
    pub(crate) school: SmallSchool,
}

impl Deref for TestDesk {
    type Target = Pages;
    fn deref(&self) -> &Pages {
        &self.pages
    }
}

impl TestDesk {
    /// Opens it over a store, with these clauses in force since 1 November.
    pub(crate) async fn open(kit: &TestStore, clauses: &str) -> Self {
        let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
        let office = school.person("Olive", "Office", None).await;
        school.role(office, Role::Office).await;
        school.account(office, "office", None).await;
        let governor = school.person("Gita", "Governor", None).await;
        school.role(governor, Role::OnlineSafetyGovernor).await;
        school.account(governor, "governor", None).await;
        let ports = Arc::new(TestPorts { in_force: Mutex::new(None), unsigned: Mutex::new(BTreeSet::new()) });
        let engines = Engines::new(kit.store.clone(), ports.clone());
        let areas = [engines::attestations::routes(), engines::notices::routes(), engines::due::routes()];
        let areas = areas.map(|area| area.with_state(engines.clone()));
        let pages = Pages::open(&kit.clock, Some(school.school.id()), areas);
        let it = Self { pages, ports, engines, school };
        it.enact(clauses, Vec::new());
        it
    }

    /// Puts other clauses in force, with files beside them.
    pub(crate) fn enact(&self, clauses: &str, files: Vec<SourceFile>) {
        let registry = rules::controls();
        let mut source = vec![file("policy.md", &format!("{FRONT}{clauses}"))];
        source.extend(files);
        let checked = check(&Source::new(source), &registry, date(2026, 11, 24));
        let policy = checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let here = Here {
            policy,
            registry,
            declared: declared().into_iter().map(Arc::new).collect(),
            since: date(2026, 11, 1),
        };
        *self.ports.in_force.lock().unwrap() = Some(Arc::new(here));
    }

    /// Takes the policy away.
    pub(crate) fn repeal(&self) {
        *self.ports.in_force.lock().unwrap() = None;
    }

    /// Says that somebody has an agreement to sign.
    pub(crate) async fn has_not_signed(&self, username: &str) {
        let who = self.school.who(username).await;
        self.ports.unsigned.lock().unwrap().insert(who);
    }

    /// What is in force, for pure questions.
    pub(crate) fn here(&self) -> Arc<Here> {
        self.ports.in_force.lock().unwrap().clone().unwrap()
    }

    /// The session of somebody of the small school.
    pub(crate) async fn session(&self, username: &str, kit: &TestStore) -> Session {
        let person = self.school.who(username).await;
        let everybody = people(&self.school.school, kit.now()).await.unwrap();
        let member = everybody.iter().find(|one| one.id == person).unwrap();
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

    /// What audiences ask of somebody.
    pub(crate) async fn subject(&self, username: &str, kit: &TestStore) -> Subject {
        self.session(username, kit).await.subject().clone()
    }

    /// Signs somebody in, and gives the cookie.
    pub(crate) async fn sign_in(&self, username: &str, kit: &TestStore) -> String {
        self.hand(self.session(username, kit).await)
    }

    /// Sends a form with a file, where one is given.
    pub(crate) async fn upload(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &[u8])>,
    ) -> Page {
        let file = file.map(|(name, bytes)| ("file", name, bytes));
        self.multipart(cookie, path, fields, file).await
    }
}
