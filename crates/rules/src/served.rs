//! Who serves a binding: the control itself, the people who are told or asked about it, or nobody yet.
//!
//! A control is one of four kinds at its centre, and any binding may ask instead to tell an audience about it or to
//! have somebody confirm it; what another system does is confirmed by whoever answers for that system.

use ::policy::{Binding, Front, Kind, Seen};

/// Who serves a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served<'a> {
    /// The control itself: it enforces, or it has a register.
    Control,
    /// Whoever is named confirms it.
    Attestation,
    /// An audience is told of it.
    Notice,
    /// Another system, which Gatehouse neither sees nor asks about; what people call it.
    Unseen(&'a str),
}

/// Who serves a binding of a control of this kind. `declared` says whether attestations and notices are at the centre
/// of the control; else a control of those kinds needs code of its own.
pub fn served<'a>(front: &'a Front, binding: &'a Binding, kind: Kind, declared: bool) -> Served<'a> {
    if binding.common.inform.is_some() {
        return Served::Notice;
    }
    if binding.common.attest.is_some() {
        return Served::Attestation;
    }
    for name in &binding.common.systems {
        match front.systems.get(name) {
            Some(system) => match system.seen {
                Seen::Ours => {}
                Seen::Attest => return Served::Attestation,
                Seen::Probe | Seen::Import => return Served::Unseen(&system.name),
            },
            None => return Served::Unseen(name),
        }
    }
    match kind {
        Kind::Attest if declared => Served::Attestation,
        Kind::Inform if declared => Served::Notice,
        Kind::Enforce | Kind::Record | Kind::Attest | Kind::Inform => Served::Control,
    }
}

/// The systems of a binding that somebody confirms, as people call them.
pub fn confirmed_systems<'a>(front: &'a Front, binding: &'a Binding) -> Vec<&'a str> {
    let confirmed = binding.common.systems.iter().filter_map(|name| front.systems.get(name));
    confirmed.filter(|system| system.seen == Seen::Attest).map(|system| system.name.as_str()).collect()
}
