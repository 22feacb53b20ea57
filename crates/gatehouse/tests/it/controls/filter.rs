//! Controls of `filter`.

use crate::school::*;

/// Sites closed by category: by a list, for those whom the clause names, and no others.
#[tokio::test(flavor = "multi_thread")]
async fn categories() {
    let school = School::open(&[
        "Gambling is blocked for everyone, games for pupils in lessons. \
         `gambling: filter.categories { who = \"everyone\", block = \"gambling\" }` \
         `filter.categories { who = \"pupils\", when = \"mon-fri 09:00-12:15\", block = \"games\" }`",
        "Weapons are blocked for everyone. `weapons: filter.categories { who = \"everyone\", block = \"weapons\" }`",
    ])
    .await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    let page = pupil.open("http://casino.test/").await.is(403);
    assert!(page.says("Gambling is blocked for everyone") && page.says("1.1"), "{}", page.body);
    assert_eq!(teacher.status("http://www.casino.test/x").await, 403);
    assert_eq!(pupil.status("http://games.test/").await, 403);
    assert_eq!(teacher.status("http://games.test/").await, 200);
    assert_eq!(pupil.status("http://maths.test/").await, 200);
    school.at("2026-11-24 12:30").await;
    assert_eq!(pupil.status("http://games.test/").await, 200);
    assert_eq!(pupil.status("http://casino.test/").await, 403);
    assert_eq!(school.site.visits().iter().filter(|visit| visit.headers["host"] == "casino.test").count(), 0);
    school.standing("gambling").await.are("kept", "1 sites are known to be closed by this; 4 tries were closed");
    school.standing("weapons").await.are("not-kept", "No list knows any site of the category weapons");
}
