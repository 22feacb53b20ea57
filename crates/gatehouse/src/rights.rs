//! Who may do what, as the policy in force says it.

use kernel::{AudienceAtom, Role};
use policy::Policy;
use webkit::{Action, Rights};

/// The rights that a policy gives. What it is silent about is as built in.
pub fn rights_of(policy: &Policy) -> Rights {
    let mut rights = Rights::built_in();
    let watchers: Vec<Role> = roles_named(policy, "monitor", "log-access");
    if !watchers.is_empty() {
        rights = rights.with(Action::SeeActivity, watchers);
    }
    rights
}

/// The roles that bindings of a control name in `by`.
fn roles_named(policy: &Policy, module: &str, name: &str) -> Vec<Role> {
    let bindings = policy.bindings(module, name).filter(|(_, binding)| rules::ours(policy, binding));
    let by = bindings.filter_map(|(_, binding)| binding.common.by.clone());
    by.flat_map(|audience| audience.atoms().to_vec())
        .filter_map(|atom| match atom {
            AudienceAtom::Role(role) => Some(role),
            AudienceAtom::Everyone
            | AudienceAtom::All(_)
            | AudienceAtom::Years(..)
            | AudienceAtom::Stage(_)
            | AudienceAtom::Class(_)
            | AudienceAtom::Group(_)
            | AudienceAtom::Joiners
            | AudienceAtom::Relation(_) => None,
        })
        .collect()
}
