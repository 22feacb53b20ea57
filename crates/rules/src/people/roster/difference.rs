//! The roll beside a roster: who joins, who moves, who leaves.
//!
//! [`target`] says what the roll will be, [`difference`] what leads there, [`apply`] goes there. The laws are
//! tested: applying the difference gives the target, and the target differs from itself in nothing.

use kernel::{Role, Year};

use super::{
    ClassFacts, OutsideId, Part, PersonFacts, RefusedRow, Roll, Roster,
    target::{Target, target},
};

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
