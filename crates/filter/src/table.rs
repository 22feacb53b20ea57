//! Rules, ordered so that a request asks only those that could concern it: by host, by category, by list, by pattern.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use jiff::Timestamp;
use kernel::{AudienceAtom, Breadth, Calendar, HowKnown, Place, SiteItem, Viewer};

use crate::{
    category::Category,
    decision::{Entry, Request},
    index::{Found, ListIndex},
    list::entry_path,
    pattern::Pattern,
    rule::{Action, Rule, RuleSet, SetName},
};

/// Rules by what they name.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rules: Vec<Arc<Rule>>,
    every: Vec<u32>,
    /// By [`Category::number`].
    by_category: Vec<Vec<u32>>,
    /// By the number of a tag of the index: the rules that name its list.
    by_tag: Vec<Vec<u32>>,
    by_host: HashMap<Box<str>, Vec<Named>, NameHash>,
    patterns: Vec<(Pattern, Named)>,
}

/// A site that a rule names, itself or through a set.
#[derive(Debug, Clone)]
struct Named {
    rule: u32,
    path: Option<Box<str>>,
    set: Option<Arc<str>>,
    until: Option<Timestamp>,
}

/// Hashes the names that rules have: the school writes them, so nobody can choose them to collide, and a quick hash does.
#[derive(Debug, Clone, Copy, Default)]
struct NameHash(u64);

impl std::hash::BuildHasher for NameHash {
    type Hasher = Self;
    fn build_hasher(&self) -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl std::hash::Hasher for NameHash {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let last = rest.iter().fold(rest.len() as u64, |last, byte| last << 8 | u64::from(*byte));
        for word in words.iter().map(|word| u64::from_le_bytes(*word)).chain([last]) {
            self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}

/// What kind of site a rule reached a request by; the later, the narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    All,
    Category,
    Pattern,
    Domain,
    Address,
}

/// How narrow a rule is for a request; greater is narrower. By site, then by person, then by time; last by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Narrowness {
    pub(crate) kind: Kind,
    host: usize,
    path: usize,
    pub(crate) person: Reverse<Breadth>,
    pub(crate) has_time: bool,
    has_place: bool,
}

/// Where a rule touched the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch<'s> {
    kind: Kind,
    /// Where the entry begins in the host, and how long its path is.
    start: usize,
    path: usize,
    list: Option<&'s Arc<str>>,
    pattern: Option<&'s str>,
    pub(crate) category: Option<Category>,
}

/// A rule that applies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bid<'s> {
    nth: u32,
    pub(crate) rule: &'s Arc<Rule>,
    pub(crate) narrowness: Narrowness,
    pub(crate) touch: Touch<'s>,
}

/// Why a rule that names the site does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Not {
    Current,
    Here,
    ForThem,
    Now,
}

impl Touch<'_> {
    /// The entry in words of an address.
    pub(crate) fn entry(&self, request: &Request<'_>) -> Option<Entry> {
        let list = self.list.map(Arc::clone);
        if let Some(pattern) = self.pattern {
            return Some(Entry { list, site: pattern.to_owned() });
        }
        if self.kind == Kind::All {
            return None;
        }
        Some(Entry { list, site: entry_text(request, self.start, self.path) })
    }
}

pub(crate) fn entry_text(request: &Request<'_>, start: usize, path: usize) -> String {
    let mut site = request.address.host.as_str().get(start..).unwrap_or_default().to_owned();
    site.push_str(request.address.path().and_then(|whole| whole.get(..path)).unwrap_or_default());
    site
}

impl Bid<'_> {
    /// Whether this one wins over another: the narrower; of equally narrow ones the one that closes; then the earlier.
    fn beats(&self, other: &Self) -> bool {
        let closes = |bid: &Self| bid.rule.action == Action::Block;
        // Of one rule, the later touch is of the more specific entry.
        let key = |bid: &Self| (bid.narrowness, closes(bid), Reverse(bid.nth));
        key(self) >= key(other)
    }
}

/// The narrowest rule of those that are enforced, and of all, those on trial among them.
#[derive(Debug, Default)]
pub(crate) struct Contest<'s> {
    pub(crate) enforced: Option<Bid<'s>>,
    pub(crate) all: Option<Bid<'s>>,
}

impl<'s> Contest<'s> {
    pub(crate) fn take(&mut self, bid: Bid<'s>) {
        if self.all.as_ref().is_none_or(|best| bid.beats(best)) {
            self.all = Some(bid);
        }
        if !bid.rule.observe && self.enforced.as_ref().is_none_or(|best| bid.beats(best)) {
            self.enforced = Some(bid);
        }
    }
}

impl Table {
    pub(crate) fn new(rules: &[Rule], set: &RuleSet, lists: Option<&ListIndex>) -> Self {
        let mut table = Self { by_category: vec![Vec::new(); Category::all().len()], ..Self::default() };
        let tags = lists.map_or(&[][..], ListIndex::tags);
        table.by_tag = vec![Vec::new(); tags.len()];
        for rule in rules {
            let Ok(nth) = u32::try_from(table.rules.len()) else { break };
            table.rules.push(Arc::new(rule.clone()));
            for site in &rule.sites.0 {
                let set_name = match site {
                    SiteItem::List(name) => {
                        for (tag, rules) in tags.iter().zip(&mut table.by_tag) {
                            if *tag.list == **name && rules.last() != Some(&nth) {
                                rules.push(nth);
                            }
                        }
                        SetName::List(name.clone())
                    }
                    SiteItem::Register(name) => SetName::Register(name.clone()),
                    SiteItem::All
                    | SiteItem::Category(_)
                    | SiteItem::Domain(_)
                    | SiteItem::Address { .. }
                    | SiteItem::Pattern(_) => {
                        table.name(site, Named { rule: nth, path: None, set: None, until: None });
                        continue;
                    }
                };
                let shown: Arc<str> = set_name.to_string().into();
                for item in set.sets.get(&set_name).map_or(&[][..], Vec::as_slice) {
                    let named = Named { rule: nth, path: None, set: Some(Arc::clone(&shown)), until: item.until };
                    table.name(&item.site, named);
                }
            }
        }
        table
    }

    fn name(&mut self, site: &SiteItem, mut named: Named) {
        match site {
            SiteItem::All => self.every.push(named.rule),
            SiteItem::Category(name) => {
                // The check of a policy refuses a category that nobody knows; here it names no site.
                let rules = Category::parse(name).ok().and_then(|category| self.by_category.get_mut(category.number()));
                if let Some(rules) = rules.filter(|rules| rules.last() != Some(&named.rule)) {
                    rules.push(named.rule);
                }
            }
            SiteItem::Domain(domain) => self.by_host.entry(domain.as_str().into()).or_default().push(named),
            SiteItem::Address { domain, path } => {
                named.path = entry_path(path).map(Into::into);
                self.by_host.entry(domain.as_str().into()).or_default().push(named);
            }
            SiteItem::Pattern(text) => self.patterns.push((Pattern::new(text), named)),
            // Sets hold sites, not other sets.
            SiteItem::List(_) | SiteItem::Register(_) => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether any rule names a category or a list, so that the lists have to be asked.
    pub(crate) fn asks_lists(&self) -> bool {
        self.by_category.iter().chain(&self.by_tag).any(|rules| !rules.is_empty())
    }

    /// Gives each rule that names a category that the content showed.
    pub(crate) fn by_found<'s>(&'s self, category: Category, mut each: impl FnMut(u32, Touch<'s>)) {
        let touch =
            Touch { kind: Kind::Category, start: 0, path: 0, list: None, pattern: None, category: Some(category) };
        self.by_category.get(category.number()).into_iter().flatten().for_each(|rule| each(*rule, touch));
    }

    /// Gives each rule that names the host itself, or all hosts.
    pub(crate) fn by_name<'s>(&'s self, request: &Request<'_>, mut each: impl FnMut(u32, Touch<'s>)) {
        let touch = |kind, start, path| Touch { kind, start, path, list: None, pattern: None, category: None };
        self.every.iter().for_each(|rule| each(*rule, touch(Kind::All, 0, 0)));
        let host = &request.address.host;
        let current = |named: &Named| named.until.is_none_or(|until| request.at.timestamp() < until);
        for (pattern, named) in
            self.patterns.iter().filter(|(pattern, named)| current(named) && pattern.fits(host.as_str()))
        {
            let touch = Touch { pattern: Some(&pattern.text), list: named.set.as_ref(), ..touch(Kind::Pattern, 0, 0) };
            each(named.rule, touch);
        }
        if self.by_host.is_empty() {
            return;
        }
        for name in host.suffixes() {
            let start = host.as_str().len() - name.len();
            for named in self.by_host.get(name).into_iter().flatten().filter(|named| current(named)) {
                match &named.path {
                    None => each(named.rule, Touch { list: named.set.as_ref(), ..touch(Kind::Domain, start, 0) }),
                    Some(path) if request.address.path().is_some_and(|asked| begins(asked, path)) => {
                        let touch = touch(Kind::Address, start, path.len());
                        each(named.rule, Touch { list: named.set.as_ref(), ..touch });
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// Gives each rule that names the list or the category of an entry.
    pub(crate) fn by_entry<'s>(&'s self, lists: &'s ListIndex, found: Found, mut each: impl FnMut(u32, Touch<'s>)) {
        for nth in lists.tags_of(found).map(usize::from) {
            let Some(tag) = lists.tags().get(nth) else { continue };
            let kind = if found.path > 0 { Kind::Address } else { Kind::Domain };
            let mut touch = Touch {
                kind,
                start: found.start,
                path: found.path,
                list: Some(&tag.list),
                pattern: None,
                category: tag.category,
            };
            self.by_tag.get(nth).into_iter().flatten().for_each(|rule| each(*rule, touch));
            touch.kind = Kind::Category;
            let named = tag.category.and_then(|category| self.by_category.get(category.number()));
            named.into_iter().flatten().for_each(|rule| each(*rule, touch));
        }
    }

    pub(crate) fn rule(&self, nth: u32) -> Option<&Arc<Rule>> {
        self.rules.get(nth as usize)
    }

    /// The bid of a rule that touches the request, or why it does not apply.
    pub(crate) fn bid<'s>(
        &'s self,
        nth: u32,
        touch: Touch<'s>,
        request: &Request<'_>,
        calendar: &Calendar,
    ) -> Option<Result<Bid<'s>, Not>> {
        let rule = self.rule(nth)?;
        let breadth = match applies(rule, request, calendar) {
            Ok(breadth) => breadth,
            Err(not) => return Some(Err(not)),
        };
        let narrowness = Narrowness::of(rule, &touch, request, breadth);
        Some(Ok(Bid { nth, rule, narrowness, touch }))
    }
}

impl Narrowness {
    /// How narrow a rule that applies is where it touched the request.
    pub(crate) fn of(rule: &Rule, touch: &Touch<'_>, request: &Request<'_>, breadth: Breadth) -> Self {
        let (host, path) = match touch.kind {
            Kind::Domain | Kind::Address => (request.address.host.as_str().len() - touch.start, touch.path),
            Kind::All | Kind::Category | Kind::Pattern => (0, 0),
        };
        Self {
            kind: touch.kind,
            host,
            path,
            person: Reverse(breadth),
            has_time: rule.when.is_some(),
            has_place: rule.place.is_some(),
        }
    }
}

/// How broad a rule is for whoever asks, here and now; or why it does not apply.
pub(crate) fn applies(rule: &Rule, request: &Request<'_>, calendar: &Calendar) -> Result<Breadth, Not> {
    // Whom it is for is asked before the calendar: that takes less.
    begun_here(rule, request)?;
    let breadth = breadth(rule, request.viewer).ok_or(Not::ForThem)?;
    at_this_time(rule, request, calendar)?;
    Ok(breadth)
}

/// Whether a rule holds here and now, for whomever it is; or why not.
pub(crate) fn holds(rule: &Rule, request: &Request<'_>, calendar: &Calendar) -> Result<(), Not> {
    begun_here(rule, request)?;
    at_this_time(rule, request, calendar)
}

fn begun_here(rule: &Rule, request: &Request<'_>) -> Result<(), Not> {
    if !rule.is_current(request.at.timestamp()) {
        return Err(Not::Current);
    }
    let is_here = |place: &Place| is_at(place, &request.viewer.place);
    if rule.place.as_ref().is_some_and(|place| !is_here(place)) || rule.except_places.iter().any(is_here) {
        return Err(Not::Here);
    }
    Ok(())
}

fn at_this_time(rule: &Rule, request: &Request<'_>, calendar: &Calendar) -> Result<(), Not> {
    if rule.when.as_ref().is_some_and(|when| !calendar.contains(when, request.at)) {
        return Err(Not::Now);
    }
    Ok(())
}

/// Whether somebody at `place` is at the place that a rule names. Networks and exam rooms lie in the school.
pub(crate) fn is_at(named: &Place, place: &Place) -> bool {
    named == place || (*named == Place::School && matches!(place, Place::Network(_) | Place::ExamRoom))
}

/// Whether nothing is known of the viewer that an audience could ask for.
pub(crate) fn is_unknown(viewer: &Viewer) -> bool {
    viewer.how == HowKnown::Unattributed || (viewer.subject.roles.is_empty() && viewer.person.is_none())
}

/// How broad the rule's audience is for the viewer; none where it is not for them.
///
/// Somebody unknown gets the strictest profile: every rule that closes counts, whomever it is for and whomever it
/// excepts, as narrowly as it can; of those that open, only rules for everyone without exception. So what is open to
/// somebody unknown is open to whoever it may be.
fn breadth(rule: &Rule, viewer: &Viewer) -> Option<Breadth> {
    if is_unknown(viewer) {
        return match rule.action {
            Action::Block if rule.person.is_some() => Some(Breadth::Person),
            Action::Block => rule.who.atoms().iter().map(AudienceAtom::breadth).min(),
            Action::Permit => {
                let everyone = rule.who.atoms().contains(&AudienceAtom::Everyone);
                (everyone && rule.except.is_none() && rule.person.is_none()).then_some(Breadth::All)
            }
        };
    }
    if let Some(person) = rule.person {
        return (viewer.person == Some(person)).then_some(Breadth::Person);
    }
    if rule.except.as_ref().is_some_and(|except| except.contains(&viewer.subject)) {
        return None;
    }
    rule.who.breadth_for(&viewer.subject)
}

/// Whether a path begins with that of an entry, at the end of a segment or of a part of its query.
pub(crate) fn begins(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '&']))
}
