//! Surveys: asked, answered without a name, read as counts. What is kept is looked at in every table of the database.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use jiff::Span;
use kernel::SchoolTime;
use learning::surveys::{
    service::{self, Survey},
    tally::Answer,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use testkit::{TestStore, store_test};
use uuid::Uuid;

use super::desk::TestDesk;

const SURVEYS: &str = "/registers/learning/pupil-voice/surveys";
const QUESTIONS: &str =
    "I feel safe online at school.\nDo you know whom to tell?\nWhom first? [choose: A teacher, A friend]";

/// Makes a survey as the lead, open for two weeks, and gives it as it is read back.
async fn survey(desk: &TestDesk<'_>, questions: &str, years: &[&str]) -> Survey {
    let lead = desk.sign_in("lead").await;
    let mut sent = vec![
        ("f-title", "Online at school"),
        ("f-about", "safe"),
        ("others", "staff"),
        ("from", "24 November 2026"),
        ("until", "4 December 2026"),
        ("questions", questions),
        ("young", "no"),
    ];
    sent.extend(years.iter().map(|year| ("years", *year)));
    let made = desk.post(&lead, &format!("{SURVEYS}/new"), &sent).await;
    assert_eq!(made.location(), SURVEYS, "{}", made.words());
    let entries = desk.entries("learning.pupil-voice").await;
    Survey::of(&entries[0]).unwrap()
}

/// The names under which a form sends the answers to each question.
fn keys(survey: &Survey) -> Vec<String> {
    survey.questions.as_ref().unwrap().iter().map(|question| question.key.clone()).collect()
}

/// A connection of its own to the database, as somebody would have who looks at it beside the program; and whether it
/// is PostgreSQL.
async fn beside(kit: &TestStore) -> (DatabaseConnection, bool) {
    let url = &kit.settings().url;
    let postgres = url.starts_with("postgres");
    let url = if postgres { url.clone() } else { format!("sqlite://{url}") };
    (Database::connect(url).await.unwrap(), postgres)
}

/// Every row of every table as text, by table.
async fn tables(kit: &TestStore) -> BTreeMap<String, BTreeSet<String>> {
    let (connection, postgres) = beside(kit).await;
    let backend = connection.get_database_backend();
    let ask = async |sql: String| connection.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    let names = if postgres {
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let mut all = BTreeMap::new();
    for row in ask(names.to_owned()).await {
        let table: String = row.try_get_by_index(0).unwrap();
        let sql = if postgres {
            format!("SELECT t::text FROM {table} t")
        } else {
            let columns = ask(format!(
                "SELECT group_concat('quote(\"' || name || '\")', ' || '','' || ') FROM pragma_table_info('{table}')"
            ))
            .await;
            let columns: String = columns[0].try_get_by_index(0).unwrap();
            format!("SELECT {columns} FROM \"{table}\"")
        };
        let rows = ask(sql).await.into_iter().map(|row| row.try_get_by_index::<String>(0).unwrap().to_lowercase());
        all.insert(table, rows.collect());
    }
    connection.close().await.unwrap();
    all
}

async fn an_answer_changes_one_table_and_names_nobody(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let survey = survey(&desk, QUESTIONS, &["year-5"]).await;
    let keys = keys(&survey);
    let session = desk.session("maya.jones").await;
    let (person, session_id) = (session.person(), session.id());
    let maya = desk.hand(session);
    let path = format!("/surveys/{}", survey.id);
    assert_eq!(desk.get(&maya, &path).await.status, StatusCode::OK);

    let before = tables(kit).await;
    kit.clock.pass(Span::new().minutes(7));
    let said = desk.post(&maya, &path, &[(&keys[0], "0"), (&keys[2], "1")]).await;
    assert_eq!(said.location(), "/surveys");
    let after = tables(kit).await;

    let changed: Vec<&String> = after.keys().filter(|name| before.get(*name) != after.get(*name)).collect();
    assert_eq!(changed, ["learning_survey_answer"], "no ledger entry, no event, no session, no counter");
    let rows = &after["learning_survey_answer"];
    assert_eq!(rows.len(), 1);
    let row = rows.first().unwrap();
    let now = kit.now();
    for told in [
        person.0.simple().to_string(),
        person.to_string(),
        session_id.0.simple().to_string(),
        session_id.to_string(),
        now.as_millisecond().to_string(),
        SchoolTime::new(now).in_tables(),
        "maya".to_owned(),
        "jones".to_owned(),
        "year-5".to_owned(),
    ] {
        assert!(!row.contains(&told.to_lowercase()), "{told} stands in {row}");
    }
    assert!(row.contains("2026-11-24"), "the day is kept: {row}");
    // Its identifier is random, says no time, and stands nowhere else.
    let school = &desk.school.school;
    let found = school.read().find::<store::entity::learning_survey_answer::Entity>().all().await.unwrap();
    let id = found[0].id;
    assert_eq!(id.get_version_num(), 4, "a version 7 would say the millisecond");
    for (table, rows) in after.iter().filter(|(table, _)| *table != "learning_survey_answer") {
        let named = rows.iter().any(|row| row.contains(&id.to_string()) || row.contains(&id.simple().to_string()));
        assert!(!named, "{table} names the answer");
    }
    // Nobody who asks for the results sees it alone either.
    let lead = desk.sign_in("lead").await;
    let page = desk.get(&lead, &format!("/surveys/{}/results", survey.id)).await.words();
    assert!(page.contains("Fewer than 5 have answered") && !page.contains("A friend"), "{page}");
}

async fn the_order_of_rows_is_not_the_order_of_answers(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let survey = survey(&desk, QUESTIONS, &["year-5"]).await;
    let school = &desk.school.school;
    let answers: Vec<Answer> =
        (0..24).map(|nth| Answer::from([("k".to_owned(), format!("answer {nth:02}"))])).collect();
    for answer in &answers {
        service::keep(school, survey.id, answer, kit.now()).await.unwrap();
    }
    let (connection, postgres) = beside(kit).await;
    let place = if postgres { "ctid" } else { "rowid" };
    let sql = format!("SELECT answers_json FROM learning_survey_answer ORDER BY {place}");
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    let lie: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    connection.close().await.unwrap();
    let given: Vec<String> = answers.iter().map(|answer| serde_json::to_string(answer).unwrap()).collect();
    assert_ne!(lie, given, "as likely as one in 24!");
    assert_eq!(lie.iter().collect::<BTreeSet<_>>(), given.iter().collect::<BTreeSet<_>>(), "none is lost or doubled");
}

async fn answers_that_come_at_once_are_all_kept(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let survey = survey(&desk, QUESTIONS, &["year-5"]).await;
    let school = &desk.school.school;
    let mut tasks = tokio::task::JoinSet::new();
    for nth in 0..30 {
        let (school, id, now) = (school.clone(), survey.id, kit.now());
        tasks.spawn(async move {
            let answer = Answer::from([("k".to_owned(), format!("answer {nth:02}"))]);
            service::keep(&school, id, &answer, now).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let kept = service::answers(school, survey.id).await.unwrap();
    let own: BTreeSet<&String> = kept.iter().filter_map(|answer| answer.get("k")).collect();
    assert_eq!((kept.len(), own.len()), (30, 30));
}

async fn a_session_answers_once_and_only_those_who_are_asked(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let survey = survey(&desk, QUESTIONS, &["year-5"]).await;
    let keys = keys(&survey);
    let path = format!("/surveys/{}", survey.id);
    let answer = [(keys[1].as_str(), "0")];
    let maya = desk.sign_in("maya.jones").await;
    assert!(desk.get(&maya, "/surveys").await.words().contains("Online at school"));
    let nothing = desk.post(&maya, &path, &[(&keys[1], "7")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.post(&maya, &path, &answer).await.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.post(&maya, &path, &answer).await.status, StatusCode::NOT_FOUND, "once a session");
    assert!(desk.get(&maya, "/surveys").await.words().contains("There is nothing to answer now"));
    // Ava is in Year 1, the governor is not asked; staff are.
    for (username, asked) in [("ava.hill", false), ("governor", false), ("parent", false), ("teacher", true)] {
        let cookie = desk.sign_in(username).await;
        let status = desk.get(&cookie, &path).await.status;
        assert_eq!(status == StatusCode::OK, asked, "{username}: {status}");
        let expected = if asked { StatusCode::SEE_OTHER } else { StatusCode::NOT_FOUND };
        assert_eq!(desk.post(&cookie, &path, &answer).await.status, expected, "{username}");
    }
    assert!(desk.get("", &path).await.location().starts_with("/sign-in"));
    assert_eq!(service::number(&desk.school.school, survey.id).await.unwrap(), 2);
    // Over is over.
    kit.clock.set("2026-12-05 10:00");
    let tom = desk.sign_in("tom.reed").await;
    assert_eq!(desk.post(&tom, &path, &answer).await.status, StatusCode::NOT_FOUND);
}

async fn results_are_counts_shown_when_it_is_over(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let survey = survey(&desk, QUESTIONS, &["year-5"]).await;
    let keys = keys(&survey);
    for nth in ["0", "0", "1", "1", "1", "4"] {
        let tom = desk.sign_in("tom.reed").await;
        let second = if nth == "4" { "" } else { "0" };
        desk.post(&tom, &format!("/surveys/{}", survey.id), &[(&keys[0], nth), (&keys[1], second)]).await;
    }
    let results = format!("/surveys/{}/results", survey.id);
    let counts = format!("/surveys/{}/counts.csv", survey.id);
    let governor = desk.sign_in("governor").await;
    let open = desk.get(&governor, &results).await;
    assert!(
        open.words().contains("6 have answered") && open.words().contains("when the survey is over"),
        "{}",
        open.words()
    );
    assert!(!open.text.contains("gh-chart"));
    assert_eq!(desk.get(&governor, &counts).await.status, StatusCode::NOT_FOUND);

    kit.clock.set("2026-12-05 10:00");
    let over = desk.get(&governor, &results).await;
    assert!(over.words().contains("Agree a lot 2 of 6 Agree 3 of 6"), "{}", over.words());
    assert!(over.words().contains("1 left it out"), "{}", over.words());
    assert!(over.text.contains("role=\"img\"") && over.text.contains("<th scope=\"row\""));
    let csv = desk.get(&governor, &counts).await;
    assert!(csv.text.contains("I feel safe online at school.,Agree,3,6"), "{}", csv.text);
    for username in ["maya.jones", "parent"] {
        let cookie = desk.sign_in(username).await;
        assert_eq!(desk.get(&cookie, &results).await.status, StatusCode::NOT_FOUND, "{username}");
        assert_eq!(desk.get(&cookie, &counts).await.status, StatusCode::NOT_FOUND, "{username}");
        assert_eq!(desk.get(&cookie, SURVEYS).await.status, StatusCode::NOT_FOUND, "{username}");
        assert_eq!(
            desk.post(&cookie, &format!("{SURVEYS}/new"), &[]).await.status,
            StatusCode::NOT_FOUND,
            "{username}"
        );
    }
    assert_eq!(desk.get(&governor, &format!("{SURVEYS}/new")).await.status, StatusCode::FORBIDDEN);
}

async fn what_fewer_than_five_answered_stays_hidden(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let survey = survey(&desk, QUESTIONS, &["year-5"]).await;
    let keys = keys(&survey);
    for nth in 0..6 {
        let tom = desk.sign_in("tom.reed").await;
        let second = if nth < 2 { "1" } else { "" };
        desk.post(&tom, &format!("/surveys/{}", survey.id), &[(&keys[0], "0"), (&keys[1], second)]).await;
    }
    kit.clock.set("2026-12-05 10:00");
    let lead = desk.sign_in("lead").await;
    let over = desk.get(&lead, &format!("/surveys/{}/results", survey.id)).await.words();
    assert!(over.contains("Agree a lot 6 of 6"), "{over}");
    assert!(over.contains("Fewer than 5 answered this one") && !over.contains("of 2"), "{over}");
    assert!(!over.contains("4 left it out"), "{over}");
    // Nobody is told that each answer is another person's.
    assert!(over.contains("Who has answered is not kept"), "{over}");
    let csv = desk.get(&lead, &format!("/surveys/{}/counts.csv", survey.id)).await.text;
    assert!(csv.contains(",Fewer than 5 answered,,6"), "{csv}");
    assert!(!csv.contains(",2,6"), "{csv}");
    let form = desk.get(&lead, &format!("{SURVEYS}/new")).await.words();
    assert!(form.contains("What is it called?") && form.contains("could answer again"), "{form}");
}

async fn the_youngest_answer_with_faces_and_without_words(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let lead = desk.sign_in("lead").await;
    let refused = desk
        .post(
            &lead,
            &format!("{SURVEYS}/new"),
            &[("years", "year-1"), ("questions", "What is sad? [words]\nWhy? [stars]"), ("young", "no")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = refused.words();
    assert!(
        said.contains("Line 1: pupils under 11")
            && said.contains("Line 2:")
            && said.contains("Write what it is called"),
        "{said}"
    );
    let survey = survey(&desk, "I like our tablets.", &["year-1"]).await;
    let ava = desk.sign_in("ava.hill").await;
    let page = desk.get(&ava, &format!("/surveys/{}", survey.id)).await;
    assert!(page.text.contains("href=\"#step-0\"") && page.words().contains("Yes, a lot"), "{}", page.words());
    assert!(!page.text.contains("<textarea"));
    let other = Uuid::from_u128(1);
    assert_eq!(desk.get(&ava, &format!("/surveys/{other}")).await.status, StatusCode::NOT_FOUND);
}

store_test!(
    an_answer_changes_one_table_and_names_nobody,
    the_order_of_rows_is_not_the_order_of_answers,
    answers_that_come_at_once_are_all_kept,
    a_session_answers_once_and_only_those_who_are_asked,
    results_are_counts_shown_when_it_is_over,
    what_fewer_than_five_answered_stays_hidden,
    the_youngest_answer_with_faces_and_without_words,
);
