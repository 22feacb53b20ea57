//! Code spans that belong to the language: `[label:] module.control [{ terms }]`, `label: context`, `label:`.

use std::ops::Range;

use toml::de::DeValue;

use crate::{
    common::Common,
    diagnostic::{Code, Reporter},
    source::Span,
    suggest,
    terms::{self, Term, TermTable},
};

/// A word of the source and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// What a code span is to the language.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// Marks background.
    Context,
    /// Only names a row.
    Label,
    /// Asks for a control.
    Binding(RawBinding),
    /// Meant as one of these, but not written as one; said already.
    Malformed,
}

/// A binding as it is written; whether the control exists is not known yet.
#[derive(Debug, Clone)]
pub(crate) struct RawBinding {
    pub(crate) control: Word,
    pub(crate) terms: TermTable,
}

/// A code span of the language.
#[derive(Debug, Clone)]
pub(crate) struct RawSite {
    pub(crate) label: Option<Word>,
    pub(crate) shape: Shape,
    /// With the backticks.
    pub(crate) span: Span,
    /// Without them.
    pub(crate) inner: Span,
}

impl RawSite {
    /// How it is printed.
    pub(crate) fn canonical(&self) -> Option<String> {
        let label = self.label.as_ref().map(|label| label.text.as_str());
        let body = match &self.shape {
            Shape::Context => "context".to_owned(),
            Shape::Label => return label.map(|label| format!("{label}:")),
            Shape::Binding(RawBinding { control, terms }) if terms.is_empty() => control.text.clone(),
            Shape::Binding(RawBinding { control, terms }) => {
                format!("{} {}", control.text, sorted(terms.clone()).to_toml())
            }
            Shape::Malformed => return None,
        };
        Some(match label {
            Some(label) => format!("{label}: {body}"),
            None => body,
        })
    }
}

/// Common terms first, in their order; then the control's own as they stand.
pub(crate) fn sorted(mut table: TermTable) -> TermTable {
    table.terms.sort_by_key(|term: &Term| {
        Common::parse(&term.key)
            .and_then(|common| Common::ALL.iter().position(|it| *it == common))
            .unwrap_or(Common::ALL.len())
    });
    table
}

/// The parts of a code span that looks like one of the language.
enum Looks {
    Prose,
    Context,
    Label,
    Binding { control: Range<usize>, terms: Option<Range<usize>> },
    Malformed { at: Range<usize>, message: String, help: String },
}

/// Whether a code span looks as if it were meant for the language. Cheap, and reports nothing.
pub(crate) fn looks_meant(text: &str) -> bool {
    let (_, rest) = split_label(text);
    match shape_of(text, rest) {
        Looks::Prose | Looks::Label => false,
        Looks::Context | Looks::Binding { .. } | Looks::Malformed { .. } => true,
    }
}

/// Reads the code span at `span` (with its backticks) of `text`, the whole file. None where it is not of the language.
/// `rows` says whether a label alone counts.
pub(crate) fn read(text: &str, span: Span, rows: bool, report: &mut Reporter<'_>) -> Option<RawSite> {
    let whole = text.get(span.range())?;
    let ticks = whole.len() - whole.trim_start_matches('`').len();
    let inner = Span { start: span.start + ticks, end: span.end.checked_sub(ticks)?, ..span };
    let content = text.get(inner.range())?;
    let place = |range: Range<usize>| Span::new(span.file, inner.start + range.start..inner.start + range.end);
    let (label, rest) = split_label(content);
    let looks = shape_of(content, rest);
    let shape = match looks {
        Looks::Prose => return None,
        Looks::Label if !rows => return None,
        Looks::Label => Shape::Label,
        Looks::Context => Shape::Context,
        Looks::Malformed { at, message, help } => {
            report.error(Code::BINDING_FORM, place(at), message, "not a binding").help(help);
            Shape::Malformed
        }
        Looks::Binding { control, terms } => {
            let name = content.get(control.clone()).unwrap_or("").to_owned();
            let control = Word { text: name, span: place(control) };
            match read_terms(content, terms, control.span, &place, report) {
                Some(terms) => Shape::Binding(RawBinding { control, terms }),
                None => Shape::Malformed,
            }
        }
    };
    let label =
        label.map(|range| Word { text: content.get(range.clone()).unwrap_or("").to_owned(), span: place(range) });
    Some(RawSite { label, shape, span, inner })
}

/// The label before the first colon, where there is one, and what comes after it.
fn split_label(content: &str) -> (Option<Range<usize>>, Range<usize>) {
    let lead = content.len() - content.trim_start().len();
    let Some(colon) = content.find(':') else { return (None, trim(content, 0..content.len())) };
    let head = content.get(lead..colon).unwrap_or("").trim_end();
    let plain =
        !head.is_empty() && head.len() <= 80 && !head.contains(|c: char| c.is_whitespace() || "{}.\"'=/".contains(c));
    if plain {
        (Some(lead..lead + head.len()), trim(content, colon + 1..content.len()))
    } else {
        (None, trim(content, 0..content.len()))
    }
}

fn trim(content: &str, range: Range<usize>) -> Range<usize> {
    let text = content.get(range.clone()).unwrap_or("");
    let start = range.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

fn is_name_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '-' || char == '_'
}

fn shape_of(content: &str, rest: Range<usize>) -> Looks {
    let labelled = rest.start > 0 && content.get(..rest.start).is_some_and(|before| before.contains(':'));
    let text = content.get(rest.clone()).unwrap_or("");
    if text.is_empty() {
        return if labelled { Looks::Label } else { Looks::Prose };
    }
    if text == "context" {
        return Looks::Context;
    }
    let name_end = text.find(|char: char| !is_name_char(char) && char != '.').unwrap_or(text.len());
    let (name, after) = text.split_at(name_end);
    let after_text = after.trim_start();
    let after_start = rest.start + name_end + (after.len() - after_text.len());
    let dots = name.matches('.').count();
    let well_formed = dots == 1 && name.split('.').all(|part| !part.is_empty());
    let malformed = |message: String, help: String| Looks::Malformed { at: rest.start..rest.end, message, help };
    match (well_formed, after_text.chars().next()) {
        (true, None) => Looks::Binding { control: rest.start..rest.start + name_end, terms: None },
        (true, Some('{')) => {
            Looks::Binding { control: rest.start..rest.start + name_end, terms: Some(after_start..rest.end) }
        }
        (true, Some(_)) if after_text.contains('=') && after.starts_with(char::is_whitespace) => malformed(
            format!("the terms of `{name}` are not in braces"),
            format!("write `{name} {{ {} }}`", after_text.trim()),
        ),
        (false, Some('{')) if !name.is_empty() && after_text.ends_with('}') && after_text.contains('=') => malformed(
            format!("`{name}` is not the name of a control"),
            "a control is written `module.control`, such as `filter.safe-search`".to_owned(),
        ),
        (false, None) if labelled && dots == 0 => malformed(
            format!("`{name}` is neither a control nor the word `context`"),
            match suggest::nearest(name, ["context"]) {
                Some(_) => "did you mean `context`?".to_owned(),
                None => "a control is written `module.control`; background is marked `context`".to_owned(),
            },
        ),
        (true | false, _) => Looks::Prose,
    }
}

fn read_terms(
    content: &str,
    range: Option<Range<usize>>,
    control: Span,
    place: &dyn Fn(Range<usize>) -> Span,
    report: &mut Reporter<'_>,
) -> Option<TermTable> {
    let Some(range) = range else { return Some(TermTable { terms: Vec::new(), span: control }) };
    let offset = range.start;
    let text = content.get(range.clone())?;
    let inside = |range: Range<usize>| place(offset + range.start..offset + range.end);
    match DeValue::parse(text) {
        Ok(value) => {
            let mut bad = Vec::new();
            let read = terms::value_of(&value, &inside, &mut bad);
            for terms::BadValue { span, message } in bad {
                report.error(Code::TERMS_FORM, span, message, "here");
            }
            match read {
                Some(terms::Value::Table(table)) => Some(table),
                Some(_) | None => None,
            }
        }
        Err(error) => {
            let at =
                error.span().filter(|at| at.start < text.len()).unwrap_or(text.len().saturating_sub(1)..text.len());
            let message = toml_message(&error);
            report
                .error(Code::TERMS_FORM, inside(at), format!("these terms cannot be read: {message}"), "here")
                .help("terms are written `{ who = \"pupils\", every = \"90 days\" }`, texts in double quotes");
            None
        }
    }
}

/// What TOML says is wrong, in the words of somebody who need not know TOML.
pub(crate) fn toml_message(error: &toml::de::Error) -> String {
    let first = error.message().lines().next().unwrap_or("");
    let first = first.split(", expected").next().unwrap_or("");
    match first {
        "string values must be quoted" => "a text stands in double quotes".to_owned(),
        "duplicate key" => "the same name is given twice".to_owned(),
        "unclosed inline table" => "the closing brace `}` is missing".to_owned(),
        other => other.to_owned(),
    }
}
