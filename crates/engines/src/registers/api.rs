//! Registers as JSON: the same commands as the pages, for the same people.
//!
//! A session's cookie says who asks; what changes something carries the session's token in the header `X-CSRF`, as
//! `/api/session` tells it. Errors are problems (RFC 9457) that name the field.

mod openapi;
mod values;

use std::collections::HashMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use declare::{FieldName, Values};
use serde_json::{Map, Value as Data, json};
use webkit::{PageError, PageResult, RouteRow, Routes, Session, Visit, Who};

use super::{
    Book, Draft, Kept, Refusal, RegisterError,
    pages::{
        narrowing::{Narrowing, is_private},
        opened::Opened,
    },
};
use crate::Engines;

/// The most entries of an answer.
const MOST: u64 = 500;

/// The routes.
pub(super) fn routes() -> Routes<Engines> {
    let named = Who::Named;
    Routes::new()
        .get("/api/session", Who::SignedIn, session)
        .get("/api/openapi.json", Who::SignedIn, openapi::document)
        .get("/api/registers", Who::SignedIn, index)
        .get("/api/registers/{module}/{control}", named, list)
        .post("/api/registers/{module}/{control}", named, enter)
        .get("/api/registers/{module}/{control}/{id}", named, get)
        .row(RouteRow::put("/api/registers/{module}/{control}/{id}", named), change)
        .post("/api/registers/{module}/{control}/{id}/moves/{move}", named, take)
}

/// What is told where something is refused.
struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    errors: Vec<(Option<FieldName>, String)>,
    current: Option<Data>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Vec::new(), current: None }
    }

    fn refused(errors: Vec<(Option<FieldName>, String)>) -> Self {
        let detail = "Nothing was saved: put these right first".to_owned();
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Something has to be put right", detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!("about:blank"));
        body.insert("title".to_owned(), json!(self.title));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        if !self.errors.is_empty() {
            let errors = self.errors.into_iter().map(|(field, detail)| match field {
                Some(field) => json!({ "field": field, "pointer": format!("/values/{field}"), "detail": detail }),
                None => json!({ "detail": detail }),
            });
            body.insert("errors".to_owned(), errors.collect());
        }
        body.extend(self.current.map(|current| ("current".to_owned(), current)));
        let mut answer = (self.status, Json(Data::Object(body))).into_response();
        let media = HeaderValue::from_static("application/problem+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, media);
        answer
    }
}

/// What a register refuses, as an answer.
fn refused(book: &Book, error: RegisterError) -> PageResult {
    match error {
        RegisterError::Refused(all) => {
            let all = all.into_iter().map(|Refusal { field, says }| (field, says));
            Ok(Problem::refused(all.collect()).into_response())
        }
        RegisterError::Changed(kept) => Ok(Problem {
            current: Some(entry(book, &kept)),
            ..Problem::new(
                StatusCode::CONFLICT,
                "Somebody else changed it meanwhile",
                "Nothing was saved: this is how it stands now",
            )
        }
        .into_response()),
        other
        @ (RegisterError::NotFound | RegisterError::NotNow | RegisterError::Store(_) | RegisterError::Port(_)) => {
            Err(other.into())
        }
    }
}

/// The token for what changes something.
async fn session(visit: Visit, session: Session) -> PageResult {
    let answer = json!({ "person": session.person(), "name": session.full_name(), "csrf": visit.page("").csrf });
    Ok(Json(answer).into_response())
}

/// The registers that somebody reads.
async fn index(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let books = Book::all(&engines, &session, visit.now()).await?;
    let counts = Book::counts_of_all(&books).await?;
    let all: Vec<Data> = books
        .iter()
        .map(|book| {
            let count = counts.get(&book.control()).copied().unwrap_or_default();
            json!({
                "control": book.control(), "title": book.declaration().title, "href": format!("/api{}", book.address()),
                "writes": book.access().writes(), "open": count.open, "ended": count.ended, "due": count.due,
                "overdue": count.overdue,
            })
        })
        .collect();
    Ok(Json(json!({ "registers": all })).into_response())
}

/// An entry as JSON, without what the reader may not see.
fn entry(book: &Book, kept: &Kept) -> Data {
    let own = &kept.entry;
    let fields = book.access().fields_in(book.register(), own);
    let values: Map<String, Data> =
        fields.filter_map(|field| Some((field.name.to_string(), values::write(own.value(&field.name)?)))).collect();
    json!({
        "id": own.id, "version": own.version, "title": kept.title, "clause": own.clause, "also": own.also, "state": own.state,
        "ended": kept.ended, "struck-out": kept.struck.as_ref().map(|struck| &struck.why), "due-on": kept.due_on,
        "kept-until": kept.keep_until, "entered-at": own.entered_at, "entered-by": own.entered_by,
        "changed-at": own.changed_at, "changed-by": kept.changed_by, "values": values,
    })
}

/// A page of the list.
async fn list(opened: Opened, Query(pairs): Query<Vec<(String, String)>>) -> PageResult {
    let book = &opened.book;
    let number = |name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        found.and_then(|text| text.parse::<u64>().ok())
    };
    let size = number("size").unwrap_or(super::PAGE).clamp(1, MOST);
    let page = number("page").unwrap_or(1).clamp(1, 1_000_000);
    let mut asked = Narrowing::of(pairs.clone()).asked(book);
    // What is looked for may be somebody's name, which stands in no address.
    if is_private(book.register()) && !asked.find.is_empty() {
        let detail = "Names stand in no address: leave out `find` for this register";
        return Ok(Problem::new(StatusCode::BAD_REQUEST, "This cannot be asked here", detail).into_response());
    }
    (asked.offset, asked.limit) = ((page - 1) * size, Some(size));
    let listed = book.list(&asked).await?;
    let entries: Vec<Data> = listed.entries.iter().map(|kept| entry(book, kept)).collect();
    Ok(Json(json!({ "total": listed.total, "page": page, "size": size, "entries": entries })).into_response())
}

/// An entry.
async fn get(opened: Opened) -> PageResult {
    let kept = opened.book.get(opened.id()?).await?;
    Ok(Json(entry(&opened.book, &kept)).into_response())
}

/// What a request says.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[serde(default)]
    clause: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    values: Map<String, Data>,
}

#[expect(clippy::result_large_err, reason = "a refusal is made once a request, and moved once")]
fn read(headers: &HeaderMap, body: &Bytes) -> Result<Sent, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "This request cannot be read", detail);
    if !bare.eq_ignore_ascii_case("application/json") {
        return Err(bad("Send it as application/json".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| bad(format!("It is no such JSON: {error}")))
}

/// The values of a request as the fields take them.
async fn values(
    book: &Book,
    sent: &Map<String, Data>,
    before: &Values,
) -> Result<Result<Values, Problem>, RegisterError> {
    let fields: Vec<&declare::Field> = book.access().form(book.register()).collect();
    let meanings = book.meanings(&fields).await?;
    let mut read = Values::new();
    let mut errors = Vec::new();
    for (name, data) in sent {
        let Some(field) = fields.iter().find(|field| field.name.as_str() == name) else {
            errors.push((None, format!("There is no field `{name}`")));
            continue;
        };
        match values::read(field, data, &meanings, before.get(name)) {
            Ok(value) => read.extend(value.map(|value| (name.clone(), value))),
            Err(says) => errors.push((Some(field.name.clone()), says)),
        }
    }
    errors.extend(unknown_entries(book, &fields, &read, before).await?);
    Ok(if errors.is_empty() { Ok(read) } else { Err(Problem::refused(errors)) })
}

/// Entries of other registers that are not there.
async fn unknown_entries(
    book: &Book,
    fields: &[&declare::Field],
    read: &Values,
    before: &Values,
) -> Result<Vec<(Option<FieldName>, String)>, RegisterError> {
    use store::{entity::register_entry, query::ColumnTrait};
    let mut errors = Vec::new();
    for field in fields {
        let declare::FieldKind::Entry { of, .. } = &field.kind else { continue };
        let value = read.get(field.name.as_str());
        let ids = match value {
            Some(_) if value == before.get(field.name.as_str()) => continue,
            Some(declare::Value::Entry(id)) => vec![*id],
            Some(declare::Value::Entries(ids)) => ids.clone(),
            _ => continue,
        };
        // What stood there stays, also where whoever sends it does not read it.
        let stood = match before.get(field.name.as_str()) {
            Some(declare::Value::Entry(id)) => std::slice::from_ref(id),
            Some(declare::Value::Entries(ids)) => ids,
            _ => &[],
        };
        let ids: Vec<uuid::Uuid> = ids.into_iter().filter(|id| !stood.contains(id)).collect();
        let rows = book.school().read();
        let known = match book.choosing(of).await? {
            Some(of) => of.seen(&rows).filter(register_entry::Column::Id.is_in(ids.iter().copied())).count().await?,
            None => 0,
        };
        if known < u64::try_from(ids.len()).unwrap_or(u64::MAX) {
            errors.push((Some(field.name.clone()), "There is no such entry in its register".to_owned()));
        }
    }
    Ok(errors)
}

/// Enters an entry.
async fn enter(opened: Opened, headers: HeaderMap, body: Bytes) -> PageResult {
    let writer = opened.writer()?;
    let book = &opened.book;
    let sent = match read(&headers, &body) {
        Ok(sent) => sent,
        Err(problem) => return Ok(problem.into_response()),
    };
    let values = match values(book, &sent.values, &Values::new()).await? {
        Ok(values) => values,
        Err(problem) => return Ok(problem.into_response()),
    };
    let draft = Draft { clause: sent.clause, state: sent.state, values, ..Draft::default() };
    match writer.enter(draft).await {
        Ok(id) => {
            let kept = book.get(id).await?;
            let mut answer = (StatusCode::CREATED, Json(entry(book, &kept))).into_response();
            if let Ok(place) = HeaderValue::from_str(&format!("/api{}/{id}", book.address())) {
                answer.headers_mut().insert(header::LOCATION, place);
            }
            Ok(answer)
        }
        Err(error) => refused(book, error),
    }
}

fn no_version() -> Response {
    let detail = "Send the `version` of the entry that you read";
    Problem::new(StatusCode::BAD_REQUEST, "This request cannot be read", detail).into_response()
}

/// Changes an entry: what the request leaves out is emptied.
async fn change(opened: Opened, headers: HeaderMap, body: Bytes) -> PageResult {
    let writer = opened.writer()?;
    let book = &opened.book;
    let sent = match read(&headers, &body) {
        Ok(sent) => sent,
        Err(problem) => return Ok(problem.into_response()),
    };
    let Some(version) = sent.version else { return Ok(no_version()) };
    let before = book.get(opened.id()?).await?;
    if sent.state.is_some() && sent.state != before.entry.state {
        let says = "A step changes the state: post to its move".to_owned();
        return Ok(Problem::refused(vec![(None, says)]).into_response());
    }
    let values = match values(book, &sent.values, &before.entry.values).await? {
        Ok(values) => values,
        Err(problem) => return Ok(problem.into_response()),
    };
    let draft = Draft { clause: sent.clause, values, ..Draft::default() };
    match writer.change(before.entry.id, version, draft).await {
        Ok(kept) => Ok(Json(entry(book, &kept)).into_response()),
        Err(error) => refused(book, error),
    }
}

/// Takes a step.
async fn take(
    opened: Opened,
    Path(path): Path<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> PageResult {
    let book = &opened.book;
    let id = opened.id()?;
    let name = path.get("move").map(String::as_str).unwrap_or_default();
    if !book.register().moves.iter().any(|step| step.name == name) {
        return Err(PageError::NotFound);
    }
    let Some(mover) = book.mover(name) else { return Err(PageError::Forbidden("take this step".to_owned())) };
    let sent = match read(&headers, &body) {
        Ok(sent) => sent,
        Err(problem) => return Ok(problem.into_response()),
    };
    let Some(version) = sent.version else { return Ok(no_version()) };
    let before = book.get(id).await?;
    let values = match values(book, &sent.values, &before.entry.values).await? {
        Ok(values) => values,
        Err(problem) => return Ok(problem.into_response()),
    };
    match mover.take(id, version, Draft { values, ..Draft::default() }).await {
        Ok(kept) => Ok(Json(entry(book, &kept)).into_response()),
        Err(error) => refused(book, error),
    }
}
