//! Headings as schools have them.

use declare::Declarations;

use super::*;

fn hardware() -> (Register, Vec<Target>) {
    let register = Declarations::shipped().register("assets.hardware").unwrap().clone();
    let all = targets(&register, register.fields.iter());
    (register, all)
}

fn sheet(text: &str) -> Sheet {
    super::super::text::read(text.as_bytes()).unwrap()
}

/// What each column of a sheet is found to be, with the row of its headings.
fn found(text: &str) -> (usize, Vec<(String, Option<String>)>) {
    let sheet = sheet(text);
    let (_, targets) = hardware();
    let at = find(&sheet, &targets);
    (at + 1, columns(&sheet, at, &targets).into_iter().map(|it| (it.heading, it.target)).collect())
}

#[track_caller]
fn check(text: &str, row: usize, expected: &[(&str, &str)]) {
    let (at, found) = found(text);
    assert_eq!(at, row);
    let found: Vec<(&str, &str)> =
        found.iter().map(|(heading, target)| (heading.as_str(), target.as_deref().unwrap_or_default())).collect();
    assert_eq!(found, expected);
}

#[test]
fn our_own_headings_are_all_known() {
    let (register, targets) = hardware();
    let heads: Vec<String> =
        register.fields.iter().filter(|field| comes_in(field)).map(|field| heading(&register, field)).collect();
    let quoted: Vec<String> = heads.iter().map(|head| format!("\"{head}\"")).collect();
    let sheet = sheet(&format!("{},State,Entered\n1\n", quoted.join(",")));
    let columns = columns(&sheet, find(&sheet, &targets), &targets);
    let found: Vec<&str> = columns.iter().map(|column| column.target.as_deref().unwrap_or_default()).collect();
    let mut expected: Vec<&str> =
        register.fields.iter().filter(|field| comes_in(field)).map(|field| field.name.as_str()).collect();
    expected.extend([STATE, ENTERED]);
    assert_eq!(found, expected);
}

#[test]
fn titles_blank_rows_and_merged_headings_stand_above() {
    check(
        "Willow Lane Primary,,,,\nICT inventory (as of Sept 2025),,,,\n,,,,\n,Device,,Where and who,\n\
         Asset tag,Type,Make & Model,Location,Assigned to,Price (£)\nWL-1,Laptop,ThinkPad,Office,A Person,300\n",
        5,
        &[
            ("Asset tag", "tag"),
            ("Type", "kind"),
            ("Make & Model", "model"),
            ("Location", "place"),
            ("Assigned to", ""),
            ("Price (£)", "price"),
        ],
    );
}

#[test]
fn headings_over_two_rows_are_read_together() {
    check(
        "School tag,Model,Serial,Notes\n,,number,\nWL-1,iPad,ABC,old\n",
        1,
        &[("School tag", "tag"), ("Model", "model"), ("Serial", "serial"), ("Notes", "notes")],
    );
}

#[test]
fn close_words_and_slips_are_known() {
    check(
        "TAG No.,Serial No,Purchase date,Supplier,Room,Last seen,Warranty end,Coments,Colour\nWL-1\n",
        1,
        &[
            ("TAG No.", "tag"),
            ("Serial No", "serial"),
            ("Purchase date", "bought-on"),
            ("Supplier", "supplier"),
            ("Room", "place"),
            ("Last seen", "seen-on"),
            ("Warranty end", "warranty-ends"),
            ("Coments", "notes"),
            ("Colour", ""),
        ],
    );
}

#[test]
fn a_sheet_of_which_nothing_is_known_is_left_to_people() {
    let (at, found) = found("Stuff,,\n,,\nFoo,Bar,Baz\n1,2,3\n");
    assert_eq!(at, 3);
    assert!(found.iter().all(|(_, target)| target.is_none()), "{found:?}");
}

#[test]
fn columns_have_the_letters_of_spreadsheets() {
    assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
}

#[test]
fn no_heading_of_any_register_is_taken_for_another() {
    for (declaration, register) in Declarations::shipped().registers() {
        let all = targets(register, register.fields.iter());
        let labels: Vec<String> =
            all.iter().map(|target| format!("\"{}\"", target.label.replace('"', "\"\""))).collect();
        let sheet = sheet(&format!("{}\n", labels.join(",")));
        let found = columns(&sheet, find(&sheet, &all), &all);
        for (column, target) in found.iter().zip(&all) {
            assert_eq!(column.target.as_ref(), Some(&target.key), "{}: {}", declaration.control(), column.heading);
        }
    }
}
