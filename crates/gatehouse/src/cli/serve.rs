//! `gatehouse serve` starts the desk and the gateway; `gatehouse policy enact` brings a policy into force.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use governance::{By, EnactError, Enactment};
use jiff::civil::Date;
use webkit::permit::MayEnactPolicy;

use super::{Outcome, block_on, may_not, open, policy, say};
use crate::{app::App, config::Config, installation::Installation};

#[derive(Debug, Args)]
pub(crate) struct Serve {}

impl Serve {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        block_on(async {
            let told = Told::listen()?;
            let installation = open(config).await?;
            let app = App::start(installation).await?;
            greet(&app).await?;
            told.heard().await;
            say("Stopping: open connections get a few seconds.");
            app.stop().await?;
            Ok(Outcome::Well)
        })
    }
}

/// Says where the desk is; at a first start, the link for the first administrator.
async fn greet(app: &App) -> anyhow::Result<()> {
    let installation = app.live.installation();
    let url = &installation.config.desk.url;
    say(format_args!("Gatehouse of {}", installation.school.name()));
    say(format_args!("  desk     {url}  (listens on {})", app.desk));
    doors(&installation.config, &app.gateway, &app.resolver);
    if !app.access.has_anybody(&installation.school).await.context("accounts cannot be read")? {
        let now = installation.clock.now();
        let link = app.access.invite_first(&installation.school, now).await.context("no invitation can be made")?;
        say("");
        say("Nobody can sign in yet. The first administrator opens this link, once, within a week:");
        say(format_args!("  {url}{link}"));
    }
    Ok(())
}

/// Says where gateway and resolver listen, each way in on a line of its own.
pub(crate) fn doors(config: &Config, gateway: &[SocketAddr], resolver: &[SocketAddr]) {
    let (gate, names) = (&config.gateway, &config.dns);
    let ways = [
        ("gateway", gateway),
        ("gateway, over TLS for devices elsewhere", &gate.listen_tls),
        ("gateway, for what a firewall brings", &gate.transparent),
        ("gateway, for what a firewall brings, TLS", &gate.transparent_tls),
        ("gateway, behind a balancer", &gate.behind_balancer),
        ("gateway, for a proxy that asks by ICAP", &gate.icap),
        ("names", resolver),
        ("names, over TLS", &names.tls),
        ("names, over HTTPS", &names.https),
    ];
    for (way, addresses) in ways {
        for address in addresses {
            say(format_args!("  {way}  {address}"));
        }
    }
}

/// Hears SIGTERM and Ctrl-C. It is made before anything is opened, so that whoever is told to stop while it starts
/// stops in good order too.
pub(crate) struct Told {
    term: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Told {
    /// Listens from now on.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            term: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?,
        })
    }

    /// Waits until somebody says so.
    pub(crate) async fn heard(mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Enact {
    /// The folder of the policy.
    folder: PathBuf,
    /// The username of the person who brings it into force.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
    /// From which day; today where none is given.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Somebody whom the policy names in `approval` and who has approved it; once for each.
    #[arg(long, value_name = "WHO")]
    approved_by: Vec<String>,
}

impl Enact {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let source = policy::read_folder(&self.folder)?;
        block_on(async {
            let installation = open(config).await?;
            let now = installation.clock.now();
            let session = installation.act_as(&self.by, now).await?;
            let may = MayEnactPolicy::ask(&session, &installation.rights(now).await?)
                .map_err(|denied| may_not(&self.by, denied))?;
            let enactment = Enactment { source, from: self.from, approved_by: self.approved_by };
            enact(&installation, By::Person(may), enactment).await
        })
    }
}

/// Brings a policy into force, or says what is wrong with it.
pub(crate) async fn enact(installation: &Installation, by: By, enactment: Enactment) -> anyhow::Result<Outcome> {
    let now = installation.clock.now();
    match installation.policies.enact(&installation.school, by, enactment, now).await {
        Ok(enacted) => {
            let version = &enacted.now.version;
            let from = kernel::SchoolTime::new(version.from);
            say(format_args!(
                "Version {} of \"{}\" is in force from {} ({}).",
                version.version,
                version.title,
                from.day_in_words(),
                version.digest.short()
            ));
            Ok(Outcome::Well)
        }
        Err(EnactError::Check { diagnostics }) => {
            for diagnostic in diagnostics.iter().filter(|it| it.severity == ::policy::Severity::Error) {
                policy::eprint(diagnostic);
            }
            say("The policy has errors. Nothing has changed.");
            Ok(Outcome::Refused)
        }
        Err(error) => Err(error).context("the policy was not brought into force; nothing has changed"),
    }
}
