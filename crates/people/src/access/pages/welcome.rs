//! Links that work once: for the first administrator, and to a new password.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use kernel::Role;
use serde::Deserialize;
use store::School;
use webkit::{
    Page, PageError, PageResult, Visit, cookie,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes},
    see_other,
};

use super::super::{
    Access, AccessError,
    accounts::{account_of, parse_username},
    subjects::Member,
    welcome::{FirstPerson, Invitation},
};

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
#[template(path = "access/welcome_again.html")]
struct AgainPage {
    page: Page,
    summary: Option<ErrorSummary>,
    school: String,
    given: String,
    username: String,
    least: usize,
    action: String,
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
        Some(Invitation { school, member: None }) => {
            html(&page(&visit, school.name(), visit.path(), &WelcomeForm::default(), &Mistakes::new()))
        }
        Some(Invitation { school, member: Some(member) }) => {
            html(&again(&access, &visit, &school, &member, &Mistakes::new()).await?)
        }
        None => over(&visit),
    }
}

/// The page to choose a new password on.
async fn again(
    access: &Access,
    visit: &Visit,
    school: &School,
    member: &Member,
    mistakes: &Mistakes,
) -> Result<AgainPage, AccessError> {
    let page = visit.page("Choose a new password");
    Ok(AgainPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        school: school.name().to_owned(),
        given: member.given.clone(),
        username: account_of(school, member.id).await?.username,
        least: access.ports().password_rule(school.id(), &member.subject).min_length,
        action: visit.path().to_owned(),
        password: Field::password("password", "New password").autocomplete("new-password").check(mistakes),
    })
}

/// Sets the new password, and signs in.
async fn choose_again(
    access: &Access,
    visit: &Visit,
    token: &str,
    invited: (&School, &Member),
    password: &str,
) -> PageResult {
    match access.accept_again(token, password, visit.now()).await {
        Ok(Some((school, member))) => sign_in(access, visit, &school, &member).await,
        Ok(None) => over(visit),
        Err(AccessError::Weak(why)) => {
            let mut mistakes = Mistakes::new();
            mistakes.add("password", why.advice());
            refused(&again(access, visit, invited.0, invited.1, &mistakes).await?)
        }
        Err(error) => Err(PageError::from(error)),
    }
}

async fn sign_in(access: &Access, visit: &Visit, school: &School, member: &Member) -> PageResult {
    let done = access.open(school, member, visit.address(), visit.now()).await?;
    let mut answer = see_other("/");
    cookie::start_session(answer.headers_mut(), &done.token, &visit.desk().settings);
    Ok(answer)
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

/// Makes the first administrator, or sets a new password, and signs in.
pub(super) async fn send(
    State(access): State<Access>,
    visit: Visit,
    Path(token): Path<String>,
    Form(form): Form<WelcomeForm>,
) -> PageResult {
    let school = match access.invitation(&token, visit.now()).await? {
        Some(Invitation { school, member: None }) => school,
        Some(Invitation { school, member: Some(member) }) => {
            return choose_again(&access, &visit, &token, (&school, &member), &form.password).await;
        }
        None => return over(&visit),
    };
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
            Ok(Some((school, member))) => return sign_in(&access, &visit, &school, &member).await,
            Ok(None) => return over(&visit),
            Err(AccessError::Weak(why)) => mistakes.add("password", why.advice()),
            Err(AccessError::UsernameTaken) => mistakes.add("username", "Choose another username: this one is taken"),
            Err(error) => return Err(PageError::from(error)),
        }
    }
    refused(&page(&visit, school.name(), visit.path(), &form, &mistakes))
}
