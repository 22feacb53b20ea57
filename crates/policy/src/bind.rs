//! Makes clauses of what the Markdown holds: labels, controls, terms.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    binding::Binding,
    common::Common,
    common_read::{self, Names},
    control::{Control, ControlId, TermProblem},
    diagnostic::{Code, Reporter},
    markdown::{RawClause, RawRow},
    model::{Clause, ClauseKind},
    site::{self, RawBinding, RawSite, Shape, Word},
    source::Span,
    suggest,
    terms::{Term, TermTable, Value},
};

/// Where a clause stands.
pub(crate) struct Standpoint<'a> {
    pub(crate) number: String,
    pub(crate) path: &'a str,
    pub(crate) section: &'a str,
    /// Goes before the number in keys of clauses without label, so that they are unique over all files.
    pub(crate) key_prefix: String,
}

/// Makes clauses, and remembers what was said already.
pub(crate) struct Binder<'a> {
    names: Names<'a>,
    labels: BTreeMap<String, Span>,
    /// Leads of tables that were looked at with the first of their rows.
    leads: Vec<*const Vec<RawSite>>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(names: Names<'a>) -> Self {
        Self { names, labels: BTreeMap::new(), leads: Vec::new() }
    }

    pub(crate) fn clause(&mut self, raw: &RawClause, at: Standpoint<'_>, report: &mut Reporter<'_>) -> Clause {
        let label = raw.label().and_then(|label| self.label(label, report));
        for site in raw.sites.iter().skip(1) {
            if let Some(label) = &site.label {
                report
                    .error(
                        Code::LABEL_FORM,
                        label.span,
                        "only the first binding of a clause has the label",
                        "a second label",
                    )
                    .help("take it away, or make two clauses");
            }
        }
        let key = label.clone().unwrap_or_else(|| format!("{}{}", at.key_prefix, at.number));
        let mut bindings = Vec::new();
        let mut context = None;
        if let Some(row) = &raw.row {
            self.lead(row, raw, &key, &mut bindings, &mut context, report);
        }
        for site in &raw.sites {
            match &site.shape {
                Shape::Context => context = Some(site.inner),
                Shape::Binding(binding) => {
                    bindings.extend(self.binding(binding, site.inner, &key, bindings.len(), report));
                }
                Shape::Label if raw.row.is_none() => {
                    report.error(Code::LABEL_FORM, site.span, "this label names nothing", "here");
                }
                Shape::Label | Shape::Malformed => {}
            }
        }
        if let (Some(span), false) = (context, bindings.is_empty()) {
            report
                .error(Code::BINDING_FORM, span, "this clause is marked as background and has bindings", "background")
                .help("take away `context`, or the bindings");
        }
        if label.is_none() && !bindings.is_empty() {
            let first = match raw.sites.first().map(|site| (&site.shape, site.span)) {
                Some((Shape::Binding(binding), _)) => binding.control.span,
                Some((Shape::Context | Shape::Label | Shape::Malformed, span)) => span,
                None => raw.span,
            };
            report
                .warning(Code::NO_LABEL, first, format!("clause {} has no label", at.number), "no label")
                .help("`gatehouse policy label` writes one; it stays when numbers change");
        }
        Clause {
            kind: if bindings.is_empty() && context.is_some() { ClauseKind::Context } else { ClauseKind::Bound },
            number: at.number,
            label,
            path: at.path.to_owned(),
            section: at.section.to_owned(),
            text: raw.text.clone(),
            html: raw.html.clone(),
            bindings,
            span: raw.span,
            around: raw.around.clone(),
        }
    }

    fn label(&mut self, label: &Word, report: &mut Reporter<'_>) -> Option<String> {
        if !kernel::place::is_word(&label.text) {
            let help = match as_word(&label.text) {
                Some(word) => format!("write `{word}`"),
                None => "labels are of lower-case letters, digits and hyphens, such as `pw-age`".to_owned(),
            };
            let message = format!("`{}` cannot be a label", label.text);
            report.error(Code::LABEL_FORM, label.span, message, "not a label").help(help);
            return None;
        }
        if let Some(first) = self.labels.get(&label.text) {
            let first = report.spot(*first, "the first");
            let message = format!("two clauses have the label `{}`", label.text);
            report
                .error(Code::DUPLICATE_LABEL, label.span, message, "the second")
                .also(first)
                .help("give one of them another label; `gatehouse policy label` writes one where none is");
            return None;
        }
        self.labels.insert(label.text.clone(), label.span);
        Some(label.text.clone())
    }

    /// What the paragraph before the table gives the row.
    fn lead(
        &mut self,
        row: &RawRow,
        raw: &RawClause,
        key: &str,
        bindings: &mut Vec<Binding>,
        context: &mut Option<Span>,
        report: &mut Reporter<'_>,
    ) {
        let Some(lead) = &row.lead else { return };
        let first = !self.leads.contains(&Rc::as_ptr(lead));
        if first {
            self.leads.push(Rc::as_ptr(lead));
        }
        // What is wrong with the lead itself is said once, with its first row.
        let mut inner = report.beside();
        for site in lead.iter() {
            if let (true, Some(label)) = (first, &site.label) {
                inner
                    .error(Code::LABEL_FORM, label.span, "this label would name every row of the table", "here")
                    .help("write the label of each row into its last cell");
            }
            match &site.shape {
                Shape::Context => *context = Some(site.inner),
                Shape::Binding(binding) => {
                    let before = inner.errors();
                    let filled = self.fill(binding, row, &mut inner);
                    if inner.errors() > before {
                        continue;
                    }
                    bindings.extend(self.binding(&filled, site.inner, key, bindings.len(), &mut inner));
                }
                Shape::Label | Shape::Malformed => {}
            }
        }
        let inside = |span: Span| raw.span.start <= span.start && span.end <= raw.span.end.max(raw.span.start);
        report.take(inner, |span| first || inside(span));
    }

    /// The binding of a lead with the cells of a row in its terms.
    fn fill(&self, binding: &RawBinding, row: &RawRow, report: &mut Reporter<'_>) -> RawBinding {
        let control = self.names.registry.find(&binding.control.text);
        let mut filled = binding.clone();
        filled.terms.terms.retain(|term| term.key != "columns");
        let Some(columns) = binding.terms.get("columns") else { return filled };
        let Value::Table(columns) = &columns.value else {
            report
                .error(Code::TABLE_COLUMNS, columns.span, "`columns` says which column is which term", "no table")
                .help("write `columns = { Activity = \"activity\", Staff = \"staff\" }`");
            return filled;
        };
        for column in &columns.terms {
            let at = row.head.iter().position(|head| *head == column.key);
            let (Some(at), Value::Text(key)) = (at, &column.value) else {
                let heads: Vec<_> = row.head.iter().filter(|head| !head.is_empty()).collect();
                let (span, message, help) = match at {
                    Some(_) => (
                        column.span,
                        "the name of a term belongs here, in quotes".to_owned(),
                        "for example \"staff\"".to_owned(),
                    ),
                    None => (
                        column.key_span,
                        format!("the table has no column `{}`", column.key),
                        suggest::one_of(&column.key, &heads),
                    ),
                };
                report.error(Code::TABLE_COLUMNS, span, message, "here").help(help);
                continue;
            };
            let Some((text, span)) = row.cells.get(at) else { continue };
            if let Some(value) = cell_value(text, *span, key, control.map(AsRef::as_ref)) {
                filled.terms.terms.retain(|term| term.key != *key);
                filled.terms.terms.push(Term { key: key.clone(), key_span: *span, value, span: *span });
            }
        }
        filled
    }

    fn binding(
        &self,
        raw: &RawBinding,
        span: Span,
        key: &str,
        before: usize,
        report: &mut Reporter<'_>,
    ) -> Option<Binding> {
        let names = self.names;
        let word = &raw.control;
        let Some(control) = names.registry.find(&word.text) else {
            unknown_control(word, names, report);
            // Its common terms are checked all the same.
            common_read::read(&raw.terms, names, report);
            return None;
        };
        let mut terms = raw.terms.clone();
        if let Some(columns) = terms.get("columns") {
            report
                .error(
                    Code::TABLE_COLUMNS,
                    columns.key_span,
                    "`columns` has a meaning only directly before a table",
                    "here",
                )
                .help("put the binding into a paragraph of its own, with the table after it");
            terms.terms.retain(|term| term.key != "columns");
        }
        known_terms(control.as_ref(), &mut terms, report);
        let given = site::sorted(terms);
        let before_terms = report.errors();
        let (common, own) = common_read::read(&given, names, report);
        let sound = report.errors() == before_terms;
        let id = ControlId::parse(&word.text).ok()?;
        let key = format!("{key}#{}", before + 1);
        let binding = Binding { control: id, key, common, own, given, span, control_span: word.span };
        // A term that could not be read would only be said to be missing.
        let problems = if sound { control.check_terms(&binding) } else { Vec::new() };
        for problem in problems {
            let TermProblem { key, span, message, help } = problem;
            let span =
                span.or_else(|| key.and_then(|key| binding.given.get(&key)).map(|term| term.span)).unwrap_or(word.span);
            let diagnostic = report.error(Code::BAD_TERM, span, message, "here");
            if let Some(help) = help {
                diagnostic.help(help);
            }
        }
        if sound && !control.keeps(&binding, names.front) {
            let message = if control.card().built {
                format!("`{}` is not built yet for these terms", binding.control)
            } else {
                format!("`{}` is not built yet", binding.control)
            };
            report.warning(Code::NOT_BUILT, word.span, message, "listed, but not kept");
        }
        Some(binding)
    }
}

fn unknown_control(word: &Word, names: Names<'_>, report: &mut Reporter<'_>) {
    let registry = names.registry;
    let (module, name) = word.text.split_once('.').unwrap_or((&word.text, ""));
    let nearest = suggest::nearest(&word.text, registry.names());
    // The right name in a wrong module is the commonest slip.
    let same = registry.names().find(|id| id.split_once('.').is_some_and(|(_, it)| it == name));
    let siblings: Vec<_> =
        registry.names().filter(|id| id.split_once('.').is_some_and(|(it, _)| it == module)).collect();
    let help = match (nearest.or(same), siblings.as_slice()) {
        (Some(found), _) => format!("did you mean `{found}`?"),
        (None, []) => format!("there is no module `{module}`; if this is no binding, let words follow it"),
        (None, siblings) => format!("`{module}` has {}", suggest::quoted(siblings)),
    };
    let message = format!("there is no control `{}`", word.text);
    report.error(Code::UNKNOWN_CONTROL, word.span, message, "not a control").help(help);
}

/// Takes away own terms that the control does not have, and says so.
fn known_terms(control: &dyn Control, terms: &mut TermTable, report: &mut Reporter<'_>) {
    let id = &control.card().id;
    let commons = Common::ALL.map(Common::id);
    let Some(keys) = control.keys() else {
        for term in &terms.terms {
            let near = commons.iter().find(|common| {
                common.len() > 3 && strsim::damerau_levenshtein(common, &term.key) == 1 && term.key != "form"
            });
            if let Some(common) = near {
                let message = format!("`{}` is not a common term", term.key);
                report
                    .warning(Code::LIKE_COMMON, term.key_span, message, "taken as a term of its own")
                    .help(format!("did you mean `{common}`?"));
            }
        }
        return;
    };
    terms.terms.retain(|term| {
        let known = Common::parse(&term.key).is_some() || keys.contains(&term.key);
        if !known {
            let all: Vec<&str> = keys.iter().map(String::as_str).chain(commons).collect();
            let own: Vec<_> = keys.iter().collect();
            let help = match suggest::nearest(&term.key, all.iter().copied()) {
                Some(found) => format!("did you mean `{found}`?"),
                None if own.is_empty() => "it has no terms of its own, only the common ones".to_owned(),
                None => format!("its own terms are {}", suggest::quoted(&own)),
            };
            let message = format!("`{id}` has no term `{}`", term.key);
            report.error(Code::UNKNOWN_TERM, term.key_span, message, "not known").help(help);
        }
        known
    });
}

/// What a cell says, as the type that the term has.
fn cell_value(text: &str, span: Span, key: &str, control: Option<&dyn Control>) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() || matches!(text, "-" | "–" | "—") {
        return None;
    }
    let list = || Value::List(text.split(',').map(|part| (Value::Text(part.trim().to_owned()), span)).collect());
    if Common::parse(key).is_some() {
        let many = matches!(key, "who" | "except" | "by" | "where" | "when" | "system" | "after" | "on" | "inform");
        let flag = matches!(key, "may" | "observe");
        return Some(match yes_or_no(text) {
            Some(yes) if flag => Value::Flag(yes),
            Some(_) | None if many && text.contains(", ") => list(),
            Some(_) | None => Value::Text(text.to_owned()),
        });
    }
    let kind = control.and_then(|control| control.type_of(key));
    Some(match (kind, yes_or_no(text), text.parse::<i64>()) {
        (Some("boolean"), Some(yes), _) => Value::Flag(yes),
        (Some("integer" | "number"), _, Ok(number)) => Value::Whole(number),
        (Some("array"), _, _) => list(),
        (Some(_) | None, _, _) => Value::Text(text.to_owned()),
    })
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "✓" | "✔" | "x" => Some(true),
        "no" | "false" | "✗" | "✘" => Some(false),
        _ => None,
    }
}

/// The nearest label to a text: "Pw Age" becomes "pw-age".
fn as_word(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let parts: Vec<_> =
        lower.split(|char: char| !char.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let word = parts.join("-");
    kernel::place::is_word(&word).then_some(word)
}
