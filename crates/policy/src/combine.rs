//! How several bindings of one control go together.

use crate::{binding::Binding, control::Combined, terms::Value};

/// Lists make a union; every other difference of a term that both have is a conflict.
pub fn by_value(one: &Binding, two: &Binding) -> Combined {
    for term in &one.given.terms {
        let Some(other) = two.given.get(&term.key) else { continue };
        // These say when and for whom, not what.
        if matches!(
            term.key.as_str(),
            "who" | "except" | "when" | "where" | "system" | "by" | "unless" | "after" | "from" | "inform" | "attest"
        ) {
            continue;
        }
        let lists = matches!((&term.value, &other.value), (Value::List(_), _) | (_, Value::List(_)));
        if !lists && term.value != other.value {
            return Combined::Conflict {
                what: format!(
                    "`{}` is {} in one and {} in the other",
                    term.key,
                    other.value.to_toml(),
                    term.value.to_toml()
                ),
            };
        }
    }
    Combined::Fine
}
