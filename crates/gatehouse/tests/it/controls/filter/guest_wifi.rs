//! Control `filter.guest-wifi`, through the gateway: whoever is on the network of guests is filtered as guests are.

use activity::Outcome;
use kernel::{HowKnown, Place};

use super::safe_search::rows;
use crate::{browser::Surfer, school::*};

const NETWORKS: &str = "[networks]\nguest = { stands-for = \"guests\", addresses = [\"127.200.0.0/16\"] }\n";

/// A device on the network of guests is filtered as the policy says for guests, with nobody's name; and nobody else is.
#[tokio::test(flavor = "multi_thread")]
async fn guest_wifi() {
    let guests = "Guests are filtered too. `guests: filter.guest-wifi { who = \"guests\", where = \"network:guest\" }`";
    let social = "Social networks are closed to guests. \
                  `social: filter.social { who = \"guests\", block = \"social-networks\" }`";
    let everyone = "Gambling is closed. `gambling: filter.categories { who = \"everyone\", block = \"gambling\" }`";
    let school = School::with(&Draft::of(&[guests, social, everyone]).front(NETWORKS)).await;
    // Nobody has come: that is no proof that the network leads here.
    school.standing("guests").await.are("unknown", "Nothing has come through the gateway from the network guest");
    let guest = Surfer::at(school.gateway(), "127.200.0.2".parse().unwrap());
    let teacher = school.device_of(TEACHER).await;
    let page = guest.open("http://social.test/").await.is(403);
    assert!(page.says("Social networks are closed to guests"), "{}", page.body);
    assert_eq!((guest.status("http://casino.test/").await, guest.status("http://maths.test/").await), (403, 200));
    // What guests encrypt is not opened, and judged by its name all the same.
    assert!(guest.tunnel("social.test:443").await.starts_with("HTTP/1.1 403"));
    assert_eq!((teacher.status("http://social.test/").await, teacher.status("http://casino.test/").await), (200, 403));
    let (of_guests, others): (Vec<_>, Vec<_>) = rows(&school, "social.test")
        .await
        .into_iter()
        .partition(|row| row.who.place == Some(Place::Network("guest".to_owned())));
    assert_eq!((of_guests.len(), others.len()), (2, 1));
    for row in of_guests {
        assert_eq!((row.outcome, row.who.how, row.who.person), (Outcome::Blocked, HowKnown::Network, None));
        assert_eq!((row.clause.as_ref().map(|it| it.label.as_str()), row.inspected), (Some("social"), false));
    }
    assert_eq!((others[0].outcome, others[0].who.how), (Outcome::Allowed, HowKnown::Token));
    school.standing("guests").await.are("kept", "4 requests of guests were filtered in 28 days");
    // A network that the policy does not know is not known to be filtered.
    school
        .enact(&Draft::of(&["Guests too. `guests: filter.guest-wifi { who = \"guests\" }`", everyone]))
        .await
        .unwrap();
    school.standing("guests").await.are("not-kept", "The policy names no network for guests");
}
