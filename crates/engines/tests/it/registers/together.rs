//! Two people at one entry: what only one changed is kept, what both changed is asked, and nothing is lost.

use testkit::{TestStore, store_test};

use testkit::Page;

use super::desk::TestDesk;

/// What a form would send as it stands: its hidden fields, its texts, what is chosen.
fn sends(page: &str) -> Vec<(String, String)> {
    let form = page.split("<form method=\"post\" novalidate").nth(1).unwrap().split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    let mut all = Vec::new();
    for tag in form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let box_or_radio = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
        if box_or_radio && !tag.contains(" checked") {
            continue;
        }
        all.extend(attribute(tag, "name").map(|name| (name, attribute(tag, "value").unwrap_or_default())));
    }
    for area in form.split("<textarea").skip(1) {
        let (tag, rest) = area.split_once('>').unwrap();
        let text = rest.split("</textarea>").next().unwrap();
        all.extend(attribute(tag, "name").map(|name| (name, text.to_owned())));
    }
    all
}

/// The same with other texts in some fields; an empty text clears one.
fn with(mut all: Vec<(String, String)>, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    for (name, text) in changes {
        all.retain(|(known, _)| known != name);
        all.push(((*name).to_owned(), (*text).to_owned()));
    }
    all
}

async fn post(desk: &TestDesk<'_>, who: &str, path: &str, all: &[(String, String)]) -> Page {
    let session = desk.sign_in(who).await;
    let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    desk.post(&session, path, &all).await
}

async fn what_only_one_changed_is_kept(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let id = desk.device("WL-1").await;
    let here = format!("/registers/assets/hardware/{id}");
    let path = format!("{here}/edit");
    let tech = sends(&desk.get(&desk.sign_in("tech").await, &path).await.text);
    let office = sends(&desk.get(&desk.sign_in("office").await, &path).await.text);
    let moved = with(office, &[("f-place", "Hall"), ("f-price", "120")]);
    assert_eq!(post(&desk, "office", &path, &moved).await.status, 303);
    let saved = post(&desk, "tech", &path, &with(tech, &[("f-notes", "Cracked\r\nlid"), ("f-kind", "tablet")])).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let session = desk.sign_in("office").await;
    let page = desk.get(&session, &here).await.text;
    for kept in ["Hall", "Cracked<br>lid", "Tablet", "£120.00"] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(!page.contains("Place: nothing, before Hall"), "the second did not touch it: {page}");
}

async fn what_both_changed_is_asked(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let id = desk.device("WL-1").await;
    let here = format!("/registers/assets/hardware/{id}");
    let path = format!("{here}/edit");
    let form = sends(&desk.get(&desk.sign_in("tech").await, &path).await.text);
    let office = sends(&desk.get(&desk.sign_in("office").await, &path).await.text);
    let office = with(office, &[("f-place", "Hall"), ("f-bought-on", "1 9 2024")]);
    assert_eq!(post(&desk, "office", &path, &office).await.status, 303);
    let mine = with(form, &[("f-place", "Library"), ("f-notes", "Cracked lid")]);
    let told = post(&desk, "tech", &path, &mine).await;
    assert_eq!(told.status, 409);
    let flat: String = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Olive Office changed this at 10:15",
        "What only the other one changed is kept: Bought on.",
        "data-label=\"Kept now\">Hall<",
        "data-label=\"You typed\">Library<",
        "Place: which of the two stays?",
        "value=\"Library\"",
        "value=\"1 September 2024\"",
        "Cracked lid</textarea>",
    ] {
        assert!(flat.contains(said), "{said}: {flat}");
    }
    assert!(!flat.contains("Notes: which of the two") && !flat.contains("Kind: which of the two"), "{flat}");
    // Nothing is saved before somebody has said which.
    let again = post(&desk, "tech", &path, &sends(&told.text)).await;
    assert!(again.status == 409 && again.text.contains("Place: choose which of the two stays"), "{}", again.text);
    assert!(again.text.contains("value=\"Library\""), "and nothing that was typed is lost");
    // Theirs: what was typed elsewhere is saved all the same.
    let theirs = with(sends(&again.text), &[("both-f-place", "theirs")]);
    assert_eq!(post(&desk, "tech", &path, &theirs).await.status, 303);
    let session = desk.sign_in("office").await;
    let page = desk.get(&session, &here).await.text;
    assert!(page.contains("Cracked lid") && page.contains("1 September 2024"), "{page}");
    assert!(page.contains("Hall") && !page.contains("Library"), "{page}");
    // Mine: another form of the first version.
    let told = post(&desk, "tech", &path, &mine).await;
    assert_eq!(told.status, 409);
    let own = with(sends(&told.text), &[("both-f-place", "mine"), ("f-place", "Library, shelf 2")]);
    assert_eq!(post(&desk, "tech", &path, &own).await.status, 303);
    let page = desk.get(&session, &here).await.text;
    assert!(page.contains("Place: Library, shelf 2, before Hall"), "{page}");
}

async fn a_third_who_was_quicker_is_asked_about_once_more(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let id = desk.device("WL-1").await;
    let path = format!("/registers/assets/hardware/{id}/edit");
    let form = sends(&desk.get(&desk.sign_in("tech").await, &path).await.text);
    for (place, status) in [("Hall", 303), ("Loft", 409)] {
        assert_eq!(post(&desk, "office", &path, &with(form.clone(), &[("f-place", place)])).await.status, status);
    }
    let told = post(&desk, "tech", &path, &with(form, &[("f-place", "Library")])).await;
    let picked = with(sends(&told.text), &[("both-f-place", "mine")]);
    let session = desk.sign_in("office").await;
    let now = sends(&desk.get(&session, &path).await.text);
    assert_eq!(post(&desk, "office", &path, &with(now, &[("f-place", "Loft")])).await.status, 303);
    let told = post(&desk, "tech", &path, &picked).await;
    assert!(told.status == 409 && told.text.contains("data-label=\"Kept now\">Loft<"), "{}", told.text);
    // What is the same for both is no question.
    let same = with(sends(&told.text), &[("f-place", "Loft"), ("both-f-place", "mine")]);
    assert_eq!(post(&desk, "tech", &path, &same).await.status, 303);
}

store_test!(
    what_only_one_changed_is_kept,
    what_both_changed_is_asked,
    a_third_who_was_quicker_is_asked_about_once_more
);
