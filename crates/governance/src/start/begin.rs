//! A school that has a draft and no policy in force yet: what comes between the two, and what each step will turn.

use policy::{Binding, Clause, Policy, control::Kind};
use rules::Controls;

use super::{steps::Part, views::StepView};
use crate::{
    agreements::coverage::RollPerson,
    drafts::{approvals, service::Draft},
};

/// How far a draft that waits for approval has come.
pub(super) struct Approval {
    /// Where it is read, answered and put in force.
    pub(super) href: String,
    /// Who has not approved it yet: "the Headteacher".
    pub(super) missing: Vec<String>,
}

/// The steps from a draft to what the school has in its registers. Whose approval nobody can give comes first.
pub(super) fn steps(
    draft: &Draft,
    policy: &Policy,
    people: &[RollPerson],
    approval: Option<&Approval>,
) -> Vec<StepView> {
    let controls = rules::controls_of(&draft.source);
    let bodies = approvals::bodies(None, policy);
    let missing: Vec<&str> = bodies
        .iter()
        .filter(|body| body.who.as_ref().is_some_and(|who| !people.iter().any(|one| who.contains(&one.subject))))
        .map(|body| body.title.as_str())
        .collect();
    let imported = people.len() > 1;
    let step = |title: &str, says: String, href: &str, done: bool, part: Option<Part>| StepView {
        title: title.to_owned(),
        says,
        href: href.to_owned(),
        done,
        next: false,
        turns: part.map_or(0, |part| turned(policy, &controls, part)),
        waits: 0,
        parts: Vec::new(),
    };
    let holders = match missing.as_slice() {
        [] => "Each responsibility with a holder, and a deputy where there is one.".to_owned(),
        missing => format!("Begin with those who approve the policy. Nobody yet: {}.", listed(missing)),
    };
    let approve = match approval.map(|approval| approval.missing.as_slice()) {
        None => "Read the draft, change what you need, and ask for approval.".to_owned(),
        Some([]) => "Everybody who is asked has approved it: say from when it is in force.".to_owned(),
        Some(missing) => {
            let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
            format!(
                "The draft waits for {}. Whoever cannot sign in yet gets a first password on the page of accounts.",
                listed(&missing)
            )
        }
    };
    let where_approved = approval.map_or_else(|| draft.href(), |approval| approval.href.clone());
    let approved = approval.is_some_and(|approval| approval.missing.is_empty());
    let mut steps = vec![
        step("Choose a policy", format!("“{}” is under way.", draft.title), &draft.href(), true, None),
        step(
            "Bring in your people",
            "Pupils, staff, governors, parents and classes, from the file of your records system.".to_owned(),
            "/people/import",
            imported,
            Some(Part::People),
        ),
        step("Say who answers for what", holders, "/people/roles", false, Some(Part::Roles)),
        step("Put your policy in force", approve, &where_approved, false, Some(Part::Other)),
        step(
            "Enter what exists",
            "What your school has in spreadsheets goes in by import, once the policy is in force.".to_owned(),
            "",
            false,
            Some(Part::Registers),
        ),
    ];
    let best = match (imported, missing.is_empty()) {
        _ if approved => 3,
        (false, _) => 1,
        (true, false) => 2,
        (true, true) => 3,
    };
    if let Some(step) = steps.get_mut(best) {
        step.next = true;
    }
    steps
}

/// "Governors and Senior leader".
fn listed(titles: &[&str]) -> String {
    match titles {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How many clauses turn with a step: each with the last of the steps that it waits for.
fn turned(policy: &Policy, controls: &Controls, part: Part) -> usize {
    let last = |clause: &Clause| clause.bindings.iter().map(|binding| part_of(binding, controls)).max();
    policy.clauses.iter().filter(|clause| last(clause) == Some(part)).count()
}

/// Which step a binding waits for: the roll, somebody who answers, an entry; what is left is so by the policy in force,
/// or by what people do from then on.
fn part_of(binding: &Binding, controls: &Controls) -> Part {
    let (id, module) = (binding.control.to_string(), binding.control.module());
    let kind = controls.registry.get(&binding.control).map(|control| control.card().kind);
    let has_register = controls.declarations.get(&id).is_some_and(|it| it.register.is_some());
    if binding.common.attest.is_some() || kind == Some(Kind::Attest) || id == "policy.roles" {
        Part::Roles
    } else if has_register && binding.common.inform.is_none() {
        Part::Registers
    } else if matches!(module, "people" | "access") {
        Part::People
    } else {
        Part::Other
    }
}
