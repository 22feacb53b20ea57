//! What is computed of an entry at each write: its title, its keys, when it is due, how long it is kept.

use declare::{Entry, FieldKind, Register, Value, typed::fold};
use jiff::civil::Date;
use kernel::{Every, PersonId, SchoolTime};
use store::{
    StoreError,
    entity::{register_entry, register_key},
    time::{day, millis},
};
use uuid::Uuid;

use super::{
    book::Book,
    judge::Judge,
    keys::{self, Key},
    stored::{Stored, Struck},
    words::{Names, state_label},
};

/// An entry with all that is computed of it.
pub(crate) struct Made {
    pub(crate) entry: Entry,
    pub(crate) struck: Option<Struck>,
    pub(crate) title: String,
    pub(crate) search: String,
    pub(crate) ended: bool,
    pub(crate) subject: Option<PersonId>,
    pub(crate) due_on: Option<Date>,
    pub(crate) keep_until: Option<Date>,
    pub(crate) keys: Vec<Key>,
}

impl Book {
    /// Computes what follows from an entry.
    pub(crate) fn make(&self, entry: Entry, struck: Option<Struck>, names: &Names) -> Made {
        let register = &*self.register;
        let judge = Judge::new(self, &entry);
        let done = struck.is_some() || register.is_ended(entry.state.as_deref());
        let due_on = if done { None } else { register.due_on(&judge.context()) };
        let keep_until = keep_until(register, &entry, done, struck.is_some(), &judge);
        let title = fill(register, register.entry_title.as_str(), &entry, names);
        let keys = keys::of(register, &entry, done, struck.is_some(), due_on, names);
        Made {
            search: search(register, &title, &entry, names),
            subject: subject(register, &entry),
            title,
            ended: done,
            due_on,
            keep_until,
            keys,
            struck,
            entry,
        }
    }

    /// How often something is expected of an entry: as its clause says, else as the register does.
    pub(crate) fn every(&self, clause: Option<&str>) -> Option<Every> {
        let (module, name) = (&self.declaration.module, &self.declaration.name);
        self.in_force
            .policy()
            .bindings(module, name)
            .filter(|(found, _)| clause.is_none_or(|label| found.key() == label))
            .find_map(|(_, binding)| binding.common.every)
            .or(self.register.standing.every)
    }
}

impl Made {
    /// The row of the entry.
    pub(crate) fn row(
        &self,
        school: Uuid,
        control: &str,
        changed_by: Option<PersonId>,
    ) -> Result<register_entry::Model, StoreError> {
        let stored =
            Stored { values: self.entry.values.clone(), also: self.entry.also.clone(), struck: self.struck.clone() };
        Ok(register_entry::Model {
            id: self.entry.id,
            school_id: school,
            register: control.to_owned(),
            clause: self.entry.clause.clone(),
            state: self.entry.state.clone(),
            ended: self.ended,
            title: self.title.clone(),
            search: self.search.clone(),
            values_json: stored.text()?,
            subject_id: self.subject.map(|person| person.0),
            due_on: self.due_on.map(day),
            keep_until_on: self.keep_until.map(day),
            version: self.entry.version,
            entered_at: millis(self.entry.entered_at),
            entered_by: self.entry.entered_by.map(|person| person.0),
            changed_at: millis(self.entry.changed_at),
            changed_by: changed_by.map(|person| person.0),
        })
    }

    /// The rows of its keys.
    pub(crate) fn key_rows<'a>(
        &'a self,
        school: Uuid,
        control: &'a str,
    ) -> impl Iterator<Item = register_key::Model> + 'a {
        self.keys.iter().map(move |key| register_key::Model {
            entry_id: self.entry.id,
            school_id: school,
            register: control.to_owned(),
            field: key.field.clone(),
            nth: key.nth,
            sort_key: key.sort_key.clone(),
        })
    }
}

/// The person whom an entry is about.
pub(crate) fn subject(register: &Register, entry: &Entry) -> Option<PersonId> {
    match entry.value(register.subject.as_ref()?)? {
        Value::Person(person) => Some(*person),
        Value::People(people) => people.first().copied(),
        Value::Text(_)
        | Value::Number(_)
        | Value::Money(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Choice(_)
        | Value::Choices(_)
        | Value::YesNo(_)
        | Value::Role(_)
        | Value::Class(_)
        | Value::Classes(_)
        | Value::Year(_)
        | Value::Years(_)
        | Value::Entry(_)
        | Value::Entries(_)
        | Value::File { .. }
        | Value::Signature { .. } => None,
    }
}

/// The last day on which an entry is kept; none while the day to count from is not known. Where the register names no
/// such day, it is that of the last change; but what is still open in a register that knows an end is kept, however old.
fn keep_until(register: &Register, entry: &Entry, ended: bool, struck: bool, judge: &Judge<'_>) -> Option<Date> {
    let changed = SchoolTime::new(entry.changed_at).date();
    let knows_an_end = register.states.iter().any(|state| state.ended);
    let from = match &register.keep.after {
        _ if struck => changed,
        Some(after) => judge.day(after)?,
        None if ended || !knows_an_end => changed,
        None => return None,
    };
    Some(register.keep.lasts.after(from))
}

/// What can be searched: the title, and every field that all readers see.
fn search(register: &Register, title: &str, entry: &Entry, names: &Names) -> String {
    let mut text = title.to_owned();
    for field in register.fields.iter().filter(|field| field.private.is_none()) {
        if matches!(field.kind, FieldKind::YesNo) {
            continue;
        }
        if let Some(value) = entry.value(&field.name) {
            text.push(' ');
            text.push_str(&names.say(field, value));
        }
    }
    fold(&text)
}

/// A sentence with the values of an entry in its places. A field that only some see is left out of it.
pub(crate) fn fill(register: &Register, sentence: &str, entry: &Entry, names: &Names) -> String {
    fill_with(register, sentence, entry, names, true)
}

/// The same without anybody's name: for lists of what is due, which stand where others may look.
pub(crate) fn fill_nameless(register: &Register, sentence: &str, entry: &Entry, names: &Names) -> String {
    fill_with(register, sentence, entry, names, false)
}

fn fill_with(register: &Register, sentence: &str, entry: &Entry, names: &Names, people: bool) -> String {
    let mut text = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        rest = after;
        if name == "state" {
            text.push_str(
                &entry.state.as_deref().map(|state| state_label(register, state)).unwrap_or_default().to_lowercase(),
            );
            continue;
        }
        let field = register.fields.iter().find(|field| field.name.as_str() == name && field.private.is_none());
        if !people && field.is_some_and(|field| matches!(field.kind, FieldKind::Person { .. } | FieldKind::Signature)) {
            text.push_str("somebody");
            continue;
        }
        match field.and_then(|field| Some(names.say(field, entry.value(&field.name)?))) {
            Some(words) => text.push_str(&words),
            None => text.push('…'),
        }
    }
    text.push_str(rest);
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", one_line.get(..end).unwrap_or_default()),
        None => one_line,
    }
}
