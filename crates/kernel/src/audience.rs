//! Whom a clause binds: `Audience`, and the facts of a person that it asks for.

use std::{collections::BTreeSet, fmt};

use jiff::civil::Date;

use crate::{BadText, Capacity, KeyStage, Role, Year, place::is_word};

/// One group of people that a clause can name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudienceAtom {
    /// Everybody, known or not.
    Everyone,
    /// Everybody in one capacity: `staff`, `pupils`, `governors`, `parents`, `volunteers`, `contractors`, `guests`, `outside`.
    All(Capacity),
    /// Years from one to another, both included: `year-3..year-6`; one year where both are equal.
    Years(Year, Year),
    /// A key stage: `ks1`.
    Stage(KeyStage),
    /// One class by its name: `class:5B`.
    Class(String),
    /// Holders of a role: `role:headteacher`.
    Role(Role),
    /// A group that the school keeps: `group:filter-team`.
    Group(String),
    /// Those who joined the school within the last year.
    Joiners,
    /// Those who stand in a relation to the person whom the clause is about: `parent-of:subject`.
    Relation(Relation),
}

/// How a person stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Parent or carer of the subject.
    Parent,
    /// Class teacher of the subject.
    ClassTeacher,
    /// Line manager of the subject.
    LineManager,
    /// The subject.
    Own,
}

const CAPACITIES: [(Capacity, &str); 8] = [
    (Capacity::Staff, "staff"),
    (Capacity::Pupil, "pupils"),
    (Capacity::Governor, "governors"),
    (Capacity::Parent, "parents"),
    (Capacity::Volunteer, "volunteers"),
    (Capacity::Contractor, "contractors"),
    (Capacity::Guest, "guests"),
    (Capacity::Outside, "outside"),
];

const RELATIONS: [(Relation, &str); 4] = [
    (Relation::Parent, "parent-of:subject"),
    (Relation::ClassTeacher, "class-teacher-of:subject"),
    (Relation::LineManager, "line-manager-of:subject"),
    (Relation::Own, "subject"),
];

/// How narrow a rule's audience is; the narrower rule wins. Least is narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breadth {
    /// One person.
    Person,
    /// A named group.
    Group,
    /// A class, or the holders of a role.
    ClassOrRole,
    /// A year, or several.
    Year,
    /// A key stage or a capacity such as staff.
    Stage,
    /// Everyone.
    All,
}

/// What an audience asks of a person. For unknown people it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The roles that the person holds.
    pub roles: BTreeSet<Role>,
    /// The year group of a pupil.
    pub year: Option<Year>,
    /// Names of the classes that the person belongs to.
    pub classes: BTreeSet<String>,
    /// Names of the groups that the person belongs to.
    pub groups: BTreeSet<String>,
    /// Whether the person joined the school within the last year.
    pub joiner: bool,
}

impl Subject {
    /// Whether the person meets the school in `capacity`.
    pub fn has_capacity(&self, capacity: Capacity) -> bool {
        self.roles.iter().any(|role| role.capacity() == capacity)
    }

    /// Whether somebody who joined on `joined` still is a joiner on `today`.
    pub fn is_joiner(joined: Date, today: Date) -> bool {
        joined.saturating_add(jiff::Span::new().years(1)) > today
    }
}

impl AudienceAtom {
    /// Reads one group as a policy writes it.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let bad = || {
            BadText::new(
                text,
                "an audience such as `everyone`, `staff`, `pupils`, `ks1`, `year-3..year-6`, `class:5B`, `role:headteacher` or `group:NAME`",
            )
        };
        if text == "everyone" {
            return Ok(Self::Everyone);
        }
        if text == "joiners" {
            return Ok(Self::Joiners);
        }
        if let Some((capacity, _)) = CAPACITIES.iter().find(|row| row.1 == text) {
            return Ok(Self::All(*capacity));
        }
        if let Some((relation, _)) = RELATIONS.iter().find(|row| row.1 == text) {
            return Ok(Self::Relation(*relation));
        }
        if let Some(name) = text.strip_prefix("class:") {
            let ok = !name.trim().is_empty()
                && name.trim() == name
                && name.chars().count() <= 60
                && !name.chars().any(char::is_control);
            return if ok { Ok(Self::Class(name.to_owned())) } else { Err(bad()) };
        }
        if let Some(name) = text.strip_prefix("group:") {
            return if is_word(name) { Ok(Self::Group(name.to_owned())) } else { Err(bad()) };
        }
        if let Some(name) = text.strip_prefix("role:") {
            return Role::parse(name).map(Self::Role);
        }
        if let Ok(stage) = KeyStage::parse(text) {
            return Ok(Self::Stage(stage));
        }
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        match (Year::parse(from), Year::parse(to)) {
            (Ok(from), Ok(to)) if from <= to => Ok(Self::Years(from, to)),
            _ => Err(bad()),
        }
    }

    /// Whether the group holds the person. A relation needs two people, so it never matches here.
    pub fn contains(&self, subject: &Subject) -> bool {
        match self {
            Self::Everyone => true,
            Self::All(capacity) => subject.has_capacity(*capacity),
            Self::Years(from, to) => {
                subject.has_capacity(Capacity::Pupil) && subject.year.is_some_and(|year| *from <= year && year <= *to)
            }
            Self::Stage(stage) => {
                subject.has_capacity(Capacity::Pupil) && subject.year.is_some_and(|year| year.key_stage() == *stage)
            }
            Self::Class(name) => subject.classes.contains(name),
            Self::Role(role) => subject.roles.contains(role),
            Self::Group(name) => subject.groups.contains(name),
            Self::Joiners => subject.joiner,
            Self::Relation(_) => false,
        }
    }

    /// How narrow the group is.
    pub fn breadth(&self) -> Breadth {
        match self {
            Self::Everyone => Breadth::All,
            Self::All(_) | Self::Stage(_) | Self::Joiners => Breadth::Stage,
            Self::Years(..) => Breadth::Year,
            Self::Class(_) | Self::Role(_) => Breadth::ClassOrRole,
            Self::Group(_) => Breadth::Group,
            Self::Relation(_) => Breadth::Person,
        }
    }

    /// Whether somebody could be in both groups. Where that cannot be known, they could.
    pub fn overlaps(&self, other: &Self) -> bool {
        use AudienceAtom::{All, Class, Everyone, Group, Joiners, Relation, Role, Stage, Years};
        match (self.years(), other.years()) {
            (Some(one), Some(two)) => return one.iter().any(|year| two.contains(year)),
            (Some(_), None) => return other.overlaps_pupils(),
            (None, Some(_)) => return self.overlaps_pupils(),
            (None, None) => {}
        }
        match (self, other) {
            (All(one), All(two)) => one == two,
            (All(one), Role(two)) | (Role(two), All(one)) => two.capacity() == *one,
            (Everyone | Class(_) | Group(_) | Joiners | Relation(_) | All(_) | Role(_) | Years(..) | Stage(_), _) => {
                true
            }
        }
    }

    /// The years that the group is made of, where it is made of years.
    fn years(&self) -> Option<Vec<Year>> {
        match self {
            Self::Years(from, to) => Some(Year::all().filter(|year| from <= year && year <= to).collect()),
            Self::Stage(stage) => Some(Year::all().filter(|year| year.key_stage() == *stage).collect()),
            Self::Everyone
            | Self::All(_)
            | Self::Class(_)
            | Self::Role(_)
            | Self::Group(_)
            | Self::Joiners
            | Self::Relation(_) => None,
        }
    }

    fn overlaps_pupils(&self) -> bool {
        match self {
            Self::All(capacity) => *capacity == Capacity::Pupil,
            Self::Role(role) => role.capacity() == Capacity::Pupil,
            Self::Everyone
            | Self::Years(..)
            | Self::Stage(_)
            | Self::Class(_)
            | Self::Group(_)
            | Self::Joiners
            | Self::Relation(_) => true,
        }
    }

    /// As a person says it: "pupils in Years 3 to 6". Roles take the school's titles from `titles`.
    pub fn in_words(&self, titles: &dyn Fn(Role) -> String) -> String {
        match self {
            Self::Everyone => "everyone".to_owned(),
            Self::All(capacity) => match capacity {
                Capacity::Staff => "staff",
                Capacity::Pupil => "pupils",
                Capacity::Governor => "governors",
                Capacity::Parent => "parents and carers",
                Capacity::Volunteer => "volunteers",
                Capacity::Contractor => "contractors",
                Capacity::Guest => "guests",
                Capacity::Outside => "outside users",
            }
            .to_owned(),
            Self::Years(from, to) if from == to => format!("pupils in {}", from.title()),
            Self::Years(from, to) => format!("pupils from {} to {}", from.title(), to.title()),
            Self::Stage(KeyStage::Early) => "pupils in the early years".to_owned(),
            Self::Stage(stage) => format!("pupils in {}", stage.to_string().to_uppercase()),
            Self::Class(name) => format!("class {name}"),
            Self::Role(role) => format!("the {}", titles(*role)),
            Self::Group(name) => format!("the group {}", name.replace('-', " ")),
            Self::Joiners => "those who joined within the last year".to_owned(),
            Self::Relation(relation) => match relation {
                Relation::Parent => "the child's parents and carers",
                Relation::ClassTeacher => "the child's class teacher",
                Relation::LineManager => "the person's line manager",
                Relation::Own => "the person concerned",
            }
            .to_owned(),
        }
    }
}

impl fmt::Display for AudienceAtom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::All(capacity) => {
                let word = CAPACITIES.iter().find(|row| row.0 == *capacity).map_or("", |row| row.1);
                f.write_str(word)
            }
            Self::Years(from, to) if from == to => from.fmt(f),
            Self::Years(from, to) => write!(f, "{from}..{to}"),
            Self::Stage(stage) => stage.fmt(f),
            Self::Class(name) => write!(f, "class:{name}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Joiners => f.write_str("joiners"),
            Self::Relation(relation) => {
                let word = RELATIONS.iter().find(|row| row.0 == *relation).map_or("", |row| row.1);
                f.write_str(word)
            }
        }
    }
}

impl std::str::FromStr for AudienceAtom {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::parse(text)
    }
}

/// Whom a clause binds: any of its groups. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Audience(Vec<AudienceAtom>);

impl Audience {
    /// Everybody.
    pub fn everyone() -> Self {
        Self(vec![AudienceAtom::Everyone])
    }

    /// One group.
    pub fn of(atom: AudienceAtom) -> Self {
        Self(vec![atom])
    }

    /// Several groups, where there is at least one.
    pub fn any(atoms: Vec<AudienceAtom>) -> Option<Self> {
        (!atoms.is_empty()).then_some(Self(atoms))
    }

    /// Reads a single group.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        AudienceAtom::parse(text).map(Self::of)
    }

    /// The groups.
    pub fn atoms(&self) -> &[AudienceAtom] {
        &self.0
    }

    /// Whether any of the groups holds the person.
    pub fn contains(&self, subject: &Subject) -> bool {
        self.0.iter().any(|atom| atom.contains(subject))
    }

    /// The narrowest breadth of the groups that hold the person; none where none does.
    pub fn breadth_for(&self, subject: &Subject) -> Option<Breadth> {
        self.0.iter().filter(|atom| atom.contains(subject)).map(AudienceAtom::breadth).min()
    }

    /// Whether somebody could be in both audiences.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().any(|one| other.0.iter().any(|two| one.overlaps(two)))
    }

    /// As a person says it: "staff and governors".
    pub fn in_words(&self, titles: &dyn Fn(Role) -> String) -> String {
        let words: Vec<_> = self.0.iter().map(|atom| atom.in_words(titles)).collect();
        match words.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }
}

impl serde::Serialize for Audience {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.collect_str(one),
            many => serializer.collect_seq(many.iter().map(ToString::to_string)),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Audience {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let atoms = crate::sites::one_or_many(deserializer)?;
        Self::any(atoms).ok_or_else(|| serde::de::Error::custom("an audience names at least one group"))
    }
}

impl schemars::JsonSchema for Audience {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Audience".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = serde_json_atom();
        schemars::json_schema!({
            "description": "Whom the clause binds: one group, or a list of groups of which any counts",
            "anyOf": [one, { "type": "array", "minItems": 1, "items": one }]
        })
    }
}

fn serde_json_atom() -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "examples": ["everyone", "staff", "pupils", "ks1", "year-3..year-6", "class:5B", "role:headteacher", "group:filter-team", "joiners", "parent-of:subject"]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(text: &str) -> AudienceAtom {
        AudienceAtom::parse(text).unwrap()
    }

    #[test]
    fn groups_read_back() {
        for text in [
            "everyone",
            "staff",
            "pupils",
            "guests",
            "volunteers",
            "contractors",
            "joiners",
            "ks1",
            "early-years",
            "year-3",
            "year-3..year-6",
            "class:5B",
            "role:headteacher",
            "group:filter-team",
            "parent-of:subject",
        ] {
            assert_eq!(atom(text).to_string(), text);
        }
        for bad in ["year-6..year-3", "class:", "role:king", "Staff", ""] {
            assert!(AudienceAtom::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn overlap_is_known_where_it_can_be() {
        #[track_caller]
        fn check(one: &str, two: &str, expected: bool) {
            assert_eq!(atom(one).overlaps(&atom(two)), expected, "{one} and {two}");
            assert_eq!(atom(two).overlaps(&atom(one)), expected, "{two} and {one}");
        }
        check("staff", "pupils", false);
        check("pupils", "year-3..year-6", true);
        check("ks1", "year-3..year-6", false);
        check("ks2", "year-6..year-8", true);
        check("staff", "role:headteacher", true);
        check("pupils", "role:headteacher", false);
        check("everyone", "guests", true);
        check("class:5B", "year-3", true);
        check("staff", "year-3", false);
    }

    #[test]
    fn the_narrowest_group_counts() {
        let pupil = Subject { roles: [Role::Pupil].into(), year: Year::numbered(5), ..Subject::default() };
        let who = Audience::any(vec![atom("pupils"), atom("year-5")]).unwrap();
        assert_eq!(who.breadth_for(&pupil), Some(Breadth::Year));
        assert_eq!(who.breadth_for(&Subject::default()), None);
    }
}
