//! `agreements`: what people sign.

pub mod coverage;
pub mod sign;

use ::policy::{Agreement, Policy};
use kernel::Subject;

/// The agreement that binds a person: the narrowest of those whose audience holds them; of equally narrow ones the
/// first by name.
pub fn agreement_for<'a>(policy: &'a Policy, subject: &Subject) -> Option<&'a Agreement> {
    policy
        .agreements
        .iter()
        .filter_map(|agreement| agreement.audience.breadth_for(subject).map(|breadth| (breadth, agreement)))
        .min_by_key(|(breadth, _)| *breadth)
        .map(|(_, agreement)| agreement)
}
