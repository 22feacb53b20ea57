//! What is over since long is deleted, and what is open is not.

use jiff::Span;
use store::{
    entity::{access_device, access_invitation, access_session},
    time::millis,
};

use super::browser::Desktop;

#[tokio::test]
async fn ended_sessions_old_links_and_withdrawn_devices_go() {
    let desk = Desktop::open().await;
    let (school, head) = (&desk.small.school, desk.small.who("head").await);
    let now = || kernel::Clock::now(&desk.clock);
    let count = async || {
        let rows = school.read();
        (
            rows.find::<access_session::Entity>().count().await.unwrap(),
            rows.find::<access_invitation::Entity>().count().await.unwrap(),
            rows.find::<access_device::Entity>().count().await.unwrap(),
        )
    };
    let mut maya = desk.signed_in("maya.jones", "192.0.2.3").await;
    maya.post_from("/account", "/account/devices", "label=kept").await;
    desk.small.device(head, "withdrawn", &"0".repeat(64)).await;
    let sql = format!("UPDATE access_device SET revoked_at = {} WHERE label = 'withdrawn'", millis(now()));
    store::testing::tamper(desk.access.store(), &sql).await.unwrap();
    maya.post_from("/", "/sign-out", "").await;
    desk.access.invite_again(school, head, head, now()).await.unwrap();
    let had = count().await;
    desk.clock.pass(Span::new().hours(24 * 30));
    // Opened later: it is not over.
    let mut open = desk.signed_in("tom.reed", "192.0.2.4").await;
    open.get("/").await;
    let cut = |days: i64| now() - jiff::SignedDuration::from_hours(24 * days);
    desk.access.forget(school, cut(60), cut(60), now()).await.unwrap();
    assert_eq!(count().await, (had.0 + 1, had.1, had.2), "nothing is so old");
    desk.access.forget(school, cut(10), cut(60), now()).await.unwrap();
    assert_eq!(count().await, (1, had.1, had.2), "addresses go first");
    desk.access.forget(school, cut(10), cut(10), now()).await.unwrap();
    assert_eq!(count().await, (1, 0, had.2 - 1));
    desk.access.forget(school, cut(10), cut(10), now()).await.unwrap();
    assert_eq!(desk.acts().await.iter().filter(|act| *act == "access.forget").count(), 2, "nothing to do is no act");
}
