//! What holds for every input: nothing panics, a shown policy reads the same, labels are written once.

use proptest::prelude::*;

use super::*;
use crate::{Detail, label, render, show};

/// Pieces that policies are made of, right and wrong, so that arbitrary texts come near to being policies.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n\n".to_owned()),
        Just("\n".to_owned()),
        Just("# 4 Passwords\n\n".to_owned()),
        Just("## Filtering\n".to_owned()),
        Just("- ".to_owned()),
        Just("  - ".to_owned()),
        Just("1. ".to_owned()),
        Just("> ".to_owned()),
        Just("| a | b | |\n|---|---|---|\n| c | 10 | `x:` |\n| d | | |\n".to_owned()),
        Just("| a |\n|---|\n".to_owned()),
        Just("Staff change it every 90 days. ".to_owned()),
        Just("`pw: access.password-age { who = \"staff\", every = \"90 days\" }`".to_owned()),
        Just("`access.password-strength { length = 10, must-have = [\"digit\"] }`".to_owned()),
        Just("`` filter.categories{categories=['a`b','c|d'], who=\"ks1\" } ``".to_owned()),
        Just("`policy.use-matrix { columns = { a = \"activity\", b = \"pupils\" } }`\n\n".to_owned()),
        Just("`incident.report { when = { all = [\"lunch\", \"autumn\"] }, after = \"pw\" }`".to_owned()),
        Just("`x: context`".to_owned()),
        Just("`context`".to_owned()),
        Just("`x:`".to_owned()),
        Just(" <!-- note --> ".to_owned()),
        Just("<b>".to_owned()),
        Just("\\".to_owned()),
        Just("`".to_owned()),
        Just("*".to_owned()),
        Just("[a](b:c)".to_owned()),
        Just("+++\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("Mrs Example rings 01632 960001. ".to_owned()),
        "[a-z{}=\"\\[\\]|.,:#`é\\x00-\\x20-]{0,12}",
        any::<String>(),
    ]
}

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

/// The example with some of its bytes taken away, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let example = include_str!("example.md");
    let edit = (0..example.len(), 0..12usize, piece());
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut text = example.to_owned();
        for (at, length, piece) in edits {
            let from = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let to = (from + length..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            text.replace_range(from.min(to)..to, &piece);
        }
        text
    })
}

pub(crate) fn sources() -> impl Strategy<Value = Source> {
    prop_oneof![
        2 => text().prop_map(|text| with_front(&text)),
        2 => mutated().prop_map(Source::of_text),
        1 => text().prop_map(Source::of_text),
        1 => (text(), text()).prop_map(|(one, two)| Source::new(vec![
            SourceFile { path: "policy.md".to_owned(), text: format!("{FRONT}{one}") },
            SourceFile { path: "agreements/a.md".to_owned(), text: two },
        ])),
    ]
}

/// Policies without error: each clause with terms that are right.
fn sound() -> impl Strategy<Value = Source> {
    let terms = prop_oneof![
        Just(("access.password-age", "every = \"90 days\"".to_owned())),
        (1..30u8).prop_map(|length| ("access.password-by-age", format!("own-from = \"year-{}\"", length % 13 + 1))),
        "[ -~éü]{0,12}".prop_map(|text| ("incident.report", format!("note = {:?}", text.replace('\'', "")))),
        (any::<i64>(), any::<bool>())
            .prop_map(|(a, b)| ("filter.change-log", format!("a = {a}, b = {b}, c = [1.5, [\"x\"]]"))),
        any::<f64>()
            .prop_filter("finite", |it| it.is_finite())
            .prop_map(|it| ("filter.change-log", format!("a = {it:?}"))),
        Just(("filter.categories", "categories = ['games', \"a.example\", '*x|y*']".replace("|y", ""))),
    ];
    let common = prop_oneof![
        Just(""),
        Just("who = \"staff\""),
        Just("observe = true, who = [\"ks1\",'role:slt']"),
        Just("from = 2026-01-01"),
        Just("when = { any = [\"lunch\", { all = [\"autumn\", \"lesson\"] }] }"),
        Just("attest = {every='1 term',by='slt'}"),
    ];
    let form =
        prop_oneof![Just("- "), Just(""), Just("1. "), Just("> "), Just("# H\n\n"), Just("## 4.2 *H*\n\n- a\n  - ")];
    let wrap = prop_oneof![Just("`"), Just("``"), Just("` "), Just("`` ")];
    let clause = (form, "[A-Za-z][a-z .,&<>é]{0,20}", wrap, terms, common, any::<bool>())
        .prop_filter("html", |it| !it.1.contains('<'));
    prop::collection::vec(clause, 0..8).prop_map(|clauses| {
        let clauses: Vec<_> = clauses
            .into_iter()
            .enumerate()
            .map(|(at, (form, text, wrap, (control, own), common, labelled))| {
                let label = if labelled { format!("c-{at} : ") } else { String::new() };
                let terms =
                    [common, own.as_str()].iter().filter(|it| !it.is_empty()).copied().collect::<Vec<_>>().join(" , ");
                let end: String = wrap.chars().rev().collect();
                format!("{form}{text} {wrap}{label}{control}{{{terms}}}{end}\n\n")
            })
            .collect();
        with_front(&clauses.concat())
    })
}

#[test]
fn sound_policies_are_sound() {
    // Else the properties below would say nothing.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let sound = (0..200).filter(|_| {
        let source = proptest::strategy::ValueTree::current(&sound().new_tree(&mut runner).unwrap());
        !checked(&source).has_errors()
    });
    assert!(sound.count() > 150);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_panics(source in sources()) {
        let registry = registry();
        let checked = check(&source, &registry, TODAY);
        let _ = (checked.to_text(true), checked.to_text(false), checked.to_json());
        if let Some(policy) = checked.policy {
            let words = Words::of(&policy, TODAY);
            let _ = render::page(&policy, &registry, &words, Detail::System);
            let _ = crate::diff(&policy, &policy, &registry, &words, &words);
        }
        let _ = label(&source);
    }

    #[test]
    fn a_policy_that_is_shown_reads_the_same(source in prop_oneof![sound(), sources()]) {
        if let Some(policy) = checked(&source).policy {
            let shown = show(&policy);
            let again = checked(&shown).policy;
            prop_assert!(again.is_some(), "{}\n{}", errors(&shown), shown.files[0].text);
            let again = again.unwrap();
            prop_assert_eq!(&policy.front, &again.front);
            prop_assert_eq!(&policy.clauses, &again.clauses);
            prop_assert_eq!(&policy.main.blocks, &again.main.blocks);
            prop_assert_eq!(show(&again), shown);
        }
    }

    #[test]
    fn labels_are_written_once(source in sources()) {
        let first = label(&source).source;
        let second = label(&first);
        prop_assert_eq!(&second.written, &Vec::new(), "{}", first.files.iter().map(|it| it.text.as_str()).collect::<String>());
        prop_assert_eq!(&second.source, &first);
    }

    #[test]
    fn nothing_changes_between_a_policy_and_itself(source in sources()) {
        if let Some(policy) = checked(&source).policy {
            let words = Words::of(&policy, TODAY);
            prop_assert!(crate::diff(&policy, &policy, &registry(), &words, &words).is_empty());
        }
    }
}
