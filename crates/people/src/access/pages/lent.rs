//! `/devices`: the school's devices that are lent, and the code by which each is known to the filter at home.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use kernel::{SchoolTime, time::date_in_words};
use store::School;
use uuid::Uuid;
use webkit::{Page, PageError, PageResult, Visit, html, permit::MayEquipDevices};

use super::{
    super::{Access, AccessError, lent::LentDevice, subjects},
    school_of,
};

#[derive(Template)]
#[template(path = "access/lent.html")]
struct LentPage {
    page: Page,
    lead: String,
    from_home: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    asset: Uuid,
    tag: String,
    model: String,
    borrower: String,
    since: Option<String>,
    own: bool,
}

#[derive(Template)]
#[template(path = "access/lent_code.html")]
struct CodePage {
    page: Page,
    tag: String,
    token: String,
    from_home: Option<String>,
}

async fn lent(access: &Access, school: &School) -> Result<Vec<LentDevice>, PageError> {
    access.ports().lent(school.id()).await.map_err(|error| AccessError::from(error).into())
}

/// The page.
pub(super) async fn show(State(access): State<Access>, visit: Visit, _: MayEquipDevices) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let devices = lent(&access, &school).await?;
    let codes: HashMap<Uuid, _> =
        access.codes(&school).await?.into_iter().map(|code| (code.asset, code.since)).collect();
    let any = access.with_code(&school).await?;
    let members =
        subjects::all(&school.read(), SchoolTime::new(visit.now()).date()).await.map_err(AccessError::from)?;
    let without = devices.iter().filter(|device| !any.contains(&device.asset)).count();
    let lead = match (devices.len(), without) {
        (0, _) => "No device is on loan.".to_owned(),
        (all, 0) => format!("{all} on loan, each with a code."),
        (all, without) => format!("{all} on loan, {without} without a code."),
    };
    let rows = devices
        .into_iter()
        .map(|device| Row {
            since: codes.get(&device.asset).map(|since| date_in_words(SchoolTime::new(*since).date())),
            own: any.contains(&device.asset),
            borrower: members.get(&device.borrower).map(subjects::Member::full_name).unwrap_or_default(),
            asset: device.asset,
            tag: device.tag,
            model: device.model,
        })
        .collect();
    let from_home = access.ports().proxy_from_home(school.id());
    html(&LentPage { page: visit.page("Devices on loan"), lead, from_home, rows })
}

/// Gives a device a code and shows it, once.
pub(super) async fn give(
    State(access): State<Access>,
    visit: Visit,
    may: MayEquipDevices,
    Path(asset): Path<Uuid>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let devices = lent(&access, &school).await?;
    let device = devices.into_iter().find(|device| device.asset == asset).ok_or(PageError::NotFound)?;
    let token = access.give_code(&school, &may, &device, visit.now()).await?;
    html(&CodePage {
        page: visit.page("A device has its code").back("Devices on loan", "/devices"),
        tag: device.tag,
        token: token.reveal(),
        from_home: access.ports().proxy_from_home(school.id()),
    })
}

/// Withdraws the code of a device.
pub(super) async fn withdraw(
    State(access): State<Access>,
    visit: Visit,
    may: MayEquipDevices,
    Path(asset): Path<Uuid>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    if !access.withdraw_code(&school, &may, asset, visit.now()).await? {
        return Err(PageError::NotFound);
    }
    Ok(visit
        .see_other_saying("/devices", "The code is withdrawn. What was stored on the device opens nothing any more."))
}
