//! The text of a policy or an agreement as HTML blocks in the look of the desk.
//!
//! The inline HTML comes from the policy language, which has made it safe; whatever is added here is
//! escaped.

use policy::{Block, Cell, List, Table, render::escape};

use super::views;

/// Whether a clause stands anywhere in `blocks`.
pub(crate) fn holds_clause(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| match block {
        Block::Paragraph(paragraph) => paragraph.clause.is_some(),
        Block::List(list) => list.items.iter().any(|item| holds_clause(item)),
        Block::Table(table) => table.rows.iter().any(|row| row.clause.is_some()),
        Block::Quote(inner) => holds_clause(inner),
        Block::Heading(_) | Block::Code(_) | Block::Rule => false,
    })
}

/// Blocks as HTML, whatever clauses they hold.
pub(crate) fn html(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect()
}

/// One block as HTML.
pub(crate) fn block(block: &Block) -> String {
    match block {
        Block::Heading(heading) => {
            let level = heading.level.clamp(2, 6);
            format!("<h{level} class=\"govuk-heading-s\">{}</h{level}>\n", heading.html)
        }
        Block::Paragraph(paragraph) => format!("<p class=\"govuk-body\">{}</p>\n", paragraph.html),
        Block::List(inner) => list(inner),
        Block::Table(inner) => table(inner),
        Block::Quote(inner) => format!("<blockquote class=\"govuk-inset-text\">{}</blockquote>\n", html(inner)),
        Block::Code(text) => {
            format!(
                "<pre class=\"gh-source\" tabindex=\"0\" role=\"region\" aria-label=\"Example\">{}</pre>\n",
                escape(text)
            )
        }
        Block::Rule => {
            "<hr class=\"govuk-section-break govuk-section-break--m govuk-section-break--visible\">\n".to_owned()
        }
    }
}

fn list(list: &List) -> String {
    let items: String = list.items.iter().map(|item| format!("<li>{}</li>\n", item_html(item))).collect();
    match list.start {
        None => format!("<ul class=\"govuk-list govuk-list--bullet\">\n{items}</ul>\n"),
        Some(1) => format!("<ol class=\"govuk-list govuk-list--number\">\n{items}</ol>\n"),
        Some(start) => format!("<ol class=\"govuk-list govuk-list--number\" start=\"{start}\">\n{items}</ol>\n"),
    }
}

/// What an item says; a single paragraph stands without its own element.
fn item_html(item: &[Block]) -> String {
    item.iter()
        .enumerate()
        .map(|(nth, inner)| match inner {
            Block::Paragraph(paragraph) if nth == 0 => paragraph.html.clone(),
            Block::Paragraph(paragraph) => format!("<p class=\"govuk-body\">{}</p>", paragraph.html),
            Block::Heading(_) | Block::List(_) | Block::Table(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => {
                block(inner)
            }
        })
        .collect()
}

fn table(table: &Table) -> String {
    let head: String = table.head.iter().map(head_cell).collect();
    let rows: String = table
        .rows
        .iter()
        .map(|row| {
            let cells: String =
                row.cells.iter().map(|cell| format!("<td class=\"govuk-table__cell\">{}</td>", cell.html)).collect();
            format!("<tr class=\"govuk-table__row\">{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"gh-wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table class=\"govuk-table gh-table-s\">\
         <thead class=\"govuk-table__head\"><tr class=\"govuk-table__row\">{head}</tr></thead>\n\
         <tbody class=\"govuk-table__body\">{rows}</tbody></table></div>\n"
    )
}

fn head_cell(cell: &Cell) -> String {
    if cell.text.trim().is_empty() {
        return "<td class=\"govuk-table__header\"></td>".to_owned();
    }
    format!("<th scope=\"col\" class=\"govuk-table__header\">{}</th>", cell.html)
}

/// The cells of a row with the headings of their columns.
pub(crate) fn cells(head: &[Cell], cells: &[Cell]) -> Vec<views::Cell> {
    cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| !cell.text.trim().is_empty())
        .map(|(nth, cell)| views::Cell {
            heading: head.get(nth).map(|head| head.text.clone()).unwrap_or_default(),
            html: cell.html.clone(),
        })
        .collect()
}

/// A piece of a document, laid out for clauses: what `walk` hands on.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// A heading.
    Heading(&'a policy::Heading),
    /// HTML without clauses.
    Prose(String),
    /// A clause; with its cells where it is a row of a table.
    Clause(policy::ClauseIx, Vec<views::Cell>),
}

/// Lays out blocks as headings, prose and clauses, in their order.
pub(crate) fn walk<'a>(blocks: &'a [Block], out: &mut Vec<Piece<'a>>) {
    for inner in blocks {
        match inner {
            Block::Heading(heading) => out.push(Piece::Heading(heading)),
            Block::Paragraph(paragraph) => match paragraph.clause {
                Some(clause) => out.push(Piece::Clause(clause, Vec::new())),
                None if paragraph.text.trim().is_empty() => {}
                None => out.push(Piece::Prose(block(inner))),
            },
            Block::List(list) if list.items.iter().any(|item| holds_clause(item)) => {
                for item in &list.items {
                    walk(item, out);
                }
            }
            Block::Table(table) if table.rows.iter().any(|row| row.clause.is_some()) => {
                for row in &table.rows {
                    let cells = cells(&table.head, &row.cells);
                    match row.clause {
                        Some(clause) => out.push(Piece::Clause(clause, cells)),
                        None => {
                            let text: Vec<_> = cells.into_iter().map(|cell| cell.html).collect();
                            out.push(Piece::Prose(format!("<p class=\"govuk-body\">{}</p>\n", text.join(": "))));
                        }
                    }
                }
            }
            Block::Quote(quoted) if holds_clause(quoted) => walk(quoted, out),
            Block::List(_) | Block::Table(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => {
                out.push(Piece::Prose(block(inner)));
            }
        }
    }
}
