//! Control `access.user-register`: an up-to-date record of users and usernames.
//! Why: an account that nobody knows of is an open door.

use ::policy::{Binding, Policy, Words};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, kept, not_kept, unknown},
};

/// The terms of `access.user-register`: it has none of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UserRegister {}

impl ::policy::Terms for UserRegister {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "keeps the register of users and usernames, made from the roll and the accounts themselves".to_owned()
    }
}

impl Built for UserRegister {
    const MODULE: &'static str = "access";
    const NAME: &'static str = "user-register";
    const EXAMPLE: &'static str = r#"{ by = "network-manager" }"#;

    fn standing(&self, _: &Binding, _: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let people = match &facts.people {
            Ok(people) => people,
            Err(why) => return unknown(now, why.clone()),
        };
        let accounts = people.iter().filter(|person| person.account).count();
        if accounts == 0 {
            return not_kept(now, "There are no accounts yet.", "Make accounts for the people on the roll.");
        }
        let (standing, evidence) =
            kept(now, format!("The register lists {}.", count(accounts, "open account", "open accounts")));
        (standing, evidence.link("Accounts", "/accounts"))
    }
}
