//! The catalogue of controls (`policies/catalogue/controls.toml`), and the controls of the language made from it:
//! typed ones for what is built, free ones for what is not.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use ::policy::{Binding, Card, Control, ControlId, FreeControl, Front, Kind, Registry, TermProblem, Words};
use declare::Declarations;

use crate::{
    declared::DeclaredControl,
    served::{Served, served},
};

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

/// Which engine a control of the catalogue is at its centre.
pub(crate) fn kind_of(id: &ControlId) -> Option<Kind> {
    static KINDS: LazyLock<BTreeMap<String, Kind>> =
        LazyLock::new(|| entries().into_iter().map(|entry| (entry.id.to_string(), entry.kind)).collect());
    KINDS.get(&id.to_string()).copied()
}

/// A control that neither code nor a declaration keeps: people may still be told of it, or asked.
pub(crate) struct Unbuilt(FreeControl);

impl Unbuilt {
    pub(crate) fn new(id: ControlId, kind: Kind, purpose: impl Into<String>) -> Self {
        Self(FreeControl::new(Card::new(id, kind, purpose)))
    }
}

impl Control for Unbuilt {
    fn card(&self) -> &Card {
        self.0.card()
    }

    fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        self.0.schema(generator)
    }

    fn keys(&self) -> Option<&[String]> {
        self.0.keys()
    }

    fn type_of(&self, key: &str) -> Option<&str> {
        self.0.type_of(key)
    }

    fn check_terms(&self, binding: &Binding) -> Vec<TermProblem> {
        self.0.check_terms(binding)
    }

    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        self.0.in_words(binding, words)
    }

    fn keeps(&self, binding: &Binding, front: &Front) -> bool {
        matches!(served(front, binding, self.card().kind, false), Served::Attestation | Served::Notice)
    }
}

/// The controls that every policy may name, with the checks of whole policies. Those of one policy are
/// [`crate::controls_of`] it.
pub fn controls() -> Registry {
    of_catalogue(Declarations::shipped())
}

/// The controls of the catalogue, by what is built and what is declared.
pub(crate) fn of_catalogue(declarations: &Declarations) -> Registry {
    let mut registry = Registry::new();
    for entry in entries() {
        let built = crate::built_control(entry.id.module(), entry.id.name());
        let done = match (built, declarations.get(&entry.id.to_string())) {
            (Some(built), _) => registry.register_shared((built.control)(entry.kind, &entry.purpose)),
            (None, Some(declaration)) => {
                let declaration = Arc::clone(declaration);
                registry.register(DeclaredControl::new(entry.id, declaration, entry.kind, &entry.purpose))
            }
            (None, None) => registry.register(Unbuilt::new(entry.id, entry.kind, entry.purpose)),
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
        let built: Vec<_> = crate::BUILT.iter().map(|built| built().id.join(".")).collect();
        let declared: Vec<_> = Declarations::shipped().iter().map(|declared| declared.control()).collect();
        let both = declared.iter().filter(|id| built.contains(id)).count();
        let kept = controls().iter().filter(|control| control.card().built).count();
        assert_eq!(kept, built.len() + declared.len() - both);
        assert_eq!(controls().iter().count(), 203);
    }
}
