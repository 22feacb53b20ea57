//! What if, at the desk: past requests decided again as a draft of the policy, or a change that waits, would have it.

use crate::{browser::Browser, school::*};

const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";
const MUSIC: &str = "Music is closed to pupils. `music: filter.categories { who = \"pupils\", block = \"music\" }`";
const LOG: &str = "Every change to the filter is kept. `log: filter.change-log`";
const TWO: &str = "Two people put a change into effect. `two: filter.dual-control { minimum-people = 2 }`";
const ILLEGAL: &str = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";

/// Sites that a sealed list holds: one that opens for nobody, whatever a draft says.
async fn seal(school: &School, site: &str) {
    let file = school.folder().join("sealed.txt");
    std::fs::write(&file, format!("{site}\n")).unwrap();
    let (installation, now) = (school.installation(), kernel::Clock::now(&school.clock));
    let source = traffic::lists::Source::Path(file);
    let (rows, lists) = (&installation.school, installation.lists());
    traffic::lists::service::add_sealed(rows, &lists, "sealed", &source, store::Actor::Gatehouse, now).await.unwrap();
    school.app().live.rebuild(now).await.unwrap();
}

/// Uploads a draft; its number.
async fn draft(head: &Browser, clauses: &[&str]) -> String {
    let source = Draft::of(clauses).source(3);
    let text = source.file("policy.md").unwrap().text.clone();
    let made = head.upload("/policy/drafts", "/policy/drafts/upload", &[], ("file", text.as_bytes())).await.is(303);
    made.location.unwrap().rsplit('/').next().unwrap().to_owned()
}

/// A school in which Maya met a closed site, and listened to music, as did her teacher.
async fn lived_in() -> School {
    let school = School::open(&[GAMES, LOG, TWO, ILLEGAL]).await;
    seal(&school, "forbidden.test").await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    for (site, status, times) in [("games.test", 403, 3), ("music.test", 200, 2), ("maths.test", 200, 4)] {
        for _ in 0..times {
            assert_eq!(pupil.status(&format!("http://{site}/")).await, status, "{site}");
        }
    }
    within(std::time::Duration::from_secs(5), || async { pupil.status("http://forbidden.test/").await == 403 }).await;
    assert_eq!(teacher.status("http://music.test/").await, 200);
    school.written().await;
    school
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_out_on_past_requests() {
    let school = lived_in().await;
    let head = school.sign_in(HEAD).await;
    assert!(head.get("/filter/what-if").await.is(200).says("Nobody writes a draft, and no change waits"));
    let id = draft(&head, &[MUSIC]).await;
    let link = format!("/filter/what-if?what=draft:{id}");
    assert!(head.get(&format!("/policy/drafts/{id}")).await.is(200).says(&link), "the draft leads there");
    let page = head.get("/filter/what-if").await.is(200);
    assert!(page.says(&format!("value=\"draft:{id}\"")), "{}", page.body);

    let page = head.get(&link).await.is(200);
    for says in [
        "What if this draft had been in force?",
        "<span class=\"gh-big\">2</span>requests to 1 site",
        "<span class=\"gh-big\">3</span>requests to 1 site",
        "music.test</span> would be closed",
        "Closes 2 requests.",
        "Closes 3 requests no longer.",
        "Somebody in Year 5",
        "games.test",
    ] {
        assert!(page.says(says), "{says}: {}", page.body);
    }
    for never in ["forbidden.test", "maths.test", "Maya", "maya.jones"] {
        assert!(!page.says(never), "{never}: {}", page.body);
    }
    let file = head.get(&format!("/filter/what-if.csv?what=draft:{id}&days=7")).await.is(200);
    assert!(
        file.says("music.test,blocked,Year 5,music,1.1,2,") && file.says("games.test,open,Year 5"),
        "{}",
        file.body
    );
    assert!(!file.says("forbidden.test") && !file.says("Staff"), "{}", file.body);
    // Trying out changes nothing.
    assert_eq!(school.device_of(PUPIL).await.status("http://music.test/").await, 200);

    // The same clauses change nothing; one with errors is not tried out; one that is dropped neither.
    let same = draft(&head, &[GAMES, LOG, TWO, ILLEGAL]).await;
    assert!(
        head.get(&format!("/filter/what-if?what=draft:{same}")).await.is(200).says("Nothing would have been otherwise")
    );
    let wrong = draft(&head, &["Games. `games: filter.categories { block = \"no-such-category\" }`"]).await;
    head.get(&format!("/filter/what-if?what=draft:{wrong}")).await.is(409);
    let drop = [("version", "1"), ("do", "drop")];
    head.submit(&format!("/policy/drafts/{id}"), &format!("/policy/drafts/{id}/step"), &drop).await.is(303);
    head.get(&link).await.is(404);
    head.get("/filter/what-if?what=nothing").await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_waits_is_tried_out_before_anybody_agrees() {
    let school = lived_in().await;
    let (network, lead) = (school.sign_in(NETWORK).await, school.sign_in(TEACHER).await);
    let change = async |does: &str, site: &str| {
        let fields = [("does", does), ("site", site), ("who", "pupils"), ("reason", "A topic")];
        network.submit("/filter/changes/new", "/filter/changes/new", &fields).await.is(303);
        let page = lead.get("/filter/changes").await.is(200);
        page.between("href=\"/filter/what-if?what=change:", "\"").unwrap()
    };
    let id = change("block", "music.test").await;
    let link = format!("/filter/what-if?what=change:{id}");
    let page = lead.get(&link).await.is(200);
    for says in [
        "What if this change had held?",
        "music.test closed for pupils",
        "<span class=\"gh-big\">2</span>requests to 1 site",
        "<span class=\"gh-big\">0</span>requests to 0 sites",
    ] {
        assert!(page.says(says), "{says}: {}", page.body);
    }
    school.settle().await;
    assert_eq!(school.device_of(PUPIL).await.status("http://music.test/").await, 200, "nobody has agreed");
    lead.submit("/filter/changes", &format!("/filter/changes/{id}/agree"), &[]).await.is(303);
    lead.get(&link).await.is(404);
    school.settle().await;
    assert_eq!(school.device_of(PUPIL).await.status("http://music.test/").await, 403);
    school.written().await;
    // Undoing it waits as well, and is tried out as well.
    network.submit("/filter/changes", &format!("/filter/changes/{id}/undo"), &[]).await.is(303);
    let page = lead.get(&link).await.is(200);
    assert!(page.says("Undo: music.test closed for pupils"), "{}", page.body);
    assert!(page.says("Closes 4 requests no longer"), "two of before, and two of now: {}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_draft_the_policy_and_the_safeguarding_lead_try_it_out() {
    let school = School::open(&[GAMES, LOG]).await;
    let id = draft(&school.sign_in(HEAD).await, &[MUSIC]).await;
    for (who, status) in
        [(HEAD, 200), (DEPUTY, 200), (SAFEGUARDING, 200), (TEACHER, 200), (NETWORK, 403), (PUPIL, 403), (PARENT, 403)]
    {
        let browser = school.sign_in(who).await;
        for path in ["/filter/what-if", &format!("/filter/what-if?what=draft:{id}")] {
            browser.get(path).await.is(status);
        }
        browser.get(&format!("/filter/what-if.csv?what=draft:{id}")).await.is(status);
    }
    school.browser().get("/filter/what-if").await.is(303);
}
