//! Compound files: documents of older Office programs, and installers (MSI).
//!
//! Their directory may stand anywhere; its marks are looked for as the bytes pass.

use memchr::memmem;

use super::kind::{FileKind, Program};

/// The class that the root of an installer, a patch or a merge module has.
const INSTALLERS: [&[u8]; 3] = [
    b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
    b"\x86\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
    b"\x82\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
];
/// `_VBA_PROJECT` in UTF-16, as directories have it.
const MACROS: &[u8] = b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0";
const LONGEST: usize = MACROS.len();

/// Reads a compound file along.
#[derive(Debug, Default)]
pub(super) struct Ole {
    /// The end of the bytes before, so that no mark is missed between two pieces.
    held: Vec<u8>,
    installer: bool,
    macros: bool,
}

impl Ole {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (first, _) = bytes.split_at_checked(LONGEST).unwrap_or((bytes, &[]));
        let mut seam = std::mem::take(&mut self.held);
        seam.extend_from_slice(first);
        for part in [seam.as_slice(), bytes] {
            self.installer |= INSTALLERS.iter().any(|class| memmem::find(part, class).is_some());
            self.macros |= memmem::find(part, MACROS).is_some();
        }
        let last = if bytes.len() >= LONGEST { bytes } else { &seam };
        self.held = last.get(last.len().saturating_sub(LONGEST - 1)..).unwrap_or(last).to_vec();
    }

    pub(super) fn kind(&self) -> FileKind {
        if self.installer { FileKind::Program(Program::Package) } else { FileKind::Document { macros: self.macros } }
    }
}
