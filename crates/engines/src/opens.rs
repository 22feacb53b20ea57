//! Which pages of the engines open for somebody: what evidence links to is shown to those alone who may read it.

use std::sync::Arc;

use jiff::civil::Date;
use webkit::Session;

use crate::{
    InForce,
    attestations::{
        asked::{self, from_address},
        sees_all,
    },
    notices::{self, may_issue, sees_reach},
    registers::Access,
};

/// Whether the page at `href` opens for whoever is signed in. What is no page of the engines does not.
pub fn opens(in_force: &dyn InForce, session: &Session, href: &str, today: Date) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or(href);
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["registers", module, name, rest @ ..] => {
            // Whoever reads about their own people alone comes by their home, not by a clause.
            let declaration = in_force.declaration(&format!("{module}.{name}"));
            let access = declaration.and_then(|it| Access::ask(session, it, &Arc::default()));
            access.is_some_and(|access| match rest {
                [] => true,
                ["new"] => access.writes(),
                _ => false,
            })
        }
        ["attestations", key] => sees_all(session).is_some() || is_asked(in_force, session, &from_address(key), today),
        ["notices", key] => {
            let key = from_address(key);
            let items = notices::told::items(in_force, today);
            items.iter().filter(|item| item.binding.key == key).any(|item| {
                item.binds(session.subject()) || may_issue(session, item).is_some() || sees_reach(session).is_some()
            })
        }
        _ => false,
    }
}

/// Whether somebody is among those whom the clause asks; deputies and the head come in later, by the day.
fn is_asked(in_force: &dyn InForce, session: &Session, key: &str, today: Date) -> bool {
    let items = asked::items(in_force, today);
    items.iter().any(|item| item.binding.key == key && item.by.contains(session.subject()))
}
