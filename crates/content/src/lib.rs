//! What passes through the gateway: text judged as it streams, files by what they are.
//!
//! Pure: bytes in, scores and kinds out. No clock, network, runtime or logging. Nothing here gathers an answer: every
//! part reads along with the bytes that pass, keeps a bounded state, and never changes them.
//!
//! - [`decode`]: gzip, deflate, br and zstd, bounded;
//! - [`charset`]: bytes to text;
//! - [`text`]: what a reader would see of HTML, plain text, JSON and event streams, folded to plain words;
//! - [`phrases`]: lists of weighted phrases, and what a page scores;
//! - [`reader`]: all of these in a row, for one answer;
//! - [`mod@file`]: what a file is, by its bytes.

pub mod charset;
pub mod decode;
pub mod file;
pub mod phrases;
pub mod reader;
pub mod text;

pub use decode::{Bounds, Codings, DecodeError, Decoder};
pub use file::{Detector, FileKind, HEAD, Inside, Program, file_kind, is_run_by_name};
pub use phrases::{Limits, PhraseList, Phrases, Score, Scores};
pub use reader::{Form, Progress, Reach, Reader};
pub use text::TextKind;
