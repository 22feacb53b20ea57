//! Control `monitor.log-access`: who may look at a person's activity, with a trail.
//! Why: the record guards children only while looking at it is itself recorded.

use ::policy::{Binding, Policy, Words};
use kernel::{AudienceAtom, Role, Subject};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, kept, unknown},
};

/// The terms of `monitor.log-access`: who may look is the common `by`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LogAccess {}

/// Whether somebody may look at the activity log: those whom a clause names in `by`; where no clause does, the
/// headteacher and the safeguarding lead.
pub fn may_look(policy: &Policy, subject: &Subject) -> bool {
    let mut named = false;
    for (_, binding) in policy.bindings("monitor", "log-access") {
        if let Some(by) = binding.common.by.as_ref().filter(|_| crate::built::ours(policy, binding)) {
            named = true;
            if by.contains(subject) {
                return true;
            }
        }
    }
    let usual = [Role::Headteacher, Role::SafeguardingLead].map(AudienceAtom::Role);
    !named && usual.iter().any(|role| role.contains(subject))
}

impl ::policy::Terms for LogAccess {
    fn in_words(&self, binding: &Binding, _: &Words) -> String {
        let who = if binding.common.by.is_some() { "" } else { " to the Headteacher and the safeguarding lead" };
        format!("shows a person's activity{who} for a reason alone, and writes every look into the ledger")
    }
}

impl Built for LogAccess {
    const MODULE: &'static str = "monitor";
    const NAME: &'static str = "log-access";
    const EXAMPLE: &'static str = r#"{ by = ["headteacher", "safeguarding-lead"] }"#;

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        match &facts.looks {
            Err(why) => unknown(now, why.clone()),
            Ok(looks) => {
                let looks = count(usize::try_from(*looks).unwrap_or(usize::MAX), "look", "looks");
                kept(
                    now,
                    format!("{looks} at a person's activity in the last year, each in the ledger with its reason."),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: Role) -> Subject {
        Subject { roles: [role].into(), ..Subject::default() }
    }

    #[test]
    fn the_clause_names_who_may_look() {
        let named = crate::tests::policy("- Logs. `a: monitor.log-access { by = \"network-manager\" }`\n");
        assert!(may_look(&named, &of(Role::NetworkManager)));
        assert!(!may_look(&named, &of(Role::Headteacher)));
        let silent = crate::tests::policy("- Logs. `a: monitor.log-access`\n");
        assert!(may_look(&silent, &of(Role::Headteacher)));
        assert!(!may_look(&silent, &of(Role::Teacher)));
    }
}
