//! The first week: a policy is chosen, what turns most clauses is counted, nothing is invented.

use axum::http::StatusCode;
use governance::{
    By, Enactment, RollPerson,
    policy_pages::{
        build::{Ground, Query},
        standings::{self, Standings},
    },
    start::{asking::Asking, steps},
};
use kernel::Role;
use policy::Source;
use testkit::{SmallSchool, TestStore, store_test};

use super::{
    desk::TestDesk,
    sample::{policies, subject},
    standing::facts,
};

store_test!(
    a_school_without_a_policy_chooses_one,
    what_turns_most_clauses_is_counted,
    what_others_enter_names_whom_to_ask,
    the_policy_page_names_whom_to_ask,
);

const TEXT: &str = "+++\ntitle = \"Policy\"\nversion = \"1\"\n+++\n\n# 1 Rules\n\n\
    - The network manager is named. `a: policy.roles { roles = [\"network-manager\"] }`\n\
    - The safeguarding lead is named. `b: policy.roles { roles = [\"safeguarding-lead\"] }`\n\
    - Both are, and parents can read the policy. `c: policy.roles { roles = [\"network-manager\"] }` `policy.publish { who = \"parents\" }`\n\
    - Parents can read it. `d: policy.publish { who = \"parents\" }`\n\
    - It shows its dates. `e: policy.document`\n";

async fn a_school_without_a_policy_chooses_one(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let desk = TestDesk::open(kit, Vec::new());
    let head = desk.sign_in(school.school.id(), school.who("head").await, "Helen", subject(Role::Headteacher));
    let page = desk.get(&head, "/start").await.text;
    assert!(page.contains("For a primary school") && page.contains("clauses that ask for something"), "{page}");
    assert_eq!(desk.post(&head, "/start", "starter=none").await.status, StatusCode::BAD_REQUEST);
    let draft = desk.post(&head, "/start", "starter=primary").await.location().to_owned();
    let page = desk.get(&head, &draft).await.text;
    assert!(
        page.contains("It would be the school&#39;s first policy")
            || page.contains("school’s first policy")
            || page.contains("first policy here"),
        "{page}"
    );
    assert!(page.contains("Ask for approval"), "the starter is sound");
    // From there it leads on: who is missing to approve it, and what each step turns.
    let page = desk.get(&head, "/start").await.text;
    for words in [
        "Bring in your people",
        "This turns ",
        "Nobody yet: Headteacher and governors.",
        "Read the draft, change what you need, and ask for approval.",
        "once the policy is in force.",
        "Begin with another policy",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(page.matches("<strong>Turns ").count() == 4, "each step says how many clauses it turns: {page}");
    desk.post(&head, &format!("{draft}/step"), "version=1&do=submit").await;
    let page = desk.get(&head, "/start").await.text;
    assert!(page.contains("The draft waits for the Headteacher and governors."), "{page}");
    // Once all have approved it, the next step is to put it in force.
    let approval = page.split("href=\"/policy/approvals/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let approval = format!("/policy/approvals/{approval}");
    let governor = school.person("Moira", "Chair", None).await;
    let governor = desk.sign_in(school.school.id(), governor, "Moira", subject(Role::Governor));
    for (who, body) in [(&head, "role%3Aheadteacher"), (&governor, "governors")] {
        let answer = desk.post(who, &approval, &format!("body={body}&answer=approve&because=")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    let page = desk.get(&head, "/start").await.text;
    assert!(page.contains("Everybody who is asked has approved it: say from when it is in force."), "{page}");
    assert!(page.contains(&format!("role=\"button\" href=\"{approval}\"")), "{page}");
    let page = desk.get(&head, &draft).await.text;
    assert!(page.contains("Everybody who is asked has approved it") && page.contains("Put it in force"), "{page}");
}

async fn what_others_enter_names_whom_to_ask(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let policies = policies();
    let text = TEXT.replace("`policy.document`", "`policy.document`\n- Devices are recorded. `hw: assets.hardware`");
    let enactment = Enactment { source: Source::of_text(&text), from: None, approved_by: Vec::new() };
    let in_force = policies.enact(&school.school, By::Installation, enactment, kit.now()).await.unwrap().now;
    let person = |name: &str, id, role| RollPerson { id, name: name.to_owned(), subject: subject(role) };
    let (head, tech) = (school.who("head").await, school.who("tech").await);
    let people = [person("Helen Head", head, Role::Headteacher), person("Nina Network", tech, Role::NetworkManager)];
    let register = "/registers/assets/hardware?clause=hw";
    let says = Asking::of(&in_force, &people, head).whom(register);
    assert!(says.starts_with("Ask Nina Network: it is kept by the Network manager"), "{says}");
    assert_eq!(Asking::of(&in_force, &people, tech).whom(register), "", "who enters it asks nobody");
    let nobody = Asking::of(&in_force, &people[..1], head).whom(register);
    assert!(nobody.contains("nobody is that yet"), "{nobody}");
    assert_eq!(Asking::of(&in_force, &people, head).whom("/people/roles"), "");
    // Before the first look nothing is said to be done.
    let desk = TestDesk::open(kit, Vec::new());
    let session = desk.sign_in(school.school.id(), head, "Helen", subject(Role::Headteacher));
    let page = desk.get(&session, "/start").await.text;
    assert!(page.contains("for the first time") && !page.contains("No clause waits"), "{page}");
}

async fn the_policy_page_names_whom_to_ask(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let enactment = Enactment { source: Source::of_text(TEXT), from: None, approved_by: Vec::new() };
    let in_force = policies().enact(&school.school, By::Installation, enactment, kit.now()).await.unwrap().now;
    standings::run(&school.school, &in_force, &facts(kit.now(), true), kit.now()).await.unwrap();
    let states = Standings::default().load(&school.school, kit.now()).await.unwrap();
    let (head, tech) = (school.who("head").await, school.who("tech").await);
    let person = |name: &str, id, role| RollPerson { id, name: name.to_owned(), subject: subject(role) };
    let people = [person("Helen Head", head, Role::Headteacher), person("Nina Network", tech, Role::NetworkManager)];
    let asked_by = |reader| {
        let mut body = Ground::new(&in_force.policy, in_force.registry(), &states, kit.now()).body(&Query::default());
        let (next, turn) = (body.next.as_mut().unwrap(), body.turns.first_mut().unwrap());
        (next.done_at, turn.href) = ("/registers/assets/hardware".into(), "/registers/assets/hardware?clause=a".into());
        body.ask(&Asking::of(&in_force, &people, reader));
        (body.next.unwrap().why, body.turns[0].ask.clone())
    };
    let (why, ask) = asked_by(head);
    assert!(ask.starts_with("Ask Nina Network") && why.ends_with(&ask), "{why} / {ask}");
    let (why, ask) = asked_by(tech);
    assert!(ask.is_empty() && !why.contains("Ask "), "{why} / {ask}");
}

async fn what_turns_most_clauses_is_counted(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let policies = policies();
    let enactment = Enactment { source: Source::of_text(TEXT), from: None, approved_by: Vec::new() };
    let in_force = policies.enact(&school.school, By::Installation, enactment, kit.now()).await.unwrap().now;
    standings::run(&school.school, &in_force, &facts(kit.now(), true), kit.now()).await.unwrap();
    let states = Standings::default().load(&school.school, kit.now()).await.unwrap();
    let steps = steps::steps(&in_force.policy, &states, kit.now());
    let seen: Vec<_> = steps.iter().map(|it| (it.part, it.turns, it.waits)).collect();
    assert_eq!(seen[..2], [(steps::Part::Roles, 2, 3), (steps::Part::Other, 1, 2)], "{steps:?}");
    assert_eq!(steps[0].href, "/people/roles");
    let desk = TestDesk::open(kit, Vec::new());
    let head = desk.sign_in(school.school.id(), school.who("head").await, "Helen", subject(Role::Headteacher));
    let page = desk.get(&head, "/start").await.text;
    assert!(page.contains("Say who answers for what") && page.contains("This turns 2 clauses"), "{page}");
    let page = desk.get(&head, "/policy").await.text;
    assert!(page.contains("What turns most clauses") && page.contains("2 clauses"), "{page}");
}
