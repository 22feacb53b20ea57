//! Expressions as facts: what each gives for an entry, and how what is none is refused.

use std::sync::LazyLock;

use jiff::civil::date;
use kernel::{Audience, PersonId, Year};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Choice, FieldKind, FieldName, Required, TermType, Value};

fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        name: FieldName(name.to_owned()),
        label: name.to_owned(),
        column: name.to_owned(),
        help: String::new(),
        kind,
        required: Required::No,
        private: None,
        start: None,
        unique: false,
        later: None,
    }
}

fn choices(many: bool) -> FieldKind {
    let choice = |name: &str| Choice { name: name.to_owned(), label: name.to_owned() };
    FieldKind::Choice { choices: vec![choice("laptop"), choice("tablet")], many }
}

static SCOPE: LazyLock<Scope> = LazyLock::new(|| {
    let number = FieldKind::Number { least: None, most: None, unit: String::new(), whole: false };
    let fields = [
        field("device", FieldKind::Text { lines: false, longest: 200 }),
        field("kind", choices(false)),
        field("extras", choices(true)),
        field("lent-on", FieldKind::Date),
        field("due-on", FieldKind::Date),
        field("back-on", FieldKind::Date),
        field("handed-at", FieldKind::Time),
        field("days-out", number),
        field("cost", FieldKind::Money),
        field("signed", FieldKind::YesNo),
        field("borrower", FieldKind::Person { who: Audience::everyone(), many: false }),
        field("seen-by", FieldKind::Person { who: Audience::everyone(), many: true }),
        field("keeper", FieldKind::Role),
        field("year", FieldKind::Year { many: false }),
        field("paper", FieldKind::File { most_bytes: 1 }),
    ];
    let state = |name: &str, ended: bool| State { name: name.to_owned(), label: name.to_owned(), ended, set_by: None };
    let term = |name: &str, takes: TermType, usual: Option<serde_json::Value>| TermDeclaration {
        name: name.to_owned(),
        takes,
        words: "{}".to_owned(),
        usual,
    };
    let terms = [
        term("days", TermType::Number, Some(28.into())),
        term("scope", TermType::Text, None),
        term("kinds", TermType::Texts, None),
        term("strict", TermType::YesNo, None),
        term("until", TermType::Date, None),
        term("other", TermType::Any, None),
    ];
    Scope::new(&fields, &[state("out", false), state("returned", true)], &terms)
});

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

/// A loan of a laptop, out since 1 October 2026, looked at on 24 November 2026.
fn values() -> Values {
    let values = [
        ("device", Value::Text("Laptop 7".to_owned())),
        ("kind", Value::Choice("laptop".to_owned())),
        ("extras", Value::Choices(vec!["tablet".to_owned()])),
        ("lent-on", Value::Date(date(2026, 10, 1))),
        ("due-on", Value::Date(date(2026, 11, 1))),
        ("handed-at", Value::Time(jiff::civil::time(15, 30, 0, 0))),
        ("days-out", Value::Number(31.0)),
        ("cost", Value::Money(12_550)),
        ("signed", Value::YesNo(false)),
        ("borrower", Value::Person(person(1))),
        ("seen-by", Value::People(vec![person(1), person(2)])),
        ("keeper", Value::Role(kernel::Role::Office)),
        ("year", Value::Year(Year::numbered(5).unwrap())),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn with_context<T>(ask: impl FnOnce(&Context<'_>) -> T) -> T {
    let terms: Terms =
        [("scope", "all".into()), ("kinds", "laptop".into()), ("until", "2026-12-24".into()), ("other", 7.into())]
            .map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value))
            .into();
    let values = values();
    ask(&Context {
        values: &values,
        state: Some("out"),
        entered_at: Some("2026-09-30T23:30:00Z".parse().unwrap()),
        today: date(2026, 11, 24),
        every: Some(Every::parse("12 months").unwrap()),
        terms: &terms,
        clause: Some("loans"),
    })
}

#[track_caller]
fn check(text: &str, holds: bool) {
    let condition = Condition::parse(text, &SCOPE).unwrap_or_else(|error| panic!("{text}: {error} {:?}", error.help));
    assert_eq!(with_context(|context| condition.holds(context)), holds, "{text}");
    assert_eq!(condition.as_str(), text);
}

#[track_caller]
fn day(text: &str, wanted: &str) {
    let expression = DateExpression::parse(text, &SCOPE).unwrap_or_else(|error| panic!("{text}: {error}"));
    let found = with_context(|context| expression.day(context)).map_or("none".to_owned(), |day| day.to_string());
    assert_eq!(found, wanted, "{text}");
}

#[track_caller]
fn refused(text: &str) -> String {
    let error = Condition::parse(text, &SCOPE).expect_err(text);
    let marked = text.get(error.span.clone()).unwrap_or("??");
    format!("{} at `{marked}`; {}", error.message, error.help.unwrap_or_default())
}

#[test]
fn conditions_ask_what_an_entry_holds() {
    check("state == \"out\"", true);
    check("state != \"out\"", false);
    check("state in [\"out\", \"returned\"]", true);
    check("kind == \"laptop\" and not signed", true);
    check("kind == \"tablet\" or signed", false);
    check("kind == \"tablet\" or kind == \"laptop\" and signed == false", true);
    check("(kind == \"tablet\" or kind == \"laptop\") and signed", false);
    check("due-on < today and empty(back-on)", true);
    check("today - due-on > 20", true);
    check("today - due-on > term.days", false);
    check("days-out + 1 == 32 and days-out - 1 >= 30", true);
    check("cost > 125 and cost <= 125.5", true);
    check("handed-at >= \"15:30\" and handed-at < \"16:00\"", true);
    check("\"tablet\" in extras", true);
    check("\"laptop\" in extras", false);
    check("count(extras) == 1 and count(seen-by) == 2", true);
    check("borrower in seen-by", true);
    check("keeper == \"office\"", true);
    check("year >= \"year-3\" and year < \"year-6\"", true);
    check("clause == \"loans\"", true);
    check("entered == 2026-10-01", true);
    check("filled(device) and empty(paper)", true);
    check("days-out > -1", true);
    check("school-year-end(lent-on) == 2027-08-31", true);
}

#[test]
fn terms_are_what_the_clause_sets_or_the_usual() {
    check("term.days == 28", true);
    check("empty(term.strict)", true);
    check("not term.strict", true);
    check("term.strict == false", false);
    check("term.scope == \"all\"", true);
    check("kind in term.kinds", true);
    check("\"tablet\" in term.kinds", false);
    check("count(term.kinds) == 1", true);
    check("term.until > today", true);
    check("term.other == 7", true);
    check("term.other == \"seven\"", false);
    check("kind == term.scope", false);
}

#[test]
fn what_is_empty_is_compared_with_nothing() {
    for text in ["back-on < today", "back-on >= today", "back-on == today", "back-on != today", "today - back-on > 0"] {
        check(text, false);
    }
    check("not (back-on < today)", true);
    check("count(term.other) == 1", true);
    day("back-on + days(3)", "none");
    day("first(back-on, due-on)", "2026-11-01");
    day("least(back-on, due-on, lent-on)", "2026-10-01");
}

#[test]
fn days_are_counted() {
    day("due-on", "2026-11-01");
    day("due-on + every", "2027-11-01");
    day("due-on - every", "2025-11-01");
    day("due-on + months(4) - days(1)", "2027-02-28");
    day("due-on + days(term.days)", "2026-11-29");
    day("due-on + years(1)", "2027-11-01");
    day("school-year-end(2026-08-31)", "2026-08-31");
    day("school-year-end(2026-09-01) + months(36)", "2030-08-31");
    day("first(back-on, entered)", "2026-10-01");
    day("due-on + days(99999999999)", "2300-08-17");
    day("due-on + years(99999)", "9999-12-31");
    day("school-year-end(due-on + years(99999))", "none");
}

#[test]
fn what_is_wrong_is_refused_where_it_stands() {
    insta::assert_snapshot!(refused("dueon < today"), @"there is no field `dueon` at `dueon`; did you mean `due-on`?");
    insta::assert_snapshot!(refused("due-on-lent-on > 3"), @"there is no field `due-on-lent-on` at `due-on-lent-on`; a minus stands between spaces: `due-on - lent-on`");
    insta::assert_snapshot!(refused("days > 3"), @"there is no field `days` at `days`; a term is written as `term.days`");
    insta::assert_snapshot!(refused("out"), @"there is no field `out` at `out`; a state is a text: `state == \"out\"`");
    insta::assert_snapshot!(refused("term.dais > 3"), @"there is no term `dais` at `term.dais`; did you mean `days`?");
    insta::assert_snapshot!(refused("state == \"retuned\""), @"there is no state `retuned` at `\"retuned\"`; did you mean `returned`?");
    insta::assert_snapshot!(refused("kind in [\"laptop\", \"tablets\"]"), @"there is no choice `tablets` at `\"tablets\"`; did you mean `tablet`?");
    insta::assert_snapshot!(refused("\"phone\" in extras"), @"there is no choice `phone` at `\"phone\"`; write one of `laptop` or `tablet`");
    insta::assert_snapshot!(refused("due-on < 3"), @"a date is compared with a number at `due-on < 3`; ");
    insta::assert_snapshot!(refused("due-on < \"2026-09-01\""), @"a date is compared with a text at `\"2026-09-01\"`; write a date without quotes: 2026-09-01");
    insta::assert_snapshot!(refused("borrower == \"Maya\""), @"a person is compared with a text at `\"Maya\"`; declarations name roles, never persons");
    insta::assert_snapshot!(refused("keeper == \"offise\""), @"`offise` is not a role such as `safeguarding-lead` or `network-manager` at `\"offise\"`; did you mean `office`?");
    insta::assert_snapshot!(refused("year == \"5\""), @"`5` is not a year such as `reception` or `year-3` at `\"5\"`; write `reception` or `year-3`");
    insta::assert_snapshot!(refused("handed-at > \"noon\""), @"`noon` is no time of day at `\"noon\"`; write it as \"15:30\"");
    insta::assert_snapshot!(refused("device < \"M\""), @"a text has no order at `device < \"M\"`; compare it with `==`, `!=` or `in [\"…\"]`");
    insta::assert_snapshot!(refused("extras == \"laptop\""), @"a list is compared with a text at `extras == \"laptop\"`; ask `\"a\" in list`, or `count(list) > 0`");
    insta::assert_snapshot!(refused("paper == \"x\""), @"a file or signature is compared with a text at `paper == \"x\"`; ask `filled(…)` or `empty(…)`");
    insta::assert_snapshot!(refused("due-on + 3 > today"), @"a number is counted from a date at `3`; write `days(…)` around it");
    insta::assert_snapshot!(refused("every + due-on > today"), @"the date comes first at `every + due-on`; write `day + every`");
    insta::assert_snapshot!(refused("due-on + (every + days(3)) > today"), @"two lengths of time are put together at `(every + days(3))`; count one after the other from a date: `day + months(1) + days(3)`");
    insta::assert_snapshot!(refused("device + 3 > 4"), @"a number cannot be added to a text at `device + 3`; ");
    insta::assert_snapshot!(refused("due-on"), @"this is a date, and a condition is wanted at `due-on`; compare it with something, or ask `filled(…)` or `empty(…)`");
    insta::assert_snapshot!(refused("signed and due-on"), @"this is a date, and a condition is wanted at `due-on`; compare it with something, or ask `filled(…)` or `empty(…)`");
}

#[test]
fn what_is_not_the_language_is_refused_where_it_stands() {
    insta::assert_snapshot!(refused("days-out < 3 < 4"), @"only two things are compared at a time at `<`; join two comparisons with `and`");
    insta::assert_snapshot!(refused("signed = true"), @"`=` is no sign of the language at `=`; write `==` to compare");
    insta::assert_snapshot!(refused("signed && filled(device)"), @"`&` is no sign of the language at `&&`; write `and`");
    insta::assert_snapshot!(refused("!signed"), @"`!` is no sign of the language at `!`; write `not`");
    insta::assert_snapshot!(refused("device == 'x'"), @"`'` is no sign of the language at `'`; texts stand between double quotes: \"laptop\"");
    insta::assert_snapshot!(refused("device == \"x"), @"this text has no end at `\"x`; close it with `\"`");
    insta::assert_snapshot!(refused("days-out -3 > 4"), @"a minus stands between spaces at `-`; write `a - b`");
    insta::assert_snapshot!(refused("due-on + 30days > today"), @"`30days` is no number at `30days`; a number is written as 12 or 1.5; a length of time as `days(12)`, `months(12)` or `years(1)`");
    insta::assert_snapshot!(refused("due-on > 2026-13-01"), @"`2026-13-01` is no date at `2026-13-01`; a date is written as 2026-09-01; a minus stands between spaces");
    insta::assert_snapshot!(refused("blank(device)"), @"there is no function `blank` at `blank`; there is `filled(…)`, `empty(…)`, `count(…)`, `days(…)`, `months(…)`, `years(…)`, `first(…)`, `least(…)` or `school-year-end(…)`");
    insta::assert_snapshot!(refused("filed(device)"), @"there is no function `filed` at `filed`; did you mean `filled(…)`?");
    insta::assert_snapshot!(refused("filled(device, kind)"), @"`filled` takes one value in its parentheses, not 2 at `filled(device, kind)`; ");
    insta::assert_snapshot!(refused("count(device) > 1"), @"this is a text, and `count` takes a list at `device`; a field that holds one value is asked `filled(…)`");
    insta::assert_snapshot!(refused("first(due-on) > today"), @"`first` takes two values or more at `first(due-on)`; ");
    insta::assert_snapshot!(refused("first(due-on, device) > today"), @"this is a text, and what stands before it is a date at `device`; ");
    insta::assert_snapshot!(refused("kind in []"), @"nothing is in an empty list at `[]`; ");
    insta::assert_snapshot!(refused("kind in [device]"), @"a list holds values, not names at `device`; ");
    insta::assert_snapshot!(refused("kind in device"), @"this is a text, and a list is wanted at `device`; a list is `[\"a\", \"b\"]`, or a field that holds several");
    insta::assert_snapshot!(refused("[\"a\"] == kind"), @"a list stands only after `in` at `[\"a\"]`; write `kind in [\"laptop\", \"tablet\"]`");
    insta::assert_snapshot!(refused("signed and"), @"something is missing at the end at ``; ");
    insta::assert_snapshot!(refused("(signed"), @"`)` is missing here at ``; ");
    insta::assert_snapshot!(refused("signed signed"), @"the expression should have ended here at `signed`; join conditions with `and` or `or`");
    insta::assert_snapshot!(refused("and signed"), @"`and` stands between two conditions at `and`; ");
    assert!(refused(&format!("{}signed", "not ".repeat(100))).starts_with("this expression is nested too deeply"));
    assert!(refused(&"(".repeat(3_000)).starts_with("this expression is nested too deeply"));
    assert!(refused(&"signed or ".repeat(1_000)).starts_with("this expression is too long"));
    assert!(DateExpression::parse("signed", &SCOPE).is_err());
    assert!(Condition::parse(&format!("signed{}", " or signed".repeat(390)), &SCOPE).is_ok());
}

/// Words of the language in any order.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "state",
        "due-on",
        "lent-on",
        "kind",
        "extras",
        "signed",
        "days-out",
        "term.days",
        "term.other",
        "every",
        "today",
        "entered",
        "and",
        "or",
        "not",
        "in",
        "==",
        "!=",
        "<",
        ">=",
        "+",
        "-",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\"out\"",
        "\"laptop\"",
        "3",
        "-4",
        "1e9",
        "2026-09-01",
        "true",
        "filled(",
        "count(",
        "days(",
        "years(",
        "first(",
        "least(",
        "school-year-end(",
        "99999999999999",
        "é",
        "\"",
        "term.",
        "--",
        "borrower",
        "seen-by",
    ]);
    prop::collection::vec(word, 0..14).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_panics(text in prop_oneof![words(), ".{0,80}"]) {
        let mark = |error: ExpressionError| prop_assert_with(text.get(error.span.clone()).is_some(), &text, &error);
        match Condition::parse(&text, &SCOPE) {
            Ok(condition) => { with_context(|context| condition.holds(context)); }
            Err(error) => mark(error)?,
        }
        match DateExpression::parse(&text, &SCOPE) {
            Ok(expression) => { with_context(|context| expression.day(context)); }
            Err(error) => mark(error)?,
        }
    }
}

/// The mark of an error lies on the borders of characters.
fn prop_assert_with(fine: bool, text: &str, error: &ExpressionError) -> Result<(), TestCaseError> {
    if fine { Ok(()) } else { Err(TestCaseError::fail(format!("{text:?}: {error:?}"))) }
}
