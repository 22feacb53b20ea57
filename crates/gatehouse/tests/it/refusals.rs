//! What the desk says about refusals: what this device was refused, and why a site is closed, here and elsewhere.

use crate::school::*;

/// Asking for a site helps where a rule closes it, and not where a signature is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_site_can_be_asked_for_where_asking_helps() {
    let school = School::open(&[
        "Sign first. `gate: access.gated-on-agreement { who = [\"staff\", \"pupils\"] }`",
        "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`",
    ])
    .await;
    let browser = school.sign_in(PUPIL).await;
    assert!(school.beside(&browser).tunnel("maths.test:443").await.starts_with("HTTP/1.1 403"));
    let refused = browser.get("/filter/refused").await.is(200);
    assert!(refused.says("maths.test") && refused.says("signed the agreement"), "{}", refused.body);
    assert!(!refused.says("Ask for this site") && refused.says("/tell"), "{}", refused.body);
    browser.sign_agreement("pupils", "Maya Jones").await;
    school.settle().await;
    assert!(school.beside(&browser).tunnel("games.test:443").await.starts_with("HTTP/1.1 403"));
    let refused = browser.get("/filter/refused").await.is(200);
    assert!(refused.says("/filter/ask?site=games.test") && !refused.says("/filter/ask?site=maths.test"));
}

/// The same question has another answer at home, or on a network that stands for somebody.
#[tokio::test(flavor = "multi_thread")]
async fn why_depends_on_the_place() {
    let games = "Games are closed at school. \
                 `games: filter.categories { who = \"pupils\", block = \"games\", where = \"school\" }`";
    let music = "Music is closed to guests. `music: filter.categories { who = \"guests\", block = \"music\" }`";
    let guests = "[networks]\nguest = { addresses = [\"192.0.2.0/24\"], stands-for = \"guests\" }\n";
    let school = School::with(&Draft::of(&[games, music]).front(guests)).await;
    let network = school.sign_in(NETWORK).await;
    let ask = async |site: &str, who: &str, place: &str| {
        let page = network.get(&format!("/filter/why?address=http://{site}/&who={who}&place={place}")).await.is(200);
        page.between("id=\"answer\">", "</h2>").unwrap_or_else(|| panic!("no answer in {}", page.body))
    };
    assert!(ask("games.test", PUPIL, "").await.starts_with("Closed"));
    assert!(ask("games.test", PUPIL, "home").await.starts_with("Open"));
    assert!(ask("music.test", PUPIL, "home").await.starts_with("Open"));
    assert!(ask("music.test", "", "network:guest").await.starts_with("Closed"));
    let page = network.get("/filter/why?address=http://games.test/&place=moon").await.is(200);
    assert!(page.says("Choose where it is asked for") && page.says("On the network guest"), "{}", page.body);
}

/// Whoever may ask why does not read the log by it, row after row.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_the_log_is_for_those_who_may_look() {
    let looks = "The head alone looks at activity. `looks: monitor.log-access { by = [\"headteacher\"] }`";
    let school = School::open(&[looks]).await;
    for (username, status) in [(TEACHER, 403), (HEAD, 200)] {
        let browser = school.sign_in(username).await;
        browser.get("/filter/why").await.is(200);
        browser.get("/filter/why?row=16777216").await.is(status);
    }
}

/// A name in letters of another script is told by its true name, whatever it looks like on the screen.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_looks_like_another_is_told() {
    let school =
        School::open(&["Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`"]).await;
    let network = school.sign_in(NETWORK).await;
    // The second letter of the first is of the Cyrillic alphabet.
    let page = network.get("/filter/why?address=g%D0%B0mes.test").await.is(200);
    assert!(page.says("The name is xn--gmes-53d.test") && page.says("written ‘g\u{430}mes.test’"), "{}", page.body);
    assert!(!network.get("/filter/why?address=games.test").await.is(200).says("The name is"));
    let pupil = school.sign_in(PUPIL).await;
    for site in ["g\u{430}mes.test", "games.test"] {
        let fields = [("site", site), ("reason", "For my project")];
        pupil.submit("/filter/ask", "/filter/ask", &fields).await.is(303);
    }
    let queue = network.get("/filter/requests").await.is(200);
    assert!(queue.says("xn--gmes-53d.test") && queue.body.matches("Written ‘").count() == 1, "{}", queue.body);
}

/// Where a rule closes a part of a site, the part is asked for; of all other addresses the site is meant.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_site_is_asked_for_alone() {
    let school = School::open(&[
        "One page is closed. `page: filter.categories { who = \"pupils\", block = [\"games\", \"maths.test/cheats\"] }`",
    ])
    .await;
    let pupil = school.sign_in(PUPIL).await;
    let refused = school.beside(&pupil).open("http://maths.test/cheats/7?x=1").await;
    assert!(refused.status == 403 && refused.says("/filter/ask?site=maths.test/cheats"), "{}", refused.body);
    for site in ["maths.test/cheats/7?x=1", "https://games.test/level/1", "maths.test/sums"] {
        pupil.submit("/filter/ask", "/filter/ask", &[("site", site), ("reason", "For my project")]).await.is(303);
    }
    let mine = pupil.get("/filter/ask").await.is(200);
    assert!(mine.says("maths.test/cheats") && !mine.says("cheats/7") && !mine.says("games.test/"), "{}", mine.body);
    assert!(!mine.says("maths.test/sums"), "{}", mine.body);
}
