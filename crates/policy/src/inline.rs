//! What stands inside a line: emphasis, links, code, and the code spans of the language at its end.

#![expect(clippy::wildcard_enum_match_arm, reason = "of the parser's many events few can stand in a line")]

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::{
    diagnostic::{Code, Reporter},
    site::{self, RawSite},
    source::Span,
};

/// What a paragraph, list item or cell says, and what stands at its end for the system.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) sites: Vec<RawSite>,
    /// The whole, bindings and all.
    pub(crate) span: Span,
}

/// Where a run stands: in which file, after how many bytes of front matter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) file: usize,
    pub(crate) text: &'a str,
    pub(crate) offset: usize,
}

impl Origin<'_> {
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.file, self.offset + range.start..self.offset + range.end)
    }
}

/// Reads a run of inline events. `rows` says whether a label alone counts as one of the language's spans.
pub(crate) fn read(
    origin: Origin<'_>,
    events: &[(Event<'_>, Range<usize>)],
    rows: bool,
    report: &mut Reporter<'_>,
) -> Run {
    let mut run = Run::default();
    if let (Some((_, first)), Some((_, last))) = (events.first(), events.last()) {
        run.span = origin.span(&(first.start..last.end.max(first.start)));
    }
    let mut end = events.len();
    let mut sites = Vec::new();
    for (at, (event, range)) in events.iter().enumerate().rev() {
        match event {
            Event::Text(text) if text.trim().is_empty() => {}
            Event::SoftBreak | Event::HardBreak => {}
            Event::InlineHtml(html) if is_comment(html) => {}
            Event::Code(_) => match site::read(origin.text, origin.span(range), rows, report) {
                Some(site) => {
                    sites.push(site);
                    end = at;
                }
                None => break,
            },
            _ => break,
        }
    }
    sites.reverse();
    run.sites = sites;
    let mut writer = Writer { origin, run: &mut run, links: Vec::new(), images: 0 };
    for (event, range) in events.get(..end).unwrap_or(&[]) {
        writer.write(event, range, report);
    }
    run.text = run.text.split_whitespace().collect::<Vec<_>>().join(" ");
    run.html = run.html.trim().to_owned();
    run
}

pub(crate) fn is_comment(html: &str) -> bool {
    let html = html.trim();
    html.starts_with("<!--") && html.ends_with("-->")
}

struct Writer<'a, 'r> {
    origin: Origin<'a>,
    run: &'r mut Run,
    /// For each open link, whether it is written.
    links: Vec<bool>,
    /// How many images are open; of an image only its description is kept.
    images: usize,
}

impl Writer<'_, '_> {
    fn write(&mut self, event: &Event<'_>, range: &Range<usize>, report: &mut Reporter<'_>) {
        match event {
            Event::Text(text) => self.text(text),
            Event::Code(code) => self.code(code, range, report),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => {
                self.run.text.push(' ');
                self.run.html.push_str("<br>");
            }
            Event::Html(html) | Event::InlineHtml(html) if is_comment(html) => {}
            Event::Html(html) | Event::InlineHtml(html) => {
                raw_html(self.origin.span(range), html, report);
                self.text(html);
            }
            Event::Start(Tag::Emphasis) => self.run.html.push_str("<em>"),
            Event::End(TagEnd::Emphasis) => self.run.html.push_str("</em>"),
            Event::Start(Tag::Strong) => self.run.html.push_str("<strong>"),
            Event::End(TagEnd::Strong) => self.run.html.push_str("</strong>"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let safe = is_safe_link(dest_url);
                self.links.push(safe);
                if safe {
                    self.run.html.push_str("<a href=\"");
                    escape_into(&mut self.run.html, dest_url);
                    self.run.html.push_str("\">");
                }
            }
            Event::End(TagEnd::Link) => {
                let written = self.links.pop() == Some(true);
                self.run.html.push_str(if written { "</a>" } else { "" });
            }
            Event::Start(Tag::Image { .. }) => self.images += 1,
            Event::End(TagEnd::Image) => self.images = self.images.saturating_sub(1),
            // Nothing else can stand inside a line with the extensions that are on.
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.run.text.push_str(text);
        escape_into(&mut self.run.html, text);
    }

    fn code(&mut self, code: &str, range: &Range<usize>, report: &mut Reporter<'_>) {
        if site::looks_meant(code) && code.contains(['{', ':']) {
            report
                .error(
                    Code::BINDING_PLACE,
                    self.origin.span(range),
                    "this binding does not stand at the end of its clause",
                    "words follow it",
                )
                .help("put it at the very end, after the full stop");
        }
        self.run.text.push_str(code);
        self.run.html.push_str("<code>");
        escape_into(&mut self.run.html, code);
        self.run.html.push_str("</code>");
    }
}

pub(crate) fn raw_html(span: Span, html: &str, report: &mut Reporter<'_>) {
    let shown: String = html.trim().chars().take(40).collect();
    report
        .error(Code::RAW_HTML, span, format!("HTML is not allowed in a policy: `{shown}`"), "HTML")
        .help("write it in Markdown; for a remark to other authors, `<!-- like this -->`");
}

/// Links of a policy lead to pages, to addresses, or inside the page; never to script.
fn is_safe_link(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None | Some("http" | "https" | "mailto" | "tel") => !url.contains(|c: char| c.is_control()),
        // A colon after a slash belongs to a path.
        Some(scheme) => scheme.contains(['/', '#', '?']),
    }
}

/// Escapes text for HTML, attributes included.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
}

/// Text for HTML, attributes included.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}
