//! My notices, and how far all of them have reached.

use kernel::Capacity;
use policy::Words;
use webkit::kit::{Cell, Clear, Next, PageNumber, Pager, State as Mark, Table};

use super::{
    super::{
        href, reading_age,
        service::{Issue, NoticeFacts},
        views::{ListPage, MineRow, Reach},
    },
    *,
};
use crate::Person;

/// How many rows a page has.
const ROWS: u64 = 50;

#[derive(serde::Deserialize)]
pub(super) struct At {
    #[serde(default)]
    page: PageNumber,
}

pub(super) async fn show(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Query(at): Query<At>,
) -> PageResult {
    let school = engines.school(session.school()).await?;
    let child = session.reader() != Reader::Adult;
    let page = for_reader(visit.page(if child { "Things to read" } else { "Notices" }), &session);
    let empty = ListPage { page, lead: String::new(), next: None, clear: None, mine: Vec::new(), reach: None, child };
    let Some(known) = Known::read(&engines, &school, visit.now()).await? else {
        let lead = "No policy is in force. Once one is, what it has people told of stands here.".to_owned();
        return html(&ListPage { lead, ..empty });
    };
    let items = known.items();
    let seen = stored(service::of_person(&school, session.person()).await)?;
    let waits = waiting(&items, session.subject(), &seen);
    let count = sections(&waits, session.subject()).len();
    let mine: Vec<_> = items
        .iter()
        .filter(|item| item.counts(session.subject()))
        .filter(|item| !waits.iter().any(|other| other.binding.key == item.binding.key))
        .map(|item| mine_row(item, &session, &seen))
        .collect();
    let scope = Scope::of(&visit, &session);
    let reach = match scope {
        Some(scope) => {
            let mut people = engines.ports().people(&school, visit.now()).await?;
            people.retain(|person| scope.shows(&person.subject));
            let facts = stored(service::facts(&school, &items, &people, &*known.in_force).await)?;
            Some(reach(&known, &items, &facts, &people, at.page))
        }
        None => None,
    };
    let next = (count > 0).then(|| {
        let title = match count {
            1 => "Read one notice".to_owned(),
            many => format!("Read {many} notices"),
        };
        Next::new(title, "They are part of our online safety policy, and they concern you.")
            .eyebrow("Next step, a few minutes")
            .button("Read", "/notices/waiting")
    });
    html(&ListPage {
        clear: next.is_none().then(|| Clear::new("Nothing waits to be read.", "You have read what concerns you.")),
        next,
        mine,
        reach,
        ..empty
    })
}

fn mine_row(item: &Item<'_>, session: &Session, seen: &service::OfPerson) -> MineRow {
    let text = item.text_at_home(session.subject());
    let key = (item.binding.key.clone(), item.digests().of(session.subject()).to_string());
    let state = match seen.get(&key) {
        Some(service::Seen { read: Some(read), .. }) => Mark::good(format!("Read on {}", day_of(*read))),
        Some(service::Seen { read: None, shown }) => Mark::off(format!("Shown on {}", day_of(*shown))),
        None => Mark::off("Not shown yet"),
    };
    let number = &item.clause.number;
    MineRow { title: text.title.clone(), why: format!("Clause {number}"), href: href(&item.binding.key), state }
}

fn reach(
    known: &Known,
    items: &[Item<'_>],
    facts: &std::collections::BTreeMap<String, NoticeFacts>,
    people: &[Person],
    page: PageNumber,
) -> Reach {
    let words = Words::of(known.in_force.policy(), known.today);
    let mut table = Table::new("Notices", ["Notice", "Who is told, and when", "How far it has reached", "Reading age"]);
    let mut rows: Vec<_> =
        items.iter().filter_map(|item| Some((item, state(item, facts.get(&item.binding.key)?)))).collect();
    let all = rows.iter().filter(|(_, state)| state.0).count();
    // What has not reached everybody stands first.
    rows.sort_by_key(|(_, state)| state.0);
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let from = usize::try_from(page.offset(ROWS)).unwrap_or(usize::MAX);
    for (item, state) in rows.into_iter().skip(from).take(50) {
        table.push([
            Cell::Sub {
                text: item.title(),
                sub: format!("Clause {}: {}", item.clause.number, crate::attestations::short(&item.clause.text, 100)),
                href: Some(href(&item.binding.key)),
            },
            Cell::sub(words.audience(&item.who), moments_in_words(&item.moments)),
            Cell::State(state.1),
            pupils_age(item, people),
        ]);
    }
    let total = items.len();
    Reach {
        says: match total {
            0 => "The policy in force has nobody told of anything.".to_owned(),
            total => format!("{all} of {total} have reached everybody whom they concern."),
        },
        table,
        pager: Pager::new("/notices", "", page, ROWS, count),
    }
}

/// Whether a notice has reached everybody, and the mark that says so.
pub(super) fn state(item: &Item<'_>, facts: &NoticeFacts) -> (bool, Mark) {
    let (reached, bound) = (facts.reached().len(), facts.bound.len());
    let verb = if facts.acknowledged { "read it" } else { "seen it" };
    let issued = facts.issues.iter().find(|issue| issue.present);
    if item.is_counted() {
        return match (reached, bound) {
            (_, 0) => (true, Mark::off("Concerns nobody at present")),
            (reached, bound) if reached == bound => (true, Mark::good(format!("All {bound} have {verb}"))),
            (reached, bound) => (false, Mark::due(format!("{reached} of {bound} have {verb}"))),
        };
    }
    if item.is_issued() {
        return match issued {
            Some(issue) => (true, Mark::good(issued_in_words(issue))),
            None if facts.issues.is_empty() => (false, Mark::due("Not sent or hung up yet")),
            None => (false, Mark::due("The words have changed since it was sent")),
        };
    }
    if item.moments.contains(&Moment::WebPage) {
        return (true, Mark::good("On the public page"));
    }
    (true, Mark::good("Shown whenever it is the moment"))
}

pub(super) fn issued_in_words(issue: &Issue) -> String {
    let how = match issue.moment.as_str() {
        "letter" => "Sent as a letter",
        "poster" => "Hung up as a poster",
        "web-page" => "Published",
        "hand-in" => "Put where devices are handed in",
        _ => "Handed out",
    };
    format!("{how} on {}", day_of(issue.at))
}

/// The reading age of what pupils read, with the age of the youngest where it is too hard.
fn pupils_age(item: &Item<'_>, people: &[Person]) -> Cell {
    let readers: Vec<&Subject> = people
        .iter()
        .map(|person| &person.subject)
        .filter(|subject| subject.has_capacity(Capacity::Pupil) && item.binds(subject))
        .collect();
    let digests = item.digests();
    let mut worst: Option<(u8, u8)> = None;
    for text in item.texts().iter().filter(|text| text.language.is_none()) {
        let digest = text.digest();
        let own = readers.iter().copied().filter(|reader| digests.of(reader) == digest);
        let Some(youngest) = reading_age::youngest(own) else { continue };
        let sentences = text.sentences();
        let Some(age) = reading_age::age(reading_age::count(sentences.iter().map(String::as_str))) else { continue };
        if worst
            .is_none_or(|(other, readers)| i16::from(age) - i16::from(youngest) > i16::from(other) - i16::from(readers))
        {
            worst = Some((age, youngest));
        }
    }
    match worst {
        None => Cell::text(""),
        Some((age, youngest)) if age > youngest => {
            Cell::sub(format!("{age} years"), format!("The youngest reader is {youngest}"))
        }
        Some((age, _)) => Cell::text(format!("{age} years")),
    }
}
