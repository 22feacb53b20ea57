//! The store on both databases.

mod acts;
mod backup;
mod killed;
mod ledger;
mod mutations;
mod schema;
