//! The store on both databases.

mod acts;
mod killed;
mod ledger;
mod mutations;
mod schema;
