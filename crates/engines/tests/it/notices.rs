//! Notices: read by those whom they concern, counted for those who may see it, sent and published.

use axum::http::StatusCode;
use engines::notices::{
    block_page_lines, facts, first_page,
    service::{ISSUE, READ},
    session_banners,
};
use kernel::Capacity;
use store::{entity::notice_view, ledger::Which};
use testkit::{TestStore, store_test};

use super::desk::{TestDesk, file};

store_test!(
    a_child_reads_step_by_step_and_it_is_kept,
    a_child_reads_three_things_a_day,
    adults_read_all_of_it_on_one_page,
    a_changed_text_is_read_again,
    the_agreement_comes_first,
    nobody_is_asked_to_read_what_does_not_bind_them,
    how_far_it_has_reached_is_counted_for_a_reader,
    a_letter_is_printed_and_noted,
    a_public_page_needs_no_session,
    a_poster_comes_as_pdf,
    a_banner_is_shown_and_a_block_page_has_its_line,
    a_home_reads_in_its_own_language,
    who_may_use_which_route,
);

const MONITORING: &str = "- Everyone knows that use is monitored. `mon: monitor.notice`\n";

/// What a form on a page says was read.
fn texts(page: &str) -> Vec<String> {
    let mut found: Vec<String> = page
        .split("name=\"text\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|text| text.replace("&#35;", "#"))
        .collect();
    found.dedup();
    found
}

async fn read_all(desk: &TestDesk, cookie: &str) -> String {
    let page = desk.get(cookie, "/notices/waiting").await;
    let texts = texts(&page.text);
    let fields: Vec<(&str, &str)> = texts.iter().map(|text| ("text", text.as_str())).collect();
    desk.post(cookie, "/notices/waiting", &fields).await.location().to_owned()
}

async fn a_child_reads_step_by_step_and_it_is_kept(kit: &TestStore) {
    let clauses = format!(
        "{MONITORING}- Pupils are told whom they can tell. `tell: incident.report {{ inform = \"pupils\" }}`\n"
    );
    let desk = TestDesk::open(kit, &clauses).await;
    let maya = desk.sign_in("maya.jones", kit).await;
    let session = desk.session("maya.jones", kit).await;
    let first = first_page(&desk.engines, &session, kit.now()).await.unwrap();
    assert_eq!(first.as_deref(), Some("/notices/waiting"));
    let page = desk.get(&maya, "/notices/waiting").await.text;
    assert!(page.contains("We look after you") && page.contains("2 things to read"), "{page}");
    assert!(page.contains("#pic-eye") && page.contains("#pic-speak"), "pictures stand beside the words: {page}");
    assert!(!page.contains("Use of the network is monitored."), "the words of adults are not for her");
    assert_eq!(read_all(&desk, &maya).await, "/notices/waiting", "the second step follows");
    let page = desk.get(&maya, "/notices/waiting").await.text;
    assert!(page.contains("Pupils are told whom they can tell.") && page.contains("One thing to read"), "{page}");
    assert_eq!(read_all(&desk, &maya).await, "/");
    assert_eq!(first_page(&desk.engines, &session, kit.now()).await.unwrap(), None);
    let school = &desk.school.school;
    let which = Which { act: Some(READ.to_owned()), ..Which::default() };
    let acts = school.ledger().entries(&which).await.unwrap();
    let clauses: Vec<_> = acts.iter().filter_map(|act| act.clause.as_deref()).collect();
    assert_eq!(clauses.len(), 2);
    assert!(clauses.contains(&"mon") && clauses.contains(&"tell"));
    let maya_id = desk.school.who("maya.jones").await;
    assert!(acts.iter().all(|act| act.actor == Some(maya_id) && act.subject == Some(maya_id.0)));
    // A second press says nothing new.
    let rows = school.read().find::<notice_view::Entity>().all().await.unwrap();
    assert_eq!(rows.len(), 2);
    let again: Vec<String> = rows.iter().map(|row| format!("{} {}", row.notice, row.digest)).collect();
    let fields: Vec<(&str, &str)> = again.iter().map(|text| ("text", text.as_str())).collect();
    desk.post(&maya, "/notices/waiting", &fields).await;
    assert_eq!(school.ledger().entries(&which).await.unwrap().len(), 2);
    let mine = desk.get(&maya, "/notices").await.text;
    assert!(mine.contains("Read on 24 November 2026"), "{mine}");
}

async fn a_child_reads_three_things_a_day(kit: &TestStore) {
    let controls =
        ["incident.report", "incident.bullying", "learning.curriculum", "devices.use-rules", "agreements.show"];
    let clauses: String = controls
        .iter()
        .enumerate()
        .map(|(nth, control)| format!("- Pupils know {nth}. `c-{nth}: {control} {{ inform = \"pupils\" }}`\n"))
        .collect();
    let desk = TestDesk::open(kit, &clauses).await;
    let maya = desk.sign_in("maya.jones", kit).await;
    let session = desk.session("maya.jones", kit).await;
    assert!(desk.get(&maya, "/notices/waiting").await.text.contains("3 things to read"));
    let mut leads = Vec::new();
    for _ in 0..3 {
        kit.clock.pass(jiff::Span::new().minutes(1));
        leads.push(read_all(&desk, &maya).await);
    }
    assert_eq!(leads, ["/notices/waiting", "/notices/waiting", "/"]);
    assert_eq!(first_page(&desk.engines, &session, kit.now()).await.unwrap(), None, "enough for today");
    assert!(desk.get(&maya, "/notices").await.text.contains("Read 2 notices"), "who likes may read on");
    kit.clock.set("2026-11-25 09:00");
    assert!(first_page(&desk.engines, &session, kit.now()).await.unwrap().is_some());
    assert!(desk.get(&maya, "/notices/waiting").await.text.contains("2 things to read"));
}

async fn adults_read_all_of_it_on_one_page(kit: &TestStore) {
    let clauses: String = (1..=15)
        .map(|nth| {
            format!(
                "- Staff know the rule number {nth}. `c-{nth}: learning.lesson-practice {{ inform = \"staff\" }}`\n"
            )
        })
        .collect();
    let desk = TestDesk::open(kit, &format!("{MONITORING}{clauses}")).await;
    let teacher = desk.sign_in("teacher", kit).await;
    let page = desk.get(&teacher, "/notices/waiting").await.text;
    assert!(page.contains("2 things to read"), "fifteen clauses of one control are one text: {page}");
    assert!(page.contains("rule number 1.") && page.contains("rule number 15."), "{page}");
    assert_eq!(page.matches("I have read these").count(), 1);
    assert_eq!(texts(&page).len(), 16);
    assert!(page.contains("Everyone knows that use is monitored."), "the clause stands in the text that names it");
    // Declared words that only differ by their clause stand once, with all their clauses.
    let twice = format!(
        "{MONITORING}- Staff hear of it on their first day. `mon-2: monitor.notice {{ inform = \"staff\" }}`\n"
    );
    desk.enact(&twice, Vec::new());
    let page = desk.get(&teacher, "/notices/waiting").await.text;
    assert!(page.contains("One thing to read") && page.contains("Clauses 1.1 and 1.2"), "{page}");
    assert_eq!(page.matches("Use of the network is monitored.").count(), 1);
    assert!(page.contains("use is monitored.</li>") && page.contains("first day.</li>"), "{page}");
    assert_eq!(texts(&page).len(), 2);
    assert_eq!(read_all(&desk, &teacher).await, "/");
    let gone = desk.get(&teacher, "/notices/waiting").await;
    assert_eq!(gone.location(), "/");
}

async fn a_changed_text_is_read_again(kit: &TestStore) {
    let desk = TestDesk::open(kit, MONITORING).await;
    let teacher = desk.sign_in("teacher", kit).await;
    let session = desk.session("teacher", kit).await;
    let waits = async || first_page(&desk.engines, &session, kit.now()).await.unwrap().is_some();
    let own = |text: &str| {
        vec![file(
            "notices/monitoring.md",
            &format!("+++\ntitle = \"How we look after you\"\nfor = \"mon\"\n+++\n\n{text}\n"),
        )]
    };
    desk.enact(MONITORING, own("We keep a record of sites."));
    let before = texts(&desk.get(&teacher, "/notices/waiting").await.text);
    read_all(&desk, &teacher).await;
    assert!(!waits().await);
    desk.enact(&format!("- Another clause. `other: policy.document`\n{MONITORING}"), own("We keep a record of sites."));
    assert!(!waits().await, "the policy is new, the words are the same");
    desk.enact(MONITORING, own("We keep a record of sites and of searches."));
    assert!(waits().await, "the words are new");
    // A page that was open meanwhile does not count for the new words.
    desk.post(&teacher, "/notices/waiting", &[("text", before[0].as_str())]).await;
    assert!(waits().await);
    let one = desk.post(&teacher, "/notices/mon~1/read", &[("text", before[0].as_str())]).await;
    assert_eq!(one.status, StatusCode::CONFLICT);
    let page = desk.get(&teacher, "/notices/mon~1").await.text;
    assert!(page.contains("How we look after you") && page.contains("and of searches"), "{page}");
    let now = texts(&page);
    let read = desk.post(&teacher, "/notices/mon~1/read", &[("text", now[0].as_str())]).await;
    assert_eq!(read.location(), "/notices");
    assert!(!waits().await);
    desk.enact(MONITORING, own("We keep a record of sites."));
    assert!(!waits().await, "the words that were read are in force again");
}

async fn the_agreement_comes_first(kit: &TestStore) {
    let desk = TestDesk::open(kit, MONITORING).await;
    desk.has_not_signed("maya.jones").await;
    let session = desk.session("maya.jones", kit).await;
    assert_eq!(first_page(&desk.engines, &session, kit.now()).await.unwrap(), None);
    let maya = desk.sign_in("maya.jones", kit).await;
    let page = desk.get(&maya, "/notices/waiting").await;
    assert_eq!(page.location(), "/agreements/pupils");
}

async fn nobody_is_asked_to_read_what_does_not_bind_them(kit: &TestStore) {
    let clauses = "- Staff lock their screens. `lock: incident.report { inform = \"staff\" }`\n\
        - New staff are told on the first day. `new: learning.induction { inform = \"staff\" }`\n\
        - Teachers but not the head are told. `some: monitor.notice { inform = \"staff\", except = \"role:headteacher\" }`\n";
    let desk = TestDesk::open(kit, clauses).await;
    for username in ["maya.jones", "ava.hill", "parent", "governor"] {
        let session = desk.session(username, kit).await;
        assert_eq!(first_page(&desk.engines, &session, kit.now()).await.unwrap(), None, "{username}");
        let cookie = desk.sign_in(username, kit).await;
        if username != "governor" {
            assert_eq!(desk.get(&cookie, "/notices/lock~1").await.status, StatusCode::NOT_FOUND, "{username}");
        }
        let forged = desk.post(&cookie, "/notices/lock~1/read", &[("text", "lock#1 0")]).await;
        assert_eq!(forged.status, StatusCode::NOT_FOUND, "{username}");
        desk.post(&cookie, "/notices/waiting", &[("text", "lock#1 0")]).await;
        let list = desk.get(&cookie, "/notices").await;
        assert_eq!(list.status, StatusCode::OK);
        assert!(username == "governor" || !list.text.contains("lock their screens"), "{username}");
    }
    assert!(desk.school.school.read().find::<notice_view::Entity>().all().await.unwrap().is_empty());
    let head = desk.sign_in("head", kit).await;
    let page = desk.get(&head, "/notices/waiting").await.text;
    assert!(page.contains("lock their screens") && !page.contains("not the head"), "{page}");
    assert!(page.contains("first day"), "what is usual where nothing is declared: at sign-in");
}

async fn how_far_it_has_reached_is_counted_for_a_reader(kit: &TestStore) {
    let desk = TestDesk::open(kit, MONITORING).await;
    let tom = desk.sign_in("tom.reed", kit).await;
    read_all(&desk, &tom).await;
    let all = facts(&desk.engines, &desk.school.school, kit.now()).await.unwrap().unwrap();
    let mon = &all["mon#1"];
    assert_eq!((mon.read.len(), mon.shown.len(), mon.bound.len()), (1, 1, 9));
    let page = async |username: &str| {
        let cookie = desk.sign_in(username, kit).await;
        let list = desk.get(&cookie, "/notices").await.text;
        (list, desk.get(&cookie, "/notices/mon~1").await.text)
    };
    let (list, one) = page("head").await;
    assert!(list.contains("1 of 9 have read it"), "{list}");
    assert!(one.contains("Maya Jones") && !one.contains("Tom Reed") && one.contains("1 of 2"), "{one}");
    let (list, one) = page("teacher").await;
    assert!(list.contains("1 of 2 have read it"), "her own class alone: {list}");
    assert!(one.contains("Maya Jones") && !one.contains("Ava Hill"), "{one}");
    let (list, one) = page("governor").await;
    assert!(list.contains("1 of 9 have read it") && one.contains("1 of 9"), "{one}");
    assert!(!one.contains("Maya Jones") && !one.contains("Ava Hill"), "a governor sees no names: {one}");
    let (list, one) = page("maya.jones").await;
    assert!(!list.contains("of 9") && !one.contains("of 9") && !one.contains("Tom Reed"), "{one}");
    // Who has left, and who comes to be bound, is counted as of today.
    assert!(all["mon#1"].reached().contains(&desk.school.who("tom.reed").await));
}

async fn a_letter_is_printed_and_noted(kit: &TestStore) {
    let clauses = "- Homes are told what is kept of them. `priv: data.privacy-notice`\n";
    let desk = TestDesk::open(kit, clauses).await;
    let office = desk.sign_in("office", kit).await;
    let page = desk.get(&office, "/notices/priv~1").await.text;
    assert!(page.contains("Note that it was sent or hung up"), "{page}");
    let letter = desk.get(&office, "/notices/priv~1/print?as=letter&text=0").await.text;
    assert!(letter.contains("Dear parents and carers") && letter.contains("Homes are told what is kept"), "{letter}");
    let poster = desk.get(&office, "/notices/priv~1/print?as=poster&text=0").await.text;
    assert!(poster.contains("gh-promises") && !poster.contains("Dear parents"), "{poster}");
    assert_eq!(desk.get(&office, "/notices/priv~1/print?text=9").await.status, StatusCode::NOT_FOUND);
    let address = "/notices/priv~1/issue";
    let refused = desk.post(&office, address, &[("how", "pigeon"), ("copies", "many")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["Choose what was done with it", "Say where it is, or to whom it went", "Enter how many there are"] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    for username in ["teacher", "governor", "maya.jones", "parent"] {
        let cookie = desk.sign_in(username, kit).await;
        let fields = [("how", "letter"), ("place", "All homes"), ("copies", "2")];
        let sent = desk.post(&cookie, address, &fields).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{username}");
    }
    let fields = [("how", "letter"), ("text", "0"), ("place", "All homes of Year 5"), ("copies", "62")];
    let kept = desk.post(&office, address, &fields).await;
    assert_eq!(kept.location(), "/notices/priv~1", "{}", kept.text);
    let all = facts(&desk.engines, &desk.school.school, kit.now()).await.unwrap().unwrap();
    let issue = &all["priv#1"].issues[0];
    assert_eq!((issue.place.as_str(), issue.copies, issue.present), ("All homes of Year 5", 62, true));
    assert!(all["priv#1"].bound.is_empty(), "a letter is not counted by readers");
    let which = Which { act: Some(ISSUE.to_owned()), ..Which::default() };
    let acts = desk.school.school.ledger().entries(&which).await.unwrap();
    assert_eq!((acts.len(), acts[0].clause.as_deref()), (1, Some("priv")));
    desk.enact("- Homes are told much more now. `priv: data.privacy-notice`\n", Vec::new());
    let page = desk.get(&office, "/notices/priv~1").await.text;
    assert!(page.contains("All homes of Year 5") && page.contains("(the words have changed since)"), "{page}");
}

async fn a_public_page_needs_no_session(kit: &TestStore) {
    let clauses = "- Homes are told what is kept of them. `priv: data.privacy-notice`\n- Use is monitored. `mon: monitor.notice`\n";
    let desk = TestDesk::open(kit, clauses).await;
    desk.enact(clauses, vec![
        file("notices/privacy.md", "+++\ntitle = \"Your data\"\nfor = \"data.privacy-notice\"\naudience = \"parents\"\n+++\n\nWe keep your address.\n"),
        file("notices/privacy.pl.md", "+++\ntitle = \"Twoje dane\"\nfor = \"data.privacy-notice\"\naudience = \"parents\"\n+++\n\nPrzechowujemy adres.\n"),
    ]);
    let page = desk.get("", "/notices/public/priv~1").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("We keep your address.") && page.text.contains("?language=pl"), "{}", page.text);
    let polish = desk.get("", "/notices/public/priv~1?language=pl").await.text;
    assert!(polish.contains("Przechowujemy adres.") && polish.contains("lang=\"pl\""), "{polish}");
    for address in ["/notices/public/mon~1", "/notices/public/none~1", "/notices/public/priv~1?language=ur"] {
        assert_eq!(desk.get("", address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    for address in ["/notices", "/notices/waiting", "/notices/mon~1", "/notices/priv~1/print"] {
        assert_eq!(desk.get("", address).await.status, StatusCode::SEE_OTHER, "{address}");
    }
}

async fn a_poster_comes_as_pdf(kit: &TestStore) {
    let desk = TestDesk::open(kit, "- Everyone hears that use is monitored. `mon: monitor.notice`\n").await;
    let (teacher, maya) = (desk.sign_in("teacher", kit).await, desk.sign_in("maya.jones", kit).await);
    let answer = desk.get(&teacher, "/notices/mon~1/poster.pdf").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.starts_with("%PDF-"), "{}", answer.text.chars().take(80).collect::<String>());
    let print = desk.get(&teacher, "/notices/mon~1/print?as=poster").await.text;
    assert!(print.contains("/notices/mon~1/poster.pdf?text=0"), "{print}");
    assert!(!desk.get(&teacher, "/notices/mon~1/print").await.text.contains("poster.pdf"));
    for (who, address) in [
        (&maya, "/notices/mon~1/poster.pdf"),
        (&teacher, "/notices/mon~1/poster.pdf?text=99"),
        (&teacher, "/notices/none~1/poster.pdf"),
    ] {
        assert_eq!(desk.get(who, address).await.status, StatusCode::NOT_FOUND, "{who} {address}");
    }
}

async fn a_banner_is_shown_and_a_block_page_has_its_line(kit: &TestStore) {
    let clauses = "- The school cannot promise that nothing bad is ever seen. `no: policy.notices`\n";
    let desk = TestDesk::open(kit, clauses).await;
    let session = desk.session("teacher", kit).await;
    let banners = session_banners(&desk.engines, &session, kit.now()).await.unwrap();
    assert_eq!(banners.len(), 1);
    assert_eq!(
        (banners[0].says.as_str(), banners[0].href.as_str()),
        ("Use of the network is monitored.", "/notices/no~1")
    );
    let again = session_banners(&desk.engines, &session, kit.now()).await.unwrap();
    assert_eq!(again, banners, "at the start of each session");
    let all = facts(&desk.engines, &desk.school.school, kit.now()).await.unwrap().unwrap();
    assert_eq!((all["no#1"].shown.len(), all["no#1"].read.len(), all["no#1"].reached().len()), (1, 0, 1));
    let today = jiff::civil::date(2026, 11, 24);
    let lines = block_page_lines(&*desk.here(), today);
    let words: Vec<&str> = lines[0].words.iter().map(|words| words.sentence.as_str()).collect();
    assert_eq!(
        words,
        [
            "School can see the sites you open.",
            "Use of the network is monitored.",
            "The school cannot promise that nothing bad is ever seen.",
        ]
    );
    assert!(first_page(&desk.engines, &session, kit.now()).await.unwrap().is_none(), "a banner is no page to read");
}

async fn a_home_reads_in_its_own_language(kit: &TestStore) {
    let clauses = "- Homes hear of the rules. `rules: monitor.notice { inform = [\"parents\", \"staff\"] }`\n";
    let desk = TestDesk::open(kit, clauses).await;
    let files = |polish: &str| {
        vec![
            file("notices/rules.md", "+++\ntitle = \"Our rules\"\nfor = \"rules\"\n+++\n\nBe kind.\n"),
            file("notices/rules.pl.md", &format!("+++\ntitle = \"Zasady\"\nfor = \"rules\"\n+++\n\n{polish}\n")),
        ]
    };
    desk.enact(clauses, files("Bądź uprzejmy."));
    let parent = desk.school.who("parent").await;
    desk.school.in_group(parent, "language-pl").await;
    let subject = desk.subject("parent", kit).await;
    assert!(subject.has_capacity(Capacity::Parent));
    let cookie = desk.sign_in("parent", kit).await;
    let page = desk.get(&cookie, "/notices/waiting").await.text;
    assert!(page.contains("Bądź uprzejmy.") && page.contains("lang=\"pl\""), "{page}");
    read_all(&desk, &cookie).await;
    desk.enact(clauses, files("Bądź zawsze uprzejmy."));
    let session = desk.session("parent", kit).await;
    assert_eq!(
        first_page(&desk.engines, &session, kit.now()).await.unwrap(),
        None,
        "a better translation is no new text"
    );
    let teacher = desk.sign_in("teacher", kit).await;
    assert!(desk.get(&teacher, "/notices/waiting").await.text.contains("Be kind."));
    let office = desk.sign_in("office", kit).await;
    let page = desk.get(&office, "/notices/rules~1").await.text;
    assert!(page.contains("Speak Polish at home") && page.contains("In Polish"), "{page}");
}

async fn who_may_use_which_route(kit: &TestStore) {
    let desk = TestDesk::open(kit, MONITORING).await;
    insta::assert_snapshot!("routes", webkit::routes::table(&desk.rows));
}
