//! Plain HTTP: a request in absolute form is judged, and answered by the site or by a page of the gateway.

use std::sync::Arc;

use activity::Outcome;
use hyper::{
    HeaderMap, Method, Request, Response,
    body::Incoming,
    header::{self, HeaderValue},
    http::uri::{PathAndQuery, Scheme},
};

use crate::{
    body::{Body, full},
    exchange::{Passed, send},
    gateway::{Entrance, Inner, Seat},
    headers,
    judge::{Caller, Judgement, address_of},
    page::{Block, CHECK, Check, Form, Trouble},
    target::{BadTarget, Host, Target, named},
};

/// Answers a request that is not CONNECT.
pub(crate) async fn forward(inner: Arc<Inner>, seat: Seat, request: Request<Incoming>) -> Response<Body> {
    let form = Form::of(request.headers());
    let trouble = |trouble: Trouble| trouble.answer(inner.frame(), None, form);
    let target = match seat.entry {
        Entrance::Proxy | Entrance::TokenOnly => Target::of_absolute(request.uri()),
        Entrance::Brought | Entrance::Neighbour if *request.method() == Method::CONNECT => Err(BadTarget::Scheme),
        Entrance::Brought | Entrance::Neighbour => named(&request, Scheme::HTTP, 80),
    };
    let target = match target {
        Ok(target) => target,
        Err(BadTarget::NotAbsolute) => {
            return pac(&inner, &request).unwrap_or_else(|| trouble(Trouble::IsGateway));
        }
        Err(error) => return trouble(Trouble::BadRequest(error)),
    };
    if inner.via.is_in(request.headers()) {
        return trouble(Trouble::Loop);
    }
    if headers::is_ambiguous(request.headers()) {
        return closing(trouble(Trouble::BadRequest(BadTarget::Length)));
    }
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let passed = match judge(&inner, &seat, filter::Scheme::Http, target, Some(path), &request) {
        Ok(passed) => passed,
        Err(answer) => return *answer,
    };
    if is_check(&passed.target) {
        let (owner, opens) = (passed.caller.viewer.owner, passed.judgement.is_opened_over_tls(&passed.caller.viewer));
        passed.record.forget();
        return Check::Plain(owner, opens).answer(inner.frame(), form);
    }
    if let Some(page) = refused(&inner, &passed.caller, &passed.judgement, &passed.target, request.headers()) {
        return page;
    }
    send(inner, seat, request, passed).await
}

/// The file by which browsers find the gateway. It says nothing that a device on its networks may not know.
fn pac(inner: &Inner, request: &Request<Incoming>) -> Option<Response<Body>> {
    let text = inner.config.pac.as_ref().filter(|_| matches!(request.uri().path(), "/proxy.pac" | "/wpad.dat"))?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut response = Response::new(full(text.clone()));
    let kind = HeaderValue::from_static("application/x-ns-proxy-autoconfig");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    Some(response)
}

/// Whether the gateway's own page is asked for, on which a device tells whether it trusts the root.
pub(crate) fn is_check(target: &Target) -> bool {
    matches!(&target.host, Host::Name(name) if name == CHECK)
}

/// After what cannot be read for sure, nothing more is read from the connection.
pub(crate) fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Judges a request. The answer is that for a request that cannot be judged: it cannot be read, or must say
/// first who sends it.
pub(crate) fn judge(
    inner: &Inner,
    seat: &Seat,
    scheme: filter::Scheme,
    target: Target,
    path: Option<&str>,
    request: &Request<Incoming>,
) -> Result<Passed, Box<Response<Body>>> {
    let form = Form::of(request.headers());
    let site = target.host.to_string();
    let trouble = |trouble: Trouble| Box::new(trouble.answer(inner.frame(), Some(&site), form));
    let address = address_of(scheme, &target, path).map_err(|error| trouble(Trouble::BadRequest(error)))?;
    let caller = match seat.entry {
        Entrance::Proxy => Caller::of(inner, seat.client, None, request.headers()),
        Entrance::TokenOnly => Caller::of(inner, seat.client, Some(kernel::Place::Home), request.headers()),
        Entrance::Brought | Entrance::Neighbour => Caller::at(inner, seat.client),
    };
    let judgement = Judgement::new(inner, address, &caller.viewer, inner.ports.rules.load_full());
    let mut record = inner.record(request.method().as_str(), &caller, &judgement);
    if caller.must_say_who(inner.config.challenge, seat.entry, &judgement.decision) {
        record.turned(Outcome::Refused, Trouble::Credential.reason());
        let mut response = trouble(Trouble::Credential);
        let ask = HeaderValue::from_static("Basic realm=\"School gateway\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::PROXY_AUTHENTICATE, ask);
        return Err(response);
    }
    Ok(Passed { target, caller, judgement, record })
}

/// The page for a request that is refused; none where it is open.
pub(crate) fn refused(
    inner: &Inner,
    caller: &Caller,
    judgement: &Judgement,
    target: &Target,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    if !judgement.decision.refuses() {
        return None;
    }
    inner.remember(caller, judgement);
    let (form, site) = (Form::of(headers), target.host.to_string());
    let page =
        Block::new(inner.frame(), judgement.snapshot.lines(), &judgement.decision, &caller.viewer, &site, headers);
    Some(match page {
        Some(page) => page.answer(form),
        None => Trouble::Closed.answer(inner.frame(), Some(&site), form),
    })
}
