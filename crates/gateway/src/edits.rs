//! What is changed about a request, because the treatment of its address says so: searches are made safe,
//! video is restricted. What the engines need is data of `filter::safe_search`; here it is done.

use filter::{
    Carried, Decision,
    safe_search::{self, Wanted},
};
use hyper::{
    HeaderMap, Request,
    header::{self, HeaderName, HeaderValue},
    http::uri::PathAndQuery,
};

use crate::{
    judge::Judgement,
    target::{Host, Target},
};

/// Changes a request on its way to a search engine or to video. What is only on trial changes nothing.
pub(crate) fn request<B>(judgement: &Judgement, request: &mut Request<B>) {
    let wanted = Wanted::of(&judgement.treatment);
    if wanted == Wanted::default() {
        return;
    }
    let asked = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let edits = safe_search::apply(&judgement.address.host, asked, wanted);
    for (name, value) in edits.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    let Some(target) = edits.target.and_then(|target| PathAndQuery::try_from(target).ok()) else { return };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(target);
    if let Ok(uri) = hyper::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// Where a connection that is not opened goes: to the name under which an engine answers safely, where one is
/// wanted and it has one. The engine shows its own certificate there.
pub(crate) fn by_name(target: &Target, judgement: &Judgement) -> Target {
    match (safe_name(judgement), &target.host) {
        (Some(alias), Host::Name(_)) => Target { host: Host::Name(alias.to_owned()), port: target.port },
        (Some(_) | None, _) => target.clone(),
    }
}

/// The name under which a site answers safely, where one is wanted and it has one.
pub(crate) fn safe_name(judgement: &Judgement) -> Option<&'static str> {
    safe_search::alias(&judgement.address.host, Wanted::of(&judgement.treatment))
}

/// How many bytes a request may send, and the decision about one that sends more.
pub(crate) fn upload_limit(judgement: &Judgement) -> Option<(u64, Decision)> {
    let cited = judgement.treatment.transfers.as_ref().filter(|_| judgement.decision.may_name_person())?;
    Some((cited.value.bytes?, Decision::carried(Carried::Size, cited)))
}

/// The decision about what a request sends, where it says before that it is more than may be.
pub(crate) fn too_large(judgement: &Judgement, headers: &HeaderMap) -> Option<Decision> {
    let (most, decision) = upload_limit(judgement)?;
    let length: u64 = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    (length > most).then_some(decision)
}
