//! The pages that the gateway itself answers with: a block, in the words of the reader's age, and what went
//! wrong between here and a site. For programs the same in a line of text or JSON.

mod block;
mod check;
mod trouble;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{self, HeaderValue},
};

pub(crate) use block::Block;
pub use block::{Voice, Why};
pub use check::CHECK;
pub(crate) use check::Check;
pub(crate) use trouble::Trouble;

use crate::body::{Body, full};

const CSS: &str = include_str!("../../templates/gateway/page.css");

/// Nothing runs, nothing is fetched; the one style sheet is named by its digest. A page may stand in a frame of
/// another site, where its reader meets the block: its links lead out of it.
static SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, CSS.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// What stands around every page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    school: &'a str,
    desk: &'a str,
    css: &'static str,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(school: &'a str, desk: &'a str) -> Self {
        Self { school, desk, css: CSS }
    }
}

/// The form in which the client reads answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Json,
    Text,
}

impl Form {
    /// The form that a request's `Accept` asks for; text where it leaves that open, as programs do.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if accept.contains("text/html") || accept.contains("application/xhtml+xml") {
            Self::Html
        } else if accept.contains("json") {
            Self::Json
        } else {
            Self::Text
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
        })
    }
}

/// An answer of the gateway's own. It is never kept by a cache, because it may be another one in a minute.
pub(crate) fn answer(status: StatusCode, form: Form, text: String) -> Response<Body> {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, form.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, SECURITY_POLICY.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A page, or, should its template fail, its heading: nobody is left without an answer.
fn rendered(template: &impl askama::Template, heading: &str) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page of the gateway cannot be rendered");
        heading.to_owned()
    })
}
