//! The tick sheet of reception: a class at a time, one press for each phone, or a few letters and Enter.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::{Form, extract::Query};
use engines::registers::RegisterError;
use jiff::civil::Time;
use kernel::{PersonId, SchoolTime, time::date_in_words};
use uuid::Uuid;
use webkit::{
    Page, PageResult, Routes, Visit, Who,
    error::refused,
    html,
    kit::{Clear, ErrorSummary, Mistakes, encode},
};

use super::{
    TODAY,
    acts::{give_back, take_in},
    known::{Handin, Known},
    sheet::{Phone, Pupil, meant, typed},
};
use crate::{Registers, state::ToWrite};

/// The tab of what lies at reception.
const HERE: &str = "here";
/// The longest slot, as its declaration has it at the most.
const LONGEST: usize = 20;

pub(super) fn routes() -> Routes<Registers> {
    Routes::new().get(TODAY, Who::Named, show).post(TODAY, Who::Named, tick)
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Wanted {
    class: String,
}

#[derive(Template)]
#[template(path = "registers/handin.html")]
struct SheetPage {
    page: Page,
    summary: Option<ErrorSummary>,
    says: String,
    day: String,
    find: String,
    morning: bool,
    several: Vec<Line>,
    tabs: Vec<Tab>,
    group: String,
    lines: Vec<Line>,
    present: usize,
    here: bool,
    stays: usize,
    clear: Option<Clear>,
    address: &'static str,
    told: Vec<(String, Vec<String>)>,
}

struct Tab {
    label: String,
    href: String,
    here: bool,
}

/// One pupil, or one phone on the tab of what lies there.
struct Line {
    /// The word that the buttons send: the pupil, or the entry of the phone.
    key: Uuid,
    name: String,
    group: String,
    slot: String,
    /// Whether it is there.
    present: bool,
    /// What is to be known besides: since yesterday, taken from a pupil.
    note: String,
    /// Whether a press gives it back.
    back: bool,
}

fn page(visit: &Visit, known: &Known, group: &str, find: &str, several: &[&Pupil], mistakes: &Mistakes) -> SheetPage {
    let today = known.book.today();
    let groups = known.groups();
    let all = known.sheet.here().len();
    let on_here = group == HERE || groups.is_empty();
    let chosen = if on_here {
        HERE
    } else {
        groups.keys().find(|name| **name == group).or(groups.keys().next()).copied().unwrap_or(HERE)
    };
    let slots = known.suggested();
    let lines: Vec<Line> = if on_here {
        known.sheet.here().iter().map(|phone| of_phone(known, phone, today)).collect()
    } else {
        known.pupils.iter().filter(|pupil| pupil.group == chosen).map(|pupil| of_pupil(known, pupil, &slots)).collect()
    };
    let mut tabs: Vec<Tab> = groups
        .iter()
        .map(|(name, number)| Tab {
            label: if *number > 0 { format!("{name} ({number})") } else { (*name).to_owned() },
            href: format!("{TODAY}?class={}", encode(name)),
            here: *name == chosen,
        })
        .collect();
    tabs.push(Tab { label: format!("Here now ({all})"), href: format!("{TODAY}?class={HERE}"), here: on_here });
    let stays = known.sheet.here().iter().filter(|phone| !phone.to_owner).count();
    let says = match all {
        0 => "Nothing is here now.".to_owned(),
        1 => "1 is here now.".to_owned(),
        more => format!("{more} are here now."),
    };
    let title = visit.page("Phones today").back(known.book.declaration().title.clone(), known.book.address());
    SheetPage {
        page: if mistakes.is_empty() { title } else { title.mistaken() },
        summary: mistakes.summary(),
        says,
        day: SchoolTime::new(known.book.now()).day_in_words(),
        find: find.to_owned(),
        // While nothing is here, nothing can be given back.
        morning: all == 0 || SchoolTime::new(known.book.now()).clock() < Time::constant(12, 0, 0, 0),
        several: several
            .iter()
            .map(|pupil| {
                let line = of_pupil(known, pupil, &slots);
                let slot = typed(find).1.filter(|_| !line.present).unwrap_or_else(|| line.slot.clone());
                Line { slot, ..line }
            })
            .collect(),
        group: chosen.to_owned(),
        present: lines.iter().filter(|line| line.back).count(),
        here: on_here,
        stays,
        clear: (on_here && lines.is_empty())
            .then(|| Clear::new("Everything has gone back.", "Nothing lies at reception.")),
        lines,
        tabs,
        address: TODAY,
        told: known.told.clone(),
    }
}

fn of_pupil(known: &Known, pupil: &Pupil, slots: &HashMap<PersonId, String>) -> Line {
    let mut there = known.sheet.of_owner(pupil.id);
    let first = there.next();
    let more = there.count();
    Line {
        key: pupil.id.0,
        name: pupil.name.clone(),
        group: pupil.group.clone(),
        slot: first.map(|phone| phone.slot.clone()).or_else(|| slots.get(&pupil.id).cloned()).unwrap_or_default(),
        present: first.is_some(),
        note: match (first, more) {
            (Some(phone), 0) => note(phone, known.book.today()),
            (Some(_), more) => format!("and {more} more"),
            (None, _) => String::new(),
        },
        back: known.sheet.of_owner(pupil.id).any(|phone| phone.to_owner),
    }
}

fn of_phone(known: &Known, phone: &Phone, today: jiff::civil::Date) -> Line {
    let group = known.pupils.iter().find(|pupil| pupil.id == phone.owner).map(|pupil| pupil.group.clone());
    Line {
        key: phone.entry,
        name: known.name(phone.owner),
        group: group.unwrap_or_default(),
        slot: phone.slot.clone(),
        present: true,
        note: note(phone, today),
        back: phone.to_owner,
    }
}

fn note(phone: &Phone, today: jiff::civil::Date) -> String {
    match (phone.to_owner, phone.day < today) {
        (false, _) => "Goes back on its own page".to_owned(),
        (true, true) => format!("Here since {}", date_in_words(phone.day)),
        (true, false) => String::new(),
    }
}

async fn show(visit: Visit, opened: ToWrite<Handin>, Query(wanted): Query<Wanted>) -> PageResult {
    let known = Known::read(opened).await?;
    html(&page(&visit, &known, &wanted.class, "", &[], &Mistakes::new()))
}

/// What a form of the page asks for.
#[derive(Debug, Default)]
struct Sent {
    class: String,
    find: String,
    action: String,
    ticked: Vec<Uuid>,
    slots: HashMap<Uuid, String>,
}

impl Sent {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "class" => sent.class = value,
                "find" => sent.find = value.chars().take(80).collect(),
                "do" => sent.action = value,
                "tick" => sent.ticked.extend(Uuid::parse_str(&value).ok()),
                other => {
                    if let Some(id) = other.strip_prefix("slot-").and_then(|id| Uuid::parse_str(id).ok()) {
                        sent.slots.insert(id, value.trim().to_owned());
                    }
                }
            }
        }
        sent
    }
}

/// What is to be done: phones taken in, phones given back.
enum Wish {
    In(Vec<(PersonId, String)>),
    Back(Vec<Uuid>),
}

async fn tick(visit: Visit, opened: ToWrite<Handin>, Form(pairs): Form<Vec<(String, String)>>) -> PageResult {
    let sent = Sent::of(pairs);
    let known = Known::read(opened).await?;
    let again = |says: String| {
        let mut mistakes = Mistakes::new();
        mistakes.add("find", says);
        refused(&page(&visit, &known, &sent.class, &sent.find, &[], &mistakes))
    };
    let wish = match wish(&known, &sent) {
        Ok(wish) => wish,
        Err(Unclear::Says(says)) => return again(says),
        Err(Unclear::Several(several)) => {
            return refused(&page(&visit, &known, &sent.class, &sent.find, &several, &Mistakes::new()));
        }
    };
    let done = match wish {
        Wish::In(phones) => take_in(&known, phones).await,
        Wish::Back(entries) => give_back(&known, &entries).await,
    };
    match done {
        Ok(said) => {
            let class = if sent.class.is_empty() { String::new() } else { format!("?class={}", encode(&sent.class)) };
            Ok(visit.see_other_saying(&format!("{TODAY}{class}"), &said))
        }
        Err(RegisterError::Refused(all)) => {
            let says: Vec<String> = all.into_iter().map(|one| one.says).collect();
            again(says.join(". "))
        }
        Err(RegisterError::NotNow | RegisterError::Changed(_)) => {
            again("Somebody else has just ticked this: look once more".to_owned())
        }
        Err(error @ (RegisterError::NotFound | RegisterError::Store(_) | RegisterError::Port(_))) => Err(error.into()),
    }
}

/// Why it is not clear what somebody wants.
enum Unclear<'a> {
    /// What to do instead.
    Says(String),
    /// Several pupils are called so.
    Several(Vec<&'a Pupil>),
}

/// Reads what was pressed: `in` and `back` with what is ticked, `in-…` and `back-…` of one row, `all-back`, or `find-in`
/// and `find-back` with a few letters.
fn wish<'a>(known: &'a Known, sent: &Sent) -> Result<Wish, Unclear<'a>> {
    let says = |text: &str| Unclear::Says(text.to_owned());
    match sent.action.as_str() {
        "in" | "back" if sent.ticked.is_empty() => Err(says("Tick the names first, or press the button beside one")),
        "in" => taking(known, sent, &sent.ticked),
        "back" => giving(known, &sent.ticked),
        "all-back" => {
            let all = known.sheet.here().iter().filter(|phone| phone.to_owner);
            Ok(Wish::Back(all.map(|phone| phone.entry).collect()))
        }
        "find-in" | "find-back" => {
            let (letters, slot) = typed(&sent.find);
            let found = meant(&letters, &known.pupils);
            let one = match found.as_slice() {
                [] if letters.is_empty() => return Err(says("Type the first letters of a name")),
                [] => return Err(says("Nobody who hands in a phone is called so")),
                [one] => *one,
                [_, ..] => return Err(Unclear::Several(found)),
            };
            if sent.action == "find-back" {
                return giving(known, &[one.id.0]);
            }
            let slots = slot.map(|slot| HashMap::from([(one.id.0, slot)])).unwrap_or_default();
            taking(known, &Sent { slots, ..Sent::default() }, &[one.id.0])
        }
        other => {
            let of = |text: &str| Uuid::parse_str(text).ok();
            match (other.strip_prefix("in-").and_then(of), other.strip_prefix("back-").and_then(of)) {
                (Some(one), _) => taking(known, sent, &[one]),
                (None, Some(one)) => giving(known, &[one]),
                (None, None) => Err(says("Press the button beside a name")),
            }
        }
    }
}

fn taking<'a>(known: &'a Known, sent: &Sent, wanted: &[Uuid]) -> Result<Wish, Unclear<'a>> {
    let suggested = known.suggested();
    let mut given: HashSet<String> = HashSet::new();
    let mut phones = Vec::new();
    for id in wanted {
        let Some(pupil) = known.pupils.iter().find(|pupil| pupil.id.0 == *id) else { continue };
        if let (Some(phone), 1) = (known.sheet.of_owner(pupil.id).next(), wanted.len()) {
            return Err(Unclear::Says(format!("The phone of {} is here already: slot {}", pupil.name, phone.slot)));
        }
        if known.sheet.of_owner(pupil.id).next().is_some() {
            continue;
        }
        let slot = sent.slots.get(id).filter(|slot| !slot.is_empty()).or_else(|| suggested.get(&pupil.id));
        let slot: String = slot.map(|slot| slot.chars().take(LONGEST).collect()).unwrap_or_default();
        if let Some(other) = known.sheet.in_slot(&slot) {
            return Err(Unclear::Says(format!(
                "Slot {slot} has the phone of {}: choose another for {}",
                known.name(other.owner),
                pupil.name
            )));
        }
        if !given.insert(declare::typed::fold(&slot)) {
            return Err(Unclear::Says(format!("Slot {slot} is ticked twice: choose another for {}", pupil.name)));
        }
        phones.push((pupil.id, slot));
    }
    if phones.is_empty() {
        return Err(Unclear::Says("All of these are here already".to_owned()));
    }
    Ok(Wish::In(phones))
}

/// The phones of pupils, or phones by their entries.
fn giving<'a>(known: &'a Known, wanted: &[Uuid]) -> Result<Wish, Unclear<'a>> {
    let here = known.sheet.here().iter();
    let named: Vec<&Phone> =
        here.filter(|phone| wanted.contains(&phone.owner.0) || wanted.contains(&phone.entry)).collect();
    let back: Vec<Uuid> = named.iter().filter(|phone| phone.to_owner).map(|phone| phone.entry).collect();
    match (back.is_empty(), named.is_empty()) {
        (false, _) => Ok(Wish::Back(back)),
        (true, true) => Err(Unclear::Says("None of these is here".to_owned())),
        (true, false) => Err(Unclear::Says(
            "This one was taken from a pupil or found: give it back on its own page, where you say to whom".to_owned(),
        )),
    }
}
