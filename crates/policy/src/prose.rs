//! Text that stands outside a policy but is printed like one: the words of a notice in a declaration.

use crate::{
    diagnostic::{Lines, Reporter},
    markdown,
    model::Block,
    source::Source,
};

/// Reads Markdown into blocks whose HTML is safe, whatever the text says. Bindings in it are left out.
pub fn prose(text: &str) -> Vec<Block> {
    let source = Source::of_text(text);
    let lines = Lines::of(&source);
    let mut report = Reporter::new(&source, &lines);
    let text = source.files.first().map_or("", |file| file.text.as_str());
    markdown::read(0, text, 0, &mut report).blocks
}
