//! Signing in and out.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;
use webkit::{
    Page, PageError, PageResult, Session, Visit, cookie,
    error::{refused, wait_in_words},
    html,
    kit::{ErrorSummary, Field, Mistakes},
    see_other,
    visit::safe_next,
};

use super::{
    super::{Access, sessions::SignInError},
    school_of,
};

#[derive(Template)]
#[template(path = "access/sign_in.html")]
struct SignInPage {
    page: Page,
    summary: Option<ErrorSummary>,
    username: Field,
    password: Field,
    next: String,
}

#[derive(Template)]
#[template(path = "access/what_we_record.html")]
struct WhatWeRecord {
    page: Page,
}

#[derive(Deserialize)]
pub(super) struct Afterwards {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    next: Option<String>,
}

fn page(visit: &Visit, username: &str, next: &str, mistakes: &Mistakes) -> SignInPage {
    let page = visit.page("Sign in");
    SignInPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        username: Field::text("username", "Username")
            .as_typed()
            .autocomplete("username")
            .value(username)
            .check(mistakes),
        password: Field::password("password", "Password").autocomplete("current-password").check(mistakes),
        next: next.to_owned(),
    }
}

/// The page to sign in on.
pub(super) async fn show(visit: Visit, Query(query): Query<Afterwards>) -> PageResult {
    visit.need_school()?;
    let next = safe_next(query.next.as_deref());
    if visit.session().is_some() {
        return Ok(see_other(next));
    }
    html(&page(&visit, "", next, &Mistakes::new()))
}

/// Signs in.
pub(super) async fn send(State(access): State<Access>, visit: Visit, Form(form): Form<SignInForm>) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let next = safe_next(form.next.as_deref());
    let mut mistakes = Mistakes::new();
    if form.username.trim().is_empty() {
        mistakes.add("username", "Enter your username");
    }
    if form.password.is_empty() {
        mistakes.add("password", "Enter your password");
    }
    if !mistakes.is_empty() {
        return refused(&page(&visit, &form.username, next, &mistakes));
    }
    match access.sign_in(&school, &form.username, &form.password, visit.address(), visit.now()).await {
        Ok(done) => {
            if let Some(old) = visit.token() {
                access.drop_token(&school, old, visit.now()).await?;
            }
            // Whoever asked for a page gets it; what waits to be read stands on their home as well.
            let first = match next {
                "/" => access.ports().after_sign_in(school.id(), done.person, visit.now()).await?,
                _ => None,
            };
            let mut answer = see_other(first.as_deref().unwrap_or(next));
            cookie::start_session(answer.headers_mut(), &done.token, &visit.desk().settings);
            Ok(answer)
        }
        Err(SignInError::Wrong) => {
            mistakes.add("username", "Check the username and the password: together they do not open an account");
            refused(&page(&visit, &form.username, next, &mistakes))
        }
        Err(SignInError::Wait { seconds }) => {
            mistakes.add("username", format!("There were many tries. Wait {}, then try again", wait_in_words(seconds)));
            let mut answer = refused(&page(&visit, &form.username, next, &mistakes))?;
            *answer.status_mut() = axum::http::StatusCode::TOO_MANY_REQUESTS;
            answer.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
            Ok(answer)
        }
        Err(SignInError::Access(error)) => Err(error.into()),
    }
}

/// Signs out.
pub(super) async fn out(State(access): State<Access>, visit: Visit, session: Session) -> Result<Response, PageError> {
    let school = school_of(&access, &visit).await?;
    access.sign_out(&school, &session, visit.now()).await?;
    let mut answer = visit.see_other_saying("/sign-in", "You are signed out.");
    cookie::end_session(answer.headers_mut(), &visit.desk().settings);
    Ok(answer)
}

/// What the footer of every page promises to say.
pub(super) async fn what_we_record(visit: Visit) -> PageResult {
    html(&WhatWeRecord { page: visit.page("What we record and why") })
}
