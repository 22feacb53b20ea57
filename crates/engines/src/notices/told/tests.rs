//! Tables of facts: who is told what, when, and in which words.

use declare::{Notice, NoticeText};
use jiff::civil::date;
use kernel::{Role, Year};
use policy::{Registry, Source, SourceFile, check};

use super::*;

const TODAY: Date = date(2026, 11, 24);

struct Here {
    policy: Policy,
    registry: Registry,
    declared: Arc<Declaration>,
}

impl InForce for Here {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    fn declarations(&self) -> Vec<&Arc<Declaration>> {
        vec![&self.declared]
    }
    fn since(&self, _: &str) -> Date {
        TODAY
    }
}

fn declared() -> Declaration {
    let text = |who: &str, title: &str, text: &str| NoticeText {
        who: Audience::parse(who).unwrap(),
        title: title.to_owned(),
        text: text.to_owned(),
    };
    Declaration {
        module: "monitor".to_owned(),
        name: "notice".to_owned(),
        title: "Monitoring".to_owned(),
        says: "tells people".to_owned(),
        terms: Vec::new(),
        register: None,
        attestation: None,
        notice: Some(Notice {
            who: Audience::parse("everyone").unwrap(),
            moments: vec![Moment::SignIn, Moment::Induction],
            acknowledged: true,
            texts: vec![
                text("ks1", "We look after you", "A grown-up can see."),
                text("pupils", "What we see", "We see the sites. {clause}"),
            ],
        }),
    }
}

fn here(clauses: &str, files: &[(&str, &str)]) -> Here {
    let front = "+++\ntitle = \"P\"\nversion = \"1\"\n[systems]\nmis = { name = \"the MIS\", seen = \"attest\" }\n+++\n\n# 1 A\n\n";
    let mut source = vec![SourceFile { path: "policy.md".to_owned(), text: format!("{front}{clauses}\n") }];
    source.extend(files.iter().map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() }));
    let registry = rules::controls();
    let checked = check(&Source::new(source), &registry, TODAY);
    let policy = checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    Here { policy, registry, declared: Arc::new(declared()) }
}

fn pupil(year: u8) -> Subject {
    Subject { roles: [Role::Pupil].into(), year: Year::numbered(year), ..Subject::default() }
}

fn holder(role: Role) -> Subject {
    Subject { roles: [role].into(), ..Subject::default() }
}

#[test]
fn a_binding_tells_by_term_or_kind() {
    #[track_caller]
    fn tells(clause: &str, expected: &str) {
        let here = here(&format!("- The clause. {clause}"), &[]);
        let said = match items(&here, TODAY).first() {
            Some(item) => {
                let moments: Vec<_> = item.moments.iter().map(|moment| format!("{moment:?}")).collect();
                format!("{}: {}", item.who.in_words(&|role| role.to_string()), moments.join(", "))
            }
            None => "nobody is told".to_owned(),
        };
        assert_eq!(said, expected, "{clause}");
    }
    tells("`a: monitor.notice`", "everyone: SignIn, Induction");
    tells("`a: monitor.notice { who = \"staff\" }`", "staff: SignIn, Induction");
    tells("`a: monitor.notice { who = \"staff\", inform = \"parents\" }`", "parents and carers: SignIn, Induction");
    tells("`a: network.provider { inform = \"staff\" }`", "staff: SignIn");
    tells("`a: network.provider { inform = [\"parents\", \"guests\"] }`", "parents and carers and guests: Letter");
    tells("`a: network.provider { inform = [\"parents\", \"staff\"] }`", "parents and carers and staff: SignIn");
    tells("`a: network.provider`", "nobody is told");
    // Nothing is declared of it, so it needs a control of its own.
    tells("`a: access.password-private`", "nobody is told");
    tells("`a: monitor.notice { attest = \"headteacher\" }`", "nobody is told");
    tells("`a: monitor.notice { system = \"mis\" }`", "nobody is told");
    tells("`a: monitor.notice { may = true }`", "nobody is told");
    tells("`a: monitor.notice { from = 2027-01-04 }`", "nobody is told");
}

#[test]
fn the_words_are_those_of_the_file_then_of_the_declaration_then_of_the_clause() {
    let clause = "- Use is *monitored*. `mon: monitor.notice`";
    let titles = |here: &Here| {
        let item = items(here, TODAY).remove(0);
        let readers = [pupil(1), pupil(5), pupil(8), holder(Role::Teacher)];
        readers.map(|reader| item.text_for(&reader).title).join(", ")
    };
    assert_eq!(titles(&here(clause, &[])), "We look after you, What we see, What we see, Monitoring");
    let control = ("notices/all.md", "+++\ntitle = \"All\"\nfor = \"monitor.notice\"\n+++\n\nWords.\n");
    assert_eq!(titles(&here(clause, &[control])), "All, All, All, All");
    let staff =
        ("notices/staff.md", "+++\ntitle = \"Staff\"\nfor = \"monitor.notice\"\naudience = \"staff\"\n+++\n\nWords.\n");
    assert_eq!(titles(&here(clause, &[staff])), "We look after you, What we see, What we see, Staff");
    assert_eq!(titles(&here(clause, &[control, staff])), "All, All, All, Staff", "the narrower file counts");
    let label = ("notices/mon.md", "+++\ntitle = \"Clause\"\nfor = \"mon\"\naudience = \"ks2\"\n+++\n\nWords.\n");
    assert_eq!(titles(&here(clause, &[control, label])), "All, Clause, All, All", "a file about the clause is nearer");
    let polish = ("notices/all.pl.md", "+++\ntitle = \"Wszystko\"\nfor = \"monitor.notice\"\n+++\n\nWords.\n");
    assert_eq!(titles(&here(clause, &[polish])), "We look after you, What we see, What we see, Monitoring");
    let both = here(clause, &[control, polish]);
    let item = items(&both, TODAY).remove(0);
    assert_eq!(item.text_in(&pupil(5), "pl").unwrap().title, "Wszystko");
    let home = Subject { groups: ["language-pl".to_owned()].into(), ..pupil(5) };
    assert_eq!(item.text_at_home(&home).title, "Wszystko");
    assert_eq!(item.digests().of(&home), item.text_for(&home).digest(), "reading is counted by the English words");
    assert_eq!(item.texts().len(), 2);
}

#[test]
fn the_clause_stands_in_the_text_as_words() {
    let here = here("- Use is 1 < 2 *monitored* \\_ \\<b> | [a](https://a.example/). `mon: monitor.notice`", &[]);
    let item = items(&here, TODAY).remove(0);
    let text = item.text_for(&pupil(5));
    assert!(text.sentences()[0].contains(&here.policy.clauses[0].text), "{:?}", text.sentences());
    let html = crate::notices::prose::html(&text.blocks, 2);
    assert!(html.contains("1 &lt; 2") && html.contains("&lt;b&gt;") && !html.contains("<a"), "{html}");
}

#[test]
fn a_digest_changes_with_every_word_and_with_nothing_else() {
    let digest = |clause: &str, file: &str| {
        let files = [("notices/all.md", file)];
        let here = here(clause, if file.is_empty() { &[] } else { &files });
        items(&here, TODAY).remove(0).text_for(&pupil(5)).digest()
    };
    let clause = "- Use is monitored. `mon: monitor.notice`";
    let file = "+++\ntitle = \"All\"\nversion = \"1\"\nfor = \"mon\"\n+++\n\nWords.\n";
    let base = digest(clause, file);
    assert_eq!(base, digest("- Use is watched. `mon: monitor.notice { who = \"pupils\" }`", file));
    assert_eq!(base, digest(clause, &format!("{file}\n\n")));
    for changed in [file.replace("Words", "Word"), file.replace("All", "Al"), file.replace("\"1\"", "\"2\"")] {
        assert_ne!(base, digest(clause, &changed), "{changed}");
    }
    assert_ne!(digest(clause, ""), digest("- Use is watched. `mon: monitor.notice`", ""), "the clause is part of it");
}

#[test]
fn it_waits_for_those_whom_it_binds_and_for_joiners() {
    let here = here("- A. `a: monitor.notice { who = \"staff\", except = \"role:headteacher\" }`", &[]);
    let mut item = items(&here, TODAY).remove(0);
    let new = Subject { joiner: true, ..holder(Role::Teacher) };
    let waits = |item: &Item<'_>| {
        [holder(Role::Teacher), new.clone(), holder(Role::Headteacher), pupil(5)].map(|one| item.waits_at_desk(&one))
    };
    assert_eq!(waits(&item), [true, true, false, false]);
    item.moments = vec![Moment::Induction];
    assert_eq!(waits(&item), [false, true, false, false]);
    item.moments = vec![Moment::Letter];
    assert_eq!(waits(&item), [false; 4]);
    assert!(item.is_issued() && !item.is_counted());
}

#[test]
fn a_line_is_one_sentence() {
    for (text, wanted) in [
        ("We see the sites. We do it to keep you safe.", "We see the sites."),
        (" Is it so? Yes. ", "Is it so?"),
        ("Version 2.1 of it", "Version 2.1 of it"),
        ("No stop", "No stop"),
        ("", ""),
    ] {
        assert_eq!(first_sentence(text), wanted);
    }
}
