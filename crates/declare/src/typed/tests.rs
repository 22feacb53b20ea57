//! Typed input as facts, and the round through files.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, date, time};
use proptest::prelude::*;

use super::*;
use crate::{Context, Declarations, FieldName, Required, Values};

/// People and entries that are called by their number.
struct School;

const PEOPLE: [(&str, &str, u128); 4] = [
    ("Maya Jones", "mjones", 1),
    ("Tariq Tanner", "ttanner", 2),
    ("Maya Jones", "mjones2", 3),
    ("Zoë Ångström", "zoe", 4),
];

const ENTRIES: [(&str, u128); 3] = [("WL-0203", 11), ("Laptop; the old one", 12), ("Class Harbour", 13)];

impl Lookups for School {
    fn person(&self, typed: &str, _: &Audience) -> Found<PersonId> {
        let typed = fold(typed);
        if let Some(row) = PEOPLE.iter().find(|row| row.1 == typed) {
            return Found::One(PersonId(Uuid::from_u128(row.2)));
        }
        let found: Vec<_> = PEOPLE.iter().filter(|row| fold(row.0) == typed).collect();
        match found.as_slice() {
            [] => Found::Nothing,
            [one] => Found::One(PersonId(Uuid::from_u128(one.2))),
            _ => Found::Several,
        }
    }

    fn entry(&self, _: &str, typed: &str) -> Found<Uuid> {
        let found = ENTRIES.iter().find(|row| fold(row.0) == fold(typed));
        found.map_or(Found::Nothing, |row| Found::One(Uuid::from_u128(row.1)))
    }

    fn class(&self, typed: &str) -> Found<String> {
        let found = ["3A", "5B"].into_iter().find(|class| fold(class) == fold(typed));
        found.map_or(Found::Nothing, |class| Found::One(class.to_owned()))
    }

    fn clause(&self, typed: &str) -> Found<String> {
        if kernel::place::is_word(typed) { Found::One(typed.to_owned()) } else { Found::Nothing }
    }
}

impl Names for School {
    fn person(&self, id: PersonId) -> Option<String> {
        PEOPLE.iter().find(|row| Uuid::from_u128(row.2) == id.0).map(|row| row.0.to_owned())
    }

    fn typed_person(&self, id: PersonId) -> Option<String> {
        PEOPLE.iter().find(|row| Uuid::from_u128(row.2) == id.0).map(|row| format!("{} ({})", row.0, row.1))
    }

    fn entry(&self, _: &str, id: Uuid) -> Option<String> {
        ENTRIES.iter().find(|row| Uuid::from_u128(row.1) == id).map(|row| row.0.to_owned())
    }
}

fn field(kind: FieldKind) -> Field {
    Field {
        name: FieldName("it".to_owned()),
        label: "What is it?".to_owned(),
        column: "It".to_owned(),
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
    let choice = |name: &str, label: &str| Choice { name: name.to_owned(), label: label.to_owned() };
    let choices = vec![
        choice("on-loan", "On loan"),
        choice("lost", "Lost; told the police"),
        choice("here", "Here"),
        choice("cafe", "In the café"),
    ];
    FieldKind::Choice { choices, many }
}

fn people(many: bool) -> FieldKind {
    FieldKind::Person { who: Audience::parse("staff").unwrap(), many }
}

fn entries(many: bool) -> FieldKind {
    FieldKind::Entry { of: "assets.hardware".to_owned(), many }
}

/// What a field of a kind holds after something was typed, as pages say it; or the message.
#[track_caller]
fn read_back(kind: FieldKind, typed: &str) -> String {
    let field = field(kind);
    match read_field(&field, typed, &School) {
        Ok(Some(value)) => show(&value, &field, &School),
        Ok(None) => "nothing".to_owned(),
        Err(message) => format!("! {message}"),
    }
}

#[test]
fn what_is_typed_is_read_as_it_is_meant() {
    let text = |lines: bool| FieldKind::Text { lines, longest: 20 };
    let days = || FieldKind::Number { least: Some(0.0), most: None, unit: "days".to_owned(), whole: true };
    for (kind, typed, shown) in [
        (text(false), "  Laptop\t7 ", "Laptop 7"),
        (text(true), "one\r\ntwo", "one\ntwo"),
        (text(false), "one\ntwo", "one two"),
        (text(false), " \n ", "nothing"),
        (days(), "12,500", "12500 days"),
        (days(), "1", "1 day"),
        (FieldKind::Money, "£1250.5", "£1,250.50"),
        (FieldKind::Money, "-3", "-£3.00"),
        (FieldKind::Date, "27-Mar-26", "27 March 2026"),
        (FieldKind::Time, "3.30pm", "15:30"),
        (choices(false), "on loan", "On loan"),
        (choices(false), "on-loan", "On loan"),
        (choices(false), "IN THE CAFE", "In the café"),
        (choices(true), "Here; on loan; here", "Here, On loan"),
        (choices(true), "Lost; told the police", "Lost; told the police"),
        (FieldKind::YesNo, "Y", "Yes"),
        (FieldKind::YesNo, "No.", "No"),
        (people(false), "tariq tanner", "Tariq Tanner"),
        (people(false), "Maya Jones (mjones2)", "Maya Jones"),
        (people(true), "zoe angstrom; ttanner", "Zoë Ångström, Tariq Tanner"),
        (FieldKind::Role, "Network manager", "Network manager"),
        (FieldKind::Role, "office", "School office"),
        (FieldKind::Class { many: true }, "3a, 5b", "3A, 5B"),
        (FieldKind::Year { many: false }, "Y3", "Year 3"),
        (FieldKind::Year { many: true }, "Reception; 4", "Reception, Year 4"),
        (entries(false), "wl-0203", "WL-0203"),
        (entries(true), "laptop; the old one", "Laptop; the old one"),
        (FieldKind::Address, "www.example.org/help", "https://www.example.org/help"),
        (FieldKind::Place, "Hall", "Hall"),
        (FieldKind::Clause, "locked-rooms", "locked-rooms"),
    ] {
        let said = if shown == "12500 days" { "12,500 days" } else { shown };
        assert_eq!(read_back(kind, typed), said, "{typed}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_as_the_form_says_it() {
    let text = FieldKind::Text { lines: false, longest: 5 };
    for (kind, typed, message) in [
        (text, "Laptop", "Shorten this by 1 character: it may have 5"),
        (FieldKind::Date, "soon", "Enter a date, such as 27 3 2026"),
        (FieldKind::Time, "later", "Enter a time, such as 15:30"),
        (choices(false), "on lone", "“on lone” cannot be chosen: did you mean “On loan”?"),
        (choices(false), "gone", "Choose On loan, Lost; told the police, Here or In the café"),
        (FieldKind::YesNo, "perhaps", "Choose yes or no"),
        (people(false), "Nobody", "Nobody called “Nobody” is among staff"),
        (
            people(false),
            "Maya Jones",
            "Several people are called “Maya Jones”: type the class after the name, or the username",
        ),
        (people(true), ";", "Enter at least one, with a semicolon between several"),
        (FieldKind::Role, "king", "Choose a role: “king” is none that the policy knows"),
        (FieldKind::Class { many: false }, "9Z", "There is no class “9Z”"),
        (FieldKind::Year { many: false }, "14", "Enter a year group, such as Year 3 or Reception"),
        (entries(false), "WL-1", "“WL-1” is not in its register yet: enter it there first"),
        (FieldKind::Address, "no address", "Enter a web address, such as https://www.example.org/help"),
        (FieldKind::Address, "javascript:alert(1)", "Enter a web address, such as https://www.example.org/help"),
        (FieldKind::Address, "https://user@example.org", "Enter a web address, such as https://www.example.org/help"),
        (FieldKind::File { most_bytes: 1 }, "x.pdf", "Add the file on the page of the entry"),
        (FieldKind::Signature, "Maya", "Sign on the page of the entry, with your own name"),
        (FieldKind::Clause, "No Clause", "“No Clause” is no clause of the policy in force"),
    ] {
        assert_eq!(read_back(kind, typed), format!("! {message}"), "{typed}");
    }
}

#[test]
fn an_entry_is_asked_for_what_it_must_have() {
    let text = r#"
title = "Loans"
says = "keeps loans"
[register]
item = "loan"
items = "loans"
lead = "Loans."
reads = "staff"
writes = "staff"
first = "Enter one."
entry-title = "{device}, {entered}: {state}"
columns = ["device"]
[[field]]
name = "device"
label = "Device"
kind = "text"
longest = 10
required = true
[[field]]
name = "back-on"
label = "Back on"
kind = "date"
required-if = 'state == "returned"'
[[field]]
name = "note"
label = "Note"
kind = "text"
required = true
private = "role:headteacher"
[[state]]
name = "out"
label = "Out"
[[state]]
name = "returned"
label = "Returned"
ended = true
[[move]]
name = "return"
label = "Return"
from = ["out"]
to = "returned"
asks = ["back-on"]
needs = { if = 'back-on <= today', else = "It cannot come back in the future." }
"#;
    let declarations = Declarations::load([("assets/loans.toml", text)]).unwrap_or_else(|all| panic!("{}", all[0]));
    let register = declarations.register("assets.loans").unwrap();
    let today = date(2026, 11, 23);
    let said = |values: &Values, state: &str, all: bool| -> Vec<String> {
        let context = Context::of_form(values, Some(state), today);
        check_entry(register, &context, &|field| all || field.private.is_none())
            .into_iter()
            .map(|(name, message)| format!("{name}: {message}"))
            .collect()
    };
    let mut values = Values::new();
    assert_eq!(said(&values, "out", false), ["device: Fill this in"]);
    assert_eq!(said(&values, "out", true), ["device: Fill this in", "note: Fill this in"]);
    values.insert("device".to_owned(), Value::Text("A long laptop".to_owned()));
    assert_eq!(
        said(&values, "returned", false),
        ["device: Shorten this: it may have 10 characters", "back-on: Enter a date, such as 27 3 2026"]
    );
    values.insert("device".to_owned(), Value::Number(3.0));
    assert_eq!(said(&values, "out", false), ["device: This is not what the field takes"]);
    values.insert("device".to_owned(), Value::Text("Laptop 7".to_owned()));
    values.insert("note".to_owned(), Value::Text("-".to_owned()));

    let step = &register.moves[0];
    let moved = |values: &Values, before: &str| -> Vec<String> {
        let after = Context::of_form(values, Some("returned"), today);
        let problems = check_move(register, step, Some(before), &after, &|_| true);
        problems.into_iter().map(|(_, message)| message).collect()
    };
    assert_eq!(moved(&values, "out"), ["Enter a date, such as 27 3 2026"]);
    assert_eq!(moved(&values, "returned"), ["This cannot be done now: the loan is “Returned”"]);
    values.insert("back-on".to_owned(), Value::Date(date(2026, 11, 24)));
    assert_eq!(moved(&values, "out"), ["It cannot come back in the future."]);
    values.insert("back-on".to_owned(), Value::Date(today));
    assert_eq!(moved(&values, "out"), [""; 0]);

    let context = Context::of_form(&values, Some("out"), today);
    let title = register.title(&context, &|field, value| show(value, field, &School));
    assert_eq!(title, "Laptop 7, 23 November 2026: Out");
}

#[test]
fn keys_sort_as_values_do() {
    let sorted = |values: Vec<Value>| {
        let keys: Vec<_> = values.iter().map(sort_key).collect();
        let mut ordered = keys.clone();
        ordered.sort();
        assert_eq!(keys, ordered, "{values:?}");
    };
    sorted([-1e300, -100.0, -2.5, -0.0, 0.0, 1e-9, 2.5, 3.0, 10.0, 1e12, 1e300].map(Value::Number).to_vec());
    sorted([i64::MIN, -5, 0, 7, 1_000, i64::MAX].map(Value::Money).to_vec());
    sorted([date(1999, 12, 31), date(2026, 1, 2), date(2026, 11, 1)].map(Value::Date).to_vec());
    sorted(["Abacus", "école", "Zebra"].map(|text| Value::Text(text.to_owned())).to_vec());
    sorted(Year::all().map(Value::Year).collect());
}

/// A field and a value that it can hold.
fn field_and_value() -> impl Strategy<Value = (Field, Value)> {
    let number = |whole: bool| FieldKind::Number { least: None, most: None, unit: "days".to_owned(), whole };
    let text = |lines: bool| FieldKind::Text { lines, longest: 4_000 };
    let day = (-2_000_i32..20_000).prop_map(|days| date(1970, 1, 1).saturating_add(jiff::Span::new().days(days)));
    let ids = |all: &[u128]| prop::sample::subsequence(all.to_vec(), 1..=all.len());
    let names = |all: &'static [&'static str]| {
        prop::sample::subsequence(all.to_vec(), 1..=all.len())
            .prop_map(|all| all.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>())
    };
    let years: Vec<Year> = Year::all().collect();
    let of = |kind: FieldKind| move |value: Value| (field(kind.clone()), value);
    prop_oneof![
        "[ -~£é\u{4e00}]{1,40}".prop_map(|text| Value::Text(text.trim().to_owned())).prop_map(of(text(false))),
        "[a-z\n; ]{1,40}".prop_map(|text| Value::Text(text.trim().to_owned())).prop_map(of(text(true))),
        any::<f64>().prop_filter("finite", |it| it.is_finite()).prop_map(Value::Number).prop_map(of(number(false))),
        (-1_000_000_i32..1_000_000).prop_map(|it| Value::Number(f64::from(it))).prop_map(of(number(true))),
        (-10_000_000_000_i64..10_000_000_000).prop_map(Value::Money).prop_map(of(FieldKind::Money)),
        day.prop_map(Value::Date).prop_map(of(FieldKind::Date)),
        (0_i8..24, 0_i8..60)
            .prop_map(|(hour, minute)| Value::Time(time(hour, minute, 0, 0)))
            .prop_map(of(FieldKind::Time)),
        names(&["on-loan", "lost", "here", "cafe"])
            .prop_map(|all| Value::Choice(all[0].clone()))
            .prop_map(of(choices(false))),
        names(&["on-loan", "lost", "here", "cafe"]).prop_map(Value::Choices).prop_map(of(choices(true))),
        any::<bool>().prop_map(Value::YesNo).prop_map(of(FieldKind::YesNo)),
        ids(&[1, 2, 3, 4]).prop_map(|all| Value::Person(PersonId(Uuid::from_u128(all[0])))).prop_map(of(people(false))),
        ids(&[1, 2, 3, 4])
            .prop_map(|all| Value::People(all.into_iter().map(|id| PersonId(Uuid::from_u128(id))).collect()))
            .prop_map(of(people(true))),
        prop::sample::select(Role::ALL.to_vec()).prop_map(Value::Role).prop_map(of(FieldKind::Role)),
        names(&["3A", "5B"])
            .prop_map(|all| Value::Class(all[0].clone()))
            .prop_map(of(FieldKind::Class { many: false })),
        names(&["3A", "5B"]).prop_map(Value::Classes).prop_map(of(FieldKind::Class { many: true })),
        prop::sample::select(years.clone()).prop_map(Value::Year).prop_map(of(FieldKind::Year { many: false })),
        prop::sample::subsequence(years, 1..=5).prop_map(Value::Years).prop_map(of(FieldKind::Year { many: true })),
        ids(&[11, 12, 13]).prop_map(|all| Value::Entry(Uuid::from_u128(all[0]))).prop_map(of(entries(false))),
        ids(&[11, 13])
            .prop_map(|all| Value::Entries(all.into_iter().map(Uuid::from_u128).collect()))
            .prop_map(of(entries(true))),
    ]
}

/// Any field, for any text.
fn any_field() -> impl Strategy<Value = Field> {
    let shipped: Vec<Field> =
        Declarations::shipped().registers().flat_map(|(_, register)| register.fields.clone()).collect();
    prop::sample::select(shipped)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_a_file_has_is_read_back((field, value) in field_and_value()) {
        let written = csv(&value, &field, &School);
        let read = read_field(&field, &written, &School);
        if value == Value::Text(String::new()) {
            prop_assert_eq!(read, Ok(None));
        } else {
            prop_assert_eq!(read, Ok(Some(value.clone())), "{}", written);
            prop_assert!(!show(&value, &field, &School).is_empty());
            sort_key(&value);
        }
    }

    #[test]
    fn nothing_that_is_typed_panics(field in any_field(), typed in prop_oneof![".{0,60}", "[-0-9 /:.,;£pam]{0,16}", "[0-9]{1,2} [0-9]{1,2} [0-9]{2,4}"]) {
        if let Ok(Some(value)) = read_field(&field, &typed, &School) {
            show(&value, &field, &School);
            csv(&value, &field, &School);
            sort_key(&value);
        }
    }

    #[test]
    fn any_two_numbers_sort_by_their_size(one in any::<f64>(), two in any::<f64>()) {
        prop_assume!(one.is_finite() && two.is_finite());
        let (keys, sizes) = ((sort_key(&Value::Number(one)), sort_key(&Value::Number(two))), (one, two));
        prop_assert_eq!(keys.0.cmp(&keys.1), sizes.0.partial_cmp(&sizes.1).unwrap());
    }
}

/// Values of any field of a shipped register, for other tests.
pub(crate) fn any_values(fields: &[Field], seed: &[u32], people: &[PersonId], classes: &[&str]) -> Values {
    let mut values = BTreeMap::new();
    for (nth, field) in fields.iter().enumerate() {
        let number = seed[nth % seed.len()].wrapping_add(u32::try_from(nth).unwrap().wrapping_mul(2_654_435_761));
        if number % 4 == 0 {
            continue;
        }
        let pick = (number / 4) as usize;
        let person = people[pick % people.len()];
        let year = Year::all().nth(pick % 15).unwrap();
        let id = Uuid::from_u128(1_000 + (pick % 20) as u128);
        let class = classes[pick % classes.len()].to_owned();
        let day: Date = date(2026, 11, 23).saturating_add(jiff::Span::new().days(i64::from(number % 1_600) - 1_200));
        let value = match &field.kind {
            FieldKind::Text { .. } | FieldKind::Place | FieldKind::Address | FieldKind::Clause => {
                Value::Text(format!("Text {pick}"))
            }
            FieldKind::Number { .. } => Value::Number(f64::from(number % 100)),
            FieldKind::Money => Value::Money(i64::from(number)),
            FieldKind::Date => Value::Date(day),
            FieldKind::Time => Value::Time(Time::new(i8::try_from(pick % 24).unwrap(), 0, 0, 0).unwrap()),
            FieldKind::Choice { choices, many } => {
                let name = choices[pick % choices.len()].name.clone();
                if *many { Value::Choices(vec![name]) } else { Value::Choice(name) }
            }
            FieldKind::YesNo => Value::YesNo(pick.is_multiple_of(2)),
            FieldKind::Person { many, .. } => {
                if *many {
                    Value::People(vec![person])
                } else {
                    Value::Person(person)
                }
            }
            FieldKind::Role => Value::Role(Role::ALL[pick % Role::ALL.len()]),
            FieldKind::Class { many } => {
                if *many {
                    Value::Classes(vec![class])
                } else {
                    Value::Class(class)
                }
            }
            FieldKind::Year { many } => {
                if *many {
                    Value::Years(vec![year])
                } else {
                    Value::Year(year)
                }
            }
            FieldKind::Entry { many, .. } => {
                if *many {
                    Value::Entries(vec![id])
                } else {
                    Value::Entry(id)
                }
            }
            FieldKind::File { .. } => Value::File { id, name: "paper.pdf".to_owned() },
            FieldKind::Signature => {
                let at = kernel::SchoolTime::parse(&format!("{day} 12:00")).unwrap().timestamp();
                Value::Signature { by: person, name: "A. Name".to_owned(), at }
            }
        };
        values.insert(field.name.as_str().to_owned(), value);
    }
    values
}
