//! Deletes entries that have been kept long enough, and brings up to date what was computed of the others.

use std::{collections::BTreeMap, sync::Arc};

use declare::{Declaration, Keep};
use jiff::{Timestamp, civil::Date};
use kernel::SchoolTime;
use serde_json::json;
use store::{
    Act, Actor, School,
    entity::{register_entry, register_file, register_key},
    query::{ColumnTrait, IntoActiveModel},
    time::{day, timestamp},
};
use uuid::Uuid;

use super::{access::Access, book::Book, error::RegisterError, memory, put, stored::Kept, words::Names};
use crate::{Engines, InForce, roll::Roll};

/// How many entries are taken at once.
const AT_ONCE: u64 = 500;

impl Engines {
    /// Deletes the entries of a school that have been kept long enough, with their keys and files, as one act that
    /// counts them by register. Says how many they were.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn retain(&self, school: &School, now: Timestamp) -> Result<usize, RegisterError> {
        let today = SchoolTime::new(now).date();
        let old = self.old(school, today).await?;
        if old.is_empty() {
            return Ok(0);
        }
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &old {
            *counts.entry(row.register.as_str()).or_default() += 1;
        }
        let act = Act::new("register.retain", Actor::Gatehouse)
            .about(school.id().0)
            .with(json!({ "entries": old.len(), "registers": counts }));
        let ids: Vec<Uuid> = old.iter().map(|row| row.id).collect();
        school
            .act(act, now, async |tx| {
                for some in ids.chunks(500) {
                    let entries = || some.iter().copied();
                    tx.delete::<register_file::Entity>()
                        .filter(register_file::Column::EntryId.is_in(entries()))
                        .run()
                        .await?;
                    tx.delete::<register_key::Entity>()
                        .filter(register_key::Column::EntryId.is_in(entries()))
                        .run()
                        .await?;
                    tx.delete::<register_entry::Entity>()
                        .filter(register_entry::Column::Id.is_in(entries()))
                        .run()
                        .await?;
                }
                memory::changed(&tx, school, counts.keys().copied(), now).await?;
                Ok::<_, RegisterError>(())
            })
            .await?;
        for register in counts.keys() {
            self.cache().forget(school.id(), register).await;
        }
        Ok(ids.len())
    }

    async fn old(&self, school: &School, today: Date) -> Result<Vec<register_entry::Model>, RegisterError> {
        Ok(school
            .read()
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::KeepUntilOn.lt(day(today)))
            .limit(10_000)
            .all()
            .await?)
    }

    /// Computes anew what was computed of each entry: a declaration, a name, or what a clause says may have changed
    /// since. Records nothing, for nobody decides it. Says how many differed.
    ///
    /// # Errors
    /// Where the store refuses, or the policy in force cannot be read.
    pub async fn refresh(&self, school: &School, now: Timestamp) -> Result<usize, RegisterError> {
        let Some(in_force) = self.ports().in_force(school, now).await? else { return Ok(0) };
        let roll = Arc::new(Roll::with(&school.read(), self.ports().people(school, now).await?).await?);
        let declared: Vec<Arc<Declaration>> = in_force.declarations().into_iter().cloned().collect();
        let mut changed = without_register(school, &declared, now).await?;
        for declaration in declared {
            let access = Access::gatehouse(school.id());
            let book = Book::with(self, school.clone(), Arc::clone(&in_force), declaration, access, now);
            if let Some(book) = book {
                changed += book.refresh(&in_force, &roll).await?;
            }
        }
        Ok(changed)
    }
}

/// Entries of registers that are no longer declared cannot be ended any more: those that would wait for that are kept as
/// long as entries are kept where nothing is said, from their last change. Says how many had no such day.
async fn without_register(
    school: &School,
    declared: &[Arc<Declaration>],
    now: Timestamp,
) -> Result<usize, RegisterError> {
    let known: Vec<String> = declared.iter().filter(|one| one.register.is_some()).map(|one| one.control()).collect();
    let rows = school.read();
    let endless = rows
        .find::<register_entry::Entity>()
        .filter(register_entry::Column::KeepUntilOn.is_null())
        .filter(register_entry::Column::Register.is_not_in(known))
        .limit(10_000)
        .all()
        .await?;
    if endless.is_empty() {
        return Ok(0);
    }
    let done = endless.len();
    school
        .bookkeep(now, async move |tx| {
            for row in endless {
                let changed = timestamp(row.changed_at);
                let until = Keep::usual().lasts.after(SchoolTime::new(changed).date());
                tx.change::<register_entry::Entity>()
                    .set(register_entry::Column::KeepUntilOn, day(until))
                    .filter(register_entry::Column::Id.eq(row.id))
                    .run()
                    .await?;
            }
            Ok::<_, RegisterError>(())
        })
        .await?;
    Ok(done)
}

impl Book {
    async fn refresh(&self, in_force: &Arc<dyn InForce>, roll: &Arc<Roll>) -> Result<usize, RegisterError> {
        let control = self.control();
        let mut changed = 0;
        let mut after = Uuid::nil();
        loop {
            let rows = self
                .rows()
                .find::<register_entry::Entity>()
                .filter(register_entry::Column::Register.eq(control.as_str()))
                .filter(register_entry::Column::Id.gt(after))
                .ascending(register_entry::Column::Id)
                .limit(AT_ONCE)
                .all()
                .await?;
            let Some(last) = rows.last() else { return Ok(changed) };
            after = last.id;
            changed += self.refresh_some(rows, in_force, roll).await?;
        }
    }

    async fn refresh_some(
        &self,
        rows: Vec<register_entry::Model>,
        in_force: &Arc<dyn InForce>,
        roll: &Arc<Roll>,
    ) -> Result<usize, RegisterError> {
        let control = self.control();
        let school = &self.school;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut keys: BTreeMap<Uuid, Vec<(String, i64, String)>> = BTreeMap::new();
        let stored = self.rows();
        let stored = stored.find::<register_key::Entity>().filter(register_key::Column::EntryId.is_in(ids));
        for key in stored.all().await? {
            keys.entry(key.entry_id).or_default().push((key.field, key.nth, key.sort_key));
        }
        let kept: Vec<Kept> = rows.iter().cloned().map(Kept::of).collect::<Result<_, _>>()?;
        let values = kept.iter().map(|one| &one.entry.values);
        let names = Names::with_roll(&self.rows(), Arc::clone(roll), Some(Arc::clone(in_force)), values).await?;
        let mut differing = Vec::new();
        for (row, one) in rows.into_iter().zip(kept) {
            let made = self.make(one.entry, one.struck, &names);
            let fresh = made.row(school.id().0, &control, one.changed_by)?;
            let mut own: Vec<_> =
                made.keys.iter().map(|key| (key.field.clone(), key.nth, key.sort_key.clone())).collect();
            own.sort();
            let mut had = keys.remove(&row.id).unwrap_or_default();
            had.sort();
            // How the fields are written down is not compared: only what was computed of them.
            let same = register_entry::Model { values_json: row.values_json.clone(), ..fresh.clone() } == row;
            if !same || own != had {
                differing.push((row.version, fresh, made));
            }
        }
        if differing.is_empty() {
            return Ok(0);
        }
        let done = school
            .bookkeep(self.now, async |tx| {
                let mut done = 0;
                for (version, fresh, made) in &differing {
                    // Somebody may have changed it since it was read: then it is up to date.
                    let current = tx.get::<register_entry::Entity>(made.entry.id).await?;
                    if current.is_some_and(|row| row.version == *version) {
                        use sea_orm::ActiveModelTrait as _;
                        let row = fresh.clone().into_active_model().reset_all();
                        tx.update::<register_entry::Entity, _>(row).await?;
                        put::rekey(&tx, school, &control, made).await?;
                        done += 1;
                    }
                }
                memory::changed(&tx, school, [control.as_str()], self.now).await?;
                Ok::<_, RegisterError>(done)
            })
            .await?;
        Ok(done)
    }
}
