//! Content codings: gzip, deflate, br and zstd, read along with the bytes that pass.
//!
//! The gateway hands the original bytes on; a [`Decoder`] only reads them. It is bounded in every direction: at most
//! two codings one over the other, at most so much output for each byte of input, so much output at all, and the
//! window of each coding. Output is handed on in small pieces and never gathered. Input that is cut off or corrupt is
//! an error value.

mod gzip;
mod stage;

use stage::Stage;

/// How many codings may lie one over the other.
pub const MOST_CODINGS: usize = 2;

/// A content coding that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`, `x-gzip`: one member or several.
    Gzip,
    /// `deflate`: zlib as the standard says, or raw as some servers send it.
    Deflate,
    /// `br`, with a window of at most 16 MiB.
    Brotli,
    /// `zstd`, with a window of at most 8 MiB, as the web has it.
    Zstd,
}

impl Coding {
    /// The word of the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" | "x-deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }
}

/// Codings that some browser or its helpers undo, and we do not.
const READ_ELSEWHERE: &[&str] =
    &["compress", "x-compress", "dcb", "dcz", "sdch", "bzip2", "x-bzip2", "xz", "lzma", "exi"];

/// The codings of an answer, in the order in which they were applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codings(Vec<Coding>);

impl Codings {
    /// No coding at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the value of `Content-Encoding`; several values of the header are joined by commas before. A word that no
    /// browser reads says nothing: they show the bytes as they are. Beside another one it may hide what some browser
    /// undoes all the same.
    pub fn parse(header: &str) -> Result<Self, DecodeError> {
        let mut words = header.split(',').map(str::trim).filter(|word| !word.is_empty());
        if let (Some(word), None) = (words.next(), words.next())
            && !READ_ELSEWHERE.iter().any(|known| word.eq_ignore_ascii_case(known))
        {
            return Ok(Coding::parse(word).map_or_else(Self::none, Self::one));
        }
        let mut codings = Vec::new();
        for word in header.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if word.eq_ignore_ascii_case("identity") {
                continue;
            }
            let Some(coding) = Coding::parse(word) else {
                return Err(DecodeError::Unknown { coding: word.chars().take(40).collect() });
            };
            if codings.len() == MOST_CODINGS {
                return Err(DecodeError::TooManyCodings);
            }
            codings.push(coding);
        }
        Ok(Self(codings))
    }

    /// One coding alone.
    #[must_use]
    pub fn one(coding: Coding) -> Self {
        Self(vec![coding])
    }

    /// Whether the bytes are as they are.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// How much a decoder may give out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes out for each byte in, once `free` bytes have been given out.
    pub ratio: u64,
    /// Bytes that may come out whatever went in: small answers compress very well.
    pub free: u64,
    /// Bytes out in all.
    pub total: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { ratio: 200, free: 1 << 20, total: 256 << 20 }
    }
}

/// Why bytes could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The header names a coding that cannot be read.
    #[error("content coding `{coding}` cannot be read")]
    Unknown {
        /// The word, cut to 40 characters.
        coding: String,
    },
    /// More codings lie one over the other than is sane.
    #[error("more than {MOST_CODINGS} content codings lie one over the other")]
    TooManyCodings,
    /// The bytes are not what the header says.
    #[error("the bytes are not valid {}", .coding.name())]
    Corrupt {
        /// The coding that failed.
        coding: Coding,
    },
    /// The bytes end before their coding does.
    #[error("the {} bytes end too early", .coding.name())]
    Truncated {
        /// The coding that was cut off.
        coding: Coding,
    },
    /// Little input gives too much output: a compression bomb.
    #[error("the {} bytes grow beyond {ratio} times their size", .coding.name())]
    Ratio {
        /// The coding that grew.
        coding: Coding,
        /// The bound.
        ratio: u64,
    },
    /// More output than may be.
    #[error("the {} bytes hold more than {total} bytes", .coding.name())]
    Total {
        /// The coding that grew.
        coding: Coding,
        /// The bound.
        total: u64,
    },
}

/// Reads encoded bytes as they come.
pub struct Decoder {
    /// The coding that was applied last is undone first.
    stages: Vec<Stage>,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder for these codings.
    #[must_use]
    pub fn new(codings: &Codings, bounds: Bounds) -> Self {
        Self { stages: codings.0.iter().rev().map(|coding| Stage::new(*coding, bounds)).collect(), failed: None }
    }

    /// Takes the next bytes and hands on what they hold, piece by piece. After an error the decoder gives the same
    /// error again and nothing else; what was handed on before it was good.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        through(&mut self.stages, bytes, out).inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Says that no more bytes come. Bytes that never began are no error: an empty answer is empty.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.stages.iter().try_for_each(Stage::finish)
    }
}

/// Inflates the first bytes of an entry of an archive; how much came out, or `None` when nothing more will.
pub(crate) fn inflate_some(engine: &mut flate2::Decompress, bytes: &[u8], buffer: &mut [u8]) -> Option<usize> {
    stage::inflate(engine, bytes, buffer).ok().map(|step| step.given)
}

fn through(stages: &mut [Stage], bytes: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), DecodeError> {
    let Some((first, rest)) = stages.split_first_mut() else {
        out(bytes);
        return Ok(());
    };
    let mut later = Ok(());
    let now = first.push(bytes, &mut |piece| {
        if later.is_ok() {
            later = through(rest, piece, out);
        }
        later.is_ok()
    });
    later.and(now)
}

#[cfg(test)]
mod tests;
