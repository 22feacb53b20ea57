//! A request inside an inspected connection: judged by its whole address, whoever has the device now.
//!
//! The site is the one that the connection was opened for. A request for another one (HTTP/2 lets clients
//! reuse connections; others try it to get past) is judged too: refused where that site is closed, and else
//! answered with 421, on which clients open a connection of its own, that is judged from its beginning.

use activity::Outcome;
use hyper::{
    Method, Request, Response, Version,
    body::Incoming,
    header::{self, HeaderValue},
    http::uri::{PathAndQuery, Scheme},
};

use super::Entry;
use crate::{
    body::{Body, full},
    exchange::{Passed, send},
    forward::is_check,
    headers,
    judge::{Judgement, address_of},
    page::{Block, Check, Form, Trouble},
    target::{BadTarget, named},
};

/// Answers a request.
pub(super) async fn answer(entry: Entry, request: Request<Incoming>) -> Response<Body> {
    let one = request.version() < Version::HTTP_2;
    let head = request.method() == Method::HEAD;
    let done = entry.done.clone();
    let mut response = judged(entry, request).await;
    if head && !one {
        // HTTP/2 sends the page of an answer to HEAD, which breaks the stream off; HTTP/1 leaves it out.
        *response.body_mut() = full("");
    }
    if done.is_cancelled() && one {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn judged(mut entry: Entry, request: Request<Incoming>) -> Response<Body> {
    let inner = entry.inner.clone();
    let form = Form::of(request.headers());
    let site = entry.target.host.to_string();
    let trouble = |trouble: Trouble| trouble.answer(inner.frame(), Some(&site), form);
    let target = match named(&request, Scheme::HTTPS, entry.target.port) {
        Ok(target) => target,
        Err(error) => return trouble(Trouble::BadRequest(error)),
    };
    if inner.via.is_in(request.headers()) {
        return trouble(Trouble::Loop);
    }
    if headers::is_ambiguous(request.headers()) {
        entry.done.cancel();
        return trouble(Trouble::BadRequest(BadTarget::Length));
    }
    // The person may have left since the connection was opened: what is asked now is asked by who is here now.
    let before = entry.caller.viewer.person;
    match entry.caller.now(&inner) {
        Some(viewer) if viewer.person == before => entry.caller.viewer = viewer,
        Some(_) | None => {
            entry.done.cancel();
            return trouble(Trouble::Misdirected);
        }
    }
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let address = match address_of(filter::Scheme::Https, &target, Some(path)) {
        Ok(address) => address,
        Err(error) => return trouble(Trouble::BadRequest(error)),
    };
    let judgement = Judgement::new(&inner, address, &entry.caller.viewer, inner.ports.rules.load_full());
    let mut record = inner.record(request.method().as_str(), &entry.caller, &judgement);
    if is_check(&target) && target == entry.target {
        record.forget();
        return Check::Trusted.answer(inner.frame(), form);
    }
    if judgement.decision.refuses() {
        inner.remember(&entry.caller, &judgement);
        let host = target.host.to_string();
        let viewer = &entry.caller.viewer;
        let page = Block::new(
            inner.frame(),
            judgement.snapshot.lines(),
            &judgement.decision,
            viewer,
            &host,
            request.headers(),
        );
        return page.map_or_else(|| trouble(Trouble::Closed), |page| page.answer(form));
    }
    if target != entry.target {
        record.turned(Outcome::Refused, Trouble::Misdirected.reason());
        return trouble(Trouble::Misdirected);
    }
    if request.method() == Method::CONNECT {
        record.turned(Outcome::Refused, Trouble::BadRequest(BadTarget::Scheme).reason());
        return trouble(Trouble::BadRequest(BadTarget::Scheme));
    }
    if judgement.is_no_longer_opened() {
        // The policy, or whose device it is, has changed: the next connection is judged by its name.
        record.turned(Outcome::Refused, Trouble::Misdirected.reason());
        entry.done.cancel();
        return trouble(Trouble::Misdirected);
    }
    let Entry { inner, seat, caller, .. } = entry;
    send(inner, seat, request, Passed { target, caller, judgement, record }).await
}
