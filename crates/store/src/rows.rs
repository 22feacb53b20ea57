//! Queries that see one school only: reading by [`Rows`], and the queries that both readers and writers make.

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{IntoCondition, IntoValueTuple},
};
use uuid::Uuid;

use crate::{StoreError, entity::OfSchool};

/// Reads the rows of one school. Made by [`crate::School::read`].
pub struct Rows {
    pub(crate) connection: DatabaseConnection,
    pub(crate) school: Uuid,
}

impl Rows {
    /// The rows of a table that belong to the school.
    pub fn find<E: OfSchool>(&self) -> Find<'_, E> {
        Find::new(Link::Pool(&self.connection), self.school)
    }

    /// The row with this key, if the school has it.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn get<E: OfSchool>(
        &self,
        key: impl Into<<E::PrimaryKey as sea_orm::PrimaryKeyTrait>::ValueType>,
    ) -> Result<Option<E::Model>, StoreError> {
        self.find::<E>().key(key).one().await
    }
}

/// What a query runs on.
#[derive(Clone, Copy)]
pub(crate) enum Link<'a> {
    Pool(&'a DatabaseConnection),
    Transaction(&'a DatabaseTransaction),
}

macro_rules! on {
    ($link:expr, $connection:ident => $do:expr) => {
        match $link {
            Link::Pool($connection) => $do,
            Link::Transaction($connection) => $do,
        }
    };
}

/// A query over the rows of one school. Narrow it, then ask for `all`, `one` or `count`.
#[must_use = "a query does nothing until it is asked"]
pub struct Find<'a, E: EntityTrait> {
    link: Link<'a>,
    school: Uuid,
    select: Select<E>,
}

impl<'a, E: OfSchool> Find<'a, E> {
    pub(crate) fn new(link: Link<'a>, school: Uuid) -> Self {
        Self { link, school, select: E::find() }
    }

    /// The query, kept to the school: last of all, so that nothing before can take it away.
    fn scoped(self) -> (Link<'a>, Select<E>) {
        use sea_orm::ColumnTrait;
        (self.link, self.select.filter(E::SCHOOL.eq(self.school)))
    }

    /// Keeps the rows that meet a condition: `Column::Year.eq("year-3")`.
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.select = self.select.filter(condition);
        self
    }

    /// Keeps the row with this primary key.
    pub fn key(mut self, key: impl Into<<E::PrimaryKey as sea_orm::PrimaryKeyTrait>::ValueType>) -> Self {
        use sea_orm::{ColumnTrait, Iterable, PrimaryKeyToColumn};
        let values = key.into().into_value_tuple();
        for (column, value) in E::PrimaryKey::iter().zip(values) {
            self.select = self.select.filter(column.into_column().eq(value));
        }
        self
    }

    /// Sorts by a column, smallest first.
    pub fn ascending(mut self, column: impl sea_orm::IntoSimpleExpr) -> Self {
        self.select = self.select.order_by(column, Order::Asc);
        self
    }

    /// Sorts by a column, largest first.
    pub fn descending(mut self, column: impl sea_orm::IntoSimpleExpr) -> Self {
        self.select = self.select.order_by(column, Order::Desc);
        self
    }

    /// Keeps at most `rows` rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select = self.select.limit(rows);
        self
    }

    /// Leaves the first `rows` rows out.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select = self.select.offset(rows);
        self
    }

    /// Anything else that a query can say: joins, groups, chosen columns. It is kept to the school
    /// whatever is said here, and references between rows never leave a school.
    pub fn with(mut self, change: impl FnOnce(Select<E>) -> Select<E>) -> Self {
        self.select = change(self.select);
        self
    }

    /// Every row.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn all(self) -> Result<Vec<E::Model>, StoreError> {
        let (link, select) = self.scoped();
        Ok(on!(link, connection => select.all(connection).await)?)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn one(self) -> Result<Option<E::Model>, StoreError> {
        let (link, select) = self.scoped();
        Ok(on!(link, connection => select.one(connection).await)?)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn count(self) -> Result<u64, StoreError>
    where
        E::Model: Sync,
    {
        let (link, select) = self.scoped();
        Ok(on!(link, connection => select.count(connection).await)?)
    }

    /// Whether there is any row.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn any(self) -> Result<bool, StoreError> {
        Ok(self.limit(1).one().await?.is_some())
    }

    /// The answer as another type, for chosen columns and groups.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn all_as<M: FromQueryResult + Send>(self) -> Result<Vec<M>, StoreError> {
        let (link, select) = self.scoped();
        Ok(on!(link, connection => select.into_model::<M>().all(connection).await)?)
    }

    /// Every row with the row that it refers to.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn all_with<R: OfSchool>(self) -> Result<Vec<(E::Model, Option<R::Model>)>, StoreError>
    where
        E: sea_orm::Related<R>,
    {
        let (link, select) = self.scoped();
        Ok(on!(link, connection => select.find_also_related(R::default()).all(connection).await)?)
    }
}
