//! The rules of the repository that a machine can see.

use std::{collections::BTreeSet, fs};

use xtask::{files, root};

/// Which of our crates each may stand on (docs/architecture.md). Tests may use more.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("policy", &["kernel"]),
    ("filter", &["kernel"]),
    ("declare", &["kernel"]),
    ("rules", &["kernel", "policy", "filter", "declare"]),
    ("store", &["kernel"]),
    ("activity", &["kernel"]),
    ("webkit", &["kernel"]),
    ("pdf", &[]),
    ("engines", &["kernel", "declare", "pdf", "policy", "rules", "store", "webkit"]),
    ("people", &["kernel", "rules", "store", "webkit"]),
    ("governance", &["kernel", "policy", "rules", "store", "webkit", "pdf"]),
    ("registers", &["kernel", "declare", "policy", "rules", "store", "webkit", "engines"]),
    ("learning", &["kernel", "declare", "policy", "rules", "store", "webkit", "engines"]),
    ("traffic", &["kernel", "filter", "activity", "store", "webkit"]),
    ("content", &[]),
    ("gateway", &["kernel", "filter", "content", "activity"]),
    ("dns", &["kernel", "filter"]),
    ("testkit", &["kernel", "store", "webkit"]),
];

/// What a pure crate must not know.
const IMPURE: &[&str] = &["tokio", "sea-orm", "axum", "hyper", "reqwest", "tracing", "aws-lc-rs", "datafusion"];

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let table: toml::Table = toml::from_str(manifest).unwrap();
    let section = table.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    section.keys().cloned().collect()
}

#[test]
fn crates_stand_only_on_what_they_may() {
    let ours: Vec<&str> = ARROWS.iter().map(|row| row.0).collect();
    for (name, allowed) in ARROWS {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        for dependency in dependencies(&manifest) {
            if ours.contains(&dependency.as_str()) {
                assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
            }
            if matches!(*name, "kernel" | "policy" | "filter" | "declare" | "rules") {
                assert!(!IMPURE.contains(&dependency.as_str()), "{name} is pure and must not depend on {dependency}");
            }
        }
    }
}

#[test]
fn every_crate_has_its_arrows() {
    let known: BTreeSet<&str> = ARROWS.iter().map(|row| row.0).chain(["gatehouse"]).collect();
    for entry in fs::read_dir(root().join("crates")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        assert!(known.contains(name.as_str()), "crates/{name} is missing in the table of arrows");
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    let mut silent = Vec::new();
    for path in files(&root().join("crates"), "rs").into_iter().chain(files(&root().join("xtask"), "rs")) {
        let text = fs::read_to_string(&path).unwrap();
        if !text.trim_start().starts_with("//!") {
            silent.push(path.strip_prefix(root()).unwrap().display().to_string());
        }
    }
    assert!(silent.is_empty(), "without a `//!` header: {silent:#?}");
}

#[test]
fn long_files_say_why() {
    let mut long = Vec::new();
    for path in files(&root().join("crates"), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let defended = text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("one file"));
        if lines > 500 && !defended {
            long.push(format!("{} ({lines} lines)", path.strip_prefix(root()).unwrap().display()));
        }
    }
    assert!(long.is_empty(), "split these, or say at their top why they are one file: {long:#?}");
}

#[test]
fn pages_have_no_inline_script_or_style() {
    let mut wrong = Vec::new();
    for path in files(&root().join("crates"), "html") {
        let text = fs::read_to_string(&path).unwrap();
        for (nth, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            if line.contains("<script>")
                || line.contains(" style=\"")
                || line.contains(" onclick=")
                || line.contains("javascript:")
            {
                wrong.push(format!("{}:{}", path.strip_prefix(root()).unwrap().display(), nth + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "the content security policy would refuse: {wrong:#?}");
}

#[test]
fn every_form_that_changes_something_carries_its_token() {
    let mut wrong = Vec::new();
    for path in files(&root().join("crates"), "html") {
        let text = fs::read_to_string(&path).unwrap();
        let mut rest = text.as_str();
        while let Some(start) = rest.find("<form") {
            let form = &rest[start..];
            let end = form.find("</form>").unwrap_or(form.len());
            let (this, after) = form.split_at(end);
            if this.to_lowercase().contains("method=\"post\"") && !this.contains("csrf") {
                wrong.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
            rest = after;
        }
    }
    assert!(wrong.is_empty(), "forms without a csrf field: {wrong:#?}");
}

/// A control that says that it is built has a test of its name: `tests/it/controls/<module>.rs`, function `<control>`;
/// a declared one has facts beside its declaration, which the same tests drive.
#[test]
fn every_built_control_has_a_test_of_its_name() {
    let folder = root().join("crates/gatehouse/tests/it/controls");
    let mut missing = Vec::new();
    for control in rules::controls().iter().filter(|control| control.card().built) {
        let id = &control.card().id;
        let path = folder.join(format!("{}.rs", id.module().replace('-', "_")));
        let own = folder.join(id.module().replace('-', "_")).join(format!("{}.rs", id.name().replace('-', "_")));
        let text = fs::read_to_string(&path).unwrap_or_default() + &fs::read_to_string(&own).unwrap_or_default();
        let function = format!("fn {}()", id.name().replace('-', "_"));
        let facts = root().join(format!("declarations/{}/{}.facts.toml", id.module(), id.name()));
        let facts = fs::read_to_string(facts).unwrap_or_default();
        if !text.contains(&function) && !facts.contains("[[fact]]") {
            missing.push(id.to_string());
        }
    }
    assert!(missing.is_empty(), "built, but without a test: {missing:#?}");
}
