//! What can be found wrong with rules before any request: rules that contradict each other, and people for whom
//! nothing is said.

use std::collections::HashMap;

use kernel::{Audience, AudienceAtom, Calendar, Capacity, SiteItem, Year};

use crate::{
    rule::{Action, Rule, RuleSet, SetName},
    table::is_at,
};

/// A block and a permit that are equally narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The rule that closes, by its id.
    pub block: String,
    /// The rule that opens, by its id.
    pub permit: String,
    /// What both name.
    pub site: SiteItem,
    /// Whether somebody certainly is in both audiences, as with equal ones; else it depends on who is in a class or
    /// group, or holds a role.
    pub certain: bool,
}

/// Whether two groups share people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    No,
    Perhaps,
    Certainly,
}

impl RuleSet {
    /// Blocks and permits that are equally narrow by site, person and time, so that neither wins. A decision that
    /// meets one all the same is closed.
    pub fn conflicts(&self, calendar: &Calendar) -> Vec<Conflict> {
        let mut by_site: HashMap<SiteItem, Vec<&Rule>> = HashMap::new();
        for rule in &self.rules {
            for site in self.expanded(rule) {
                let rules = by_site.entry(site).or_default();
                if rules.last().is_none_or(|last| last.id != rule.id) {
                    rules.push(rule);
                }
            }
        }
        let mut conflicts = Vec::new();
        for (site, rules) in &by_site {
            for block in rules.iter().filter(|rule| rule.action == Action::Block) {
                for permit in rules.iter().filter(|rule| rule.action == Action::Permit) {
                    let shared = shared(block, permit);
                    if shared != Shared::No && meet(block, permit, calendar) {
                        conflicts.push(Conflict {
                            block: block.id.clone(),
                            permit: permit.id.clone(),
                            site: site.clone(),
                            certain: shared == Shared::Certainly,
                        });
                    }
                }
            }
        }
        conflicts.sort_by(|one, two| (&one.block, &one.permit, &one.site).cmp(&(&two.block, &two.permit, &two.site)));
        conflicts
    }

    /// The sites of a rule, those of its sets among them.
    fn expanded<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = SiteItem> + 'a {
        rule.sites.0.iter().flat_map(|site| {
            let name = match site {
                SiteItem::List(name) => Some(SetName::List(name.clone())),
                SiteItem::Register(name) => Some(SetName::Register(name.clone())),
                SiteItem::All
                | SiteItem::Category(_)
                | SiteItem::Domain(_)
                | SiteItem::Address { .. }
                | SiteItem::Pattern(_) => None,
            };
            let items = name.and_then(|name| self.sets.get(&name)).map_or(&[][..], Vec::as_slice);
            std::iter::once(site.clone()).chain(items.iter().map(|item| item.site.clone()))
        })
    }

    /// Those of `audiences` for whom nothing is always closed, although what no rule closes is open: they have no
    /// filtering profile. A pupil's profile may be put together of rules for several years.
    pub fn profile_gaps(&self, audiences: &[AudienceAtom]) -> Vec<AudienceAtom> {
        if self.otherwise.action == Action::Block {
            return Vec::new();
        }
        let always = |rule: &&Rule| {
            rule.action == Action::Block
                && rule.person.is_none()
                && rule.when.is_none()
                && rule.place.is_none()
                && rule.except_places.is_empty()
                && rule.until.is_none()
        };
        let profiles: Vec<&Rule> = self.rules.iter().filter(always).collect();
        audiences.iter().filter(|wanted| !is_covered(wanted, &profiles)).cloned().collect()
    }
}

/// The audiences that every school has: each year of pupils, and each other capacity.
pub fn usual_audiences() -> Vec<AudienceAtom> {
    let others = [
        Capacity::Staff,
        Capacity::Governor,
        Capacity::Parent,
        Capacity::Volunteer,
        Capacity::Contractor,
        Capacity::Guest,
        Capacity::Outside,
    ];
    let years = Year::all().map(|year| AudienceAtom::Years(year, year));
    years.chain(others.into_iter().map(AudienceAtom::All)).collect()
}

fn is_covered(wanted: &AudienceAtom, profiles: &[&Rule]) -> bool {
    let covers = |rule: &&Rule, atom: &AudienceAtom| {
        let excepted = rule.except.as_ref().is_some_and(|except| except.overlaps(&Audience::of(atom.clone())));
        !excepted && rule.who.atoms().iter().any(|who| holds(who, atom))
    };
    let years = years(wanted);
    profiles.iter().any(|rule| covers(rule, wanted))
        || (!years.is_empty()
            && years.iter().all(|year| {
                let year = AudienceAtom::Years(*year, *year);
                profiles.iter().any(|rule| covers(rule, &year))
            }))
}

/// The years that a group of pupils is made of.
fn years(atom: &AudienceAtom) -> Vec<Year> {
    Year::all()
        .filter(|year| match atom {
            AudienceAtom::All(capacity) => *capacity == Capacity::Pupil,
            AudienceAtom::Years(from, to) => from <= year && year <= to,
            AudienceAtom::Stage(stage) => year.key_stage() == *stage,
            AudienceAtom::Everyone
            | AudienceAtom::Class(_)
            | AudienceAtom::Role(_)
            | AudienceAtom::Group(_)
            | AudienceAtom::Joiners
            | AudienceAtom::Relation(_) => false,
        })
        .collect()
}

/// Whether everybody of `inner` is in `outer`.
fn holds(outer: &AudienceAtom, inner: &AudienceAtom) -> bool {
    let (of_outer, of_inner) = (years(outer), years(inner));
    match (outer, inner) {
        _ if outer == inner => true,
        (AudienceAtom::Everyone, _) => true,
        (AudienceAtom::All(capacity), AudienceAtom::Role(role)) => role.capacity() == *capacity,
        (AudienceAtom::Years(..) | AudienceAtom::Stage(_), AudienceAtom::All(_)) => {
            // Pupils without a year are pupils too.
            false
        }
        _ => !of_inner.is_empty() && of_inner.iter().all(|year| of_outer.contains(year)),
    }
}

/// Whether somebody is in both audiences at the same breadth.
fn shared(block: &Rule, permit: &Rule) -> Shared {
    match (block.person, permit.person) {
        (Some(one), Some(two)) => return if one == two { Shared::Certainly } else { Shared::No },
        (Some(_), None) | (None, Some(_)) => return Shared::No,
        (None, None) => {}
    }
    let excepts = |rule: &Rule, atom: &AudienceAtom| {
        rule.except.as_ref().is_some_and(|except| except.atoms().iter().any(|out| holds(out, atom)))
    };
    let mut most = Shared::No;
    for one in block.who.atoms() {
        for two in permit.who.atoms() {
            if one.breadth() != two.breadth() || !one.overlaps(two) || excepts(block, two) || excepts(permit, one) {
                continue;
            }
            let certainly = holds(one, two) || holds(two, one) || (!years(one).is_empty() && !years(two).is_empty());
            most = most.max(if certainly { Shared::Certainly } else { Shared::Perhaps });
        }
    }
    most
}

/// Whether both could hold at one time and place, and are equally narrow by them.
fn meet(one: &Rule, two: &Rule, calendar: &Calendar) -> bool {
    let times = match (&one.when, &two.when) {
        (None, None) => true,
        (Some(a), Some(b)) => calendar.overlap(a, b),
        (Some(_), None) | (None, Some(_)) => false,
    };
    let places = match (&one.place, &two.place) {
        (None, None) => true,
        (Some(a), Some(b)) => is_at(a, b) || is_at(b, a),
        (Some(_), None) | (None, Some(_)) => false,
    };
    // Where one names the place that the other excepts, they do not meet.
    let excepts = |rule: &Rule, other: &Rule| {
        other.place.as_ref().is_some_and(|place| rule.except_places.iter().any(|except| is_at(except, place)))
    };
    let places = places && !excepts(one, two) && !excepts(two, one);
    let begins = one.from.max(two.from);
    let ends = [one.until, two.until].into_iter().flatten().min();
    times && places && ends.is_none_or(|end| begins.is_none_or(|begin| begin < end))
}

#[cfg(test)]
mod tests;
