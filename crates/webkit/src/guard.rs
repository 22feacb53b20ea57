//! What stands before each handler: is whoever asks among those of the row, and is a form the desk's own.

use axum::{
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{PageError, RouteRow, Visit, Who, csrf, error::may_not, see_other};

/// Asks the row, then the form, then lets the handler answer.
pub(crate) async fn guard(State(row): State<RouteRow>, request: Request, next: Next) -> Response {
    match ask(&row, request).await {
        Ok(request) => next.run(request).await,
        Err(Refusal::Page(error)) => error.into_response(),
        Err(Refusal::Elsewhere(answer)) => answer,
    }
}

/// A longer address is come back to without its query.
const LONGEST_NEXT: usize = 400;

enum Refusal {
    Page(PageError),
    Elsewhere(Response),
}

impl From<PageError> for Refusal {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

async fn ask(row: &RouteRow, request: Request) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts)?.clone();
    if !visit.is_among(row.who) {
        return Err(match (visit.session(), row.who) {
            (Some(_), Who::May(action)) => Refusal::Page(may_not(action)),
            (Some(_), Who::Public | Who::SignedIn | Who::Named) => Refusal::Page(PageError::NotFound),
            // A program is told; a browser is led to the page where people sign in, and back.
            (None, _) if visit.is_for_programs() => Refusal::Page(PageError::SignIn),
            (None, _) => {
                let back = match parts.uri.path_and_query() {
                    Some(whole) if parts.method == Method::GET && whole.as_str().len() <= LONGEST_NEXT => {
                        whole.as_str()
                    }
                    Some(_) | None if parts.method == Method::GET => parts.uri.path(),
                    Some(_) | None => "/",
                };
                // What a link can name has no characters that need escaping but these.
                let next = back.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23");
                let path = if next == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={next}") };
                Refusal::Elsewhere(match visit.idled_out() {
                    Some(minutes) => {
                        let text = format!("You were signed out because nothing happened here for {minutes} minutes.");
                        visit.see_other_saying(&path, &text)
                    }
                    None => see_other(&path),
                })
            }
        });
    }
    if let Some(first) = visit.session().and_then(|session| session.first_page())
        && row.who != Who::Public
        && visit.path() != first
        && visit.path() != "/sign-out"
    {
        return Err(Refusal::Elsewhere(see_other(first)));
    }
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(Request::from_parts(parts, body));
    }
    let settings = &visit.desk().settings;
    if row.token {
        csrf::check_origin(&parts.headers, &visit.0.host, settings.tls).map_err(|forged| forbid(&visit, forged))?;
    }
    let limit = row.limit.unwrap_or(settings.form_limit);
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(PageError::TooLarge.into());
    }
    let body = axum::body::to_bytes(body, limit).await.map_err(|_| PageError::TooLarge)?;
    if row.token {
        csrf::check_token(&parts.headers, &body, &visit.0.csrf).map_err(|forged| forbid(&visit, forged))?;
    }
    Ok(Request::from_parts(parts, axum::body::Body::from(body)))
}

fn forbid(visit: &Visit, why: csrf::Forged) -> PageError {
    tracing::warn!(path = visit.path_for_log(), reason = %why, "a form was refused");
    PageError::bad(
        "This form was open for too long, or was not one of ours. Go back, load the page again and send it once more",
    )
}
