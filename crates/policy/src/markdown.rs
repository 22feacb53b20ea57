//! Reads the Markdown of one file into blocks and clauses. Nothing is looked up here.

#![expect(clippy::wildcard_enum_match_arm, reason = "of the parser's many events each place knows a few")]

use std::{iter::Peekable, ops::Range, rc::Rc, vec};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::{
    diagnostic::{Code, Reporter},
    inline::{self, Origin, Run},
    model::{Block, ClauseIx, Heading, List, Paragraph},
    site::{RawSite, Word},
    source::Span,
};

mod table;

/// How deep lists and quotations may lie in each other.
const DEPTH: usize = 24;

/// A clause as it is written.
#[derive(Debug)]
pub(crate) struct RawClause {
    /// Which of the document's numbered headings it stands under.
    pub(crate) section: Option<usize>,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) sites: Vec<RawSite>,
    pub(crate) span: Span,
    pub(crate) around: String,
    /// Where it is a row: what the paragraph before the table gives it, and its cells.
    pub(crate) row: Option<RawRow>,
}

/// A row of a table, as it is written.
#[derive(Debug)]
pub(crate) struct RawRow {
    pub(crate) lead: Option<Rc<Vec<RawSite>>>,
    pub(crate) head: Rc<Vec<String>>,
    pub(crate) cells: Vec<(String, Span)>,
    /// Where a label could be written: the end of the last cell.
    pub(crate) last_cell: Span,
}

/// A list item or row that is neither a clause nor context.
#[derive(Debug)]
pub(crate) struct Unbound {
    pub(crate) span: Span,
    pub(crate) what: &'static str,
}

/// A file's Markdown.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) blocks: Vec<Block>,
    pub(crate) clauses: Vec<RawClause>,
    /// Headings that are numbered, in order: level and text.
    pub(crate) headings: Vec<(u8, String)>,
    pub(crate) unbound: Vec<Unbound>,
    /// Text that is no clause, for checks of wording.
    pub(crate) prose: Vec<(String, Span)>,
    /// All code spans of the language.
    pub(crate) sites: Vec<RawSite>,
}

/// Reads the Markdown that begins `offset` bytes into `text`.
pub(crate) fn read(file: usize, text: &str, offset: usize, report: &mut Reporter<'_>) -> Raw {
    let body = text.get(offset..).unwrap_or("");
    let events: Vec<_> = Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter().collect();
    let mut reader = Reader {
        origin: Origin { file, text, offset },
        events: events.into_iter().peekable(),
        raw: Raw::default(),
        report,
        around: Vec::new(),
        lead: None,
        before: String::new(),
    };
    let blocks = reader.blocks(0);
    reader.drop_lead();
    let mut raw = reader.raw;
    raw.blocks = blocks;
    raw.sites.sort_by_key(|site| site.span.start);
    raw
}

struct Reader<'t, 'r, 's> {
    origin: Origin<'t>,
    events: Peekable<vec::IntoIter<(Event<'t>, Range<usize>)>>,
    raw: Raw,
    report: &'r mut Reporter<'s>,
    /// The texts of the items above.
    around: Vec<String>,
    /// A paragraph that holds only bindings, until a table takes it.
    lead: Option<Vec<RawSite>>,
    /// The paragraph before, which may introduce a list.
    before: String,
}

fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Text(_)
        | Event::Code(_)
        | Event::InlineHtml(_)
        | Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::FootnoteReference(_)
        | Event::SoftBreak
        | Event::HardBreak
        | Event::TaskListMarker(_) => true,
        Event::Start(tag) => matches!(
            tag,
            Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. }
        ),
        Event::End(tag) => matches!(
            tag,
            TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Superscript
                | TagEnd::Subscript
                | TagEnd::Link
                | TagEnd::Image
        ),
        Event::Html(_) | Event::Rule => false,
    }
}

impl<'t> Reader<'t, '_, '_> {
    /// Reads blocks up to the end of what holds them, which is taken too.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some((event, range)) = self.events.next() {
            if is_inline(&event) {
                // The words of an item in a tight list have no paragraph around them.
                let mut events = vec![(event, range)];
                self.inline_into(&mut events);
                let run = inline::read(self.origin, &events, false, self.report);
                blocks.extend(self.paragraph(run));
                continue;
            }
            match event {
                Event::End(_) => break,
                Event::Start(Tag::Paragraph) => {
                    let run = self.run(false);
                    self.drop_lead();
                    blocks.extend(self.paragraph(run));
                }
                Event::Start(Tag::Heading { level, .. }) => {
                    let run = self.run(false);
                    self.drop_lead();
                    blocks.push(self.heading(level, run, depth));
                }
                Event::Start(Tag::Table(_)) => {
                    let table = self.table();
                    blocks.push(table);
                }
                Event::Start(Tag::List(start)) if depth < DEPTH => {
                    self.drop_lead();
                    blocks.push(self.list(start, depth + 1));
                }
                Event::Start(Tag::BlockQuote(_)) if depth < DEPTH => {
                    self.drop_lead();
                    blocks.push(Block::Quote(self.blocks(depth + 1)));
                }
                Event::Start(Tag::CodeBlock(_)) => {
                    self.drop_lead();
                    blocks.push(Block::Code(self.plain()));
                }
                Event::Start(Tag::HtmlBlock) => {
                    let html = self.plain();
                    self.html(&html, &range);
                }
                Event::Start(_) => {
                    self.report
                        .error(
                            Code::BINDING_FORM,
                            self.origin.span(&range),
                            "this is nested too deeply to read",
                            "here",
                        )
                        .help("use fewer levels of lists and quotations");
                    self.skip();
                }
                Event::Rule => {
                    self.drop_lead();
                    blocks.push(Block::Rule);
                }
                Event::Html(html) => self.html(&html, &range),
                // Inline; taken above.
                _ => {}
            }
        }
        blocks
    }

    /// Takes the inline events that follow.
    fn inline_into(&mut self, events: &mut Vec<(Event<'t>, Range<usize>)>) {
        while let Some(next) = self.events.next_if(|(event, _)| is_inline(event)) {
            events.push(next);
        }
    }

    /// Reads inline events and the end of what holds them.
    fn run(&mut self, rows: bool) -> Run {
        let mut events = Vec::new();
        self.inline_into(&mut events);
        self.events.next();
        inline::read(self.origin, &events, rows, self.report)
    }

    /// The text of what holds nothing but text.
    fn plain(&mut self) -> String {
        let mut text = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(_) => break,
                Event::Text(part) | Event::Html(part) => text.push_str(&part),
                _ => {}
            }
        }
        text
    }

    fn skip(&mut self) {
        let mut open = 1_usize;
        for (event, _) in self.events.by_ref() {
            match event {
                Event::Start(_) => open += 1,
                Event::End(_) => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
    }

    fn html(&mut self, html: &str, range: &Range<usize>) {
        let mut rest = html;
        let mut outside = String::new();
        while let Some((before, after)) = rest.split_once("<!--") {
            outside.push_str(before);
            rest = after.split_once("-->").map_or("", |(_, after)| after);
        }
        outside.push_str(rest);
        if !outside.trim().is_empty() {
            inline::raw_html(self.origin.span(range), &outside, self.report);
        }
    }

    fn heading(&mut self, level: HeadingLevel, run: Run, depth: usize) -> Block {
        let level = level as u8;
        self.before.clear();
        for site in &run.sites {
            self.report
                .error(Code::BINDING_PLACE, site.span, "a heading cannot have a binding", "in a heading")
                .help("put it at the end of a clause below");
        }
        let (text, html) = (run.text, run.html);
        if depth == 0 {
            self.raw.headings.push((level, text.clone()));
        }
        Block::Heading(Heading { level, number: String::new(), printed: false, anchor: String::new(), text, html })
    }

    /// A paragraph of bindings alone waited for its table; whatever else comes, it belongs to no clause.
    fn drop_lead(&mut self) {
        for site in self.lead.take().unwrap_or_default() {
            self.report
                .error(Code::BINDING_PLACE, site.span, "this binding belongs to no clause", "stands alone")
                .help("put it at the end of a clause, or directly before a table to give it to each row");
        }
    }

    fn paragraph(&mut self, run: Run) -> Option<Block> {
        let Run { text, html, sites, span } = run;
        self.raw.sites.extend(sites.iter().cloned());
        if text.is_empty() && !sites.is_empty() {
            self.lead = Some(sites);
            return None;
        }
        if text.is_empty() {
            return None;
        }
        if sites.is_empty() {
            self.raw.prose.push((text.clone(), span));
            self.before.clone_from(&text);
            return Some(Block::Paragraph(Paragraph { text, html, clause: None }));
        }
        let clause = self.clause(RawClause {
            section: None,
            text: text.clone(),
            html: html.clone(),
            sites,
            span,
            around: String::new(),
            row: None,
        });
        self.before.clone_from(&text);
        Some(Block::Paragraph(Paragraph { text, html, clause: Some(clause) }))
    }

    fn clause(&mut self, mut clause: RawClause) -> ClauseIx {
        clause.section = self.raw.headings.len().checked_sub(1);
        let heading = self.raw.headings.last().map_or("", |(_, text)| text);
        let mut around = vec![heading];
        around.extend(self.around.iter().map(String::as_str));
        if clause.row.is_some() {
            around.push(&self.before);
        }
        around.push(&clause.around);
        clause.around = around.join("\n");
        self.raw.clauses.push(clause);
        ClauseIx(self.raw.clauses.len() - 1)
    }

    fn list(&mut self, start: Option<u64>, depth: usize) -> Block {
        let mut items = Vec::new();
        self.around.push(self.before.clone());
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::Item) => items.push(self.item(&range, depth)),
                Event::End(_) => break,
                _ => {}
            }
        }
        self.around.pop();
        self.before.clear();
        Block::List(List { start, items })
    }

    fn item(&mut self, range: &Range<usize>, depth: usize) -> Vec<Block> {
        let (clauses, unbound) = (self.raw.clauses.len(), self.raw.unbound.len());
        let outer = std::mem::take(&mut self.before);
        let blocks = self.blocks(depth);
        self.drop_lead();
        self.before = outer;
        // An item that only introduces others need not bind anything; nor one whose own parts said so already.
        if self.raw.clauses.len() == clauses && self.raw.unbound.len() == unbound {
            let mut span = self.origin.span(range);
            let text = self.origin.text.get(span.range()).unwrap_or("");
            span.end = span.start + text.trim_end().len();
            span.end = text.find('\n').map_or(span.end, |line| span.end.min(span.start + line));
            self.raw.unbound.push(Unbound { span, what: "list item" });
        }
        blocks
    }
}

impl RawClause {
    /// The label, with the span that gives it.
    pub(crate) fn label(&self) -> Option<&Word> {
        self.sites.first().and_then(|site| site.label.as_ref())
    }
}
