//! What was typed into a form, and what it means.

use std::collections::HashMap;

use axum::{
    RequestExt as _,
    extract::{FromRequest, Request},
    http::header,
};
use declare::{Field, FieldKind, FieldName, Start, Value, Values};
use jiff::civil::Date;
use uuid::Uuid;
use webkit::{
    PageError, Session,
    kit::Mistakes,
    upload::{Part, Upload},
};

use super::fields::Offers;
use crate::{
    files::{self, Taken},
    registers::{Book, Draft, Kept, Refusal, RegisterError, words::Names},
};

/// The identifier of a field on a page, which is its name in the form.
pub(super) fn id(field: &Field) -> String {
    id_of(&field.name)
}

fn id_of(name: &FieldName) -> String {
    format!("f-{name}")
}

/// The name of the question which of two values of a field stays, where two people changed it.
pub(super) fn both_id(field: &Field) -> String {
    format!("both-{}", id(field))
}

/// A form as it was sent.
pub(super) struct Sent {
    texts: Vec<(String, String)>,
    files: Vec<Part>,
}

impl Sent {
    #[cfg(test)]
    pub(super) fn of_texts(texts: Vec<(String, String)>) -> Self {
        Self { texts, files: Vec::new() }
    }

    /// The text of a part of the form that is no field of the register.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str()).unwrap_or_default()
    }

    /// Every text of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.texts.iter().filter(move |(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The version that the form was made of.
    pub(super) fn version(&self) -> Result<i64, PageError> {
        self.text("version").parse().map_err(|_| PageError::bad("Load the page of the entry again"))
    }

    /// The entries that were chosen, each once.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = self.all("id").filter_map(|text| Uuid::parse_str(text).ok()).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
            let upload = Upload::from_request(request, state).await?;
            let texts = upload.texts().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
            return Ok(Self { texts, files: upload.into_files() });
        }
        let texts = request
            .extract::<axum::Form<Vec<(String, String)>>, _>()
            .await
            .map_err(|_| PageError::bad("The form did not arrive whole. Send it again"))?;
        Ok(Self { texts: texts.0, files: Vec::new() })
    }
}

/// What stands in the fields of a form: typed, or as it is kept.
#[derive(Debug, Default)]
pub(super) struct Typed {
    texts: HashMap<String, Vec<String>>,
    files: HashMap<String, (Uuid, String)>,
}

impl Typed {
    /// As it is kept, in the words in which it would be typed.
    pub(super) fn of_values(fields: &[&Field], values: &Values, names: &Names) -> Self {
        let mut typed = Self::default();
        for field in fields {
            if let Some(value) = values.get(field.name.as_str()) {
                typed.put(field, value, names);
            }
        }
        typed
    }

    /// What a new form holds.
    pub(super) fn of_start(fields: &[&Field], session: &Session, today: Date, names: &Names) -> Self {
        let mut typed = Self::default();
        for field in fields {
            match &field.start {
                Some(Start::Today) => typed.put(field, &Value::Date(today), names),
                Some(Start::Me) if matches!(field.kind, FieldKind::Person { many: true, .. }) => {
                    typed.put(field, &Value::People(vec![session.person()]), names);
                }
                Some(Start::Me) if matches!(field.kind, FieldKind::Signature) => {}
                Some(Start::Me) => typed.put(field, &Value::Person(session.person()), names),
                Some(Start::Value(value)) => typed.put(field, value, names),
                None => {}
            }
        }
        typed
    }

    /// Today, in every field that takes a day.
    pub(super) fn of_today(fields: &[&Field], today: Date, names: &Names) -> Self {
        let mut typed = Self::default();
        for field in fields.iter().filter(|field| field.kind == FieldKind::Date) {
            typed.put(field, &Value::Date(today), names);
        }
        typed
    }

    /// What usually repeats from one entry to the next: days, places, classes, years, kinds.
    pub(super) fn of_last(fields: &[&Field], values: &Values, names: &Names) -> Self {
        let repeats = |field: &Field| match &field.kind {
            FieldKind::Date | FieldKind::Place | FieldKind::Class { .. } | FieldKind::Year { .. } => !field.unique,
            FieldKind::Choice { .. } | FieldKind::Role | FieldKind::Clause => true,
            FieldKind::Text { .. }
            | FieldKind::Number { .. }
            | FieldKind::Money
            | FieldKind::Time
            | FieldKind::YesNo
            | FieldKind::Person { .. }
            | FieldKind::Entry { .. }
            | FieldKind::File { .. }
            | FieldKind::Signature
            | FieldKind::Address => false,
        };
        let fields: Vec<&Field> = fields.iter().copied().filter(|field| repeats(field)).collect();
        Self::of_values(&fields, values, names)
    }

    /// As it was sent.
    pub(super) fn of_sent(fields: &[&Field], sent: &Sent) -> Self {
        let mut typed = Self::default();
        for field in fields {
            let name = id(field);
            let texts: Vec<String> = sent.all(&name).map(str::to_owned).collect();
            typed.texts.insert(field.name.to_string(), texts);
        }
        typed
    }

    /// These, and for the fields that are empty in them those of `others`.
    pub(super) fn or(mut self, others: Self) -> Self {
        for (name, texts) in others.texts {
            let own = self.texts.entry(name).or_default();
            if own.iter().all(String::is_empty) {
                *own = texts;
            }
        }
        self
    }

    fn put(&mut self, field: &Field, value: &Value, names: &Names) {
        let texts = match value {
            Value::Choice(name) => vec![name.clone()],
            Value::Choices(all) | Value::Classes(all) => all.clone(),
            Value::YesNo(yes) => vec![if *yes { "yes" } else { "no" }.to_owned()],
            Value::Role(role) => vec![role.id().to_owned()],
            Value::Year(year) => vec![year.to_string()],
            Value::Years(years) => years.iter().map(ToString::to_string).collect(),
            Value::People(all) => all.iter().map(|person| names.typed(field, &Value::Person(*person))).collect(),
            Value::Entries(all) => all.iter().map(|entry| names.typed(field, &Value::Entry(*entry))).collect(),
            Value::File { id, name } => {
                self.files.insert(field.name.to_string(), (*id, name.clone()));
                return;
            }
            Value::Text(_)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Person(_)
            | Value::Class(_)
            | Value::Entry(_)
            | Value::Signature { .. } => vec![names.typed(field, value)],
        };
        self.texts.insert(field.name.to_string(), texts);
    }

    /// Puts into a field what stands there in `other`.
    fn take(&mut self, field: &Field, other: &Self) {
        let name = field.name.as_str();
        self.texts.insert(name.to_owned(), other.texts.get(name).cloned().unwrap_or_default());
        match other.files.get(name) {
            Some(file) => drop(self.files.insert(name.to_owned(), file.clone())),
            None => drop(self.files.remove(name)),
        }
    }

    /// What stands in a field.
    pub(super) fn texts(&self, field: &Field) -> Vec<&str> {
        let texts = self.texts.get(field.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect()
    }

    /// The file that stands in a field.
    pub(super) fn file(&self, field: &Field) -> Option<(&Uuid, &str)> {
        self.files.get(field.name.as_str()).map(|(id, name)| (id, name.as_str()))
    }
}

/// A form that has been read: what it means, and what has to be put right.
pub(super) struct Read {
    pub(super) typed: Typed,
    pub(super) draft: Draft,
    pub(super) mistakes: Mistakes,
    /// The places of the form, in their order.
    order: Vec<String>,
}

/// Reads the fields of a form. Files that were sent are looked at; where anything has to be put right, they wait, so
/// that they need not be chosen again.
pub(super) async fn read(
    book: &Book,
    fields: &[&Field],
    sent: &Sent,
    offers: &Offers,
    before: &Values,
) -> Result<Read, RegisterError> {
    let first = ["form", "clause"].into_iter().map(str::to_owned);
    let order = first.chain(fields.iter().flat_map(|field| [both_id(field), id(field)])).collect();
    let typed = Typed::of_sent(fields, sent);
    let mut read = Read { typed, draft: Draft::default(), mistakes: Mistakes::new(), order };
    for field in fields {
        if let FieldKind::File { most_bytes } = &field.kind {
            read.file(book, field, *most_bytes, sent, before).await?;
            continue;
        }
        let texts = read.typed.texts(field);
        match offers.meanings.value(field, &texts, before.get(field.name.as_str())) {
            Ok(Some(value)) => drop(read.draft.values.insert(field.name.to_string(), value)),
            Ok(None) => {}
            Err(says) => read.mistakes.add(&id(field), says),
        }
    }
    Ok(read)
}

impl Read {
    async fn file(
        &mut self,
        book: &Book,
        field: &Field,
        most: usize,
        sent: &Sent,
        before: &Values,
    ) -> Result<(), RegisterError> {
        let name = id(field);
        if let Some(part) = sent.files.iter().find(|part| part.name == name && !part.bytes.is_empty()) {
            match files::take(part, most) {
                Ok(taken) => self.draft.files.push((field.name.clone(), taken)),
                Err(why) => self.mistakes.add(&name, why.to_string()),
            }
            return Ok(());
        }
        let Ok(kept) = Uuid::parse_str(sent.text(&format!("{name}-kept"))) else { return Ok(()) };
        let value = match before.get(field.name.as_str()) {
            Some(Value::File { id, name }) if *id == kept => Some(Value::File { id: *id, name: name.clone() }),
            _ => book.waiting_file(&field.name, kept).await?,
        };
        if let Some(Value::File { id, name }) = &value {
            self.typed.files.insert(field.name.to_string(), (*id, name.clone()));
        }
        self.draft.values.extend(value.map(|value| (field.name.to_string(), value)));
        Ok(())
    }

    /// Whether a file was sent for a field.
    pub(super) fn sends(&self, field: &Field) -> bool {
        let refused = matches!(field.kind, FieldKind::File { .. }) && self.mistakes.of(&id(field)).is_some();
        refused || self.draft.files.iter().any(|(name, _)| *name == field.name)
    }

    /// Leaves a field as it is kept: nothing in it is changed, nor has to be put right.
    pub(super) fn leave(&mut self, field: &Field, kept: &Kept, now: &Typed) {
        self.typed.take(field, now);
        let name = field.name.as_str();
        match kept.entry.values.get(name) {
            Some(value) => drop(self.draft.values.insert(name.to_owned(), value.clone())),
            None => drop(self.draft.values.remove(name)),
        }
        self.draft.files.retain(|(of, _)| *of != field.name);
        self.sort_mistakes(|place| place != id(field));
    }

    /// Adds what the register refused, each to its field.
    pub(super) fn refuse(&mut self, refusals: Vec<Refusal>) {
        for refusal in refusals {
            let place = refusal.field.as_ref().map_or_else(|| "form".to_owned(), id_of);
            // What was typed and could not be read is not missing besides.
            if self.mistakes.of(&place).is_none() {
                self.mistakes.add(&place, refusal.says);
            }
        }
        self.sort_mistakes(|_| true);
    }

    /// Puts the mistakes in the order of the form, without those whose place is not to stay.
    fn sort_mistakes(&mut self, stays: impl Fn(&str) -> bool) {
        let mut sorted = Mistakes::new();
        for place in self.order.iter().filter(|place| stays(place)) {
            if let Some(says) = self.mistakes.of(place) {
                sorted.add(place, says);
            }
        }
        self.mistakes = sorted;
    }

    /// Lets the files that were sent wait, because the form is shown again.
    pub(super) async fn wait(&mut self, book: &Book, files: Vec<(FieldName, Taken)>) -> Result<(), RegisterError> {
        for (field, taken) in files {
            if let Value::File { id, name } = book.hold(&field, &taken).await? {
                self.typed.files.insert(field.to_string(), (id, name));
            }
        }
        Ok(())
    }
}
