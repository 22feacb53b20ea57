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
