//! What becomes of a connection whose first message has named a site: TLS is ended here where the policy has it opened,
//! and else the bytes are carried as they are. The name must be open, as what was asked for is.

use std::sync::Arc;

use activity::Outcome;
use bytes::Bytes;
use filter::{Bypass, Cited};
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
    target::Target,
    tunnel::{Tunnel, Watch},
};

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

/// Judges the name in the first message, then ends TLS here or carries the bytes.
pub(crate) async fn judge_hello<C>(inner: Arc<Inner>, seat: Seat, run: Arc<Run>, passed: Passed, greeted: Greeted<C>)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Passed { target, caller, judgement, mut record } = passed;
    let Greeted { client, hello, first, site } = greeted;
    let named = Target { host: hello.server_name.unwrap_or_else(|| target.host.clone()), port: target.port };
    let mut is_to_open = inner.is_to_open(&judgement);
    let mut judged = vec![judgement];
    if named != target
        && let Some(first) = judged.first()
    {
        if first.decision.refuses() {
            inner.remember(&caller, first);
            return;
        }
        // A name that hides another one behind it; where it hides nothing, browsers send the site's own.
        let hides = |it: &Cited<Bypass>| it.value.hidden_names && !it.observed;
        if hello.encrypted && first.treatment.bypass.as_ref().is_some_and(hides) {
            return record.turned(Outcome::Refused, "hidden-name");
        }
        let address = match address_of(filter::Scheme::Https, &named, None) {
            Ok(address) => address,
            Err(_) => return record.turned(Outcome::Refused, "malformed-hello"),
        };
        // The snapshot of the CONNECT decides this as well: no request is judged by two policies.
        let second = Judgement::new(&inner, address, &caller.viewer, first.snapshot.clone());
        // A name that is exempt opens no way to a site that is not, nor the other way round.
        is_to_open = is_to_open || inner.is_to_open(&second);
        if is_to_open && !inner.may_certify(&named) {
            return record.turned(Outcome::Refused, "other-name");
        }
        if second.decision.refuses() && !is_to_open {
            inner.remember(&caller, &second);
            // The row is that of the name which was refused.
            record.turned(Outcome::Refused, "other-name");
            drop(inner.record("CONNECT", &caller, &second));
            return;
        }
        judged.push(second);
    }
    let of_school = judged.iter().any(Judgement::is_to_be_opened);
    let ends_tls = (is_to_open || is_check(&named)) && inner.may_certify(&named);
    if let Some(authority) = inner.ports.authority.clone().filter(|_| ends_tls) {
        match authority.config(&named.host) {
            Ok(config) => {
                let entry = Entry { inner, seat, caller, target: named, of_school, done: CancellationToken::new() };
                // In a box of its own, as what follows is: a tunnel that stands idle has no room for what it is not.
                return Box::pin(enter(entry, config, client, first, record, run)).await;
            }
            Err(error) => tracing::error!(%error, "a connection is judged by its name, for want of a certificate"),
        }
    }
    Box::pin(splice(Splice { inner, run, caller, judged, record, target, first }, client, site)).await;
}

/// A connection that is carried unopened.
struct Splice {
    inner: Arc<Inner>,
    run: Arc<Run>,
    caller: Caller,
    judged: Vec<Judgement>,
    record: Record,
    target: Target,
    first: Bytes,
}

async fn splice<C>(splice: Splice, client: C, site: Option<Site>)
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let Splice { inner, run, caller, judged, mut record, target, mut first } = splice;
    if let Some(refused) = judged.iter().find(|it| it.decision.refuses()) {
        return inner.remember(&caller, refused);
    }
    let site = match site {
        Some(site) => Ok(site),
        None => reach(&inner, &caller, &edits::by_name(&target, judged.last())).await,
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
