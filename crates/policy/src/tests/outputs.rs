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
    insta::assert_snapshot!(shown.files[0].text.strip_prefix(FRONT).unwrap(), @r#"Ten. `pw: access.password-strength { who = "staff", length = 10 }` <!-- why -->"#);
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
    insta::assert_snapshot!(difference(&old, &new).to_text(), @r#"
    Version: 5 instead of 4.
    The time `night`: mon-sun 20:00-24:00 instead of nothing.

    Changed: 1.1 (age).
      Words: Staff change it every [-90-] {+60+} days.
      access.password-age: `every`: "60 days" instead of "90 days".
      Before: Passwords are changed – for staff; every 90 days.
      After: Passwords are changed – for staff; every 60 days.

    New: 1.3 (log). All changes are logged.
      The system: Every change to filtering is logged.

    Gone: 1.3 (tell). Tell us.
      No longer: Anybody can report a concern.
    "#);
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
    insta::assert_snapshot!(written.join("\n"), @r#"
    policy.md passwords-1 The same holds for the MIS.
    policy.md passwords-2 From Year 3 pupils have a password of their own.
    policy.md filtering-1 Video calls (Staff: yes; Pupils: with a teacher)
    "#);
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
    insta::assert_snapshot!(labelled.source.files[0].text.strip_prefix(FRONT).unwrap(), @r#"
    # Uses

    `policy.use-matrix { columns = { Activity = "activity" } }`

    | Activity | |
    |---|---|
    | Games |  `uses-2:` |
    | Shops | `uses-1:` |
    | News |
    "#);
    assert_eq!(label(&labelled.source).source, labelled.source);
}

#[test]
fn a_page_is_rendered() {
    let policy = read(&example());
    let page = render::page(&policy, &registry(), &Words::of(&policy, TODAY), Detail::System);
    let body = page.split_once("<main").unwrap().1;
    insta::assert_snapshot!(body, @r#"
     id="main">
    <h1>Online Safety Policy</h1>
    <p class="facts">Version 4, issued on 1 September 2026, to be reviewed by 1 September 2027, approved by the senior leader and governors.</p>
    <h2 id="s-4">4 Managing the IT infrastructure</h2>
    <p class="clause" id="c-net-ctx"><span class="number">4.0.1</span> The network is the school&#39;s, and <em>everyone</em> who uses it follows this policy.</p>
    <h3 id="s-4-2">4.2 Passwords</h3>
    <ul>
    <li>
    <p class="clause" id="c-pw-age"><span class="number">4.2.1</span> Staff change their passwords every 90 days.</p>
    <p class="system"><strong>The system:</strong> Passwords are changed – for staff; every 90 days.</p>
    </li>
    <li>
    <p class="clause" id="c-4-2-2"><span class="number">4.2.2</span> The same holds for the MIS.</p>
    <p class="system"><strong>The system:</strong> Passwords are changed – for staff, in the MIS; every 90 days.</p>
    </li>
    <li>
    <p class="clause" id="c-4-2-3"><span class="number">4.2.3</span> From Year 3 pupils have a password of their own.</p>
    <p class="system"><strong>The system:</strong> Pupils have a password of their own from Year 3.</p>
    </li>
    <li>
    <p class="clause" id="c-fc"><span class="number">4.2.4</span> Every change to filtering is logged, and only the network manager and the Online Safety Lead make one.</p>
    <p class="system"><strong>Not yet in the system:</strong> Every change to filtering is logged.</p>
    <p class="system"><strong>Not yet in the system:</strong> Only staff with filtering-management status change filtering – the network manager and the Online Safety Lead answer for it.</p>
    </li>
    <li>
    <p>These follow <a href="https://advice.example/">national advice</a>.</p>
    </li>
    </ul>
    <h3 id="s-4-3">4.3 Filtering</h3>
    <p class="clause" id="c-games"><span class="number">4.3.1</span> Games are blocked for pupils from Year 3 to Year 6 in lessons, except at lunch for prefects.</p>
    <p class="system"><strong>The system:</strong> Sites of these kinds are blocked: games and gambling – for pupils from Year 3 to Year 6, in lessons; except the group prefects.</p>
    <p>What may be done with the school&#39;s computers:</p>
    <table>
    <thead>
    <tr><th scope="col">Clause</th><th scope="col">Activity</th><th scope="col">Staff</th><th scope="col">Pupils</th><th scope="col">The system</th></tr>
    </thead>
    <tbody>
    <tr id="c-um-games"><td class="number">4.3.2</td><th scope="row">Online games</th><td>no</td><td>at lunch</td><td class="system">Online games: closed to staff, pupils at lunch.</td></tr>
    <tr id="c-um-shop"><td class="number">4.3.3</td><th scope="row">Shopping</th><td>yes</td><td>never</td><td class="system">Shopping: open to staff, pupils never.</td></tr>
    <tr id="c-4-3-4"><td class="number">4.3.4</td><th scope="row">Video calls</th><td>yes</td><td>with a teacher</td><td class="system">Video calls: open to staff, pupils with a teacher.<br>Not yet: Safe search and child-friendly search engines.</td></tr>
    </tbody>
    </table>
    <section class="agreement" id="agreement-staff">
    <h2>Staff agreement</h2>
    <p class="facts">For staff. Version 2.</p>
    <p>I keep my password to myself.</p>
    <ul>
    <li>
    <p class="clause" id="c-agree-report"><span class="number">1</span> I report what worries me.</p>
    <p class="system"><strong>Not yet in the system:</strong> Anybody can report a concern – for staff.</p>
    </li>
    <li>
    <p>I sign below.</p>
    </li>
    </ul>
    </section>
    </main>
    </body>
    </html>
    "#);
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
    insta::assert_snapshot!(html, @r#"
    <p>See here, <a href="/policy?a=b:c">there</a> &amp; &quot;&lt;i&gt;&quot; x.</p>
    <pre>&lt;/pre&gt;&lt;script&gt;
    </pre>
    "#);
}

#[test]
fn every_term_is_in_the_schema() {
    let schema = schema(&registry());
    let text = serde_json::to_string_pretty(schema.pointer("/properties/access.password-strength").unwrap()).unwrap();
    insta::assert_snapshot!(text, @r##"
    {
      "type": "object",
      "properties": {
        "length": {
          "type": "integer",
          "format": "uint8",
          "minimum": 0,
          "maximum": 255,
          "description": "The least number of characters."
        },
        "must-have": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/Sign"
          },
          "description": "Signs that a password must have."
        },
        "who": {
          "$ref": "#/$defs/common/who"
        },
        "except": {
          "$ref": "#/$defs/common/except"
        },
        "when": {
          "$ref": "#/$defs/common/when"
        },
        "where": {
          "$ref": "#/$defs/common/where"
        },
        "system": {
          "$ref": "#/$defs/common/system"
        },
        "by": {
          "$ref": "#/$defs/common/by"
        },
        "every": {
          "$ref": "#/$defs/common/every"
        },
        "within": {
          "$ref": "#/$defs/common/within"
        },
        "unless": {
          "$ref": "#/$defs/common/unless"
        },
        "after": {
          "$ref": "#/$defs/common/after"
        },
        "on": {
          "$ref": "#/$defs/common/on"
        },
        "may": {
          "$ref": "#/$defs/common/may"
        },
        "from": {
          "$ref": "#/$defs/common/from"
        },
        "observe": {
          "$ref": "#/$defs/common/observe"
        },
        "inform": {
          "$ref": "#/$defs/common/inform"
        },
        "attest": {
          "$ref": "#/$defs/common/attest"
        }
      },
      "required": [
        "length"
      ],
      "description": "Strong passwords",
      "additionalProperties": false,
      "x-kind": "enforce",
      "x-combine": "one",
      "x-built": true
    }
    "##);
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
    insta::assert_snapshot!(part.split("####").next().unwrap(), @r#"


    Strong passwords.
    Enforced; bindings make one rule; built.

    | Term | Value | What it says |
    |---|---|---|
    | `length` | whole number, required | The least number of characters. |
    | `must-have` | list of `digit`, `capital` | Signs that a password must have. |

    ```
    access.password-strength { length = 10, must-have = ["digit"] }
    ```

    ### `filter`
    "#);
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
    insta::assert_snapshot!(checked.to_text(true), @r#"
    warning[unbound]: this list item asks for nothing
      --> policy.md:29:1
       |
    29 | - These follow [national advice](https://advice.example/).
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ neither a binding nor context
       = help: bind it to a control, or mark it as background: `context` at its end

    warning[no-label]: 3 clauses have no label; `gatehouse policy label` writes them

    warning[not-built]: 4 bindings ask for controls that are not built yet, and are listed but not kept
      filter.change-log, filter.management-status, filter.safe-search, incident.report

    10 clauses: 9 bound, 1 context. 6 of 9 bound clauses stand on built controls, 7 by their first binding.
    0 errors, 8 warnings.
    "#);
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
        ("unless = \"policy.permits\", may = true", "unless allowed under permits; a power, used where it is needed"),
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
