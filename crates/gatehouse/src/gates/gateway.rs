//! The filtering gateway, put together: where it listens, whom it serves, what it opens connections and scores text with.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use activity::LocalLog;
use anyhow::Context as _;
use gateway::{Clamd, ClamdAt, Fixed, Gateway, Kind, Network, Opening, Roots, Way};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{inspection, matches::Keeper};
use crate::{
    checks::{self, Aside, Site},
    installation::Installation,
    live::Live,
};

/// How long each step of the virus scanner may take, in seconds.
const SCANNER_SECONDS: u64 = 10;

/// Listens, and serves until `stop`. The addresses are those of `gateway.listen`, in their order.
///
/// # Errors
/// A port that is taken, a setting that cannot be read, an authority that cannot be made.
pub(crate) async fn serve(
    live: &Live,
    log: &Arc<LocalLog>,
    tls: Option<Arc<ServerConfig>>,
    matches: Keeper,
    stop: &CancellationToken,
) -> anyhow::Result<(Vec<SocketAddr>, JoinHandle<()>)> {
    let installation = live.installation();
    let school = installation.school.clone();
    let mut ports = gateway::Ports::new(
        Arc::new(live.clone()),
        live.rules(),
        Arc::new(Aside::new(log.clone(), live.clone())),
        Arc::clone(&installation.clock),
        move |person| traffic::monitor::pseudonym(&school, person),
    );
    let policy = live.policy();
    let rules = policy.as_deref().map(|in_force| rules::filter::rule_set::rule_set(&in_force.policy));
    ports.authority = Some(Arc::new(inspection::open(installation, rules.as_ref())?));
    let phrases = content::phrases::starter::with(&[]).context("the lists of phrases cannot be used")?;
    ports.phrases.store(Some(Arc::new(phrases)));
    let checks = live.clone();
    ports.matches = Arc::new(move |found| {
        // What the checks ask for is theirs.
        if !checks.inner().checks.is_check(found.device) {
            matches(found);
        }
    });
    drop(live.inner().authority.set(ports.authority.clone()));
    drop(live.inner().root.set(inspection::root_certificate(installation)?));
    let (ways, addresses) = ways(installation, tls).await?;
    let from_home = installation.config.gateway.listen_tls.first().map(SocketAddr::port);
    let pac = super::pac::file(&installation.config, &addresses, from_home);
    drop(live.inner().pac.set(pac.clone()));
    let mut config = gateway::Config { pac, ..config(installation)? };
    let site = Site::start(stop.clone()).await?;
    config.resolve.insert(checks::HOST.to_owned(), Fixed::from(site.address));
    config.roots = match config.roots {
        Roots::Web => Roots::WebAnd(vec![site.certificate.clone()]),
        Roots::WebAnd(own) => Roots::WebAnd([own, vec![site.certificate.clone()]].concat()),
        Roots::Only(own) => Roots::Only([own, vec![site.certificate.clone()]].concat()),
    };
    if let Some(only) = &mut config.only {
        only.push(Opening { host: Some(checks::HOST.to_owned()), network: None, port: None });
    }
    if let Some(clamd) = config.scanner.clone() {
        drop(live.inner().scanner.set(clamd));
    }
    let gateway = Gateway::new(config, ports);
    drop(live.inner().gateway.set(gateway.clone()));
    live.inner().checks.begins(addresses.first().copied(), site);
    let stop = stop.clone();
    let task = tokio::spawn(async move {
        let stopped = gateway.serve_ways(ways, stop).await;
        tracing::info!(requests = stopped.requests_cut, tunnels = stopped.tunnels_cut, "the gateway has stopped");
    });
    Ok((addresses, task))
}

/// Every way in that the configuration names.
async fn ways(
    installation: &Installation,
    tls: Option<Arc<ServerConfig>>,
) -> anyhow::Result<(Vec<Way>, Vec<SocketAddr>)> {
    let own = &installation.config.gateway;
    let from_home = match (own.listen_tls.is_empty(), tls) {
        (true, _) => None,
        (false, Some(tls)) => {
            // The proxy speaks the first version of HTTP alone; the desk offers the second as well.
            let mut tls = ServerConfig::clone(&tls);
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            Some(Kind::TlsProxy(Arc::new(tls)))
        }
        (false, None) => anyhow::bail!("gateway.listen-tls needs a certificate: desk.tls is off"),
    };
    let mut wanted: Vec<(SocketAddr, Kind, bool)> = Vec::new();
    wanted.extend(own.listen.iter().map(|at| (*at, Kind::Proxy, false)));
    wanted.extend(own.behind_balancer.iter().map(|at| (*at, Kind::Proxy, true)));
    wanted.extend(own.transparent.iter().map(|at| (*at, Kind::Transparent, false)));
    wanted.extend(own.transparent_tls.iter().map(|at| (*at, Kind::TransparentTls, false)));
    wanted.extend(own.icap.iter().map(|at| (*at, Kind::Icap, false)));
    wanted.extend(own.listen_tls.iter().filter_map(|at| Some((*at, from_home.clone()?, false))));
    let (mut ways, mut addresses) = (Vec::new(), Vec::new());
    for (nth, (at, kind, behind)) in wanted.into_iter().enumerate() {
        let listener = TcpListener::bind(at).await.with_context(|| format!("the gateway cannot listen on {at}"))?;
        if nth < own.listen.len() {
            addresses.push(listener.local_addr().context("the gateway has no address")?);
        }
        ways.push(Way { listener, kind, behind });
    }
    Ok((ways, addresses))
}

fn config(installation: &Installation) -> anyhow::Result<gateway::Config> {
    let own = &installation.config.gateway;
    let school = &installation.school;
    let mut config = gateway::Config::new(school.id(), school.name(), installation.config.desk.url.clone());
    config.clients = networks("clients", &own.clients)?;
    config.proxies = networks("proxies", &own.proxies)?;
    config.roots = roots(&own.roots)?;
    config.scanner = match &own.scanner {
        Some(at) => Some(Clamd { at: at.parse::<ClamdAt>().context("gateway.scanner")?, seconds: SCANNER_SECONDS }),
        None => None,
    };
    config.connect_ports.clone_from(&own.connect_ports);
    config.parent = own.parent;
    config.challenge = own.ask_for_credential;
    config.allow = own.allow.iter().map(|text| opening(text)).collect();
    config.only = own.only.as_ref().map(|all| all.iter().map(|text| opening(text)).collect());
    config.resolve = own.resolve.iter().map(|(name, address)| (name.clone(), Fixed::from(*address))).collect();
    config.limits.drain_seconds = own.drain_seconds;
    Ok(config)
}

fn networks(key: &str, texts: &[String]) -> anyhow::Result<Vec<Network>> {
    let parse = |text: &String| {
        let parsed = text.parse::<Network>();
        parsed.with_context(|| format!("gateway.{key}: `{text}` is not a network such as 10.0.0.0/8"))
    };
    texts.iter().map(parse).collect()
}

/// The authorities of the web, and those in these files.
fn roots(files: &[PathBuf]) -> anyhow::Result<Roots> {
    let mut own = Vec::new();
    for file in files {
        let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        own.extend(read.with_context(|| format!("gateway.roots: cannot read the certificates in {}", file.display()))?);
    }
    Ok(if own.is_empty() { Roots::Web } else { Roots::WebAnd(own) })
}

/// `printer.school.example`, `printer.school.example:631` or `10.1.0.0/16`.
fn opening(text: &str) -> Opening {
    if let Ok(network) = text.parse::<Network>() {
        return Opening { host: None, network: Some(network), port: None };
    }
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
        Some((host, Ok(port))) => Opening { host: Some(host.to_owned()), network: None, port: Some(port) },
        Some((_, Err(_))) | None => Opening { host: Some(text.to_owned()), network: None, port: None },
    }
}
