//! The report, and the policy itself, on paper.

use pdf::{Item, Paper, Part, Table};
use policy::{Block, ClauseKind, Policy};

use super::report::{Line, Report};

/// The governors' report as a paper.
pub(super) fn governors(report: &Report, school: &str, made: &str) -> Paper {
    let mut parts = vec![heading(1, "Where we stand"), counts(report), heading(1, "By section"), sections(report)];
    for (title, none, lines) in [
        ("What got worse", "", &report.worse),
        ("What is not kept", "Nothing.", &report.wrong),
        ("What falls due", "Nothing.", &report.due),
    ] {
        if lines.is_empty() && none.is_empty() {
            continue;
        }
        parts.push(heading(1, title));
        parts.push(match lines.is_empty() {
            true => Part::Text { text: none.to_owned() },
            false => Part::Items { items: lines.iter().map(item).collect() },
        });
    }
    Paper {
        title: "Online safety: report to governors".to_owned(),
        school: school.to_owned(),
        made: made.to_owned(),
        lead: vec![report.lead.clone(), format!("{}, version {}.", report.policy, report.version)],
        parts,
    }
}

/// The published policy as a paper: numbers and words, without bindings.
pub(super) fn policy(policy: &Policy, school: &str, made: &str) -> Paper {
    let mut parts = Vec::new();
    blocks(policy, &policy.main.blocks, &mut parts);
    Paper {
        title: policy.front.title.clone(),
        school: school.to_owned(),
        made: made.to_owned(),
        lead: vec![format!("Version {}.", policy.front.version)],
        parts,
    }
}

fn heading(level: u8, text: &str) -> Part {
    Part::Heading { level, text: text.to_owned() }
}

fn counts(report: &Report) -> Part {
    let mut head = vec!["Standing".to_owned(), "Clauses".to_owned()];
    let mut widths = vec![3, 2];
    if let Some(day) = &report.compared {
        head.push(format!("On {day}"));
        widths.push(2);
    }
    let rows = report.counts.iter().map(|count| {
        let mut row = vec![count.word.to_owned(), count.now.to_string()];
        if report.compared.is_some() {
            row.push(count.before.map(|before| before.to_string()).unwrap_or_default());
        }
        row
    });
    Part::Table(Table { widths, head, rows: rows.collect() })
}

fn sections(report: &Report) -> Part {
    let head = ["Section", "Clauses", "Kept", "Due", "Not kept", "Not built"].map(str::to_owned).to_vec();
    let rows = report.sections.iter().map(|section| {
        let figures = [section.clauses, section.well, section.due, section.wrong, section.unbuilt];
        std::iter::once(section.title.clone()).chain(figures.map(|figure| figure.to_string())).collect()
    });
    Part::Table(Table { widths: vec![6, 2, 2, 2, 2, 2], head, rows: rows.collect() })
}

fn item(line: &Line) -> Item {
    let why = format!("{} {}", line.why, line.mend);
    Item { number: line.number.clone(), text: line.text.clone(), notes: vec![why.trim().to_owned(), line.when.clone()] }
}

fn blocks(policy: &Policy, all: &[Block], parts: &mut Vec<Part>) {
    for block in all {
        match block {
            // The title of the document stands at the head of the paper.
            Block::Heading(heading) if heading.number.is_empty() && parts.is_empty() => {}
            Block::Heading(heading) => {
                parts.push(Part::Heading { level: heading.level.clamp(1, 6), text: heading.text.clone() });
            }
            Block::Paragraph(paragraph) => match paragraph.clause.and_then(|ix| policy.clause(ix)) {
                Some(clause) if clause.kind == ClauseKind::Bound => numbered(&clause.number, &clause.text, parts),
                Some(_) | None => parts.push(Part::Text { text: paragraph.text.trim().to_owned() }),
            },
            Block::List(list) => list.items.iter().for_each(|item| blocks(policy, item, parts)),
            Block::Quote(inner) => blocks(policy, inner, parts),
            Block::Table(table) => {
                let columns = table.head.len().max(1);
                let fit = |cells: &[policy::Cell]| -> Vec<String> {
                    let texts = cells.iter().map(|cell| cell.text.clone());
                    texts.chain(std::iter::repeat(String::new())).take(columns).collect()
                };
                parts.push(Part::Table(Table {
                    widths: vec![1; columns],
                    head: fit(&table.head),
                    rows: table.rows.iter().map(|row| fit(&row.cells)).collect(),
                }));
            }
            Block::Code(text) => parts.push(Part::Text { text: text.clone() }),
            Block::Rule => {}
        }
    }
}

/// Clauses that follow each other are one list.
fn numbered(number: &str, text: &str, parts: &mut Vec<Part>) {
    let item = Item { number: number.to_owned(), text: text.trim().to_owned(), notes: Vec::new() };
    match parts.last_mut() {
        Some(Part::Items { items }) => items.push(item),
        Some(_) | None => parts.push(Part::Items { items: vec![item] }),
    }
}
