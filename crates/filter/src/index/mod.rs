//! The list index: millions of names, compiled to one read-only image that is looked up as it lies.
//!
//! A name is kept as a fingerprint: some bits that say its bucket and 48 that tell it from the few dozen others
//! there, in one word of eight bytes together with its set of tags. The decision record 0003 says why a
//! false match may be neglected. An image holds no name in clear.

mod build;
mod find;
pub(crate) mod hash;
mod image;
#[cfg(test)]
mod tests;

pub use build::{BuildError, IndexBuilder};
pub use find::Found;
pub use image::{Image, ImageError, ListIndex, Tag, TagId};
