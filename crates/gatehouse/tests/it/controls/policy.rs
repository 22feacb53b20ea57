//! Controls of `policy`: the document, its review, who answers for what.

use crate::school::*;

/// The policy shows its version and dates, to everybody; where it does not, its own clause says so.
#[tokio::test(flavor = "multi_thread")]
async fn document() {
    let draft = Draft::of(&[
        "This policy shows its dates. `doc: policy.document { shows = [\"version\", \"issued\", \"review\"] }`",
    ]);
    let school = School::with(&draft).await;
    school.standing("doc").await.are("kept", "Version 1 is in force");
    let parent = school.sign_in(PARENT).await;
    let page = parent.get("/policy").await.is(200);
    assert!(page.says("ersion 1") && page.says("This policy shows its dates"), "{}", page.body);
    school.enact(&draft.clone().issued(None)).await.unwrap();
    assert!(parent.get("/policy").await.is(200).says("ersion 2"));
    school.standing("doc").await.are("not-kept", "does not show the date on which it was issued");
    let versions = school.sign_in(TEACHER).await.get("/policy/versions").await.is(200);
    assert!(versions.says("ersion 1") && versions.says("ersion 2"), "{}", versions.body);
}

/// The review is watched: far, near, past; and a date that is later than the clause allows is found.
#[tokio::test(flavor = "multi_thread")]
async fn review() {
    let clause = "We review it every 12 months. `review: policy.review { every = \"12 months\" }`";
    let school = School::open(&[clause]).await;
    let head = school.sign_in(HEAD).await;
    school.standing("review").await.are("kept", "The next review is on 1 September 2027");
    assert!(!head.get("/").await.is(200).says("Review the policy"));
    school.at("2027-07-20 10:15").await;
    assert_eq!(school.standing("review").await.word, "due");
    assert!(school.sign_in(HEAD).await.get("/").await.is(200).says("Review the policy"));
    school.at("2027-09-02 10:15").await;
    school.standing("review").await.are("not-kept", "The review was due on 1 September 2027");
    school.enact(&Draft::of(&[clause]).issued(Some("2027-09-02")).review(Some("2028-10-01"))).await.unwrap();
    school.standing("review").await.are("not-kept", "later than 12 months after 2 September 2027");
    school.enact(&Draft::of(&[clause]).issued(Some("2027-09-02")).review(Some("2028-09-01"))).await.unwrap();
    school.standing("review").await.are("kept", "1 September 2028");
}

/// Each responsibility is held by somebody: given and ended at the desk, by the headteacher alone.
#[tokio::test(flavor = "multi_thread")]
async fn roles() {
    let school = School::open(&[
        "The Online Safety Lead looks after it. `lead: policy.roles { roles = [\"online-safety-lead\"] }`",
        "Nobody is a nominated contact yet. `phase: policy.roles { roles = [\"nominated-contact\"] }`",
    ])
    .await;
    school.standing("lead").await.are("kept", "Somebody holds the role");
    school.standing("phase").await.are("not-kept", "Nobody holds the role of Nominated contact");
    let head = school.sign_in(HEAD).await;
    let lead = school.who(TEACHER).await.to_string();
    let role = ("role", "online-safety-lead");
    head.submit("/people/roles", "/people/roles/end", &[("person", &lead), role]).await.is(303);
    school.standing("lead").await.are("not-kept", "Nobody holds the role of Online safety lead");
    let network = school.sign_in(NETWORK).await;
    network.submit("/account", "/people/roles", &[("person", NETWORK), role, ("deputy", "no")]).await.is(403);
    head.submit("/people/roles", "/people/roles", &[("person", NETWORK), role, ("deputy", "no")]).await.is(303);
    school.standing("lead").await.are("kept", "Somebody holds the role");
    assert!(network.get("/people/roles").await.is(200).says("Tom Okafor"));
}
