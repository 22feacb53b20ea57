//! Writes labels where clauses have none. Only inserts: every other byte stays.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diagnostic::{Lines, Reporter},
    front_read,
    markdown::{self, RawClause},
    site::Shape,
    source::{Source, SourceFile},
};

/// A policy whose clauses have labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The files.
    pub source: Source,
    /// The labels that were written, in the order of the source.
    pub written: Vec<Written>,
}

/// A label that was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// The file.
    pub path: String,
    /// The label.
    pub label: String,
    /// What the clause says.
    pub text: String,
}

/// Writes a label into each clause that has none. It is made of the heading and a count: `passwords-2`. Labels that
/// are there stay; a policy that has all its labels comes back as it is.
pub fn label(source: &Source) -> Labelled {
    let source = Source::new(source.files.clone());
    let lines = Lines::of(&source);
    let mut report = Reporter::new(&source, &lines);
    let read: Vec<_> = source
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            file.is_prose().then(|| {
                let body = front_read::split(at, file, &mut report).body;
                markdown::read(at, &file.text, body, &mut report)
            })
        })
        .collect();
    let mut taken: BTreeSet<String> = read
        .iter()
        .flatten()
        .flat_map(|raw| &raw.sites)
        .filter_map(|site| site.label.as_ref())
        .map(|label| label.text.clone())
        .collect();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut written = Vec::new();
    let mut files = Vec::new();
    for (file, raw) in source.files.iter().zip(&read) {
        let Some(raw) = raw else {
            files.push(file.clone());
            continue;
        };
        let mut inserts: Vec<(usize, String)> = Vec::new();
        for clause in raw.clauses.iter().filter(|clause| clause.label().is_none()) {
            let Some(place) = place(clause, &file.text) else { continue };
            let heading = clause.section.and_then(|at| raw.headings.get(at)).map_or("", |(_, text)| text);
            let slug = if file.path == Source::MAIN { slug(heading) } else { slug(stem(&file.path)) };
            let label = next(&slug, &mut counts, &mut taken);
            inserts.push(match place {
                Place::Span(at) => (at, format!("{label}: ")),
                Place::Cell(at) => (at, format!(" `{label}:` ")),
            });
            written.push(Written { path: file.path.clone(), label, text: clause.text.clone() });
        }
        files.push(SourceFile { path: file.path.clone(), text: insert(&file.text, inserts) });
    }
    Labelled { source: Source { files }, written }
}

enum Place {
    /// Into a code span, before what it says.
    Span(usize),
    /// Into the last cell of a row.
    Cell(usize),
}

fn place(clause: &RawClause, text: &str) -> Option<Place> {
    match clause.sites.first().map(|site| (&site.shape, site.inner)) {
        Some((Shape::Binding(_) | Shape::Context, inner)) => Some(Place::Span(inner.start)),
        Some((Shape::Label | Shape::Malformed, _)) => None,
        None => {
            let cell = clause.row.as_ref()?.last_cell;
            let inside = clause.span.start <= cell.start && cell.end <= clause.span.end;
            let content = text.get(cell.range())?;
            // A cell that is not closed, or that ends in a backslash or backtick, is better left to its author.
            let plain = !content.contains(['`', '\\', '\n', '|']);
            (inside && plain).then_some(Place::Cell(cell.end))
        }
    }
}

fn insert(text: &str, mut inserts: Vec<(usize, String)>) -> String {
    inserts.sort_by_key(|(at, _)| *at);
    let mut out = String::with_capacity(text.len() + inserts.len() * 16);
    let mut from = 0;
    for (at, what) in inserts {
        let Some(before) = text.get(from..at) else { continue };
        out.push_str(before);
        out.push_str(&what);
        from = at;
    }
    out.push_str(text.get(from..).unwrap_or(""));
    out
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".md").unwrap_or(name)
}

fn next(slug: &str, counts: &mut BTreeMap<String, u32>, taken: &mut BTreeSet<String>) -> String {
    let count = counts.entry(slug.to_owned()).or_insert(0);
    loop {
        *count = count.saturating_add(1);
        let label = format!("{slug}-{count}");
        if taken.insert(label.clone()) || *count == u32::MAX {
            return label;
        }
    }
}

const SMALL: [&str; 22] = [
    "the", "and", "of", "a", "an", "for", "in", "to", "with", "our", "your", "on", "at", "by", "or", "is", "are", "it",
    "its", "their", "how", "what",
];

/// The first words of a heading that say something: "passwords", "web-filtering".
fn slug(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let words = lower
        .split(|char: char| !char.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !SMALL.contains(word) && !word.bytes().all(|byte| byte.is_ascii_digit()));
    let mut slug = String::new();
    for word in words.take(2) {
        if !slug.is_empty() {
            if slug.len() + word.len() > 20 {
                break;
            }
            slug.push('-');
        }
        slug.extend(word.chars().take(20));
    }
    if slug.is_empty() { "clause".to_owned() } else { slug }
}
