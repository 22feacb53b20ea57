//! What the roll will be when a roster is applied: who stays, joins and is gone, in which classes, whose child.
//!
//! A complete file says everything; a delta only what changed. What is refused changes nothing: who stands on
//! the roll already stays as they are.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Capacity, Role};

use super::{ClassFacts, Mode, OutsideId, Part, PersonFacts, RefusedRow, Roll, Roster};

/// What the roll will be, and what only the roll shows to be wrong with the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The roll to come.
    pub roll: Roll,
    /// Rows that are not taken.
    pub refused: Vec<RefusedRow>,
    /// Rows that are taken, but should be looked at.
    pub warnings: Vec<RefusedRow>,
}

/// What the roll will be when `roster` is applied.
pub fn target(roll: &Roll, roster: &Roster) -> Target {
    let mut refused = Vec::new();
    let mut warnings = Vec::new();
    let mut next = Roll { classes: next_classes(roll, roster, &mut refused), ..Roll::default() };
    next.people = next_people(roll, roster, &mut refused);
    enrol(roll, roster, &mut next, &mut refused);
    relate(roll, roster, &mut next.people, &mut refused, &mut warnings);
    derive(&mut next, roster, &mut warnings);
    (next.left, next.reserved) = departed(roll, &next.people);
    refused.sort();
    warnings.sort();
    Target { roll: next, refused, warnings }
}

fn row(file: &str, line: Option<&u64>, reason: String) -> RefusedRow {
    RefusedRow { file: file.to_owned(), line: line.copied().unwrap_or(0), reason }
}

fn next_classes(roll: &Roll, roster: &Roster, refused: &mut Vec<RefusedRow>) -> BTreeMap<OutsideId, ClassFacts> {
    let mut classes = match roster.modes.classes {
        Mode::Bulk => BTreeMap::new(),
        Mode::Delta | Mode::Absent => roll.classes.clone(),
    };
    classes.retain(|id, _| !roster.closed.contains(id) && !roster.classes.contains_key(id));
    let mut names: BTreeSet<String> = classes.values().map(|class| class.name.clone()).collect();
    for (id, facts) in &roster.classes {
        if names.insert(facts.name.clone()) {
            classes.insert(id.clone(), facts.clone());
        } else {
            let reason = format!("another class is called `{}`: a policy could not tell the two apart", facts.name);
            refused.push(row("classes.csv", roster.class_lines.get(id), reason));
        }
    }
    classes
}

/// People with their own facts; classes, children, derived roles and years come later.
fn next_people(roll: &Roll, roster: &Roster, refused: &mut Vec<RefusedRow>) -> BTreeMap<OutsideId, PersonFacts> {
    let stays = |id: &OutsideId| match roster.modes.users {
        Mode::Bulk => roster.people.contains_key(id) || roster.held_back.contains(id),
        Mode::Delta | Mode::Absent => true,
    };
    let mut people: BTreeMap<OutsideId, PersonFacts> = roll
        .people
        .iter()
        .filter(|(id, _)| stays(id) && !roster.gone.contains(*id))
        .map(|(id, facts)| (id.clone(), facts.clone()))
        .collect();
    // Names that those keep of whom the file says nothing; the others' names are free until given again.
    let kept: BTreeMap<String, OutsideId> = people
        .iter()
        .filter(|(id, _)| !roster.people.contains_key(*id))
        .map(|(id, facts)| (facts.username.clone(), id.clone()))
        .collect();
    let mut in_order: Vec<_> = roster.people.iter().collect();
    in_order.sort_by_key(|(id, _)| roster.lines.get(*id));
    // First those who keep their username, so that nobody's is given away before they have spoken.
    let keeps =
        |id: &OutsideId, facts: &PersonFacts| roll.people.get(id).is_some_and(|now| now.username == facts.username);
    let (keeping, others): (Vec<_>, Vec<_>) = in_order.into_iter().partition(|(id, facts)| keeps(id, facts));
    let in_order: Vec<_> = keeping.into_iter().chain(others).collect();
    // Whoever is refused keeps the present username, which nobody else can get then: until nobody more is refused.
    let mut clashing: BTreeSet<&OutsideId> = BTreeSet::new();
    loop {
        let mut taken = kept.clone();
        let refused = clashing.iter().filter(|id| people.contains_key(**id));
        taken.extend(refused.filter_map(|id| Some((roll.people.get(*id)?.username.clone(), (*id).clone()))));
        let before = clashing.len();
        for (id, facts) in &in_order {
            let free = taken.get(&facts.username).is_none_or(|other| other == *id)
                && roll.reserved.get(&facts.username).is_none_or(|other| other.as_ref() == Some(*id))
                && !belongs_to_leaver(roll, &people, id, &facts.username);
            if clashing.contains(*id) {
                continue;
            }
            if free {
                taken.insert(facts.username.clone(), (*id).clone());
            } else {
                clashing.insert(*id);
            }
        }
        if clashing.len() == before {
            break;
        }
    }
    for (id, facts) in in_order.into_iter().filter(|(id, _)| !clashing.contains(*id)) {
        let mut facts = facts.clone();
        if let Some(now) = roll.people.get(id) {
            if roster.modes.roles == Mode::Delta {
                facts.roles.extend(now.roles.iter().copied());
                facts.roles.retain(|role| !roster.lost_roles.contains(&(id.clone(), *role)));
            }
            // What a person closed at the desk, no file opens.
            facts.enabled &= now.enabled;
        }
        people.insert(id.clone(), facts);
    }
    for id in clashing {
        let reason = "the username belongs, or belonged, to somebody else: nobody gets another's".to_owned();
        refused.push(row("users.csv", roster.lines.get(id), reason));
    }
    people.retain(|_, facts| !facts.roles.is_empty());
    people
}

/// Whether the username is that of somebody who leaves by this very import.
fn belongs_to_leaver(roll: &Roll, staying: &BTreeMap<OutsideId, PersonFacts>, id: &OutsideId, username: &str) -> bool {
    let holder = roll.people.iter().find(|(_, facts)| facts.username == username).map(|(id, _)| id);
    holder.is_some_and(|holder| holder != id && !staying.contains_key(holder))
}

/// Puts people into classes.
fn enrol(roll: &Roll, roster: &Roster, next: &mut Roll, refused: &mut Vec<RefusedRow>) {
    for (id, facts) in &mut next.people {
        let keeps_all = match roster.modes.enrolments {
            Mode::Bulk => roster.held_back.contains(id),
            Mode::Delta | Mode::Absent => true,
        };
        let now = roll.people.get(id).filter(|_| keeps_all);
        facts.classes = now.map(|now| now.classes.clone()).unwrap_or_default();
        facts.classes.retain(|class, _| {
            next.classes.contains_key(class) && !roster.unenrolled.contains(&(class.clone(), id.clone()))
        });
    }
    for ((class, person), enrolment) in &roster.members {
        let mut refuse = |reason: String| refused.push(row("enrollments.csv", Some(&enrolment.line), reason));
        if !next.classes.contains_key(class) {
            refuse(format!("the class `{class}` is not on the roll"));
            continue;
        }
        let Some(facts) = next.people.get_mut(person) else {
            refuse(format!("the person `{person}` is not on the roll"));
            continue;
        };
        let fits = match enrolment.part {
            Part::Pupil => facts.roles.contains(&Role::Pupil),
            Part::ClassTeacher | Part::Teacher => has(facts, Capacity::Staff),
            Part::Helper => !facts.roles.contains(&Role::Pupil),
        };
        if fits {
            facts.classes.insert(class.clone(), enrolment.part);
        } else {
            refuse(format!("`{person}` has no role that lets them be {} of a class", enrolment.part.title()));
        }
    }
}

fn has(facts: &PersonFacts, capacity: Capacity) -> bool {
    facts.roles.iter().any(|role| role.capacity() == capacity)
}

/// Relates parents and children.
fn relate(
    roll: &Roll,
    roster: &Roster,
    people: &mut BTreeMap<OutsideId, PersonFacts>,
    refused: &mut Vec<RefusedRow>,
    warnings: &mut Vec<RefusedRow>,
) {
    // Pupils whose rows name their parents: then the row is right, and older relations end.
    let told: BTreeSet<&OutsideId> = roster.relations.iter().map(|related| &related.one).collect();
    let mut links: BTreeSet<(OutsideId, OutsideId)> = BTreeSet::new();
    for (parent, facts) in &roll.people {
        for child in &facts.children {
            let kept = match roster.modes.users {
                Mode::Bulk => roster.held_back.contains(parent) || roster.held_back.contains(child),
                Mode::Delta | Mode::Absent => !told.contains(child),
            };
            if kept {
                links.insert((parent.clone(), child.clone()));
            }
        }
    }
    for related in &roster.relations {
        let (Some(one), Some(other)) = (people.get(&related.one), people.get(&related.other)) else {
            // Whoever leaves takes the relation along; only somebody who should be there is missed.
            let missed = people.contains_key(&related.one) && !roster.gone.contains(&related.other);
            if missed {
                let reason = format!(
                    "the related person `{}` is not on the roll: the person is taken, the relation is not",
                    related.other
                );
                refused.push(row("users.csv", Some(&related.line), reason));
            }
            continue;
        };
        let is = |facts: &PersonFacts, role| facts.roles.contains(&role);
        if is(other, Role::Parent) && is(one, Role::Pupil) {
            links.insert((related.other.clone(), related.one.clone()));
        } else if is(one, Role::Parent) && is(other, Role::Pupil) {
            links.insert((related.one.clone(), related.other.clone()));
        } else {
            let reason = format!(
                "of this person and `{}` neither is the other's parent: the relation is not taken",
                related.other
            );
            warnings.push(row("users.csv", Some(&related.line), reason));
        }
    }
    for facts in people.values_mut() {
        facts.children.clear();
    }
    for (parent, child) in links {
        if !people.get(&child).is_some_and(|facts| facts.roles.contains(&Role::Pupil)) {
            continue;
        }
        if let Some(parent) = people.get_mut(&parent).filter(|facts| facts.roles.contains(&Role::Parent)) {
            parent.children.insert(child);
        }
    }
}

/// What follows from the rest: who is a class teacher, and the year of a pupil whose row gives none.
fn derive(next: &mut Roll, roster: &Roster, warnings: &mut Vec<RefusedRow>) {
    for (id, facts) in &mut next.people {
        facts.roles.remove(&Role::ClassTeacher);
        if facts.classes.values().any(|part| *part == Part::ClassTeacher) {
            facts.roles.insert(Role::ClassTeacher);
        }
        if !facts.roles.contains(&Role::Pupil) {
            facts.year = None;
            continue;
        }
        if facts.year.is_none() {
            let mut registration = facts.classes.keys().filter(|class| roster.registration.contains(*class));
            facts.year = registration.find_map(|class| next.classes.get(class).and_then(|class| class.year));
        }
        if facts.year.is_none() && roster.people.contains_key(id) {
            let reason = "the pupil has no year, by `grades` or by a class: clauses for a year will not know them";
            warnings.push(row("users.csv", roster.lines.get(id), reason.to_owned()));
        }
    }
}

/// Who is gone, and the usernames that nobody gets again.
fn departed(
    roll: &Roll,
    people: &BTreeMap<OutsideId, PersonFacts>,
) -> (BTreeSet<OutsideId>, BTreeMap<String, Option<OutsideId>>) {
    let mut left: BTreeSet<_> = roll.left.iter().filter(|id| !people.contains_key(*id)).cloned().collect();
    let mut reserved: BTreeMap<_, _> = roll
        .reserved
        .iter()
        .filter(|(_, id)| id.as_ref().is_none_or(|id| !people.contains_key(id)))
        .map(|(name, id)| (name.clone(), id.clone()))
        .collect();
    for (id, facts) in roll.people.iter().filter(|(id, _)| !people.contains_key(*id)) {
        left.insert(id.clone());
        reserved.insert(facts.username.clone(), Some(id.clone()));
    }
    (left, reserved)
}
