//! What is known of people and classes: the same form for the roll and for a roster, so that they can be
//! compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use kernel::{BadText, Role, Year};

/// The identifier by which the system that keeps the pupil data knows a person or class (OneRoster's
/// `sourcedId`). Never blank, at most 255 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutsideId(String);

impl OutsideId {
    /// Reads an identifier. Space around it does not belong to it.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        let ok = !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control);
        if ok {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadText::new(text, "an identifier of 1 to 255 characters without control characters"))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutsideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As what somebody belongs to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Learns in it.
    Pupil,
    /// Teaches it and answers for its pupils: the class teacher of a registration class.
    ClassTeacher,
    /// Teaches it.
    Teacher,
    /// Helps in it.
    Helper,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Pupil, Self::ClassTeacher, Self::Teacher, Self::Helper];

    /// The word in the store.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pupil => "pupil",
            Self::ClassTeacher => "class-teacher",
            Self::Teacher => "teacher",
            Self::Helper => "helper",
        }
    }

    /// Reads the word of the store.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        Self::ALL
            .into_iter()
            .find(|part| part.id() == text)
            .ok_or_else(|| BadText::new(text, "a part in a class: `pupil`, `class-teacher`, `teacher` or `helper`"))
    }

    /// As a person says it, of somebody in a class.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pupil => "pupil",
            Self::ClassTeacher => "class teacher",
            Self::Teacher => "teacher",
            Self::Helper => "helper",
        }
    }
}

/// What is known of one person. Printing it for debugging shows no name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PersonFacts {
    /// The name by which the person is called.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// The username, small letters.
    pub username: String,
    /// The address of mail, where one is known.
    pub email: Option<String>,
    /// The roles that the roster gives. Responsibilities that the school gives are not among them.
    pub roles: BTreeSet<Role>,
    /// The year of a pupil.
    pub year: Option<Year>,
    /// The classes with the part in each.
    pub classes: BTreeMap<OutsideId, Part>,
    /// The children whose parent or carer the person is.
    pub children: BTreeSet<OutsideId>,
    /// Whether the person may use the school's systems: `enabledUser` in a roster, an open account on the roll.
    pub enabled: bool,
}

impl fmt::Debug for PersonFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonFacts")
            .field("roles", &self.roles)
            .field("year", &self.year)
            .field("classes", &self.classes)
            .field("children", &self.children)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

impl PersonFacts {
    /// Given name and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// What is known of one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassFacts {
    /// The name that the school uses: "5B".
    pub name: String,
    /// The year, where the class has one.
    pub year: Option<Year>,
}

/// The people and classes of a school that a roster can speak of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roll {
    /// People at the school now.
    pub people: BTreeMap<OutsideId, PersonFacts>,
    /// Classes that are open now.
    pub classes: BTreeMap<OutsideId, ClassFacts>,
    /// People who left and whose rows are still kept.
    pub left: BTreeSet<OutsideId>,
    /// Usernames, small letters, of those whom no roster speaks of, and of those who left (by whom, where known).
    pub reserved: BTreeMap<String, Option<OutsideId>>,
}

/// Which version of OneRoster a folder says that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Roles stand in `users.csv`.
    V1_1,
    /// Roles stand in `roles.csv`.
    V1_2,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        })
    }
}

/// How complete a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The file is not there: nothing is said of its things.
    #[default]
    Absent,
    /// Everything is in the file; what is not in it is no more.
    Bulk,
    /// Only what changed is in the file.
    Delta,
}

/// How complete the files are that change the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modes {
    /// `users.csv`.
    pub users: Mode,
    /// `roles.csv`, of 1.2.
    pub roles: Mode,
    /// `classes.csv`.
    pub classes: Mode,
    /// `enrollments.csv`.
    pub enrolments: Mode,
}

/// A row, or a part of one, that is not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusedRow {
    /// The file.
    pub file: String,
    /// The line in it that the row begins on; the headings are line 1.
    pub line: u64,
    /// Why, as the end of a sentence.
    pub reason: String,
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.reason)
    }
}

/// What a folder of OneRoster files says, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The version that the files follow.
    pub version: Version,
    /// How complete they are.
    pub modes: Modes,
    /// The name of the school in the files.
    pub school: String,
    /// People, without their classes and children (these stand in `members` and `relations`).
    pub people: BTreeMap<OutsideId, PersonFacts>,
    /// People whom the files take out.
    pub gone: BTreeSet<OutsideId>,
    /// Classes.
    pub classes: BTreeMap<OutsideId, ClassFacts>,
    /// The registration classes among them, whose teachers answer for their pupils.
    pub registration: BTreeSet<OutsideId>,
    /// Classes that the files take out.
    pub closed: BTreeSet<OutsideId>,
    /// Who belongs to which class, by (class, person).
    pub members: BTreeMap<(OutsideId, OutsideId), Enrolment>,
    /// Who belongs to a class no more: (class, person).
    pub unenrolled: BTreeSet<(OutsideId, OutsideId)>,
    /// Who is related to whom. Which of the two is the parent shows by their roles.
    pub relations: Vec<Related>,
    /// Roles that `roles.csv` takes away in a delta: (person, role).
    pub lost_roles: BTreeSet<(OutsideId, Role)>,
    /// People whose row is refused. Nobody leaves the roll because of a slip of the pen.
    pub held_back: BTreeSet<OutsideId>,
    /// Where each person's row stands, for what only the roll can show to be wrong.
    pub lines: BTreeMap<OutsideId, u64>,
    /// Where each class's row stands.
    pub class_lines: BTreeMap<OutsideId, u64>,
    /// Rows that are not taken.
    pub refused: Vec<RefusedRow>,
    /// Rows that are taken, but should be looked at.
    pub warnings: Vec<RefusedRow>,
}

/// A part in a class, and the line that gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolment {
    /// As what.
    pub part: Part,
    /// The line of `enrollments.csv`.
    pub line: u64,
}

/// A relation that the row of `one` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Whose row it is.
    pub one: OutsideId,
    /// The person it names.
    pub other: OutsideId,
    /// The line of `users.csv`.
    pub line: u64,
}
