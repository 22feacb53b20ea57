//! All that decisions are made by, at one moment: rules, lists, calendar, desk, help sites, sealed lists. Made once and
//! swapped whole, so that no request is decided by half of anything.

use std::sync::Arc;

use kernel::{Calendar, Digest, SiteItem};

use crate::{
    category::Category,
    host::Host,
    index::ListIndex,
    rule::{Rule, RuleSet, SetName},
    sealed::SealedList,
};

/// What a snapshot is made of.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The digest of the policy that the rules are of.
    pub policy: Digest,
    /// The compiled lists; none where there are none yet.
    pub lists: Option<ListIndex>,
    /// The rules.
    pub rules: RuleSet,
    /// What the names of times mean.
    pub calendar: Calendar,
    /// The hosts of the school's own desk.
    pub desk: Vec<Host>,
    /// Help for children: open to everybody at all times.
    pub help: Vec<SiteItem>,
    /// The sealed lists of illegal material.
    pub sealed: Option<SealedList>,
}

/// All that decisions are made by.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) parts: Parts,
    pub(crate) rules: Vec<Compiled>,
    pub(crate) unblocks: Vec<Compiled>,
}

/// A rule whose categories are a set of bits, so that most rules are passed over by one comparison.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) rule: Arc<Rule>,
    pub(crate) all: bool,
    /// One bit a category, by [`Category::number`].
    pub(crate) categories: u128,
    /// Everything else that it names: domains, addresses, patterns.
    pub(crate) sites: Vec<SiteItem>,
    /// Names of lists in the index.
    pub(crate) lists: Vec<String>,
}

pub(crate) fn bit(category: Category) -> u128 {
    1u128.checked_shl(u32::try_from(category.number()).unwrap_or(u32::MAX)).unwrap_or(0)
}

impl Compiled {
    fn new(rule: &Rule, set: &RuleSet) -> Self {
        let mut compiled =
            Self { rule: Arc::new(rule.clone()), all: false, categories: 0, sites: Vec::new(), lists: Vec::new() };
        for site in &rule.sites.0 {
            match site {
                SiteItem::All => compiled.all = true,
                SiteItem::Category(name) => match Category::parse(name) {
                    Ok(category) => compiled.categories |= bit(category),
                    // The check of a policy refuses a category that nobody knows.
                    Err(_) => compiled.lists.push(name.clone()),
                },
                SiteItem::Domain(_) | SiteItem::Address { .. } | SiteItem::Pattern(_) => {
                    compiled.sites.push(site.clone())
                }
                SiteItem::List(name) => {
                    compiled.lists.push(name.clone());
                    compiled.take_set(set, &SetName::List(name.clone()));
                }
                SiteItem::Register(name) => compiled.take_set(set, &SetName::Register(name.clone())),
            }
        }
        compiled
    }

    fn take_set(&mut self, set: &RuleSet, name: &SetName) {
        let items = set.sets.get(name).map_or(&[][..], Vec::as_slice);
        self.sites.extend(items.iter().filter(|item| item.until.is_none()).map(|item| item.site.clone()));
    }
}

impl Snapshot {
    /// Compiles the parts.
    pub fn new(parts: Parts) -> Self {
        let compile = |rules: &[Rule]| rules.iter().map(|rule| Compiled::new(rule, &parts.rules)).collect();
        Self { rules: compile(&parts.rules.rules), unblocks: compile(&parts.rules.unblocks), parts }
    }

    /// The digest of the policy in force.
    pub fn policy(&self) -> Digest {
        self.parts.policy
    }

    /// The digest of the lists in use; of zeros where there are none.
    pub fn lists_digest(&self) -> Digest {
        self.parts.lists.as_ref().map_or_else(Digest::default, ListIndex::digest)
    }

    /// The lists in use.
    pub fn lists(&self) -> Option<&ListIndex> {
        self.parts.lists.as_ref()
    }

    /// Help for children.
    pub fn help(&self) -> &[SiteItem] {
        &self.parts.help
    }
}
