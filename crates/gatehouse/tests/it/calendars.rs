//! Times that the school's own calendar says: exam weeks.

use std::fs;

use crate::school::*;

const CLAUSE: &str = "Games are closed in exam weeks. \
                      `exams: filter.categories { who = \"everyone\", when = \"exams\", block = \"games\" }`";
const FRONT: &str = "[terms]\nexams = { calendar = \"exam week\" }";

fn calendar(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(name, from, to): &(&str, &str, &str)| {
        format!(
            "BEGIN:VEVENT\r\nSUMMARY:{name}\r\nDTSTART;VALUE=DATE:{from}\r\nDTEND;VALUE=DATE:{to}\r\nEND:VEVENT\r\n"
        )
    };
    format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", entries.iter().map(entry).collect::<String>())
}

/// A rule for exam weeks holds in the weeks that the calendar has, also when they move, and for a future time that
/// somebody asks about; without a calendar the clause is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_exam_weeks_follows_the_calendar_of_the_school() {
    let mut school = School::with(&Draft::of(&[CLAUSE]).front(FRONT)).await;
    let games = async |school: &School| school.stranger().status("http://games.test/").await;
    assert_eq!(games(&school).await, 200);
    school.standing("exams").await.are("not-kept", "nobody has said where that calendar is");

    let file = school.folder().join("school.ics");
    school.keeps_a_calendar(&file).await;
    school.app().upkeep().await.unwrap();
    school.standing("exams").await.are("not-kept", "was never read: it cannot be fetched");

    // The calendar has no such word: that is said, with those that it has.
    let others = [("Exan week, Year 6", "20261123", "20261128"), ("Swimming gala", "20270607", "20270608")];
    let more = [("Exan week, Year 5", "20261130", "20261205"), ("Rehearsal", "20270609", "20270610")];
    fs::write(&file, calendar(&[others, more].concat())).unwrap();
    school.at("2026-11-24 11:20").await;
    school.app().upkeep().await.unwrap();
    school.standing("exams").await.are(
        "not-kept",
        "No event in the school’s calendar bears the word ‘exam week’, so `exams` is never. Words found: ‘exan’, ‘week’, ‘year’.",
    );

    // Tuesday 24 November is in it, and so is a week of June.
    let both = [("Year 6 Exam Week", "20261123", "20261128"), ("Exam week", "20270607", "20270612")];
    fs::write(&file, calendar(&both)).unwrap();
    school.at("2026-11-24 12:30").await;
    school.app().upkeep().await.unwrap();
    school.settle().await;
    assert_eq!(games(&school).await, 403);
    school.standing("exams").await.are("kept", "1 site is known");
    let network = school.sign_in(NETWORK).await;
    let why = async |at: &str| {
        let page = network.get(&format!("/filter/why?address=http%3A%2F%2Fgames.test%2F&at={at}")).await.is(200);
        page.says("Closed, by clause")
    };
    assert!(why("2027-06-08T10:00").await && !why("2027-06-14T10:00").await);

    // The week is over; then it is moved.
    school.at("2026-11-30 10:15").await;
    assert_eq!(games(&school).await, 200);
    fs::write(&file, calendar(&[("Exam week", "20261130", "20261205")])).unwrap();
    school.app().upkeep().await.unwrap();
    school.settle().await;
    assert_eq!(games(&school).await, 403);

    // The calendar is gone, or comes back empty: what it said holds, also after a new start, and a week later it is told.
    fs::write(&file, calendar(&[])).unwrap();
    school.at("2026-12-01 10:15").await;
    school.restart().await;
    school.app().upkeep().await.unwrap();
    assert_eq!(games(&school).await, 403);
    school.standing("exams").await.are("kept", "1 site is known");
    school.at("2026-12-09 10:15").await;
    school.app().upkeep().await.unwrap();
    school
        .standing("exams")
        .await
        .are("not-kept", "was not read since 30 November 2026: it came back without an entry");
}
