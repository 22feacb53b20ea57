//! What is said of a judgement: sentences, figures and links.

use jiff::civil::Date;
use kernel::{Evidence, SchoolTime, Standing, time::date_in_words};

use super::Judge;
use crate::{
    Rows, Sentence,
    sentence::{capital, grouped},
};

pub(super) fn kept(statement: String) -> (Standing, String) {
    (Standing::Kept, statement)
}

pub(super) fn due(by: Date, statement: String, what: String) -> (Standing, String) {
    (Standing::Due { by, what }, statement)
}

pub(super) fn not_kept(why: String, mend: String) -> (Standing, String) {
    (Standing::NotKept { since: None, why: why.clone(), mend }, why)
}

impl Judge<'_, '_> {
    /// What is said where it is kept.
    pub(super) fn kept_words(&self) -> String {
        self.words(&self.register.standing.kept, &grouped(self.found.count))
    }

    /// What is said where it is due.
    pub(super) fn due_words(&self) -> String {
        match &self.register.standing.due {
            Some(sentence) => self.words(sentence, &grouped(self.found.count)),
            None => self.kept_words(),
        }
    }

    /// A sentence about numbers; `count` is the number that it is about.
    pub(super) fn words(&self, sentence: &Sentence, count: &str) -> String {
        let found = self.found;
        let today = self.facts.now.date();
        sentence.count(&self.register.item, &self.register.items, &|name| {
            Some(match name {
                "count" => count.to_owned(),
                "ended" => grouped(found.ended),
                "open" => grouped(found.count - found.ended),
                "latest" => date_in_words(SchoolTime::new(found.latest?).date()),
                "covered" => grouped(found.covered.as_ref()?.covered(today)),
                "of" => grouped(found.covered.as_ref()?.outcome(today, 100).of),
                "sure" => grouped(found.covered.as_ref()?.lasting(today, &|until| today < self.soon(until))),
                "soon" => {
                    let covered = found.covered.as_ref()?;
                    let sure = covered.lasting(today, &|until| today < self.soon(until));
                    grouped(covered.covered(today) - sure)
                }
                name => match name.strip_prefix("latest.") {
                    Some(field) => date_in_words(found.days.iter().find(|(known, _)| *known == field)?.1?),
                    None => self.term(name.strip_prefix("term.")?)?,
                },
            })
        })
    }

    /// What the clause sets a term to, in words.
    fn term(&self, name: &str) -> Option<String> {
        let usual = self.declaration.terms.iter().find(|term| term.name == name).and_then(|term| term.usual.as_ref());
        self.item.terms.get(name).or(usual).map(in_words)
    }

    /// The statement with the figures that it rests on, and where to look.
    pub(super) fn evidence(&self, statement: String) -> Evidence {
        let found = self.found;
        let today = self.facts.now.date();
        let mut evidence = Evidence::new(statement, self.facts.now.timestamp())
            .figure(capital(&self.register.items), grouped(found.count));
        if self.register.states.iter().any(|state| state.ended) {
            evidence = evidence.figure("Open", grouped(found.count - found.ended));
        }
        if self.register.due.is_some() {
            evidence = evidence.figure("Overdue", grouped(found.overdue));
        }
        if let Some(covered) = &found.covered {
            let of = covered.outcome(today, 100).of;
            evidence = evidence.figure("Covered", format!("{} of {}", grouped(covered.covered(today)), grouped(of)));
        }
        let mut href = format!("/registers/{}/{}", self.declaration.module, self.declaration.name);
        let mut new = format!("{href}/new");
        if self.register.rows == Rows::Clause {
            for address in [&mut href, &mut new] {
                address.push_str("?clause=");
                address.push_str(&self.item.clause);
            }
        }
        let (see, enter) = match found.count {
            0 => (self.declaration.title.clone(), format!("Enter the first {}", self.register.item)),
            1 => (format!("See the {}", self.register.item), format!("Enter another {}", self.register.item)),
            many => {
                let see = format!("See the {} {}", grouped(many), self.register.items);
                (see, format!("Enter another {}", self.register.item))
            }
        };
        evidence.link(see, href).link(enter, new)
    }
}

/// The value of a term as a sentence says it.
fn in_words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::String(text) => text.parse::<Date>().map_or_else(|_| text.clone(), date_in_words),
        serde_json::Value::Array(all) => {
            let words: Vec<_> = all.iter().map(in_words).collect();
            match words.as_slice() {
                [] => String::new(),
                [one] => one.clone(),
                [first @ .., last] => format!("{} and {last}", first.join(", ")),
            }
        }
        serde_json::Value::Object(rows) => {
            rows.iter().map(|(key, value)| format!("{key}: {}", in_words(value))).collect::<Vec<_>>().join(", ")
        }
    }
}
