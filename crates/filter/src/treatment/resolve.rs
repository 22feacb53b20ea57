//! Which rules of a snapshot make the treatment of one viewer, address and time.

use std::collections::BTreeSet;

use kernel::{Breadth, Owner, Place, SchoolTime, Viewer};

use super::{ByName, Cited, Inspection, Measure, Treatment, TreatmentRule};
use crate::{
    address::{Address, Scheme},
    category::Category,
    decision::Request,
    index::ListIndex,
    rule::{Action, Rule, RuleSet},
    snapshot::Snapshot,
    table::{Narrowness, Table, Touch, applies},
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

/// The rules about what passes, ready to be asked: which are about the same thing, and which hold for the same people,
/// times and places, so that this is looked at once.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    table: Table,
    /// By the number of a rule: what it is about.
    slots: Vec<usize>,
    /// By the number of a rule: the first rule with the same people, times and places.
    guards: Vec<usize>,
    /// What there are rules about, in order.
    kinds: Vec<Slot>,
}

impl Measures {
    pub(crate) fn new(set: &RuleSet, lists: Option<&ListIndex>) -> Self {
        let rules: Vec<_> = set.treatments.iter().map(|it| it.rule.clone()).collect();
        let kinds: BTreeSet<Slot> = set.treatments.iter().map(|it| it.measure.slot()).collect();
        let kinds: Vec<_> = kinds.into_iter().collect();
        let slot = |it: &TreatmentRule| kinds.binary_search(&it.measure.slot()).unwrap_or_default();
        let guard = |rule: &Rule| rules.iter().position(|other| guards_alike(rule, other)).unwrap_or_default();
        Self {
            table: Table::new(&rules, set, lists),
            slots: set.treatments.iter().map(slot).collect(),
            guards: rules.iter().map(guard).collect(),
            kinds,
        }
    }
}

/// Whether two rules hold for the same people, times and places.
fn guards_alike(one: &Rule, two: &Rule) -> bool {
    one.action == two.action
        && one.who == two.who
        && one.except == two.except
        && one.person == two.person
        && one.when == two.when
        && one.place == two.place
        && one.except_places == two.except_places
        && one.from == two.from
        && one.until == two.until
}

/// The narrowest rules so far: those that are equally narrow and do the same.
#[derive(Default)]
struct Best<'s> {
    key: Option<(Narrowness, bool)>,
    first: Option<(usize, &'s TreatmentRule)>,
    more: Vec<(usize, &'s TreatmentRule)>,
}

impl<'s> Best<'s> {
    fn take(&mut self, nth: usize, narrowness: Narrowness, rule: &'s TreatmentRule) {
        // Of equally narrow ones the one that asks for more wins.
        let key = Some((narrowness, rule.rule.action == Action::Block));
        if key > self.key {
            self.key = key;
            self.first = Some((nth, rule));
            self.more.clear();
        } else if key == self.key && self.rules().all(|(other, _)| other != nth) {
            self.more.push((nth, rule));
        }
    }

    fn rules(&self) -> impl Iterator<Item = (usize, &'s TreatmentRule)> {
        self.first.iter().chain(&self.more).copied()
    }

    /// The earliest of the rules, where they ask.
    fn asks(&self) -> Option<&'s TreatmentRule> {
        let asking = self.rules().filter(|(_, rule)| rule.rule.action == Action::Block);
        asking.min_by_key(|(nth, _)| *nth).map(|(_, rule)| rule)
    }

    /// What the rules ask for together; none where they spare, or there are none.
    fn asked(&self) -> Option<Cited<Measure>> {
        let first = self.asks()?;
        let others = self.rules().filter(|(_, rule)| !std::ptr::eq(*rule, first));
        let value = others.fold(first.measure.clone(), |all, (_, rule)| all.and(&rule.measure));
        Some(Cited { value, clause: first.rule.clause.clone(), observed: first.rule.observe })
    }

    fn spares(&self) -> Option<&'s TreatmentRule> {
        self.first.map(|(_, rule)| rule).filter(|rule| rule.rule.action == Action::Permit)
    }
}

#[derive(Default)]
struct Contest<'s> {
    enforced: Best<'s>,
    /// Those on trial; they count where nothing enforced asks.
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
        let Measures { table, slots, guards, kinds } = &self.treatments;
        if kinds.is_empty() {
            return treatment;
        }
        let request = Request { address, viewer, at, found: &[] };
        let mut contests: Vec<Contest<'_>> = kinds.iter().map(|_| Contest::default()).collect();
        let mut applying: Vec<Option<Option<Breadth>>> = vec![None; guards.len()];
        let mut take = |nth: u32, touch: Touch<'_>| {
            let nth = nth as usize;
            let Some(rule) = self.parts.rules.treatments.get(nth) else { return };
            let Some(holds) = guards.get(nth).and_then(|guard| applying.get_mut(*guard)) else { return };
            let breadth = holds.get_or_insert_with(|| applies(&rule.rule, &request, &self.parts.calendar).ok());
            let Some(breadth) = *breadth else { return };
            let Some(contest) = slots.get(nth).and_then(|slot| contests.get_mut(*slot)) else { return };
            let narrowness = Narrowness::of(&rule.rule, &touch, &request, breadth);
            contest.all.take(nth, narrowness, rule);
            if !rule.rule.observe {
                contest.enforced.take(nth, narrowness, rule);
            }
        };
        table.by_name(&request, &mut take);
        if let Some(lists) = self.lists().filter(|_| table.asks_lists()) {
            lists.find(&address.host, address.path(), |found| table.by_entry(lists, found, &mut take));
        }
        for (slot, contest) in kinds.iter().zip(&contests) {
            if *slot == Slot::Inspect {
                treatment.inspection = self.inspection(contest, viewer, address);
            } else {
                treatment.put(contest.asked());
            }
        }
        treatment
    }

    fn inspection(&self, contest: &Contest<'_>, viewer: &Viewer, address: &Address) -> Inspection {
        let clause = match (contest.enforced.asks(), contest.enforced.spares(), contest.all.asks()) {
            (Some(asks), _, _) => &asks.rule.clause,
            (None, Some(spares), _) => {
                let why = if let Measure::Splice(why) = spares.measure { why } else { ByName::Exempt };
                return Inspection::ByName(why, Some(spares.rule.clause.clone()));
            }
            // Opening is no half measure: on trial nothing is opened.
            (None, None, Some(trial)) => {
                return Inspection::ByName(ByName::OnTrial, Some(trial.rule.clause.clone()));
            }
            (None, None, None) => return Inspection::ByName(ByName::NotAsked, None),
        };
        let by_name = |why| Inspection::ByName(why, Some(clause.clone()));
        if address.scheme == Scheme::Https && self.is_private(address) {
            return by_name(ByName::Private);
        }
        let names = |measure: &Measure, name: &str| match measure {
            Measure::Inspect { networks } => networks.contains(name),
            Measure::Splice(_)
            | Measure::SafeSearch
            | Measure::NoImageSearch
            | Measure::Video(_)
            | Measure::Text { .. }
            | Measure::Files(_)
            | Measure::Scan(_)
            | Measure::Transfers(_)
            | Measure::TimeOut(_)
            | Measure::Bypass(_) => false,
        };
        let on_ours = match &viewer.place {
            Place::Network(name) => contest.enforced.rules().any(|(_, rule)| names(&rule.measure, name)),
            Place::School | Place::Home | Place::Trip | Place::ExamRoom => false,
        };
        match viewer.owner {
            Owner::School => Inspection::Opened(clause.clone()),
            Owner::Unknown if on_ours => Inspection::Opened(clause.clone()),
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
