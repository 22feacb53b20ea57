//! The words of what people are told: a file of the policy folder, declared words, or the clause itself.

use std::borrow::Cow;

use declare::NoticeText;
use kernel::{Audience, Digest};
use policy::{Block, prose};

use super::Item;

/// The words of an item for somebody.
#[derive(Debug, Clone)]
pub struct Text<'p> {
    /// What it is called.
    pub title: String,
    /// Its version, where the file says one.
    pub version: Option<String>,
    /// Its parts.
    pub blocks: Cow<'p, [Block]>,
    /// The language, where it is not English.
    pub language: Option<String>,
    /// For whom it is.
    pub who: Audience,
    /// Where it comes from.
    pub origin: Origin,
    /// The declared words, before the clause stands in them.
    pub(super) declared: Option<&'p NoticeText>,
}

/// Where the words come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file of the policy folder.
    File,
    /// The declaration of the control.
    Declared,
    /// The clause itself.
    Clause,
}

impl Text<'_> {
    /// The digest of what is read. A changed text has another, and is read again.
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key("gatehouse 2026 text of a notice");
        let mut add = |part: &str| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        };
        add(&self.title);
        add(self.version.as_deref().unwrap_or_default());
        for sentence in self.sentences() {
            add(&sentence);
        }
        Digest(*hasher.finalize().as_bytes())
    }

    /// Whether both are the same words, but for the clause that stands in them.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self.declared, other.declared) {
            (Some(one), Some(two)) => one == two,
            (None, None) => {
                self.origin == other.origin && (self.origin == Origin::Clause || self.digest() == other.digest())
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// The words of several items that are alike, with all their clauses.
    pub fn for_all(&self, items: &[&Item<'_>]) -> Vec<Block> {
        let clauses: Vec<&str> = items.iter().map(|item| item.clause.text.as_str()).collect();
        match (self.declared, self.origin) {
            (Some(declared), _) => with_clauses(&declared.text, &clauses),
            (None, Origin::Clause) if clauses.len() > 1 => {
                let words: String = clauses.iter().map(|clause| format!("- {}\n", plain_markdown(clause))).collect();
                prose(&words)
            }
            (None, _) => self.blocks.to_vec(),
        }
    }

    /// What it says, a line for each paragraph, item and cell.
    pub fn sentences(&self) -> Vec<String> {
        let mut out = Vec::new();
        gather(&self.blocks, &mut out);
        out
    }

    /// Its first paragraph or point, without marks: for a banner or a line on another page.
    pub fn first_line(&self) -> String {
        self.sentences().into_iter().find(|line| !line.trim().is_empty()).unwrap_or_else(|| self.title.clone())
    }
}

fn gather(blocks: &[Block], out: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Heading(heading) => out.push(heading.text.clone()),
            Block::Paragraph(paragraph) => out.push(paragraph.text.clone()),
            Block::List(list) => list.items.iter().for_each(|item| gather(item, out)),
            Block::Table(table) => {
                let rows = std::iter::once(&table.head).chain(table.rows.iter().map(|row| &row.cells));
                out.extend(rows.flatten().map(|cell| cell.text.clone()));
            }
            Block::Quote(inner) => gather(inner, out),
            Block::Code(text) => out.push(text.clone()),
            Block::Rule => {}
        }
    }
}

/// Declared words with the clauses in their place: one as it is; several as a list where the place is a paragraph of
/// its own, else one after the other.
pub(super) fn with_clauses(text: &str, clauses: &[&str]) -> Vec<Block> {
    const PLACE: &str = "{clause}";
    let words: Vec<String> = clauses.iter().map(|clause| plain_markdown(clause)).collect();
    if words.len() < 2 {
        return prose(&text.replace(PLACE, &words.concat()));
    }
    let list: String = words.iter().map(|words| format!("- {words}\n")).collect();
    let line = |line: &str| match line.trim().trim_start_matches('>').trim() {
        PLACE => format!("\n{list}"),
        _ => line.replace(PLACE, &words.join(" ")),
    };
    prose(&text.lines().map(line).collect::<Vec<_>>().join("\n"))
}

/// Words that Markdown would take for its own signs, as they are.
fn plain_markdown(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, char| {
        if matches!(char, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|') {
            out.push('\\');
        }
        out.push(char);
        out
    })
}
