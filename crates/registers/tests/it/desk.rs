//! A small school with the registers that are shipped, and the pages of the engines and of this area behind the real gate.

use std::{ops::Deref, sync::Arc};

use async_trait::async_trait;
use declare::{Declaration, Declarations, Value};
use engines::{
    Engines, InForce, Person, Ports,
    registers::{Book, Draft, Kept, RegisterError},
    roll::Roll,
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{PersonId, Role, SchoolTime, SessionId};
use policy::{Policy, Registry, Source, SourceFile, check};
use store::{School, ledger::Which};
use testkit::{Page, Pages, SmallSchool, TestStore};
use uuid::Uuid;
use webkit::{PortError, Session, session::SessionParts};

const POLICY: &str = r#"+++
title = "Online Safety Policy"
version = "1"
issued = 2026-09-01
review = 2027-09-01
+++

# 1 Clauses

- Pupils hand their phones in. `phones: devices.handin { who = "pupils" }`
- Breaches are logged. `breach: data.breach`
- Hardware is recorded. `hw: assets.hardware`
- Equipment leaves through an agency. `gone: assets.disposal`
- Staff sign for what they borrow. `lend: assets.loans`
- Programs are licensed. `sw: assets.software` `assets.licences`
- Every device has virus protection. `av: malware.endpoint-status`
- Pupils hear what becomes of their phones. `heard: devices.handin { who = "pupils", inform = "pupils" }`
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
        let person = |member: &engines::roll::Member| Person {
            id: member.id,
            name: member.name.clone(),
            subject: member.subject.clone(),
            deputises: Default::default(),
        };
        Ok(roll.all().filter(|member| !member.left).map(person).collect())
    }

    async fn unsigned(&self, _: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}

/// A school with its registers.
pub(crate) struct TestDesk<'k> {
    kit: &'k TestStore,
    pages: Pages,
    /// The routes of this area.
    pub(crate) own: Vec<webkit::RouteRow>,
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
    /// Opens it over a store.
    pub(crate) async fn open(kit: &'k TestStore) -> Self {
        let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
        for (name, family, role) in [
            ("office", "Office", Role::Office),
            ("dpo", "Dale", Role::DataProtectionOfficer),
            ("bursar", "Bell", Role::BusinessManager),
            ("dataman", "Day", Role::DataManager),
        ] {
            let person = school.person("Olive", family, None).await;
            school.role(person, role).await;
            school.account(person, name, None).await;
        }
        let registry = rules::controls();
        let source = Source::new(vec![SourceFile { path: "policy.md".to_owned(), text: POLICY.to_owned() }]);
        let checked = check(&source, &registry, date(2026, 11, 24));
        let policy = checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let ports = Arc::new(TestPorts(Arc::new(Here { policy, registry })));
        let engines = Engines::new(kit.store.clone(), ports);
        let area = registers::routes(registers::Registers::new(engines.clone()));
        let own = area.rows().to_vec();
        let pages = Pages::open(&kit.clock, None, [area, engines::routes(engines.clone())]);
        Self { kit, pages, own, engines, school }
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

    /// A register opened for somebody who may read it.
    pub(crate) async fn book(&self, username: &str, control: &str) -> Book {
        let session = self.session(username).await;
        let book = Book::open(&self.engines, &session, control, self.kit.now()).await.unwrap();
        book.unwrap_or_else(|| panic!("{username} may not read {control}"))
    }

    /// Enters something, as somebody who may.
    pub(crate) async fn enter(&self, control: &str, values: &[(&str, Value)]) -> Result<Uuid, RegisterError> {
        let book = self.book(if control == "data.breach" { "dpo" } else { "office" }, control).await;
        let writer = book.writer().unwrap();
        writer.enter(draft(values)).await
    }

    /// An entry as it is.
    pub(crate) async fn kept(&self, control: &str, id: Uuid) -> Kept {
        self.book(if control == "data.breach" { "dpo" } else { "office" }, control).await.get(id).await.unwrap()
    }

    /// Takes a step with an entry.
    pub(crate) async fn step(
        &self,
        control: &str,
        id: Uuid,
        name: &str,
        values: &[(&str, Value)],
    ) -> Result<Kept, RegisterError> {
        let book = self.book("office", control).await;
        let version = book.get(id).await.unwrap().entry.version;
        book.mover(name).unwrap().take(id, version, draft(values)).await
    }

    /// Who has an account.
    pub(crate) async fn who(&self, username: &str) -> PersonId {
        self.school.who(username).await
    }

    /// How many acts of a name stand in the ledger.
    pub(crate) async fn acts(&self, name: &str) -> usize {
        let which = Which { act: Some(name.to_owned()), ..Which::default() };
        self.school.school.ledger().entries(&which).await.unwrap().len()
    }

    /// Signs somebody in, and gives the cookie.
    pub(crate) async fn sign_in(&self, username: &str) -> String {
        self.hand(self.session(username).await)
    }

    /// Sends a file.
    pub(crate) async fn upload(&self, cookie: &str, path: &str, name: &str, text: &str) -> Page {
        self.upload_with(cookie, path, &[], name, text).await
    }

    /// Sends a file and other fields.
    pub(crate) async fn upload_with(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        text: &str,
    ) -> Page {
        self.pages.upload(cookie, path, fields, ("file", name, text.as_bytes())).await
    }
}

/// What somebody types.
pub(crate) fn draft(values: &[(&str, Value)]) -> Draft {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Draft { values, ..Draft::default() }
}

/// Words.
pub(crate) fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

/// A choice.
pub(crate) fn choice(word: &str) -> Value {
    Value::Choice(word.to_owned())
}

/// What a refusal says.
pub(crate) fn says(result: Result<impl Sized, RegisterError>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(RegisterError::Refused(all)) => all.into_iter().map(|one| one.says).collect::<Vec<_>>().join(". "),
        Err(other) => panic!("{other}"),
    }
}
