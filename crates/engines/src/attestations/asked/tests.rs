//! Tables of facts: which bindings are asked about, of whom, when.

use declare::{Attestation, Declaration};
use jiff::civil::date;
use policy::{Policy, Registry, Source, check};

use std::collections::BTreeSet;

use super::*;

const TODAY: Date = date(2026, 11, 24);

const FRONT: &str = "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n\
                     [systems]\nmis = { name = \"the MIS\", by = \"data-manager\", seen = \"attest\" }\n\
                     wifi = { name = \"the Wi-Fi\", by = \"network-manager\", seen = \"probe\" }\n+++\n\n# 1 Clauses\n\n";

struct Here {
    policy: Policy,
    registry: Registry,
    physical: Arc<Declaration>,
}

impl InForce for Here {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn registry(&self) -> &Registry {
        &self.registry
    }
    fn declarations(&self) -> Vec<&Arc<Declaration>> {
        vec![&self.physical]
    }
    fn since(&self, _: &str) -> Date {
        TODAY
    }
}

fn physical() -> Declaration {
    Declaration {
        module: "assets".to_owned(),
        name: "physical".to_owned(),
        title: "Rooms and cabinets".to_owned(),
        says: "asks whether rooms are locked".to_owned(),
        terms: Vec::new(),
        register: None,
        attestation: Some(Attestation {
            question: "Are servers and switches locked away?".to_owned(),
            help: "Try each door.".to_owned(),
            by: Audience::parse("role:network-manager").unwrap(),
            every: Every::parse("1 term").unwrap(),
            evidence: AttestedEvidence::Required,
        }),
        notice: None,
    }
}

fn here(clause: &str) -> Here {
    let registry = rules::controls();
    let checked = check(&Source::of_text(format!("{FRONT}- The clause. {clause}\n")), &registry, TODAY);
    let policy = checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    Here { policy, registry, physical: Arc::new(physical()) }
}

/// Who is asked, how often, and the question; "nobody is asked" where it is no item.
#[track_caller]
fn asks(clause: &str, expected: &str) {
    let here = here(clause);
    let said = match items(&here, TODAY).first() {
        Some(item) => {
            format!("{} every {}: {}", item.by.in_words(&|role| role.to_string()), item.every, item.question())
        }
        None => "nobody is asked".to_owned(),
    };
    assert_eq!(said, expected, "{clause}");
}

#[test]
fn a_binding_is_asked_about_by_term_kind_or_system() {
    asks("`a: network.provider { attest = \"headteacher\" }`", "the headteacher every 12 months: Is this so?");
    asks("`a: network.provider`", "nobody is asked");
    asks("`a: assets.physical`", "the network-manager every 1 term: Are servers and switches locked away?");
    asks(
        "`a: assets.physical { by = \"business-manager\", every = \"6 months\" }`",
        "the business-manager every 6 months: Are servers and switches locked away?",
    );
    asks(
        "`a: assets.physical { attest = { by = \"headteacher\", every = \"1 year\" }, every = \"6 months\" }`",
        "the headteacher every 1 year: Are servers and switches locked away?",
    );
    asks("`a: assets.physical { inform = \"staff\" }`", "nobody is asked");
    asks("`a: assets.physical { may = true }`", "nobody is asked");
    asks("`a: assets.physical { system = \"wifi\" }`", "nobody is asked");
    asks(
        "`a: assets.physical { system = \"mis\" }`",
        "the data-manager every 1 term: Are servers and switches locked away?",
    );
    // Nothing is declared of it, so it needs a control of its own.
    asks("`a: network.wifi`", "nobody is asked");
    asks("`a: assets.physical { from = 2027-01-04 }`", "nobody is asked");
    asks(
        "`a: access.password-age { who = \"staff\", system = \"mis\", every = \"90 days\" }`",
        "the data-manager every 90 days: Is this so?",
    );
    asks("`a: access.password-age { who = \"staff\", system = \"wifi\", every = \"90 days\" }`", "nobody is asked");
    // What happens every night is not confirmed every morning.
    asks(
        "`a: access.password-age { who = \"staff\", system = \"mis\", every = \"1 day\" }`",
        "the data-manager every 12 months: Is this so?",
    );
}

fn last(answer: Answer, on: Date, next: Date) -> LastAnswer {
    LastAnswer {
        answer,
        on,
        words: String::new(),
        mend: String::new(),
        mend_by: None,
        next,
        by: None,
        label: "a".to_owned(),
    }
}

#[test]
fn it_falls_due_by_the_last_answer_and_first_two_weeks_after_it_began() {
    let here = here("`a: assets.physical`");
    let item = items(&here, TODAY).remove(0);
    #[rustfmt::skip]
    let facts: [(Option<LastAnswer>, Date, Date, Date, State); 10] = [
        // last answer, in force since, today, due, state
        (None, date(2026, 11, 20), TODAY, date(2026, 12, 4), State::New),
        (None, date(2026, 11, 10), TODAY, TODAY, State::New),
        (None, date(2026, 11, 9), TODAY, date(2026, 11, 23), State::Overdue),
        (Some(last(Answer::Yes, date(2026, 9, 1), date(2027, 1, 1))), date(2026, 9, 1), TODAY, date(2027, 1, 1), State::Confirmed),
        (Some(last(Answer::Yes, date(2026, 8, 1), date(2026, 12, 1))), date(2026, 7, 1), TODAY, date(2026, 12, 1), State::Soon),
        (Some(last(Answer::No, date(2026, 11, 1), date(2026, 12, 20))), date(2026, 9, 1), TODAY, date(2026, 12, 20), State::Wrong),
        (Some(last(Answer::No, date(2026, 11, 1), date(2026, 11, 20))), date(2026, 9, 1), TODAY, date(2026, 11, 20), State::Overdue),
        // Asked every week: not on the day of the answer, and again from the fourth day on.
        (Some(last(Answer::Yes, TODAY, date(2026, 12, 1))), date(2026, 7, 1), TODAY, date(2026, 12, 1), State::Confirmed),
        (Some(last(Answer::Yes, TODAY, date(2026, 12, 1))), date(2026, 7, 1), date(2026, 11, 28), date(2026, 12, 1), State::Soon),
        // The clause asked once in ten years when it was answered; a term is what counts now.
        (Some(last(Answer::NotApplicable, date(2026, 10, 1), date(2036, 1, 1))), date(2026, 9, 1), TODAY, date(2027, 2, 1), State::Apart),
    ];
    for (last, since, today, due, state) in facts {
        assert_eq!((item.due(last.as_ref(), since), item.state(last.as_ref(), since, today)), (due, state), "{last:?}");
    }
    assert_eq!(item.next(Answer::Yes, None, TODAY), date(2027, 3, 24));
    assert_eq!(item.next(Answer::No, Some(date(2026, 12, 1)), TODAY), date(2026, 12, 1));
    assert_eq!(item.next(Answer::No, Some(date(2029, 12, 1)), TODAY), date(2027, 3, 24));
    assert!(item.evidence_required());
}

#[test]
fn it_goes_from_the_holder_to_the_deputy_to_the_head() {
    let here = here("`a: assets.physical`");
    let item = items(&here, TODAY).remove(0);
    let one = |nth: u8, role: Role, deputy: bool| Person {
        id: PersonId(uuid::Uuid::from_u128(nth.into())),
        name: format!("Person {nth}"),
        subject: Subject { roles: [role, Role::Staff].into(), ..Subject::default() },
        deputises: if deputy { [role].into() } else { BTreeSet::new() },
    };
    let holder = one(1, Role::NetworkManager, false);
    let deputy = one(2, Role::NetworkManager, true);
    let head = one(3, Role::Headteacher, false);
    let teacher = one(4, Role::Teacher, false);
    let all = [holder.clone(), deputy.clone(), head.clone(), teacher.clone()];
    let ids = |due: Date, people: &[Person]| {
        let (turn, asked) = item.turn(due, TODAY, people);
        (turn, asked.iter().map(|one| one.id.0.as_u128()).collect::<Vec<_>>())
    };
    assert_eq!(ids(TODAY, &all), (Turn::Holder, vec![1]));
    assert_eq!(ids(date(2026, 11, 18), &all), (Turn::Holder, vec![1]), "six days late");
    assert_eq!(ids(date(2026, 11, 17), &all), (Turn::Deputy, vec![1, 2]), "seven days late");
    assert_eq!(ids(date(2026, 11, 10), &all), (Turn::Head, vec![1, 2, 3]), "fourteen days late");
    assert_eq!(ids(TODAY, &[deputy, head.clone(), teacher.clone()]), (Turn::Deputy, vec![2]));
    assert_eq!(ids(TODAY, &[head, teacher.clone()]), (Turn::Head, vec![3]));
    assert_eq!(ids(TODAY, &[teacher]), (Turn::Head, vec![]));
    let head = Subject { roles: [Role::Headteacher].into(), ..Subject::default() };
    assert!(!item.may_answer(Turn::Deputy).contains(&head));
    assert!(item.may_answer(Turn::Head).contains(&head));
}
