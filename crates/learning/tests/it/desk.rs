//! A small school with the registers of learning as they are shipped, and their pages behind the real gate.

use std::{ops::Deref, sync::Arc};

use async_trait::async_trait;
use declare::{Declaration, Declarations};
use engines::{
    Engines, InForce, Person, Ports,
    registers::{self, Book, Kept},
    roll::Roll,
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{Role, SchoolTime, SessionId};
use learning::Learning;
use policy::{Policy, Registry, Source, SourceFile, check};
use store::School;
use testkit::{Pages, SmallSchool, TestStore};
use webkit::{PortError, Session, session::SessionParts};

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

/// A school with its registers.
pub(crate) struct TestDesk<'k> {
    kit: &'k TestStore,
    pages: Pages,
    /// The engines.
    pub(crate) engines: Engines,
    /// The school and its people.
    pub(crate) school: SmallSchool,
}

impl Deref for TestDesk<'_> {
    type Target = Pages;
    fn deref(&self) -> &Pages {
        &self.pages
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
        let area = learning::routes(Learning::new(engines.clone()).unwrap());
        let pages = Pages::open(&kit.clock, None, [registers::routes().with_state(engines.clone()), area]);
        Self { kit, pages, engines, school }
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
        self.hand(self.session(username).await)
    }
}
