//! No text is a policy that makes the language panic, and what is shown of a policy reads the same.
//!
//! `cargo +nightly fuzz run policy`

#![no_main]

use std::sync::LazyLock;

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use policy::{Detail, Registry, Source, SourceFile, Words, check, diff, label, render, show};

static REGISTRY: LazyLock<Registry> = LazyLock::new(rules::controls);

const FRONT: &str = "+++\ntitle = \"Policy\"\nversion = \"1\"\n[times]\nlunch = \"mon-fri 12:15-13:05\"\n+++\n";

fuzz_target!(|text: &str| {
    let today = date(2026, 11, 22);
    let agreement = SourceFile { path: "agreements/staff.md".to_owned(), text: text.to_owned() };
    let main = SourceFile { path: Source::MAIN.to_owned(), text: format!("{FRONT}{text}") };
    for source in [Source::of_text(text), Source::new(vec![main, agreement])] {
        let checked = check(&source, &REGISTRY, today);
        let _ = (checked.to_text(true), checked.to_json());
        let labelled = label(&source).source;
        assert_eq!(label(&labelled).source, labelled, "labels are written once");
        if let Some(policy) = checked.policy {
            let words = Words::of(&policy, today);
            let _ = render::page(&policy, &REGISTRY, &words, Detail::System);
            let again = check(&show(&policy), &REGISTRY, today).policy.expect("a shown policy has no error");
            assert_eq!(policy.clauses, again.clauses);
            assert!(diff(&policy, &again, &REGISTRY, &words, &words).is_empty());
        }
    }
});
