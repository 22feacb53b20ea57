//! Control `filter.temporary-unblock`: a site is opened for a lesson or a study, on request, with reasons, for a time.
//! Why: a lesson must not fail because of a list, and nothing opened for a lesson may stay open after it.

use ::policy::{Binding, Policy, TermProblem, Words};
use kernel::{AudienceAtom, SiteItem, Sites, Within};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, kept, listed_sites, not_kept, unknown},
};

/// For how long a site is opened where the clause does not say.
const USUAL_MINUTES: u64 = 60;

/// The terms of `filter.temporary-unblock`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TemporaryUnblock {
    /// What those in `who` may open by themselves; all else is asked for.
    pub open: Sites,
    /// The longest that a site is open; one hour where nothing is said.
    pub longest: Option<Within>,
    /// Whether a reason has to be given.
    pub reason_required: bool,
    /// What it is for, in the school's words.
    pub purposes: Vec<String>,
    /// Who grants it, in the school's words; roles are said with `by`.
    pub granters: Vec<String>,
    /// When it ends, in the school's words.
    pub expires: Option<String>,
    /// Whether each can be audited; they always can.
    pub auditable: bool,
}

impl Default for TemporaryUnblock {
    fn default() -> Self {
        Self {
            open: Sites::default(),
            longest: None,
            reason_required: true,
            purposes: Vec::new(),
            granters: Vec::new(),
            expires: None,
            auditable: true,
        }
    }
}

impl TemporaryUnblock {
    /// The longest that a site is open by this clause, in minutes.
    pub fn longest_minutes(&self) -> u64 {
        self.longest.and_then(Within::minutes).unwrap_or(USUAL_MINUTES)
    }
}

/// Whether what a clause opens without asking every teacher opens, at any time and anywhere, which is how the desk does it.
/// By a clause that says more about who, when or where nothing opens without asking.
pub fn is_for_every_teacher(binding: &Binding) -> bool {
    let common = &binding.common;
    let staff =
        |atom: &AudienceAtom| matches!(atom, AudienceAtom::Everyone | AudienceAtom::All(kernel::Capacity::Staff));
    common.when.is_none()
        && common.place.is_none()
        && common.except.is_none()
        && common.who.as_ref().is_none_or(|who| who.atoms().iter().any(staff))
}

impl ::policy::Terms for TemporaryUnblock {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let reason = if self.reason_required { "with a reason, " } else { "" };
        let open = if self.open.0.is_empty() {
            String::new()
        } else {
            format!("; {} without asking", listed_sites(&self.open.0))
        };
        format!(
            "opens a site on request, {reason}for at most {} minutes, and closes it by itself; who asked, who granted it and why stay in the ledger{open}",
            self.longest_minutes()
        )
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        let mut problems = Vec::new();
        if self.open.0.contains(&SiteItem::All) {
            problems.push(
                TermProblem::of("open", "everything at once is not opened without asking")
                    .help("name categories or sites"),
            );
        }
        if self.longest.is_some() && !matches!(self.longest.and_then(Within::minutes), Some(1..=129_600)) {
            problems
                .push(TermProblem::of("longest", "an unblock lasts from 1 minute to 90 days").help("write \"1 hour\""));
        }
        problems
    }
}

impl Built for TemporaryUnblock {
    const MODULE: &'static str = "filter";
    const NAME: &'static str = "temporary-unblock";
    const EXAMPLE: &'static str = r#"{ who = "staff", by = "network-manager", open = "video", longest = "1 hour" }"#;

    fn standing(&self, binding: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        if !self.open.0.is_empty() && !is_for_every_teacher(binding) {
            return not_kept(
                now,
                "The desk opens sites without asking for every teacher, or for nobody: by this clause nothing opens.",
                "Say `who = \"staff\"`, without times, places and exceptions, or take `open` away: all is asked for then.",
            );
        }
        let unblocks = match &facts.filtering.unblocks {
            Ok(unblocks) => unblocks,
            Err(why) => return unknown(now, why.clone()),
        };
        if unblocks.without_end > 0 {
            return not_kept(
                now,
                format!("{} opened without an end.", count(small(unblocks.without_end), "site was", "sites were")),
                "Close them, or give them an end, on the page of requests.",
            );
        }
        if self.reason_required && unblocks.without_reason > 0 {
            return not_kept(
                now,
                format!("{} opened without a reason.", count(small(unblocks.without_reason), "site was", "sites were")),
                "Write the reasons down, on the page of requests.",
            );
        }
        let limit = binding.common.within.and_then(Within::minutes);
        if limit.is_some_and(|limit| unblocks.waiting > 0 && unblocks.longest_wait > limit) {
            return not_kept(
                now,
                format!("A request has waited for {} minutes.", unblocks.longest_wait),
                "Answer it, on the page of requests.",
            );
        }
        let (standing, evidence) = kept(
            now,
            format!(
                "{} of {} requests of the last year were granted, each with its end.",
                unblocks.granted, unblocks.asked
            ),
        );
        let evidence = evidence.figure("Open at present", unblocks.open).figure("Waiting", unblocks.waiting);
        (standing, evidence)
    }
}

pub(super) fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::UnblockFacts,
        filter::tests::{facts, policy},
    };

    #[test]
    fn what_some_may_open_at_some_times_opens_for_nobody() {
        for (terms, opens) in [
            ("who = \"staff\", open = \"video\"", true),
            ("open = \"video\"", true),
            ("who = \"role:headteacher\", open = \"video\"", false),
            ("who = \"staff\", when = \"mon-fri 18:00-20:00\", open = \"video\"", false),
        ] {
            let policy = policy(&format!("- For a lesson. `u: filter.temporary-unblock {{ {terms} }}`\n"));
            let (_, binding) = policy.bindings("filter", "temporary-unblock").next().unwrap();
            assert_eq!(is_for_every_teacher(binding), opens, "{terms}");
        }
    }

    #[test]
    fn an_unblock_without_end_or_reason_breaks_the_clause() {
        let policy = policy("- For a lesson. `u: filter.temporary-unblock { within = \"30 minutes\" }`\n");
        let (_, binding) = policy.bindings("filter", "temporary-unblock").next().unwrap();
        let terms: TemporaryUnblock = binding.terms().unwrap();
        assert!(terms.reason_required);
        let mut facts = facts();
        let mut judge = |unblocks| {
            facts.filtering.unblocks = Ok(unblocks);
            terms.standing(binding, &policy, &facts).0.id()
        };
        assert_eq!(judge(UnblockFacts::default()), "kept");
        assert_eq!(judge(UnblockFacts { without_end: 1, ..UnblockFacts::default() }), "not-kept");
        assert_eq!(judge(UnblockFacts { without_reason: 1, ..UnblockFacts::default() }), "not-kept");
        assert_eq!(judge(UnblockFacts { waiting: 1, longest_wait: 31, ..UnblockFacts::default() }), "not-kept");
        assert_eq!(judge(UnblockFacts { waiting: 1, longest_wait: 30, ..UnblockFacts::default() }), "kept");
    }
}
