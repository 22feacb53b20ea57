//! How clauses stand, in words: registers, answers and readers.

use std::sync::Arc;

use jiff::civil::{Date, date};
use kernel::{Audience, Every, Role, Standing};
use uuid::Uuid;

use super::school::{School, noon};
use crate::{
    Context, Declaration, Declarations, Entry, Facts, Item, Moment, Notice, Terms, Value, Values,
    attestation::{self, Answer, Asked, Given},
    notice::{self, Seen, Told},
    standing,
    typed::read_field,
};

const HEAD: &str = r#"
title = "Talks"
says = "keeps talks"
[[term]]
name = "least"
takes = "number"
words = "at least {} minutes"
usual = 10
[register]
item = "talk"
items = "talks"
lead = "Talks."
reads = "staff"
writes = "staff"
first = "Enter the first talk."
entry-title = "{who}"
columns = ["who"]
[[field]]
name = "who"
label = "Who?"
kind = "people"
[[field]]
name = "class"
label = "Which class?"
kind = "class"
[[field]]
name = "on"
label = "When?"
kind = "date"
[[field]]
name = "minutes"
label = "How long?"
kind = "whole"
[[field]]
name = "device"
label = "Which device?"
column = "Device"
kind = "entry"
of = "assets.hardware"
[[state]]
name = "planned"
label = "Planned"
[[state]]
name = "over"
label = "Over"
ended = true
[[move]]
name = "end"
label = "End"
to = "over"
"#;

const HARDWARE: &str = r#"
title = "Hardware"
says = "keeps hardware"
[register]
item = "device"
items = "devices"
lead = "Devices."
reads = "staff"
writes = "staff"
first = "Enter the first device."
entry-title = "{tag}"
columns = ["tag"]
[[field]]
name = "tag"
label = "Tag"
kind = "text"
[[field]]
name = "mobile"
label = "Mobile?"
kind = "yes-no"
"#;

fn declared(rules: &str) -> Arc<Declaration> {
    let text = format!("{HEAD}\n{rules}");
    let files = [("assets/hardware.toml", HARDWARE), ("learning/talks.toml", &text)];
    let declarations = Declarations::load(files)
        .unwrap_or_else(|all| panic!("{}", all.iter().map(ToString::to_string).collect::<String>()));
    declarations.get("learning.talks").unwrap().clone()
}

/// An entry as it is typed: `entered | state | field = text | field = text`.
fn entry(declaration: &Declaration, school: &School, nth: usize, line: &str) -> Arc<Entry> {
    let mut parts = line.split('|').map(str::trim);
    let entered: Date = parts.next().unwrap().parse().unwrap();
    let state = parts.next().unwrap().to_owned();
    let mut values = Values::new();
    for part in parts {
        let (name, text) = part.split_once(" = ").unwrap();
        if name == "device" {
            values.insert(name.to_owned(), Value::Entry(Uuid::from_u128(text.parse().unwrap())));
            continue;
        }
        let field = declaration.register.as_ref().unwrap().field(name).unwrap();
        values.insert(name.to_owned(), read_field(field, text, school).unwrap().unwrap());
    }
    let at = noon(entered).timestamp();
    Arc::new(Entry {
        id: Uuid::from_u128(500 + nth as u128),
        clause: None,
        also: Vec::new(),
        state: Some(state),
        values,
        entered_at: at,
        entered_by: None,
        changed_at: at,
        version: 1,
    })
}

/// Two devices, 1 and 2; only the first goes about.
fn devices() -> Vec<Arc<Entry>> {
    let device = |id: u128, mobile: bool| {
        let values = Values::from([("mobile".to_owned(), Value::YesNo(mobile))]);
        let at = noon(date(2026, 9, 1)).timestamp();
        let (id, state) = (Uuid::from_u128(id), None);
        Arc::new(Entry {
            id,
            clause: None,
            also: Vec::new(),
            state,
            values,
            entered_at: at,
            entered_by: None,
            changed_at: at,
            version: 1,
        })
    };
    vec![device(1, true), device(2, false)]
}

/// The standing on 23 November 2026, as `id: statement / what mends it`.
fn judged(rules: &str, who: Option<&str>, every: Option<&str>, lines: &[&str]) -> String {
    judged_but(rules, who, every, lines, (None, None))
}

/// The same where the clause excepts somebody, or somebody said that there is nothing to enter.
fn judged_but(
    rules: &str,
    who: Option<&str>,
    every: Option<&str>,
    lines: &[&str],
    (except, none): (Option<&str>, Option<Date>),
) -> String {
    let declaration = declared(rules);
    let school = School::of("");
    let entries: Vec<_> = lines.iter().enumerate().map(|(nth, line)| entry(&declaration, &school, nth, line)).collect();
    let devices = devices();
    let item = Item {
        key: "talks#1".to_owned(),
        clause: "talks".to_owned(),
        who: who.map(|who| Audience::parse(who).unwrap()),
        except: except.map(|who| Audience::parse(who).unwrap()),
        every: every.map(|every| Every::parse(every).unwrap()),
        terms: Terms::new(),
    };
    let now = noon(date(2026, 11, 23));
    let (standing, evidence) = standing::judge(
        &declaration,
        &item,
        &Facts {
            now: &now,
            entries: &entries,
            others: &|register| if register == "assets.hardware" { &devices } else { &[] },
            people: &school.people,
            classes: &school.classes,
            none,
        },
    );
    said(&standing, &evidence.statement)
}

fn said(standing: &Standing, statement: &str) -> String {
    match standing {
        Standing::Due { by, what } => format!("due by {by}: {statement} / {what}"),
        Standing::NotKept { why, mend, .. } => {
            assert_eq!(why, statement);
            format!("not-kept: {statement} / {mend}")
        }
        Standing::Kept
        | Standing::Untried
        | Standing::Reserved { .. }
        | Standing::NotBuilt
        | Standing::Unknown { .. } => format!("{}: {statement}", standing.id()),
    }
}

#[test]
fn a_register_without_rules_wants_an_entry() {
    insta::assert_snapshot!(judged("", None, None, &[]), @"not-kept: No talks are recorded yet. / Enter the first talk.");
    insta::assert_snapshot!(judged("", None, None, &["2026-11-01 | planned"]), @"kept: 1 talk is recorded.");
    insta::assert_snapshot!(judged("", None, None, &["2026-11-01 | planned", "2026-11-02 | over"]), @"kept: 2 talks are recorded.");
    let untried = "[standing]\nempty = \"untried\"";
    insta::assert_snapshot!(judged(untried, None, None, &[]), @"untried: No talks are recorded yet.");
}

#[test]
fn only_what_counts_counts() {
    let rules = "[standing]\ncounts = 'minutes >= term.least'\nkept = \"{count} talks of {term.least} minutes or more; {open} are planned, {ended} over; the last on {latest}.\"";
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 5"]), @"not-kept: The only talk on record does not count for this clause. / Enter the first talk.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 5", "2026-11-01 | planned"]), @"not-kept: None of the 2 talks on record counts for this clause. / Enter the first talk.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 15", "2026-11-12 | over | minutes = 10"]), @"kept: 2 talks of 10 minutes or more; 1 is planned, 1 over; the last on 12 November 2026.");
}

#[test]
fn what_is_wrong_comes_before_what_is_overdue() {
    let rules = r#"[due]
on = 'on'
what = "Hold the talk"
[standing]
wrong = [
  { if = 'empty(minutes)', says = "{count} talks have no length.", mend = "Enter how long they are." },
  { if = 'minutes > 60', says = "{count} talks are too long.", mend = "Shorten them." },
]
"#;
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | on = 2026-11-02"]), @"not-kept: 1 talk has no length. / Enter how long they are.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 90 | on = 2026-11-02", "2026-11-01 | planned | minutes = 61"]), @"not-kept: 2 talks are too long. / Shorten them.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 9 | on = 2026-11-22"]), @"not-kept: 1 talk is overdue. / See to the overdue talk in the register: it was due by 22 November 2026.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 9 | on = 2026-11-22", "2026-11-01 | planned | minutes = 9 | on = 2026-11-02"]), @"not-kept: 2 talks are overdue. / See to the overdue talks in the register: the first was due by 2 November 2026.");
    // On its day it is not overdue, and what is over is never due.
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | planned | minutes = 9 | on = 2026-11-23"]), @"kept: 1 talk is recorded.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-11-01 | over | minutes = 9 | on = 2026-11-02"]), @"kept: 1 talk is recorded.");
    let shown = &format!("{rules}overdue = \"shown\"\n");
    insta::assert_snapshot!(judged(shown, None, None, &["2026-11-01 | planned | minutes = 9 | on = 2026-11-02"]), @"kept: 1 talk is recorded.");
}

#[test]
fn the_latest_entry_keeps_a_clause_fresh() {
    let rules = "[standing]\nfresh = 'on + every'\nevery = \"12 months\"\nbefore = \"30 days\"";
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over"]), @"not-kept: The only talk on record is not finished. / Finish a talk, and enter the day.");
    insta::assert_snapshot!(judged(rules, None, None, &["2025-09-01 | over | on = 2025-09-01"]), @"not-kept: The latest talk counted until 1 September 2026. / Enter a new talk.");
    insta::assert_snapshot!(judged(rules, None, None, &["2025-12-01 | over | on = 2025-12-01"]), @"due by 2026-12-01: 1 talk is recorded. / Enter a new talk.");
    insta::assert_snapshot!(judged(rules, None, None, &["2025-09-01 | over | on = 2025-09-01", "2026-09-01 | over | on = 2026-09-01"]), @"kept: 2 talks are recorded.");
    // A clause that asks each month is due for half of the month, not always.
    insta::assert_snapshot!(judged(rules, None, Some("1 month"), &["2026-11-20 | over | on = 2026-11-20"]), @"kept: 1 talk is recorded.");
    insta::assert_snapshot!(judged(rules, None, Some("1 month"), &["2026-11-01 | over | on = 2026-11-01"]), @"due by 2026-12-01: 1 talk is recorded. / Enter a new talk.");
    insta::assert_snapshot!(judged(rules, None, Some("1 month"), &["2026-10-01 | over | on = 2026-10-01"]), @"not-kept: The latest talk counted until 1 November 2026. / Enter a new talk.");
}

#[test]
fn people_are_covered() {
    let rules = "[standing]\ncover = { of = \"people\", who = \"staff\", field = \"who\" }\nfresh = 'on + every'\nevery = \"12 months\"\nbefore = \"30 days\"\nkept = \"{covered} of {of} people have come.\"";
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | who = @teacher | on = 2026-09-01"]), @"not-kept: 2 of 3 people have no entry that counts. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | who = @teacher; @headteacher | on = 2026-09-01", "2025-09-01 | over | who = @network-manager | on = 2025-09-01"]), @"not-kept: 1 of 3 people has an entry whose time has run out. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | who = @teacher | on = 2026-09-01", "2025-09-01 | over | who = @network-manager | on = 2025-09-01"]), @"not-kept: 2 of 3 people have no entry that counts; the time of 1 of them has run out. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | who = @teacher; @headteacher; @network-manager | on = 2026-09-01"]), @"kept: 3 of 3 people have come.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | who = @teacher; @headteacher | on = 2026-09-01", "2025-12-01 | over | who = @network-manager | on = 2025-12-01"]), @"due by 2026-12-01: 3 of 3 people have come. / Enter a talk anew for each whose time runs out.");
    // The clause says who; a class is its pupils.
    insta::assert_snapshot!(judged(rules, Some("role:teacher"), None, &["2026-09-01 | over | who = @teacher | on = 2026-09-01"]), @"kept: 1 of 1 people have come.");
    insta::assert_snapshot!(judged(rules, Some("class:5B"), None, &["2026-09-01 | over | who = @pupil-5b | on = 2026-09-01"]), @"kept: 1 of 1 people have come.");
    insta::assert_snapshot!(judged(rules, Some("volunteers"), None, &["2026-09-01 | over | who = @teacher | on = 2026-09-01"]), @"untried: There is nobody at present whom this clause binds.");
    let most = &rules.replace("field = \"who\"", "field = \"who\", percent = 60");
    insta::assert_snapshot!(judged(most, None, None, &["2026-09-01 | over | who = @teacher; @headteacher | on = 2026-09-01"]), @"kept: 2 of 3 people have come.");
}

#[test]
fn who_joined_lately_has_time() {
    let declaration =
        declared("[standing]\ncover = { of = \"people\", who = \"staff\", field = \"who\" }\nbefore = \"30 days\"");
    let mut school = School::of("");
    let entries = [entry(&declaration, &school, 0, "2026-09-01 | over | who = @headteacher; @network-manager")];
    let judged = |school: &School| {
        let (key, clause) = ("talks#1".to_owned(), "talks".to_owned());
        let item = Item { key, clause, who: None, except: None, every: None, terms: Terms::new() };
        let (standing, evidence) = standing::judge(
            &declaration,
            &item,
            &Facts {
                now: &noon(date(2026, 11, 23)),
                entries: &entries,
                others: &|_| &[],
                people: &school.people,
                classes: &school.classes,
                none: None,
            },
        );
        said(&standing, &evidence.statement)
    };
    let teacher = school.id("@teacher").unwrap();
    let join = |school: &mut School, day: Date| {
        school.people.iter_mut().filter(|it| it.id == teacher).for_each(|it| it.joined = Some(day));
    };
    join(&mut school, date(2026, 11, 2));
    insta::assert_snapshot!(judged(&school), @"due by 2026-12-02: 1 of 3 people has no entry that counts. / Enter a talk for each who joined lately.");
    join(&mut school, date(2026, 10, 2));
    insta::assert_snapshot!(judged(&school), @"not-kept: 1 of 3 people has no entry that counts. / Enter a talk for each that is missing.");
}

#[test]
fn classes_years_and_entries_are_covered() {
    let classes = "[standing]\ncover = { of = \"classes\", field = \"class\" }\nkept = \"{covered} of {of} classes.\"";
    insta::assert_snapshot!(judged(classes, None, None, &["2026-09-01 | over | class = 5B"]), @"not-kept: 1 of 2 classes has no entry that counts: 3A. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(judged(classes, Some("year-5"), None, &["2026-09-01 | over | class = 5B"]), @"kept: 1 of 1 classes.");
    // What staff do for pupils is done for all classes.
    insta::assert_snapshot!(judged(classes, Some("staff"), None, &["2026-09-01 | over | class = 5B", "2026-09-01 | over | class = 3A"]), @"kept: 2 of 2 classes.");
    let entries = "[standing]\ncover = { of = \"entries\", register = \"assets.hardware\", if = 'mobile', field = \"device\" }\nkept = \"{covered} of {of} devices.\"";
    insta::assert_snapshot!(judged(entries, None, None, &["2026-09-01 | over | device = 2"]), @"not-kept: 1 of 1 devices has no entry that counts. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(judged(entries, None, None, &["2026-09-01 | over | device = 1"]), @"kept: 1 of 1 devices.");
}

#[test]
fn only_those_are_expected_whom_the_clause_binds_and_the_field_can_name() {
    let rules =
        "[standing]\ncover = { of = \"people\", who = \"everyone\", field = \"who\" }\nkept = \"{covered} of {of}.\"";
    let entries = &["2026-09-01 | over | who = @teacher", "2026-09-01 | over | who = @headteacher"];
    insta::assert_snapshot!(judged(rules, None, None, entries), @"not-kept: 5 of 7 people have no entry that counts. / Enter a talk for each that is missing.");
    let but = |except| judged_but(rules, None, None, entries, (Some(except), None));
    insta::assert_snapshot!(but("role:network-manager"), @"not-kept: 4 of 6 people have no entry that counts. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(but("staff"), @"not-kept: 4 of 4 people have no entry that counts. / Enter a talk for each that is missing.");
}

#[test]
fn what_is_missing_is_named_where_it_is_no_person() {
    let rules = "[standing]\ncover = { of = \"classes\", field = \"class\" }\nkept = \"{covered} of {of}.\"";
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | class = 3A"]), @"not-kept: 1 of 2 classes has no entry that counts: 5B. / Enter a talk for each that is missing.");
    insta::assert_snapshot!(judged(rules, None, None, &["2026-09-01 | over | on = 2026-10-01"]), @"not-kept: 2 of 2 classes have no entry that counts: 3A and 5B. / Enter a talk for each that is missing.");
}

#[test]
fn sentences_tell_days_and_what_is_due() {
    let rules = "[standing]\ncover = { of = \"classes\", field = \"class\" }\nfresh = 'on'\nbefore = \"60 days\"\n\
                 kept = \"Last on {latest.on}.\"\ndue = \"{sure} of {of}, {soon} more until {latest.on}.\"";
    let sure = "2026-09-01 | over | class = 3A | on = 2027-08-31";
    insta::assert_snapshot!(judged(rules, None, None, &[sure, "2026-09-01 | over | class = 5B | on = 2026-12-10"]), @"due by 2026-12-10: 1 of 2, 1 more until 31 August 2027. / Enter a talk anew for each whose time runs out.");
    insta::assert_snapshot!(judged(rules, None, None, &[sure, "2026-09-01 | over | class = 5B | on = 2027-05-10"]), @"kept: Last on 31 August 2027.");
}

#[test]
fn that_there_is_nothing_to_enter_can_be_said() {
    let rules = "[standing]\nnone = \"We have no talks\"\nkept = \"{count}.\"";
    let said = |on: Date, lines: &[&str]| judged_but(rules, None, None, lines, (None, Some(on)));
    insta::assert_snapshot!(said(date(2026, 9, 3), &[]), @"kept: Said on 3 September 2026: we have no talks.");
    insta::assert_snapshot!(said(date(2025, 12, 3), &[]), @"due by 2026-12-03: Said on 3 December 2025: we have no talks. / Look whether it is still so, and say it again.");
    insta::assert_snapshot!(said(date(2025, 11, 3), &[]), @"not-kept: Last said on 3 November 2025: we have no talks. That was over a year ago. / Say it again, or enter a talk.");
    // What is entered afterwards counts, and says that there is something.
    insta::assert_snapshot!(said(date(2026, 9, 3), &["2026-10-01 | over | who = @teacher"]), @"kept: 1.");
    let rules = rules.replace("none =", "counts = 'state == \"planned\"'\nnone =");
    let over = &["2026-10-01 | over | who = @teacher"];
    insta::assert_snapshot!(judged_but(&rules, None, None, over, (None, Some(date(2026, 9, 3)))), @"not-kept: The only talk on record does not count for this clause. / Enter the first talk.");
    insta::assert_snapshot!(judged_but(&rules, None, None, over, (None, Some(date(2026, 11, 3)))), @"kept: Said on 3 November 2026: we have no talks.");
}

#[test]
fn evidence_has_figures_and_a_link_to_the_entries() {
    let rules = "[due]\non = 'on'\nwhat = \"Hold it\"\n[standing]\ncover = { of = \"people\", who = \"staff\", field = \"who\" }";
    let declaration = declared(rules);
    let school = School::of("");
    let entries = [entry(&declaration, &school, 0, "2026-09-01 | planned | who = @teacher | on = 2026-10-01")];
    let item = Item {
        key: "a#1".to_owned(),
        clause: "a".to_owned(),
        who: None,
        except: None,
        every: None,
        terms: Terms::new(),
    };
    let facts = Facts {
        now: &noon(date(2026, 11, 23)),
        entries: &entries,
        others: &|_| &[],
        people: &school.people,
        classes: &school.classes,
        none: None,
    };
    let (_, evidence) = standing::judge(&declaration, &item, &facts);
    let figures: Vec<_> = evidence.figures.iter().map(|figure| format!("{} {}", figure.label, figure.value)).collect();
    assert_eq!(figures, ["Talks 1", "Open 1", "Overdue 1", "Covered 1 of 3"]);
    assert_eq!(evidence.links[0].href, "/registers/learning/talks");
    let clause = Declaration::clone(&declaration);
    let by_clause = |register: &crate::Register| crate::Register { rows: crate::Rows::Clause, ..register.clone() };
    let register = clause.register.as_deref().map(|register| Arc::new(by_clause(register)));
    let (standing, evidence) = standing::judge(&Declaration { register, ..clause }, &item, &facts);
    assert_eq!((standing.id(), evidence.links[0].href.as_str()), ("not-kept", "/registers/learning/talks?clause=a"));
}

#[test]
fn what_is_due_and_kept_is_known_of_each_entry() {
    let declaration =
        declared("[due]\non = 'on'\nif = 'filled(who)'\nwhat = \"Hold it\"\n[keep]\nlasts = \"2 years\"\nafter = 'on'");
    let (register, school) = (declaration.register.as_ref().unwrap(), School::of(""));
    let facts = |line: &str| {
        let entry = entry(&declaration, &school, 0, line);
        let context = Context::of_entry(&entry, date(2026, 11, 23));
        (
            register.due_on(&context).map(|it| it.to_string()),
            register.keep_until(&context, entry.changed_at).map(|it| it.to_string()),
        )
    };
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(
        facts("2026-09-01 | planned | who = @teacher | on = 2026-10-01"),
        (day("2026-10-01"), day("2028-10-01"))
    );
    assert_eq!(facts("2026-09-01 | over | who = @teacher | on = 2026-10-01"), (None, day("2028-10-01")));
    assert_eq!(facts("2026-09-01 | planned | on = 2026-10-01").0, None);
    assert_eq!(facts("2026-09-01 | planned | who = @teacher"), (None, None));
}

fn asked(by: &[&str], anybody: bool, since: &str, last: Option<(&str, Given, &str)>) -> String {
    let atoms = by.iter().map(|by| kernel::AudienceAtom::parse(by).unwrap()).collect();
    let by = Audience::any(atoms).unwrap();
    let last = last.map(|(on, given, words)| Answer { on: on.parse().unwrap(), given, words: words.to_owned() });
    let (standing, evidence) = attestation::judge(&Asked {
        key: "rooms#2",
        by: &by,
        anybody,
        every: Every::parse("12 months").unwrap(),
        since: since.parse().unwrap(),
        last: last.as_ref(),
        titles: &|role: Role| role.default_title().to_lowercase(),
        now: &noon(date(2026, 11, 23)),
    });
    assert_eq!(evidence.links[0].href, "/attestations/rooms~2");
    said(&standing, &evidence.statement)
}

#[test]
fn answers_keep_a_clause_for_their_time() {
    let manager = &["role:network-manager"];
    insta::assert_snapshot!(asked(manager, true, "2026-11-20", None), @"due by 2026-12-04: The network manager is to confirm this by 4 December 2026. / Answer whether it is so.");
    insta::assert_snapshot!(asked(manager, true, "2026-09-01", None), @"not-kept: The network manager was to confirm this by 15 September 2026, and has not. / Answer whether it is so.");
    insta::assert_snapshot!(asked(&["staff"], true, "2026-09-01", None), @"not-kept: Staff were to confirm this by 15 September 2026, and have not. / Answer whether it is so.");
    insta::assert_snapshot!(asked(manager, false, "2026-09-01", None), @"not-kept: The network manager is to confirm this, and nobody holds that role. / Say in People who holds it.");
    insta::assert_snapshot!(asked(manager, true, "2026-09-01", Some(("2026-09-10", Given::Yes, "Looked at each rack."))), @"kept: Confirmed on 10 September 2026: “Looked at each rack”.");
    insta::assert_snapshot!(asked(manager, true, "2025-09-01", Some(("2025-12-01", Given::Yes, ""))), @"due by 2026-12-01: Confirmed on 1 December 2025. / Look again, and answer whether it is still so.");
    insta::assert_snapshot!(asked(manager, true, "2025-09-01", Some(("2025-09-10", Given::Yes, ""))), @"not-kept: Last answered on 10 September 2025; the network manager was to confirm it again by 10 September 2026. / Look again, and answer whether it is still so.");
    insta::assert_snapshot!(asked(manager, true, "2026-09-01", Some(("2026-09-10", Given::NotApplicable, "We have no servers."))), @"kept: Said on 10 September 2026 not to apply here: “We have no servers”.");
    let no = |mend: &str, by: Option<Date>| Given::No { mend: mend.to_owned(), mend_by: by };
    insta::assert_snapshot!(asked(manager, true, "2026-09-01", Some(("2026-11-10", no("a lock is ordered", Some(date(2026, 12, 1))), "No lock"))), @"not-kept: Answered with no on 10 November 2026: “No lock”. / A lock is ordered, by 1 December 2026.");
    insta::assert_snapshot!(asked(manager, true, "2026-09-01", Some(("2026-10-10", no("", Some(date(2026, 11, 1))), "No lock"))), @"not-kept: Answered with no on 10 October 2026: “No lock”; it was to be mended by 1 November 2026. / It is to be mended by 1 November 2026.");
    insta::assert_snapshot!(asked(manager, true, "2026-09-01", Some(("2026-11-10", no("", None), ""))), @"not-kept: Answered with no on 10 November 2026. / Say what will be done, and by when.");
}

fn told(
    who: &str,
    moments: &[Moment],
    acknowledged: bool,
    since: &str,
    seen: &[(&str, Seen)],
    published: bool,
) -> String {
    let school = School::of("");
    let who = Audience::parse(who).unwrap();
    let notice = Notice { who: who.clone(), moments: moments.to_vec(), acknowledged, texts: Vec::new() };
    let (standing, evidence) = notice::judge(&Told {
        key: "watched#1",
        who: &who,
        notice: &notice,
        since: since.parse().unwrap(),
        people: &school.people,
        seen: &|id| seen.iter().find(|row| school.id(row.0) == Some(id)).map_or(Seen::No, |row| row.1),
        published: published.then(|| date(2026, 9, 3)),
        titles: &|role: Role| role.default_title().to_lowercase(),
        now: &noon(date(2026, 11, 23)),
    });
    assert_eq!(evidence.links[0].href, "/notices/watched~1");
    said(&standing, &evidence.statement)
}

#[test]
fn notices_are_read_or_shown() {
    use Seen::{Read, Shown};
    let sign_in = &[Moment::SignIn];
    let all = &[("@headteacher", Read), ("@teacher", Read), ("@network-manager", Read)];
    insta::assert_snapshot!(told("staff", sign_in, true, "2026-09-01", all, false), @"kept: 3 of 3 (staff) have read it.");
    insta::assert_snapshot!(told("staff", sign_in, true, "2026-09-01", &[], false), @"not-kept: Nobody has read it yet. / Ask those who are missing to sign in and read it.");
    insta::assert_snapshot!(told("staff", sign_in, true, "2026-09-01", &[("@teacher", Read), ("@headteacher", Shown)], false), @"not-kept: 1 of 3 (staff) has read it. / Ask those who are missing to sign in and read it.");
    insta::assert_snapshot!(told("staff", sign_in, true, "2026-11-20", &[("@teacher", Read)], false), @"due by 2026-12-04: 1 of 3 (staff) has read it. / Ask those who are missing to sign in and read it.");
    insta::assert_snapshot!(told("staff", sign_in, false, "2026-09-01", &[("@teacher", Shown)], false), @"kept: 1 of 3 (staff) has been shown it. The others are shown it when they come by.");
    insta::assert_snapshot!(told("staff", sign_in, false, "2026-09-01", &[], false), @"not-kept: It has been shown to nobody yet. / Have somebody sign in, or hand it out.");
    insta::assert_snapshot!(told("parents", &[Moment::Letter], false, "2026-09-01", &[], true), @"kept: Published on 3 September 2026.");
    insta::assert_snapshot!(told("parents", &[Moment::Letter], false, "2026-09-01", &[], false), @"not-kept: It has not been published yet. / Print, send or publish it.");
    insta::assert_snapshot!(told("volunteers", sign_in, true, "2026-09-01", &[], false), @"untried: There is nobody to tell at present (volunteers).");
}
