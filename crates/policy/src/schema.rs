//! JSON Schema of every binding, for editors and other programs.

use kernel::{Audience, Every, Place, When, Within};
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use crate::{common::Common, registry::Registry};

/// A schema of an object whose properties are controls, and whose values are the terms that each may have.
pub fn schema(registry: &Registry) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut properties = Map::new();
    for control in registry.iter() {
        let card = control.card();
        let mut schema = control.schema(&mut generator).to_value();
        let open = control.keys().is_none();
        if let Some(object) = schema.as_object_mut() {
            let own = object.entry("properties").or_insert_with(|| json!({}));
            if let Some(own) = own.as_object_mut() {
                for common in Common::ALL {
                    own.insert(common.id().to_owned(), json!({ "$ref": format!("#/$defs/common/{}", common.id()) }));
                }
            }
            object.insert("description".to_owned(), json!(card.purpose));
            object.insert("additionalProperties".to_owned(), json!(open));
            object.insert("x-kind".to_owned(), json!(card.kind));
            object.insert("x-combine".to_owned(), json!(card.combine));
            object.insert("x-built".to_owned(), json!(card.built));
            object.remove("title");
        }
        properties.insert(card.id.to_string(), schema);
    }
    let mut common = Map::new();
    for term in Common::ALL {
        let mut schema = common_schema(term, &mut generator).to_value();
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), json!(term.meaning()));
        }
        common.insert(term.id().to_owned(), schema);
    }
    let mut defs: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    defs.insert("common".to_owned(), Value::Object(common));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Terms of the policy language",
        "description": "Each property is a control; its value are the terms that a binding of it may have.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": defs,
    })
}

fn common_schema(term: Common, generator: &mut SchemaGenerator) -> Schema {
    match term {
        Common::Who => all_of(generator.subschema_for::<Audience>()),
        Common::By | Common::Inform => people(),
        Common::Attest => {
            let every = generator.subschema_for::<Every>();
            json_schema!({ "anyOf": [people(), {
                "type": "object",
                "properties": { "by": people(), "every": every },
                "required": ["by"],
                "additionalProperties": false
            }] })
        }
        Common::Except | Common::System | Common::After | Common::On => texts(),
        Common::When => {
            let one = generator.subschema_for::<When>();
            condition(&one)
        }
        Common::Where => {
            let one = generator.subschema_for::<Place>();
            condition(&one)
        }
        Common::Unless => condition(&json_schema!({ "type": "string" })),
        Common::Every => all_of(generator.subschema_for::<Every>()),
        Common::Within => all_of(generator.subschema_for::<Within>()),
        Common::May | Common::Observe => json_schema!({ "type": "boolean" }),
        Common::From => json_schema!({ "type": "string", "format": "date" }),
    }
}

fn all_of(one: Schema) -> Schema {
    json_schema!({ "allOf": [one] })
}

fn texts() -> Schema {
    json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "minItems": 1, "items": { "type": "string" } }] })
}

/// Groups of people; roles may stand by their bare names.
fn people() -> Schema {
    texts()
}

fn condition(one: &Schema) -> Schema {
    let many = json!({ "type": "array", "minItems": 1, "items": one });
    json_schema!({ "anyOf": [
        one,
        many,
        { "type": "object", "properties": { "all": many }, "required": ["all"], "additionalProperties": false },
        { "type": "object", "properties": { "any": many }, "required": ["any"], "additionalProperties": false }
    ] })
}

impl Common {
    /// What the term says.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Who => "Whom it binds: one group, or a list of groups of which any counts",
            Self::Except => "Who, where or which sites are excepted",
            Self::When => "At which times: names from `[times]` or `[terms]`, or hours of the week",
            Self::Where => "At which places",
            Self::System => "In which other systems, as `[systems]` names them",
            Self::By => "Who answers for it, permits it or gets the reminder",
            Self::Every => "How often",
            Self::Within => "How soon",
            Self::Unless => "What lifts it: a circumstance, or a control that allows it",
            Self::After => "Labels of clauses whose acts come first",
            Self::On => "Named occasions, such as `emergency`",
            Self::May => "A power, not a duty",
            Self::From => "From which day",
            Self::Observe => "On trial: it decides and records, but does not refuse",
            Self::Inform => "Who is told about it: the binding is a notice",
            Self::Attest => "Who confirms it, and how often: the binding is a confirmation",
        }
    }

    /// The term with a value.
    pub fn example(self) -> &'static str {
        match self {
            Self::Who => "who = \"year-3..year-6\"",
            Self::Except => "except = [\"role:headteacher\", \"list:approved\"]",
            Self::When => "when = { all = [\"autumn\", \"lunch\"] }",
            Self::Where => "where = \"network:guest\"",
            Self::System => "system = \"mis\"",
            Self::By => "by = [\"network-manager\", \"online-safety-lead\"]",
            Self::Every => "every = \"90 days\"",
            Self::Within => "within = \"same school day\"",
            Self::Unless => "unless = \"policy.permits\"",
            Self::After => "after = \"pw-age\"",
            Self::On => "on = \"emergency\"",
            Self::May => "may = true",
            Self::From => "from = 2026-09-01",
            Self::Observe => "observe = true",
            Self::Inform => "inform = \"staff\"",
            Self::Attest => "attest = { by = \"headteacher\", every = \"1 term\" }",
        }
    }
}
