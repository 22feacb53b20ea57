//! The pages as people get them.

use kernel::Role;
use testkit::{TestStore, store_test};

use super::desk::{House, provides};

store_test!(pages_are_printed_as_before);

/// What stands in `main`, without what is made of chance.
fn main_of(page: &str) -> String {
    let main = page.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap();
    let mut out = String::new();
    let mut rest = main.split_once('>').unwrap().1;
    while let Some((before, after)) = rest.split_once("name=\"csrf\" value=\"") {
        out.push_str(before);
        out.push_str("name=\"csrf\" value=\"TOKEN");
        rest = &after[after.find('"').unwrap()..];
    }
    out.push_str(rest);
    let lines = out.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.map(ids_out).collect::<Vec<_>>().join("\n")
}

/// Ids are made of time and chance.
fn ids_out(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("01") {
        let id = rest.get(at..at + 36).filter(|text| uuid::Uuid::parse_str(text).is_ok());
        let end = at + if id.is_some() { 36 } else { 2 };
        out.push_str(&rest[..at]);
        out.push_str(if id.is_some() { "ID" } else { "01" });
        rest = &rest[end..];
    }
    out + rest
}

async fn pages_are_printed_as_before(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (tech, teacher) = (house.somebody(Role::NetworkManager).await, house.teacher().await);
    let sent = "does=open&site=clips.example&who=year-5&reason=Geography&until=18/12/2026";
    house.post(&tech, "/filter/changes/new", sent).await.is(303);
    insta::assert_snapshot!("changes", main_of(&house.get(&tech, "/filter/changes").await.is(200).text));
    insta::assert_snapshot!(
        "open_purpose",
        main_of(&house.get(&teacher, "/filter/open?site=clips.example").await.text)
    );
    house.post(&teacher, "/filter/failures/report", "sort=closed&site=maps.example&words=We+need+it").await.is(303);
    insta::assert_snapshot!("failures", main_of(&house.get(&tech, "/filter/failures").await.is(200).text));
}
