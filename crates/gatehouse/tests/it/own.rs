//! Registers of a school's own, and fields that it adds to ours: files in the folder of its policy.

use std::io::{Cursor, Write as _};

use governance::EnactError;

use crate::{command::*, school::*};

const LIBRARY: &str = r#"title = "Library tablets"
says = "keeps a list of the tablets in the library"
[register]
item = "tablet"
items = "tablets"
lead = "The tablets in the library."
reads = "staff"
writes = "role:network-manager"
first = "Enter the first tablet."
entry-title = "{name}"
columns = ["name", "shelf"]
[[field]]
name = "name"
label = "Which tablet?"
column = "Tablet"
kind = "text"
required = true
[[field]]
name = "shelf"
label = "On which shelf?"
column = "Shelf"
kind = "whole"
[standing]
kept = "{count} tablets are listed"
"#;

const KEYRING: &str = r#"[[field]]
name = "keyring"
label = "Which keyring opens its locker?"
kind = "text"
"#;

const TABLETS: &str = "The network manager keeps a list of the tablets in the library. `tablets: own.library`";
const DEVICES: &str = "The school lists its devices. `devices: assets.hardware`";

fn draft() -> Draft {
    Draft::of(&[TABLETS, DEVICES])
        .file("registers/library.toml", LIBRARY)
        .file("registers/assets.hardware.toml", KEYRING)
}

/// A register of the school's own and a field added to ours: entered, listed, exported; the clause stands on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_school_keeps_registers_of_its_own_and_adds_fields_to_ours() {
    let school = School::with(&draft()).await;
    school.standing("tablets").await.are("not-kept", "");
    let network = school.sign_in(NETWORK).await;
    assert!(network.get("/registers").await.is(200).says("Library tablets"));
    let form = network.get("/registers/own/library/new").await.is(200);
    assert!(form.says("Which tablet?") && form.says("On which shelf?"), "{}", form.body);
    let new = "/registers/own/library/new";
    network.submit(new, new, &[("f-name", ""), ("f-shelf", "2")]).await.is(422);
    network.submit(new, new, &[("f-name", "Tablet 7"), ("f-shelf", "2")]).await.leads_to("/registers/own/library");
    let list = network.get("/registers/own/library").await.is(200);
    assert!(list.says("Tablet 7") && list.says("1.1"), "{}", list.body);
    assert!(network.get("/registers/own/library/export.csv").await.is(200).says("Tablet 7"));
    assert!(network.get("/api/registers/own/library").await.is(200).says("Tablet 7"));
    let form = network.get("/registers/assets/hardware/new").await.is(200);
    assert!(form.says("Which keyring opens its locker?"), "{}", form.body);
    school.standing("tablets").await.are("kept", "1 tablet is listed");
    // Pupils read none of it.
    school.sign_in(PUPIL).await.get("/registers/own/library").await.is(404);
    // The clause says in words what it has Gatehouse do, with the name of the school's own register.
    let head = school.sign_in(HEAD).await;
    let clause = head.get("/policy/clauses/tablets").await.is(200);
    assert!(clause.says("keeps a list of the tablets in the library"), "{}", clause.body);
    assert!(clause.says("/registers/own/library"), "{}", clause.body);
    // Without its file the clause cannot name it, and what was in force stays.
    let refused = school.enact(&Draft::of(&[TABLETS])).await.unwrap_err();
    assert!(matches!(refused, EnactError::Check { .. }), "{refused:?}");
    assert!(network.get("/registers/own/library").await.is(200).says("Tablet 7"));
    // A version without the clause and the register: nobody finds it, and its rows are not lost.
    school.enact(&Draft::of(&[DEVICES])).await.unwrap();
    network.get("/registers/own/library").await.is(404);
    let form = network.get("/registers/assets/hardware/new").await.is(200);
    assert!(!form.says("Which keyring"));
    school.enact(&draft()).await.unwrap();
    assert!(network.get("/registers/own/library").await.is(200).says("Tablet 7"));
}

/// What is wrong with a declaration is said beside what is wrong with the policy, and nothing of it comes into force.
#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_is_wrong_is_refused_with_its_place() {
    let school = School::with(&draft()).await;
    let wrong = LIBRARY.replace("kind = \"whole\"", "kind = \"hole\"");
    let refused = school.enact(&Draft::of(&[TABLETS]).file("registers/library.toml", &wrong)).await.unwrap_err();
    let EnactError::Check { diagnostics } = refused else { panic!("{refused:?}") };
    let errors: Vec<_> = diagnostics.iter().filter(|it| it.severity == policy::Severity::Error).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(
        (errors[0].code.0, errors[0].spot.path.as_str(), errors[0].spot.line),
        ("register", "registers/library.toml", 22)
    );
}

/// The folder is the same at the desk and at the command: a zip that is uploaded becomes a draft with its registers, and
/// `policy check` says where a register is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn folders_bring_their_registers_along() {
    let school = School::with(&Draft::of(&[DEVICES])).await;
    let wrong = LIBRARY.replace("kind = \"whole\"", "kind = \"hole\"");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for file in &Draft::of(&[TABLETS]).file("registers/library.toml", &wrong).source(2).files {
        zip.start_file(format!("ours/{}", file.path), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(file.text.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let head = school.sign_in(HEAD).await;
    let begun = head.upload("/policy/drafts", "/policy/drafts/upload", &[("title", "Ours")], ("file", &bytes)).await;
    let draft = begun.is(303).location.unwrap();
    let page = head.get(&draft).await.is(200);
    assert!(
        page.says("registers/library.toml, line 22, column 8") && page.says("is no kind of field"),
        "{}",
        page.body
    );
    assert!(page.says("own register `own.library`"), "{}", page.body);

    let place = Place::empty("off");
    let folder = school.folder().join("ours");
    for file in &Draft::of(&[TABLETS]).file("registers/library.toml", &wrong).source(2).files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    let at = folder.display().to_string();
    place.run(&["policy", "check", &at]).ends(2).says("registers/library.toml:22:8");
    std::fs::write(folder.join("registers/library.toml"), LIBRARY).unwrap();
    place.run(&["policy", "check", &at]).ends(0);
}
