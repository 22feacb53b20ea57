//! Tables: each row may be a clause, with what stands in its last cell and before the table.

use std::rc::Rc;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{RawClause, RawRow, Reader, Unbound};
use crate::{
    diagnostic::Code,
    inline::{self, Run},
    model::{Block, Cell, ClauseIx, Row, Table},
    site::{RawSite, Shape},
    source::Span,
};

impl Reader<'_, '_, '_> {
    pub(super) fn table(&mut self) -> Block {
        let lead = self.lead.take().map(Rc::new);
        let mut head = Vec::new();
        let mut rows: Vec<(Vec<Run>, Span)> = Vec::new();
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead) => head = self.cells(false),
                Event::Start(Tag::TableRow) => {
                    let span = self.origin.span(&range);
                    let cells = self.cells(true);
                    rows.push((cells, span));
                }
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        for site in head.iter().flat_map(|run| &run.sites) {
            self.report
                .error(Code::BINDING_PLACE, site.span, "the head of a table cannot have a binding", "in the head")
                .help("put a binding for every row into a paragraph of its own before the table");
        }
        let width = head.len();
        let bare = width > 1
            && head.last().is_some_and(|run| run.text.is_empty())
            && rows.iter().all(|(cells, _)| cells.get(width - 1).is_none_or(|run| run.text.is_empty()));
        let shown = if bare { width - 1 } else { width };
        let names = Rc::new(head.iter().map(|run| run.text.clone()).collect::<Vec<_>>());
        let cell = |run: &Run| Cell { text: run.text.clone(), html: run.html.clone() };
        let rows = rows
            .into_iter()
            .map(|(cells, span)| {
                let shown_cells = cells.iter().take(shown).map(cell).collect();
                Row { cells: shown_cells, clause: self.row(cells, span, &names, lead.as_ref()) }
            })
            .collect();
        self.before.clear();
        Block::Table(Table { head: head.iter().take(shown).map(cell).collect(), rows })
    }

    fn cells(&mut self, rows: bool) -> Vec<Run> {
        let mut cells = Vec::new();
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::TableCell) => {
                    let mut run = self.run(rows);
                    run.span = self.origin.span(&range);
                    cells.push(run);
                }
                Event::End(_) => break,
                _ => {}
            }
        }
        cells
    }

    fn row(
        &mut self,
        mut cells: Vec<Run>,
        mut span: Span,
        head: &Rc<Vec<String>>,
        lead: Option<&Rc<Vec<RawSite>>>,
    ) -> Option<ClauseIx> {
        let source = self.origin.text.get(span.range()).unwrap_or("");
        span.end = span.start + source.trim_end().len();
        let last = cells.len().checked_sub(1)?;
        for run in cells.iter().take(last) {
            for site in &run.sites {
                self.report
                    .error(
                        Code::BINDING_PLACE,
                        site.span,
                        "this binding does not stand in the last cell of its row",
                        "here",
                    )
                    .help("put labels and bindings of a row into its last cell");
            }
        }
        let sites: Vec<RawSite> = cells.last_mut().map(|run| std::mem::take(&mut run.sites)).unwrap_or_default();
        self.raw.sites.extend(sites.iter().cloned());
        let text = row_text(head, &cells);
        if sites.iter().all(|site| matches!(site.shape, Shape::Label)) && lead.is_none() {
            self.raw.unbound.push(Unbound { span, what: "table row" });
            self.raw.prose.push((text, span));
            return None;
        }
        let html = inline::escape(&text);
        let row = RawRow {
            lead: lead.cloned(),
            head: Rc::clone(head),
            last_cell: cells.last().map_or(span, |run| run.span),
            cells: cells.into_iter().map(|run| (run.text, run.span)).collect(),
        };
        let around = head.join(" ");
        Some(self.clause(RawClause { section: None, text, html, sites, span, around, row: Some(row) }))
    }
}

/// "Online games (Staff: at certain times; Pupils: never)".
fn row_text(head: &[String], cells: &[Run]) -> String {
    let Some((first, others)) = cells.split_first() else { return String::new() };
    let others: Vec<_> = others
        .iter()
        .zip(head.iter().skip(1))
        .filter(|(run, _)| !run.text.is_empty())
        .map(|(run, head)| if head.is_empty() { run.text.clone() } else { format!("{head}: {}", run.text) })
        .collect();
    if others.is_empty() { first.text.clone() } else { format!("{} ({})", first.text, others.join("; ")) }
}
