//! Control `filter.management-status`: only staff with filtering-management status change filtering.
//! Why: whoever can open the gate must be somebody whom the school chose.

use ::policy::{Binding, Policy, Words};
use kernel::{Audience, AudienceAtom, Role};

use super::temporary_unblock::small;
use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, kept, listed, not_kept, unknown},
};

/// The terms of `filter.management-status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ManagementStatus {
    /// What the school calls the status.
    pub status: Option<String>,
}

/// Who has the status by one binding: those whom it names with `by`, else the network manager.
fn holders(binding: &Binding) -> Audience {
    let usual = || Audience::of(AudienceAtom::Role(Role::NetworkManager));
    binding.common.by.clone().unwrap_or_else(usual)
}

impl ::policy::Terms for ManagementStatus {
    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        format!("lets nobody change filtering beyond the policy but {}", words.audience(&holders(binding)))
    }
}

impl Built for ManagementStatus {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "management-status";
    const EXAMPLE: &'static str = r#"{ by = ["network-manager", "online-safety-lead"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let changes = match &facts.filtering.changes {
            Ok(changes) => changes,
            Err(why) => return unknown(now, why.clone()),
        };
        let held = match &facts.holders {
            Ok(held) => held,
            Err(why) => return unknown(now, why.clone()),
        };
        let roles = crate::standing::roles_of(&holders(binding));
        let has = |role: &Role| held.get(role).is_some_and(|holders| !holders.holders.is_empty());
        if !roles.is_empty() && !roles.iter().any(has) {
            let titles: Vec<_> = roles.iter().map(|role| policy.front.title_of(*role)).collect();
            return not_kept(
                now,
                format!("Nobody holds the role of {}.", listed(&titles)),
                "Say who holds it, on the page of responsibilities.",
            );
        }
        if changes.able.is_empty() {
            return not_kept(
                now,
                "Nobody who can sign in holds the status.",
                "Give it to somebody, on the page of who may change filtering.",
            );
        }
        if changes.without_status > 0 {
            return not_kept(
                now,
                format!(
                    "{} made by somebody without the status.",
                    count(small(changes.without_status), "change was", "changes were")
                ),
                "Look at them, on the page of changes, and undo what should not be.",
            );
        }
        let (standing, evidence) = kept(
            now,
            format!(
                "{} in the last year, all by people who have the status.",
                count(small(changes.all), "change", "changes")
            ),
        );
        (standing, evidence.figure("People who have it", changes.able.len()).link("Changes", "/filter/changes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{ChangeFacts, Holders},
        filter::tests::{facts, policy},
    };

    #[test]
    fn a_change_without_the_status_breaks_the_clause() {
        let policy = policy("- Status. `a: filter.management-status`\n");
        let (_, binding) = policy.bindings("filter", "management-status").next().unwrap();
        let mut facts = facts();
        let judge = |facts: &Facts| ManagementStatus::default().standing(binding, &policy, facts).0.id();
        assert_eq!(judge(&facts), "unknown");
        facts.filtering.changes = Ok(ChangeFacts::default());
        assert_eq!(judge(&facts), "not-kept", "nobody holds the role");
        let manager = kernel::PersonId::from_parts(1, &[1; 10]);
        facts.holders =
            Ok([(Role::NetworkManager, Holders { holders: [manager].into(), ..Holders::default() })].into());
        assert_eq!(judge(&facts), "not-kept", "the holder has no account, or not the status");
        let able: std::collections::BTreeSet<_> = [manager].into();
        facts.filtering.changes = Ok(ChangeFacts { able: able.clone(), ..ChangeFacts::default() });
        assert_eq!(judge(&facts), "kept");
        facts.filtering.changes = Ok(ChangeFacts { without_status: 1, able, ..ChangeFacts::default() });
        assert_eq!(judge(&facts), "not-kept");
    }
}
