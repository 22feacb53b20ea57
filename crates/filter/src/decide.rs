//! The decision, in its order: sealed lists, desk and help sites, suspension and agreement, temporary unblocks, rules,
//! what holds otherwise. Deciding and explaining are one function, so that they cannot differ.

use std::{cmp::Reverse, sync::Arc};

use kernel::{Breadth, HowKnown, Place, Signed, SiteItem};

use crate::{
    category::Category,
    decision::{Decision, Entry, Opened, Reason, Request, Stage, Step, Verdict},
    index::Found,
    rule::{Action, ClauseRef},
    snapshot::{Compiled, Snapshot, bit},
};

/// Decides.
pub fn decide(request: &Request<'_>, snapshot: &Snapshot) -> Decision {
    run(request, snapshot, &mut None)
}

/// Decides, and says how.
pub fn explain(request: &Request<'_>, snapshot: &Snapshot) -> (Decision, Vec<Step>) {
    let mut steps = Some(Vec::new());
    let decision = run(request, snapshot, &mut steps);
    (decision, steps.unwrap_or_default())
}

type Trace = Option<Vec<Step>>;

fn note(trace: &mut Trace, stage: Stage, says: impl FnOnce() -> String) {
    if let Some(steps) = trace {
        steps.push(Step { stage, says: says(), rule: None, clause: None, entry: None });
    }
}

fn note_clause(trace: &mut Trace, stage: Stage, clause: Option<&Arc<ClauseRef>>, says: impl FnOnce() -> String) {
    if let Some(steps) = trace {
        steps.push(Step { stage, says: says(), rule: None, clause: clause.cloned(), entry: None });
    }
}

fn run(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Decision {
    let parts = &snapshot.parts;
    let address = request.address;
    // 1. Nothing comes before the sealed lists, and nothing lifts them.
    if let Some(digest) = parts.sealed.as_ref().and_then(|sealed| sealed.covers(address)) {
        note(trace, Stage::Verdict, || "It is refused. Nothing more is said of it.".to_owned());
        let mut decision = Decision::plain(Verdict::Block(Reason::Sealed));
        decision.clause.clone_from(&parts.rules.sealed);
        decision.sealed = Some(digest);
        return decision;
    }
    note(trace, Stage::Sealed, || match &parts.sealed {
        Some(list) => format!("The sealed lists ({} entries) do not hold it.", list.len()),
        None => "No sealed list is loaded.".to_owned(),
    });
    // 2. The desk and the help sites are open to everybody.
    if parts.desk.contains(&address.host) {
        note(trace, Stage::Own, || "It is the school's own desk: open to everybody.".to_owned());
        return Decision::plain(Verdict::Allow(Opened::Desk));
    }
    if let Some(site) = parts.help.iter().find(|site| site_match(site, request).is_some()) {
        note_clause(trace, Stage::Own, parts.rules.help.as_ref(), || {
            format!("It is help for children ({site}): open to everybody at all times, and not listed by person.")
        });
        let mut decision = Decision::plain(Verdict::Allow(Opened::Help));
        decision.clause.clone_from(&parts.rules.help);
        return decision;
    }
    // 3. Suspension, then the agreement.
    if request.viewer.suspended {
        let mut decision = Decision::plain(Verdict::Block(Reason::Suspended));
        decision.clause.clone_from(&parts.rules.suspension);
        note_clause(trace, Stage::Gate, decision.clause.as_ref(), || {
            "Access is suspended at present: closed.".to_owned()
        });
        return decision;
    }
    let gate = gate(request, snapshot, trace);
    if let Some(decision) = gate.as_ref().filter(|decision| !decision.observed) {
        return decision.clone();
    }
    let decided = sites(request, snapshot, trace);
    match gate {
        // On trial: what it would have closed is recorded, unless something else closes it anyway.
        Some(observed) if !decided.refuses() => observed,
        Some(_) | None => decided,
    }
}

/// The agreement gate's refusal, if it refuses.
fn gate(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Option<Decision> {
    let gate = snapshot.parts.rules.gate.as_ref()?;
    let viewer = request.viewer;
    let signed_for = match &viewer.place {
        Place::Network(name) => viewer.person.is_none() && gate.signed_networks.contains(name),
        Place::School | Place::Home | Place::Trip | Place::ExamRoom => false,
    };
    match viewer.signed {
        Signed::Yes => note_clause(trace, Stage::Gate, Some(&gate.clause), || "The agreement is signed.".to_owned()),
        Signed::NotAsked => note(trace, Stage::Gate, || "No agreement is asked of this person.".to_owned()),
        Signed::No if signed_for => {
            note_clause(trace, Stage::Gate, Some(&gate.clause), || {
                "The policy names this network as signed for.".to_owned()
            });
        }
        Signed::No => {
            note_clause(trace, Stage::Gate, Some(&gate.clause), || {
                if gate.observe {
                    "The agreement is not signed; the clause is on trial, so this is only recorded.".to_owned()
                } else {
                    "The agreement is not signed, or nobody is known: closed but for the desk and help for children."
                        .to_owned()
                }
            });
            let mut decision = Decision::plain(Verdict::Block(Reason::NotSigned));
            decision.clause = Some(Arc::clone(&gate.clause));
            decision.observed = gate.observe;
            return Some(decision);
        }
    }
    None
}

/// What the lists say of a site.
struct Known {
    found: Vec<Found>,
    categories: u128,
    /// The most specific category.
    first: Option<Category>,
}

fn look_up(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Known {
    let mut known = Known { found: Vec::new(), categories: 0, first: None };
    let Some(lists) = snapshot.lists() else {
        note(trace, Stage::Lists, || "No list is loaded.".to_owned());
        return known;
    };
    let address = request.address;
    lists.find(&address.host, address.path_only(), |found| known.found.push(found));
    // The most specific entry first.
    known.found.reverse();
    for found in &known.found {
        for tag in lists.tags_of(*found).filter_map(|tag| lists.tags().get(usize::from(tag))) {
            if let Some(category) = tag.category {
                known.categories |= bit(category);
                known.first = known.first.or(Some(category));
            }
            if let Some(steps) = trace {
                let site = found.entry(&address.host, address.path_only());
                let what = tag.category.map_or("without a category", Category::name);
                steps.push(Step {
                    stage: Stage::Lists,
                    says: format!("The list \"{}\" has {site}: {what}.", tag.list),
                    rule: None,
                    clause: None,
                    entry: Some(Entry { list: Some(Arc::clone(&tag.list)), site }),
                });
            }
        }
    }
    if known.found.is_empty() {
        note(trace, Stage::Lists, || "No list has it.".to_owned());
    }
    known
}

/// How narrow a rule is for one request: by site, then by person, then by time. Less is narrower.
type Narrowness = (u8, Reverse<usize>, Breadth, bool);

struct Candidate<'a> {
    compiled: &'a Compiled,
    narrow: Narrowness,
    entry: Option<Entry>,
    category: Option<Category>,
}

fn sites(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Decision {
    let known = look_up(request, snapshot, trace);
    // 4. Temporary unblocks open before any rule is asked.
    if let Some(open) = snapshot.unblocks.iter().find_map(|rule| candidate(rule, request, snapshot, &known)) {
        note_clause(trace, Stage::Unblocks, Some(&open.compiled.rule.clause), || {
            "A temporary unblock opens it.".to_owned()
        });
        return decided(&open, Verdict::Allow(Opened::Unblock), &known);
    }
    // 5. Among rules the narrower wins; of equally narrow ones the one that closes.
    let mut candidates: Vec<Candidate<'_>> =
        snapshot.rules.iter().filter_map(|rule| candidate(rule, request, snapshot, &known)).collect();
    candidates.sort_by_key(|it| (it.narrow, it.compiled.rule.action == Action::Permit));
    if let Some(steps) = trace {
        for it in &candidates {
            let rule = &it.compiled.rule;
            let does = match rule.action {
                Action::Permit => "opens",
                Action::Block => "closes",
            };
            let trial = if rule.observe { ", on trial" } else { "" };
            steps.push(Step {
                stage: Stage::Rules,
                says: format!("Clause {} {does} it ({}){trial}.", rule.clause.number, why_narrow(it.narrow)),
                rule: Some(rule.id.clone()),
                clause: Some(Arc::clone(&rule.clause)),
                entry: it.entry.clone(),
            });
        }
    }
    let enforced = candidates.iter().find(|it| !it.compiled.rule.observe);
    let first = candidates.first();
    // A rule on trial that would win is recorded, where what is enforced does not close the site anyway.
    if let Some(trial) = first.filter(|it| it.compiled.rule.observe && it.compiled.rule.action == Action::Block)
        && enforced.is_none_or(|it| it.compiled.rule.action == Action::Permit)
    {
        note_clause(trace, Stage::Verdict, Some(&trial.compiled.rule.clause), || {
            "It would be closed; the clause is on trial, so it is open and this is recorded.".to_owned()
        });
        let mut decision = decided(trial, Verdict::Block(Reason::Rule), &known);
        decision.observed = true;
        return decision;
    }
    if let Some(winner) = enforced {
        let verdict = match winner.compiled.rule.action {
            Action::Permit => Verdict::Allow(Opened::Rule),
            Action::Block => Verdict::Block(Reason::Rule),
        };
        note_clause(trace, Stage::Verdict, Some(&winner.compiled.rule.clause), || {
            let word = if winner.compiled.rule.action == Action::Permit { "open" } else { "closed" };
            format!("The narrowest of these decides: it is {word}.")
        });
        return decided(winner, verdict, &known);
    }
    // 6. What holds otherwise.
    otherwise(snapshot, &known, trace)
}

fn otherwise(snapshot: &Snapshot, known: &Known, trace: &mut Trace) -> Decision {
    let otherwise = &snapshot.parts.rules.otherwise;
    let (verdict, says) = match otherwise.action {
        Action::Permit => (Verdict::Allow(Opened::Default), "No rule closes it: open."),
        Action::Block => (Verdict::Block(Reason::Default), "No rule opens it: closed."),
    };
    note_clause(trace, Stage::Otherwise, otherwise.clause.as_ref(), || says.to_owned());
    let mut decision = Decision::plain(verdict);
    decision.category = known.first;
    decision.clause.clone_from(&otherwise.clause);
    decision.observed = otherwise.observe && otherwise.action == Action::Block;
    decision
}

fn decided(it: &Candidate<'_>, verdict: Verdict, known: &Known) -> Decision {
    Decision {
        verdict,
        observed: false,
        category: it.category.or(known.first),
        rule: Some(Arc::clone(&it.compiled.rule)),
        clause: Some(Arc::clone(&it.compiled.rule.clause)),
        entry: it.entry.clone(),
        sealed: None,
    }
}

/// The rule, where it applies to the request, with how narrow it is.
fn candidate<'a>(
    compiled: &'a Compiled,
    request: &Request<'_>,
    snapshot: &Snapshot,
    known: &Known,
) -> Option<Candidate<'a>> {
    let rule = &compiled.rule;
    let (level, depth, entry, category) = matched(compiled, request, snapshot, known)?;
    let breadth = who(compiled, request)?;
    if !rule.is_current(request.at.timestamp()) {
        return None;
    }
    if rule.place.as_ref().is_some_and(|place| !is_at(place, &request.viewer.place)) {
        return None;
    }
    if rule.when.as_ref().is_some_and(|when| !snapshot.parts.calendar.contains(when, request.at)) {
        return None;
    }
    Some(Candidate { compiled, narrow: (level, Reverse(depth), breadth, rule.when.is_none()), entry, category })
}

fn is_at(wanted: &Place, place: &Place) -> bool {
    // Every network of the school lies in the school.
    wanted == place || (*wanted == Place::School && matches!(place, Place::Network(_)))
}

/// How broad the rule's audience is for the viewer; none where it is not for them. Somebody of whom nothing is known
/// meets every rule that closes, whomever it is for, and no rule that opens but those for everyone.
fn who(compiled: &Compiled, request: &Request<'_>) -> Option<Breadth> {
    let rule = &compiled.rule;
    let viewer = request.viewer;
    if let Some(person) = rule.person {
        return (viewer.person == Some(person)).then_some(Breadth::Person);
    }
    if viewer.how == HowKnown::Unattributed {
        return match rule.action {
            Action::Block => rule.who.atoms().iter().map(kernel::AudienceAtom::breadth).min(),
            Action::Permit => {
                let everyone = rule.who.atoms().contains(&kernel::AudienceAtom::Everyone) && rule.except.is_none();
                everyone.then_some(Breadth::All)
            }
        };
    }
    if rule.except.as_ref().is_some_and(|except| except.contains(&viewer.subject)) {
        return None;
    }
    rule.who.breadth_for(&viewer.subject)
}

type Matched = (u8, usize, Option<Entry>, Option<Category>);

/// Whether the rule names the site, and how narrowly: an address before a domain before a list, then a pattern, a
/// category, everything. Of two domains the longer is narrower.
fn matched(compiled: &Compiled, request: &Request<'_>, snapshot: &Snapshot, known: &Known) -> Option<Matched> {
    let named = compiled.sites.iter().filter_map(|site| site_match(site, request).map(|at| (at, site)));
    let named = named.min_by_key(|((level, depth), _)| (*level, Reverse(*depth)));
    if let Some(((level, depth), site)) = named {
        return Some((level, depth, Some(Entry { list: None, site: site.to_string() }), None));
    }
    let by_tag = |wanted: &dyn Fn(&crate::index::Tag) -> bool| -> Option<(usize, Entry, Option<Category>)> {
        let lists = snapshot.lists()?;
        known.found.iter().find_map(|found| {
            let mut tags = lists.tags_of(*found).filter_map(|tag| lists.tags().get(usize::from(tag)));
            let tag = tags.find(|tag| wanted(tag))?;
            let site = found.entry(&request.address.host, request.address.path_only());
            Some((site.len(), Entry { list: Some(Arc::clone(&tag.list)), site }, tag.category))
        })
    };
    if !compiled.lists.is_empty()
        && let Some((depth, entry, category)) = by_tag(&|tag| compiled.lists.iter().any(|name| **name == *tag.list))
    {
        return Some((2, depth, Some(entry), category));
    }
    if compiled.categories & known.categories != 0 {
        let (_, entry, category) =
            by_tag(&|tag| tag.category.is_some_and(|category| compiled.categories & bit(category) != 0))?;
        return Some((4, 0, Some(entry), category));
    }
    compiled.all.then_some((5, 0, None, None))
}

/// How narrowly a site that is named itself covers what is asked for.
fn site_match(site: &SiteItem, request: &Request<'_>) -> Option<(u8, usize)> {
    let host = &request.address.host;
    match site {
        SiteItem::Domain(domain) => host.is_within(domain).then_some((1, domain.len())),
        SiteItem::Address { domain, path } => {
            let asked = request.address.path_only()?;
            (host.is_within(domain) && begins(asked, path)).then_some((0, domain.len() + path.len()))
        }
        SiteItem::Pattern(pattern) => fits(pattern.as_bytes(), host.as_str().as_bytes()).then_some((3, pattern.len())),
        SiteItem::All => Some((5, 0)),
        SiteItem::Category(_) | SiteItem::List(_) | SiteItem::Register(_) => None,
    }
}

/// Whether a path begins with another at the end of a segment.
fn begins(path: &str, start: &str) -> bool {
    let start = start.trim_end_matches('/');
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a text fits a pattern in which `*` stands for any letters.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if wanted == letter => {
                p += 1;
                t += 1;
            }
            Some(_) | None => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|letter| *letter == b'*'))
}

fn why_narrow((level, _, breadth, always): Narrowness) -> String {
    let site = match level {
        0 => "this address",
        1 => "this domain",
        2 => "this list",
        3 => "this pattern",
        4 => "this category",
        _ => "every site",
    };
    let who = match breadth {
        Breadth::Person => "this person",
        Breadth::Group => "a group",
        Breadth::ClassOrRole => "a class or role",
        Breadth::Year => "a year",
        Breadth::Stage => "a stage",
        Breadth::All => "everyone",
    };
    let when = if always { "always" } else { "at this time" };
    format!("for {site}, for {who}, {when}")
}
