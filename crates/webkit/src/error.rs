//! What a page answers when it cannot do what it was asked: friendly, and nothing internal shown.
//!
//! A handler returns `Err(PageError)`; the gate turns it into a page with the layout of whoever asks.

use std::{error::Error as StdError, sync::Arc};

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{Action, Denied, Page, PortError, token::NoRandomness};

/// What a handler answers.
pub type PageResult = Result<Response, PageError>;

/// Why there is no page.
#[derive(Debug)]
pub enum PageError {
    /// The form or address cannot be understood; the text says what to do. Not for mistakes in fields: a
    /// form that refuses shows itself again with what was typed.
    Bad(String),
    /// Nobody is signed in, and the page needs somebody.
    SignIn,
    /// The person may not; the text ends the sentence "you may not ...".
    Forbidden(String),
    /// There is nothing at this address.
    NotFound,
    /// Something changed in between; the text says what.
    Conflict(String),
    /// Too many tries; wait so many seconds.
    TooMany {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The body is larger than this page takes.
    TooLarge,
    /// The fault is ours. Logged under an id that the page shows.
    Internal(Box<dyn StdError + Send + Sync>),
}

impl PageError {
    /// A request that cannot be understood; `text` says what to do, without full stop.
    pub fn bad(text: impl Into<String>) -> Self {
        Self::Bad(text.into())
    }

    /// A fault of ours: `store.find(..).await.map_err(PageError::internal)?`.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Denied> for PageError {
    fn from(denied: Denied) -> Self {
        Self::Forbidden(denied.action.words().to_owned())
    }
}

impl From<PortError> for PageError {
    fn from(error: PortError) -> Self {
        Self::internal(error)
    }
}

impl From<NoRandomness> for PageError {
    fn from(error: NoRandomness) -> Self {
        Self::internal(error)
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

/// What rides on a response from the handler to the gate, which prints it.
#[derive(Clone)]
pub(crate) struct Problem(pub(crate) Arc<PageError>);

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::TooMany { seconds } = &self
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response.extensions_mut().insert(Problem(Arc::new(self)));
        response
    }
}

/// Answers with a page: `html(&PeopleList { page, rows })`.
pub fn html(page: &impl Template) -> PageResult {
    Ok((([(header::CONTENT_TYPE, "text/html; charset=utf-8")]), page.render()?).into_response())
}

/// Answers with a page that refuses a form (422), so that browsers and tests see that nothing was done.
pub fn refused(page: &impl Template) -> PageResult {
    let mut response = html(page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Sends the browser to another page of the desk with GET.
pub fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(place) => (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response(),
        Err(_) => PageError::NotFound.into_response(),
    }
}

/// The page that is printed for an error.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) page: Page,
    pub(crate) heading: String,
    pub(crate) says: Vec<String>,
    pub(crate) id: Option<String>,
    pub(crate) next: (String, String),
}

impl ErrorPage {
    /// What a child reads who came to a page of adults.
    pub(crate) fn for_grown_ups() -> (&'static str, Vec<String>) {
        ("This page is for grown-ups", vec!["Nothing is wrong. Go back to your own page.".to_owned()])
    }

    pub(crate) fn words(error: &PageError) -> (&'static str, Vec<String>) {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        match error {
            PageError::Bad(text) => ("That did not work", vec![format!("{text}.")]),
            PageError::SignIn => ("Sign in first", lines(&["This page is for people who are signed in."])),
            PageError::Forbidden(what) => (
                "This page is for others",
                vec![
                    format!("Your role at this school does not let you {what}."),
                    "If you need it for your work, ask the person who looks after accounts.".to_owned(),
                ],
            ),
            PageError::NotFound => (
                "There is no such page",
                lines(&["If you typed the address, check it.", "If you followed a link, the page may have moved."]),
            ),
            PageError::Conflict(text) => ("Something changed meanwhile", vec![format!("{text}.")]),
            PageError::TooMany { seconds } => {
                ("Wait a moment", vec![format!("There were too many tries. Try again in {}.", wait_in_words(*seconds))])
            }
            PageError::TooLarge => ("That is too large", lines(&["The form or file is larger than this page takes."])),
            PageError::Internal(cause) if is_full(cause.as_ref()) => (
                "There is no room left to write",
                lines(&[
                    "The disk of Gatehouse is full, or it may not write there. What you sent was not saved.",
                    "Tell the person who looks after Gatehouse. The filter goes on meanwhile.",
                ]),
            ),
            PageError::Internal(_) => (
                "Something went wrong here",
                lines(&["The fault is ours, not yours. What you sent was not saved.", "Try again in a minute."]),
            ),
        }
    }
}

/// "40 seconds", "3 minutes".
pub fn wait_in_words(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// An error with all its causes, for the log.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// Whether the machine has no room to write, or may not: as SQLite, PostgreSQL and the system say it.
fn is_full(error: &(dyn StdError + 'static)) -> bool {
    let says = chain(error).to_lowercase();
    ["disk is full", "no space left on device", "disk full", "readonly database", "read-only file system"]
        .iter()
        .any(|words| says.contains(words))
}

/// A permission that is refused by hand.
pub fn may_not(action: Action) -> PageError {
    PageError::Forbidden(action.words().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_there_is_no_room_is_said() {
        let heading = |cause: std::io::Error| ErrorPage::words(&PageError::internal(cause)).0;
        let full = "error returned from database: (code: 13) database or disk is full";
        assert_eq!(heading(std::io::Error::other(full)), "There is no room left to write");
        assert_eq!(heading(std::io::Error::from_raw_os_error(28)), "There is no room left to write");
        assert_eq!(heading(std::io::Error::other("no such table")), "Something went wrong here");
    }
}
