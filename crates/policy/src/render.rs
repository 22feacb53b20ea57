//! The policy as a page: prose, clauses with their numbers, and under each what the system does.

use std::fmt::Write as _;

pub use crate::inline::escape;
use crate::{
    binding::Binding,
    model::{Block, Clause, ClauseIx, Document, Heading, List, Paragraph, Policy, Table},
    registry::Registry,
    words::Words,
};

/// What is printed beside the prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detail {
    /// The words of the policy alone.
    Prose,
    /// Under each clause a line "The system: …".
    System,
}

/// What the system does about a clause, a sentence for each binding.
pub fn in_words(clause: &Clause, registry: &Registry, words: &Words) -> Vec<String> {
    lines(clause, registry, words).into_iter().map(|(_, line)| line).collect()
}

/// The same, each with whether its control is built: a page must not say that the system does what it does not do.
fn lines(clause: &Clause, registry: &Registry, words: &Words) -> Vec<(bool, String)> {
    let of = |binding: &Binding| {
        let control = registry.get(&binding.control)?;
        Some((control.keeps(binding, &words.front), words.sentence(control.as_ref(), binding)))
    };
    clause.bindings.iter().filter_map(of).collect()
}

/// A complete page that stands alone.
pub fn page(policy: &Policy, registry: &Registry, words: &Words, detail: Detail) -> String {
    let title = escape(&policy.front.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{CSS}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the policy</a>\n\
         <main id=\"main\">\n<h1>{title}</h1>\n"
    );
    out.push_str(&facts(policy, words));
    contents(&policy.main, &mut out);
    out.push_str(&fragment(policy, &policy.main, registry, words, detail));
    for agreement in &policy.agreements {
        let title = escape(&agreement.title);
        let who = escape(&words.audience(&agreement.audience));
        let _ = writeln!(
            out,
            "<section class=\"agreement\" id=\"agreement-{}\">\n<h2>{title}</h2>",
            escape(&agreement.name)
        );
        let _ = writeln!(out, "<p class=\"facts\">For {who}. Version {}.</p>", escape(&agreement.version));
        let printer = Printer { policy, registry, words, detail, base: 2, open: Vec::new(), out: String::new() };
        out.push_str(&print(printer, &agreement.document));
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// One document without the page around it; its headings begin at `h2`.
pub fn fragment(policy: &Policy, document: &Document, registry: &Registry, words: &Words, detail: Detail) -> String {
    print(Printer { policy, registry, words, detail, base: 1, open: Vec::new(), out: String::new() }, document)
}

fn print(mut printer: Printer<'_>, document: &Document) -> String {
    for block in &document.blocks {
        // The title stands above already.
        let title = matches!(block, Block::Heading(heading) if heading.number.is_empty());
        if !title {
            printer.block(block);
        }
    }
    printer.out
}

fn facts(policy: &Policy, words: &Words) -> String {
    let front = &policy.front;
    let mut facts = vec![format!("Version {}", front.version)];
    facts.extend(front.issued.map(|day| format!("issued on {}", kernel::time::date_in_words(day))));
    facts.extend(front.review.map(|day| format!("to be reviewed by {}", kernel::time::date_in_words(day))));
    facts.extend(front.approval.as_ref().map(|by| format!("approved by {}", words.audience(by))));
    format!("<p class=\"facts\">{}.</p>\n", escape(&facts.join(", ")))
}

fn contents(document: &Document, out: &mut String) {
    let headings: Vec<&Heading> = document
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading(heading) if !heading.number.is_empty() && !heading.number.contains('.') => Some(heading),
            Block::Heading(_)
            | Block::Paragraph(_)
            | Block::List(_)
            | Block::Table(_)
            | Block::Quote(_)
            | Block::Code(_)
            | Block::Rule => None,
        })
        .collect();
    if headings.len() < 2 {
        return;
    }
    out.push_str("<nav aria-label=\"Contents\">\n<ul>\n");
    for heading in headings {
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", heading.anchor, escape(&numbered(heading)));
    }
    out.push_str("</ul>\n</nav>\n");
}

fn numbered(heading: &Heading) -> String {
    if heading.printed || heading.number.is_empty() {
        heading.text.clone()
    } else {
        format!("{} {}", heading.number, heading.text)
    }
}

struct Printer<'a> {
    policy: &'a Policy,
    registry: &'a Registry,
    words: &'a Words,
    detail: Detail,
    /// The level of the heading above.
    base: usize,
    /// The levels of the open sections, so that no level of the page is left out.
    open: Vec<u8>,
    out: String,
}

impl Printer<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(heading) => self.heading(heading),
            Block::Paragraph(paragraph) => self.paragraph(paragraph),
            Block::List(list) => self.list(list),
            Block::Table(table) => self.table(table),
            Block::Quote(inner) => {
                self.out.push_str("<blockquote>\n");
                inner.iter().for_each(|block| self.block(block));
                self.out.push_str("</blockquote>\n");
            }
            Block::Code(text) => {
                let _ = writeln!(self.out, "<pre>{}</pre>", escape(text));
            }
            Block::Rule => self.out.push_str("<hr>\n"),
        }
    }

    fn heading(&mut self, heading: &Heading) {
        while self.open.last().is_some_and(|level| *level >= heading.level) {
            self.open.pop();
        }
        self.open.push(heading.level);
        let level = (self.open.len() + self.base).min(6);
        let number = if heading.printed || heading.number.is_empty() {
            String::new()
        } else {
            format!("{} ", escape(&heading.number))
        };
        let id = if heading.anchor.is_empty() { String::new() } else { format!(" id=\"{}\"", heading.anchor) };
        let _ = writeln!(self.out, "<h{level}{id}>{number}{}</h{level}>", heading.html);
    }

    fn paragraph(&mut self, paragraph: &Paragraph) {
        match paragraph.clause.and_then(|ix| self.policy.clause(ix)) {
            Some(clause) => {
                let _ = writeln!(
                    self.out,
                    "<p class=\"clause\" id=\"{}\"><span class=\"number\">{}</span> {}</p>",
                    anchor(clause),
                    escape(&clause.number),
                    paragraph.html
                );
                self.system(clause);
            }
            None => {
                let _ = writeln!(self.out, "<p>{}</p>", paragraph.html);
            }
        }
    }

    fn system(&mut self, clause: &Clause) {
        if self.detail == Detail::Prose {
            return;
        }
        for (built, line) in lines(clause, self.registry, self.words) {
            let who = if built { "The system" } else { "Not yet in the system" };
            let _ = writeln!(self.out, "<p class=\"system\"><strong>{who}:</strong> {}</p>", escape(&line));
        }
    }

    fn list(&mut self, list: &List) {
        let (open, close) = match list.start {
            Some(1) => ("<ol>\n".to_owned(), "</ol>\n"),
            Some(start) => (format!("<ol start=\"{start}\">\n"), "</ol>\n"),
            None => ("<ul>\n".to_owned(), "</ul>\n"),
        };
        self.out.push_str(&open);
        for item in &list.items {
            self.out.push_str("<li>\n");
            item.iter().for_each(|block| self.block(block));
            self.out.push_str("</li>\n");
        }
        self.out.push_str(close);
    }

    fn table(&mut self, table: &Table) {
        let of_row = |ix: ClauseIx| {
            self.policy.clause(ix).map(|clause| lines(clause, self.registry, self.words)).unwrap_or_default()
        };
        let clauses = table.rows.iter().any(|row| row.clause.is_some());
        let system = self.detail == Detail::System
            && table.rows.iter().filter_map(|row| row.clause).any(|ix| !of_row(ix).is_empty());
        let mut out = String::from("<table>\n<thead>\n<tr>");
        if clauses {
            out.push_str("<th scope=\"col\">Clause</th>");
        }
        for cell in &table.head {
            let _ = write!(out, "<th scope=\"col\">{}</th>", cell.html);
        }
        if system {
            out.push_str("<th scope=\"col\">The system</th>");
        }
        out.push_str("</tr>\n</thead>\n<tbody>\n");
        for row in &table.rows {
            let clause = row.clause.and_then(|ix| self.policy.clause(ix));
            let id = clause.map_or(String::new(), |clause| format!(" id=\"{}\"", anchor(clause)));
            let _ = write!(out, "<tr{id}>");
            if clauses {
                let _ =
                    write!(out, "<td class=\"number\">{}</td>", clause.map_or(String::new(), |it| escape(&it.number)));
            }
            for (at, cell) in row.cells.iter().enumerate() {
                let (open, close) = if at == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
                let _ = write!(out, "{open}{}{close}", cell.html);
            }
            if system {
                let lines: Vec<_> = row
                    .clause
                    .map(of_row)
                    .unwrap_or_default()
                    .iter()
                    .map(|(built, line)| format!("{}{}", if *built { "" } else { "Not yet: " }, escape(line)))
                    .collect();
                let _ = write!(out, "<td class=\"system\">{}</td>", lines.join("<br>"));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
        self.out.push_str(&out);
    }
}

/// The identifier of a clause in the page: `c-pw-age`.
pub fn anchor(clause: &Clause) -> String {
    let stem = if clause.path == crate::Source::MAIN { "" } else { clause.path.rsplit('/').next().unwrap_or("") };
    let key = match &clause.label {
        Some(label) => label.clone(),
        None => format!("{}{}", stem.strip_suffix(".md").unwrap_or(stem), clause.number),
    };
    let key: String =
        key.to_lowercase().chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    format!("c-{key}")
}

const CSS: &str = "\
body{font:1.125rem/1.5 arial,sans-serif;color:#0b0c0c;background:#fff;margin:0}\
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem}\
h1{font-size:2.25rem;line-height:1.15}h2{font-size:1.6rem;margin-top:2.5rem;border-top:1px solid #b1b4b6;padding-top:1rem}\
h3{font-size:1.25rem}h4,h5,h6{font-size:1.125rem}\
a{color:#1d70b8}a:focus{outline:3px solid #fd0;background:#fd0;color:#0b0c0c}\
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;padding:.5rem}\
.facts{color:#505a5f}.number{color:#505a5f;font-variant-numeric:tabular-nums;padding-right:.25rem}\
.system{font-size:1rem;color:#383f43;border-left:4px solid #b1b4b6;margin:.25rem 0 1rem;padding-left:.75rem}\
td.system{border-left:0;padding-left:.5rem}\
li>p{margin:.25rem 0}table{border-collapse:collapse;width:100%;font-size:1rem}\
th,td{text-align:left;vertical-align:top;border-bottom:1px solid #b1b4b6;padding:.5rem}\
blockquote{border-left:4px solid #b1b4b6;margin-left:0;padding-left:1rem}pre{overflow:auto}\
@media print{main{max-width:none;padding:0}nav,.skip{display:none}h2,h3,h4{break-after:avoid}li,tr{break-inside:avoid}}";
