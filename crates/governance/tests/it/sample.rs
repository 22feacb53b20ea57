//! A small policy, a large one, and what the tests say about both.

use std::sync::Arc;

use governance::{By, Enactment, InForce, Policies};
use jiff::Timestamp;
use kernel::{Capacity, PersonId, Role, SchoolId, SessionId, Subject, Year};
use policy::{Source, SourceFile};
use store::School;
use webkit::{Rights, Session, permit::MayEnactPolicy, session::SessionParts};

const FRONT: &str = "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n\
                     approval = [\"slt\", \"governors\"]\n[titles]\nslt = \"Leadership team\"\n+++\n\n";

const TEXT: &str = r#"# 1 About this policy

We want every child to learn with the internet and to be safe on it. `why: context`

- This policy is kept with its version and dates. `doc: policy.document`

# 2 Agreements

Everybody reads and signs what they promise.

- Staff and pupils sign an agreement that fits their age. `sign: agreements.sign { who = ["staff", "pupils"] }`
- No signature, no internet for pupils. `gate: access.gated-on-agreement { who = "pupils" }`

# 3 Filtering

## 3.1 What is closed

- Gambling and drugs are blocked for everyone. `cats: filter.categories { block = ["gambling", "drugs"] }`
- Each block says why & what to do. `page: filter.block-page`
- Servers are in locked rooms. `rooms: incident.routing`

| What | Who | When |
|---|---|---|
| Old hard disks | wiped by the technician | before they leave |
"#;

const PUPILS: &str = "+++\ntitle = \"Our internet promises\"\naudience = \"year-3..year-6\"\nversion = \"1\"\n+++\n\n\
                      # Our internet promises\n\n## What I promise\n\n\
                      - I keep my password to myself.\n\n  If someone sees it, I tell my teacher.\n\
                      - I write to people as kindly as I would speak to them.\n\
                      - If I see something that worries me, I tell a grown-up.\n\n\
                      ## What you should know\n\n- School can see the sites that I visit here.\n";

const YOUNG: &str = "+++\ntitle = \"Safe on the computer\"\naudience = \"ks1\"\nversion = \"1\"\n+++\n\n\
                     - I tell a grown-up if I feel sad.\n- I am kind.\n";

const STAFF: &str = "+++\ntitle = \"Staff agreement\"\naudience = \"staff\"\nversion = \"1\"\n+++\n\n\
                     I keep to the online safety policy.\n\n- I lock my screen when I leave it.\n- I report concerns on the same day.\n";

/// The small policy; `change` may alter its text.
pub(crate) fn source(change: impl Fn(&str) -> String) -> Source {
    let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
    Source::new(vec![
        file("policy.md", change(&format!("{FRONT}{TEXT}"))),
        file("agreements/pupils.md", PUPILS.to_owned()),
        file("agreements/young.md", YOUNG.to_owned()),
        file("agreements/staff.md", STAFF.to_owned()),
    ])
}

/// The small policy with another text of the pupils' agreement.
pub(crate) fn with_pupils(text: impl Fn(&str) -> String) -> Source {
    let mut source = source(|text| text.replace("version = \"1\"", "version = \"2\""));
    let file = source.files.iter_mut().find(|file| file.path.ends_with("pupils.md")).unwrap();
    file.text = text(&file.text);
    source
}

/// A policy of 600 clauses in 12 sections.
pub(crate) fn large() -> Source {
    let mut text = FRONT.replace("approval = [\"slt\", \"governors\"]\n", "");
    for section in 1..=12 {
        text.push_str(&format!(
            "# {section} Section {section}\n\nWhat this section is for, in a sentence or two of prose.\n\n"
        ));
        for clause in 1..=50 {
            let control = match clause % 5 {
                0 => "policy.document",
                1 => "agreements.coverage { who = \"pupils\" }",
                2 => "incident.routing",
                3 => "incident.same-day",
                _ => "people.roll",
            };
            text.push_str(&format!(
                "- Clause {clause} says in some twenty words what must be so, for whom it holds, and how the school sees \
                 that it is kept. `c-{section}-{clause}: {control}`\n"
            ));
        }
        text.push('\n');
    }
    Source::of_text(text)
}

/// The policies of the built-in controls.
pub(crate) fn policies() -> Policies {
    Policies::default()
}

/// A session of somebody with these roles.
pub(crate) fn session(school: SchoolId, person: PersonId, given: &str, subject: Subject) -> Session {
    let id = SessionId(person.0);
    Session::new(SessionParts {
        id,
        school,
        person,
        given: given.into(),
        family: "Example".into(),
        subject,
        first: None,
    })
}

/// What audiences ask of a holder of one role.
pub(crate) fn subject(role: Role) -> Subject {
    Subject { roles: [role].into(), ..Subject::default() }
}

/// What audiences ask of a pupil.
pub(crate) fn pupil(year: u8, class: &str) -> Subject {
    let year = Year::numbered(year);
    Subject { roles: [Role::Pupil].into(), year, classes: [class.to_owned()].into(), ..Subject::default() }
}

/// The right of somebody to enact.
pub(crate) fn head(school: &School, person: PersonId) -> MayEnactPolicy {
    let session = session(school.id(), person, "Helen", subject(Role::Headteacher));
    assert!(session.is(Capacity::Staff));
    MayEnactPolicy::ask(&session, &Rights::built_in()).unwrap()
}

/// The enactment of a source with both approvals.
pub(crate) fn approved(source: Source) -> Enactment {
    Enactment { source, from: None, approved_by: vec!["slt".into(), "governors".into()] }
}

/// Puts the small policy in force, as the installation does at its first start.
pub(crate) async fn first(policies: &Policies, school: &School, now: Timestamp) -> Arc<InForce> {
    policies.enact(school, By::Installation, approved(source(str::to_owned)), now).await.unwrap().now
}
