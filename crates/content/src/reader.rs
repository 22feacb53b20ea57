//! Reads one answer as it streams: codings, charset, text, phrases.

use std::sync::Arc;

use crate::{
    charset::{Charset, Hint},
    decode::{Bounds, Codings, DecodeError, Decoder},
    phrases::{Limits, Phrases, Scan, Scores},
    text::{Extractor, TextKind},
};

/// How the text of an answer lies in its bytes, as its head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The kind of text.
    pub kind: TextKind,
    /// The codings to undo first.
    pub codings: Codings,
    /// What is known of the charset.
    pub charset: Hint,
}

impl Form {
    /// Reads `Content-Type` and `Content-Encoding`. `None` when the answer holds no text for readers.
    pub fn of(content_type: &str, content_encoding: Option<&str>) -> Result<Option<Self>, DecodeError> {
        let Some(kind) = TextKind::of(content_type) else { return Ok(None) };
        let codings = content_encoding.map_or(Ok(Codings::none()), Codings::parse)?;
        let charset = match kind {
            TextKind::Events => Hint::Utf8,
            TextKind::Json => Hint::from_content_type(content_type).unwrap_or(Hint::Utf8),
            TextKind::Html => Hint::from_content_type(content_type).unwrap_or(Hint::Html),
            TextKind::Plain => Hint::from_content_type(content_type).unwrap_or(Hint::Nothing),
        };
        Ok(Some(Self { kind, codings, charset }))
    }
}

/// How much of an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Bounds of the decoder.
    pub decode: Bounds,
    /// Decoded bytes that are read; what comes after is not looked at. An event stream has no such bound.
    pub bytes: u64,
}

impl Default for Reach {
    fn default() -> Self {
        Self { decode: Bounds::default(), bytes: 8 << 20 }
    }
}

/// What is known after some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// No category is over its limit so far.
    Reading,
    /// A category is over its limit, whatever comes: see [`Reader::scores`].
    Over,
    /// Nothing more will be read: the rest may pass unseen by this reader.
    Done,
}

/// Reads one answer.
pub struct Reader {
    decoder: Option<Decoder>,
    page: Page,
}

struct Page {
    charset: Charset,
    text: Extractor,
    scan: Scan,
    left: u64,
    cut: bool,
}

impl Reader {
    /// A reader for one answer to an audience with these limits.
    #[must_use]
    pub fn new(form: &Form, phrases: Arc<Phrases>, limits: &Limits, reach: Reach) -> Self {
        let decoder = (!form.codings.is_none()).then(|| Decoder::new(&form.codings, reach.decode));
        let left = if form.kind == TextKind::Events { u64::MAX } else { reach.bytes };
        let page = Page {
            charset: Charset::new(form.charset),
            text: Extractor::new(form.kind),
            scan: Scan::new(phrases, limits),
            left,
            cut: false,
        };
        Self { decoder, page }
    }

    /// Takes the next bytes as they passed, encoded as they are. An error says that the rest cannot be read; the scores
    /// so far stay.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Progress, DecodeError> {
        let Self { decoder, page } = self;
        if !page.cut {
            match decoder {
                Some(decoder) => decoder.push(bytes, &mut |plain| page.push(plain))?,
                None => page.push(bytes),
            }
        }
        Ok(page.progress())
    }

    /// Says that the answer has ended, and gives its scores. An error says that it was cut off.
    pub fn finish(&mut self) -> Result<Scores, DecodeError> {
        let Self { decoder, page } = self;
        page.finish();
        match decoder {
            Some(decoder) if !page.cut => decoder.finish()?,
            Some(_) | None => {}
        }
        Ok(page.scores(true))
    }

    /// The scores so far; a category is over when it stays so whatever comes.
    #[must_use]
    pub fn scores(&self) -> Scores {
        self.page.scores(false)
    }
}

impl Page {
    fn push(&mut self, plain: &[u8]) {
        let Self { charset, text, scan, left, cut } = self;
        let room = usize::try_from(*left).unwrap_or(usize::MAX);
        let plain = plain.get(..room).unwrap_or(plain);
        *left -= plain.len() as u64;
        charset.push(plain, &mut |piece| text.push(piece, scan));
        *cut = *left == 0;
    }

    fn finish(&mut self) {
        let Self { charset, text, scan, .. } = self;
        charset.finish(&mut |piece| text.push(piece, scan));
        text.finish(scan);
    }

    fn progress(&self) -> Progress {
        if self.scan.is_over() {
            Progress::Over
        } else if self.cut {
            Progress::Done
        } else {
            Progress::Reading
        }
    }

    fn scores(&self, last: bool) -> Scores {
        Scores { cut: self.cut, ..self.scan.scores(last) }
    }
}
