//! Where a clause stands: the item, row or paragraph that holds it.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// What holds a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    /// An item of a list: all of it, with what stands below it.
    Item(Range<usize>),
    /// A row of a table.
    Row(Range<usize>),
    /// A paragraph of its own.
    Paragraph(Range<usize>),
}

/// Finds what holds the bytes at `clause`, in a text whose Markdown begins at `body`.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the parser's many events this knows a few")]
pub(super) fn holder(text: &str, body: usize, clause: &Range<usize>) -> Option<Holder> {
    let mut found = None;
    for (event, range) in Parser::new_ext(text.get(body..)?, Options::ENABLE_TABLES).into_offset_iter() {
        let range = body + range.start..body + range.end;
        if range.start > clause.start || range.end < clause.end.min(range.end.max(clause.start + 1)) {
            continue;
        }
        if range.end <= clause.start {
            continue;
        }
        let trimmed = range.start..range.start + text.get(range.clone())?.trim_end().len();
        match event {
            Event::Start(Tag::Item) => found = Some(Holder::Item(trimmed)),
            Event::Start(Tag::TableRow) => found = Some(Holder::Row(trimmed)),
            // A paragraph inside an item is the item's.
            Event::Start(Tag::Paragraph) if !matches!(found, Some(Holder::Item(_))) => {
                found = Some(Holder::Paragraph(trimmed));
            }
            _ => {}
        }
    }
    found
}

/// The first byte of the line at `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// What stands on the line before `at`, as the beginning of another line: quotation marks stay, anything else
/// becomes spaces.
pub(super) fn lead(text: &str, at: usize) -> String {
    let before = text.get(line_start(text, at)..at).unwrap_or("");
    before.chars().map(|char| if char == '>' || char.is_whitespace() { char } else { ' ' }).collect()
}
