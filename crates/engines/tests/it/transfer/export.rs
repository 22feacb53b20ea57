//! What leaves as a file, on paper and as labels; and that a file comes back as what it was.

use std::io::Cursor;

use axum::http::{StatusCode, header};
use calamine::{Data, Reader, Xlsx};
use declare::Value;
use engines::registers::{Asked, Draft, Shown};
use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::import::{apply, look, said};
use crate::registers::desk::{TestDesk, draft, text};

store_test!(
    what_leaves_comes_back,
    no_cell_runs,
    private_fields_stay_private,
    a_long_register_leaves_piece_by_piece,
    a_list_prints,
    devices_wear_labels,
);

const DEVICES: &str = "/registers/assets/hardware";

/// Devices with everything that a file could get wrong.
async fn devices(desk: &TestDesk<'_>) {
    let book = desk.book("office", "assets.hardware").await;
    let odd = [
        ("=1+1", "=cmd|' /C calc'!A0", 123_456, "first line\nsecond \"line\", with; signs"),
        ("+44", "-Hall", -5, "'=quoted"),
        ("@tag", "Café №1", 0, "''"),
        ("007", "1/2", 99, "_x0041_ 45323"),
        ("－wide", "TRUE", 1, "\u{1f600} emoji"),
        ("plain", "12", 30, "-"),
    ];
    let mut drafts: Vec<Draft> = odd
        .iter()
        .map(|(tag, place, pence, notes)| {
            draft(&[
                ("tag", text(tag)),
                ("kind", Value::Choice("other".into())),
                ("place", text(place)),
                ("price", Value::Money(*pence)),
                ("bought-on", Value::Date(date(2024, 2, 29))),
                ("notes", text(notes)),
            ])
        })
        .collect();
    drafts.push(draft(&[("tag", text("old")), ("kind", Value::Choice("laptop".into()))]));
    if let Some(last) = drafts.last_mut() {
        last.state = Some("gone".to_owned());
    }
    book.writer().unwrap().enter_all(drafts, None).await.unwrap();
}

/// What everything in a register says, by its title.
async fn everything(desk: &TestDesk<'_>, control: &str) -> Vec<(String, Option<String>, Option<String>, String)> {
    let book = desk.book("office", control).await;
    let asked = Asked { shown: Shown::All, limit: Some(1_000), ..Asked::default() };
    let entries = book.list(&asked).await.unwrap().entries;
    let mut all: Vec<_> = entries
        .into_iter()
        .map(|kept| (kept.title, kept.entry.state, kept.entry.clause, format!("{:?}", kept.entry.values)))
        .collect();
    all.sort();
    all
}

async fn bytes(desk: &TestDesk<'_>, cookie: &str, path: &str) -> (Vec<u8>, String) {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let request = axum::http::Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
    let response = desk.router().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let name = response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    (response.into_body().collect().await.unwrap().to_bytes().to_vec(), name)
}

async fn what_leaves_comes_back(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    devices(&desk).await;
    let before = everything(&desk, "assets.hardware").await;
    for ending in ["csv", "xlsx"] {
        let (file, name) = bytes(&desk, &office, &format!("{DEVICES}/export.{ending}?show=all")).await;
        assert!(name.ends_with(&format!("assets-hardware-2026-11-24.{ending}\"")), "{name}");
        // Into the register that it came from: nothing.
        let (_, page) = look(&desk, &office, DEVICES, &format!("a.{ending}"), &file).await;
        let words = said(&page.text);
        assert!(
            words.contains("7 rows are there already") && !page.text.contains("/import/apply"),
            "{ending}: {words}"
        );
        // Into an empty one: the same.
        let book = desk.book("office", "assets.hardware").await;
        let all = book.list(&Asked { shown: Shown::All, ..Asked::default() }).await.unwrap().entries;
        for kept in all.into_iter().filter(|kept| kept.struck.is_none()) {
            book.writer().unwrap().strike_out(kept.entry.id, kept.entry.version, "to try the file").await.unwrap();
        }
        let (_, page) = look(&desk, &office, DEVICES, &format!("a.{ending}"), &file).await;
        assert!(said(&page.text).contains("7 devices are new."), "{ending}: {}", said(&page.text));
        apply(&desk, &office, DEVICES, &page).await;
        let book = desk.book("office", "assets.hardware").await;
        let all = book.list(&Asked { shown: Shown::All, limit: Some(100), ..Asked::default() }).await.unwrap().entries;
        let mut after: Vec<_> = all
            .into_iter()
            .filter(|kept| kept.struck.is_none())
            .map(|kept| (kept.title, kept.entry.state, kept.entry.clause, format!("{:?}", kept.entry.values)))
            .collect();
        after.sort();
        assert_eq!(after, before, "{ending}");
    }
    // Loans name devices and people.
    let device = desk.device("WL-1").await;
    let twin = desk.book("office", "assets.loans").await;
    for day in [1, 2] {
        let loan = desk.loan(device, "maya.jones", date(2026, 11, day), date(2026, 12, 1)).await;
        twin.writer().unwrap().enter(loan).await.unwrap();
    }
    let (file, _) = bytes(&desk, &office, "/registers/assets/loans/export.xlsx").await;
    let (_, page) = look(&desk, &office, "/registers/assets/loans", "a.xlsx", &file).await;
    assert!(said(&page.text).contains("2 rows are there already"), "{}", said(&page.text));
}

async fn no_cell_runs(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    devices(&desk).await;
    let (file, _) = bytes(&desk, &office, &format!("{DEVICES}/export.csv")).await;
    let text = String::from_utf8(file).unwrap();
    assert!(text.starts_with("\u{feff}School tag,Kind,Place,Cost,Bought on,Notes,State,Entered\r\n"), "{text}");
    assert!(text.contains("\r\n'=1+1,Something else,'=cmd|' /C calc'!A0,1234.56,2024-02-29,"), "{text}");
    assert!(text.contains("\r\n'+44,") && text.contains(",'-Hall,-0.05,"), "{text}");
    let mut reader = csv::ReaderBuilder::new().from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    for record in reader.records() {
        for (nth, cell) in record.unwrap().iter().enumerate() {
            assert!(nth == 3 || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '－']), "{cell}");
        }
    }
    let (file, _) = bytes(&desk, &office, &format!("{DEVICES}/export.xlsx")).await;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    assert!(book.worksheet_formula("Hardware").unwrap().is_empty(), "no formula");
    let sheet = book.worksheet_range("Hardware").unwrap();
    let row = sheet.rows().find(|row| row[0] == Data::String("=1+1".into())).unwrap();
    assert_eq!(row[3], Data::Float(1234.56));
    assert!(matches!(&row[4], Data::DateTime(day) if day.as_f64() == 45_351.0), "{:?}", row[4]);
}

async fn private_fields_stay_private(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    devices(&desk).await;
    for (who, sees) in [("office", true), ("tech", false), ("teacher", false)] {
        let cookie = desk.sign_in(who).await;
        let (file, _) = bytes(&desk, &cookie, &format!("{DEVICES}/export.csv?f-price=123456&sort=price")).await;
        let text = String::from_utf8(file).unwrap();
        assert_eq!((text.contains("Cost"), text.contains("1234.56")), (sees, sees), "{who}");
        assert_eq!(text.lines().filter(|line| line.contains("2026-11-24")).count(), 6, "filtered by nothing private");
        let (file, _) = bytes(&desk, &cookie, &format!("{DEVICES}/export.xlsx")).await;
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let head: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(head.contains(&"Cost".to_owned()), sees, "{who}");
        assert_eq!(said(&desk.get(&cookie, &format!("{DEVICES}/print")).await.text).contains("1,234.56"), sees);
    }
    let pupil = desk.sign_in("maya.jones").await;
    for path in ["export.csv", "export.xlsx", "print", "labels", "import"] {
        assert_eq!(desk.get(&pupil, &format!("{DEVICES}/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
        let nobody = desk.get("", &format!("{DEVICES}/{path}")).await;
        assert_eq!(nobody.location(), format!("/sign-in?next={DEVICES}/{path}"));
    }
    // The filter in use holds for the file.
    let office = desk.sign_in("office").await;
    let (file, _) = bytes(&desk, &office, &format!("{DEVICES}/export.csv?f-kind=laptop&show=all")).await;
    assert_eq!(String::from_utf8(file).unwrap().lines().count(), 2);
}

async fn a_long_register_leaves_piece_by_piece(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let book = desk.book("office", "assets.hardware").await;
    let drafts =
        (0..1_203).map(|nth| draft(&[("tag", text(&format!("WL-{nth}"))), ("kind", Value::Choice("laptop".into()))]));
    let act = store::Act::new("register.import", store::Actor::Gatehouse);
    book.writer().unwrap().enter_all(drafts.collect(), Some(act)).await.unwrap();
    let (file, _) = bytes(&desk, &office, &format!("{DEVICES}/export.csv")).await;
    let text = String::from_utf8(file).unwrap();
    let tags: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((tags.len(), tags[0], tags[500], tags[1_202]), (1_203, "WL-0", "WL-500", "WL-1202"));
    let (file, _) = bytes(&desk, &office, &format!("{DEVICES}/export.xlsx")).await;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    assert_eq!(book.worksheet_range_at(0).unwrap().unwrap().rows().count(), 1_204);
}

async fn a_list_prints(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let teacher = desk.sign_in("teacher").await;
    devices(&desk).await;
    let page = desk.get(&teacher, &format!("{DEVICES}/print?show=all&f-kind=laptop")).await;
    let words = said(&page.text);
    assert!(words.contains("1 device: everything, Kind Laptop."), "{words}");
    assert!(words.contains("Printed on 24 November 2026 at 10:15 by"), "{words}");
    assert!(page.text.contains("class=\"gh-paper\""));
}

async fn devices_wear_labels(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let (one, two) = (desk.device("WL-1").await.to_string(), desk.device("WL-2").await.to_string());
    let path = format!("{DEVICES}/labels");
    let page = desk.get(&office, &path).await;
    assert!(page.text.contains(&one) && said(&page.text).contains("2 devices to choose from."));
    let none = desk.post(&office, &path, &[("first", "25")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        said(&none.text).contains("Enter a number from 1 to 24") && said(&none.text).contains("Choose at least one")
    );
    let sheet = desk.post(&office, &path, &[("first", "24"), ("id", &one), ("id", &two), ("id", &one)]).await;
    assert_eq!(sheet.status, StatusCode::OK);
    assert_eq!(sheet.text.matches("<ul class=\"gh-labels\">").count(), 2, "one place is left on the first sheet");
    assert_eq!(sheet.text.matches("shape-rendering=\"crispEdges\"").count(), 2);
    assert!(sheet.text.contains("<strong>WL-1</strong><br>Laptop") && !sheet.text.contains("style="));
    // All of the list at once; and what was ticked stays ticked where something is to be put right.
    assert!(said(&page.text).contains("All 2 devices"));
    let all = desk.post(&office, &path, &[("first", "1"), ("all", "yes")]).await;
    assert_eq!(all.text.matches("shape-rendering=\"crispEdges\"").count(), 2);
    let narrowed = desk.post(&office, &format!("{path}?find=WL-2"), &[("first", "1"), ("all", "yes")]).await;
    assert_eq!(narrowed.text.matches("shape-rendering=\"crispEdges\"").count(), 1);
    let again = desk.post(&office, &format!("{path}?find=WL-2"), &[("first", "0"), ("id", &two)]).await;
    assert!(again.text.contains(&format!("value=\"{two}\" checked")), "{}", again.text);
    assert!(!again.text.contains(&one), "the list is still the one that was narrowed");
    // The camera of a phone opens the entry; whoever is not signed in is led there by way of the sign-in.
    let entry = format!("{DEVICES}/{one}");
    assert_eq!(desk.get("", &entry).await.location(), format!("/sign-in?next={entry}"));
    assert_eq!(desk.get(&office, "/registers/assets/loans/labels").await.status, StatusCode::NOT_FOUND);
}
