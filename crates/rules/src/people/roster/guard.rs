//! A half-empty export must not empty the school: when too many of a group would leave at once, the import
//! is refused until somebody says that so many do leave.

use std::fmt;

use kernel::Capacity;

use super::{Difference, PersonFacts, Roll};

/// A group that is looked at by itself, so that all staff cannot be lost behind many parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Pupils.
    Pupils,
    /// Staff.
    Staff,
    /// Parents, governors and everybody else.
    Others,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Pupils, Self::Staff, Self::Others];

    /// The group of a person.
    pub fn of(facts: &PersonFacts) -> Self {
        let is = |capacity| facts.roles.iter().any(|role| role.capacity() == capacity);
        if is(Capacity::Pupil) {
            Self::Pupils
        } else if is(Capacity::Staff) {
            Self::Staff
        } else {
            Self::Others
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pupils => "pupils",
            Self::Staff => "staff",
            Self::Others => "parents and others",
        })
    }
}

/// More would leave than is believable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{leavers} of {of} {group} would leave ({all} people in all): is the file complete? If they do leave, allow {all} leavers"
)]
pub struct TooManyLeavers {
    /// Of which group.
    pub group: Group,
    /// How many of it would leave.
    pub leavers: usize,
    /// How many it has.
    pub of: usize,
    /// How many would leave of all groups.
    pub all: usize,
}

/// A fifth: more than one year of a primary school.
const PERCENT: usize = 20;
/// So few are believable in the smallest school.
const ALWAYS: usize = 2;

/// Refuses a difference by which more than a fifth of pupils, staff or others would leave; unless `allowed`
/// covers all leavers.
pub fn guard(roll: &Roll, difference: &Difference, allowed: Option<usize>) -> Result<(), TooManyLeavers> {
    let all = difference.leavers.len();
    if allowed.is_some_and(|allowed| all <= allowed) {
        return Ok(());
    }
    for group in Group::ALL {
        let of = roll.people.values().filter(|facts| Group::of(facts) == group).count();
        let leavers = difference.leavers.iter().filter(|leaver| Group::of(&leaver.facts) == group).count();
        if leavers > ALWAYS && leavers.saturating_mul(100) > of.saturating_mul(PERCENT) {
            return Err(TooManyLeavers { group, leavers, of, all });
        }
    }
    Ok(())
}
