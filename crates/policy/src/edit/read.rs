//! Reads one file for a change, and says whether two readings differ in anything but one clause.

use crate::{
    diagnostic::{Lines, Reporter},
    front_read,
    markdown::{self, Raw, RawClause},
    model::{Block, ClauseIx},
    site::{RawSite, Shape},
    source::{Source, SourceFile},
};

/// A file as it reads.
pub(super) struct Reading {
    pub(super) raw: Raw,
    /// Where the text begins, after the front matter.
    pub(super) body: usize,
    /// How many errors there are in the text.
    errors: usize,
}

pub(super) fn read(file: &SourceFile) -> Reading {
    let source = Source { files: vec![file.clone()] };
    let lines = Lines::of(&source);
    let mut report = Reporter::new(&source, &lines);
    let body = front_read::split(0, file, &mut report).body;
    let raw = markdown::read(0, &file.text, body, &mut report);
    Reading { raw, body, errors: report.errors() }
}

/// What a span is to the language, without its spacing.
fn canonical(site: &RawSite) -> (Option<String>, Option<String>) {
    let kind = matches!(site.shape, Shape::Malformed).then(|| "malformed".to_owned());
    (site.canonical().or(kind), site.label.as_ref().map(|label| label.text.clone()))
}

/// The bytes of a clause, bindings and all.
fn bytes<'t>(clause: &RawClause, text: &'t str) -> &'t str {
    text.get(clause.span.range()).unwrap_or("")
}

/// Whether two clauses are written and stand alike.
fn alike(one: (&RawClause, &str), two: (&RawClause, &str)) -> bool {
    bytes(one.0, one.1) == bytes(two.0, two.1)
        && one.0.section == two.0.section
        && one.0.row.is_some() == two.0.row.is_some()
        && one.0.sites.len() == two.0.sites.len()
        && one.0.text == two.0.text
        && one.0.html == two.0.html
}

/// Whether everything but the clause at `ix` reads as before, and that clause still has its spans; with `same_sites`
/// the same ones, else only the label.
pub(super) fn only(before: (&Reading, &str), after: (&Reading, &str), ix: usize, same_sites: bool) -> bool {
    let ((old, old_text), (new, new_text)) = (before, after);
    let clauses = old.raw.clauses.len() == new.raw.clauses.len()
        && old
            .raw
            .clauses
            .iter()
            .zip(&new.raw.clauses)
            .enumerate()
            .all(|(at, (one, two))| at == ix || alike((one, old_text), (two, new_text)));
    let (Some(one), Some(two)) = (old.raw.clauses.get(ix), new.raw.clauses.get(ix)) else { return false };
    let sites = if same_sites {
        one.sites.iter().map(canonical).eq(two.sites.iter().map(canonical))
    } else {
        one.label().map(|it| &it.text) == two.label().map(|it| &it.text) && one.text == two.text && one.html == two.html
    };
    clauses
        && sites
        && one.section == two.section
        && one.row.as_ref().map(|row| row.cells.len()) == two.row.as_ref().map(|row| row.cells.len())
        && beside(old, new)
        && neutral(&old.raw.blocks, ix) == neutral(&new.raw.blocks, ix)
        && old.body == new.body
}

/// Whether the clause at `ix` of `more` is all that `more` has beyond `less`; with it a list may end that holds nothing
/// else, where `may_end` says so.
pub(super) fn one_more(less: (&Reading, &str), more: (&Reading, &str), ix: usize, may_end: bool) -> bool {
    let grown = size(&more.0.raw.blocks).saturating_sub(size(&less.0.raw.blocks));
    let rest: Vec<_> = more.0.raw.clauses.iter().enumerate().filter(|(at, _)| *at != ix).map(|(_, it)| it).collect();
    rest.len() == less.0.raw.clauses.len()
        && more.0.raw.clauses.len() == rest.len() + 1
        && less.0.raw.clauses.iter().zip(rest).all(|(one, two)| alike((one, less.1), (two, more.1)))
        && beside(less.0, more.0)
        && (grown == 1 || may_end && grown == 2)
        && less.0.body == more.0.body
}

/// Headings, prose, unbound items: what is no clause.
fn beside(old: &Reading, new: &Reading) -> bool {
    old.raw.headings == new.raw.headings
        && old.raw.unbound.len() == new.raw.unbound.len()
        && old.raw.prose.iter().map(|it| &it.0).eq(new.raw.prose.iter().map(|it| &it.0))
        && new.errors <= old.errors
}

/// How many blocks and rows there are.
fn size(blocks: &[Block]) -> usize {
    let one = |block: &Block| match block {
        Block::List(list) => 1 + list.items.iter().map(|item| size(item)).sum::<usize>(),
        Block::Quote(inner) => 1 + size(inner),
        Block::Table(table) => 1 + table.rows.len(),
        Block::Paragraph(_) | Block::Heading(_) | Block::Code(_) | Block::Rule => 1,
    };
    blocks.iter().map(one).sum()
}

/// The blocks with the words of one clause taken out.
fn neutral(blocks: &[Block], ix: usize) -> Vec<Block> {
    let own = |clause: Option<ClauseIx>| clause == Some(ClauseIx(ix));
    let one = |block: &Block| match block {
        Block::Paragraph(paragraph) if own(paragraph.clause) => {
            let mut paragraph = paragraph.clone();
            paragraph.text.clear();
            paragraph.html.clear();
            Block::Paragraph(paragraph)
        }
        Block::List(list) => {
            let mut list = list.clone();
            list.items = list.items.iter().map(|item| neutral(item, ix)).collect();
            Block::List(list)
        }
        Block::Quote(inner) => Block::Quote(neutral(inner, ix)),
        Block::Table(table) => {
            let mut table = table.clone();
            for row in table.rows.iter_mut().filter(|row| own(row.clause)) {
                for cell in &mut row.cells {
                    cell.text.clear();
                    cell.html.clear();
                }
            }
            Block::Table(table)
        }
        Block::Paragraph(_) | Block::Heading(_) | Block::Code(_) | Block::Rule => block.clone(),
    };
    blocks.iter().map(one).collect()
}
