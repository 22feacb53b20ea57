//! A small school with three registers, and their pages behind the real gate.

mod declarations;

use std::{ops::Deref, sync::Arc};

use async_trait::async_trait;
use declare::{Declaration, Declarations, Value, Values};
use engines::{
    Engines, InForce, Person, Ports,
    registers::{self, Book, Draft},
    roll::Roll,
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{PersonId, Role, SchoolTime, SessionId};
use policy::{Policy, Registry, Source, SourceFile, check};
use store::School;
use testkit::{Pages, SmallSchool, TestStore};
use webkit::{PortError, Session, session::SessionParts};

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

/// A school with its registers.
pub(crate) struct TestDesk<'k> {
    kit: &'k TestStore,
    pages: Pages,
    ports: Arc<TestPorts>,
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
        let pages = Pages::open(&kit.clock, None, [registers::routes().with_state(engines.clone())]);
        Self { kit, pages, ports, engines, school }
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
