//! Programs that trust no certificate but their maker's: their connections are never opened. A dated list; what only
//! looks as if it belonged here is shown to people and added by nobody but them.

use std::sync::LazyLock;

const TEXT: &str = include_str!("../data/pinned.toml");

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dated: Option<toml::value::Datetime>,
    program: Vec<Program>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    name: String,
    hosts: Vec<String>,
}

// A test reads the file; were it broken all the same, nothing would be spared.
static FILE: LazyLock<File> = LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());

/// The domains whose connections are never opened.
pub fn sites() -> impl Iterator<Item = &'static str> {
    FILE.program.iter().flat_map(|program| &program.hosts).map(String::as_str)
}

/// The programs by name, with their domains.
pub fn programs() -> impl Iterator<Item = (&'static str, &'static [String])> {
    FILE.program.iter().map(|program| (program.name.as_str(), program.hosts.as_slice()))
}

/// The day on which the list was last looked over, as text.
pub fn dated() -> String {
    FILE.dated.map(|date| date.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_domain_and_none_is_twice() {
        let file: File = toml::from_str(TEXT).unwrap();
        assert!(file.dated.is_some());
        let mut seen = std::collections::BTreeSet::new();
        for host in file.program.iter().flat_map(|program| &program.hosts) {
            assert!(kernel::sites::is_domain(host) && seen.insert(host), "{host}");
        }
    }
}
