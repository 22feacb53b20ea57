//! A form that nobody touches changes nothing, and one field changes one term.

use super::*;

fn sent(pairs: &[(&str, &str)]) -> Sent {
    let mut sent = Sent::new();
    for (name, value) in pairs {
        sent.entry((*name).to_owned()).or_default().push((*value).to_owned());
    }
    sent
}

#[test]
fn the_form_of_every_binding_of_every_policy_changes_nothing_untouched() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut seen = 0;
    for school in ["ivybridge", "warblington", "essex", "clitherow", "st-marys", "primary", "secondary"] {
        let source = policy::Source::of_text(std::fs::read_to_string(folder.join(school).join("policy.md")).unwrap());
        let policy = policy::sketch(&source, &rules::controls(), jiff::civil::date(2026, 11, 22));
        for (_, binding) in policy.all_bindings() {
            let written = binding.to_source();
            let mut mistakes = Mistakes::new();
            let fields = fields_of(&binding.control.to_string());
            assert_eq!(read(1, &written, &fields, &untouched(&written), &mut mistakes), None, "{school}");
            assert!(mistakes.is_empty(), "{written}: {:?}", mistakes.summary());
            seen += 1;
        }
    }
    assert!(seen > 1500, "{seen}");
}

thread_local! {
    static ALL: Json = policy::schema(&rules::controls());
}

fn fields_of(control: &str) -> Vec<TermField> {
    ALL.with(|all| terms_of(all, control, &["staff".to_owned()]))
}

fn untouched(written: &str) -> Sent {
    let (control, terms) = read_binding(written).unwrap();
    let all = fields_of(&control.to_string());
    let mut sent = Sent::new();
    for field in &all {
        let value = terms.get(&field.key).map(|term| &term.value);
        let texts = match (field.fitting(value), value) {
            (_, None) => Vec::new(),
            (Kind::Written, Some(value)) => vec![value.to_toml()],
            (Kind::Words(_), Some(value)) => vec![texts_of(value).join(", ")],
            (Kind::Choices(_), Some(value)) => texts_of(value),
            (Kind::Attest(_), Some(value)) => {
                let (by, every) = attest::parts(value);
                let often = every.map(|it| texts_of(it).join(", ")).unwrap_or_default();
                sent.insert(format!("{}-every", field.id(1)), vec![often]);
                vec![by.map(|it| texts_of(it).join(", ")).unwrap_or_default()]
            }
            (_, Some(value)) => vec![texts_of(value).join("\r\n")],
        };
        sent.insert(field.id(1), texts);
    }
    sent.insert("b1-other".into(), vec![others(&all, &terms)]);
    sent
}

#[test]
fn a_field_that_changes_changes_its_term_alone() {
    let written = "policy.review { every = \"12 months\", on-change = true }";
    let mut form = untouched(written);
    form.insert("b1-every".into(), vec!["6 months".into()]);
    form.insert("b1-who".into(), vec!["staff, governors".into()]);
    let mut mistakes = Mistakes::new();
    let changed = read(1, written, &fields_of("policy.review"), &form, &mut mistakes).unwrap();
    assert_eq!(changed, "policy.review { every = \"6 months\", on-change = true, who = [\"staff\", \"governors\"] }");
    form.insert("b1-due".into(), vec!["soon".into()]);
    assert!(read(1, written, &fields_of("policy.review"), &form, &mut mistakes).is_some());
    assert!(mistakes.of("b1-due").is_some());
    let mut mistakes = Mistakes::new();
    let as_written = sent(&[("b1-how", "written"), ("b1-written", "policy.review { every = \"1 year")]);
    read(1, written, &fields_of("policy.review"), &as_written, &mut mistakes);
    assert!(mistakes.of("b1-written").is_some());
}

#[test]
fn who_confirms_and_how_often_are_two_fields() {
    let fields = fields_of("filter.categories");
    #[track_caller]
    fn check(fields: &[TermField], written: &str, by: &str, every: &str, expected: &str) {
        let mut form = untouched(written);
        form.insert("b1-attest".into(), vec![by.into()]);
        form.insert("b1-attest-every".into(), vec![every.into()]);
        let mut mistakes = Mistakes::new();
        let changed = read(1, written, fields, &form, &mut mistakes);
        assert_eq!(changed.as_deref().unwrap_or(written), expected, "{:?}", mistakes.summary());
    }
    let plain = "filter.categories { block = \"games\" }";
    let by = "filter.categories { block = \"games\", attest = \"headteacher\" }";
    let often = "filter.categories { block = \"games\", attest = { by = \"headteacher\", every = \"1 term\" } }";
    check(&fields, plain, "headteacher", "", by);
    check(&fields, plain, "headteacher", "1 term", often);
    check(&fields, by, "headteacher", "1 term", often);
    check(&fields, often, "headteacher", "1 term", often);
    check(&fields, often, "", "", plain);
    check(
        &fields,
        often,
        "headteacher, governors",
        "1 month",
        "filter.categories { block = \"games\", attest = { by = [\"headteacher\", \"governors\"], every = \"1 month\" } }",
    );
    let turned = "filter.categories { attest = { every = \"1 year\", by = \"headteacher\" } }";
    check(&fields, turned, "headteacher", "1 year", turned);
    let mut form = untouched(plain);
    form.insert("b1-attest-every".into(), vec!["1 term".into()]);
    let mut mistakes = Mistakes::new();
    read(1, plain, &fields, &form, &mut mistakes);
    assert!(mistakes.of("b1-attest").is_some());
    let field = fields.iter().find(|field| field.key == "attest").unwrap();
    let (_, terms) = read_binding(often).unwrap();
    let printed = field.print(1, terms.get("attest").map(|term| &term.value), None, &Mistakes::new()).unwrap();
    assert!(printed.contains("value=\"headteacher\"") && printed.contains("value=\"1 term\""), "{printed}");
    assert!(fields.iter().all(|field| !field.hint.contains('`')));
}

#[test]
fn fields_fit_their_terms() {
    let kind = |control: &str, key: &str| fields_of(control).into_iter().find(|it| it.key == key).unwrap().kind;
    assert_eq!(kind("policy.document", "parts"), Kind::Number);
    assert_eq!(kind("policy.document", "out-of-school"), Kind::YesNo);
    assert!(matches!(kind("policy.document", "shows"), Kind::Choices(names) if names.len() == 4));
    assert!(
        matches!(kind("policy.document", "author"), Kind::Choice(names) if names.len() > 10)
            || matches!(kind("policy.document", "author"), Kind::Text)
    );
    assert!(matches!(kind("policy.document", "who"), Kind::Words(_)));
    assert_eq!(kind("policy.review", "due"), Kind::Date);
    assert_eq!(kind("policy.amendment-notice", "occasions"), Kind::Lines);
}
