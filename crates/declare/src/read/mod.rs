//! From the text of a file to a declaration, or to all that is wrong with it.

mod field;
mod register;
mod speaking;
mod standing;
pub(crate) mod table;
pub(crate) mod term;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use toml::{Spanned, de::DeTable};

use self::table::Table;
use crate::{
    Declaration, Field,
    diagnostic::{Problem, Report},
    expression::Scope,
};

/// What other declarations ask of one: its register's fields, states and terms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    pub(crate) scope: Scope,
    pub(crate) has_register: bool,
}

impl Outline {
    /// The outline of what was read before.
    pub(crate) fn of(declaration: &Declaration) -> Self {
        match &declaration.register {
            Some(register) => {
                Self { scope: Scope::new(&register.fields, &register.states, &declaration.terms), has_register: true }
            }
            None => Self::default(),
        }
    }
}

/// What is declared besides; none while it is not known yet.
pub(crate) type Others<'a> = Option<&'a BTreeMap<String, Outline>>;

/// The names that no field can have: expressions, columns and files know them already.
pub(crate) const TAKEN: [&str; 12] =
    ["state", "entered", "clause", "today", "every", "true", "false", "and", "or", "not", "in", "id"];

/// Reads TOML; says what is wrong where it is none.
pub(crate) fn toml<'t>(report: &Report<'t>, text: &'t str) -> Option<Spanned<DeTable<'t>>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span: Range<usize> = error.span().unwrap_or(0..0);
        let message = error.message().lines().next().unwrap_or_default().trim_end_matches('.');
        report.say(span, format!("this is not TOML: {message}"), None);
    }
    errors.is_empty().then_some(table)
}

/// Reads the declaration of a control. Gives its outline too, as far as it could be read.
pub(crate) fn declaration(
    (module, name): (&str, &str),
    path: &str,
    text: &str,
    others: Others<'_>,
) -> (Result<Declaration, Vec<Problem>>, Outline) {
    let report = Report::new(path, text);
    let mut outline = Outline::default();
    let read = toml(&report, text).and_then(|table| {
        let top = Table::new(&report, table.get_ref(), "a declaration", 0..0);
        let terms = term::terms(&top);
        let says = says(&top);
        let title = top.words("title");
        let (register, scope) = register::register(&top, &terms, others);
        let attestation = speaking::attestation(&top);
        let notice = speaking::notice(&top);
        outline = Outline { scope, has_register: register.is_some() };
        if register.is_none() && attestation.is_none() && notice.is_none() && report.is_fine() {
            let help = "add a `[register]`, an `[attestation]` or a `[notice]`".to_owned();
            report.say(0..0, "this declares nothing", Some(help));
        }
        top.done();
        let (module, name) = (module.to_owned(), name.to_owned());
        let register = register.map(Arc::new);
        report.is_fine().then_some(Declaration { module, name, title, says, terms, register, attestation, notice })
    });
    let problems = report.finish();
    (if problems.is_empty() { read.ok_or(problems) } else { Err(problems) }, outline)
}

fn says(top: &Table<'_, '_>) -> String {
    let Some(text) = top.need_text("says") else { return String::new() };
    let words = text.value.trim().to_owned();
    if words.ends_with('.') {
        let help = "other words follow it: leave the full stop out".to_owned();
        top.report.say(text.span.clone(), "`says` ends with a full stop", Some(help));
    }
    words
}

/// Reads fields that a school adds to a register of ours.
pub(crate) fn extension(
    path: &str,
    text: &str,
    register: &crate::Register,
    others: Others<'_>,
) -> Result<Vec<Field>, Vec<Problem>> {
    let report = Report::new(path, text);
    let mut added = Vec::new();
    if let Some(table) = toml(&report, text) {
        let top = Table::new(&report, table.get_ref(), "a file of added fields", 0..0);
        added = field::added(&top, register, others);
        top.done();
    }
    let problems = report.finish();
    if problems.is_empty() { Ok(added) } else { Err(problems) }
}
