//! The map of what is taught: skills down, years or classes across, and in each cell how far it is.
//!
//! A skill is a clause that says that something is taught; a lesson is an entry of the register for it. Everything here is
//! worked out from values, so that the tests are tables.

mod enter;
pub mod pages;
mod read;
mod year;

use std::collections::BTreeMap;

use engines::Offer;
use jiff::civil::Date;
use kernel::{Audience, Capacity, Every, Subject, Year};
use uuid::Uuid;

pub use year::SchoolYear;

/// The register.
pub const CONTROL: &str = "learning.curriculum";
/// The address of its list.
pub(crate) const LIST: &str = "/registers/learning/curriculum";

/// What the list of the register leads to.
pub(crate) const OFFERS: [Offer; 1] = [Offer {
    control: CONTROL,
    title: "The map: what is taught where",
    href: "/registers/learning/curriculum/map",
    writes: false,
}];

/// How far a class is with a skill; the later is the further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Nothing is entered.
    NotPlanned,
    /// It is in the plan, and its day may have passed.
    Planned,
    /// It was taught.
    Taught,
    /// It was taught, and what the class took from it was found out.
    Assessed,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::NotPlanned, Self::Planned, Self::Taught, Self::Assessed];

    /// The word in a cell.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotPlanned => "Not planned",
            Self::Planned => "Planned",
            Self::Taught => "Taught",
            Self::Assessed => "Assessed",
        }
    }

    /// Its picture in the sprite of the page, and the end of its class.
    pub fn look(self) -> &'static str {
        match self {
            Self::NotPlanned => "gap",
            Self::Planned => "planned",
            Self::Taught => "taught",
            Self::Assessed => "assessed",
        }
    }

    /// As the register calls it. What has no state that is known here is in the plan, unless it has a day on which it
    /// was taught.
    pub fn of(state: Option<&str>, taught: bool) -> Self {
        match (state, taught) {
            (Some("assessed"), _) => Self::Assessed,
            (Some("taught"), _) | (_, true) => Self::Taught,
            (_, false) => Self::Planned,
        }
    }
}

/// Something that is taught: a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// The label of the clause.
    pub label: String,
    /// "4.2.1".
    pub number: String,
    /// What it says.
    pub text: String,
    /// The section of the policy that it stands in.
    pub section: String,
    /// Whom it is for; none means every class.
    pub who: Option<Audience>,
    /// Who is excepted.
    pub except: Option<Audience>,
    /// For how long a lesson serves, counted in whole school years.
    pub every: Every,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// "5B".
    pub name: String,
    /// Its year, where it has one.
    pub year: Option<Year>,
    /// What audiences ask of its pupils.
    pub pupils: Vec<Subject>,
}

impl Class {
    /// Whether a skill is for this class: for any of its pupils, or for a pupil of its year.
    pub fn is_for(&self, skill: &Skill) -> bool {
        let Some(who) = &skill.who else { return true };
        let meant = |subject: &Subject| {
            who.contains(subject) && !skill.except.as_ref().is_some_and(|except| except.contains(subject))
        };
        self.pupils.iter().any(meant) || meant(&self.usual())
    }

    /// A pupil of the class of whom nothing else is known.
    fn usual(&self) -> Subject {
        let mut subject = Subject { year: self.year, ..Subject::default() };
        subject.classes.insert(self.name.clone());
        subject.roles.insert(kernel::Role::Pupil);
        debug_assert!(subject.has_capacity(Capacity::Pupil));
        subject
    }
}

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The entry.
    pub id: Uuid,
    /// The clause that it is for.
    pub clause: String,
    /// The class.
    pub class: String,
    /// How far it is.
    pub stage: Stage,
    /// When it was taught, else for when it is planned.
    pub day: Date,
    /// The strands that it teaches, by name.
    pub strands: Vec<String>,
}

/// What stands above a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heading {
    /// A year with its classes.
    Year(Year),
    /// Classes without a year.
    Mixed,
    /// One class.
    Class(String),
}

impl Heading {
    /// "Year 5", "5B".
    pub fn title(&self) -> String {
        match self {
            Self::Year(year) => year.title(),
            Self::Mixed => "Mixed years".to_owned(),
            Self::Class(name) => name.clone(),
        }
    }
}

/// How many classes are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [usize; 4],
}

impl Tally {
    fn slot(&mut self, stage: Stage) -> Option<&mut usize> {
        self.counts.get_mut(stage as usize)
    }

    /// Counts one more.
    pub fn add(&mut self, stage: Stage) {
        if let Some(slot) = self.slot(stage) {
            *slot += 1;
        }
    }

    /// Counts all of another.
    pub fn merge(&mut self, other: Self) {
        for (own, more) in self.counts.iter_mut().zip(other.counts) {
            *own += more;
        }
    }

    /// How many are at this stage.
    pub fn at(self, stage: Stage) -> usize {
        self.counts.get(stage as usize).copied().unwrap_or(0)
    }

    /// How many it is for.
    pub fn of(self) -> usize {
        self.counts.iter().sum()
    }

    /// How many have been taught it.
    pub fn taught(self) -> usize {
        self.at(Stage::Taught) + self.at(Stage::Assessed)
    }

    /// The stage that all have reached; none where it is for nobody.
    pub fn least(self) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| self.at(*stage) > 0)
    }

    /// "2 of 3 taught", "Planned", "1 of 3 planned"; nothing where it is for nobody.
    pub fn says(self) -> String {
        let of = self.of();
        let some = |count: usize, word: &str| format!("{count} of {of} {word}");
        let planned = self.taught() + self.at(Stage::Planned);
        match self.least() {
            None => String::new(),
            Some(stage) if self.at(stage) == of => stage.word().to_owned(),
            Some(Stage::Taught | Stage::Assessed) => some(self.at(Stage::Assessed), "assessed"),
            Some(Stage::NotPlanned | Stage::Planned) if self.taught() > 0 => some(self.taught(), "taught"),
            Some(Stage::NotPlanned | Stage::Planned) => some(planned, "planned"),
        }
    }
}

/// Where a skill and a column meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// How far the classes of the column are.
    pub tally: Tally,
    /// The lesson that is furthest, where the column is one class.
    pub lesson: Option<(Uuid, Date)>,
    /// Whether a day for which it is planned has passed.
    pub late: bool,
}

/// A skill with its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place among the skills.
    pub skill: usize,
    /// One cell a column.
    pub cells: Vec<Cell>,
    /// All cells together.
    pub tally: Tally,
}

/// Rows under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// Its rows.
    pub rows: Vec<Row>,
    /// All rows together.
    pub tally: Tally,
}

/// The map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// What stands above the columns, each with all its cells together.
    pub columns: Vec<(Heading, Tally)>,
    /// The rows.
    pub groups: Vec<Group>,
    /// Each skill once, in each column.
    pub tally: Tally,
}

/// How rows are grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// By section of the policy.
    Section,
    /// By strand of the framework: names with titles, in their order. A skill stands under each strand that its lessons
    /// teach, and under a heading of its own while none is known.
    Strand(Vec<(String, String)>),
}

/// What stands in the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    /// A column a year.
    Years,
    /// A column a class of this year; classes without a year where there is none.
    Classes(Option<Year>),
}

/// The heading of skills whose strand no lesson has said yet.
pub const NO_STRAND: &str = "Strand not yet entered";

/// Draws the map of a school year, seen on `today`.
pub fn draw(
    skills: &[Skill],
    classes: &[Class],
    lessons: &[Lesson],
    (year, today): (SchoolYear, Date),
    across: Across,
    by: &By,
) -> Map {
    let columns = columns(classes, across);
    let mut furthest: BTreeMap<(&str, &str), &Lesson> = BTreeMap::new();
    let mut strands: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for lesson in lessons {
        strands.entry(&lesson.clause).or_default().extend(lesson.strands.iter().map(String::as_str));
        let serves = skills.iter().find(|skill| skill.label == lesson.clause);
        if !serves.is_some_and(|skill| year.is_served(lesson.day, skill.every)) {
            continue;
        }
        let best = furthest.entry((&lesson.clause, &lesson.class)).or_insert(lesson);
        if (best.stage, best.day) < (lesson.stage, lesson.day) {
            *best = lesson;
        }
    }
    let mut totals = vec![Tally::default(); columns.len()];
    let mut all = Tally::default();
    let mut rows = Vec::new();
    for (nth, skill) in skills.iter().enumerate() {
        let mut row = Row { skill: nth, cells: Vec::new(), tally: Tally::default() };
        for ((_, own), total) in columns.iter().zip(&mut totals) {
            let cell = cell(skill, own, &furthest, today);
            total.merge(cell.tally);
            row.tally.merge(cell.tally);
            row.cells.push(cell);
        }
        all.merge(row.tally);
        rows.push(row);
    }
    let columns = columns.into_iter().zip(totals).map(|((heading, _), total)| (heading, total)).collect();
    Map { columns, groups: groups(skills, rows, &strands, by), tally: all }
}

fn cell(skill: &Skill, classes: &[&Class], furthest: &BTreeMap<(&str, &str), &Lesson>, today: Date) -> Cell {
    let mut cell = Cell { tally: Tally::default(), lesson: None, late: false };
    for class in classes.iter().filter(|class| class.is_for(skill)) {
        let lesson = furthest.get(&(skill.label.as_str(), class.name.as_str()));
        cell.tally.add(lesson.map_or(Stage::NotPlanned, |lesson| lesson.stage));
        cell.late |= lesson.is_some_and(|lesson| lesson.stage == Stage::Planned && lesson.day < today);
        if classes.len() == 1 {
            cell.lesson = lesson.map(|lesson| (lesson.id, lesson.day));
        }
    }
    cell
}

fn columns(classes: &[Class], across: Across) -> Vec<(Heading, Vec<&Class>)> {
    match across {
        Across::Classes(year) => classes
            .iter()
            .filter(|class| class.year == year)
            .map(|class| (Heading::Class(class.name.clone()), vec![class]))
            .collect(),
        Across::Years => {
            let mut years: BTreeMap<Option<Year>, Vec<&Class>> = BTreeMap::new();
            for class in classes {
                years.entry(class.year).or_default().push(class);
            }
            let mixed = years.remove(&None).map(|own| (Heading::Mixed, own));
            let named = years.into_iter().filter_map(|(year, own)| Some((Heading::Year(year?), own)));
            named.chain(mixed).collect()
        }
    }
}

fn groups(skills: &[Skill], rows: Vec<Row>, strands: &BTreeMap<&str, Vec<&str>>, by: &By) -> Vec<Group> {
    let mut groups: Vec<Group> = match by {
        By::Section => Vec::new(),
        By::Strand(names) => {
            let titles = names.iter().map(|(_, title)| title.clone()).chain([NO_STRAND.to_owned()]);
            titles.map(|title| Group { title, rows: Vec::new(), tally: Tally::default() }).collect()
        }
    };
    for row in rows {
        let Some(skill) = skills.get(row.skill) else { continue };
        let titles: Vec<String> = match by {
            By::Section => vec![skill.section.clone()],
            By::Strand(names) => {
                let own = strands.get(skill.label.as_str()).map(Vec::as_slice).unwrap_or_default();
                let known = names.iter().filter(|(name, _)| own.contains(&name.as_str()));
                let titles: Vec<String> = known.map(|(_, title)| title.clone()).collect();
                if titles.is_empty() { vec![NO_STRAND.to_owned()] } else { titles }
            }
        };
        for title in titles {
            let at = groups.iter().position(|group| group.title == title).unwrap_or_else(|| {
                groups.push(Group { title, rows: Vec::new(), tally: Tally::default() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.tally.merge(row.tally);
                group.rows.push(row.clone());
            }
        }
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}

#[cfg(test)]
mod tests;
