//! The image of a list index: how it is laid out, and how it is opened.
//!
//! All numbers are little-endian. A header of 128 bytes, then: where each bucket begins (u32), the rows
//! (u64: 48 bits of fingerprint, 1 bit "has paths below", 15 bits of set), where each set begins (u32), the
//! members of the sets (u16), the tags (count u64, list, category; texts with their length as u16).

use std::{fmt, sync::Arc};

use kernel::Digest;

use crate::category::Category;

pub(super) const MAGIC: &[u8; 8] = b"GHLISTS\n";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER: usize = 128;
/// Where the checksum lies in the header; it covers all bytes but its own.
pub(super) const CHECKSUM: std::ops::Range<usize> = 72..104;
pub(super) const MOST_BUCKET_BITS: u32 = 28;
/// With it, a look-up of ten names meets a stranger's fingerprint once in 10^10 at the very worst; usually in 10^12.
pub(super) const MOST_IN_BUCKET: usize = 1024;
pub(super) const HAS_PATHS: u64 = 0x8000;
pub(super) const SET: u64 = 0x7fff;

/// Bytes that somebody else holds: a mapped file, or a buffer.
#[derive(Clone)]
pub struct Image(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl Image {
    /// Takes what holds the bytes.
    pub fn new(holder: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(holder))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({} bytes)", self.bytes().len())
    }
}

/// Why an image cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The file begins otherwise.
    #[error("the file is not a compiled list")]
    NotAnImage,
    /// A version that this program does not read.
    #[error("the compiled list has format {found}; this program reads format {VERSION}: compile it again")]
    Version {
        /// The version found.
        found: u32,
    },
    /// It ends too early or too late.
    #[error("the compiled list should have {expected} bytes and has {found}")]
    Length {
        /// As its header says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// A byte is not what was written.
    #[error("the compiled list is damaged: its checksum is wrong")]
    Checksum,
    /// The checksum is right and the content is not: it was not written by this program.
    #[error("the compiled list contradicts itself: {what}")]
    Inconsistent {
        /// What is wrong.
        what: &'static str,
    },
    /// It has a category that this program does not know.
    #[error("the compiled list has the category `{name}`, which this program does not know: compile it again")]
    Category {
        /// The category.
        name: String,
    },
}

/// The number of a tag in its image.
pub type TagId = u16;

/// Where entries come from and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The list: the name that rules use after `list:`.
    pub list: Arc<str>,
    /// The category that the list gives them, where it gives one.
    pub category: Option<Category>,
    /// How many different entries have this tag.
    pub entries: u64,
}

/// A list index over an image.
#[derive(Debug, Clone)]
pub struct ListIndex {
    pub(super) image: Image,
    pub(super) seed: [u8; 16],
    pub(super) bucket_bits: u32,
    pub(super) fewest_labels: usize,
    pub(super) longest_path: usize,
    pub(super) parts: Parts,
    rows: u64,
    names: u64,
    tags: Vec<Tag>,
    digest: Digest,
}

/// Where the parts of the body lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) buckets: std::ops::Range<usize>,
    pub(super) rows: std::ops::Range<usize>,
    pub(super) sets: std::ops::Range<usize>,
    pub(super) members: std::ops::Range<usize>,
    pub(super) tags: std::ops::Range<usize>,
}

pub(super) fn u16_at(bytes: &[u8], nth: usize) -> Option<u16> {
    bytes.get(nth.checked_mul(2)?..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

pub(super) fn u32_at(bytes: &[u8], nth: usize) -> Option<u32> {
    bytes.get(nth.checked_mul(4)?..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

pub(super) fn u64_at(bytes: &[u8], nth: usize) -> Option<u64> {
    bytes.get(nth.checked_mul(8)?..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// The digest of an image: BLAKE3 of all bytes but those of the checksum itself.
pub(super) fn checksum(bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes.get(..CHECKSUM.start).unwrap_or_default());
    hasher.update(bytes.get(CHECKSUM.end..).unwrap_or_default());
    Digest(*hasher.finalize().as_bytes())
}

fn inconsistent(what: &'static str) -> ImageError {
    ImageError::Inconsistent { what }
}

impl ListIndex {
    /// Opens an image, after reading all of it once: a damaged one is refused here and not in the middle of a decision.
    pub fn open(image: Image) -> Result<Self, ImageError> {
        let bytes = image.bytes();
        let header = bytes.get(..HEADER).ok_or(ImageError::NotAnImage)?;
        if !header.starts_with(MAGIC) {
            return Err(ImageError::NotAnImage);
        }
        let short = || inconsistent("the header is short");
        let small = |nth| u32_at(header, nth).ok_or_else(short);
        let large = |nth| u64_at(header, nth).ok_or_else(short);
        if small(2)? != VERSION {
            return Err(ImageError::Version { found: small(2)? });
        }
        let (expected, found) = (large(8)?, bytes.len() as u64);
        if expected != found {
            return Err(ImageError::Length { expected, found });
        }
        let digest = checksum(bytes);
        if header.get(CHECKSUM) != Some(digest.0.as_slice()) {
            return Err(ImageError::Checksum);
        }
        let bucket_bits = small(3)?;
        if bucket_bits > MOST_BUCKET_BITS {
            return Err(inconsistent("it has too many buckets"));
        }
        let seed: [u8; 16] = *header.get(16..).and_then(|rest| rest.first_chunk()).ok_or_else(short)?;
        let (rows, names) = (large(4)?, large(5)?);
        let (sets, tag_count, members) = (small(13)?, small(14)?, small(15)?);
        let parts = Parts::new(bucket_bits, rows, sets, members, bytes.len())
            .ok_or_else(|| inconsistent("its parts do not fit"))?;
        let tags = read_tags(bytes.get(parts.tags.clone()).unwrap_or_default(), tag_count)?;
        let index = Self {
            seed,
            bucket_bits,
            fewest_labels: small(26)? as usize,
            longest_path: (small(12)? as usize).min(crate::list::LONGEST_PATH),
            rows,
            names,
            tags,
            digest,
            parts,
            image: image.clone(),
        };
        index.validate(sets, members)?;
        Ok(index)
    }

    /// Every number that a look-up follows leads to something.
    fn validate(&self, sets: u32, members: u32) -> Result<(), ImageError> {
        let bytes = self.image.bytes();
        let words = |part: &std::ops::Range<usize>| bytes.get(part.clone()).unwrap_or_default().as_chunks::<4>().0;
        let mut before = 0;
        for bucket in words(&self.parts.buckets) {
            let start = u32::from_le_bytes(*bucket);
            if start < before || (start - before) as usize > MOST_IN_BUCKET {
                return Err(inconsistent("its buckets are not in order"));
            }
            before = start;
        }
        if u64::from(before) != self.rows {
            return Err(inconsistent("its last bucket does not end at the last row"));
        }
        let rows = bytes.get(self.parts.rows.clone()).unwrap_or_default().as_chunks::<8>().0;
        let starts = words(&self.parts.buckets).iter().map(|start| u32::from_le_bytes(*start) as usize);
        for (start, end) in starts.clone().zip(starts.skip(1)) {
            let bucket = rows.get(start..end).ok_or_else(|| inconsistent("a bucket has rows that are not there"))?;
            let fingerprints = bucket.iter().map(|row| u64::from_le_bytes(*row) >> 16);
            if !fingerprints.clone().zip(fingerprints.skip(1)).all(|(one, two)| one < two) {
                return Err(inconsistent("the rows of a bucket are not in order"));
            }
        }
        if rows.iter().any(|row| (u64::from_le_bytes(*row) & SET) >= u64::from(sets)) {
            return Err(inconsistent("a row has a set that is not there"));
        }
        let mut before = 0;
        for set in words(&self.parts.sets) {
            let start = u32::from_le_bytes(*set);
            if start < before {
                return Err(inconsistent("its sets are not in order"));
            }
            before = start;
        }
        if before != members {
            return Err(inconsistent("its last set does not end at the last member"));
        }
        let members = bytes.get(self.parts.members.clone()).unwrap_or_default().as_chunks::<2>().0;
        if members.iter().any(|tag| usize::from(u16::from_le_bytes(*tag)) >= self.tags.len()) {
            return Err(inconsistent("a set has a tag that is not there"));
        }
        Ok(())
    }

    /// The tags, by their number.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The digest of the image: what the activity log keeps beside each decision.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many different entries were given.
    pub fn names(&self) -> u64 {
        self.names
    }

    /// How many rows are stored: fewer, where a parent says the same.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The size of the image in bytes.
    pub fn size(&self) -> usize {
        self.image.bytes().len()
    }

    /// How many different entries each category has, summed over its lists.
    pub fn category_counts(&self) -> std::collections::BTreeMap<Category, u64> {
        let mut counts = std::collections::BTreeMap::new();
        for tag in &self.tags {
            if let Some(category) = tag.category {
                *counts.entry(category).or_default() += tag.entries;
            }
        }
        counts
    }
}

impl Parts {
    /// Lays the parts out one after the other; none where they do not fill `length` exactly.
    fn new(bucket_bits: u32, rows: u64, sets: u32, members: u32, length: usize) -> Option<Self> {
        let buckets_end = HEADER.checked_add((1usize << bucket_bits).checked_add(1)?.checked_mul(4)?)?;
        let rows_end = buckets_end.checked_add(usize::try_from(rows).ok()?.checked_mul(8)?)?;
        let sets_end = rows_end.checked_add(usize::try_from(sets).ok()?.checked_add(1)?.checked_mul(4)?)?;
        let members_end = sets_end.checked_add(usize::try_from(members).ok()?.checked_mul(2)?)?;
        (members_end <= length).then_some(Self {
            buckets: HEADER..buckets_end,
            rows: buckets_end..rows_end,
            sets: rows_end..sets_end,
            members: sets_end..members_end,
            tags: members_end..length,
        })
    }
}

fn read_tags(mut bytes: &[u8], count: u32) -> Result<Vec<Tag>, ImageError> {
    let bad = || inconsistent("its tags cannot be read");
    let mut tags = Vec::new();
    for _ in 0..count {
        let (entries, rest) = bytes.split_first_chunk::<8>().ok_or_else(bad)?;
        let (list, rest) = read_text(rest).ok_or_else(bad)?;
        let (category, rest) = read_text(rest).ok_or_else(bad)?;
        bytes = rest;
        let category = match category {
            "" => None,
            name => Some(Category::parse(name).map_err(|_| ImageError::Category { name: name.to_owned() })?),
        };
        tags.push(Tag { list: list.into(), category, entries: u64::from_le_bytes(*entries) });
    }
    if bytes.is_empty() { Ok(tags) } else { Err(bad()) }
}

fn read_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
