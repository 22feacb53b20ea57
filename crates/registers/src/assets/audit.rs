//! What an audit tool found installed: one row for each program on each computer.

use std::collections::{BTreeMap, BTreeSet};

use declare::typed::fold;

use crate::table::Headed;

/// A program that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Installed {
    /// As the audit calls it.
    pub(super) name: String,
    /// The computers on which it is, folded.
    pub(super) computers: BTreeSet<String>,
    /// Its versions.
    pub(super) versions: BTreeSet<String>,
}

/// What the columns are called: of Fleet, Lansweeper, Intune, PDQ, Spiceworks and plain lists.
const PROGRAM: &[&str] = &[
    "program",
    "programme",
    "software",
    "softwarename",
    "application",
    "applicationname",
    "app",
    "appname",
    "displayname",
    "product",
    "productname",
    "title",
    "name",
];
const COMPUTER: &[&str] = &[
    "computer",
    "computername",
    "device",
    "devicename",
    "host",
    "hostname",
    "machine",
    "machinename",
    "endpoint",
    "pc",
    "pcname",
    "assetname",
    "asset",
    "workstation",
];
const VERSION: &[&str] =
    &["version", "softwareversion", "displayversion", "appversion", "applicationversion", "productversion"];

/// Reads the rows of an audit: each program by its folded name. None where its columns are not found.
pub(super) fn read(rows: &[Vec<String>]) -> Option<BTreeMap<String, Installed>> {
    let table = Headed::find(rows, &[PROGRAM, COMPUTER, VERSION], &[0, 1])?;
    let mut all: BTreeMap<String, Installed> = BTreeMap::new();
    for (_, row) in table.rows() {
        let (Some(name), Some(computer)) = (table.cell(row, 0), table.cell(row, 1)) else { continue };
        let one = all.entry(fold(name)).or_insert_with(|| Installed { name: name.to_owned(), ..Installed::default() });
        one.computers.insert(fold(computer));
        one.versions.extend(table.cell(row, 2).map(str::to_owned));
    }
    Some(all)
}
