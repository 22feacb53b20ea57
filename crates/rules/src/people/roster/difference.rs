//! The roll beside a roster: who joins, who moves, who leaves.
//!
//! [`target`] says what the roll will be, [`difference`] what leads there, [`apply`] goes there. The laws are
//! tested: applying the difference gives the target, and the target differs from itself in nothing.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Capacity, Role, Year};

use super::{ClassFacts, Mode, OutsideId, Part, PersonFacts, RefusedRow, Roll, Roster};

/// Somebody who comes onto the roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joiner {
    /// Who.
    pub id: OutsideId,
    /// What is known of them.
    pub facts: PersonFacts,
    /// Whether they were here before, and come back.
    pub returns: bool,
}

/// Somebody of whom something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    /// Who.
    pub id: OutsideId,
    /// What was known of them.
    pub before: PersonFacts,
    /// What is known of them now.
    pub after: PersonFacts,
}

/// Why somebody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyLeaves {
    /// A complete file does not have them any more.
    NotInFile,
    /// The file takes them out (`tobedeleted`).
    TakenOut,
}

/// Somebody who leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    /// Who.
    pub id: OutsideId,
    /// What was known of them.
    pub facts: PersonFacts,
    /// Why.
    pub why: WhyLeaves,
}

/// What happens to a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassChange {
    /// It is new.
    Opens(OutsideId, ClassFacts),
    /// Its name, year or kind changes.
    Changes(OutsideId, ClassFacts, ClassFacts),
    /// It is no more.
    Closes(OutsideId, ClassFacts),
}

/// One thing that changes of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The name.
    Name,
    /// The username: from, to.
    Username(String, String),
    /// The address of mail.
    Email,
    /// The year: from, to.
    Year(Option<Year>, Option<Year>),
    /// A role more.
    RoleGained(Role),
    /// A role less.
    RoleLost(Role),
    /// A class more.
    ClassJoined(OutsideId, Part),
    /// A class less.
    ClassLeft(OutsideId),
    /// Another part in the same class: from, to.
    PartChanged(OutsideId, Part, Part),
    /// A child more.
    ChildGained(OutsideId),
    /// A child less.
    ChildLost(OutsideId),
    /// Whether the systems may be used.
    Access(bool),
}

/// What a roster would change, and what of it is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Who joins.
    pub joiners: Vec<Joiner>,
    /// Of whom something changes.
    pub movers: Vec<Mover>,
    /// Who leaves.
    pub leavers: Vec<Leaver>,
    /// Of how many nothing changes.
    pub unchanged: usize,
    /// What happens to classes.
    pub classes: Vec<ClassChange>,
    /// Rows that are not taken.
    pub refused: Vec<RefusedRow>,
    /// Rows that are taken, but should be looked at.
    pub warnings: Vec<RefusedRow>,
}

impl Difference {
    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.joiners.is_empty() && self.movers.is_empty() && self.leavers.is_empty() && self.classes.is_empty()
    }
}

impl Mover {
    /// What changes, one by one.
    pub fn changes(&self) -> Vec<Change> {
        let PersonFacts { given_name, family_name, username, email, roles, year, classes, children, enabled } =
            &self.before;
        let after = &self.after;
        let mut changes = Vec::new();
        if (given_name, family_name) != (&after.given_name, &after.family_name) {
            changes.push(Change::Name);
        }
        if *username != after.username {
            changes.push(Change::Username(username.clone(), after.username.clone()));
        }
        if *email != after.email {
            changes.push(Change::Email);
        }
        if *year != after.year {
            changes.push(Change::Year(*year, after.year));
        }
        changes.extend(after.roles.difference(roles).copied().map(Change::RoleGained));
        changes.extend(roles.difference(&after.roles).copied().map(Change::RoleLost));
        for (class, part) in &after.classes {
            match classes.get(class) {
                None => changes.push(Change::ClassJoined(class.clone(), *part)),
                Some(was) if was != part => changes.push(Change::PartChanged(class.clone(), *was, *part)),
                Some(_) => {}
            }
        }
        changes
            .extend(classes.keys().filter(|class| !after.classes.contains_key(*class)).cloned().map(Change::ClassLeft));
        changes.extend(after.children.difference(children).cloned().map(Change::ChildGained));
        changes.extend(children.difference(&after.children).cloned().map(Change::ChildLost));
        if *enabled != after.enabled {
            changes.push(Change::Access(after.enabled));
        }
        changes
    }
}

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
    let mut taken: BTreeMap<String, OutsideId> = people
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
    let mut clashing: Vec<&OutsideId> = Vec::new();
    for (id, facts) in keeping.into_iter().chain(others) {
        let free = taken.get(&facts.username).is_none_or(|other| other == id)
            && roll.reserved.get(&facts.username).is_none_or(|other| other.as_ref() == Some(id))
            && !belongs_to_leaver(roll, &people, id, &facts.username);
        if !free {
            clashing.push(id);
            continue;
        }
        taken.insert(facts.username.clone(), id.clone());
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

/// What `roster` would change of `roll`.
pub fn difference(roll: &Roll, roster: &Roster) -> Difference {
    let Target { roll: next, refused, warnings } = target(roll, roster);
    let mut found = between(roll, &next);
    for leaver in &mut found.leavers {
        if roster.gone.contains(&leaver.id) {
            leaver.why = WhyLeaves::TakenOut;
        }
    }
    found.refused = roster.refused.iter().cloned().chain(refused).collect();
    found.refused.sort();
    found.warnings = roster.warnings.iter().cloned().chain(warnings).collect();
    found.warnings.sort();
    found
}

/// What leads from one roll to another.
pub fn between(roll: &Roll, next: &Roll) -> Difference {
    let mut found = Difference::default();
    for (id, after) in &next.people {
        match roll.people.get(id) {
            None => {
                found.joiners.push(Joiner { id: id.clone(), facts: after.clone(), returns: roll.left.contains(id) })
            }
            Some(before) if before == after => found.unchanged += 1,
            Some(before) => {
                found.movers.push(Mover { id: id.clone(), before: before.clone(), after: after.clone() });
            }
        }
    }
    for (id, facts) in roll.people.iter().filter(|(id, _)| !next.people.contains_key(*id)) {
        found.leavers.push(Leaver { id: id.clone(), facts: facts.clone(), why: WhyLeaves::NotInFile });
    }
    for (id, after) in &next.classes {
        match roll.classes.get(id) {
            None => found.classes.push(ClassChange::Opens(id.clone(), after.clone())),
            Some(before) if before == after => {}
            Some(before) => found.classes.push(ClassChange::Changes(id.clone(), before.clone(), after.clone())),
        }
    }
    for (id, facts) in roll.classes.iter().filter(|(id, _)| !next.classes.contains_key(*id)) {
        found.classes.push(ClassChange::Closes(id.clone(), facts.clone()));
    }
    found
}

/// The roll after `difference`.
pub fn apply(mut roll: Roll, difference: &Difference) -> Roll {
    for class in &difference.classes {
        match class {
            ClassChange::Opens(id, facts) | ClassChange::Changes(id, _, facts) => {
                roll.classes.insert(id.clone(), facts.clone());
            }
            ClassChange::Closes(id, _) => {
                roll.classes.remove(id);
            }
        }
    }
    for leaver in &difference.leavers {
        roll.people.remove(&leaver.id);
        roll.left.insert(leaver.id.clone());
        roll.reserved.insert(leaver.facts.username.clone(), Some(leaver.id.clone()));
    }
    let Difference { joiners, movers, .. } = difference;
    for Joiner { id, facts, returns: _ } in joiners {
        roll.left.remove(id);
        roll.reserved.retain(|_, owner| owner.as_ref() != Some(id));
        roll.people.insert(id.clone(), facts.clone());
    }
    for Mover { id, before: _, after } in movers {
        roll.people.insert(id.clone(), after.clone());
    }
    roll
}
