//! What can be asked for as JSON, said as OpenAPI 3.1: made of the declarations, for whoever asks.

use axum::{Json, extract::State, response::IntoResponse};
use declare::{Field, FieldKind, Required, Rows};
use serde_json::{Map, Value as Data, json};
use webkit::{Action, PageResult, Session, Visit};

use crate::{Engines, registers::Book};

/// The document.
pub(super) async fn document(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let books = Book::all(&engines, &session, visit.now()).await?;
    Ok(Json(of(&books, visit.may(Action::SeePolicy))).into_response())
}

/// The document of these registers, and of the policy for those who may see how it stands.
pub(super) fn of(books: &[Book], policy: bool) -> Data {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem());
    paths.insert("/api/session".to_owned(), json!({ "get": {
        "operationId": "session", "summary": "Who is signed in, and the token for what changes something",
        "responses": ok("The session", json!({ "type": "object", "properties": {
            "person": { "type": "string", "format": "uuid" }, "name": { "type": "string" }, "csrf": { "type": "string" },
        }})),
    }}));
    paths.insert("/api/registers".to_owned(), json!({ "get": {
        "operationId": "registers", "summary": "The registers that you read",
        "responses": ok("The registers", json!({ "type": "object", "properties": { "registers": {
            "type": "array", "items": { "type": "object", "properties": {
                "control": { "type": "string" }, "title": { "type": "string" }, "href": { "type": "string" },
                "writes": { "type": "boolean" }, "open": whole(), "ended": whole(), "due": whole(), "overdue": whole(),
            }},
        }}})),
    }}));
    if policy {
        schemas.insert("Policy".to_owned(), policy_schema());
        paths.insert(
            "/api/policy".to_owned(),
            json!({ "get": {
                "operationId": "policy", "summary": "The policy in force with the standing of each clause",
                "responses": ok("The policy", reference("Policy")),
            }}),
        );
    }
    for book in books {
        let name = book.control();
        schemas.insert(format!("{name}.values"), values(book));
        schemas.insert(name.clone(), entry(book));
        register(book, &mut paths);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Gatehouse", "version": env!("CARGO_PKG_VERSION"),
            "description": "Registers and the policy as JSON, by the same commands and for the same people as the pages." },
        "security": [{ "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "gatehouse", "description":
                    "The cookie of a session at the desk; under TLS it is called __Host-gatehouse." },
            },
        },
    })
}

fn reference(name: &str) -> Data {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn whole() -> Data {
    json!({ "type": "integer" })
}

fn content(schema: &Data) -> Data {
    json!({ "application/json": { "schema": schema } })
}

fn ok(says: &str, schema: Data) -> Data {
    let mut all = failures(&[]);
    all.insert("200".to_owned(), json!({ "description": says, "content": content(&schema) }));
    Data::Object(all)
}

fn failures(more: &[(&str, &str)]) -> Map<String, Data> {
    let usual = [("401", "Nobody is signed in"), ("403", "This is for others"), ("404", "There is nothing here")];
    usual
        .iter()
        .chain(more)
        .map(|(status, says)| {
            let body = json!({ "application/problem+json": { "schema": reference("Problem") } });
            ((*status).to_owned(), json!({ "description": says, "content": body }))
        })
        .collect()
}

fn problem() -> Data {
    json!({ "type": "object", "required": ["title", "status"], "properties": {
        "type": { "type": "string" }, "title": { "type": "string" }, "status": whole(), "detail": { "type": "string" },
        "errors": { "type": "array", "items": { "type": "object", "required": ["detail"], "properties": {
            "field": { "type": "string" }, "pointer": { "type": "string" }, "detail": { "type": "string" },
        }}},
        "current": { "type": "object", "description": "Where somebody else was quicker: the entry as it is now" },
    }})
}

fn register(book: &Book, paths: &mut Map<String, Data>) {
    let register = book.register();
    let (name, address) = (book.control(), format!("/api{}", book.address()));
    let id = |word: &str| format!("{word}.{name}");
    let token = json!({ "name": "X-CSRF", "in": "header", "required": true, "schema": { "type": "string" },
        "description": "The token of `/api/session`" });
    let text = |name: &str, says: &str| json!({ "name": name, "in": "query", "description": says, "schema": { "type": "string" } });
    let mut asks = vec![
        text("show", "What is open where nothing is said; `due`, `overdue`, `ended`, `all`, or `state-` and a state"),
        text("sort", "A column; with `-` before it, the largest first"),
        json!({ "name": "page", "in": "query", "schema": { "type": "integer", "minimum": 1 } }),
        json!({ "name": "size", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": super::MOST } }),
    ];
    if !super::is_private(register) {
        asks.push(text("find", "Words that all must be found"));
    }
    if register.rows == Rows::Clause {
        asks.push(text("clause", "The label of the clause"));
    }
    let writes = book.access().writes();
    let mut list = json!({ "get": {
        "operationId": id("list"), "summary": book.declaration().title, "description": register.lead, "parameters": asks,
        "responses": ok("A page of the list", json!({ "type": "object", "properties": {
            "total": whole(), "page": whole(), "size": whole(),
            "entries": { "type": "array", "items": reference(&name) },
        }})),
    }});
    let changed =
        [("400", "It cannot be read"), ("409", "Somebody else was quicker"), ("422", "It has to be put right")];
    let answers = |status: &str, says: &str| {
        let mut all = failures(&changed);
        all.insert(status.to_owned(), json!({ "description": says, "content": content(&reference(&name)) }));
        all
    };
    let body = |more: &[(&str, Data)], required: &[&str]| {
        let mut properties = Map::new();
        properties.insert("values".to_owned(), reference(&format!("{name}.values")));
        properties.extend(more.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())));
        let schema = json!({ "type": "object", "required": required, "properties": properties,
            "additionalProperties": false });
        json!({ "required": true, "content": content(&schema) })
    };
    let version = ("version", whole());
    let clause = ("clause", json!({ "type": ["string", "null"] }));
    let mut one = json!({
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } }],
        "get": { "operationId": id("get"), "summary": format!("One {}", register.item),
            "responses": ok("The entry", reference(&name)) },
    });
    if let (true, Some(list), Some(one)) = (writes, list.as_object_mut(), one.as_object_mut()) {
        let state = ("state", json!({ "type": ["string", "null"] }));
        list.insert("post".to_owned(), json!({
            "operationId": id("enter"), "summary": format!("Enter {}", crate::registers::words::article(&register.item)),
            "parameters": [token.clone()], "requestBody": body(&[clause.clone(), state], &["values"]),
            "responses": answers("201", "Entered"),
        }));
        one.insert(
            "put".to_owned(),
            json!({
                "operationId": id("change"), "summary": "Change it: what is left out is emptied",
                "parameters": [token.clone()], "requestBody": body(&[version.clone(), clause], &["version", "values"]),
                "responses": answers("200", "Changed"),
            }),
        );
    }
    paths.insert(address.clone(), list);
    paths.insert(format!("{address}/{{id}}"), one);
    for step in register.moves.iter().filter(|step| book.access().may_take(step)) {
        paths.insert(format!("{address}/{{id}}/moves/{}", step.name), json!({
            "parameters": [{ "name": "id", "in": "path", "required": true,
                "schema": { "type": "string", "format": "uuid" } }],
            "post": {
                "operationId": format!("{}.{name}", step.name), "summary": step.label, "parameters": [token.clone()],
                "requestBody": body(std::slice::from_ref(&version), &["version"]), "responses": answers("200", "Taken"),
            },
        }));
    }
}

fn entry(book: &Book) -> Data {
    let states: Vec<&str> = book.register().states.iter().map(|state| state.name.as_str()).collect();
    let state = if states.is_empty() { json!({ "type": "null" }) } else { json!({ "enum": states }) };
    let maybe = |format: &str| json!({ "type": ["string", "null"], "format": format });
    json!({ "type": "object", "required": ["id", "version", "title", "values"], "properties": {
        "id": { "type": "string", "format": "uuid" }, "version": whole(), "title": { "type": "string" },
        "clause": { "type": ["string", "null"] }, "state": state, "ended": { "type": "boolean" },
        "struck-out": { "type": ["string", "null"] }, "due-on": maybe("date"), "kept-until": maybe("date"),
        "entered-at": maybe("date-time"), "entered-by": maybe("uuid"), "changed-at": maybe("date-time"),
        "changed-by": maybe("uuid"), "values": reference(&format!("{}.values", book.control())),
    }})
}

fn values(book: &Book) -> Data {
    let fields = book.access().fields(book.register());
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        properties.insert(field.name.to_string(), schema(field));
        if field.required == Required::Yes {
            required.push(field.name.to_string());
        }
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn schema(field: &Field) -> Data {
    let one = match &field.kind {
        FieldKind::Text { longest, .. } => json!({ "type": "string", "maxLength": longest }),
        FieldKind::Number { least, most, whole, .. } => {
            let mut schema = json!({ "type": if *whole { "integer" } else { "number" } });
            if let Some(map) = schema.as_object_mut() {
                map.extend(least.map(|least| ("minimum".to_owned(), json!(least))));
                map.extend(most.map(|most| ("maximum".to_owned(), json!(most))));
            }
            schema
        }
        FieldKind::Money => json!({ "type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$", "examples": ["12.50"] }),
        FieldKind::Date => json!({ "type": "string", "format": "date" }),
        FieldKind::Time => json!({ "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$" }),
        FieldKind::Choice { choices, .. } => {
            json!({ "enum": choices.iter().map(|choice| choice.name.as_str()).collect::<Vec<_>>() })
        }
        FieldKind::YesNo => json!({ "type": "boolean" }),
        FieldKind::Person { .. } => json!({ "type": "string", "description": "An identifier, a name or a username" }),
        FieldKind::Entry { of, .. } => {
            json!({ "type": "string", "description": format!("An identifier or title of an entry of {of}") })
        }
        FieldKind::Role | FieldKind::Place | FieldKind::Class { .. } | FieldKind::Year { .. } | FieldKind::Clause => {
            json!({ "type": "string" })
        }
        FieldKind::Address => json!({ "type": "string", "format": "uri" }),
        FieldKind::File { .. } => json!({ "type": "object", "readOnly": true, "properties": {
            "id": { "type": "string", "format": "uuid" }, "name": { "type": "string" },
        }}),
        FieldKind::Signature => json!({ "description": "Your own name to sign; told with who signed and when" }),
    };
    let mut schema = if field.kind.takes_several() { json!({ "type": "array", "items": one }) } else { one };
    if let Some(map) = schema.as_object_mut() {
        map.insert("title".to_owned(), json!(field.label));
    }
    schema
}

/// What `/api/policy` answers.
fn policy_schema() -> Data {
    json!({ "type": "object", "properties": {
        "title": { "type": "string" }, "version": { "type": "string" }, "digest": { "type": "string" },
        "since": { "type": "string", "format": "date-time" },
        "clauses": { "type": "array", "items": { "type": "object", "properties": {
            "number": { "type": "string" }, "label": { "type": ["string", "null"] }, "section": { "type": "string" },
            "text": { "type": "string" }, "standing": { "type": "string" }, "days_kept": { "type": ["integer", "null"] },
            "days": { "type": ["integer", "null"] },
            "bindings": { "type": "array", "items": { "type": "object", "properties": {
                "key": { "type": "string" }, "control": { "type": "string" }, "system": { "type": "string" },
                "standing": { "type": "string" }, "evidence": { "type": "string" },
                "since": { "type": "string", "format": "date-time" },
                "links": { "type": "array", "items": { "type": "object" } },
            }}},
        }}},
    }})
}
