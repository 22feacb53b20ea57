//! Rows as columns, and back: the one schema of memory, day files and questions.
//!
//! Sets (roles, classes) are one text with a separator before, between and after their words, so that "is in
//! class 5B" is a plain search for the word with its separators; a word never contains one.

use std::{
    collections::BTreeSet,
    fmt::Display,
    sync::{Arc, LazyLock},
};

use datafusion::arrow::{
    array::{
        Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, StringArray, TimestampMillisecondArray,
        UInt16Array, UInt32Array, UInt64Array,
    },
    compute::{SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    error::ArrowError,
    record_batch::RecordBatch,
};
use jiff::{Timestamp, civil::Date};
use kernel::{DeviceId, Digest, Place, Role, SchoolId, Year};

use crate::{
    alike::Alike,
    days::{day_of, end_of},
    log::{Entry, RowId},
    row::{Row, Visit, Who},
    words::{ClauseRef, Outcome, PersonKey, Scheme, parse_how},
};

/// Stands before, between and after the words of a set. Rows contain no control characters elsewhere.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// The number of a row that has none: a visit to a help site. A number would tell its place among others.
pub(crate) const NO_NUMBER: RowId = RowId(0);

/// Why columns could not be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ColumnsError {
    #[error("rows cannot be laid out as columns")]
    Arrow(#[from] ArrowError),
    #[error("column `{column}` is missing or of another type")]
    Column { column: &'static str },
    #[error("column `{column}` has a value that is none of its words")]
    Value { column: &'static str },
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = DataType::Utf8;
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::UInt64, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false),
        Field::new("person", DataType::FixedSizeBinary(16), true),
        Field::new("roles", text.clone(), false),
        Field::new("year", text.clone(), true),
        Field::new("classes", text.clone(), false),
        Field::new("place", text.clone(), true),
        Field::new("device", DataType::FixedSizeBinary(16), true),
        Field::new("how", text.clone(), false),
        Field::new("method", text.clone(), false),
        Field::new("scheme", text.clone(), false),
        Field::new("host", text.clone(), false),
        Field::new("port", DataType::UInt16, false),
        Field::new("path", text.clone(), true),
        Field::new("inspected", DataType::Boolean, false),
        Field::new("category", text.clone(), true),
        Field::new("outcome", text.clone(), false),
        Field::new("reason", text.clone(), false),
        Field::new("rule", text.clone(), true),
        Field::new("clause", text.clone(), true),
        Field::new("clause_number", text, true),
        Field::new("policy", DataType::FixedSizeBinary(32), true),
        Field::new("list", DataType::FixedSizeBinary(32), true),
        Field::new("bytes_down", DataType::UInt64, false),
        Field::new("duration_ms", DataType::UInt32, false),
    ]))
});

/// The columns of a row.
pub(crate) fn schema() -> SchemaRef {
    SCHEMA.clone()
}

/// Lays rows out as columns.
pub(crate) fn to_batch(entries: &[Arc<Entry>]) -> Result<RecordBatch, ColumnsError> {
    let rows = || entries.iter().map(|entry| &*entry.row);
    let text = |pick: fn(&Visit) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows().map(pick))) };
    let maybe = |pick: fn(&Visit) -> Option<&str>| -> ArrayRef { Arc::new(StringArray::from_iter(rows().map(pick))) };
    let shown = |pick: fn(&Visit) -> Option<String>| -> ArrayRef { Arc::new(StringArray::from_iter(rows().map(pick))) };
    let short = |pick: fn(&Visit) -> Option<[u8; 16]>| -> Result<ArrayRef, ColumnsError> {
        Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(rows().map(pick), 16)?))
    };
    let digest = |pick: fn(&Visit) -> Option<Digest>| -> Result<ArrayRef, ColumnsError> {
        let bytes = rows().map(|row| pick(row).map(|digest| digest.0));
        Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, 32)?))
    };
    let ids = entries.iter().map(|entry| (entry.id != NO_NUMBER).then_some(entry.id.0));
    let times = rows().map(|row| row.at.as_millisecond());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter(ids)),
        Arc::new(TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC")),
        short(|row| row.who.person.map(|person| person.0))?,
        shown(|row| Some(set_text(&row.who.roles))),
        shown(|row| row.who.year.map(|year| year.to_string())),
        shown(|row| Some(set_text(&row.who.classes))),
        shown(|row| row.who.place.as_ref().map(ToString::to_string)),
        short(|row| row.who.device.map(|device| device.0.into_bytes()))?,
        text(|row| row.who.how.id()),
        text(|row| &row.method),
        text(|row| row.scheme.id()),
        text(|row| &row.host),
        Arc::new(UInt16Array::from_iter_values(rows().map(|row| row.port))),
        maybe(|row| row.path.as_deref()),
        Arc::new(BooleanArray::from_iter(rows().map(|row| Some(row.inspected)))),
        maybe(|row| row.category.as_deref()),
        text(|row| row.outcome.id()),
        text(|row| &row.reason),
        maybe(|row| row.rule.as_deref()),
        maybe(|row| row.clause.as_ref().map(|clause| clause.label.as_str())),
        maybe(|row| row.clause.as_ref().map(|clause| clause.number.as_str())),
        digest(|row| row.policy)?,
        digest(|row| row.list)?,
        Arc::new(UInt64Array::from_iter_values(rows().map(|row| row.bytes_down))),
        Arc::new(UInt32Array::from_iter_values(rows().map(|row| row.duration_ms))),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// All rows in one batch, by time. Visits to help sites have the time of their hour and no number, so their order tells
/// nothing.
pub(crate) fn sorted(batches: &[RecordBatch]) -> Result<RecordBatch, ColumnsError> {
    let all = concat_batches(&SCHEMA, batches)?;
    let key = |column: &'static str| -> Result<SortColumn, ColumnsError> {
        let values = all.column_by_name(column).ok_or(ColumnsError::Column { column })?.clone();
        Ok(SortColumn { values, options: Some(SortOptions { descending: false, nulls_first: true }) })
    };
    let order = lexsort_to_indices(&[key("at")?, key("id")?, key("host")?], None)?;
    Ok(take_record_batch(&all, &order)?)
}

/// The rows of each day of the school (Europe/London); `rows` are by time.
pub(crate) fn by_day(rows: &RecordBatch) -> Result<Vec<(Date, RecordBatch)>, ColumnsError> {
    let times = Table(rows).column::<TimestampMillisecondArray>("at")?;
    let mut days = Vec::new();
    let mut begin = 0;
    while begin < rows.num_rows() {
        let at = Timestamp::from_millisecond(times.value(begin)).map_err(|_| ColumnsError::Value { column: "at" })?;
        let day = day_of(at);
        let next = end_of(day).as_millisecond();
        let end = times.values().partition_point(|at| *at < next).max(begin + 1);
        days.push((day, rows.slice(begin, end - begin)));
        begin = end;
    }
    Ok(days)
}

/// Reads rows back. The school is that of the folder; it is not in the columns.
pub(crate) fn from_batch(batch: &RecordBatch, school: SchoolId) -> Result<Vec<Entry>, ColumnsError> {
    let table = Table(batch);
    let id = table.column::<UInt64Array>("id")?;
    let at = table.column::<TimestampMillisecondArray>("at")?;
    let (whos, device) = (Whos::of(&table)?, table.bytes("device")?);
    let (method, scheme, host) = (table.text("method")?, table.text("scheme")?, table.text("host")?);
    let port = table.column::<UInt16Array>("port")?;
    let path = table.text("path")?;
    let inspected = table.column::<BooleanArray>("inspected")?;
    let (category, outcome, reason) = (table.text("category")?, table.text("outcome")?, table.text("reason")?);
    let (rule, clause, clause_number) = (table.text("rule")?, table.text("clause")?, table.text("clause_number")?);
    let (policy, list) = (table.bytes("policy")?, table.bytes("list")?);
    let bytes_down = table.column::<UInt64Array>("bytes_down")?;
    let duration_ms = table.column::<UInt32Array>("duration_ms")?;

    let mut entries = Vec::with_capacity(batch.num_rows());
    for nth in 0..batch.num_rows() {
        let device = device.get(nth)?.map(|bytes| DeviceId(uuid::Uuid::from_bytes(bytes)));
        let who = Who { device, ..whos.get(nth)? };
        let clause = clause.get(nth).map(|label| ClauseRef {
            label: label.to_owned(),
            number: clause_number.get(nth).unwrap_or_default().to_owned(),
        });
        let visit = Visit {
            at: Timestamp::from_millisecond(at.value(nth)).map_err(|_| ColumnsError::Value { column: "at" })?,
            school,
            who,
            method: method.need(nth)?.to_owned(),
            scheme: Scheme::parse(scheme.need(nth)?).map_err(bad("scheme"))?,
            host: host.need(nth)?.to_owned(),
            port: port.value(nth),
            path: path.owned(nth),
            inspected: inspected.value(nth),
            category: category.owned(nth),
            outcome: Outcome::parse(outcome.need(nth)?).map_err(bad("outcome"))?,
            reason: reason.need(nth)?.to_owned(),
            rule: rule.owned(nth),
            clause,
            policy: policy.get(nth)?.map(Digest),
            list: list.get(nth)?.map(Digest),
            bytes_down: bytes_down.value(nth),
            duration_ms: duration_ms.value(nth),
        };
        let number = if id.is_null(nth) { NO_NUMBER } else { RowId(id.value(nth)) };
        entries.push(Entry { id: number, row: Row::visit(visit) });
    }
    Ok(entries)
}

/// The columns that a decision asks, besides the time.
pub(crate) const ALIKE: [&str; 11] =
    ["person", "roles", "year", "classes", "place", "how", "scheme", "host", "port", "path", "outcome"];

/// Reads rows of which those that are alike were counted together.
pub(crate) fn alike_from_batch(batch: &RecordBatch) -> Result<Vec<Alike>, ColumnsError> {
    let table = Table(batch);
    let at = table.column::<TimestampMillisecondArray>("at")?;
    let whos = Whos::of(&table)?;
    let (scheme, host, path, outcome) =
        (table.text("scheme")?, table.text("host")?, table.text("path")?, table.text("outcome")?);
    let port = table.column::<UInt16Array>("port")?;
    let rows = table.column::<Int64Array>("rows")?;
    let one = |nth: usize| {
        Ok(Alike {
            at: Timestamp::from_millisecond(at.value(nth)).map_err(|_| ColumnsError::Value { column: "at" })?,
            who: whos.get(nth)?,
            scheme: Scheme::parse(scheme.need(nth)?).map_err(bad("scheme"))?,
            host: host.need(nth)?.to_owned(),
            port: port.value(nth),
            path: path.owned(nth),
            outcome: Outcome::parse(outcome.need(nth)?).map_err(bad("outcome"))?,
            rows: u64::try_from(rows.value(nth)).map_err(|_| ColumnsError::Value { column: "rows" })?,
        })
    };
    (0..batch.num_rows()).map(one).collect()
}

/// The columns that say who asked.
struct Whos<'a> {
    person: Bytes<'a>,
    roles: Text<'a>,
    year: Text<'a>,
    classes: Text<'a>,
    place: Text<'a>,
    how: Text<'a>,
}

impl<'a> Whos<'a> {
    fn of(table: &Table<'a>) -> Result<Self, ColumnsError> {
        Ok(Self {
            person: table.bytes("person")?,
            roles: table.text("roles")?,
            year: table.text("year")?,
            classes: table.text("classes")?,
            place: table.text("place")?,
            how: table.text("how")?,
        })
    }

    /// Who it was; the device is another column.
    fn get(&self, nth: usize) -> Result<Who, ColumnsError> {
        Ok(Who {
            person: self.person.get(nth)?.map(PersonKey),
            roles: words_of(self.roles.get(nth)).map(Role::parse).collect::<Result<_, _>>().map_err(bad("roles"))?,
            year: self.year.get(nth).map(Year::parse).transpose().map_err(bad("year"))?,
            classes: words_of(self.classes.get(nth)).map(str::to_owned).collect(),
            place: self.place.get(nth).map(Place::parse).transpose().map_err(bad("place"))?,
            device: None,
            how: parse_how(self.how.need(nth)?).map_err(bad("how"))?,
        })
    }
}

/// A set as one text.
fn set_text<T: Display>(words: &BTreeSet<T>) -> String {
    let mut text = String::new();
    for word in words {
        text.push(SEPARATOR);
        text.push_str(&word.to_string());
    }
    if !text.is_empty() {
        text.push(SEPARATOR);
    }
    text
}

fn words_of(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(SEPARATOR).filter(|word| !word.is_empty())
}

fn bad(column: &'static str) -> impl Fn(kernel::BadText) -> ColumnsError {
    move |_| ColumnsError::Value { column }
}

struct Table<'a>(&'a RecordBatch);

struct Text<'a>(&'a StringArray, &'static str);

struct Bytes<'a>(&'a FixedSizeBinaryArray, &'static str);

impl<'a> Table<'a> {
    fn column<T: Array + 'static>(&self, column: &'static str) -> Result<&'a T, ColumnsError> {
        let array = self.0.column_by_name(column).ok_or(ColumnsError::Column { column })?;
        array.as_any().downcast_ref().ok_or(ColumnsError::Column { column })
    }

    fn text(&self, column: &'static str) -> Result<Text<'a>, ColumnsError> {
        self.column(column).map(|array| Text(array, column))
    }

    fn bytes(&self, column: &'static str) -> Result<Bytes<'a>, ColumnsError> {
        self.column(column).map(|array| Bytes(array, column))
    }
}

impl<'a> Text<'a> {
    fn get(&self, nth: usize) -> Option<&'a str> {
        (!self.0.is_null(nth)).then(|| self.0.value(nth))
    }

    fn need(&self, nth: usize) -> Result<&'a str, ColumnsError> {
        self.get(nth).ok_or(ColumnsError::Value { column: self.1 })
    }

    fn owned(&self, nth: usize) -> Option<String> {
        self.get(nth).map(str::to_owned)
    }
}

impl Bytes<'_> {
    fn get<const N: usize>(&self, nth: usize) -> Result<Option<[u8; N]>, ColumnsError> {
        if self.0.is_null(nth) {
            return Ok(None);
        }
        self.0.value(nth).try_into().map(Some).map_err(|_| ColumnsError::Value { column: self.1 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    proptest! {
        #[test]
        fn rows_read_back(visits in prop::collection::vec(testing::any_visit(), 0..40)) {
            let entries: Vec<_> = visits
                .into_iter()
                .zip(1..)
                .map(|(visit, number)| {
                    let row = Row::visit(visit);
                    let id = if row.is_help() { NO_NUMBER } else { RowId(number) };
                    Arc::new(Entry { id, row })
                })
                .collect();
            let back = from_batch(&to_batch(&entries).unwrap(), testing::school(1)).unwrap();
            prop_assert!(back.len() == entries.len() && back.iter().zip(&entries).all(|(a, b)| *a == **b));
        }
    }
}
