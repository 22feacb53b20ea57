//! Reports of consoles and device managers come into the register of virus protection.

use axum::http::StatusCode;
use declare::Value;
use engines::registers::Asked;
use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, choice, text};

const HERE: &str = "/registers/malware/endpoint-status/console";
const CONTROL: &str = "malware.endpoint-status";

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let value =
        page.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&")
}

async fn a_report_is_shown_then_entered(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let known = [
        ("name", text("LAPTOP-014")),
        ("sort", choice("laptop")),
        ("owner", choice("school")),
        ("goes-home", Value::YesNo(true)),
        ("holder", Value::Person(desk.who("teacher").await)),
        ("product", text("Shield")),
        ("protected", Value::YesNo(true)),
        ("signatures-on", Value::Date(date(2026, 11, 1))),
        ("seen-on", Value::Date(date(2026, 11, 2))),
        ("source", choice("looked")),
    ];
    let id = desk.enter(CONTROL, &known).await.unwrap();
    let office = desk.sign_in("office").await;
    desk.get(&office, "/registers/malware/endpoint-status").await.has(&["Bring in from a console", HERE]);
    let report = "Device name,OS platform,Product,Antivirus mode,Security intelligence last updated,Last seen\n\
        laptop-014.willow.test,Windows11,Defender,Active,2026-11-20,2026-11-21T08:00:00Z\n\
        SERVER-01,Windows Server 2022,Defender,Disabled,2026-11-20,2026-11-21T08:00:00Z\n\
        PC-9,Windows11,,,,2026-11-21T08:00:00Z\n";
    let page = desk.upload(&office, HERE, "defender.csv", report).await;
    assert_eq!(page.status, StatusCode::OK);
    page.has(&["1 device is new.", "1 device there already would change.", "Add 1 device and change 1", "row 4: PC-9"]);
    assert_eq!(desk.kept(CONTROL, id).await.entry.version, 1);
    let (devices, shown) = (hidden(&page.text, "devices"), hidden(&page.text, "shown"));
    // Something changed meanwhile: it is shown again.
    let other = desk.post(&office, &format!("{HERE}/enter"), &[("devices", &devices), ("shown", "x")]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = desk.post(&office, &format!("{HERE}/enter"), &[("devices", &devices), ("shown", &shown)]).await;
    assert_eq!(
        (done.status, done.location()),
        (StatusCode::SEE_OTHER, "/registers/malware/endpoint-status"),
        "{}",
        done.text
    );
    let kept = desk.kept(CONTROL, id).await.entry;
    assert_eq!(kept.values["product"], text("Defender"));
    assert_eq!(kept.values["seen-on"], Value::Date(date(2026, 11, 21)));
    assert_eq!((&kept.values["goes-home"], &kept.values["name"]), (&Value::YesNo(true), &text("LAPTOP-014")));
    let all = desk.book("office", CONTROL).await.list(&Asked::default()).await.unwrap();
    let server = all.entries.iter().find(|one| one.title == "SERVER-01").unwrap();
    assert_eq!(
        (&server.entry.values["protected"], &server.entry.values["sort"]),
        (&Value::YesNo(false), &choice("server"))
    );
    assert_eq!((all.total, desk.acts("register.import").await), (2, 1));
    // The same report has nothing to add.
    desk.upload(&office, HERE, "defender.csv", report).await.has(&["2 devices have nothing newer"]);
}

async fn devices_of_a_console_that_names_no_product_come_in(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let defender = "Device name,OS platform,Antivirus mode,Security intelligence last updated,Last seen\n\
        PC-1,Windows11,Active,2026-11-20,2026-11-21T08:00:00Z\n\
        PC-2,Windows11,Active,2026-11-20,31/02/2026\n\
        PC-3,Windows11,Active,2026-11-20,never\n";
    let page = desk.upload(&office, HERE, "defender.csv", defender).await;
    // What is no day is not taken for today: a device that nobody has seen would stand as seen.
    page.has(&["1 device is new.", "row 3: PC-2, Last seen: “31/02/2026” is no day", "row 4: PC-3, Last seen: Answer"]);
    let (devices, shown) = (hidden(&page.text, "devices"), hidden(&page.text, "shown"));
    let done = desk.post(&office, &format!("{HERE}/enter"), &[("devices", &devices), ("shown", &shown)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let all = desk.book("office", CONTROL).await.list(&Asked::default()).await.unwrap();
    assert_eq!(all.entries[0].entry.values["product"], text("Microsoft Defender Antivirus"));
    // Of another console somebody says it once; what the register has stays.
    let other =
        "PC,Status,Definitions date,Last contact\nPC-1,OK,21/11/2026,22/11/2026\nPC-4,OK,21/11/2026,22/11/2026\n";
    desk.upload(&office, HERE, "list.csv", other).await.has(&["row 3: PC-4, Protection: Answer", "Change 1 device"]);
    let fields = [("product", "Shield")];
    let page = desk.upload_with(&office, HERE, &fields, "list.csv", other).await;
    page.has(&["Add 1 device and change 1"]);
    let (devices, shown) = (hidden(&page.text, "devices"), hidden(&page.text, "shown"));
    desk.post(&office, &format!("{HERE}/enter"), &[("devices", &devices), ("shown", &shown)]).await;
    let all = desk.book("office", CONTROL).await.list(&Asked::default()).await.unwrap();
    let mut products: Vec<_> =
        all.entries.iter().map(|one| format!("{} {:?}", one.title, one.entry.values["product"])).collect();
    products.sort();
    assert_eq!(products, [r#"PC-1 Text("Microsoft Defender Antivirus")"#, r#"PC-4 Text("Shield")"#]);
}

async fn hosts_of_fleet_come_in_and_other_files_do_not(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let fleet = r#"{"hosts": [{"hostname": "book-3", "platform": "chrome", "seen_time": "2026-11-21T08:00:00Z"},
        {"hostname": "pc-1", "platform": "windows", "seen_time": "2026-11-21T08:00:00Z",
         "windows_security_products": [{"type": "Antivirus", "name": "Shield", "state": "On", "signatures_up_to_date": 1}]}]}"#;
    desk.upload(&office, HERE, "hosts.json", fleet).await.has(&["2 devices are new.", "Add 2 devices"]);
    for (name, bytes, expected) in [
        ("hosts.json", "{\"hosts\": [", "This file is not whole"),
        ("x.json", "{}", "neither a list of hosts"),
        ("x.csv", "Wine,Year\nRed,2019\n", "neither a list of hosts"),
    ] {
        let refused = desk.upload(&office, HERE, name, bytes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.has(&[expected]);
    }
    // A command does the same without a page.
    let book = desk.book("office", CONTROL).await;
    let writer = book.writer().unwrap();
    let bringing = registers::look(&writer, "hosts.json", fleet.into(), kit.now()).await.unwrap();
    assert_eq!((bringing.added(), bringing.faults()), (2, Vec::new()));
    assert_eq!(writer.bring_in(bringing).await.unwrap(), (2, 0));
    assert!(registers::look(&writer, "x.csv", "Wine,Year\nRed,2019\n".into(), kit.now()).await.is_err());
    // The register's own export is a table: it says what no report does.
    let book = desk.book("office", CONTROL).await;
    let writer = book.writer().unwrap();
    let export = desk.get(&office, "/registers/malware/endpoint-status/export.csv").await.text;
    let same = registers::look(&writer, "export.csv", export.clone().into(), kit.now()).await.unwrap();
    assert_eq!((same.added(), same.changed(), same.same(), same.faults()), (0, 0, 2, Vec::new()));
    let moved = export.replace("Desktop computer", "Laptop");
    let changed = registers::look(&writer, "export.csv", moved.into(), kit.now()).await.unwrap();
    assert_eq!((changed.changed(), changed.faults()), (1, Vec::new()));
}

async fn any_register_takes_a_file_without_its_pages(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let book = desk.book("office", "assets.hardware").await;
    let writer = book.writer().unwrap();
    let file = "School tag,Kind,Make and model\nWL-1,Laptop,X1\nWL-2,Submarine,X2\n";
    let bringing = registers::look(&writer, "list.csv", file.into(), kit.now()).await.unwrap();
    assert_eq!((bringing.added(), bringing.faults().len()), (1, 1));
    assert!(bringing.faults()[0].starts_with("row 3: Kind"), "{:?}", bringing.faults());
    assert_eq!(writer.bring_in(bringing).await.unwrap(), (1, 0));
    assert!(writer.look_at_file("x", vec![0; 40], kit.now()).await.is_err());
}

store_test!(
    a_report_is_shown_then_entered,
    devices_of_a_console_that_names_no_product_come_in,
    hosts_of_fleet_come_in_and_other_files_do_not,
    any_register_takes_a_file_without_its_pages,
);
