//! What the map is drawn from: the clauses that say what is taught, the classes of the roll, the entries of the register.

use std::collections::{BTreeMap, BTreeSet};

use declare::{FieldKind, Value};
use engines::registers::{Asked, Book, Kept, Shown};
use kernel::{Audience, Capacity, Every, Year};
use webkit::PageError;

use super::{Class, Lesson, Skill, Stage};

/// How many lessons are read: more than a large school enters in ten years.
const MOST: u64 = 50_000;

/// What the map is drawn from.
pub(super) struct Read {
    pub(super) skills: Vec<Skill>,
    pub(super) classes: Vec<Class>,
    pub(super) lessons: Vec<Lesson>,
    /// The strands: names with titles.
    pub(super) strands: Vec<(String, String)>,
}

/// Reads everything.
pub(super) async fn read(book: &Book) -> Result<Read, PageError> {
    let asked = Asked { shown: Shown::All, limit: Some(MOST), known: Some(MOST), ..Asked::default() };
    let kept = book.list(&asked).await?.entries;
    Ok(Read {
        skills: skills(book),
        classes: classes(book).await?,
        lessons: kept.iter().flat_map(lessons).collect(),
        strands: strands(book),
    })
}

/// The lessons of one clause.
pub(super) async fn of_clause(book: &Book, label: &str) -> Result<Vec<Kept>, PageError> {
    let asked = Asked { shown: Shown::All, clause: Some(label.to_owned()), limit: Some(MOST), ..Asked::default() };
    let kept = book.list(&asked).await?.entries;
    Ok(kept.into_iter().filter(|kept| kept.struck.is_none()).collect())
}

/// The clauses in force that say that something is taught here, each once. What is only told or confirmed has no
/// lessons, nor has what another system does.
pub(super) fn skills(book: &Book) -> Vec<Skill> {
    let declaration = book.declaration();
    let usual = book.register().standing.every.unwrap_or(Every::new(1, kernel::period::Unit::Year));
    let mut skills: Vec<Skill> = Vec::new();
    for (clause, binding) in book.in_force().policy().bindings(&declaration.module, &declaration.name) {
        let common = &binding.common;
        if common.inform.is_some() || common.attest.is_some() || common.may || !common.systems.is_empty() {
            continue;
        }
        let except = common.except.as_ref().and_then(|except| except.who.clone());
        if let Some(known) = skills.last_mut().filter(|skill| skill.label == clause.key()) {
            // Two bindings of one clause are for those of either.
            known.who = both(known.who.take(), common.who.clone());
            known.except = known.except.take().filter(|known| Some(known) == except.as_ref());
            continue;
        }
        skills.push(Skill {
            label: clause.key().to_owned(),
            number: clause.number.clone(),
            text: clause.text.clone(),
            section: clause.section.clone(),
            who: common.who.clone(),
            except,
            every: common.every.unwrap_or(usual),
        });
    }
    skills
}

fn both(one: Option<Audience>, two: Option<Audience>) -> Option<Audience> {
    let atoms = one?.atoms().iter().chain(two?.atoms()).cloned().collect();
    Audience::any(atoms)
}

/// The classes of the school, youngest first.
pub(super) async fn classes(book: &Book) -> Result<Vec<Class>, PageError> {
    let roll = book.roll().await?;
    let mut all: BTreeMap<&str, Class> = roll
        .classes()
        .iter()
        .map(|(name, year)| (name.as_str(), Class { name: name.clone(), year: *year, pupils: Vec::new() }))
        .collect();
    for member in roll.all().filter(|member| !member.left && member.subject.has_capacity(Capacity::Pupil)) {
        for name in &member.subject.classes {
            if let Some(class) = all.get_mut(name.as_str()) {
                class.pupils.push(member.subject.clone());
            }
        }
    }
    let mut classes: Vec<Class> = all.into_values().collect();
    for class in classes.iter_mut().filter(|class| class.year.is_none()) {
        let years: BTreeSet<Option<Year>> = class.pupils.iter().map(|pupil| pupil.year).collect();
        if years.len() == 1 {
            class.year = years.into_iter().next().flatten();
        }
    }
    classes
        .sort_by(|one, two| (one.year.is_none(), one.year, &one.name).cmp(&(two.year.is_none(), two.year, &two.name)));
    Ok(classes)
}

fn strands(book: &Book) -> Vec<(String, String)> {
    let field = book.register().fields.iter().find(|field| field.name.as_str() == "strands");
    match field.map(|field| &field.kind) {
        Some(FieldKind::Choice { choices, .. }) => {
            choices.iter().map(|choice| (choice.name.clone(), choice.label.clone())).collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// An entry as a lesson of each clause that it serves.
fn lessons(kept: &Kept) -> Vec<Lesson> {
    let Some(lesson) = lesson(kept) else { return Vec::new() };
    let also = kept.entry.also.iter().map(|clause| Lesson { clause: clause.clone(), ..lesson.clone() });
    also.chain([lesson.clone()]).collect()
}

/// An entry as a lesson; none where it was struck out, or has neither class nor day.
pub(super) fn lesson(kept: &Kept) -> Option<Lesson> {
    if kept.struck.is_some() {
        return None;
    }
    let values = &kept.entry.values;
    let day = |name: &str| match values.get(name) {
        Some(Value::Date(day)) => Some(*day),
        Some(_) | None => None,
    };
    let class = match values.get("class") {
        Some(Value::Class(name)) => name.clone(),
        Some(_) | None => return None,
    };
    let taught = day("taught-on");
    Some(Lesson {
        id: kept.entry.id,
        clause: kept.entry.clause.clone()?,
        class,
        stage: Stage::of(kept.entry.state.as_deref(), taught.is_some()),
        day: taught.or_else(|| day("planned-for"))?,
        strands: match values.get("strands") {
            Some(Value::Choices(names)) => names.clone(),
            Some(_) | None => Vec::new(),
        },
    })
}
