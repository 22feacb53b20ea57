//! The fields of a form: what fits their kind, with what is offered, and what stood or was typed there.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use askama::Template;
use declare::{Field, FieldKind, Rows, Value};
use kernel::{Role, Year};
use sea_orm::{FromQueryResult, QuerySelect};
use store::{
    entity::{people_class, register_entry},
    query::ColumnTrait,
};
use uuid::Uuid;
use webkit::kit::{Choice, Choices, Field as Line, Mistakes, TextArea};

use super::form::{Typed, id};
use crate::{
    registers::{Book, Meanings, RegisterError, stored::Kept, typed::mark, words::Names},
    roll::Roll,
};

/// Up to how many choices stand below each other; more are a list to open.
const RADIOS: usize = 6;
/// Up to how many can be ticked.
const BOXES: usize = 40;
/// How many entries of another register are offered.
const ENTRIES: u64 = 1_000;
/// In how many of the newest entries places are looked for.
const PLACES: u64 = 300;

/// What forms offer: people, classes, entries of other registers, places that were typed before.
pub(super) struct Offers {
    roll: Arc<Roll>,
    /// Open entries of the registers that fields name, by what they are called.
    entries: HashMap<String, Vec<(Uuid, String)>>,
    places: HashMap<String, Vec<String>>,
    /// What identifiers are called.
    pub(super) names: Names,
    /// What typed names mean.
    pub(super) meanings: Meanings,
}

impl Offers {
    /// Reads what the fields of a form offer.
    pub(super) async fn read(book: &Book, fields: &[&Field]) -> Result<Self, RegisterError> {
        let meanings = book.meanings(fields).await?;
        let roll = Arc::clone(meanings.roll());
        let mut entries = HashMap::new();
        for field in fields {
            if let FieldKind::Entry { of, .. } = &field.kind
                && !entries.contains_key(of)
            {
                entries.insert(of.clone(), titled(book, of).await?);
            }
        }
        let places = places(book, fields).await?;
        let in_force = Some(Arc::clone(book.in_force()));
        let names = Names::with_roll(&book.rows(), Arc::clone(&roll), in_force, std::iter::empty()).await?;
        Ok(Self { roll, entries, places, names, meanings })
    }
}

impl Book {
    /// What the identifiers of an entry are called, with everybody of the school.
    pub(super) async fn names_with(&self, offers: &Offers, kept: &Kept) -> Result<Names, RegisterError> {
        let in_force = Some(Arc::clone(self.in_force()));
        let values = std::iter::once(&kept.entry.values);
        Ok(Names::with_roll(&self.rows(), Arc::clone(&offers.roll), in_force, values).await?)
    }
}

#[derive(FromQueryResult)]
struct Titled {
    id: Uuid,
    title: String,
}

/// The open entries of a register that whoever fills the form may name, by what they are called; those of one name with
/// a mark of their own.
async fn titled(book: &Book, of: &str) -> Result<Vec<(Uuid, String)>, RegisterError> {
    let Some(book) = book.choosing(of).await? else { return Ok(Vec::new()) };
    let rows = book.rows();
    let found: Vec<Titled> = book
        .seen(&rows)
        .filter(register_entry::Column::Ended.eq(false))
        .descending(register_entry::Column::EnteredAt)
        .limit(ENTRIES)
        .with(|select| select.select_only().column(register_entry::Column::Id).column(register_entry::Column::Title))
        .all_as()
        .await?;
    let mut all: Vec<(Uuid, String)> = found.into_iter().map(|row| (row.id, row.title)).collect();
    all.sort_by(|one, two| (&one.1, one.0).cmp(&(&two.1, two.0)));
    let doubled: BTreeSet<String> = all
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, one), (_, two)] if one == two => Some(one.clone()),
            _ => None,
        })
        .collect();
    for (id, title) in all.iter_mut().filter(|(_, title)| doubled.contains(title)) {
        title.push_str(&format!(" #{}", mark(*id)));
    }
    Ok(all)
}

async fn places(book: &Book, fields: &[&Field]) -> Result<HashMap<String, Vec<String>>, RegisterError> {
    let named: Vec<&&Field> = fields.iter().filter(|field| field.kind == FieldKind::Place).collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = book.rows();
    let newest = book.seen(&rows).descending(register_entry::Column::EnteredAt).limit(PLACES).all().await?;
    let mut places: HashMap<String, BTreeSet<String>> = HashMap::new();
    for row in newest {
        let kept = Kept::of(row)?;
        for field in &named {
            if let Some(Value::Text(place)) = kept.entry.value(&field.name) {
                places.entry(field.name.to_string()).or_default().insert(place.clone());
            }
        }
    }
    Ok(places.into_iter().map(|(field, all)| (field, all.into_iter().collect())).collect())
}

/// What may be chosen in a field with few values.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are chosen from what is declared")]
pub(super) async fn choices(book: &Book, field: &Field) -> Result<Vec<Choice>, RegisterError> {
    Ok(match &field.kind {
        FieldKind::Class { .. } => {
            let rows = book.rows();
            let rows = rows.find::<people_class::Entity>().ascending(people_class::Column::Name).all().await?;
            rows.into_iter().map(|row| Choice::new(row.name.clone(), row.name)).collect()
        }
        _ => fixed(field),
    })
}

fn fixed(field: &Field) -> Vec<Choice> {
    match &field.kind {
        FieldKind::Choice { choices, .. } => {
            choices.iter().map(|choice| Choice::new(choice.name.clone(), choice.label.clone())).collect()
        }
        FieldKind::YesNo => vec![Choice::new("yes", "Yes"), Choice::new("no", "No")],
        FieldKind::Year { .. } => Year::all().map(|year| Choice::new(year.to_string(), year.title())).collect(),
        FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Place
        | FieldKind::Class { .. }
        | FieldKind::Entry { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => Vec::new(),
    }
}

/// A field of a form, ready to print.
#[derive(Template)]
#[template(path = "registers/field.html")]
pub(super) struct Input {
    id: String,
    shape: Shape,
    /// The file that is kept already, or waits: its name.
    file: Option<(String, String)>,
    /// Which of two values stays, where two people changed it.
    first: Option<Choices>,
}

impl Input {
    /// Whether it is the field.
    pub(super) fn is_of(&self, field: &Field) -> bool {
        self.id == id(field)
    }

    /// Asks this before the field.
    pub(super) fn ask_first(&mut self, question: Choices) {
        self.first = Some(question);
    }
}

impl askama::filters::HtmlSafe for Input {}

enum Shape {
    Line(Line),
    Area(TextArea),
    Choices(Choices),
}

/// The fields of a form with what stands in them; where `focus`, with the cursor in the first that is empty.
pub(super) fn inputs(
    book: &Book,
    fields: &[&Field],
    typed: &Typed,
    offers: &Offers,
    mistakes: &Mistakes,
    focus: bool,
) -> Vec<Input> {
    let mut free = focus;
    fields
        .iter()
        .map(|field| {
            let texts = typed.texts(field);
            let line = texts.is_empty() && free && is_line(field, offers);
            free &= !line;
            let file = typed.file(field).map(|(id, name)| (id.to_string(), name.to_owned()));
            Input { id: id(field), shape: shape(book, field, &texts, offers, mistakes, line), file, first: None }
        })
        .collect()
}

/// Whether the cursor can stand in it.
fn is_line(field: &Field, offers: &Offers) -> bool {
    matches!(shape_of(field, offers), Kind::Line) && !matches!(field.kind, FieldKind::File { .. })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    Area,
    Select,
    Radios,
    Boxes,
}

fn shape_of(field: &Field, offers: &Offers) -> Kind {
    match &field.kind {
        FieldKind::Text { lines: true, .. } => Kind::Area,
        FieldKind::YesNo => Kind::Radios,
        FieldKind::Choice { many: true, .. } | FieldKind::Year { many: true } => Kind::Boxes,
        FieldKind::Choice { choices, many: false } if choices.len() <= RADIOS => Kind::Radios,
        FieldKind::Choice { .. } | FieldKind::Year { .. } | FieldKind::Role | FieldKind::Class { many: false } => {
            Kind::Select
        }
        FieldKind::Class { many: true } => Kind::Boxes,
        FieldKind::Person { many: true, who } => {
            if offers.roll.among(who).len() <= BOXES {
                Kind::Boxes
            } else {
                Kind::Area
            }
        }
        FieldKind::Entry { many: true, of } => {
            if offers.entries.get(of).is_none_or(|all| all.len() <= BOXES) {
                Kind::Boxes
            } else {
                Kind::Area
            }
        }
        FieldKind::Text { lines: false, .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::Person { many: false, .. }
        | FieldKind::Place
        | FieldKind::Entry { many: false, .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => Kind::Line,
    }
}

fn shape(book: &Book, field: &Field, texts: &[&str], offers: &Offers, mistakes: &Mistakes, focus: bool) -> Shape {
    let kind = shape_of(field, offers);
    let hint = hint(field, kind);
    let name = id(field);
    match kind {
        Kind::Area => {
            let area = TextArea::new(&name, &field.label).value(texts.join("\n")).check(mistakes);
            Shape::Area(if hint.is_empty() { area } else { area.hint(hint) })
        }
        Kind::Select | Kind::Radios | Kind::Boxes => {
            let mut all = offered(book, field, offers);
            if matches!(field.kind, FieldKind::Person { .. } | FieldKind::Entry { .. } | FieldKind::Class { .. }) {
                // What stands there stays ticked, also where it would not be offered: it has ended, or is others' to read.
                for text in texts.iter().rev() {
                    if all.iter().all(|choice| choice.value != *text) {
                        all.insert(0, Choice::new(*text, *text));
                    }
                }
            }
            let make = match kind {
                Kind::Radios => Choices::radios,
                Kind::Boxes => Choices::checkboxes,
                Kind::Select | Kind::Line | Kind::Area => {
                    all.insert(0, Choice::new("", ""));
                    Choices::select
                }
            };
            let made = texts.iter().fold(make(&name, &field.label, all), |made, text| made.chosen(*text));
            let made = made.close().check(mistakes);
            Shape::Choices(if hint.is_empty() { made } else { made.hint(hint) })
        }
        Kind::Line => Shape::Line(line(book, field, &name, texts, hint, offers, mistakes, focus)),
    }
}

#[expect(clippy::too_many_arguments, reason = "what a line is made of, used once")]
fn line(
    book: &Book,
    field: &Field,
    name: &str,
    texts: &[&str],
    hint: String,
    offers: &Offers,
    mistakes: &Mistakes,
    focus: bool,
) -> Line {
    let line = match &field.kind {
        FieldKind::File { .. } => Line::file(name, &field.label),
        FieldKind::Number { unit, .. } => Line::text(name, &field.label).width("5").numeric().suffix(unit.clone()),
        FieldKind::Money => Line::text(name, &field.label).width("10").prefix("£"),
        FieldKind::Date => Line::text(name, &field.label).width("20"),
        FieldKind::Time => Line::text(name, &field.label).width("5"),
        FieldKind::Text { longest, .. } => {
            Line::text(name, &field.label).width(if *longest <= 40 { "20" } else { "30" })
        }
        FieldKind::Person { who, .. } => {
            let names = offers.roll.among(who).into_iter().map(|member| offers.roll.typed_name(member));
            Line::text(name, &field.label).width("30").as_typed().suggest(names.collect())
        }
        FieldKind::Place => {
            let places = offers.places.get(field.name.as_str()).cloned().unwrap_or_default();
            Line::text(name, &field.label).width("20").suggest(places)
        }
        FieldKind::Entry { of, .. } => {
            let titles = offers.entries.get(of).map(|all| all.iter().map(|(_, title)| title.clone()).collect());
            Line::text(name, &field.label).width("30").as_typed().suggest(titles.unwrap_or_default())
        }
        FieldKind::Clause => {
            let policy = book.in_force().policy();
            let numbered = policy.clauses.iter().filter(|clause| !clause.number.is_empty());
            Line::text(name, &field.label).width("10").suggest(numbered.map(|clause| clause.number.clone()).collect())
        }
        FieldKind::Address => Line::text(name, &field.label).width("30").as_typed(),
        FieldKind::Signature
        | FieldKind::Choice { .. }
        | FieldKind::YesNo
        | FieldKind::Role
        | FieldKind::Class { .. }
        | FieldKind::Year { .. } => Line::text(name, &field.label).width("30"),
    };
    let line = line.value(texts.join(", ")).check(mistakes);
    let line = if hint.is_empty() { line } else { line.hint(hint) };
    if focus { line.focus() } else { line }
}

/// What stands under the label: the help of the declaration, and how to type what is not plain.
fn hint(field: &Field, kind: Kind) -> String {
    let how = match &field.kind {
        FieldKind::Date => "For example 4 12 2026 or 4 Dec.",
        FieldKind::Time => "For example 15:30.",
        FieldKind::Person { many: true, .. } if kind == Kind::Area => "A name on each line.",
        FieldKind::Entry { many: true, .. } if kind == Kind::Area => "One on each line.",
        FieldKind::Person { many: false, .. } => "Type a part of the name and choose.",
        FieldKind::Signature => "Type your own name.",
        FieldKind::File { .. } => "A PDF, a picture, a text, a table or a document.",
        FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Choice { .. }
        | FieldKind::YesNo
        | FieldKind::Person { .. }
        | FieldKind::Role
        | FieldKind::Place
        | FieldKind::Class { .. }
        | FieldKind::Year { .. }
        | FieldKind::Entry { .. }
        | FieldKind::Address
        | FieldKind::Clause => "",
    };
    [field.help.as_str(), how].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn offered(book: &Book, field: &Field, offers: &Offers) -> Vec<Choice> {
    match &field.kind {
        FieldKind::Class { .. } => {
            offers.roll.classes().keys().map(|name| Choice::new(name.clone(), name.clone())).collect()
        }
        FieldKind::Role => Role::ALL
            .iter()
            .map(|role| Choice::new(role.id(), book.in_force().policy().front.title_of(*role)))
            .collect(),
        FieldKind::Person { who, .. } => {
            let named = |member: &&crate::roll::Member| {
                let name = offers.roll.typed_name(member);
                Choice::new(name.clone(), name)
            };
            offers.roll.among(who).iter().map(named).collect()
        }
        FieldKind::Entry { of, .. } => {
            let all = offers.entries.get(of).map(Vec::as_slice).unwrap_or_default();
            all.iter().map(|(_, title)| Choice::new(title.clone(), title.clone())).collect()
        }
        FieldKind::Text { .. }
        | FieldKind::Number { .. }
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::Choice { .. }
        | FieldKind::YesNo
        | FieldKind::Place
        | FieldKind::Year { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Address
        | FieldKind::Clause => fixed(field),
    }
}

/// Whether a form of these fields sends files.
pub(super) fn sends_files(fields: &[&Field]) -> bool {
    fields.iter().any(|field| matches!(field.kind, FieldKind::File { .. }))
}

/// Whether entries of the register are for a clause.
pub(super) fn for_clauses(book: &Book) -> bool {
    book.register().rows == Rows::Clause
}
