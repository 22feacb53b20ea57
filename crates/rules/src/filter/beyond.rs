//! What people have changed beyond the policy, held against what a clause says. Why: a site that a change opens is open,
//! however firmly the clause says that it is closed.

use ::filter::{Action, Host};
use ::policy::{Binding, Policy};
use jiff::civil::Date;
use kernel::{Audience, SchoolTime, SiteItem, Sites};

use super::draft::{Draft, Turn, drafts_of};
use crate::{
    facts::{BeyondFacts, Facts, Known},
    judgement::{Judgement, count, due, listed, not_kept, unknown},
};

/// So many of the sites are named; the others are counted.
const NAMED: usize = 3;

/// The judgement of a clause that a change goes against, if any does: it is due until the last of them ends, or the
/// policy is next looked at, whichever is first.
pub(crate) fn judge(binding: &Binding, policy: &Policy, facts: &Facts) -> Option<Judgement> {
    let now = &facts.now;
    let against = match against(binding, facts) {
        Ok(against) => against,
        Err(why) => return Some(unknown(now, why)),
    };
    if against.is_empty() {
        return None;
    }
    let day = |change: &&BeyondFacts| change.until.map(|until| SchoolTime::new(until).date()).or(policy.front.review);
    let days: Option<Vec<Date>> = against.iter().map(day).collect();
    let by = days.and_then(|days| days.into_iter().min()).filter(|by| *by >= now.date());
    let (statement, mend) = (said(&against, policy), "Undo it on the page of changes, or write it into the policy.");
    let (standing, evidence) = match by {
        Some(by) => due(now, by, statement, mend),
        None => not_kept(now, statement, mend),
    };
    Some((standing, evidence.link("Changes", "/filter/changes")))
}

/// The same for a clause that nothing may go against: what is illegal.
pub(crate) fn judge_firm(binding: &Binding, policy: &Policy, facts: &Facts) -> Option<Judgement> {
    let against = against(binding, facts).ok().filter(|against| !against.is_empty())?;
    let mend = "Undo it on the page of changes: what the policy calls illegal is open to nobody.";
    let (standing, evidence) = not_kept(&facts.now, said(&against, policy), mend);
    Some((standing, evidence.link("Changes", "/filter/changes")))
}

/// How many changes at present close what a clause that is a power could close.
pub(crate) fn used(binding: &Binding, facts: &Facts) -> Known<u64> {
    let closed = drafts(binding, Action::Block);
    let changes = facts.filtering.beyond.as_ref().map_err(Clone::clone)?;
    let used = changes.iter().filter(|change| {
        !change.open && closed.iter().any(|draft| bound(draft, binding).overlaps(&change.who) && names(draft, change))
    });
    Ok(u64::try_from(used.count()).unwrap_or(u64::MAX))
}

/// "2 sites are open beyond the policy by a change: bet365.com for pupils and tinder.com for everyone."
fn said(against: &[&BeyondFacts], policy: &Policy) -> String {
    let titles = |role| policy.front.title_of(role);
    let part = |open: bool| {
        let all: Vec<_> = against.iter().filter(|change| change.open == open).collect();
        let mut words: Vec<_> = all
            .iter()
            .take(NAMED)
            .map(|change| format!("{} for {}", change.site, change.who.in_words(&titles)))
            .collect();
        if all.len() > NAMED {
            words.push(format!("{} more", all.len() - NAMED));
        }
        let is = if open { ("site is open", "sites are open") } else { ("site is closed", "sites are closed") };
        let many = count(all.len(), is.0, is.1);
        (!all.is_empty()).then(|| format!("{many} beyond the policy by a change: {}.", listed(&words)))
    };
    [part(true), part(false)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The changes that open what the clause closes, for somebody whom it binds, or close a site that it opens by name.
fn against<'f>(binding: &Binding, facts: &'f Facts) -> Known<Vec<&'f BeyondFacts>> {
    let changes = facts.filtering.beyond.as_ref().map_err(Clone::clone)?;
    let (closed, open) = (drafts(binding, Action::Block), drafts(binding, Action::Permit));
    let goes_against = |change: &&BeyondFacts| {
        if change.open {
            let closes = |draft: &&Draft| meets(draft, binding, change) && !as_narrow(draft, binding, change);
            // What the clause itself opens at all times is not open beyond it.
            let itself = binding.common.when.is_none() && open.iter().any(|draft| names(draft, change));
            !itself && !excepted(binding, change) && closed.iter().any(|draft| closes(&draft))
        } else {
            open.iter().any(|draft| by_name(draft, change) && meets(draft, binding, change))
        }
    };
    Ok(changes.iter().filter(goes_against).collect())
}

fn drafts(binding: &Binding, action: Action) -> Vec<Draft> {
    let drafts = drafts_of(binding).unwrap_or_default();
    drafts.into_iter().filter(|draft| draft.action == action && draft.measure.is_none()).collect()
}

/// Whom a draft binds, before what is excepted.
fn bound(draft: &Draft, binding: &Binding) -> Audience {
    match draft.turn {
        Turn::AsSaid | Turn::Always => binding.common.audience(),
        Turn::AllBut(_) => Audience::everyone(),
    }
}

/// Whether a change is about a site of the draft, and for somebody whom it binds.
fn meets(draft: &Draft, binding: &Binding, change: &BeyondFacts) -> bool {
    let spared = match &draft.turn {
        Turn::AllBut(who) => *who == change.who,
        Turn::AsSaid | Turn::Always => false,
    };
    !spared && bound(draft, binding).overlaps(&change.who) && names(draft, change)
}

/// Whether a clause leaves out the people or the site of a change.
fn excepted(binding: &Binding, change: &BeyondFacts) -> bool {
    let Some(except) = &binding.common.except else { return false };
    except.who.as_ref() == Some(&change.who) || covered(&except.sites, change)
}

/// Whether clause and change are about the same site and the same people: of rules that are equally narrow the one that
/// closes holds.
fn as_narrow(draft: &Draft, binding: &Binding, change: &BeyondFacts) -> bool {
    draft.sites.0.contains(&change.site)
        && bound(draft, binding) == change.who
        && binding.common.when.is_none()
        && binding.common.place.is_none()
}

fn names(draft: &Draft, change: &BeyondFacts) -> bool {
    covered(&draft.sites, change)
}

fn by_name(draft: &Draft, change: &BeyondFacts) -> bool {
    let one = |site: &&SiteItem| matches!(site, SiteItem::Domain(_) | SiteItem::Address { .. });
    draft.sites.0.iter().filter(one).any(|site| covers(site, change))
}

/// Whether a clause that names these sites covers the site of a change.
pub(crate) fn covered(sites: &Sites, change: &BeyondFacts) -> bool {
    sites.0.iter().any(|site| covers(site, change))
}

/// Whether what a clause names covers the site of a change.
fn covers(site: &SiteItem, change: &BeyondFacts) -> bool {
    let host = match &change.site {
        SiteItem::Domain(domain) | SiteItem::Address { domain, .. } => Host::parse(domain).ok(),
        SiteItem::All | SiteItem::Category(_) | SiteItem::Pattern(_) | SiteItem::List(_) | SiteItem::Register(_) => {
            None
        }
    };
    match site {
        SiteItem::All => true,
        SiteItem::Category(name) => change.categories.contains(name) || change.site == *site,
        SiteItem::List(name) => change.lists.contains(name),
        SiteItem::Domain(domain) => host.is_some_and(|host| host.is_within(domain)),
        SiteItem::Address { domain, path } => match &change.site {
            SiteItem::Domain(_) => false,
            SiteItem::Address { domain: of, path: under } => {
                of == domain && under.strip_prefix(path.as_str()).is_some_and(|it| it.is_empty() || it.starts_with('/'))
            }
            SiteItem::All
            | SiteItem::Category(_)
            | SiteItem::Pattern(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => false,
        },
        SiteItem::Pattern(pattern) => host.is_some_and(|host| fits(pattern, host.as_str())),
        SiteItem::Register(_) => false,
    }
}

/// Whether a host fits a pattern: each part between stars at its first place.
fn fits(pattern: &str, host: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == host };
    let Some(mut inner) = host.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some((_, after)) = inner.split_once(part) else { return false };
        inner = after;
    }
    inner.ends_with(last)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::SiteItem;

    use super::*;
    use crate::{
        facts::ListFacts,
        filter::tests::{facts, front_policy, policy},
        standing::judge,
    };

    fn change(site: &str, categories: &[&str], who: &str, open: bool) -> BeyondFacts {
        BeyondFacts {
            site: SiteItem::parse(site).unwrap(),
            categories: categories.iter().map(|name| (*name).to_owned()).collect(),
            lists: std::collections::BTreeSet::new(),
            who: Audience::parse(who).unwrap(),
            open,
            until: None,
        }
    }

    /// How the clause `a` stands with these changes, and what its evidence says.
    #[track_caller]
    fn with(clause: &str, changes: Vec<BeyondFacts>) -> (&'static str, String) {
        let policy = policy(&format!("- One. `a: {clause}`\n"));
        let mut facts = facts();
        let list = |category: &str| ListFacts {
            name: "one".to_owned(),
            categories: [category.to_owned()].into(),
            entries: 4,
            fetched: None,
            sealed: false,
            fault: None,
            smaller: None,
        };
        facts.lists = Ok(["gambling", "dating", "webmail", "social-networks"].map(list).into());
        facts.filtering.on_lists = Ok(BTreeMap::new());
        facts.filtering.beyond = Ok(changes);
        let (_, binding) = policy.all_bindings().find(|(_, binding)| binding.key == "a#1").unwrap();
        let (standing, evidence) = judge(binding, &policy, &facts);
        (standing.id(), evidence.statement)
    }

    #[test]
    fn what_a_change_opens_is_not_kept_closed() {
        let clause = "filter.categories { who = \"everyone\", block = \"gambling\", points = 0 }";
        assert_eq!(with(clause, Vec::new()).0, "kept");
        let opened = || change("bet365.com", &["gambling"], "pupils", true);
        let (standing, says) = with(clause, vec![opened(), change("tinder.com", &["dating"], "everyone", true)]);
        assert_eq!(standing, "due");
        assert_eq!(says, "1 site is open beyond the policy by a change: bet365.com for pupils.");
        let staff = "filter.categories { who = \"staff\", block = \"gambling\", points = 0 }";
        assert_eq!(with(staff, vec![opened()]).0, "kept", "it is open to others than those whom the clause binds");
        let many = (0..5).map(|nth| change(&format!("bet{nth}.com"), &["gambling"], "pupils", true)).collect();
        assert_eq!(
            with(clause, many).1,
            "5 sites are open beyond the policy by a change: bet0.com for pupils, bet1.com for pupils, bet2.com for pupils and 2 more."
        );
    }

    #[test]
    fn a_change_with_an_end_is_due_by_its_end() {
        let policy = front_policy("", "- One. `a: filter.social { who = \"pupils\", block = \"*face*\" }`\n");
        let (_, binding) = policy.all_bindings().find(|(_, binding)| binding.key == "a#1").unwrap();
        let mut facts = facts();
        let day = |text: &str| text.parse().unwrap();
        let mut by = |until: Option<&str>| {
            let until = until.map(|day| format!("{day}T12:00:00Z").parse().unwrap());
            facts.filtering.beyond = Ok(vec![BeyondFacts { until, ..change("facebook.com", &[], "pupils", true) }]);
            let standing = judge(binding, &policy, &facts).0;
            let kernel::Standing::Due { by, .. } = standing else { panic!("{standing:?}") };
            by
        };
        assert_eq!(by(Some("2026-12-18")), day("2026-12-18"));
        assert_eq!(by(None), day("2027-09-01"), "until the policy is reviewed");
    }

    #[test]
    fn what_is_illegal_is_opened_by_no_change() {
        let clause = "policy.use-matrix { verdict = \"illegal\", sites = \"dating\" }";
        assert_eq!(with(clause, Vec::new()).0, "kept");
        let (standing, says) = with(clause, vec![change("tinder.com", &["dating"], "everyone", true)]);
        assert_eq!(standing, "not-kept");
        assert_eq!(says, "1 site is open beyond the policy by a change: tinder.com for everyone.");
    }

    #[test]
    fn what_the_clause_itself_opens_is_not_beyond_it() {
        let clause = "filter.social { who = \"everyone\", block = \"social-networks\", permit = \"ours.example\" }";
        assert_eq!(with(clause, vec![change("ours.example", &["social-networks"], "pupils", true)]).0, "kept");
        let (standing, says) = with(clause, vec![change("ours.example", &[], "pupils", false)]);
        assert_eq!(standing, "due");
        assert_eq!(says, "1 site is closed beyond the policy by a change: ours.example for pupils.");
    }

    #[test]
    fn a_power_is_reserved_and_says_how_often_it_is_used() {
        let clause = "filter.categories { who = \"staff\", may = true, block = \"webmail\" }";
        let (standing, says) = with(clause, Vec::new());
        assert_eq!(standing, "reserved");
        assert!(says.contains("closes nothing"), "{says}");
        let (standing, says) = with(clause, vec![change("gmail.com", &["webmail"], "staff", false)]);
        assert_eq!(standing, "reserved");
        assert!(says.contains("1 site"), "{says}");
    }

    #[test]
    fn patterns_cover_what_fits_them() {
        for (pattern, host, fit) in [
            ("*proxy*", "freeproxy.example", true),
            ("games.*", "mygames.example", false),
            ("*.games", "a.games", true),
        ] {
            assert_eq!(fits(pattern, host), fit, "{pattern} {host}");
        }
    }
}
