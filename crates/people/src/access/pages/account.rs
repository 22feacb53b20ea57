//! "My account": password, devices, and whose this device is.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use kernel::{DeviceId, SchoolTime, time::date_in_words};
use serde::Deserialize;
use store::{School, entity::access_account, query::ColumnTrait};
use webkit::{
    Action, Page, PageError, PageResult, Session, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Field, Mistakes},
    permit::MayHoldDevice,
};

use super::{
    super::{
        Access, AccessError, Tagged,
        devices::{Device, MOST},
        sessions::bound_address,
    },
    school_of,
};

#[derive(Template)]
#[template(path = "access/account.html")]
struct AccountPage {
    page: Page,
    summary: Option<ErrorSummary>,
    name: String,
    username: String,
    bound: bool,
    may_hold: bool,
    devices: Vec<(String, String, String)>,
    label: Field,
    tag: Field,
}

#[derive(Template)]
#[template(path = "access/device.html")]
struct DevicePage {
    page: Page,
    label: String,
    token: String,
    proxy: Option<String>,
}

#[derive(Template)]
#[template(path = "access/password.html")]
struct PasswordPage {
    page: Page,
    summary: Option<ErrorSummary>,
    first: bool,
    username: String,
    least: usize,
    now: Field,
    new: Field,
    again: Field,
}

async fn username(school: &School, session: &Session) -> Result<String, PageError> {
    let account = school
        .read()
        .find::<access_account::Entity>()
        .filter(access_account::Column::PersonId.eq(session.person().0))
        .one()
        .await
        .map_err(AccessError::from)?;
    Ok(account.map(|account| account.username).unwrap_or_default())
}

async fn page(
    access: &Access,
    visit: &Visit,
    session: &Session,
    typed: &DeviceForm,
    mistakes: &Mistakes,
) -> Result<AccountPage, PageError> {
    let school = school_of(access, visit).await?;
    let devices = access.devices(&school, session.person()).await?;
    let page = visit.page("My account");
    Ok(AccountPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        name: session.full_name(),
        username: username(&school, session).await?,
        bound: bound_address(&school, session).await.map_err(AccessError::from)?.is_some(),
        may_hold: visit.may(Action::HoldDevice),
        devices: devices.into_iter().map(row).collect(),
        label: Field::text("label", "What do you call the device?")
            .hint("For example: reading tablet, my laptop.")
            .value(typed.label.clone())
            .check(mistakes),
        tag: Field::text("tag", "Its school tag, if it belongs to the school")
            .hint("The number on the school's label, or the serial number. Leave it empty if the device is your own")
            .as_typed()
            .width("20")
            .value(typed.tag.clone())
            .check(mistakes),
    })
}

fn row(device: Device) -> (String, String, String) {
    (device.id.to_string(), device.label, date_in_words(SchoolTime::new(device.since).date()))
}

/// The page.
pub(super) async fn show(State(access): State<Access>, visit: Visit, session: Session) -> PageResult {
    html(&page(&access, &visit, &session, &DeviceForm::default(), &Mistakes::new()).await?)
}

#[derive(Default, Deserialize)]
pub(super) struct DeviceForm {
    #[serde(default)]
    label: String,
    #[serde(default)]
    tag: String,
}

/// Connects a device and shows its token, once.
pub(super) async fn issue(
    State(access): State<Access>,
    visit: Visit,
    session: Session,
    may: MayHoldDevice,
    Form(form): Form<DeviceForm>,
) -> PageResult {
    let mut mistakes = Mistakes::new();
    let label = form.label.trim();
    if label.is_empty() || label.chars().count() > 60 || label.chars().any(char::is_control) {
        mistakes.add("label", "Give the device a name of up to 60 letters");
        return refused(&page(&access, &visit, &session, &form, &mistakes).await?);
    }
    let school = school_of(&access, &visit).await?;
    let asset = match form.tag.trim() {
        "" => None,
        tag => match access.ports().tagged(school.id(), session.person(), tag).await.map_err(AccessError::from)? {
            Tagged::Device(asset) => Some(asset),
            Tagged::Unknown => {
                mistakes.add("tag", "The school has no device with this tag. Look at its label");
                None
            }
            Tagged::Lent => {
                mistakes.add("tag", "The register says that somebody else has borrowed this device. Tell the office");
                None
            }
        },
    };
    if !mistakes.is_empty() {
        return refused(&page(&access, &visit, &session, &form, &mistakes).await?);
    }
    let Some(issued) = access.issue(&school, &may, label, asset, visit.now()).await? else {
        mistakes.add("label", format!("You have {MOST} devices already. Disconnect one first"));
        return refused(&page(&access, &visit, &session, &form, &mistakes).await?);
    };
    html(&DevicePage {
        page: visit.page("A device is connected").back("My account", "/account"),
        label: label.to_owned(),
        token: issued.token.reveal(),
        proxy: access.ports().proxy(school.id()),
    })
}

/// Disconnects a device.
pub(super) async fn withdraw(
    State(access): State<Access>,
    visit: Visit,
    may: MayHoldDevice,
    Path(device): Path<String>,
) -> PageResult {
    let device = DeviceId::parse(&device).map_err(|_| PageError::NotFound)?;
    let school = school_of(&access, &visit).await?;
    if !access.withdraw(&school, &may, device, visit.now()).await? {
        return Err(PageError::NotFound);
    }
    Ok(visit.see_other_saying("/account", "The device is disconnected. What was stored on it opens nothing any more."))
}

async fn password_page(
    access: &Access,
    visit: &Visit,
    session: &Session,
    mistakes: &Mistakes,
) -> Result<PasswordPage, PageError> {
    let school = school_of(access, visit).await?;
    let rule = access.ports().password_rule(school.id(), session.subject());
    let first = session.first_page().is_some();
    let page = visit.page(if first { "Choose your own password" } else { "Change your password" });
    let page = if first { page } else { page.back("My account", "/account") };
    Ok(PasswordPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        first,
        username: username(&school, session).await?,
        least: rule.min_length,
        now: Field::password("now", "Your password now").autocomplete("current-password").check(mistakes),
        new: Field::password("new", "New password").autocomplete("new-password").check(mistakes),
        again: Field::password("again", "The new password once more").autocomplete("new-password").check(mistakes),
    })
}

/// The page to change the password on.
pub(super) async fn password(State(access): State<Access>, visit: Visit, session: Session) -> PageResult {
    html(&password_page(&access, &visit, &session, &Mistakes::new()).await?)
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    now: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// Changes the password.
pub(super) async fn change(
    State(access): State<Access>,
    visit: Visit,
    session: Session,
    Form(form): Form<PasswordForm>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let mut mistakes = Mistakes::new();
    if let Some(seconds) = access.may_try_own(&session, visit.address(), visit.now()) {
        return Err(PageError::TooMany { seconds });
    }
    if access.knows_password(&school, session.person(), &form.now).await? {
        access.own_was_right(&session, visit.address());
        if form.new.trim() == form.now.trim() {
            mistakes.add("new", "Choose a password that is not the one you have");
        } else if form.new.trim() != form.again.trim() {
            mistakes.add("again", "Enter the new password twice the same");
        }
    } else {
        mistakes.add("now", "Enter the password that you signed in with");
    }
    if mistakes.is_empty() {
        match access.set_password(&school, session.person(), Some(session.id()), &form.new, visit.now()).await {
            Ok(()) => return Ok(visit.see_other_saying("/", "Your password is changed.")),
            Err(AccessError::Weak(why)) => mistakes.add("new", why.advice()),
            Err(error) => return Err(error.into()),
        }
    }
    refused(&password_page(&access, &visit, &session, &mistakes).await?)
}
