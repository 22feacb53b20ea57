//! Steps 4 to 6: what the lists say of a site, temporary unblocks, rules, and what holds otherwise.

use std::{cmp::Reverse, sync::Arc};

use kernel::Breadth;

use super::{Trace, otherwise};
use crate::{
    category::Category,
    decision::{Decision, Entry, Opened, Reason, Request, Stage, Step, Verdict},
    rule::{Action, Rule},
    snapshot::Snapshot,
    table::{Bid, Contest, Kind, Narrowness, Not, Table, Touch, entry_text},
};

pub(super) fn decide(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Decision {
    let calendar = &snapshot.parts.calendar;
    let (mut unblocks, mut rules) = (Contest::default(), Contest::default());
    let offer = |table: &Table, nth, touch: Touch<'_>, trace: &mut Trace, stage| {
        let bid = table.bid(nth, touch, request, calendar);
        if trace.0.is_some()
            && let (Some(rule), Some(bid)) = (table.rule(nth), &bid)
        {
            trace.full(|| considered(rule, bid.as_ref().map(|bid| bid.narrowness).map_err(|not| *not), &touch, request, stage));
        }
        bid.and_then(Result::ok).map(|bid| bid.narrowness)
    };
    let _ = offer;
    let mut seen = Seen { category: None, site: None };
    snapshot.unblocks.by_name(request, |nth, touch| {
        take(&snapshot.unblocks, nth, touch, request, snapshot, trace, Stage::Unblocks, &mut unblocks);
    });
    snapshot.rules.by_name(request, |nth, touch| {
        take(&snapshot.rules, nth, touch, request, snapshot, trace, Stage::Rules, &mut rules);
    });
    if let Some(lists) = snapshot.lists() {
        lists.find(&request.address.host, request.address.path(), |found| {
            let tags = lists.tags_of(found).filter_map(|tag| lists.tags().get(usize::from(tag)));
            for tag in tags.clone() {
                trace.full(|| {
                    let site = entry_text(request, found.start, found.path);
                    let what = tag.category.map_or("without a category", Category::name);
                    let says = format!("The list \"{}\" has {site}: {what}.", tag.list);
                    let entry = Some(Entry { list: Some(Arc::clone(&tag.list)), site });
                    Step { stage: Stage::Lists, says, rule: None, clause: None, entry }
                });
            }
            // The most specific entry is the last; of its categories the gravest is shown.
            if let Some(category) = tags.clone().filter_map(|tag| tag.category).min_by_key(|it| (it.kind(), *it)) {
                let list = tags.clone().find(|tag| tag.category == Some(category)).map(|tag| &tag.list);
                seen = Seen { category: Some(category), site: Some((found.start, found.path, list)) };
            }
            if !snapshot.unblocks.is_empty() {
                snapshot.unblocks.by_entry(lists, found, |nth, touch| {
                    take(&snapshot.unblocks, nth, touch, request, snapshot, trace, Stage::Unblocks, &mut unblocks);
                });
            }
            snapshot.rules.by_entry(lists, found, |nth, touch| {
                take(&snapshot.rules, nth, touch, request, snapshot, trace, Stage::Rules, &mut rules);
            });
        });
    }
    todo!()
}
