//! Adding and changing entries, each one act.

use std::collections::BTreeMap;

use declare::{Entry, FieldName, Required, Rows, Value, Values};
use kernel::PersonId;
use serde_json::json;
use store::{Act, ids};
use uuid::Uuid;

use super::{
    beyond::{Written, marked, touched},
    book::{Book, Writer},
    error::{Refusal, RegisterError},
    judge::Judge,
    made::{Made, subject},
    memory, put,
    stored::{Kept, Struck},
    valid,
    words::Names,
};
use crate::files::Taken;

/// What somebody enters: the fields that they see.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The clause that it is for, where clauses have entries of their own.
    pub clause: Option<String>,
    /// The other clauses that it serves, where clauses have entries of their own; as they are where nothing is said.
    pub also: Option<Vec<String>>,
    /// Its state; the first where nothing is said.
    pub state: Option<String>,
    /// What stands in its fields. A file is either among `files`, or waits since the form was refused.
    pub values: Values,
    /// Files that come with it, each with its field.
    pub files: Vec<(FieldName, Taken)>,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Taken(..)")
    }
}

impl Writer<'_> {
    /// Adds an entry.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] with everything to put right, or where the store refuses.
    pub async fn enter(&self, draft: Draft) -> Result<Uuid, RegisterError> {
        let ids = self.enter_all(vec![draft], None).await?;
        ids.first().copied().ok_or(RegisterError::NotFound)
    }

    /// Says what has to be put right in a new entry, as far as that can be said without saving it.
    ///
    /// # Errors
    /// [`RegisterError::Refused`].
    pub fn look_at(&self, draft: &Draft) -> Result<(), RegisterError> {
        let entry = Entry {
            id: Uuid::nil(),
            clause: draft.clause.clone(),
            also: draft.also.clone().unwrap_or_default(),
            state: draft.state.clone().or_else(|| self.book.register.states.first().map(|state| state.name.clone())),
            values: draft.values.clone(),
            entered_at: self.book.now,
            entered_by: self.book.access.by(),
            changed_at: self.book.now,
            version: 1,
        };
        self.book.check_but(&entry, None, &draft.files)
    }

    /// Adds many entries in one transaction: each as an act of its own, or all as the one act `import`, whose details
    /// say how many they are. None is added where one is refused; the error says why.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] of the first that is refused, or where the store refuses.
    pub async fn enter_all(&self, drafts: Vec<Draft>, import: Option<Act>) -> Result<Vec<Uuid>, RegisterError> {
        let book = self.book;
        let control = book.control();
        let by = book.access.by();
        let names = book.names_of(drafts.iter().map(|draft| &draft.values)).await?;
        let mut all = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let Draft { clause, also, state, mut values, files } = draft;
            let also = book.others(clause.as_deref(), also.unwrap_or_default());
            book.keep_to_seen(&mut values);
            let id = ids::new_id(book.now)?;
            let rows = place(book, &mut values, files, Some(id))?;
            let state = state.or_else(|| book.register.states.first().map(|state| state.name.clone()));
            let entry = Entry {
                id,
                clause,
                also,
                state,
                values,
                entered_at: book.now,
                entered_by: by,
                changed_at: book.now,
                version: 1,
            };
            book.check(&entry, None)?;
            let waiting = waiting(&entry.values, &Values::new(), &rows);
            all.push((book.make(entry, None, &names), rows, waiting));
        }
        let mut acts: Vec<Act> = match import {
            Some(act) => vec![act],
            None => all.iter().map(|(made, ..)| act(book, "register.enter", made, &Values::new(), json!({}))).collect(),
        };
        let written: Vec<Written<'_>> =
            all.iter().map(|(made, ..)| Written { before: None, after: &made.entry, struck: false }).collect();
        let (followed, following) = book.followed(&written).await?;
        let also = touched(&followed);
        acts.extend(following);
        let ids: Vec<Uuid> = all.iter().map(|(made, ..)| made.entry.id).collect();
        let school = &book.school;
        let (register, name) = (&book.register, control.as_str());
        school
            .act_many(acts, book.now, async move |tx| {
                for (made, rows, waiting) in all {
                    put::unique(&tx, name, register, &made.entry.values, None).await?;
                    put::insert(&tx, school, name, &made, by).await?;
                    tx.insert_many(rows).await?;
                    put::attach(&tx, name, made.entry.id, &waiting, by).await?;
                }
                for one in &followed {
                    one.put(&tx, school, by).await?;
                }
                memory::changed(&tx, school, marked(name, &followed), book.now).await?;
                Ok::<_, RegisterError>(())
            })
            .await?;
        book.engines.cache().touch(school.id(), &control, &ids);
        book.touch(&also);
        Ok(ids)
    }

    /// Changes the fields of an entry that was read in `version`. Fields that the writer does not see stay as they are.
    /// Where nothing differs, nothing is done.
    ///
    /// # Errors
    /// [`RegisterError::Changed`] with the entry as it is now, where somebody was quicker; [`RegisterError::Refused`];
    /// or where the store refuses.
    pub async fn change(&self, id: Uuid, version: i64, draft: Draft) -> Result<Kept, RegisterError> {
        let book = self.book;
        let kept = book.whole(id).await?;
        if kept.entry.version != version {
            return Err(book.changed(kept));
        }
        if kept.struck.is_some() {
            return Err(RegisterError::NotNow);
        }
        if !book.access.writes_of(&book.register, &kept.entry) {
            return Err(not_theirs());
        }
        let Draft { clause, also, state: _, mut values, files } = draft;
        book.keep_to_seen(&mut values);
        for field in book.register.fields.iter().filter(|field| !book.access.fills(field)) {
            if let Some(value) = kept.entry.values.get(field.name.as_str()) {
                values.insert(field.name.to_string(), value.clone());
            }
        }
        let mut entry = kept.entry.clone();
        entry.values = values;
        entry.clause = clause.or(entry.clause);
        if let Some(also) = also {
            entry.also = book.others(entry.clause.as_deref(), also);
        }
        if entry == kept.entry && files.is_empty() {
            return book.get(id).await;
        }
        book.check_but(&entry, Some(&kept.entry), &files)?;
        let more =
            if kept.entry.also == entry.also { json!({}) } else { json!({ "also": [kept.entry.also, entry.also] }) };
        book.write("register.change", kept, entry, None, files, more).await
    }

    /// Strikes an entry out: it was wrong to enter it. It stays, with the reason, until it has been kept long enough.
    ///
    /// # Errors
    /// As [`Writer::change`].
    pub async fn strike_out(&self, id: Uuid, version: i64, why: &str) -> Result<Kept, RegisterError> {
        let book = self.book;
        let why = why.trim();
        match why.chars().count() {
            0 => return Err(RegisterError::Refused(vec![Refusal::whole("Write why it is struck out")])),
            1..=500 => {}
            _ => return Err(RegisterError::Refused(vec![Refusal::whole("Write it in 500 letters or fewer")])),
        }
        let kept = book.whole(id).await?;
        if kept.entry.version != version {
            return Err(book.changed(kept));
        }
        if kept.struck.is_some() {
            return Err(RegisterError::NotNow);
        }
        if !book.access.writes_of(&book.register, &kept.entry) {
            return Err(not_theirs());
        }
        let struck = Struck { why: why.to_owned(), by: book.access.by(), at: book.now };
        let entry = kept.entry.clone();
        book.write("register.end", kept, entry, Some(struck), Vec::new(), json!({ "why": why })).await
    }

    /// Gives one field of several entries a value, each as an act of its own and all in one transaction. Says how many
    /// were changed: those that had it already are left alone.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] where one of them may not have it, or where the store refuses.
    pub async fn set_all(
        &self,
        ids: &[Uuid],
        field: &FieldName,
        value: Option<&Value>,
    ) -> Result<usize, RegisterError> {
        let book = self.book;
        let seen = book.access.form(&book.register).any(|known| known.name == *field);
        if !seen {
            return Err(RegisterError::NotFound);
        }
        let mut all = Vec::new();
        for kept in book.wholes(ids).await? {
            if kept.struck.is_some() || kept.entry.value(field) == value {
                continue;
            }
            if !book.access.writes_of(&book.register, &kept.entry) {
                return Err(not_theirs());
            }
            let mut entry = kept.entry.clone();
            match value {
                Some(value) => entry.values.insert(field.to_string(), value.clone()),
                None => entry.values.remove(field.as_str()),
            };
            book.check(&entry, Some(&kept.entry))?;
            all.push((kept, entry));
        }
        book.write_all("register.change", all, &json!({ "together": ids.len() })).await
    }
}

impl Book {
    /// Writes an entry that was there before, with files that came with the form.
    pub(crate) async fn write(
        &self,
        name: &'static str,
        kept: Kept,
        mut entry: Entry,
        struck: Option<Struck>,
        files: Vec<(FieldName, Taken)>,
        more: serde_json::Value,
    ) -> Result<Kept, RegisterError> {
        let rows = place(self, &mut entry.values, files, Some(entry.id))?;
        let version = kept.entry.version;
        entry.version = version + 1;
        entry.changed_at = self.now;
        let names = self.names_of([&entry.values].into_iter()).await?;
        let waiting = waiting(&entry.values, &kept.entry.values, &rows);
        let made = self.make(entry, struck, &names);
        let mut acts = vec![act(self, name, &made, &kept.entry.values, more)];
        let written = [Written { before: Some(&kept.entry), after: &made.entry, struck: made.struck.is_some() }];
        let (followed, following) = self.followed(&written).await?;
        let also = touched(&followed);
        acts.extend(following);
        let control = self.control();
        let (school, register, by) = (&self.school, &self.register, self.access.by());
        let id = made.entry.id;
        let done = school
            .act_many(acts, self.now, async |tx| {
                if made.struck.is_none() {
                    put::unique(&tx, &control, register, &made.entry.values, Some(id)).await?;
                }
                put::replace(&tx, school, &control, &made, version, by).await?;
                tx.insert_many(rows).await?;
                put::attach(&tx, &control, id, &waiting, by).await?;
                for one in &followed {
                    one.put(&tx, school, by).await?;
                }
                memory::changed(&tx, school, marked(&control, &followed), self.now).await?;
                Ok(())
            })
            .await;
        match done {
            Ok(()) => {}
            Err(RegisterError::Changed(now)) => return Err(self.changed(*now)),
            Err(other) => return Err(other),
        }
        self.engines.cache().touch(school.id(), &control, &[id]);
        self.touch(&also);
        self.get(id).await
    }

    /// The clauses among these that are in force and name the control, without the one that the entry is for.
    fn others(&self, clause: Option<&str>, mut also: Vec<String>) -> Vec<String> {
        let known = self.clauses();
        let serves = |label: &str| Some(label) != clause && known.iter().any(|clause| clause.key() == label);
        also.retain(|label| self.register.rows == Rows::Clause && serves(label));
        also.sort();
        also.dedup();
        also
    }

    /// Takes away what the writer may not enter.
    fn keep_to_seen(&self, values: &mut Values) {
        let seen: Vec<&str> = self.access.form(&self.register).map(|field| field.name.as_str()).collect();
        values.retain(|name, _| seen.contains(&name.as_str()));
    }

    /// The names of everything that values mention, and of whoever writes.
    pub(crate) async fn names_of<'a>(&self, values: impl Iterator<Item = &'a Values>) -> Result<Names, RegisterError> {
        let in_force = Some(std::sync::Arc::clone(&self.in_force));
        Ok(Names::of(&self.rows(), in_force, values, self.access.by().into_iter()).await?)
    }

    /// That somebody was quicker, with what the reader may see of it.
    pub(crate) fn changed(&self, mut now: Kept) -> RegisterError {
        self.hide(&mut now);
        RegisterError::Changed(Box::new(now))
    }

    /// Entries with all their fields, in no order.
    pub(crate) async fn wholes(&self, ids: &[Uuid]) -> Result<Vec<Kept>, RegisterError> {
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            all.push(self.whole(*id).await?);
        }
        Ok(all)
    }

    /// Changes several entries in one transaction, each as an act of its own.
    pub(crate) async fn write_all(
        &self,
        name: &'static str,
        all: Vec<(Kept, Entry)>,
        more: &serde_json::Value,
    ) -> Result<usize, RegisterError> {
        if all.is_empty() {
            return Ok(0);
        }
        let names = self.names_of(all.iter().map(|(_, entry)| &entry.values)).await?;
        let control = self.control();
        let written: Vec<Written<'_>> = all
            .iter()
            .map(|(kept, entry)| Written { before: Some(&kept.entry), after: entry, struck: false })
            .collect();
        let (followed, following) = self.followed(&written).await?;
        let also = touched(&followed);
        let mut acts = Vec::new();
        let mut made = Vec::new();
        for (kept, mut entry) in all {
            let version = kept.entry.version;
            entry.version = version + 1;
            entry.changed_at = self.now;
            let one = self.make(entry, None, &names);
            let mut more = more.clone();
            if let (Some(map), true) = (more.as_object_mut(), kept.entry.state != one.entry.state) {
                map.insert("state".to_owned(), json!([kept.entry.state, one.entry.state]));
            }
            acts.push(act(self, name, &one, &kept.entry.values, more));
            made.push((one, version));
        }
        acts.extend(following);
        let ids: Vec<Uuid> = made.iter().map(|(one, _)| one.entry.id).collect();
        let (school, register, by) = (&self.school, &self.register, self.access.by());
        let done = school
            .act_many(acts, self.now, async |tx| {
                for (one, version) in &made {
                    put::unique(&tx, &control, register, &one.entry.values, Some(one.entry.id)).await?;
                    put::replace(&tx, school, &control, one, *version, by).await?;
                }
                for one in &followed {
                    one.put(&tx, school, by).await?;
                }
                memory::changed(&tx, school, marked(&control, &followed), self.now).await?;
                Ok(())
            })
            .await;
        match done {
            Ok(()) => {}
            Err(RegisterError::Changed(now)) => return Err(self.changed(*now)),
            Err(other) => return Err(other),
        }
        self.engines.cache().touch(school.id(), &control, &ids);
        self.touch(&also);
        Ok(made.len())
    }

    /// Everything in an entry that has to be put right. Of an entry that was there before, only what the writer sees.
    pub(crate) fn check(&self, entry: &Entry, before: Option<&Entry>) -> Result<(), RegisterError> {
        self.check_but(entry, before, &[])
    }

    /// The same, while files that came with the form are not in the entry yet.
    fn check_but(
        &self,
        entry: &Entry,
        before: Option<&Entry>,
        files: &[(FieldName, Taken)],
    ) -> Result<(), RegisterError> {
        let mut refusals = Vec::new();
        let judge = Judge::new(self, entry);
        for field in self.access.form(&self.register) {
            match entry.value(&field.name) {
                Some(value) => {
                    // What is kept already stays: a choice that a later declaration no longer has.
                    if before.and_then(|before| before.value(&field.name)) != Some(value) {
                        refusals.extend(valid::refusal(field, value));
                    }
                }
                None if files.iter().any(|(name, _)| *name == field.name) => {}
                None => {
                    let required = match &field.required {
                        Required::No => false,
                        Required::Yes => true,
                        Required::If(condition) => judge.holds(condition),
                    };
                    if required {
                        refusals.push(Refusal::of(&field.name, valid::missing(field)));
                    }
                }
            }
        }
        if let Some(subject) = self.register.subject.as_ref().filter(|_| !self.access.writes_of(&self.register, entry))
        {
            refusals.push(Refusal::of(subject, "Choose somebody for whom you may enter this"));
        }
        if before.is_none() {
            if self.register.rows == Rows::Clause
                && !self.clauses().iter().any(|clause| Some(clause.key()) == entry.clause.as_deref())
            {
                refusals.push(Refusal::whole("Choose the clause that it is for"));
            }
            let known =
                entry.state.as_ref().is_none_or(|state| self.register.states.iter().any(|it| it.name == *state));
            if !known {
                refusals.push(Refusal::whole("Choose the state that it is in"));
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(RegisterError::Refused(refusals)) }
    }
}

/// That others write about this person.
pub(crate) fn not_theirs() -> RegisterError {
    RegisterError::Refused(vec![Refusal::whole("Others write about this person here")])
}

/// Puts files that came with a form into the values, and gives the rows that keep them.
fn place(
    book: &Book,
    values: &mut Values,
    files: Vec<(FieldName, Taken)>,
    entry: Option<Uuid>,
) -> Result<Vec<store::entity::register_file::Model>, RegisterError> {
    let mut rows = Vec::new();
    for (field, taken) in files {
        let row = taken.row(&book.school, &book.control(), entry, field.as_str(), book.access.by(), book.now)?;
        values.insert(field.to_string(), Value::File { id: row.id, name: row.name.clone() });
        rows.push(row);
    }
    Ok(rows)
}

/// The files of an entry that are neither its own already nor sent just now: they wait since its form was refused.
#[expect(clippy::wildcard_enum_match_arm, reason = "only files wait")]
fn waiting(values: &Values, before: &Values, rows: &[store::entity::register_file::Model]) -> BTreeMap<Uuid, String> {
    values
        .iter()
        .filter_map(|(field, value)| match value {
            Value::File { id, .. } if before.get(field) != Some(value) && rows.iter().all(|row| row.id != *id) => {
                Some((*id, field.clone()))
            }
            _ => None,
        })
        .collect()
}

/// The act of writing an entry: about its person, else about itself; its details say what changed.
pub(crate) fn act(book: &Book, name: &'static str, made: &Made, before: &Values, more: serde_json::Value) -> Act {
    let entry = &made.entry;
    let mut changes = serde_json::Map::new();
    for field in &book.register.fields {
        let (old, new) = (before.get(field.name.as_str()), entry.values.get(field.name.as_str()));
        if old != new {
            changes.insert(field.name.to_string(), json!([old, new]));
        }
    }
    let mut details =
        json!({ "register": book.control(), "entry": entry.id, "version": entry.version, "changes": changes });
    if let (Some(details), serde_json::Value::Object(more)) = (details.as_object_mut(), more) {
        details.extend(more);
    }
    let about = subject(&book.register, entry).map_or(entry.id, |PersonId(person)| person);
    let act = Act::new(name, book.access.actor()).about(about).with(details);
    match &entry.clause {
        Some(clause) => act.under(clause.clone()),
        None => act,
    }
}
