//! What becomes of a connection whose first message has named a site: TLS is ended here where the policy has it opened,
//! and else the bytes are carried as they are. The name must be open, as what was asked for is.

use std::sync::Arc;

use activity::Outcome;
use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use crate::{
    desk_clients::AtDesk,
    destination::DestinationError,
    edits,
    exchange::Passed,
    forward::is_check,
    gateway::{Inner, Run, Seat},
    hello::Hello,
    inspect::{Entry, enter},
    judge::{Caller, Judgement, address_of},
    page::Trouble,
    record::Record,
    target::{Host, Target},
    tunnel::{Tunnel, Watch},
};

/// Why a connection ends whose first message hides the name of the site.
pub(crate) const HIDDEN_NAME: &str = "hidden-name";

impl Inner {
    /// Whether TLS of a connection is ended here: the policy has it opened, and there is a certificate to show.
    pub(crate) fn ends_tls(&self, judgement: &Judgement, target: &Target) -> bool {
        // The page by which a device tells whether it trusts the root is the gateway's own.
        (self.is_to_open(judgement) || is_check(target)) && self.may_certify(target)
    }

    /// Whether connections to this name are opened, as far as this machine can open any.
    fn is_to_open(&self, judgement: &Judgement) -> bool {
        judgement.is_to_be_opened() && self.ports.authority.is_some()
    }

    /// Whether there is an authority, and it is not kept from this name.
    fn may_certify(&self, target: &Target) -> bool {
        self.ports.authority.as_ref().is_some_and(|it| !it.is_kept_from(&target.host))
    }
}

/// A connection to what a tunnel is for.
pub(crate) struct Site {
    stream: TcpStream,
    /// Where it is the desk: it is told who comes.
    at_desk: Option<AtDesk>,
}

pub(crate) async fn reach(inner: &Inner, caller: &Caller, target: &Target) -> Result<Site, DestinationError> {
    let stream = inner.destinations.connect(target).await?;
    let client = caller.own_address().filter(|_| inner.destinations.is_desk(target));
    let at_desk = client.and_then(|client| inner.desk_clients.note(&stream, client));
    Ok(Site { stream, at_desk })
}

/// A client whose first message was read.
pub(crate) struct Greeted<C> {
    pub(crate) client: C,
    pub(crate) hello: Hello,
    /// What was read with it.
    pub(crate) first: Bytes,
    /// Where it was connected to already.
    pub(crate) site: Option<Site>,
}

/// The names that a connection goes by, and what is decided about each.
struct Names {
    /// What was asked for.
    asked: (Target, Judgement),
    /// What the first message says, where that is another name.
    said: Option<(Target, Judgement)>,
}

/// Where a connection goes that is not opened.
enum Route {
    /// To what was asked for.
    Asked,
    /// To this, which is the site of the first message or the name under which that answers safely.
    Said(Target),
    /// Nowhere: the last name is closed.
    Closed,
    /// Nowhere, for this reason.
    Refused(&'static str),
}

impl Names {
    /// The name of the site, as far as anybody has said it.
    fn last(&self) -> &(Target, Judgement) {
        self.said.as_ref().unwrap_or(&self.asked)
    }

    fn judgements(&self) -> impl Iterator<Item = &Judgement> {
        std::iter::once(&self.asked).chain(&self.said).map(|(_, judgement)| judgement)
    }

    /// Whether the first message names one site behind another that was named.
    fn hides(&self, encrypted: bool) -> bool {
        let behind = self.said.is_some() && matches!(self.asked.0.host, Host::Name(_));
        encrypted && behind && closes_hidden_names(&self.asked.1)
    }

    /// Where the bytes are carried, where TLS is not ended here.
    fn route(&self, inner: &Inner, encrypted: bool) -> Route {
        let (named, judgement) = self.last();
        // A name that is exempt opens no way to a site that is not, nor the other way round. A number hides no site:
        // programs that are led into a proxy know nothing else of theirs, whose name is looked up here then.
        let is_unlike = self.said.is_some() && self.judgements().any(|it| inner.is_to_open(it));
        if is_unlike && matches!(self.asked.0.host, Host::Name(_)) {
            return Route::Refused("other-name");
        }
        if judgement.decision.refuses() {
            return Route::Closed;
        }
        // Where a connection is opened, nothing is hidden, and the client asks again by the site's own name.
        if encrypted && closes_hidden_names(judgement) && filter::bypass::is_cover(&judgement.address.host) {
            return Route::Refused(HIDDEN_NAME);
        }
        if self.said.is_none() {
            return Route::Asked;
        }
        let safe = edits::by_name(named, judgement);
        if is_unlike || safe != *named { Route::Said(safe) } else { Route::Asked }
    }
}

/// Whether a clause closes connections that hide the name of their site.
fn closes_hidden_names(judgement: &Judgement) -> bool {
    judgement.treatment.bypass.as_ref().is_some_and(|it| it.value.hidden_names && !it.observed)
}

/// Judges the name in the first message, then ends TLS here or carries the bytes.
pub(crate) async fn judge_hello<C>(inner: Arc<Inner>, seat: Seat, run: Arc<Run>, passed: Passed, greeted: Greeted<C>)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Passed { target, caller, judgement, mut record } = passed;
    let Greeted { client, hello: Hello { server_name, encrypted }, first, site } = greeted;
    let named = Target { host: server_name.unwrap_or_else(|| target.host.clone()), port: target.port };
    let mut names = Names { asked: (target, judgement), said: None };
    if named != names.asked.0 {
        let asked = &names.asked.1;
        if asked.decision.refuses() {
            return inner.remember(&caller, asked);
        }
        // On the port of the desk there is the desk alone.
        if !inner.config.connect_ports.contains(&named.port) {
            return record.turned(Outcome::Refused, Trouble::Port.reason());
        }
        let Ok(address) = address_of(filter::Scheme::Https, &named, None) else {
            return record.turned(Outcome::Refused, "malformed-hello");
        };
        // The snapshot of the CONNECT decides this as well: no request is judged by two policies.
        let said = Judgement::new(&inner, address, &caller.viewer, asked.snapshot.clone());
        names.said = Some((named, said));
    }
    // Where a name hides nothing, browsers send the site's own.
    if names.hides(encrypted) {
        return record.turned(Outcome::Refused, HIDDEN_NAME);
    }
    let (named, judgement) = names.last();
    if let Some(authority) = inner.ports.authority.clone().filter(|_| inner.ends_tls(judgement, named)) {
        match authority.config(&named.host) {
            Ok(config) => {
                let of_school = names.judgements().any(Judgement::is_to_be_opened);
                let target = named.clone();
                let entry = Entry { inner, seat, caller, target, of_school, done: CancellationToken::new() };
                drop(names);
                // In a box of its own, as what follows is: a tunnel that stands idle has no room for what it is not.
                return Box::pin(enter(entry, config, client, first, record, run)).await;
            }
            Err(error) => tracing::error!(%error, "a connection is judged by its name, for want of a certificate"),
        }
    }
    let route = names.route(&inner, encrypted);
    if let Some((_, said)) = &names.said {
        record = row_of(&inner, &caller, record, &names.asked.1, said, &route);
    }
    let site = match route {
        Route::Asked => site.ok_or_else(|| edits::by_name(&names.asked.0, &names.asked.1)),
        Route::Said(target) => Err(target),
        Route::Closed => return inner.remember(&caller, &names.last().1),
        Route::Refused(reason) => return record.turned(Outcome::Refused, reason),
    };
    let Names { asked: (_, asked), said } = names;
    let judged = std::iter::once(asked).chain(said.map(|(_, said)| said)).collect();
    Box::pin(splice(Splice { inner, run, caller, judged, record, first }, client, site)).await;
}

/// The row of a connection whose first message says another name: that of the name by which it goes on. The other name
/// has a row as well where something is to be said of it.
fn row_of(
    inner: &Inner,
    caller: &Caller,
    mut record: Record,
    asked: &Judgement,
    said: &Judgement,
    route: &Route,
) -> Record {
    let of_said = inner.record("CONNECT", caller, said);
    let (own, other, tells) = match route {
        Route::Asked => (record, of_said, said.decision.observed),
        Route::Said(_) => (of_said, record, asked.decision.observed),
        Route::Closed => {
            record.turned(Outcome::Refused, "other-name");
            (record, of_said, true)
        }
        Route::Refused(_) => (record, of_said, false),
    };
    if !tells {
        other.forget();
    }
    own
}

/// A connection that is carried unopened.
struct Splice {
    inner: Arc<Inner>,
    run: Arc<Run>,
    caller: Caller,
    judged: Vec<Judgement>,
    record: Record,
    first: Bytes,
}

/// Carries a connection to the site that it has, or to the one that is to be reached.
async fn splice<C>(splice: Splice, client: C, site: Result<Site, Target>)
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let Splice { inner, run, caller, judged, mut record, mut first } = splice;
    let site = match site {
        Ok(site) => Ok(site),
        Err(target) => reach(&inner, &caller, &target).await,
    };
    let Site { stream: mut site, at_desk: _told } = match site {
        Ok(site) => site,
        Err(error) => {
            let why = Trouble::from(&error);
            return record.turned(if why.is_failure() { Outcome::Failed } else { Outcome::Refused }, why.reason());
        }
    };
    if site.write_all_buf(&mut first).await.is_err() {
        return record.turned(Outcome::Failed, Trouble::NoConnection.reason());
    }
    drop(first);
    let watch = Watch::new(caller, judged);
    Tunnel { inner, watch, record, run }.carry(client, site).await;
}
