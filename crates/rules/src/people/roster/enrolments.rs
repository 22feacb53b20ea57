//! `classes.csv` and `enrollments.csv`: which classes there are, and who belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{
    ClassFacts, Files, Mode, OutsideId, Part, Roster,
    facts::Enrolment,
    manifest::Manifest,
    parse::{Notes, RosterError, SchoolOrg, Status, holds, references, status, year_of},
    table::Column,
};

const CLASSES: &str = "classes.csv";
const ENROLMENTS: &str = "enrollments.csv";

pub(super) fn read(
    files: &Files,
    manifest: &Manifest,
    today: Date,
    school: &SchoolOrg,
    current_terms: &BTreeMap<OutsideId, bool>,
    roster: &mut Roster,
    notes: &mut Notes,
) -> Result<(), RosterError> {
    let mut elsewhere = BTreeSet::new();
    if let Some((mode, bytes)) = manifest.file(files, "classes")? {
        roster.modes.classes = mode;
        read_classes(bytes, school, current_terms, roster, &mut elsewhere, notes)?;
    }
    if let Some((mode, bytes)) = manifest.file(files, "enrollments")? {
        roster.modes.enrolments = mode;
        read_enrolments(bytes, today, school, roster, &elsewhere, notes)?;
    }
    Ok(())
}

fn read_classes(
    bytes: &[u8],
    school: &SchoolOrg,
    current_terms: &BTreeMap<OutsideId, bool>,
    roster: &mut Roster,
    elsewhere: &mut BTreeSet<OutsideId>,
    notes: &mut Notes,
) -> Result<(), RosterError> {
    let columns = [
        Column::Needed("sourcedId"),
        Column::Optional("status"),
        Column::Needed("title"),
        Column::Optional("grades"),
        Column::Needed("classType"),
        Column::Needed("schoolSourcedId"),
        Column::Optional("termSourcedIds"),
    ];
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    for row in notes.read(CLASSES, bytes, columns)? {
        let line = row.line;
        let [id, state, title, grades, kind, org, terms] = row.values;
        let id = match OutsideId::parse(&id) {
            Ok(id) => id,
            Err(bad) => {
                notes.refuse(CLASSES, line, format!("`sourcedId`: {bad}"));
                continue;
            }
        };
        if !OutsideId::parse(&org).is_ok_and(|org| school.orgs.contains(&org)) {
            elsewhere.insert(id);
            continue;
        }
        if roster.classes.contains_key(&id) || roster.closed.contains(&id) {
            notes.refuse(CLASSES, line, format!("the sourcedId `{id}` is there twice"));
            continue;
        }
        let over = {
            let mut known = references(&terms).filter_map(|term| current_terms.get(&term)).peekable();
            known.peek().is_some() && known.all(|current| !current)
        };
        match status(&state) {
            Ok(Status::Active) if !over => {}
            Ok(Status::Active | Status::ToBeDeleted) => {
                roster.closed.insert(id);
                continue;
            }
            Err(bad) => {
                notes.refuse(CLASSES, line, bad);
                continue;
            }
        }
        let registration = match kind.as_str() {
            "homeroom" => true,
            "scheduled" => false,
            _ => {
                notes.refuse(CLASSES, line, format!("the classType `{kind}` is neither `homeroom` nor `scheduled`"));
                continue;
            }
        };
        if title.is_empty() || title.chars().count() > 60 {
            notes.refuse(CLASSES, line, "`title` is blank or longer than 60 characters");
            continue;
        }
        if let Some(other) = names.get(&title) {
            notes.refuse(
                CLASSES,
                line,
                format!(
                    "the title `{title}` stands at line {other} too: a policy could not tell the two classes apart"
                ),
            );
            continue;
        }
        names.insert(title.clone(), line);
        roster.class_lines.insert(id.clone(), line);
        if registration {
            roster.registration.insert(id.clone());
        }
        roster.classes.insert(id, ClassFacts { name: title, year: one_year(&grades) });
    }
    Ok(())
}

/// The year of a class; none where it has several.
fn one_year(grades: &str) -> Option<kernel::Year> {
    let years: BTreeSet<_> = grades.split(',').filter_map(year_of).collect();
    match years.len() {
        1 => years.first().copied(),
        _ => None,
    }
}

fn read_enrolments(
    bytes: &[u8],
    today: Date,
    school: &SchoolOrg,
    roster: &mut Roster,
    elsewhere: &BTreeSet<OutsideId>,
    notes: &mut Notes,
) -> Result<(), RosterError> {
    let columns = [
        Column::Needed("sourcedId"),
        Column::Optional("status"),
        Column::Needed("classSourcedId"),
        Column::Needed("schoolSourcedId"),
        Column::Needed("userSourcedId"),
        Column::Needed("role"),
        Column::Optional("primary"),
        Column::Optional("beginDate"),
        Column::Optional("endDate"),
    ];
    let mut seen = BTreeSet::new();
    let mut teachers: BTreeMap<OutsideId, Vec<(OutsideId, bool)>> = BTreeMap::new();
    for row in notes.read(ENROLMENTS, bytes, columns)? {
        let line = row.line;
        let [id, state, class, org, user, word, primary, begin, end] = row.values;
        let mut refuse = |reason: String| notes.refuse(ENROLMENTS, line, reason);
        let (class, user) = match (OutsideId::parse(&class), OutsideId::parse(&user)) {
            (Ok(class), Ok(user)) => (class, user),
            (Err(bad), _) => {
                refuse(format!("`classSourcedId`: {bad}"));
                continue;
            }
            (_, Err(bad)) => {
                refuse(format!("`userSourcedId`: {bad}"));
                continue;
            }
        };
        if elsewhere.contains(&class) || !OutsideId::parse(&org).is_ok_and(|org| school.orgs.contains(&org)) {
            continue;
        }
        if !seen.insert(id.clone()) {
            refuse(format!("the sourcedId `{id}` is there twice"));
            continue;
        }
        let (state, held) = match (status(&state), holds(today, &begin, &end)) {
            (Ok(state), Ok(held)) => (state, held),
            (Err(bad), _) | (_, Err(bad)) => {
                refuse(bad);
                continue;
            }
        };
        if roster.closed.contains(&class) || roster.gone.contains(&user) {
            continue;
        }
        if roster.modes.classes == Mode::Bulk && !roster.classes.contains_key(&class) {
            refuse(format!("the class `{class}` is not in classes.csv, or is refused there"));
            continue;
        }
        if roster.held_back.contains(&user) {
            continue;
        }
        if roster.modes.users == Mode::Bulk && !roster.people.contains_key(&user) {
            refuse(format!("the person `{user}` is not in users.csv, or is refused there"));
            continue;
        }
        let key = (class.clone(), user.clone());
        if state == Status::ToBeDeleted || !held {
            roster.unenrolled.insert(key);
            continue;
        }
        let part = match word.as_str() {
            "student" => Part::Pupil,
            "teacher" => {
                teachers.entry(class).or_default().push((user, primary.eq_ignore_ascii_case("true")));
                Part::Teacher
            }
            "aide" | "proctor" | "administrator" | "counselor" | "principal" | "siteAdministrator" => Part::Helper,
            _ => {
                refuse(format!("the role `{word}` has no part in a class"));
                continue;
            }
        };
        // Who stands in one class twice has the lesser part: a pupil stays a pupil, whatever else a row says.
        let enrolment = Enrolment { part, line };
        let same = |before: &mut Enrolment| {
            if part < before.part {
                *before = enrolment;
            }
        };
        roster.members.entry(key).and_modify(same).or_insert(enrolment);
    }
    roster.unenrolled.retain(|key| !roster.members.contains_key(key));
    name_class_teachers(teachers, roster);
    Ok(())
}

/// Of a registration class, the primary teachers are class teachers; all of them, where none is primary.
fn name_class_teachers(teachers: BTreeMap<OutsideId, Vec<(OutsideId, bool)>>, roster: &mut Roster) {
    for (class, teachers) in teachers {
        if !roster.registration.contains(&class) {
            continue;
        }
        let any_primary = teachers.iter().any(|(_, primary)| *primary);
        for (user, primary) in teachers {
            if primary || !any_primary {
                let enrolment = roster.members.get_mut(&(class.clone(), user));
                if let Some(enrolment) = enrolment.filter(|enrolment| enrolment.part == Part::Teacher) {
                    enrolment.part = Part::ClassTeacher;
                }
            }
        }
    }
}
