//! Controls of `agreements`: signing, and who has signed.

use crate::school::*;

/// Somebody reads and signs the agreement that is theirs; other words ask for a new signature.
#[tokio::test(flavor = "multi_thread")]
async fn sign() {
    let clauses = [
        "Pupils of class 5B sign. `sign: agreements.sign { who = \"class:5B\", agreement = \"pupils\", percent = 10 }`",
        "Parents sign. `parents: agreements.sign { who = \"parents\" }`",
    ];
    let school = School::open(&clauses).await;
    school.standing("sign").await.are("not-kept", "0 of ");
    school.standing("parents").await.are("not-kept", "There is no agreement for parents");
    let maya = school.sign_in(PUPIL).await;
    assert!(maya.get("/agreements").await.is(200).says("Waits for you"));
    // Without having read it, without a name, or another's agreement: nothing is signed.
    maya.submit("/agreements/pupils", "/agreements/pupils", &[("name", "Maya Jones")]).await.is(422);
    maya.submit("/agreements/pupils", "/agreements/pupils", &[("read", "yes"), ("name", " ")]).await.is(422);
    let not_hers =
        maya.submit("/agreements/pupils", "/agreements/staff", &[("read", "yes"), ("name", "Maya Jones")]).await;
    assert!(not_hers.status >= 400, "{}", not_hers.status);
    school.standing("sign").await.are("not-kept", "0 of ");
    maya.sign_agreement("pupils", "Maya Jones").await.is(303);
    school.standing("sign").await.are("kept", "1 of ");
    assert!(maya.get("/agreements/pupils").await.is(200).says("24 November 2026"));
    let signed = school.acts("agreements.sign").await;
    assert_eq!((signed.len(), signed[0].clause.as_deref()), (1, Some("sign")));
    school.enact(&Draft::of(&clauses).promises("I am kind when I write to others.")).await.unwrap();
    assert!(maya.get("/agreements").await.is(200).says("The words have changed"));
    school.standing("sign").await.are("not-kept", "0 of ");
}

/// Who has signed is seen by those who may: by name, by class, or counted.
#[tokio::test(flavor = "multi_thread")]
async fn coverage() {
    let all = "We know who has signed. `coverage: agreements.coverage { who = \"class:5B\" }`";
    let some = "We know who has signed. `coverage: agreements.coverage { who = \"class:5B\", percent = 10 }`";
    let school = School::open(&[all]).await;
    let head = school.sign_in(HEAD).await;
    assert!(head.get("/agreements/coverage").await.is(200).says("Maya Jones"));
    school.sign_in(PUPIL).await.sign_agreement("pupils", "Maya Jones").await.is(303);
    school.standing("coverage").await.are("not-kept", "1 of ");
    school.enact(&Draft::of(&[some])).await.unwrap();
    school.standing("coverage").await.are("kept", "1 of ");
    let page = head.get("/agreements/coverage").await.is(200);
    assert!(!page.says("Maya Jones") && page.says("Alfie Brennan"), "who waits is named: {}", page.body);
    let teacher = school.sign_in("ioana.abara").await.get("/agreements/coverage").await.is(200);
    assert!(teacher.says("Elif Kaya") && !teacher.says("Alfie Brennan"), "the own class alone: {}", teacher.body);
    let governor = school.sign_in("moira.castle").await.get("/agreements/coverage").await.is(200);
    assert!(!governor.says("Alfie Brennan"), "a governor counts: {}", governor.body);
    school.sign_in(PUPIL).await.get("/agreements/coverage").await.is(403);
}
