//! What a sheet says in words of its own: what they mean is said once, and remembered; days without a day.

use kernel::Role;
use testkit::{TestStore, store_test};

use super::import::{apply, look, said};
use crate::registers::desk::TestDesk;

store_test!(
    a_month_is_taken_to_begin_and_says_so,
    words_are_remembered_for_the_next_file,
    words_of_several_and_names_are_asked_for,
    a_name_of_two_people_is_never_guessed,
    states_are_asked_for,
);

const DEVICES: &str = "/registers/assets/hardware";
const CLUBS: &str = "/registers/assets/software";

const DECLARED: &str = r#"
title = "Clubs"
says = "keeps a register of clubs"
[register]
item = "club"
items = "clubs"
lead = "Which clubs there are."
reads = ["staff"]
writes = ["role:office"]
rows = "school"
first = "Enter the first club."
entry-title = "{name}"
columns = ["name", "led-by", "days"]
sort = "name"
[[field]]
name = "name"
label = "What is it called?"
column = "Club"
kind = "text"
longest = 40
required = true
unique = true
[[field]]
name = "led-by"
label = "Who leads it?"
column = "Led by"
kind = "people"
who = "staff"
[[field]]
name = "days"
label = "On which days?"
column = "Days"
kind = "choices"
choices = [{ name = "first", label = "Monday" }, { name = "second", label = "Tuesday" }, { name = "after-school", label = "After school" }]
[[field]]
name = "paid"
label = "Is it paid for?"
column = "Paid"
kind = "yes-no"
[[state]]
name = "running"
label = "Running"
[[state]]
name = "over"
label = "Over"
ended = true
[[move]]
name = "end"
label = "It ends"
to = "over"
[standing]
kept = "{count} clubs are recorded."
"#;

const POLICY: &str = r#"+++
title = "Online Safety Policy"
version = "1"
issued = 2026-09-01
review = 2027-09-01
+++

# 1 Clubs

- Every club is recorded. `clubs: assets.software`
"#;

async fn clubs<'k>(kit: &'k TestStore) -> TestDesk<'k> {
    TestDesk::open_with(kit, &[("assets/software.toml", DECLARED)], POLICY).await
}

/// The answer that a select has for somebody, by what it calls them.
fn answer(page: &str, id: &str, label: &str) -> String {
    let select = page.split(&format!("<select class=\"govuk-select\" id=\"{id}\"")).nth(1).unwrap();
    let select = select.split("</select>").next().unwrap();
    let option = select.split("<option value=\"").skip(1).find(|option| option.contains(label));
    option.unwrap_or_else(|| panic!("{label}: {select}")).split('"').next().unwrap().to_owned()
}

async fn days_of(desk: &TestDesk<'_>) -> Vec<(String, String)> {
    let book = desk.book("office", "assets.hardware").await;
    let list = book.list(&engines::registers::Asked::default()).await.unwrap();
    let mut all: Vec<(String, String)> = list
        .entries
        .iter()
        .map(|row| {
            let day = row.entry.values.get("bought-on").map(|value| {
                let declare::Value::Date(day) = value else { panic!("{value:?}") };
                day.to_string()
            });
            (row.title.clone(), day.unwrap_or_default())
        })
        .collect();
    all.sort();
    all
}

async fn a_month_is_taken_to_begin_and_says_so(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let csv = "School tag,Kind,Bought on\nWL-1,Laptop,Sep-19\nWL-2,Laptop,2019/10\nWL-3,Laptop,1/11/2019\n\
        WL-4,Laptop,2018\nWL-5,Laptop,09/19\n";
    let (address, page) = look(&desk, &office, DEVICES, "list.csv", csv.as_bytes()).await;
    let text = said(&page.text);
    for words in [
        "3 devices are new.",
        "Bought on: 2 days name a month alone and are taken to be its first: “Sep-19” is 1 September 2019.",
        "Bought on: “Sep-19” names a month alone",
        "Bought on: “2018” names a year alone",
        "Row 5 Bought on “2018” names no day: say above which is meant",
        "Row 6 Bought on “09/19” is no date",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let answers = format!("{address}&d2-month=last&d2-year=first");
    let meant = desk.get(&office, &answers).await;
    let text = said(&meant.text);
    for words in ["4 devices are new.", "“Sep-19” is 30 September 2019.", "“2018” is 1 January 2018."] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert_eq!(apply(&desk, &office, DEVICES, &meant).await.status, 303);
    let pair = |tag: &str, day: &str| (tag.to_owned(), day.to_owned());
    let all = [
        pair("WL-1", "2019-09-30"),
        pair("WL-2", "2019-10-31"),
        pair("WL-3", "2019-11-01"),
        pair("WL-4", "2018-01-01"),
    ];
    assert_eq!(days_of(&desk).await, all);
    // What was said holds for the next file, and is said again.
    let (_, page) = look(&desk, &office, DEVICES, "b.csv", b"School tag,Kind,Bought on\nWL-9,Laptop,Feb-24\n").await;
    let text = said(&page.text);
    assert!(
        text.contains("1 day names a month alone and is taken to be its last: “Feb-24” is 29 February 2024."),
        "{text}"
    );
}

async fn words_are_remembered_for_the_next_file(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let csv = b"School tag,Kind\nWL-1,Chromebook\nWL-2,iPad\n";
    let (address, _) = look(&desk, &office, DEVICES, "a.csv", csv).await;
    let meant = desk.get(&office, &format!("{address}&w1-0=laptop&w1-1=tablet")).await;
    assert_eq!(apply(&desk, &office, DEVICES, &meant).await.status, 303);
    let (address, page) = look(&desk, &office, DEVICES, "b.csv", b"Kind,School tag\n chromebook,WL-3\nPi,WL-4\n").await;
    let text = said(&page.text);
    for words in ["1 device is new.", "Kind: “chromebook” In 1 row. As it was said on 24 November 2026.", "Kind: “Pi”"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    // It can be said anew, and taken back.
    let dropped = desk.get(&office, &format!("{address}&w0-0=&w0-1=other")).await;
    assert!(said(&dropped.text).contains("1 device is new."), "{}", said(&dropped.text));
    assert_eq!(apply(&desk, &office, DEVICES, &dropped).await.status, 303);
    let (_, page) = look(&desk, &office, DEVICES, "c.csv", b"School tag,Kind\nWL-5,Chromebook\nWL-6,pi\n").await;
    let text = said(&page.text);
    assert!(text.contains("1 device is new.") && !text.contains("“Chromebook” In 1 row. As it was said"), "{text}");
}

async fn words_of_several_and_names_are_asked_for(kit: &TestStore) {
    let desk = clubs(kit).await;
    let office = desk.sign_in("office").await;
    let csv = "Club,Led by,Days,Paid\nChess,Mrs Network; Tariq Teacher,Mon; Tuesday,Yes\n\
        Code,\"Tariq Teacher & Nina Network\",\"Mon, after_school\",gratis\nArt,Somebody Else,Tuesday,no\n";
    let (address, page) = look(&desk, &office, CLUBS, "clubs.csv", csv.as_bytes()).await;
    let text = said(&page.text);
    for words in ["Led by: “Mrs Network”", "Days: “Mon”", "In 2 rows.", "Paid: “gratis”", "Led by: “Somebody Else”"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("“after_school”") && !text.contains("“Tariq Teacher & Nina"), "{text}");
    let nina = answer(&page.text, "w1-0", "Nina Network, tech");
    assert!(!address.contains("Network"), "no word of the file stands in an address");
    let meant = desk.get(&office, &format!("{address}&w1-0={nina}&w2-0=first&w3-0=no&w1-1=")).await;
    let text = said(&meant.text);
    assert!(text.contains("2 clubs are new.") && text.contains("Add 2 clubs, leave 1 row out"), "{text}");
    assert_eq!(apply(&desk, &office, CLUBS, &meant).await.status, 303);
    let csv = desk.get(&office, &format!("{CLUBS}/export.csv")).await.text;
    assert!(csv.contains("Nina Network; Tariq Teacher") && csv.contains("Monday; Tuesday"), "{csv}");
    assert!(csv.contains("Tariq Teacher; Nina Network") && csv.contains("Monday; After school"), "{csv}");
    // The next file knows whom "Mrs Network" is.
    let (_, page) = look(&desk, &office, CLUBS, "b.csv", b"Club,Led by\nDance,mrs network\n").await;
    assert!(said(&page.text).contains("1 club is new."), "{}", said(&page.text));
}

async fn a_name_of_two_people_is_never_guessed(kit: &TestStore) {
    let desk = clubs(kit).await;
    // The same name, but for a mark that nobody types.
    let other = desk.school.person("Tariq", "Téacher", None).await;
    desk.school.role(other, Role::Staff).await;
    desk.school.account(other, "tariq.two", None).await;
    let office = desk.sign_in("office").await;
    let csv = b"Club,Led by\nChess,Tariq Teacher\nArt,Tariq Teacher; Nina Network\nCode,Nina Network\n";
    let (address, page) = look(&desk, &office, CLUBS, "clubs.csv", csv).await;
    let text = said(&page.text);
    assert!(text.contains("1 club is new.") && text.contains("2 people are called so."), "{text}");
    let one = answer(&page.text, "w1-0", "Tariq Teacher, teacher");
    let two = answer(&page.text, "w1-0", "Tariq Téacher, tariq.two");
    assert_ne!(one, two);
    let each = desk.get(&office, &format!("{address}&w1-0=each")).await;
    let text = said(&each.text);
    assert!(text.contains("Row 2: “Tariq Teacher” Beside Chess.") && text.contains("Beside Art."), "{text}");
    let meant = desk.get(&office, &format!("{address}&w1-0=each&w1-0-2={two}&w1-0-3={one}")).await;
    assert!(said(&meant.text).contains("3 clubs are new."), "{}", said(&meant.text));
    assert_eq!(apply(&desk, &office, CLUBS, &meant).await.status, 303);
    let book = desk.book("office", "assets.software").await;
    let list = book.list(&engines::registers::Asked::default()).await.unwrap();
    let chess = list.entries.iter().find(|row| row.title == "Chess").unwrap();
    assert_eq!(chess.entry.values.get("led-by"), Some(&declare::Value::People(vec![other])));
    // It is asked again: who was meant today need not be meant tomorrow.
    let (_, page) = look(&desk, &office, CLUBS, "b.csv", b"Club,Led by\nDance,Tariq Teacher\n").await;
    let text = said(&page.text);
    assert!(text.contains("2 people are called so.") && text.contains("1 row cannot be brought in"), "{text}");
    // Somebody who is not among them is no answer.
    let head = desk.who("head").await;
    let wrong = desk.get(&office, &format!("{CLUBS}/import/look?w1-0={head}")).await;
    assert!(said(&wrong.text).contains("1 row cannot be brought in"), "{}", said(&wrong.text));
}

async fn states_are_asked_for(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let csv = b"School tag,Kind,Status\nWL-1,Laptop,in_use\nWL-2,Laptop,Scrapped\n";
    let (address, page) = look(&desk, &office, DEVICES, "a.csv", csv).await;
    let text = said(&page.text);
    assert!(text.contains("1 device is new.") && text.contains("Status: “Scrapped”"), "{text}");
    let meant = desk.get(&office, &format!("{address}&w2-0=gone")).await;
    assert!(said(&meant.text).contains("2 devices are new."), "{}", said(&meant.text));
    assert_eq!(apply(&desk, &office, DEVICES, &meant).await.status, 303);
    assert_eq!(days_of(&desk).await.len(), 1, "the other is done with");
}
