//! What leaves the house on paper: the report to governors and the published policy, as PDF.

use crate::school::*;

/// Governors and the head take the report away; everybody takes the policy; nobody else the report.
#[tokio::test(flavor = "multi_thread")]
async fn reports_and_the_policy_are_papers() {
    let clauses = [
        "We keep a roll. `roll: people.roll { who = [\"pupils\", \"staff\"] }`",
        "Guests are on it. `guests: people.roll { who = \"guests\" }`",
    ];
    let school = School::open(&clauses).await;
    school.standing("roll").await.are("kept", "");
    let head = school.sign_in(HEAD).await;
    let page = head.get("/review/governor-report").await.is(200);
    assert!(page.says("clauses of our policy are kept") && page.says("Guests are on it."), "{}", page.body);
    let paper = head.get("/review/governor-report.pdf").await.is(200);
    assert!(paper.body.starts_with("%PDF-"), "{}", &paper.body[..40]);
    head.get("/review/governor-report.pdf?since=yesterday").await.is(400);
    let pupil = school.sign_in(PUPIL).await;
    pupil.get("/review/governor-report.pdf").await.is(403);
    assert!(pupil.get("/policy/policy.pdf").await.is(200).body.starts_with("%PDF-"));
}
