//! Everybody at every door: each role, and nobody, over all routes of the desk. What is expected stands in the row of
//! the route and in the rights; what happens is asked over HTTP.

use std::{collections::BTreeSet, fmt::Write as _};

use declare::{Declarations, Register};
use kernel::{Capacity, Clock as _, Role, Subject};
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
        .replace("{list}", "starter")
        .replace("{label}", "games")
        .replace("{digest}", &policy.digest().to_string())
        .replace("{person}", &person)
        .replace("/people/{id}", &format!("/people/{person}"))
        .replace("{id}", "00000000-0000-7000-8000-000000000001")
        .replace("{asset}", "00000000-0000-7000-8000-000000000003")
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
    insta::assert_snapshot!(open(Capacity::Pupil), @"/ /account /account/devices /account/devices/{device}/withdraw /account/password /agreements /agreements/{name} /api/openapi.json /api/registers /api/session /due /due/feed /due/feed/end /filter/ask /filter/failures/report /notices /notices/waiting /policy /policy/changes /policy/policy.pdf /policy/print /registers /sign-out /sites /surveys /tell /tell/thanks");
    insta::assert_snapshot!(open(Capacity::Parent), @"/ /account /account/password /agreements /agreements/{name} /api/openapi.json /api/registers /api/session /due /due/feed /due/feed/end /filter/failures/report /notices /notices/waiting /policy /policy/changes /policy/policy.pdf /policy/print /registers /sign-out /sites /surveys /tell /tell/thanks");
}

/// What audiences ask of somebody with this role alone.
fn subject_of(role: Role) -> Subject {
    let year = (role == Role::Pupil).then(|| kernel::Year::from_grade("4").unwrap());
    Subject { roles: [role].into(), year, ..Subject::default() }
}

/// Whether a register is there for somebody, and whether they change it: as its declaration says.
fn may(register: &Register, subject: &Subject) -> (bool, bool) {
    let writes = register.writes.contains(subject);
    let moves = register.moves.iter().any(|step| step.who.as_ref().is_some_and(|who| who.contains(subject)));
    (writes || moves || register.reads.contains(subject), writes)
}

/// A role's own browser, signed in.
async fn browser_of(school: &School, role: Role) -> Browser {
    let username = somebody(school, role).await;
    let browser = school.browser();
    school.sign_in_at(&browser, &username).await;
    browser
}

/// The registers to which a page leads.
fn registers_on(page: &Page) -> BTreeSet<String> {
    let links = page.body.split("href=\"/registers/").skip(1).filter_map(|rest| rest.split(['"', '?']).next());
    links.filter(|link| link.split('/').count() == 2).map(|link| link.replace('/', ".")).collect()
}

/// Every role at every register: there for those whom its declaration names, changed by those who write it, and for all
/// others not there at all. Who they are is printed beside this file, so that a change of it is seen.
#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_every_register() {
    let school = School::open(&["What we own is recorded. `hw: assets.hardware`"]).await;
    let registers: Vec<_> = Declarations::shipped().registers().collect();
    let mut wrong = Vec::new();
    let mut rows: Vec<(Vec<&str>, Vec<&str>)> = vec![Default::default(); registers.len()];
    for role in Role::ALL {
        let browser = browser_of(&school, *role).await;
        let subject = subject_of(*role);
        let mut theirs = BTreeSet::new();
        for ((declaration, register), (readers, writers)) in registers.iter().zip(&mut rows) {
            let (reads, writes) = may(register, &subject);
            let base = format!("/registers/{}/{}", declaration.module, declaration.name);
            let pages = [(base.clone(), reads, 404), (format!("{base}/new"), writes, if reads { 403 } else { 404 })];
            for (path, may, otherwise) in pages {
                let status = browser.get(&path).await.status;
                if status != if may { 200 } else { otherwise } {
                    wrong.push(format!("{}: {path}: may {may}, got {status}", role.id()));
                }
            }
            if reads {
                readers.push(role.id());
                theirs.insert(declaration.control());
            }
            if writes {
                writers.push(role.id());
            }
        }
        let shown = registers_on(&browser.get("/registers").await.is(200));
        if shown != theirs {
            let differ: Vec<_> = shown.symmetric_difference(&theirs).collect();
            wrong.push(format!("{}: the list of registers differs by {differ:?}", role.id()));
        }
        // Programs are told of no others either.
        for path in ["/api/registers", "/api/openapi.json"] {
            let page = browser.get(path).await.is(200);
            let tells = |control: &str| page.says(&format!("/registers/{}", control.replace('.', "/")));
            for (declaration, _) in &registers {
                let (control, told) = (declaration.control(), tells(&format!("{}\"", declaration.control())));
                let told = told || tells(&format!("{control}/"));
                if told != theirs.contains(&control) {
                    wrong.push(format!("{}: {path} tells of {control}: {told}", role.id()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut table = String::new();
    for ((declaration, _), (readers, writers)) in registers.iter().zip(&rows) {
        let only: Vec<&str> = readers.iter().copied().filter(|role| !writers.contains(role)).collect();
        let _ =
            writeln!(table, "{}\n  write  {}\n  read   {}", declaration.control(), writers.join(" "), only.join(" "));
    }
    insta::assert_snapshot!("registers", table);
}

/// What is asked and told, at the doors of those who are asked and told, of those who see to it, and of all others.
#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_what_is_asked_and_told() {
    let school = School::open(&[
        "Servers are locked. `locked: assets.physical { attest = \"network-manager\" }`",
        "The board looks at it. `board: assets.maintenance { attest = \"chair-of-governors\" }`",
        "Pupils know. `pupils-know: assets.loans { inform = \"pupils\" }`",
        "Staff know. `staff-know: assets.loans { inform = \"staff\" }`",
    ])
    .await;
    /// Who sees all that is confirmed and told: the head, the leads, the governors.
    const SEE: &[Role] = &[
        Role::Headteacher,
        Role::Slt,
        Role::OnlineSafetyLead,
        Role::SafeguardingLead,
        Role::ComputingLead,
        Role::NetworkManager,
        Role::InformationRiskOwner,
        Role::DataProtectionOfficer,
    ];
    let (mut wrong, mut table) = (Vec::new(), String::new());
    for role in Role::ALL {
        let browser = browser_of(&school, *role).await;
        let sees = SEE.contains(role) || role.capacity() == Capacity::Governor;
        let sends = [Role::BusinessManager, Role::Office, Role::DataManager].contains(role);
        let is = |capacity: Capacity| role.capacity() == capacity;
        let mut opened = Vec::new();
        for (path, may) in [
            ("/attestations/locked~1", sees),
            ("/attestations/board~1", sees),
            ("/notices/pupils-know~1", sees || sends || is(Capacity::Pupil)),
            ("/notices/staff-know~1", sees || sends || is(Capacity::Staff)),
        ] {
            let page = browser.get(path).await;
            if page.status != if may { 200 } else { 404 } {
                wrong.push(format!("{}: {path}: may {may}, got {}", role.id(), page.status));
            }
            // Whoever is asked has a form there; others who see it have none.
            let form = page.says(&format!("action=\"{path}"));
            opened.extend((page.status == 200).then(|| format!("{path}{}", if form { " +" } else { "" })));
        }
        let _ = writeln!(table, "{}: {}", role.id(), opened.join(", "));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    insta::assert_snapshot!("asked_and_told", table);
}
