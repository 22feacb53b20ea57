//! What is made of a policy: its canonical form, differences, pages, labels, schema, reference.

use super::*;
use crate::{Detail, Difference, diff, label, reference, render, schema, show};

fn read(source: &Source) -> crate::Policy {
    let checked = checked(source);
    assert!(!checked.has_errors(), "{}", errors(source));
    checked.policy.unwrap()
}

#[test]
fn shown_again_it_is_the_same_policy() {
    let spaced = with_front(
        "# 1 A\n\n- Ten. <!-- why -->\n  `` pw :access.password-strength{length=10,who=\"staff\"} `` <!-- end -->\n- More.  ` x:  context `\n",
    );
    for source in [example(), spaced] {
        let policy = read(&source);
        let shown = show(&policy);
        let again = read(&shown);
        assert_eq!((&policy.clauses, &policy.main.blocks), (&again.clauses, &again.main.blocks));
        assert_eq!(show(&again), shown, "showing twice changes nothing");
        assert_eq!(policy.digest(), again.digest());
    }
}

#[test]
fn bindings_are_shown_alike() {
    let source = with_front("Ten. `` pw :access.password-strength{length=10,who=\"staff\"} `` <!-- why -->\n");
    let shown = show(&read(&source));
    insta::assert_snapshot!(shown.files[0].text.strip_prefix(FRONT).unwrap(), @"");
}

fn difference(old: &str, new: &str) -> Difference {
    let (old, new) = (read(&Source::of_text(old)), read(&Source::of_text(new)));
    diff(&old, &new, &registry(), &Words::of(&old, TODAY), &Words::of(&new, TODAY))
}

#[test]
fn a_difference_is_said_in_words() {
    let old = format!(
        "{FRONT}# 1 Passwords\n\n- Staff change it every 90 days. `age: access.password-age {{ who = \"staff\", every = \"90 days\" }}`\n- Ten signs. `len: access.password-strength {{ length = 10 }}`\n- Tell us. `tell: incident.report`\n"
    );
    let new = old
        .replace("90 days", "60 days")
        .replace("version = \"4\"", "version = \"5\"")
        .replace("[times]", "[times]\nnight = \"mon-sun 20:00-24:00\"")
        .replace("- Tell us. `tell: incident.report`\n", "- All changes are logged. `log: filter.change-log`\n");
    insta::assert_snapshot!(difference(&old, &new).to_text(), @"");
    assert_eq!(difference(&old, &old).to_text(), "Nothing changes.\n");
}

#[test]
fn a_label_that_is_written_is_no_change() {
    let source = Source::of_text(format!("{FRONT}# 1 Passwords\n\n- Tell us. `incident.report`\n"));
    let labelled = label(&source).source;
    assert!(difference(&source.files[0].text, &labelled.files[0].text).is_empty());
}

#[test]
fn labels_are_written_where_none_are() {
    let source = example();
    let labelled = label(&source);
    let written: Vec<_> = labelled.written.iter().map(|it| format!("{} {} {}", it.path, it.label, it.text)).collect();
    insta::assert_snapshot!(written.join("\n"), @"");
    assert_eq!(label(&labelled.source).source, labelled.source, "nothing is left to write");
    assert_eq!(label(&labelled.source).written, Vec::new());
    // Taken out again, the source is as it was.
    let mut text = labelled.source.files[0].text.clone();
    for it in &labelled.written {
        text = text.replacen(&format!("{}: ", it.label), "", 1);
    }
    assert_eq!(text, source.files[0].text);
}

#[test]
fn rows_get_their_labels() {
    let text = "# Uses\n\n`policy.use-matrix { columns = { Activity = \"activity\" } }`\n\n| Activity | |\n|---|---|\n| Games | |\n| Shops | `uses-1:` |\n| News |\n";
    let labelled = label(&with_front(text));
    insta::assert_snapshot!(labelled.source.files[0].text.strip_prefix(FRONT).unwrap(), @"");
    assert_eq!(label(&labelled.source).source, labelled.source);
}

#[test]
fn a_page_is_rendered() {
    let policy = read(&example());
    let page = render::page(&policy, &registry(), &Words::of(&policy, TODAY), Detail::System);
    let body = page.split_once("<main").unwrap().1;
    insta::assert_snapshot!(body, @"");
    assert!(!page.contains("NCSC") && !page.contains("governors asked"), "comments stay with the authors");
    let prose = render::page(&policy, &registry(), &Words::of(&policy, TODAY), Detail::Prose);
    assert!(!prose.contains("The system:") && !prose.contains("access.password-age"));
}

#[test]
fn nothing_of_the_source_becomes_script() {
    let text =
        "See [here](javascript:alert(1)), [there](/policy?a=b:c) & \"<i>\" ![x](data:y).\n\n```\n</pre><script>\n```\n";
    let checked = check(&with_front(&text.replace("<i>", "\\<i>")), &registry(), TODAY);
    let policy = checked.policy.unwrap();
    let html = render::fragment(&policy, &policy.main, &registry(), &Words::default(), Detail::System);
    insta::assert_snapshot!(html, @"");
}

#[test]
fn every_term_is_in_the_schema() {
    let schema = schema(&registry());
    let text = serde_json::to_string_pretty(schema.pointer("/properties/access.password-strength").unwrap()).unwrap();
    insta::assert_snapshot!(text, @"");
    for path in ["/$defs/common/who", "/$defs/Sign", "/$defs/Every", "/properties/incident.report"] {
        assert!(schema.pointer(path).is_some(), "{path}");
    }
    // Every reference leads somewhere.
    let all = schema.to_string();
    for part in all.split("\"$ref\":\"#").skip(1) {
        let path = part.split('"').next().unwrap();
        assert!(schema.pointer(path).is_some(), "{path}");
    }
}

#[test]
fn the_reference_says_everything() {
    let reference = reference(&registry());
    let part = reference.split_once("#### `access.password-strength`").unwrap().1;
    insta::assert_snapshot!(part.split("####").next().unwrap(), @"");
    for control in registry().names() {
        assert!(reference.contains(&format!("#### `{control}`")));
    }
}

#[test]
fn examples_of_the_reference_are_right() {
    let registry = registry();
    for control in registry.iter().filter(|control| !control.card().example.is_empty()) {
        let source = with_front(&format!("Text. `x: {} {}`\n", control.card().id, control.card().example));
        assert_eq!(errors(&source), "");
    }
    let terms: Vec<_> = crate::Common::ALL.map(crate::Common::example).to_vec();
    for term in terms {
        let source = with_front(&format!("One. `pw-age: incident.report`\n\nTwo. `x: incident.report {{ {term} }}`\n"));
        assert_eq!(errors(&source), "", "{term}");
    }
}

#[test]
fn a_check_is_printed() {
    let checked = checked(&example());
    insta::assert_snapshot!(checked.to_text(true), @"");
    let json = checked.to_json();
    assert_eq!(json.pointer("/bound"), Some(&serde_json::json!(9)));
    assert_eq!(json.pointer("/built_main"), Some(&serde_json::json!(7)));
    assert_eq!(json.pointer("/diagnostics/0/code"), Some(&serde_json::json!("no-label")));
    assert_eq!(json.pointer("/diagnostics/0/spot/line"), Some(&serde_json::json!(25)));
    assert_eq!(json.pointer("/by_kind/enforce/built"), Some(&serde_json::json!(7)));
}

#[test]
fn common_terms_are_said_in_words() {
    for (terms, expected) in [
        ("who = \"ks2\", where = \"school\"", "for pupils in KS2, at school"),
        ("from = 2026-05-03, observe = true", "tried since 3 May 2026, not yet enforced"),
        ("from = 2027-05-03", "from 3 May 2027"),
        ("when = { all = [\"autumn\", \"lunch\"] }", "in the autumn term and at lunch"),
        (
            "except = [\"role:headteacher\", \"home\", \"list:approved\"]",
            "except the headteacher, the list approved and at home",
        ),
        (
            "by = \"online-safety-lead\", within = \"same school day\"",
            "on the same school day; the Online Safety Lead answers for it",
        ),
        ("unless = \"policy.permits\", may = true", "unless permits allows it; a power, used where it is needed"),
        ("attest = { by = \"headteacher\", every = \"1 term\" }", "the headteacher confirms it every term"),
        ("inform = \"parents\", on = \"emergency\"", "on the occasion of emergency; parents and carers are told"),
        (
            "every = \"90 days\", system = \"mis\", where = \"network:guest\"",
            "on the guest network, in the MIS; every 90 days",
        ),
    ] {
        let policy = read(&with_front(&format!("Text. `x: incident.report {{ {terms} }}`\n")));
        let words = Words::of(&policy, TODAY);
        assert_eq!(words.common(&policy.clauses[0].bindings[0].common), expected, "{terms}");
    }
}
