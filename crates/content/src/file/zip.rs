//! Zip archives, read along: what they hold, and what the archive itself is (a document, a package).

use flate2::Decompress;
use memchr::memchr;

use crate::decode::inflate_some;

use super::{
    kind::{FileKind, Inside, Program},
    magic::{extension, is_program_name, of_entry},
};

const LOCAL: &[u8] = b"PK\x03\x04";
const DIRECTORY: &[u8] = b"PK\x01\x02";
const LOCAL_HEAD: usize = 30;
const DIRECTORY_HEAD: usize = 46;
/// Names are read so far.
const LONGEST_NAME: usize = 1024;
/// So many first bytes of an entry are looked at, and so many compressed ones are inflated for them.
const PEEK: usize = 64;
const DEFLATED_PEEK: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Looking for the next head; the bytes of the mark that were seen are in `held`.
    Search,
    /// Gathering a head of so many bytes.
    Head {
        local: bool,
    },
    Name {
        local: bool,
        left: usize,
        extra: usize,
    },
    /// The first bytes of an entry, then the rest: so many bytes, or up to the next head where the size is not told.
    Entry {
        left: Option<u64>,
    },
    Skip(u64),
}

/// Reads a zip archive along.
#[derive(Debug)]
pub(super) struct Zip {
    at: At,
    held: Vec<u8>,
    name: Vec<u8>,
    peek: Vec<u8>,
    method: u16,
    size: Option<u64>,
    /// Bytes of the entry that is being looked at, from its start.
    looked: usize,
    entry_name: String,
    inflate: Option<Decompress>,
    inside: Inside,
    office: bool,
    macros: bool,
    package: bool,
    first: bool,
}

impl Default for Zip {
    fn default() -> Self {
        Self {
            at: At::Search,
            held: Vec::new(),
            name: Vec::new(),
            peek: Vec::new(),
            method: 0,
            size: None,
            looked: 0,
            entry_name: String::new(),
            inflate: None,
            inside: Inside::Files,
            office: false,
            macros: false,
            package: false,
            first: true,
        }
    }
}

impl Zip {
    /// What the archive is.
    pub(super) fn kind(&self) -> FileKind {
        if self.package {
            FileKind::Program(Program::Package)
        } else if self.office && self.inside != Inside::Program {
            FileKind::Document { macros: self.macros }
        } else {
            FileKind::Archive(self.inside)
        }
    }

    /// Whether an entry was to be longer than what came: what lay in its place was not looked at.
    pub(super) fn lacks_some(&self) -> bool {
        matches!(self.at, At::Skip(_) | At::Entry { left: Some(_) })
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = match self.at {
                At::Search => self.search(bytes),
                At::Head { local } => self.head(local, bytes),
                At::Name { local, left, extra } => self.named(local, left, extra, bytes),
                At::Entry { left } => self.entry(left, bytes),
                At::Skip(left) => {
                    let now = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left - now as u64;
                    self.at = if left > 0 { At::Skip(left) } else { self.after_skip() };
                    now
                }
            };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// After the extra field of a local head the entry begins; after all else the next head is looked for.
    fn after_skip(&mut self) -> At {
        if self.looked == 0 && !self.entry_name.is_empty() { At::Entry { left: self.size } } else { At::Search }
    }

    fn search(&mut self, bytes: &[u8]) -> usize {
        for (nth, byte) in bytes.iter().enumerate() {
            if self.held.is_empty() {
                // Leap to the next mark.
                let rest = bytes.get(nth..).unwrap_or_default();
                let Some(found) = memchr(b'P', rest) else { return bytes.len() };
                self.held.push(b'P');
                return nth + found + 1;
            }
            self.held.push(*byte);
            if self.held == LOCAL || self.held == DIRECTORY {
                self.at = At::Head { local: self.held == LOCAL };
                return nth + 1;
            }
            if !LOCAL.starts_with(&self.held) && !DIRECTORY.starts_with(&self.held) {
                self.held.clear();
                if *byte == b'P' {
                    self.held.push(b'P');
                }
            }
        }
        bytes.len()
    }

    fn head(&mut self, local: bool, bytes: &[u8]) -> usize {
        let length = if local { LOCAL_HEAD } else { DIRECTORY_HEAD };
        let now = length.saturating_sub(self.held.len()).min(bytes.len());
        self.held.extend_from_slice(bytes.get(..now).unwrap_or_default());
        if self.held.len() < length {
            return now;
        }
        let head = std::mem::take(&mut self.held);
        let short = |at: usize| match head.get(at..at + 2) {
            Some([low, high]) => u16::from_le_bytes([*low, *high]),
            Some(_) | None => 0,
        };
        let long = |at: usize| u64::from(short(at)) | u64::from(short(at + 2)) << 16;
        let (flags, method, size, name, extra) = if local {
            (short(6), short(8), long(18), short(26), usize::from(short(28)))
        } else {
            (short(8), short(10), long(20), short(28), usize::from(short(30)) + usize::from(short(32)))
        };
        if flags & 1 != 0 {
            self.inside = self.inside.min(Inside::Locked);
            // What is locked cannot be looked at.
            self.method = u16::MAX;
        } else {
            self.method = method;
        }
        // The size may stand behind the entry, or in the extra field of a very large one.
        let told = flags & 8 == 0 && size != 0xffff_ffff;
        self.size = told.then_some(size);
        self.name.clear();
        self.entry_name.clear();
        self.looked = 0;
        self.at = At::Name { local, left: usize::from(name), extra };
        if name == 0 {
            self.name_read(local, extra);
        }
        now
    }

    fn named(&mut self, local: bool, left: usize, extra: usize, bytes: &[u8]) -> usize {
        let now = left.min(bytes.len());
        let room = LONGEST_NAME.saturating_sub(self.name.len());
        self.name.extend(bytes.iter().take(now).take(room));
        self.at = At::Name { local, left: left - now, extra };
        if left == now {
            self.name_read(local, extra);
        }
        now
    }

    fn name_read(&mut self, local: bool, extra: usize) {
        let name = String::from_utf8_lossy(&self.name).into_owned();
        self.note(&name);
        let is_folder = name.ends_with('/');
        if local {
            self.peek.clear();
            self.entry_name = if name.is_empty() { "?".to_owned() } else { name };
            if is_folder {
                self.looked = 1;
            }
        }
        self.first = false;
        self.at = match extra {
            0 if local => self.after_skip(),
            0 => At::Search,
            extra => At::Skip(extra as u64),
        };
        if self.at == (At::Entry { left: Some(0) }) {
            self.at = At::Search;
        }
    }

    /// What a name tells of its entry and of the archive.
    fn note(&mut self, name: &str) {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "[content_types].xml" => self.office = true,
            "androidmanifest.xml" | "appxmanifest.xml" | "appxmetadata/appxbundlemanifest.xml" => self.package = true,
            "meta-inf/manifest.mf" | "meta-inf/mozilla.rsa" => self.package = true,
            "mimetype" if self.first => self.office = true,
            _ => {}
        }
        if lower.ends_with("vbaproject.bin") || lower.starts_with("basic/") {
            self.macros = true;
        } else if is_program_name(&extension(&lower)) {
            self.inside = Inside::Program;
        }
    }

    fn entry(&mut self, left: Option<u64>, bytes: &[u8]) -> usize {
        if left == Some(0) {
            self.at = At::Search;
            return 0;
        }
        let wanted = if self.method == 8 { DEFLATED_PEEK } else { PEEK };
        let room = wanted.saturating_sub(self.looked);
        let Some(left) = left else {
            // It may end at any byte: what is looked at is searched as well.
            self.at = At::Search;
            let now = self.search(bytes.get(..room).unwrap_or(bytes));
            self.look(bytes.get(..now).unwrap_or_default());
            self.looked += now;
            if self.at == At::Search && self.looked < wanted {
                self.at = At::Entry { left: None };
            }
            return now;
        };
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(room).min(bytes.len());
        self.look(bytes.get(..now).unwrap_or_default());
        self.looked += now;
        let left = left - now as u64;
        self.at = match left {
            0 => At::Search,
            left if self.looked >= wanted => At::Skip(left),
            left => At::Entry { left: Some(left) },
        };
        now
    }

    /// Looks at the next first bytes of an entry.
    fn look(&mut self, bytes: &[u8]) {
        if self.peek.len() >= PEEK {
            return;
        }
        let mut buffer = [0; PEEK];
        let plain = match self.method {
            0 => bytes,
            8 => {
                let engine = self.inflate.get_or_insert_with(|| Decompress::new(false));
                if self.looked == 0 {
                    engine.reset(false);
                }
                match inflate_some(engine, bytes, &mut buffer) {
                    Some(given) => buffer.get(..given).unwrap_or_default(),
                    None => return,
                }
            }
            _ => return,
        };
        let room = PEEK.saturating_sub(self.peek.len());
        self.peek.extend(plain.iter().take(room));
        self.inside = self.inside.min(of_entry(&self.peek, &extension(&self.entry_name)));
    }
}
