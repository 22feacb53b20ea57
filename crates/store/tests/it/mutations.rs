//! Any single change of an export is found, and the usual ones are named.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;
use store::{
    Act, StoreError,
    ledger::{Fault, Trust},
    verify_export,
};
use testkit::SmallSchool;

/// An export of a ledger with thirty entries and two checkpoints, made once.
static EXPORT: LazyLock<String> = LazyLock::new(|| {
    let bytes = std::sync::Mutex::new(Vec::new());
    testkit::on_sqlite(async |kit| {
        let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
        let maya = it.who("maya.jones").await;
        for n in 0..22 {
            let act = Act::new("agreements.sign", maya).about_person(maya).under("sign-first").with(json!({ "n": n }));
            it.school.act(act, kit.now(), async |_| Ok::<_, StoreError>(())).await.unwrap();
            if n == 10 {
                it.school.ledger().checkpoint(kit.now()).await.unwrap();
            }
        }
        let mut out = Vec::new();
        it.school.ledger().export(&mut out, kit.now()).await.unwrap();
        *bytes.lock().unwrap() = out;
    });
    String::from_utf8(bytes.into_inner().unwrap()).unwrap()
});

fn lines() -> Vec<&'static str> {
    EXPORT.lines().collect()
}

#[track_caller]
fn faults(lines: &[impl AsRef<str>]) -> Vec<Fault> {
    let text: String = lines.iter().map(|line| format!("{}\n", line.as_ref())).collect();
    let report = verify_export(text.as_bytes(), &Trust::default()).unwrap();
    assert_eq!(report.is_whole(), report.faults.is_empty());
    report.faults
}

#[test]
fn an_untouched_export_is_whole() {
    assert_eq!(faults(&lines()), []);
    assert_eq!(lines().len(), 1 + 30 + 2 + 1);
}

#[test]
fn a_changed_entry_is_named() {
    let mut lines: Vec<String> = lines().into_iter().map(str::to_owned).collect();
    assert!(lines[12].contains("\"seq\":12"));
    lines[12] = lines[12].replace("agreements.sign", "agreements.none");
    assert_eq!(faults(&lines), [Fault::Changed { entry: 12 }, Fault::Altered]);
    assert_eq!(faults(&lines)[0].to_string(), "entry 12 was changed: its content does not give its hash");
}

#[test]
fn a_missing_entry_is_named() {
    let mut lines = lines();
    lines.remove(12);
    assert_eq!(faults(&lines), [Fault::Missing { from: 12, to: 12 }, Fault::Altered]);
    lines.drain(15..18);
    assert!(faults(&lines).contains(&Fault::Missing { from: 16, to: 18 }));
}

#[test]
fn swapped_entries_are_named() {
    let mut lines = lines();
    lines.swap(12, 13);
    assert_eq!(faults(&lines), [Fault::Swapped { entry: 12, after: 13 }, Fault::Altered]);
}

#[test]
fn an_added_entry_is_named() {
    let mut lines = lines();
    lines.insert(13, lines[12]);
    assert_eq!(faults(&lines), [Fault::Added { entry: 12 }, Fault::Altered]);
}

#[test]
fn a_missing_end_is_found_against_the_newest_checkpoint() {
    let mut lines = lines();
    lines.drain(28..=30);
    assert_eq!(faults(&lines), [Fault::Truncated { last: 27, signed: 30 }, Fault::Altered]);
    // Cut off with the newest checkpoint and the end: the older one does not cover what is left.
    let mut lines = self::lines();
    lines.truncate(32);
    lines.drain(28..=30);
    let found = faults(&lines);
    assert!(found.contains(&Fault::NoEnd) && found.contains(&Fault::Uncovered { signed: 19, last: 27 }), "{found:?}");
}

#[test]
fn an_entry_replaced_with_a_right_hash_is_found() {
    let report = verify_export(EXPORT.as_bytes(), &Trust::default()).unwrap();
    let mut lines: Vec<String> = lines().into_iter().map(str::to_owned).collect();
    for nth in [12, 30] {
        let mut value: serde_json::Value = serde_json::from_str(&lines[nth]).unwrap();
        value.as_object_mut().unwrap().remove("kind");
        let mut entry: store::ledger::Entry = serde_json::from_value(value).unwrap();
        entry.at += 1;
        entry.hash = entry.computed_hash(report.school);
        let mut value = serde_json::to_value(&entry).unwrap();
        value["kind"] = json!("entry");
        lines[nth] = value.to_string();
    }
    let found = faults(&lines);
    assert!(found.contains(&Fault::NotFollowing { entry: 13, before: 12 }), "{found:?}");
    assert!(found.contains(&Fault::Replaced { entry: 30 }), "{found:?}");
}

#[test]
fn something_else_is_refused() {
    for text in ["", "hello\n", "{}\n", "{\"kind\":\"end\"}\n"] {
        assert!(verify_export(text.as_bytes(), &Trust::default()).is_err(), "{text}");
    }
}

/// Whether a changed export is found out: it has faults, or is no export at all.
fn found(bytes: &[u8]) -> bool {
    verify_export(bytes, &Trust::default()).map_or(true, |report| !report.is_whole())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_changed_byte_is_found(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = EXPORT.as_bytes().to_vec();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(found(&bytes));
    }

    #[test]
    fn any_missing_byte_is_found(at in any::<prop::sample::Index>()) {
        let mut bytes = EXPORT.as_bytes().to_vec();
        bytes.remove(at.index(bytes.len()));
        prop_assert!(found(&bytes));
    }

    #[test]
    fn any_added_byte_is_found(at in any::<prop::sample::Index>(), what in any::<u8>()) {
        let mut bytes = EXPORT.as_bytes().to_vec();
        bytes.insert(at.index(bytes.len() + 1), what);
        prop_assert!(found(&bytes));
    }

    #[test]
    fn any_missing_line_is_found(at in any::<prop::sample::Index>()) {
        let mut lines = lines();
        lines.remove(at.index(lines.len()));
        prop_assert!(found((lines.join("\n") + "\n").as_bytes()));
    }

    #[test]
    fn any_two_swapped_lines_are_found(one in any::<prop::sample::Index>(), two in any::<prop::sample::Index>()) {
        let mut lines = lines();
        let (one, two) = (one.index(lines.len()), two.index(lines.len()));
        prop_assume!(one != two);
        lines.swap(one, two);
        prop_assert!(found((lines.join("\n") + "\n").as_bytes()));
    }

    #[test]
    fn any_repeated_line_is_found(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let mut lines = lines();
        let line = lines[from.index(lines.len())];
        lines.insert(to.index(lines.len() + 1), line);
        prop_assert!(found((lines.join("\n") + "\n").as_bytes()));
    }

    #[test]
    fn any_cut_is_found(at in any::<prop::sample::Index>()) {
        let bytes = &EXPORT.as_bytes()[..at.index(EXPORT.len())];
        prop_assert!(found(bytes));
    }
}
