//! Steps 4 to 6: what the lists say of a site, temporary unblocks, rules, and what holds otherwise.

use std::{cmp::Reverse, sync::Arc};

use kernel::Breadth;

use super::{Trace, otherwise};
use crate::{
    category::Category,
    decision::{Decision, Entry, Opened, Reason, Request, Stage, Step, Verdict},
    index::{Found, ListIndex},
    rule::{Action, Rule},
    snapshot::Snapshot,
    table::{Bid, Contest, Kind, Narrowness, Not, Table, Touch, entry_text},
};

/// One table of rules at work on one request.
struct Round<'s> {
    table: &'s Table,
    snapshot: &'s Snapshot,
    stage: Stage,
    contest: Contest<'s>,
    /// Of unblocks, those that reached the site by its category: whether they open it is seen when all is known of it.
    by_category: Vec<Bid<'s>>,
    /// Of unblocks: the grave categories of the site, whichever entry has them.
    grave: Vec<Category>,
}

impl<'s> Round<'s> {
    fn new(table: &'s Table, snapshot: &'s Snapshot, stage: Stage) -> Self {
        Self { table, snapshot, stage, contest: Contest::default(), by_category: Vec::new(), grave: Vec::new() }
    }

    fn take(&mut self, request: &Request<'_>, nth: u32, touch: Touch<'s>, trace: &mut Trace) {
        let Some(bid) = self.table.bid(nth, touch, request, &self.snapshot.parts.calendar) else { return };
        if let Some(rule) = self.table.rule(nth) {
            let narrowness = bid.as_ref().map(|bid| bid.narrowness).map_err(|not| *not);
            trace.full(|| considered(self.stage, rule, narrowness, &touch, request));
        }
        match bid {
            Ok(bid) if self.stage == Stage::Unblocks && bid.narrowness.kind == Kind::Category => {
                self.by_category.push(bid);
            }
            Ok(bid) => self.contest.take(bid),
            Err(_) => {}
        }
    }

    fn note(&mut self, category: Category) {
        if self.stage == Stage::Unblocks && category.is_grave() {
            self.grave.push(category);
        }
    }

    fn names(&mut self, request: &Request<'_>, trace: &mut Trace) {
        if !self.table.is_empty() {
            self.table.by_name(request, |nth, touch| self.take(request, nth, touch, trace));
        }
    }

    fn found(&mut self, category: Category, request: &Request<'_>, trace: &mut Trace) {
        if !self.table.is_empty() {
            self.note(category);
            self.table.by_found(category, |nth, touch| self.take(request, nth, touch, trace));
        }
    }

    fn entry(&mut self, request: &Request<'_>, lists: &'s ListIndex, found: Found, trace: &mut Trace) {
        if !self.table.is_empty() {
            let tags = lists.tags_of(found).filter_map(|tag| lists.tags().get(usize::from(tag)));
            tags.filter_map(|tag| tag.category).for_each(|category| self.note(category));
            self.table.by_entry(lists, found, |nth, touch| self.take(request, nth, touch, trace));
        }
    }

    /// The unblock that opens the site. Whoever opens a category means no more than it says: where the site is also in a
    /// grave one that nobody opened, it stays as it was.
    fn opened(mut self, trace: &mut Trace) -> Option<Bid<'s>> {
        let is_open = |category: Category| self.by_category.iter().any(|bid| bid.touch.category == Some(category));
        match self.grave.iter().find(|category| !is_open(**category)) {
            None => self.by_category.iter().for_each(|bid| self.contest.take(*bid)),
            Some(closed) if self.contest.all.is_none() && !self.by_category.is_empty() => trace.step(self.stage, None, || {
                format!("It is also of the category {closed}, which nobody opened: opening its other category does not open it.")
            }),
            Some(_) => {}
        }
        self.contest.all
    }
}

/// The most specific entry that any list has, with the gravest of its categories.
#[derive(Default)]
struct Seen<'s> {
    category: Option<Category>,
    at: Option<(Found, &'s Arc<str>)>,
}

impl<'s> Seen<'s> {
    /// Entries come broadest first, so a later one is more specific.
    fn take(&mut self, lists: &'s ListIndex, found: Found) {
        let tags = lists.tags_of(found).filter_map(|tag| lists.tags().get(usize::from(tag)));
        let gravest = tags.min_by_key(|tag| tag.category.map_or((true, None), |it| (false, Some((it.kind(), it)))));
        if let Some(tag) = gravest {
            self.category = tag.category.or(self.category);
            self.at = Some((found, &tag.list));
        }
    }

    /// What the content showed is graver than what a list says of the host.
    fn found(&mut self, category: Category) {
        self.category = Some(match self.category {
            Some(known) if (known.kind(), known) <= (category.kind(), category) => known,
            Some(_) | None => category,
        });
    }

    /// Says what the lists know where the decision rests on no entry of its own.
    fn complete(&self, mut decision: Decision, request: &Request<'_>) -> Decision {
        decision.category = decision.category.or(self.category);
        if decision.entry.is_none() {
            decision.entry = self.at.map(|(found, list)| Entry {
                list: Some(Arc::clone(list)),
                site: entry_text(request, found.start, found.path),
            });
        }
        decision
    }
}

pub(super) fn decide(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Decision {
    let mut unblocks = Round::new(&snapshot.unblocks, snapshot, Stage::Unblocks);
    let mut rules = Round::new(&snapshot.rules, snapshot, Stage::Rules);
    let mut seen = Seen::default();
    unblocks.names(request, trace);
    rules.names(request, trace);
    match snapshot.lists() {
        None => trace.step(Stage::Lists, None, || "No list is loaded.".to_owned()),
        Some(lists) => lists.find(&request.address.host, request.address.path(), |found| {
            listed(lists, found, request, trace);
            seen.take(lists, found);
            unblocks.entry(request, lists, found, trace);
            rules.entry(request, lists, found, trace);
        }),
    }
    for category in request.found {
        trace.step(Stage::Lists, None, || format!("What it holds was found to be of the category {category}."));
        seen.found(*category);
        unblocks.found(*category, request, trace);
        rules.found(*category, request, trace);
    }
    if snapshot.lists().is_some() && seen.at.is_none() {
        trace.step(Stage::Lists, None, || "No list has it.".to_owned());
    }
    // 4. A temporary unblock opens whatever rules say.
    if let Some(bid) = unblocks.opened(trace) {
        trace.step(Stage::Verdict, Some(&bid.rule.clause), || "The temporary unblock decides: it is open.".to_owned());
        return seen.complete(by(&bid, Verdict::Allow(Opened::Unblock), request), request);
    }
    // 5. Among rules the narrower wins; 6. where there is none, what holds otherwise.
    let verdict = |bid: &Bid<'_>| match bid.rule.action {
        Action::Permit => Verdict::Allow(Opened::Rule),
        Action::Block => Verdict::Block(Reason::Rule),
    };
    let outcome =
        |bid: Option<Bid<'_>>| bid.map_or_else(|| otherwise(snapshot), |bid| by(&bid, verdict(&bid), request));
    let mut decision = outcome(rules.contest.enforced);
    if !decision.refuses() {
        // What is enforced leaves it open: what is on trial may be recorded to close it.
        let all = outcome(rules.contest.all);
        match (all.verdict, decision.verdict) {
            (Verdict::Block(_), _) => decision = Decision { observed: true, ..all },
            (Verdict::Allow(_), Verdict::Block(_)) => decision = all,
            (Verdict::Allow(_), Verdict::Allow(_)) => {}
        }
    }
    trace.step(Stage::Verdict, decision.clause.as_ref(), || in_words(&decision));
    seen.complete(decision, request)
}

fn by(bid: &Bid<'_>, verdict: Verdict, request: &Request<'_>) -> Decision {
    Decision {
        category: bid.touch.category,
        rule: Some(Arc::clone(bid.rule)),
        clause: Some(Arc::clone(&bid.rule.clause)),
        entry: bid.touch.entry(request),
        ..Decision::plain(verdict)
    }
}

fn in_words(decision: &Decision) -> String {
    match decision.verdict {
        Verdict::Block(_) if decision.observed => "It would be closed; this is on trial, so it is open and recorded.",
        Verdict::Allow(Opened::Rule) => "The narrowest of these rules decides: it is open.",
        Verdict::Block(Reason::Rule) => "The narrowest of these rules decides: it is closed.",
        Verdict::Allow(Opened::Default | Opened::Desk | Opened::Help | Opened::Unblock) => "No rule closes it: open.",
        Verdict::Block(
            Reason::Default
            | Reason::Carried(_)
            | Reason::Sealed
            | Reason::Suspended
            | Reason::NotSigned
            | Reason::OffSite
            | Reason::Unreadable,
        ) => "No rule opens it: closed.",
    }
    .to_owned()
}

fn listed(lists: &ListIndex, found: Found, request: &Request<'_>, trace: &mut Trace) {
    for tag in lists.tags_of(found).filter_map(|tag| lists.tags().get(usize::from(tag))) {
        trace.full(|| {
            let site = entry_text(request, found.start, found.path);
            let what = tag.category.map_or("without a category", Category::name);
            let says = format!("The list \"{}\" has {site}: {what}.", tag.list);
            let entry = Some(Entry { list: Some(Arc::clone(&tag.list)), site });
            Step { stage: Stage::Lists, says, rule: None, clause: None, entry }
        });
    }
}

/// A rule that names the site, and whether it applies.
fn considered(
    stage: Stage,
    rule: &Rule,
    narrowness: Result<Narrowness, Not>,
    touch: &Touch<'_>,
    request: &Request<'_>,
) -> Step {
    let does = match (stage, rule.action) {
        (Stage::Unblocks, _) => "opens it for a time",
        (_, Action::Permit) => "opens it",
        (_, Action::Block) => "closes it",
    };
    let trial = if rule.observe { ", on trial" } else { "" };
    let number = &rule.clause.number;
    let says = match narrowness {
        Ok(narrowness) => format!("Clause {number} {does} ({}){trial}.", reach(narrowness)),
        Err(not) => {
            let why = match not {
                Not::Current => "has not begun or has ended",
                Not::Here => "does not hold at this place",
                Not::ForThem => "is not for this person",
                Not::Now => "does not hold at this time",
            };
            format!("Clause {number} {does}, but {why}{trial}.")
        }
    };
    let entry = touch.entry(request);
    Step { stage, says, rule: Some(rule.id.clone()), clause: Some(Arc::clone(&rule.clause)), entry }
}

fn reach(narrowness: Narrowness) -> String {
    let site = match narrowness.kind {
        Kind::Address => "this address",
        Kind::Domain => "this domain",
        Kind::Pattern => "this pattern",
        Kind::Category => "this category",
        Kind::All => "every site",
    };
    let Reverse(breadth) = narrowness.person;
    let who = match breadth {
        Breadth::Person => "this person",
        Breadth::Group => "a group",
        Breadth::ClassOrRole => "a class or role",
        Breadth::Year => "a year",
        Breadth::Stage => "a stage",
        Breadth::All => "everyone",
    };
    let when = if narrowness.has_time { "at this time" } else { "always" };
    format!("for {site}, for {who}, {when}")
}
