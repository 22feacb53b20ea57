//! The roll: everybody whom the policy binds, brought in from the system that keeps the pupil data, and
//! who answers for what.
//!
//! What a file would change is decided in `rules::people::roster`; here it is read, shown, and written in
//! one transaction with its entries in the ledger.

pub mod archive;
pub mod import;
pub mod pages;
pub mod read;
pub mod roles;
pub mod sql;
pub mod standing;

mod leave;
mod write;

#[cfg(test)]
mod tests;

pub use archive::{ArchiveError, from_folder, from_zip};
pub use import::{Applied, Asked, Importer, Preview, apply, preview};
pub use pages::routes;
pub use roles::{
    Assigned, RoleError, RoleHolder, assign_role, assign_role_at_first_start, end_role, import_roles, named,
    responsibilities,
};
