//! What every request passes: the Host is one of ours, the session is found, errors become pages, and the
//! answer bears the headers that keep it safe.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    Desk, Found, NavItem, PageError, Reader, Rights, Visit,
    cookie::{self, Jar},
    csrf::Csrf,
    desk::host_name,
    error::{ErrorPage, Problem, chain, html},
    headers,
    token::random,
    visit::VisitParts,
};

/// What the gate knows: the desk, and the sections of all areas.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) desk: Arc<Desk>,
    pub(crate) nav: Arc<Vec<NavItem>>,
}

/// Passes one request.
pub(crate) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let settings = gate.desk.settings.clone();
    let Some(host) = host_of(&parts).filter(|host| settings.answers_to(host)) else {
        return headers::seal(
            (StatusCode::MISDIRECTED_REQUEST, "This is not the address of this desk.\n").into_response(),
            &settings,
        );
    };
    let mut fresh = None;
    let visit = match visit(&gate, &parts, host, &mut fresh).await {
        Ok(visit) => visit,
        Err(error) => {
            tracing::error!(error = %chain(error_source(&error)), "a request could not be looked at");
            return headers::seal(
                (StatusCode::SERVICE_UNAVAILABLE, "Gatehouse cannot look up who you are. Try again in a minute.\n")
                    .into_response(),
                &settings,
            );
        }
    };
    let head = parts.method == Method::HEAD;
    parts.extensions.insert(visit.clone());
    let answer = next.run(Request::from_parts(parts, body)).await;
    let mut answer = headers::seal(printed(&visit, answer, head), &settings);
    finish_cookies(&visit, fresh, answer.status(), answer.headers_mut());
    answer
}

fn host_of(parts: &Parts) -> Option<String> {
    let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    match (named, parts.uri.authority()) {
        (Some(named), Some(authority)) if !named.eq_ignore_ascii_case(authority.as_str()) => None,
        (Some(named), _) => Some(named),
        (None, Some(authority)) => Some(authority.as_str().to_owned()),
        (None, None) => None,
    }
}

fn error_source(error: &PageError) -> &dyn std::error::Error {
    match error {
        PageError::Internal(cause) => cause.as_ref(),
        PageError::Bad(_)
        | PageError::SignIn
        | PageError::Forbidden(_)
        | PageError::NotFound
        | PageError::Conflict(_)
        | PageError::TooMany { .. }
        | PageError::TooLarge => &Unlikely,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no cause is known")]
struct Unlikely;

async fn visit(gate: &Gate, parts: &Parts, host: String, fresh: &mut Option<String>) -> Result<Visit, PageError> {
    let desk = &gate.desk;
    let now = desk.clock.now();
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let hosted = desk.in_force.school(host_name(&host));
    let token = cookie::session_token(&parts.headers, &desk.settings)
        .filter(|token| hosted.is_none_or(|school| school == token.school()));
    let found = match &token {
        Some(token) => desk.sessions.find(token, address, now).await?,
        None => Found::Nothing,
    };
    let (session, idle) = match found {
        // The port answers for the token's school; a session of another one would be a mix-up.
        Found::Live(session) if token.is_some_and(|token| token.school() == session.school()) => (Some(session), None),
        Found::Live(_) | Found::Nothing => (None, None),
        Found::Idle { minutes } => (None, Some(minutes)),
    };
    let csrf = match (&session, &token) {
        (Some(_), Some(token)) => Csrf::of_session(token),
        (Some(_) | None, _) => Csrf::of_browser(&before(parts, desk, fresh)?),
    };
    let school = session.as_ref().map(crate::Session::school).or(hosted);
    let rights = match school {
        Some(school) => desk.in_force.rights(school),
        None => Arc::new(Rights::none()),
    };
    Ok(Visit(Arc::new(VisitParts {
        desk: Arc::clone(desk),
        session,
        token,
        idle,
        school,
        rights,
        csrf,
        host,
        path: parts.uri.path().to_owned(),
        address,
        now,
        said: cookie::said(&parts.headers, &desk.settings),
        nav: Arc::clone(&gate.nav),
    })))
}

/// The random cookie of a browser that is not signed in; a new one where it has none.
fn before(parts: &Parts, desk: &Desk, fresh: &mut Option<String>) -> Result<String, PageError> {
    if let Some(value) = Jar::Before.read(&parts.headers, &desk.settings).filter(|value| value.len() == 43) {
        return Ok(value.to_owned());
    }
    let value = URL_SAFE_NO_PAD.encode(random::<32>()?);
    *fresh = Some(value.clone());
    Ok(value)
}

fn finish_cookies(visit: &Visit, fresh: Option<String>, status: StatusCode, headers: &mut HeaderMap) {
    let settings = &visit.desk().settings;
    let page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    // Handlers that set cookies of their own (sign-in) come first and win.
    let own = headers.contains_key(header::SET_COOKIE);
    if let Some(value) = fresh.filter(|_| page && !own)
        && let Some(cookie) = Jar::Before.set(&value, settings)
    {
        headers.append(header::SET_COOKIE, cookie);
    }
    if visit.0.said.is_some()
        && page
        && status.is_success()
        && let Some(cookie) = Jar::Said.clear(settings)
    {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Prints errors as pages: those of handlers, and what the router or an extractor said in plain text.
fn printed(visit: &Visit, answer: Response, head: bool) -> Response {
    let status = answer.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let html_already = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html") || kind.as_bytes() == PROBLEM.as_bytes());
    let problem = answer.extensions().get::<Problem>().cloned();
    let problem = match problem {
        Some(Problem(problem)) => problem,
        None if html_already => return answer,
        None => Arc::new(match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => PageError::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => PageError::TooLarge,
            _ if status.is_client_error() => PageError::bad("The address or form could not be read"),
            _ => PageError::internal("a layer answered with an error"),
        }),
    };
    let id = match problem.as_ref() {
        PageError::Internal(cause) => {
            let id = random::<4>()
                .map_or_else(|_| "unknown".to_owned(), |bytes| format!("{:08x}", u32::from_be_bytes(bytes)));
            tracing::error!(fault.id = id, path = visit.path_for_log(), error = %chain(cause.as_ref()), "a page failed as fault {id}");
            Some(id)
        }
        PageError::Bad(_)
        | PageError::SignIn
        | PageError::Forbidden(_)
        | PageError::NotFound
        | PageError::Conflict(_)
        | PageError::TooMany { .. }
        | PageError::TooLarge => None,
    };
    let child = visit.session().is_some_and(|session| session.reader() != Reader::Adult);
    let (heading, says) = if child && matches!(problem.as_ref(), PageError::Forbidden(_)) {
        ErrorPage::for_grown_ups()
    } else {
        ErrorPage::words(&problem)
    };
    if visit.is_for_programs() {
        let detail = says.join(" ");
        let body = serde_json::json!({ "type": "about:blank", "title": heading, "status": status.as_u16(), "detail": detail, "fault": id });
        let body = if head { String::new() } else { body.to_string() };
        let mut told = (status, [(header::CONTENT_TYPE, PROBLEM)], body).into_response();
        carry(&answer, &mut told);
        return told;
    }
    let next = match visit.session() {
        Some(_) => ("Go to your home page".to_owned(), "/".to_owned()),
        None => ("Sign in".to_owned(), "/sign-in".to_owned()),
    };
    let page = ErrorPage { page: visit.page(heading), heading: heading.to_owned(), says, id, next };
    let Ok(mut page) = html(&page) else { return answer };
    *page.status_mut() = status;
    if head {
        *page.body_mut() = axum::body::Body::empty();
    }
    carry(&answer, &mut page);
    page
}

/// How an error is told to a program (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// Carries over the headers of an answer that is printed anew.
fn carry(answer: &Response, printed: &mut Response) {
    for (name, value) in answer.headers() {
        if name == header::RETRY_AFTER || name == header::SET_COOKIE || name == header::ALLOW {
            printed.headers_mut().append(name.clone(), value.clone());
        }
    }
}
