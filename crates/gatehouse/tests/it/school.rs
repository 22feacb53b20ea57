//! A whole installation in this process: records in a folder of its own, desk and gateway on loopback, a roll that came
//! in as a real one does, a list, a site to open, and a clock that is set. What tests do, they do from outside.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use gatehouse::{app::App, config::Config, config::Tls, installation::Installation};
use governance::{By, EnactError, Enacted, Enactment};
use kernel::{Clock, PersonId};
use people::people::{Asked, Importer, apply, import_roles};
use rules::people::roster;
use serde_json::Value;
use store::Actor;
use testkit::{Site, TestClock};
use traffic::lists::{Format, NewList, Source as ListSource, service};
use webkit::permit::MayEnactPolicy;

pub(crate) use crate::draft::Draft;

use crate::browser::{Browser, Surfer};

/// Everybody's password, once they have one: long enough for any clause.
pub(crate) const PASSWORD: &str = "quiet harbour lantern";

/// Who is who in the school of the tests.
pub(crate) const HEAD: &str = "helen.marsh";
pub(crate) const DEPUTY: &str = "owen.pritchard";
pub(crate) const SAFEGUARDING: &str = "priya.nair";
pub(crate) const NETWORK: &str = "tom.okafor";
pub(crate) const TEACHER: &str = "lucia.ferreira";
pub(crate) const PUPIL: &str = "maya.jones";
pub(crate) const YOUNGEST: &str = "ada.whitcombe";
pub(crate) const PARENT: &str = "rhian.jones";

/// What the school's list knows.
const LIST: &[(&str, &str)] = &[
    ("games", "games.test"),
    ("gambling", "casino.test"),
    ("social-networks", "social.test"),
    ("chat", "chat.test"),
    ("video", "video.test"),
    ("music", "music.test"),
    ("downloads", "downloads.test"),
    ("shopping", "shop.test"),
    ("hacking", "hack.test"),
];

/// How a clause stands, as the desk tells the headteacher.
#[derive(Debug, Clone)]
pub(crate) struct Stands {
    /// `kept`, `not-kept`, …
    pub(crate) word: String,
    /// The sentence that shows it.
    pub(crate) evidence: String,
    /// All that the desk says of it.
    pub(crate) whole: Value,
}

impl Stands {
    /// Holds how it stands, and what is said of it.
    #[track_caller]
    pub(crate) fn are(&self, word: &str, says: &str) {
        assert!(self.word == word && self.evidence.contains(says), "not {word}, \"{says}\": {:#}", self.whole);
    }
}

/// A school that is open.
pub(crate) struct School {
    app: Option<App>,
    pub(crate) clock: TestClock,
    pub(crate) site: Site,
    pub(crate) base: String,
    pub(crate) config: Config,
    folder: tempfile::TempDir,
    versions: Mutex<u32>,
    head: tokio::sync::OnceCell<Browser>,
}

/// Writes the school's list as a folder with a file for each category.
pub(crate) fn write_list(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (category, host) in LIST {
        fs::write(folder.join(format!("{category}.txt")), format!("{host}\n")).unwrap();
    }
}

impl School {
    /// A school whose policy has these clauses.
    pub(crate) async fn open(clauses: &[&str]) -> Self {
        Self::with(&Draft::of(clauses)).await
    }

    /// A school with this policy, on Tuesday 24 November 2026 at 10:15.
    pub(crate) async fn with(draft: &Draft) -> Self {
        let school = Self::without_policy().await;
        school.enact(draft).await.unwrap();
        school
    }

    /// A school that has no policy yet.
    pub(crate) async fn without_policy() -> Self {
        gatehouse::tls::install_provider();
        let errors = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer();
        drop(errors.try_init());
        let folder = tempfile::tempdir().unwrap();
        let site = Site::start().await;
        let desk = testkit::free_address();
        let mut config = Config::of_school("willow-lane", "Willow Lane Primary");
        config.data.folder = folder.path().join("data");
        config.desk.listen = desk;
        config.desk.url = format!("http://{desk}");
        config.desk.tls = Tls::Off;
        config.gateway.listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
        config.gateway.resolve =
            [("*.test".to_owned(), site.address()), ("childline.org.uk".to_owned(), site.address())].into();
        config.gateway.drain_seconds = 1;
        let clock = TestClock::default();
        let installation = Installation::open(config.clone(), Arc::new(clock.clone())).await.unwrap();
        fill(&installation, folder.path()).await;
        let app = App::start(installation).await.unwrap();
        let base = format!("http://{desk}");
        Self { app: Some(app), clock, site, base, config, folder, versions: Mutex::new(0), head: Default::default() }
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().unwrap()
    }

    pub(crate) fn installation(&self) -> &Installation {
        self.app().live.installation()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops everything and starts it again, as after a reboot.
    pub(crate) async fn restart(&mut self) {
        self.app.take().unwrap().stop().await.unwrap();
        self.head = Default::default();
        let installation = Installation::open(self.config.clone(), Arc::new(self.clock.clone())).await.unwrap();
        self.app = Some(App::start(installation).await.unwrap());
    }

    /// Starts anew with a calendar that the school keeps elsewhere.
    pub(crate) async fn keeps_a_calendar(&mut self, path: &Path) {
        self.config.school.calendars = vec![path.display().to_string()];
        self.restart().await;
    }

    /// Brings a policy into force: the first as the installation, all later ones as the headteacher.
    pub(crate) async fn enact(&self, draft: &Draft) -> Result<Enacted, EnactError> {
        let version = {
            let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
            *versions += 1;
            *versions
        };
        let (installation, now) = (self.installation(), self.clock.now());
        let by = self.enacts(version).await;
        let enactment = Enactment { source: draft.source(version), from: None, approved_by: Vec::new() };
        let enacted = installation.policies.enact(&installation.school, by, enactment, now).await;
        self.settle().await;
        enacted
    }

    /// Who enacts a version.
    pub(crate) async fn enacts(&self, version: u32) -> By {
        if version == 1 {
            return By::Installation;
        }
        let (installation, now) = (self.installation(), self.clock.now());
        let session = installation.act_as(HEAD, now).await.unwrap();
        By::Person(MayEnactPolicy::ask(&session, &installation.rights(now).await.unwrap()).unwrap())
    }

    /// Takes in at once what the jobs would take in within a second.
    pub(crate) async fn settle(&self) {
        self.app().live.rebuild(self.clock.now()).await.unwrap();
    }

    /// Waits until what went through the gateway is in the activity log: a row is taken as its answer ends, and written
    /// by another thread.
    pub(crate) async fn written(&self) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.app().log().flush().await.unwrap();
    }

    /// Sets the clock, and lets the jobs see it.
    pub(crate) async fn at(&self, time: &str) {
        self.clock.set(time);
        self.settle().await;
    }

    /// Lets time pass.
    pub(crate) async fn minutes(&self, minutes: i64) {
        self.clock.pass(jiff::Span::new().minutes(minutes));
        self.settle().await;
    }

    /// The person with this username.
    pub(crate) async fn who(&self, username: &str) -> PersonId {
        match people::people::named(&self.installation().school.read(), username).await.unwrap() {
            Some(person) => person,
            None => panic!("nobody is called {username}"),
        }
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// Gives somebody their password.
    pub(crate) async fn give_password(&self, username: &str) {
        let person = self.who(username).await;
        let school = &self.installation().school;
        self.app().access.set_password(school, person, None, PASSWORD, self.clock.now()).await.unwrap();
    }

    /// Somebody signs in on a computer of their own.
    pub(crate) async fn sign_in(&self, username: &str) -> Browser {
        let browser = self.browser();
        self.sign_in_at(&browser, username).await;
        browser
    }

    /// Somebody signs in on this computer.
    pub(crate) async fn sign_in_at(&self, browser: &Browser, username: &str) {
        let person = self.who(username).await;
        if !self.app().access.knows_password(&self.installation().school, person, PASSWORD).await.unwrap() {
            self.give_password(username).await;
        }
        browser.sign_in(username, PASSWORD).await.leads_to("/");
        self.settle().await;
    }

    /// Somebody signs in and connects a device, which then opens sites as theirs.
    pub(crate) async fn device_of(&self, username: &str) -> Surfer {
        let token = self.sign_in(username).await.connect_device().await;
        self.settle().await;
        Surfer::with_token(self.gateway(), &token)
    }

    /// What is on the computer with a browser opens sites.
    pub(crate) fn beside(&self, browser: &Browser) -> Surfer {
        Surfer::at(self.gateway(), browser.address)
    }

    /// A computer of which nothing is known.
    pub(crate) fn stranger(&self) -> Surfer {
        Surfer::at(self.gateway(), crate::browser::own_address().into())
    }

    pub(crate) fn gateway(&self) -> SocketAddr {
        self.app().gateway[0]
    }

    /// How many requests the site has had under this name.
    pub(crate) fn reached(&self, host: &str) -> usize {
        self.site.visits().iter().filter(|visit| visit.headers["host"] == host).count()
    }

    /// How a clause stands now, as the headteacher reads it.
    pub(crate) async fn standing(&self, label: &str) -> Stands {
        self.written().await;
        self.app().judge().await.unwrap();
        let head = self.head.get_or_init(|| async { self.browser() }).await;
        let mut answer = head.get("/api/policy").await;
        if answer.status == 401 {
            self.sign_in_at(head, HEAD).await;
            answer = head.get("/api/policy").await;
        }
        let answer: Value = serde_json::from_str(&answer.is(200).body).unwrap();
        let clauses = answer["clauses"].as_array().unwrap();
        let Some(clause) = clauses.iter().find(|clause| clause["label"] == label) else {
            panic!("no clause {label} in {answer:#}");
        };
        Stands {
            word: clause["standing"].as_str().unwrap().to_owned(),
            evidence: clause["bindings"][0]["evidence"].as_str().unwrap().to_owned(),
            whole: clause.clone(),
        }
    }

    /// The acts of this name in the ledger.
    pub(crate) async fn acts(&self, act: &str) -> Vec<store::ledger::Entry> {
        let which = store::ledger::Which { act: Some(act.to_owned()), ..Default::default() };
        self.installation().school.ledger().entries(&which).await.unwrap()
    }
}

/// The roll, the responsibilities and the list, as they come into a real school.
async fn fill(installation: &Installation, folder: &Path) {
    let (school, now) = (&installation.school, installation.clock.now());
    let made = roster::demo::school(40, 1);
    let files = roster::collect(made.iter().map(|(name, text)| (name.as_str(), text.as_bytes()))).unwrap();
    apply(school, Importer::FirstStart, &files, &Asked::default(), now).await.unwrap();
    let (name, text) = made.iter().find(|(name, _)| name == roster::demo::RESPONSIBILITIES).unwrap();
    import_roles(school, None, name, text.as_bytes(), now).await.unwrap();
    let list = folder.join("list");
    write_list(&list);
    let new = NewList {
        name: "starter".to_owned(),
        source: ListSource::Path(list),
        format: Format::Domains,
        category: None,
        licence: Some("Apache-2.0".to_owned()),
    };
    service::add(school, &installation.lists(), new, Actor::Gatehouse, now).await.unwrap();
}

/// Waits until something is so, at most so long; how long it took.
pub(crate) async fn within<F: Future<Output = bool>>(limit: Duration, mut so: impl FnMut() -> F) -> Duration {
    let begun = Instant::now();
    loop {
        let before = begun.elapsed();
        if so().await {
            return before;
        }
        assert!(before < limit, "not so within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
