//! The resolver of names, put together: its log, the safe names of search engines, its certificate.

use std::{net::SocketAddr, sync::Arc};

use activity::{ClauseRef, LocalLog, Outcome, Row, Rows as _, Scheme, Visit, Who};
use anyhow::Context as _;
use dns::{Asked, Listeners, NameLog, Named, Resolver, SafeNames};
use filter::{Address, Decision, Host, Lookup, Snapshot};
use gateway::SealedMatch;
use kernel::{SchoolTime, Viewer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use store::School;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::matches::Keeper;
use crate::{checks::Aside, live::Live};

/// Listens, and serves until `stop`. The addresses are those for plain questions.
///
/// # Errors
/// A port that is taken, a listener over TLS without a certificate.
pub(crate) async fn serve(
    live: &Live,
    log: &Arc<LocalLog>,
    tls: Option<Arc<ServerConfig>>,
    matches: Keeper,
    stop: &CancellationToken,
) -> anyhow::Result<(Vec<SocketAddr>, JoinHandle<()>)> {
    let installation = live.installation();
    let mut config = installation.config.dns.clone();
    // A device that is brought to the gateway finds the check page by name like any site.
    config.at_page = vec![gateway::CHECK.to_owned()];
    anyhow::ensure!(
        tls.is_some() || (config.tls.is_empty() && config.https.is_empty()),
        "dns.tls and dns.https need a certificate: desk.tls is off"
    );
    anyhow::ensure!(!config.upstream.is_empty(), "dns.upstream names no server that knows the rest");
    let log = Aside::new(log.clone(), live.clone());
    let rows = Questions { school: installation.school.clone(), log, matches, live: live.clone() };
    let mut ports =
        dns::Ports::new(Arc::new(live.clone()), live.rules(), Arc::new(rows), Arc::clone(&installation.clock));
    ports.safe = Arc::new(Safe);
    ports.certificate = tls;
    ports.trust = Some(Arc::new(trust()));
    let listeners = Listeners::bind(&config).await?;
    let addresses = listeners.streams.iter().map(tokio::net::TcpListener::local_addr).collect::<Result<Vec<_>, _>>();
    let addresses = addresses.context("the resolver has no address")?;
    let resolver = Resolver::new(config, ports);
    drop(live.inner().resolver.set(resolver.clone()));
    live.inner().checks.names_begin(addresses.first().copied());
    let stop = stop.clone();
    let task = tokio::spawn(async move { resolver.serve(listeners, stop).await });
    Ok((addresses, task))
}

/// The authorities by which servers further up prove who they are.
fn trust() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// What is safe only under another name, or not at all, for whom the policy wants it safe.
struct Safe;

impl SafeNames for Safe {
    fn lookup(
        &self,
        host: &Host,
        decision: &Decision,
        viewer: &Viewer,
        at: &SchoolTime,
        snapshot: &Snapshot,
    ) -> Lookup {
        if !Lookup::concerns(host) {
            return Lookup::default();
        }
        let address = Address::new(filter::Scheme::Https, host.clone(), filter::Scheme::Https.port(), None);
        Lookup::of(host, decision, &snapshot.treatment(viewer, &address, at))
    }
}

/// Questions as rows of the activity log.
struct Questions {
    school: School,
    log: Aside,
    matches: Keeper,
    live: Live,
}

impl NameLog for Questions {
    fn append(&self, asked: Asked) {
        let outcome = match asked.outcome {
            dns::Outcome::Allowed => Outcome::Allowed,
            dns::Outcome::Blocked => Outcome::Blocked,
            dns::Outcome::Observed => Outcome::Observed,
            dns::Outcome::Failed => Outcome::Failed,
            dns::Outcome::Help => Outcome::Help,
        };
        // What a sealed list holds is never written: its digest stands in the place of the name.
        let host = match &asked.name {
            Named::Plain(name) => name.clone(),
            Named::Sealed { digest, hidden } => {
                let device = asked.viewer.as_ref().and_then(|viewer| viewer.device);
                // What the checks ask for is theirs.
                if !self.live.inner().checks.is_check(device) {
                    (self.matches)(SealedMatch {
                        at: asked.at,
                        digest: *digest,
                        device,
                        clause: asked.clause.clone(),
                        address: hidden.to_string(),
                    });
                }
                digest.to_string()
            }
        };
        let who = asked.viewer.as_ref().map_or_else(Who::nobody, |viewer| {
            Who::of(viewer, viewer.person.map(|person| traffic::monitor::pseudonym(&self.school, person)))
        });
        let clause = asked.clause.as_deref();
        self.log.append(Row::visit(Visit {
            who,
            scheme: Scheme::Dns,
            reason: asked.reason.to_owned(),
            category: asked.category.map(|category| category.name().to_owned()),
            rule: asked.rule.as_ref().map(|rule| rule.id.clone()),
            clause: clause.map(|it| ClauseRef { label: it.label.clone(), number: it.number.clone() }),
            policy: Some(asked.policy),
            list: asked.list,
            ..Visit::new(self.school.id(), asked.at, &host, outcome)
        }));
    }
}
