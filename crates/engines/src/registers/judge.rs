//! What the conditions of a declaration say of an entry.

use declare::{
    Entry,
    expression::{Condition, Context, DateExpression, Terms},
};
use jiff::civil::Date;
use kernel::Every;

use super::book::Book;

/// An entry, with what its conditions may ask besides its fields.
pub(crate) struct Judge<'a> {
    entry: &'a Entry,
    today: Date,
    every: Option<Every>,
    terms: Terms,
}

impl<'a> Judge<'a> {
    /// Of an entry of a register: with what its clause sets, else the first clause that sets it.
    pub(crate) fn new(book: &Book, entry: &'a Entry) -> Self {
        let clause = entry.clause.as_deref();
        Self { entry, today: book.today(), every: book.every(clause), terms: book.terms(clause) }
    }

    /// The entry with what conditions may ask.
    pub(crate) fn context(&self) -> Context<'_> {
        Context::of_entry(self.entry, self.today).for_clause(self.entry.clause.as_deref(), self.every, &self.terms)
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&self.context())
    }

    /// The day that an expression gives.
    pub(crate) fn day(&self, expression: &DateExpression) -> Option<Date> {
        expression.day(&self.context())
    }
}

impl Book {
    /// What the clauses that name the control set of its own terms: the clause of the entry, else the first that does.
    fn terms(&self, clause: Option<&str>) -> Terms {
        let (module, name) = (&self.declaration.module, &self.declaration.name);
        self.in_force
            .policy()
            .bindings(module, name)
            .filter(|(found, _)| clause.is_none_or(|label| found.key() == label))
            // Terms were checked with the policy; what cannot be read sets nothing.
            .filter_map(|(_, binding)| binding.terms::<Terms>().ok())
            .find(|terms| !terms.is_empty())
            .unwrap_or_default()
    }
}
