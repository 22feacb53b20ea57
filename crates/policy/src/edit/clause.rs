//! The words and bindings of one clause; a clause more, a clause less.

use std::{collections::BTreeSet, ops::Range};

use super::{
    EditError, escape,
    place::{self, Holder},
    read::{self, Reading},
};
use crate::{
    control::ControlId,
    markdown::RawClause,
    site::{RawSite, Shape},
    source::{Source, SourceFile},
    terms::TermTable,
};

/// A clause as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseText {
    /// Its label.
    pub label: String,
    /// The file.
    pub path: String,
    /// The heading that it stands under.
    pub section: String,
    /// What it says: one part, or the cells of a row.
    pub parts: Vec<Part>,
    /// Its own bindings as they are written, without backticks and label.
    pub bindings: Vec<String>,
    /// What the paragraph before a table gives its rows, as it is written.
    pub of_table: Vec<String>,
    /// Whether it is marked as background.
    pub context: bool,
}

/// A part of what a clause says, as Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The heading of its column, where it is a cell.
    pub heading: Option<String>,
    /// The words.
    pub text: String,
}

/// A clause that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// What it says.
    pub words: String,
    /// Its bindings, `module.control { terms }`; background where there are none.
    pub bindings: Vec<String>,
}

/// A clause in a reading of its file.
struct Found {
    file: usize,
    reading: Reading,
    ix: usize,
}

impl Found {
    fn of(source: &Source, label: &str) -> Result<Self, EditError> {
        for (file, text) in source.files.iter().enumerate() {
            if !text.is_prose() || !text.text.contains(label) {
                continue;
            }
            let reading = read::read(text);
            let ix = reading.raw.clauses.iter().position(|clause| clause.label().is_some_and(|it| it.text == label));
            if let Some(ix) = ix {
                return Ok(Self { file, reading, ix });
            }
        }
        Err(EditError::NoClause(label.to_owned()))
    }

    fn clause(&self) -> Result<&RawClause, EditError> {
        self.reading.raw.clauses.get(self.ix).ok_or(EditError::BreaksOut)
    }

    fn text<'s>(&self, source: &'s Source) -> &'s str {
        source.files.get(self.file).map_or("", |file| file.text.as_str())
    }
}

/// The labels of all clauses that have one, in the order of the source.
pub fn labels(source: &Source) -> Vec<String> {
    let of = |file: &SourceFile| {
        let raw = read::read(file).raw;
        raw.clauses.iter().filter_map(|clause| clause.label().map(|label| label.text.clone())).collect::<Vec<_>>()
    };
    source.files.iter().filter(|file| file.is_prose()).flat_map(of).collect()
}

/// The clause of a label as it is written.
///
/// # Errors
/// Where no clause has the label.
pub fn clause(source: &Source, label: &str) -> Result<ClauseText, EditError> {
    let found = Found::of(source, label)?;
    let text = found.text(source);
    let clause = found.clause()?;
    let heads = clause.row.as_ref().map(|row| row.head.as_slice());
    let parts = places(clause, text)
        .into_iter()
        .enumerate()
        .map(|(at, range)| Part {
            heading: heads.map(|heads| heads.get(at).cloned().unwrap_or_default()),
            text: text.get(range).unwrap_or("").to_owned(),
        })
        .collect();
    let lead = clause.row.as_ref().and_then(|row| row.lead.as_ref());
    Ok(ClauseText {
        label: label.to_owned(),
        path: source.files.get(found.file).map(|file| file.path.clone()).unwrap_or_default(),
        section: clause
            .section
            .and_then(|at| found.reading.raw.headings.get(at))
            .map(|heading| heading.1.clone())
            .unwrap_or_default(),
        parts,
        bindings: bindings_of(clause).map(|site| written(site, text).to_owned()).collect(),
        of_table: lead.into_iter().flat_map(|lead| lead.iter()).map(|site| written(site, text).to_owned()).collect(),
        context: clause.sites.iter().any(|site| matches!(site.shape, Shape::Context)),
    })
}

/// Where the words of a clause stand: one place, or the cells of its row.
fn places(clause: &RawClause, text: &str) -> Vec<Range<usize>> {
    let end = clause.sites.first().map_or(clause.span.end, |site| site.span.start);
    let trim = |range: Range<usize>| {
        let words = text.get(range.clone()).unwrap_or("");
        // In an empty cell words stand a space behind its mark.
        let pad = if words.trim().is_empty() { words.len().min(1) } else { words.len() - words.trim_start().len() };
        range.start + pad..range.start + pad + words.trim().len()
    };
    // The parser leaves out the backslash before an escaped mark.
    let start = clause.span.start;
    let start = if text.get(..start).is_some_and(|before| before.ends_with('\\')) { start - 1 } else { start };
    match &clause.row {
        None => vec![trim(start..end)],
        Some(row) => row
            .cells
            .iter()
            .map(|(_, span)| trim(span.start..if span.start <= end && end < span.end { end } else { span.end }))
            .collect(),
    }
}

/// The spans that bind the clause.
fn bindings_of(clause: &RawClause) -> impl Iterator<Item = &RawSite> {
    clause.sites.iter().filter(|site| matches!(site.shape, Shape::Binding(_) | Shape::Malformed))
}

/// Where a span stands without backticks and label.
fn inner(site: &RawSite, text: &str) -> Range<usize> {
    let whole = site.inner.range();
    let start = site.label.as_ref().map_or(whole.start, |label| {
        let after = text.get(label.span.end..whole.end).unwrap_or("");
        label.span.end + after.find(':').map_or(0, |colon| colon + 1)
    });
    let words = text.get(start..whole.end).unwrap_or("");
    let start = start + (words.len() - words.trim_start().len());
    start..start + words.trim().len()
}

fn written<'t>(site: &RawSite, text: &'t str) -> &'t str {
    text.get(inner(site, text)).unwrap_or("")
}

/// The source with other bytes at some places of one file; the places do not overlap.
fn with(source: &Source, file: usize, mut changes: Vec<(Range<usize>, String)>) -> Source {
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut source = source.clone();
    if let Some(file) = source.files.get_mut(file) {
        for (range, text) in changes {
            if file.text.get(range.clone()).is_some() {
                file.text.replace_range(range, &text);
            }
        }
    }
    source
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Gives a clause other words: one part, or one for each cell of its row. Markdown that stays inside is kept; what
/// would break out of its place is escaped.
///
/// # Errors
/// Why not; the source stays as it is.
pub fn set_words(source: &Source, label: &str, words: &[String]) -> Result<Source, EditError> {
    let found = Found::of(source, label)?;
    let (text, clause) = (found.text(source), found.clause()?);
    let places = places(clause, text);
    if places.len() != words.len() {
        return Err(EditError::Cells { cells: places.len(), given: words.len() });
    }
    if words.iter().all(|words| escape::one_line(words).is_empty()) {
        return Err(EditError::NoWords);
    }
    let cell = clause.row.is_some();
    let own_lead = place::lead(text, clause.span.start);
    let newline = newline(text);
    let ways: Vec<_> = words.iter().map(|words| escape::ways(words, newline, &own_lead, cell)).collect();
    let (last, plain) = (escape::WAYS - 1, escape::one_line(words.first().map_or("", String::as_str)));
    for way in 0..escape::WAYS {
        let changes = places.iter().zip(&ways).filter_map(|(range, ways)| {
            let new = ways.get(way)?;
            (text.get(range.clone()) != Some(new.as_str())).then(|| (range.clone(), new.clone()))
        });
        let changed = with(source, found.file, changes.collect());
        let Some(file) = changed.files.get(found.file) else { continue };
        let after = read::read(file);
        let Some(now) = after.raw.clauses.get(found.ix) else { continue };
        // What was typed may be Markdown; where every mark is escaped, it reads as it was typed.
        let faithful = way < last || cell || now.text == plain;
        let said = !now.text.trim().is_empty() && faithful;
        if said && read::only((&found.reading, text), (&after, &file.text), found.ix, true) {
            return Ok(changed);
        }
    }
    Err(EditError::BreaksOut)
}

/// Writes the binding of a clause that is the `number`th, from 1, as it is given: `module.control { terms }`.
///
/// # Errors
/// Why not; the source stays as it is.
pub fn set_binding(source: &Source, label: &str, number: usize, given: &str) -> Result<Source, EditError> {
    let mut bindings = clause(source, label)?.bindings;
    let none = || EditError::NoBinding { label: label.to_owned(), number };
    let binding = number.checked_sub(1).and_then(|at| bindings.get_mut(at)).ok_or_else(none)?;
    given.clone_into(binding);
    set_bindings(source, label, &bindings)
}

/// As [`set_binding`], from a control and its terms.
///
/// # Errors
/// Why not; the source stays as it is.
pub fn set_binding_terms(
    source: &Source,
    label: &str,
    number: usize,
    control: &ControlId,
    terms: &TermTable,
) -> Result<Source, EditError> {
    let given = if terms.is_empty() { control.to_string() } else { format!("{control} {}", terms.to_toml()) };
    set_binding(source, label, number, &given)
}

/// Gives a clause these bindings, as they are given; without any it becomes background. Those that stay the same keep
/// their bytes.
///
/// # Errors
/// Why not; the source stays as it is.
pub fn set_bindings(source: &Source, label: &str, given: &[String]) -> Result<Source, EditError> {
    let found = Found::of(source, label)?;
    let (text, clause) = (found.text(source), found.clause()?);
    let given: Vec<String> = given.iter().map(|it| it.trim().to_owned()).collect();
    for binding in &given {
        check_binding(binding)?;
    }
    let now: Vec<_> = bindings_of(clause).collect();
    let changes = if now.len() == given.len() {
        let pairs = now.iter().zip(&given).map(|(site, given)| (inner(site, text), given));
        pairs
            .filter(|(range, given)| text.get(range.clone()) != Some(given.as_str()))
            .map(|(r, g)| (r, g.clone()))
            .collect()
    } else {
        let (Some(first), Some(last)) = (clause.sites.first(), clause.sites.last()) else {
            return Err(EditError::NoClause(label.to_owned()));
        };
        vec![(
            first.span.start..last.span.end,
            spans(label, &given, clause.row.as_ref().is_some_and(|row| row.lead.is_some())),
        )]
    };
    let changed = with(source, found.file, changes);
    let Some(file) = changed.files.get(found.file) else { return Err(EditError::BreaksOut) };
    let after = read::read(file);
    let read_back = after.raw.clauses.get(found.ix).is_some_and(|clause| {
        bindings_of(clause).map(|site| written(site, &file.text)).eq(given.iter().map(String::as_str))
    });
    if read_back && read::only((&found.reading, text), (&after, &file.text), found.ix, false) {
        Ok(changed)
    } else {
        Err(EditError::BreaksOut)
    }
}

/// The code spans of a clause.
fn spans(label: &str, bindings: &[String], bound_by_table: bool) -> String {
    match bindings {
        [] if bound_by_table => format!("`{label}:`"),
        [] => format!("`{label}: context`"),
        [first, rest @ ..] => {
            let mut out = format!("`{label}: {first}`");
            for binding in rest {
                out.push_str(&format!(" `{binding}`"));
            }
            out
        }
    }
}

/// Whether a text is of the shape of a binding. That it stays inside its backticks is seen when it is read again.
fn check_binding(given: &str) -> Result<(), EditError> {
    let bad = || EditError::NotABinding(given.chars().take(80).collect());
    let name = given.split(|char: char| char.is_whitespace() || char == '{').next().unwrap_or("");
    let rest = given.get(name.len()..).unwrap_or("").trim();
    let braces = rest.is_empty() || rest.starts_with('{') && rest.ends_with('}');
    let odd = |char: char| char.is_control() && !char.is_whitespace();
    if ControlId::parse(name).is_err() || !braces || given.chars().any(odd) {
        return Err(bad());
    }
    Ok(())
}

/// Adds a clause after another and what stands below it, of the same kind: an item, a row, a paragraph. Gives the new
/// source and the label of the new clause.
///
/// # Errors
/// Why not; the source stays as it is.
pub fn add_after(source: &Source, label: &str, new: &New) -> Result<(Source, String), EditError> {
    let found = Found::of(source, label)?;
    let (text, clause) = (found.text(source), found.clause()?);
    if escape::one_line(&new.words).is_empty() {
        return Err(EditError::NoWords);
    }
    for binding in &new.bindings {
        check_binding(binding.trim())?;
    }
    let holder = place::holder(text, found.reading.body, &clause.span.range()).ok_or(EditError::BreaksOut)?;
    let fresh = fresh_label(source, label);
    let newline = newline(text);
    for words in escape::ways(&new.words, newline, "", clause.row.is_some()) {
        let by_table = clause.row.as_ref().is_some_and(|row| row.lead.is_some());
        let (Holder::Item(range) | Holder::Row(range) | Holder::Paragraph(range)) = &holder;
        let at = range.end + blanks(text, range.end);
        let site = spans(&fresh, &new.bindings.iter().map(|it| it.trim().to_owned()).collect::<Vec<_>>(), by_table);
        let added = match &holder {
            Holder::Item(range) => {
                let marker = marker(text, range);
                format!("{newline}{}{marker}{words} {site}", place::lead(text, range.start))
            }
            Holder::Paragraph(range) => {
                format!("{newline}{newline}{}{words} {site}", place::lead(text, range.start))
            }
            Holder::Row(range) => {
                let cells = clause.row.as_ref().map_or(1, |row| row.head.len()).max(1);
                let empty = " |".repeat(cells.saturating_sub(2));
                let row =
                    if cells == 1 { format!("| {words} {site} |") } else { format!("| {words} |{empty} {site} |") };
                format!("{newline}{}{row}", place::lead(text, range.start))
            }
        };
        let changed = with(source, found.file, vec![(at..at, added)]);
        let Some(file) = changed.files.get(found.file) else { continue };
        let after = read::read(file);
        let own = |it: &RawClause| it.label().is_some_and(|it| it.text == fresh) && !it.text.trim().is_empty();
        let Some(ix) = after.raw.clauses.iter().position(own) else { continue };
        let own = after.raw.clauses.get(ix).map(|clause| clause.span.range());
        let like = own
            .and_then(|own| place::holder(&file.text, after.body, &own))
            .is_some_and(|it| std::mem::discriminant(&it) == std::mem::discriminant(&holder));
        if like && read::one_more((&found.reading, text), (&after, &file.text), ix, false) {
            return Ok((changed, fresh));
        }
    }
    Err(EditError::BreaksOut)
}

/// How many blanks follow on the line.
fn blanks(text: &str, at: usize) -> usize {
    text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len())
}

/// The mark of an item with the space after it; the number of the next, where items are numbered.
fn marker(text: &str, item: &Range<usize>) -> String {
    let item = text.get(item.clone()).unwrap_or("");
    let mark = item.split([' ', '\t']).next().unwrap_or("-");
    let gap: String =
        item.get(mark.len()..).unwrap_or(" ").chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
    let gap = if gap.is_empty() { " ".to_owned() } else { gap };
    let digits = mark.trim_end_matches(['.', ')']);
    match digits.parse::<u32>() {
        Ok(number) => format!("{}{}{gap}", number.saturating_add(1), mark.get(digits.len()..).unwrap_or(".")),
        Err(_) => format!("{mark}{gap}"),
    }
}

/// A label that no clause has: that of the clause before with the next free number.
fn fresh_label(source: &Source, label: &str) -> String {
    let taken: BTreeSet<String> = labels(source).into_iter().collect();
    let stem = label.trim_end_matches(|char: char| char.is_ascii_digit()).trim_end_matches('-');
    let stem = if stem.is_empty() { "clause" } else { stem };
    let mut number = 2_u32;
    loop {
        let fresh = format!("{stem}-new-{number}");
        if !taken.contains(&fresh) || number == u32::MAX {
            return fresh;
        }
        number = number.saturating_add(1);
    }
}

/// Takes a clause away.
///
/// # Errors
/// Where other clauses stand below it, or more than the clause would go.
pub fn remove(source: &Source, label: &str) -> Result<Source, EditError> {
    let found = Found::of(source, label)?;
    let (text, clause) = (found.text(source), found.clause()?);
    let holder = place::holder(text, found.reading.body, &clause.span.range()).ok_or(EditError::BreaksOut)?;
    let (Holder::Item(range) | Holder::Row(range) | Holder::Paragraph(range)) = &holder;
    let inside = |it: &&RawClause| range.start <= it.span.start && it.span.end <= range.end;
    let below = found.reading.raw.clauses.iter().filter(inside).count().saturating_sub(1);
    if below > 0 {
        return Err(EditError::HasClausesBelow(below));
    }
    let start = place::line_start(text, range.start);
    let end = range.end + blanks(text, range.end);
    // The line break before it goes with it; before a paragraph the empty line too.
    let breaks = if matches!(holder, Holder::Paragraph(_)) { 2 } else { 1 };
    let mut from = start;
    for _ in 0..breaks {
        let before = text.get(..from).unwrap_or("");
        if from <= found.reading.body || !before.ends_with('\n') {
            break;
        }
        from -= if before.ends_with("\r\n") { 2 } else { 1 };
    }
    let changed = with(source, found.file, vec![(from..end, String::new())]);
    let Some(file) = changed.files.get(found.file) else { return Err(EditError::BreaksOut) };
    let after = read::read(file);
    if read::one_more((&after, &file.text), (&found.reading, text), found.ix, true) {
        Ok(changed)
    } else {
        Err(EditError::BreaksOut)
    }
}
