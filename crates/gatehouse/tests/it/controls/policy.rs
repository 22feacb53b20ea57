//! Controls of `policy`: the document, its review, who answers for what.

use governance::EnactError;

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

/// A version comes into force with the approval of whom its clauses name: asked for at the command, given at the desk.
#[tokio::test(flavor = "multi_thread")]
async fn approve() {
    let pta = "The PTA approves it as well. `pta: policy.approve { example = \"PTA\" }`";
    let own = "The Headteacher approves it. `own: policy.approve { by = \"headteacher\" }`";
    let school = School::open(&[pta]).await;
    school.standing("pta").await.are("not-kept", "Version 1 is in force without the approval of PTA");
    let head = school.sign_in(HEAD).await;
    let approvals = head.get("/policy/approvals").await.is(200);
    let text = format!("/policy/approvals/{}", approvals.between("/policy/approvals/", "\"").unwrap());
    head.submit(&text, &text, &[("body", "other:PTA"), ("answer", "approve")]).await.is(303);
    school.standing("pta").await.are("kept", "Version 1 was approved by PTA on 24 November 2026");
    assert_eq!(school.acts("policy.approve").await.len(), 1);

    let refused = school.enact(&Draft::of(&[pta, own])).await;
    assert!(matches!(refused, Err(EnactError::Approval { .. })), "{refused:?}");
    let source = Draft::of(&[pta, own]).source(3);
    let file = source.file("policy.md").unwrap().text.clone();
    let draft = head.upload("/policy/drafts", "/policy/drafts/upload", &[], ("file", file.as_bytes())).await.is(303);
    let draft = draft.location.unwrap();
    let text = head.submit(&draft, &format!("{draft}/step"), &[("version", "1"), ("do", "submit")]).await.is(303);
    let text = text.location.unwrap();
    school.sign_in(NETWORK).await.get(&text).await.is(403);
    head.submit(&text, &format!("{text}/enact"), &[("from", "")]).await.is(409);
    head.submit(&text, &text, &[("body", "role:headteacher"), ("answer", "approve")]).await.is(303);
    head.submit(&text, &format!("{text}/enact"), &[("from", "")]).await.is(303);
    school.settle().await;
    school.standing("own").await.are("kept", "Version 3 was approved by Headteacher on 24 November 2026");
    school.standing("pta").await.are("not-kept", "Version 3 is in force without the approval of PTA");
}

/// The version in force is open to anybody by a switch, and found where the clauses say; an older copy is not it.
#[tokio::test(flavor = "multi_thread")]
async fn publish() {
    let clauses = [
        "Staff can read it. `staff: policy.publish { who = \"staff\" }`",
        "Parents can read it. `all: policy.publish { who = \"parents\" }`",
        "It is on the website. `web: policy.publish { places = \"school website\" }`",
        "A copy hangs in the staffroom. `paper: policy.publish { places = [\"staffroom\"] }`",
    ];
    let school = School::open(&clauses).await;
    school.standing("staff").await.are("kept", "Everybody who signs in can read version 1");
    school.standing("all").await.are("not-kept", "not open to be read without signing in");
    school.standing("web").await.are("not-kept", "not found here yet: school website");
    school.browser().get("/policy/published").await.is(404);
    let head = school.sign_in(HEAD).await;
    let page = head.get("/policy/publish").await.is(200);
    assert!(page.says("school website") && page.says("staffroom"), "{}", page.body);
    let places = [("place-0", "school website"), ("how-0", "link"), ("place-1", "staffroom"), ("how-1", "copy")];
    let mut fields = places.to_vec();
    fields.push(("open", "yes"));
    head.submit("/policy/publish", "/policy/publish", &fields).await.is(303);
    let public = school.browser().get("/policy/published").await.is(200);
    assert!(public.says("A copy hangs in the staffroom") && !public.says("policy.publish"), "{}", public.body);
    for label in ["all", "web", "paper"] {
        assert_eq!(school.standing(label).await.word, "kept", "{label}");
    }
    assert_eq!(school.acts("policy.publish").await.len(), 1);
    school.enact(&Draft::of(&clauses).issued(Some("2026-11-24"))).await.unwrap();
    school.standing("web").await.are("kept", "Version 2 is found here");
    school.standing("paper").await.are("not-kept", "An older version than 2 is found here: staffroom");
    head.submit("/policy/publish", "/policy/publish", &places).await.is(303);
    school.browser().get("/policy/published").await.is(404);
    school.standing("web").await.are("not-kept", "not found here yet");
}

/// Whom a new version binds reads what changed and says so; who has not is counted, and after four weeks it is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn amendment_notice() {
    let clause = "Every amendment reaches all staff. `read: policy.amendment-notice { who = \"staff\" }`";
    let rule = |words: &str| format!("Staff {words} their screens. `lock: people.roll {{ who = \"staff\" }}`");
    let for_pupils = |words: &str| format!("Pupils {words}. `kind: agreements.sign {{ who = \"pupils\" }}`");
    let school = School::open(&[clause, &rule("lock"), &for_pupils("are kind")]).await;
    school.standing("read").await.are("kept", "the first in force here");
    school.minutes(60).await;
    school.enact(&Draft::of(&[clause, &rule("always lock"), &for_pupils("are very kind")])).await.unwrap();
    let stands = school.standing("read").await;
    stands.are("due", "0 of ");
    let teacher = school.sign_in(TEACHER).await;
    let page = teacher.get("/policy/changes").await.is(200);
    assert!(page.says("<ins>always</ins>") && !page.says("<ins>very</ins>"), "{}", page.body);
    teacher.submit("/policy/changes", "/policy/changes", &[]).await.is(303);
    teacher.submit("/policy/changes", "/policy/changes", &[]).await.is(303);
    assert!(teacher.get("/policy/changes").await.is(200).says("You have said: I have read what changed."));
    school.standing("read").await.are("due", "1 of ");
    assert_eq!(school.acts("policy.read-changes").await.len(), 1);
    // Whoever missed a version reads what came with it beside the next; whoever read it does not read it again.
    let third = [clause, &rule("always lock"), &for_pupils("are very kind"), "Staff tell at once. `tell: context`"];
    school.minutes(5).await;
    school.enact(&Draft::of(&third)).await.unwrap();
    let page = teacher.get("/policy/changes").await.is(200);
    assert!(!page.says("<ins>always</ins>") && !page.says("earlier versions"), "{}", page.body);
    let network = school.sign_in(NETWORK).await;
    let page = network.get("/policy/changes").await.is(200);
    assert!(page.says("<ins>always</ins>") && page.says("earlier versions that you have not read"), "{}", page.body);
    teacher.submit("/policy/changes", "/policy/changes", &[]).await.is(303);
    school.at("2026-12-30 10:15").await;
    school.standing("read").await.are("not-kept", "1 of ");
}

/// The rows of the table are the rules; a row that no list knows is not called kept.
#[tokio::test(flavor = "multi_thread")]
async fn use_matrix() {
    let school = School::open(&[
        "Games are acceptable at lunch. `games: policy.use-matrix { who = \"pupils\", verdict = \"acceptable at certain times\", \
         when = \"mon-fri 12:15-13:05\", sites = \"games\" }`",
        "Gambling is unacceptable. `bets: policy.use-matrix { verdict = \"unacceptable\", sites = \"gambling\" }`",
        "Private business is unacceptable. `business: policy.use-matrix { verdict = \"unacceptable\" }`",
    ])
    .await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    assert_eq!((pupil.status("http://games.test/").await, teacher.status("http://games.test/").await), (403, 200));
    assert_eq!((pupil.status("http://casino.test/").await, teacher.status("http://casino.test/").await), (403, 403));
    school.at("2026-11-24 12:30").await;
    assert_eq!(pupil.status("http://games.test/").await, 200);
    school.standing("games").await.are("kept", "1 site is known to be closed by this; 1 try was closed");
    school.standing("bets").await.are("kept", "2 tries were closed");
    school.standing("business").await.are("not-built", "No list of sites knows it");
}
