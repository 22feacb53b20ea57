//! The area behind the real gate, with sessions that the test hands out and a policy of its own.

use std::{
    net::IpAddr,
    ops::Deref,
    sync::{Arc, Mutex},
};

use activity::{ActivityLog, LocalLog, Options};
use async_trait::async_trait;
use filter::{Action, Address, Category, ClauseRef, Parts, Rule, RuleSet, Snapshot, index::ListIndex};
use jiff::Timestamp;
use kernel::{Audience, PersonId, Place, Role, SchoolId, SchoolTime, SessionId, SiteItem, Sites, Subject, Viewer};
use store::School;
use testkit::{Page, Pages, SmallSchool, TestStore};
use traffic::{
    Asker, Changes, Effective, Explained, Gate, Provides, Refusal, Traffic,
    provides::{Approving, Failures, Unblocking},
    what_if::{DraftName, Foreseen, Foresight, NotForeseen, Tried},
};
use webkit::{PortError, Session, session::SessionParts};

/// A clause.
pub(crate) fn clause(label: &str, number: &str) -> Arc<ClauseRef> {
    Arc::new(ClauseRef { label: label.to_owned(), number: number.to_owned(), text: format!("The clause {label}.") })
}

fn sites(names: &[&str]) -> Sites {
    Sites(names.iter().map(|name| SiteItem::parse(name).unwrap()).collect())
}

/// A policy that provides for all of it, but for a second person.
pub(crate) fn provides() -> Provides {
    Provides {
        change: Some(clause("log", "4.1")),
        lists: vec!["approved".to_owned(), "school-blocked".to_owned()],
        unblock: Some(Unblocking {
            clause: clause("unblock", "4.3"),
            sites: sites(&["social-networks", "video"]),
            minutes: 45,
            purposes: vec!["internet-literacy-lesson".to_owned()],
        }),
        suspension: Some(clause("sanction", "6.1")),
        failures: Some(Failures { clause: clause("failures", "4.4"), providers: vec!["LGfL".to_owned()], hours: 24 }),
        approved: Some(Approving {
            clause: clause("approved", "4.5"),
            lists: vec!["approved".to_owned()],
            opens: true,
            preview: true,
        }),
        permits: Some(clause("permits", "4.6")),
        ..Provides::default()
    }
}

/// The rules of that policy: harm is closed to all, social networks, games and all that is named to pupils; what stands
/// on the list of approved sites is open.
fn rule_set() -> RuleSet {
    let rule = |id: &str, action, names: &[&str], who: &str| {
        let mut rule = Rule::new(id, action, sites(names), clause(id, "4.2"));
        rule.who = Audience::parse(who).unwrap();
        rule
    };
    let mut set = RuleSet {
        rules: vec![
            rule("harm", Action::Block, &["adult", "gambling"], "everyone"),
            rule("social", Action::Block, &["social-networks", "games"], "pupils"),
            rule("named", Action::Block, &["named.example", "list:school-blocked"], "pupils"),
            rule("approved", Action::Permit, &["list:approved"], "pupils"),
        ],
        suspension: Some(clause("sanction", "6.1")),
        ..RuleSet::default()
    };
    set.otherwise.action = Action::Permit;
    set
}

/// What lists know.
const LISTED: [(&str, &str); 5] = [
    ("clips.example", "social-networks"),
    ("play.example", "games"),
    ("casino.example", "gambling"),
    ("rude.example", "adult"),
    ("tunnel.example", "vpn"),
];

fn lists() -> ListIndex {
    let mut builder = filter::IndexBuilder::new();
    for (host, category) in LISTED {
        let category = Category::parse(category).unwrap();
        let tag = builder.tag(category.name(), Some(category)).unwrap();
        let (entries, _) = filter::parse_list(filter::ListFormat::Domains, host.as_bytes());
        builder.add(tag, &entries[0]).unwrap();
    }
    ListIndex::open(filter::Image::new(builder.build().unwrap())).unwrap()
}

/// What no page names again.
pub(crate) const SEALED: &str = "sealed.example";

fn sealed() -> filter::SealedList {
    let (entries, _) = filter::parse_list(filter::ListFormat::Domains, SEALED.as_bytes());
    filter::SealedList::open(filter::Image::new(filter::seal(&entries, &[7; 32])), &[7; 32]).unwrap()
}

/// What the area asks of the gateway, answered from the test.
struct TestGate {
    provides: Arc<Mutex<Provides>>,
    snapshot: Arc<Mutex<Arc<Snapshot>>>,
}

/// A pupil of Year 5, class 5B.
pub(crate) fn maya(person: PersonId) -> Viewer {
    Viewer {
        person: Some(person),
        subject: pupil(5, "5B"),
        signed: kernel::Signed::Yes,
        how: kernel::HowKnown::Token,
        ..Viewer::unattributed(Place::School)
    }
}

/// Nothing of the past is decided again here: the binary's tests try that.
struct NoPast;

#[async_trait]
impl Foresight for NoPast {
    async fn drafts(&self, _: SchoolId, _: Timestamp) -> Result<Vec<DraftName>, PortError> {
        Ok(Vec::new())
    }

    async fn foresee(&self, _: SchoolId, _: Tried, _: u16, _: Timestamp) -> Result<Foreseen, NotForeseen> {
        Err(NotForeseen::Unknown)
    }
}

impl Gate for TestGate {
    fn explain(&self, _: SchoolId, _: Asker, _: &Place, at: &SchoolTime, address: &Address) -> Option<Explained> {
        let viewer = maya(PersonId(uuid::Uuid::nil()));
        let snapshot = self.snapshot.lock().unwrap().clone();
        let (decision, steps) =
            filter::explain(&filter::Request { address, viewer: &viewer, at, found: &[] }, &snapshot);
        Some(Explained { decision, steps, policy: "version 1".to_owned() })
    }

    fn provides(&self, _: SchoolId) -> Arc<Provides> {
        Arc::new(self.provides.lock().unwrap().clone())
    }

    fn categories(&self, _: SchoolId, address: &Address) -> Vec<Category> {
        LISTED
            .iter()
            .filter(|(host, _)| address.host.is_within(host))
            .map(|(_, category)| Category::parse(category).unwrap())
            .collect()
    }

    fn networks(&self, _: SchoolId) -> Vec<String> {
        Vec::new()
    }

    fn refusals(&self, _: IpAddr, _: Option<PersonId>) -> Vec<Refusal> {
        Vec::new()
    }

    fn may_look(&self, _: SchoolId, _: &Subject) -> bool {
        false
    }
}

/// A school with this area alone, and the gateway's decisions.
pub(crate) struct House {
    pages: Pages,
    provides: Arc<Mutex<Provides>>,
    snapshot: Arc<Mutex<Arc<Snapshot>>>,
    clock: testkit::TestClock,
    _folder: tempfile::TempDir,
    /// The small school.
    pub(crate) small: SmallSchool,
}

impl Deref for House {
    type Target = Pages;
    fn deref(&self) -> &Pages {
        &self.pages
    }
}

impl House {
    /// Opens it over a store.
    pub(crate) async fn open(kit: &TestStore, provides: Provides) -> Self {
        let small = SmallSchool::build(&kit.store, "ash", kit.now()).await;
        let folder = tempfile::tempdir().unwrap();
        let log: Arc<dyn ActivityLog> =
            Arc::new(LocalLog::open(folder.path(), Arc::new(kit.clock.clone()), Options::default()).unwrap());
        let provides = Arc::new(Mutex::new(provides));
        let snapshot = Arc::new(Mutex::new(Arc::new(Snapshot::new(Parts::default()))));
        let gate = TestGate { provides: provides.clone(), snapshot: snapshot.clone() };
        let routes = traffic::routes(Traffic::new(kit.store.clone(), log, Arc::new(gate), Arc::new(NoPast)));
        let pages = Pages::open(&kit.clock, None, [routes]);
        let house = Self { pages, provides, snapshot, clock: kit.clock.clone(), _folder: folder, small };
        house.settle().await;
        house
    }

    pub(crate) fn school(&self) -> &School {
        &self.small.school
    }

    pub(crate) fn now(&self) -> Timestamp {
        kernel::Clock::now(&self.clock)
    }

    /// Another policy is in force.
    pub(crate) async fn policy(&self, provides: Provides) {
        *self.provides.lock().unwrap() = provides;
        self.settle().await;
    }

    /// What holds beyond the policy.
    pub(crate) async fn beyond(&self) -> Effective {
        let provides = self.provides.lock().unwrap().clone();
        Changes::rules(self.school(), &provides, self.now()).await.unwrap()
    }

    /// Swaps in what holds now, as the binary does at every event.
    pub(crate) async fn settle(&self) {
        let mut rules = rule_set();
        self.beyond().await.add_to(&mut rules);
        let help = vec![SiteItem::parse("help.example").unwrap()];
        let parts = Parts { rules, lists: Some(lists()), sealed: Some(sealed()), help, ..Parts::default() };
        *self.snapshot.lock().unwrap() = Arc::new(Snapshot::new(parts));
    }

    /// Lets time pass, without swapping anything: what ends does it by itself.
    pub(crate) fn minutes(&self, minutes: i64) {
        self.clock.pass(jiff::Span::new().minutes(minutes));
    }

    /// How the gateway decides at this moment about a site for a pupil of 5B.
    pub(crate) fn decides(&self, site: &str) -> String {
        self.decides_for(site, &maya(PersonId(uuid::Uuid::nil())))
    }

    /// The same for somebody else: the word, and the clause.
    pub(crate) fn decides_for(&self, site: &str, viewer: &Viewer) -> String {
        let address = Address::parse(&format!("https://{site}/")).unwrap();
        let at = SchoolTime::new(self.now());
        let snapshot = self.snapshot.lock().unwrap().clone();
        let decision = filter::decide(&filter::Request { address: &address, viewer, at: &at, found: &[] }, &snapshot);
        let clause = decision.clause.as_ref().map(|clause| format!(" {}", clause.label)).unwrap_or_default();
        format!("{}{clause}", decision.word())
    }

    /// Signs in a new person with a role, and gives the cookie.
    pub(crate) async fn somebody(&self, role: Role) -> String {
        let person = self.small.person("Somebody", role.id(), None).await;
        self.sign_in(person, Subject { roles: [role].into(), ..Subject::default() })
    }

    /// The teacher of 5B.
    pub(crate) async fn teacher(&self) -> String {
        let person = self.small.person("Lucia", "Ferreira", None).await;
        let roles = [Role::ClassTeacher].into();
        self.sign_in(person, Subject { roles, classes: ["5B".to_owned()].into(), ..Subject::default() })
    }

    /// Signs in a person, and gives the cookie.
    pub(crate) fn sign_in(&self, person: PersonId, subject: Subject) -> String {
        self.hand(Session::new(SessionParts {
            id: SessionId(uuid::Uuid::from_u128(7)),
            school: self.school().id(),
            person,
            given: "Sam".to_owned(),
            family: "Example".to_owned(),
            subject,
            first: None,
        }))
    }

    /// Sends a form, and swaps in what holds then.
    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &str) -> Page {
        let token = self.token(cookie).await;
        let answer = self.post_raw(cookie, path, &format!("csrf={token}&{fields}")).await;
        self.settle().await;
        answer
    }

    /// Sends a file.
    pub(crate) async fn upload(&self, cookie: &str, path: &str, fields: &[(&str, &str)], file: &str) -> Page {
        self.pages.upload(cookie, path, fields, ("file", "allow list.csv", file.as_bytes())).await
    }
}

/// What audiences ask of a pupil.
pub(crate) fn pupil(year: u8, class: &str) -> Subject {
    let year = kernel::Year::numbered(year);
    Subject { roles: [Role::Pupil].into(), year, classes: [class.to_owned()].into(), ..Subject::default() }
}
