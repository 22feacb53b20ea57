//! What clauses ask people to confirm: from which day it falls due.

use crate::school::*;

const GAMES: &str = "`games: filter.categories { who = \"pupils\", block = \"games\" }`";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_asks_of_an_old_clause_is_due_from_its_own_day() {
    let school = School::open(&[&format!("Games are closed. {GAMES}")]).await;
    school.standing("games").await.are("kept", "");
    school.at("2026-12-21 09:00").await;
    // Four weeks later somebody is to confirm it.
    let games = format!(
        "Games are closed. The Network Manager confirms it every term. {GAMES} \
         `filter.categories {{ attest = {{ by = \"network-manager\", every = \"1 term\" }} }}`"
    );
    school.enact(&Draft::of(&[&games])).await.unwrap();
    let asked = school.standing("games").await;
    assert_eq!(asked.word, "due", "{:#}", asked.whole);
    assert!(asked.whole.to_string().contains("4 January 2027"), "{:#}", asked.whole);
    let network = school.sign_in(NETWORK).await;
    let page = network.get("/attestations").await.is(200);
    assert!(page.says("By 4 January 2027") && !page.says("Overdue"), "{}", page.body);
    school.at("2027-01-05 09:00").await;
    let late = school.standing("games").await;
    assert!(late.word == "not-kept" && late.whole.to_string().contains("by 4 January 2027"), "{:#}", late.whole);
    // A third version that leaves it alone gives no new time.
    school.enact(&Draft::of(&[&games]).promises("I tell when something is wrong.")).await.unwrap();
    assert_eq!(school.standing("games").await.word, "not-kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_system_does_is_asked_and_not_claimed() {
    let clauses = [
        "Passwords of staff have 12 characters, in the records system too. \
         `words: access.password-strength { who = \"staff\", min-length = 12 }` \
         `access.password-strength { who = \"staff\", min-length = 12, system = \"mis\" }`",
        "The Headteacher confirms each term that incidents are recorded. \
         `log: incident.log { attest = { by = \"headteacher\", every = \"1 term\" } }`",
        "Staff know that incidents are recorded. `known: incident.log { inform = \"staff\" }`",
        "Incidents are recorded. `bare: incident.log`",
    ];
    let systems = "[systems]\nmis = { name = \"the records system\", by = \"network-manager\", seen = \"attest\" }\n";
    let school = School::with(&Draft::of(&clauses).front(systems)).await;
    let says = async |label: &str, nth: usize| {
        let whole = school.standing(label).await.whole;
        whole["bindings"][nth]["system"].as_str().unwrap().to_owned()
    };
    let own = says("words", 0).await;
    assert!(own.starts_with("takes no password shorter than 12"), "{own}");
    for (label, nth, begins) in [
        ("words", 1, "asks whether this is so, and keeps the answers (takes no password shorter"),
        ("log", 0, "asks whether this is so, and keeps the answers ("),
        ("known", 0, "tells people of this ("),
        ("bare", 0, "cannot do this yet ("),
    ] {
        let said = says(label, nth).await;
        assert!(said.starts_with(begins), "{label}: {said}");
    }
    school.standing("known").await.are("not-kept", "Nobody has read it yet");
}
