//! Control `access.individual-logins`: a login of one's own for each person; nobody uses another's.
//! Why: what is recorded to the person must have been done by that person.

use ::policy::{Binding, Policy, Words};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, kept, not_kept, unknown},
};

/// The terms of `access.individual-logins`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IndividualLogins {
    /// What the login opens, in the school's words.
    pub opens: Vec<String>,
}

impl ::policy::Terms for IndividualLogins {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "gives each person a login of their own, records use to that person alone, and holds whoever is not known to \
         the strictest rules"
            .to_owned()
    }
}

impl Built for IndividualLogins {
    const MODULE: &'static str = "access";
    const NAME: &'static str = "individual-logins";
    const EXAMPLE: &'static str = r#"{ who = ["staff", "pupils"] }"#;

    fn standing(&self, binding: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let who = binding.common.who.clone().unwrap_or_else(super::users);
        let people = match facts.people_in(&who) {
            Ok(people) => people,
            Err(why) => return unknown(now, why),
        };
        if people.is_empty() {
            return not_kept(now, "Nobody whom this clause binds is on the roll.", "Bring in your people.");
        }
        let with = people.iter().filter(|person| person.account && person.password).count();
        let statement =
            format!("{with} of {} have a login and password of their own.", count(people.len(), "person", "people"));
        if with < people.len() {
            return not_kept(now, statement, "Make the missing accounts, on the page of accounts.");
        }
        let (standing, evidence) = kept(now, statement);
        (standing, evidence.link("Accounts", "/accounts"))
    }
}
