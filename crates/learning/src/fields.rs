//! Fields of a register on a form of this area: drawn as their kind asks, and read as the register reads them.

use std::fmt;

use declare::{Field, FieldKind, Start, Value, Values};
use engines::registers::{Meanings, Refusal};
use jiff::civil::Date;
use kernel::time::date_in_words;
use webkit::{
    Session,
    kit::{Choice, Choices, Field as Line, Mistakes, TextArea},
};

/// Up to how many choices stand below each other; more are a list to open.
const RADIOS: usize = 6;

/// The pairs of a form as they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent(Vec<(String, String)>);

impl Sent {
    /// These pairs.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The text of that name; nothing where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.trim()).unwrap_or_default()
    }

    /// Every text of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, text)| text.trim())
    }

    /// Adds a text, where nothing was sent under that name.
    pub(crate) fn or(&mut self, name: &str, text: impl Into<String>) {
        if self.text(name).is_empty() {
            self.0.push((name.to_owned(), text.into()));
        }
    }

    /// Adds texts.
    pub(crate) fn extend(&mut self, pairs: impl IntoIterator<Item = (String, String)>) {
        self.0.extend(pairs);
    }

    /// What a new form of these fields holds, as their declaration says.
    pub(crate) fn start(&mut self, fields: &[&Field], session: &Session, today: Date) {
        for field in fields {
            match &field.start {
                Some(Start::Today) => self.or(&id(field), date_in_words(today)),
                Some(Start::Me) => self.or(&id(field), session.full_name()),
                Some(Start::Value(Value::Text(text) | Value::Choice(text))) => self.or(&id(field), text.clone()),
                Some(Start::Value(_)) | None => {}
            }
        }
    }
}

/// The identifier of a field on a page, which is its name in the form.
pub(crate) fn id(field: &Field) -> String {
    format!("f-{}", field.name)
}

/// A field on a form.
pub(crate) enum Input {
    /// One line, or a file.
    Line(Line),
    /// Several lines.
    Area(TextArea),
    /// A choice.
    Choices(Choices),
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(it) => write!(f, "{it}"),
            Self::Area(it) => write!(f, "{it}"),
            Self::Choices(it) => write!(f, "{it}"),
        }
    }
}

impl askama::filters::HtmlSafe for Input {}

/// Whether a form of this area can have the field.
pub(crate) fn fits(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::Choice { .. }
        | FieldKind::YesNo
        | FieldKind::Person { many: false, .. }
        | FieldKind::Place
        | FieldKind::File { .. }
        | FieldKind::Address => true,
        FieldKind::Person { many: true, .. }
        | FieldKind::Role
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Entry { .. }
        | FieldKind::Signature
        | FieldKind::Clause => false,
    }
}

/// A field with what was typed.
pub(crate) fn input(field: &Field, sent: &Sent, mistakes: &Mistakes) -> Input {
    let id = id(field);
    let hint = Some(field.help.as_str()).filter(|help| !help.is_empty());
    let line = |line: Line| {
        let line = line.value(sent.text(&id)).check(mistakes);
        Input::Line(hint.map_or(line.clone(), |hint| line.hint(hint)))
    };
    match &field.kind {
        FieldKind::Text { lines: true, .. } => {
            let area = TextArea::new(&id, &field.label).value(sent.text(&id)).check(mistakes);
            Input::Area(hint.map_or(area.clone(), |hint| area.hint(hint)))
        }
        FieldKind::Choice { choices, many } => {
            let all: Vec<Choice> = choices.iter().map(|one| Choice::new(one.name.clone(), one.label.clone())).collect();
            choices_of(field, all, *many, sent, mistakes)
        }
        FieldKind::YesNo => {
            choices_of(field, vec![Choice::new("yes", "Yes"), Choice::new("no", "No")], false, sent, mistakes)
        }
        FieldKind::Date => line(Line::text(&id, &field.label).width("10")),
        FieldKind::Number { unit, .. } => line(Line::text(&id, &field.label).width("5").suffix(unit.clone())),
        FieldKind::Money => line(Line::text(&id, &field.label).width("5").prefix("£")),
        FieldKind::Time => line(Line::text(&id, &field.label).width("5")),
        FieldKind::File { .. } => line(Line::file(&id, &field.label)),
        FieldKind::Text { lines: false, .. }
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Place
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Entry { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => line(Line::text(&id, &field.label).width("30")),
    }
}

fn choices_of(field: &Field, mut all: Vec<Choice>, many: bool, sent: &Sent, mistakes: &Mistakes) -> Input {
    let id = id(field);
    let choices = match (many, all.len()) {
        (true, _) => Choices::checkboxes(&id, &field.label, all),
        (false, ..=RADIOS) => Choices::radios(&id, &field.label, all),
        (false, _) => {
            all.insert(0, Choice::new("", ""));
            Choices::select(&id, &field.label, all)
        }
    };
    let choices = sent.all(&id).fold(choices, |choices, text| choices.chosen(text)).check(mistakes);
    Input::Choices(match field.help.as_str() {
        "" => choices,
        help => choices.hint(help),
    })
}

/// What was typed into the fields, files left out; what cannot be read becomes a mistake.
pub(crate) fn read(fields: &[&Field], sent: &Sent, meanings: &Meanings, mistakes: &mut Mistakes) -> Values {
    let mut values = Values::new();
    for field in fields.iter().filter(|field| !matches!(field.kind, FieldKind::File { .. })) {
        let id = id(field);
        let texts: Vec<&str> = sent.all(&id).collect();
        match meanings.value(field, &texts, None) {
            Ok(Some(value)) => drop(values.insert(field.name.to_string(), value)),
            Ok(None) => {}
            Err(says) => mistakes.add(&id, says),
        }
    }
    values
}

/// Adds what the register refused, each to its field, where the form has it.
pub(crate) fn refuse(refusals: Vec<Refusal>, fields: &[&Field], elsewhere: &str, mistakes: &mut Mistakes) {
    for refusal in refusals {
        let own = fields.iter().find(|field| refusal.field.as_ref() == Some(&field.name));
        let place = own.map_or_else(|| elsewhere.to_owned(), |field| id(field));
        if mistakes.of(&place).is_none() {
            mistakes.add(&place, refusal.says);
        }
    }
}
