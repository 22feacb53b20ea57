//! Control `filter.failure-report`: whoever sees that the filter is wrong says so, somebody answers in time, and what
//! cannot be mended here is passed on to the provider.

use crate::school::*;

const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";

/// From the page of a block to the answer: the queue, the provider, the time.
#[tokio::test(flavor = "multi_thread")]
async fn failure_report() {
    let clause = "Failures are logged and passed on to LGfL. \
                  `failures: filter.failure-report { by = \"network-manager\", to = \"LGfL\", within = \"1 day\" }`";
    let school = School::open(&[GAMES, clause, "Changes are logged. `log: filter.change-log`"]).await;
    let device = school.device_of(PUPIL).await;
    school.standing("failures").await.are("kept", "0 failures were reported");

    // The page of a block leads to the form, for whoever is known; the form knows the site.
    let block = device.open("http://games.test/").await.is(403);
    let wrong = "/filter/failures/report?sort=closed&#38;site=games.test";
    assert!(block.says(&format!("{}{wrong}", school.base)), "{}", block.body);
    assert!(block.says(&format!("{}/filter/failures/report?sort=open", school.base)), "{}", block.body);
    let stranger = school.stranger().open("http://games.test/").await.is(403);
    assert!(!stranger.says("/filter/failures/report"), "who cannot sign in is led to no form: {}", stranger.body);
    let pupil = school.sign_in(PUPIL).await;
    let form = pupil.get(&wrong.replace("&#38;", "&")).await.is(200);
    assert!(form.says("value=\"games.test\"") && form.says("value=\"closed\" checked"), "{}", form.body);
    let report = async |sort: &str, words: &str| {
        let fields = [("sort", sort), ("site", "games.test"), ("words", words)];
        pupil.submit("/filter/failures/report", "/filter/failures/report", &fields).await.status
    };
    assert_eq!((report("closed", "").await, report("other sort", "It is about chess").await), (422, 422));
    assert_eq!(report("closed", "It is about chess").await, 303);
    pupil.get("/filter/failures").await.is(403);
    assert!(pupil.get("/filter/failures/report").await.is(200).says("You are not in trouble"));

    // Somebody is told, mends it, passes it on.
    let network = school.sign_in(NETWORK).await;
    assert!(network.get("/").await.is(200).says("See to a failure of the filter"));
    let queue = network.get("/filter/failures").await.is(200);
    assert!(queue.says("1 report waits") && queue.says("It is about chess"), "{}", queue.body);
    assert!(queue.says("/filter/changes/new?does=open&#38;site=games.test") && queue.says("LGfL"), "{}", queue.body);
    let id = queue.between("action=\"/filter/failures/", "/answer").unwrap();
    school.standing("failures").await.are("kept", "1 failure was reported");
    school.at("2026-11-25 10:30").await;
    school.standing("failures").await.are("not-kept", "1 report has no answer, the oldest since 24 November 2026");
    let network = school.sign_in(NETWORK).await;
    assert!(network.get("/filter/failures").await.says("its time is over"));
    let passed = [("to", "LGfL"), ("reference", "T-17")];
    network.submit("/filter/failures", &format!("/filter/failures/{id}/escalate"), &passed).await.is(303);
    assert!(network.get("/filter/failures").await.says("passed it on to LGfL"));
    assert!(!network.get("/filter/failures/report").await.is(200).says("You are not in trouble"), "it is for children");
    let answer = [("answer", "It opens from tomorrow. Thank you.")];
    network.submit("/filter/failures", &format!("/filter/failures/{id}/answer"), &answer).await.is(303);
    school.standing("failures").await.are("kept", "1 failure was reported in the last year, 1 of them passed on");
    assert!(network.get("/filter/failures").await.says("number T-17"), "it stands there afterwards as well");
    let pupil = school.sign_in(PUPIL).await;
    assert!(pupil.get("/filter/failures/report").await.says("It opens from tomorrow"));
    let home = pupil.get("/").await.is(200);
    assert!(home.says("games.test: It opens from tomorrow"), "whoever reported it is told: {}", home.body);
    assert!(!network.get("/").await.is(200).says("It opens from tomorrow"));
    for act in ["filter.failure-report", "filter.failure-escalate", "filter.failure-answer"] {
        assert_eq!(school.acts(act).await.len(), 1, "{act}");
    }

    // What got through is passed on, or whoever answers says why not.
    let through = [("sort", "open"), ("site", "nasty.test"), ("words", "Nasty pictures")];
    pupil.submit("/filter/failures/report", "/filter/failures/report", &through).await.is(303);
    let page = network.get("/filter/failures").await.is(200);
    assert!(page.says("Why is it not passed on to LGfL?"), "{}", page.body);
    let id = page.between("action=\"/filter/failures/", "/answer").unwrap();
    let answer = |why| [("answer", "It is closed now."), ("kept_here", why)];
    let sent = network.submit("/filter/failures", &format!("/filter/failures/{id}/answer"), &answer("")).await.is(422);
    assert!(sent.says("Pass it on first, or write why it is not passed on"), "{}", sent.body);
    let why = answer("We closed it by a change");
    network.submit("/filter/failures", &format!("/filter/failures/{id}/answer"), &why).await.is(303);
    assert!(network.get("/filter/failures").await.says("We closed it by a change"));
    school.standing("failures").await.are("kept", "2 failures were reported in the last year, 1 of them passed on");

    // Without an answer, and without the provider's knowing.
    let fields = [("sort", "open"), ("site", ""), ("words", "A scary picture")];
    pupil.submit("/filter/failures/report", "/filter/failures/report", &fields).await.is(303);
    school.at("2026-11-27 10:30").await;
    school.standing("failures").await.are("not-kept", "1 report has no answer");
}
