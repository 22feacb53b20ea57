//! The database, the ledger, the outbox and the backup.
//!
//! The only way to rows is a [`School`], so that no query sees two schools. A change of what somebody
//! decides is an [`Act`]: its rows, its entry in the ledger and its event are one transaction. The
//! tables are listed in the README beside this crate.

mod act;
pub mod backup;
pub mod entity;
mod error;
mod hex;
pub mod ids;
mod keys;
pub mod ledger;
mod migration;
mod open;
mod outbox;
mod rows;
mod school;
mod seal;
#[doc(hidden)]
pub mod testing;
pub mod time;
mod tx;

pub use act::{Act, Actor};
pub use error::StoreError;
pub use keys::KeyError;
pub use ledger::{Ledger, verify_export};
pub use open::{BeforeMigration, Settings, Store};
pub use outbox::{Event, Outbox};
pub use rows::{Find, Rows};
pub use school::School;
pub use tx::{Change, Delete, Tx};

/// What queries are written with.
pub mod query {
    pub use sea_orm::{
        ActiveValue::{NotSet, Set, Unchanged},
        ColumnTrait, Condition, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter,
        QueryOrder, QuerySelect, RelationTrait,
        sea_query::{Alias, Expr, Func, Query},
    };
}
