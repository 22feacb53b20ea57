//! `users.csv` and, in 1.2, `roles.csv`: who is on the roll, and as what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kernel::{Capacity, Role};

use super::{
    Files, Mode, OutsideId, PersonFacts, Roster,
    facts::Related,
    manifest::Manifest,
    parse::{Notes, RosterError, SchoolOrg, Status, holds, references, status, year_of},
    role_words::{RoleWord, role_of},
    table::{Column, Row},
};

const USERS: &str = "users.csv";
const ROLES: &str = "roles.csv";

/// A row of `users.csv` before its roles and relations are known.
struct Candidate {
    line: u64,
    facts: PersonFacts,
    agents: Vec<OutsideId>,
}

pub(super) fn read(
    files: &Files,
    manifest: &Manifest,
    today: Date,
    school: &SchoolOrg,
    roster: &mut Roster,
    notes: &mut Notes,
) -> Result<(), RosterError> {
    let (mode, bytes) = manifest.needed(files, "users")?;
    roster.modes.users = mode;
    let separate = manifest.version.has_roles_file();
    let in_row = |name| if separate { Column::Optional(name) } else { Column::Needed(name) };
    let columns = [
        Column::Needed("sourcedId"),
        Column::Optional("status"),
        Column::Needed("enabledUser"),
        in_row("orgSourcedIds"),
        in_row("role"),
        Column::Needed("username"),
        Column::Needed("givenName"),
        Column::Needed("familyName"),
        Column::Optional("preferredGivenName"),
        Column::Optional("preferredFamilyName"),
        Column::Optional("email"),
        Column::Optional("agentSourcedIds"),
        Column::Optional("grades"),
    ];
    let rows = notes.read(USERS, bytes, columns)?;
    let mut people = read_users(rows, separate, school, roster, notes);
    if separate {
        read_roles(files, manifest, today, school, &mut people, roster, notes)?;
    }
    settle(people, roster, notes);
    Ok(())
}

fn read_users(
    rows: Vec<Row<13>>,
    separate: bool,
    school: &SchoolOrg,
    roster: &mut Roster,
    notes: &mut Notes,
) -> BTreeMap<OutsideId, Candidate> {
    let mut people: BTreeMap<OutsideId, Candidate> = BTreeMap::new();
    for row in rows {
        let line = row.line;
        let [
            id,
            state,
            enabled,
            orgs,
            role,
            username,
            given,
            family,
            preferred,
            preferred_family,
            email,
            agents,
            grades,
        ] = row.values;
        if !separate && !references(&orgs).any(|org| school.orgs.contains(&org)) {
            // Somebody of another school in the same files. Who names no school at all is looked at below.
            if !orgs.is_empty() {
                continue;
            }
        }
        let id = match OutsideId::parse(&id) {
            Ok(id) => id,
            Err(bad) => {
                notes.refuse(USERS, line, format!("`sourcedId`: {bad}"));
                continue;
            }
        };
        if people.contains_key(&id) || roster.gone.contains(&id) || roster.held_back.contains(&id) {
            notes.refuse(USERS, line, format!("the sourcedId `{id}` is there twice"));
            continue;
        }
        match status(&state) {
            Ok(Status::Active) => {}
            Ok(Status::ToBeDeleted) => {
                roster.lines.insert(id.clone(), line);
                roster.gone.insert(id);
                continue;
            }
            Err(bad) => {
                notes.refuse(USERS, line, bad);
                roster.held_back.insert(id);
                continue;
            }
        }
        let facts = facts_of(separate, &orgs, &role, &enabled, &username, &given, &family, notes, line);
        let Some(mut facts) = facts else {
            roster.held_back.insert(id);
            continue;
        };
        if !preferred.is_empty() {
            facts.given_name = preferred;
        }
        if !preferred_family.is_empty() {
            facts.family_name = preferred_family;
        }
        if !email.is_empty() {
            let parts = email.split_once('@');
            if parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !email.contains(' ')) {
                facts.email = Some(email);
            } else {
                notes.warn(USERS, line, "the address of mail has no `@` or holds a space: it is left out");
            }
        }
        facts.year = year_of(&grades);
        if facts.year.is_none() && !grades.is_empty() && facts.roles.contains(&Role::Pupil) {
            notes.warn(USERS, line, format!("no year is known for the grades `{grades}`"));
        }
        people.insert(id, Candidate { line, facts, agents: references(&agents).collect() });
    }
    people
}

#[expect(clippy::too_many_arguments, reason = "they are the columns of one row, each a text")]
fn facts_of(
    separate: bool,
    orgs: &str,
    role: &str,
    enabled: &str,
    username: &str,
    given: &str,
    family: &str,
    notes: &mut Notes,
    line: u64,
) -> Option<PersonFacts> {
    let enabled = match enabled {
        "true" | "1" => true,
        "false" | "0" => false,
        other if other.eq_ignore_ascii_case("true") => true,
        other if other.eq_ignore_ascii_case("false") => false,
        _ => {
            notes.refuse(USERS, line, "`enabledUser` is neither `true` nor `false`");
            return None;
        }
    };
    for (column, value) in [("username", username), ("givenName", given), ("familyName", family)] {
        if value.is_empty() {
            notes.refuse(USERS, line, format!("`{column}` is blank"));
            return None;
        }
        if value.chars().count() > 120 {
            notes.refuse(USERS, line, format!("`{column}` is longer than 120 characters"));
            return None;
        }
    }
    if username.contains(char::is_whitespace) {
        notes.refuse(USERS, line, "`username` holds a space");
        return None;
    }
    let mut roles = BTreeSet::new();
    if !separate {
        if orgs.is_empty() {
            notes.refuse(USERS, line, "`orgSourcedIds` is blank: no school is named");
            return None;
        }
        match role_of(role) {
            Some(RoleWord::Is(role)) => roles.insert(role),
            Some(RoleWord::Not(why)) => {
                notes.refuse(USERS, line, why);
                return None;
            }
            None => {
                notes.refuse(USERS, line, format!("the role `{role}` is not one of OneRoster's"));
                return None;
            }
        };
    }
    Some(PersonFacts {
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        username: username.to_lowercase(),
        roles,
        enabled,
        ..PersonFacts::default()
    })
}

fn read_roles(
    files: &Files,
    manifest: &Manifest,
    today: Date,
    school: &SchoolOrg,
    people: &mut BTreeMap<OutsideId, Candidate>,
    roster: &mut Roster,
    notes: &mut Notes,
) -> Result<(), RosterError> {
    let (mode, bytes) = manifest.needed(files, "roles")?;
    roster.modes.roles = mode;
    let columns = [
        Column::Needed("sourcedId"),
        Column::Optional("status"),
        Column::Needed("userSourcedId"),
        Column::Needed("role"),
        Column::Optional("beginDate"),
        Column::Optional("endDate"),
        Column::Needed("orgSourcedId"),
    ];
    let mut seen = BTreeSet::new();
    // People of whom some row speaks: of another school, of a time past, or refused.
    let mut spoken_of: BTreeSet<String> = BTreeSet::new();
    for row in notes.read(ROLES, bytes, columns)? {
        let line = row.line;
        let [id, state, user, word, begin, end, org] = row.values;
        spoken_of.insert(user.clone());
        if !OutsideId::parse(&org).is_ok_and(|org| school.orgs.contains(&org)) {
            if org.is_empty() {
                notes.refuse(ROLES, line, "`orgSourcedId` is blank: no school is named");
                hold_back(&user, roster);
            }
            continue;
        }
        if !seen.insert(id.clone()) {
            notes.refuse(ROLES, line, format!("the sourcedId `{id}` is there twice"));
            continue;
        }
        let (state, held, user) = match (status(&state), holds(today, &begin, &end), OutsideId::parse(&user)) {
            (Ok(state), Ok(held), Ok(user)) => (state, held, user),
            (Err(bad), _, _) | (_, Err(bad), _) => {
                notes.refuse(ROLES, line, bad);
                hold_back(&user, roster);
                continue;
            }
            (_, _, Err(bad)) => {
                notes.refuse(ROLES, line, format!("`userSourcedId`: {bad}"));
                continue;
            }
        };
        let role = match role_of(&word) {
            Some(RoleWord::Is(role)) => role,
            Some(RoleWord::Not(why)) => {
                notes.refuse(ROLES, line, why);
                continue;
            }
            None => {
                notes.refuse(ROLES, line, format!("the role `{word}` is not one of OneRoster's"));
                roster.held_back.insert(user);
                continue;
            }
        };
        let ends = state == Status::ToBeDeleted || !held;
        match people.get_mut(&user) {
            _ if roster.gone.contains(&user) => {}
            Some(_) if ends => {
                roster.lost_roles.insert((user, role));
            }
            Some(person) => {
                person.facts.roles.insert(role);
            }
            None if roster.modes.users == Mode::Delta => {
                notes.refuse(
                    ROLES,
                    line,
                    format!("`{user}` is not in users.csv: a person whose role changes is given there too"),
                );
            }
            None => notes.refuse(ROLES, line, format!("the person `{user}` is not in users.csv, or is refused there")),
        }
    }
    // Roles of one person in one file: what holds outweighs what has ended.
    roster.lost_roles.retain(|(user, role)| people.get(user).is_none_or(|person| !person.facts.roles.contains(role)));
    if mode == Mode::Bulk {
        for (id, person) in people.iter().filter(|(id, _)| !spoken_of.contains(id.as_str())) {
            notes.refuse(USERS, person.line, format!("`{id}` has no role in roles.csv"));
            roster.held_back.insert(id.clone());
        }
        people.retain(|_, person| !person.facts.roles.is_empty());
    }
    Ok(())
}

fn hold_back(user: &str, roster: &mut Roster) {
    if let Ok(user) = OutsideId::parse(user) {
        roster.held_back.insert(user);
    }
}

/// Puts the candidates on the roster, each with a username of their own.
fn settle(people: BTreeMap<OutsideId, Candidate>, roster: &mut Roster, notes: &mut Notes) {
    let mut in_order: Vec<_> = people.into_iter().collect();
    in_order.sort_by_key(|(_, person)| person.line);
    let mut usernames: BTreeMap<String, u64> = BTreeMap::new();
    for (id, mut person) in in_order {
        let line = person.line;
        if let Some(other) = usernames.get(&person.facts.username) {
            notes.refuse(USERS, line, format!("the username stands at line {other} too: each person has their own"));
            roster.held_back.insert(id);
            continue;
        }
        usernames.insert(person.facts.username.clone(), line);
        if person.facts.roles.contains(&Role::Pupil) {
            let before = person.facts.roles.len();
            person.facts.roles.retain(|role| role.capacity() != Capacity::Staff);
            if person.facts.roles.len() < before {
                notes.refuse(USERS, line, "a pupil is no member of staff: the role among staff is not taken");
            }
        }
        roster.relations.extend(person.agents.into_iter().map(|other| Related { one: id.clone(), other, line }));
        roster.lines.insert(id.clone(), line);
        roster.people.insert(id, person.facts);
    }
    // Somebody of whom one row was good is not held back by another.
    roster.held_back.retain(|id| !roster.people.contains_key(id));
}
