//! The versions of the policy, and what changed from one to the next.

use jiff::Timestamp;
use kernel::{AudienceAtom, Role, SchoolTime, time::date_in_words};
use webkit::Page;

use super::{
    diff, published,
    service::{InForce, Version},
    views::{Line, VersionPage, VersionRow},
};

/// "Version 4".
pub(crate) fn name(version: &Version) -> String {
    if version.version.is_empty() {
        "A version without a number".to_owned()
    } else {
        format!("Version {}", version.version)
    }
}

fn day(at: Timestamp) -> String {
    date_in_words(SchoolTime::new(at).date())
}

/// "Version 4, in force since 20 April 2026. Review by 20 April 2027."
pub(crate) fn caption(in_force: &InForce, review: bool) -> String {
    let mut text = format!("{}, in force since {}.", name(&in_force.version), day(in_force.version.from));
    if let Some(date) = in_force.policy.front.review.filter(|_| review) {
        text.push_str(&format!(" Review by {}.", date_in_words(date)));
    }
    text
}

/// A version in the list.
pub(crate) fn row(version: &Version, now: Timestamp) -> VersionRow {
    let state = if !version.ever() {
        "Never in force".to_owned()
    } else if version.is_in_force(now) {
        match version.superseded {
            None => "In force".to_owned(),
            Some(until) => format!("In force until {}", day(until)),
        }
    } else if version.from > now {
        format!("From {}", day(version.from))
    } else {
        version.superseded.map_or_else(String::new, |until| format!("Until {}", day(until)))
    };
    let who = match version.enacted_by {
        Some(_) => "",
        None => " at the first start",
    };
    VersionRow {
        name: name(version),
        href: format!("/policy/versions/{}", version.digest),
        digest: version.digest.short(),
        from: day(version.from),
        enacted: format!("{}{who}", day(version.enacted_at)),
        state,
    }
}

/// The page of a version.
pub(crate) fn build(page: Page, found: &InForce, before: Option<&InForce>, whole: bool, now: Timestamp) -> VersionPage {
    let today = SchoolTime::new(now).date();
    let title = |role: Role| found.policy.front.title_of(role);
    let approvals = found.version.approvals.iter().map(|approval| Line {
        label: AudienceAtom::parse(&approval.by).map_or_else(
            |_| approval.by.trim_start_matches("other:").to_owned(),
            |atom| capital(&atom.in_words(&title)),
        ),
        value: date_in_words(approval.on),
    });
    VersionPage {
        page,
        row: row(&found.version, now),
        digest: found.digest().to_string(),
        approvals: approvals.collect(),
        changes: before.map(|before| diff::changes(&before.policy, &found.policy, today, whole)).unwrap_or_default(),
        before: before.map(|before| row(&before.version, now)),
        files: published::files(&found.policy, &found.source, whole),
        whole,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
