//! What is offered where a field names entries of another register: what the writer reads there, and no more, unless the
//! titles of that register are open.

use declare::Value;
use testkit::{TestStore, store_test};

use super::desk::{POLICY, TestDesk, draft, text};

const DEVICES: &str = r#"
title = "Hardware"
says = "keeps a register of devices"
[register]
item = "device"
items = "devices"
lead = "Every device that the school owns."
reads = ["role:office", "subject"]
writes = ["role:office"]
rows = "school"
first = "Enter the first device."
entry-title = "{tag}"
subject = "holder"
columns = ["tag"]
[[field]]
name = "tag"
label = "School tag"
kind = "text"
required = true
[[field]]
name = "holder"
label = "Who has it?"
kind = "person"
[standing]
kept = "{count} devices are recorded."
"#;

const FAULTS: &str = r#"
title = "Faults"
says = "keeps what is broken"
[register]
item = "fault"
items = "faults"
lead = "What is broken."
reads = ["staff"]
writes = ["staff"]
rows = "school"
first = "Enter the first fault."
entry-title = "{device}: {what}"
columns = ["device", "what"]
[[field]]
name = "device"
label = "Which device?"
kind = "entry"
of = "assets.hardware"
[[field]]
name = "others"
label = "Which others have it too?"
kind = "entries"
of = "assets.hardware"
[[field]]
name = "what"
label = "What is broken?"
kind = "text"
required = true
[standing]
kept = "{count} faults."
"#;

/// A desk with a device that nobody has, and one that the teacher has.
async fn open<'k>(kit: &'k TestStore, devices: &str) -> TestDesk<'k> {
    let declared = [("assets/hardware.toml", devices), ("assets/loans.toml", FAULTS)];
    let policy = POLICY.split("# 2 Teaching").next().unwrap();
    let desk = TestDesk::open_with(kit, &declared, policy).await;
    let office = desk.book("office", "assets.hardware").await;
    let teacher = Value::Person(desk.who("teacher").await);
    for values in [vec![("tag", text("WL-HEAD"))], vec![("tag", text("WL-OWN")), ("holder", teacher)]] {
        office.writer().unwrap().enter(draft(&values)).await.unwrap();
    }
    desk
}

const NEW: &str = "/registers/assets/loans/new";

async fn report(desk: &TestDesk<'_>, cookie: &str, device: &str) -> u16 {
    desk.post(cookie, NEW, &[("f-device", device), ("f-what", "The lid")]).await.status.as_u16()
}

async fn only_what_the_writer_reads_is_offered_and_understood(kit: &TestStore) {
    let desk = open(kit, DEVICES).await;
    let (office, teacher) = (desk.sign_in("office").await, desk.sign_in("teacher").await);
    let offered = desk.get(&office, NEW).await.text;
    assert!(offered.contains("WL-HEAD") && offered.contains("WL-OWN"));
    let offered = desk.get(&teacher, NEW).await.text;
    assert!(!offered.contains("WL-HEAD") && offered.contains("WL-OWN"));
    assert_eq!(report(&desk, &teacher, "WL-OWN").await, 303);
    // What is not theirs to read is answered as what is not there.
    let (hidden, nothing) = (
        desk.post(&teacher, NEW, &[("f-device", "WL-HEAD"), ("f-what", "The lid")]).await,
        desk.post(&teacher, NEW, &[("f-device", "WL-NONE"), ("f-what", "The lid")]).await,
    );
    assert_eq!((hidden.status, nothing.status), (422.try_into().unwrap(), 422.try_into().unwrap()));
    let mistake = |text: &str| text.split("href=\"#f-device\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(mistake(&hidden.text).replace("WL-HEAD", "…"), mistake(&nothing.text).replace("WL-NONE", "…"));
    assert_eq!(report(&desk, &office, "WL-HEAD").await, 303);
}

async fn what_stood_there_may_stay(kit: &TestStore) {
    let desk = open(kit, DEVICES).await;
    let (office, teacher) = (desk.sign_in("office").await, desk.sign_in("teacher").await);
    let fields = [("f-device", "WL-HEAD"), ("f-others", "WL-HEAD"), ("f-what", "The lid")];
    let made = desk.post(&office, NEW, &fields).await;
    let id = desk.book("office", "assets.loans").await;
    let id = id.list(&engines::registers::Asked::default()).await.unwrap().entries[0].entry.id;
    assert_eq!(made.status, 303, "{}", made.text);
    let path = format!("/registers/assets/loans/{id}/edit");
    let form = desk.get(&teacher, &path).await.text;
    assert!(form.contains("value=\"WL-HEAD\" checked") && form.contains("value=\"WL-OWN\""), "{form}");
    let fields = [("f-device", "WL-HEAD"), ("f-others", "WL-HEAD"), ("f-what", "Only the lid"), ("version", "1")];
    let changed = desk.post(&teacher, &path, &fields).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let kept = desk.book("teacher", "assets.loans").await.get(id).await.unwrap();
    assert_eq!(kept.entry.values["what"], text("Only the lid"));
    assert!(kept.entry.values.contains_key("device") && kept.entry.values.contains_key("others"));
}

async fn open_titles_are_offered_to_everybody_who_names_them(kit: &TestStore) {
    let devices = DEVICES.replace("subject = \"holder\"", "subject = \"holder\"\nopen-titles = true");
    let desk = open(kit, &devices).await;
    let teacher = desk.sign_in("teacher").await;
    assert!(desk.get(&teacher, NEW).await.text.contains("WL-HEAD"));
    assert_eq!(report(&desk, &teacher, "wl-head").await, 303);
}

async fn a_program_names_what_its_person_reads(kit: &TestStore) {
    let desk = open(kit, DEVICES).await;
    let office = desk.book("office", "assets.hardware").await;
    let devices = office.list(&engines::registers::Asked::default()).await.unwrap().entries;
    let teacher = desk.sign_in("teacher").await;
    for (tag, status) in [("WL-HEAD", 422), ("WL-OWN", 201)] {
        let id = devices.iter().find(|kept| kept.entry.values["tag"] == text(tag)).unwrap().entry.id;
        let sent = serde_json::json!({ "values": { "device": id, "what": "The lid" } });
        let answer = desk.post_json(&teacher, "/api/registers/assets/loans", &sent.to_string()).await;
        assert_eq!(answer.status, status, "{tag}: {}", answer.text);
    }
    // Nor does a sheet that somebody brings in say more.
    let sheet = b"Device,What is broken?\nWL-HEAD,The lid\nWL-OWN,The hinge\n";
    let sent = desk.upload(&teacher, "/registers/assets/loans/import", &[], ("file", "faults.csv", sheet)).await;
    let look = desk.get(&teacher, sent.location()).await.text;
    assert!(look.contains("“WL-HEAD” is not in its register yet") && !look.contains("“WL-OWN” is not"), "{look}");
}

store_test!(
    only_what_the_writer_reads_is_offered_and_understood,
    what_stood_there_may_stay,
    open_titles_are_offered_to_everybody_who_names_them,
    a_program_names_what_its_person_reads,
);
