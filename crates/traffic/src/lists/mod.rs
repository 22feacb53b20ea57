//! The filter's lists: where they come from, the last good copy of each, and the index that is compiled from all.

mod copies;
mod feed;
pub mod feeds;
mod index;
mod samples;
mod sealed;
pub mod service;
pub mod smaller;
mod source;
mod update;

pub use copies::{CopyError, Folder};
pub use feed::{FeedError, FeedHead, FeedKey, seal_feed};
pub use feeds::FeedRow;
pub use index::{IndexError, Mark, mark, open};
pub use samples::samples;
pub use sealed::open_sealed;
pub use service::{Format, ListError, ListRow, NewList, Updated};
pub use smaller::{AcceptError, Accepted, Fewer, Smaller};
pub(crate) use source::fetch_bytes;
pub use source::{Source, SourceError};
