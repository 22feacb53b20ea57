//! What stands in a field, in words: for lists, pages, titles and files.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use declare::{Field, Register, Value, Values, typed};
use jiff::civil::Date;
use kernel::{PersonId, Role, time::date_in_words};
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

    /// A clause by its label: "4.2.1".
    pub fn clause(&self, label: &str) -> String {
        typed::Names::clause(self, label)
    }

    /// What an entry of any register is called, if it is known.
    pub fn entry(&self, id: Uuid) -> Option<&str> {
        self.entries.get(&id).map(String::as_str)
    }

    /// What stands in a field, as pages say it.
    pub fn say(&self, field: &Field, value: &Value) -> String {
        typed::show(value, field, self)
    }

    /// The same, as somebody would type it into a form.
    pub fn typed(&self, field: &Field, value: &Value) -> String {
        match value {
            Value::Date(date) => date_in_words(*date),
            Value::Text(_)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Time(_)
            | Value::Choice(_)
            | Value::Choices(_)
            | Value::YesNo(_)
            | Value::Person(_)
            | Value::People(_)
            | Value::Role(_)
            | Value::Class(_)
            | Value::Classes(_)
            | Value::Year(_)
            | Value::Years(_)
            | Value::Entry(_)
            | Value::Entries(_)
            | Value::File { .. }
            | Value::Signature { .. } => typed::csv(value, field, self),
        }
    }
}

impl typed::Names for Names {
    fn person(&self, id: PersonId) -> Option<String> {
        self.roll.get(id).map(|member| member.name.clone())
    }

    fn typed_person(&self, id: PersonId) -> Option<String> {
        self.roll.get(id).map(|member| self.roll.typed_name(member))
    }

    fn entry(&self, _: &str, id: Uuid) -> Option<String> {
        self.entries.get(&id).cloned()
    }

    fn role(&self, role: Role) -> String {
        match &self.policy {
            Some(in_force) => in_force.policy().front.title_of(role),
            None => role.default_title().to_owned(),
        }
    }

    fn clause(&self, label: &str) -> String {
        let found = self.policy.as_ref().and_then(|in_force| in_force.policy().find(label));
        let number = found.map(|clause| clause.number.clone());
        number.filter(|number| !number.is_empty()).unwrap_or_else(|| label.to_owned())
    }
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

/// The label of a state.
pub fn state_label<'a>(register: &'a Register, state: &'a str) -> &'a str {
    register.states.iter().find(|known| known.name == state).map_or(state, |known| known.label.as_str())
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
        "own" => "Our own",
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
    fn figures_and_articles_are_said_as_people_say_them() {
        assert_eq!(figure(1_234_567), "1,234,567");
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
