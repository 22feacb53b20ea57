//! Who may do what, as the policy in force says it.

use std::fmt::Write as _;

use kernel::Role;
use policy::Policy;
use webkit::{Action, Rights, permit::matrix};

/// The rights that a policy gives. What it is silent about is as built in.
pub fn rights_of(policy: &Policy) -> Rights {
    let mut rights = Rights::built_in();
    let watchers: Vec<Role> = roles_named(policy, "monitor", "log-access");
    if !watchers.is_empty() {
        rights = rights.with(Action::SeeActivity, watchers);
    }
    // Whom the policy names for a power of filtering, and nobody else.
    for (action, module, name) in
        [(Action::OpenForClass, "filter", "temporary-unblock"), (Action::SuspendAccess, "access", "suspension")]
    {
        let named = roles_named(policy, module, name);
        if !named.is_empty() {
            rights = rights.with(action, named);
        }
    }
    // Where a clause asks for the status and names nobody, it is the network manager who has it.
    let status = policy.bindings("filter", "management-status").filter(|(_, binding)| rules::ours(policy, binding));
    let holders = status.flat_map(|(_, binding)| {
        binding.common.by.as_ref().map_or_else(|| vec![Role::NetworkManager], rules::standing::roles_of)
    });
    let holders: Vec<Role> = holders.collect();
    if !holders.is_empty() {
        rights = rights.with(Action::ChangeFilter, holders);
    }
    // Those who log failures do so beside those who always may; those who go through the log may see it.
    for (action, name) in [(Action::HandleFailures, "failure-report"), (Action::SeeChanges, "change-log")] {
        let named = roles_named(policy, "filter", name);
        let holders = rights.holders(action).into_iter().chain(named);
        rights = rights.with(action, holders.collect::<Vec<_>>());
    }
    rights
}

/// Who may do what as a page of Markdown: the matrix that is built in, and what each policy, by its name, changes.
pub fn document(policies: &[(String, Policy)]) -> String {
    let built_in = Rights::built_in();
    let mut text = format!(
        "# Who may do what\n\nA role a line, an action a column. A person who holds several roles may do what any of them \
         may. This is what holds where the policy says nothing.\n\n```text\n{}\n```\n",
        matrix(&built_in)
    );
    for (name, policy) in policies {
        let rights = rights_of(policy);
        let _ = write!(text, "\n## What the policy {name} changes\n\n");
        let changed: Vec<_> =
            Action::ALL.iter().filter(|action| rights.holders(**action) != built_in.holders(**action)).collect();
        if changed.is_empty() {
            text.push_str("Nothing.\n");
        }
        for action in changed {
            let holders: Vec<_> = rights.holders(*action).iter().map(|role| role.id()).collect();
            let _ = writeln!(text, "- `{}`: only {}", action.id(), holders.join(", "));
        }
    }
    text
}

/// The roles that bindings of a control name in `by`.
fn roles_named(policy: &Policy, module: &str, name: &str) -> Vec<Role> {
    let bindings = policy.bindings(module, name).filter(|(_, binding)| rules::ours(policy, binding));
    bindings.filter_map(|(_, binding)| binding.common.by.as_ref()).flat_map(rules::standing::roles_of).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_page_of_who_may_do_what_is_what_holds() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut names: Vec<_> = fs::read_dir(root.join("policies"))
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().join("policy.md").is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        let policies: Vec<_> = names
            .into_iter()
            .map(|name| {
                let source = crate::cli::read_policy(&root.join("policies").join(&name)).unwrap();
                let checked = rules::check(&source, jiff::civil::date(2026, 11, 22));
                let policy = checked.policy.unwrap_or_else(|| panic!("{name} has errors"));
                (name, policy)
            })
            .collect();
        let written = fs::read_to_string(root.join("docs/matrix.md")).unwrap();
        assert!(written.trim_end() == document(&policies).trim_end(), "docs/matrix.md is behind: run script/docs");
    }
}
