//! Phones taken in and given back: one act for each, all that were ticked together in one transaction.

use declare::{Start, Value, Values};
use engines::registers::{Book, Draft, RegisterError};
use jiff::civil::Time;
use kernel::{PersonId, SchoolTime};
use uuid::Uuid;

use super::known::Known;

/// Enters phones: one act for each, all in one transaction.
pub(super) async fn take_in(known: &Known, phones: Vec<(PersonId, String)>) -> Result<String, RegisterError> {
    let book = &known.book;
    let writer = book.writer().ok_or(RegisterError::NotNow)?;
    let said = match phones.as_slice() {
        [(owner, slot)] => format!("{} is in: slot {slot}.", known.name(*owner)),
        many => format!("{} phones are in.", many.len()),
    };
    let start = starts(book);
    let drafts = phones.into_iter().map(|(owner, slot)| {
        let mut values = start.clone();
        values.insert("owner".to_owned(), Value::Person(owner));
        values.insert("slot".to_owned(), Value::Text(slot));
        values.insert("day".to_owned(), Value::Date(book.today()));
        Draft { values, ..Draft::default() }
    });
    writer.enter_all(drafts.collect(), None).await?;
    Ok(said)
}

/// What a new form holds.
fn starts(book: &Book) -> Values {
    let fields = book.access().fields(book.register());
    let value = |start: &Start| match start {
        Start::Today => Some(Value::Date(book.today())),
        Start::Me => book.access().by().map(Value::Person),
        Start::Value(value) => Some(value.clone()),
    };
    fields.filter_map(|field| Some((field.name.to_string(), value(field.start.as_ref()?)?))).collect()
}

/// Gives phones back: one act for each, all in one transaction.
pub(super) async fn give_back(known: &Known, entries: &[Uuid]) -> Result<String, RegisterError> {
    let book = &known.book;
    let mover = book.mover("give-back").ok_or(RegisterError::NotFound)?;
    let clock = SchoolTime::new(book.now()).clock();
    let at = Time::new(clock.hour(), clock.minute(), 0, 0).unwrap_or(clock);
    let mut values = Values::from([
        ("back-at".to_owned(), Value::Time(at)),
        ("back-to".to_owned(), Value::Choice("owner".to_owned())),
    ]);
    let asked: Vec<&str> = mover.asks().into_iter().map(|field| field.name.as_str()).collect();
    values.retain(|name, _| asked.contains(&name.as_str()));
    let moved = mover.take_all(entries, &values).await?;
    let one = entries.first().and_then(|id| known.sheet.here().iter().find(|phone| phone.entry == *id));
    Ok(match (moved, one) {
        (1, Some(phone)) => format!("{} has it back.", known.name(phone.owner)),
        (0, _) => "They had gone back already.".to_owned(),
        (many, _) => format!("{many} phones have gone back."),
    })
}
