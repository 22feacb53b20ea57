//! A clause is changed in the desk: draft, check, difference, approval by those whom the policy names, in force.

use axum::http::StatusCode;
use governance::drafts::{approvals, service};
use kernel::Role;
use store::ledger::Which;
use testkit::{SmallSchool, TestStore, store_test};

use super::{
    desk::TestDesk,
    sample::{first, subject},
};

store_test!(
    a_clause_is_changed_approved_and_in_force,
    a_later_change_needs_approval_again,
    what_is_typed_is_kept_when_it_is_refused,
    two_editors_are_told,
    terms_change_in_fields,
    clauses_come_and_go,
    only_those_whom_the_policy_names_approve,
);

/// The desk with the small policy in force, and the cookies of head, leader and governor.
struct Story {
    desk: TestDesk,
    school: SmallSchool,
    head: String,
    leader: String,
    governor: String,
}

async fn story(kit: &TestStore) -> Story {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let desk = TestDesk::open(kit, Vec::new());
    first(&desk.policies, &school.school, kit.now()).await;
    let sign_in = async |who: &str, given: &str, role: Role| {
        desk.sign_in(school.school.id(), school.who(who).await, given, subject(role))
    };
    let head = sign_in("head", "Helen", Role::Headteacher).await;
    let leader = sign_in("teacher", "Tariq", Role::Slt).await;
    let governor = sign_in("tech", "Gita", Role::Governor).await;
    Story { desk, school, head, leader, governor }
}

impl Story {
    /// Begins a draft, and gives its address.
    async fn draft(&self) -> String {
        let answer = self.desk.post(&self.head, "/policy/drafts", "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer.location().to_owned()
    }

    /// Sends a form of a clause that stands on its page.
    async fn clause(&self, draft: &str, label: &str, fields: &str) -> testkit::Page {
        let path = format!("{draft}/clause/{label}");
        let page = self.desk.get(&self.head, &path).await.text;
        let version = page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        self.desk.post(&self.head, &path, &format!("version={version}&{fields}")).await
    }

    async fn submit(&self, draft: &str) -> String {
        let page = self.desk.get(&self.head, draft).await.text;
        let version = page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let body = format!("csrf={token}&version={version}&do=submit");
        self.desk.post_raw(&self.head, &format!("{draft}/step"), &body).await.location().to_owned()
    }

    async fn acts(&self, act: &str) -> usize {
        let which = Which { act: Some(act.to_owned()), ..Which::default() };
        self.school.school.ledger().entries(&which).await.unwrap().len()
    }
}

async fn a_clause_is_changed_approved_and_in_force(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    let page = story.desk.get(&story.head, &draft).await.text;
    assert!(page.contains("It says and does the same as the policy in force") && page.contains("Change"), "{page}");
    let saved = story.clause(&draft, "rooms", "words-0=Servers+are+in+locked+and+cooled+rooms.&do=save").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let page = story.desk.get(&story.head, &draft).await.text;
    assert!(page.contains("It changes 1 thing") && page.contains("<ins>and cooled</ins>"), "{page}");
    let front = format!(
        "csrf={}&changes=2&title=Online+Safety+Policy&version=2&issued=2026-11-24&review=2027-09-01",
        token(&page)
    );
    assert_eq!(story.desk.post_raw(&story.head, &draft, &front).await.status, StatusCode::SEE_OTHER);
    let text = story.submit(&draft).await;
    assert!(text.starts_with("/policy/approvals/"), "{text}");

    let read = story.desk.get(&story.governor, &text).await.text;
    assert!(read.contains("<ins>and cooled</ins>") && read.contains("The system:"), "both are shown: {read}");
    assert!(read.contains("Has not answered yet") && !read.contains("Put it in force"));
    let not_yet = story.desk.post(&story.governor, &text, "body=governors&answer=not-yet&because=").await;
    assert_eq!(not_yet.status, StatusCode::UNPROCESSABLE_ENTITY);
    story.desk.post(&story.governor, &text, "body=governors&answer=not-yet&because=Who+cools+them%3F").await;
    assert!(story.desk.get(&story.head, &text).await.text.contains("Who cools them?"));
    let early = story.desk.post(&story.head, &text, "").await.status;
    assert_eq!(early, StatusCode::UNPROCESSABLE_ENTITY, "whoever speaks for nobody cannot answer");
    let early = story
        .desk
        .post_raw(
            &story.head,
            &format!("{text}/enact"),
            &format!("csrf={}&from=", token(&story.desk.get(&story.head, &text).await.text)),
        )
        .await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(early.text.contains("asks for the approval of"), "{}", early.text);

    for (cookie, body) in [(&story.governor, "governors"), (&story.leader, "role%3Aslt")] {
        let answer = story.desk.post(cookie, &text, &format!("body={body}&answer=approve")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    let page = story.desk.get(&story.head, &text).await.text;
    assert!(page.contains("Put it in force"), "{page}");
    let form = format!("csrf={}&from=", token(&page));
    assert_eq!(story.desk.post_raw(&story.leader, &format!("{text}/enact"), &form).await.status, StatusCode::FORBIDDEN);
    let enacted = story.desk.post_raw(&story.head, &format!("{text}/enact"), &form).await;
    assert_eq!(enacted.location(), "/policy", "{}", enacted.text);
    let in_force = story.desk.policies.in_force(&story.school.school, kit.now()).await.unwrap().unwrap();
    assert_eq!(in_force.version.version, "2");
    assert_eq!(in_force.version.approvals.len(), 2);
    assert!(in_force.version.approvals.iter().all(|it| it.person.is_some()));
    assert!(in_force.source.files[0].text.contains("locked and cooled rooms"));
    assert_eq!(approvals::facts(&story.school.school, &in_force).await.unwrap().len(), 4);
    assert!(story.desk.get(&story.head, "/policy/drafts").await.text.contains("Put in force"));
    let counts = [service::DRAFT, service::SUBMIT, approvals::APPROVE, "policy.enact"].map(|act| story.acts(act));
    let [draft, submit, approve, enact] = counts;
    assert_eq!((draft.await, submit.await, approve.await, enact.await), (3, 1, 3, 2));
}

fn token(page: &str) -> String {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn a_later_change_needs_approval_again(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    story.clause(&draft, "rooms", "words-0=Servers+are+in+locked+rooms+here.&do=save").await;
    let text = story.submit(&draft).await;
    for (cookie, body) in [(&story.governor, "governors"), (&story.leader, "role%3Aslt")] {
        story.desk.post(cookie, &text, &format!("body={body}&answer=approve")).await;
    }
    assert!(story.desk.get(&story.head, &text).await.text.contains("Put it in force"));
    story.clause(&draft, "rooms", "words-0=Servers+are+in+open+rooms.&do=save").await;
    assert_eq!(story.desk.get(&story.governor, &text).await.status, StatusCode::CONFLICT);
    let again = story.submit(&draft).await;
    assert_ne!(again, text);
    let page = story.desk.get(&story.head, &again).await.text;
    assert!(page.contains("Has not answered yet") && !page.contains("Put it in force"), "{page}");
}

async fn what_is_typed_is_kept_when_it_is_refused(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    let refused = story.clause(&draft, "gate", "words-0=No+signature%2C+no+internet+at+all.&b1-how=written&b1-written=access.gated-on-agreement+%7B+who+%3D+pupils&do=save").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("no internet at all") && refused.text.contains("texts in double quotes"),
        "{}",
        refused.text
    );
    let refused = story.clause(&draft, "gate", "words-0=No+signature.&b1-who=pupills&do=save").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "an error of the check refuses too");
    assert!(refused.text.contains("value=\"pupills\"") && refused.text.contains("not saved yet"), "{}", refused.text);
    let evil = story
        .clause(
            &draft,
            "gate",
            "words-0=Yes.+%60evil%3A+policy.document%60%0D%0A%0D%0A%23+Heading%0D%0A%2B%2B%2B&b1-who=pupils&do=save",
        )
        .await;
    assert_eq!(evil.status, StatusCode::SEE_OTHER, "{}", evil.text);
    let page = story.desk.get(&story.head, &draft).await.text;
    assert!(page.contains("`evil: policy.document` # Heading +++"), "it stands as words: {page}");
    assert_eq!(story.desk.get(&story.head, &format!("{draft}/clause/evil")).await.status, StatusCode::NOT_FOUND);
}

async fn two_editors_are_told(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    story.clause(&draft, "rooms", "words-0=Servers+are+in+rooms+of+mine.&do=save").await;
    let late = story
        .desk
        .post(&story.head, &format!("{draft}/clause/rooms"), "version=1&words-0=Servers+are+in+rooms+of+yours.&do=save")
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("rooms of yours") && late.text.contains("rooms of mine"), "{}", late.text);
    let page = story.desk.get(&story.head, &draft).await.text;
    assert!(page.contains("of mine") && !page.contains("of yours"));
}

async fn terms_change_in_fields(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    let page = story.desk.get(&story.head, &format!("{draft}/clause/gate")).await.text;
    assert!(
        page.contains("id=\"b1-who\"") && page.contains("value=\"pupils\"") && page.contains("<datalist"),
        "{page}"
    );
    let preview = story
        .clause(
            &draft,
            "gate",
            "words-0=No+signature%2C+no+internet+for+staff+and+pupils.&b1-who=pupils%2C+staff&do=preview",
        )
        .await;
    assert_eq!(preview.status, StatusCode::OK);
    assert!(
        preview.text.contains("for pupils and staff") && preview.text.contains("It is not saved yet"),
        "{}",
        preview.text
    );
    assert!(story.desk.get(&story.head, &draft).await.text.contains("It says and does the same"));
    let saved = story
        .clause(
            &draft,
            "gate",
            "words-0=No+signature%2C+no+internet+for+staff+and+pupils.&b1-who=pupils%2C+staff&do=save",
        )
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let page = story.desk.get(&story.head, &draft).await.text;
    assert!(page.contains("for pupils and staff"), "{page}");
    let file = story.desk.get(&story.head, &format!("{draft}/file/1")).await.text;
    assert!(
        file.contains("`gate: access.gated-on-agreement { who = [&#34;pupils&#34;, &#34;staff&#34;] }`")
            || file.contains("who = [&quot;pupils&quot;, &quot;staff&quot;]"),
        "{file}"
    );
}

async fn clauses_come_and_go(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    let page = story.desk.get(&story.head, &format!("{draft}/clause/rooms")).await.text;
    let form = format!("csrf={}&version=1&new-words=Their+keys+are+in+the+safe.", token(&page));
    let added =
        story.desk.post_raw(&story.head, &format!("{draft}/clause/rooms/add"), &form).await.location().to_owned();
    assert!(added.ends_with("/clause/rooms-new-2"), "{added}");
    let more =
        story.clause(&draft, "rooms-new-2", "words-0=Their+keys+are+in+the+safe.&more=assets.physical&do=save").await;
    assert_eq!(more.location(), added, "{}", more.text);
    let page = story.desk.get(&story.head, &draft).await.text;
    assert!(page.contains("Clause 3.1.4 is new"), "{page}");
    let form = format!("csrf={}&version=3", token(&page));
    story.desk.post_raw(&story.head, &format!("{added}/remove"), &form).await;
    assert!(story.desk.get(&story.head, &draft).await.text.contains("It says and does the same"));
}

async fn only_those_whom_the_policy_names_approve(kit: &TestStore) {
    let story = story(kit).await;
    let draft = story.draft().await;
    story.clause(&draft, "rooms", "words-0=Servers+are+in+locked+rooms+here.&do=save").await;
    let text = story.submit(&draft).await;
    let parent =
        story.desk.sign_in(story.school.school.id(), story.school.who("parent").await, "Pat", subject(Role::Parent));
    assert_eq!(story.desk.get(&parent, &text).await.status, StatusCode::FORBIDDEN);
    assert_eq!(story.desk.get(&parent, "/policy/approvals").await.status, StatusCode::FORBIDDEN);
    assert_eq!(story.desk.get(&parent, &draft).await.status, StatusCode::FORBIDDEN);
    let for_others = story.desk.post(&story.governor, &text, "body=role%3Aslt&answer=approve").await;
    assert_eq!(for_others.status, StatusCode::FORBIDDEN);
    assert!(story.desk.get(&story.governor, "/policy/approvals").await.text.contains("1 text waits for your answer"));
}
