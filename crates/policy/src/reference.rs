//! The reference of the language as Markdown, made of the code so that it cannot drift from it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    common::Common,
    control::{Combine, Control, Kind},
    diagnostic::{Code, Severity},
    registry::Registry,
    schema::schema,
};

/// The common terms, every control with its terms and an example, every diagnostic.
pub fn reference(registry: &Registry) -> String {
    let schema = schema(registry);
    let mut out = String::from(
        "## Common terms\n\nEvery binding may have these.\n\n| Term | What it says | Example |\n|---|---|---|\n",
    );
    for common in Common::ALL {
        let _ = writeln!(out, "| `{}` | {} | `{}` |", common.id(), common.meaning(), common.example());
    }
    out.push_str("\n## Controls\n");
    let mut module = "";
    for control in registry.iter() {
        let card = control.card();
        if card.id.module() != module {
            module = card.id.module();
            let _ = writeln!(out, "\n### `{module}`");
        }
        one(control.as_ref(), &schema, &mut out);
    }
    out.push_str("\n## What a check says\n\n| Code | | What is wrong |\n|---|---|---|\n");
    for (code, severity, meaning) in Code::ALL {
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(out, "| `{}` | {severity} | {meaning} |", code.0);
    }
    out
}

fn one(control: &dyn Control, schema: &Value, out: &mut String) {
    let card = control.card();
    let kind = match card.kind {
        Kind::Enforce => "Enforced",
        Kind::Record => "Recorded",
        Kind::Attest => "Confirmed by a person",
        Kind::Inform => "Told",
    };
    let combine = match card.combine {
        Combine::Each => "each binding is an item of its own",
        Combine::One => "bindings make one rule",
    };
    let built = if card.built { "built" } else { "not built yet" };
    let _ =
        writeln!(out, "\n#### `{}`\n\n{}.\n{kind}; {combine}; {built}.", card.id, card.purpose.trim_end_matches('.'));
    let id = card.id.to_string();
    let own = schema.get("properties").and_then(|all| all.get(&id));
    let required: Vec<&str> = own
        .and_then(|own| own.get("required"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match control.keys() {
        None => out.push_str("\nTakes any terms of its own until it is built.\n"),
        Some([]) => out.push_str("\nHas no terms of its own.\n"),
        Some(keys) => {
            out.push_str("\n| Term | Value | What it says |\n|---|---|---|\n");
            for key in keys {
                let term =
                    own.and_then(|own| own.get("properties")).and_then(|all| all.get(key)).unwrap_or(&Value::Null);
                let must = if required.contains(&key.as_str()) { ", required" } else { "" };
                let meaning = described(term, schema).replace('\n', " ").replace('|', "\\|");
                let _ = writeln!(out, "| `{key}` | {}{must} | {meaning} |", value_type(term, schema, 0));
            }
        }
    }
    let example = if card.example.is_empty() { id } else { format!("{id} {}", card.example) };
    let _ = writeln!(out, "\n```\n{example}\n```");
}

fn resolve<'a>(term: &'a Value, schema: &'a Value) -> &'a Value {
    match term.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#')) {
        Some(path) => schema.pointer(path).unwrap_or(term),
        None => term,
    }
}

fn described(term: &Value, schema: &Value) -> String {
    let text = |value: &Value| value.get("description").and_then(Value::as_str).map(str::to_owned);
    text(term).or_else(|| text(resolve(term, schema))).unwrap_or_default()
}

/// A type in words: "text", "list of `digit`, `capital`".
fn value_type(term: &Value, schema: &Value, depth: usize) -> String {
    let name = term.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let term = resolve(term, schema);
    if depth > 3 {
        return "terms".to_owned();
    }
    if let Some(words) = term.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    let variants = term.get("anyOf").or_else(|| term.get("oneOf")).and_then(Value::as_array);
    if let Some(variants) = variants {
        let mut words: Vec<String> = variants
            .iter()
            .filter(|it| it.get("type").and_then(Value::as_str) != Some("null"))
            .map(|it| match it.get("const").and_then(Value::as_str) {
                Some(word) => format!("`{word}`"),
                None => value_type(it, schema, depth + 1),
            })
            .collect();
        words.dedup();
        return words.join(" or ");
    }
    let kinds: Vec<&str> = match term.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        Some(_) | None => Vec::new(),
    };
    let kind = kinds.into_iter().find(|kind| *kind != "null").unwrap_or("any");
    match kind {
        "string" => name.map_or_else(|| "text".to_owned(), str::to_owned),
        "integer" => "whole number".to_owned(),
        "number" => "number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "array" => format!("list of {}", value_type(term.get("items").unwrap_or(&Value::Null), schema, depth + 1)),
        "object" => "terms".to_owned(),
        other => other.to_owned(),
    }
}
