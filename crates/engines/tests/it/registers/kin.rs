//! Access by relation: whoever is named as parent, class teacher or manager of somebody, or is that person, reads and
//! writes about their own people and nobody else, at every way into a register.

use declare::Value;
use engines::registers::{Asked, Book, RegisterError, Shown};
use jiff::civil::date;
use kernel::Role;
use store::entity::people_relation;
use testkit::{TestStore, store_test};
use uuid::Uuid;

use super::desk::{POLICY, TestDesk, draft, text};

pub(super) const TALKS: &str = r#"
title = "Talks"
says = "keeps what was talked over with each child"
[register]
item = "talk"
items = "talks"
lead = "What was talked over."
reads = ["role:headteacher", "parent-of:subject", "subject"]
writes = ["role:office", "class-teacher-of:subject"]
rows = "school"
first = "Enter the first talk."
entry-title = "Talk with {child}"
subject = "child"
columns = ["child", "on", "mood", "state"]
[[field]]
name = "child"
label = "Which child?"
column = "Child"
kind = "person"
required = true
[[field]]
name = "on"
label = "When?"
column = "On"
kind = "date"
required = true
[[field]]
name = "mood"
label = "How was it?"
column = "Mood"
kind = "text"
private = ["role:headteacher", "class-teacher-of:subject"]
[[field]]
name = "paper"
label = "The paper"
column = "Paper"
kind = "file"
[[field]]
name = "again-on"
label = "When again?"
column = "Again"
kind = "date"
[[state]]
name = "held"
label = "Held"
[[state]]
name = "over"
label = "Over"
ended = true
[[move]]
name = "close"
label = "Close it"
from = ["held"]
to = "over"
[due]
on = "again-on"
what = "Talk again"
before = "60 days"
[standing]
kept = "{count} talks."
"#;

/// The policy of a school without a register of devices.
pub(super) fn policy() -> String {
    POLICY.replace("`hw: assets.hardware`", "")
}

struct Talks<'k> {
    desk: TestDesk<'k>,
    maya: Uuid,
    ava: Uuid,
}

/// A talk with Maya of 5B, whose class teacher is `teacher` and whose parent is `parent`, and one with Ava.
async fn talks(kit: &TestStore) -> Talks<'_> {
    let desk = TestDesk::open_with(kit, &[("assets/loans.toml", TALKS)], &policy()).await;
    let class = desk.school.class("5C", Some("year-5")).await;
    let (teacher, maya) = (desk.who("teacher").await, desk.who("maya.jones").await);
    desk.school.role(teacher, Role::ClassTeacher).await;
    desk.school.member(teacher, class, "class-teacher").await;
    desk.school.member(maya, class, "pupil").await;
    let office = desk.book("office", "assets.loans").await;
    let enter = async |child: &str| {
        let child = Value::Person(desk.who(child).await);
        let (on, again) = (Value::Date(date(2026, 11, 2)), Value::Date(date(2026, 12, 2)));
        let values = [("child", child), ("on", on), ("again-on", again)];
        office.writer().unwrap().enter(draft(&values)).await.unwrap()
    };
    let (maya, ava) = (enter("maya.jones").await, enter("ava.hill").await);
    Talks { desk, maya, ava }
}

impl Talks<'_> {
    async fn book(&self, username: &str) -> Book {
        self.desk.book(username, "assets.loans").await
    }

    /// How many entries somebody finds, at every way of counting.
    async fn numbers(&self, username: &str) -> Vec<u64> {
        let book = self.book(username).await;
        let all = book.list(&Asked { shown: Shown::All, ..Asked::default() }).await.unwrap();
        assert_eq!(all.total as usize, all.entries.len());
        let found = book.list(&Asked { find: "talk".to_owned(), ..Asked::default() }).await.unwrap();
        let due = book.list(&Asked { shown: Shown::Due, ..Asked::default() }).await.unwrap();
        let state = book.list(&Asked { state: Some("held".to_owned()), ..Asked::default() }).await.unwrap();
        let of_ava = Asked { person: Some(self.desk.who("ava.hill").await), ..Asked::default() };
        let of_ava = book.list(&of_ava).await.unwrap();
        let counts = book.counts().await.unwrap();
        let index = Book::counts_of_all(&[book]).await.unwrap()["assets.loans"];
        assert_eq!(index, counts, "{username}");
        vec![all.total, found.total, due.total, state.total, counts.open, counts.due, of_ava.total]
    }
}

async fn relations_count_their_own_people(kit: &TestStore) {
    let talks = talks(kit).await;
    for username in ["head", "office"] {
        assert_eq!(talks.numbers(username).await, [2, 2, 2, 2, 2, 2, 1], "{username}");
    }
    for username in ["teacher", "parent", "maya.jones"] {
        assert_eq!(talks.numbers(username).await, [1, 1, 1, 1, 1, 1, 0], "{username}");
        let book = talks.book(username).await;
        assert_eq!(book.some(&[talks.ava, talks.maya]).await.unwrap().len(), 1, "{username}");
        assert!(book.get(talks.maya).await.is_ok());
        assert!(matches!(book.get(talks.ava).await, Err(RegisterError::NotFound)), "{username}");
    }
    // Whoever stands to nobody of whom something is kept does not find the register.
    for username in ["tech", "tom.reed"] {
        assert!(talks.desk.may_open(username, "assets.loans").await.is_none(), "{username}");
        let session = talks.desk.session(username).await;
        assert!(Book::all(&talks.desk.engines, &session, kit.now()).await.unwrap().is_empty(), "{username}");
    }
}

async fn relations_see_to_what_is_due_for_their_own(kit: &TestStore) {
    let talks = talks(kit).await;
    let desk = &talks.desk;
    for (username, number) in [("office", 2), ("teacher", 1), ("parent", 0), ("maya.jones", 0)] {
        let session = desk.session(username).await;
        let due = desk.engines.due_in(&session, kit.now()).await.unwrap();
        assert_eq!(due.iter().map(|one| one.items.len()).sum::<usize>(), number, "{username}");
        let who = (session.person(), session.subject());
        let days = (date(2026, 11, 1), date(2027, 2, 1));
        let counts = desk.engines.due_counts(&desk.school.school, who, days, kit.now()).await.unwrap();
        let counted: u64 = counts.iter().map(|one| one.number).sum();
        assert_eq!(counted, number as u64, "{username}");
    }
}

async fn relations_write_about_their_own_people(kit: &TestStore) {
    let talks = talks(kit).await;
    let (desk, teacher) = (&talks.desk, talks.book("teacher").await);
    let writer = teacher.writer().unwrap();
    let about = async |username: &str| {
        let child = Value::Person(desk.who(username).await);
        draft(&[("child", child), ("on", Value::Date(date(2026, 11, 3))), ("mood", text("Sealed words"))])
    };
    let refused = writer.enter(about("ava.hill").await).await.unwrap_err();
    assert!(matches!(&refused, RegisterError::Refused(all) if all[0].field.as_ref().unwrap().as_str() == "child"));
    let id = writer.enter(about("maya.jones").await).await.unwrap();
    assert!(matches!(writer.change(talks.ava, 1, about("maya.jones").await).await, Err(RegisterError::NotFound)));
    assert!(matches!(writer.change(id, 1, about("ava.hill").await).await, Err(RegisterError::Refused(_))));
    assert!(matches!(writer.strike_out(talks.ava, 1, "No").await, Err(RegisterError::NotFound)));
    let close = teacher.mover("close").unwrap();
    assert!(matches!(close.take(talks.ava, 1, draft(&[])).await, Err(RegisterError::NotFound)));
    assert!(close.take_all(&[talks.ava], &draft(&[]).values).await.is_err());
    assert!(close.take(talks.maya, 1, draft(&[])).await.unwrap().ended);
    for username in ["parent", "maya.jones", "head"] {
        assert!(talks.book(username).await.writer().is_none(), "{username}");
    }

    // A field that a relation sees is seen in entries about those people, and nowhere else.
    let mood = async |username: &str| {
        let book = talks.book(username).await;
        let kept = book.get(id).await.unwrap();
        let told = book.history(&kept).await.unwrap();
        let told = told.iter().flat_map(|done| &done.changes).any(|change| change.field.as_str() == "mood");
        assert_eq!(told, kept.entry.values.contains_key("mood"), "{username}");
        told
    };
    for (username, sees) in
        [("head", true), ("teacher", true), ("office", false), ("parent", false), ("maya.jones", false)]
    {
        assert_eq!(mood(username).await, sees, "{username}");
    }
}

async fn every_address_keeps_to_relations(kit: &TestStore) {
    let talks = talks(kit).await;
    let (desk, ava, maya) = (&talks.desk, talks.ava, talks.maya);
    let at = "/registers/assets/loans";
    for username in ["teacher", "parent", "maya.jones"] {
        let cookie = desk.sign_in(username).await;
        for path in [
            at.to_owned(),
            format!("{at}?show=all"),
            format!("{at}?show=due"),
            format!("{at}/export.csv"),
            format!("{at}/print"),
            "/api/registers/assets/loans".to_owned(),
            format!("{at}/{maya}"),
        ] {
            let page = desk.get(&cookie, &path).await;
            assert!(page.status.is_success(), "{username} {path}: {}", page.status);
            assert!(!page.text.contains("Ava") && !page.text.contains(&ava.to_string()), "{username} {path}");
            assert!(page.text.contains("Maya"), "{username} {path}");
        }
        for path in [
            format!("{at}/{ava}"),
            format!("{at}/{ava}/edit"),
            format!("{at}/{ava}/move/close"),
            format!("/api/registers/assets/loans/{ava}"),
            format!("{at}/{ava}/files/{maya}"),
        ] {
            let page = desk.get(&cookie, &path).await;
            assert!(page.status.is_client_error() && !page.text.contains("Ava"), "{username} {path}: {}", page.status);
        }
    }
    let cookie = desk.sign_in("tom.reed").await;
    assert!(desk.get(&cookie, at).await.status.is_client_error());
    assert!(!desk.get(&cookie, "/registers").await.text.contains("Talks"));
}

async fn an_entry_that_was_about_another_tells_nothing_of_that(kit: &TestStore) {
    let talks = talks(kit).await;
    let (desk, office) = (&talks.desk, talks.book("office").await);
    let child = Value::Person(desk.who("maya.jones").await);
    let moved = draft(&[("child", child), ("on", Value::Date(date(2026, 11, 5)))]);
    office.writer().unwrap().change(talks.ava, 1, moved).await.unwrap();
    let parent = talks.book("parent").await;
    let kept = parent.get(talks.ava).await.unwrap();
    let ava = Value::Person(desk.who("ava.hill").await);
    let told = parent.history(&kept).await.unwrap();
    assert!(
        told.iter().flat_map(|done| &done.changes).all(|it| it.old != Some(ava.clone()) && it.new != Some(ava.clone()))
    );
    assert_eq!(office.history(&office.get(talks.ava).await.unwrap()).await.unwrap().len(), 2);
    // And whoever stops being a parent sees nothing more.
    let (parent, maya) = (desk.who("parent").await, desk.who("maya.jones").await);
    let ended = people_relation_of(parent.0, maya.0);
    let school = &desk.school.school;
    school
        .bookkeep(kit.now(), async |tx| tx.delete::<people_relation::Entity>().filter(ended).run().await)
        .await
        .unwrap();
    assert!(desk.may_open("parent", "assets.loans").await.is_none());
}

fn people_relation_of(person: Uuid, other: Uuid) -> store::query::Expr {
    use store::query::{ColumnTrait, ExprTrait};
    people_relation::Column::PersonId.eq(person).and(people_relation::Column::OtherId.eq(other))
}

store_test!(
    relations_count_their_own_people,
    relations_see_to_what_is_due_for_their_own,
    relations_write_about_their_own_people,
    every_address_keeps_to_relations,
    an_entry_that_was_about_another_tells_nothing_of_that,
);
