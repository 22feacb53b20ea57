//! CONNECT: a tunnel is judged by the host that it asks for, and again by the name in the first message of
//! TLS. Both must be open. What is not TLS does not go through.

use std::{sync::Arc, time::Duration};

use activity::Outcome;
use bytes::{Buf, Bytes, BytesMut};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    body::{Body, full},
    forward::{Passed, admit},
    gateway::{Inner, Run, Seat},
    headers,
    hello::{self, BadHello, Hello},
    judge::{Judgement, address_of},
    page::{Form, Trouble},
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
    let site = target.host.to_string();
    let trouble = |trouble: Trouble| trouble.answer(inner.frame(), Some(&site), form);
    if headers::passed_here(request.headers(), &inner.config.via) {
        return trouble(Trouble::Loop);
    }
    let mut passed = match admit(&inner, &seat, filter::Scheme::Https, target, None, &request) {
        Ok(passed) => passed,
        Err(answer) => return *answer,
    };
    if !inner.config.connect_ports.contains(&passed.target.port) {
        passed.record.turned(Outcome::Refused, Trouble::Port.reason());
        return trouble(Trouble::Port);
    }
    // The site is connected to first, so that a failure can still be told; it hears nothing before the name
    // in the first message is judged.
    let stream = match inner.destinations.connect(&passed.target).await {
        Ok(stream) => stream,
        Err(error) => {
            let why = Trouble::from(&error);
            passed.record.turned(if why.is_failure() { Outcome::Failed } else { Outcome::Refused }, why.reason());
            return trouble(why);
        }
    };
    let upgrade = hyper::upgrade::on(&mut request);
    seat.spawn(async move |run| {
        // Where the client goes away before it has heard the answer, there is nothing to carry.
        if let Ok(client) = upgrade.await {
            tunnel(inner, run, passed, TokioIo::new(client), stream).await;
        }
    });
    Response::new(full(""))
}

/// Judges the first message, then carries.
async fn tunnel<C>(inner: Arc<Inner>, run: Arc<Run>, passed: Passed, mut client: C, mut site: TcpStream)
where
    C: AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let Passed { target, caller, judgement, mut record } = passed;
    let limit = Duration::from_secs(inner.config.limits.hello_seconds);
    let read = tokio::select! {
        read = tokio::time::timeout(limit, read_hello(&mut client)) => read,
        () = run.kill.cancelled() => return,
    };
    let (hello, mut first) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return record.turned(Outcome::Refused, error.reason()),
        Err(_) => return record.turned(Outcome::Refused, "no-hello"),
    };
    let mut judged = vec![judgement];
    if let Some(named) = hello.server_name.filter(|name| *name != target.host)
        && let Some(first) = judged.first()
    {
        let address = match address_of(filter::Scheme::Https, &Target { host: named, port: target.port }, None) {
            Ok(address) => address,
            Err(_) => return record.turned(Outcome::Refused, "malformed-hello"),
        };
        // The snapshot of the CONNECT decides this as well: no request is judged by two policies.
        let second = Judgement::new(&inner, address, &caller.viewer, first.snapshot.clone());
        if second.decision.refuses() {
            inner.remember(&caller, &second);
            // The row is that of the name which was refused.
            record.turned(Outcome::Refused, "other-name");
            drop(inner.record("CONNECT", &caller, &second));
            return;
        }
        judged.push(second);
    }
    if site.write_all_buf(&mut first).await.is_err() {
        return record.turned(Outcome::Failed, Trouble::NoConnection.reason());
    }
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
