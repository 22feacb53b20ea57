//! A request that was let through: sent on to its site, plain or over TLS, and the answer back.

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
    body::{Answer, Body, Progress, Upload, UploadLimit, full},
    edits,
    forward::refused,
    gateway::{Inner, Seat},
    headers,
    judge::{Caller, Judgement},
    page::{Form, Trouble, Voice},
    pass::{Asked, Plan, prepare, through},
    record::Record,
    target::{BadTarget, Target},
    tunnel::{Tunnel, Watch},
    upstream::Pool,
};

/// A request that was judged and let through.
pub(crate) struct Passed {
    pub(crate) target: Target,
    pub(crate) caller: Caller,
    pub(crate) judgement: Judgement,
    pub(crate) record: Record,
}

/// Sends a request on, and its answer back.
pub(crate) async fn send(
    inner: Arc<Inner>,
    seat: Seat,
    mut request: Request<Incoming>,
    passed: Passed,
) -> Response<Body> {
    let Passed { target, caller, judgement, mut record } = passed;
    let (form, voice) = (Form::of(request.headers()), Voice::of(&caller.viewer.subject));
    let asked = Plan::is_wanted(&judgement).then(|| Asked::of(request.method(), request.uri(), request.headers()));
    if let Some(decision) = edits::too_large(&judgement, request.headers()) {
        record.judged(&decision);
        if let Some(page) = refused(&inner, &caller, &judgement.found(decision), &target, request.headers()) {
            return page;
        }
    }
    let upload = UploadLimit::of(&judgement);
    record.watches(upload.clone());
    edits::request(&judgement, &mut request);
    prepare(&judgement.treatment, request.headers_mut());
    let upgrade = headers::upgrade(request.headers());
    let client_side = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
    let progress = Progress::new();
    // What may change over into something else needs a connection of its own kind.
    let pool = match (judgement.address.scheme, &upgrade) {
        (filter::Scheme::Http, _) => Pool::Plain,
        (filter::Scheme::Https, None) => Pool::Tls,
        (filter::Scheme::Https, Some(_)) => Pool::TlsOne,
    };
    let request = request.map(|body| Upload::new(body, progress.clone(), upload.clone()));
    let outcome = match outbound(&inner, request, judgement.address.scheme, &target, upgrade) {
        Ok(request) => inner.upstream.send(pool, request, progress).await,
        Err(trouble) => Err(trouble),
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(trouble) => {
            // The site breaks off where an upload does.
            if let Some(decision) = upload.as_ref().and_then(|it| it.broken())
                && let Some(headers) = asked.as_ref().map(|it| &it.headers)
                && let Some(page) = refused(&inner, &caller, &judgement.found(decision.clone()), &target, headers)
            {
                return page;
            }
            record.turned(if trouble.is_failure() { Outcome::Failed } else { Outcome::Refused }, trouble.reason());
            return trouble.answer_to(voice, inner.frame(), Some(&target.host.to_string()), form);
        }
    };
    // RFC 9110, 6.2: what goes on bears the version of who sends it on.
    let version = std::mem::replace(response.version_mut(), Version::HTTP_11);
    let becomes = headers::upgrade(response.headers());
    if judgement.hides_other_ways() {
        response.headers_mut().remove(header::ALT_SVC);
    }
    clean(response.headers_mut(), version, &inner.via);
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
            (Some(_) | None, _) => {
                record.turned(Outcome::Failed, Trouble::NoConnection.reason());
                Trouble::NoConnection.answer_to(voice, inner.frame(), Some(&target.host.to_string()), form)
            }
        };
    }
    let looked_at = asked.and_then(|asked| Plan::of(&inner, &judgement, &asked, &response).map(|plan| (asked, plan)));
    match looked_at {
        Some(plan) => through((inner, &seat), (caller, judgement), plan, response, record).await,
        None => response.map(|body| Answer::new(inner, body, caller, judgement, record).boxed_unsync()),
    }
}

/// The request as it goes on to the site: to the host of its address, whatever its `Host` field says.
fn outbound(
    inner: &Inner,
    request: Request<Upload>,
    scheme: filter::Scheme,
    target: &Target,
    upgrade: Option<HeaderValue>,
) -> Result<Request<Upload>, Trouble> {
    let bad = |_| Trouble::BadRequest(BadTarget::Host);
    let (mut parts, body) = request.into_parts();
    let authority = target.authority(scheme.port());
    let mut uri = hyper::http::uri::Parts::default();
    uri.scheme = Some(match scheme {
        filter::Scheme::Http => Scheme::HTTP,
        filter::Scheme::Https => Scheme::HTTPS,
    });
    uri.authority = Some(Authority::try_from(authority.as_str()).map_err(bad)?);
    uri.path_and_query = Some(parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
    parts.uri = Uri::from_parts(uri).map_err(|_| Trouble::BadRequest(BadTarget::Host))?;
    let version = std::mem::replace(&mut parts.version, Version::HTTP_11);
    clean(&mut parts.headers, version, &inner.via);
    headers::join_cookies(&mut parts.headers);
    // The gateway answers `Expect: 100-continue` itself as soon as the body is asked for.
    parts.headers.remove(header::EXPECT);
    let host = HeaderValue::from_str(&authority).map_err(|_| Trouble::BadRequest(BadTarget::Host))?;
    parts.headers.insert(header::HOST, host);
    if let Some(upgrade) = upgrade {
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(header::UPGRADE, upgrade);
    }
    Ok(Request::from_parts(parts, body))
}

fn clean(map: &mut HeaderMap, version: Version, via: &headers::Via) {
    headers::strip(map);
    headers::strip_connection_logins(map);
    via.add(map, version);
}
