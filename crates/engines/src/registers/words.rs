//! What stands in a field, in words: for lists, pages, titles and files.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use declare::{Field, FieldKind, Register, Value, Values};
use jiff::civil::Date;
use kernel::{PersonId, Role, SchoolTime, time::date_in_words};
use store::{Rows, StoreError, entity::register_entry, query::ColumnTrait};
use uuid::Uuid;

use crate::{InForce, roll::Roll};

/// What identifiers are called: people, entries of other registers, roles, clauses.
#[derive(Clone, Default)]
pub struct Names {
    roll: Arc<Roll>,
    entries: HashMap<Uuid, String>,
    policy: Option<Arc<dyn InForce>>,
}

impl Names {
    /// With everybody of the school, and the entries that `values` name.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn with_roll<'a>(
        rows: &Rows,
        roll: Arc<Roll>,
        policy: Option<Arc<dyn InForce>>,
        values: impl Iterator<Item = &'a Values>,
    ) -> Result<Self, StoreError> {
        let (_, entries) = mentioned(values);
        Ok(Self { roll, entries: titles(rows, &entries).await?, policy })
    }

    /// With the people and entries that `values` and `people` name, and no others.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn of<'a>(
        rows: &Rows,
        policy: Option<Arc<dyn InForce>>,
        values: impl Iterator<Item = &'a Values>,
        people: impl Iterator<Item = PersonId>,
    ) -> Result<Self, StoreError> {
        let (mut persons, entries) = mentioned(values);
        persons.extend(people);
        let roll = Arc::new(Roll::names(rows, &persons).await?);
        Ok(Self { roll, entries: titles(rows, &entries).await?, policy })
    }

    /// What a person is called.
    pub fn person(&self, id: PersonId) -> String {
        self.roll.name(id)
    }

    /// How a person stands in a sorted list: "Jones, Maya".
    pub fn sorted(&self, id: PersonId) -> String {
        self.roll.get(id).map(|member| member.sorted.clone()).unwrap_or_default()
    }

    /// What an entry is called.
    pub fn entry(&self, id: Uuid) -> String {
        self.entries.get(&id).cloned().unwrap_or_else(|| "An entry that is no longer kept".to_owned())
    }

    /// The school's title for a role.
    pub fn role(&self, role: Role) -> String {
        match &self.policy {
            Some(in_force) => in_force.policy().front.title_of(role),
            None => role.default_title().to_owned(),
        }
    }

    /// A clause by its label: "4.2.1".
    pub fn clause(&self, label: &str) -> String {
        let number =
            self.policy.as_ref().and_then(|in_force| in_force.policy().find(label)).map(|clause| clause.number.clone());
        number.filter(|number| !number.is_empty()).unwrap_or_else(|| label.to_owned())
    }

    /// What stands in a field, as pages say it.
    pub fn say(&self, field: &Field, value: &Value) -> String {
        self.word(field, value, Style::Said)
    }

    /// The same, as somebody would type it into a form or find it in a file.
    pub fn typed(&self, field: &Field, value: &Value) -> String {
        self.word(field, value, Style::Typed)
    }

    fn word(&self, field: &Field, value: &Value, style: Style) -> String {
        match value {
            Value::Text(text) => match &field.kind {
                FieldKind::Clause if style == Style::Said => self.clause(text),
                _ => text.clone(),
            },
            Value::Number(number) => match (&field.kind, style) {
                (FieldKind::Number { unit, .. }, Style::Said) if !unit.is_empty() => {
                    format!("{} {unit}", number_in_words(*number))
                }
                _ => number_in_words(*number),
            },
            Value::Money(pence) => match style {
                Style::Said => format!("{}£{}", sign(*pence), pounds(*pence, true)),
                Style::Typed => format!("{}{}", sign(*pence), pounds(*pence, false)),
            },
            Value::Date(date) => date_in_words(*date),
            Value::Time(time) => time.strftime("%H:%M").to_string(),
            Value::Choice(name) => label(field, name),
            Value::Choices(names) => join(names.iter().map(|name| label(field, name))),
            Value::YesNo(true) => "Yes".to_owned(),
            Value::YesNo(false) => "No".to_owned(),
            Value::Person(id) => self.known(*id, style),
            Value::People(ids) => join(ids.iter().map(|id| self.known(*id, style))),
            Value::Role(role) => self.role(*role),
            Value::Class(name) => name.clone(),
            Value::Classes(names) => join(names.iter().cloned()),
            Value::Year(year) => year.title(),
            Value::Years(years) => join(years.iter().map(|year| year.title())),
            Value::Entry(id) => self.entry(*id),
            Value::Entries(ids) => join(ids.iter().map(|id| self.entry(*id))),
            Value::File { name, .. } => name.clone(),
            Value::Signature { name, at, .. } => match style {
                Style::Said => format!("{name}, {}", date_in_words(SchoolTime::new(*at).date())),
                Style::Typed => name.clone(),
            },
        }
    }

    fn known(&self, id: PersonId, style: Style) -> String {
        match (style, self.roll.get(id)) {
            (Style::Typed, Some(member)) => self.roll.typed_name(member),
            (Style::Typed | Style::Said, _) => self.person(id),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Said,
    Typed,
}

/// The people and entries that values name.
fn mentioned<'a>(all: impl Iterator<Item = &'a Values>) -> (BTreeSet<PersonId>, BTreeSet<Uuid>) {
    let (mut people, mut entries) = (BTreeSet::new(), BTreeSet::new());
    for value in all.flat_map(|values| values.values()) {
        match value {
            Value::Person(id) => drop(people.insert(*id)),
            Value::People(ids) => people.extend(ids),
            Value::Entry(id) => drop(entries.insert(*id)),
            Value::Entries(ids) => entries.extend(ids),
            Value::Signature { by, .. } => drop(people.insert(*by)),
            Value::Text(_)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Choice(_)
            | Value::Choices(_)
            | Value::YesNo(_)
            | Value::Role(_)
            | Value::Class(_)
            | Value::Classes(_)
            | Value::Year(_)
            | Value::Years(_)
            | Value::File { .. } => {}
        }
    }
    (people, entries)
}

#[derive(store::query::FromQueryResult)]
struct Titled {
    id: Uuid,
    title: String,
}

/// What entries are called.
async fn titles(rows: &Rows, ids: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, String>, StoreError> {
    use store::query::QuerySelect as _;
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut found = HashMap::new();
    for some in ids.chunks(500) {
        let named: Vec<Titled> = rows
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::Id.is_in(some.iter().copied()))
            .with(|select| {
                select.select_only().column(register_entry::Column::Id).column(register_entry::Column::Title)
            })
            .all_as()
            .await?;
        found.extend(named.into_iter().map(|one| (one.id, one.title)));
    }
    Ok(found)
}

fn label(field: &Field, name: &str) -> String {
    match &field.kind {
        FieldKind::Choice { choices, .. } => {
            choices.iter().find(|choice| choice.name == name).map_or_else(|| name.to_owned(), |it| it.label.clone())
        }
        _ => name.to_owned(),
    }
}

/// The label of a state.
pub fn state_label<'a>(register: &'a Register, state: &'a str) -> &'a str {
    register.states.iter().find(|known| known.name == state).map_or(state, |known| known.label.as_str())
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn sign(pence: i64) -> &'static str {
    if pence < 0 { "-" } else { "" }
}

fn pounds(pence: i64, grouped: bool) -> String {
    let pence = pence.unsigned_abs();
    let whole = (pence / 100).to_string();
    let whole = if grouped { grouped_digits(&whole) } else { whole };
    format!("{whole}.{:02}", pence % 100)
}

fn grouped_digits(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "12", "1.5": without zeros that say nothing.
pub fn number_in_words(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number}") }
}

/// What a module is called on pages.
pub fn module_title(module: &str) -> String {
    match module {
        "access" => "Sign-in and passwords",
        "agreements" => "Agreements",
        "assets" => "Equipment",
        "backup" => "Back-ups",
        "cctv" => "Cameras",
        "consent" => "Consent",
        "data" => "Personal data",
        "devices" => "Phones and devices",
        "exchange" => "Exchange of files",
        "filter" => "Filtering",
        "images" => "Photographs",
        "incident" => "Incidents",
        "learning" => "Teaching",
        "mail" => "Mail",
        "malware" => "Malware",
        "monitor" => "Monitoring",
        "network" => "Network",
        "people" => "People",
        "policy" => "The policy itself",
        "review" => "Reviews",
        "social" => "Social media",
        "website" => "The school's website",
        other => return other.replace('-', " "),
    }
    .to_owned()
}

/// "loan" as the first word of a sentence: "Loan".
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "1 loan", "12 loans".
pub fn count(register: &Register, number: u64) -> String {
    if number == 1 { format!("1 {}", register.item) } else { format!("{} {}", figure(number), register.items) }
}

/// 50,000.
pub fn figure(number: u64) -> String {
    grouped_digits(&number.to_string())
}

/// "an entry", "a loan".
pub fn article(noun: &str) -> String {
    let vowel = noun.chars().next().is_some_and(|first| "aeiouAEIOU".contains(first));
    // "a user", "a European": the few nouns of registers that begin so.
    let you = ["use", "uni", "eu"].iter().any(|start| noun.to_lowercase().starts_with(start));
    if vowel && !you { format!("an {noun}") } else { format!("a {noun}") }
}

/// A day near `today` without its year: "30 November".
pub fn day(date: Date, today: Date) -> String {
    if date.year() == today.year() { date.strftime("%-d %B").to_string() } else { date_in_words(date) }
}

/// When something is due, in words, seen from `today`: "today", "by 30 November", "overdue since 2 November".
pub fn due_in_words(on: Date, today: Date) -> String {
    let day = |date: Date| day(date, today);
    let after = |date: Date| date.tomorrow().unwrap_or(date);
    if on < today {
        format!("Overdue since {}", day(after(on)))
    } else if on == today {
        "Due today".to_owned()
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == on) {
        "Due tomorrow".to_owned()
    } else {
        format!("Due by {}", day(on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_money_and_articles_are_said_as_people_say_them() {
        assert_eq!(figure(1_234_567), "1,234,567");
        assert_eq!((pounds(123_456, true), pounds(-5, false), sign(-5)), ("1,234.56".into(), "0.05".into(), "-"));
        assert_eq!(
            (number_in_words(3.0), number_in_words(-0.0), number_in_words(1.25)),
            ("3".into(), "0".into(), "1.25".into())
        );
        assert_eq!(
            (article("loan"), article("account"), article("user")),
            ("a loan".into(), "an account".into(), "a user".into())
        );
        assert_eq!(capital("école"), "École");
    }

    #[test]
    fn what_is_due_is_said_in_words() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let today = day("2026-11-24");
        for (on, words) in [
            ("2026-11-01", "Overdue since 2 November"),
            ("2026-11-24", "Due today"),
            ("2026-11-25", "Due tomorrow"),
            ("2026-11-30", "Due by 30 November"),
            ("2027-01-02", "Due by 2 January 2027"),
        ] {
            assert_eq!(due_in_words(day(on), today), words);
        }
    }
}
