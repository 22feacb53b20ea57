//! Terms in the words of the school: "for pupils from Year 3 to Year 6, at lunch; except …".

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kernel::{Audience, AudienceAtom, Place, Role, SiteItem, Sites, When, time::date_in_words};

use crate::{
    binding::Binding,
    common::{CommonTerms, Condition, Except, Exception, join},
    control::Control,
    front::Front,
    model::Policy,
    terms::{TermTable, Value},
};

/// The words of one school: its titles for roles, the names of its systems, what its labels cite.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    titles: BTreeMap<Role, String>,
    systems: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    terms: BTreeSet<String>,
    today: Option<Date>,
    /// For asking whether the system keeps a binding.
    pub(crate) front: Front,
}

impl Words {
    /// The words of a policy, said on `today`.
    pub fn of(policy: &Policy, today: Date) -> Self {
        Self {
            titles: policy.front.titles.clone(),
            front: policy.front.clone(),
            systems: policy.front.systems.iter().map(|(id, system)| (id.clone(), system.name.clone())).collect(),
            labels: policy
                .clauses
                .iter()
                .filter_map(|clause| Some((clause.label.clone()?, clause.number.clone())))
                .collect(),
            terms: policy.front.terms.keys().cloned().collect(),
            today: Some(today),
        }
    }

    /// The school's title for a role.
    pub fn title(&self, role: Role) -> String {
        self.titles.get(&role).cloned().unwrap_or_else(|| role.default_title().to_owned())
    }

    /// "staff and governors".
    pub fn audience(&self, audience: &Audience) -> String {
        audience.in_words(&|role| match self.titles.get(&role) {
            Some(title) => title.clone(),
            None => lower_first(role.default_title()),
        })
    }

    /// "gambling, games and bbc.co.uk".
    pub fn sites(&self, sites: &Sites) -> String {
        join(sites.0.iter().map(site), "and")
    }

    /// "lunch", "Monday to Friday …".
    pub fn when(&self, when: &When) -> String {
        match when {
            When::Named(name) => spaced(name),
            When::Hours(hours) => hours.to_string(),
        }
    }

    /// "at school", "on the network guest".
    pub fn place(&self, place: &Place) -> String {
        match place {
            Place::School => "at school".to_owned(),
            Place::Home => "at home".to_owned(),
            Place::Trip => "on school trips".to_owned(),
            Place::ExamRoom => "in exam rooms".to_owned(),
            Place::Network(name) => format!("on the {} network", spaced(name)),
        }
    }

    /// The whole sentence about a binding: what the control says of its own terms, then the common ones.
    pub fn sentence(&self, control: &dyn Control, binding: &Binding) -> String {
        let own = control.in_words(binding, self);
        let own = own.trim().trim_end_matches('.');
        let common = self.common(&binding.common);
        if common.is_empty() { format!("{own}.") } else { format!("{own} – {common}.") }
    }

    /// A purpose with free terms behind it: "Sites blocked by category (topics: hate, violence)".
    pub fn free(&self, purpose: &str, own: &TermTable) -> String {
        let purpose = purpose.trim_end_matches('.');
        if own.is_empty() {
            return purpose.to_owned();
        }
        format!("{purpose} ({})", self.table(own))
    }

    /// "number: 5; topics: hate and violence".
    pub fn table(&self, table: &TermTable) -> String {
        let terms: Vec<_> =
            table.terms.iter().map(|term| format!("{}: {}", spaced(&term.key), self.value(&term.value))).collect();
        terms.join("; ")
    }

    /// One value of a term: "hate and violence", "yes", the title of a role.
    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => match (AudienceAtom::parse(text), Role::parse(text)) {
                (Ok(atom @ (AudienceAtom::All(_) | AudienceAtom::Everyone)), _) => self.audience(&Audience::of(atom)),
                (_, Ok(role)) => self.title(role),
                (_, Err(_)) if kernel::place::is_word(text) => spaced(text),
                (_, Err(_)) => text.clone(),
            },
            Value::Whole(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Flag(true) => "yes".to_owned(),
            Value::Flag(false) => "no".to_owned(),
            Value::Date(date) => date_in_words(*date),
            Value::List(values) => join(values.iter().map(|(value, _)| self.value(value)), "and"),
            Value::Table(table) => self.table(table),
        }
    }

    /// The common terms: "for staff, at lunch; except the Headteacher; every 90 days". Empty where there are none.
    pub fn common(&self, common: &CommonTerms) -> String {
        let CommonTerms {
            who,
            except,
            when,
            place,
            systems,
            by,
            every,
            within,
            unless,
            after,
            on,
            may,
            from,
            observe,
            inform,
            attest,
        } = common;
        let mut first = Vec::new();
        if let Some(who) = who {
            first.push(format!("for {}", self.audience(who)));
        }
        if let Some(when) = when {
            first.push(self.times(when));
        }
        if let Some(place) = place {
            first.push(place.in_words(&|place| self.place(place)));
        }
        if !systems.is_empty() {
            let names = systems.iter().map(|id| self.systems.get(id).cloned().unwrap_or_else(|| spaced(id)));
            first.push(format!("in {}", join(names, "and")));
        }
        let mut parts = Vec::new();
        if !first.is_empty() {
            parts.push(first.join(", "));
        }
        if let Some(except) = except {
            parts.push(format!("except {}", self.except(except)));
        }
        if let Some(every) = every {
            parts.push(format!("every {}", every.to_string().trim_start_matches("1 ")));
        }
        if let Some(within) = within {
            parts.push(match within {
                kernel::Within::SameSchoolDay => "on the same school day".to_owned(),
                kernel::Within::Count(..) => format!("within {within}"),
            });
        }
        if let Some(by) = by {
            parts.push(format!("{} {} for it", self.audience(by), if is_one(by) { "answers" } else { "answer" }));
        }
        if let Some(unless) = unless {
            parts.push(format!("unless {}", unless.in_words(&|exception| self.exception(exception))));
        }
        if !after.is_empty() {
            let clauses = after.iter().map(|label| match self.labels.get(label) {
                Some(number) => format!("clause {number}"),
                None => format!("clause {label}"),
            });
            parts.push(format!("only after {}", join(clauses, "and")));
        }
        if !on.is_empty() {
            parts.push(format!("on the occasion of {}", join(on.iter().map(|name| spaced(name)), "or")));
        }
        if *may {
            parts.push("a power, used where it is needed".to_owned());
        }
        if let Some(inform) = inform {
            parts.push(format!("{} {} told", self.audience(inform), if is_one(inform) { "is" } else { "are" }));
        }
        if let Some(attest) = attest {
            let often = attest
                .every
                .map_or(String::new(), |every| format!(" every {}", every.to_string().trim_start_matches("1 ")));
            parts.push({
                let verb = if is_one(&attest.by) { "confirms" } else { "confirm" };
                format!("{} {verb} it{often}", self.audience(&attest.by))
            });
        }
        parts.extend(self.trial(*from, *observe));
        parts.join("; ")
    }

    fn trial(&self, from: Option<Date>, observe: bool) -> Option<String> {
        let begun = match (from, self.today) {
            (Some(from), Some(today)) => from <= today,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let day = from.map(date_in_words);
        match (day, observe) {
            (None, false) => None,
            (None, true) => Some("on trial, not yet enforced".to_owned()),
            (Some(day), true) if begun => Some(format!("tried since {day}, not yet enforced")),
            (Some(day), true) => Some(format!("tried from {day}, not enforced")),
            (Some(day), false) if begun => Some(format!("since {day}")),
            (Some(day), false) => Some(format!("from {day}")),
        }
    }

    fn times(&self, when: &Condition<When>) -> String {
        when.in_words(&|when| match when {
            When::Named(name) => match name.as_str() {
                "lunch" | "break" | "night" | "lunchtime" | "breaktime" => format!("at {}", spaced(name)),
                "lesson" | "lessons" => "in lessons".to_owned(),
                "weekend" | "weekends" => "at weekends".to_owned(),
                name if ["after-", "before-", "out-of-", "outside-"].iter().any(|word| name.starts_with(word)) => {
                    spaced(name)
                }
                name if self.terms.contains(name) && !name.contains("term") => format!("in the {} term", spaced(name)),
                name => format!("during {}", spaced(name)),
            },
            When::Hours(hours) => format!("on {hours}"),
        })
    }

    fn except(&self, except: &Except) -> String {
        let Except { who, sites, places } = except;
        let who = who.iter().map(|who| self.audience(who));
        let sites = sites.0.iter().map(site);
        join(who.chain(sites).chain(places.iter().map(|place| self.place(place))), "and")
    }

    fn exception(&self, exception: &Exception) -> String {
        match exception {
            Exception::Word(word) => spaced(word),
            Exception::Control(id) => format!("allowed under {}", spaced(id.rsplit('.').next().unwrap_or(id))),
        }
    }
}

fn is_one(audience: &Audience) -> bool {
    matches!(audience.atoms(), [AudienceAtom::Role(_) | AudienceAtom::Everyone])
}

fn site(item: &SiteItem) -> String {
    match item {
        SiteItem::All => "all sites".to_owned(),
        SiteItem::Category(name) => spaced(name),
        SiteItem::Domain(domain) => domain.clone(),
        SiteItem::Address { domain, path } => format!("{domain}{path}"),
        SiteItem::Pattern(pattern) => format!("addresses like {pattern}"),
        SiteItem::List(name) => format!("the list {}", spaced(name)),
        SiteItem::Register(name) => format!("the register of {}", spaced(name.rsplit('.').next().unwrap_or(name))),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// "online-safety" as "online safety".
pub(crate) fn spaced(word: &str) -> String {
    word.replace(['-', '_'], " ")
}
