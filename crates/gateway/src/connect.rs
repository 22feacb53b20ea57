//! CONNECT: a tunnel is judged by the host that it asks for, and again by the name in the first message of
//! TLS. Both must be open. What is not TLS does not go through.

use std::{sync::Arc, time::Duration};

use activity::Outcome;
use bytes::{Buf, Bytes, BytesMut};
use filter::{Bypass, Cited};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use crate::{
    body::{Body, full},
    desk_clients::AtDesk,
    destination::DestinationError,
    edits,
    exchange::Passed,
    forward::{is_check, judge, refused},
    gateway::{Inner, Run, Seat},
    hello::{self, BadHello, Hello},
    inspect::{Entry, enter},
    judge::{Caller, Judgement, address_of},
    page::{Form, Trouble},
    record::Record,
    target::Target,
    tunnel::{Tunnel, Watch},
};

/// Answers a CONNECT.
pub(crate) async fn connect(inner: Arc<Inner>, seat: Seat, mut request: Request<Incoming>) -> Response<Body> {
    let form = Form::of(request.headers());
    let target = match Target::of_connect(request.uri()) {
        Ok(target) => target,
        Err(error) => return Trouble::BadRequest(error).answer(inner.frame(), None, form),
    };
    let name = target.host.to_string();
    let trouble = |trouble: Trouble| trouble.answer(inner.frame(), Some(&name), form);
    if inner.via.is_in(request.headers()) {
        return trouble(Trouble::Loop);
    }
    let mut passed = match judge(&inner, &seat, filter::Scheme::Https, target, None, &request) {
        Ok(passed) => passed,
        Err(answer) => return *answer,
    };
    // Where the connection is ended here anyway, the page is shown inside it: browsers show none instead of a tunnel.
    let opens = inner.opens(&passed.judgement, &passed.target);
    if !opens && let Some(page) = refused(&inner, &passed, request.headers()) {
        return page;
    }
    let usual = inner.config.connect_ports.contains(&passed.target.port);
    // Block pages lead to the desk, whatever port it has.
    if !usual && !inner.destinations.is_desk(&passed.target) {
        passed.record.turned(Outcome::Refused, Trouble::Port.reason());
        return trouble(Trouble::Port);
    }
    // The site is connected to first, so that a failure can still be told; it hears nothing before the name
    // in the first message is judged. Inside an inspected connection it can be told later.
    let site = if opens {
        None
    } else {
        match reach(&inner, &passed.caller, &edits::by_name(&passed.target, Some(&passed.judgement))).await {
            Ok(site) => Some(site),
            Err(error) => {
                let why = Trouble::from(&error);
                passed.record.turned(if why.is_failure() { Outcome::Failed } else { Outcome::Refused }, why.reason());
                return trouble(why);
            }
        }
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let own = seat.clone();
    seat.spawn(async move |run| {
        // Where the client goes away before it has heard the answer, there is nothing to carry.
        if let Ok(client) = upgrade.await {
            tunnel(inner, own, run, passed, TokioIo::new(client), site).await;
        }
    });
    Response::new(full(""))
}

impl Inner {
    /// Whether a connection is ended here: the policy says so, and the authority can.
    pub(crate) fn opens(&self, judgement: &Judgement, target: &Target) -> bool {
        (self.wants(judgement) || is_check(target)) && self.can_open(target)
    }

    fn wants(&self, judgement: &Judgement) -> bool {
        judgement.opens() && self.ports.authority.is_some()
    }

    fn can_open(&self, target: &Target) -> bool {
        self.ports.authority.as_ref().is_some_and(|it| !it.is_kept_from(&target.host))
    }
}

/// Judges the first message, then ends the connection here or carries it.
pub(crate) async fn tunnel<C>(
    inner: Arc<Inner>,
    seat: Seat,
    run: Arc<Run>,
    passed: Passed,
    mut client: C,
    site: Option<Site>,
) where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match hello_of(&inner, &run, &mut client).await {
        Some(Ok((hello, first))) => judge_hello(inner, seat, run, passed, Greeted { client, hello, first, site }).await,
        Some(Err(error)) => {
            let mut record = passed.record;
            record.turned(Outcome::Refused, error.reason());
        }
        None => {}
    }
}

/// A connection that was brought here, and that begins with TLS: what it is for, its first message says, and
/// nothing else. Where it went to before is not asked: the gateway looks the name up itself.
pub(crate) async fn brought<C>(inner: Arc<Inner>, seat: Seat, run: Arc<Run>, mut client: C)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(Ok((mut hello, first))) = hello_of(&inner, &run, &mut client).await else { return };
    let Some(host) = hello.server_name.take() else { return };
    let target = Target { host, port: 443 };
    let Ok(address) = address_of(filter::Scheme::Https, &target, None) else { return };
    let caller = Caller::at(&inner, seat.client);
    let judgement = Judgement::new(&inner, address, &caller.viewer, inner.ports.rules.load_full());
    let record = inner.record("CONNECT", &caller, &judgement);
    let passed = Passed { target, caller, judgement, record };
    judge_hello(inner, seat, run, passed, Greeted { client, hello, first, site: None }).await;
}

/// The first message, in the time that there is for it; none where the gateway ends.
async fn hello_of<C>(inner: &Inner, run: &Run, client: &mut C) -> Option<Result<(Hello, Bytes), NoHello>>
where
    C: AsyncRead + Unpin,
{
    let limit = Duration::from_secs(inner.config.limits.hello_seconds);
    tokio::select! {
        read = tokio::time::timeout(limit, read_hello(client)) => Some(read.unwrap_or(Err(NoHello::Ended))),
        () = run.kill.cancelled() => None,
    }
}

/// A connection to what a tunnel is for.
pub(crate) struct Site {
    stream: TcpStream,
    /// Where it is the desk: it is told who comes.
    at_desk: Option<AtDesk>,
}

async fn reach(inner: &Inner, caller: &Caller, target: &Target) -> Result<Site, DestinationError> {
    let stream = inner.destinations.connect(target).await?;
    let client = caller.own_address().filter(|_| inner.destinations.is_desk(target));
    let at_desk = client.and_then(|client| inner.desk_clients.note(&stream, client));
    Ok(Site { stream, at_desk })
}

/// A client whose first message was read.
struct Greeted<C> {
    client: C,
    hello: Hello,
    first: Bytes,
    site: Option<Site>,
}

async fn judge_hello<C>(inner: Arc<Inner>, seat: Seat, run: Arc<Run>, passed: Passed, greeted: Greeted<C>)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Passed { target, caller, judgement, mut record } = passed;
    let Greeted { client, hello, first, site } = greeted;
    let named = Target { host: hello.server_name.unwrap_or_else(|| target.host.clone()), port: target.port };
    let mut wanted = inner.wants(&judgement);
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
        wanted = wanted || inner.wants(&second);
        if wanted && !inner.can_open(&named) {
            return record.turned(Outcome::Refused, "other-name");
        }
        if second.decision.refuses() && !wanted {
            inner.remember(&caller, &second);
            // The row is that of the name which was refused.
            record.turned(Outcome::Refused, "other-name");
            drop(inner.record("CONNECT", &caller, &second));
            return;
        }
        judged.push(second);
    }
    let ours = judged.iter().any(Judgement::opens);
    // The page by which a device tells whether it trusts the root is the gateway's own.
    let wanted = wanted || is_check(&named);
    if let Some(authority) = inner.ports.authority.clone().filter(|_| wanted && inner.can_open(&named)) {
        match authority.config(&named.host) {
            Ok(config) => {
                let entry = Entry { inner, seat, caller, target: named, ours, done: CancellationToken::new() };
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

/// Why no first message could be read.
enum NoHello {
    Bad(BadHello),
    Ended,
}

impl NoHello {
    fn reason(&self) -> &'static str {
        match self {
            Self::Bad(BadHello::NotTls) => "not-tls",
            Self::Bad(BadHello::TooLong | BadHello::Malformed) => "malformed-hello",
            Self::Ended => "no-hello",
        }
    }
}

/// Reads the first message of TLS, and gives back all bytes that were read with it.
async fn read_hello<C: AsyncRead + Unpin>(client: &mut C) -> Result<(Hello, Bytes), NoHello> {
    let mut bytes = BytesMut::with_capacity(4096);
    loop {
        match client.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Err(NoHello::Ended),
            Ok(_) => {}
        }
        if let Some(hello) = hello::parse(bytes.chunk()).map_err(NoHello::Bad)? {
            return Ok((hello, bytes.freeze()));
        }
    }
}
