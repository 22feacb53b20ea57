//! What a file is, by its bytes as they pass and not by its name.
//!
//! The first bytes tell most; archives are read along, entry by entry, for programs inside: `zip` through its local
//! heads and its directory (names, and the first bytes of each entry, inflated), `tar` and gzip as they come. Nothing
//! is gathered beyond [`HEAD`] bytes and one name.
//!
//! Names count in two places: text is a script when the *download* is named as one (`.bat`, `.ps1`, `.vbs`, `.js`; give
//! no name for the parts of a page), and an archive holds a program when an entry is named as one. In archives, scripts
//! for Unix, JavaScript and Python are not counted: source code is full of them.

mod kind;
mod magic;
mod ole;
mod tar;
mod zip;

pub use kind::{FileKind, Inside, Program};

use crate::decode::{Bounds, Coding, Codings, Decoder};

/// So many first bytes are gathered before a kind is told.
pub const HEAD: usize = 1024;

/// A file inside gzip is read so far for programs.
const INFLATED: Bounds = Bounds { ratio: 1200, free: 1 << 20, total: 64 << 20 };

/// Tells what a file is while its bytes pass. The bytes are those of the file: content codings are undone before.
pub struct Detector {
    /// The end of the name, in lower case: `exe`.
    extension: String,
    at: At,
    /// The last bytes: a disk image of a Mac is known by its end.
    tail: Vec<u8>,
    kind: FileKind,
    /// Whether it is itself inside gzip: gzip within gzip is not read.
    inner: bool,
}

enum At {
    Head(Vec<u8>),
    Zip(Box<zip::Zip>),
    Tar(Box<tar::Tar>),
    Gzip(Box<(Decoder, Option<Detector>)>),
    Ole(ole::Ole),
    /// Looking for the mark of a disc at its place: the place from which bytes are held, and the bytes.
    Disc(u64, Vec<u8>),
    /// The kind is known, whatever comes.
    Known,
}

/// Where an ISO 9660 image has its mark, and the mark.
const DISC_AT: u64 = 32_769;
const DISC: &[u8] = b"CD001";
/// The length of the block at the end of a disk image of a Mac, and its mark.
const KOLY_BLOCK: usize = 512;
const KOLY: &[u8] = b"koly";

impl Detector {
    /// A detector for one file. `name` is the name that a download is saved under, if it is one.
    #[must_use]
    pub fn new(name: Option<&str>) -> Self {
        let extension = name.map(magic::extension).unwrap_or_default();
        Self { extension, at: At::Head(Vec::new()), tail: Vec::new(), kind: FileKind::Unknown, inner: false }
    }

    /// Takes the next bytes and says what the file is as far as one can tell.
    pub fn push(&mut self, bytes: &[u8]) -> FileKind {
        self.keep_tail(bytes);
        if let At::Head(head) = &mut self.at {
            let (now, later) = bytes.split_at_checked(HEAD.saturating_sub(head.len())).unwrap_or((bytes, &[]));
            head.extend_from_slice(now);
            if head.len() < HEAD {
                // Already told, but not settled: more bytes may tell more.
                self.kind = if is_zip_name(&self.extension) && !head.is_empty() {
                    FileKind::Archive(Inside::Files)
                } else {
                    magic::of(head, &self.extension)
                };
                return self.kind;
            }
            self.begin();
            self.go_on(later);
        } else {
            self.go_on(bytes);
        }
        self.kind
    }

    /// What the file is, now that it has ended.
    #[must_use]
    pub fn finish(&mut self) -> FileKind {
        self.begin();
        if let At::Gzip(inner) = &mut self.at
            && let Some(inside) = &mut inner.1
        {
            self.kind = self.kind.or_inside(inside.finish());
        }
        if let At::Zip(zip) = &self.at
            && zip.lacks_some()
        {
            self.kind = self.kind.or_inside(FileKind::Archive(Inside::Unseen));
        }
        if self.kind == FileKind::Unknown && self.tail.starts_with(KOLY) && self.tail.len() == KOLY_BLOCK {
            self.kind = FileKind::Program(Program::DiskImage);
        }
        self.kind
    }

    /// What the file is as far as one can tell.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Whether no byte that comes changes what the file is.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.at, At::Known) && self.kind != FileKind::Unknown
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        if !matches!(self.at, At::Head(_) | At::Disc(..)) && self.kind != FileKind::Unknown {
            return;
        }
        self.tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(KOLY_BLOCK)..).unwrap_or(bytes));
        self.tail.drain(..self.tail.len().saturating_sub(KOLY_BLOCK));
    }

    /// Chooses how to go on from the first bytes, and reads them that way.
    fn begin(&mut self) {
        let At::Head(head) = &mut self.at else { return };
        let head = std::mem::take(head);
        self.kind = magic::of(&head, &self.extension);
        self.at = match (self.kind, magic::container(&head).or_else(|| self.zip_behind(&head))) {
            (_, Some(magic::Container::Zip)) => At::Zip(Box::default()),
            (_, Some(magic::Container::Tar)) => At::Tar(Box::default()),
            (_, Some(magic::Container::Gzip)) if self.inner => {
                self.kind = FileKind::Archive(Inside::Unseen);
                At::Known
            }
            (_, Some(magic::Container::Gzip)) => {
                let inside = Self { inner: true, ..Self::new(None) };
                At::Gzip(Box::new((Decoder::new(&Codings::one(Coding::Gzip), INFLATED), Some(inside))))
            }
            (_, Some(magic::Container::Ole)) => At::Ole(ole::Ole::default()),
            (FileKind::Unknown, None) => At::Disc(0, Vec::new()),
            (_, None) => At::Known,
        };
        self.go_on(&head);
    }

    /// A zip may lie behind other bytes: it is read from its end. One is looked for where the name says so, and in what is
    /// nothing known.
    fn zip_behind(&self, head: &[u8]) -> Option<magic::Container> {
        let marked = || self.kind == FileKind::Unknown && memchr::memmem::find(head, b"PK\x03\x04").is_some();
        (is_zip_name(&self.extension) || marked()).then_some(magic::Container::Zip)
    }

    fn go_on(&mut self, bytes: &[u8]) {
        match &mut self.at {
            At::Head(_) | At::Known => {}
            At::Zip(zip) => {
                zip.push(bytes);
                self.kind = zip.kind();
            }
            At::Tar(tar) => {
                tar.push(bytes);
                self.kind = FileKind::Archive(tar.inside());
            }
            At::Ole(ole) => {
                ole.push(bytes);
                self.kind = ole.kind();
            }
            At::Gzip(inner) => {
                let (decoder, inside) = inner.as_mut();
                let Some(detector) = inside else { return };
                let result = decoder.push(bytes, &mut |piece| {
                    detector.push(piece);
                });
                self.kind = FileKind::Archive(Inside::Files).or_inside(detector.kind());
                if result.is_err() {
                    // What cannot be read on is not seen.
                    self.kind = self.kind.or_inside(FileKind::Archive(Inside::Unseen));
                    *inside = None;
                }
            }
            At::Disc(from, held) => {
                held.extend_from_slice(bytes);
                // Nothing before the mark is of use.
                let useless = usize::try_from(DISC_AT - *from).unwrap_or(usize::MAX).min(held.len());
                held.drain(..useless);
                *from += useless as u64;
                if held.len() >= DISC.len() {
                    if held.starts_with(DISC) {
                        self.kind = FileKind::Program(Program::DiskImage);
                    }
                    self.at = At::Known;
                }
            }
        }
    }
}

/// Whether a file of this name is opened as a zip, whatever lies before it.
fn is_zip_name(extension: &str) -> bool {
    matches!(extension, "zip" | "jar" | "apk" | "xpi" | "docm" | "xlsm" | "pptm")
}

/// Whether Windows runs a file of this name, whatever its bytes.
#[must_use]
pub fn is_run_by_name(name: &str) -> bool {
    magic::is_script_name_of_windows(&magic::extension(name))
}

/// What a whole file is.
#[must_use]
pub fn file_kind(bytes: &[u8], name: Option<&str>) -> FileKind {
    let mut detector = Detector::new(name);
    detector.push(bytes);
    detector.finish()
}

#[cfg(test)]
mod tests;
