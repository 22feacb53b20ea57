//! Files of entries: those that wait while a form is open, and downloads.

use declare::{FieldName, Value};
use jiff::{SignedDuration, Timestamp};
use store::{
    School, StoreError,
    entity::register_file,
    query::{ColumnTrait, ExprTrait},
    time::millis,
};
use uuid::Uuid;

use super::{
    book::{Book, Writer},
    error::RegisterError,
};
use crate::files::Taken;

/// How long a file waits for the form that it came with.
const WAITS: SignedDuration = SignedDuration::from_hours(24);

impl Book {
    /// A file of an entry, for a download.
    ///
    /// # Errors
    /// [`RegisterError::NotFound`] where the entry has no such file or the reader may not see its field; or where the
    /// store refuses.
    pub async fn file(&self, entry: Uuid, file: Uuid) -> Result<register_file::Model, RegisterError> {
        let kept = self.whole(entry).await?;
        let row = self
            .rows()
            .find::<register_file::Entity>()
            .key(file)
            .filter(register_file::Column::Register.eq(self.control()))
            .filter(register_file::Column::EntryId.eq(entry))
            .one()
            .await?
            .ok_or(RegisterError::NotFound)?;
        let seen = self.access.fields_in(&self.register, &kept.entry).any(|field| field.name.as_str() == row.field);
        if seen { Ok(row) } else { Err(RegisterError::NotFound) }
    }

    /// The name of a file that waits for its form, if it was sent by whoever asks.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn waiting_file(&self, field: &FieldName, file: Uuid) -> Result<Option<Value>, RegisterError> {
        let Some(by) = self.access.by() else { return Ok(None) };
        let row = self
            .rows()
            .find::<register_file::Entity>()
            .key(file)
            .filter(register_file::Column::Register.eq(self.control()))
            .filter(register_file::Column::Field.eq(field.as_str()))
            .filter(register_file::Column::EntryId.is_null())
            .filter(register_file::Column::AddedBy.eq(by.0))
            .one()
            .await?;
        Ok(row.map(|row| Value::File { id: row.id, name: row.name }))
    }
}

impl Writer<'_> {
    /// Keeps a file whose form was refused, so that it need not be chosen again.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn hold(&self, field: &FieldName, taken: &Taken) -> Result<Value, RegisterError> {
        self.book.hold(field, taken).await
    }
}

impl Book {
    /// As [`Writer::hold`], for steps too.
    pub(crate) async fn hold(&self, field: &FieldName, taken: &Taken) -> Result<Value, RegisterError> {
        let book = self;
        let row = taken.row(&book.school, &book.control(), None, field.as_str(), book.access.by(), book.now)?;
        let value = Value::File { id: row.id, name: row.name.clone() };
        book.school.bookkeep(book.now, async |tx| tx.insert(row).await).await?;
        Ok(value)
    }
}

/// Removes files whose form never came back. Says how many.
///
/// # Errors
/// Where the store refuses.
pub async fn remove_waiting(school: &School, now: Timestamp) -> Result<u64, StoreError> {
    let since = now.checked_sub(WAITS).map_or(0, millis);
    school
        .bookkeep(now, async |tx| {
            let old = register_file::Column::EntryId.is_null().and(register_file::Column::AddedAt.lt(since));
            tx.delete::<register_file::Entity>().filter(old).run().await
        })
        .await
}
