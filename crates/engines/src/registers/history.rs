//! What was done with an entry, by whom and when, as the ledger tells it.

use std::collections::BTreeSet;

use declare::{FieldName, Value};
use jiff::Timestamp;
use kernel::PersonId;
use store::{
    ledger::{Details, Entry as Act, Which},
    time::{millis, timestamp},
};
use uuid::Uuid;

use super::{
    book::Book,
    error::RegisterError,
    stored::Kept,
    words::{Names, state_label},
};

/// Something that was done with an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// Who did it; none for Gatehouse itself.
    pub by: Option<PersonId>,
    /// What, as a sentence without its subject: "entered it", "took the step “Mark as returned”".
    pub what: String,
    /// What changed, as the reader may see it.
    pub changes: Vec<Change>,
}

/// What stood in a field, and what stands there now.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The field.
    pub field: FieldName,
    /// What stood there.
    pub old: Option<Value>,
    /// What stands there now.
    pub new: Option<Value>,
}

/// How many acts about one subject are looked through.
const MOST: u64 = 300;

impl Book {
    /// What was done with an entry, newest first, without the fields that the reader may not see.
    ///
    /// # Errors
    /// Where the store refuses, or an entry of the ledger is damaged.
    pub async fn history(&self, kept: &Kept) -> Result<Vec<Done>, RegisterError> {
        let whole = self.whole(kept.entry.id).await?;
        let mut subjects: Vec<Uuid> = vec![kept.entry.id];
        subjects.extend(super::made::subject(&self.register, &whole.entry).map(|person| person.0));
        let mut seen = BTreeSet::new();
        let mut found: Vec<(i64, Done)> = Vec::new();
        // Who an entry is about can change: the acts then lie with each of them in turn.
        while let Some(subject) = subjects.pop() {
            if !seen.insert(subject) {
                continue;
            }
            let which = Which {
                subject: Some(subject),
                act: Some("register.".to_owned()),
                limit: Some(MOST),
                ..Which::default()
            };
            let ledger = self.school.ledger();
            for act in ledger.entries(&which).await? {
                if act.at < millis(kept.entry.entered_at) {
                    continue;
                }
                match ledger.details(&act).await? {
                    Details::Known(details) if of(&details, kept.entry.id) => {
                        subjects.extend(self.earlier(&details));
                        found.push((act.seq, self.done(&act, &details, &whole.entry)));
                    }
                    Details::Erased { .. } if subject == kept.entry.id => found.push((act.seq, erased(&act))),
                    Details::Known(_) | Details::Erased { .. } | Details::None => {}
                }
            }
        }
        found.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        let mut all: Vec<Done> = found.into_iter().map(|(_, done)| done).collect();
        if self.access.is_narrow() {
            self.keep_to_own(&mut all);
        }
        if all.last().is_none_or(|first| first.at > kept.entry.entered_at) {
            // An import is one act about many entries.
            let what = "brought it in from a file".to_owned();
            all.push(Done { at: kept.entry.entered_at, by: kept.entry.entered_by, what, changes: Vec::new() });
        }
        Ok(all)
    }

    /// Takes away what was done while the entry was about somebody else.
    fn keep_to_own(&self, all: &mut Vec<Done>) {
        let Some(field) = &self.register.subject else { return };
        let of_others = |change: &Change| {
            let Some(old) = change.old.as_ref().filter(|_| change.field == *field) else { return false };
            let about = if let Value::Person(person) = old { Some(*person) } else { None };
            !self.access.sight().holds(about)
        };
        if let Some(at) = all.iter().position(|done| done.changes.iter().any(of_others)) {
            all.truncate(at);
        }
    }

    /// The person whom the entry was about before.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only a person is somebody whom an entry is about")]
    fn earlier(&self, details: &serde_json::Value) -> Option<Uuid> {
        let field = self.register.subject.as_ref()?;
        let old = details.get("changes")?.get(field.as_str())?.get(0)?;
        match serde_json::from_value(old.clone()).ok()? {
            Value::Person(person) => Some(person.0),
            Value::People(people) => people.first().map(|person| person.0),
            _ => None,
        }
    }

    fn done(&self, act: &Act, details: &serde_json::Value, entry: &declare::Entry) -> Done {
        let text = |name: &str| details.get(name).and_then(serde_json::Value::as_str);
        let what = match act.act.as_str() {
            "register.enter" => "entered it".to_owned(),
            "register.move" => {
                let to = details.get("state").and_then(|pair| pair.get(1)).and_then(serde_json::Value::as_str);
                let step = self.register.moves.iter().find(|step| Some(step.name.as_str()) == text("move"));
                match step {
                    Some(step) => format!(
                        "took the step “{}”: {}",
                        step.label,
                        state_label(&self.register, &step.to).to_lowercase()
                    ),
                    // A step that followed from an entry of another register.
                    None => to.map_or_else(
                        || "took a step".to_owned(),
                        |to| {
                            format!(
                                "entered something elsewhere that made it: {}",
                                state_label(&self.register, to).to_lowercase()
                            )
                        },
                    ),
                }
            }
            "register.end" => match text("why") {
                Some(why) => format!("struck it out: {why}"),
                None => "struck it out".to_owned(),
            },
            "register.import" => "changed it from a file".to_owned(),
            _ => "changed it".to_owned(),
        };
        let changes = details.get("changes").and_then(serde_json::Value::as_object);
        let seen = self.access.fields_in(&self.register, entry).filter_map(|field| {
            let pair = changes?.get(field.name.as_str())?;
            let read = |nth: usize| pair.get(nth).and_then(|value| serde_json::from_value(value.clone()).ok());
            Some(Change { field: field.name.clone(), old: read(0), new: read(1) })
        });
        Done { at: timestamp(act.at), by: act.actor, what, changes: seen.collect() }
    }

    /// What a history mentions, by name.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn names_of_history(&self, history: &[Done]) -> Result<Names, RegisterError> {
        let values: Vec<declare::Values> = history
            .iter()
            .flat_map(|done| &done.changes)
            .flat_map(|change| [&change.old, &change.new])
            .flatten()
            .map(|value| declare::Values::from([(String::new(), value.clone())]))
            .collect();
        let in_force = Some(std::sync::Arc::clone(&self.in_force));
        let people = history.iter().filter_map(|done| done.by);
        Ok(Names::of(&self.rows(), in_force, values.iter(), people).await?)
    }
}

fn of(details: &serde_json::Value, entry: Uuid) -> bool {
    let named = details.get("entry").and_then(serde_json::Value::as_str);
    named.and_then(|text| Uuid::parse_str(text).ok()) == Some(entry)
}

fn erased(act: &Act) -> Done {
    let what = "did something whose details have been erased".to_owned();
    Done { at: timestamp(act.at), by: act.actor, what, changes: Vec::new() }
}
