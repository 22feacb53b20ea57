//! What can be wrong with a ledger, as a sentence that names the entry.

/// Something that is wrong with a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The entry's content is not what its hash was made of.
    #[error("entry {entry} was changed: its content does not give its hash")]
    Changed {
        /// Which entry.
        entry: i64,
    },
    /// Entries are not there.
    #[error("{} missing", if from == to { format!("entry {from} is") } else { format!("entries {from} to {to} are") })]
    Missing {
        /// The first one.
        from: i64,
        /// The last one.
        to: i64,
    },
    /// An entry stands after one with a higher number.
    #[error("entry {entry} is out of its place: it stands after entry {after}")]
    Swapped {
        /// Which entry.
        entry: i64,
        /// After which it stands.
        after: i64,
    },
    /// There is a second entry with the number.
    #[error("an entry was added: there is a second one with number {entry}")]
    Added {
        /// The number.
        entry: i64,
    },
    /// An entry names another hash than that of the entry before.
    #[error("entry {entry} does not follow entry {before}: one of them was replaced")]
    NotFollowing {
        /// Which entry.
        entry: i64,
        /// The entry before.
        before: i64,
    },
    /// The chain ends before where a signed checkpoint says it went.
    #[error("the end is missing: the last entry is {last}, and a signed checkpoint says that there were {signed}")]
    Truncated {
        /// The last entry.
        last: i64,
        /// How far the chain went.
        signed: i64,
    },
    /// The signature of a checkpoint is not by the key.
    #[error("the checkpoint at entry {entry} is not signed by the key of this ledger")]
    BadSignature {
        /// At which entry.
        entry: i64,
    },
    /// The entry at a checkpoint has another hash than was signed.
    #[error("entry {entry} is not the one that was signed in a checkpoint: it or one before it was replaced")]
    Replaced {
        /// At which entry.
        entry: i64,
    },
    /// No checkpoint covers the end of the chain.
    #[error("no signed checkpoint covers the end: the last one is at entry {signed}, and there are {last}")]
    Uncovered {
        /// The newest checkpoint; 0 for none.
        signed: i64,
        /// The last entry.
        last: i64,
    },
    /// The head that the database keeps is not the newest entry.
    #[error("the newest entry is {last}, and the database remembers {remembered}")]
    Head {
        /// The newest entry.
        last: i64,
        /// What is remembered.
        remembered: i64,
    },
    /// The details beside an entry are not those that it was made with, or do not open.
    #[error("the details of entry {entry} were changed")]
    DetailsChanged {
        /// Which entry.
        entry: i64,
    },
    /// The details beside an entry are gone without an act that erased them.
    #[error("the details of entry {entry} are gone, and no act erased them")]
    DetailsGone {
        /// Which entry.
        entry: i64,
    },
    /// A line of an export cannot be read.
    #[error("line {line} cannot be read as a part of a ledger")]
    Unreadable {
        /// Which line, from 1.
        line: usize,
    },
    /// The export was signed with another key than the one trusted.
    #[error("it is signed with another key than the one that you trust")]
    OtherKey,
    /// Something that was seen before is not so.
    #[error("entry {entry} is not the one that you saw before")]
    NotAsSeen {
        /// Which entry.
        entry: i64,
    },
    /// The last line is missing, so the export is not whole.
    #[error("the last line is missing: the export is not whole")]
    NoEnd,
    /// The bytes of the export are not those that were signed.
    #[error("the export was altered after it was signed")]
    Altered,
}

impl Fault {
    /// The entry that it is about, where it is about one.
    pub fn entry(&self) -> Option<i64> {
        match self {
            Self::Changed { entry }
            | Self::Swapped { entry, .. }
            | Self::Added { entry }
            | Self::NotFollowing { entry, .. }
            | Self::BadSignature { entry }
            | Self::Replaced { entry }
            | Self::DetailsChanged { entry }
            | Self::DetailsGone { entry }
            | Self::NotAsSeen { entry } => Some(*entry),
            Self::Missing { from, .. } => Some(*from),
            Self::Truncated { last, .. } | Self::Uncovered { last, .. } | Self::Head { last, .. } => Some(*last),
            Self::Unreadable { .. } | Self::OtherKey | Self::NoEnd | Self::Altered => None,
        }
    }
}
