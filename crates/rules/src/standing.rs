//! The standing of a binding: the cases that are the same for every control, then the control's own judgement.

use ::policy::{Binding, Policy};
use kernel::{Audience, AudienceAtom, Role, Standing};

use crate::{
    built::not_ours,
    facts::Facts,
    judgement::{Judgement, due, listed, not_built, not_kept, unknown},
};

/// Judges one binding from what is known now.
pub fn judge(binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
    let now = &facts.now;
    let Some(control) = crate::built_control(binding.control.module(), binding.control.name()) else {
        return not_built(now, "Gatehouse cannot keep or show this yet.");
    };
    if binding.common.inform.is_some() {
        return not_built(now, "Gatehouse cannot show notices of its own yet, nor count who has seen them.");
    }
    if binding.common.attest.is_some() {
        return not_built(now, "Gatehouse cannot ask a person to confirm this yet.");
    }
    if let Some(system) = not_ours(&policy.front, binding) {
        return not_built(
            now,
            format!("This is kept by {system}. Gatehouse cannot see it yet, nor ask for a confirmation."),
        );
    }
    if !(control.keeps)(binding) {
        return match (control.standing)(binding, policy, facts) {
            Some((Standing::NotBuilt, evidence)) => (Standing::NotBuilt, evidence),
            Some(_) | None => not_built(now, "Gatehouse cannot keep this with these terms yet."),
        };
    }
    if let Some(from) = binding.common.from.filter(|from| *from > now.date()) {
        let day = kernel::time::date_in_words(from);
        return due(now, from, format!("It begins on {day}."), "Nothing needs doing until then.");
    }
    if let Some(judgement) = nobody_answers(binding, policy, facts) {
        return judgement;
    }
    let Some(judged) = (control.standing)(binding, policy, facts) else {
        return unknown(now, "The terms of this clause could not be read.");
    };
    let (standing, evidence) = judged;
    if binding.common.observe && matches!(standing, Standing::Kept | Standing::Due { .. }) {
        let by = policy.front.review.unwrap_or_else(|| now.date());
        return (
            Standing::Due { by, what: "It is on trial: it records, and refuses nothing yet.".to_owned() },
            evidence,
        );
    }
    (standing, evidence)
}

/// The roles that an audience names.
pub fn roles_of(audience: &Audience) -> Vec<Role> {
    let role = |atom: &AudienceAtom| match atom {
        AudienceAtom::Role(role) => Some(*role),
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Years(..)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Class(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners
        | AudienceAtom::Relation(_) => None,
    };
    audience.atoms().iter().filter_map(role).collect()
}

/// Where `by` names roles and nobody holds any of them, the binding is not kept.
fn nobody_answers(binding: &Binding, policy: &Policy, facts: &Facts) -> Option<Judgement> {
    let by = binding.common.by.as_ref()?;
    let roles = roles_of(by);
    if roles.is_empty() {
        return None;
    }
    let held = match &facts.holders {
        Ok(held) => held,
        Err(why) => return Some(unknown(&facts.now, why.clone())),
    };
    if roles.iter().any(|role| held.get(role).is_some_and(|role| !role.holders.is_empty())) {
        return None;
    }
    let titles: Vec<_> = roles.iter().map(|role| policy.front.title_of(*role)).collect();
    Some(not_kept(
        &facts.now,
        format!("Nobody holds the role of {}.", listed(&titles)),
        "Say who holds it, on the page of responsibilities.",
    ))
}
