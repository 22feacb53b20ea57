//! The files of a policy, and places in them.

use std::ops::Range;

/// One file of a policy folder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceFile {
    /// The path inside the folder, with `/`: `policy.md`, `agreements/staff.md`.
    pub path: String,
    /// What the file says.
    pub text: String,
}

impl SourceFile {
    /// Whether it is text that people read; else it is a declaration, which the language keeps and does not read.
    pub fn is_prose(&self) -> bool {
        self.path.ends_with(".md")
    }
}

/// The files of a policy folder. `policy.md` is the policy; what lies under `agreements/` are agreements; the `.toml`
/// files under `registers/` are registers of the school's own, and fields that it adds to ours; every other file is a
/// notice.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The files; [`Source::new`] puts them in the order of their paths, `policy.md` first.
    pub files: Vec<SourceFile>,
}

impl Source {
    /// The name of the file that holds the policy itself.
    pub const MAIN: &'static str = "policy.md";

    /// Files in their order: `policy.md` first, the others by path.
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|one, two| (one.path != Self::MAIN, &one.path).cmp(&(two.path != Self::MAIN, &two.path)));
        Self { files }
    }

    /// A policy of a single file.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self { files: vec![SourceFile { path: Self::MAIN.to_owned(), text: text.into() }] }
    }

    /// Whether a file of a folder belongs to the policy in it: text, and the school's own registers.
    pub fn takes(path: &str) -> bool {
        path.ends_with(".md") || path.starts_with("registers/") && path.ends_with(".toml")
    }

    /// The files of the school's own registers, and of the fields that it adds to ours.
    pub fn registers(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| !file.is_prose())
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Where something stands in the source: bytes of one file.
///
/// Two spans always count as equal, so that comparing parsed things compares what they say and not
/// where they say it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// The position of the file in [`Source::files`].
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Span {}

impl Span {
    /// Bytes of a file.
    pub fn new(file: usize, range: Range<usize>) -> Self {
        Self { file, start: range.start, end: range.end }
    }

    /// The bytes.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// From the beginning of this to the end of `other`, in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}
