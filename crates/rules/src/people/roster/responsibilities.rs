//! A CSV file of responsibilities: `person,role,deputy`. A roster knows employment and kinship; who is
//! safeguarding lead or network manager the school says, here or at the desk.

use std::collections::BTreeSet;

use kernel::{Capacity, Role};

use super::{
    RefusedRow,
    table::{self, Column, TableError},
};

/// One responsibility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// The line.
    pub line: u64,
    /// A username, or an identifier of the roster.
    pub person: String,
    /// The role.
    pub role: Role,
    /// Whether as deputy.
    pub deputy: bool,
}

/// Whether a school may give `role`. Who is a pupil or a parent, the roll alone says.
pub fn is_responsibility(role: Role) -> bool {
    match role.capacity() {
        Capacity::Pupil | Capacity::Parent => false,
        Capacity::Staff
        | Capacity::Governor
        | Capacity::Volunteer
        | Capacity::Contractor
        | Capacity::Guest
        | Capacity::Outside => true,
    }
}

/// Reads the rows of `file`: columns `person`, `role` and, where wanted, `deputy` (`yes` or `no`).
pub fn parse_responsibilities(file: &str, bytes: &[u8]) -> Result<(Vec<RoleRow>, Vec<RefusedRow>), TableError> {
    let columns = [Column::Needed("person"), Column::Needed("role"), Column::Optional("deputy")];
    let table = table::read(file, bytes, columns)?;
    let mut refused = table.refused;
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for row in table.rows {
        let line = row.line;
        let [person, role, deputy] = row.values;
        let mut refuse = |reason: String| refused.push(RefusedRow { file: file.to_owned(), line, reason });
        let role = match Role::parse(&role) {
            Ok(role) if is_responsibility(role) => role,
            Ok(role) => {
                refuse(format!("`{role}` is given by the roll alone"));
                continue;
            }
            Err(bad) => {
                refuse(bad.to_string());
                continue;
            }
        };
        let deputy = match deputy.as_str() {
            "" | "no" | "false" => false,
            "yes" | "true" => true,
            _ => {
                refuse("`deputy` is neither `yes` nor `no`".to_owned());
                continue;
            }
        };
        if person.is_empty() {
            refuse("`person` is blank".to_owned());
        } else if seen.insert((person.to_lowercase(), role)) {
            rows.push(RoleRow { line, person, role, deputy });
        } else {
            refuse("the same person and role stand in the file twice".to_owned());
        }
    }
    refused.sort();
    Ok((rows, refused))
}
