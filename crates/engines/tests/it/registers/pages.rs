//! The pages, as somebody uses them without JavaScript.

use jiff::civil::date;
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, draft, text};

async fn an_empty_register_invites(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let index = desk.get(&office, "/registers").await;
    assert!(
        index.text.contains("Equipment on loan") && index.text.contains("Enter each device that is out on loan today.")
    );
    assert!(index.text.contains("3 wait for their first entry."), "{}", index.text);
    let list = desk.get(&office, "/registers/assets/loans").await;
    assert!(list.text.contains("Begin with the first loan") && list.text.contains("Enter a loan"));
    assert!(list.text.contains("Staff sign for what they borrow."), "the clause that waits for it");
    let teacher = desk.get(&desk.sign_in("teacher").await, "/registers/assets/loans").await;
    assert!(teacher.status == 200 && !teacher.text.contains("/new"));
    // Who cannot enter is told who does, and not asked to.
    assert!(teacher.text.contains("Nothing is entered yet") && teacher.text.contains("Ask one of them to begin."));
    assert!(!teacher.text.contains("Begin with the first loan"), "{}", teacher.text);
    for (who, path, status) in [
        ("maya.jones", "/registers/assets/loans", 404),
        ("teacher", "/registers/assets/loans/new", 403),
        ("office", "/registers/assets/nothing", 404),
        ("office", "/registers/assets/loans/no-id", 404),
        ("office", "/registers/assets/loans/00000000-0000-0000-0000-000000000000", 404),
    ] {
        assert_eq!(desk.get(&desk.sign_in(who).await, path).await.status, status, "{who} {path}");
    }
    let pupil = desk.get(&desk.sign_in("maya.jones").await, "/registers").await;
    assert!(pupil.text.contains("None of the school’s registers is yours to read."));
}

async fn thirty_things_in_a_row(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let path = "/registers/assets/hardware/new";
    let first = desk.get(&office, path).await;
    assert!(first.text.contains("id=\"f-tag\"") && first.text.contains("autofocus"));
    let refused = desk
        .post(
            &office,
            path,
            &[("f-place", "Hall"), ("f-bought-on", "31 11 2026"), ("f-price", "12"), ("another", "yes")],
        )
        .await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("<title>Error: "));
    for kept in [
        "value=\"Hall\"",
        "value=\"31 11 2026\"",
        "value=\"12\"",
        "href=\"#f-tag\"",
        "href=\"#f-kind\"",
        "href=\"#f-bought-on\"",
    ] {
        assert!(refused.text.contains(kept), "{kept}");
    }
    let order: Vec<usize> = ["href=\"#f-tag\"", "href=\"#f-kind\"", "href=\"#f-bought-on\""]
        .iter()
        .map(|it| refused.text.find(it).unwrap())
        .collect();
    assert!(order.is_sorted(), "mistakes are said in the order of the form");
    let saved = desk
        .post(
            &office,
            path,
            &[
                ("f-tag", "=cmd|' /C calc'!A0"),
                ("f-kind", "tablet"),
                ("f-place", "Hall"),
                ("f-price", "£12.50"),
                ("another", "yes"),
            ],
        )
        .await;
    assert_eq!(saved.status, 303);
    let next = desk.get(&office, saved.location()).await;
    assert!(next.text.contains("value=\"Hall\"") && next.text.contains("value=\"tablet\" checked"));
    // Enter presses the first button: it saves and opens the next form from the second entry on.
    let saves = next.text.split("gh-buttons").nth(1).unwrap();
    assert!(
        saves.find("another") < saves.find("Save and finish") && next.text.contains(">Save and finish</button>"),
        "{}",
        next.text
    );
    assert!(!first.text.contains("Save and finish"), "one thing is saved by itself");
    assert!(!next.text.contains("cmd") && !next.text.contains("12.50"), "only what usually repeats is kept");
    let list = desk.get(&office, "/registers/assets/hardware?sort=tag").await;
    assert!(
        list.text.contains("=cmd|&#39; /C calc&#39;!A0") && list.text.contains("aria-sort=\"ascending\""),
        "{}",
        list.text
    );
}

async fn somebody_says_what_the_table_shows(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    desk.device("WL-1").await;
    let office = desk.sign_in("office").await;
    let path = "/registers/assets/hardware";
    let heads = |html: &str| {
        let head = html.split("<thead").nth(1).unwrap().split("</thead>").next().unwrap().to_owned();
        ["School tag", "Kind", "Place", "Price"].map(|label| head.contains(label))
    };
    let usual = desk.get(&office, path).await;
    assert!(usual.text.contains("What the table shows") && heads(&usual.text)[1], "{}", usual.text);
    let chosen = desk.get(&office, &format!("{path}?column=place&column=tag&column=nothing")).await;
    assert_eq!(heads(&chosen.text), [true, false, true, false], "{}", chosen.text);
    // What is chosen stays when the list is sorted, narrowed and printed.
    assert!(chosen.text.contains("column=tag&#38;column") || chosen.text.contains("column=place"), "{}", chosen.text);
    assert!(chosen.text.contains("<input type=\"hidden\" name=\"column\" value=\"place\">"));
    let printed = desk.get(&office, &format!("{path}/print?column=tag")).await;
    assert_eq!(heads(&printed.text), [true, false, false, false], "{}", printed.text);
    // A field that somebody does not see is no column for them.
    let device = desk.device("WL-2").await;
    let loan = desk.loan(device, "maya.jones", date(2026, 11, 1), date(2026, 12, 20)).await;
    desk.book("office", "assets.loans").await.writer().unwrap().enter(loan).await.unwrap();
    let teacher = desk.get(&desk.sign_in("teacher").await, "/registers/assets/loans?column=worry&column=device").await;
    assert!(teacher.status == 200 && !teacher.text.contains("Worry"), "{}", teacher.text);
}

async fn a_page_names_no_child_in_its_title(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let loans = desk.book("office", "assets.loans").await;
    let loan = desk.loan(device, "maya.jones", date(2026, 11, 1), date(2026, 11, 20)).await;
    let id = loans.writer().unwrap().enter(loan).await.unwrap();
    let office = desk.sign_in("office").await;
    let here = format!("/registers/assets/loans/{id}");
    // Until when something is due stands on its page long before it is soon.
    let later = desk.loan(desk.device("WL-2").await, "maya.jones", date(2026, 11, 1), date(2027, 3, 26)).await;
    let later = loans.writer().unwrap().enter(later).await.unwrap();
    let page = desk.get(&office, &format!("/registers/assets/loans/{later}")).await.text;
    assert!(page.contains(">Due by<") && page.contains("26 March 2027"), "{page}");
    assert!(!desk.get(&office, &here).await.text.contains(">Due by<"), "its mark says so already");
    desk.post(
        &office,
        &format!("/registers/assets/loans/{later}/move/return"),
        &[("version", "1"), ("f-returned-on", "today")],
    )
    .await;
    for path in [here.clone(), format!("{here}/edit"), format!("{here}/end"), format!("{here}/move/return")] {
        let page = desk.get(&office, &path).await;
        assert_eq!(page.status, 200, "{path}");
        let title = page.text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
        assert!(!title.contains("Maya"), "{title}");
        assert!(page.text.contains("Maya"), "{path}");
    }
    let list = desk.get(&office, "/registers/assets/loans").await;
    assert!(list.text.contains("1 loan is overdue") && list.text.contains("Overdue since 21 November"));
    // A name is looked for by a form that is posted, so that it stands in no address.
    assert!(list.text.contains("action=\"/registers/assets/loans\" method=\"post\""));
    assert!(desk.get(&office, "/registers/assets/loans?find=nothing").await.text.contains("Maya"));
    let found = desk.post(&office, "/registers/assets/loans", &[("find", "tariq")]).await;
    assert!(found.text.contains("Nothing fits this.") && !found.text.contains("Maya"));
}

async fn two_people_at_one_entry(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let id = desk.device("WL-1").await;
    let (office, tech) = (desk.sign_in("office").await, desk.sign_in("tech").await);
    let path = format!("/registers/assets/hardware/{id}/edit");
    let with = |place, version| vec![("f-tag", "WL-1"), ("f-kind", "laptop"), ("f-place", place), ("version", version)];
    assert_eq!(desk.post(&office, &path, &with("Hall", "1")).await.status, 303);
    let told = desk.post(&tech, &path, &with("Library", "1")).await;
    assert_eq!(told.status, 409);
    for said in [
        "Olive Office changed this at 10:15",
        "Hall",
        "value=\"Library\"",
        "name=\"version\" value=\"2\"",
        "Place: which of the two stays?",
    ] {
        assert!(told.text.contains(said), "{said}: {}", told.text);
    }
    assert_eq!(desk.post(&tech, &path, &with("Library", "2")).await.status, 303);
    let page = desk.get(&tech, &format!("/registers/assets/hardware/{id}")).await;
    assert!(
        page.text.contains("Nina Network changed it") && page.text.contains("Place: Library, before Hall"),
        "{}",
        page.text
    );
}

async fn rows_of_clauses_keep_their_clause(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let teacher = desk.sign_in("teacher").await;
    let list = desk.get(&teacher, "/registers/learning/curriculum").await;
    assert!(list.text.contains("Pupils learn to choose a safe password."));
    assert!(list.text.contains("/registers/learning/curriculum/new?clause=skill-tell"));
    let form = desk.get(&teacher, "/registers/learning/curriculum/new?clause=skill-tell").await;
    assert!(
        form.text.contains("Pupils learn to tell somebody.")
            && form.text.contains("name=\"clause\" value=\"skill-tell\"")
    );
    assert!(form.text.contains("value=\"Tariq Teacher\""), "a new form holds who enters");
    let path = "/registers/learning/curriculum/new";
    let fields = [("f-class", "5B"), ("f-taught-on", "today"), ("clause", "skill-tell"), ("another", "yes")];
    let saved = desk.post(&teacher, path, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let next = desk.get(&teacher, saved.location()).await;
    assert!(
        next.text.contains("name=\"clause\" value=\"skill-tell\"") && next.text.contains("value=\"24 November 2026\"")
    );
    let own = desk.get(&teacher, "/registers/learning/curriculum?clause=skill-tell").await;
    assert!(own.text.contains("5B") && own.text.contains("1 lesson"));
    let other = desk.get(&teacher, "/registers/learning/curriculum?clause=skill-password").await;
    assert!(!other.text.contains(">5B<"));
    assert_eq!(desk.get(&teacher, "/registers/learning/curriculum?clause=hw").await.status, 404);
    let none = desk.post(&teacher, path, &[("f-class", "5B"), ("f-taught-on", "today")]).await;
    assert!(none.status == 422 && none.text.contains("Choose the clause that it is for"));
}

async fn a_new_form_leaves_out_what_a_later_step_asks_for(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let device = desk.device("WL-1").await;
    let office = desk.sign_in("office").await;
    let form = desk.get(&office, "/registers/assets/loans/new").await;
    assert!(form.text.contains("id=\"f-device\"") && !form.text.contains("id=\"f-returned-on\""), "{}", form.text);
    let loans = desk.book("office", "assets.loans").await;
    let loan = desk.loan(device, "maya.jones", date(2026, 11, 1), date(2026, 11, 20)).await;
    let id = loans.writer().unwrap().enter(loan).await.unwrap();
    let here = format!("/registers/assets/loans/{id}");
    assert!(!desk.get(&office, &format!("{here}/edit")).await.text.contains("id=\"f-returned-on\""));
    let step = format!("{here}/move/return");
    assert!(desk.get(&office, &step).await.text.contains("id=\"f-returned-on\""));
    let returned = desk.post(&office, &step, &[("version", "1"), ("f-returned-on", "20 11 2026")]).await;
    assert_eq!(returned.status, 303, "{}", returned.text);
    // What stands in it can be put right.
    let edit = desk.get(&office, &format!("{here}/edit")).await;
    assert!(edit.text.contains("id=\"f-returned-on\"") && edit.text.contains("20 November 2026"), "{}", edit.text);
}

async fn several_at_once_from_the_list(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let (one, two) = (desk.device("WL-1").await.to_string(), desk.device("WL-2").await.to_string());
    let office = desk.sign_in("office").await;
    let list = desk.get(&office, "/registers/assets/hardware?choose=yes").await;
    assert!(list.text.contains(&format!("value=\"{one}\"")) && list.text.contains("value=\"set-place\""));
    let path = "/registers/assets/hardware/bulk";
    let ask = desk.post(&office, path, &[("id", &one), ("id", &two), ("do", "set-place")]).await;
    assert!(ask.status == 200 && ask.text.contains("2 devices chosen."), "{}", ask.text);
    let done = desk
        .post(&office, path, &[("id", &one), ("id", &two), ("do", "set-place"), ("f-place", "Hall"), ("sure", "yes")])
        .await;
    assert_eq!(done.status, 303);
    let list = desk.get(&office, "/registers/assets/hardware").await;
    assert_eq!(list.text.matches("data-label=\"Place\">Hall").count(), 2);
    assert_eq!(desk.post(&office, path, &[("do", "set-place")]).await.status, 400);
    assert_eq!(desk.post(&office, path, &[("id", &one), ("do", "set-tag")]).await.status, 404);
    let teacher = desk.sign_in("teacher").await;
    assert_eq!(desk.post(&teacher, path, &[("id", &one), ("do", "move-dispose")]).await.status, 403);
    // A step that asks nothing is taken from the page of the entry at once.
    let page = desk.get(&office, &format!("/registers/assets/hardware/{one}")).await;
    assert!(page.text.contains(&format!("action=\"/registers/assets/hardware/{one}/move/dispose\"")));
    let moved =
        desk.post(&office, &format!("/registers/assets/hardware/{one}/move/dispose"), &[("version", "2")]).await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    let struck = desk
        .post(&office, &format!("/registers/assets/hardware/{two}/end"), &[("version", "2"), ("why", "Twice")])
        .await;
    assert_eq!(struck.status, 303);
    let page = desk.get(&office, &format!("/registers/assets/hardware/{two}")).await;
    assert!(page.text.contains("Olive Office struck this out on Tuesday 24 November 2026: Twice"), "{}", page.text);
    let book = desk.book("office", "assets.hardware").await;
    let bad = draft(&[("tag", text("x"))]);
    assert!(book.writer().unwrap().change(two.parse().unwrap(), 3, bad).await.is_err());
}

store_test!(
    an_empty_register_invites,
    thirty_things_in_a_row,
    somebody_says_what_the_table_shows,
    a_page_names_no_child_in_its_title,
    two_people_at_one_entry,
    rows_of_clauses_keep_their_clause,
    a_new_form_leaves_out_what_a_later_step_asks_for,
    several_at_once_from_the_list,
);
