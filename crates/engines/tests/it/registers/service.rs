//! What the service keeps: entries, changes, steps, and who did what.

use declare::{FieldName, Value};
use engines::registers::{Asked, Book, Draft, RegisterError, Shown};
use jiff::{Span, civil::date};
use store::ledger::Which;
use testkit::{TestStore, store_test};
use uuid::Uuid;

use super::desk::{TestDesk, draft, text};

async fn titles(book: &Book, asked: Asked) -> Vec<String> {
    book.list(&asked).await.unwrap().entries.into_iter().map(|kept| kept.title).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "anything else fails the test")]
fn refusals(error: RegisterError) -> Vec<(String, String)> {
    match error {
        RegisterError::Refused(all) => {
            all.into_iter().map(|it| (it.field.map(|name| name.to_string()).unwrap_or_default(), it.says)).collect()
        }
        other => panic!("{other}"),
    }
}

fn name(book: &Book, field: &str) -> FieldName {
    book.register().fields.iter().find(|known| known.name.as_str() == field).unwrap().name.clone()
}

async fn a_loan_goes_out_and_comes_back(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-0007").await;
    let loans = desk.book("office", "assets.loans").await;
    let loan = desk.loan(device, "teacher", date(2026, 11, 1), date(2026, 11, 27)).await;
    let id = loans.writer().unwrap().enter(loan).await.unwrap();
    let kept = loans.get(id).await.unwrap();
    assert_eq!(kept.title, "WL-0007 to Tariq Teacher");
    assert_eq!((kept.entry.state.as_deref(), kept.entry.version), (Some("out"), 1));
    assert_eq!((kept.due_on, kept.keep_until), (Some(date(2026, 11, 27)), None));
    let counts = loans.counts().await.unwrap();
    assert_eq!((counts.open, counts.ended, counts.due, counts.overdue), (1, 0, 1, 0));

    kit.clock.pass(Span::new().hours(1));
    let loans = desk.book("tech", "assets.loans").await;
    let mover = loans.mover("return").unwrap();
    let early = draft(&[("returned-on", Value::Date(date(2026, 10, 1)))]);
    let said = refusals(mover.take(id, 1, early).await.unwrap_err());
    assert_eq!(said, [(String::new(), "It cannot come back before it was lent".to_owned())]);
    assert!(!refusals(mover.take(id, 1, Draft::default()).await.unwrap_err()).is_empty());
    let back = draft(&[("returned-on", Value::Date(date(2026, 11, 24)))]);
    let kept = mover.take(id, 1, back.clone()).await.unwrap();
    assert!(kept.ended && kept.due_on.is_none());
    assert_eq!(kept.keep_until, Some(date(2027, 11, 24)));
    assert!(matches!(mover.take(id, 2, back).await, Err(RegisterError::NotNow)));

    let history = loans.history(&kept).await.unwrap();
    let words: Vec<&str> = history.iter().map(|done| done.what.as_str()).collect();
    assert_eq!(words, ["took the step “Mark as returned”: returned", "entered it"]);
    assert_eq!(history[0].by, Some(desk.who("tech").await));
    assert_eq!(history[0].changes.len(), 1);
    // The acts are about the borrower, so that erasing the person erases them.
    let which = Which { subject: Some(desk.who("teacher").await.0), ..Which::default() };
    let acts: Vec<String> =
        desk.school.school.ledger().entries(&which).await.unwrap().into_iter().map(|act| act.act).collect();
    assert!(acts.starts_with(&["register.move".to_owned(), "register.enter".to_owned()]), "{acts:?}");
}

async fn what_is_wrong_is_refused_and_nothing_is_kept(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    desk.device("WL-0001").await;
    let book = desk.book("office", "assets.hardware").await;
    let writer = book.writer().unwrap();
    let said = refusals(writer.enter(Draft::default()).await.unwrap_err());
    assert_eq!(said.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["tag", "kind"]);
    let same = draft(&[("tag", text("  wl-0001 ")), ("kind", Value::Choice("tablet".to_owned()))]);
    assert_eq!(refusals(writer.enter(same).await.unwrap_err())[0].0, "tag");
    let odd = draft(&[("tag", text("A")), ("kind", Value::Choice("submarine".to_owned()))]);
    assert_eq!(refusals(writer.enter(odd).await.unwrap_err())[0].0, "kind");
    let wrong = draft(&[("tag", Value::YesNo(true)), ("kind", Value::Choice("tablet".to_owned()))]);
    assert_eq!(refusals(writer.enter(wrong).await.unwrap_err())[0].0, "tag");
    // Of several, none is kept where one is refused.
    let good = draft(&[("tag", text("B")), ("kind", Value::Choice("tablet".to_owned()))]);
    assert!(writer.enter_all(vec![good.clone(), good], None).await.is_err());
    assert_eq!(book.counts().await.unwrap().all(), 1);
}

async fn lists_are_found_narrowed_sorted_and_paged(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let book = desk.book("office", "assets.hardware").await;
    let writer = book.writer().unwrap();
    for (nth, place) in [(12, "Hall"), (7, "Library"), (100, ""), (1, "Hall 100%")] {
        let mut values = vec![("tag", text(&format!("Laptop {nth}"))), ("kind", Value::Choice("laptop".to_owned()))];
        if !place.is_empty() {
            values.push(("place", text(place)));
        }
        if nth == 7 {
            values[1].1 = Value::Choice("tablet".to_owned());
            values.push(("price", Value::Money(25_000)));
        }
        writer.enter(draft(&values)).await.unwrap();
    }
    let asked = Asked::default;
    assert_eq!(titles(&book, asked()).await, ["Laptop 1", "Laptop 7", "Laptop 12", "Laptop 100"]);
    let sorted = |column: &str, largest| Asked { sort: Some((column.to_owned(), largest)), ..Asked::default() };
    assert_eq!(titles(&book, sorted("tag", true)).await, ["Laptop 100", "Laptop 12", "Laptop 7", "Laptop 1"]);
    // Empty fields come last, whichever way it is sorted.
    assert_eq!(titles(&book, sorted("place", false)).await, ["Laptop 12", "Laptop 1", "Laptop 7", "Laptop 100"]);
    assert_eq!(titles(&book, sorted("place", true)).await, ["Laptop 7", "Laptop 1", "Laptop 12", "Laptop 100"]);
    let page = |offset, limit| Asked { offset, limit: Some(limit), ..sorted("place", true) };
    assert_eq!(titles(&book, page(2, 2)).await, ["Laptop 12", "Laptop 100"]);
    assert_eq!(book.list(&page(2, 2)).await.unwrap().total, 4);
    let find = |find: &str| Asked { find: find.to_owned(), ..Asked::default() };
    assert_eq!(titles(&book, find("HALL laptop")).await, ["Laptop 1", "Laptop 12"]);
    assert_eq!(titles(&book, find("100%")).await, ["Laptop 1"]);
    assert_eq!(titles(&book, find("_")).await, Vec::<String>::new());
    let holds =
        |field: &str, value: &str| Asked { holds: vec![(field.to_owned(), value.to_owned())], ..Asked::default() };
    assert_eq!(titles(&book, holds("kind", "tablet")).await, ["Laptop 7"]);
    assert_eq!(titles(&book, holds("nonsense", "tablet")).await.len(), 4);

    let id = book.list(&find("laptop 12")).await.unwrap().entries[0].entry.id;
    book.mover("dispose").unwrap().take(id, 1, Draft::default()).await.unwrap();
    assert_eq!(titles(&book, asked()).await.len(), 3);
    let shown = |shown| Asked { shown, ..Asked::default() };
    assert_eq!(titles(&book, shown(Shown::Ended)).await, ["Laptop 12"]);
    assert_eq!(titles(&book, shown(Shown::All)).await, ["Laptop 1", "Laptop 7", "Laptop 100", "Laptop 12"]);
    let state = Asked { state: Some("gone".to_owned()), shown: Shown::All, ..Asked::default() };
    assert_eq!(titles(&book, state).await, ["Laptop 12"]);
}

async fn the_second_of_two_editors_is_told(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let id = desk.device("WL-0001").await;
    let (one, two) = (desk.book("office", "assets.hardware").await, desk.book("tech", "assets.hardware").await);
    let base = [("tag", text("WL-0001")), ("kind", Value::Choice("laptop".to_owned()))];
    let with = |place: &str| draft(&[base[0].clone(), base[1].clone(), ("place", text(place))]);
    let kept = one.writer().unwrap().change(id, 1, with("Hall")).await.unwrap();
    assert_eq!(kept.entry.version, 2);
    match two.writer().unwrap().change(id, 1, with("Library")).await {
        Err(RegisterError::Changed(now)) => {
            assert_eq!(now.entry.values["place"], text("Hall"));
            assert_eq!(now.changed_by, Some(desk.who("office").await));
        }
        other => panic!("{other:?}"),
    }
    // Nothing differs: nothing is done, and nothing recorded.
    assert_eq!(one.writer().unwrap().change(id, 2, with("Hall")).await.unwrap().entry.version, 2);
    assert_eq!(one.history(&kept).await.unwrap().len(), 2);
}

async fn what_was_wrong_to_enter_is_struck_out_and_stays(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let id = desk.device("WL-0001").await;
    let book = desk.book("office", "assets.hardware").await;
    let writer = book.writer().unwrap();
    assert!(!refusals(writer.strike_out(id, 1, "  ").await.unwrap_err()).is_empty());
    let kept = writer.strike_out(id, 1, "Entered twice").await.unwrap();
    assert_eq!(kept.struck.as_ref().map(|it| it.why.as_str()), Some("Entered twice"));
    assert!(matches!(writer.change(id, 2, Draft::default()).await, Err(RegisterError::NotNow)));
    assert!(book.steps(&kept).is_empty());
    assert_eq!(book.history(&kept).await.unwrap()[0].what, "struck it out: Entered twice");
    assert!(desk.engines.entries(book.school(), "assets.hardware").await.unwrap().is_empty());
    // What it was called may be entered again.
    let again = desk.device("WL-0001").await;
    assert_ne!(again, id);
    assert_eq!((book.counts().await.unwrap().open, book.counts().await.unwrap().ended), (1, 1));
}

async fn several_are_changed_together(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let mut ids: Vec<Uuid> = Vec::new();
    for nth in 1..=3 {
        ids.push(desk.device(&format!("WL-{nth}")).await);
    }
    let book = desk.book("office", "assets.hardware").await;
    let writer = book.writer().unwrap();
    let place = name(&book, "place");
    assert_eq!(writer.set_all(&ids, &place, Some(&text("Hall"))).await.unwrap(), 3);
    assert_eq!(writer.set_all(&ids, &place, Some(&text("Hall"))).await.unwrap(), 0);
    let mover = book.mover("dispose").unwrap();
    assert_eq!(mover.take_all(&ids[..2], &Default::default()).await.unwrap(), 2);
    assert_eq!(mover.take_all(&ids, &Default::default()).await.unwrap(), 1);
    assert_eq!(book.counts().await.unwrap().open, 0);
    let said = refusals(writer.set_all(&ids, &name(&book, "kind"), None).await.unwrap_err());
    assert_eq!(said[0].0, "kind");
    // Each is an act of its own.
    let which = Which { act: Some("register.move".to_owned()), ..Which::default() };
    assert_eq!(desk.school.school.ledger().entries(&which).await.unwrap().len(), 3);
}

async fn only_those_whom_the_register_names_open_it(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    assert!(desk.may_open("maya.jones", "assets.hardware").await.is_none());
    assert!(desk.may_open("parent", "assets.loans").await.is_none());
    assert!(desk.may_open("teacher", "assets.nothing").await.is_none());
    let book = desk.book("teacher", "assets.hardware").await;
    assert!(book.writer().is_none() && book.mover("dispose").is_none() && book.mover("nothing").is_none());
    assert!(desk.book("teacher", "learning.curriculum").await.writer().is_some());
    // An entry is only found in its own register.
    let id = desk.device("WL-1").await;
    assert!(matches!(desk.book("teacher", "assets.loans").await.get(id).await, Err(RegisterError::NotFound)));
}

const ROOMS: &str = r#"
title = "Rooms"
says = "keeps the rooms"
[register]
item = "room"
items = "rooms"
lead = "Rooms."
reads = ["staff"]
writes = ["role:office"]
first = "Enter a room."
entry-title = "{name}"
columns = ["name", "state"]
[[field]]
name = "name"
label = "Which room?"
kind = "text"
required = true
[[field]]
name = "seen-on"
label = "Seen on"
kind = "date"
[[field]]
name = "safe"
label = "Is it safe?"
kind = "yes-no"
required-if = 'state == "checked"'
[[field]]
name = "why"
label = "What is wrong?"
kind = "text"
required-if = 'state == "checked" and safe == false'
[[state]]
name = "new"
label = "New"
[[state]]
name = "checked"
label = "Checked"
[[move]]
name = "check"
label = "Checked"
from = ["new"]
to = "checked"
asks = ["seen-on"]
[[move]]
name = "again"
label = "Looked at again"
from = ["checked"]
to = "checked"
asks = ["seen-on"]
[standing]
kept = "{count} rooms."
"#;

async fn a_step_asks_for_what_its_state_makes_necessary(kit: &TestStore) {
    let policy = super::desk::POLICY.replace("`hw: assets.hardware`", "");
    let desk = TestDesk::open_with(kit, &[("assets/loans.toml", ROOMS)], &policy).await;
    let rooms = desk.book("office", "assets.loans").await;
    let id = rooms.writer().unwrap().enter(draft(&[("name", text("Hall"))])).await.unwrap();
    let at = format!("/registers/assets/loans/{id}");
    let cookie = desk.sign_in("office").await;
    let page = desk.get(&cookie, &format!("{at}/move/check")).await.text;
    assert!(page.contains("Is it safe?") && !page.contains("What is wrong?") && !page.contains("Which room?"));
    let sent = [("version", "1"), ("f-seen-on", "24 11 2026")];
    let page = desk.post(&cookie, &format!("{at}/move/check"), &sent).await;
    assert!(page.status.is_client_error() && page.text.contains("Is it safe?"));
    // What is typed can make more necessary: it is asked for then.
    let unsafe_hall = [("version", "1"), ("f-seen-on", "24 11 2026"), ("f-safe", "no")];
    let page = desk.post(&cookie, &format!("{at}/move/check"), &unsafe_hall).await;
    assert!(page.status.is_client_error() && page.text.contains("What is wrong?"));
    let with_why = [&unsafe_hall[..], &[("f-why", "Loose cable")]].concat();
    assert!(desk.post(&cookie, &format!("{at}/move/check"), &with_why).await.status.is_redirection());
    let kept = rooms.get(id).await.unwrap();
    assert_eq!((kept.entry.state.as_deref(), kept.entry.values.len()), (Some("checked"), 4));

    // A step may lead back to the state that it is in.
    assert!(desk.get(&cookie, &at).await.text.contains("Looked at again"));
    let again = [("version", "2"), ("f-seen-on", "25 11 2026")];
    assert!(desk.post(&cookie, &format!("{at}/move/again"), &again).await.status.is_redirection());
    let kept = rooms.get(id).await.unwrap();
    assert_eq!(kept.entry.value(&name(&rooms, "seen-on")), Some(&Value::Date(date(2026, 11, 25))));
    assert!(matches!(rooms.mover("check").unwrap().take(id, 3, Draft::default()).await, Err(RegisterError::NotNow)));
    // Several at once are refused where one of them needs more.
    let other = rooms.writer().unwrap().enter(draft(&[("name", text("Gym"))])).await.unwrap();
    let values = draft(&[("seen-on", Value::Date(date(2026, 11, 25)))]).values;
    let said = refusals(rooms.mover("check").unwrap().take_all(&[other], &values).await.unwrap_err());
    assert_eq!(said, [("safe".to_owned(), "Gym: Choose an answer to “Is it safe?”".to_owned())]);
}

async fn that_there_is_nothing_to_enter_is_said_with_name_and_day(kit: &TestStore) {
    let policy = super::desk::POLICY.replace("`hw: assets.hardware`", "");
    let text = ROOMS.replace("[standing]\n", "[standing]\nnone = \"We have no rooms\"\n");
    let desk = TestDesk::open_with(kit, &[("assets/loans.toml", &text)], &policy).await;
    let (at, office) = ("/registers/assets/loans", desk.sign_in("office").await);
    let standing = async || {
        let judged = engines::standings::judge(&desk.engines, &desk.school.school, kit.now()).await.unwrap();
        let (standing, evidence) = judged["lend#1"].clone();
        (standing.id(), evidence.statement)
    };
    assert_eq!(standing().await.0, "not-kept");
    assert!(desk.get(&office, at).await.text.contains("We have no rooms"));
    // Only whoever keeps the register may say so.
    let teacher = desk.sign_in("teacher").await;
    assert!(!desk.get(&teacher, at).await.text.contains("We have no rooms"));
    assert!(desk.post(&teacher, &format!("{at}/none"), &[]).await.status.is_client_error());
    assert!(desk.post(&office, &format!("{at}/none"), &[]).await.status.is_redirection());
    assert_eq!(standing().await, ("kept", "Said on 24 November 2026: we have no rooms.".to_owned()));
    assert!(desk.get(&teacher, at).await.text.contains("“We have no rooms”, Olive Office said on 24 November 2026."));
    let acts = Which { act: Some("register.none".to_owned()), ..Which::default() };
    let acts = desk.school.school.ledger().entries(&acts).await.unwrap();
    assert_eq!((acts.len(), acts[0].actor), (1, Some(desk.who("office").await)));
    // It lapses with the first entry, and cannot be said beside one.
    kit.clock.pass(Span::new().hours(24));
    let rooms = desk.book("office", "assets.loans").await;
    rooms.writer().unwrap().enter(draft(&[("name", text_of("Hall"))])).await.unwrap();
    assert_eq!(standing().await.1, "1 room.");
    assert!(desk.post(&office, &format!("{at}/none"), &[]).await.status.is_client_error());
    assert!(!desk.get(&office, at).await.text.contains("We have no rooms"));
}

use super::desk::text as text_of;

async fn an_entry_may_serve_several_clauses(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let (at, cookie) = ("/registers/learning/curriculum", desk.sign_in("teacher").await);
    let page = desk.get(&cookie, &format!("{at}/new?clause=skill-password")).await.text;
    assert!(page.contains("It also serves these clauses") && page.contains("Pupils learn to tell somebody."));
    assert!(
        !desk.get(&desk.sign_in("office").await, "/registers/assets/hardware/new").await.text.contains("also serves")
    );
    let sent = [
        ("clause", "skill-password"),
        ("f-class", "5B"),
        ("f-taught-on", "2 11 2026"),
        ("also", "skill-tell"),
        ("also", "skill-password"),
        ("also", "nothing"),
    ];
    assert!(desk.post(&cookie, &format!("{at}/new"), &sent).await.status.is_redirection());
    let book = desk.book("teacher", "learning.curriculum").await;
    let of = async |clause: &str| {
        let asked = Asked { clause: Some(clause.to_owned()), ..Asked::default() };
        (book.list(&asked).await.unwrap().total, book.counts_of_clause(clause).await.unwrap().open)
    };
    assert_eq!((of("skill-password").await, of("skill-tell").await), ((1, 1), (1, 1)));
    let by_clause = book.counts_by_clause().await.unwrap();
    assert_eq!((by_clause["skill-password"], by_clause["skill-tell"]), (1, 1));
    let asked = Asked { clause: Some("skill-tell".to_owned()), ..Asked::default() };
    let kept = book.list(&asked).await.unwrap().entries.remove(0);
    assert_eq!(
        (kept.entry.clause.as_deref(), kept.entry.also.as_slice()),
        (Some("skill-password"), &["skill-tell".to_owned()][..])
    );
    let judged = engines::standings::judge(&desk.engines, &desk.school.school, kit.now()).await.unwrap();
    for key in ["skill-password#1", "skill-tell#1"] {
        assert_eq!((judged[key].0.id(), judged[key].1.statement.as_str()), ("kept", "1 lesson."), "{key}");
    }
    // A file holds the entry for each; a change that says nothing of it leaves it, and unticking takes it away.
    for clause in ["skill-password", "skill-tell"] {
        assert!(desk.get(&cookie, &format!("{at}/export.csv?clause={clause}")).await.text.contains("5B"), "{clause}");
    }
    let id = kept.entry.id;
    assert!(desk.get(&cookie, &format!("{at}/{id}")).await.text.contains("Also serves"));
    let mut same = Draft { values: kept.entry.values.clone(), ..Draft::default() };
    same.values.insert("what".to_owned(), text("A game"));
    assert_eq!(book.writer().unwrap().change(id, 1, same).await.unwrap().entry.also.len(), 1);
    let sent = [("version", "2"), ("f-class", "5B"), ("f-taught-on", "2 11 2026")];
    assert!(desk.post(&cookie, &format!("{at}/{id}/edit"), &sent).await.status.is_redirection());
    assert_eq!((of("skill-password").await, of("skill-tell").await), ((1, 1), (0, 0)));
}

store_test!(
    an_entry_may_serve_several_clauses,
    that_there_is_nothing_to_enter_is_said_with_name_and_day,
    a_step_asks_for_what_its_state_makes_necessary,
    a_loan_goes_out_and_comes_back,
    what_is_wrong_is_refused_and_nothing_is_kept,
    lists_are_found_narrowed_sorted_and_paged,
    the_second_of_two_editors_is_told,
    what_was_wrong_to_enter_is_struck_out_and_stays,
    several_are_changed_together,
    only_those_whom_the_register_names_open_it,
);
