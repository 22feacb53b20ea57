//! Devices leave with a finished disposal alone, loans say where they are, and licences are counted from an audit.

use axum::http::StatusCode;
use declare::Value;
use engines::registers::RegisterError;
use jiff::civil::date;
use testkit::{TestStore, store_test};
use uuid::Uuid;

use super::desk::{TestDesk, choice, says, text};

async fn device(desk: &TestDesk<'_>, tag: &str) -> Uuid {
    let values = [("tag", text(tag)), ("kind", choice("laptop")), ("model", text("Laptop"))];
    desk.enter("assets.hardware", &values).await.unwrap()
}

async fn state(desk: &TestDesk<'_>, device: Uuid) -> String {
    desk.kept("assets.hardware", device).await.entry.state.unwrap()
}

async fn disposal(desk: &TestDesk<'_>, devices: &[Uuid]) -> Uuid {
    let values = [
        ("name", text("Old laptops")),
        ("what", choice("computers")),
        ("devices", Value::Entries(devices.to_vec())),
        ("data", choice("personal")),
        ("media", choice("working")),
        ("agency", text("Green Loop")),
        ("permit", text("CBDU1")),
        ("certificate", text("C-1")),
        ("planned-on", Value::Date(date(2026, 11, 20))),
    ];
    desk.enter("assets.disposal", &values).await.unwrap()
}

async fn collect(desk: &TestDesk<'_>, id: Uuid) {
    let collected = [
        ("collected-on", Value::Date(date(2026, 11, 20))),
        ("receipt", text("R-1")),
        ("responsibility", Value::YesNo(true)),
    ];
    desk.step("assets.disposal", id, "collect", &collected).await.unwrap();
}

async fn a_finished_disposal_takes_its_devices(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let (one, two, three) = (device(&desk, "WL-1").await, device(&desk, "WL-2").await, device(&desk, "WL-3").await);
    let gone = disposal(&desk, &[one, two]).await;
    let named = [("disposal", Value::Entry(gone))];
    let leave = async |device| desk.step("assets.hardware", device, "dispose", &named).await;
    assert!(says(leave(one).await).contains("is not finished: it has no receipt"));
    collect(&desk, gone).await;
    assert!(says(leave(one).await).contains("what became of the storage"));
    assert_eq!(state(&desk, one).await, "in-use");
    let before = desk.acts("register.move").await;
    desk.step("assets.disposal", gone, "finish", &[("destroyed-how", choice("wiped"))]).await.unwrap();
    assert_eq!((state(&desk, one).await.as_str(), state(&desk, two).await.as_str()), ("disposed", "disposed"));
    // The finish and each device are acts of their own, in one transaction.
    assert_eq!(desk.acts("register.move").await, before + 3);
    let kept = desk.kept("assets.hardware", one).await;
    assert_eq!(kept.entry.values["disposal"], Value::Entry(gone));
    let history = desk.book("office", "assets.hardware").await.history(&kept).await.unwrap();
    assert_eq!(history[0].what, "entered something elsewhere that made it: disposed of");
    assert_eq!(history[0].by, Some(desk.who("office").await));
    // A device that the disposal does not name stays.
    assert!(says(leave(three).await).contains("does not name this device"));
    assert_eq!(state(&desk, three).await, "in-use");
    // Several together, neither.
    let book = desk.book("office", "assets.hardware").await;
    let values = declare::Values::from([("disposal".to_owned(), Value::Entry(gone))]);
    assert!(book.mover("dispose").unwrap().take_all(&[three], &values).await.is_err());
}

async fn loan(desk: &TestDesk<'_>, device: Uuid) -> Result<Uuid, RegisterError> {
    let values = [
        ("device", Value::Entry(device)),
        ("borrower", Value::Person(desk.who("teacher").await)),
        ("purpose", choice("duties")),
        ("lent-on", Value::Date(date(2026, 11, 20))),
        ("due-on", Value::Date(date(2027, 11, 20))),
        ("protection", Value::YesNo(true)),
    ];
    desk.enter("assets.loans", &values).await
}

async fn a_loan_says_where_its_device_is(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let one = device(&desk, "WL-1").await;
    let lent = loan(&desk, one).await.unwrap();
    assert_eq!(state(&desk, one).await, "on-loan");
    assert!(says(loan(&desk, one).await).contains("WL-1 is on loan already"));
    // A device on loan leaves with no disposal.
    let gone = disposal(&desk, &[one]).await;
    collect(&desk, gone).await;
    let finish = [("destroyed-how", choice("wiped"))];
    assert!(says(desk.step("assets.disposal", gone, "finish", &finish).await).contains("WL-1 is still on loan"));
    assert_eq!(
        desk.kept("assets.disposal", gone).await.entry.state.as_deref(),
        Some("collected"),
        "nothing is half done"
    );
    let back = [("returned-on", Value::Date(date(2026, 11, 24))), ("condition", choice("good"))];
    desk.step("assets.loans", lent, "return", &back).await.unwrap();
    let kept = desk.kept("assets.hardware", one).await;
    assert_eq!(
        (kept.entry.state.as_deref(), &kept.entry.values["seen-on"]),
        (Some("in-use"), &Value::Date(date(2026, 11, 24)))
    );
    // A loan that was wrong to enter sets its device back.
    let wrong = loan(&desk, one).await.unwrap();
    let book = desk.book("office", "assets.loans").await;
    book.writer().unwrap().strike_out(wrong, 1, "The wrong laptop").await.unwrap();
    assert_eq!(state(&desk, one).await, "in-use");
    desk.step("assets.disposal", gone, "finish", &finish).await.unwrap();
    assert!(says(loan(&desk, one).await).contains("has been disposed of"));
}

async fn licences_are_counted_from_an_audit(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let program = [
        ("name", text("Office")),
        ("purpose", text("Letters")),
        ("licence-needed", Value::YesNo(true)),
        ("compared-on", Value::Date(date(2026, 11, 1))),
    ];
    let software = desk.enter("assets.software", &program).await.unwrap();
    let licence = [
        ("software", Value::Entry(software)),
        ("number", text("L-1")),
        ("kind", choice("device")),
        ("bought", Value::Number(2.0)),
        ("installed", Value::Number(0.0)),
        ("counted-on", Value::Date(date(2026, 1, 1))),
    ];
    let licence = desk.enter("assets.licences", &licence).await.unwrap();
    let office = desk.sign_in("office").await;
    let here = "/registers/assets/licences/reconcile";
    desk.get(&office, "/registers/assets/licences").await.has(&["Count from an audit", here]);
    let audit =
        "Program,Computer,Version\nOffice 2019,pc-1,16\nOffice 2019,PC-2,16\nOffice 2016,pc-3,15\nGames,pc-3,1\n";
    let page = desk.upload(&office, here, "audit.csv", audit).await;
    assert_eq!(page.status, StatusCode::OK);
    page.has(&[
        "1 program is installed more often than was bought.",
        "1 too few",
        "Found as Office 2016, Office 2019",
        "Games",
        "Enter this count",
    ]);
    assert_eq!(
        desk.kept("assets.licences", licence).await.entry.version,
        1,
        "nothing is saved before somebody says so"
    );
    let count = format!("count-{licence}");
    let wrong = desk.post(&office, &format!("{here}/enter"), &[(&count, "many")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let done = desk.post(&office, &format!("{here}/enter"), &[(&count, "3")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/registers/assets/licences"));
    let kept = desk.kept("assets.licences", licence).await;
    assert_eq!(kept.entry.values["installed"], Value::Number(3.0));
    assert_eq!(kept.entry.values["counted-on"], Value::Date(date(2026, 11, 24)));
    assert_eq!(desk.acts("register.import").await, 1);
    let refused = desk.upload(&office, here, "wine.csv", "Wine,Year\nRed,2019\n").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.has(&["no column for the program"]);
}

store_test!(a_finished_disposal_takes_its_devices, a_loan_says_where_its_device_is, licences_are_counted_from_an_audit,);
