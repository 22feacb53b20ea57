//! The policy as it is published: prose with numbers, without bindings and without anything that helps
//! an attacker.

use policy::{ClauseKind, Policy, Source};

use super::{
    prose::{self, Piece},
    views::{FileView, PrintBlock},
};

/// The blocks of the published policy.
pub(crate) fn blocks(policy: &Policy) -> Vec<PrintBlock> {
    let mut pieces = Vec::new();
    prose::walk(&policy.main.blocks, &mut pieces);
    let base = super::build::section_level(&policy.main.blocks);
    pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Heading(heading) if heading.level < base => None,
            Piece::Heading(heading) => {
                let level = (heading.level.saturating_sub(base) + 2).clamp(2, 6);
                Some(PrintBlock::Heading { level, html: heading.html.clone() })
            }
            Piece::Prose(html) => Some(PrintBlock::Prose(html)),
            Piece::Clause(ix, cells) => policy.clause(ix).map(|clause| match clause.kind {
                ClauseKind::Context if cells.is_empty() => {
                    PrintBlock::Prose(format!("<p class=\"govuk-body\">{}</p>\n", clause.html))
                }
                ClauseKind::Context | ClauseKind::Bound => {
                    PrintBlock::Clause { number: clause.number.clone(), html: clause.html.clone(), cells }
                }
            }),
        })
        .collect()
}

/// The files of a version as they were published: front matter and bindings left out.
pub(crate) fn files(policy: &Policy, source: &Source, whole: bool) -> Vec<FileView> {
    if whole {
        return source.files.iter().map(|file| FileView { path: file.path.clone(), text: file.text.clone() }).collect();
    }
    let documents = std::iter::once(&policy.main)
        .chain(policy.agreements.iter().map(|it| &it.document))
        .chain(policy.notices.iter().map(|it| &it.document));
    documents.map(|document| FileView { path: document.path.clone(), text: plain(&document.blocks) }).collect()
}

/// The text of blocks, a paragraph a line.
fn plain(blocks: &[policy::Block]) -> String {
    use policy::Block;
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(heading) => {
                out.push_str(&format!("\n{} {}\n\n", "#".repeat(usize::from(heading.level)), heading.text));
            }
            Block::Paragraph(paragraph) => out.push_str(&format!("{}\n\n", paragraph.text.trim())),
            Block::List(list) => {
                for item in &list.items {
                    out.push_str(&format!("- {}\n", plain(item).trim().replace("\n\n", "\n").replace('\n', "\n  ")));
                }
                out.push('\n');
            }
            Block::Table(table) => {
                for cells in std::iter::once(&table.head).chain(table.rows.iter().map(|row| &row.cells)) {
                    let texts: Vec<_> = cells.iter().map(|cell| cell.text.as_str()).collect();
                    out.push_str(&format!("| {} |\n", texts.join(" | ")));
                }
                out.push('\n');
            }
            Block::Quote(inner) => out.push_str(&format!("> {}\n\n", plain(inner).trim().replace('\n', "\n> "))),
            Block::Code(text) => out.push_str(&format!("{text}\n")),
            Block::Rule => out.push_str("---\n\n"),
        }
    }
    out
}
