//! What is wrong with a declaration, as a compiler says it: where, what, and what would be right.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    ops::Range,
};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// How many characters of the line are meant.
    pub width: usize,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The text of the line.
    pub excerpt: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: 1,
            column: 1,
            width: 1,
            message: message.into(),
            help: None,
            excerpt: String::new(),
        }
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A long line is shown at most so wide.
const WIDTH: usize = 100;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gutter = self.line.to_string().len();
        let chars: Vec<char> = self.excerpt.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let start = (self.column - 1).min(chars.len());
        // A long line is cut to what stands around the mark.
        let from = if chars.len() <= WIDTH { 0 } else { start.saturating_sub(30).min(chars.len() - WIDTH) };
        let to = chars.len().min(from + WIDTH);
        let shown: String = chars.get(from..to).unwrap_or(&[]).iter().collect();
        let (before, after) = (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
        let indent = start - from + before.chars().count();
        let marks = "^".repeat(self.width.min(to.saturating_sub(start)).max(1));
        let mut out = format!("error: {}\n", self.message);
        let _ = writeln!(out, "{:gutter$}--> {}:{}:{}", "", self.path, self.line, self.column);
        if !self.excerpt.is_empty() {
            let _ = writeln!(out, "{:gutter$} |", "");
            let _ = writeln!(out, "{:>gutter$} | {before}{}{after}", self.line, shown.trim_end());
            let _ = writeln!(out, "{:gutter$} | {:indent$}{marks}", "", "");
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{:gutter$} = help: {help}", "");
        }
        f.write_str(&out)
    }
}

/// A file that is read, and what was found wrong with it.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    path: &'t str,
    text: &'t str,
    lines: Vec<usize>,
    found: RefCell<Vec<(usize, Problem)>>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(path: &'t str, text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path, text, lines, found: RefCell::default() }
    }

    /// Says what is wrong with a span of the text.
    pub(crate) fn say(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let (line, column, excerpt) = self.locate(span.start);
        let width =
            self.text.get(span.clone()).map_or(1, |text| text.lines().next().map_or(1, |it| it.chars().count()));
        let problem = Problem {
            path: self.path.to_owned(),
            line,
            column,
            width: width.max(1),
            message: message.into(),
            help,
            excerpt: excerpt.to_owned(),
        };
        self.found.borrow_mut().push((span.start, problem));
    }

    /// The line of a place, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.locate(at).0
    }

    /// The text of a span.
    pub(crate) fn text(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_fine(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// What was found, in the order of the text.
    pub(crate) fn finish(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, problem)| problem).collect()
    }

    fn locate(&self, offset: usize) -> (usize, usize, &'t str) {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let end = self.lines.get(line).map_or(self.text.len(), |next| next.saturating_sub(1));
        let content = self.text.get(start..end).unwrap_or_default();
        let column = content.char_indices().take_while(|(at, _)| start + at < offset).count() + 1;
        (line, column, content.trim_end_matches('\r'))
    }
}
