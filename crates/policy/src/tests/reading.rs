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
    insta::assert_snapshot!(out, @r#"
    4.0.1 net-ctx "The network is the school's, and everyone who uses it follows this policy."
    4.2.1 pw-age "Staff change their passwords every 90 days."
        pw-age#1 = access.password-age { who = "staff", every = "90 days" }
    4.2.2 - "The same holds for the MIS."
        4.2.2#1 = access.password-age { who = "staff", system = "mis", every = "90 days" }
    4.2.3 - "From Year 3 pupils have a password of their own."
        4.2.3#1 = access.password-by-age { own-from = "year-3" }
    4.2.4 fc "Every change to filtering is logged, and only the network manager and the Online Safety Lead make one."
        fc#1 = filter.change-log
        fc#2 = filter.management-status { by = ["network-manager", "online-safety-lead"] }
    4.3.1 games "Games are blocked for pupils from Year 3 to Year 6 in lessons, except at lunch for prefects."
        games#1 = filter.categories { who = "year-3..year-6", except = "group:prefects", when = "lesson", categories = ["games", "gambling"] }
    4.3.2 um-games "Online games (Staff: no; Pupils: at lunch)"
        um-games#1 = policy.use-matrix { activity = "Online games", staff = false, pupils = "at lunch" }
    4.3.3 um-shop "Shopping (Staff: yes; Pupils: never)"
        um-shop#1 = policy.use-matrix { activity = "Shopping", staff = true, pupils = "never" }
    4.3.4 - "Video calls (Staff: yes; Pupils: with a teacher)"
        4.3.4#1 = policy.use-matrix { activity = "Video calls", staff = true, pupils = "with a teacher" }
        4.3.4#2 = filter.safe-search
    1 agree-report "I report what worries me."
        agree-report#1 = incident.report { who = "staff" }
    "#);
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
    insta::assert_snapshot!(lines.join("\n"), @r#"
    4.2.1 Passwords are changed – for staff; every 90 days.
    4.2.2 Passwords are changed – for staff, in the MIS; every 90 days.
    4.2.3 Pupils have a password of their own from Year 3.
    4.2.4 Every change to filtering is logged.
    4.2.4 Only staff with filtering-management status change filtering – the network manager and the Online Safety Lead answer for it.
    4.3.1 Sites of these kinds are blocked: games and gambling – for pupils from Year 3 to Year 6, in lessons; except the group prefects.
    4.3.2 Online games: closed to staff, pupils at lunch.
    4.3.3 Shopping: open to staff, pupils never.
    4.3.4 Video calls: open to staff, pupils with a teacher.
    4.3.4 Safe search and child-friendly search engines.
    1 Anybody can report a concern – for staff.
    "#);
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
    insta::assert_snapshot!(kinds.join("\n"), @r#"
    heading 4 4 Managing the IT infrastructure
    paragraph The network is the school&#39;s, and <em>everyone</em> who uses it follows this policy.
    heading 4.2 4.2 Passwords
    list of 5
    heading 4.3 Filtering
    paragraph Games are blocked for pupils from Year 3 to Year 6 in lessons, except at lunch for prefects.
    paragraph What may be done with the school&#39;s computers:
    table of 3 by 3
    "#);
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

#[test]
fn a_notice_says_what_it_is_about_and_in_which_language() {
    let front = |path: &str, front: &str| {
        let mut source = example();
        let text = format!("+++\n{front}\n+++\n\n# Hello\n\nText.\n");
        source.files.push(SourceFile { path: path.to_owned(), text });
        let checked = checked(&source);
        let errors: Vec<_> = checked.diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        let errors: String = errors.iter().map(|it| format!("{it}\n")).collect();
        match checked.policy {
            Some(policy) => {
                let name = path.rsplit('/').next().unwrap().trim_end_matches(".md");
                let notice = policy.notices.iter().find(|it| it.name == name).unwrap();
                format!("about {:?}, in {:?}", notice.front.about, notice.front.language)
            }
            None => errors,
        }
    };
    insta::assert_snapshot!(front("notices/letter.md", "for = \"incident.report\""), @r#"about Some("incident.report"), in None"#);
    insta::assert_snapshot!(front("notices/letter.pl.md", "for = \"pw-age\""), @r#"about Some("pw-age"), in Some("pl")"#);
    insta::assert_snapshot!(front("notices/letter.md", "language = \"zh-hant\""), @r#"about None, in Some("zh-hant")"#);
    insta::assert_snapshot!(front("notices/letter.md", "for = \"incident.reports\""), @r#"
    error[unknown-control]: there is no control `incident.reports`
     --> notices/letter.md:2:7
      |
    2 | for = "incident.reports"
      |       ^^^^^^^^^^^^^^^^^^ not known
      = help: did you mean `incident.report`?
    "#);
    insta::assert_snapshot!(front("notices/letter.md", "for = \"pw-aeg\""), @r#"
    error[front-matter]: no clause has the label `pw-aeg`
     --> notices/letter.md:2:7
      |
    2 | for = "pw-aeg"
      |       ^^^^^^^^ not known
      = help: did you mean `pw-age`?
    "#);
    insta::assert_snapshot!(front("notices/letter.md", "language = \"Polish\""), @r#"
    error[front-matter]: `Polish` is no language
     --> notices/letter.md:2:12
      |
    2 | language = "Polish"
      |            ^^^^^^^^ here
      = help: write the two or three letters of its code: `pl` for Polish, `ur` for Urdu
    "#);
    insta::assert_snapshot!(front("notices/letter.pl.md", "language = \"ur\""), @r#"
    error[front-matter]: the name of the file says the language `pl`, and this says `ur`
     --> notices/letter.pl.md:2:12
      |
    2 | language = "ur"
      |            ^^^^ here
      = help: leave the line out
    "#);
    insta::assert_snapshot!(front("notices/letter.md", "langage = \"ur\""), @r#"
    error[front-matter]: there is no key `langage` here
     --> notices/letter.md:2:1
      |
    2 | langage = "ur"
      | ^^^^^^^ not known
      = help: did you mean `language`?
    "#);
}

#[test]
fn prose_is_safe_html() {
    let blocks = crate::prose("# Hello\n\nBe <b>kind</b> & *brave*.\n\n- One\n- Two\n");
    assert_eq!(blocks.len(), 3);
    let Some(Block::Paragraph(paragraph)) = blocks.get(1) else { panic!("{blocks:?}") };
    assert_eq!(paragraph.text, "Be <b>kind</b> & brave.");
    assert!(!paragraph.html.contains("<b>") && paragraph.html.contains("<em>brave</em>"), "{}", paragraph.html);
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
        @"clauses 10 bound 9 context 1 built 6 built_main 7 bindings 11"
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

#[test]
fn columns_may_be_common_terms() {
    let text = "`incident.report { columns = { For = \"who\", Often = \"every\" } }`\n\n| What | For | Often | |\n|---|---|---|---|\n| Worry | staff, ks1 | 1 term | `a:` |\n| Abuse | – | yearly | `b:` |\n";
    let policy = checked(&with_front(text)).policy.unwrap();
    let terms: Vec<_> =
        policy.all_bindings().map(|(clause, binding)| format!("{} {}", clause.key(), binding.to_source())).collect();
    insta::assert_snapshot!(terms.join("\n"), @r#"
    a incident.report { who = ["staff", "ks1"], every = "1 term" }
    b incident.report { every = "yearly" }
    "#);
}

#[test]
fn lists_in_lists_and_quotations_hold_clauses() {
    let text = "# 1 A\n\n1. The network manager:\n   - keeps a log; `log: filter.change-log`\n   - reports. `rep: incident.report`\n\n   More of the first. `more: context`\n2. Last.\n\n> Quoted. `quo: incident.report`\n";
    let checked = checked(&with_front(text));
    let policy = checked.policy.unwrap();
    let clauses: Vec<_> = policy.clauses.iter().map(|it| format!("{} {} {}", it.number, it.key(), it.text)).collect();
    insta::assert_snapshot!(clauses.join("\n"), @r#"
    1.1 log keeps a log;
    1.2 rep reports.
    1.3 more More of the first.
    1.4 quo Quoted.
    "#);
    let unbound = checked.diagnostics.iter().filter(|it| it.code == Code::UNBOUND);
    assert_eq!(unbound.map(|it| it.spot.line).collect::<Vec<_>>(), [25]);
    assert!(policy.find("rep").unwrap().around.contains("network manager"));
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_are_read() {
    let text = format!("\u{feff}{FRONT}- Tell us. `x: incident.report {{ who = \"staf\" }}`\n").replace('\n', "\r\n");
    insta::assert_snapshot!(errors(&Source::of_text(text)), @r#"
    error[bad-term]: `staf` is not an audience
      --> policy.md:18:40
       |
    18 | - Tell us. `x: incident.report { who = "staf" }`
       |                                        ^^^^^^ not known
       = help: did you mean `staff`?
    "#);
}

#[test]
fn a_term_may_be_what_the_calendar_of_the_school_calls_so() {
    let front = |terms: &str| {
        format!(
            "+++\ntitle = \"A\"\nversion = \"1\"\n[terms]\n{terms}\n+++\n\n# 1 A\n\n- Chat. `a: filter.change-log {{ when = \"exams\" }}`\n"
        )
    };
    let read = |terms: &str| {
        let checked = checked(&Source::of_text(front(terms)));
        checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics)).front
    };
    let called = read("exams = { calendar = \"exam week\" }");
    assert_eq!(called.calendars["exams"], "exam week");
    assert!(called.terms.is_empty() && called.calendar().knows(&kernel::When::parse("exams").unwrap()));
    let both = read("exams = { from = 2027-05-10, to = 2027-06-25, calendar = \"exam\" }");
    assert!(both.calendars.contains_key("exams") && both.terms.contains_key("exams"));
    for wrong in
        ["exams = { calendar = \" \" }", "exams = { calender = \"exam\" }", "exams = { calendar = \"a\", x = 1 }"]
    {
        assert!(checked(&Source::of_text(front(wrong))).has_errors(), "{wrong}");
    }
}
