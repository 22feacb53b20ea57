//! What can go wrong with a register.

use declare::FieldName;
use store::StoreError;
use webkit::{PageError, PortError};

use super::stored::Kept;

/// Something in what was entered that has to be put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The field, or none where it is about the whole.
    pub field: Option<FieldName>,
    /// What to enter, without full stop.
    pub says: String,
}

impl Refusal {
    /// A refusal of what stands in a field.
    pub fn of(field: &FieldName, says: impl Into<String>) -> Self {
        Self { field: Some(field.clone()), says: says.into() }
    }

    /// A refusal of the whole.
    pub fn whole(says: impl Into<String>) -> Self {
        Self { field: None, says: says.into() }
    }
}

/// Why something was not done with a register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The register has no such entry, or file.
    #[error("no such entry")]
    NotFound,
    /// What was entered has to be put right first.
    #[error("{} things have to be put right", .0.len())]
    Refused(Vec<Refusal>),
    /// Somebody else changed the entry meanwhile: as it is now.
    #[error("somebody else changed the entry meanwhile")]
    Changed(Box<Kept>),
    /// The entry is done with, or in a state from which the step does not lead.
    #[error("the entry is in another state")]
    NotNow,
    /// The store refused.
    #[error("the register cannot be read or written")]
    Store(#[from] StoreError),
    /// The policy in force or the roll cannot be read.
    #[error("the register cannot be opened")]
    Port(#[from] PortError),
}

impl From<RegisterError> for PageError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::NotFound => Self::NotFound,
            RegisterError::NotNow => {
                Self::Conflict("This entry is in another state by now. Load its page again".to_owned())
            }
            RegisterError::Changed(_) => Self::Conflict("Somebody else has just changed this entry".to_owned()),
            RegisterError::Refused(all) => {
                let says: Vec<String> = all.into_iter().map(|refusal| refusal.says).collect();
                Self::Bad(says.join(". "))
            }
            RegisterError::Store(_) | RegisterError::Port(_) => Self::internal(error),
        }
    }
}
