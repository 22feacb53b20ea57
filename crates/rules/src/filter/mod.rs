//! `filter`: what may be reached. The controls turn their clauses into rules; [`rule_set`] puts the rules of a whole
//! policy together for the engine.

pub mod approved_sites;
pub(crate) mod beyond;
pub mod block_page;
pub mod bypass;
pub mod categories;
pub mod change_log;
pub mod check;
pub mod checks;
pub(crate) mod draft;
pub mod dual_control;
pub mod executables;
pub mod failure_report;
pub mod fair_use;
pub mod guest_wifi;
pub mod help_sites;
pub mod https_inspection;
pub mod illegal_lists;
pub mod image_search;
pub mod management_status;
pub(crate) mod measured;
pub mod media_shopping;
pub mod nominated_users;
pub mod off_site;
pub mod rule_set;
pub mod safe_search;
pub mod schedules;
pub mod social;
pub mod temporary_unblock;
pub mod timeouts;
pub mod user_level;

use std::collections::{BTreeMap, BTreeSet};

use ::filter::Measure;
use ::policy::{Binding, Policy};
use kernel::{Evidence, SchoolTime, SiteItem, Sites, Standing};

use crate::{
    facts::{Facts, GatewayFacts, ListFacts},
    filter::temporary_unblock::small,
    judgement::{Judgement, count, due, kept, listed, listed_sites, not_kept, unknown},
};

/// Sites of the categories with these names.
pub(crate) fn categories(names: &[&str]) -> Sites {
    Sites(names.iter().map(|name| SiteItem::Category((*name).to_owned())).collect())
}

/// What a clause closes: what it names; the `usual` categories where it names nothing at all.
pub(crate) fn closed_or_usual(block: Option<&Sites>, permit: &Sites, usual: &[&str]) -> Sites {
    match block {
        Some(block) => block.clone(),
        None if permit.0.is_empty() => categories(usual),
        None => Sites::default(),
    }
}

/// The gateway, or the judgement where it is not known, not running, or does not follow the policy.
pub(crate) fn gateway(facts: &Facts) -> Result<&GatewayFacts, Box<Judgement>> {
    match &facts.gateway {
        Err(why) => Err(Box::new(unknown(&facts.now, why.clone()))),
        Ok(gateway) if !gateway.running => Err(Box::new(not_kept(
            &facts.now,
            "The gateway is not running.",
            "Start it, or look why it does not start.",
        ))),
        Ok(gateway) if !gateway.follows_policy => Err(Box::new(not_kept(
            &facts.now,
            "The gateway still decides by an earlier policy.",
            "Look at the log of the program: the new policy could not be loaded.",
        ))),
        Ok(gateway) => Ok(gateway),
    }
}

/// Judges clauses that close or open sites: the gateway follows the policy, and every category that is named has a
/// list behind it.
pub(crate) fn judge_sites(
    closed: &Sites,
    open: &Sites,
    binding: &Binding,
    policy: &Policy,
    facts: &Facts,
) -> Judgement {
    let now = &facts.now;
    let gateway = match gateway(facts) {
        Ok(gateway) => gateway,
        Err(judgement) => return *judgement,
    };
    let lists = match &facts.lists {
        Ok(lists) => lists,
        Err(why) => return unknown(now, why.clone()),
    };
    let on_lists = match &facts.filtering.on_lists {
        Ok(on_lists) => on_lists,
        Err(why) => return unknown(now, why.clone()),
    };
    let (named, on_list) = (categories_of(closed), lists_of(closed));
    let entries = |category: &str| -> u64 {
        lists.iter().filter(|list| list.categories.contains(category)).map(|list| list.entries).sum()
    };
    let empty: Vec<_> = named.iter().copied().filter(|category| entries(category) == 0).collect();
    if !empty.is_empty() {
        return not_kept(
            now,
            format!("No list knows any site of the category {}.", listed(&empty)),
            "Add a list that has it: gatehouse lists add.",
        );
    }
    let rests = |list: &&ListFacts| {
        named.iter().any(|category| list.categories.contains(*category)) || on_list.contains(&list.name.as_str())
    };
    let faulty: BTreeSet<_> =
        lists.iter().filter(rests).filter(|list| stale(list, facts)).map(|list| list.name.as_str()).collect();
    if !faulty.is_empty() {
        return not_kept(
            now,
            format!(
                "The list {} has not been brought up to date for more than 30 days.",
                listed(&Vec::from_iter(faulty))
            ),
            "Update it: gatehouse lists update.",
        );
    }
    let label = policy
        .all_bindings()
        .find(|(_, other)| other.key == binding.key)
        .map(|(clause, _)| clause.key().to_owned())
        .unwrap_or_default();
    let blocked = gateway.blocked.get(&label).copied().unwrap_or_default();
    let closed_tries = format!("{} closed in 28 days", count(small(blocked), "try was", "tries were"));
    let known = named.iter().map(|category| entries(category)).sum::<u64>()
        + on_list.iter().filter_map(|name| on_lists.get(*name)).sum::<u64>()
        + number_named(closed);
    let statement = match (closed.0.is_empty(), open.0.is_empty()) {
        (false, _) if closed.0.contains(&SiteItem::All) => {
            format!("Every site is closed that no narrower rule opens; {closed_tries}.")
        }
        (false, _) => {
            let known = count(small(known), "site is known", "sites are known");
            format!("{known} to be closed by this; {closed_tries}.")
        }
        (true, false) => format!("Open: {}.", listed_sites(&open.0)),
        (true, true) => {
            let names: BTreeSet<_> = lists.iter().map(|list| list.name.as_str()).collect();
            format!("The gateway decides by this policy; {}.", count(names.len(), "list", "lists"))
        }
    };
    let unread = words_unread(binding, policy, facts);
    // Where the clause does not ask for words itself, it is about the sites.
    let asks_for_words = binding.given.get("points").is_some();
    let statement = match unread {
        Some(_) if !asks_for_words => {
            format!("{statement} Encrypted pages that are not opened are judged by name alone.")
        }
        Some(_) | None => statement,
    };
    let to_lists = |(standing, evidence): Judgement| (standing, evidence.link("Lists of sites", "/filter/lists"));
    let wanting = [
        unread.filter(|_| asks_for_words),
        beyond::judge(binding, policy, facts),
        waits(lists.iter().filter(rests), facts).map(to_lists),
        nothing_listed(closed, open, on_lists, facts),
        fails(lists.iter().filter(rests), facts).map(to_lists),
    ];
    // The worst of them; of two as bad, the first.
    let worst = wanting.into_iter().flatten().rev().max_by_key(|(standing, _)| standing.rank());
    let (standing, evidence) = worst.unwrap_or_else(|| kept(now, statement));
    let evidence = evidence.link("Activity", format!("/monitor/activity?clause={label}"));
    (standing, with_lists(evidence, lists, &named))
}

/// The categories that are named.
fn categories_of(sites: &Sites) -> Vec<&str> {
    let named = sites.0.iter().filter_map(|site| match site {
        SiteItem::Category(name) => Some(name.as_str()),
        SiteItem::All
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::List(_)
        | SiteItem::Register(_) => None,
    });
    named.collect()
}

/// The lists that are named.
fn lists_of(sites: &Sites) -> Vec<&str> {
    let named = sites.0.iter().filter_map(|site| match site {
        SiteItem::List(name) => Some(name.as_str()),
        SiteItem::All
        | SiteItem::Category(_)
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::Register(_) => None,
    });
    named.collect()
}

/// How many sites are named one by one.
fn number_named(sites: &Sites) -> u64 {
    let one = |site: &&SiteItem| match site {
        SiteItem::Domain(_) | SiteItem::Address { .. } | SiteItem::Pattern(_) => true,
        SiteItem::All | SiteItem::Category(_) | SiteItem::List(_) | SiteItem::Register(_) => false,
    };
    u64::try_from(sites.0.iter().filter(one).count()).unwrap_or(u64::MAX)
}

/// Where the words of pages count too and those that are encrypted are not read.
fn words_unread(binding: &Binding, policy: &Policy, facts: &Facts) -> Option<Judgement> {
    let drafts = draft::drafts_of(binding).unwrap_or_default();
    if !drafts.iter().any(|draft| matches!(draft.measure, Some(Measure::Text { .. }))) {
        return None;
    }
    let (mut standing, evidence) = *measured::unopened(policy, facts)?;
    if let Standing::NotKept { mend, .. } = &mut standing
        && binding.control.name() == "categories"
    {
        mend.push_str(" Or write `points = 0` into the clause: names alone count then, and no words.");
    }
    Some((standing, evidence))
}

/// A list on which nothing stands closes and opens nothing.
fn nothing_listed(closed: &Sites, open: &Sites, on_lists: &BTreeMap<String, u64>, facts: &Facts) -> Option<Judgement> {
    let named = lists_of(closed).into_iter().chain(lists_of(open));
    let empty: BTreeSet<_> = named.filter(|name| on_lists.get(*name).is_none_or(|entries| *entries == 0)).collect();
    if empty.is_empty() {
        return None;
    }
    let names: Vec<_> = empty.iter().map(|name| format!("‘{}’", name.replace('-', " "))).collect();
    let statement = format!("Nothing stands on the list {} yet.", listed(&names));
    Some(due(&facts.now, facts.now.date(), statement, "Put sites on it, or take it out of the clause."))
}

/// For how many days a list that came back much smaller may wait until a clause that rests on it is not kept.
const SMALLER_DAYS: i64 = 7;

/// The judgement of a clause one of whose lists came back much smaller: what it closes is closed by the list before,
/// which nobody brings up to date while this one waits.
fn waits<'a>(lists: impl Iterator<Item = &'a ListFacts>, facts: &Facts) -> Option<Judgement> {
    let now = &facts.now;
    let (list, smaller) = lists
        .filter_map(|list| Some((list, list.smaller.as_ref()?)))
        .min_by_key(|(list, smaller)| (smaller.since, list.name.as_str()))?;
    let came = SchoolTime::new(smaller.since).date();
    let statement = format!(
        "The list {} came back {} on {}, with {}. The list before stays in force.",
        list.name,
        smaller.how,
        kernel::time::date_in_words(came),
        smaller.fewer
    );
    let mend = "Look at its source and update it, or accept the one that came: the page of the lists has it.";
    Some(match came.checked_add(jiff::Span::new().days(SMALLER_DAYS)) {
        Ok(by) if now.date() <= by => due(now, by, statement, mend),
        Ok(_) | Err(_) => not_kept(now, statement, mend),
    })
}

/// For how many days a list may not be brought up to date without a word of the clauses that rest on it.
const FAILED_DAYS: i64 = 3;

/// The judgement of a clause one of whose lists cannot be brought up to date: what is known of it closes what it closed,
/// and what is new is missing.
fn fails<'a>(lists: impl Iterator<Item = &'a ListFacts>, facts: &Facts) -> Option<Judgement> {
    let now = &facts.now;
    let failed = lists.filter(|list| list.fault.is_some() && list.smaller.is_none());
    let (list, fetched) = failed
        .filter_map(|list| Some((list, SchoolTime::new(list.fetched?).date())))
        .min_by_key(|(list, fetched)| (*fetched, list.name.as_str()))?;
    let days = |days| fetched.saturating_add(jiff::Span::new().days(days));
    if now.date() <= days(FAILED_DAYS) {
        return None;
    }
    let statement = format!(
        "The list {} could not be brought up to date since {}. The last good copy stays in force.",
        list.name,
        kernel::time::date_in_words(fetched)
    );
    Some(due(now, days(STALE_DAYS), statement, "Mend its source: the page of the lists says what went wrong."))
}

fn with_lists(mut evidence: Evidence, lists: &[ListFacts], named: &[&str]) -> Evidence {
    for list in lists.iter().filter(|list| named.iter().any(|category| list.categories.contains(*category))) {
        let of: Vec<_> =
            named.iter().filter(|it| list.categories.contains(**it)).map(|it| it.replace('-', " ")).collect();
        evidence = evidence.figure(format!("Entries in {}, {}", list.name, listed(&of)), list.entries);
    }
    evidence
}

/// After how many days without a newer one a list is too old.
const STALE_DAYS: i64 = 30;

/// Whether a list that is fetched from elsewhere has not been for more than 30 days.
fn stale(list: &ListFacts, facts: &Facts) -> bool {
    let old = facts.now.timestamp().as_second() - STALE_DAYS * 24 * 3600;
    list.fetched.is_some_and(|fetched| fetched.as_second() < old)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        cell::RefCell,
        collections::{BTreeMap, HashMap},
        rc::Rc,
        sync::LazyLock,
    };

    use ::filter::{
        Address, Category, Image, IndexBuilder, ListEntry, ListIndex, Parts, Request, Snapshot, Treatment, decide,
    };
    use ::policy::Policy;
    use jiff::civil::date;
    use kernel::{HowKnown, Owner, PersonId, Place, Role, SchoolTime, Signed, Viewer, Year};

    use crate::facts::{DeskFacts, Facts, FilteringFacts, GatewayFacts, PolicyFacts};

    const MONDAY_TO_FRIDAY: &str = "2026-11-24 10:00";

    /// A policy of these clauses, and one that closes something for everyone.
    #[track_caller]
    pub(crate) fn policy(clauses: &str) -> Policy {
        front_policy("[networks]\nclassrooms = { addresses = [\"10.10.0.0/16\"] }\n", clauses)
    }

    fn text(front: &str, clauses: &str) -> String {
        format!(
            "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n{front}+++\n\n# 1 Clauses\n\n{clauses}\n\n- Adult sites are closed. `everyone: filter.categories {{ who = \"everyone\", block = \"adult\" }}`\n"
        )
    }

    static CONTROLS: LazyLock<::policy::Registry> = LazyLock::new(crate::controls);

    thread_local! {
        /// Snapshots by their clauses: a test asks the same ones many times.
        static SNAPSHOTS: RefCell<HashMap<String, Rc<Snapshot>>> = RefCell::default();
    }

    /// The same with more in its front matter.
    #[track_caller]
    pub(crate) fn front_policy(front: &str, clauses: &str) -> Policy {
        let source = ::policy::Source::of_text(text(front, clauses));
        let checked = ::policy::check(&source, &CONTROLS, date(2026, 11, 22));
        match checked.policy {
            Some(policy) => policy,
            None => panic!("{:#?}", checked.diagnostics),
        }
    }

    /// The messages of what is wrong with clauses.
    pub(crate) fn errors(clauses: &str) -> Vec<String> {
        let source = ::policy::Source::of_text(text("", clauses));
        let checked = ::policy::check(&source, &CONTROLS, date(2026, 11, 22));
        let wrong = checked.diagnostics.into_iter().filter(|it| it.severity == ::policy::Severity::Error);
        wrong.map(|it| it.message).collect()
    }

    /// "pupil year-5 owned", "staff home", "nobody network:guest".
    fn viewer(text: &str) -> Viewer {
        let mut viewer = Viewer::unattributed(Place::School);
        for word in text.split_whitespace() {
            match word {
                "nobody" => {}
                "owned" => viewer.owner = Owner::School,
                "personal" => viewer.owner = Owner::Personal,
                _ => {
                    if let Ok(role) = Role::parse(word) {
                        viewer.person = Some(PersonId::from_parts(1, &[1; 10]));
                        viewer.how = HowKnown::Token;
                        viewer.signed = Signed::Yes;
                        viewer.subject.roles.insert(role);
                    } else if let Ok(year) = Year::parse(word) {
                        viewer.subject.year = Some(year);
                    } else {
                        viewer.place = Place::parse(word).unwrap();
                    }
                }
            }
        }
        viewer
    }

    /// A snapshot whose lists have, for each category, the host `CATEGORY.test`.
    #[track_caller]
    fn snapshot(clauses: &str) -> Rc<Snapshot> {
        if let Some(made) = SNAPSHOTS.with_borrow(|all| all.get(clauses).cloned()) {
            return made;
        }
        let policy = policy(clauses);
        let mut builder = IndexBuilder::new();
        for category in Category::all() {
            let tag = builder.tag("test", Some(category)).unwrap();
            let host = format!("{category}.test");
            builder.add(tag, &ListEntry { host: host.into(), path: None }).unwrap();
        }
        let index = ListIndex::open(Image::new(builder.build().unwrap())).unwrap();
        let made = Rc::new(Snapshot::new(Parts {
            rules: super::rule_set::rule_set(&policy),
            calendar: policy.front.calendar(),
            lists: Some(index),
            help: super::help_sites::sites(&policy).0,
            ..Parts::default()
        }));
        SNAPSHOTS.with_borrow_mut(|all| all.insert(clauses.to_owned(), Rc::clone(&made)));
        made
    }

    /// What is done with what somebody asks for, on a school day at ten.
    #[track_caller]
    pub(crate) fn treatment(clauses: &str, who: &str, address: &str) -> Treatment {
        let at = SchoolTime::parse(MONDAY_TO_FRIDAY).unwrap();
        snapshot(clauses).treatment(&viewer(who), &Address::parse(address).unwrap(), &at)
    }

    /// Whether something is open, on a school day at ten.
    #[track_caller]
    pub(crate) fn verdict(clauses: &str, who: &str, address: &str) -> bool {
        verdict_at(clauses, who, address, MONDAY_TO_FRIDAY)
    }

    /// Whether something is open at a time.
    #[track_caller]
    pub(crate) fn verdict_at(clauses: &str, who: &str, address: &str, at: &str) -> bool {
        let (address, at) = (Address::parse(address).unwrap(), SchoolTime::parse(at).unwrap());
        let request = Request { address: &address, viewer: &viewer(who), at: &at, found: &[] };
        !decide(&request, &snapshot(clauses)).refuses()
    }

    /// Facts of a school whose gateway runs by the policy in force.
    pub(crate) fn facts() -> Facts {
        Facts {
            now: SchoolTime::parse(MONDAY_TO_FRIDAY).unwrap(),
            policy: PolicyFacts::default(),
            people: Ok(Vec::new()),
            imported: Ok(None),
            holders: Ok(BTreeMap::new()),
            lists: Ok(Vec::new()),
            gateway: Ok(GatewayFacts { running: true, follows_policy: true, ..GatewayFacts::default() }),
            filtering: FilteringFacts {
                beyond: Ok(Vec::new()),
                on_lists: Ok(BTreeMap::new()),
                ..FilteringFacts::default()
            },
            activity: Err("The log was not looked at.".to_owned()),
            looks: Ok(0),
            desk: DeskFacts::default(),
            engines: Ok(BTreeMap::new()),
        }
    }
}
