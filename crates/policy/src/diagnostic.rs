//! Diagnostics as a compiler gives them: where, what is wrong, what would be right.

use std::fmt::{self, Write as _};

use crate::source::{Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The policy cannot be in force.
    Error,
    /// The policy can be in force; somebody should look.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// The kind of a diagnostic: a lasting word that documents and machines can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Code(pub &'static str);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $meaning:literal;)*) => {
        impl Code {
            $($(#[$doc])* #[doc = $meaning] pub const $name: Self = Self($id);)*

            /// Every kind that the language has, whether it is an error or a warning, and what it means.
            pub const ALL: &'static [(Self, Severity, &'static str)] =
                &[$((Self::$name, Severity::$severity, $meaning)),*];
        }
    };
}

codes! {
    NO_POLICY = "no-policy", Error, "The folder has no `policy.md`.";
    FRONT_MATTER = "front-matter", Error, "The front matter is missing, or is not TOML, or has a key that is unknown, missing or of the wrong type.";
    DATES = "dates", Error, "Dates contradict each other: a review before the issue, a term that ends before it begins.";
    RAW_HTML = "raw-html", Error, "The text has HTML in it, which is not allowed; comments are.";
    BINDING_FORM = "binding-form", Error, "A code span looks like a binding but is not written as one.";
    BINDING_PLACE = "binding-place", Error, "A binding does not stand at the end of its clause.";
    TERMS_FORM = "terms-form", Error, "The terms are not an inline table of TOML.";
    UNKNOWN_CONTROL = "unknown-control", Error, "There is no control of that name.";
    UNKNOWN_TERM = "unknown-term", Error, "The control has no term of that name.";
    BAD_TERM = "bad-term", Error, "A term has a value that it cannot have, or is missing.";
    LABEL_FORM = "label-form", Error, "A label is not of lower-case letters, digits and hyphens, or stands where none belongs.";
    DUPLICATE_LABEL = "duplicate-label", Error, "Two clauses have the same label.";
    UNKNOWN_TIME = "unknown-time", Error, "A time is named that neither `[times]` nor `[terms]` has.";
    UNKNOWN_SYSTEM = "unknown-system", Error, "A system is named that `[systems]` does not have.";
    UNKNOWN_NETWORK = "unknown-network", Error, "A network is named that `[networks]` does not have.";
    UNKNOWN_LABEL = "unknown-label", Error, "`after` names a label that no clause has.";
    CIRCLE = "circle", Error, "Clauses come after each other in a circle.";
    NOBODY = "nobody", Error, "Nobody is left: the exceptions take away everyone whom the clause binds, or nobody can hold the role.";
    REGISTER = "register", Error, "A register of the school's own, or a field that it adds to one of ours, is not declared as it must be.";
    NO_PROFILE = "no-profile", Error, "The policy filters, but for some year of pupils or for staff nothing is closed at all times and in all places: they have no filtering profile.";
    CONFLICT = "conflict", Error, "Two bindings of one control contradict each other.";
    TABLE_COLUMNS = "table-columns", Error, "`columns` names a column that the table does not have, or stands where there is no table.";
    UNBOUND = "unbound", Warning, "A list item or table row asks for nothing and is not marked as context.";
    NO_LABEL = "no-label", Warning, "A clause has no label; `gatehouse policy label` writes one.";
    NOT_IN_TEXT = "not-in-text", Warning, "A number, time, role or site stands in the terms but not in the text of the clause.";
    LIKE_COMMON = "like-common", Warning, "A control that is not built has a term that is nearly the name of a common one.";
    NOT_BUILT = "not-built", Warning, "The control is not built yet; the clause is listed, but not kept.";
    NO_EFFECT = "no-effect", Warning, "A term stands there that changes nothing by itself.";
    REVIEW_PAST = "review-past", Warning, "The date of review is past.";
    SHARED_HOST = "shared-host", Warning, "A site is named under which many owners have sites of their own: all of them are closed or open.";
    TELEPHONE = "telephone", Warning, "A telephone number stands in the text; numbers change, so keep them in a register.";
    PERSON = "person", Warning, "A person seems to be named; a policy names roles, never persons.";
}

/// A place in a file, with the line that it stands in, so that it can be shown without the source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Spot {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The line in which it ends.
    pub end_line: usize,
    /// The character after its last, in that line.
    pub end_column: usize,
    /// The text of the first line.
    pub excerpt: String,
    /// What is to be said under the mark.
    pub note: String,
}

/// One thing that is wrong, or that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// Where.
    pub spot: Spot,
    /// Other places that belong to it.
    pub also: Vec<Spot>,
    /// What would be right.
    pub help: Option<String>,
}

/// The line of a text that is shown at most so wide.
const WIDTH: usize = 100;

impl Spot {
    /// Finds line and column of a span.
    pub fn new(source: &Source, lines: &Lines, span: Span, note: impl Into<String>) -> Self {
        let Some(file) = source.files.get(span.file) else {
            return Self {
                path: String::new(),
                line: 1,
                column: 1,
                end_line: 1,
                end_column: 1,
                excerpt: String::new(),
                note: note.into(),
            };
        };
        let (line, column, excerpt) = lines.locate(span.file, &file.text, span.start);
        let (end_line, end_column, _) = lines.locate(span.file, &file.text, span.end.max(span.start));
        Self {
            path: file.path.clone(),
            line,
            column,
            end_line,
            end_column,
            excerpt: excerpt.to_owned(),
            note: note.into(),
        }
    }

    fn write(&self, out: &mut String, gutter: usize, arrow: &str, mark: char) {
        if self.path.is_empty() {
            return;
        }
        let chars: Vec<char> = self.excerpt.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let start = (self.column - 1).min(chars.len());
        let end = if self.end_line == self.line { self.end_column - 1 } else { chars.len() }.clamp(start, chars.len());
        // A long line is cut to what stands around the mark.
        let from = if chars.len() <= WIDTH { 0 } else { start.saturating_sub(30).min(chars.len() - WIDTH) };
        let to = chars.len().min(from + WIDTH);
        let shown: String = chars.get(from..to).unwrap_or(&[]).iter().collect();
        let (before, after) = (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
        let indent = start - from + before.chars().count();
        let width = end.min(to).saturating_sub(start).max(1);
        let _ = writeln!(out, "{:gutter$}{arrow} {}:{}:{}", "", self.path, self.line, self.column);
        let _ = writeln!(out, "{:gutter$} |", "");
        let _ = writeln!(out, "{:>gutter$} | {before}{}{after}", self.line, shown.trim_end());
        let marks: String = std::iter::repeat_n(mark, width).collect();
        let line = format!("{:gutter$} | {:indent$}{marks} {}", "", "", self.note);
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        let last = self.also.iter().map(|spot| spot.line).chain([self.spot.line]).max().unwrap_or(1);
        let gutter = last.to_string().len();
        let _ = writeln!(out, "{}[{}]: {}", self.severity, self.code.0, self.message);
        self.spot.write(&mut out, gutter, "-->", '^');
        for spot in &self.also {
            spot.write(&mut out, gutter, ":::", '-');
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{:gutter$} = help: {help}", "");
        }
        f.write_str(&out)
    }
}

/// Where the lines of each file begin.
#[derive(Debug, Clone, Default)]
pub struct Lines(Vec<Vec<usize>>);

impl Lines {
    /// Looks for the lines of every file.
    pub fn of(source: &Source) -> Self {
        Self(
            source
                .files
                .iter()
                .map(|file| std::iter::once(0).chain(file.text.match_indices('\n').map(|(at, _)| at + 1)).collect())
                .collect(),
        )
    }

    /// Line and column from 1, and the text of the line.
    fn locate<'a>(&self, file: usize, text: &'a str, offset: usize) -> (usize, usize, &'a str) {
        let offset = offset.min(text.len());
        let starts = self.0.get(file).map_or(&[][..], Vec::as_slice);
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let end = starts.get(line).map_or(text.len(), |next| next.saturating_sub(1));
        let content = text.get(start..end).unwrap_or("");
        let column = content.char_indices().take_while(|(at, _)| start + at < offset).count() + 1;
        (line, column, content.trim_end_matches('\r'))
    }
}

/// Collects diagnostics of one source.
#[derive(Debug)]
pub struct Reporter<'a> {
    source: &'a Source,
    lines: &'a Lines,
    found: Vec<(Span, Diagnostic)>,
}

impl<'a> Reporter<'a> {
    /// Nothing found yet.
    pub fn new(source: &'a Source, lines: &'a Lines) -> Self {
        Self { source, lines, found: Vec::new() }
    }

    /// An error: `message` says what is wrong as a sentence without a full stop, `note` stands under the mark.
    pub fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        note: impl Into<String>,
    ) -> &mut Diagnostic {
        self.add(Severity::Error, code, span, message.into(), note.into())
    }

    /// A warning.
    pub fn warning(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        note: impl Into<String>,
    ) -> &mut Diagnostic {
        self.add(Severity::Warning, code, span, message.into(), note.into())
    }

    /// A place as a diagnostic shows it; for [`Diagnostic::also`].
    pub fn spot(&self, span: Span, note: impl Into<String>) -> Spot {
        Spot::new(self.source, self.lines, span, note)
    }

    fn add(&mut self, severity: Severity, code: Code, span: Span, message: String, note: String) -> &mut Diagnostic {
        let spot = Spot::new(self.source, self.lines, span, note);
        let diagnostic = Diagnostic { severity, code, message, spot, also: Vec::new(), help: None };
        &mut self.found.push_mut((span, diagnostic)).1
    }

    /// How many errors there are.
    pub(crate) fn errors(&self) -> usize {
        self.found.iter().filter(|(_, diagnostic)| diagnostic.severity == Severity::Error).count()
    }

    /// The text of a span.
    pub(crate) fn text(&self, span: Span) -> &'a str {
        self.source.files.get(span.file).and_then(|file| file.text.get(span.range())).unwrap_or("")
    }

    /// Another reporter of the same source, for what may be said or not.
    pub(crate) fn beside(&self) -> Self {
        Self::new(self.source, self.lines)
    }

    /// Takes over what `other` found where `wanted` says so of the place.
    pub(crate) fn take(&mut self, other: Self, wanted: impl Fn(Span) -> bool) {
        self.found.extend(other.found.into_iter().filter(|(span, _)| wanted(*span)));
    }

    /// Whether there is an error among what was found.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|(_, diagnostic)| diagnostic.severity == Severity::Error)
    }

    /// What was found, in the order of the source.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut found = self.found;
        found.sort_by_key(|(span, diagnostic)| (span.file, span.start, diagnostic.severity));
        found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
    }
}

impl Diagnostic {
    /// Says what would be right.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Names another place that belongs to it.
    pub fn also(&mut self, spot: Spot) -> &mut Self {
        self.also.push(spot);
        self
    }
}
