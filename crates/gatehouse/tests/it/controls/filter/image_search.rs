//! Control `filter.image-search`: searches for pictures are closed, searches for words are not.

use super::{
    executables::last_row,
    https_inspection::{NETWORKS, open_one},
};
use crate::school::*;

/// Searches for pictures are closed to those whom the clause names, with every engine, and nothing else of the engine.
#[tokio::test(flavor = "multi_thread")]
async fn image_search() {
    let mut school = School::without_policy().await;
    for engine in ["www.google.com", "images.google.com", "www.bing.com", "duckduckgo.com"] {
        school.config.gateway.resolve.insert(engine.to_owned(), school.site.address());
    }
    school.restart().await;
    let clause = "Pupils do not search for pictures. \
                  `pictures: filter.image-search { who = \"pupils\", engines = [\"Google\"], choice = \"never\" }`";
    school.enact(&Draft::of(&[clause])).await.unwrap();
    let browser = school.sign_in(PUPIL).await;
    let (pupil, stranger) = (school.beside(&browser), school.stranger());
    let teacher = school.device_of(TEACHER).await;
    for (search, closed) in [
        ("http://www.google.com/search?q=cats&tbm=isch", true),
        ("http://www.google.com/search?q=cats&udm=2", true),
        ("http://images.google.com/", true),
        ("http://www.bing.com/images/search?q=cats", true),
        ("http://duckduckgo.com/?q=cats&ia=images", true),
        ("http://www.google.com/search?q=udm=2", false),
        ("http://www.bing.com/search?q=cats", false),
        ("http://maths.test/images/search?q=cats", false),
    ] {
        let bound = if closed { 403 } else { 200 };
        let statuses = (pupil.status(search).await, stranger.status(search).await, teacher.status(search).await);
        assert_eq!(statuses, (bound, bound, 200), "{search}");
    }
    let page = pupil.open("http://www.bing.com/images/search?q=secret+words").await.is(403);
    assert!(page.says("Searching for pictures is closed here.") && page.says("clause 1.1"), "{}", page.body);
    assert_eq!(last_row(&school, "www.bing.com").await, "blocked image-search pictures");
    let activity = school.sign_in(NETWORK).await.get("/monitor/activity?clause=pictures").await.is(200);
    assert!(activity.says("www.bing.com") && !activity.says("secret"), "{}", activity.body);

    // Of what is encrypted the name alone is seen: a host of pictures is closed, a search within another is not seen,
    // and the standing says so.
    assert!(pupil.tunnel("images.google.com:443").await.starts_with("HTTP/1.1 403"));
    assert_eq!(last_row(&school, "images.google.com").await, "blocked image-search pictures");
    assert!(pupil.tunnel("www.google.com:443").await.starts_with("HTTP/1.1 200"));
    school.standing("pictures").await.are("not-kept", "only what comes in clear is looked at");
    let opened = "Devices of the school are looked into. `opened: filter.https-inspection { school-networks = [\"classrooms\"] }`";
    school.enact(&Draft::of(&[clause, opened]).front(NETWORKS)).await.unwrap();
    open_one(&school).await;
    school.standing("pictures").await.are("kept", "12 searches for images were closed in 28 days");

    // Whether somebody watches, no machine sees.
    let watched =
        "Only with a teacher beside. `pictures: filter.image-search { who = \"pupils\", choice = \"watched\" }`";
    school.enact(&Draft::of(&[watched])).await.unwrap();
    assert_eq!(pupil.status("http://images.google.com/").await, 200);
    assert_eq!(school.standing("pictures").await.word, "not-built");
}
