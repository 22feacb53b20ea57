//! Controls of `monitor`: what is recorded, and who looks at it.

use std::time::Duration;

use crate::school::*;

/// Use is recorded to the person, without search words, and deleted when its time is over.
#[tokio::test(flavor = "multi_thread")]
async fn activity_log() {
    let log = "Use is recorded and kept for 2 months. `log: monitor.activity-log { keep = \"2 months\" }`";
    let mail = "So is e-mail. `mail: monitor.activity-log { channels = [\"email\"], keep = \"2 months\" }`";
    let games = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";
    let mut school = School::open(&[log, mail, games]).await;
    let pupil = school.device_of(PUPIL).await;
    pupil.open("http://maths.test/times/tables?q=secret+words").await.is(200);
    pupil.open("http://games.test/").await.is(403);
    school.written().await;
    let network = school.sign_in(NETWORK).await;
    let page = network.get("/monitor/activity").await.is(200);
    assert!(page.says("maths.test") && page.says("games.test") && page.says("5B"), "{}", page.body);
    assert!(!page.says("secret") && !page.says("Maya"), "no search words, and nobody is named: {}", page.body);
    assert!(!network.get("/monitor/activity?outcome=blocked").await.is(200).says("maths.test"));
    assert!(network.get("/monitor/activity?clause=games").await.is(200).says("games.test"));
    assert!(network.get("/monitor/live").await.is(200).says("games.test"));
    school.sign_in(TEACHER).await.get("/monitor/activity").await.is(200);
    school.sign_in("samina.hussain").await.get("/monitor/activity").await.is(403);
    school.standing("log").await.are("kept", "2 requests were recorded in 28 days");
    school.standing("mail").await.are("not-built", "");
    // What was answered outlives the program.
    school.restart().await;
    school.sign_in(NETWORK).await.get("/monitor/activity").await.says("maths.test").then_some(()).unwrap();
    // Too old: it is deleted, and until then the clause says that it is not kept.
    school.at("2027-02-24 10:15").await;
    school.standing("log").await.are("not-kept", "Activity of 24 November 2026 is still kept");
    school.restart().await;
    within(Duration::from_secs(5), || async { school.acts("monitor.drop").await.len() == 1 }).await;
    assert!(!school.sign_in(NETWORK).await.get("/monitor/activity").await.is(200).says("maths.test"));
    school.standing("log").await.are("kept", "0 requests were recorded in 28 days");
}

/// Those whom the clause names look at a person's activity, for a reason, and every look is in the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn log_access() {
    let clause = "The head may look, with a reason. `looks: monitor.log-access { by = [\"headteacher\", \"safeguarding-lead\"] }`";
    let school = School::open(&[clause]).await;
    school.device_of(PUPIL).await.open("http://maths.test/").await.is(200);
    school.written().await;
    let head = school.sign_in(HEAD).await;
    let ask = async |username: &str, reason: &str| {
        head.submit("/monitor/look", "/monitor/look", &[("username", username), ("reason", reason)]).await
    };
    ask(PUPIL, " ").await.is(422);
    ask("nobody.here", "a worry of her teacher").await.is(422);
    assert!(school.acts("monitor.look").await.is_empty());
    school.standing("looks").await.are("kept", "0 looks at a person's activity");
    let opened = ask(PUPIL, "a worry of her teacher").await.is(303).location.unwrap();
    assert!(head.get(&opened).await.is(200).says("maths.test"));
    let looks = school.acts("monitor.look").await;
    assert_eq!(looks.len(), 1);
    let details = school.installation().school.ledger().details(&looks[0]).await.unwrap();
    assert!(format!("{details:?}").contains("a worry of her teacher"), "{details:?}");
    school.standing("looks").await.are("kept", "1 look at a person's activity");
    // The look is the head's own, and closes after half an hour.
    let lead = school.sign_in(SAFEGUARDING).await;
    lead.get(&opened).await.leads_to("/monitor/look");
    for _ in 0..3 {
        school.minutes(11).await;
        head.get("/account").await.is(200);
    }
    head.get(&opened).await.leads_to("/monitor/look");
    // Whom the clause does not name may not, whatever else they run.
    for username in [NETWORK, TEACHER, PUPIL, PARENT] {
        let browser = school.sign_in(username).await;
        browser.get("/monitor/look").await.is(403);
        browser
            .submit("/account", "/monitor/look", &[("username", PUPIL), ("reason", "out of curiosity")])
            .await
            .is(403);
    }
    assert_eq!(school.acts("monitor.look").await.len(), 1);
    school
        .enact(&Draft::of(&[
            "The nominated contact may look. `looks: monitor.log-access { by = \"nominated-contact\" }`",
        ]))
        .await
        .unwrap();
    school.standing("looks").await.are("not-kept", "Nobody holds the role of Nominated contact");
    head.get("/monitor/look").await.is(403);
}
