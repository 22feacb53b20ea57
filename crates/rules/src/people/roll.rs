//! Control `people.roll`: everybody whom the policy binds, with classes and years.
//! Why: every other control asks who somebody is; an old roll gives old answers.

use ::policy::{Binding, Policy, Words};
use jiff::{Span, civil::Date};
use kernel::{Audience, Every, SchoolTime};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// The terms of `people.roll`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Roll {
    /// How old the roll may be; 45 days where nothing is said, so that it outlasts the summer holidays.
    pub fresh: Option<Every>,
}

impl Roll {
    fn oldest_allowed(&self, today: Date) -> impl Fn(Date) -> bool + '_ {
        move |imported: Date| match self.fresh {
            Some(fresh) => fresh.after(imported) >= today,
            None => imported.saturating_add(Span::new().days(45)) >= today,
        }
    }
}

impl ::policy::Terms for Roll {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let age = self.fresh.map_or("45 days".to_owned(), |fresh| fresh.to_string());
        format!("keeps the roll and says so when it is older than {age}")
    }
}

impl Built for Roll {
    const MODULE: &'static str = "people";
    const NAME: &'static str = "roll";
    const EXAMPLE: &'static str = r#"{ who = ["pupils", "staff", "parents"], fresh = "30 days" }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let (people, imported) = match (&facts.people, &facts.imported) {
            (Ok(people), Ok(imported)) => (people, imported),
            (Err(why), _) | (_, Err(why)) => return unknown(now, why.clone()),
        };
        let Some(imported) = imported else {
            return not_kept(
                now,
                "Nobody is on the roll yet.",
                "Bring in your people: gatehouse people import, or the page People.",
            );
        };
        let day = SchoolTime::new(*imported).date();
        if !self.oldest_allowed(now.date())(day) {
            return not_kept(
                now,
                format!("The roll was last brought up to date on {}.", kernel::time::date_in_words(day)),
                "Import the roll again.",
            );
        }
        let titles = |role| policy.front.title_of(role);
        let groups = binding.common.who.as_ref().map_or(&[][..], Audience::atoms);
        let mut empty = Vec::new();
        let mut figures = Vec::new();
        for group in groups {
            let number = people.iter().filter(|person| group.contains(&person.subject)).count();
            if number == 0 {
                empty.push(group.in_words(&titles));
            }
            figures.push((group.in_words(&titles), number));
        }
        if !empty.is_empty() {
            return not_kept(now, format!("The roll has no {}.", listed(&empty)), "Import them, or mend the clause.");
        }
        let (standing, mut evidence) = kept(
            now,
            format!(
                "{} people are on the roll, last brought up to date on {}.",
                people.len(),
                kernel::time::date_in_words(day)
            ),
        );
        for (label, value) in figures {
            evidence = evidence.figure(label, value);
        }
        (standing, evidence.link("People", "/people"))
    }
}
