//! The table of facts, from outside: what stands beside a declaration is typed into the pages of a small school, on the
//! days that it says, by those who may; then the policy must say of the clause what the fact says.
//!
//! Of each control the first fact that is kept and the first that is not, or all of them where `GATEHOUSE_ALL_FACTS` is
//! set. This is the behavioural test of every declared control: `controls/` has those of the others.

mod act;
mod small;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use declare::{
    Declarations,
    facts::{self, Fact},
};

use self::act::run;

/// The facts of each control of a module.
fn facts_of(module: &str) -> BTreeMap<String, Vec<Fact>> {
    let mut all = BTreeMap::new();
    for file in fs::read_dir(declarations().join(module)).unwrap().flatten() {
        let name = file.file_name().into_string().unwrap();
        let Some(control) = name.strip_suffix(".facts.toml") else { continue };
        let text = fs::read_to_string(file.path()).unwrap();
        let path = format!("declarations/{module}/{name}");
        let facts = facts::read(&path, &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        all.insert(format!("{module}.{control}"), facts);
    }
    all
}

fn declarations() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../declarations")
}

/// The facts that are run: the first that is kept and the first that is not, or all.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how many; the program itself never asks")]
fn chosen(facts: Vec<Fact>) -> Vec<Fact> {
    if std::env::var_os("GATEHOUSE_ALL_FACTS").is_some() {
        return facts;
    }
    let mut seen = BTreeSet::new();
    facts
        .into_iter()
        .filter(|fact| ["kept", "not-kept"].contains(&fact.standing.as_str()) && seen.insert(fact.standing.clone()))
        .collect()
}

/// Runs the facts of a module, and says of each that is not so where it stands and all that differs.
async fn check(module: &str) {
    let (mut wrong, mut ran) = (Vec::new(), 0);
    for (control, facts) in facts_of(module) {
        let declaration = Declarations::shipped().get(&control).unwrap_or_else(|| panic!("{control} is not declared"));
        for fact in chosen(facts) {
            ran += 1;
            if let Err(differs) = run(&fact, declaration).await {
                wrong.push(format!("{}: {}\n    {}", fact.at, fact.name, differs.join("\n    ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {ran} facts are not so:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
    assert!(ran > 1, "{module} has facts");
}

/// A test for each module, so that they run side by side.
macro_rules! modules {
    ($($module:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $module() {
                check(stringify!($module)).await;
            }
        )*

        const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

modules! {
    assets backup cctv data devices exchange filter images learning mail malware monitor network people policy review
    social website
}

#[test]
fn every_module_with_facts_is_run_here() {
    let folders = fs::read_dir(declarations()).unwrap().flatten().filter(|it| it.path().is_dir());
    let found: BTreeSet<String> = folders.map(|it| it.file_name().into_string().unwrap()).collect();
    assert_eq!(found, MODULES.iter().map(|module| (*module).to_owned()).collect());
}

#[test]
fn every_declared_control_has_a_fact_in_which_it_is_kept_and_one_in_which_it_is_not() {
    let mut missing = Vec::new();
    for declaration in Declarations::shipped().iter() {
        let all = facts_of(&declaration.module).remove(&declaration.control()).unwrap_or_default();
        for standing in ["kept", "not-kept"] {
            if !all.iter().any(|fact| fact.standing == standing) {
                missing.push(format!("{}: {standing}", declaration.control()));
            }
        }
    }
    assert!(missing.is_empty(), "no fact in which it is so: {missing:#?}");
}
