//! The store on both databases.

mod acts;
mod ledger;
mod mutations;
