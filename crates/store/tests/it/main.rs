//! The store on both databases.

mod acts;
