//! Appends acts to the chain, inside the transaction that does them.

use std::collections::HashMap;

use jiff::Timestamp;
use kernel::{Digest, PersonId};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    Act, School, StoreError,
    entity::{ledger_detail, ledger_entry, ledger_head, ledger_key},
    ids,
    ledger::{
        ERASE,
        chain::{Entry, sha256},
    },
    seal,
    time::millis,
};

/// What an event says of an entry.
pub(crate) struct Recorded {
    pub(crate) seq: i64,
    pub(crate) act: String,
    pub(crate) actor: Option<PersonId>,
    pub(crate) subject: Option<Uuid>,
}

/// The newest entry, locked until the transaction ends, so that acts of a school follow each other.
pub(crate) async fn lock_head(
    transaction: &DatabaseTransaction,
    school: Uuid,
) -> Result<ledger_head::Model, StoreError> {
    ledger_head::Entity::find_by_id(school)
        .lock_exclusive()
        .one(transaction)
        .await?
        .ok_or(StoreError::Damaged { what: "the head of a ledger" })
}

/// Appends `acts` after `head`.
pub(crate) async fn append(
    transaction: &DatabaseTransaction,
    school: &School,
    mut head: ledger_head::Model,
    acts: &[Act],
    now: Timestamp,
) -> Result<Vec<Recorded>, StoreError> {
    let mut keys = SubjectKeys { transaction, school, now, open: HashMap::new() };
    let mut recorded = Vec::with_capacity(acts.len());
    let mut entries = Vec::with_capacity(acts.len());
    let mut details = Vec::new();
    let mut previous = Digest::parse(&head.hash).map_err(|_| StoreError::Damaged { what: "the head of a ledger" })?;
    for act in acts {
        act.check()?;
        head.seq += 1;
        let mut digest = None;
        let mut keyed = act.subject.unwrap_or(school.id().0);
        if act.name == ERASE {
            if keyed == school.id().0 {
                return Err(StoreError::BadWord { what: "an erasure about the school", word: ERASE.to_owned() });
            }
            let erased = keys.destroy(keyed, head.seq).await?;
            details.retain(|row: &ledger_detail::Model| !erased.contains(&row.key_id));
            // What is to be known about the erasure itself must outlast it.
            keyed = school.id().0;
        }
        if !act.details.is_null() {
            let (key_id, key) = keys.of(keyed).await?;
            let (sealed, salted) = seal_details(&key, school, head.seq, &act.details)?;
            details.push(ledger_detail::Model { school_id: school.id().0, seq: head.seq, key_id, sealed });
            digest = Some(salted);
        }
        let mut entry = Entry {
            seq: head.seq,
            id: ids::new_id(now)?,
            at: millis(now),
            actor: act.actor.person(),
            act: act.name.clone().into_owned(),
            subject: act.subject,
            clause: act.clause.clone(),
            details: digest,
            previous,
            hash: previous,
        };
        entry.hash = entry.computed_hash(school.id());
        previous = entry.hash;
        recorded.push(Recorded { seq: entry.seq, act: entry.act.clone(), actor: entry.actor, subject: entry.subject });
        entries.push(entry.into_row(school.id()));
    }
    if entries.is_empty() {
        return Ok(recorded);
    }
    for chunk in entries.chunks(500) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        ledger_entry::Entity::insert_many::<ledger_entry::ActiveModel, _>(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    for chunk in details.chunks(500) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        ledger_detail::Entity::insert_many::<ledger_detail::ActiveModel, _>(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    ledger_head::Entity::update_many()
        .col_expr(ledger_head::Column::Seq, Expr::value(head.seq))
        .col_expr(ledger_head::Column::Hash, Expr::value(previous.to_string()))
        .filter(ledger_head::Column::SchoolId.eq(school.id().0))
        .exec(transaction)
        .await?;
    Ok(recorded)
}

/// Salt and details, sealed; and the digest of both.
fn seal_details(
    key: &[u8; 32],
    school: &School,
    seq: i64,
    details: &serde_json::Value,
) -> Result<(Vec<u8>, Digest), StoreError> {
    let salt: [u8; 32] = ids::random()?;
    let mut plain = Zeroizing::new(salt.to_vec());
    plain.extend_from_slice(details.to_string().as_bytes());
    let digest = sha256(&[plain.as_slice()]);
    Ok((seal::seal(key, &context(school, seq), &plain)?, digest))
}

/// What binds sealed details to their entry.
pub(super) fn context(school: &School, seq: i64) -> Vec<u8> {
    format!("ledger detail {} {seq}", school.id()).into_bytes()
}

/// The key under which the key of a subject lies in the table.
pub(super) fn wrapping_key(school: &School) -> Zeroizing<[u8; 32]> {
    school.store().inner.keys.derive("ledger", school.id().0, "wrap")
}

/// The keys of subjects that one transaction needs, made where there are none.
struct SubjectKeys<'a> {
    transaction: &'a DatabaseTransaction,
    school: &'a School,
    now: Timestamp,
    open: HashMap<Uuid, (Uuid, Zeroizing<[u8; 32]>)>,
}

impl SubjectKeys<'_> {
    async fn of(&mut self, subject: Uuid) -> Result<(Uuid, Zeroizing<[u8; 32]>), StoreError> {
        if let Some(found) = self.open.get(&subject) {
            return Ok(found.clone());
        }
        let stored = ledger_key::Entity::find()
            .filter(ledger_key::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_key::Column::SubjectId.eq(subject))
            .filter(ledger_key::Column::ErasedAt.is_null())
            .one(self.transaction)
            .await?;
        let found = match stored {
            Some(row) => (row.id, unwrap_key(self.school, &row)?),
            None => self.make(subject).await?,
        };
        self.open.insert(subject, found.clone());
        Ok(found)
    }

    /// Destroys the keys of a subject and what is encrypted under them; gives their identifiers.
    async fn destroy(&mut self, subject: Uuid, by: i64) -> Result<Vec<Uuid>, StoreError> {
        self.open.remove(&subject);
        let rows = ledger_key::Entity::find()
            .filter(ledger_key::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_key::Column::SubjectId.eq(subject))
            .filter(ledger_key::Column::ErasedAt.is_null())
            .all(self.transaction)
            .await?;
        let ids: Vec<Uuid> = rows.into_iter().map(|row| row.id).collect();
        ledger_detail::Entity::delete_many()
            .filter(ledger_detail::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_detail::Column::KeyId.is_in(ids.iter().copied()))
            .exec(self.transaction)
            .await?;
        ledger_key::Entity::update_many()
            .col_expr(ledger_key::Column::Wrapped, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(ledger_key::Column::ErasedAt, Expr::value(millis(self.now)))
            .col_expr(ledger_key::Column::ErasedBySeq, Expr::value(by))
            .filter(ledger_key::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_key::Column::Id.is_in(ids.iter().copied()))
            .exec(self.transaction)
            .await?;
        Ok(ids)
    }

    async fn make(&self, subject: Uuid) -> Result<(Uuid, Zeroizing<[u8; 32]>), StoreError> {
        let key = Zeroizing::new(ids::random::<32>()?);
        let id = ids::new_id(self.now)?;
        let row = ledger_key::Model {
            id,
            school_id: self.school.id().0,
            subject_id: subject,
            wrapped: Some(seal::seal(&wrapping_key(self.school), id.as_bytes(), key.as_slice())?),
            created_at: millis(self.now),
            erased_at: None,
            erased_by_seq: None,
        };
        ledger_key::Entity::insert(row.into_active_model()).exec_without_returning(self.transaction).await?;
        Ok((id, key))
    }
}

/// The key that a row of the table wraps.
pub(super) fn unwrap_key(school: &School, row: &ledger_key::Model) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    const WHAT: &str = "the key of a subject";
    let wrapped = row.wrapped.as_deref().ok_or(StoreError::Sealed(WHAT))?;
    let plain = Zeroizing::new(seal::open(&wrapping_key(school), row.id.as_bytes(), wrapped, WHAT)?);
    let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| StoreError::Sealed(WHAT))?;
    Ok(Zeroizing::new(key))
}
