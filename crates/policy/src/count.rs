//! What a policy holds, counted: clauses, bindings, and how much of it stands on built controls.

use std::collections::BTreeMap;

use crate::{
    binding::Binding,
    diagnostic::{Diagnostic, Severity},
    model::{Clause, ClauseKind, Policy},
    registry::Registry,
};

/// Counts of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Clauses, background included.
    pub clauses: usize,
    /// Clauses that ask for something.
    pub bound: usize,
    /// Clauses that are background.
    pub context: usize,
    /// Clauses all of whose bindings the system keeps.
    pub built: usize,
    /// Clauses whose first binding the system keeps.
    pub built_main: usize,
    /// Bindings of all clauses.
    pub bindings: usize,
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Bindings by kind of control.
    pub by_kind: BTreeMap<String, Share>,
    /// Bindings by control.
    pub by_control: BTreeMap<String, Share>,
    /// Every clause.
    pub by_label: Vec<ClauseRow>,
}

/// How many there are, and how many of them are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Share {
    /// How many.
    pub bindings: usize,
    /// How many of them the system keeps.
    pub built: usize,
}

/// One clause in a few words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ClauseRow {
    /// Its label, where it has one.
    pub label: Option<String>,
    /// Its number as printed.
    pub number: String,
    /// The file that it stands in.
    pub path: String,
    /// Whether it asks for something.
    pub kind: ClauseKind,
    /// Its controls, in order.
    pub controls: Vec<String>,
    /// Whether all of them are built.
    pub built: bool,
}

impl Counts {
    /// Counts a policy.
    pub fn of(policy: &Policy, registry: &Registry) -> Self {
        let mut counts = Self::default();
        let is_built = |binding: &Binding| {
            registry.get(&binding.control).is_some_and(|control| control.keeps(binding, &policy.front))
        };
        for clause in &policy.clauses {
            let controls: Vec<_> = clause.bindings.iter().map(|binding| binding.control.to_string()).collect();
            let built = !controls.is_empty() && clause.bindings.iter().all(is_built);
            counts.clauses += 1;
            match clause.kind {
                ClauseKind::Bound => counts.bound += 1,
                ClauseKind::Context => counts.context += 1,
            }
            counts.built += usize::from(built);
            counts.built_main += usize::from(clause.bindings.first().is_some_and(is_built));
            for (id, binding) in controls.iter().zip(&clause.bindings) {
                let yes = usize::from(is_built(binding));
                let kind = registry.find(id).map_or("unknown", |control| control.card().kind.id());
                for share in [
                    counts.by_kind.entry(kind.to_owned()).or_default(),
                    counts.by_control.entry(id.clone()).or_default(),
                ] {
                    share.bindings += 1;
                    share.built += yes;
                }
                counts.bindings += 1;
            }
            let Clause { label, number, path, kind, .. } = clause;
            counts.by_label.push(ClauseRow {
                label: label.clone(),
                number: number.clone(),
                path: path.clone(),
                kind: *kind,
                controls,
                built,
            });
        }
        counts
    }

    pub(crate) fn with(mut self, diagnostics: &[Diagnostic]) -> Self {
        self.errors = diagnostics.iter().filter(|it| it.severity == Severity::Error).count();
        self.warnings = diagnostics.len() - self.errors;
        self
    }
}
