//! What only some may see: nowhere shown to the others, and nowhere to be inferred by them.

use declare::Value;
use engines::registers::{Asked, RegisterError};
use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, draft, text};

async fn a_private_field_is_nowhere_for_others(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let office = desk.book("office", "assets.loans").await;
    let mut loan = desk.loan(device, "maya.jones", date(2026, 11, 1), date(2026, 12, 1)).await;
    loan.values.insert("worry".to_owned(), text("Sealed words"));
    let id = office.writer().unwrap().enter(loan).await.unwrap();
    let found = |find: &str| Asked { find: find.to_owned(), ..Asked::default() };
    // Nobody finds by it, for what is found is the same for all.
    assert_eq!(office.list(&found("sealed")).await.unwrap().total, 0);
    assert_eq!(office.list(&found("maya")).await.unwrap().total, 1);

    let tech = desk.book("tech", "assets.loans").await;
    assert!(!tech.get(id).await.unwrap().entry.values.contains_key("worry"));
    assert!(!tech.list(&Asked::default()).await.unwrap().entries[0].entry.values.contains_key("worry"));
    let kept = tech.get(id).await.unwrap();
    let history = tech.history(&kept).await.unwrap();
    assert!(history.iter().flat_map(|done| &done.changes).all(|change| change.field.as_str() != "worry"));
    let seen = office.history(&kept).await.unwrap();
    assert!(seen.iter().flat_map(|done| &done.changes).any(|change| change.field.as_str() == "worry"));

    // Whoever does not see it neither changes nor loses it.
    let mut mine = desk.loan(device, "maya.jones", date(2026, 11, 1), date(2026, 12, 2)).await;
    mine.values.insert("worry".to_owned(), text("Overwritten"));
    let kept = tech.writer().unwrap().change(id, 1, mine).await.unwrap();
    assert_eq!(kept.entry.version, 2);
    assert_eq!(office.get(id).await.unwrap().entry.values["worry"], text("Sealed words"));
    let worry = office.register().fields.iter().find(|it| it.name.as_str() == "worry").unwrap().name.clone();
    let done = tech.writer().unwrap().set_all(&[id], &worry, None).await;
    assert!(matches!(done, Err(RegisterError::NotFound)));
}

async fn nobody_sorts_by_what_they_do_not_see(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.book("office", "assets.hardware").await;
    for (tag, price) in [("B", 300), ("A", 100), ("C", 200)] {
        let values = [("tag", text(tag)), ("kind", Value::Choice("other".to_owned())), ("price", Value::Money(price))];
        office.writer().unwrap().enter(draft(&values)).await.unwrap();
    }
    let by_price = Asked { sort: Some(("price".to_owned(), true)), ..Asked::default() };
    let titles = async |username: &str| -> Vec<String> {
        let book = desk.book(username, "assets.hardware").await;
        book.list(&by_price).await.unwrap().entries.into_iter().map(|kept| kept.title).collect()
    };
    assert_eq!(titles("office").await, ["B", "C", "A"]);
    assert_eq!(titles("teacher").await, ["A", "B", "C"]);
    let page = desk.get(&desk.sign_in("teacher").await, "/registers/assets/hardware?sort=-price").await;
    assert!(!page.text.contains("Cost") && !page.text.contains("£"));
    assert!(desk.get(&desk.sign_in("office").await, "/registers/assets/hardware").await.text.contains("£3.00"));
}

async fn what_is_due_names_nobody(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let office = desk.book("office", "assets.loans").await;
    for due in [date(2026, 11, 20), date(2026, 11, 28), date(2027, 1, 10)] {
        let loan = desk.loan(device, "maya.jones", date(2026, 11, 1), due).await;
        office.writer().unwrap().enter(loan).await.unwrap();
    }
    let due = desk.engines.due_in(&desk.session("tech").await, kit.now()).await.unwrap();
    let items: Vec<_> = due.iter().flat_map(|one| &one.items).collect();
    let words: Vec<(&str, &str, bool)> =
        items.iter().map(|item| (item.what.as_str(), item.when.as_str(), item.late)).collect();
    assert_eq!(
        words,
        [
            ("Get WL-1 back from somebody", "Overdue since 21 November", true),
            ("Get WL-1 back from somebody", "Due by 28 November", false),
        ]
    );
    assert!(desk.engines.due_in(&desk.session("teacher").await, kit.now()).await.unwrap().is_empty());
    let office = desk.session("office").await;
    let who = (office.person(), office.subject());
    let days = (date(2026, 11, 24), date(2027, 2, 1));
    let counts = desk.engines.due_counts(&desk.school.school, who, days, kit.now()).await.unwrap();
    let days: Vec<_> = counts.iter().map(|one| (one.on, one.number)).collect();
    assert_eq!(days, [(date(2026, 11, 28), 1), (date(2027, 1, 10), 1)]);
}

store_test!(a_private_field_is_nowhere_for_others, nobody_sorts_by_what_they_do_not_see, what_is_due_names_nobody);
