//! What a reader would see of an answer, as it streams: the words of HTML, plain text, JSON and event streams.
//!
//! A [`TextKind`] says how the text lies in the bytes. Its extractor hands pieces of text on *lanes*: what a reader
//! sees as one run of words goes down one lane, whatever lies between its pieces in the file. The text of a page is
//! one lane and its tool tips another; an event stream has a lane for each name in its JSON, so that the fragments
//! "sui" and "cide" of two events become one word. [`fold`] makes words of each lane.

mod elements;
mod entity;
mod events;
pub mod fold;
mod html;
mod json;

use events::Events;
use html::Html;
use json::Json;

/// How many lanes there are; lane 0 is the main text.
pub const LANES: usize = 16;

/// How text lies in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// HTML, XHTML, and XML such as feeds and SVG.
    Html,
    /// Text as it is: plain, Markdown, CSV.
    Plain,
    /// One JSON value or several after each other.
    Json,
    /// `text/event-stream`: `data:` lines that hold JSON or text.
    Events,
}

impl TextKind {
    /// The kind that a `Content-Type` names; `None` for what holds no text for readers (pictures, scripts, styles).
    /// Where nothing is named, browsers look at the bytes and show what may be HTML; it is read as that.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match media.as_str() {
            "" | "*/*" | "unknown/unknown" | "application/unknown" => Self::Html,
            "text/html" | "application/xhtml+xml" | "text/xml" | "application/xml" | "image/svg+xml" => Self::Html,
            "text/event-stream" => Self::Events,
            "text/json" | "application/json" | "application/x-ndjson" | "application/jsonl" | "application/ndjson" => {
                Self::Json
            }
            "text/javascript" | "text/css" | "text/ecmascript" | "text/x-component" => return None,
            _ if media.ends_with("+json") => Self::Json,
            _ if media.ends_with("+xml") => Self::Html,
            _ if media.starts_with("text/") => Self::Plain,
            _ => return None,
        })
    }
}

/// Takes the pieces of text that an extractor finds.
pub trait Sink {
    /// A piece of the text of a lane; it may be any part of a word.
    fn text(&mut self, lane: usize, piece: &str);
    /// Words on both sides of this point are apart.
    fn gap(&mut self, lane: usize);
}

/// Finds the text of one answer.
#[derive(Debug)]
pub struct Extractor(Kind);

#[derive(Debug)]
enum Kind {
    Html(Box<Html>),
    Plain,
    Json(Box<Json>),
    Events(Box<Events>),
}

impl Extractor {
    /// An extractor for text of this kind.
    #[must_use]
    pub fn new(kind: TextKind) -> Self {
        Self(match kind {
            TextKind::Html => Kind::Html(Box::default()),
            TextKind::Plain => Kind::Plain,
            TextKind::Json => Kind::Json(Box::default()),
            TextKind::Events => Kind::Events(Box::default()),
        })
    }

    /// Takes the next characters.
    pub fn push<S: Sink>(&mut self, text: &str, sink: &mut S) {
        match &mut self.0 {
            Kind::Html(html) => html.push(text, sink),
            Kind::Plain => sink.text(0, text),
            Kind::Json(json) => json.push(text, sink),
            Kind::Events(events) => events.push(text, sink),
        }
    }

    /// Says that no more come.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) {
        match &mut self.0 {
            Kind::Html(html) => html.finish(sink),
            Kind::Plain | Kind::Json(_) | Kind::Events(_) => {}
        }
        (0..LANES).for_each(|lane| sink.gap(lane));
    }
}

#[cfg(test)]
mod tests;
