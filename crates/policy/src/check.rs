//! Reads and checks a whole policy.

use jiff::civil::Date;
use kernel::Audience;

use crate::{
    bind::{Binder, Standpoint},
    combine,
    common_read::Names,
    count::Counts,
    diagnostic::{Code, Diagnostic, Lines, Reporter, Severity},
    faithful,
    front::Front,
    front_read, links,
    markdown::{self, Raw},
    model::{Agreement, Block, Clause, ClauseIx, Document, Notice, Policy, Site},
    number::{self, ClauseNumbers},
    personal,
    registry::Registry,
    source::{Source, SourceFile, Span},
    suggest,
    terms::TermTable,
};

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The policy, where there is no error.
    pub policy: Option<Policy>,
    /// What is wrong, and what somebody should look at, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
    /// What was counted, errors or not.
    pub counts: Counts,
}

impl Checked {
    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|it| it.severity == Severity::Error)
    }

    /// Whether there is a warning.
    pub fn has_warnings(&self) -> bool {
        self.diagnostics.iter().any(|it| it.severity == Severity::Warning)
    }
}

/// Reads and checks a policy.
pub fn check(source: &Source, registry: &Registry, today: Date) -> Checked {
    let source = Source::new(source.files.clone());
    let lines = Lines::of(&source);
    let mut report = Reporter::new(&source, &lines);
    let policy = read(&source, registry, today, &mut report);
    let counts = Counts::of(&policy, registry);
    let errors = report.has_errors();
    let diagnostics = report.finish();
    Checked { policy: (!errors).then_some(policy), counts: counts.with(&diagnostics), diagnostics }
}

/// Reads a policy that is being written: what can be read of it, errors or not. For showing it, never for acting on it.
pub fn sketch(source: &Source, registry: &Registry, today: Date) -> Policy {
    let source = Source::new(source.files.clone());
    let lines = Lines::of(&source);
    read(&source, registry, today, &mut Reporter::new(&source, &lines))
}

fn read(source: &Source, registry: &Registry, today: Date, report: &mut Reporter<'_>) -> Policy {
    let mut policy = Policy {
        front: Front::default(),
        main: Document::default(),
        agreements: Vec::new(),
        notices: Vec::new(),
        clauses: Vec::new(),
        source: source.clone(),
    };
    let main = source.files.iter().position(|file| file.path == Source::MAIN);
    let Some(main) = main else {
        report
            .error(Code::NO_POLICY, Span::default(), format!("there is no `{}`", Source::MAIN), "")
            .help("a policy is a folder with a file `policy.md`");
        return policy;
    };
    let mut front_span = Span::default();
    let mut bodies = Vec::new();
    for (at, file) in source.files.iter().enumerate().filter(|(_, file)| file.is_prose()) {
        let split = front_read::split(at, file, report);
        let front = split.front.clone().map(|range| front_read::toml(at, file, range, report));
        // What cannot be read was said already; that its keys are missing would be noise.
        let broken = split.broken || matches!(front, Some(None));
        let front = front.flatten();
        if at == main && !broken {
            policy.front = main_front(at, front.as_ref(), report);
        }
        if at == main {
            front_span = Span::new(at, split.front.unwrap_or(0..0));
        }
        bodies.push((at, file, if broken { None } else { Some(front) }, split.body));
    }
    let front = policy.front.clone();
    let mut binder = Binder::new(Names { front: &front, registry });
    let mut abouts = Vec::new();
    for (at, file, table, body) in bodies {
        let raw = markdown::read(at, &file.text, body, report);
        let name = name_of(&file.path);
        let prefix = if at == main { String::new() } else { format!("{name}:") };
        if at == main {
            for unbound in &raw.unbound {
                let message = format!("this {} asks for nothing", unbound.what);
                report
                    .warning(Code::UNBOUND, unbound.span, message, "neither a binding nor context")
                    .help("bind it to a control, or mark it as background: `context` at its end");
            }
        }
        personal::check(&raw, report);
        let document = document(&file.path, &prefix, raw, &mut binder, &mut policy.clauses, report);
        if at == main {
            policy.main = document;
        } else if file.path.starts_with("agreements/") {
            policy.agreements.push(agreement(
                at,
                file,
                name,
                table.as_ref().map(Option::as_ref),
                &front,
                document,
                report,
            ));
        } else {
            let (mut notice, about) =
                front_read::notice(&table.flatten().unwrap_or_default(), &front, &file.path, report);
            abouts.extend(notice.about.clone().zip(about));
            if notice.title.is_empty() {
                notice.title = first_heading(&document).unwrap_or_else(|| name.to_owned());
            }
            policy.notices.push(Notice { name: name.to_owned(), front: notice, document });
        }
    }
    for (about, span) in abouts {
        known_about(&about, span, &policy, registry, report);
    }
    links::check(&policy.clauses, report);
    combine::check(&policy, registry, report);
    for check in registry.checks() {
        check.check(&policy, report);
    }
    faithful::check(&policy, report);
    if let Some(review) = policy.front.review
        && review < today
    {
        let text = report.text(front_span);
        let span = text.find("review").map_or(front_span, |at| {
            let line = text.get(at..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
            Span { start: front_span.start + at, end: front_span.start + at + line, ..front_span }
        });
        report
            .warning(Code::REVIEW_PAST, span, format!("the policy was to be reviewed by {review}"), "past")
            .help("review it, and give the day of the next review");
    }
    policy
}

/// A notice tells of a control or of a clause by its label.
fn known_about(about: &str, span: Span, policy: &Policy, registry: &Registry, report: &mut Reporter<'_>) {
    let labels = || policy.clauses.iter().filter_map(|clause| clause.label.as_deref());
    if registry.find(about).is_some() || labels().any(|label| label == about) {
        return;
    }
    let (code, message) = if about.contains('.') {
        (Code::UNKNOWN_CONTROL, format!("there is no control `{about}`"))
    } else {
        (Code::FRONT_MATTER, format!("no clause has the label `{about}`"))
    };
    let help = match suggest::nearest(about, registry.names().chain(labels())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a control such as `monitor.notice`, or the label of a clause".to_owned(),
    };
    report.error(code, span, message, "not known").help(help);
}

fn main_front(at: usize, table: Option<&TermTable>, report: &mut Reporter<'_>) -> Front {
    match table {
        Some(table) => front_read::policy(table, report),
        None => {
            report
                .error(Code::FRONT_MATTER, Span::new(at, 0..0), "the policy has no front matter", "here")
                .help("begin the file with a line `+++`, then `title = \"Online Safety Policy\"` and `version = \"1\"`, then a line `+++`");
            Front::default()
        }
    }
}

fn agreement(
    at: usize,
    file: &SourceFile,
    name: &str,
    table: Option<Option<&TermTable>>,
    front: &Front,
    document: Document,
    report: &mut Reporter<'_>,
) -> Agreement {
    let (title, audience, version, issued) = match table {
        Some(Some(table)) => front_read::agreement(table, front, report),
        None => (String::new(), Audience::everyone(), String::new(), None),
        Some(None) => {
            report
                .error(
                    Code::FRONT_MATTER,
                    Span::new(at, 0..0),
                    format!("the agreement `{}` has no front matter", file.path),
                    "here",
                )
                .help("begin the file with a line `+++`, then `title`, `audience` and `version`, then a line `+++`");
            (String::new(), Audience::everyone(), String::new(), None)
        }
    };
    Agreement { name: name.to_owned(), title, audience, version, issued, document }
}

/// The file name without folder and `.md`.
fn name_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".md").unwrap_or(name)
}

fn first_heading(document: &Document) -> Option<String> {
    document.blocks.iter().find_map(|block| match block {
        Block::Heading(heading) => Some(heading.text.clone()),
        Block::Paragraph(_) | Block::List(_) | Block::Table(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => None,
    })
}

/// Numbers a document, and makes clauses of what it holds.
fn document(
    path: &str,
    prefix: &str,
    raw: Raw,
    binder: &mut Binder<'_>,
    clauses: &mut Vec<Clause>,
    report: &mut Reporter<'_>,
) -> Document {
    let Raw { mut blocks, clauses: raw_clauses, headings, unbound: _, prose: _, sites } = raw;
    let sections = number::sections(&headings, !prefix.is_empty());
    let base = clauses.len();
    let mut numbers = ClauseNumbers::default();
    for raw in &raw_clauses {
        let section = raw.section.and_then(|at| sections.get(at));
        let at = Standpoint {
            number: numbers.next(section),
            path,
            section: raw.section.and_then(|at| headings.get(at)).map_or("", |(_, text)| text),
            key_prefix: prefix.to_owned(),
        };
        clauses.push(binder.clause(raw, at, report));
    }
    let mut next = sections.iter();
    for block in &mut blocks {
        if let Block::Heading(heading) = block
            && let Some(section) = next.next()
        {
            heading.number.clone_from(&section.number);
            heading.printed = section.printed;
            let word: String =
                section.number.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
            let of: String = prefix.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
            let word = word.to_lowercase();
            heading.anchor = if word.is_empty() { String::new() } else { format!("{}s-{word}", of.to_lowercase()) };
        }
    }
    shift(&mut blocks, base);
    let sites = sites.iter().filter_map(|site| Some(Site { span: site.span, canonical: site.canonical()? })).collect();
    Document { path: path.to_owned(), blocks, sites }
}

/// Clauses were counted from the beginning of the document; now they are counted over all files.
fn shift(blocks: &mut [Block], base: usize) {
    let move_up = |clause: &mut Option<ClauseIx>| {
        if let Some(ClauseIx(at)) = clause {
            *at += base;
        }
    };
    for block in blocks {
        match block {
            Block::Paragraph(paragraph) => move_up(&mut paragraph.clause),
            Block::List(list) => list.items.iter_mut().for_each(|item| shift(item, base)),
            Block::Table(table) => table.rows.iter_mut().for_each(|row| move_up(&mut row.clause)),
            Block::Quote(inner) => shift(inner, base),
            Block::Heading(_) | Block::Code(_) | Block::Rule => {}
        }
    }
}
