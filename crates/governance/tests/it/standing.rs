//! The standing job: what is stored, what a day was, what changed.

use std::collections::BTreeMap;

use governance::policy_pages::{
    history::History,
    standings::{self, Standings},
};
use jiff::{Span, Timestamp};
use kernel::{SchoolTime, Standing};
use rules::facts::{DeskFacts, Facts, GatewayFacts, PolicyFacts};
use testkit::{SmallSchool, TestStore, store_test};

use super::sample::{approved, first, head, policies, source};

store_test!(
    a_day_is_as_good_as_its_worst_hour,
    what_the_policy_no_longer_asks_is_forgotten,
    days_before_today_are_read_once
);

/// Facts of a school whose gateway runs, or does not.
pub(crate) fn facts(now: Timestamp, running: bool) -> Facts {
    Facts {
        now: SchoolTime::new(now),
        policy: PolicyFacts::default(),
        people: Ok(Vec::new()),
        imported: Err("The roll was not looked at.".into()),
        holders: Ok(BTreeMap::new()),
        lists: Ok(Vec::new()),
        gateway: Ok(GatewayFacts { running, follows_policy: true, ..GatewayFacts::default() }),
        filtering: rules::facts::FilteringFacts::default(),
        activity: Err("The log was not looked at.".into()),
        looks: Err("The ledger was not looked at.".into()),
        desk: DeskFacts::default(),
        engines: Ok(BTreeMap::new()),
    }
}

async fn a_day_is_as_good_as_its_worst_hour(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await.school;
    let in_force = first(&policies(), &school, kit.now()).await;
    let gate = in_force.policy.find("gate").unwrap();
    let run = async |running| standings::run(&school, &in_force, &facts(kit.now(), running), kit.now()).await.unwrap();
    let changed = run(true).await;
    assert_eq!(changed.len(), in_force.policy.all_bindings().count(), "everything is new");
    assert!(changed.iter().all(|it| it.from.is_none()));
    assert!(run(true).await.is_empty(), "looking twice changes nothing");
    kit.clock.pass(Span::new().hours(1));
    let broken_at = kit.now();
    let changed = run(false).await;
    let gone: Vec<_> = changed.iter().filter(|it| it.key == "gate#1").collect();
    assert_eq!((gone.len(), gone[0].from.as_deref(), gone[0].to), (1, Some("kept"), "not-kept"));
    kit.clock.pass(Span::new().hours(1));
    run(false).await;
    let states = Standings::default().load(&school, kit.now()).await.unwrap();
    let state = states.of_clause(gate, kit.now()).unwrap();
    let Standing::NotKept { since: Some(since), why, .. } = &state.standing else { panic!("{state:?}") };
    assert_eq!(since, &broken_at, "since when it was first seen, not since the last look");
    assert_eq!(why, "The gateway is not running.");
    kit.clock.pass(Span::new().hours(1));
    run(true).await;
    let history = async || {
        let states = Standings::default().load(&school, kit.now()).await.unwrap();
        assert_eq!(states.of_clause(gate, kit.now()).unwrap().standing, Standing::Kept);
        states.history(gate).as_ref().map(History::in_words).unwrap()
    };
    assert_eq!(history().await, "First day; not kept all day", "mended at noon does not mend the morning");
    kit.clock.pass(Span::new().hours(24));
    run(true).await;
    assert_eq!(history().await, "Kept on 1 of 2 days");
    kit.clock.pass(Span::new().hours(72));
    run(true).await;
    assert_eq!(history().await, "Kept on 2 of 5 days", "nobody looked on the two days between");
    let states = Standings::default().load(&school, kit.now()).await.unwrap();
    let changes: Vec<_> = states.changes(gate).into_iter().map(|(day, before, now)| (day.day(), before, now)).collect();
    assert_eq!(changes, [(24, None, "not-kept"), (25, Some("not-kept"), "kept")]);
}

async fn what_the_policy_no_longer_asks_is_forgotten(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await;
    let policies = policies();
    let before = first(&policies, &school.school, kit.now()).await;
    standings::run(&school.school, &before, &facts(kit.now(), true), kit.now()).await.unwrap();
    let by = governance::By::Person(head(&school.school, school.who("head").await));
    let without = source(|text| {
        let lines: Vec<_> = text.lines().filter(|line| !line.contains("cats:")).collect();
        format!("{}\n", lines.join("\n"))
    });
    let after = policies.enact(&school.school, by, approved(without), kit.now()).await.unwrap().now;
    standings::run(&school.school, &after, &facts(kit.now(), true), kit.now()).await.unwrap();
    let states = Standings::default().load(&school.school, kit.now()).await.unwrap();
    assert!(before.policy.find("cats").is_some() && !states.bindings.contains_key("cats#1"));
    assert!(states.today_worst.contains_key("cats#1"), "its days remain");
    let unseen = states.of("cats#1", kit.now());
    assert_eq!(unseen.standing.id(), "unknown", "what nobody looked at is never kept");
}

async fn days_before_today_are_read_once(kit: &TestStore) {
    let school = SmallSchool::build(&kit.store, "ash", kit.now()).await.school;
    let in_force = first(&policies(), &school, kit.now()).await;
    let standings = Standings::default();
    for _ in 0..3 {
        standings::run(&school, &in_force, &facts(kit.now(), true), kit.now()).await.unwrap();
        kit.clock.pass(Span::new().hours(24));
    }
    let one = standings.load(&school, kit.now()).await.unwrap();
    standings::run(&school, &in_force, &facts(kit.now(), true), kit.now()).await.unwrap();
    let two = standings.load(&school, kit.now()).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&one.past, &two.past));
    let gate = in_force.policy.find("gate").unwrap();
    assert_eq!((one.history(gate).unwrap().kept(), two.history(gate).unwrap().kept()), (3, 4));
    kit.clock.pass(Span::new().hours(24));
    let tomorrow = standings.load(&school, kit.now()).await.unwrap();
    assert_eq!(tomorrow.history(gate).unwrap().total(), 5);
}
