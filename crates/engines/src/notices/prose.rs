//! The text of a notice as HTML in the look of the desk, and as points with pictures for children.
//!
//! The inline HTML comes from the policy language, which has made it safe; whatever is added here is escaped.

use policy::{Block, Cell, List, Table, render::escape};

/// A point with its picture.
pub(super) struct Point {
    /// The symbol of the sprite.
    pub(super) picture: &'static str,
    /// What it says; safe.
    pub(super) html: String,
}

/// Blocks as HTML; headings begin at `level`.
pub(super) fn html(blocks: &[Block], level: u8) -> String {
    blocks.iter().map(|inner| block(inner, level)).collect()
}

fn block(block: &Block, level: u8) -> String {
    match block {
        Block::Heading(heading) => {
            let at = (level + heading.level.saturating_sub(2)).clamp(2, 6);
            format!("<h{at} class=\"govuk-heading-s\">{}</h{at}>\n", heading.html)
        }
        Block::Paragraph(paragraph) if paragraph.text.trim().is_empty() => String::new(),
        Block::Paragraph(paragraph) => format!("<p class=\"govuk-body\">{}</p>\n", paragraph.html),
        Block::List(inner) => list(inner, level),
        Block::Table(inner) => table(inner),
        Block::Quote(inner) => format!("<blockquote class=\"govuk-inset-text\">{}</blockquote>\n", html(inner, level)),
        Block::Code(text) => format!("<pre class=\"gh-source\">{}</pre>\n", escape(text)),
        Block::Rule => {
            "<hr class=\"govuk-section-break govuk-section-break--m govuk-section-break--visible\">\n".to_owned()
        }
    }
}

fn list(list: &List, level: u8) -> String {
    let items: String = list.items.iter().map(|item| format!("<li>{}</li>\n", item_html(item, level))).collect();
    match list.start {
        None => format!("<ul class=\"govuk-list govuk-list--bullet\">\n{items}</ul>\n"),
        Some(start) => format!("<ol class=\"govuk-list govuk-list--number\" start=\"{start}\">\n{items}</ol>\n"),
    }
}

/// What an item says; its first paragraph stands without its own element.
fn item_html(item: &[Block], level: u8) -> String {
    item.iter()
        .enumerate()
        .map(|(nth, inner)| match inner {
            Block::Paragraph(paragraph) if nth == 0 => paragraph.html.clone(),
            Block::Paragraph(_)
            | Block::Heading(_)
            | Block::List(_)
            | Block::Table(_)
            | Block::Quote(_)
            | Block::Code(_)
            | Block::Rule => block(inner, level),
        })
        .collect()
}

fn table(table: &Table) -> String {
    let head: String = table
        .head
        .iter()
        .map(|cell| format!("<th scope=\"col\" class=\"govuk-table__header\">{}</th>", cell.html))
        .collect();
    let row = |cells: &[Cell]| -> String {
        cells.iter().map(|cell| format!("<td class=\"govuk-table__cell\">{}</td>", cell.html)).collect()
    };
    let rows: String =
        table.rows.iter().map(|it| format!("<tr class=\"govuk-table__row\">{}</tr>\n", row(&it.cells))).collect();
    format!(
        "<div class=\"gh-wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table class=\"govuk-table gh-table-s\">\
         <thead class=\"govuk-table__head\"><tr class=\"govuk-table__row\">{head}</tr></thead>\n\
         <tbody class=\"govuk-table__body\">{rows}</tbody></table></div>\n"
    )
}

/// The text as points, each with a picture: paragraphs and items of lists, in their order.
pub(super) fn points(blocks: &[Block]) -> Vec<Point> {
    let mut points = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(paragraph) if paragraph.text.trim().is_empty() => {}
            Block::Paragraph(paragraph) => points.push(point(&paragraph.text, paragraph.html.clone())),
            Block::List(list) => {
                for item in &list.items {
                    let text = match item.first() {
                        Some(Block::Paragraph(paragraph)) => paragraph.text.as_str(),
                        Some(_) | None => "",
                    };
                    points.push(point(text, item_html(item, 3)));
                }
            }
            Block::Quote(inner) => points.extend(self::points(inner)),
            Block::Heading(heading) => points.push(point(&heading.text, format!("<strong>{}</strong>", heading.html))),
            Block::Table(_) | Block::Code(_) => points.push(point("", self::block(block, 3))),
            Block::Rule => {}
        }
    }
    points
}

fn point(text: &str, html: String) -> Point {
    Point { picture: picture(text), html }
}

/// The picture that stands beside a point: the first whose words the point has.
fn picture(text: &str) -> &'static str {
    const PICTURES: [(&str, &[&str]); 7] = [
        ("pic-key", &["password", "log in", "log on", "sign in"]),
        ("pic-camera", &["photo", "picture", "film", "video", "image", "camera"]),
        ("pic-stranger", &["meet", "stranger", "don't know", "don’t know", "do not know"]),
        (
            "pic-house",
            &["address", "phone number", "full name", "personal", "private", "where i live", "where you live"],
        ),
        ("pic-speak", &["tell", "report", "worr", "upset", "talk to", "ask a"]),
        ("pic-eye", &["can see", "monitor", "check", "record", "look at what"]),
        ("pic-heart", &["kind", "polite", "respect", "friendly", "bully", "care"]),
    ];
    let text = text.to_lowercase();
    let found = PICTURES.iter().find(|(_, words)| words.iter().any(|word| text.contains(word)));
    found.map_or("pic-book", |(picture, _)| picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_html_and_points() {
        let blocks =
            policy::prose("## Who\n\nTell a *teacher*.\n\n- Keep your password.\n- 1 < 2\n\n| A |\n|---|\n| b |\n");
        let page = html(&blocks, 2);
        assert!(page.contains("<h2 class=\"govuk-heading-s\">Who</h2>"), "{page}");
        assert!(page.contains("<p class=\"govuk-body\">Tell a <em>teacher</em>.</p>"), "{page}");
        assert!(page.contains("<li>1 &lt; 2</li>"), "{page}");
        let pictures: Vec<_> = points(&blocks).iter().map(|point| point.picture).collect();
        assert_eq!(pictures, ["pic-book", "pic-speak", "pic-key", "pic-book", "pic-book"]);
    }
}
