//! The example policies and the catalogues of clauses that they are modelled on, held together clause by clause.

use std::{collections::BTreeSet, fs};

use jiff::civil::date;
use policy::{ClauseKind, Kind, Policy, Severity};
use xtask::{policy_source, root};

/// The example policies that have a catalogue.
const EXAMPLES: &[&str] = &["ivybridge", "warblington", "essex", "clitherow", "st-marys"];

/// What a new school begins with.
const STARTERS: &[&str] = &["primary", "secondary"];

fn read(name: &str) -> Policy {
    let source = policy_source(&root().join("policies").join(name)).unwrap();
    let checked = rules::check(&source, date(2026, 11, 22));
    let errors: Vec<_> = checked.diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    checked.policy.unwrap()
}

fn catalogue(name: &str) -> Vec<toml::Table> {
    let text = fs::read_to_string(root().join(format!("policies/catalogue/{name}.toml"))).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    table["clause"].as_array().unwrap().iter().map(|clause| clause.as_table().unwrap().clone()).collect()
}

fn text<'a>(clause: &'a toml::Table, key: &str) -> &'a str {
    clause.get(key).and_then(toml::Value::as_str).unwrap_or_default()
}

/// What is wrong between a policy and its catalogue, a line each.
fn differences(policy: &Policy, clauses: &[toml::Table]) -> Vec<String> {
    let registry = rules::controls();
    let mut wrong = Vec::new();
    for clause in clauses {
        let id = text(clause, "id");
        let Some(found) = policy.clauses.iter().find(|clause| clause.label.as_deref() == Some(id)) else {
            wrong.push(format!("{id} is missing"));
            continue;
        };
        if text(clause, "kind") == "context" {
            if found.kind != ClauseKind::Context {
                wrong.push(format!("{id} should be marked as context"));
            }
            continue;
        }
        let mut wanted: Vec<&str> =
            clause["controls"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
        let mut bound: Vec<String> = found.bindings.iter().map(|binding| binding.control.to_string()).collect();
        // A clause that asks for two of a kind (two agreements, say) binds the control twice.
        bound.dedup();
        wanted.dedup();
        if bound != wanted {
            wrong.push(format!("{id} binds {bound:?}, its catalogue {wanted:?}"));
            continue;
        }
        let Some(first) = found.bindings.first() else { continue };
        let kind = registry.get(&first.control).map(|control| control.card().kind);
        match text(clause, "kind") {
            "inform" if kind != Some(Kind::Inform) && first.common.inform.is_none() => {
                wrong.push(format!("{id} informs, but its first binding has no `inform`"));
            }
            "attest" if kind != Some(Kind::Attest) && first.common.attest.is_none() => {
                wrong.push(format!("{id} is confirmed by somebody, but its first binding has no `attest`"));
            }
            _ => {}
        }
    }
    let ids: BTreeSet<&str> = clauses.iter().map(|clause| text(clause, "id")).collect();
    for clause in policy.clauses.iter().filter(|clause| clause.path == "policy.md") {
        if clause.label.as_deref().is_none_or(|label| !ids.contains(label)) {
            wrong.push(format!("clause {} ({:?}) is in no catalogue", clause.number, clause.label));
        }
    }
    wrong
}

#[test]
fn the_examples_hold_every_clause_of_their_catalogue() {
    for name in EXAMPLES.iter().filter(|name| root().join("policies").join(name).is_dir()) {
        let wrong = differences(&read(name), &catalogue(name));
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn the_starter_policies_are_without_error() {
    for name in STARTERS {
        assert!(read(name).clauses.len() > 100, "{name}");
    }
}

#[test]
fn no_example_names_a_person_or_a_telephone() {
    for name in EXAMPLES.iter().chain(STARTERS).filter(|name| root().join("policies").join(name).is_dir()) {
        let source = policy_source(&root().join("policies").join(name)).unwrap();
        let checked = rules::check(&source, date(2026, 11, 22));
        let found: Vec<_> =
            checked.diagnostics.iter().filter(|it| ["telephone", "person"].contains(&it.code.0)).collect();
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// The figures that policies/README.md tells are those that a check gives.
#[test]
fn the_table_of_policies_tells_the_truth() {
    let page = fs::read_to_string(root().join("policies/README.md")).unwrap();
    for name in EXAMPLES.iter().chain(STARTERS) {
        let source = policy_source(&root().join("policies").join(name)).unwrap();
        let counts = rules::check(&source, date(2026, 11, 22)).counts;
        let row = page.lines().find(|line| line.starts_with(&format!("| [{name}]"))).unwrap();
        let written: Vec<usize> = row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let counted = [counts.clauses, counts.bound, counts.context, counts.built, counts.built_main];
        assert_eq!(
            written, counted,
            "{name} in policies/README.md: clauses, bound, background, built, by first binding"
        );
    }
}
