//! How several bindings of one control go together.

use std::collections::BTreeMap;

use kernel::{AudienceAtom, Breadth, Calendar, Place};

use crate::{
    binding::Binding,
    common::Common,
    control::{Combine, Combined},
    diagnostic::{Code, Reporter},
    model::{Clause, Policy},
    people::covers,
    registry::Registry,
    terms::Value,
};

/// Lists make a union; every other difference of a term that both have is a conflict.
pub fn by_value(one: &Binding, two: &Binding) -> Combined {
    for term in &one.given.terms {
        let Some(other) = two.given.get(&term.key) else { continue };
        let what = match Common::parse(&term.key) {
            // What is to be done, and how often.
            None | Some(Common::Every | Common::Within) => true,
            // For whom, when and where, and who answers: not a contradiction.
            Some(
                Common::Who
                | Common::Except
                | Common::When
                | Common::Where
                | Common::System
                | Common::By
                | Common::Unless
                | Common::After
                | Common::On
                | Common::May
                | Common::From
                | Common::Observe
                | Common::Inform
                | Common::Attest,
            ) => false,
        };
        let lists = matches!((&term.value, &other.value), (Value::List(_), _) | (_, Value::List(_)));
        if what && !lists && term.value != other.value {
            let (here, there) = (term.value.to_toml(), other.value.to_toml());
            return Combined::Conflict { what: format!("`{}` is {here} in one and {there} in the other", term.key) };
        }
    }
    Combined::Fine
}

/// Looks for conflicts among the bindings of each control that combines to one.
pub(crate) fn check(policy: &Policy, registry: &Registry, report: &mut Reporter<'_>) {
    let calendar = policy.front.calendar();
    let mut groups: BTreeMap<String, Vec<(&Clause, &Binding)>> = BTreeMap::new();
    for (clause, binding) in policy.all_bindings() {
        groups.entry(binding.control.to_string()).or_default().push((clause, binding));
    }
    for (id, group) in groups {
        let Some(control) = registry.find(&id).filter(|control| control.card().combine == Combine::One) else {
            continue;
        };
        for (at, (first_clause, first)) in group.iter().enumerate() {
            for (clause, binding) in group.iter().skip(at + 1) {
                if !meet(first, binding, &calendar) {
                    continue;
                }
                if let Combined::Conflict { what } = control.combine(binding, first) {
                    let spot = report.spot(first.span, format!("clause {} here", first_clause.number));
                    report
                        .error(
                            Code::CONFLICT,
                            binding.span,
                            format!("two bindings of `{id}` contradict each other: {what}"),
                            format!("clause {} here", clause.number),
                        )
                        .also(spot)
                        .help("make them equal, or let each bind other people, times, places or systems");
                }
            }
        }
    }
}

/// Whether two bindings say something about the same people at the same time and place, neither more narrowly.
fn meet(one: &Binding, two: &Binding, calendar: &Calendar) -> bool {
    comparable(one, two) && breadth(one) == breadth(two) && overlap(one, two, calendar)
}

/// Whether two bindings are of one sort: a notice about a control does not contradict the control, nor a trial what it
/// tries, nor what holds in an emergency what holds else.
fn comparable(one: &Binding, two: &Binding) -> bool {
    let sort = |it: &Binding| {
        let common = &it.common;
        (common.inform.is_some(), common.attest.is_some(), common.observe, common.may, common.on.clone())
    };
    sort(one) == sort(two)
}

fn breadth(binding: &Binding) -> (Breadth, bool, bool) {
    let common = &binding.common;
    let atoms = common.who.as_ref().map_or(&[][..], |who| who.atoms());
    let who = atoms.iter().map(AudienceAtom::breadth).max().unwrap_or(Breadth::All);
    (who, common.when.is_some(), common.place.is_some())
}

/// Whether two bindings bind somebody in common at some time and place, in the same system.
pub fn overlap(one: &Binding, two: &Binding, calendar: &Calendar) -> bool {
    let (a, b) = (&one.common, &two.common);
    let who = a.audience().overlaps(&b.audience()) && !excepts(one, two) && !excepts(two, one);
    let when = match (&a.when, &b.when) {
        (Some(a), Some(b)) => a.overlaps(b, &|a, b| calendar.overlap(a, b)),
        (Some(_) | None, _) => true,
    };
    let place = match (&a.place, &b.place) {
        (Some(a), Some(b)) => a.overlaps(b, &places_overlap),
        (Some(_) | None, _) => true,
    };
    let system = match (a.systems.as_slice(), b.systems.as_slice()) {
        ([], []) => true,
        (a, b) => a.iter().any(|system| b.contains(system)),
    };
    who && when && place && system
}

/// Whether the exceptions of one take away everybody whom the other binds.
fn excepts(one: &Binding, two: &Binding) -> bool {
    let except = one.common.except.as_ref().and_then(|except| except.who.as_ref());
    let Some(except) = except else { return false };
    let who = two.common.audience();
    who.atoms().iter().all(|atom| except.atoms().iter().any(|it| covers(it, atom)))
}

/// A network may be in a room; home and school are apart.
fn places_overlap(one: &Place, two: &Place) -> bool {
    match (one, two) {
        (Place::Network(one), Place::Network(two)) => one == two,
        (Place::Network(_) | Place::ExamRoom, Place::School | Place::ExamRoom | Place::Network(_))
        | (Place::School, Place::Network(_) | Place::ExamRoom) => true,
        (one, two) => one == two,
    }
}
