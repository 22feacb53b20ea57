//! What is read from a policy: clauses, numbers, labels, terms, words.

use super::*;
use crate::{Block, Code, Policy};

fn policy() -> Policy {
    let checked = checked(&example());
    assert!(!checked.has_errors(), "{}", errors(&example()));
    checked.policy.unwrap()
}

#[test]
fn the_example_is_read() {
    let policy = policy();
    let mut out = String::new();
    for clause in &policy.clauses {
        out += &format!("{} {} {:?}\n", clause.number, clause.label.as_deref().unwrap_or("-"), clause.text);
        for binding in &clause.bindings {
            out += &format!("    {} = {}\n", binding.key, binding.to_source());
        }
    }
    insta::assert_snapshot!(out, @"");
}

#[test]
fn terms_are_said_in_words() {
    let (policy, registry) = (policy(), registry());
    let words = Words::of(&policy, TODAY);
    let lines: Vec<_> = policy
        .all_bindings()
        .map(|(clause, binding)| {
            let control = registry.get(&binding.control).unwrap();
            format!("{} {}", clause.number, words.sentence(control.as_ref(), binding))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"");
}

#[test]
fn blocks_stand_in_order() {
    let policy = policy();
    let kinds: Vec<_> = policy
        .main
        .blocks
        .iter()
        .map(|block| match block {
            Block::Heading(heading) => format!("heading {} {}", heading.number, heading.text),
            Block::Paragraph(paragraph) => format!("paragraph {}", paragraph.html),
            Block::List(list) => format!("list of {}", list.items.len()),
            Block::Table(table) => format!("table of {} by {}", table.rows.len(), table.head.len()),
            Block::Quote(_) | Block::Code(_) | Block::Rule => "other".to_owned(),
        })
        .collect();
    insta::assert_snapshot!(kinds.join("\n"), @"");
}

#[test]
fn agreements_and_notices_are_read() {
    let policy = policy();
    let staff = policy.agreement("staff").unwrap();
    assert_eq!((staff.title.as_str(), staff.version.as_str()), ("Staff agreement", "2"));
    assert_eq!(staff.audience.to_string_list(), "staff");
    assert_eq!(policy.notices.first().unwrap().front.title, "We look after you");
    assert_eq!(policy.find("agree-report").unwrap().path, "agreements/staff.md");
    assert_eq!(policy.bindings("incident", "report").count(), 1);
}

trait ToStringList {
    fn to_string_list(&self) -> String;
}
impl ToStringList for kernel::Audience {
    fn to_string_list(&self) -> String {
        self.atoms().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

#[test]
fn counts_are_true() {
    let counts = checked(&example()).counts;
    insta::assert_snapshot!(
        format!(
            "clauses {} bound {} context {} built {} built_main {} bindings {}",
            counts.clauses, counts.bound, counts.context, counts.built, counts.built_main, counts.bindings
        ),
        @""
    );
}

#[test]
fn a_cell_is_read_as_its_term() {
    let policy = policy();
    let row = policy.find("um-shop").unwrap();
    assert_eq!(row.text, "Shopping (Staff: yes; Pupils: never)");
    let terms: UseMatrix = row.bindings.first().unwrap().terms().unwrap();
    assert!(terms.staff && terms.activity == "Shopping");
}

#[test]
fn nothing_but_the_codes_is_said() {
    for diagnostic in checked(&example()).diagnostics {
        assert!(
            Code::ALL.iter().any(|(code, severity, _)| *code == diagnostic.code && *severity == diagnostic.severity)
        );
    }
}
