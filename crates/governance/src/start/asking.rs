//! Whom to ask for what others than the reader enter.

use kernel::PersonId;

use crate::{agreements::coverage::RollPerson, policy_pages::service::InForce};

/// Whom somebody asks to enter what others than they enter.
pub struct Asking<'a> {
    in_force: &'a InForce,
    people: &'a [RollPerson],
    reader: Option<&'a RollPerson>,
}

/// How many people are named.
const NAMED: usize = 3;

impl<'a> Asking<'a> {
    /// For this reader.
    pub fn of(in_force: &'a InForce, people: &'a [RollPerson], reader: PersonId) -> Self {
        Self { in_force, people, reader: people.iter().find(|one| one.id == reader) }
    }

    /// "Ask the network manager: Tom Okafor." Nothing where the reader enters it.
    pub fn whom(&self, href: &str) -> String {
        let path = href.split(['?', '#']).next().unwrap_or_default();
        let mut words = path.strip_prefix("/registers/").unwrap_or_default().split('/');
        let (Some(module), Some(name)) = (words.next(), words.next()) else { return String::new() };
        let declaration = self.in_force.controls.declarations.get(&format!("{module}.{name}"));
        let Some(register) = declaration.and_then(|it| it.register.as_ref()) else { return String::new() };
        if self.reader.is_some_and(|reader| register.writes.contains(&reader.subject)) {
            return String::new();
        }
        let front = &self.in_force.policy.front;
        let who = register.writes.in_words(&|role| front.title_of(role).to_owned());
        let holders: Vec<&str> = self
            .people
            .iter()
            .filter(|one| register.writes.contains(&one.subject))
            .map(|one| one.name.as_str())
            .collect();
        match holders.as_slice() {
            [] => format!("{who} enter it, and nobody is that yet: say who it is first."),
            some if some.len() <= NAMED => format!("Ask {}: it is kept by {who}.", some.join(" or ")),
            _ => format!("It is kept by {who}: ask one of them."),
        }
    }
}
