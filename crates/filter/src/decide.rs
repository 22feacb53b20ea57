//! The decision, in its order: sealed lists, desk and help sites, suspension, agreement and the hours of devices at home,
//! temporary unblocks, rules, what holds otherwise. Deciding and explaining are one function, so that they cannot differ.

use std::sync::Arc;

use kernel::{Place, Signed};

use crate::{
    decision::{Decision, Entry, Opened, Reason, Request, Stage, Step, Verdict},
    rule::{Action, ClauseRef, RuleSet},
    snapshot::Snapshot,
    table::{applies, is_unknown},
};

mod sites;

/// Decides.
pub fn decide(request: &Request<'_>, snapshot: &Snapshot) -> Decision {
    run(request, snapshot, &mut Trace(None))
}

/// Decides, and says how.
pub fn explain(request: &Request<'_>, snapshot: &Snapshot) -> (Decision, Vec<Step>) {
    let mut trace = Trace(Some(Vec::new()));
    let decision = run(request, snapshot, &mut trace);
    let mut steps = trace.0.unwrap_or_default();
    steps.sort_by_key(|step| step.stage);
    (decision, steps)
}

/// Takes steps where somebody wants them; costs nothing where nobody does.
struct Trace(Option<Vec<Step>>);

impl Trace {
    fn step(&mut self, stage: Stage, clause: Option<&Arc<ClauseRef>>, says: impl FnOnce() -> String) {
        self.full(|| Step { stage, says: says(), rule: None, clause: clause.map(Arc::clone), entry: None });
    }

    fn full(&mut self, make: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.0 {
            steps.push(make());
        }
    }
}

fn run(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Decision {
    let parts = &snapshot.parts;
    let address = request.address;
    let own = |verdict, clause: Option<&Arc<ClauseRef>>| Decision {
        clause: clause.map(Arc::clone),
        ..Decision::plain(verdict)
    };
    // 1. Nothing comes before the sealed lists, and nothing lifts them.
    if let Some(digest) = parts.sealed.as_ref().and_then(|sealed| sealed.find(&address.host, address.path())) {
        trace.step(Stage::Verdict, None, || "It is refused. Nothing more is said of it.".to_owned());
        let refused = own(Verdict::Block(Reason::Sealed), parts.rules.sealed.as_ref());
        return Decision { sealed: Some(digest), ..refused };
    }
    trace.step(Stage::Sealed, None, || match &parts.sealed {
        Some(list) => format!("The sealed lists ({} entries) do not hold it.", list.entries()),
        None => "No sealed list is loaded.".to_owned(),
    });
    // 2. The desk and the help sites are open to everybody.
    if parts.desk.contains(&address.host) {
        trace.step(Stage::Own, None, || "It is the school's own desk: open to everybody.".to_owned());
        return own(Verdict::Allow(Opened::Desk), None);
    }
    if let Some((domain, path)) = snapshot.help_at(address) {
        let clause = parts.rules.help.as_ref();
        let site = format!("{domain}{}", path.as_deref().unwrap_or_default());
        trace.step(Stage::Own, clause, || {
            format!("It is help for children ({site}): open to everybody at all times, and not listed by person.")
        });
        return Decision { entry: Some(Entry { list: None, site }), ..own(Verdict::Allow(Opened::Help), clause) };
    }
    // 3. Suspension, then the agreement, then the hours at home.
    if request.viewer.suspended {
        let clause = parts.rules.suspension.as_ref();
        trace.step(Stage::Gate, clause, || "Access is suspended at present: closed.".to_owned());
        return own(Verdict::Block(Reason::Suspended), clause);
    }
    let gate = gate(request, snapshot, trace);
    if let Some(closed) = gate.as_ref().filter(|decision| decision.refuses()) {
        return closed.clone();
    }
    let off_site = off_site(request, snapshot, trace);
    if let Some(closed) = off_site.as_ref().filter(|decision| decision.refuses()) {
        return closed.clone();
    }
    let decided = sites::decide(request, snapshot, trace);
    match gate.or(off_site) {
        // On trial: what it would have closed is recorded, unless something else closes it anyway.
        Some(observed) if !decided.refuses() => observed,
        Some(_) | None => decided,
    }
}

/// The agreement gate's refusal, if it refuses.
fn gate(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Option<Decision> {
    let gate = snapshot.parts.rules.gate.as_ref()?;
    let viewer = request.viewer;
    let rule = gate.rule_for(request, &snapshot.parts.calendar)?;
    let signed_for = match &viewer.place {
        Place::Network(name) => viewer.person.is_none() && gate.signed_networks.contains(name),
        Place::School | Place::Home | Place::Trip | Place::ExamRoom => false,
    };
    let says = match viewer.signed {
        Signed::Yes => "The agreement is signed.",
        Signed::NotAsked => "No agreement is asked of this person.",
        Signed::No if signed_for => "The policy names this network as signed for.",
        Signed::No if rule.observe => "The agreement is not signed; the clause is on trial, so this is only recorded.",
        Signed::No => "The agreement is not signed, or nobody is known: closed but for the desk and help for children.",
    };
    trace.step(Stage::Gate, Some(&rule.clause), || says.to_owned());
    match viewer.signed {
        Signed::Yes | Signed::NotAsked => None,
        Signed::No if signed_for => None,
        Signed::No => Some(Decision {
            clause: Some(Arc::clone(&rule.clause)),
            observed: rule.observe,
            ..Decision::plain(Verdict::Block(Reason::NotSigned))
        }),
    }
}

/// What the hours of devices at home close, if they close anything. Of several clauses the narrowest counts, and where
/// several are equally narrow, the hours of each; but whoever is not known has the hours of none alone.
fn off_site(request: &Request<'_>, snapshot: &Snapshot, trace: &mut Trace) -> Option<Decision> {
    let RuleSet { off_site: all, .. } = &snapshot.parts.rules;
    if all.is_empty() {
        return None;
    }
    let calendar = &snapshot.parts.calendar;
    let mut asked = Vec::new();
    for it in all {
        let Ok(breadth) = applies(&it.rule, request, calendar) else { continue };
        let is_open = it.hours.iter().any(|hours| calendar.contains(hours, request.at));
        asked.push((breadth, is_open, &it.rule));
        trace.step(Stage::Gate, Some(&it.rule.clause), || {
            match (is_open, it.rule.observe) {
                (true, _) => "They are at home, in the hours in which devices may be used there.",
                (false, false) => {
                    "They are at home, outside the hours in which devices may be used there: closed but for the desk and help for children."
                }
                (false, true) => {
                    "They are at home, outside the hours in which devices may be used there; the clause is on trial, so this is only recorded."
                }
            }
            .to_owned()
        });
    }
    let unknown = is_unknown(request.viewer);
    let closes = |trials: bool| {
        let counting = || asked.iter().filter(move |(_, _, rule)| trials || !rule.observe);
        let narrowest = counting().map(|(breadth, _, _)| *breadth).min()?;
        let mut counting = counting().filter(|(breadth, _, _)| unknown || *breadth == narrowest);
        if !unknown && counting.clone().any(|(_, is_open, _)| *is_open) {
            return None;
        }
        counting.find(|(_, is_open, _)| !is_open).map(|(_, _, rule)| *rule)
    };
    let (rule, observed) = match closes(false) {
        Some(rule) => (rule, false),
        None => (closes(true)?, true),
    };
    Some(Decision {
        rule: Some(Arc::clone(rule)),
        clause: Some(Arc::clone(&rule.clause)),
        observed,
        ..Decision::plain(Verdict::Block(Reason::OffSite))
    })
}

/// What holds where no rule does.
fn otherwise(snapshot: &Snapshot) -> Decision {
    let otherwise = &snapshot.parts.rules.otherwise;
    let verdict = match otherwise.action {
        Action::Permit => Verdict::Allow(Opened::Default),
        Action::Block => Verdict::Block(Reason::Default),
    };
    Decision {
        clause: otherwise.clause.as_ref().map(Arc::clone),
        observed: otherwise.observe && otherwise.action == Action::Block,
        ..Decision::plain(verdict)
    }
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
