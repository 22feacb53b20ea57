//! The first administrator: a link that works once.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use kernel::Role;
use serde::Deserialize;
use webkit::{
    Page, PageError, PageResult, Visit, cookie,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes},
    see_other,
};

use super::super::{Access, AccessError, accounts::parse_username, welcome::FirstPerson};

#[derive(Template)]
#[template(path = "access/welcome.html")]
struct WelcomePage {
    page: Page,
    summary: Option<ErrorSummary>,
    school: String,
    action: String,
    given: Field,
    family: Field,
    role: Choices,
    username: Field,
    password: Field,
}

#[derive(Template)]
#[template(path = "access/welcome_over.html")]
struct OverPage {
    page: Page,
}

#[derive(Deserialize, Default)]
pub(super) struct WelcomeForm {
    #[serde(default)]
    given: String,
    #[serde(default)]
    family: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

const ROLES: [Role; 3] = [Role::Headteacher, Role::NetworkManager, Role::DataManager];

fn page(visit: &Visit, school: &str, path: &str, form: &WelcomeForm, mistakes: &Mistakes) -> WelcomePage {
    let choices = ROLES.iter().map(|role| Choice::new(role.id(), role.default_title())).collect();
    let page = visit.page("Welcome");
    WelcomePage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        school: school.to_owned(),
        action: path.to_owned(),
        given: Field::text("given", "First name").autocomplete("given-name").value(&form.given).check(mistakes),
        family: Field::text("family", "Family name").autocomplete("family-name").value(&form.family).check(mistakes),
        role: Choices::radios("role", "Your role at the school", choices).chosen(&form.role).check(mistakes),
        username: Field::text("username", "Username")
            .hint("To sign in with. Letters, digits and dots, such as helen.marsh.")
            .as_typed()
            .autocomplete("username")
            .value(&form.username)
            .check(mistakes),
        password: Field::password("password", "Password")
            .hint("Three words together are good.")
            .autocomplete("new-password")
            .check(mistakes),
    }
}

fn over(visit: &Visit) -> PageResult {
    let mut answer = html(&OverPage { page: visit.page("This link has been used") })?;
    *answer.status_mut() = axum::http::StatusCode::NOT_FOUND;
    Ok(answer)
}

/// The page of the link.
pub(super) async fn show(State(access): State<Access>, visit: Visit, Path(token): Path<String>) -> PageResult {
    match access.invitation(&token, visit.now()).await? {
        Some(school) => html(&page(&visit, school.name(), visit.path(), &WelcomeForm::default(), &Mistakes::new())),
        None => over(&visit),
    }
}

fn check(form: &WelcomeForm) -> (Mistakes, Option<Role>) {
    let mut mistakes = Mistakes::new();
    for (field, value, text) in
        [("given", &form.given, "Enter your first name"), ("family", &form.family, "Enter your family name")]
    {
        let fits = !value.trim().is_empty() && value.chars().count() <= 80 && !value.chars().any(char::is_control);
        if !fits {
            mistakes.add(field, text);
        }
    }
    let role = ROLES.into_iter().find(|role| role.id() == form.role);
    if role.is_none() {
        mistakes.add("role", "Choose your role");
    }
    if let Err(why) = parse_username(&form.username) {
        mistakes.add("username", why.to_string());
    }
    (mistakes, role)
}

/// Makes the first administrator, and signs in.
pub(super) async fn send(
    State(access): State<Access>,
    visit: Visit,
    Path(token): Path<String>,
    Form(form): Form<WelcomeForm>,
) -> PageResult {
    let Some(school) = access.invitation(&token, visit.now()).await? else { return over(&visit) };
    let (mut mistakes, role) = check(&form);
    if let (true, Some(role)) = (mistakes.is_empty(), role) {
        let first = FirstPerson {
            given: form.given.trim().to_owned(),
            family: form.family.trim().to_owned(),
            username: form.username.clone(),
            password: form.password.clone(),
            role,
        };
        match access.accept(&token, first, visit.now()).await {
            Ok(Some((school, member))) => {
                let done = access.open(&school, &member, visit.address(), visit.now()).await?;
                let mut answer = see_other("/");
                cookie::start_session(answer.headers_mut(), &done.token, &visit.desk().settings);
                return Ok(answer);
            }
            Ok(None) => return over(&visit),
            Err(AccessError::Weak(why)) => mistakes.add("password", why.advice()),
            Err(AccessError::UsernameTaken) => mistakes.add("username", "Choose another username: this one is taken"),
            Err(error) => return Err(PageError::from(error)),
        }
    }
    refused(&page(&visit, school.name(), visit.path(), &form, &mistakes))
}
