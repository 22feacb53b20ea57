//! The pages of access, and their routes.

mod account;
mod concerns;
mod home;
mod lent;
mod register;
mod sign_in;
mod tell;
mod welcome;

use store::School;
use webkit::{Action, PageError, Routes, Visit, Who};

use super::{Access, AccessError};

/// The routes of access, and the sections that they add.
pub fn routes(access: Access) -> Routes<()> {
    let manage = Who::May(Action::ManageAccounts);
    let device = Who::May(Action::HoldDevice);
    let equip = Who::May(Action::EquipDevices);
    let tell = Who::May(Action::TellSomeone);
    Routes::new()
        .section("Home", "/", Who::SignedIn, 0)
        .section("Messages", "/concerns", Who::May(Action::ReadConcerns), 10)
        .section("Accounts", "/accounts", manage, 30)
        .section("Devices", "/devices", equip, 47)
        .section("My account", "/account", Who::SignedIn, 90)
        .get("/", Who::SignedIn, home::show)
        .get("/sign-in", Who::Public, sign_in::show)
        .post("/sign-in", Who::Public, sign_in::send)
        .post("/sign-out", Who::SignedIn, sign_in::out)
        .get("/what-we-record", Who::Public, sign_in::what_we_record)
        .get("/account", Who::SignedIn, account::show)
        .get("/account/password", Who::SignedIn, account::password)
        .post("/account/password", Who::SignedIn, account::change)
        .post("/account/devices", device, account::issue)
        .post("/account/devices/{device}/withdraw", device, account::withdraw)
        .get("/devices", equip, lent::show)
        .post("/devices/{asset}/code", equip, lent::give)
        .post("/devices/{asset}/withdraw", equip, lent::withdraw)
        .get("/accounts", manage, register::show)
        .post("/accounts/find", manage, register::find)
        .get("/accounts.csv", manage, register::export)
        .post("/accounts/first-passwords", manage, register::first_passwords)
        .post("/accounts/{person}/reset", manage, register::reset)
        .post("/accounts/{person}/close", manage, register::close)
        .post("/accounts/{person}/open", manage, register::open)
        .get("/tell", tell, tell::show)
        .post("/tell", tell, tell::send)
        .get("/tell/thanks", tell, tell::thanks)
        .get("/concerns", Who::May(Action::ReadConcerns), concerns::show)
        .get("/welcome/{token}", Who::Public, welcome::show)
        .post("/welcome/{token}", Who::Public, welcome::send)
        .with_state(access)
}

/// The school of the request.
async fn school_of(access: &Access, visit: &Visit) -> Result<School, PageError> {
    access.school(visit.need_school()?).await.map_err(|error| AccessError::from(error).into())
}
