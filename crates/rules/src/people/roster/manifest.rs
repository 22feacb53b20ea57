//! `manifest.csv`: which version of OneRoster, and how complete each file is.

use std::collections::BTreeMap;

use super::{
    Files, Mode, Version,
    table::{self, Column, TableError},
};

/// What the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The version.
    pub version: Version,
    modes: BTreeMap<String, Mode>,
}

/// Why a manifest is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// There is none.
    #[error("there is no manifest.csv: this is not a folder of OneRoster files")]
    Missing,
    /// It cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It does not say which version.
    #[error("manifest.csv does not say which `oneroster.version` it follows")]
    NoVersion,
    /// A version that we do not read.
    #[error("manifest.csv says OneRoster {given}: Gatehouse reads 1.1 and 1.2")]
    OtherVersion {
        /// The version.
        given: String,
    },
    /// A mode that the standard does not have.
    #[error("manifest.csv says `{given}` of {property}: right are `bulk`, `delta` and `absent`")]
    OtherMode {
        /// The property: `file.users`.
        property: String,
        /// What it says.
        given: String,
    },
    /// A file that should be there.
    #[error("manifest.csv promises {file}, and it is not there")]
    NoFile {
        /// The file.
        file: String,
    },
    /// A file that the roll cannot do without.
    #[error("manifest.csv says that {file} is absent: without it there is no roll")]
    NeededFile {
        /// The file.
        file: String,
    },
}

impl Manifest {
    /// Reads the manifest of `files`.
    pub fn read(files: &Files) -> Result<Self, ManifestError> {
        let bytes = files.get("manifest.csv").ok_or(ManifestError::Missing)?;
        let table = table::read("manifest.csv", bytes, [Column::Needed("propertyName"), Column::Needed("value")])?;
        let mut version = None;
        let mut modes = BTreeMap::new();
        for row in table.rows {
            let [property, value] = row.values;
            if property == "oneroster.version" {
                version = Some(match value.as_str() {
                    "1.1" => Version::V1_1,
                    "1.2" | "1.2.1" => Version::V1_2,
                    _ => return Err(ManifestError::OtherVersion { given: value }),
                });
            } else if let Some(file) = property.strip_prefix("file.") {
                let mode = match value.as_str() {
                    "bulk" => Mode::Bulk,
                    "delta" => Mode::Delta,
                    "absent" => Mode::Absent,
                    _ => return Err(ManifestError::OtherMode { property, given: value }),
                };
                modes.insert(file.to_owned(), mode);
            }
        }
        Ok(Self { version: version.ok_or(ManifestError::NoVersion)?, modes })
    }

    /// How complete `name` (without `.csv`) is, and its bytes, where it is there.
    pub fn file<'a>(&self, files: &'a Files, name: &str) -> Result<Option<(Mode, &'a [u8])>, ManifestError> {
        let file = format!("{name}.csv");
        match self.modes.get(name).copied().unwrap_or_default() {
            Mode::Absent => Ok(None),
            mode @ (Mode::Bulk | Mode::Delta) => match files.get(&file) {
                Some(bytes) => Ok(Some((mode, bytes))),
                None => Err(ManifestError::NoFile { file }),
            },
        }
    }

    /// The same of a file that must be there.
    pub fn needed<'a>(&self, files: &'a Files, name: &str) -> Result<(Mode, &'a [u8]), ManifestError> {
        self.file(files, name)?.ok_or_else(|| ManifestError::NeededFile { file: format!("{name}.csv") })
    }
}
