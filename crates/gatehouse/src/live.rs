//! What the running installation knows at this moment, in memory: the policy in force, the roster, what the gateway
//! decides by. It is rebuilt when something changes, and swapped whole; it answers the ports of the desk, the areas and
//! the gateway.

mod behind;
mod declared;
mod devices;
mod lists_open;
mod opening;
mod ports;
mod provided;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use anyhow::Context as _;
use arc_swap::{ArcSwap, ArcSwapOption};
use filter::{BlockLines, Request, Snapshot};
use governance::{InForce, PolicyError, agreements::service::signed_state};
use jiff::Timestamp;
use kernel::{Digest, PersonId, Role, SchoolTime, Signed, Subject, Viewer, WhoIs};
use people::access::{Access, RosterSnapshot, roster::Network, subjects};
use policy::Policy;
use tokio::sync::Notify;
use traffic::lists;
use webkit::Rights;

use crate::{
    installation::Installation,
    rights::rights_of,
    snapshot::{self, Sources},
};

/// The running installation. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) installation: Installation,
    pub(crate) in_force: ArcSwapOption<InForce>,
    /// The same as the engines see it, with its declarations.
    declared: ArcSwapOption<declared::Declared>,
    pub(crate) rights: ArcSwap<Rights>,
    pub(crate) roster: ArcSwapOption<RosterSnapshot>,
    /// Whose devices are, as the roster has it.
    pub(crate) devices: ArcSwap<registers::KnownDevices>,
    pub(crate) members: ArcSwap<HashMap<PersonId, (Subject, Signed)>>,
    pub(crate) rules: Arc<ArcSwap<Snapshot>>,
    /// The digest of the index that the snapshot holds; none before one was opened.
    lists: ArcSwapOption<filter::index::ListIndex>,
    pub(crate) sealed: ArcSwapOption<filter::SealedList>,
    lists_changed: std::sync::atomic::AtomicBool,
    /// The files of the lists as they were when they were last read.
    list_files: ArcSwapOption<[Option<lists::Mark>; 2]>,
    /// The school's own calendars, and when they were last asked for.
    pub(crate) calendars: ArcSwap<traffic::Calendars>,
    calendars_tried: ArcSwapOption<Timestamp>,
    /// What the policy in force provides for beyond itself.
    pub(crate) provides: ArcSwap<traffic::Provides>,
    /// What people changed as far as the policy provides for it, and whose access is suspended.
    beyond: ArcSwap<traffic::Effective>,
    /// Set once, when the gateway listens.
    pub(crate) gateway: OnceLock<gateway::Gateway>,
    /// What the gateway opens connections by; set with it.
    pub(crate) authority: OnceLock<Option<Arc<gateway::Authority>>>,
    /// Held while a new one is made: of two at a time the files would hold halves.
    pub(crate) renewing: std::sync::Mutex<()>,
    /// The certificate of the root that devices are to trust; set with it.
    pub(crate) root: OnceLock<gateway::RootCertificate>,
    /// The file by which browsers find the gateway; set with it.
    pub(crate) pac: OnceLock<Option<String>>,
    /// The virus scanner that the gateway shows files to; set with it, where there is one.
    pub(crate) scanner: OnceLock<gateway::Clamd>,
    /// Since when the scanner answers.
    scanner_since: ArcSwapOption<Timestamp>,
    /// Set once, when the resolver listens.
    pub(crate) resolver: OnceLock<dns::Resolver>,
    /// The gateway's checks of itself.
    pub(crate) checks: crate::checks::State,
    /// The activity log, where this process writes one.
    pub(crate) log: OnceLock<Arc<dyn activity::ActivityLog>>,
    /// When the lists were asked for.
    pub(crate) renewal: crate::renewal::State,
    access: OnceLock<Access>,
    engines: OnceLock<engines::Engines>,
    learning: OnceLock<learning::Learning>,
    /// Held while standings are judged: what was found out earlier must not be stored over what was found later.
    pub(crate) judging: tokio::sync::Mutex<()>,
    /// Held while everything is read: what was read earlier must not take the place of what was read later.
    rebuilding: tokio::sync::Mutex<()>,
    /// Whether what is known is to be read again.
    pub(crate) behind: behind::Behind,
    /// Of the upkeep, what could not be done the last time.
    pub(crate) undone: ArcSwap<Vec<&'static str>>,
    /// Wakes the task that rebuilds.
    pub(crate) stale: Notify,
}

impl Live {
    /// Of an installation; nothing is known before the first [`Live::rebuild`].
    pub fn new(installation: Installation) -> Self {
        let config = &installation.config;
        let calendars = traffic::Calendars::kept(&config.data.folder.join("calendars"), &config.school.calendars);
        Self(Arc::new(Inner {
            calendars: ArcSwap::from_pointee(calendars),
            calendars_tried: ArcSwapOption::empty(),
            installation,
            in_force: ArcSwapOption::empty(),
            declared: ArcSwapOption::empty(),
            rights: ArcSwap::from_pointee(Rights::built_in()),
            roster: ArcSwapOption::empty(),
            devices: ArcSwap::default(),
            members: ArcSwap::default(),
            rules: Arc::new(ArcSwap::from_pointee(snapshot::nothing())),
            lists: ArcSwapOption::empty(),
            sealed: ArcSwapOption::empty(),
            lists_changed: std::sync::atomic::AtomicBool::new(true),
            list_files: ArcSwapOption::empty(),
            provides: ArcSwap::default(),
            beyond: ArcSwap::default(),
            gateway: OnceLock::new(),
            authority: OnceLock::new(),
            renewing: std::sync::Mutex::new(()),
            root: OnceLock::new(),
            pac: OnceLock::new(),
            scanner: OnceLock::new(),
            scanner_since: ArcSwapOption::empty(),
            resolver: OnceLock::new(),
            checks: crate::checks::State::default(),
            log: OnceLock::new(),
            renewal: crate::renewal::State::default(),
            access: OnceLock::new(),
            engines: OnceLock::new(),
            learning: OnceLock::new(),
            judging: tokio::sync::Mutex::default(),
            rebuilding: tokio::sync::Mutex::default(),
            behind: behind::Behind::default(),
            undone: ArcSwap::default(),
            stale: Notify::new(),
        }))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The installation.
    pub fn installation(&self) -> &Installation {
        &self.0.installation
    }

    /// What the gateway decides by.
    pub fn rules(&self) -> Arc<ArcSwap<Snapshot>> {
        Arc::clone(&self.0.rules)
    }

    /// The policy in force.
    pub fn policy(&self) -> Option<Arc<InForce>> {
        self.0.in_force.load_full()
    }

    /// Gives the service of accounts, which itself asks this value.
    pub(crate) fn set_access(&self, access: Access) {
        drop(self.0.access.set(access));
    }

    /// Gives the engines, which themselves ask this value.
    pub(crate) fn set_engines(&self, engines: engines::Engines) {
        drop(self.0.engines.set(engines));
    }

    /// The engines, where they run.
    pub(crate) fn engines(&self) -> Option<&engines::Engines> {
        self.0.engines.get()
    }

    /// Gives the area of learning, which stands on the engines.
    pub(crate) fn set_learning(&self, learning: learning::Learning) {
        drop(self.0.learning.set(learning));
    }

    /// The area of learning, where it runs.
    pub(crate) fn learning(&self) -> Option<&learning::Learning> {
        self.0.learning.get()
    }

    /// Says that lists were added or brought up to date: the next rebuilding opens the index again.
    pub(crate) fn lists_changed(&self) {
        self.0.lists_changed.store(true, std::sync::atomic::Ordering::Release);
    }

    /// Says that something changed: whoever rebuilds does it soon.
    pub(crate) fn wake(&self) {
        self.0.stale.notify_one();
    }

    /// Reads policy, lists and roster again and swaps them in. What cannot be read stays as it was, but for a policy
    /// that is damaged: then nothing is open but the desk and help sites.
    ///
    /// # Errors
    /// What could not be read; the job that follows what happens tries again.
    pub async fn rebuild(&self, now: Timestamp) -> anyhow::Result<()> {
        let _one_at_a_time = self.0.rebuilding.lock().await;
        let behind = &self.0.behind;
        let changes = behind.changes();
        let read = self.read_all(now).await;
        match &read {
            Ok(()) => behind.read(changes, now),
            Err(_) => behind.failed(),
        }
        read
    }

    async fn read_all(&self, now: Timestamp) -> anyhow::Result<()> {
        let inner = &self.0;
        let installation = &inner.installation;
        let in_force = match installation.policies.in_force(&installation.school, now).await {
            Ok(in_force) => in_force,
            // A database that is busy, or away for a moment, says nothing of the policy.
            Err(error @ PolicyError::Store(_)) => {
                return Err(error).context("the policy in force cannot be read; what held before stays");
            }
            Err(error @ (PolicyError::Damaged { .. } | PolicyError::Unreadable { .. })) => {
                inner.rules.store(Arc::new(snapshot::nothing()));
                return Err(error).context("the policy in force cannot be read: the gateway opens nothing");
            }
        };
        inner.rights.store(Arc::new(in_force.as_ref().map_or_else(Rights::built_in, |it| rights_of(&it.policy))));
        inner.in_force.store(in_force.clone());
        let declared = match &in_force {
            Some(in_force) => {
                let read =
                    declared::Declared::read(&installation.school, &installation.policies, Arc::clone(in_force), now);
                Some(Arc::new(read.await.context("since when clauses are in force cannot be read")?))
            }
            None => None,
        };
        inner.declared.store(declared.clone());
        if inner.lists_changed.swap(false, std::sync::atomic::Ordering::AcqRel)
            && let Err(error) = self.reopen_lists().await
        {
            inner.lists_changed.store(true, std::sync::atomic::Ordering::Release);
            let (lists, sealed) = lists::service::entered(&installation.school).await.unwrap_or((true, true));
            if (sealed && inner.sealed.load().is_none()) || (lists && inner.lists.load().is_none()) {
                // There was none before either: nothing may be open as if there were no list.
                inner.rules.store(Arc::new(snapshot::nothing()));
                return Err(error).context("the lists cannot be opened: the gateway opens nothing");
            }
            let error = format!("{error:#}");
            tracing::error!(error, "the lists could not be opened; the lists before stay in use");
        }
        let lines = declared
            .as_deref()
            .map(|declared| snapshot::lines(declared, SchoolTime::new(now).date()))
            .unwrap_or_default();
        let policy = in_force.as_deref().map(|in_force| &in_force.policy);
        let provides =
            policy.map(|it| provided::provides(it, &rules::filter::rule_set::rule_set(it), self.calendar_of(it)));
        let provides = Arc::new(provides.unwrap_or_default());
        inner.provides.store(Arc::clone(&provides));
        let beyond = traffic::Changes::rules(&installation.school, &provides, now)
            .await
            .context("what people changed beyond the policy cannot be read; what held before stays")?;
        inner.beyond.store(Arc::new(beyond));
        let digest = in_force.as_deref().map(InForce::digest).unwrap_or_default();
        let beyond = inner.beyond.load_full();
        inner.rules.store(Arc::new(self.snapshot_of(policy, &beyond, digest, lines)));
        self.renew_authority();
        self.rebuild_roster(in_force.as_deref(), now).await
    }

    /// What the gateway decides by under a policy and what people changed beyond it, with the lists of this moment.
    pub(crate) fn snapshot_of(
        &self,
        policy: Option<&Policy>,
        beyond: &traffic::Effective,
        digest: Digest,
        lines: BlockLines,
    ) -> Snapshot {
        let (lists, sealed) = (self.0.lists.load_full(), self.0.sealed.load_full());
        let desk = crate::tls::host_of(&self.0.installation.config.desk.url);
        let (lists, sealed) = (lists.as_deref(), sealed.as_deref());
        let calendar = policy.map(|policy| self.calendar_of(policy)).unwrap_or_default();
        snapshot::build(Sources { policy, digest, beyond: Some(beyond), calendar, lines, lists, sealed, desk })
    }

    /// What the names of times mean in a policy, with the school's own calendars.
    pub(crate) fn calendar_of(&self, policy: &Policy) -> kernel::Calendar {
        let mut calendar = policy.front.calendar();
        self.0.calendars.load().fill(&mut calendar, &policy.front.calendars);
        calendar
    }

    /// Reads the school's calendars again where that was not done for an hour.
    pub(crate) async fn look_at_calendars(&self, now: Timestamp) {
        let (inner, config) = (&self.0, &self.0.installation.config);
        let an_hour = jiff::SignedDuration::from_hours(1);
        let lately = inner.calendars_tried.load().as_deref().is_some_and(|tried| now.duration_since(*tried) < an_hour);
        if config.school.calendars.is_empty() || lately {
            return;
        }
        inner.calendars_tried.store(Some(Arc::new(now)));
        let before = inner.calendars.load_full();
        let after = before.fetched(&config.data.folder.join("calendars"), &config.school.calendars, now).await;
        if let Some(fault) = after.fault() {
            tracing::warn!(fault, "a calendar of the school could not be read; what was read before holds");
        }
        let same = after.says_as(&before);
        inner.calendars.store(Arc::new(after));
        if !same {
            self.wake();
        }
    }

    /// What the gateway would decide by under another policy, with what people changed as far as that one provides for
    /// it; and as if a second person had agreed to one of the changes that wait.
    ///
    /// # Errors
    /// Where what people changed cannot be read.
    pub(crate) async fn supposing(
        &self,
        policy: &Policy,
        agreed: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> anyhow::Result<Snapshot> {
        let provides = provided::provides(policy, &rules::filter::rule_set::rule_set(policy), self.calendar_of(policy));
        let beyond = traffic::Changes::supposing(&self.0.installation.school, &provides, agreed, now)
            .await
            .context("what people changed beyond the policy cannot be read")?;
        Ok(self.snapshot_of(Some(policy), &beyond, Digest::default(), BlockLines::default()))
    }

    /// What people changed beyond the policy, and the subscribed lists.
    pub(crate) fn beyond_and_lists(&self) -> (Arc<traffic::Effective>, Option<Arc<filter::index::ListIndex>>) {
        (self.0.beyond.load_full(), self.0.lists.load_full())
    }

    async fn rebuild_roster(&self, in_force: Option<&InForce>, now: Timestamp) -> anyhow::Result<()> {
        let inner = &self.0;
        let school = &inner.installation.school;
        let Some(access) = inner.access.get() else { return Ok(()) };
        let today = SchoolTime::new(now).date();
        let all = subjects::all(&school.read(), today).await.context("the roll cannot be read")?;
        let states = match in_force {
            Some(in_force) => {
                let people = all.values().map(|member| (member.id, &member.subject));
                signed_state(school, &in_force.policy, people).await.context("signatures cannot be read")?
            }
            None => HashMap::new(),
        };
        let members: HashMap<PersonId, (Subject, Signed)> = all
            .into_values()
            .map(|member| {
                let signed = match (in_force, states.get(&member.id)) {
                    (Some(in_force), Some(state)) => state.for_gateway(&in_force.policy, &member.subject),
                    (Some(in_force), None) => {
                        rules::access::gated_on_agreement::signed(&in_force.policy, &member.subject, false)
                    }
                    (None, _) => Signed::No,
                };
                (member.id, (member.subject, signed))
            })
            .collect();
        let signed = |person: PersonId, _: &Subject| members.get(&person).map_or(Signed::No, |row| row.1);
        let networks = in_force.map(|in_force| networks(&in_force.policy)).unwrap_or_default();
        let devices = self.known_devices().await?;
        let is_pupil = |person| members.get(&person).is_some_and(|row| row.0.has_capacity(kernel::Capacity::Pupil));
        let owners = devices::owners(&devices, is_pupil);
        let roster = access
            .roster(school, networks, &owners, &signed, Arc::clone(&inner.installation.clock))
            .await
            .context("sessions and devices cannot be read")?;
        inner.devices.store(Arc::new(devices));
        inner.roster.store(Some(Arc::new(roster)));
        inner.members.store(Arc::new(members));
        Ok(())
    }

    /// A person as the gateway would see them at `at` by their own credential; none where they are not on the roll.
    pub fn viewer(&self, person: PersonId, at: Timestamp) -> Option<Viewer> {
        let members = self.0.members.load();
        let (subject, signed) = members.get(&person)?;
        Some(Viewer {
            person: Some(person),
            subject: subject.clone(),
            device: None,
            owner: kernel::Owner::Unknown,
            place: kernel::Place::School,
            how: kernel::HowKnown::Token,
            signed: *signed,
            suspended: self.is_suspended(person, at),
        })
    }

    /// Whether somebody's access is suspended at `at`: it ends by itself.
    fn is_suspended(&self, person: PersonId, at: Timestamp) -> bool {
        let suspended = &self.0.beyond.load().suspended;
        !suspended.is_empty() && suspended.holds(person, at)
    }

    /// A viewer as the roster knows them, with what is decided about their access.
    fn judged(&self, mut viewer: Viewer) -> Viewer {
        viewer.suspended = viewer.suspended
            || viewer.person.is_some_and(|person| self.is_suspended(person, self.0.installation.clock.now()));
        viewer
    }

    /// Somebody in a place of whom nothing else is known: on a network that stands for an audience, one of those.
    pub fn nobody_at(&self, place: kernel::Place) -> Viewer {
        let named = |network: &Network| matches!(&place, kernel::Place::Network(name) if *name == network.name);
        match self.policy().and_then(|it| networks(&it.policy).into_iter().find(named)) {
            Some(network) => people::access::roster::network_viewer(network),
            None => Viewer::unattributed(place),
        }
    }

    /// How the gateway decides at present, step by step.
    pub fn explain(
        &self,
        viewer: &Viewer,
        at: &SchoolTime,
        address: &filter::Address,
    ) -> (filter::Decision, Vec<filter::Step>) {
        let rules = self.0.rules.load();
        filter::explain(&Request { address, viewer, at, found: &[] }, &rules)
    }

    /// Takes down whether the scanner answers now; since when it has, without having been found silent.
    pub(crate) fn scanner_answers(&self, answers: bool) -> Option<Timestamp> {
        let since = &self.0.scanner_since;
        if !answers {
            since.store(None);
        } else if since.load().is_none() {
            since.store(Some(Arc::new(self.0.installation.clock.now())));
        }
        since.load().as_deref().copied()
    }

    /// The digest of the policy that the gateway decides by.
    pub fn gateway_policy(&self) -> Digest {
        self.0.rules.load().policy()
    }

    /// A role's title, in the school's own words.
    pub(crate) fn title_of(&self, role: Role) -> String {
        match self.policy() {
            Some(in_force) => in_force.policy.front.title_of(role),
            None => role.default_title().to_owned(),
        }
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// The networks that a policy names.
pub(crate) fn networks(policy: &Policy) -> Vec<Network> {
    let network = |(name, network): (&String, &policy::Network)| Network {
        name: name.clone(),
        stands_for: network.stands_for.clone(),
        signed_for: network.signed_for,
        blocks: network.addresses.iter().map(|block| (block.address, block.bits)).collect(),
    };
    policy.front.networks.iter().map(network).collect()
}

impl WhoIs for Live {
    fn by_token(&self, token: &str) -> Option<Viewer> {
        self.0.checks.viewer(token).or_else(|| Some(self.judged(self.0.roster.load().as_ref()?.by_token(token)?)))
    }

    fn by_token_at(&self, token: &str, address: IpAddr) -> Option<Viewer> {
        let known = || Some(self.judged(self.0.roster.load().as_ref()?.by_token_at(token, address)?));
        // The checks say themselves where they ask from.
        self.0.checks.viewer(token).or_else(known)
    }

    fn by_address(&self, address: IpAddr) -> Viewer {
        match self.0.roster.load().as_ref() {
            Some(roster) => self.judged(roster.by_address(address)),
            None => Viewer::unattributed(kernel::Place::School),
        }
    }
}
