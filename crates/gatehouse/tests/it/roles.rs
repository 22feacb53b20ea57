//! Everybody at every door: each role, and nobody, over all routes of the desk. What is expected stands in the row of
//! the route and in the rights; what happens is asked over HTTP.

use kernel::{Capacity, Clock as _, Role};
use reqwest::Method;
use testkit::SmallSchool;
use webkit::{RouteRow, Who};

use crate::{
    browser::{Browser, Page},
    school::*,
};

/// A person with this role alone, who can sign in. Whoever works here is staff as well, as on a real roll.
async fn somebody(school: &School, role: Role) -> String {
    let small = SmallSchool::of(school.installation().school.clone(), school.clock.now());
    let year = (role == Role::Pupil).then_some("year-4");
    let person = small.person("Person", role.id(), year).await;
    small.role(person, role).await;
    let username = format!("one.{}", role.id());
    small.account(person, &username, None).await;
    username
}

/// A path in which each parameter is something that exists, or could.
async fn fill_in(school: &School, path: &str) -> String {
    let person = school.who("alfie.brennan").await.to_string();
    let policy = school.app().live.policy().unwrap();
    path.replace("{name}", "pupils")
        .replace("{label}", "games")
        .replace("{digest}", &policy.digest().to_string())
        .replace("{person}", &person)
        .replace("/people/{id}", &format!("/people/{person}"))
        .replace("{id}", "00000000-0000-7000-8000-000000000001")
        .replace("{device}", "00000000-0000-7000-8000-000000000002")
        .replace("{token}", "no-such-invitation")
}

async fn ask(browser: &Browser, row: &RouteRow, path: &str, csrf: &str) -> Page {
    match row.method {
        Method::GET => browser.get(path).await,
        Method::PUT => browser.put(path, &format!("csrf={csrf}")).await,
        _ => browser.post(path, &format!("csrf={csrf}")).await,
    }
}

/// What a route must not do: let somebody in who may not, or keep somebody out who may.
fn wrong(row: &RouteRow, may: bool, page: &Page) -> Option<String> {
    let (refused, broken) = (page.status == 403, page.status >= 500);
    let to_sign_in = page.location.as_deref().is_some_and(|path| path.starts_with("/sign-in"));
    let out = row.path == "/sign-out";
    let fits = match (may, broken) {
        (_, true) => false,
        (true, false) => !refused && page.status != 401 && (!to_sign_in || out),
        (false, false) => refused,
    };
    (!fits).then(|| format!("{} {}: may {may}, got {} {:?}", row.method, row.path, page.status, page.location))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_every_route() {
    let school = School::open(&[
        "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`",
        "Governors may look. `looks: monitor.log-access { by = [\"headteacher\", \"governor\"] }`",
    ])
    .await;
    let rows = school.app().routes.clone();
    assert!(rows.len() > 50, "{}", rows.len());
    let rights = school.installation().rights(school.clock.now()).await.unwrap();
    let mut wrongs = Vec::new();
    for role in Role::ALL {
        let username = somebody(&school, *role).await;
        let browser = school.browser();
        school.sign_in_at(&browser, &username).await;
        let csrf = browser.get("/account").await.is(200).field("csrf");
        // Signing out comes last.
        let (out, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.path == "/sign-out");
        for row in others.into_iter().chain(out) {
            let may = match row.who {
                Who::Public | Who::SignedIn => true,
                Who::May(action) => rights.allow(&[*role].into(), action),
                // Asked once more behind the row, of every declaration: below.
                Who::Named => continue,
            };
            // Whom the policy lets look at a person is asked once more, behind the row.
            let looks = row.path.starts_with("/monitor/look") && may;
            let may = if looks { matches!(role, Role::Headteacher | Role::Governor) } else { may };
            let page = ask(&browser, row, &fill_in(&school, row.path).await, &csrf).await;
            wrongs.extend(wrong(row, may, &page).map(|text| format!("{}: {text}", role.id())));
        }
    }
    assert!(wrongs.is_empty(), "{wrongs:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_every_route() {
    let school =
        School::open(&["Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`"]).await;
    let browser = school.browser();
    let csrf = browser.get("/sign-in").await.is(200).field("csrf");
    for row in school.app().routes.clone() {
        let page = ask(&browser, &row, &fill_in(&school, row.path).await, &csrf).await;
        let to_sign_in = page.location.as_deref().is_some_and(|path| path.starts_with("/sign-in"));
        match row.who {
            Who::Public => {
                assert!(page.status < 500 && page.status != 403 && !to_sign_in, "{} {}", row.path, page.status)
            }
            // Programs are told in words of their own.
            Who::SignedIn | Who::Named | Who::May(_) if row.path.starts_with("/api/") => {
                assert_eq!(page.status, 401, "{}", row.path);
            }
            Who::SignedIn | Who::Named | Who::May(_) => {
                assert!(page.status == 303 && to_sign_in, "{} {}", row.path, page.status)
            }
        }
    }
}

/// What changes something is only taken from the desk's own forms: with the session's token, from the desk's origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_is_refused_at_every_route() {
    let school =
        School::open(&["Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`"]).await;
    let (head, other) = (school.sign_in(HEAD).await, school.sign_in(SAFEGUARDING).await);
    let own = head.get("/account").await.is(200).field("csrf");
    let others = other.get("/account").await.is(200).field("csrf");
    let rights = school.installation().rights(school.clock.now()).await.unwrap();
    let head_may = |row: &RouteRow| match row.who {
        Who::Public | Who::SignedIn | Who::Named => true,
        Who::May(action) => rights.allow(&[Role::Headteacher, Role::Staff].into(), action),
    };
    let before = school.installation().school.ledger().head().await.unwrap().0;
    let mut tried = 0;
    for row in school.app().routes.clone().into_iter().filter(|row| row.method == Method::POST && head_may(row)) {
        let path = fill_in(&school, row.path).await;
        assert!(row.token, "{}: what a browser sends carries a token", row.path);
        for body in [String::new(), "csrf=".to_owned(), format!("csrf={others}")] {
            let page = head.post(&path, &body).await;
            assert_eq!(page.status, 400, "{} with `{body}`: {}", row.path, page.body);
        }
        let page = head.post_from("http://elsewhere.test", &path, &format!("csrf={own}")).await;
        assert_eq!(page.status, 400, "{} from elsewhere: {}", row.path, page.body);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
    assert_eq!(school.installation().school.ledger().head().await.unwrap().0, before, "nothing was done");
    head.get("/account").await.is(200);
}

/// A pupil is a pupil however many routes there are: what pupils may is a short list.
#[tokio::test(flavor = "multi_thread")]
async fn pupils_and_parents_reach_no_page_about_others() {
    let school =
        School::open(&["Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`"]).await;
    let rights = school.installation().rights(school.clock.now()).await.unwrap();
    let open = |capacity: Capacity| {
        let roles: Vec<Role> = Role::ALL.iter().copied().filter(|role| role.capacity() == capacity).collect();
        let mut paths: Vec<&str> = school
            .app()
            .routes
            .iter()
            .filter(|row| match row.who {
                Who::Public | Who::Named => false,
                Who::SignedIn => true,
                Who::May(action) => roles.iter().any(|role| rights.allow(&[*role].into(), action)),
            })
            .map(|row| row.path)
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths.join(" ")
    };
    insta::assert_snapshot!(open(Capacity::Pupil), @"/ /account /account/devices /account/devices/{device}/withdraw /account/password /agreements /agreements/{name} /filter/ask /policy /policy/print /sign-out /tell /tell/thanks");
    insta::assert_snapshot!(open(Capacity::Parent), @"/ /account /account/password /agreements /agreements/{name} /policy /policy/print /sign-out /tell /tell/thanks");
}
