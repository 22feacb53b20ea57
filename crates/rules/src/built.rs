//! What a control that Gatehouse keeps has beyond its terms: a name, and a judgement of its standing.

use std::sync::Arc;

use ::policy::{
    Binding, Card, Combine, Combined, Control, ControlId, Front, Kind, Policy, TermProblem, Terms, TypedControl, Words,
};

use crate::{
    facts::Facts,
    judgement::Judgement,
    served::{Served, served},
};

/// A control that Gatehouse keeps. Its type holds its own terms.
pub(crate) trait Built: Terms {
    /// The module: `filter`.
    const MODULE: &'static str;
    /// The name inside the module: `categories`.
    const NAME: &'static str;
    /// Whether its bindings make one rule where they overlap; else each is an item of its own.
    const ONE: bool = false;
    /// Terms for the reference of the language.
    const EXAMPLE: &'static str;

    /// Whether Gatehouse keeps it with these terms; some terms ask for more than is built.
    fn keeps(&self) -> bool {
        true
    }

    /// Whether it is kept at present. The general cases are decided before: not ours, on trial, nobody answers.
    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement;
}

/// A built control without its type: for the registry and for judging.
#[derive(Clone)]
pub struct BuiltControl {
    /// `filter.categories`.
    pub id: &'static [&'static str; 2],
    /// Makes it a control of the language, with the catalogue's kind and purpose.
    pub control: fn(Kind, &str) -> Arc<dyn Control>,
    /// Whether Gatehouse keeps a binding with these terms.
    pub keeps: fn(&Binding) -> bool,
    /// Judges a binding; none where its terms cannot be read.
    pub standing: fn(&Binding, &Policy, &Facts) -> Option<Judgement>,
}

struct Id<T>(std::marker::PhantomData<T>);

impl<T: Built> Id<T> {
    const PARTS: [&'static str; 2] = [T::MODULE, T::NAME];
}

/// A typed control that knows which of its bindings Gatehouse keeps.
struct Kept<T>(TypedControl<T>);

impl<T: Built> Control for Kept<T> {
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
        match served(front, binding, self.card().kind, false) {
            Served::Control => binding.terms::<T>().is_ok_and(|terms| terms.keeps()),
            Served::Attestation | Served::Notice => true,
            Served::Unseen(_) => false,
        }
    }

    fn combine(&self, one: &Binding, two: &Binding) -> Combined {
        self.0.combine(one, two)
    }
}

/// Takes the type away.
pub(crate) fn built<T: Built>() -> BuiltControl {
    BuiltControl {
        id: &Id::<T>::PARTS,
        control: |kind, purpose| {
            let combine = if T::ONE { Combine::One } else { Combine::Each };
            let card = Card::new(ControlId::new(T::MODULE, T::NAME), kind, purpose).combine(combine).built();
            Arc::new(Kept::<T>(TypedControl::new(card.example(T::EXAMPLE))))
        },
        keeps: |binding| binding.terms::<T>().is_ok_and(|terms| terms.keeps()),
        standing: |binding, policy, facts| {
            binding.terms::<T>().ok().map(|terms| terms.standing(binding, policy, facts))
        },
    }
}

/// Whether a binding asks Gatehouse itself to keep the control: not to tell or confirm something about it, and not
/// in another system.
pub fn ours(policy: &Policy, binding: &Binding) -> bool {
    asked_of_us(&policy.front, binding)
}

fn asked_of_us(front: &Front, binding: &Binding) -> bool {
    // No kind: what is at the centre of the control does not matter here.
    served(front, binding, Kind::Enforce, false) == Served::Control
}
