//! The text of an agreement: its digest, and its parts as a page shows them.

use kernel::Digest;
use policy::{Agreement, Block};

use super::views::{Part, Point};
use crate::policy_pages::prose;

/// The digest of what is signed: name, title, version and every word of the text. How the text is
/// bound to controls, and to whom it goes, is not part of it; so a new label asks nobody to sign again.
pub fn digest(agreement: &Agreement) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key("gatehouse 2026 text of an agreement");
    for part in [&agreement.name, &agreement.title, &agreement.version] {
        add(&mut hasher, b't', part);
    }
    add_blocks(&mut hasher, &agreement.document.blocks);
    Digest(*hasher.finalize().as_bytes())
}

fn add(hasher: &mut blake3::Hasher, kind: u8, text: &str) {
    hasher.update(&[kind]);
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn add_blocks(hasher: &mut blake3::Hasher, blocks: &[Block]) {
    hasher.update(b"{");
    for block in blocks {
        match block {
            Block::Heading(heading) => add(hasher, b'h', &heading.text),
            Block::Paragraph(paragraph) => add(hasher, b'p', &paragraph.text),
            Block::List(list) => {
                hasher.update(b"l");
                list.items.iter().for_each(|item| add_blocks(hasher, item));
            }
            Block::Table(table) => {
                hasher.update(b"b");
                let rows = std::iter::once(&table.head).chain(table.rows.iter().map(|row| &row.cells));
                for cells in rows {
                    hasher.update(b"r");
                    cells.iter().for_each(|cell| add(hasher, b'c', &cell.text));
                }
            }
            Block::Quote(inner) => add_blocks(hasher, inner),
            Block::Code(text) => add(hasher, b'k', text),
            Block::Rule => {
                hasher.update(b"-");
            }
        }
    }
    hasher.update(b"}");
}

/// The parts of an agreement. Its first heading is left out where it repeats the title.
pub(crate) fn parts(agreement: &Agreement) -> Vec<Part> {
    let mut parts = Vec::new();
    for (nth, block) in agreement.document.blocks.iter().enumerate() {
        match block {
            Block::Heading(heading) if nth == 0 && (heading.level == 1 || heading.text == agreement.title) => {}
            Block::Heading(heading) => parts.push(Part::Heading(heading.text.clone())),
            Block::List(list) => parts.push(Part::Points(list.items.iter().map(|item| point(item)).collect())),
            Block::Paragraph(paragraph) if paragraph.text.trim().is_empty() => {}
            Block::Paragraph(_) | Block::Table(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => {
                parts.push(Part::Prose(prose::block(block)));
            }
        }
    }
    parts
}

/// How many points an agreement has.
pub(crate) fn points(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|part| match part {
            Part::Points(points) => points.len(),
            Part::Heading(_) | Part::Prose(_) => 0,
        })
        .sum()
}

/// About how many minutes it takes to read, for somebody who reads so many words a minute.
pub(crate) fn minutes(agreement: &Agreement, words_a_minute: usize) -> usize {
    let words: usize = agreement.document.blocks.iter().map(words_in).sum();
    words.div_ceil(words_a_minute).max(1)
}

fn words_in(block: &Block) -> usize {
    let count = |text: &str| text.split_whitespace().count();
    match block {
        Block::Heading(heading) => count(&heading.text),
        Block::Paragraph(paragraph) => count(&paragraph.text),
        Block::List(list) => list.items.iter().flatten().map(words_in).sum(),
        Block::Table(table) => {
            table.rows.iter().flat_map(|row| &row.cells).chain(&table.head).map(|cell| count(&cell.text)).sum()
        }
        Block::Quote(inner) => inner.iter().map(words_in).sum(),
        Block::Code(text) => count(text),
        Block::Rule => 0,
    }
}

fn point(item: &[Block]) -> Point {
    let mut html = String::new();
    let mut text = String::new();
    let mut small = String::new();
    for (nth, block) in item.iter().enumerate() {
        match block {
            Block::Paragraph(paragraph) if nth == 0 => {
                text.clone_from(&paragraph.text);
                html.clone_from(&paragraph.html);
            }
            Block::Paragraph(paragraph) => {
                if !small.is_empty() {
                    small.push(' ');
                }
                small.push_str(&paragraph.html);
            }
            Block::Heading(_) | Block::List(_) | Block::Table(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => {
                html.push_str(&prose::block(block));
            }
        }
    }
    Point { picture: picture(&text), html, small: (!small.is_empty()).then_some(small) }
}

/// The picture that stands beside a promise: the first whose words the promise has.
fn picture(text: &str) -> &'static str {
    const PICTURES: [(&str, &[&str]); 7] = [
        ("pic-key", &["password", "log in", "log on", "login", "logon", "sign in"]),
        ("pic-camera", &["photo", "picture", "film", "video", "image", "camera"]),
        ("pic-stranger", &["meet", "stranger", "don't know", "don’t know", "do not know"]),
        ("pic-house", &["address", "phone number", "full name", "personal", "private", "where i live"]),
        ("pic-speak", &["tell", "report", "worr", "upset", "talk to", "ask a"]),
        ("pic-eye", &["can see", "monitor", "check", "record", "look at what"]),
        ("pic-heart", &["kind", "polite", "respect", "friendly", "bully", "care"]),
    ];
    let text = text.to_lowercase();
    let found = PICTURES.iter().find(|(_, words)| words.iter().any(|word| text.contains(word)));
    found.map_or("pic-book", |(picture, _)| picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_has_its_picture() {
        assert_eq!(picture("I keep my password to myself."), "pic-key");
        assert_eq!(picture("I ask before I take or share a picture of anyone."), "pic-camera");
        assert_eq!(picture("I never plan to meet someone that I only know online."), "pic-stranger");
        assert_eq!(picture("If something worries me, I turn the screen over."), "pic-speak");
        assert_eq!(picture("School can see the sites that I visit here."), "pic-eye");
        assert_eq!(picture("I write to people as kindly as I would speak to them."), "pic-heart");
        assert_eq!(picture("I look after the tablets."), "pic-book");
    }
}
