//! The kinds of files, and words for pages.

use std::fmt;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FileKind {
    /// Something that a computer runs or installs.
    Program(Program),
    /// Files in a file.
    Archive(Inside),
    /// Office documents and electronic books.
    Document {
        /// Whether it brings macros.
        macros: bool,
    },
    /// A PDF.
    Pdf,
    /// A picture.
    Image,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Letters to set text in.
    Font,
    /// Text of any kind.
    Text,
    /// None of these, or too few bytes to tell.
    #[default]
    Unknown,
}

/// What a computer runs or installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// A program for Windows (PE, and its shortcuts).
    Windows,
    /// A program for Linux (ELF).
    Linux,
    /// A program for a Mac (Mach-O).
    Mac,
    /// A program for Java, or for Android (class, dex).
    Java,
    /// A script.
    Script,
    /// A package that installs programs (MSI, APK, JAR, APPX, deb, rpm, pkg, browser extension).
    Package,
    /// A disk image (ISO, DMG).
    DiskImage,
}

/// What an archive holds, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inside {
    /// A program.
    Program,
    /// Entries behind a password; their names are no programs'.
    Locked,
    /// What cannot be seen from here: formats that are not read (7z, rar, cab, xz), archives within the archive.
    Unseen,
    /// Files, none of them a program as far as was read.
    Files,
}

impl FileKind {
    /// Whether a computer runs or installs it.
    #[must_use]
    pub fn is_executable(self) -> bool {
        match self {
            Self::Program(_) => true,
            Self::Archive(_)
            | Self::Document { .. }
            | Self::Pdf
            | Self::Image
            | Self::Video
            | Self::Audio
            | Self::Font
            | Self::Text
            | Self::Unknown => false,
        }
    }

    /// Whether it is an archive with a program inside.
    #[must_use]
    pub fn holds_executable(self) -> bool {
        self == Self::Archive(Inside::Program)
    }

    /// Whether it is an archive, whatever it holds.
    #[must_use]
    pub fn is_archive(self) -> bool {
        matches!(self, Self::Archive(_))
    }

    /// Whether it is a document that brings macros.
    #[must_use]
    pub fn has_macros(self) -> bool {
        self == Self::Document { macros: true }
    }

    /// Words for a page: "This is {words}."
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Program(Program::Windows) => "a program for Windows",
            Self::Program(Program::Linux) => "a program for Linux",
            Self::Program(Program::Mac) => "a program for a Mac",
            Self::Program(Program::Java) => "a program for Java or Android",
            Self::Program(Program::Script) => "a script, which is a program in text",
            Self::Program(Program::Package) => "a package that installs programs",
            Self::Program(Program::DiskImage) => "a disk image, which installs programs",
            Self::Archive(Inside::Program) => "an archive with a program inside",
            Self::Archive(Inside::Locked) => "an archive with a password",
            Self::Archive(Inside::Unseen) => "an archive that cannot be looked into",
            Self::Archive(Inside::Files) => "an archive",
            Self::Document { macros: true } => "a document with macros",
            Self::Document { macros: false } => "a document",
            Self::Pdf => "a PDF",
            Self::Image => "a picture",
            Self::Video => "a video",
            Self::Audio => "a sound",
            Self::Font => "a font",
            Self::Text => "text",
            Self::Unknown => "a file of another kind",
        }
    }

    /// This archive, with what an entry is taken into account.
    pub(super) fn or_inside(self, entry: Self) -> Self {
        let Self::Archive(inside) = self else { return self };
        Self::Archive(inside.min(Inside::of(entry)))
    }
}

impl Inside {
    /// What an entry of this kind makes of its archive.
    pub(super) fn of(entry: FileKind) -> Self {
        match entry {
            // Source code is full of scripts; those that count are known by their names.
            FileKind::Program(Program::Script) => Self::Files,
            FileKind::Program(
                Program::Windows
                | Program::Linux
                | Program::Mac
                | Program::Java
                | Program::Package
                | Program::DiskImage,
            )
            | FileKind::Archive(Self::Program) => Self::Program,
            FileKind::Archive(Self::Locked) => Self::Locked,
            FileKind::Archive(Self::Unseen) => Self::Unseen,
            FileKind::Archive(Self::Files)
            | FileKind::Document { .. }
            | FileKind::Pdf
            | FileKind::Image
            | FileKind::Video
            | FileKind::Audio
            | FileKind::Font
            | FileKind::Text
            | FileKind::Unknown => Self::Files,
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
