//! Why an act of this area is not done.

use store::StoreError;
use webkit::PageError;

/// Why an act is not done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// No clause of the policy in force lets anybody do it.
    #[error("the policy in force does not provide for it")]
    NotProvided,
    /// There is nothing with this id.
    #[error("there is nothing with this id")]
    NotFound,
    /// Somebody tried to agree to what they asked for themselves.
    #[error("whoever asked for a change cannot also agree to it")]
    SamePerson,
    /// It is over, or was never waiting.
    #[error("it has been dealt with already")]
    Over,
    /// The policy names a status that the person does not hold.
    #[error("the policy asks for a status that this person does not hold")]
    NoStatus,
    /// The policy does not let a teacher open this.
    #[error("the policy does not let a teacher open this")]
    NotOpened,
    /// An end that is not after the beginning.
    #[error("the end is not after the beginning")]
    NoTime,
    /// A change closes the site for the same people, so that opening it would open nothing.
    #[error("a change that holds closes the site for the same people")]
    Closed,
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ActError> for PageError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NotProvided => Self::Conflict("The policy in force does not provide for this".to_owned()),
            ActError::NotFound => Self::NotFound,
            ActError::SamePerson => Self::Forbidden("agree to a change that you asked for yourself".to_owned()),
            ActError::Over => Self::Conflict("Somebody has dealt with it already".to_owned()),
            ActError::NoStatus => {
                Self::Forbidden("change filtering: the policy asks for a status, and you do not hold it".to_owned())
            }
            ActError::NotOpened => Self::Forbidden("open this: the policy does not open it to teachers".to_owned()),
            ActError::Closed => Self::Conflict(
                "A change closes this site for them, and would go on to. Undo that change first".to_owned(),
            ),
            ActError::NoTime => Self::bad("The end comes before the beginning"),
            ActError::Store(StoreError::NotFound(_)) => Self::NotFound,
            ActError::Store(error) => Self::internal(error),
        }
    }
}
