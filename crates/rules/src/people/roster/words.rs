//! A difference in words, for the dry run: figures first, then who.

use std::fmt::Write as _;

use kernel::Role;

use super::{Change, ClassChange, Difference, Group, Joiner, Leaver, Mover, OutsideId, PersonFacts, Roll, WhyLeaves};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Figures alone, with the rows that were refused.
    Counts,
    /// Figures, then each person.
    People,
}

/// What words need beyond the difference: the names of classes and children by their outside ids.
pub struct Names<'a> {
    before: &'a Roll,
    difference: &'a Difference,
}

impl<'a> Names<'a> {
    /// Names from the roll before, and from what comes new.
    pub fn new(before: &'a Roll, difference: &'a Difference) -> Self {
        Self { before, difference }
    }

    /// What a class is called.
    pub fn class(&self, id: &OutsideId) -> String {
        let new = self.difference.classes.iter().find_map(|change| match change {
            ClassChange::Opens(other, facts) | ClassChange::Changes(other, _, facts) if other == id => {
                Some(&facts.name)
            }
            ClassChange::Opens(..) | ClassChange::Changes(..) | ClassChange::Closes(..) => None,
        });
        new.or_else(|| self.before.classes.get(id).map(|facts| &facts.name)).cloned().unwrap_or_else(|| id.to_string())
    }

    fn person(&self, id: &OutsideId) -> String {
        let new = self.difference.joiners.iter().find(|joiner| joiner.id == *id).map(|joiner| &joiner.facts);
        let moved = || self.difference.movers.iter().find(|mover| mover.id == *id).map(|mover| &mover.after);
        new.or_else(moved).or_else(|| self.before.people.get(id)).map_or_else(|| id.to_string(), PersonFacts::full_name)
    }

    /// One change as the end of a sentence: "moves from Year 4 to Year 5".
    pub fn change(&self, change: &Change, after: &PersonFacts) -> String {
        let year = |year: &Option<kernel::Year>| year.map_or_else(|| "no year".to_owned(), kernel::Year::title);
        match change {
            Change::Name => format!("is now called {}", after.full_name()),
            Change::Username(from, to) => format!("username {from} becomes {to}"),
            Change::Email => "has another address of mail".to_owned(),
            Change::Year(from, to) => format!("moves from {} to {}", year(from), year(to)),
            Change::RoleGained(role) => format!("becomes {}", title(*role)),
            Change::RoleLost(role) => format!("is no longer {}", title(*role)),
            Change::ClassJoined(class, part) => format!("joins {} as {}", self.class(class), part.title()),
            Change::ClassLeft(class) => format!("leaves {}", self.class(class)),
            Change::PartChanged(class, from, to) => {
                format!("in {}: {} instead of {}", self.class(class), to.title(), from.title())
            }
            Change::ChildGained(child) => format!("is a parent or carer of {}", self.person(child)),
            Change::ChildLost(child) => format!("is no longer a parent or carer of {}", self.person(child)),
            Change::Access(true) => "may use the systems again".to_owned(),
            Change::Access(false) => "may no longer use the systems".to_owned(),
        }
    }

    /// Somebody with roles, year and classes: "Maya Jones, pupil, Year 5, 5B".
    pub fn who(&self, facts: &PersonFacts) -> String {
        let mut parts = vec![facts.full_name()];
        parts.extend(facts.roles.iter().map(|role| title(*role)));
        parts.extend(facts.year.map(kernel::Year::title));
        parts.extend(facts.classes.keys().map(|class| self.class(class)));
        parts.join(", ")
    }
}

fn title(role: Role) -> String {
    let title = role.default_title();
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The difference in words. The lines of a person hold names: for those who may see the roll.
pub fn in_words(before: &Roll, difference: &Difference, detail: Detail) -> String {
    let names = Names::new(before, difference);
    let Difference { joiners, movers, leavers, unchanged, classes, refused, warnings } = difference;
    let mut text = String::new();
    let by_group = |counts: [usize; 3]| {
        let parts: Vec<_> = Group::ALL
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(group, count)| format!("{count} {group}"))
            .collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    };
    let count = |all: &mut dyn Iterator<Item = &PersonFacts>| {
        let mut counts = [0; 3];
        for facts in all {
            for (group, count) in Group::ALL.iter().zip(&mut counts) {
                *count += usize::from(Group::of(facts) == *group);
            }
        }
        by_group(counts)
    };
    let _ = writeln!(text, "{:>6} join{}", joiners.len(), count(&mut joiners.iter().map(|one| &one.facts)));
    let _ = writeln!(text, "{:>6} change{}", movers.len(), count(&mut movers.iter().map(|one| &one.after)));
    let _ = writeln!(text, "{:>6} leave{}", leavers.len(), count(&mut leavers.iter().map(|one| &one.facts)));
    let _ = writeln!(text, "{unchanged:>6} stay as they are");
    let _ = writeln!(text, "{:>6} classes open, change or close", classes.len());
    let _ = writeln!(text, "{:>6} rows refused", refused.len());
    match detail {
        Detail::Counts => {}
        Detail::People => people(&mut text, &names, joiners, movers, leavers, classes),
    }
    for (heading, rows) in [("Refused", refused), ("Look at", warnings)] {
        if !rows.is_empty() {
            let _ = writeln!(text, "\n{heading}:");
        }
        for row in rows {
            let _ = writeln!(text, "  {row}");
        }
    }
    text
}

fn people(
    text: &mut String,
    names: &Names<'_>,
    joiners: &[Joiner],
    movers: &[Mover],
    leavers: &[Leaver],
    classes: &[ClassChange],
) {
    for change in classes {
        let line = match change {
            ClassChange::Opens(_, facts) => format!("class {} opens", facts.name),
            ClassChange::Changes(_, before, after) if before.name != after.name => {
                format!("class {} is now called {}", before.name, after.name)
            }
            ClassChange::Changes(_, _, after) => format!("class {} changes its year", after.name),
            ClassChange::Closes(_, facts) => format!("class {} closes", facts.name),
        };
        let _ = writeln!(text, "  ~ {line}");
    }
    for joiner in joiners {
        let again = if joiner.returns { " (was here before)" } else { "" };
        let _ = writeln!(text, "  + {}{again}", names.who(&joiner.facts));
    }
    for mover in movers {
        let changes: Vec<_> = mover.changes().iter().map(|change| names.change(change, &mover.after)).collect();
        let _ = writeln!(text, "  ~ {}: {}", mover.before.full_name(), changes.join("; "));
    }
    for leaver in leavers {
        let why = match leaver.why {
            WhyLeaves::NotInFile => "not in the file any more",
            WhyLeaves::TakenOut => "taken out by the file",
        };
        let _ = writeln!(text, "  - {}: {why}", names.who(&leaver.facts));
    }
}
