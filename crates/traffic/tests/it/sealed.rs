//! What a sealed list holds is kept nowhere in clear, whatever form it was typed into; and who typed it has asked about it.

use kernel::Role;
use store::entity::{
    OfSchool, filter_approved, filter_change, filter_change_site, filter_check, filter_failure, filter_permit,
    filter_request, filter_unblock,
};
use testkit::{TestStore, store_test};
use traffic::matches::service::asked_lately;

use super::desk::{House, SEALED, provides, pupil};

store_test!(
    a_sealed_name_is_never_kept_by_asking,
    a_report_is_kept_without_the_name,
    no_form_of_staff_keeps_a_sealed_name,
    a_file_of_sites_is_taken_in_without_the_name,
);

/// How often somebody asked about something that a sealed list holds.
async fn asked(house: &House) -> usize {
    asked_lately(house.school(), house.now()).await.unwrap().len()
}

/// The rows of a table, as text.
async fn rows<E: OfSchool>(house: &House, all: &mut Vec<String>)
where
    E::Model: std::fmt::Debug,
{
    let found = house.school().read().find::<E>().all().await.unwrap();
    all.extend(found.into_iter().map(|row| format!("{row:?}")));
}

/// Looks into every table that a form of this area writes, and into what the ledger holds.
async fn never_named(house: &House) {
    let mut all = Vec::new();
    rows::<filter_request::Entity>(house, &mut all).await;
    rows::<filter_failure::Entity>(house, &mut all).await;
    rows::<filter_change::Entity>(house, &mut all).await;
    rows::<filter_change_site::Entity>(house, &mut all).await;
    rows::<filter_unblock::Entity>(house, &mut all).await;
    rows::<filter_permit::Entity>(house, &mut all).await;
    rows::<filter_approved::Entity>(house, &mut all).await;
    rows::<filter_check::Entity>(house, &mut all).await;
    let (which, ledger) = (store::ledger::Which { limit: Some(1_000), ..Default::default() }, house.school().ledger());
    for entry in ledger.entries(&which).await.unwrap() {
        all.push(format!("{:?}", ledger.details(&entry).await.unwrap()));
    }
    for text in all {
        assert!(!text.to_lowercase().contains("sealed.example"), "{text}");
    }
}

async fn a_sealed_name_is_never_kept_by_asking(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (child, lead) = (
        house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B")),
        house.somebody(Role::OnlineSafetyLead).await,
    );
    let usual = house.post(&child, "/filter/ask", "site=maps.example&reason=For+the+map").await.is(303);
    for (site, times) in [(SEALED, 1), ("https%3A%2F%2FWWW.Sealed.Example%2Fa%3Fb", 2)] {
        let answer = house.post(&child, "/filter/ask", &format!("site={site}&reason=Please")).await.is(303);
        assert_eq!(answer.location(), usual.location(), "thanked as anybody else");
        assert_eq!(asked(&house).await, times);
    }
    let reason = "site=maps.example&reason=Like+(https%3A%2F%2Fsealed.example%2Fx),+please";
    house.post(&child, "/filter/ask", reason).await.is(303);
    assert_eq!(asked(&house).await, 3);
    let page = house.get(&lead, "/filter/requests").await.is(200).says("2 requests wait");
    let page = page.says("Like (a site that is never named), please");
    assert!(!page.text.contains(SEALED));
    assert!(!house.get(&child, "/filter/ask").await.text.contains(SEALED));
    never_named(&house).await;
}

async fn a_report_is_kept_without_the_name(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (child, tech) = (
        house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B")),
        house.somebody(Role::NetworkManager).await,
    );
    let sent = "sort=open&site=sealed.example&words=A+picture+on+sealed.example.";
    house.post(&child, "/filter/failures/report", sent).await.is(303);
    let page = house.get(&tech, "/filter/failures").await.is(200).says("1 report waits");
    let page = page.says("a site that is never named").says("A picture on a site that is never named.");
    assert!(!page.text.contains("/filter/changes/new?"), "nothing is to be changed about it");
    assert_eq!(asked(&house).await, 1);
    never_named(&house).await;
}

async fn no_form_of_staff_keeps_a_sealed_name(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (tech, lead) = (house.somebody(Role::NetworkManager).await, house.somebody(Role::OnlineSafetyLead).await);
    let teacher = house.teacher().await;
    for (nth, (who, path, sent, status)) in [
        (&tech, "/filter/changes/new", "does=open&site=sealed.example&who=pupils&reason=Lesson", 422),
        (&tech, "/filter/changes/new", "does=block&site=www.sealed.example%2Fa&who=pupils&reason=Harm", 422),
        (&tech, "/filter/changes/new", "does=block&site=bad.example&who=pupils&reason=As+sealed.example", 303),
        (&lead, "/filter/permits", "person=&who=pupils&sites=maps.example%0Asealed.example&reason=Lesson", 422),
        (&teacher, "/filter/approved", "address=https%3A%2F%2Fsealed.example&title=A&subject=B&who=pupils", 422),
        (&teacher, "/filter/open", "class=5B&site=sealed.example&reason=Lesson", 403),
        (&tech, "/filter/checks/new", "what=sealed.example&device=Tablet&who=Year+5&should=closed&result=passed", 303),
    ]
    .into_iter()
    .enumerate()
    {
        let page = house.post(who, path, sent).await;
        assert_eq!(page.status.as_u16(), status, "{path} {sent}: {}", page.words());
        assert!(!page.text.contains(SEALED), "{path} {sent}");
        assert_eq!(asked(&house).await, nth + 1, "{path} {sent}");
    }
    never_named(&house).await;
}

async fn a_file_of_sites_is_taken_in_without_the_name(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let tech = house.somebody(Role::NetworkManager).await;
    let fields = [("means", "block"), ("who", "pupils")];
    let file = "url,note\nhttps://sealed.example/a,x\nprank.example,like sealed.example\n";
    let page = house.upload(&tech, "/filter/changes/import", &fields, file).await.is(200);
    let page = page.says("1 line cannot be taken").says("A site that is never named").says("1 site closed");
    assert!(!page.text.contains(SEALED));
    assert_eq!(asked(&house).await, 1);
    never_named(&house).await;
}
