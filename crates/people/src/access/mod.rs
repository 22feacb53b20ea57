//! Access: accounts, sign-in, sessions, device tokens, invitations, and the home of each role.
//!
//! [`Access`] is the service: it loads, decides and saves. [`routes`] are its pages. It finds the sessions
//! of the desk (`webkit::Sessions`), and [`roster`] builds from its rows what the gateway asks.

pub mod accounts;
pub mod attempts;
pub mod concerns;
pub mod devices;
pub mod lent;
pub mod pages;
pub mod password;
pub mod ports;
mod reach;
mod retention;
pub mod roster;
pub mod sessions;
pub mod subjects;
pub mod welcome;
mod words;

use std::sync::Arc;

use kernel::SchoolId;
use store::{School, Store, StoreError};
use webkit::{PageError, PortError, token::NoRandomness};

pub use lent::{LentDevice, Owners, Tagged};
pub use pages::routes;
pub use password::{PasswordRule, WeakPassword};
pub use ports::{Banner, DueItem, Nothing, Ports};
pub use roster::{Network, RosterSnapshot};

/// What can go wrong with accounts and sessions.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The store refused.
    #[error("cannot read or change accounts")]
    Store(#[from] StoreError),
    /// A stored hash, or the hashing itself, is broken.
    #[error("cannot hash or check a password")]
    Hash(#[from] password::HashError),
    /// The machine gives no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// What another area answers for failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The person has no account.
    #[error("person {0} has no account")]
    NoAccount(kernel::PersonId),
    /// The account of the person is closed.
    #[error("the account of person {0} is closed")]
    Closed(kernel::PersonId),
    /// The person is not there, or has left.
    #[error("person {0} is not at the school")]
    NotHere(kernel::PersonId),
    /// Somebody else has the username.
    #[error("the username is taken")]
    UsernameTaken,
    /// The username cannot be one.
    #[error(transparent)]
    Username(#[from] accounts::BadUsername),
    /// The password is too weak.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
}

impl From<AccessError> for PageError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NoAccount(_) | AccessError::NotHere(_) | AccessError::Closed(_) => Self::NotFound,
            AccessError::UsernameTaken => Self::Conflict("Somebody else has this username now".to_owned()),
            AccessError::Username(why) => Self::bad(why.to_string()),
            AccessError::Weak(why) => Self::bad(why.advice()),
            AccessError::Store(_) | AccessError::Hash(_) | AccessError::Random(_) | AccessError::Port(_) => {
                Self::internal(error)
            }
        }
    }
}

/// Accounts, sign-in and sessions of all schools of the installation. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    store: Store,
    ports: Arc<dyn Ports>,
    hasher: password::Hasher,
    guesses: attempts::Guesses,
    heard: roster::Heard,
}

impl Access {
    /// A service over `store` that learns the rest through `ports`.
    pub fn new(store: Store, ports: Arc<dyn Ports>) -> Result<Self, AccessError> {
        Ok(Self(Arc::new(Inner {
            store,
            ports,
            hasher: password::Hasher::new()?,
            guesses: attempts::Guesses::default(),
            heard: roster::Heard::default(),
        })))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn ports(&self) -> &dyn Ports {
        self.0.ports.as_ref()
    }

    pub(crate) fn hasher(&self) -> &password::Hasher {
        &self.0.hasher
    }

    /// The school, by its identifier.
    pub async fn school(&self, id: SchoolId) -> Result<School, StoreError> {
        self.0.store.school_by_id(id).await
    }
}

#[cfg(test)]
mod tests;
