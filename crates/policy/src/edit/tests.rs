//! What is changed is changed, what is typed stays in its place, and every other byte is as it was.

use proptest::prelude::*;

use super::*;
use crate::{
    Source,
    tests::{FRONT, checked},
};

const TEXT: &str = "# 1 Passwords\n\n\
    Why we have them. `why: context`\n\n\
    - Staff change them every 90 days. `age: access.password-age { who = \"staff\",   every = \"90 days\" }`\n\
    - They have *ten* characters,\n  with a digit. `len: access.password-strength { length = 10 }` `incident.report { note = \"a|b\" }`\n\
    \x20\x20- Below stands another. `below: incident.report`\n\n\
    > - Quoted. `q: incident.report`\n\n\
    1. First. `one: incident.report`\n2. Second.\n   `two: incident.report`\n\n\
    | Activity | Staff | |\n|---|---|---|\n| Games | never | `g: incident.report` |\n| Chat |  | `c: incident.report` |\n\n\
    The end stands alone. `end: incident.report`\n";

fn source() -> Source {
    Source::of_text(format!("{FRONT}{TEXT}"))
}

fn policy_of(source: &Source) -> crate::Policy {
    let checked = checked(source);
    checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

fn words(source: &Source, label: &str) -> Vec<String> {
    clause(source, label).unwrap().parts.into_iter().map(|part| part.text).collect()
}

/// The bytes of every clause but one.
fn others(source: &Source, label: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
    let rest = labels(source).into_iter().filter(|it| it != label);
    rest.map(|it| {
        let read = clause(source, &it).unwrap();
        (it, read.parts.into_iter().map(|part| part.text).collect(), read.bindings)
    })
    .collect()
}

#[test]
fn a_clause_is_read_as_it_is_written() {
    let source = source();
    assert_eq!(labels(&source), ["why", "age", "len", "below", "q", "one", "two", "g", "c", "end"]);
    let len = clause(&source, "len").unwrap();
    assert_eq!(len.parts[0].text, "They have *ten* characters,\n  with a digit.");
    assert_eq!(len.bindings, ["access.password-strength { length = 10 }", "incident.report { note = \"a|b\" }"]);
    let row = clause(&source, "g").unwrap();
    let cells: Vec<_> = row.parts.iter().map(|it| (it.heading.as_deref().unwrap(), it.text.as_str())).collect();
    assert_eq!(cells, [("Activity", "Games"), ("Staff", "never"), ("", "")]);
    assert!(clause(&source, "why").unwrap().context);
    assert_eq!(clause(&source, "nowhere"), Err(EditError::NoClause("nowhere".into())));
}

#[test]
fn words_change_and_nothing_else() {
    let before = source();
    let after = set_words(&before, "age", &["Staff change them every 60 days.".into()]).unwrap();
    assert_eq!(after.files[0].text, before.files[0].text.replace("every 90 days.", "every 60 days."));
    let after = set_words(&before, "g", &["Games & quizzes".into(), "at lunch".into(), String::new()]).unwrap();
    assert!(after.files[0].text.contains("| Games & quizzes | at lunch | `g: incident.report` |"));
}

#[test]
fn what_is_typed_cannot_break_out() {
    let typed = [
        "Yes. `evil: incident.report`",
        "Yes `",
        "``` code",
        "+++",
        "+++\ntitle = \"x\"\n+++",
        "# A heading",
        "Words\n\n# A heading\n\n- another `x: incident.report`",
        "Words\n=====",
        "---",
        "- a list",
        "7. seven",
        "> quoted",
        "<script>alert(1)</script>",
        "<!-- swallow",
        "[x]: http://example.test",
        "    code",
        "a | b | c",
        "\\",
        "a\u{0}b\u{7}c",
        "| a |\n|---|\n| b |",
    ];
    for label in labels(&source()) {
        for typed in typed {
            let before = source();
            let mut given = words(&before, &label);
            given[0] = typed.to_owned();
            let after = set_words(&before, &label, &given).unwrap_or_else(|error| panic!("{label} {typed:?}: {error}"));
            assert_eq!(others(&before, &label), others(&after, &label), "{label} {typed:?}");
            assert_eq!(clause(&before, &label).unwrap().bindings, clause(&after, &label).unwrap().bindings);
            let policy = policy_of(&after);
            assert_eq!(policy.clauses.len(), 10, "{label} {typed:?}");
            let plain =
                |text: &str| text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
            if !typed.contains("<!--") && !label.starts_with(['g', 'c']) && typed.contains(['`', '#', '<', '+']) {
                assert_eq!(policy.find(&label).unwrap().text, plain(typed), "{label}");
            }
        }
    }
    assert_eq!(set_words(&source(), "age", &[" \n\t".into()]), Err(EditError::NoWords));
    assert!(matches!(set_words(&source(), "g", &["one".into()]), Err(EditError::Cells { cells: 3, given: 1 })));
}

#[test]
fn bindings_change_and_keep_the_label() {
    let before = source();
    let after = set_binding(&before, "age", 1, "access.password-age { who = \"staff\", every = \"60 days\" }").unwrap();
    assert!(after.files[0].text.contains("`age: access.password-age { who = \"staff\", every = \"60 days\" }`"));
    let undone =
        set_binding(&after, "age", 1, "access.password-age { who = \"staff\",   every = \"90 days\" }").unwrap();
    assert_eq!(undone, before);
    let two =
        set_bindings(&before, "age", &["incident.report".into(), "incident.report { note = \"x\" }".into()]).unwrap();
    assert!(two.files[0].text.contains("90 days. `age: incident.report` `incident.report { note = \"x\" }`\n"));
    let none = set_bindings(&before, "len", &[]).unwrap();
    assert!(none.files[0].text.contains("with a digit. `len: context`\n"));
    let again = set_bindings(&none, "len", &["incident.report".into()]).unwrap();
    assert!(again.files[0].text.contains("with a digit. `len: incident.report`\n"));
    for bad in [
        "",
        "x",
        "incident.report` `evil: incident.report",
        "incident.report { note = \"`\" }",
        "incident.report and",
        "a: b.c",
        "# x",
    ] {
        assert!(set_binding(&before, "age", 1, bad).is_err(), "{bad}");
    }
    assert!(matches!(set_binding(&before, "age", 2, "incident.report"), Err(EditError::NoBinding { number: 2, .. })));
}

#[test]
fn a_clause_comes_and_goes() {
    for label in labels(&source()) {
        let before = source();
        let new = New { words: "Something new | and `more`.".into(), bindings: vec!["incident.report".into()] };
        let (after, fresh) = add_after(&before, &label, &new).unwrap_or_else(|error| panic!("{label}: {error}"));
        let policy = policy_of(&after);
        assert_eq!(policy.clauses.len(), 11, "{label}");
        let added = policy.find(&fresh).unwrap();
        assert!(added.text.starts_with("Something new | and more."), "{label}: {}", added.text);
        assert_eq!(added.bindings.len(), 1);
        assert_eq!(others(&before, ""), others(&after, &fresh));
        let undone = remove(&after, &fresh).unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(undone, before, "{label}");
    }
    assert_eq!(remove(&source(), "len"), Err(EditError::HasClausesBelow(1)));
    let less = remove(&source(), "below").unwrap();
    assert_eq!(labels(&less).len(), 9);
    checked(&less);
}

#[test]
fn the_front_matter_takes_other_values() {
    let before = source();
    let after = set_front(&before, FrontKey::Version, "5 \"beta\" +++").unwrap();
    assert_eq!(front_value(&after, FrontKey::Version).unwrap().as_deref(), Some("5 \"beta\" +++"));
    let after = set_front(&after, FrontKey::Review, "2028-02-29").unwrap();
    assert_eq!(policy_of(&after).front.review, Some(jiff::civil::date(2028, 2, 29)));
    for bad in ["2027-02-29", "", "tomorrow"] {
        assert!(set_front(&before, FrontKey::Review, bad).is_err(), "{bad}");
    }
    assert!(set_front(&before, FrontKey::Title, "a\n+++").is_err());
    let back = set_front(&after, FrontKey::Version, &policy_of(&before).front.version).unwrap();
    assert_eq!(policy_of(&back).front.version, policy_of(&before).front.version);
    assert!(set_front(&Source::of_text("no front"), FrontKey::Title, "x").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400.max(ProptestConfig::default().cases), ..ProptestConfig::default() })]

    /// Whatever is typed: only the clause changes, and typing the old words again gives the old bytes.
    #[test]
    fn an_edit_stays_inside_and_can_be_undone(
        source in crate::tests::properties::sources(),
        at in any::<prop::sample::Index>(),
        typed in crate::tests::properties::text(),
    ) {
        let all = labels(&source);
        if all.is_empty() {
            return Ok(());
        }
        let label = at.get(&all);
        prop_assume!(all.iter().filter(|it| *it == label).count() == 1);
        let old = words(&source, label);
        let mut new = old.clone();
        let emptied = typed.trim().is_empty();
        new[0] = typed;
        if let Ok(changed) = set_words(&source, label, &new) {
            prop_assert_eq!(others(&source, label), others(&changed, label));
            prop_assert_eq!(clause(&source, label).unwrap().bindings, clause(&changed, label).unwrap().bindings);
            for (one, two) in source.files.iter().zip(&changed.files) {
                let inside = clause(&source, label).unwrap().path == one.path;
                prop_assert!(inside || one == two);
            }
            // In a text with errors the old words may be what was wrong; they are not let in again.
            let said = old.iter().any(|it| !escape::one_line(it).is_empty());
            if !emptied && said && checked(&source).policy.is_some() {
                let undone = set_words(&changed, label, &old);
                prop_assert_eq!(undone.as_ref(), Ok(&source));
            }
        }
    }

    /// Bindings too.
    #[test]
    fn a_binding_stays_inside_and_can_be_undone(
        source in crate::tests::properties::sources(),
        at in any::<prop::sample::Index>(),
        typed in "(incident.report|access.x) ?\\{[ -~`|]{0,24}\\}",
    ) {
        let all = labels(&source);
        if all.is_empty() {
            return Ok(());
        }
        let label = at.get(&all);
        prop_assume!(all.iter().filter(|it| *it == label).count() == 1);
        let old = clause(&source, label).unwrap().bindings;
        if let Ok(changed) = set_binding(&source, label, 1, &typed) {
            prop_assert_eq!(others(&source, label), others(&changed, label));
            prop_assert_eq!(words(&source, label), words(&changed, label));
            let mut expected = old.clone();
            expected[0] = typed;
            prop_assert_eq!(&clause(&changed, label).unwrap().bindings, &expected);
            if let Ok(undone) = set_binding(&changed, label, 1, &old[0]) {
                prop_assert_eq!(undone, source);
            }
        }
    }

    /// A clause that is added is one clause, and taking it away gives the old bytes.
    #[test]
    fn an_addition_is_one_clause_and_can_be_undone(
        source in crate::tests::properties::sources(),
        at in any::<prop::sample::Index>(),
        typed in crate::tests::properties::text(),
    ) {
        let all = labels(&source);
        if all.is_empty() {
            return Ok(());
        }
        let label = at.get(&all);
        prop_assume!(all.iter().filter(|it| *it == label).count() == 1);
        let new = New { words: typed, bindings: vec!["incident.report".into()] };
        if let Ok((changed, fresh)) = add_after(&source, label, &new) {
            prop_assert_eq!(labels(&changed).len(), all.len() + 1);
            prop_assert_eq!(others(&source, ""), others(&changed, &fresh));
            if let Ok(undone) = remove(&changed, &fresh) {
                prop_assert_eq!(undone, source);
            }
        }
    }
}
