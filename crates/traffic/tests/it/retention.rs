//! What is over since long is deleted, and what waits or holds is not.

use kernel::Role;
use store::entity::{filter_failure, filter_permit, filter_request, filter_suspension, filter_unblock};
use testkit::{TestStore, store_test};

use super::desk::{House, provides, pupil};

store_test!(what_is_over_goes_and_what_is_open_stays);

async fn what_is_over_goes_and_what_is_open_stays(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (tech, lead) = (house.somebody(Role::NetworkManager).await, house.somebody(Role::OnlineSafetyLead).await);
    let (teacher, head) = (house.teacher().await, house.somebody(Role::Headteacher).await);
    let maya = house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B"));
    // One that is answered or ends, and one that is not or does not, of each.
    for nth in 0..2 {
        house.post(&maya, "/filter/ask", &format!("site=maps{nth}.example&reason=Please")).await.is(303);
        house.post(&maya, "/filter/failures/report", "sort=closed&site=&words=Slow").await.is(303);
    }
    let id = house.get(&lead, "/filter/requests").await.id("action=\"/filter/requests/", "\"");
    house.post(&lead, &format!("/filter/requests/{id}"), "outcome=no&answer=No").await.is(303);
    let id = house.get(&tech, "/filter/failures").await.id("/filter/failures/", "/answer");
    house.post(&tech, &format!("/filter/failures/{id}/answer"), "answer=Yes").await.is(303);
    for until in ["24/11/2026", ""] {
        let sent = format!("person=&who=year-5&sites=clips.example&reason=Project&until={until}");
        house.post(&lead, "/filter/permits", &sent).await.is(303);
    }
    for (who, until) in [("maya.jones", "24/11/2026"), ("tom.reed", "18/12/2027")] {
        let sent = format!("who={who}&until={until}&reason=Agreed+with+home");
        house.post(&head, "/filter/suspensions", &sent).await.is(303);
    }
    house.post(&teacher, "/filter/open", "class=5B&site=clips.example&reason=Lesson").await.is(303);
    let count = async || {
        let rows = house.school().read();
        [
            rows.find::<filter_request::Entity>().count().await.unwrap(),
            rows.find::<filter_failure::Entity>().count().await.unwrap(),
            rows.find::<filter_permit::Entity>().count().await.unwrap(),
            rows.find::<filter_suspension::Entity>().count().await.unwrap(),
            rows.find::<filter_unblock::Entity>().count().await.unwrap(),
        ]
    };
    assert_eq!(count().await, [2, 2, 2, 2, 1]);
    house.minutes(60 * 24 * 30);
    let cut = |days: i64| house.now() - jiff::SignedDuration::from_hours(24 * days);
    traffic::retention::forget(house.school(), cut(60), house.now()).await.unwrap();
    assert_eq!(count().await, [2, 2, 2, 2, 1], "nothing is so old");
    for _ in 0..2 {
        traffic::retention::forget(house.school(), cut(10), house.now()).await.unwrap();
        assert_eq!(count().await, [1, 1, 1, 1, 0]);
    }
    let which = store::ledger::Which { act: Some("filter.forget".to_owned()), ..Default::default() };
    assert_eq!(house.school().ledger().entries(&which).await.unwrap().len(), 1, "nothing to do is no act");
    house.get(&tech, "/filter/changes").await.is(200);
}
