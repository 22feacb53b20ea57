//! The running installation: desk, gateway and jobs, started and stopped together; or its gates alone.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use activity::{ActivityLog, LocalLog, Options};
use anyhow::Context as _;
use axum::Router;
use people::access::Access;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webkit::{Desk, RouteRow, Site};

use crate::{
    config::{Config, Tls},
    gates,
    installation::Installation,
    jobs::{self, Work},
    live::Live,
    tls,
    what_if::Foreseer,
};

/// A desk and a gateway that are running.
pub struct App {
    /// Where the desk listens.
    pub desk: SocketAddr,
    /// Where the gateway listens.
    pub gateway: Vec<SocketAddr>,
    /// Where the resolver answers plain questions.
    pub resolver: Vec<SocketAddr>,
    /// What it knows.
    pub live: Live,
    /// Accounts and sessions.
    pub access: Access,
    /// The table of the desk's routes: who may use each.
    pub routes: Vec<RouteRow>,
    log: Arc<LocalLog>,
    stop: CancellationToken,
    tasks: TaskTracker,
    serving: Vec<JoinHandle<()>>,
}

impl App {
    /// Starts an installation: opens the activity log, reads policy, lists and roll, and listens.
    ///
    /// # Errors
    /// Where a port is taken, or something cannot be opened.
    pub async fn start(installation: Installation) -> anyhow::Result<Self> {
        let log = open_log(&installation)?;
        let (live, access) = know(&installation)?;
        drop(live.inner().log.set(log.clone()));
        let engines = engines::Engines::new(installation.store.clone(), Arc::new(live.clone()));
        live.set_engines(engines.clone());
        let learning = learning::Learning::new(engines.clone()).context("surveys cannot be opened")?;
        live.set_learning(learning.clone());
        if let Err(error) = live.rebuild(installation.clock.now()).await {
            // The desk must come up so that somebody can mend it; the gateway stays closed until then.
            tracing::error!(error = format!("{error:#}"), "started with what could be read");
        }
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (router, routes) = desk(&live, &access, &engines, learning, &log);
        let mut serving = Vec::new();
        let tls = certificate(&installation.config, &stop)?;
        let (desk, desk_task) = serve_desk(&installation.config, tls.clone(), router, live.clone(), &stop).await?;
        serving.push(desk_task);
        let (gateways, resolvers) = open_gates(&live, &log, tls, &stop, &mut serving).await?;
        let log_port: Arc<dyn ActivityLog> = log.clone();
        let work = Work { live: live.clone(), access: access.clone(), log: log_port, stop: stop.clone() };
        jobs::start(&work, &tasks);
        tasks.close();
        Ok(Self { desk, gateway: gateways, resolver: resolvers, live, access, routes, log, stop, tasks, serving })
    }

    /// The activity log.
    pub fn log(&self) -> Arc<dyn ActivityLog> {
        self.log.clone()
    }

    /// Judges the standings now, without waiting for the next round.
    ///
    /// # Errors
    /// Where they cannot be stored.
    pub async fn judge(&self) -> anyhow::Result<()> {
        let work =
            Work { live: self.live.clone(), access: self.access.clone(), log: self.log(), stop: self.stop.clone() };
        let gather = crate::facts::Gather::new(self.live.clone(), self.log());
        jobs::judge_once(&work, &gather).await
    }

    /// Does now what is done each minute, without waiting for it.
    ///
    /// # Errors
    /// What could not be done.
    pub async fn upkeep(&self) -> anyhow::Result<()> {
        let work =
            Work { live: self.live.clone(), access: self.access.clone(), log: self.log(), stop: self.stop.clone() };
        jobs::upkeep_once(&work).await
    }

    /// Brings those lists up to date whose time it is, without waiting for the next round.
    ///
    /// # Errors
    /// Where records or index refuse.
    pub async fn renew_lists(&self) -> anyhow::Result<()> {
        crate::renewal::once(&self.live, self.live.installation().clock.now()).await
    }

    /// Runs the checks of the filter that are due now, without waiting for the next round; whether there were any.
    ///
    /// # Errors
    /// Where they cannot be planned or kept.
    pub async fn check(&self) -> anyhow::Result<bool> {
        let now = self.live.installation().clock.now();
        Ok(crate::checks::once(&self.live, now).await?.is_some())
    }

    /// Stops: no new connection, open ones get their bounded time, the log is written out.
    ///
    /// # Errors
    /// Where the activity log cannot be closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        wind_up(&self.stop, self.serving, &self.tasks, &self.log).await
    }
}

/// The gateway and the resolver of an installation, without its desk: for a machine that carries the traffic of a desk on
/// another, with the same database and keys. The activity log is this machine's own.
pub struct Gates {
    /// Where the gateway listens.
    pub gateway: Vec<SocketAddr>,
    /// Where the resolver answers plain questions.
    pub resolver: Vec<SocketAddr>,
    /// What it knows.
    pub live: Live,
    work: Work,
    log: Arc<LocalLog>,
    tasks: TaskTracker,
    serving: Vec<JoinHandle<()>>,
}

impl Gates {
    /// Starts them: opens the activity log, reads policy, lists and roll, and listens.
    ///
    /// # Errors
    /// Where a port is taken, or something cannot be opened; where the configuration has neither gateway nor resolver.
    pub async fn start(installation: Installation) -> anyhow::Result<Self> {
        let log = open_log(&installation)?;
        let (live, access) = know(&installation)?;
        if let Err(error) = live.rebuild(installation.clock.now()).await {
            // It stays closed until what is wrong is mended at the desk.
            tracing::error!(error = format!("{error:#}"), "started with what could be read");
        }
        let (stop, tasks, mut serving) = (CancellationToken::new(), TaskTracker::new(), Vec::new());
        let tls = certificate(&installation.config, &stop)?;
        let (gateway, resolver) = open_gates(&live, &log, tls, &stop, &mut serving).await?;
        anyhow::ensure!(!serving.is_empty(), "gateway.listen and dns.listen name nothing to listen on");
        let work = Work { live: live.clone(), access, log: log.clone(), stop };
        jobs::start_beside(&work, &tasks).await?;
        tasks.close();
        Ok(Self { gateway, resolver, live, work, log, tasks, serving })
    }

    /// Does now what the jobs do each minute.
    ///
    /// # Errors
    /// Where the store or the activity log refuses.
    pub async fn tend(&self) -> anyhow::Result<()> {
        jobs::tend(&self.work).await
    }

    /// Stops, as [`App::stop`] does.
    ///
    /// # Errors
    /// Where the activity log cannot be closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        wind_up(&self.work.stop, self.serving, &self.tasks, &self.log).await
    }
}

fn open_log(installation: &Installation) -> anyhow::Result<Arc<LocalLog>> {
    let log = LocalLog::open(&installation.activity_folder(), Arc::clone(&installation.clock), Options::default());
    Ok(Arc::new(log.context("the activity log cannot be opened; is another Gatehouse running here?")?))
}

/// What is known, and the accounts that it is known by.
fn know(installation: &Installation) -> anyhow::Result<(Live, Access)> {
    let live = Live::new(installation.clone());
    let access =
        Access::new(installation.store.clone(), Arc::new(live.clone())).context("accounts cannot be opened")?;
    live.set_access(access.clone());
    Ok((live, access))
}

/// Opens the gateway and the resolver where the configuration has them.
async fn open_gates(
    live: &Live,
    log: &Arc<LocalLog>,
    tls: Option<Arc<rustls::ServerConfig>>,
    stop: &CancellationToken,
    serving: &mut Vec<JoinHandle<()>>,
) -> anyhow::Result<(Vec<SocketAddr>, Vec<SocketAddr>)> {
    let config = &live.installation().config;
    let (mut gateways, mut resolvers) = (Vec::new(), Vec::new());
    let installation = live.installation();
    let matches = gates::matches::keeper(installation.school.clone(), Arc::clone(&installation.clock), stop.clone());
    if !config.gateway.listen.is_empty() {
        let (addresses, task) = gates::gateway::serve(live, log, tls.clone(), Arc::clone(&matches), stop).await?;
        gateways = addresses;
        serving.push(task);
    }
    let names = &config.dns;
    if !(names.listen.is_empty() && names.tls.is_empty() && names.https.is_empty()) {
        let (addresses, task) = gates::names::serve(live, log, tls, matches, stop).await?;
        resolvers = addresses;
        serving.push(task);
    }
    Ok((gateways, resolvers))
}

/// No new connection, open ones get their bounded time, the log is written out.
async fn wind_up(
    stop: &CancellationToken,
    serving: Vec<JoinHandle<()>>,
    tasks: &TaskTracker,
    log: &LocalLog,
) -> anyhow::Result<()> {
    stop.cancel();
    for task in serving {
        drop(task.await);
    }
    if tokio::time::timeout(Duration::from_secs(10), tasks.wait()).await.is_err() {
        tracing::warn!("a task did not end in time");
    }
    log.close().await.context("the activity log cannot be closed")
}

fn desk(
    live: &Live,
    access: &Access,
    engines: &engines::Engines,
    learning: learning::Learning,
    log: &Arc<LocalLog>,
) -> (Router, Vec<RouteRow>) {
    let installation = live.installation();
    let config = &installation.config;
    let host = tls::host_of(&config.desk.url).to_owned();
    let mut settings = webkit::Settings::loopback();
    let named = if host.contains(':') { format!("[{host}]") } else { host };
    if !settings.hosts.contains(&named) {
        settings.hosts.push(named);
    }
    settings.tls = config.desk.tls != Tls::Off;
    let desk = Arc::new(Desk {
        settings,
        sessions: Arc::new(access.clone()),
        in_force: Arc::new(live.clone()),
        clock: Arc::clone(&installation.clock),
    });
    let log: Arc<dyn ActivityLog> = log.clone();
    let governance = governance::Governance::new(
        installation.store.clone(),
        Arc::clone(&installation.policies),
        Arc::new(live.clone()),
    );
    let foreseer = Arc::new(Foreseer::new(live.clone(), Arc::clone(&log)));
    let traffic = traffic::Traffic::new(installation.store.clone(), log, Arc::new(live.clone()), foreseer);
    let site = Site::new(desk)
        .add(people::access::routes(access.clone()))
        .add(people::people::routes(installation.store.clone()))
        .add(governance::routes(governance))
        .add(engines::routes(engines.clone()))
        .add(learning::routes(learning))
        .add(registers::routes(registers::Registers::new(engines.clone())))
        .add(traffic::routes(traffic));
    let rows = site.rows().to_vec();
    (site.into_router(), rows)
}

/// What the desk, and all that speaks TLS for it, shows as its certificate; none where TLS is off.
fn certificate(config: &Config, stop: &CancellationToken) -> anyhow::Result<Option<Arc<rustls::ServerConfig>>> {
    let folder = config.data.folder.join("tls");
    Ok(match &config.desk.tls {
        Tls::Off => None,
        Tls::Own => Some(Arc::new(tls::own(&folder, tls::host_of(&config.desk.url))?)),
        Tls::Files { certificate, key } => Some(Arc::new(tls::from_files(certificate, key)?)),
        Tls::Acme { domains, contact, directory } => {
            Some(tls::acme(&folder, domains, contact, directory.as_deref(), stop.clone())?)
        }
    })
}

async fn serve_desk(
    config: &Config,
    server: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    live: Live,
    stop: &CancellationToken,
) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(config.desk.listen)
        .await
        .with_context(|| format!("the desk cannot listen on {}", config.desk.listen))?;
    let address = listener.local_addr().context("the desk has no address")?;
    let stop = stop.clone();
    let client_of = Arc::new(move |peer| live.inner().gateway.get()?.client_at_desk(peer));
    let task = tokio::spawn(crate::server::serve(listener, server, router, client_of, stop));
    Ok((address, task))
}
