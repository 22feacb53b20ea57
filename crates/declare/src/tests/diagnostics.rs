//! Every kind of message about a declaration, as it is printed. Long, and one file, so that the whole of what a reading
//! can say is read in one go.

use crate::Declarations;

/// A declaration with nothing wrong in it.
const LOANS: &str = r#"title = "Equipment on loan"
says = "keeps a register of what is lent"

[[term]]
name = "days"
takes = "number"
words = "for {} days"
usual = 28

[register]
item = "loan"
items = "loans"
lead = "What the school has lent."
reads = ["staff"]
writes = ["role:network-manager"]
first = "Enter each device that is out on loan today."
entry-title = "{device} to {borrower}"
subject = "borrower"
columns = ["device", "borrower", "due-on", "state"]
sort = "-due-on"

[[field]]
name = "device"
label = "Which device?"
kind = "text"
required = true

[[field]]
name = "borrower"
label = "Who borrows it?"
kind = "person"
who = "staff"

[[field]]
name = "due-on"
label = "When is it due back?"
kind = "date"

[[field]]
name = "condition"
label = "In which condition?"
kind = "choice"
choices = [{ name = "good", label = "Good" }, { name = "broken", label = "Broken" }]
required-if = 'state == "returned"'

[[state]]
name = "out"
label = "Out on loan"
[[state]]
name = "returned"
label = "Returned"
ended = true

[[move]]
name = "return"
label = "Mark as returned"
from = ["out"]
to = "returned"
asks = ["condition"]

[due]
on = 'due-on'
if = 'state == "out"'
what = "Get {device} back"
before = "7 days"

[standing]
cover = { of = "people", who = "staff", field = "borrower" }
wrong = [{ if = 'empty(due-on)', says = "{count} loans have no day.", mend = "Enter the day." }]
fresh = 'due-on + every'
every = "12 months"
kept = "{count} loans; {covered} of {of}."

[attestation]
question = "Is everything that is out recorded?"
by = "role:network-manager"

[notice]
who = "staff"
moments = ["sign-in"]
[[notice.text]]
who = "everyone"
title = "Borrowing"
text = "You may borrow: {clause}"
"#;

/// The register that another one names.
const HARDWARE: &str = r#"title = "Hardware"
says = "keeps an inventory"
[register]
item = "device"
items = "devices"
lead = "All."
reads = "staff"
writes = "staff"
first = "Enter one."
entry-title = "{tag}"
columns = ["tag"]
[[field]]
name = "tag"
label = "Tag"
kind = "text"
[[field]]
name = "holds-personal-data"
label = "Personal data?"
kind = "yes-no"
"#;

/// What is said of a whole file.
fn whole(text: &str) -> String {
    let problems =
        Declarations::load([("assets/hardware.toml", HARDWARE), ("assets/loans.toml", text)]).expect_err(text);
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is said of the declaration with something in it changed, the first time that it stands there.
fn changed(changes: &[(&str, &str)]) -> String {
    whole(&edited(changes))
}

fn edited(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(LOANS.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the declaration");
        text.replacen(from, to, 1)
    })
}

/// Nothing is wrong with the declaration with something in it changed.
#[track_caller]
fn loads(changes: &[(&str, &str)]) {
    let text = edited(changes);
    let loaded = Declarations::load([("assets/hardware.toml", HARDWARE), ("assets/loans.toml", text.as_str())]);
    let problems = loaded.err().unwrap_or_default();
    assert!(problems.is_empty(), "{}", problems.iter().map(ToString::to_string).collect::<String>());
}

#[test]
fn the_declaration_itself_is_fine() {
    let files = [("assets/hardware.toml", HARDWARE), ("assets/loans.toml", LOANS)];
    assert_eq!(Declarations::load(files).unwrap().registers().count(), 2);
}

#[test]
fn messages_about_keys_and_values() {
    // A text that is not TOML.
    insta::assert_snapshot!(changed(&[(r#"item = "loan""#, r#"item = "loan"#)]), @r#"
    error: this is not TOML: invalid basic string, expected `"`
      --> assets/loans.toml:11:13
       |
    11 | item = "loan
       |             ^
    "#);
    // An unknown key.
    insta::assert_snapshot!(changed(&[(r#"lead = "#, r#"laed = "#)]), @r#"
    error: `lead` is missing in `[register]`
      --> assets/loans.toml:10:1
       |
    10 | [register]
       | ^^^^^^^^^^

    error: `[register]` has no key `laed`
      --> assets/loans.toml:13:1
       |
    13 | laed = "What the school has lent."
       | ^^^^
       = help: did you mean `lead`?
    "#);
    // A missing key.
    insta::assert_snapshot!(changed(&[(r#"first = "Enter each device that is out on loan today."
"#, r#""#)]), @r#"
    error: `first` is missing in `[register]`
      --> assets/loans.toml:10:1
       |
    10 | [register]
       | ^^^^^^^^^^
    "#);
    // A value of the wrong type.
    insta::assert_snapshot!(changed(&[(r#"required = true"#, r#"required = "yes""#)]), @r#"
    error: `required` is a text, and `true` or `false` is wanted
      --> assets/loans.toml:26:12
       |
    26 | required = "yes"
       |            ^^^^^
    "#);
    // An empty text.
    insta::assert_snapshot!(changed(&[(r#"label = "Which device?""#, r#"label = " ""#)]), @r#"
    error: `label` is empty
      --> assets/loans.toml:24:9
       |
    24 | label = " "
       |         ^^^
    "#);
    // A name that is none.
    insta::assert_snapshot!(changed(&[(r#"name = "due-on"
label"#, r#"name = "Due on"
label"#)]), @r#"
    error: `Due on` is no name
      --> assets/loans.toml:35:8
       |
    35 | name = "Due on"
       |        ^^^^^^^^
       = help: a name has lower-case letters, digits and hyphens: `lent-on`
    "#);
    // A full stop that other words follow.
    insta::assert_snapshot!(changed(&[(r#"what is lent""#, r#"what is lent.""#)]), @r#"
    error: `says` ends with a full stop
     --> assets/loans.toml:2:8
      |
    2 | says = "keeps a register of what is lent."
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = help: other words follow it: leave the full stop out
    "#);
    // A bad audience.
    insta::assert_snapshot!(changed(&[(r#"reads = ["staff"]"#, r#"reads = ["staf"]"#)]), @r#"
    error: `staf` is not an audience
      --> assets/loans.toml:14:10
       |
    14 | reads = ["staf"]
       |          ^^^^^^
       = help: did you mean `staff`?
    "#);
    // A bad role.
    insta::assert_snapshot!(changed(&[(r#"writes = ["role:network-manager"]"#, r#"writes = "role:network-manger""#)]), @r#"
    error: `role:network-manger` is not a role
      --> assets/loans.toml:15:10
       |
    15 | writes = "role:network-manger"
       |          ^^^^^^^^^^^^^^^^^^^^^
       = help: did you mean `role:network-manager`?
    "#);
    // An audience of nobody.
    insta::assert_snapshot!(changed(&[(r#"reads = ["staff"]"#, r#"reads = []"#)]), @r#"
    error: `reads` names nobody
      --> assets/loans.toml:14:1
       |
    14 | reads = []
       | ^^^^^
    "#);
    // An audience that needs a person.
    let nobody = ("subject = \"borrower\"\n", "");
    insta::assert_snapshot!(changed(&[nobody, (r#"reads = ["staff"]"#, r#"reads = ["parent-of:subject"]"#)]), @r#"
    error: `parent-of:subject` stands in relation to a person, and here there is none
      --> assets/loans.toml:14:10
       |
    14 | reads = ["parent-of:subject"]
       |          ^^^^^^^^^^^^^^^^^^^
       = help: say whom an entry is about: `subject = "…"` in `[register]`
    "#);
    insta::assert_snapshot!(changed(&[(r#"by = "role:network-manager""#, r#"by = "line-manager-of:subject""#)]), @r#"
    error: `line-manager-of:subject` stands in relation to a person, and here there is none
      --> assets/loans.toml:76:6
       |
    76 | by = "line-manager-of:subject"
       |      ^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    // With a subject, those near to it read, write and see.
    let near = (r#"reads = ["staff"]"#, r#"reads = ["staff", "parent-of:subject", "subject"]"#);
    let writes = (r#"writes = ["role:network-manager"]"#, r#"writes = ["class-teacher-of:subject"]"#);
    let private = (
        r#"who = "staff"

[[field]]"#,
        r#"who = "staff"
private = ["line-manager-of:subject"]

[[field]]"#,
    );
    loads(&[near, writes, private]);
    // A bad period.
    insta::assert_snapshot!(changed(&[(r#"before = "7 days""#, r#"before = "soon""#)]), @r#"
    error: `soon` is not a period
      --> assets/loans.toml:65:10
       |
    65 | before = "soon"
       |          ^^^^^^
       = help: write a period such as `90 days`, `1 term` or `yearly`
    "#);
    // Nothing declared.
    insta::assert_snapshot!(whole(r#"title = "Nothing"
says = "does nothing"
"#), @r#"
    error: this declares nothing
     --> assets/loans.toml:1:1
      |
    1 | title = "Nothing"
      | ^
      = help: add a `[register]`, an `[attestation]` or a `[notice]`
    "#);
    // Fields without a register.
    insta::assert_snapshot!(whole(r#"title = "Fields"
says = "has fields"
[[field]]
name = "device"
label = "Device"
kind = "text"
[attestation]
question = "Is it so?"
by = "staff"
"#), @r#"
    error: `field` stands in a declaration without a register
     --> assets/loans.toml:3:3
      |
    3 | [[field]]
      |   ^^^^^
      = help: add a `[register]`
    "#);
}

#[test]
fn messages_about_fields() {
    // A bad kind.
    insta::assert_snapshot!(changed(&[(r#"kind = "date""#, r#"kind = "data""#)]), @r#"
    error: `data` is no kind of field
      --> assets/loans.toml:37:8
       |
    37 | kind = "data"
       |        ^^^^^^
       = help: did you mean `date`?
    "#);
    // Two fields of a name.
    insta::assert_snapshot!(changed(&[(r#"name = "condition""#, r#"name = "device""#), (r#"required-if = 'state == "returned"'
"#, r#""#), (r#"asks = ["condition"]"#, r#"asks = ["device"]"#)]), @r#"
    error: two fields are called `device`
      --> assets/loans.toml:40:8
       |
    40 | name = "device"
       |        ^^^^^^^^
    "#);
    // A field named like something else.
    insta::assert_snapshot!(changed(&[(r#"name = "condition""#, r#"name = "entered""#), (r#"asks = ["condition"]"#, r#""#)]), @r#"
    error: `entered` means something already
      --> assets/loans.toml:40:8
       |
    40 | name = "entered"
       |        ^^^^^^^^^
       = help: give the field another name
    "#);
    // Required always and sometimes.
    insta::assert_snapshot!(changed(&[(r#"required-if = 'state"#, r#"required = true
required-if = 'state"#)]), @r#"
    error: a field is required always or under a condition, not both
      --> assets/loans.toml:45:1
       |
    45 | required-if = 'state == "returned"'
       | ^^^^^^^^^^^
       = help: leave one of the two out
    "#);
    // No choices.
    insta::assert_snapshot!(changed(&[(r#"choices = [{ name = "good", label = "Good" }, { name = "broken", label = "Broken" }]
"#, r#""#)]), @r#"
    error: `choices` is missing in `[[field]]`
      --> assets/loans.toml:39:1
       |
    39 | [[field]]
       | ^^^^^^^^^
    "#);
    // An empty list of choices.
    insta::assert_snapshot!(changed(&[(r#"choices = [{ name = "good", label = "Good" }, { name = "broken", label = "Broken" }]"#, r#"choices = []"#)]), @r#"
    error: there is nothing to choose from
      --> assets/loans.toml:43:1
       |
    43 | choices = []
       | ^^^^^^^
    "#);
    // A choice twice.
    insta::assert_snapshot!(changed(&[(r#"name = "broken""#, r#"name = "good""#)]), @r#"
    error: the choice `good` is there twice
      --> assets/loans.toml:43:56
       |
    43 | choices = [{ name = "good", label = "Good" }, { name = "good", label = "Broken" }]
       |                                                        ^^^^^^
    "#);
    // Two choices that are called the same.
    insta::assert_snapshot!(changed(&[(r#"label = "Broken""#, r#"label = "good""#)]), @r#"
    error: two choices are called “good”
      --> assets/loans.toml:43:74
       |
    43 | choices = [{ name = "good", label = "Good" }, { name = "broken", label = "good" }]
       |                                                                          ^^^^^^
    "#);
    // A key of another kind.
    insta::assert_snapshot!(changed(&[(r#"kind = "date""#, r#"kind = "date"
longest = 20"#)]), @r#"
    error: `longest` is not for a field of kind `date`
      --> assets/loans.toml:38:1
       |
    38 | longest = 20
       | ^^^^^^^
       = help: only fields of kind `text` or `lines` have it
    "#);
    // A register that is not there.
    insta::assert_snapshot!(changed(&[(r#"kind = "date""#, r#"kind = "entry"
of = "assets.hardwear""#), (r#"on = 'due-on'"#, r#"on = 'entered'"#), (r#"fresh = 'due-on + every'
"#, r#""#)]), @r#"
    error: there is no register `assets.hardwear`
      --> assets/loans.toml:38:6
       |
    38 | of = "assets.hardwear"
       |      ^^^^^^^^^^^^^^^^^
       = help: did you mean `assets.hardware`?
    "#);
    // More than the most.
    insta::assert_snapshot!(changed(&[(r#"kind = "date""#, r#"kind = "number"
least = 5
most = 3"#), (r#"on = 'due-on'"#, r#"on = 'entered'"#), (r#"fresh = 'due-on + every'
"#, r#""#)]), @r#"
    error: `most` is less than `least`
      --> assets/loans.toml:39:8
       |
    39 | most = 3
       |        ^
    "#);
    // A field that starts with no choice.
    insta::assert_snapshot!(changed(&[(r#"required-if = 'state"#, r#"start = "god"
required-if = 'state"#)]), @r#"
    error: there is no choice `god`
      --> assets/loans.toml:44:9
       |
    44 | start = "god"
       |         ^^^^^
       = help: did you mean `good`?
    "#);
    // A date that starts with a text.
    insta::assert_snapshot!(changed(&[(r#"kind = "date""#, r#"kind = "date"
start = "tomorrow""#)]), @r#"
    error: a date starts as `today`, or as a day
      --> assets/loans.toml:38:9
       |
    38 | start = "tomorrow"
       |         ^^^^^^^^^^
    "#);
    // A length that is too long.
    insta::assert_snapshot!(changed(&[(r#"required = true"#, r#"longest = 5000"#)]), @r#"
    error: `longest` is a whole number from 1 to 2000
      --> assets/loans.toml:26:11
       |
    26 | longest = 5000
       |           ^^^^
    "#);
}

#[test]
fn messages_about_registers() {
    // An unknown column.
    insta::assert_snapshot!(changed(&[(r#"columns = ["device", "borrower""#, r#"columns = ["device", "borower""#)]), @r#"
    error: there is no field `borower`
      --> assets/loans.toml:19:22
       |
    19 | columns = ["device", "borower", "due-on", "state"]
       |                      ^^^^^^^^^
       = help: did you mean `borrower`?
    "#);
    // An unknown sort.
    insta::assert_snapshot!(changed(&[(r#"sort = "-due-on""#, r#"sort = "-due""#), (r#"[due]
on = 'due-on'
if = 'state == "out"'
what = "Get {device} back"
before = "7 days"
"#, r#""#)]), @r#"
    error: there is no field `due`
      --> assets/loans.toml:20:8
       |
    20 | sort = "-due"
       |        ^^^^^^
    "#);
    // A subject that is no person.
    insta::assert_snapshot!(changed(&[(r#"subject = "borrower""#, r#"subject = "device""#)]), @r#"
    error: `device` is no person
      --> assets/loans.toml:18:11
       |
    18 | subject = "device"
       |           ^^^^^^^^
       = help: an entry is about one person: name a field of kind `person`
    "#);
    // An unknown place in a title.
    insta::assert_snapshot!(changed(&[(r#"{device} to"#, r#"{devise} to"#)]), @r#"
    error: there is nothing to put in place of `{devise}`
      --> assets/loans.toml:17:16
       |
    17 | entry-title = "{devise} to {borrower}"
       |                ^^^^^^^^
       = help: did you mean `device`?
    "#);
    // Titles that everybody may see, with a place for a person.
    insta::assert_snapshot!(changed(&[("subject = ", "open-titles = true\nsubject = ")]), @r#"
    error: `{borrower}` may name a person, and the titles are open
      --> assets/loans.toml:17:15
       |
    17 | entry-title = "{device} to {borrower}"
       |               ^^^^^^^^^^^^^^^^^^^^^^^^
       = help: leave out `open-titles`, or the place
    "#);
    // A place without an end.
    insta::assert_snapshot!(changed(&[(r#"{device} to"#, r#"{device to"#)]), @r#"
    error: this brace belongs to no place
      --> assets/loans.toml:17:16
       |
    17 | entry-title = "{device to {borrower}"
       |                ^
       = help: a place is written as {name}
    "#);
    // A move to an unknown state.
    insta::assert_snapshot!(changed(&[(r#"to = "returned""#, r#"to = "returnd""#)]), @r#"
    error: there is no state `returnd`
      --> assets/loans.toml:58:6
       |
    58 | to = "returnd"
       |      ^^^^^^^^^
       = help: did you mean `returned`?
    "#);
    // A move from an unknown state.
    insta::assert_snapshot!(changed(&[(r#"from = ["out"]"#, r#"from = ["lent"]"#)]), @r#"
    error: there is no state `lent`
      --> assets/loans.toml:57:9
       |
    57 | from = ["lent"]
       |         ^^^^^^
       = help: write one of `out` or `returned`
    "#);
    // A state that no move reaches.
    insta::assert_snapshot!(changed(&[(r#"ended = true"#, r#"ended = true
[[state]]
name = "lost"
label = "Lost""#)]), @r#"
    error: no entry can come to the state `lost`
      --> assets/loans.toml:54:8
       |
    54 | name = "lost"
       |        ^^^^^^
       = help: add a `[[move]]` with `to = "lost"`
    "#);
    // Left to a step, and no step asks for it.
    insta::assert_snapshot!(changed(&[(r#"kind = "date""#, "kind = \"date\"\nlater = true")]), @r#"
    error: no step asks for `due-on`
      --> assets/loans.toml:38:1
       |
    38 | later = true
       | ^^^^^
       = help: leave it out, or name the field in `asks` of a `[[move]]`
    "#);
    loads(&[(r#"kind = "choice""#, "kind = \"choice\"\nlater = false")]);
    // A state that another register sets needs no move, but the register has a name.
    loads(&[(
        r#"ended = true"#,
        r#"ended = true
[[state]]
name = "lost"
label = "Lost"
set-by = "assets.losses""#,
    )]);
    insta::assert_snapshot!(changed(&[(r#"ended = true"#, r#"ended = true
[[state]]
name = "lost"
label = "Lost"
set-by = "losses""#)]), @r#"
    error: `losses` is no register
      --> assets/loans.toml:56:10
       |
    56 | set-by = "losses"
       |          ^^^^^^^^
       = help: name a register, as `set-by = "assets.loans"`
    "#);
    // Two states of a name.
    insta::assert_snapshot!(changed(&[(r#"name = "returned"
label = "Returned"
ended = true"#, r#"name = "out"
label = "Out""#), (r#"to = "returned""#, r#"to = "out""#), (r#"required-if = 'state == "returned"'
"#, r#""#)]), @r#"
    error: two states are called `out`
      --> assets/loans.toml:49:8
       |
    49 | name = "out"
       |        ^^^^^
    "#);
    // An unknown field that a move asks for.
    insta::assert_snapshot!(changed(&[(r#"asks = ["condition"]"#, r#"asks = ["condition", "retuned-on"]"#)]), @r#"
    error: there is no field `retuned-on`
      --> assets/loans.toml:59:22
       |
    59 | asks = ["condition", "retuned-on"]
       |                      ^^^^^^^^^^^^
    "#);
    // An unknown field in an expression.
    insta::assert_snapshot!(changed(&[(r#"on = 'due-on'"#, r#"on = 'dueon'"#)]), @r#"
    error: there is no field `dueon`
      --> assets/loans.toml:62:7
       |
    62 | on = 'dueon'
       |       ^^^^^
       = help: did you mean `due-on`?
    "#);
    // A date expression that is no date.
    insta::assert_snapshot!(changed(&[(r#"on = 'due-on'"#, r#"on = 'due-on - today'"#)]), @r#"
    error: this is a number, and a date is wanted
      --> assets/loans.toml:62:7
       |
    62 | on = 'due-on - today'
       |       ^^^^^^^^^^^^^^
       = help: name a field of kind `date`, or count from one: `done-on + months(12)`
    "#);
    // A condition that is none.
    insta::assert_snapshot!(changed(&[(r#"if = 'state == "out"'"#, r#"if = 'state'"#)]), @r#"
    error: this is a state, and a condition is wanted
      --> assets/loans.toml:63:7
       |
    63 | if = 'state'
       |       ^^^^^
       = help: compare it with something, or ask `filled(…)` or `empty(…)`
    "#);
    // An unknown state in a condition.
    insta::assert_snapshot!(changed(&[(r#"required-if = 'state == "returned"'"#, r#"required-if = 'state == "retuned"'"#)]), @r#"
    error: there is no state `retuned`
      --> assets/loans.toml:44:25
       |
    44 | required-if = 'state == "retuned"'
       |                         ^^^^^^^^^
       = help: did you mean `returned`?
    "#);
    // A child's name among what is due.
    insta::assert_snapshot!(changed(&[(r#"who = "staff"

[[field]]"#, r#"who = "pupils"

[[field]]"#), (r#"what = "Get {device} back""#, r#"what = "Get it back from {borrower}""#)]), @r#"
    error: `{borrower}` may be a child
      --> assets/loans.toml:64:8
       |
    64 | what = "Get it back from {borrower}"
       |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = help: what is due stands in calendars, where no child is named
    "#);
}

#[test]
fn messages_about_standings() {
    // A cover of the wrong kind.
    insta::assert_snapshot!(changed(&[(r#"field = "borrower" }"#, r#"field = "device" }"#)]), @r#"
    error: `device` does not say what is covered
      --> assets/loans.toml:68:49
       |
    68 | cover = { of = "people", who = "staff", field = "device" }
       |                                                 ^^^^^^^^
       = help: name a field of kind `person` or `people`
    "#);
    // A cover of nothing known.
    insta::assert_snapshot!(changed(&[(r#"of = "people", who"#, r#"of = "persons", who"#)]), @r#"
    error: `persons` is nothing that `of` can be
      --> assets/loans.toml:68:16
       |
    68 | cover = { of = "persons", who = "staff", field = "borrower" }
       |                ^^^^^^^^^
       = help: write one of `people`, `classes`, `years` or `entries`
    "#);
    // A cover of an unknown register.
    insta::assert_snapshot!(changed(&[(r#"{ of = "people", who = "staff", field = "borrower" }"#, r#"{ of = "entries", register = "assets.hardwear", field = "device" }"#)]), @r#"
    error: there is no register `assets.hardwear`
      --> assets/loans.toml:68:38
       |
    68 | cover = { of = "entries", register = "assets.hardwear", field = "device" }
       |                                      ^^^^^^^^^^^^^^^^^
       = help: did you mean `assets.hardware`?
    "#);
    // A condition about another register.
    insta::assert_snapshot!(changed(&[(r#"{ of = "people", who = "staff", field = "borrower" }"#, r#"{ of = "entries", register = "assets.hardware", if = 'holds-data', field = "thing" }"#), (r#"kind = "date""#, r#"kind = "date"

[[field]]
name = "thing"
label = "Thing"
kind = "entry"
of = "assets.hardware""#)]), @r#"
    error: there is no field `holds-data`
      --> assets/loans.toml:74:63
       |
    74 | cover = { of = "entries", register = "assets.hardware", if = 'holds-data', field = "thing" }
       |                                                               ^^^^^^^^^^
    "#);
    // Every without a value.
    insta::assert_snapshot!(changed(&[(r#"every = "12 months"
"#, r#""#)]), @r#"
    error: `every` has no value where a clause gives none
      --> assets/loans.toml:67:1
       |
    67 | [standing]
       | ^^^^^^^^^^
       = help: add `every = "12 months"` to `[standing]`
    "#);
    // A place that only a cover fills.
    insta::assert_snapshot!(changed(&[(r#"cover = { of = "people", who = "staff", field = "borrower" }
"#, r#""#)]), @r#"
    error: there is nothing to put in place of `{covered}`
      --> assets/loans.toml:71:24
       |
    71 | kept = "{count} loans; {covered} of {of}."
       |                        ^^^^^^^^^
       = help: write one of `count`, `term.days`, `open`, `ended`, `latest` or `latest.due-on`
    "#);
    // Overdue where nothing falls due.
    insta::assert_snapshot!(changed(&[(r#"[due]
on = 'due-on'
if = 'state == "out"'
what = "Get {device} back"
before = "7 days"
"#, r#""#), (r#"every = "12 months""#, r#"every = "12 months"
overdue = "shown""#)]), @r#"
    error: nothing falls due in this register
      --> assets/loans.toml:67:1
       |
    67 | overdue = "shown"
       | ^^^^^^^
       = help: add a `[due]`, or leave it out
    "#);
    // A rule without words.
    insta::assert_snapshot!(changed(&[(r#"says = "{count} loans have no day.", "#, r#""#)]), @r#"
    error: `says` is missing in a rule of `wrong`
      --> assets/loans.toml:69:10
       |
    69 | wrong = [{ if = 'empty(due-on)', mend = "Enter the day." }]
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn messages_about_terms_attestations_and_notices() {
    // A common term.
    insta::assert_snapshot!(changed(&[(r#"name = "days""#, r#"name = "every""#)]), @r#"
    error: `every` is a common term
     --> assets/loans.toml:5:8
      |
    5 | name = "every"
      |        ^^^^^^^
      = help: every control has it; leave it out here
    "#);
    // A usual value of the wrong type.
    insta::assert_snapshot!(changed(&[(r#"usual = 28"#, r#"usual = "28""#)]), @r#"
    error: the usual value is not what the term takes: a whole number that is not negative
     --> assets/loans.toml:8:9
      |
    8 | usual = "28"
      |         ^^^^
    "#);
    // Words without a place.
    insta::assert_snapshot!(changed(&[(r#"words = "for {} days""#, r#"words = "for some days""#)]), @r#"
    error: these words have no place for the value
     --> assets/loans.toml:7:9
      |
    7 | words = "for some days"
      |         ^^^^^^^^^^^^^^^
      = help: write `{}` where the value stands: "kept for {} days"
    "#);
    // A type that is none.
    insta::assert_snapshot!(changed(&[(r#"takes = "number""#, r#"takes = "numbers""#)]), @r#"
    error: `numbers` is nothing that `takes` can be
     --> assets/loans.toml:6:9
      |
    6 | takes = "numbers"
      |         ^^^^^^^^^
      = help: did you mean `number`?
    "#);
    // A question that is none.
    insta::assert_snapshot!(changed(&[(r#"is out recorded?"#, r#"is out recorded."#)]), @r#"
    error: the question does not end with a question mark
      --> assets/loans.toml:75:12
       |
    75 | question = "Is everything that is out recorded."
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = help: ask so that yes means that the clause is kept
    "#);
    // An unknown moment.
    insta::assert_snapshot!(changed(&[(r#"moments = ["sign-in"]"#, r#"moments = ["signin"]"#)]), @r#"
    error: `signin` is nothing that `moments` can be
      --> assets/loans.toml:80:12
       |
    80 | moments = ["signin"]
       |            ^^^^^^^^
       = help: did you mean `sign-in`?
    "#);
    // No moment.
    insta::assert_snapshot!(changed(&[(r#"moments = ["sign-in"]"#, r#"moments = []"#)]), @r#"
    error: `moments` names no moment
      --> assets/loans.toml:80:1
       |
    80 | moments = []
       | ^^^^^^^
    "#);
    // No text.
    insta::assert_snapshot!(changed(&[(r#"[[notice.text]]
who = "everyone"
title = "Borrowing"
text = "You may borrow: {clause}"
"#, r#""#)]), @r#"
    error: the notice has no text
      --> assets/loans.toml:78:1
       |
    78 | [notice]
       | ^^^^^^^^
       = help: add a `[[notice.text]]` with `who`, `title` and `text`
    "#);
    // An unknown place in a notice.
    insta::assert_snapshot!(changed(&[(r#"{clause}"#, r#"{claus}"#)]), @r#"
    error: there is nothing to put in place of `{claus}`
      --> assets/loans.toml:84:25
       |
    84 | text = "You may borrow: {claus}"
       |                         ^^^^^^^
       = help: did you mean `clause`?
    "#);
}
