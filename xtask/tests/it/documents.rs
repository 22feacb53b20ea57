//! Documents that are made from the code, held against the code. `script/docs` writes them anew.

use std::fs;

use xtask::root;

/// What separates the written half of docs/policy-language.md from the generated one.
const FROM_HERE: &str = "<!-- From here on, script/docs writes this page from the code. -->\n";

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names the first line that differs, since the whole is too long to look at.
#[track_caller]
fn same(path: &str, written: &str, made: &str) {
    let pairs = written.lines().map(Some).chain([None]).zip(made.lines().map(Some).chain([None]));
    let differs = pairs.enumerate().find(|(_, (written, made))| written != made);
    assert!(
        differs.is_none() && written.lines().count() == made.lines().count(),
        "{path} is behind the code: run script/docs. First: {differs:?}"
    );
}

#[test]
fn the_reference_of_the_language_is_what_the_code_says() {
    let page = read("docs/policy-language.md");
    let (_, written) = page.split_once(FROM_HERE).expect("the line that separates the two halves of the page");
    same("docs/policy-language.md", written.trim(), policy::reference(&rules::controls()).trim());
}

#[test]
fn the_schema_of_all_terms_is_what_the_code_says() {
    let made = serde_json::to_string_pretty(&policy::schema(&rules::controls())).unwrap();
    same("docs/schema/policy-terms.json", read("docs/schema/policy-terms.json").trim(), made.trim());
}

/// The register that the page declares as an example is one that a school can have.
#[test]
fn the_example_of_a_register_of_the_schools_own_is_right() {
    let page = read("docs/policy-language.md");
    let (_, rest) = page.split_once("## Registers of the school's own").expect("the part about registers");
    let example = rest.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("an example").0;
    let clause = "- The office keeps a list of the tablets. `tablets: own.library`\n";
    let text = format!("+++\ntitle = \"A\"\nversion = \"1\"\n+++\n\n# 1 Registers\n\n{clause}");
    let file = |path: &str, text: &str| policy::SourceFile { path: path.to_owned(), text: text.to_owned() };
    let source = policy::Source::new(vec![file("policy.md", &text), file("registers/library.toml", example)]);
    let checked = rules::check(&source, jiff::civil::date(2026, 11, 22));
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
    assert_eq!(checked.counts.built, 1);
}

/// Links between our documents lead to files that there are.
#[test]
fn links_between_documents_lead_somewhere() {
    let mut lost = Vec::new();
    let pages =
        xtask::files(&root(), "md").into_iter().filter(|path| !path.starts_with(root().join("policies/catalogue")));
    for path in pages {
        let text = fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
            let outside = target.is_empty() || target.contains(':') || target.starts_with('/') || target.contains('`');
            if !outside && !path.parent().unwrap().join(target).exists() {
                lost.push(format!("{}: {target}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(lost.is_empty(), "links that lead nowhere: {lost:#?}");
}
