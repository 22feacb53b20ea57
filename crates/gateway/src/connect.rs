//! CONNECT: a tunnel is judged by the host that it asks for, and again by the name in the first message of
//! TLS. Both must be open. What is not TLS does not go through.

use std::{sync::Arc, time::Duration};

use activity::Outcome;
use bytes::{Buf, Bytes, BytesMut};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use crate::{
    body::{Body, full},
    edits,
    exchange::Passed,
    forward::{judge, refused},
    gateway::{Inner, Run, Seat},
    greeted::{Greeted, Site, judge_hello, reach},
    hello::{self, BadHello, Hello},
    judge::{Caller, Judgement, address_of},
    page::{Form, Trouble},
    target::Target,
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
    // Where TLS is ended here anyway, the page is shown inside it: browsers show none instead of a tunnel.
    let ends_tls = inner.ends_tls(&passed.judgement, &passed.target);
    if !ends_tls
        && let Some(page) = refused(&inner, &passed.caller, &passed.judgement, &passed.target, request.headers())
    {
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
    let site = if ends_tls {
        None
    } else {
        match reach(&inner, &passed.caller, &edits::by_name(&passed.target, &passed.judgement)).await {
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

/// Reads the first message and judges it.
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
