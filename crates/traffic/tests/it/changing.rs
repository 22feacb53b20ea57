//! What people change beyond the policy, and what the gateway then decides. Requests and reports of failures stand in
//! one file with it, because they end in a change.

use kernel::{PersonId, Role};
use store::{
    Act,
    entity::{filter_change, filter_failure, filter_suspension},
    query::{ColumnTrait as _, Set},
    time::millis,
};
use testkit::{SmallSchool, TestStore, store_test};
use traffic::{Changes, Provides};

use super::desk::{House, clause, maya, provides, pupil};

store_test!(
    a_change_holds_until_it_is_undone_or_ends,
    dual_control_cannot_be_passed_alone,
    undoing_a_block_takes_two_as_well,
    only_holders_of_the_status_change_filtering,
    nothing_holds_that_the_policy_no_longer_provides_for,
    an_unblock_ends_by_itself,
    a_site_that_was_named_is_not_asked_for_again,
    a_teacher_opens_nothing_that_the_policy_does_not_let,
    a_suspension_ends_by_itself_and_its_reason_is_sealed,
    a_permit_opens_for_its_holder_alone,
    approved_sites_count_when_somebody_has_looked,
    a_file_changes_nothing_before_somebody_says_so,
    whoever_agrees_sees_every_site_and_first_what_harms,
    what_would_change_nothing_is_not_asked_for,
    why_names_the_change_that_closed_a_site,
    a_request_is_opened_for_the_lesson_or_added,
    of_two_who_answer_at_once_one_opens,
    a_failure_is_passed_on_and_answered_in_time,
);

/// A policy that wants a second person.
fn dual() -> Provides {
    Provides { second: Some(clause("two", "4.1.4")), ..provides() }
}

const OPEN_CLIPS: &str = "does=open&site=https%3A%2F%2Fclips.example%2F&who=pupils&reason=Geography";

async fn a_change_holds_until_it_is_undone_or_ends(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let tech = house.somebody(Role::NetworkManager).await;
    assert_eq!(house.decides("clips.example"), "block social");
    house.post(&tech, "/filter/changes/new", "does=open&site=clips.example&who=pupils&reason=").await.is(422);
    assert_eq!(house.decides("clips.example"), "block social");
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(303);
    assert_eq!(
        (house.decides("clips.example"), house.decides("play.example")),
        ("allow log".into(), "block social".into())
    );
    // Another school of the installation has nothing of it.
    let other = SmallSchool::build(&kit.store, "beech", kit.now()).await;
    assert_eq!(Changes::rules(&other.school, &provides(), kit.now()).await.unwrap(), traffic::Effective::default());
    let page =
        house.get(&tech, "/filter/changes").await.is(200).says("clips.example open for pupils").says("Geography");
    let id = page.id("/filter/changes/", "/undo");
    house.post(&tech, &format!("/filter/changes/{id}/undo"), "").await.is(303);
    assert_eq!(house.decides("clips.example"), "block social");
    house.post(&tech, &format!("/filter/changes/{id}/undo"), "").await.is(409);
    // One with an end: it ends although nothing is swapped.
    house.post(&tech, "/filter/changes/new", &format!("{OPEN_CLIPS}&until=24/11/2026")).await.is(303);
    assert_eq!(house.decides("clips.example"), "allow log");
    house.minutes(14 * 60);
    assert_eq!(house.decides("clips.example"), "block social");
    assert!(house.beyond().await.rules.is_empty());
    house.get(&tech, "/filter/changes?state=over&site=clips").await.is(200).says("Has ended by itself");
    house.get(&tech, "/filter/changes?site=nowhere").await.is(200).says("No change fits");
    let file = house.get(&tech, "/filter/changes.csv").await.is(200);
    assert_eq!(file.text.lines().count(), 3, "{}", file.text);
    // Whoever reviews the log says so.
    let head = house.somebody(Role::Headteacher).await;
    let counted = async || traffic::facts(house.school(), &provides(), house.now()).await.unwrap().changes;
    assert!(counted().await.looked_over.is_empty());
    house.post(&head, "/filter/changes/looked-over", "").await.is(303);
    let facts = counted().await;
    assert_eq!((facts.all, facts.people.len(), facts.without_status, facts.status), (2, 1, 0, None));
    assert_eq!(facts.looked_over.into_values().collect::<Vec<_>>(), [house.now()]);
    // To a list of the policy: what the policy says of the list holds.
    house
        .post(&tech, "/filter/changes/new", "does=list%3Aschool-blocked&site=new.example&who=pupils&reason=Prank")
        .await
        .is(303);
    assert_eq!(house.decides("www.new.example"), "block named");
    house
        .post(&tech, "/filter/changes/new", "does=list%3Aother&site=new.example&who=pupils&reason=Prank")
        .await
        .is(422);
}

async fn dual_control_cannot_be_passed_alone(kit: &TestStore) {
    let house = House::open(kit, dual()).await;
    let (tech, lead) = (house.somebody(Role::NetworkManager).await, house.somebody(Role::OnlineSafetyLead).await);
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(303);
    assert_eq!(house.decides("clips.example"), "block social");
    let own = house.get(&tech, "/filter/changes").await.is(200).says("You asked, so you cannot also agree");
    assert!(!own.text.contains("/agree\""), "nobody is offered to agree to their own change");
    let page = house.get(&lead, "/filter/changes").await.is(200).says("You are the second person");
    let id = page.id("/filter/changes/", "/agree");
    house.post(&tech, &format!("/filter/changes/{id}/agree"), "").await.is(403);
    assert_eq!(house.decides("clips.example"), "block social");
    // Not even by changing the records.
    let row =
        house.school().read().get::<filter_change::Entity>(id.parse::<uuid::Uuid>().unwrap()).await.unwrap().unwrap();
    house
        .school()
        .bookkeep(house.now(), async |tx| {
            tx.update(filter_change::ActiveModel {
                id: Set(row.id),
                state: Set("active".to_owned()),
                agreed_by: Set(row.asked_by),
                agreed_at: Set(Some(1)),
                ..Default::default()
            })
            .await
        })
        .await
        .unwrap();
    assert!(house.beyond().await.rules.is_empty());
    assert_eq!(traffic::facts(house.school(), &provides(), house.now()).await.unwrap().changes.single_person, 1);
    house
        .school()
        .bookkeep(house.now(), async |tx| {
            tx.update(filter_change::ActiveModel {
                id: Set(row.id),
                state: Set("waiting".to_owned()),
                agreed_by: Set(None),
                agreed_at: Set(None),
                ..Default::default()
            })
            .await
        })
        .await
        .unwrap();
    house.post(&lead, &format!("/filter/changes/{id}/agree"), "").await.is(303);
    assert_eq!(house.decides("clips.example"), "allow log");
    house.post(&lead, &format!("/filter/changes/{id}/agree"), "").await.is(409);
    // Who disagrees changes nothing.
    house.post(&tech, "/filter/changes/new", "does=block&site=good.example&who=everyone&reason=Prank").await.is(303);
    let id = house.get(&lead, "/filter/changes").await.id("/filter/changes/", "/disagree");
    house.post(&lead, &format!("/filter/changes/{id}/disagree"), "answer=It+is+good").await.is(303);
    assert_eq!(house.decides("good.example"), "allow");
    house.post(&lead, &format!("/filter/changes/{id}/agree"), "").await.is(409);
    let which = store::ledger::Which { act: Some("filter.change-agree".to_owned()), ..Default::default() };
    assert_eq!(house.school().ledger().entries(&which).await.unwrap().len(), 1, "what was refused is no act");
}

async fn undoing_a_block_takes_two_as_well(kit: &TestStore) {
    let house = House::open(kit, dual()).await;
    let (tech, lead) = (house.somebody(Role::NetworkManager).await, house.somebody(Role::OnlineSafetyLead).await);
    for fields in ["does=block&site=prank.example&who=everyone&reason=Prank", OPEN_CLIPS] {
        house.post(&tech, "/filter/changes/new", fields).await.is(303);
        let id = house.get(&lead, "/filter/changes").await.id("/filter/changes/", "/agree");
        house.post(&lead, &format!("/filter/changes/{id}/agree"), "").await.is(303);
    }
    let rows = house.school().read().find::<filter_change::Entity>().all().await.unwrap();
    let id = |action: &str| rows.iter().find(|row| row.action == action).unwrap().id;
    let (block, open) = (id("block"), id("open"));
    // What opened is closed by one.
    house.post(&tech, &format!("/filter/changes/{open}/undo"), "").await.is(303);
    assert_eq!(house.decides("clips.example"), "block social");
    // What closed is opened by two.
    house.post(&tech, &format!("/filter/changes/{block}/undo"), "").await.is(303);
    assert_eq!(house.decides("prank.example"), "block log");
    house.post(&tech, &format!("/filter/changes/{block}/agree"), "").await.is(403);
    assert_eq!(house.decides("prank.example"), "block log");
    house.get(&lead, "/filter/changes").await.is(200).says("Agree: undo it");
    house.post(&lead, &format!("/filter/changes/{block}/agree"), "").await.is(303);
    assert_eq!(house.decides("prank.example"), "allow");
}

async fn only_holders_of_the_status_change_filtering(kit: &TestStore) {
    let provides = Provides { status: Some("web filtering management".to_owned()), ..provides() };
    let house = House::open(kit, provides).await;
    let head = house.somebody(Role::Headteacher).await;
    let nina = house.small.who("tech").await;
    let tech = house.sign_in(nina, kernel::Subject { roles: [Role::NetworkManager].into(), ..Default::default() });
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(403).says("status");
    house.post(&tech, "/filter/status", "who=tech").await.is(403);
    house.post(&head, "/filter/status", "who=nobody.here").await.is(422);
    house.post(&head, "/filter/status", "who=tech").await.is(303);
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(303);
    assert_eq!(house.decides("clips.example"), "allow log");
    let id = house.get(&head, "/filter/status").await.is(200).says("Nina Network").id("/filter/status/", "/end");
    house.post(&head, &format!("/filter/status/{id}/end"), "").await.is(303);
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(403);
}

async fn nothing_holds_that_the_policy_no_longer_provides_for(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (tech, teacher) = (house.somebody(Role::NetworkManager).await, house.teacher().await);
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(303);
    house.post(&teacher, "/filter/open", "class=5B&site=video&purpose=This+lesson").await.is(303);
    let beyond = house.beyond().await;
    assert_eq!((beyond.rules.len(), beyond.unblocks.len()), (1, 1));
    house.policy(Provides::default()).await;
    assert_eq!(house.beyond().await, traffic::Effective::default());
    assert_eq!(house.decides("clips.example"), "block social");
    house.post(&tech, "/filter/changes/new", OPEN_CLIPS).await.is(409);
    house.post(&teacher, "/filter/open", "class=5B&site=video&purpose=This+lesson").await.is(409);
    house.get(&teacher, "/filter/open").await.is(200).says("does not let a teacher open");
}

async fn an_unblock_ends_by_itself(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let teacher = house.teacher().await;
    house.get(&teacher, "/filter/open").await.is(200).says("Which site does 5B need?");
    let second = house.get(&teacher, "/filter/open?class=5B&site=www.clips.example").await.is(200);
    second.says("Open for 5B until 11:00. What for?").says("Internet literacy lesson");
    house.post(&teacher, "/filter/open", "class=5B&site=www.clips.example&purpose=This+lesson").await.is(303);
    assert_eq!(
        (house.decides("www.clips.example"), house.decides("clips.example")),
        ("allow unblock".into(), "block social".into())
    );
    let mut other = maya(PersonId(uuid::Uuid::nil()));
    other.subject = pupil(6, "6A");
    assert_eq!(house.decides_for("www.clips.example", &other), "block social", "another class");
    house.minutes(44);
    assert_eq!(house.decides("www.clips.example"), "allow unblock");
    house.minutes(1);
    assert_eq!(house.decides("www.clips.example"), "block social", "nobody swapped anything");
    // Closed before its time.
    house.post(&teacher, "/filter/open", "class=5B&site=social-networks&reason=My+own+reason").await.is(303);
    assert_eq!(house.decides("clips.example"), "allow unblock");
    let id = house.get(&teacher, "/filter/open?class=5B").await.says("My own reason").id("/filter/open/", "/close");
    house.post(&teacher, &format!("/filter/open/{id}/close"), "").await.is(303);
    assert_eq!(house.decides("clips.example"), "block social");
    house.post(&teacher, &format!("/filter/open/{id}/close"), "").await.is(409);
    let facts = traffic::facts(house.school(), &provides(), house.now()).await.unwrap();
    assert_eq!((facts.unblocks.granted, facts.unblocks.open, facts.unblocks.without_reason), (2, 0, 0));
}

/// Whoever teaches no class of their own chooses one, and the site that they came with stays named.
async fn a_site_that_was_named_is_not_asked_for_again(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    house.small.class("6A", None).await;
    let head = house.somebody(Role::Headteacher).await;
    let page = house.get(&head, "/filter/open?site=clips.example").await.is(200);
    page.says("/filter/open?class=6A&#38;site=clips.example");
    house.get(&head, "/filter/open?class=6A&site=clips.example").await.is(200).says("Open for 6A");
}

async fn a_teacher_opens_nothing_that_the_policy_does_not_let(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let teacher = house.teacher().await;
    for site in ["casino.example", "play.example", "named.example", "games", "adult", "rude.example"] {
        house.get(&teacher, &format!("/filter/open?class=5B&site={site}")).await.is(200).says("cannot be opened");
        let sent = format!("class=5B&site={site}&purpose=This+lesson");
        house.post(&teacher, "/filter/open", &sent).await.is(403);
    }
    house.post(&teacher, "/filter/open", "class=6A&site=clips.example&purpose=This+lesson").await.is(422);
    house.post(&teacher, "/filter/open", "class=5B&site=clips.example&purpose=").await.is(422);
    assert!(house.beyond().await.unblocks.is_empty());
    let child = house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B"));
    house.post(&child, "/filter/open", "class=5B&site=clips.example&purpose=This+lesson").await.is(403);
}

async fn a_suspension_ends_by_itself_and_its_reason_is_sealed(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (head, maya) = (house.somebody(Role::Headteacher).await, house.small.who("maya.jones").await);
    let form = "who=maya.jones&reason=Shared+a+password&until=";
    house.post(&head, "/filter/suspensions", form).await.is(422).says("it has to end");
    house.post(&head, "/filter/suspensions", &format!("{form}23/11/2026")).await.is(422).says("This day is over");
    house.post(&head, "/filter/suspensions", &format!("{form}24/11/2026")).await.is(303);
    let suspended = house.beyond().await.suspended;
    assert!(suspended.holds(maya, house.now()));
    assert!(!suspended.holds(house.small.who("tom.reed").await, house.now()));
    house.minutes(14 * 60);
    assert!(!suspended.holds(maya, house.now()), "the day is over, and nobody did anything");
    let row = house.school().read().find::<filter_suspension::Entity>().one().await.unwrap().unwrap();
    assert!(!row.reason.windows(8).any(|part| part == b"password"));
    house.get(&head, "/filter/suspensions").await.is(200).says("Shared a password");
    // Ended before its time.
    house.post(&head, "/filter/suspensions", &format!("{form}27/11/2026")).await.is(303);
    let id = house.get(&head, "/filter/suspensions").await.id("/filter/suspensions/", "/end");
    house.post(&head, &format!("/filter/suspensions/{id}/end"), "").await.is(303);
    assert!(house.beyond().await.suspended.is_empty());
    let teacher = house.teacher().await;
    house.post(&teacher, "/filter/suspensions", &format!("{form}27/11/2026")).await.is(403);
}

async fn a_permit_opens_for_its_holder_alone(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (head, own) = (house.somebody(Role::Headteacher).await, house.small.who("maya.jones").await);
    house.post(&head, "/filter/permits", "person=maya.jones&sites=nonsense&reason=Project").await.is(422);
    let sent = "person=maya.jones&sites=games%0D%0Aclips.example&reason=Project&until=24/11/2026";
    house.post(&head, "/filter/permits", sent).await.is(303);
    assert_eq!(house.decides_for("play.example", &maya(own)), "allow permits");
    assert_eq!(house.decides("play.example"), "block social");
    let id = house.get(&head, "/filter/permits").await.says("Maya Jones").id("/filter/permits/", "/end");
    house.post(&head, &format!("/filter/permits/{id}/end"), "").await.is(303);
    assert_eq!(house.decides_for("play.example", &maya(own)), "block social");
    house
        .post(&head, "/filter/permits", "who=class%3A5B&sites=clips.example&reason=Project&until=24/11/2026")
        .await
        .is(303);
    assert_eq!(house.decides("clips.example"), "allow permits");
    house.minutes(14 * 60);
    assert_eq!(house.decides("clips.example"), "block social");
}

async fn approved_sites_count_when_somebody_has_looked(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let teacher = house.teacher().await;
    let child = house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B"));
    let form = "address=https%3A%2F%2Fplay.example%2Ftables&title=Times+tables&subject=maths&who=year-5";
    house.post(&teacher, "/filter/approved", "address=&title=&subject=&who=pupils").await.is(422);
    house.post(&teacher, "/filter/approved", form).await.is(303);
    assert!(!house.get(&child, "/sites").await.is(200).text.contains("Times tables"), "nobody has looked");
    let id = house
        .get(&teacher, "/filter/approved")
        .await
        .says("wait until somebody has looked")
        .id("/filter/approved/", "/preview");
    house.post(&teacher, &format!("/filter/approved/{id}/preview"), "").await.is(303);
    house.get(&child, "/sites").await.is(200).says("Maths").says("https://play.example/tables");
    let set = house.beyond().await.sets;
    assert_eq!(set.values().flatten().map(|item| item.site.to_string()).collect::<Vec<_>>(), ["play.example/tables"]);
    let other = house.sign_in(house.small.who("ava.hill").await, pupil(1, "1A"));
    assert!(!house.get(&other, "/sites").await.is(200).text.contains("Times tables"), "it is for Year 5");
    house.post(&child, "/filter/approved", form).await.is(403);
    house.post(&teacher, &format!("/filter/approved/{id}/remove"), "").await.is(303);
    assert!(house.beyond().await.sets.is_empty());
    house.post(&teacher, &format!("/filter/approved/{id}/preview"), "").await.is(409);
}

async fn a_file_changes_nothing_before_somebody_says_so(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let tech = house.somebody(Role::NetworkManager).await;
    let file = "URL,Action,Comment\nclips.example,Allow,Lessons\nprank.example,Block,\nco.uk,Block,\n";
    let fields = [("means", "block"), ("who", "pupils")];
    let other = house.somebody(Role::OnlineSafetyLead).await;
    let page = house.upload(&tech, "/filter/changes/import", &fields, file).await.is(200);
    let page =
        page.says("Nothing has changed yet. 1 line cannot be taken.").says("co.uk").says("1 site open for pupils");
    house.settle().await;
    assert_eq!(
        (house.decides("clips.example"), house.decides("prank.example")),
        ("block social".into(), "allow".into())
    );
    for id in page.text.split("/filter/changes/import/").skip(1).map(|rest| &rest[..36]) {
        house.get(&tech, &format!("/filter/changes/import/{id}")).await.is(200).says("Nothing has changed yet");
        house.post(&other, &format!("/filter/changes/import/{id}"), "").await.is(409);
        house.post(&tech, &format!("/filter/changes/import/{id}"), "").await.is(303);
        house.post(&tech, &format!("/filter/changes/import/{id}"), "").await.is(409);
    }
    assert_eq!(
        (house.decides("clips.example"), house.decides("prank.example")),
        ("allow log".into(), "block log".into())
    );
    house.get(&tech, "/filter/changes?site=prank").await.is(200).says("allow list.csv");
    house.upload(&tech, "/filter/changes/import", &fields, "").await.is(422).says("Choose a file first");
    house.upload(&tech, "/filter/changes/import", &fields, "co.uk\n").await.is(200).says("nothing in this file");
}

async fn a_request_is_opened_for_the_lesson_or_added(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let lead = house.somebody(Role::OnlineSafetyLead).await;
    for username in ["maya.jones", "tom.reed", "ava.hill"] {
        let asker = house.sign_in(house.small.who(username).await, pupil(5, "5B"));
        house.post(&asker, "/filter/ask", "site=clips.example&reason=For+the+map").await.is(303);
    }
    let page = house.get(&lead, "/filter/requests").await.is(200);
    let page = page.says("3 people have asked for").says("2 others ask for it as well").says("3 requests wait");
    let ids: Vec<String> =
        page.text.split("action=\"/filter/requests/").skip(1).map(|rest| rest[..36].to_owned()).collect();
    let path = |nth: usize| format!("/filter/requests/{}", ids[nth]);
    house.minutes(30);
    house.post(&lead, &path(0), "outcome=no&answer=").await.is(422).says("Write an answer");
    house.post(&lead, &path(0), "outcome=lesson&class=6A").await.is(422).says("Choose the class");
    house.post(&lead, &path(0), "outcome=lesson&class=5B").await.is(303);
    assert_eq!(house.decides("clips.example"), "allow unblock");
    house.post(&lead, &path(0), "outcome=no&answer=Twice").await.is(409);
    house.post(&lead, &path(1), "outcome=add&who=year-5&until=soon").await.is(422).says("Write the day like this");
    house.post(&lead, &path(1), "outcome=add&who=year-5&until=18%2F12%2F2026&answer=Enjoy+it").await.is(303);
    let change = house.school().read().find::<filter_change::Entity>().one().await.unwrap().unwrap();
    assert!(change.until_at.is_some(), "it ends with the period of study");
    house.minutes(60);
    assert_eq!(house.decides("clips.example"), "allow log", "the lesson is over, the change is not");
    house.post(&lead, &path(2), "outcome=no&answer=It+is+for+older+pupils").await.is(303);
    let page = house.get(&lead, "/filter/requests").await.is(200).says("Nobody waits");
    page.says("had an answer within 30 minutes").says("Opened for a lesson").says("Opened for longer");
    let maya = house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B"));
    house.get(&maya, "/filter/ask").await.is(200).says("It is open for 5B until 11:30.");
    // What the policy does not open to a lesson is not opened by an answer either.
    house.post(&maya, "/filter/ask", "site=tunnel.example&reason=Please").await.is(303);
    let id = house.get(&lead, "/filter/requests").await.id("action=\"/filter/requests/", "\"");
    let refused = house.post(&lead, &format!("/filter/requests/{id}"), "outcome=lesson&class=5B").await;
    refused.is(422).says("does not let this site be opened");
}

async fn of_two_who_answer_at_once_one_opens(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (one, two) = (house.somebody(Role::OnlineSafetyLead).await, house.somebody(Role::NetworkManager).await);
    let maya = house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B"));
    for answer in ["outcome=add&who=year-5", "outcome=lesson&class=5B"] {
        house.post(&maya, "/filter/ask", "site=clips.example&reason=For+the+map").await.is(303);
        let id = house.get(&one, "/filter/requests").await.id("action=\"/filter/requests/", "\"");
        let path = format!("/filter/requests/{id}");
        let (first, second) = tokio::join!(house.post(&one, &path, answer), house.post(&two, &path, answer));
        let mut both = [first.status.as_u16(), second.status.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [303, 409], "{answer}");
    }
    let read = house.school().read();
    assert_eq!(read.find::<filter_change::Entity>().count().await.unwrap(), 1);
    assert_eq!(read.find::<store::entity::filter_unblock::Entity>().count().await.unwrap(), 1);
}

async fn a_failure_is_passed_on_and_answered_in_time(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let (child, tech) = (
        house.sign_in(house.small.who("maya.jones").await, pupil(5, "5B")),
        house.somebody(Role::NetworkManager).await,
    );
    house.post(&child, "/filter/failures/report", "sort=open&site=&words=").await.is(422).says("Write what you saw");
    let sent = "sort=open&site=https%3A%2F%2Fnasty.example%2Fx&words=A+scary+picture";
    house.post(&child, "/filter/failures/report", sent).await.is(303);
    house.get(&child, "/filter/failures").await.is(403);
    let page = house.get(&tech, "/filter/failures").await.is(200).says("1 report waits").says("A scary picture");
    let id = page.id("/filter/failures/", "/answer");
    house.post(&tech, &format!("/filter/failures/{id}/escalate"), "to=LGfL&reference=T-17").await.is(303);
    house.get(&tech, "/filter/failures").await.says("passed it on to LGfL").says("number T-17");
    house.minutes(25 * 60);
    house.get(&tech, "/filter/failures").await.says("its time is over").says("The answer was due");
    let facts = traffic::facts(house.school(), &provides(), house.now()).await.unwrap();
    assert_eq!(
        (facts.reports.all, facts.reports.open, facts.reports.not_passed_on, facts.reports.passed_on),
        (1, 1, 0, 1)
    );
    house.post(&tech, &format!("/filter/failures/{id}/answer"), "answer=").await.is(422);
    house.post(&tech, &format!("/filter/failures/{id}/answer"), "answer=It+is+closed+now").await.is(303);
    house.post(&tech, &format!("/filter/failures/{id}/escalate"), "to=LGfL").await.is(409);
    house.get(&child, "/filter/failures/report").await.is(200).says("It is closed now");
    assert_eq!(traffic::facts(house.school(), &provides(), house.now()).await.unwrap().reports.open, 0);
    let which = store::ledger::Which { act: Some("filter.failure-answer".to_owned()), ..Default::default() };
    assert_eq!(house.school().ledger().entries(&which).await.unwrap().len(), 1);
    let read = house.school().read();
    let rows = read.find::<filter_failure::Entity>();
    let row = rows.filter(filter_failure::Column::State.eq("answered")).one().await.unwrap().unwrap();
    assert!(row.due_at < millis(house.now()) && row.site == "nasty.example/x");
    // What got through is passed on too, or whoever answers says why not.
    house.post(&child, "/filter/failures/report", sent).await.is(303);
    let id = house.get(&tech, "/filter/failures").await.is(200).id("/filter/failures/", "/answer");
    let answer = format!("/filter/failures/{id}/answer");
    house.post(&tech, &answer, "answer=Closed").await.is(422).says("or write why it is not passed on");
    house.post(&tech, &answer, "answer=Closed&kept_here=A+change+closes+it").await.is(303);
    house.get(&tech, "/filter/failures").await.says("A change closes it");
    let silent = async || {
        let reports = traffic::facts(house.school(), &provides(), house.now()).await.unwrap().reports;
        (reports.kept_here, reports.kept_here_since.is_some())
    };
    assert_eq!(silent().await, (0, false));
    // As reports were answered before anybody was asked why.
    let before =
        filter_failure::ActiveModel { id: Set(id.parse().unwrap()), kept_here: Set(None), ..Default::default() };
    let act = Act::new("test", house.small.who("maya.jones").await);
    house.school().act(act, house.now(), async move |tx| tx.update(before).await.map(drop)).await.unwrap();
    assert_eq!(silent().await, (1, true));
    house.get(&tech, "/filter/failures").await.says("It was not passed on");
    house.post(&tech, &format!("/filter/failures/{id}/escalate"), "to=LGfL").await.is(303);
    assert_eq!(silent().await, (0, false));
}

async fn whoever_agrees_sees_every_site_and_first_what_harms(kit: &TestStore) {
    let house = House::open(kit, dual()).await;
    let (tech, lead) = (house.somebody(Role::NetworkManager).await, house.somebody(Role::OnlineSafetyLead).await);
    let mut file = "Domain,Action\n".to_owned();
    for nth in 100..1_234 {
        file.push_str(&format!("a{nth}.example,Allow\n"));
    }
    file.push_str("rude.example,Allow\nxn--mnchen-3ya.example,Allow\n");
    let fields = [("means", "block"), ("who", "pupils")];
    let warning = "1 of these 1,136 sites is on a list of what harms.";
    let page = house.upload(&tech, "/filter/changes/import", &fields, &file).await.is(200);
    let page = page.says("1,136 sites open for pupils").says(warning).says("rude.example (adult), a100.example");
    let id = page.id("action=\"/filter/changes/import/", "\"");
    let all = format!("/filter/changes/{id}");
    house.get(&tech, &all).await.is(200).says("rude.example");
    house.get(&lead, &all).await.is(404);
    house.post(&tech, &format!("/filter/changes/import/{id}"), "").await.is(303);
    let card =
        house.get(&lead, "/filter/changes").await.is(200).says(warning).says("rude.example (adult), a100.example");
    card.says("See all 1,136 sites").says(&format!("href=\"{all}\""));
    let first = house.get(&lead, &all).await.is(200).says(warning).says("Closed, by clause 4.2").says("Page 1 of 12");
    first.says("Agree: it holds now");
    let mut seen = 0;
    for page in 1..=12 {
        seen +=
            house.get(&lead, &format!("{all}?page={page}")).await.is(200).text.matches("/filter/why?address=").count();
    }
    assert_eq!(seen, 1_136);
    house.get(&lead, &format!("{all}?page=12")).await.is(200).says("münchen.example (xn--mnchen-3ya.example)");
    house.post(&lead, &format!("{all}/agree"), "").await.is(303);
    assert_eq!(house.decides("a100.example"), "allow log");
    house.get(&lead, &all).await.is(200).says("Open, by a change").says("Undo");
    // One site alone says it as well.
    house.post(&tech, "/filter/changes/new", "does=open&site=casino.example&who=pupils&reason=Maths").await.is(303);
    let card = house.get(&lead, "/filter/changes").await.is(200);
    card.says("A list has this site as what harms: casino.example (gambling).");
}

async fn what_would_change_nothing_is_not_asked_for(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let tech = house.somebody(Role::NetworkManager).await;
    house.post(&tech, "/filter/changes/new", "does=block&site=maps.example&who=pupils&reason=Prank").await.is(303);
    let id = house.get(&tech, "/filter/changes").await.id("/filter/changes/", "/undo");
    let open = "does=open&site=maps.example&who=pupils&reason=Geography";
    let page = house.post(&tech, "/filter/changes/new", open).await.is(422).says("A change closes this site");
    page.says(&format!("href=\"/filter/changes/{id}\""));
    let help = "does=block&site=www.help.example&who=pupils&reason=Prank";
    house.post(&tech, "/filter/changes/new", help).await.is(422).says("help for children");
    let fields = [("means", "block"), ("who", "pupils")];
    let file = "Domain,Action\nmaps.example,Allow\nhelp.example,Block\nprank.example,Block\n";
    let page = house.upload(&tech, "/filter/changes/import", &fields, file).await.is(200);
    let page = page.says("2 lines cannot be taken").says("help for children").says("undo that one first");
    assert!(page.text.contains("1 site closed for pupils") && !page.text.contains("open for pupils"), "{}", page.text);
    // Other people may have it; and once the change is undone, it can be opened.
    house.post(&tech, "/filter/changes/new", &open.replace("pupils", "staff")).await.is(303);
    house.post(&tech, &format!("/filter/changes/{id}/undo"), "").await.is(303);
    house.post(&tech, "/filter/changes/new", open).await.is(303);
    assert_eq!(house.decides("maps.example"), "allow log");
}

async fn why_names_the_change_that_closed_a_site(kit: &TestStore) {
    let house = House::open(kit, provides()).await;
    let tech = house.somebody(Role::NetworkManager).await;
    house.post(&tech, "/filter/changes/new", "does=block&site=prank.example&who=everyone&reason=Prank").await.is(303);
    let id = house.get(&tech, "/filter/changes").await.id("/filter/changes/", "/undo");
    let why = house.get(&tech, "/filter/why?address=prank.example").await.is(200);
    let why = why.says("The school closed this site on Tuesday 24 November 2026.");
    why.says(&format!("href=\"/filter/changes/{id}\""));
    house.get(&tech, &format!("/filter/changes/{id}")).await.is(200).says("Prank").says("Undo");
}
