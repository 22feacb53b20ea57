//! Does what was shown: every new and changed entry in one transaction, under the one act `register.import`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use declare::Entry;
use sea_orm::{FromQueryResult, QuerySelect};
use serde_json::json;
use store::{
    Act, StoreError, Tx,
    entity::{register_entry, register_key, register_word},
    ids as identifiers,
    query::{ColumnTrait, IntoActiveModel},
    time::millis,
};
use uuid::Uuid;

use super::{plan::Plan, words::Said};
use crate::registers::{
    beyond::{Written, marked, touched},
    book::Writer,
    error::{Refusal, RegisterError},
    keys::{self, PARTS},
    made::Made,
    memory, put, writing,
};

/// How many values a question has.
const AT_ONCE: usize = 400;

/// For how many milliseconds a word is remembered that nobody uses: two years.
const REMEMBERED: i64 = 2 * 366 * 24 * 60 * 60 * 1000;

#[derive(FromQueryResult)]
struct Held {
    entry_id: Uuid,
    sort_key: String,
}

#[derive(FromQueryResult)]
struct Version {
    id: Uuid,
    version: i64,
}

impl Writer<'_> {
    /// Adds and changes the entries of an import. Each change is an act of its own besides, so that the history of its
    /// entry tells what stood there before.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] or [`RegisterError::NotNow`] where something was entered or changed meanwhile; or
    /// where the store refuses.
    pub(crate) async fn import(&self, plan: Plan) -> Result<(usize, usize), RegisterError> {
        let book = self.book;
        let control = book.control();
        let by = book.access.by();
        let (same, refused) = (plan.same, plan.refused());
        let say = plan.say;
        let values = plan.add.iter().map(|one| &one.entry.values).chain(plan.change.iter().map(|one| &one.values));
        let names = book.names_of(values).await?;
        let mut clauses: BTreeMap<Option<String>, usize> = BTreeMap::new();
        let mut added: Vec<Made> = Vec::with_capacity(plan.add.len());
        for one in plan.add {
            *clauses.entry(one.entry.clause.clone()).or_default() += 1;
            let id = identifiers::new_id(book.now)?;
            added.push(book.make(Entry { id, ..one.entry }, None, &names));
        }
        let mut acts = Vec::new();
        let mut changed: Vec<(Made, i64)> = Vec::with_capacity(plan.change.len());
        let before: Vec<Arc<Entry>> = plan.change.iter().map(|one| Arc::clone(&one.before)).collect();
        for one in plan.change {
            let version = one.before.version;
            let entry =
                Entry { values: one.values, version: version + 1, changed_at: book.now, ..Entry::clone(&one.before) };
            let made = book.make(entry, None, &names);
            acts.push(writing::act(book, "register.change", &made, &one.before.values, json!({ "import": true })));
            changed.push((made, version));
        }
        let written: Vec<Written<'_>> = added
            .iter()
            .map(|made| Written { before: None, after: &made.entry, struck: false })
            .chain(before.iter().zip(&changed).map(|(before, (made, _))| Written {
                before: Some(&**before),
                after: &made.entry,
                struck: false,
            }))
            .collect();
        let (followed, following) = book.followed(&written).await?;
        let also = touched(&followed);
        acts.extend(following);
        let counts = (added.len(), changed.len());
        let details = json!({
            "register": control, "added": counts.0, "changed": counts.1, "there-already": same, "refused": refused,
        });
        let act = Act::new("register.import", book.access.actor()).with(details);
        let act = match clauses.iter().next() {
            Some((Some(clause), _)) if clauses.len() == 1 => act.under(clause.clone()),
            Some(_) | None => act,
        };
        acts.insert(0, act);
        let ids: Vec<Uuid> = added.iter().chain(changed.iter().map(|(made, _)| made)).map(|it| it.entry.id).collect();
        let (school, name) = (&book.school, control.as_str());
        school
            .act_many(acts, book.now, async move |tx| {
                unchanged(&tx, &changed).await?;
                let all = added.iter().chain(changed.iter().map(|(made, _)| made));
                alone(&tx, self, name, all).await?;
                for (made, _) in &changed {
                    update(&tx, self, name, made).await?;
                }
                let rows: Vec<register_entry::Model> =
                    added.iter().map(|made| made.row(school.id().0, name, by)).collect::<Result<_, _>>()?;
                tx.insert_many(rows).await?;
                let all = added.iter().chain(changed.iter().map(|(made, _)| made));
                let mut keys: Vec<register_key::Model> =
                    all.flat_map(|made| made.key_rows(school.id().0, name)).collect();
                // In the order of their index: many pages of it are written once instead of many times.
                keys.sort_unstable_by(|one, two| (&one.field, &one.sort_key).cmp(&(&two.field, &two.sort_key)));
                tx.insert_many(keys).await?;
                for one in &followed {
                    one.put(&tx, school, by).await?;
                }
                remember(&tx, self, name, say).await?;
                memory::changed(&tx, school, marked(name, &followed), book.now).await?;
                Ok::<_, RegisterError>(())
            })
            .await?;
        book.engines.cache().touch(school.id(), &control, &ids);
        book.touch(&also);
        Ok(counts)
    }
}

/// Refuses where an entry was changed since it was read. They are asked for by their identifiers alone: with the register
/// beside these, a database may read all of it.
async fn unchanged(tx: &Tx, changed: &[(Made, i64)]) -> Result<(), RegisterError> {
    let known: HashMap<Uuid, i64> = changed.iter().map(|(made, version)| (made.entry.id, *version)).collect();
    let all: Vec<Uuid> = known.keys().copied().collect();
    let mut found = 0;
    for some in all.chunks(AT_ONCE) {
        let versions: Vec<Version> = tx
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::Id.is_in(some.iter().copied()))
            .with(|select| {
                select.select_only().column(register_entry::Column::Id).column(register_entry::Column::Version)
            })
            .all_as()
            .await?;
        found += versions.iter().filter(|one| known.get(&one.id) == Some(&one.version)).count();
    }
    if found == known.len() { Ok(()) } else { Err(RegisterError::NotNow) }
}

/// Refuses where an entry has what only one may have.
async fn alone(
    tx: &Tx,
    writer: &Writer<'_>,
    control: &str,
    all: impl Iterator<Item = &Made> + Clone,
) -> Result<(), RegisterError> {
    let register = &*writer.book.register;
    for field in register.fields.iter().filter(|field| field.unique) {
        let mut own: HashMap<String, Uuid> = HashMap::new();
        for made in all.clone() {
            for text in made.entry.value(&field.name).map(keys::found_by).unwrap_or_default() {
                if own.insert(text, made.entry.id).is_some() {
                    return Err(RegisterError::Refused(vec![Refusal::of(&field.name, put::already(register))]));
                }
            }
        }
        let keys: Vec<String> =
            own.keys().flat_map(|text| PARTS.iter().map(move |part| format!("{part}{text}"))).collect();
        for some in keys.chunks(AT_ONCE) {
            let held: Vec<Held> = tx
                .find::<register_key::Entity>()
                .filter(register_key::Column::Register.eq(control))
                .filter(register_key::Column::Field.eq(keys::lookup(field.name.as_str())))
                .filter(register_key::Column::SortKey.is_in(some.iter().map(String::as_str)))
                .with(|select| {
                    select.select_only().column(register_key::Column::EntryId).column(register_key::Column::SortKey)
                })
                .all_as()
                .await?;
            let other = |one: &Held| one.sort_key.get(2..).and_then(|text| own.get(text)) != Some(&one.entry_id);
            if held.iter().any(other) {
                return Err(RegisterError::Refused(vec![Refusal::of(&field.name, put::already(register))]));
            }
        }
    }
    Ok(())
}

/// Remembers what was said about words, and forgets what nobody has used for long.
async fn remember(tx: &Tx, writer: &Writer<'_>, control: &str, say: Vec<Said>) -> Result<(), StoreError> {
    use register_word::Column;
    let book = writer.book;
    for (field, word, means) in say {
        match means {
            Some(means) => {
                let (school_id, register) = (book.school.id().0, control.to_owned());
                let said_at = millis(book.now);
                let row = register_word::Model { school_id, register, field, word, means, said_at };
                tx.upsert(row, &[Column::SchoolId, Column::Register, Column::Field, Column::Word]).await?;
            }
            None => {
                let gone = tx.delete::<register_word::Entity>().filter(Column::Register.eq(control));
                gone.filter(Column::Field.eq(field)).filter(Column::Word.eq(word)).run().await?;
            }
        }
    }
    let old = tx.delete::<register_word::Entity>().filter(Column::Register.eq(control));
    old.filter(Column::SaidAt.lt(millis(book.now) - REMEMBERED)).run().await?;
    Ok(())
}

async fn update(tx: &Tx, writer: &Writer<'_>, control: &str, made: &Made) -> Result<(), StoreError> {
    use sea_orm::ActiveModelTrait as _;
    let book = writer.book;
    let row = made.row(book.school.id().0, control, book.access.by())?;
    tx.update::<register_entry::Entity, _>(row.into_active_model().reset_all()).await?;
    tx.delete::<register_key::Entity>().filter(register_key::Column::EntryId.eq(made.entry.id)).run().await?;
    Ok(())
}
