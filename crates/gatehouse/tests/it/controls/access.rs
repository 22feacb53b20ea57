//! Controls of `access`: who comes in, and how.

use std::time::Duration;

use crate::school::*;

/// Each person has a login of their own, and what they do is theirs alone.
#[tokio::test(flavor = "multi_thread")]
async fn individual_logins() {
    let school = School::open(&[
        "Everybody in class 5B has a login. `class: access.individual-logins { who = \"class:5B\" }`",
        "So have the head and the deputy. `head: access.individual-logins { who = \"role:headteacher\" }`",
    ])
    .await;
    for username in [HEAD, DEPUTY, PUPIL] {
        school.give_password(username).await;
    }
    school.standing("head").await.are("kept", "2 of 2 people have a login");
    school.standing("class").await.are("not-kept", "1 of ");
    // One person's username with another's password opens nothing.
    let browser = school.browser();
    let refused = browser.sign_in("alfie.brennan", PASSWORD).await.is(422);
    assert!(refused.says("together they do not open an account"));
    browser.get("/account").await.leads_to("/sign-in?next=/account");
    let made = school
        .sign_in(HEAD)
        .await
        .submit("/accounts", "/accounts/first-passwords", &[("which", "pupils")])
        .await
        .is(200);
    // Who changes filtering chooses a password by a link, so that nobody at the desk has seen it.
    school.give_password(TEACHER).await;
    school.standing("class").await.are("kept", "have a login and password of their own");
    let alfie = made.between("<dd>alfie.brennan</dd><dt>Password</dt><dd>", "</dd>").unwrap();
    school.browser().sign_in("alfie.brennan", &alfie).await.leads_to("/");
    // What each opens is written to that person alone.
    assert_eq!(school.device_of(PUPIL).await.status("http://maths.test/").await, 200);
    assert!(look_at(&school, PUPIL).await.contains("maths.test"));
    assert!(!look_at(&school, "alfie.brennan").await.contains("maths.test"));
}

async fn look_at(school: &School, username: &str) -> String {
    school.written().await;
    let head = school.sign_in(HEAD).await;
    let asked = [("username", username), ("reason", "whose visit was this")];
    let opened = head.submit("/monitor/look", "/monitor/look", &asked).await.is(303);
    head.get(&opened.location.unwrap()).await.is(200).body
}

/// The register of users is made of the accounts themselves, for those who keep it.
#[tokio::test(flavor = "multi_thread")]
async fn user_register() {
    let clause =
        "The Network Manager keeps a register of users. `register: access.user-register { by = \"network-manager\" }`";
    let school = School::open(&[clause]).await;
    let network = school.sign_in(NETWORK).await;
    let before = school.standing("register").await;
    before.are("kept", "The register lists ");
    assert!(network.get("/accounts?who=pupils&page=1").await.is(200).says("alfie.brennan"));
    assert!(network.get("/accounts.csv").await.is(200).says("rhian.jones"));
    school.sign_in(TEACHER).await.get("/accounts").await.is(403);
    let person = school.who("alfie.brennan").await;
    network.submit("/accounts", &format!("/accounts/{person}/close"), &[]).await.is(303);
    let listed = |stands: &Stands| stands.evidence.split(' ').find_map(|word| word.parse::<u32>().ok()).unwrap();
    let after = school.standing("register").await;
    assert_eq!(listed(&after), listed(&before) - 1);
    assert!(network.get("/accounts?state=closed").await.is(200).says("alfie.brennan"));
    // Nobody is network manager any more: nobody keeps it.
    let (head, tom) = (school.sign_in(HEAD).await, school.who(NETWORK).await.to_string());
    head.submit("/people/roles", "/people/roles/end", &[("person", &tom), ("role", "network-manager")]).await.is(303);
    school.standing("register").await.are("not-kept", "Nobody holds the role of Network manager");
}

/// Passwords that are too short for the person, common, or a name are refused; each with what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn password_strength() {
    let school = School::open(&[
        "Staff passwords have 14 characters. `staff: access.password-strength { who = \"staff\", min-length = 14 }`",
        "Pupils' passwords have 8. `pupils: access.password-strength { who = \"pupils\", min-length = 8 }`",
    ])
    .await;
    let (teacher, pupil) = (school.sign_in(TEACHER).await, school.sign_in(PUPIL).await);
    let change = async |browser: &crate::browser::Browser, new: &str| {
        let fields = [("now", PASSWORD), ("new", new), ("again", new)];
        browser.submit("/account/password", "/account/password", &fields).await
    };
    for (browser, new, says) in [
        (&teacher, "velvet orchid", "Use at least 14 characters"),
        (&pupil, "kite-77", "Use at least 8 characters"),
        (&pupil, "mayajones", "this is your name"),
        (&pupil, "password1", "anybody would try"),
    ] {
        let refused = change(browser, new).await.is(422);
        assert!(refused.says(says), "{new}: {}", refused.body);
    }
    change(&pupil, "kite-778").await.leads_to("/");
    change(&teacher, "velvet orchid 7").await.leads_to("/");
    school.browser().sign_in(PUPIL, PASSWORD).await.is(422);
    school.browser().sign_in(PUPIL, "kite-778").await.leads_to("/");
    school.standing("staff").await.are("kept", "fewer than 14 characters");
    school.standing("pupils").await.are("kept", "fewer than 8 characters");
}

/// A session that nobody uses ends, and with it the computer's place in the gateway; one in use goes on.
#[tokio::test(flavor = "multi_thread")]
async fn idle_lock() {
    let clause =
        "A session ends after 5 minutes. `idle: access.idle-lock { who = \"everyone\", within = \"5 minutes\" }`";
    let gate = "Sign first. `gate: access.gated-on-agreement { who = \"pupils\" }`";
    let school = School::open(&[clause, gate]).await;
    let (idle, busy) = (school.sign_in(PUPIL).await, school.sign_in(TEACHER).await);
    idle.sign_agreement("pupils", "Maya Jones").await.is(303);
    school.settle().await;
    assert_eq!(school.beside(&idle).status("http://maths.test/").await, 200);
    school.minutes(4).await;
    busy.get("/account").await.is(200);
    school.minutes(2).await;
    busy.get("/account").await.is(200);
    idle.get("/account").await.leads_to("/sign-in?next=/account");
    assert!(idle.get("/sign-in").await.is(200).says("nothing happened here for 5 minutes"));
    let page = school.beside(&idle).open("http://maths.test/").await.is(403);
    assert!(page.says("Sign in first"), "{}", page.body);
    school.standing("idle").await.are("kept", "end after 5 idle minutes");
    within(Duration::from_secs(3), || async { school.acts("access.idle-end").await.len() == 1 }).await;
    let figures = school.sign_in(HEAD).await.get("/policy/clauses/idle").await.is(200);
    assert!(figures.says("Sessions ended for idleness"), "{}", figures.body);
}

/// Nobody opens the internet before the agreement is signed; then within a second.
#[tokio::test(flavor = "multi_thread")]
async fn gated_on_agreement() {
    let clause =
        "Nobody uses the internet before signing. `gate: access.gated-on-agreement { who = [\"staff\", \"pupils\"] }`";
    let school = School::open(&[clause]).await;
    let maya = school.sign_in(PUPIL).await;
    let token = maya.connect_device().await;
    school.settle().await;
    let device = crate::browser::Surfer::with_token(school.gateway(), &token);
    let page = device.open("http://maths.test/").await.is(403);
    let (first, agreements) = ("Sign the agreement first", format!("{}/agreements", school.base));
    assert!(page.says(first) && page.says(&agreements) && page.says("1.1"), "{}", page.body);
    assert_eq!(device.status(&format!("{}/sign-in", school.base)).await, 200, "the desk is open");
    assert_eq!(device.status("http://childline.org.uk/").await, 200, "help is open");
    assert_eq!(school.stranger().status("http://maths.test/").await, 403);
    let before = school.standing("gate").await;
    before.are("kept", "waits for the signature of ");
    maya.sign_agreement("pupils", "Maya Jones").await.is(303);
    within(Duration::from_secs(1), || async { device.status("http://maths.test/").await == 200 }).await;
    assert_eq!(school.device_of("alfie.brennan").await.status("http://maths.test/").await, 403, "each for oneself");
    let waiting = |stands: &Stands| stands.evidence.split(' ').find_map(|word| word.parse::<u32>().ok()).unwrap();
    assert_eq!(waiting(&school.standing("gate").await), waiting(&before) - 1);
    school.enact(&Draft::of(&[clause]).without_agreements()).await.unwrap();
    school.standing("gate").await.are("not-kept", "has no agreement for those whom this clause binds");
}
