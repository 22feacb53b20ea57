//! All that decisions are made by, at one moment: rules, lists, calendar, desk, help sites, sealed lists. Made once and
//! swapped whole, so that no request is decided by half of anything.

use kernel::{Calendar, Digest, SiteItem};

use crate::{
    address::Address,
    host::Host,
    index::ListIndex,
    lines::BlockLines,
    list::entry_path,
    rule::RuleSet,
    sealed::SealedList,
    table::{Table, begins},
    treatment::Measures,
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
    /// Help for children: open to everybody at all times. Domains and addresses; other items name nothing here.
    pub help: Vec<SiteItem>,
    /// The sealed lists of illegal material.
    pub sealed: Option<SealedList>,
    /// What the page of a blocked site says besides.
    pub lines: BlockLines,
}

/// All that decisions are made by.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) parts: Parts,
    pub(crate) rules: Table,
    pub(crate) unblocks: Table,
    pub(crate) treatments: Measures,
    /// Domains of the help sites, with paths where they have one.
    pub(crate) help: Vec<(String, Option<String>)>,
}

impl Snapshot {
    /// Compiles the parts.
    pub fn new(parts: Parts) -> Self {
        let help = parts.help.iter().filter_map(|site| match site {
            SiteItem::Domain(domain) => Some((domain.clone(), None)),
            SiteItem::Address { domain, path } => Some((domain.clone(), entry_path(path))),
            SiteItem::All
            | SiteItem::Category(_)
            | SiteItem::Pattern(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => None,
        });
        Self {
            help: help.collect(),
            treatments: Measures::new(&parts.rules, parts.lists.as_ref()),
            rules: Table::new(&parts.rules.rules, &parts.rules, parts.lists.as_ref()),
            unblocks: Table::new(&parts.rules.unblocks, &parts.rules, parts.lists.as_ref()),
            parts,
        }
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

    /// What the page of a blocked site says besides.
    pub fn lines(&self) -> &BlockLines {
        &self.parts.lines
    }

    /// Whether an address is the desk's or a help site's: nobody looks into what passes.
    pub(crate) fn is_private(&self, address: &Address) -> bool {
        self.parts.desk.contains(&address.host) || self.help_at(address).is_some()
    }

    /// The help site that an address is of.
    pub(crate) fn help_at(&self, address: &Address) -> Option<&(String, Option<String>)> {
        self.help.iter().find(|(domain, path)| {
            let path = path.as_ref().is_none_or(|path| address.path().is_some_and(|asked| begins(asked, path)));
            path && address.host.is_within(domain)
        })
    }

    /// Help for children.
    pub fn help(&self) -> &[SiteItem] {
        &self.parts.help
    }
}
