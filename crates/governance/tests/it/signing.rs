//! Signatures: taken, refused, kept while the words are the same, counted for a reader.

use governance::{
    By, RollPerson,
    agreements::{
        coverage::{Scope, coverage},
        service::{self, SignError, SignForm, Signer, facts, sign, signed_state},
    },
};
use jiff::Span;
use kernel::{Role, Signed, Subject};
use store::ledger::Which;
use testkit::{SmallSchool, TestStore, store_test};
use webkit::{Rights, permit::MaySignAgreement};

use super::sample::{approved, first, head, policies, pupil, session, subject, with_pupils};

store_test!(
    a_signature_is_taken_once_with_its_act_and_event,
    a_form_that_lacks_something_says_what,
    a_signature_survives_a_new_policy_and_not_new_words,
    nobody_signs_for_others,
    who_has_signed_is_counted_for_a_reader,
);

fn may(school: &SmallSchool, person: kernel::PersonId, subject: &Subject) -> MaySignAgreement {
    let session = session(school.school.id(), person, "Maya", subject.clone());
    MaySignAgreement::ask(&session, &Rights::built_in()).unwrap()
}

fn form(name: &str) -> SignForm {
    SignForm { read: true, name: name.to_owned() }
}

async fn a_signature_is_taken_once_with_its_act_and_event(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let in_force = first(&policies(), &school.school, kit.now()).await;
    let (maya, year_5) = (school.who("maya.jones").await, pupil(5, "5B"));
    let signer = Signer { may: may(&school, maya, &year_5), subject: &year_5, types: true };
    let state = async || {
        signed_state(&school.school, &in_force.policy, [(maya, &year_5)]).await.unwrap().remove(&maya).unwrap()
    };
    assert_eq!(state().await.for_gateway(&in_force.policy, &year_5), Signed::No);
    let mut events = kit.store.events();
    let one = sign(&school.school, &in_force, signer, "pupils", &form(" Maya Jones "), kit.now()).await.unwrap();
    assert_eq!((one.name.as_str(), one.person, one.policy), ("Maya Jones", maya, in_force.digest()));
    kit.clock.pass(Span::new().minutes(1));
    let two = sign(&school.school, &in_force, signer, "pupils", &form("Maya"), kit.now()).await.unwrap();
    assert_eq!(one.id, two.id, "a second press signs nothing again");
    let after = state().await;
    assert!(after.is_signed());
    assert_eq!(after.for_gateway(&in_force.policy, &year_5), Signed::Yes);
    let acts =
        school.school.ledger().entries(&Which { act: Some(service::SIGN.into()), ..Which::default() }).await.unwrap();
    assert_eq!(acts.len(), 1);
    assert_eq!((acts[0].actor, acts[0].subject, acts[0].clause.as_deref()), (Some(maya), Some(maya.0), Some("sign")));
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        seen.push((event.kind, event.payload));
    }
    let signed = seen.iter().find(|(kind, _)| kind == service::SIGNED).unwrap();
    assert_eq!(signed.1["person"], maya.to_string());
    assert_eq!(facts(&school.school, &in_force.policy).await.unwrap()[&maya], ["pupils".to_owned()].into());
}

async fn a_form_that_lacks_something_says_what(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let in_force = first(&policies(), &school.school, kit.now()).await;
    let (maya, year_5) = (school.who("maya.jones").await, pupil(5, "5B"));
    let signer = Signer { may: may(&school, maya, &year_5), subject: &year_5, types: true };
    let refused = async |form: SignForm| match sign(&school.school, &in_force, signer, "pupils", &form, kit.now()).await
    {
        Err(SignError::Refused(mistakes)) => (mistakes.of("read"), mistakes.of("name")),
        other => panic!("{other:?}"),
    };
    let nothing = refused(SignForm::default()).await;
    assert_eq!(nothing.1.as_deref(), Some("Write your name"));
    assert!(nothing.0.is_some());
    assert_eq!(refused(SignForm { read: false, name: "Maya".into() }).await.1, None);
    assert!(refused(form("a\nb")).await.1.is_some());
    assert!(refused(form(&"a".repeat(201))).await.1.is_some());
    // The youngest type nothing.
    let (ava, year_1) = (school.who("ava.hill").await, pupil(1, "1A"));
    let young = Signer { may: may(&school, ava, &year_1), subject: &year_1, types: false };
    let signature = sign(&school.school, &in_force, young, "young", &form(""), kit.now()).await.unwrap();
    assert_eq!(signature.name, "");
}

async fn a_signature_survives_a_new_policy_and_not_new_words(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let policies = policies();
    let in_force = first(&policies, &school.school, kit.now()).await;
    let (maya, year_5) = (school.who("maya.jones").await, pupil(5, "5B"));
    let signer = Signer { may: may(&school, maya, &year_5), subject: &year_5, types: true };
    sign(&school.school, &in_force, signer, "pupils", &form("Maya"), kit.now()).await.unwrap();
    let by = By::Person(head(&school.school, school.who("head").await));
    let after = async |source| {
        kit.clock.pass(Span::new().hours(1));
        let now = policies.enact(&school.school, by, approved(source), kit.now()).await.unwrap().now;
        signed_state(&school.school, &now.policy, [(maya, &year_5)]).await.unwrap().remove(&maya).unwrap()
    };
    let same = after(with_pupils(|text| text.replace("year-3..year-6", "ks2"))).await;
    assert!(same.is_signed(), "the policy is new, and the audience; the words are not");
    let bound = after(with_pupils(|text| {
        text.replace(
            "kindly as I would speak to them.",
            "kindly as I would speak to them. `kind: social.staff-conduct`",
        )
    }))
    .await;
    assert!(bound.is_signed(), "a binding is not among the words that are signed");
    let changed = after(with_pupils(|text| text.replace("kindly", "politely"))).await;
    assert!(!changed.is_signed() && changed.earlier.is_some());
    let version = after(with_pupils(|text| text.replace("version = \"1\"", "version = \"2\""))).await;
    assert!(!version.is_signed(), "a new version of the agreement is signed again");
    let back = after(with_pupils(|text| format!("{text}\n"))).await;
    assert!(back.is_signed(), "the words that were signed are in force again");
}

async fn nobody_signs_for_others(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let oak = SmallSchool::build(&kit.store, "oak", kit.now()).await;
    let in_force = first(&policies(), &school.school, kit.now()).await;
    let (maya, year_5) = (school.who("maya.jones").await, pupil(5, "5B"));
    let signer = Signer { may: may(&school, maya, &year_5), subject: &year_5, types: true };
    let staff = sign(&school.school, &in_force, signer, "staff", &form("Maya"), kit.now()).await;
    assert!(matches!(staff, Err(SignError::NotYours(_))));
    let none = sign(&school.school, &in_force, signer, "visitors", &form("Maya"), kit.now()).await;
    assert!(matches!(none, Err(SignError::Unknown(_))));
    let elsewhere = sign(&oak.school, &in_force, signer, "pupils", &form("Maya"), kit.now()).await;
    assert!(matches!(elsewhere, Err(SignError::OtherSchool)));
    assert!(facts(&oak.school, &in_force.policy).await.unwrap().is_empty());
}

async fn who_has_signed_is_counted_for_a_reader(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let in_force = first(&policies(), &school.school, kit.now()).await;
    let person = async |username: &str, name: &str, subject: Subject| RollPerson {
        id: school.who(username).await,
        name: name.to_owned(),
        subject,
    };
    let roll = vec![
        person("maya.jones", "Maya Jones", pupil(5, "5B")).await,
        person("tom.reed", "Tom Reed", pupil(5, "5B")).await,
        person("ava.hill", "Ava Hill", pupil(1, "1A")).await,
        person("teacher", "Tariq Teacher", subject(Role::Teacher)).await,
        person("parent", "Priya Jones", subject(Role::Parent)).await,
    ];
    let maya = &roll[0];
    let signer = Signer { may: may(&school, maya.id, &maya.subject), subject: &maya.subject, types: true };
    sign(&school.school, &in_force, signer, "pupils", &form("Maya"), kit.now()).await.unwrap();
    let page = async |subject: &Subject, group: Option<&str>| {
        let scope = Scope::of(subject);
        let coverage = coverage(&school.school, &in_force.policy, roll.clone(), &scope).await.unwrap();
        coverage.page(webkit::Page::bare("Who has signed"), &scope, group, Some("2.2"))
    };
    let all = page(&subject(Role::Headteacher), None).await;
    assert_eq!(all.lead, "1 of 4 have signed; 3 have not. 2 of them have no internet until they do (clause 2.2).");
    assert_eq!(
        all.waiting.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["Tom Reed", "Ava Hill", "Tariq Teacher"]
    );
    assert_eq!(
        all.groups.iter().map(|row| (row.group.as_str(), row.signed, row.total)).collect::<Vec<_>>(),
        [("1A", 0, 1), ("5B", 1, 2), ("Teacher", 0, 1),]
    );
    let own = Subject { classes: ["5B".to_owned()].into(), ..subject(Role::Teacher) };
    let class = page(&own, None).await;
    assert_eq!(class.lead, "1 of 2 have signed. The other one has no internet until then (clause 2.2).");
    assert_eq!((class.caption.as_str(), class.signed.len()), ("5B", 1));
    assert!(page(&own, Some("1A")).await.waiting.is_empty(), "another class is not shown by asking for it");
    let governor = page(&subject(Role::OnlineSafetyGovernor), None).await;
    assert!(governor.waiting.is_empty() && governor.signed.is_empty() && !governor.groups.is_empty());
    assert!(governor.groups.iter().all(|row| row.href.is_none()));
}
