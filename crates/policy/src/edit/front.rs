//! Values of the front matter that a form may change.

use std::ops::Range;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::{EditError, read};
use crate::{
    diagnostic::{Lines, Reporter},
    front_read,
    source::Source,
};

/// A value that a form may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrontKey {
    /// The title of the policy.
    Title,
    /// Its version.
    Version,
    /// The day of issue.
    Issued,
    /// The day by which it is reviewed.
    Review,
}

impl FrontKey {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Title, Self::Version, Self::Issued, Self::Review];

    /// As the front matter writes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Version => "version",
            Self::Issued => "issued",
            Self::Review => "review",
        }
    }

    fn is_date(self) -> bool {
        match self {
            Self::Issued | Self::Review => true,
            Self::Title | Self::Version => false,
        }
    }
}

/// Where the front matter of `policy.md` stands, and the bytes of a value in it.
/// The file, where its front matter stands, and where the value stands with what it says, if it is given.
type Found = (usize, Range<usize>, Option<(Range<usize>, String)>);

fn find(source: &Source, key: FrontKey) -> Result<Found, EditError> {
    let none = || EditError::NoFront(Source::MAIN.to_owned());
    let at = source.files.iter().position(|file| file.path == Source::MAIN).ok_or_else(none)?;
    let file = source.files.get(at).ok_or_else(none)?;
    let alone = Source { files: vec![file.clone()] };
    let lines = Lines::of(&alone);
    let split = front_read::split(0, file, &mut Reporter::new(&alone, &lines));
    let front = split.front.filter(|_| !split.broken).ok_or_else(none)?;
    let table = DeTable::parse(file.text.get(front.clone()).unwrap_or("")).map_err(|_| none())?;
    let value = table.get_ref().get(key.id()).map(|value| {
        let span = value.span();
        let read = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                file.text.get(front.start + span.start..front.start + span.end).unwrap_or("").to_owned()
            }
        };
        (front.start + span.start..front.start + span.end, read)
    });
    Ok((at, front, value))
}

/// What the front matter says; nothing where it has no such key.
///
/// # Errors
/// Where there is no front matter that can be read.
pub fn front_value(source: &Source, key: FrontKey) -> Result<Option<String>, EditError> {
    Ok(find(source, key)?.2.map(|(_, value)| value))
}

/// Gives a key of the front matter another value; a day as `2026-09-01`.
///
/// # Errors
/// Why not; the source stays as it is.
pub fn set_front(source: &Source, key: FrontKey, value: &str) -> Result<Source, EditError> {
    let (at, front, now) = find(source, key)?;
    let value = value.trim();
    let bad = || EditError::BadValue(value.chars().take(80).collect());
    if value.is_empty() || value.chars().count() > 200 || value.chars().any(char::is_control) {
        return Err(bad());
    }
    if now.as_ref().is_some_and(|(_, now)| now == value) {
        return Ok(source.clone());
    }
    let written = if key.is_date() {
        value.parse::<Date>().map_err(|_| bad())?.to_string()
    } else {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let mut changed = source.clone();
    let Some(file) = changed.files.get_mut(at) else { return Err(EditError::BreaksOut) };
    let before = read::read(file).body;
    match now {
        Some((range, _)) => file.text.replace_range(range, &written),
        // At the head, before any `[table]`.
        None => file.text.insert_str(front.start, &format!("{} = {written}\n", key.id())),
    }
    let grown = file.text.len();
    let old = source.files.get(at).map_or(0, |file| file.text.len());
    let body = read::read(file).body;
    let same_body = body + old == before + grown;
    if same_body && front_value(&changed, key)?.as_deref() == Some(value) {
        Ok(changed)
    } else {
        Err(EditError::BreaksOut)
    }
}
