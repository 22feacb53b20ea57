//! Compiling entries to an image. The same entries give the same bytes, in whatever order they come.

use std::collections::HashMap;

use super::{
    hash::State,
    image::{CHECKSUM, HAS_PATHS, HEADER, MAGIC, MOST_BUCKET_BITS, MOST_IN_BUCKET, SET, TagId, VERSION, checksum},
};
use crate::{
    category::Category,
    list::{LONGEST_PATH, ListEntry},
};

/// Why entries cannot be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// More tags than there are numbers for.
    #[error("there are more lists and categories than an index can hold")]
    TooManyTags,
    /// More different sets of tags than there are numbers for.
    #[error("the lists overlap in more ways than an index can hold")]
    TooManySets,
    /// More entries, or more text, than an index can hold.
    #[error("there are more entries than an index can hold")]
    TooManyEntries,
    /// The name of a list is too long.
    #[error("the name of a list is too long")]
    LongName,
}

/// Divides labels in a key; below every byte of a name, so that a parent sorts right before its children.
const LABEL: u8 = 1;
/// Divides the name from the path; below [`LABEL`], so that a site's paths sort before its subdomains.
const PATH: u8 = 0;

/// Takes entries and compiles them.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    tags: Vec<(String, Option<Category>)>,
    /// The keys of all entries: labels last first, then the path.
    text: Vec<u8>,
    entries: Vec<Given>,
}

/// An entry as given: its key in the text, and its tag.
#[derive(Debug, Clone, Copy)]
struct Given {
    start: u32,
    length: u16,
    tag: TagId,
}

/// A distinct entry with its set of tags.
struct Distinct {
    start: u32,
    length: u16,
    set: u16,
    has_paths: bool,
}

impl IndexBuilder {
    /// With nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of the tag "from this list, of this category", for [`IndexBuilder::add`].
    pub fn tag(&mut self, list: &str, category: Option<Category>) -> Result<TagId, BuildError> {
        if u16::try_from(list.len()).is_err() {
            return Err(BuildError::LongName);
        }
        let place = self.tags.iter().position(|tag| tag.0 == list && tag.1 == category);
        let place = place.unwrap_or_else(|| {
            self.tags.push((list.to_owned(), category));
            self.tags.len() - 1
        });
        TagId::try_from(place).map_err(|_| BuildError::TooManyTags)
    }

    /// Adds an entry.
    pub fn add(&mut self, tag: TagId, entry: &ListEntry<'_>) -> Result<(), BuildError> {
        let start = u32::try_from(self.text.len()).map_err(|_| BuildError::TooManyEntries)?;
        if entry.host.contains(':') || entry.host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.text.extend_from_slice(entry.host.as_bytes());
        } else {
            for (nth, label) in entry.host.rsplit('.').enumerate() {
                if nth > 0 {
                    self.text.push(LABEL);
                }
                self.text.extend_from_slice(label.as_bytes());
            }
        }
        if let Some(path) = &entry.path {
            self.text.push(PATH);
            self.text.extend(path.bytes().take(LONGEST_PATH));
        }
        let length = self.text.len() - start as usize;
        let length = u16::try_from(length).map_err(|_| BuildError::TooManyEntries)?;
        self.entries.push(Given { start, length, tag });
        Ok(())
    }

    /// Compiles what was added.
    pub fn build(self) -> Result<Vec<u8>, BuildError> {
        let Self { tags, text, mut entries } = self;
        // Tags by name, so that the order of adding leaves no mark.
        let mut order: Vec<usize> = (0..tags.len()).collect();
        order.sort_by_key(|nth| tags.get(*nth).map(|tag| (tag.0.as_str(), tag.1.map(Category::name))));
        let mut new_number = vec![0; tags.len()];
        for (to, from) in order.iter().enumerate() {
            if let Some(slot) = new_number.get_mut(*from) {
                *slot = TagId::try_from(to).map_err(|_| BuildError::TooManyTags)?;
            }
        }
        for entry in &mut entries {
            entry.tag = new_number.get(usize::from(entry.tag)).copied().ok_or(BuildError::TooManyTags)?;
        }
        let key = |start: u32, length: u16| text.get(start as usize..).and_then(|rest| rest.get(..length.into()));
        entries.sort_unstable_by(|one, two| {
            key(one.start, one.length).cmp(&key(two.start, two.length)).then(one.tag.cmp(&two.tag))
        });
        entries.dedup_by(|one, two| one.tag == two.tag && key(one.start, one.length) == key(two.start, two.length));

        let mut sets = Sets::default();
        sets.number(&[])?;
        let mut counts = vec![0u64; tags.len()];
        let mut names = 0u64;
        let mut content = blake3::Hasher::new();
        let mut distinct: Vec<Distinct> = Vec::new();
        // The listed parents of the present key, broadest first: length of key and set.
        let mut parents: Vec<(Given, u16)> = Vec::new();
        let mut members = Vec::new();
        // The last row that is a site and no path.
        let mut site: Option<usize> = None;
        for same in entries.chunk_by(|one, two| key(one.start, one.length) == key(two.start, two.length)) {
            let Some(first) = same.first() else { continue };
            let whole = key(first.start, first.length).unwrap_or_default();
            names += 1;
            members.clear();
            for entry in same {
                members.push(entry.tag);
                if let Some(count) = counts.get_mut(usize::from(entry.tag)) {
                    *count += 1;
                }
            }
            let set = sets.number(&members)?;
            content.update(&u32::from(first.length).to_le_bytes());
            content.update(whole);
            content.update(&set.to_le_bytes());
            while parents.last().is_some_and(|(parent, _)| !is_below(whole, key(parent.start, parent.length))) {
                parents.pop();
            }
            if let Some(slash) = whole.iter().position(|byte| *byte == PATH) {
                // The site of a path needs a row that says so; where it is not listed itself, one without tags.
                let length = u16::try_from(slash).map_err(|_| BuildError::TooManyEntries)?;
                let there = site.and_then(|nth| distinct.get_mut(nth));
                match there.filter(|row| key(row.start, row.length) == whole.get(..slash)) {
                    Some(row) => row.has_paths = true,
                    None => {
                        site = Some(distinct.len());
                        distinct.push(Distinct { start: first.start, length, set: 0, has_paths: true });
                    }
                }
                distinct.push(Distinct { start: first.start, length: first.length, set, has_paths: false });
                continue;
            }
            if parents.last().is_some_and(|(_, above)| *above == set) {
                continue;
            }
            parents.push((*first, set));
            site = Some(distinct.len());
            distinct.push(Distinct { start: first.start, length: first.length, set, has_paths: false });
        }
        drop(entries);

        for set in &sets.all {
            content.update(&(set.len() as u64).to_le_bytes());
            for tag in set {
                content.update(&tag.to_le_bytes());
            }
        }
        let fewest_labels = distinct
            .iter()
            .filter_map(|entry| key(entry.start, entry.length))
            .map(|key| key.iter().take_while(|byte| **byte != PATH).filter(|byte| **byte == LABEL).count() + 1)
            .min();
        let longest_path = distinct
            .iter()
            .filter_map(|entry| key(entry.start, entry.length))
            .filter_map(|key| key.iter().position(|byte| *byte == PATH).map(|at| key.len() - at - 1))
            .max();
        // Some 32 to 64 rows a bucket: then the beginnings of the buckets stay in the processor's cache.
        let bits = (usize::BITS - distinct.len().leading_zeros()).saturating_sub(6).min(MOST_BUCKET_BITS);
        let (seed, rows) = place(&distinct, &key, bits, content)?;
        let header = Header {
            bits,
            seed,
            names,
            fewest_labels: number(fewest_labels.unwrap_or(1))?,
            longest_path: number(longest_path.unwrap_or(0))?,
        };
        let tags: Vec<_> = order.iter().filter_map(|nth| tags.get(*nth)).zip(counts).collect();
        write(&header, &rows, &sets.all, &tags)
    }
}

fn number(count: usize) -> Result<u32, BuildError> {
    u32::try_from(count).map_err(|_| BuildError::TooManyEntries)
}

/// Whether `key` lies below `parent`, both keys.
fn is_below(key: &[u8], parent: Option<&[u8]>) -> bool {
    parent.and_then(|parent| key.strip_prefix(parent)).is_some_and(|rest| matches!(rest.first(), Some(&(LABEL | PATH))))
}

/// Sets of tags with their numbers, in the order in which they were first asked for.
#[derive(Default)]
struct Sets {
    numbers: HashMap<Vec<TagId>, u16>,
    all: Vec<Vec<TagId>>,
}

impl Sets {
    fn number(&mut self, members: &[TagId]) -> Result<u16, BuildError> {
        if let Some(number) = self.numbers.get(members) {
            return Ok(*number);
        }
        let number = u16::try_from(self.all.len()).ok().filter(|number| u64::from(*number) <= SET);
        let number = number.ok_or(BuildError::TooManySets)?;
        self.numbers.insert(members.to_vec(), number);
        self.all.push(members.to_vec());
        Ok(number)
    }
}

/// The seed, and each entry's bucket and row.
type Placed = ([u8; 16], Vec<(u32, u64)>);

/// Gives each entry its bucket and row, under a seed that follows from the content. Should two entries have one
/// fingerprint, which chance alone does not bring about, the next seed is taken.
fn place<'t>(
    distinct: &[Distinct],
    key: &impl Fn(u32, u16) -> Option<&'t [u8]>,
    bits: u32,
    content: blake3::Hasher,
) -> Result<Placed, BuildError> {
    let content = content.finalize();
    for attempt in 0u64..16 {
        let mut seed = [0u8; 16];
        let mut hasher = blake3::Hasher::new_keyed(content.as_bytes());
        hasher.update(&attempt.to_le_bytes()).finalize_xof().fill(&mut seed);
        let mut rows = Vec::with_capacity(distinct.len());
        for entry in distinct {
            let whole = key(entry.start, entry.length).unwrap_or_default();
            let fingerprint = fingerprint(&seed, whole);
            let bucket = u32::try_from(fingerprint.bucket(bits)).map_err(|_| BuildError::TooManyEntries)?;
            let paths = if entry.has_paths { HAS_PATHS } else { 0 };
            rows.push((bucket, fingerprint.rest() << 16 | paths | u64::from(entry.set)));
        }
        rows.sort_unstable();
        let twice = rows.iter().zip(rows.iter().skip(1)).any(|(one, two)| one.0 == two.0 && one.1 >> 16 == two.1 >> 16);
        let full = rows.chunk_by(|one, two| one.0 == two.0).any(|bucket| bucket.len() > MOST_IN_BUCKET);
        if !twice && !full {
            return Ok((seed, rows));
        }
    }
    Err(BuildError::TooManyEntries)
}

fn fingerprint(seed: &[u8; 16], key: &[u8]) -> super::hash::Fingerprint {
    let mut state = State::new(seed);
    let mut parts = key.splitn(2, |byte| *byte == PATH);
    for label in parts.next().unwrap_or_default().split(|byte| *byte == LABEL) {
        state.label(label);
    }
    match parts.next() {
        Some(path) => state.with_path(path).fingerprint(),
        None => state.fingerprint(),
    }
}

struct Header {
    bits: u32,
    seed: [u8; 16],
    names: u64,
    fewest_labels: u32,
    longest_path: u32,
}

fn write(
    header: &Header,
    rows: &[(u32, u64)],
    sets: &[Vec<TagId>],
    tags: &[(&(String, Option<Category>), u64)],
) -> Result<Vec<u8>, BuildError> {
    let mut out = vec![0; HEADER];
    let mut starts = vec![0u32; (1usize << header.bits) + 1];
    for (bucket, _) in rows {
        if let Some(next) = starts.get_mut(*bucket as usize + 1) {
            *next += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    out.reserve(starts.len() * 4 + rows.len() * 8 + 4096);
    starts.iter().for_each(|start| out.extend_from_slice(&start.to_le_bytes()));
    rows.iter().for_each(|(_, row)| out.extend_from_slice(&row.to_le_bytes()));
    let mut members = 0;
    out.extend_from_slice(&0u32.to_le_bytes());
    for set in sets {
        members += number(set.len())?;
        out.extend_from_slice(&members.to_le_bytes());
    }
    sets.iter().flatten().for_each(|tag| out.extend_from_slice(&tag.to_le_bytes()));
    for ((list, category), count) in tags {
        out.extend_from_slice(&count.to_le_bytes());
        for text in [list.as_str(), category.map_or("", Category::name)] {
            out.extend_from_slice(&u16::try_from(text.len()).map_err(|_| BuildError::LongName)?.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
    let mut head = Vec::with_capacity(HEADER);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&header.bits.to_le_bytes());
    head.extend_from_slice(&header.seed);
    head.extend_from_slice(&(rows.len() as u64).to_le_bytes());
    head.extend_from_slice(&header.names.to_le_bytes());
    for small in [header.longest_path, number(sets.len())?, number(tags.len())?, members] {
        head.extend_from_slice(&small.to_le_bytes());
    }
    head.extend_from_slice(&(out.len() as u64).to_le_bytes());
    head.extend_from_slice(&[0; 32]);
    head.extend_from_slice(&header.fewest_labels.to_le_bytes());
    for (to, from) in out.iter_mut().zip(&head) {
        *to = *from;
    }
    let sum = checksum(&out);
    if let Some(place) = out.get_mut(CHECKSUM) {
        place.copy_from_slice(&sum.0);
    }
    Ok(out)
}
