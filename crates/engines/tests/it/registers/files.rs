//! Files of entries: only what they say they are, kept sealed, given back as downloads.

use jiff::civil::date;
use store::{entity::register_file, query::ColumnTrait};
use testkit::{TestStore, store_test};
use uuid::Uuid;

use super::desk::TestDesk;

const PDF: &[u8] = b"%PDF-1.7\nsigned\n%%EOF";

fn loan_fields(due: &str) -> Vec<(&str, &str)> {
    vec![("f-device", "WL-1"), ("f-borrower", "Tariq Teacher"), ("f-lent-on", "1 11 2026"), ("f-due-on", due)]
}

async fn the_only_file(desk: &TestDesk<'_>) -> register_file::Model {
    desk.school.school.read().find::<register_file::Entity>().one().await.unwrap().unwrap()
}

async fn a_file_is_kept_sealed_and_given_back(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    desk.device("WL-1").await;
    let cookie = desk.sign_in("office").await;
    let path = "/registers/assets/loans/new";
    let sent = desk.upload(&cookie, path, &loan_fields("1 12 2026"), ("f-agreement", "signed.pdf", PDF)).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/registers/assets/loans"), "{}", sent.text);
    let row = the_only_file(&desk).await;
    assert_eq!((row.media.as_str(), row.name.as_str(), row.bytes), ("application/pdf", "signed.pdf", 21));
    assert!(row.content.windows(6).all(|some| some != b"signed"));
    let entry = row.entry_id.unwrap();
    let page = desk.get(&cookie, &format!("/registers/assets/loans/{entry}")).await;
    let file = format!("/registers/assets/loans/{entry}/files/{}", row.id);
    assert!(page.text.contains(&file), "{}", page.text);
    let download = desk.get(&cookie, &file).await;
    assert_eq!(download.text.as_bytes(), PDF);
    let header = |name: &str| download.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-disposition"), "attachment; filename=\"signed.pdf\"");
    assert_eq!(header("x-content-type-options"), "nosniff");
    // Another entry has no such file.
    let other = format!("/registers/assets/loans/{}/files/{}", Uuid::nil(), row.id);
    assert_eq!(desk.get(&cookie, &other).await.status, 404);
    assert_eq!(desk.get(&desk.sign_in("maya.jones").await, &file).await.status, 404);
}

async fn a_file_that_lies_is_refused_and_another_waits(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    desk.device("WL-1").await;
    let cookie = desk.sign_in("office").await;
    let path = "/registers/assets/loans/new";
    for (name, bytes) in [
        ("signed.pdf", &b"\x89PNG\r\n\x1a\n...."[..]),
        ("run.exe", b"MZ\x90\x00"),
        ("page.txt", b"<html><script>alert(1)</script>"),
        ("list.docx", b"PK\x03\x04"),
    ] {
        let refused = desk.upload(&cookie, path, &loan_fields("1 12 2026"), ("f-agreement", name, bytes)).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.text.contains("value=\"Tariq Teacher\""), "what was typed stays");
    }
    // Too large for its field, though not for the form.
    let large = [PDF, &vec![b' '; 1024 * 1024]].concat();
    let refused = desk.upload(&cookie, path, &loan_fields("1 12 2026"), ("f-agreement", "big.pdf", &large)).await;
    assert!(refused.status == 422 && refused.text.contains("at most 1 MB"), "{}", refused.status);
    assert_eq!(desk.school.school.read().find::<register_file::Entity>().count().await.unwrap(), 0);

    // A day is missing: the file waits, and the form says so.
    let refused = desk.upload(&cookie, path, &loan_fields(""), ("f-agreement", "signed.pdf", PDF)).await;
    assert!(refused.status == 422 && refused.text.contains("Kept: signed.pdf"), "{}", refused.text);
    let waiting = the_only_file(&desk).await;
    assert_eq!(waiting.entry_id, None);
    let id = waiting.id.to_string();
    let mut fields = loan_fields("1 12 2026");
    fields.push(("f-agreement-kept", &id));
    // Nobody else can take it for an entry of theirs.
    let tech = desk.sign_in("tech").await;
    let theirs = desk.upload(&tech, path, &fields, ("f-agreement", "", b"")).await;
    assert_eq!(theirs.status, 303, "{}", theirs.text);
    assert_eq!(the_only_file(&desk).await.entry_id, None);
    let saved = desk.upload(&cookie, path, &fields, ("f-agreement", "", b"")).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    assert!(the_only_file(&desk).await.entry_id.is_some());
    kit.clock.pass(jiff::Span::new().hours(25));
    assert_eq!(engines::registers::remove_waiting(&desk.school.school, kit.now()).await.unwrap(), 0);
}

async fn a_private_file_is_not_given_to_others(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let loans = desk.book("office", "assets.loans").await;
    let loan = desk.loan(device, "teacher", date(2026, 11, 1), date(2026, 12, 1)).await;
    let id = loans.writer().unwrap().enter(loan).await.unwrap();
    let cookie = desk.sign_in("office").await;
    let mut fields = loan_fields("1 12 2026");
    fields.push(("version", "1"));
    let path = format!("/registers/assets/loans/{id}/edit");
    let sent = desk.upload(&cookie, &path, &fields, ("f-proof", "proof.png", b"\x89PNG\r\n\x1a\n....")).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let rows = desk.school.school.read();
    let row = rows.find::<register_file::Entity>().filter(register_file::Column::Field.eq("proof")).one().await;
    let file = format!("/registers/assets/loans/{id}/files/{}", row.unwrap().unwrap().id);
    assert_eq!(desk.get(&cookie, &file).await.status, 200);
    assert_eq!(desk.get(&desk.sign_in("tech").await, &file).await.status, 404);
    assert!(
        !desk
            .get(&desk.sign_in("tech").await, &format!("/registers/assets/loans/{id}"))
            .await
            .text
            .contains("proof.png")
    );
}

store_test!(
    a_file_is_kept_sealed_and_given_back,
    a_file_that_lies_is_refused_and_another_waits,
    a_private_file_is_not_given_to_others,
);
