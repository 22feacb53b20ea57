//! Every error and warning as a person sees it. Long, and one file, so that the whole of what a check can say is read
//! in one go.

use super::*;
use crate::Code;

/// The errors of a policy with this body.
#[track_caller]
fn body(text: &str) -> String {
    errors(&with_front(text))
}

/// Errors and warnings of a policy with this body.
fn all(text: &str) -> String {
    said(&with_front(text))
}

#[test]
fn the_example_has_warnings_only() {
    insta::assert_snapshot!(said(&example()), @r#"
    warning[no-label]: clause 4.2.2 has no label
      --> policy.md:25:32
       |
    25 | … The same holds for the MIS. `access.password-age { who = "staff", system = "mis", every = "90 days"…
       |                                ^^^^^^^^^^^^^^^^^^^ no label
       = help: `gatehouse policy label` writes one; it stays when numbers change

    warning[no-label]: clause 4.2.3 has no label
      --> policy.md:26:53
       |
    26 | - From Year 3 pupils have a password of their own. `access.password-by-age { own-from = "year-3" }`
       |                                                     ^^^^^^^^^^^^^^^^^^^^^^ no label
       = help: `gatehouse policy label` writes one; it stays when numbers change

    warning[not-built]: `filter.change-log` is not built yet
      --> policy.md:28:8
       |
    28 |   `fc: filter.change-log` `filter.management-status { by = ["network-manager", "online-safety-lead"]…
       |        ^^^^^^^^^^^^^^^^^ listed, but not kept

    warning[not-built]: `filter.management-status` is not built yet
      --> policy.md:28:28
       |
    28 |   `fc: filter.change-log` `filter.management-status { by = ["network-manager", "online-safety-lead"]…
       |                            ^^^^^^^^^^^^^^^^^^^^^^^^ listed, but not kept

    warning[unbound]: this list item asks for nothing
      --> policy.md:29:1
       |
    29 | - These follow [national advice](https://advice.example/).
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ neither a binding nor context
       = help: bind it to a control, or mark it as background: `context` at its end

    warning[not-built]: `filter.safe-search` is not built yet
      --> policy.md:44:47
       |
    44 | | Video calls   | yes   | with a teacher   | `filter.safe-search`  |
       |                                               ^^^^^^^^^^^^^^^^^^ listed, but not kept

    warning[no-label]: clause 4.3.4 has no label
      --> policy.md:44:47
       |
    44 | | Video calls   | yes   | with a teacher   | `filter.safe-search`  |
       |                                               ^^^^^^^^^^^^^^^^^^ no label
       = help: `gatehouse policy label` writes one; it stays when numbers change

    warning[not-built]: `incident.report` is not built yet
      --> agreements/staff.md:11:44
       |
    11 | - I report what worries me. `agree-report: incident.report { who = "staff" }`
       |                                            ^^^^^^^^^^^^^^^ listed, but not kept
    "#);
}

#[test]
fn an_unknown_control() {
    insta::assert_snapshot!(body("Search is safe. `safe: filter.safesearch`\n"), @r#"
    error[unknown-control]: there is no control `filter.safesearch`
      --> policy.md:18:24
       |
    18 | Search is safe. `safe: filter.safesearch`
       |                        ^^^^^^^^^^^^^^^^^ not a control
       = help: did you mean `filter.safe-search`?
    "#);
    insta::assert_snapshot!(body("Search is safe. `safe: access.safe-search { evry = \"1 term\" }`\n"), @r#"
    error[unknown-control]: there is no control `access.safe-search`
      --> policy.md:18:24
       |
    18 | Search is safe. `safe: access.safe-search { evry = "1 term" }`
       |                        ^^^^^^^^^^^^^^^^^^ not a control
       = help: did you mean `filter.safe-search`?
    "#);
    insta::assert_snapshot!(body("Search is safe. `safe: filter.something-else`\n"), @r#"
    error[unknown-control]: there is no control `filter.something-else`
      --> policy.md:18:24
       |
    18 | Search is safe. `safe: filter.something-else`
       |                        ^^^^^^^^^^^^^^^^^^^^^ not a control
       = help: `filter` has `filter.categories`, `filter.change-log`, `filter.management-status` or `filter.safe-search`
    "#);
    insta::assert_snapshot!(body("Our site is `school.example`\n"), @r#"
    error[unknown-control]: there is no control `school.example`
      --> policy.md:18:14
       |
    18 | Our site is `school.example`
       |              ^^^^^^^^^^^^^^ not a control
       = help: there is no module `school`; if this is no binding, let words follow it
    "#);
}

#[test]
fn an_unknown_term() {
    insta::assert_snapshot!(body("Ten signs. `pw: access.password-strength { lenght = 10, length = 10 }`\n"), @r#"
    error[unknown-term]: `access.password-strength` has no term `lenght`
      --> policy.md:18:44
       |
    18 | Ten signs. `pw: access.password-strength { lenght = 10, length = 10 }`
       |                                            ^^^^^^ not known
       = help: did you mean `length`?
    "#);
    insta::assert_snapshot!(body("Every 90 days. `pw: access.password-age { evrey = \"90 days\", every = \"90 days\" }`\n"), @r#"
    error[unknown-term]: `access.password-age` has no term `evrey`
      --> policy.md:18:43
       |
    18 | Every 90 days. `pw: access.password-age { evrey = "90 days", every = "90 days" }`
       |                                           ^^^^^ not known
       = help: did you mean `every`?
    "#);
    insta::assert_snapshot!(body("Nothing. `pw: access.password-age { colour = 1, every = \"90 days\" }`\n"), @r#"
    error[unknown-term]: `access.password-age` has no term `colour`
      --> policy.md:18:37
       |
    18 | Nothing. `pw: access.password-age { colour = 1, every = "90 days" }`
       |                                     ^^^^^^ not known
       = help: it has no terms of its own, only the common ones
    "#);
    insta::assert_snapshot!(all("Each term. `x: incident.report { evry = \"1 term\" }`\n"), @r#"
    warning[not-built]: `incident.report` is not built yet
      --> policy.md:18:16
       |
    18 | Each term. `x: incident.report { evry = "1 term" }`
       |                ^^^^^^^^^^^^^^^ listed, but not kept

    warning[like-common]: `evry` is not a common term
      --> policy.md:18:34
       |
    18 | Each term. `x: incident.report { evry = "1 term" }`
       |                                  ^^^^ taken as a term of its own
       = help: did you mean `every`?
    "#);
}

#[test]
fn a_bad_term() {
    insta::assert_snapshot!(body("Ten. `pw: access.password-strength { length = \"ten\" }`\n"), @r#"
    error[bad-term]: this is the text "ten", but a whole number, zero or more belongs here
      --> policy.md:18:47
       |
    18 | Ten. `pw: access.password-strength { length = "ten" }`
       |                                               ^^^^^ here
    "#);
    insta::assert_snapshot!(body("Ten. `pw: access.password-strength { length = 10, must-have = [\"digit\", \"capitl\"] }`\n"), @r#"
    error[bad-term]: `capitl` is not one of the words that this term knows
      --> policy.md:18:73
       |
    18 | Ten. `pw: access.password-strength { length = 10, must-have = ["digit", "capitl"] }`
       |                                                                         ^^^^^^^^ here
       = help: did you mean `capital`?
    "#);
    insta::assert_snapshot!(body("Ten. `pw: access.password-strength { length = -1 }`\n"), @r#"
    error[bad-term]: the number -1 does not fit here, where a whole number, zero or more belongs
      --> policy.md:18:47
       |
    18 | Ten. `pw: access.password-strength { length = -1 }`
       |                                               ^^ here
    "#);
    insta::assert_snapshot!(body("Ten. `pw: access.password-strength`\n"), @r#"
    error[bad-term]: the term `length` is missing
      --> policy.md:18:11
       |
    18 | Ten. `pw: access.password-strength`
       |           ^^^^^^^^^^^^^^^^^^^^^^^^ here
    "#);
    insta::assert_snapshot!(body("Often. `pw: access.password-age { who = \"staff\" }`\n"), @r#"
    error[bad-term]: this does not say how often
      --> policy.md:18:13
       |
    18 | Often. `pw: access.password-age { who = "staff" }`
       |             ^^^^^^^^^^^^^^^^^^^ here
       = help: add `every = "90 days"`
    "#);
    insta::assert_snapshot!(body("Own. `pw: access.password-by-age { own-from = \"3\" }`\n"), @r#"
    error[bad-term]: `3` is not a year such as `reception` or `year-3`
      --> policy.md:18:47
       |
    18 | Own. `pw: access.password-by-age { own-from = "3" }`
       |                                               ^^^ here
    "#);
    insta::assert_snapshot!(body("Often. `pw: access.password-age { every = \"sometimes\" }`\n"), @r#"
    error[bad-term]: `sometimes` is not a period such as `90 days`, `1 term` or `yearly`
      --> policy.md:18:43
       |
    18 | Often. `pw: access.password-age { every = "sometimes" }`
       |                                           ^^^^^^^^^^^ here
    "#);
    insta::assert_snapshot!(body("Often. `x: incident.report { every = 90, may = \"yes\", from = \"2026-09-01\", within = \"soon\" }`\n"), @r#"
    error[bad-term]: `every`: this is a number, but a text in quotes belongs here
      --> policy.md:18:38
       |
    18 | Often. `x: incident.report { every = 90, may = "yes", from = "2026-09-01", within = "soon" }`
       |                                      ^^ here

    error[bad-term]: `may`: this is the text "yes", but `true` or `false` belongs here
      --> policy.md:18:48
       |
    18 | Often. `x: incident.report { every = 90, may = "yes", from = "2026-09-01", within = "soon" }`
       |                                                ^^^^^ here

    error[bad-term]: `soon` is not a time such as `15 minutes`, `same school day` or `1 month`
      --> policy.md:18:85
       |
    18 | Often. `x: incident.report { every = 90, may = "yes", from = "2026-09-01", within = "soon" }`
       |                                                                                     ^^^^^^ here
    "#);
    insta::assert_snapshot!(body("Lunch. `x: incident.report { when = { none = [\"lunch\"] }, where = \"scool\", unless = \"On Sundays\" }`\n"), @r#"
    error[bad-term]: this is no condition
      --> policy.md:18:37
       |
    18 | Lunch. `x: incident.report { when = { none = ["lunch"] }, where = "scool", unless = "On Sundays" }`
       |                                     ^^^^^^^^^^^^^^^^^^^^ here
       = help: write a text, a list of texts of which any counts, `{ any = […] }` or `{ all = […] }`

    error[bad-term]: `scool` is not a place: `school`, `home`, `trip`, `exam-room` or `network:NAME`
      --> policy.md:18:67
       |
    18 | Lunch. `x: incident.report { when = { none = ["lunch"] }, where = "scool", unless = "On Sundays" }`
       |                                                                   ^^^^^^^ here
       = help: did you mean `school`?

    error[bad-term]: `On Sundays` is not a circumstance
      --> policy.md:18:85
       |
    18 | Lunch. `x: incident.report { when = { none = ["lunch"] }, where = "scool", unless = "On Sundays" }`
       |                                                                                     ^^^^^^^^^^^^ here
       = help: write a word such as `permission`, or a control that allows it such as `policy.permits`
    "#);
    insta::assert_snapshot!(body("Now. `x: incident.report { at = 09:00:00 }`\n"), @r#"
    error[terms-form]: a date is written as 2026-09-01, without a time
      --> policy.md:18:33
       |
    18 | Now. `x: incident.report { at = 09:00:00 }`
       |                                 ^^^^^^^^ here
    "#);
}

#[test]
fn a_bad_audience() {
    insta::assert_snapshot!(body("All. `x: incident.report { who = \"pupil\" }`\n"), @r#"
    error[bad-term]: `pupil` is not an audience
      --> policy.md:18:34
       |
    18 | All. `x: incident.report { who = "pupil" }`
       |                                  ^^^^^^^ not known
       = help: did you mean `pupils`?
    "#);
    insta::assert_snapshot!(body("All. `x: incident.report { who = \"headteacher\" }`\n"), @r#"
    error[bad-term]: `headteacher` is not an audience
      --> policy.md:18:34
       |
    18 | All. `x: incident.report { who = "headteacher" }`
       |                                  ^^^^^^^^^^^^^ not known
       = help: a role is written `role:headteacher` here
    "#);
    insta::assert_snapshot!(body("All. `x: incident.report { by = \"Online Safety Lead\" }`\n"), @r#"
    error[bad-term]: `Online Safety Lead` is not an audience
      --> policy.md:18:33
       |
    18 | All. `x: incident.report { by = "Online Safety Lead" }`
       |                                 ^^^^^^^^^^^^^^^^^^^^ not known
       = help: the role with this title is written `online-safety-lead`
    "#);
    insta::assert_snapshot!(body("All. `x: incident.report { who = [] }`\n"), @r#"
    error[bad-term]: `who` names nobody
      --> policy.md:18:34
       |
    18 | All. `x: incident.report { who = [] }`
       |                                  ^^ empty
    "#);
    insta::assert_snapshot!(body("All. `x: incident.report { except = [\"teh-head\", 3] }`\n"), @r#"
    error[bad-term]: `teh-head` is neither people, a place nor a site
      --> policy.md:18:38
       |
    18 | All. `x: incident.report { except = ["teh-head", 3] }`
       |                                      ^^^^^^^^^^ not known
       = help: write `everyone`, `staff`, `pupils`, `governors`, `parents`, `guests`, `ks1`, `year-3..year-6`, `class:5B`, `role:headteacher` or `group:NAME`

    error[bad-term]: `except`: this is a number, but a text in quotes belongs here
      --> policy.md:18:50
       |
    18 | All. `x: incident.report { except = ["teh-head", 3] }`
       |                                                  ^ here
    "#);
}

#[test]
fn nobody_is_left() {
    insta::assert_snapshot!(body("All. `x: incident.report { who = \"role:headmaster\" }`\n"), @r#"
    error[nobody]: there is no role `headmaster`, so nobody can hold it
      --> policy.md:18:34
       |
    18 | All. `x: incident.report { who = "role:headmaster" }`
       |                                  ^^^^^^^^^^^^^^^^^ not known
       = help: did you mean `headteacher`?
    "#);
    insta::assert_snapshot!(body("All. `x: incident.report { who = \"year-3..year-4\", except = \"pupils\" }`\n"), @r#"
    error[nobody]: the exceptions take away everybody whom this binds
      --> policy.md:18:61
       |
    18 | All. `x: incident.report { who = "year-3..year-4", except = "pupils" }`
       |                                                             ^^^^^^^^ leaves nobody
       = help: except fewer people, or leave the binding out
    "#);
}

#[test]
fn unknown_names() {
    insta::assert_snapshot!(body("At lunch. `x: incident.report { when = \"lunhc\" }`\n"), @r#"
    error[unknown-time]: neither `[times]` nor `[terms]` has `lunhc`
      --> policy.md:18:40
       |
    18 | At lunch. `x: incident.report { when = "lunhc" }`
       |                                        ^^^^^^^ not known
       = help: did you mean `lunch`?
    "#);
    insta::assert_snapshot!(body("In the MIS. `x: incident.report { system = \"miss\" }`\n"), @r#"
    error[unknown-system]: `[systems]` has no `miss`
      --> policy.md:18:44
       |
    18 | In the MIS. `x: incident.report { system = "miss" }`
       |                                            ^^^^^^ not known
       = help: did you mean `mis`?
    "#);
    insta::assert_snapshot!(body("On it. `x: incident.report { where = \"network:guests\" }`\n"), @r#"
    error[unknown-network]: `[networks]` has no `guests`
      --> policy.md:18:38
       |
    18 | On it. `x: incident.report { where = "network:guests" }`
       |                                      ^^^^^^^^^^^^^^^^ not known
       = help: did you mean `guest`?
    "#);
    insta::assert_snapshot!(body("One. `first: incident.report`\n\nTwo. `second: incident.report { after = \"frist\" }`\n"), @r#"
    error[unknown-label]: no clause has the label `frist`
      --> policy.md:20:41
       |
    20 | Two. `second: incident.report { after = "frist" }`
       |                                         ^^^^^^^ not known
       = help: did you mean `first`?
    "#);
    insta::assert_snapshot!(body("One. `x: incident.report { unless = \"policy.permit\" }`\n"), @r#"
    error[unknown-control]: there is no control `policy.permit`
      --> policy.md:18:37
       |
    18 | One. `x: incident.report { unless = "policy.permit" }`
       |                                     ^^^^^^^^^^^^^^^ not a control
       = help: did you mean `policy.permits`?
    "#);
}

#[test]
fn a_circle() {
    insta::assert_snapshot!(body("One. `a: incident.report { after = \"b\" }`\n\nTwo. `b: incident.report { after = \"a\" }`\n"), @r#"
    error[circle]: `a` comes after `b`, which comes after `a`
      --> policy.md:18:36
       |
    18 | One. `a: incident.report { after = "b" }`
       |                                    ^^^ a circle
       = help: take one `after` away

    error[circle]: `b` comes after `a`, which comes after `b`
      --> policy.md:20:36
       |
    20 | Two. `b: incident.report { after = "a" }`
       |                                    ^^^ a circle
       = help: take one `after` away
    "#);
}

#[test]
fn labels() {
    insta::assert_snapshot!(body("One. `a: incident.report`\n\nTwo. `a: incident.report`\n"), @r#"
    error[duplicate-label]: two clauses have the label `a`
      --> policy.md:20:7
       |
    20 | Two. `a: incident.report`
       |       ^ the second
      ::: policy.md:18:7
       |
    18 | One. `a: incident.report`
       |       - the first
       = help: give one of them another label; `gatehouse policy label` writes one where none is
    "#);
    insta::assert_snapshot!(body("One. `Pw_Age: incident.report`\n"), @r#"
    error[label-form]: `Pw_Age` cannot be a label
      --> policy.md:18:7
       |
    18 | One. `Pw_Age: incident.report`
       |       ^^^^^^ not a label
       = help: write `pw-age`
    "#);
    insta::assert_snapshot!(body("One. `a: incident.report` `b: filter.change-log`\n"), @r#"
    error[label-form]: only the first binding of a clause has the label
      --> policy.md:18:28
       |
    18 | One. `a: incident.report` `b: filter.change-log`
       |                            ^ a second label
       = help: take it away, or make two clauses
    "#);
    insta::assert_snapshot!(all("One is changed. `filter.change-log`\n"), @r#"
    warning[not-built]: `filter.change-log` is not built yet
      --> policy.md:18:18
       |
    18 | One is changed. `filter.change-log`
       |                  ^^^^^^^^^^^^^^^^^ listed, but not kept

    warning[no-label]: clause 0.1 has no label
      --> policy.md:18:18
       |
    18 | One is changed. `filter.change-log`
       |                  ^^^^^^^^^^^^^^^^^ no label
       = help: `gatehouse policy label` writes one; it stays when numbers change
    "#);
}

#[test]
fn a_conflict() {
    insta::assert_snapshot!(body("After 90 days. `a: access.password-age { who = \"staff\", every = \"90 days\" }`\n\nAfter 60 days. `b: access.password-age { who = \"staff\", every = \"60 days\" }`\n"), @r#"
    error[conflict]: two bindings of `access.password-age` contradict each other: `every` is "60 days" in one and "90 days" in the other
      --> policy.md:20:17
       |
    20 | After 60 days. `b: access.password-age { who = "staff", every = "60 days" }`
       |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ clause 0.2 here
      ::: policy.md:18:17
       |
    18 | After 90 days. `a: access.password-age { who = "staff", every = "90 days" }`
       |                 ----------------------------------------------------------- clause 0.1 here
       = help: make them equal, or let each bind other people, times, places or systems
    "#);
}

#[test]
fn no_conflict_where_nothing_overlaps_or_one_is_narrower() {
    let base = "Text. `a: access.password-age { who = \"staff\", every = \"90 days\" }`\n\n";
    for other in [
        "who = \"pupils\"",
        "who = \"role:headteacher\"",
        "who = \"staff\", system = \"mis\"",
        "who = \"staff\", when = \"lunch\"",
        "who = \"staff\", observe = true",
        "who = \"staff\", inform = \"staff\"",
    ] {
        let text = format!("{base}Text. `b: access.password-age {{ {other}, every = \"60 days\" }}`\n");
        assert_eq!(body(&text), "", "{other}");
    }
    let signs = "Text. `a: access.password-strength { length = 8, must-have = [\"digit\"] }`\n\nText. `b: access.password-strength { length = 8, must-have = [\"capital\"] }`\n";
    assert_eq!(body(signs), "", "lists make a union");
}

#[test]
fn how_a_binding_is_written() {
    insta::assert_snapshot!(body("One. `a: filter.categories who = \"pupils\"`\n"), @r#"
    error[binding-form]: the terms of `filter.categories` are not in braces
      --> policy.md:18:10
       |
    18 | One. `a: filter.categories who = "pupils"`
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not a binding
       = help: write `filter.categories { who = "pupils" }`
    "#);
    insta::assert_snapshot!(body("One. `a: categories { who = \"pupils\" }`\n"), @r#"
    error[binding-form]: `categories` is not the name of a control
      --> policy.md:18:10
       |
    18 | One. `a: categories { who = "pupils" }`
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not a binding
       = help: a control is written `module.control`, such as `filter.safe-search`
    "#);
    insta::assert_snapshot!(body("One. `a: contxt`\n"), @r#"
    error[binding-form]: `contxt` is neither a control nor the word `context`
      --> policy.md:18:10
       |
    18 | One. `a: contxt`
       |          ^^^^^^ not a binding
       = help: did you mean `context`?
    "#);
    insta::assert_snapshot!(body("One. `a: context` `incident.report`\n"), @r#"
    error[binding-form]: this clause is marked as background and has bindings
      --> policy.md:18:7
       |
    18 | One. `a: context` `incident.report`
       |       ^^^^^^^^^^ background
       = help: take away `context`, or the bindings
    "#);
    insta::assert_snapshot!(body("One. `a: incident.report { who = pupils }`\n"), @r#"
    error[terms-form]: these terms cannot be read: a text stands in double quotes
      --> policy.md:18:34
       |
    18 | One. `a: incident.report { who = pupils }`
       |                                  ^^^^^^ here
       = help: terms are written `{ who = "pupils", every = "90 days" }`, texts in double quotes
    "#);
    insta::assert_snapshot!(body("One. `a: incident.report { who = \"pupils\"`\n"), @r#"
    error[terms-form]: these terms cannot be read: the closing brace `}` is missing
      --> policy.md:18:41
       |
    18 | One. `a: incident.report { who = "pupils"`
       |                                         ^ here
       = help: terms are written `{ who = "pupils", every = "90 days" }`, texts in double quotes
    "#);
    insta::assert_snapshot!(body("One. `a: incident.report { who = \"pupils\", who = \"staff\" }`\n"), @r#"
    error[terms-form]: these terms cannot be read: the same name is given twice
      --> policy.md:18:44
       |
    18 | One. `a: incident.report { who = "pupils", who = "staff" }`
       |                                            ^^^ here
       = help: terms are written `{ who = "pupils", every = "90 days" }`, texts in double quotes
    "#);
}

#[test]
fn where_a_binding_stands() {
    insta::assert_snapshot!(body("One `a: incident.report` and more.\n"), @r#"
    error[binding-place]: this binding does not stand at the end of its clause
      --> policy.md:18:5
       |
    18 | One `a: incident.report` and more.
       |     ^^^^^^^^^^^^^^^^^^^^ words follow it
       = help: put it at the very end, after the full stop
    "#);
    insta::assert_snapshot!(body("`a: incident.report`\n\nMore.\n"), @r#"
    error[binding-place]: this binding belongs to no clause
      --> policy.md:18:1
       |
    18 | `a: incident.report`
       | ^^^^^^^^^^^^^^^^^^^^ stands alone
       = help: put it at the end of a clause, or directly before a table to give it to each row
    "#);
    insta::assert_snapshot!(body("# Heading `a: incident.report`\n"), @r#"
    error[binding-place]: a heading cannot have a binding
      --> policy.md:18:11
       |
    18 | # Heading `a: incident.report`
       |           ^^^^^^^^^^^^^^^^^^^^ in a heading
       = help: put it at the end of a clause below
    "#);
    insta::assert_snapshot!(body("| A `a: incident.report` | B |\n|---|---|\n| c `d: incident.report` | e |\n"), @r#"
    error[binding-place]: the head of a table cannot have a binding
      --> policy.md:18:5
       |
    18 | | A `a: incident.report` | B |
       |     ^^^^^^^^^^^^^^^^^^^^ in the head
       = help: put a binding for every row into a paragraph of its own before the table

    error[binding-place]: this binding does not stand in the last cell of its row
      --> policy.md:20:5
       |
    20 | | c `d: incident.report` | e |
       |     ^^^^^^^^^^^^^^^^^^^^ here
       = help: put labels and bindings of a row into its last cell
    "#);
}

#[test]
fn columns() {
    insta::assert_snapshot!(body("`policy.use-matrix { columns = { Activty = \"activity\" } }`\n\n| Activity | |\n|---|---|\n| Games | `a:` |\n| Shops | `b:` |\n"), @r#"
    error[table-columns]: the table has no column `Activty`
      --> policy.md:18:34
       |
    18 | `policy.use-matrix { columns = { Activty = "activity" } }`
       |                                  ^^^^^^^ here
       = help: did you mean `Activity`?
    "#);
    insta::assert_snapshot!(body("Games. `a: policy.use-matrix { activity = \"x\", columns = { A = \"a\" } }`\n"), @r#"
    error[table-columns]: `columns` has a meaning only directly before a table
      --> policy.md:18:48
       |
    18 | Games. `a: policy.use-matrix { activity = "x", columns = { A = "a" } }`
       |                                                ^^^^^^^ here
       = help: put the binding into a paragraph of its own, with the table after it
    "#);
}

#[test]
fn raw_html() {
    insta::assert_snapshot!(body("Look <b>here</b>.\n\n<script>alert(1)</script>\n\n<!-- fine -->\n"), @r#"
    error[raw-html]: HTML is not allowed in a policy: `<b>`
      --> policy.md:18:6
       |
    18 | Look <b>here</b>.
       |      ^^^ HTML
       = help: write it in Markdown; for a remark to other authors, `<!-- like this -->`

    error[raw-html]: HTML is not allowed in a policy: `</b>`
      --> policy.md:18:13
       |
    18 | Look <b>here</b>.
       |             ^^^^ HTML
       = help: write it in Markdown; for a remark to other authors, `<!-- like this -->`

    error[raw-html]: HTML is not allowed in a policy: `<script>alert(1)</script>`
      --> policy.md:20:1
       |
    20 | <script>alert(1)</script>
       | ^^^^^^^^^^^^^^^^^^^^^^^^^ HTML
       = help: write it in Markdown; for a remark to other authors, `<!-- like this -->`
    "#);
}

#[test]
fn front_matter() {
    insta::assert_snapshot!(errors(&Source::of_text("# No front matter\n")), @r#"
    error[front-matter]: the policy has no front matter
     --> policy.md:1:1
      |
    1 | # No front matter
      | ^ here
      = help: begin the file with a line `+++`, then `title = "Online Safety Policy"` and `version = "1"`, then a line `+++`
    "#);
    insta::assert_snapshot!(errors(&Source::of_text("+++\ntitle = \"A\"\n")), @r#"
    error[front-matter]: the front matter has no end
     --> policy.md:1:1
      |
    1 | +++
      | ^^^ begins here
      = help: close it by a line `+++`
    "#);
    insta::assert_snapshot!(errors(&Source::of_text("+++\ntitle = A\n+++\n")), @r#"
    error[front-matter]: the front matter cannot be read: a text stands in double quotes
     --> policy.md:2:9
      |
    2 | title = A
      |         ^ here
      = help: front matter is TOML: `title = "Online Safety Policy"`
    "#);
    insta::assert_snapshot!(errors(&Source::of_text(
        "+++\ntitel = \"A\"\nissued = 2026-09-01\nreview = 2025-09-01\n[titles]\nhead = \"Head\"\n[times]\nlunch = \"at noon\"\n[terms]\nautumn = { from = 2026-12-18, to = 2026-09-03 }\n[systems]\nmis = { name = \"the MIS\", by = \"data-manger\", seen = \"atest\" }\n[networks]\nguest = { addresses = [\"10.1.2.0/16\"] }\n+++\n"
    )), @r#"
    error[front-matter]: there is no key `titel` here
     --> policy.md:2:1
      |
    2 | titel = "A"
      | ^^^^^ not known
      = help: did you mean `title`?

    error[front-matter]: the front matter has no `title`
     --> policy.md:2:1
      |
    2 | titel = "A"
      | ^ here
      = help: add a line `title = "Online Safety Policy"`

    error[front-matter]: the front matter has no `version`
     --> policy.md:2:1
      |
    2 | titel = "A"
      | ^ here
      = help: add a line `version = "1"`

    error[dates]: the review on 2025-09-01 is before the issue on 2026-09-01
     --> policy.md:4:10
      |
    4 | review = 2025-09-01
      |          ^^^^^^^^^^ too early
      = help: give the day of the next review

    error[front-matter]: there is no role `head`
     --> policy.md:6:1
      |
    6 | head = "Head"
      | ^^^^ not a role
      = help: did you mean `headteacher`?

    error[front-matter]: `at noon` is not times such as `mon-fri 09:00-12:15, 13:05-15:20`
     --> policy.md:8:9
      |
    8 | lunch = "at noon"
      |         ^^^^^^^^^ here

    error[dates]: `autumn` ends before it begins
      --> policy.md:10:10
       |
    10 | autumn = { from = 2026-12-18, to = 2026-09-03 }
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here

    error[nobody]: there is no role `data-manger`, so nobody can answer for this system
      --> policy.md:12:32
       |
    12 | mis = { name = "the MIS", by = "data-manger", seen = "atest" }
       |                                ^^^^^^^^^^^^^ not a role
       = help: did you mean `data-manager`?

    error[front-matter]: `seen`: `atest` is not one of the words that this term knows
      --> policy.md:12:54
       |
    12 | mis = { name = "the MIS", by = "data-manger", seen = "atest" }
       |                                                      ^^^^^^^ here
       = help: did you mean `attest`?

    error[front-matter]: `10.1.2.0/16` is not a block of addresses: it begins at `10.1.0.0/16`
      --> policy.md:14:24
       |
    14 | guest = { addresses = ["10.1.2.0/16"] }
       |                        ^^^^^^^^^^^^^ here
    "#);
    insta::assert_snapshot!(errors(&Source::default()), @r#"
    error[no-policy]: there is no `policy.md`
      = help: a policy is a folder with a file `policy.md`
    "#);
    insta::assert_snapshot!(errors(&Source::new(vec![
        SourceFile { path: "policy.md".to_owned(), text: FRONT.to_owned() },
        SourceFile { path: "agreements/staff.md".to_owned(), text: "+++\ntitle = \"Staff\"\naudience = \"staf\"\n+++\n".to_owned() },
        SourceFile { path: "agreements/pupils.md".to_owned(), text: "# Pupils\n".to_owned() },
    ])), @r#"
    error[front-matter]: the agreement `agreements/pupils.md` has no front matter
     --> agreements/pupils.md:1:1
      |
    1 | # Pupils
      | ^ here
      = help: begin the file with a line `+++`, then `title`, `audience` and `version`, then a line `+++`

    error[front-matter]: the front matter has no `version`
     --> agreements/staff.md:2:1
      |
    2 | title = "Staff"
      | ^ here
      = help: add a line `version = "1"`

    error[front-matter]: `staf` is not an audience
     --> agreements/staff.md:3:12
      |
    3 | audience = "staf"
      |            ^^^^^^ not known
      = help: did you mean `staff`?
    "#);
}

#[test]
fn warnings_on_wording() {
    insta::assert_snapshot!(all("# 1 People\n\n- Tell Mrs Example on 01632 960 001.\n- Passwords are long. `pw: access.password-strength { length = 10 }`\n- Filtering changes are logged by somebody. `fc: access.password-age { every = \"90 days\", by = \"network-manager\", when = \"lunch\", except = \"bbc.co.uk\" }`\n"), @r#"
    warning[unbound]: this list item asks for nothing
      --> policy.md:20:1
       |
    20 | - Tell Mrs Example on 01632 960 001.
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ neither a binding nor context
       = help: bind it to a control, or mark it as background: `context` at its end

    warning[person]: `Mrs Example` seems to be a person
      --> policy.md:20:8
       |
    20 | - Tell Mrs Example on 01632 960 001.
       |        ^^^^^^^^^^^ a name
       = help: name the role; who holds it is recorded under `policy.roles`

    warning[telephone]: `01632 960 001` seems to be a telephone number
      --> policy.md:20:23
       |
    20 | - Tell Mrs Example on 01632 960 001.
       |                       ^^^^^^^^^^^^^ a number
       = help: numbers change; keep them where they can be changed without a new version of the policy

    warning[not-in-text]: the text of clause 1.1 does not say 10
      --> policy.md:21:64
       |
    21 | - Passwords are long. `pw: access.password-strength { length = 10 }`
       |                                                                ^^ only here
       = help: what is approved is the text: say it there, or take it away here

    warning[not-in-text]: the text of clause 1.2 does not say `90 days`
      --> policy.md:22:80
       |
    22 | …access.password-age { every = "90 days", by = "network-manager", when = "lunch", except = "bbc.co.uk…
       |                                ^^^^^^^^^ only here
       = help: what is approved is the text: say it there, or take it away here

    warning[not-in-text]: the text of clause 1.2 does not say `Network manager`
      --> policy.md:22:96
       |
    22 | …ss.password-age { every = "90 days", by = "network-manager", when = "lunch", except = "bbc.co.uk" }`
       |                                            ^^^^^^^^^^^^^^^^^ only here
       = help: what is approved is the text: say it there, or take it away here

    warning[not-in-text]: the text of clause 1.2 does not say `lunch`
      --> policy.md:22:122
       |
    22 | …ss.password-age { every = "90 days", by = "network-manager", when = "lunch", except = "bbc.co.uk" }`
       |                                                                      ^^^^^^^ only here
       = help: what is approved is the text: say it there, or take it away here

    warning[not-in-text]: the text of clause 1.2 does not say `bbc.co.uk`
      --> policy.md:22:140
       |
    22 | …ss.password-age { every = "90 days", by = "network-manager", when = "lunch", except = "bbc.co.uk" }`
       |                                                                                        ^^^^^^^^^^^ only here
       = help: what is approved is the text: say it there, or take it away here
    "#);
    insta::assert_snapshot!(all("| Games | Shops |\n|---|---|\n| no | yes |\n"), @r#"
    warning[unbound]: this table row asks for nothing
      --> policy.md:20:1
       |
    20 | | no | yes |
       | ^^^^^^^^^^^^ neither a binding nor context
       = help: bind it to a control, or mark it as background: `context` at its end
    "#);
}

#[test]
fn a_review_that_is_past() {
    let text = FRONT
        .replace("review = 2027-09-01", "review = 2026-11-21")
        .replace("issued = 2026-09-01", "issued = 2025-09-01");
    insta::assert_snapshot!(said(&Source::of_text(text)), @r#"
    warning[review-past]: the policy was to be reviewed by 2026-11-21
     --> policy.md:5:1
      |
    5 | review = 2026-11-21
      | ^^^^^^^^^^^^^^^^^^^ past
      = help: review it, and give the day of the next review
    "#);
}

#[test]
fn words_that_say_the_terms_in_their_own_way() {
    for (text, terms) in [
        ("Staff change it once a year.", "access.password-age { who = \"staff\", every = \"12 months\" }"),
        ("It is changed each term.", "access.password-age { every = \"1 term\" }"),
        ("Passwords have at least ten characters.", "access.password-strength { length = 10 }"),
        ("The head answers for it yearly.", "access.password-age { every = \"yearly\", by = \"headteacher\" }"),
        (
            "Within a fortnight, says the Online Safety Lead.",
            "access.password-age { every = \"14 days\", by = \"online-safety-lead\" }",
        ),
        (
            "Key Stage 2 at lunchtime.",
            "filter.categories { categories = \"games\", who = \"year-3..year-6\", when = \"lunch\" }",
        ),
        ("It is changed each year by all.", "incident.report { every-months = 12, percent = 100 }"),
        ("From 12.15 on.", "filter.categories { categories = \"games\", when = \"mon-fri 12:15-24:00\" }"),
    ] {
        let said = all(&format!("{text} `x: {terms}`\n"));
        let said = said.split("\n\n").filter(|it| !it.contains("not-built")).collect::<String>();
        assert_eq!(said, "", "{text} {terms}");
    }
}

/// A whole-policy check of its own, as the catalogue brings them.
struct Profiles;

impl crate::PolicyCheck for Profiles {
    fn check(&self, policy: &crate::Policy, report: &mut crate::Reporter<'_>) {
        for (_, binding) in policy.bindings("incident", "report") {
            report
                .error(Code::NO_PROFILE, binding.control_span, "guests have no filtering profile", "asked for here")
                .help("add `filter.user-level { who = \"guests\" }`");
        }
    }
}

#[test]
fn a_check_of_the_catalogue() {
    let mut registry = registry();
    registry.register_check(Profiles);
    let found = check(&with_front("All. `x: incident.report`\n"), &registry, TODAY).diagnostics;
    insta::assert_snapshot!(found.iter().find(|it| it.code == Code::NO_PROFILE).unwrap().to_string(), @r#"
    error[no-profile]: guests have no filtering profile
      --> policy.md:18:10
       |
    18 | All. `x: incident.report`
       |          ^^^^^^^^^^^^^^^ asked for here
       = help: add `filter.user-level { who = "guests" }`
    "#);
}
