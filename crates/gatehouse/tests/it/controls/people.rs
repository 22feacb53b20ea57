//! Controls of `people`: the roll.

use std::io::{Cursor, Write as _};

use rules::people::roster::demo;

use crate::school::*;

fn zipped(pupils: u32) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in demo::school(pupils, 1) {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The roll holds everybody whom the clause names, and is not too old; an import at the desk makes it new.
#[tokio::test(flavor = "multi_thread")]
async fn roll() {
    let clauses = [
        "We keep a roll. `roll: people.roll { who = [\"pupils\", \"staff\", \"parents\"], fresh = \"30 days\" }`",
        "Guests are on it. `guests: people.roll { who = \"guests\" }`",
    ];
    let school = School::open(&clauses).await;
    school.standing("roll").await.are("kept", "last brought up to date on 24 November 2026");
    school.standing("guests").await.are("not-kept", "The roll has no ");
    school.at("2026-12-28 10:15").await;
    school.standing("roll").await.are("not-kept", "last brought up to date on 24 November 2026");
    let office = school.sign_in("bernadette.coles").await;
    let shown =
        office.upload("/people/import", "/people/import", &[("school", "")], ("roster", &zipped(41))).await.is(200);
    school.standing("roll").await.are("not-kept", "24 November");
    let yes = [("shown", shown.field("shown")), ("school", String::new())];
    let yes: Vec<_> = yes.iter().map(|(key, value)| (*key, value.as_str())).collect();
    office.submit("/people/import", "/people/import/apply", &yes).await.is(303);
    school.standing("roll").await.are("kept", "last brought up to date on 28 December 2026");
    // A teacher may not bring anybody in.
    let teacher = school.sign_in(TEACHER).await;
    teacher.get("/people/import").await.is(403);
}
