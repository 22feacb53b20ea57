//! The demonstration: a synthetic school that comes in the same way as a real one, with a few people whose passwords
//! are known, on loopback addresses alone. Its gateway opens nothing but its own site.

use std::{fmt::Write as _, fs, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use filter::Category;
use governance::{By, Enactment};
use kernel::{PersonId, Role};
use people::{
    access::accounts::Which,
    people::{Asked, Importer, apply, import_roles},
};
use rules::people::roster;
use store::Actor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use traffic::lists::{Format, NewList, Source, service};
use webkit::permit::MayHoldDevice;

use crate::{
    app::App,
    cli::say,
    clock::SystemClock,
    config::{Config, Tls},
    installation::Installation,
    site,
};

/// Those whom a visitor may sign in as: username, who it is, password, the address that stands for their computer.
const VISITORS: &[Visitor] = &[
    Visitor { role: None, username: "maya.jones", who: "a pupil of Year 5", password: "paper-kite-7" },
    Visitor { role: Some(Role::Headteacher), username: "", who: "the headteacher", password: "quiet-harbour-lantern" },
    Visitor {
        role: Some(Role::SafeguardingLead),
        username: "",
        who: "the safeguarding lead",
        password: "copper-meadow-thimble",
    },
    Visitor {
        role: Some(Role::NetworkManager),
        username: "",
        who: "the network manager",
        password: "velvet-orchard-compass",
    },
    Visitor { role: Some(Role::ClassTeacher), username: "", who: "a class teacher", password: "amber-pebble-windmill" },
    Visitor { role: Some(Role::Office), username: "", who: "the office", password: "silver-teapot-ladder" },
    Visitor {
        role: Some(Role::ChairOfGovernors),
        username: "",
        who: "the chair of governors",
        password: "marble-bridge-sparrow",
    },
];

struct Visitor {
    role: Option<Role>,
    username: &'static str,
    who: &'static str,
    password: &'static str,
}

/// What a demonstration is started with.
pub(crate) struct Demonstration {
    pub(crate) folder: PathBuf,
    pub(crate) desk: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) site: SocketAddr,
    pub(crate) policy: PathBuf,
    pub(crate) pupils: u32,
    pub(crate) lists: Option<PathBuf>,
}

/// A demonstration that is running.
pub(crate) struct Running {
    app: App,
    stop: CancellationToken,
    people: Vec<Known>,
}

/// Somebody a visitor may sign in as.
struct Known {
    username: String,
    who: &'static str,
    password: &'static str,
    token: String,
}

impl Demonstration {
    fn config(&self) -> Config {
        let mut config = Config::of_school("willow-lane", "Willow Lane Primary");
        config.data.folder.clone_from(&self.folder);
        config.desk.listen = self.desk;
        config.desk.url = format!("http://{}", self.desk);
        config.desk.tls = Tls::Off;
        config.gateway.listen = vec![self.gateway];
        config.gateway.clients = vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()];
        config.gateway.only = Some(site::HOSTS.iter().map(|(host, _)| (*host).to_owned()).collect());
        config.gateway.resolve = site::HOSTS.iter().map(|(host, _)| ((*host).to_owned(), self.site)).collect();
        config.gateway.drain_seconds = 2;
        config.log.level = "warn".to_owned();
        config
    }

    /// Starts it; at a first start makes the school before.
    pub(crate) async fn start(&self) -> anyhow::Result<Running> {
        let config = self.config();
        crate::telemetry::start(&config.log)?;
        crate::installation::private_folder(&self.folder)?;
        self.write_config()?;
        let installation = Installation::open(config, Arc::new(SystemClock)).await?;
        let first = installation.store.school("willow-lane").await.is_ok()
            && installation.policies.versions(&installation.school).await?.is_empty();
        if first {
            self.make_school(&installation).await?;
        }
        let stop = CancellationToken::new();
        let listener =
            TcpListener::bind(self.site).await.with_context(|| format!("the site cannot listen on {}", self.site))?;
        let ended = stop.clone();
        tokio::spawn(async move {
            let serving = axum::serve(listener, site::router()).with_graceful_shutdown(ended.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "the demonstration's site has stopped");
            }
        });
        let app = App::start(installation).await?;
        if first {
            self.make_accounts(&app).await?;
        }
        let people = self.known(&app).await?;
        app.judge().await?;
        Ok(Running { app, stop, people })
    }

    /// The configuration as a file, so that the other commands can be tried on the demonstration.
    fn write_config(&self) -> anyhow::Result<()> {
        let folder =
            fs::canonicalize(&self.folder).with_context(|| format!("cannot find {}", self.folder.display()))?;
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let hosts: Vec<_> = site::HOSTS.iter().map(|(host, _)| quoted(host)).collect();
        let resolve: Vec<_> = site::HOSTS
            .iter()
            .map(|(host, _)| format!("{} = {}", quoted(host), quoted(&self.site.to_string())))
            .collect();
        let text = format!(
            "# Written by the demonstration at each start.\nformat = 1\n\n[school]\nslug = \"willow-lane\"\n\
             name = \"Willow Lane Primary\"\n\n[data]\nfolder = {}\n\n[desk]\nlisten = {}\nurl = {}\n\
             tls = {{ mode = \"off\" }}\n\n[gateway]\nlisten = [{}]\nclients = [\"127.0.0.0/8\", \"::1/128\"]\n\
             only = [{}]\nresolve = {{ {} }}\ndrain-seconds = 2\n\n[log]\nlevel = \"warn\"\n",
            quoted(&folder.to_string_lossy()),
            quoted(&self.desk.to_string()),
            quoted(&format!("http://{}", self.desk)),
            quoted(&self.gateway.to_string()),
            hosts.join(", "),
            resolve.join(", "),
        );
        let path = self.folder.join("gatehouse.toml");
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The roll, the lists and the policy, each by the same way as in a real school.
    async fn make_school(&self, installation: &Installation) -> anyhow::Result<()> {
        let now = installation.clock.now();
        let school = &installation.school;
        say(format_args!("Making the demonstration school: {} pupils, their parents and staff", self.pupils));
        let made = roster::demo::school(self.pupils, 1);
        let files = roster::collect(made.iter().map(|(name, text)| (name.as_str(), text.as_bytes())))?;
        let applied = apply(school, Importer::FirstStart, &files, &Asked::default(), now).await?;
        say(format_args!("  {} people are on the roll", applied.joined));
        if let Some((name, text)) = made.iter().find(|(name, _)| name == roster::demo::RESPONSIBILITIES) {
            let given = import_roles(school, None, name, text.as_bytes(), now).await?;
            say(format_args!("  {} responsibilities are held", given.given));
        }
        let folder = installation.lists();
        let starter = self.folder.join("starter-list");
        write_starter(&starter)?;
        let mut lists = vec![NewList {
            name: "starter".to_owned(),
            source: Source::Path(starter),
            format: Format::Domains,
            category: None,
            licence: Some("Apache-2.0, Gatehouse's own selection".to_owned()),
        }];
        if let Some(path) = &self.lists {
            lists.push(NewList {
                name: "real".to_owned(),
                source: Source::Path(path.clone()),
                format: Format::Domains,
                category: None,
                licence: Some("as its README says".to_owned()),
            });
        }
        for list in lists {
            say(format_args!("  reading the list {}", list.name));
            let added = service::add(school, &folder, list, Actor::Gatehouse, now).await?;
            say(format_args!("  {} entries are in use", added.entries));
        }
        let source = crate::cli::read_policy(&self.policy)?;
        // Whomever the policy asks has approved it: in a demonstration they all agree.
        let approvers = rules::check(&source, installation.clock.school_time().date())
            .policy
            .and_then(|policy| policy.front.approval)
            .map(|asked| asked.atoms().iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        let enactment = Enactment { source, from: None, approved_by: approvers };
        crate::cli::enact(installation, By::Installation, enactment).await?;
        Ok(())
    }

    /// Passwords for everybody who signs in; known ones for the visitors.
    async fn make_accounts(&self, app: &App) -> anyhow::Result<()> {
        let installation = app.live.installation();
        let school = &installation.school;
        let now = installation.clock.now();
        say("  making accounts; this takes a little, since passwords are kept so that guessing is slow");
        for which in [Which::Pupils, Which::Staff] {
            app.access.first_passwords(school, Actor::Gatehouse, which, now).await?;
        }
        for (visitor, person) in visitors(installation).await? {
            app.access.set_password(school, person, None, visitor.password, now).await?;
        }
        Ok(())
    }

    /// The visitors with a token each for the gateway: kept beside the data, since only its digest is in the records.
    async fn known(&self, app: &App) -> anyhow::Result<Vec<Known>> {
        let installation = app.live.installation();
        let school = &installation.school;
        let now = installation.clock.now();
        let rights = installation.rights(now).await?;
        let path = self.folder.join("demonstration-tokens");
        let mut kept: std::collections::BTreeMap<String, String> = match fs::read_to_string(&path) {
            Ok(text) => text
                .lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .collect(),
            Err(_) => std::collections::BTreeMap::new(),
        };
        let mut people = Vec::new();
        for (visitor, person) in visitors(installation).await? {
            let username = username_of(installation, person).await?;
            if !kept.contains_key(&username) {
                let session = installation.act_as(&username, now).await?;
                let may = MayHoldDevice::ask(&session, &rights)?;
                let issued =
                    app.access.issue(school, &may, "Demonstration", None, now).await?.context("too many devices")?;
                kept.insert(username.clone(), issued.token.reveal());
            }
            let token = kept.get(&username).cloned().unwrap_or_default();
            people.push(Known { username, who: visitor.who, password: visitor.password, token });
        }
        let text: String = kept.iter().map(|(username, token)| format!("{username} {token}\n")).collect();
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        app.live.rebuild(now).await?;
        Ok(people)
    }
}

/// The visitors that the school has, with who they are.
async fn visitors(installation: &Installation) -> anyhow::Result<Vec<(&'static Visitor, PersonId)>> {
    let rows = installation.school.read();
    let held = people::people::responsibilities(&rows).await?;
    let mut found = Vec::new();
    for visitor in VISITORS {
        let person = match visitor.role {
            Some(Role::ClassTeacher) => class_teacher(installation).await?,
            Some(Role::Office) => somebody_of(installation, Role::Office).await?,
            Some(role) => held.get(&role).and_then(|all| all.first()).map(|holder| holder.person),
            None => people::people::named(&rows, visitor.username).await?,
        };
        found.extend(person.map(|person| (visitor, person)));
    }
    Ok(found)
}

async fn class_teacher(installation: &Installation) -> anyhow::Result<Option<PersonId>> {
    let rows = installation.school.read();
    let today = installation.clock.school_time().date();
    let people = people::people::standing::people(&rows, today).await?;
    let teaches = |subject: &kernel::Subject| {
        subject.classes.contains("5B")
            && subject.roles.iter().any(|role| matches!(role, Role::ClassTeacher | Role::Teacher))
            && !subject.roles.contains(&Role::SafeguardingLead)
    };
    Ok(people.iter().find(|person| teaches(&person.subject)).map(|person| person.id))
}

/// The first of those who work in a role that nobody is named for.
async fn somebody_of(installation: &Installation, role: Role) -> anyhow::Result<Option<PersonId>> {
    let rows = installation.school.read();
    let today = installation.clock.school_time().date();
    let people = people::people::standing::people(&rows, today).await?;
    Ok(people.iter().find(|person| person.subject.roles.contains(&role)).map(|person| person.id))
}

async fn username_of(installation: &Installation, person: PersonId) -> anyhow::Result<String> {
    use store::{entity::access_account, query::ColumnTrait as _};
    let rows = installation.school.read();
    let account =
        rows.find::<access_account::Entity>().filter(access_account::Column::PersonId.eq(person.0)).one().await?;
    Ok(account.context("a visitor of the demonstration has no account")?.username)
}

/// The starter list and the demonstration's own hosts, as a folder with a file for each category.
fn write_starter(folder: &std::path::Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut files: std::collections::BTreeMap<&str, String> = std::collections::BTreeMap::new();
    for (category, domains) in filter::starter::all() {
        let text = files.entry(category.name()).or_default();
        for domain in domains {
            let _ = writeln!(text, "{domain}");
        }
    }
    for (host, category) in [
        ("games.willow-lane.test", "games"),
        ("casino.willow-lane.test", "gambling"),
        ("chat.willow-lane.test", "chat"),
        ("video.willow-lane.test", "video"),
        ("shop.willow-lane.test", "shopping"),
        ("news.willow-lane.test", "news"),
        ("maths.willow-lane.test", "education"),
    ] {
        let category = Category::parse(category)?;
        let text = files.entry(category.name()).or_default();
        let _ = writeln!(text, "{host}");
    }
    for (category, text) in files {
        let path = folder.join(format!("{category}.txt"));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

impl Running {
    /// Where to go, who may sign in with what, and a line to try.
    pub(crate) fn words(&self) -> String {
        let mut text = String::new();
        let config = &self.app.live.installation().config;
        let desk = &config.desk.url;
        let gateway = self.app.gateway.first().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            text,
            "\nWillow Lane Primary is open, on this computer alone.\n\n  Desk     {desk}\n  Gateway  http://{gateway}\n"
        );
        let _ = writeln!(text, "Sign in as:");
        for person in &self.people {
            let _ = writeln!(text, "  {:<22} {:<26} {}", person.username, person.password, person.who);
        }
        if let Some(first) = self.people.first() {
            let _ = writeln!(text, "\nTry the gateway as {} (first sign the agreement at the desk):", first.username);
            for host in ["maths.willow-lane.test", "games.willow-lane.test", "casino.willow-lane.test"] {
                let _ = writeln!(text, "  curl -x http://{}:{}@{gateway} http://{host}/", first.username, first.token);
            }
        }
        let _ = writeln!(text, "\nThe others' tokens:");
        for person in self.people.iter().skip(1) {
            let _ = writeln!(text, "  {:<22} {}", person.username, person.token);
        }
        let file = config.data.folder.join("gatehouse.toml");
        let _ = writeln!(
            text,
            "\nAsk why, in another window:\n  gatehouse --config {} explain --as maya.jones http://games.willow-lane.test/",
            file.display()
        );
        text.push_str("\nStop with Ctrl-C.");
        text
    }

    /// Stops everything.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.app.stop().await
    }
}
