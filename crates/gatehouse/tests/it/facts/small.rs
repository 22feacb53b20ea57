//! The small school of a fact, with nothing that a fact does not need: a desk without a gateway, and those on its roll
//! whom the fact names. Its records begin as a copy of records that were made once.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use declare::facts::cast::{self, Somebody};
use gatehouse::{
    app::App,
    config::{Config, Tls},
    installation::Installation,
};
use governance::{By, Enactment};
use jiff::civil::Date;
use kernel::{Audience, Clock as _, PersonId, Role, Subject, Year};
use policy::{Source, SourceFile};
use serde_json::Value;
use testkit::{SmallSchool, TestClock};
use tokio::sync::{Mutex, OnceCell};

use crate::{
    browser::{Browser, Page, encode},
    school::PASSWORD,
};

/// Since when everybody has been what they are: before anything that a fact says was done.
const SINCE: &str = "2000-09-01";

/// Somebody at the school.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) name: String,
    pub(super) subject: Subject,
    username: String,
    person: PersonId,
}

/// A school that is open.
pub(super) struct Small {
    app: App,
    clock: TestClock,
    base: String,
    folder: tempfile::TempDir,
    /// Everybody, by the token of a fact or by username.
    people: BTreeMap<String, Hand>,
    /// Those who came because nobody else may do what a fact says was done.
    hired: Vec<PersonId>,
    signed_in: Mutex<BTreeMap<String, (Date, Browser, String)>>,
}

/// Records with a school in which nobody is yet, made once for all facts; and the hash of everybody's password.
async fn blank() -> &'static (tempfile::TempDir, String) {
    static BLANK: OnceCell<(tempfile::TempDir, String)> = OnceCell::const_new();
    BLANK
        .get_or_init(|| async {
            let folder = tempfile::tempdir().unwrap();
            let clock = TestClock::at("2020-09-01 08:00");
            let installation = Installation::open(config(folder.path()), Arc::new(clock)).await.unwrap();
            installation.store.close().await.unwrap();
            let hash = people::access::password::Hasher::new().unwrap().hash(PASSWORD).await.unwrap();
            (folder, hash)
        })
        .await
}

fn config(folder: &Path) -> Config {
    let mut config = Config::of_school("facts", "The school of the facts");
    config.data.folder = folder.join("data");
    config.desk.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.desk.url = "http://127.0.0.1".to_owned();
    config.desk.tls = Tls::Off;
    config.gateway.listen = Vec::new();
    config
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, from.metadata().unwrap().permissions()).unwrap();
    for file in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(file.file_name());
        if file.path().is_dir() {
            copy(&file.path(), &to)
        } else {
            let _ = fs::copy(file.path(), to).unwrap();
        }
    }
}

fn subject_of(roles: &[Role], class: Option<&str>) -> Subject {
    let pupil = roles.contains(&Role::Pupil);
    Subject {
        roles: roles.iter().copied().collect(),
        year: class.filter(|_| pupil).and_then(|class| Year::from_grade(&class[..1])),
        classes: class.iter().map(|class| (*class).to_owned()).collect(),
        ..Subject::default()
    }
}

impl Small {
    /// Opens it on a day, with those whom the fact names.
    pub(super) async fn open(text: &str, day: Date) -> Self {
        let (blank, hash) = blank().await;
        let folder = tempfile::tempdir().unwrap();
        copy(blank.path(), folder.path());
        let clock = TestClock::at(&format!("{day} 12:00"));
        let installation = Installation::open(config(folder.path()), Arc::new(clock.clone())).await.unwrap();
        let roll = |joined| SmallSchool::of(installation.school.clone(), clock.now()).since(SINCE, joined);
        let mut people = BTreeMap::new();
        let mut classes = BTreeMap::new();
        for name in cast::CLASSES {
            classes.insert(name, roll(SINCE).class(name, Some(&format!("year-{}", &name[..1]))).await);
        }
        for one in cast::of_text(text) {
            let roll = roll(one.joined);
            let hand = join(&roll, one.given, one.family, one.token.trim_start_matches('@'), one.roles, hash).await;
            if let Some(class) = one.class {
                roll.member(hand.person, classes[class], if one.is_pupil() { "pupil" } else { "teacher" }).await;
            }
            let subject = subject_of(one.roles, one.class);
            people.insert(one.token.to_owned(), Hand { subject, ..hand });
        }
        let app = App::start(installation).await.unwrap();
        let base = format!("http://{}", app.desk);
        Self { app, clock, base, folder, people, hired: Vec::new(), signed_in: Mutex::default() }
    }

    fn installation(&self) -> &Installation {
        self.app.live.installation()
    }

    /// Sets the clock to noon of a day.
    pub(super) fn on(&self, day: Date) {
        self.clock.set(&format!("{day} 12:00"));
    }

    fn today(&self) -> Date {
        self.clock.school_time().date()
    }

    /// Brings a policy with these clauses into force today.
    pub(super) async fn enact(&self, clauses: &[String]) -> Result<(), String> {
        let mut text = "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\n+++\n\n# 1 Facts\n\n".to_owned();
        for clause in clauses {
            text.push_str(&format!("- {clause}\n"));
        }
        let source = Source::new(vec![SourceFile { path: Source::MAIN.to_owned(), text }]);
        let enactment = Enactment { source, from: None, approved_by: Vec::new() };
        let (installation, now) = (self.installation(), self.clock.now());
        let enacted = installation.policies.enact(&installation.school, By::Installation, enactment, now).await;
        enacted.map_err(|error| format!("the policy is refused: {error}: {error:?}"))?;
        self.app.live.rebuild(now).await.unwrap();
        // From today on the clause asks something of people.
        self.app.judge().await.unwrap();
        Ok(())
    }

    /// What a token's person is called.
    pub(super) fn name(&self, token: &str) -> Option<String> {
        self.people.get(token).map(|hand| hand.name.clone())
    }

    /// The tokens of those whom a token or an audience names.
    pub(super) fn named(&self, text: &str) -> Vec<String> {
        if self.people.contains_key(text) {
            return vec![text.to_owned()];
        }
        let who = kernel::AudienceAtom::parse(text.trim_start_matches('@')).map(Audience::of).unwrap();
        let meant = self.people.iter().filter(|(_, hand)| who.contains(&hand.subject));
        meant.map(|(token, _)| token.clone()).collect()
    }

    /// Somebody who is among all of these; somebody new with a role for each where nobody is.
    pub(super) async fn somebody(&mut self, all: &[&Audience]) -> Result<String, String> {
        let may = |subject: &Subject| all.iter().all(|who| who.contains(subject));
        if let Some((token, _)) = self.people.iter().find(|(_, hand)| may(&hand.subject)) {
            return Ok(token.clone());
        }
        let alone = Role::ALL.iter().find(|role| may(&subject_of(&[**role], None))).map(|role| vec![*role]);
        let each = || -> Vec<Role> {
            let one = |who: &&Audience| Role::ALL.iter().find(|role| who.contains(&subject_of(&[**role], None)));
            all.iter().filter_map(one).copied().collect()
        };
        let roles = alone.unwrap_or_else(each);
        if !may(&subject_of(&roles, None)) {
            return Err("no role may do this".to_owned());
        }
        let username = format!("hand.{}", self.hired.len());
        let roll = SmallSchool::of(self.installation().school.clone(), self.clock.now()).since(SINCE, SINCE);
        let family = format!("Hand{}", "ab".repeat(self.hired.len()));
        let mut hand = join(&roll, "Harriet", &family, &username, &roles, &blank().await.1).await;
        hand.subject = subject_of(&roles, None);
        self.hired.push(hand.person);
        self.people.insert(username.clone(), hand);
        Ok(username)
    }

    /// Those who came only to enter something have gone the day before: who counts are those whom the fact names.
    pub(super) async fn alone(&self) {
        let last = self.today().yesterday().unwrap().to_string();
        let roll = SmallSchool::of(self.installation().school.clone(), self.clock.now());
        for person in &self.hired {
            roll.leaves(*person, &last).await;
        }
    }

    /// Runs something with the browser of somebody who has signed in today, and the token of the browser's forms.
    async fn with<T>(&self, who: &str, ask: impl AsyncFnOnce(&Browser, &str) -> T) -> T {
        let mut signed_in = self.signed_in.lock().await;
        let today = self.today();
        if signed_in.get(who).is_none_or(|(day, ..)| *day != today) {
            let browser = Browser::new(&self.base);
            browser.sign_in(&self.people[who].username, PASSWORD).await.is(303);
            let csrf = browser.get("/account").await.is(200).field("csrf");
            signed_in.insert(who.to_owned(), (today, browser, csrf));
        }
        let (_, browser, csrf) = &signed_in[who];
        ask(browser, csrf).await
    }

    /// What somebody sees on a page.
    pub(super) async fn get(&self, who: &str, path: &str) -> Page {
        self.with(who, async |browser, _| browser.get(path).await).await
    }

    /// What comes of a form that somebody sends.
    pub(super) async fn post(&self, who: &str, path: &str, fields: &[(String, String)]) -> Page {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("&{}={}", encode(name), encode(value))).collect();
        self.with(who, async |browser, csrf| browser.post(path, &format!("csrf={csrf}{}", pairs.concat())).await).await
    }

    /// What comes of a form with room for a file that somebody sends without one.
    pub(super) async fn post_parts(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        self.with(who, async |browser, csrf| browser.send_parts(path, csrf, fields).await).await
    }

    /// What comes of a sheet that somebody sends.
    pub(super) async fn send_file(&self, who: &str, path: &str, sheet: &[u8]) -> Page {
        self.with(who, async |browser, _| browser.upload(path, path, &[], ("file", sheet)).await).await
    }

    /// How the clause of a label stands now, as the policy tells the head: the word, and the sentence.
    pub(super) async fn standing(&self, label: &str) -> (String, String) {
        self.app.judge().await.unwrap();
        let answer = self.get("@headteacher", "/api/policy").await.is(200);
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        let clause = answer["clauses"].as_array().unwrap().iter().find(|clause| clause["label"] == label).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&clause["standing"]), text(&clause["bindings"][0]["evidence"]))
    }

    /// Closes it.
    pub(super) async fn close(self) {
        self.app.stop().await.unwrap();
        drop(self.folder);
    }
}

async fn join(roll: &SmallSchool, given: &str, family: &str, username: &str, roles: &[Role], hash: &str) -> Hand {
    let one: Option<&Somebody> = cast::CAST.iter().find(|one| one.given == given && one.family == family);
    let year = one.filter(|one| one.is_pupil()).and_then(|one| one.class).map(|class| format!("year-{}", &class[..1]));
    let person = roll.person(given, family, year.as_deref()).await;
    for role in roles {
        roll.role(person, *role).await;
    }
    roll.account(person, username, Some(hash)).await;
    Hand { name: format!("{given} {family}"), subject: Subject::default(), username: username.to_owned(), person }
}
