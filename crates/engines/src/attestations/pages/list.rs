//! The list: what is asked of the reader, and all that the school confirms for those who see it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::*;
use crate::attestations::views::{AllItems, Figure, ListPage};
use webkit::kit::{Cell, Clear, Next, Pager, State as Mark, Table};

/// How many rows a page has.
const ROWS: u64 = 50;

/// From how many on questions about one control are offered in a row.
const IN_A_ROW: usize = 2;

#[derive(serde::Deserialize)]
pub(super) struct Narrowed {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: PageNumber,
}

pub(super) async fn show(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Query(narrowed): Query<Narrowed>,
) -> PageResult {
    let (_, known) = known(&engines, &visit, &session).await?;
    let all = sees_all(&session).is_some();
    let asked = session.is(Capacity::Staff) || session.is(Capacity::Governor);
    let Some(known) = known.filter(|_| asked || all) else {
        // Children and parents are asked nothing here, unless a clause names them.
        return if asked || all { none(&visit) } else { Err(PageError::NotFound) };
    };
    let mine: Vec<_> = todos(&known, &session).into_iter().map(|(_, todo)| todo).collect();
    let late = mine.iter().filter(|todo| todo.urgency == Urgency::Late).count();
    let lead = match (mine.len(), late) {
        (0, _) => String::new(),
        (1, 0) => "One thing waits for your answer.".to_owned(),
        (1, _) => "One thing waits for your answer, and it is overdue.".to_owned(),
        (many, 0) => format!("{many} things wait for your answer."),
        (many, late) => format!("{many} things wait for your answer; {late} of them overdue."),
    };
    let mut mine = mine.into_iter();
    let next = mine.next().map(|todo| {
        let next = Next::new(todo.what, todo.why).eyebrow(todo.when).button("Answer", todo.href);
        if todo.urgency == Urgency::Late { next.urgent() } else { next }
    });
    html(&ListPage {
        page: visit.page("What is confirmed"),
        lead,
        clear: next.is_none().then(|| {
            Clear::new("Nothing waits for your answer.", "When something does, it stands here and on your home page.")
        }),
        next,
        mine: mine.collect(),
        all: all.then(|| everything(&known, &narrowed)),
    })
}

/// What waits for this person, with its day: several questions about one control are one step.
pub(crate) fn todos(known: &Known, session: &Session) -> Vec<(Date, Todo)> {
    let waiting = known.waiting_for(session);
    let mut by_control: BTreeMap<String, usize> = BTreeMap::new();
    for looked in &waiting {
        *by_control.entry(looked.item.binding.control.to_string()).or_default() += 1;
    }
    let mut todos = Vec::new();
    for looked in waiting {
        let control = looked.item.binding.control.to_string();
        let urgency = match looked.state {
            Stands::Overdue => Urgency::Late,
            _ if looked.due == known.today => Urgency::Today,
            Stands::Wrong | Stands::Soon | Stands::New | Stands::Apart | Stands::Confirmed => Urgency::Later,
        };
        let count = by_control.get(&control).copied().unwrap_or_default();
        let (what, why, href) = if count >= IN_A_ROW {
            // The first of them stands for all; they come sorted by their day.
            by_control.insert(control.clone(), 0);
            (
                format!("Confirm {count} clauses: {}", looked.item.title()),
                format!("{} You answer them in a row, on one page.", looked.item.question()),
                format!("/attestations/several/{control}"),
            )
        } else if count == 0 {
            continue;
        } else {
            let clause = looked.item.clause;
            let (what, why) = if looked.item.declared_question() {
                let why = format!("{} (clause {})", short(&clause.text, 140), clause.number);
                (format!("Confirm: {}", looked.item.question()), why)
            } else {
                (format!("Confirm: {}", short(&clause.text, 100)), format!("Clause {}", clause.number))
            };
            (what, why, looked.href())
        };
        todos.push((looked.due, Todo { what, why, href, when: when(looked.due, known.today), urgency }));
    }
    todos
}

/// The beginning of a text, to a whole word.
pub(crate) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(before, _)| before);
    format!("{}…", whole.trim_end_matches([',', ';', '.', ':']))
}

const SHOWN: [(&str, &str); 5] = [
    ("overdue", "overdue"),
    ("no", "to be put right"),
    ("waiting", "waiting for an answer"),
    ("confirmed", "confirmed"),
    ("apart", "do not apply here"),
];

fn shown_as(state: Stands) -> &'static str {
    match state {
        Stands::Overdue => "overdue",
        Stands::Wrong => "no",
        Stands::New | Stands::Soon => "waiting",
        Stands::Confirmed => "confirmed",
        Stands::Apart => "apart",
    }
}

fn everything(known: &Known, narrowed: &Narrowed) -> AllItems {
    let mut all = known.look();
    let figures = SHOWN
        .iter()
        .map(|(id, says)| Figure {
            count: all.iter().filter(|looked| shown_as(looked.state) == *id).count(),
            says,
            href: format!("/attestations?show={id}#all"),
        })
        .collect();
    let total = all.len();
    let chosen = SHOWN.iter().find(|(id, _)| *id == narrowed.show);
    if let Some((id, _)) = chosen {
        all.retain(|looked| shown_as(looked.state) == *id);
    }
    let words = Words::of(known.in_force.policy(), known.today);
    let mut table = Table::new("What the school confirms", ["Clause", "Who is asked", "How it stands"]);
    let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let from = usize::try_from(narrowed.page.offset(ROWS)).unwrap_or(usize::MAX);
    for looked in all.iter().skip(from).take(50) {
        let clause = looked.item.clause;
        let late = when(looked.due, known.today);
        let state = match (looked.state, looked.last) {
            (Stands::Overdue, _) => Mark::bad(late),
            (Stands::Wrong, Some(last)) => Mark::bad(format!(
                "No; {}",
                last.mend_by.map_or(late, |by| format!("put right by {}", date_in_words(by)))
            )),
            (Stands::Wrong | Stands::Soon | Stands::New, _) => Mark::due(late),
            (Stands::Confirmed, Some(last)) => Mark::good(format!("Confirmed on {}", date_in_words(last.on))),
            (Stands::Confirmed | Stands::Apart, None) => Mark::off("Not asked"),
            (Stands::Apart, Some(last)) => Mark::off(format!("Does not apply, said on {}", date_in_words(last.on))),
        };
        table.push([
            Cell::Sub {
                text: format!("{} {}", clause.number, looked.item.title()),
                sub: short(&clause.text, 120),
                href: Some(looked.href()),
            },
            Cell::sub(words.audience(&looked.item.by), turn(looked)),
            Cell::State(state),
        ]);
    }
    AllItems {
        figures,
        heading: match chosen {
            Some((_, says)) => format!("{count} of {total}: {says}"),
            None => format!("All {total} that the school confirms"),
        },
        table,
        pager: Pager::new(
            "/attestations",
            &chosen.map_or_else(String::new, |(id, _)| format!("show={id}")),
            narrowed.page,
            ROWS,
            count,
        ),
        narrowed: chosen.is_some(),
    }
}

fn turn(looked: &Looked<'_>) -> String {
    match (looked.turn, looked.asked.is_empty()) {
        (_, true) => "Nobody can be asked".to_owned(),
        (Turn::Holder, false) => String::new(),
        (Turn::Deputy, false) => "With the deputy".to_owned(),
        (Turn::Head, false) => "With the head".to_owned(),
    }
}
