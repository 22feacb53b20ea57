//! The gateway: what it is made of, what it can be asked.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use activity::{PersonKey, Rows};
use arc_swap::{ArcSwap, ArcSwapOption};
use filter::{ClauseRef, Snapshot};
use jiff::Timestamp;
use kernel::{Clock, DeviceId, Digest, PersonId, WhoIs};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::Config,
    desk_clients::DeskClients,
    destination::{Destinations, Resolve, SystemResolver},
    gauges::{Figures, Gauges},
    headers::Via,
    inspect::{Authority, BrokenName, ClientTrust, Handshakes},
    pace::Paces,
    page::Frame,
    places::{AllPlaces, Slot},
    refusals::{Client, Refusal, Refusals},
    upstream::Upstream,
};

/// What the gateway needs of the rest of the system.
#[derive(Clone)]
pub struct Ports {
    /// Who asks. Fails to: nobody known, who is held to the strictest rules.
    pub who: Arc<dyn WhoIs>,
    /// What is decided by. A new value holds for every request that begins after it was stored; open
    /// tunnels are judged anew.
    pub rules: Arc<ArcSwap<Snapshot>>,
    /// Where outcomes are written. It never waits; what it loses it counts itself.
    pub log: Arc<dyn Rows>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The pseudonym of a person in the log (`activity::PersonKey::derive`).
    pub pseudonym: Arc<dyn Fn(PersonId) -> PersonKey + Send + Sync>,
    /// Looks names up; [`SystemResolver`] by default.
    pub resolver: Arc<dyn Resolve>,
    /// Makes certificates for connections that the policy opens. Without it all are judged by name.
    pub authority: Option<Arc<Authority>>,
    /// The phrases that text is scored by. A new value holds for every answer that begins after it was stored;
    /// without one text passes unread.
    pub phrases: Arc<ArcSwapOption<content::Phrases>>,
    /// Takes what was refused because a sealed list holds it, once for each row that is written of such a thing. It must
    /// not wait; nothing is kept by default.
    pub matches: Arc<dyn Fn(SealedMatch) + Send + Sync>,
}

/// Something that a sealed list holds was asked for. The address is for whoever keeps it encrypted, and for nobody else.
pub struct SealedMatch {
    /// When.
    pub at: Timestamp,
    /// The keyed digest of the entry.
    pub digest: Digest,
    /// The device or session by whose credential it was asked for.
    pub device: Option<DeviceId>,
    /// The clause that the sealed lists rest on.
    pub clause: Option<Arc<ClauseRef>>,
    /// What was asked for.
    pub address: String,
}

impl std::fmt::Debug for SealedMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedMatch({:?}, ..)", self.digest)
    }
}

impl Ports {
    /// Ports with the resolver of the operating system.
    pub fn new(
        who: Arc<dyn WhoIs>,
        rules: Arc<ArcSwap<Snapshot>>,
        log: Arc<dyn Rows>,
        clock: Arc<dyn Clock>,
        pseudonym: impl Fn(PersonId) -> PersonKey + Send + Sync + 'static,
    ) -> Self {
        let (pseudonym, resolver) = (Arc::new(pseudonym), Arc::new(SystemResolver));
        let matches = Arc::new(|_| {});
        Self { who, rules, log, clock, pseudonym, resolver, authority: None, phrases: Arc::default(), matches }
    }
}

/// The gateway of a school. Clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) inner: Arc<Inner>,
}

/// All that requests share.
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) via: Via,
    pub(crate) ports: Ports,
    pub(crate) destinations: Arc<Destinations>,
    pub(crate) desk_clients: DeskClients,
    pub(crate) upstream: Upstream,
    pub(crate) refusals: Refusals,
    pub(crate) handshakes: Handshakes,
    pub(crate) paces: Paces,
    pub(crate) places: AllPlaces,
    pub(crate) gauges: Gauges,
}

impl Inner {
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame::new(&self.config.school_name, &self.config.desk_url)
    }
}

impl Gateway {
    /// A gateway that is ready to serve.
    pub fn new(config: Config, ports: Ports) -> Self {
        let destinations = Arc::new(Destinations::new(&config, ports.resolver.clone()));
        let upstream = Upstream::new(destinations.clone(), &config, ports.clock.clone());
        let inner = Inner {
            via: Via::new(&config.via),
            places: AllPlaces::new(&config.limits),
            config,
            ports,
            destinations,
            desk_clients: DeskClients::default(),
            upstream,
            refusals: Refusals::default(),
            handshakes: Handshakes::default(),
            paces: Paces::default(),
            gauges: Gauges::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What a client was refused lately, newest first: at most 20. An address may have had another person
    /// then; each refusal says whose it was. Of sealed lists nothing is told but the time.
    pub fn recent_refusals(&self, client: Client) -> Vec<Refusal> {
        self.inner.refusals.of(client)
    }

    /// What a person was refused lately, on whatever device, newest first: for the person, who is signed in.
    pub fn recent_refusals_of(&self, person: PersonId) -> Vec<Refusal> {
        self.inner.refusals.of_person(person)
    }

    /// Forgets what a client was refused: at sign-out, when a device is handed on.
    pub fn forget_refusals(&self, client: Client) {
        self.inner.refusals.forget(client);
    }

    /// Names at which clients broke handshakes off, the most first: candidates for the list of programs that
    /// trust no certificate but their own. Nothing follows from it by itself.
    pub fn broken_names(&self) -> Vec<BrokenName> {
        self.inner.handshakes.names()
    }

    /// Clients whose connections were opened, or would have been: which of them trust the authority, and
    /// which lack its root.
    pub fn client_trust(&self) -> Vec<ClientTrust> {
        self.inner.handshakes.clients()
    }

    /// Who it is that comes to the desk by a tunnel of this gateway, whose own address the desk sees as `peer`; none
    /// where that is no such tunnel.
    pub fn client_at_desk(&self, peer: SocketAddr) -> Option<IpAddr> {
        self.inner.desk_clients.client_of(peer)
    }

    /// How the gateway does.
    pub fn figures(&self) -> Figures {
        self.inner.gauges.figures()
    }
}

/// One run of [`Gateway::serve`], from its start to its stop.
pub(crate) struct Run {
    /// No new connections and requests.
    pub(crate) stop: CancellationToken,
    /// Nothing at all any more.
    pub(crate) kill: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// By which way a client came in, as far as it changes what its requests mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// It knows that it uses a proxy.
    Proxy,
    /// It uses a proxy from anywhere, so that its credential alone says who it is.
    TokenOnly,
    /// It is a proxy, and speaks for others.
    Neighbour,
    /// It was brought here, and believes that it speaks with the site.
    Brought,
}

/// A client's connection: its address, and its place among the connections that there may be.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) client: IpAddr,
    pub(crate) entry: Entrance,
    pub(crate) slot: Arc<Slot>,
    pub(crate) run: Arc<Run>,
}

impl Seat {
    /// Goes on with the connection after it has ceased to be HTTP; it keeps its place.
    pub(crate) fn spawn<F, T>(self, task: F)
    where
        F: FnOnce(Arc<Run>) -> T,
        T: Future<Output = ()> + Send + 'static,
    {
        let Self { client: _, entry: _, slot, run } = self;
        let task = task(run.clone());
        run.tasks.spawn(async move {
            task.await;
            drop(slot);
        });
    }
}
