//! Answers: asked of the right person, kept with act and file, refused to everybody else.

use axum::http::StatusCode;
use engines::attestations::{
    answers,
    asked::Answer,
    service::{ANSWER, answers_to},
};
use jiff::civil::date;
use kernel::Role;
use store::{entity::people_role, entity::register_file, ids, ledger::Which};
use testkit::{TestStore, store_test};

use super::desk::TestDesk;

store_test!(
    an_answer_is_kept_with_its_act_and_asked_again,
    a_no_says_what_will_be_done_and_by_when,
    a_file_is_sealed_and_opened_by_those_who_may,
    several_clauses_are_answered_in_a_row,
    it_goes_to_the_deputy_and_then_to_the_head,
    nobody_else_sees_or_answers,
    a_clause_that_is_gone_keeps_its_answers,
    the_head_sees_everything_with_its_state,
);

const ROOMS: &str = "- Servers are in locked rooms. `rooms: assets.physical`\n";
const MANY: &str = "- Servers are in locked rooms. `rooms: assets.physical`\n- Cabinets are locked. `cabinets: assets.physical`\n\
    - Cables are out of reach. `cables: assets.physical`\n- The provider is chosen with care. `provider: network.provider { attest = \"headteacher\" }`\n\
    - Staff change their passwords in the MIS. `mis: access.password-age { who = \"staff\", system = \"mis\", every = \"90 days\" }`\n";

async fn an_answer_is_kept_with_its_act_and_asked_again(kit: &TestStore) {
    let desk = TestDesk::open(kit, ROOMS).await;
    let tech = desk.sign_in("tech", kit).await;
    let page = desk.get(&tech, "/attestations/rooms~1").await;
    assert_eq!(page.status, StatusCode::OK);
    for said in
        ["Are servers and switches locked away?", "Servers are in locked rooms.", "The system:", "Try each door."]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    // In force since 1 November, so first due on 15 November; today is the 24th, and the deputy's turn came.
    assert!(page.text.contains("Overdue since 15 November 2026"), "{}", page.text);
    let refused = desk.upload(&tech, "/attestations/rooms~1", &[("answer", "yes")], None).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Say what you looked at, or add a file that shows it"));
    let fields = [("answer", "yes"), ("words", "Tried both doors.")];
    let kept = desk.upload(&tech, "/attestations/rooms~1", &fields, None).await;
    assert_eq!(kept.location(), "/attestations");
    let school = &desk.school.school;
    let last = answers(school).await.unwrap().remove("rooms#1").unwrap();
    assert_eq!((last.answer, last.on, last.next), (Answer::Yes, date(2026, 11, 24), date(2027, 3, 24)));
    assert_eq!((last.words.as_str(), last.label.as_str()), ("Tried both doors.", "rooms"));
    let which = Which { act: Some(ANSWER.to_owned()), ..Which::default() };
    let acts = school.ledger().entries(&which).await.unwrap();
    assert_eq!((acts.len(), acts[0].clause.as_deref()), (1, Some("rooms")));
    assert_eq!(acts[0].actor, Some(desk.school.who("tech").await));
    let list = desk.get(&tech, "/attestations").await.text;
    assert!(list.contains("Nothing waits for your answer."), "{list}");
    // Two weeks before it runs out it is there again.
    kit.clock.set("2027-03-12 09:00");
    let list = desk.get(&tech, "/attestations").await.text;
    assert!(list.contains("Confirm: Are servers and switches locked away?"), "{list}");
    assert!(list.contains("By 24 March 2027"), "{list}");
}

async fn a_no_says_what_will_be_done_and_by_when(kit: &TestStore) {
    let desk = TestDesk::open(kit, ROOMS).await;
    let tech = desk.sign_in("tech", kit).await;
    let address = "/attestations/rooms~1";
    let refused = desk.upload(&tech, address, &[("answer", "no"), ("words", "The <lock> is broken")], None).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in
        ["Say what will be done about it", "Enter the day by which it will be done", "The &#60;lock&#62; is broken"]
    {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    for (typed, said) in [
        ("1 11 2026", "That day is past"),
        ("31 11 2026", "There is no 31 in that month"),
        ("1 1 2030", "Enter a day within the next year"),
    ] {
        let fields = [("answer", "no"), ("words", "w"), ("mend", "m"), ("mend-by", typed)];
        let refused = desk.upload(&tech, address, &fields, None).await;
        assert!(refused.text.contains(said), "{typed}: {}", refused.text);
    }
    let fields = [("answer", "no"), ("words", "The lock is broken"), ("mend", "New lock"), ("mend-by", "4 12 2026")];
    assert_eq!(desk.upload(&tech, address, &fields, None).await.status, StatusCode::SEE_OTHER);
    let last = answers(&desk.school.school).await.unwrap().remove("rooms#1").unwrap();
    assert_eq!((last.answer, last.mend_by, last.next), (Answer::No, Some(date(2026, 12, 4)), date(2026, 12, 4)));
    let page = desk.get(&tech, address).await.text;
    assert!(page.contains("New lock, by 4 December 2026"), "{page}");
    kit.clock.set("2026-12-05 09:00");
    assert!(desk.get(&tech, "/attestations").await.text.contains("Overdue since 4 December 2026"));
    let fields = [("answer", "not-applicable"), ("words", "We have no servers any more")];
    assert_eq!(desk.upload(&tech, address, &fields, None).await.status, StatusCode::SEE_OTHER);
    let all = answers_to(&desk.school.school, "rooms#1").await.unwrap();
    assert_eq!(all.iter().map(|one| one.answer.answer).collect::<Vec<_>>(), [Answer::NotApplicable, Answer::No]);
}

async fn a_file_is_sealed_and_opened_by_those_who_may(kit: &TestStore) {
    let desk = TestDesk::open(kit, ROOMS).await;
    let tech = desk.sign_in("tech", kit).await;
    let address = "/attestations/rooms~1";
    let lie = desk.upload(&tech, address, &[("answer", "yes")], Some(("door.pdf", b"MZ\x90\x00"))).await;
    assert_eq!(lie.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(lie.text.contains("this file is none of them"), "{}", lie.text);
    let fields = [("answer", "yes")];
    let kept = desk.upload(&tech, address, &fields, Some(("door.pdf", b"%PDF-1.7 the door"))).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let rows = desk.school.school.read().find::<register_file::Entity>().all().await.unwrap();
    assert_eq!((rows.len(), rows[0].register.as_str(), rows[0].media.as_str()), (1, "attest", "application/pdf"));
    assert!(!rows[0].content.windows(8).any(|part| part == b"the door"), "it lies sealed");
    let file = format!("{address}/files/{}", rows[0].id);
    assert!(desk.get(&tech, address).await.text.contains(&file));
    let answer = desk.get(&tech, &file).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "%PDF-1.7 the door"));
    assert_eq!(answer.media(), "application/pdf");
    let head = desk.sign_in("head", kit).await;
    assert_eq!(desk.get(&head, &file).await.status, StatusCode::OK);
    for other in ["governor", "teacher", "maya.jones", "parent"] {
        let cookie = desk.sign_in(other, kit).await;
        assert_eq!(desk.get(&cookie, &file).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    let made_up = format!("{address}/files/{}", ids::new_id(kit.now()).unwrap());
    assert_eq!(desk.get(&tech, &made_up).await.status, StatusCode::NOT_FOUND);
}

async fn several_clauses_are_answered_in_a_row(kit: &TestStore) {
    let desk = TestDesk::open(kit, MANY).await;
    let tech = desk.sign_in("tech", kit).await;
    let list = desk.get(&tech, "/attestations").await.text;
    assert!(list.contains("Confirm 3 clauses: Rooms and cabinets"), "{list}");
    let address = "/attestations/several/assets.physical";
    let page = desk.get(&tech, address).await;
    for key in ["rooms#1", "cabinets#1", "cables#1"] {
        assert!(page.text.contains(&format!("value=\"{key}\"")), "{}", page.text);
    }
    let fields = |second: &'static str| {
        [
            ("0-key", "rooms#1"),
            ("0-answer", "yes"),
            ("0-words", "Tried it"),
            ("1-key", "cabinets#1"),
            ("1-answer", second),
            ("1-words", "One door does not close"),
            ("2-key", "cables#1"),
            ("2-words", ""),
        ]
    };
    let refused = desk.post(&tech, address, &fields("no")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("href=\"#1-mend\""), "{}", refused.text);
    assert!(refused.text.contains("One door does not close") && refused.text.contains("Tried it"));
    assert!(
        answers(&desk.school.school).await.unwrap().is_empty(),
        "nothing is kept where something is to be put right"
    );
    let kept = desk.post(&tech, address, &fields("not-applicable")).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let all = answers(&desk.school.school).await.unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), ["cabinets#1", "rooms#1"]);
    // The keys of a form are not believed: what is not asked of the person here is left alone.
    let forged = [("0-key", "provider#1"), ("0-answer", "yes"), ("0-words", "x")];
    desk.post(&tech, address, &forged).await;
    assert_eq!(answers(&desk.school.school).await.unwrap().len(), 2);
    let list = desk.get(&tech, "/attestations").await.text;
    assert!(list.contains("/attestations/cables~1"), "the one that was left waits: {list}");
}

async fn it_goes_to_the_deputy_and_then_to_the_head(kit: &TestStore) {
    let desk = TestDesk::open(kit, ROOMS).await;
    let deputy = desk.school.person("Dora", "Deputy", None).await;
    desk.school.account(deputy, "deputy", None).await;
    desk.school.role(deputy, Role::Staff).await;
    let row = people_role::Model {
        id: ids::new_id(kit.now()).unwrap(),
        school_id: desk.school.school.id().0,
        person_id: deputy.0,
        role: Role::NetworkManager.id().to_owned(),
        deputy: true,
        since_on: "2026-09-01".to_owned(),
        until_on: None,
        source: "desk".to_owned(),
    };
    desk.school.school.bookkeep(kit.now(), async |tx| tx.insert(row).await).await.unwrap();
    let waits = async |username: &str| {
        let cookie = desk.sign_in(username, kit).await;
        desk.get(&cookie, "/attestations").await.text.contains("Confirm: Are servers")
    };
    for (day, deputy, head) in [
        ("2026-11-14 09:00", false, false),
        ("2026-11-21 09:00", false, false),
        ("2026-11-22 09:00", true, false),
        ("2026-11-28 09:00", true, false),
        ("2026-11-29 09:00", true, true),
    ] {
        kit.clock.set(day);
        assert!(waits("tech").await, "{day}");
        assert_eq!((waits("deputy").await, waits("head").await), (deputy, head), "{day}");
    }
    let head = desk.sign_in("head", kit).await;
    let page = desk.get(&head, "/attestations/rooms~1").await.text;
    assert!(page.contains("the head is asked too") && page.contains("Keep this answer"), "{page}");
    kit.clock.set("2026-11-14 09:00");
    let page = desk.get(&head, "/attestations/rooms~1").await.text;
    assert!(!page.contains("Keep this answer"), "the head sees it, and does not answer before it is the head's turn");
    let early = desk.upload(&head, "/attestations/rooms~1", &[("answer", "yes"), ("words", "w")], None).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN);
}

async fn nobody_else_sees_or_answers(kit: &TestStore) {
    let desk = TestDesk::open(kit, MANY).await;
    let pages = ["/attestations/rooms~1", "/attestations/provider~1", "/attestations/several/assets.physical"];
    for username in ["teacher", "office", "maya.jones", "ava.hill", "parent"] {
        let cookie = desk.sign_in(username, kit).await;
        for page in pages {
            assert_eq!(desk.get(&cookie, page).await.status, StatusCode::NOT_FOUND, "{username} {page}");
        }
        let fields = [("answer", "yes"), ("words", "I say so")];
        let sent = desk.upload(&cookie, pages[0], &fields, None).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{username}");
        let several = [("0-key", "rooms#1"), ("0-answer", "yes"), ("0-words", "w")];
        desk.post(&cookie, pages[2], &several).await;
        let list = desk.get(&cookie, "/attestations").await;
        assert!(!list.text.contains("locked rooms"), "{username}");
    }
    for (username, status) in
        [("maya.jones", StatusCode::NOT_FOUND), ("parent", StatusCode::NOT_FOUND), ("teacher", StatusCode::OK)]
    {
        let cookie = desk.sign_in(username, kit).await;
        assert_eq!(desk.get(&cookie, "/attestations").await.status, status, "{username}");
    }
    assert!(answers(&desk.school.school).await.unwrap().is_empty());
    // A governor sees every answer, and gives none.
    let governor = desk.sign_in("governor", kit).await;
    let page = desk.get(&governor, pages[0]).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("Keep this answer"));
    let sent = desk.upload(&governor, pages[0], &[("answer", "yes"), ("words", "w")], None).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    assert!(answers(&desk.school.school).await.unwrap().is_empty());
    // Nobody signed in is sent to sign in.
    let nobody = desk.get("", pages[0]).await;
    assert!(nobody.location().starts_with("/sign-in"));
}

async fn a_clause_that_is_gone_keeps_its_answers(kit: &TestStore) {
    let desk = TestDesk::open(kit, ROOMS).await;
    let tech = desk.sign_in("tech", kit).await;
    let fields = [("answer", "yes"), ("words", "Tried both doors.")];
    desk.upload(&tech, "/attestations/rooms~1", &fields, None).await;
    desk.enact("- Cabinets are locked. `cabinets: assets.physical`\n", Vec::new());
    assert_eq!(desk.get(&tech, "/attestations/rooms~1").await.status, StatusCode::NOT_FOUND);
    let list = desk.get(&tech, "/attestations").await.text;
    assert!(list.contains("/attestations/cabinets~1") && !list.contains("rooms~1"), "{list}");
    assert!(answers(&desk.school.school).await.unwrap().contains_key("rooms#1"));
    // The label is back with other words and another number: its answers are there again.
    desk.enact("- First.\n- Server rooms are locked at all times. `rooms: assets.physical`\n", Vec::new());
    assert!(desk.get(&tech, "/attestations/rooms~1").await.text.contains("Tried both doors."));
    desk.repeal();
    assert!(desk.get(&tech, "/attestations").await.text.contains("No policy is in force"));
    let gone = desk.get(&tech, "/attestations/rooms~1").await;
    assert!(gone.text.contains("No policy is in force"), "{}", gone.status);
}

async fn the_head_sees_everything_with_its_state(kit: &TestStore) {
    let desk = TestDesk::open(kit, MANY).await;
    let head = desk.sign_in("head", kit).await;
    let page = desk.get(&head, "/attestations").await.text;
    assert!(page.contains("All 5 that the school confirms"), "{page}");
    // Nobody is the data manager, so the head is asked about the MIS.
    assert!(page.contains("/attestations/mis~1") && page.contains("With the head"), "{page}");
    let page = desk.get(&head, "/attestations/mis~1").await.text;
    assert!(page.contains("It is kept in the MIS.") && page.contains("so the head is asked"), "{page}");
    let fields = [("answer", "yes")];
    let kept = desk.upload(&head, "/attestations/provider~1", &fields, None).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let confirmed = desk.get(&head, "/attestations?show=confirmed").await.text;
    assert!(
        confirmed.contains("1 of 5: confirmed") && confirmed.contains("Confirmed on 24 November 2026"),
        "{confirmed}"
    );
    let none = desk.get(&head, "/attestations?show=no").await.text;
    assert!(none.contains("There is none of these."), "{none}");
}
