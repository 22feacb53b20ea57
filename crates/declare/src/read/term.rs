//! The terms of a control's own, as a declaration lists them.

use toml::de::DeValue;

use super::table::{Table, json};
use crate::{TermDeclaration, TermType};

/// The terms that every binding may have; the language of policies reads them itself.
pub(crate) const COMMON: [&str; 16] = [
    "who", "except", "when", "where", "system", "by", "every", "within", "unless", "after", "on", "may", "from",
    "observe", "inform", "attest",
];

const TYPES: [(&str, TermType); 6] = [
    ("text", TermType::Text),
    ("texts", TermType::Texts),
    ("number", TermType::Number),
    ("yes-no", TermType::YesNo),
    ("date", TermType::Date),
    ("any", TermType::Any),
];

/// Reads every `[[term]]`.
pub(super) fn terms(top: &Table<'_, '_>) -> Vec<TermDeclaration> {
    let mut terms: Vec<TermDeclaration> = Vec::new();
    for table in top.tables("term", "`[[term]]`") {
        if let Some(term) = term(&table, &terms) {
            terms.push(term);
        }
        table.done();
    }
    terms
}

fn term(table: &Table<'_, '_>, before: &[TermDeclaration]) -> Option<TermDeclaration> {
    let report = table.report;
    let name = table.name("name");
    if let Some(name) = &name {
        if COMMON.contains(&name.value.as_str()) {
            let help = "every control has it; leave it out here".to_owned();
            report.say(name.span.clone(), format!("`{}` is a common term", name.value), Some(help));
        }
        if before.iter().any(|term| term.name == name.value) {
            report.say(name.span.clone(), format!("the term `{}` is declared twice", name.value), None);
        }
    }
    if table.get("takes").is_none() {
        table.missing("takes");
    }
    let takes = table.one_of("takes", &TYPES);
    let words = table.need_text("words");
    if let (Some(words), Some(takes)) = (&words, takes)
        && takes != TermType::YesNo
        && !words.value.contains("{}")
    {
        let help = "write `{}` where the value stands: \"kept for {} days\"".to_owned();
        report.say(words.span.clone(), "these words have no place for the value", Some(help));
    }
    let usual = table.get("usual");
    if let (Some(usual), Some(takes)) = (usual, takes)
        && !fits(usual.get_ref(), takes)
    {
        let wanted = match takes {
            TermType::Text => "a text",
            TermType::Texts => "a text or a list of texts",
            TermType::Number => "a whole number that is not negative",
            TermType::YesNo => "`true` or `false`",
            TermType::Date => "a date",
            TermType::Any => "a value",
        };
        report.say(usual.span(), format!("the usual value is not what the term takes: {wanted}"), None);
    }
    Some(TermDeclaration {
        name: name?.value,
        takes: takes?,
        words: words?.value.trim().to_owned(),
        usual: usual.map(|usual| json(usual.get_ref())),
    })
}

fn fits(value: &DeValue<'_>, takes: TermType) -> bool {
    let is_text = |value: &DeValue<'_>| matches!(value, DeValue::String(_));
    match takes {
        TermType::Text => is_text(value),
        TermType::Texts => {
            is_text(value) || matches!(value, DeValue::Array(items) if items.iter().all(|item| is_text(item.get_ref())))
        }
        TermType::Number => json(value).as_u64().is_some(),
        TermType::YesNo => matches!(value, DeValue::Boolean(_)),
        TermType::Date => super::table::date(value).is_some(),
        TermType::Any => true,
    }
}
