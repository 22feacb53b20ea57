//! What a school adds in its policy folder: registers of its own, and fields to ours.

use crate::{Declarations, FieldKind, Required};

const LIBRARY: &str = r#"
title = "Library tablets"
says = "keeps a list of the tablets in the library"
[register]
item = "tablet"
items = "tablets"
lead = "The tablets in the library."
reads = "staff"
writes = "role:office"
first = "Enter the first tablet."
entry-title = "{device}"
columns = ["device"]
[[field]]
name = "device"
label = "Which device?"
kind = "entry"
of = "assets.hardware"
"#;

const SHELF: &str = r#"
[[field]]
name = "shelf"
label = "On which shelf?"
kind = "text"
[[field]]
name = "tablet"
label = "Which tablet?"
kind = "entry"
of = "own.library"
"#;

fn problems(own: &[(&str, &str)]) -> String {
    let problems = Declarations::shipped().with(own).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_school_adds_registers_and_fields() {
    let shipped = Declarations::shipped();
    let own = [("registers/library.toml", LIBRARY), ("registers/assets.loans.toml", SHELF)];
    let all = shipped.with(&own).unwrap();
    assert_eq!(all.iter().len(), shipped.iter().len() + 1);
    assert_eq!(all.register("own.library").unwrap().item, "tablet");
    let (ours, theirs) = (shipped.register("assets.loans").unwrap(), all.register("assets.loans").unwrap());
    assert_eq!(theirs.fields.len(), ours.fields.len() + 2);
    let added = theirs.field("tablet").unwrap();
    assert_eq!(
        (&added.kind, &added.required),
        (&FieldKind::Entry { of: "own.library".to_owned(), many: false }, &Required::No)
    );
    assert_eq!(shipped.with::<&str, &str>(&[]).unwrap().iter().len(), shipped.iter().len());
}

#[test]
fn what_is_wrong_with_it_is_said() {
    insta::assert_snapshot!(problems(&[("registers/Library.toml", LIBRARY)]), @r"
    error: the path names no register
     --> registers/Library.toml:1:1
      = help: a register of your own is `registers/<name>.toml`; fields that you add to ours stand in `registers/<module>.<control>.toml`
    ");
    insta::assert_snapshot!(problems(&[("registers/assets.lones.toml", SHELF)]), @r"
    error: there is no register `assets.lones`
     --> registers/assets.lones.toml:1:1
      = help: did you mean `assets.loans`?
    ");
    insta::assert_snapshot!(problems(&[("registers/library.toml", &LIBRARY.replace("assets.hardware", "own.shelves"))]), @r#"
    error: there is no register `own.shelves`
      --> registers/library.toml:17:6
       |
    17 | of = "own.shelves"
       |      ^^^^^^^^^^^^^
       = help: a register is named as `assets.hardware`
    "#);
    let own = SHELF.replace("\"shelf\"", "\"device\"").replace("kind = \"text\"", "kind = \"text\"\nrequired = true");
    insta::assert_snapshot!(problems(&[("registers/library.toml", LIBRARY), ("registers/assets.loans.toml", &own)]), @r#"
    error: the register has a field `device` already
     --> registers/assets.loans.toml:3:8
      |
    3 | name = "device"
      |        ^^^^^^^^
      = help: give yours another name

    error: an added field is always optional
     --> registers/assets.loans.toml:6:1
      |
    6 | required = true
      | ^^^^^^^^
    "#);
    insta::assert_snapshot!(problems(&[("registers/assets.loans.toml", "title = \"x\"")]), @r#"
    error: this file adds no field
     --> registers/assets.loans.toml:1:1
      |
    1 | title = "x"
      | ^
      = help: add a `[[field]]`

    error: a file of added fields has no key `title`
     --> registers/assets.loans.toml:1:1
      |
    1 | title = "x"
      | ^^^^^
      = help: write one of `field`
    "#);
}

#[test]
fn a_control_is_declared_once_and_by_its_path() {
    let said = |files: &[(&str, &str)]| {
        let problems = Declarations::load(files.iter().copied()).unwrap_err();
        problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let plain = "title = \"A\"\nsays = \"asks\"\n[attestation]\nquestion = \"So?\"\nby = \"staff\"\n";
    assert_eq!(said(&[("a/b.toml", plain), ("a/b.toml", plain)]), "`a.b` is declared twice");
    assert_eq!(said(&[("b.toml", plain)]), "the path names no control");
    assert_eq!(said(&[("a/B.toml", plain)]), "the path names no control");
    assert_eq!(Declarations::load([("a/b.toml", plain)]).unwrap().get("a.b").unwrap().title, "A");
}
