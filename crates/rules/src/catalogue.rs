//! The catalogue of controls (`policies/catalogue/controls.toml`), and the controls of the language made from it:
//! typed ones for what is built, free ones for what is not.

use std::collections::BTreeMap;

use ::policy::{Card, ControlId, FreeControl, Kind, Registry};

const TEXT: &str = include_str!("../../../policies/catalogue/controls.toml");

/// A line of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: ControlId,
    /// Which engine it is at its centre.
    pub kind: Kind,
    /// What it does.
    pub purpose: String,
}

/// Every control of the catalogue, by name.
pub fn entries() -> Vec<Entry> {
    let modules: BTreeMap<String, BTreeMap<String, (String, String)>> = toml::from_str(TEXT).unwrap_or_default();
    let mut entries = Vec::new();
    for (module, controls) in modules {
        for (name, (kind, purpose)) in controls {
            let parsed = (ControlId::parse(&format!("{module}.{name}")), Kind::parse(&kind));
            if let (Ok(id), Ok(kind)) = parsed {
                entries.push(Entry { id, kind, purpose });
            }
        }
    }
    entries
}

/// The controls that a policy may name, with the checks of whole policies.
pub fn controls() -> Registry {
    let mut registry = Registry::new();
    for entry in entries() {
        let done = match crate::built_control(entry.id.module(), entry.id.name()) {
            Some(built) => registry.register_shared((built.control)(entry.kind, &entry.purpose)),
            None => registry.register(FreeControl::new(Card::new(entry.id, entry.kind, entry.purpose))),
        };
        debug_assert!(done.is_ok(), "the tests of the catalogue keep it without doubles: {done:?}");
    }
    registry.register_check(crate::filter::check::FilterCheck);
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_read_whole() {
        let lines = TEXT.lines().filter(|line| line.contains("= [\"")).count();
        assert_eq!(entries().len(), lines);
        assert_eq!(lines, 203);
    }

    #[test]
    fn every_built_control_is_in_the_catalogue() {
        for built in crate::BUILT {
            let built = built();
            let [module, name] = built.id;
            assert!(
                entries().iter().any(|entry| entry.id.module() == *module && entry.id.name() == *name),
                "{module}.{name}"
            );
        }
        assert_eq!(controls().iter().filter(|control| control.card().built).count(), crate::BUILT.len());
        assert_eq!(controls().iter().count(), 203);
    }
}
