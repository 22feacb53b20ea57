//! Which rules of a snapshot make the treatment of one viewer, address and time.

use std::{cmp::Reverse, collections::BTreeMap};

use kernel::{Owner, Place, SchoolTime, Viewer};

use super::{ByName, Cited, Inspection, Measure, Treatment, TreatmentRule};
use crate::{
    address::{Address, Scheme},
    category::Category,
    decision::Request,
    rule::Action,
    snapshot::Snapshot,
    table::{Bid, Narrowness},
};

/// Measures that are about the same thing, among which the narrowest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Inspect,
    SafeSearch,
    ImageSearch,
    Video,
    Text(Category),
    Files,
    Scan,
    Transfers,
    TimeOut,
    Bypass,
}

impl Measure {
    fn slot(&self) -> Slot {
        match self {
            Self::Inspect { .. } | Self::Splice(_) => Slot::Inspect,
            Self::SafeSearch => Slot::SafeSearch,
            Self::NoImageSearch => Slot::ImageSearch,
            Self::Video(_) => Slot::Video,
            Self::Text { category, .. } => Slot::Text(*category),
            Self::Files(_) => Slot::Files,
            Self::Scan(_) => Slot::Scan,
            Self::Transfers(_) => Slot::Transfers,
            Self::TimeOut(_) => Slot::TimeOut,
            Self::Bypass(_) => Slot::Bypass,
        }
    }

    /// Both at once: the stricter of each part, the union of what is stopped.
    fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Inspect { mut networks }, Self::Inspect { networks: more }) => {
                networks.extend(more.iter().cloned());
                Self::Inspect { networks }
            }
            (Self::Video(one), Self::Video(two)) => Self::Video(one.max(*two)),
            (Self::Text { category, points }, Self::Text { points: other, .. }) => {
                Self::Text { category, points: points.min(*other) }
            }
            (Self::Files(mut classes), Self::Files(more)) => {
                classes.extend(more);
                Self::Files(classes)
            }
            (Self::Scan(one), Self::Scan(two)) => Self::Scan(super::Scan {
                down: one.down.max(two.down),
                up_to: one.up_to.max(two.up_to),
                larger: one.larger.max(two.larger),
            }),
            (Self::Transfers(one), Self::Transfers(two)) => Self::Transfers(super::Transfers {
                bytes: least(one.bytes, two.bytes),
                per_second: least(one.per_second, two.per_second),
            }),
            (Self::TimeOut(one), Self::TimeOut(two)) => Self::TimeOut(super::TimeOut {
                idle: least(one.idle, two.idle),
                longest: least(one.longest, two.longest),
            }),
            (Self::Bypass(one), Self::Bypass(two)) => Self::Bypass(super::Bypass {
                quic: one.quic || two.quic,
                hidden_names: one.hidden_names || two.hidden_names,
                numbers: one.numbers || two.numbers,
                ports: one.ports || two.ports,
                nested: one.nested || two.nested,
                relays: one.relays || two.relays,
            }),
            (measure, _) => measure,
        }
    }
}

fn least<T: Ord>(one: Option<T>, two: Option<T>) -> Option<T> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}

/// The narrowest rules so far: those that are equally narrow and do the same.
#[derive(Default)]
struct Best<'s> {
    key: Option<(Narrowness, bool)>,
    rules: Vec<(u32, &'s TreatmentRule)>,
}

impl<'s> Best<'s> {
    fn take(&mut self, nth: u32, bid: &Bid<'_>, rule: &'s TreatmentRule) {
        // Of equally narrow ones the one that asks for more wins.
        let key = Some((bid.narrowness, rule.rule.action == Action::Block));
        if key > self.key {
            self.key = key;
            self.rules.clear();
        }
        if key == self.key && self.rules.iter().all(|(other, _)| *other != nth) {
            self.rules.push((nth, rule));
        }
    }

    /// What the rules ask for together; none where they spare, or there are none.
    fn asked(&self) -> Option<Cited<Measure>> {
        let mut rules: Vec<_> = self.rules.iter().filter(|(_, rule)| rule.rule.action == Action::Block).collect();
        rules.sort_by_key(|(nth, _)| Reverse(*nth));
        let (_, first) = rules.pop()?;
        let value = rules.iter().rev().fold(first.measure.clone(), |all, (_, rule)| all.and(&rule.measure));
        Some(Cited { value, clause: first.rule.clause.clone(), observed: first.rule.observe })
    }

    fn spares(&self) -> Option<&'s TreatmentRule> {
        self.rules.first().map(|(_, rule)| *rule).filter(|rule| rule.rule.action == Action::Permit)
    }
}

#[derive(Default)]
struct Contest<'s> {
    enforced: Best<'s>,
    all: Best<'s>,
}

impl Contest<'_> {
    fn asked(&self) -> Option<Cited<Measure>> {
        // What is enforced holds; else what is on trial is recorded.
        self.enforced.asked().or_else(|| self.all.asked().map(|it| Cited { observed: true, ..it }))
    }
}

impl Snapshot {
    /// What is done with what `viewer` asks of `address` at this time, besides opening or closing it.
    pub fn treatment(&self, viewer: &Viewer, address: &Address, at: &SchoolTime) -> Treatment {
        let mut treatment = Treatment::none();
        if self.treatments.is_empty() {
            return treatment;
        }
        let request = Request { address, viewer, at, found: &[] };
        let mut contests: BTreeMap<Slot, Contest<'_>> = BTreeMap::new();
        let mut take = |nth: u32, touch| {
            let Some(rule) = self.parts.rules.treatments.get(nth as usize) else { return };
            let Some(Ok(bid)) = self.treatments.bid(nth, touch, &request, &self.parts.calendar) else { return };
            let contest = contests.entry(rule.measure.slot()).or_default();
            contest.all.take(nth, &bid, rule);
            if !rule.rule.observe {
                contest.enforced.take(nth, &bid, rule);
            }
        };
        self.treatments.by_name(&request, &mut take);
        if let Some(lists) = self.lists().filter(|_| self.treatments.asks_lists()) {
            lists.find(&address.host, address.path(), |found| self.treatments.by_entry(lists, found, &mut take));
        }
        for (slot, contest) in &contests {
            if *slot == Slot::Inspect {
                treatment.inspection = self.inspection(contest, viewer, address);
            } else {
                treatment.put(contest.asked());
            }
        }
        treatment
    }

    fn inspection(&self, contest: &Contest<'_>, viewer: &Viewer, address: &Address) -> Inspection {
        let asked = match (contest.enforced.asked(), contest.enforced.spares(), contest.all.asked()) {
            (Some(asked), _, _) => asked,
            (None, Some(spares), _) => {
                let why = if let Measure::Splice(why) = spares.measure { why } else { ByName::Exempt };
                return Inspection::ByName(why, Some(spares.rule.clause.clone()));
            }
            // Opening is no half measure: on trial nothing is opened.
            (None, None, Some(trial)) => return Inspection::ByName(ByName::OnTrial, Some(trial.clause)),
            (None, None, None) => return Inspection::ByName(ByName::NotAsked, None),
        };
        let by_name = |why| Inspection::ByName(why, Some(asked.clause.clone()));
        if address.scheme == Scheme::Https && self.is_private(address) {
            return by_name(ByName::Private);
        }
        let on_ours = match (&asked.value, &viewer.place) {
            (Measure::Inspect { networks }, Place::Network(name)) => networks.contains(name),
            _ => false,
        };
        match viewer.owner {
            Owner::School => Inspection::Opened(asked.clause),
            Owner::Unknown if on_ours => Inspection::Opened(asked.clause),
            Owner::Unknown | Owner::Personal => by_name(ByName::NotOurs),
        }
    }
}

impl Treatment {
    fn put(&mut self, asked: Option<Cited<Measure>>) {
        let Some(Cited { value, clause, observed }) = asked else { return };
        macro_rules! cited {
            ($value:expr) => {
                Some(Cited { value: $value, clause, observed })
            };
        }
        match value {
            Measure::Inspect { .. } | Measure::Splice(_) => {}
            Measure::SafeSearch => self.safe_search = cited!(()),
            Measure::NoImageSearch => self.no_image_search = cited!(()),
            Measure::Video(restrict) => self.video = cited!(restrict),
            Measure::Text { category, points } => self.text.push((category, Cited { value: points, clause, observed })),
            Measure::Files(classes) => self.files = cited!(classes),
            Measure::Scan(scan) => self.scan = cited!(scan),
            Measure::Transfers(transfers) => self.transfers = cited!(transfers),
            Measure::TimeOut(time_out) => self.time_out = cited!(time_out),
            Measure::Bypass(bypass) => self.bypass = cited!(bypass),
        }
    }
}
