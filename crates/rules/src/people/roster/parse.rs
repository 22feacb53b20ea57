//! OneRoster files into a [`Roster`]. A fault of a whole file refuses the import; a fault of a row refuses the
//! row, with its file, line and reason.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kernel::Year;

use super::{
    Files, Mode, Modes, OutsideId, RefusedRow, Roster, Version, enrolments,
    manifest::{Manifest, ManifestError},
    table::{self, Column, Row, Table, TableError},
    text::Encoding,
    users,
};

/// What the reader cannot know from the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The day on which it is read: roles, terms and enrolments count where they hold on it.
    pub today: Date,
    /// The school, where the files hold several: its `sourcedId` or `identifier` in `orgs.csv`.
    pub school: Option<String>,
}

/// Why a roster as a whole is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// The manifest is wrong, or a file that it promises is not there.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The files hold no school.
    #[error("orgs.csv has no row of type `school`")]
    NoSchool,
    /// The files hold several schools.
    #[error("orgs.csv has {count} schools: say which one by its sourcedId or identifier ({some})")]
    WhichSchool {
        /// How many.
        count: usize,
        /// The first few identifiers.
        some: String,
    },
    /// The files do not hold the school asked for.
    #[error("orgs.csv has no school `{wanted}`")]
    OtherSchool {
        /// What was asked for.
        wanted: String,
    },
    /// Not one person was read.
    #[error("users.csv has no person of this school whom Gatehouse can take ({refused} rows refused{first})")]
    Nobody {
        /// How many rows were refused.
        refused: usize,
        /// The first of them, in words.
        first: String,
    },
}

/// Reads `files`.
pub fn parse(files: &Files, wanted: &Wanted) -> Result<Roster, RosterError> {
    let manifest = Manifest::read(files)?;
    let mut notes = Notes::default();
    let school = find_school(files, &manifest, wanted, &mut notes)?;
    let current_terms = read_terms(files, &manifest, wanted.today, &mut notes)?;
    let mut roster = Roster {
        version: manifest.version,
        modes: Modes::default(),
        school: school.name.clone(),
        people: BTreeMap::new(),
        gone: BTreeSet::new(),
        classes: BTreeMap::new(),
        registration: BTreeSet::new(),
        closed: BTreeSet::new(),
        members: BTreeMap::new(),
        unenrolled: BTreeSet::new(),
        relations: Vec::new(),
        lost_roles: BTreeSet::new(),
        held_back: BTreeSet::new(),
        lines: BTreeMap::new(),
        class_lines: BTreeMap::new(),
        refused: Vec::new(),
        warnings: Vec::new(),
    };
    users::read(files, &manifest, wanted.today, &school, &mut roster, &mut notes)?;
    enrolments::read(files, &manifest, wanted.today, &school, &current_terms, &mut roster, &mut notes)?;
    notes.refused.sort();
    notes.warnings.sort();
    if roster.modes.users == Mode::Bulk && roster.people.is_empty() {
        let first = notes.refused.first().map_or(String::new(), |row| format!("; the first: {row}"));
        return Err(RosterError::Nobody { refused: notes.refused.len(), first });
    }
    roster.refused = notes.refused;
    roster.warnings = notes.warnings;
    Ok(roster)
}

/// What is found wrong on the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) refused: Vec<RefusedRow>,
    pub(super) warnings: Vec<RefusedRow>,
}

impl Notes {
    pub(super) fn refuse(&mut self, file: &str, line: u64, reason: impl Into<String>) {
        self.refused.push(RefusedRow { file: file.to_owned(), line, reason: reason.into() });
    }

    pub(super) fn warn(&mut self, file: &str, line: u64, reason: impl Into<String>) {
        self.warnings.push(RefusedRow { file: file.to_owned(), line, reason: reason.into() });
    }

    /// Reads a table, and keeps what is wrong with it.
    pub(super) fn read<const N: usize>(
        &mut self,
        file: &str,
        bytes: &[u8],
        columns: [Column; N],
    ) -> Result<Vec<Row<N>>, TableError> {
        let Table { encoding, rows, refused } = table::read(file, bytes, columns)?;
        self.refused.extend(refused);
        match encoding {
            Encoding::Utf8 => {}
            Encoding::Windows1252 => {
                self.warn(file, 1, "the file is not UTF-8 and was read as Windows-1252: look at names with accents");
            }
        }
        Ok(rows)
    }
}

/// Whether a row stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    ToBeDeleted,
}

/// Reads `status`. In a bulk file it is blank; some systems write it all the same.
pub(super) fn status(text: &str) -> Result<Status, String> {
    match text {
        "" | "active" => Ok(Status::Active),
        // `inactive` is of 1.0, where it meant the same.
        "tobedeleted" | "inactive" => Ok(Status::ToBeDeleted),
        _ => Err(format!("the status `{text}` is neither `active` nor `tobedeleted`")),
    }
}

/// Reads a date, with or without a time behind it. None for a blank one.
pub(super) fn date(text: &str) -> Result<Option<Date>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.get(..10).unwrap_or(text);
    day.parse().map(Some).map_err(|_| format!("`{text}` is not a date such as 2026-09-01"))
}

/// Whether `today` lies between two dates, either of which may be open. The standard counts `endDate` as the
/// first day after, many systems as the last day: here it still holds on it.
pub(super) fn holds(today: Date, begin: &str, end: &str) -> Result<bool, String> {
    let (begin, end) = (date(begin)?, date(end)?);
    Ok(begin.is_none_or(|begin| begin <= today) && end.is_none_or(|end| today <= end))
}

/// A list of references: `a,b` within one value.
pub(super) fn references(text: &str) -> impl Iterator<Item = OutsideId> {
    text.split(',').filter_map(|part| OutsideId::parse(part).ok())
}

/// The first grade of a list that names a year.
pub(super) fn year_of(grades: &str) -> Option<Year> {
    grades.split(',').find_map(Year::from_grade)
}

/// The school of the import, and all orgs whose rows are its own.
#[derive(Debug, Clone)]
pub(super) struct SchoolOrg {
    pub(super) name: String,
    /// The school, and the departments below it.
    pub(super) orgs: BTreeSet<OutsideId>,
}

fn find_school(
    files: &Files,
    manifest: &Manifest,
    wanted: &Wanted,
    notes: &mut Notes,
) -> Result<SchoolOrg, RosterError> {
    let (_, bytes) = manifest.needed(files, "orgs")?;
    let columns = [
        Column::Needed("sourcedId"),
        Column::Needed("name"),
        Column::Needed("type"),
        Column::Optional("identifier"),
        Column::Optional("parentSourcedId"),
        Column::Optional("status"),
    ];
    let mut schools: BTreeMap<OutsideId, (String, String)> = BTreeMap::new();
    let mut parents = Vec::new();
    for row in notes.read("orgs.csv", bytes, columns)? {
        let [id, name, kind, identifier, parent, state] = row.values;
        let (id, state) = match (OutsideId::parse(&id), status(&state)) {
            (Ok(id), Ok(state)) => (id, state),
            (Err(bad), _) => {
                notes.refuse("orgs.csv", row.line, format!("`sourcedId`: {bad}"));
                continue;
            }
            (_, Err(bad)) => {
                notes.refuse("orgs.csv", row.line, bad);
                continue;
            }
        };
        if state == Status::ToBeDeleted {
            continue;
        }
        if let Ok(parent) = OutsideId::parse(&parent) {
            parents.push((id.clone(), parent));
        }
        if kind == "school" {
            if schools.contains_key(&id) {
                notes.refuse("orgs.csv", row.line, format!("the sourcedId `{id}` is there twice"));
                continue;
            }
            schools.insert(id, (name, identifier));
        }
    }
    let (id, name) = match (&wanted.school, schools.len()) {
        (Some(wanted), _) => {
            let found = schools.iter().find(|(id, (_, identifier))| id.as_str() == wanted || identifier == wanted);
            found
                .map(|(id, (name, _))| (id.clone(), name.clone()))
                .ok_or_else(|| RosterError::OtherSchool { wanted: wanted.clone() })?
        }
        (None, 0 | 1) => {
            schools.iter().next().map(|(id, (name, _))| (id.clone(), name.clone())).ok_or(RosterError::NoSchool)?
        }
        (None, count) => {
            let some = schools.keys().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(RosterError::WhichSchool { count, some });
        }
    };
    let mut orgs = BTreeSet::from([id]);
    // Departments may lie below departments; each round takes one more level, and no more than there are rows.
    for _ in 0..parents.len() {
        let before = orgs.len();
        for (child, parent) in &parents {
            if orgs.contains(parent) {
                orgs.insert(child.clone());
            }
        }
        if orgs.len() == before {
            break;
        }
    }
    Ok(SchoolOrg { name, orgs })
}

/// The academic sessions with whether they are not over yet; none where the file is absent.
fn read_terms(
    files: &Files,
    manifest: &Manifest,
    today: Date,
    notes: &mut Notes,
) -> Result<BTreeMap<OutsideId, bool>, RosterError> {
    const FILE: &str = "academicSessions.csv";
    let Some((_, bytes)) = manifest.file(files, "academicSessions")? else { return Ok(BTreeMap::new()) };
    let columns = [Column::Needed("sourcedId"), Column::Needed("endDate"), Column::Optional("status")];
    let mut terms = BTreeMap::new();
    for row in notes.read(FILE, bytes, columns)? {
        let [id, end, state] = row.values;
        match (OutsideId::parse(&id), date(&end), status(&state)) {
            (Ok(id), Ok(end), Ok(state)) => {
                let current = state == Status::Active && end.is_none_or(|end| today <= end);
                terms.insert(id, current);
            }
            (Err(bad), _, _) => notes.refuse(FILE, row.line, format!("`sourcedId`: {bad}")),
            (_, Err(bad), _) | (_, _, Err(bad)) => notes.refuse(FILE, row.line, bad),
        }
    }
    Ok(terms)
}

impl Version {
    /// Whether roles stand in a file of their own.
    pub(super) fn has_roles_file(self) -> bool {
        match self {
            Self::V1_1 => false,
            Self::V1_2 => true,
        }
    }
}
