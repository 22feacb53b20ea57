//! Plain HTTP: a request in absolute form is judged, and answered by the site or by a page of the gateway.

use std::sync::Arc;

use activity::Outcome;
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Request, Response, StatusCode, Uri, Version,
    body::Incoming,
    header::{self, HeaderValue},
    http::uri::{Authority, PathAndQuery, Scheme},
};
use hyper_util::rt::TokioIo;

use crate::{
    body::{Answer, Body, Progress, Upload, full},
    gateway::{Inner, Seat},
    headers,
    judge::{Caller, Judgement, address_of},
    page::{Block, Form, Trouble},
    record::Record,
    target::{BadTarget, Target},
    tunnel::{Tunnel, Watch},
};

/// A request that was judged and let through.
pub(crate) struct Passed {
    pub(crate) target: Target,
    pub(crate) caller: Caller,
    pub(crate) judgement: Judgement,
    pub(crate) record: Record,
}

/// Answers a request that is not CONNECT.
pub(crate) async fn forward(inner: Arc<Inner>, seat: Seat, request: Request<Incoming>) -> Response<Body> {
    let form = Form::of(request.headers());
    let trouble = |trouble: Trouble| trouble.answer(inner.frame(), None, form);
    let target = match Target::of_absolute(request.uri()) {
        Ok(target) => target,
        Err(BadTarget::NotAbsolute) => return trouble(Trouble::IsGateway),
        Err(error) => return trouble(Trouble::BadRequest(error)),
    };
    if headers::passed_here(request.headers(), &inner.config.via) {
        return trouble(Trouble::Loop);
    }
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let passed = match admit(&inner, &seat, filter::Scheme::Http, target, Some(path), &request) {
        Ok(passed) => passed,
        Err(answer) => return *answer,
    };
    send(inner, seat, request, passed).await
}

/// Judges a request: what lets it through, or the answer that it gets instead.
pub(crate) fn admit(
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
    let caller = Caller::of(inner, seat.client, request.headers());
    let judgement = Judgement::new(inner, address, &caller.viewer, inner.ports.rules.load_full());
    let mut record = inner.record(request.method().as_str(), &caller, &judgement);
    if caller.must_say_who(inner.config.challenge, &judgement.decision) {
        record.turned(Outcome::Refused, Trouble::Credential.reason());
        let mut response = trouble(Trouble::Credential);
        let ask = HeaderValue::from_static("Basic realm=\"School gateway\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::PROXY_AUTHENTICATE, ask);
        return Err(response);
    }
    if judgement.decision.refuses() {
        inner.remember(&caller, &judgement);
        let lines = judgement.snapshot.lines();
        let page = Block::new(inner.frame(), &judgement.decision, &caller.viewer, &site, request.headers());
        let page = page.map(|page| page.saying(lines, &caller.viewer.subject));
        return Err(match page {
            Some(page) => Box::new(page.answer(form)),
            None => trouble(Trouble::Closed),
        });
    }
    Ok(Passed { target, caller, judgement, record })
}

/// Sends a request on, and its answer back.
async fn send(inner: Arc<Inner>, seat: Seat, mut request: Request<Incoming>, passed: Passed) -> Response<Body> {
    let Passed { target, caller, judgement, mut record } = passed;
    let form = Form::of(request.headers());
    let upgrade = headers::upgrade(request.headers());
    let client_side = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
    let progress = Progress::new();
    let outcome = match outbound(&inner, request, &target, upgrade, progress.clone()) {
        Ok(request) => inner.upstream.send(request, progress).await,
        Err(trouble) => Err(trouble),
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(trouble) => {
            record.turned(if trouble.is_failure() { Outcome::Failed } else { Outcome::Refused }, trouble.reason());
            return trouble.answer(inner.frame(), Some(&target.host.to_string()), form);
        }
    };
    let version = response.version();
    let becomes = headers::upgrade(response.headers());
    clean(response.headers_mut(), version, &inner.config.via);
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return match (client_side, becomes) {
            (Some(client_side), Some(becomes)) => {
                let site_side = hyper::upgrade::on(&mut response);
                let watch = Watch::new(caller, vec![judgement]);
                seat.spawn(async move |run| {
                    // Where either side goes away before it has changed over, there is nothing to carry.
                    if let (Ok(client), Ok(site)) = tokio::join!(client_side, site_side) {
                        let (client, site) = (TokioIo::new(client), TokioIo::new(site));
                        Tunnel { inner, watch, record, run }.carry(client, site).await;
                    }
                });
                let (parts, _) = response.into_parts();
                let mut response = Response::from_parts(parts, full(""));
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
                response.headers_mut().insert(header::UPGRADE, becomes);
                response
            }
            // A site that changes over although nobody asked it to is not followed.
            (Some(_) | None, _) => Trouble::NoConnection.answer(inner.frame(), Some(&target.host.to_string()), form),
        };
    }
    response.map(|body| Answer { inner: body, record }.boxed())
}

/// The request as it goes on to the site: to the host of its address, whatever its `Host` field says.
fn outbound(
    inner: &Inner,
    request: Request<Incoming>,
    target: &Target,
    upgrade: Option<HeaderValue>,
    progress: Progress,
) -> Result<Request<Upload>, Trouble> {
    let bad = |_| Trouble::BadRequest(BadTarget::Host);
    let (mut parts, body) = request.into_parts();
    let authority = target.authority(80);
    let mut uri = hyper::http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(Authority::try_from(authority.as_str()).map_err(bad)?);
    uri.path_and_query = Some(parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
    parts.uri = Uri::from_parts(uri).map_err(|_| Trouble::BadRequest(BadTarget::Host))?;
    let version = std::mem::replace(&mut parts.version, Version::HTTP_11);
    clean(&mut parts.headers, version, &inner.config.via);
    // The gateway answers `Expect: 100-continue` itself as soon as the body is asked for.
    parts.headers.remove(header::EXPECT);
    let host = HeaderValue::from_str(&authority).map_err(|_| Trouble::BadRequest(BadTarget::Host))?;
    parts.headers.insert(header::HOST, host);
    if let Some(upgrade) = upgrade {
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(header::UPGRADE, upgrade);
    }
    Ok(Request::from_parts(parts, Upload { inner: body, progress }))
}

fn clean(map: &mut HeaderMap, version: Version, via: &str) {
    headers::strip(map);
    headers::strip_connection_logins(map);
    headers::add_via(map, version, via);
}
