//! What turns most clauses: of all that is not kept, what waits for the same thing, counted from the standings.

use jiff::Timestamp;
use kernel::Standing;
use policy::{Clause, Policy};

use crate::policy_pages::{states::States, wording::clause_href};

/// One thing to do, with the clauses that wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What mends them, as their standings say it.
    pub mend: String,
    /// Where it is done.
    pub href: String,
    /// How many clauses wait for nothing else.
    pub turns: usize,
    /// How many wait for it, and some of them for more.
    pub waits: usize,
    /// The numbers of the clauses that wait for it, as printed.
    pub numbers: Vec<String>,
    /// Which part of the first week it belongs to.
    pub part: Part,
}

/// A part of the first week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Bring in the people.
    People,
    /// Say who answers for what.
    Roles,
    /// Enter what exists.
    Registers,
    /// Anything else.
    Other,
}

/// Every thing that clauses wait for, that which turns most first.
pub fn steps(policy: &Policy, states: &States, now: Timestamp) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for clause in &policy.clauses {
        let mends = mends(clause, states, now);
        for (mend, href, part) in &mends {
            let at = steps.iter().position(|it| it.mend == *mend).unwrap_or_else(|| {
                steps.push(Step {
                    mend: mend.clone(),
                    href: href.clone(),
                    turns: 0,
                    waits: 0,
                    numbers: Vec::new(),
                    part: *part,
                });
                steps.len() - 1
            });
            if let Some(step) = steps.get_mut(at) {
                step.waits += 1;
                step.turns += usize::from(mends.len() == 1);
                step.numbers.push(clause.number.clone());
            }
        }
    }
    // Of equal ones the first in the policy, so that the page does not waver.
    steps.sort_by_key(|step| std::cmp::Reverse((step.turns, step.waits)));
    steps
}

/// What a clause waits for, each once: mend, page, part. Nothing, where another binding of it is bad in a way that
/// nothing mends here.
fn mends(clause: &Clause, states: &States, now: Timestamp) -> Vec<(String, String, Part)> {
    let mut found: Vec<(String, String, Part)> = Vec::new();
    for binding in &clause.bindings {
        let state = states.of(&binding.key, now);
        let Standing::NotKept { mend, .. } = &state.standing else { continue };
        let mend = mend.trim().trim_end_matches('.').to_owned();
        if mend.is_empty() || found.iter().any(|it| it.0 == mend) {
            continue;
        }
        let link = state.evidence.links.first().map(|link| link.href.clone());
        let (part, page) = part_of(&mend, binding.control.module());
        let href = page.map(str::to_owned).or(link).unwrap_or_else(|| clause_href(clause));
        let register = href.starts_with("/registers/");
        found.push((mend, href, if register { Part::Registers } else { part }));
    }
    found
}

/// Where a thing is done that many standings name in the same words.
fn part_of(mend: &str, module: &str) -> (Part, Option<&'static str>) {
    const PAGES: [(&str, Part, &str); 5] = [
        ("on the page of responsibilities", Part::Roles, "/people/roles"),
        ("on the page of imports", Part::People, "/people/import"),
        ("on the page of accounts", Part::People, "/accounts"),
        ("on the page of approvals", Part::Other, "/policy/approvals"),
        ("on the page of publishing", Part::Other, "/policy/publish"),
    ];
    match PAGES.iter().find(|row| mend.contains(row.0)) {
        Some((_, part, page)) => (*part, Some(*page)),
        None if module == "people" => (Part::People, None),
        None => (Part::Other, None),
    }
}

/// How many clauses the steps of a part turn together: those that wait for nothing outside it.
pub fn turned_by(policy: &Policy, states: &States, now: Timestamp, part: Part) -> usize {
    let waits = |clause: &&Clause| {
        let mends = mends(clause, states, now);
        !mends.is_empty() && mends.iter().all(|it| it.2 == part)
    };
    policy.clauses.iter().filter(waits).count()
}
