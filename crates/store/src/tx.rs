//! Changes to the rows of one school, inside one transaction.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DeleteMany, EntityTrait, ExprTrait, IdenStatic,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, QueryFilter, UpdateMany, Value,
    sea_query::{Expr, IntoCondition, OnConflict, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    Act, StoreError,
    entity::OfSchool,
    rows::{Find, Link},
};

/// One transaction of one school. It ends with the closure that it was given to: committed where the
/// closure returns `Ok`, undone where it returns `Err`.
#[derive(Clone)]
pub struct Tx {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) transaction: DatabaseTransaction,
    pub(crate) school: Uuid,
    pub(crate) acts: Mutex<Vec<Act>>,
    pub(crate) events: Mutex<Vec<(String, serde_json::Value)>>,
    /// Whether acts may be recorded: not in bookkeeping.
    pub(crate) records: bool,
}

impl Tx {
    pub(crate) fn link(&self) -> Link<'_> {
        Link::Transaction(&self.inner.transaction)
    }

    /// The rows of a table that belong to the school, as this transaction sees them.
    pub fn find<E: OfSchool>(&self) -> Find<'_, E> {
        Find::new(self.link(), self.inner.school)
    }

    /// The row with this key, if the school has it.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn get<E: OfSchool>(
        &self,
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Result<Option<E::Model>, StoreError> {
        self.find::<E>().key(key).one().await
    }

    /// Adds a row: a whole `Model`, or an `ActiveModel`, whose school may be left out.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`], [`StoreError::Reference`], or where the database refuses.
    pub async fn insert<E, A>(&self, row: impl IntoActiveModel<A>) -> Result<(), StoreError>
    where
        E: OfSchool,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let row = self.own::<E, A>(row.into_active_model())?;
        E::insert(row).exec_without_returning(&self.inner.transaction).await?;
        Ok(())
    }

    /// Adds many rows, a few hundred at a time.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`], [`StoreError::Reference`], or where the database refuses.
    pub async fn insert_many<E, A, R>(&self, rows: impl IntoIterator<Item = R>) -> Result<(), StoreError>
    where
        E: OfSchool,
        R: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let rows: Vec<A> =
            rows.into_iter().map(|row| self.own::<E, A>(row.into_active_model())).collect::<Result<_, _>>()?;
        let at_once = (16_000 / E::Column::iter().count().max(1)).min(500);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let some: Vec<A> = rows.by_ref().take(at_once).collect();
            E::insert_many(some).exec_without_returning(&self.inner.transaction).await?;
        }
        Ok(())
    }

    /// Adds a row, or, where one with the same values of `unique` is there, gives it all other values of
    /// this one. The columns of `unique` must be those of a unique index.
    ///
    /// # Errors
    /// [`StoreError::Reference`], or where the database refuses.
    pub async fn upsert<E, A>(&self, row: impl IntoActiveModel<A>, unique: &[E::Column]) -> Result<(), StoreError>
    where
        E: OfSchool,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let row = self.own::<E, A>(row.into_active_model())?;
        let keys: Vec<&str> = E::PrimaryKey::iter().map(|key| key.into_column().as_str()).collect();
        let kept = |column: &E::Column| {
            keys.contains(&column.as_str())
                || column.as_str() == E::SCHOOL.as_str()
                || unique.iter().any(|it| it.as_str() == column.as_str())
        };
        let others: Vec<E::Column> = E::Column::iter().filter(|column| !kept(column)).collect();
        let mut conflict = OnConflict::columns(unique.iter().copied());
        if others.is_empty() {
            conflict.do_nothing();
        } else {
            let ours = ExprTrait::eq(Expr::col((E::default(), E::SCHOOL)), self.inner.school);
            conflict.update_columns(others.iter().copied()).action_and_where(ours);
        }
        let written = E::insert(row).on_conflict(conflict).exec_without_returning(&self.inner.transaction).await?;
        if written == 0 && !others.is_empty() { Err(StoreError::OtherSchool(name::<E>())) } else { Ok(()) }
    }

    /// Changes the row that has the primary key of `row` to the values that are set in it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the school has no such row; [`StoreError::Duplicate`],
    /// [`StoreError::Reference`], or where the database refuses.
    pub async fn update<E, A>(&self, row: A) -> Result<(), StoreError>
    where
        E: OfSchool,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let mut row = self.own::<E, A>(row)?;
        let key = row.get_primary_key_value().ok_or(StoreError::NotFound(name::<E>()))?;
        let mut update = E::update_many().filter(E::SCHOOL.eq(self.inner.school));
        for (column, value) in E::PrimaryKey::iter().zip(key) {
            update = update.filter(column.into_column().eq(value));
            row.not_set(column.into_column());
        }
        row.not_set(E::SCHOOL);
        if E::Column::iter().all(|column| !matches!(row.get(column), sea_orm::ActiveValue::Set(_))) {
            return Ok(());
        }
        let done = update.set(row).exec(&self.inner.transaction).await?;
        if done.rows_affected == 0 { Err(StoreError::NotFound(name::<E>())) } else { Ok(()) }
    }

    /// Changes every row of the school that meets the filters.
    pub fn change<E: OfSchool>(&self) -> Change<'_, E> {
        Change {
            transaction: &self.inner.transaction,
            update: E::update_many().filter(E::SCHOOL.eq(self.inner.school)),
        }
    }

    /// Deletes the rows of the school that meet the filters.
    pub fn delete<E: OfSchool>(&self) -> Delete<'_, E> {
        Delete {
            transaction: &self.inner.transaction,
            delete: E::delete_many().filter(E::SCHOOL.eq(self.inner.school)),
        }
    }

    /// Records one more act in the ledger, after those that the transaction was begun with.
    ///
    /// # Errors
    /// Where a word of the act cannot stand in the ledger, or in bookkeeping, which records nothing.
    pub fn record(&self, act: Act) -> Result<(), StoreError> {
        act.check()?;
        if !self.inner.records {
            return Err(StoreError::BadWord { what: "an act of bookkeeping", word: act.name.into_owned() });
        }
        self.inner.acts.lock().unwrap_or_else(PoisonError::into_inner).push(act);
        Ok(())
    }

    /// Adds to the details of the first act: what is only known once the rows are.
    pub fn detail(&self, name: &str, value: impl Into<serde_json::Value>) {
        let mut acts = self.inner.acts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(act) = acts.first_mut() {
            act.add_detail(name, value.into());
        }
    }

    /// Puts an event in the outbox, besides the one that each act puts there. Identifiers only.
    pub fn emit(&self, kind: &str, payload: serde_json::Value) {
        self.inner.events.lock().unwrap_or_else(PoisonError::into_inner).push((kind.to_owned(), payload));
    }

    /// Makes sure that a row is this school's.
    fn own<E, A>(&self, mut row: A) -> Result<A, StoreError>
    where
        E: OfSchool,
        A: ActiveModelTrait<Entity = E>,
    {
        let school = Value::from(self.inner.school);
        match row.get(E::SCHOOL) {
            sea_orm::ActiveValue::NotSet => row.try_set(E::SCHOOL, school)?,
            sea_orm::ActiveValue::Set(value) | sea_orm::ActiveValue::Unchanged(value) => {
                if value != school {
                    return Err(StoreError::OtherSchool(name::<E>()));
                }
            }
        }
        Ok(row)
    }
}

fn name<E: EntityTrait>() -> &'static str {
    E::default().as_str()
}

/// A change of several rows of one school.
#[must_use = "nothing is changed until `run`"]
pub struct Change<'a, E: EntityTrait> {
    transaction: &'a DatabaseTransaction,
    update: UpdateMany<E>,
}

impl<E: OfSchool> Change<'_, E> {
    /// Sets a column.
    pub fn set(mut self, column: E::Column, value: impl Into<Value>) -> Self {
        self.update = self.update.col_expr(column, Expr::value(value.into()));
        self
    }

    /// Sets a column to what an expression gives.
    pub fn set_expr(mut self, column: E::Column, value: SimpleExpr) -> Self {
        self.update = self.update.col_expr(column, value);
        self
    }

    /// Keeps to the rows that meet a condition.
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.update = self.update.filter(condition);
        self
    }

    /// Changes the rows, and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`], [`StoreError::Reference`], or where the database refuses.
    pub async fn run(self) -> Result<u64, StoreError> {
        Ok(self.update.exec(self.transaction).await?.rows_affected)
    }
}

/// A deletion of rows of one school.
#[must_use = "nothing is deleted until `run`"]
pub struct Delete<'a, E: EntityTrait> {
    transaction: &'a DatabaseTransaction,
    delete: DeleteMany<E>,
}

impl<E: OfSchool> Delete<'_, E> {
    /// Keeps to the rows that meet a condition.
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.delete = self.delete.filter(condition);
        self
    }

    /// Deletes the rows, and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Reference`], or where the database refuses.
    pub async fn run(self) -> Result<u64, StoreError> {
        Ok(self.delete.exec(self.transaction).await?.rows_affected)
    }
}
