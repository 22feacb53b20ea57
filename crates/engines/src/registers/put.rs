//! Writes entries with their keys and files inside an act.

use std::collections::BTreeMap;

use declare::{Field, Register, Value, Values};
use kernel::PersonId;
use sea_orm::ActiveModelTrait;
use store::{
    School, StoreError, Tx,
    entity::{register_entry, register_file, register_key},
    query::{ColumnTrait, ExprTrait, IntoActiveModel},
};
use uuid::Uuid;

use super::{
    error::{Refusal, RegisterError},
    keys::{self, PARTS},
    made::Made,
    stored::Kept,
};

/// Refuses an entry that has what only one may have.
pub(crate) async fn unique(
    tx: &Tx,
    control: &str,
    register: &Register,
    values: &Values,
    own: Option<Uuid>,
) -> Result<(), RegisterError> {
    let mut refusals = Vec::new();
    for field in register.fields.iter().filter(|field| field.unique) {
        let Some(value) = values.get(field.name.as_str()) else { continue };
        if taken(tx, control, field, value, own).await? {
            refusals.push(Refusal::of(&field.name, already(register)));
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(RegisterError::Refused(refusals)) }
}

pub(crate) fn already(register: &Register) -> String {
    format!("There is already {} with this: correct it, or change the other", super::words::article(&register.item))
}

async fn taken(tx: &Tx, control: &str, field: &Field, value: &Value, own: Option<Uuid>) -> Result<bool, StoreError> {
    let found_by = keys::found_by(value);
    let texts = found_by.iter().flat_map(|text| PARTS.iter().map(move |part| format!("{part}{text}")));
    let mut found = tx
        .find::<register_key::Entity>()
        .filter(register_key::Column::Register.eq(control))
        .filter(register_key::Column::Field.eq(keys::lookup(field.name.as_str())))
        .filter(register_key::Column::SortKey.is_in(texts));
    if let Some(own) = own {
        found = found.filter(register_key::Column::EntryId.ne(own));
    }
    found.any().await
}

/// Adds an entry.
pub(crate) async fn insert(
    tx: &Tx,
    school: &School,
    control: &str,
    made: &Made,
    by: Option<PersonId>,
) -> Result<(), StoreError> {
    tx.insert(made.row(school.id().0, control, by)?).await?;
    tx.insert_many(made.key_rows(school.id().0, control)).await
}

/// Changes an entry, if it still has the version that it was read with.
pub(crate) async fn replace(
    tx: &Tx,
    school: &School,
    control: &str,
    made: &Made,
    version: i64,
    by: Option<PersonId>,
) -> Result<(), RegisterError> {
    let row = tx.get::<register_entry::Entity>(made.entry.id).await?.ok_or(RegisterError::NotFound)?;
    if row.version != version {
        return Err(RegisterError::Changed(Box::new(Kept::of(row)?)));
    }
    let row = made.row(school.id().0, control, by)?;
    tx.update::<register_entry::Entity, _>(row.into_active_model().reset_all()).await?;
    rekey(tx, school, control, made).await?;
    Ok(())
}

/// Writes the keys of an entry anew.
pub(crate) async fn rekey(tx: &Tx, school: &School, control: &str, made: &Made) -> Result<(), StoreError> {
    tx.delete::<register_key::Entity>().filter(register_key::Column::EntryId.eq(made.entry.id)).run().await?;
    tx.insert_many(made.key_rows(school.id().0, control)).await
}

/// Gives the files that an entry names to it: those that waited while its form was open, sent by the same person.
pub(crate) async fn attach(
    tx: &Tx,
    control: &str,
    entry: Uuid,
    files: &BTreeMap<Uuid, String>,
    by: Option<PersonId>,
) -> Result<(), RegisterError> {
    for (id, field) in files {
        let condition = register_file::Column::Id
            .eq(*id)
            .and(register_file::Column::Register.eq(control))
            .and(register_file::Column::Field.eq(field.as_str()))
            .and(register_file::Column::EntryId.is_null())
            .and(match by {
                Some(by) => register_file::Column::AddedBy.eq(by.0),
                None => register_file::Column::AddedBy.is_null(),
            });
        let done = tx
            .change::<register_file::Entity>()
            .set(register_file::Column::EntryId, entry)
            .filter(condition)
            .run()
            .await?;
        if done == 0 {
            return Err(RegisterError::Refused(vec![Refusal::whole("Choose the file once more")]));
        }
    }
    Ok(())
}
