//! What names mean that somebody types into a field, at the desk or in a file.

use std::{collections::HashMap, sync::Arc};

use declare::{
    Field, FieldKind, Value,
    typed::{Found, Lookups, fold, read_date, read_field},
};
use jiff::{Timestamp, civil::Date};
use kernel::{Audience, PersonId, Role};
use sea_orm::{FromQueryResult, QuerySelect};
use store::{entity::register_entry, query::ColumnTrait};
use uuid::Uuid;

use super::{access::Access, book::Book, error::RegisterError, kin::Kin};
use crate::{InForce, roll::Roll};

/// How many entries of another register can be named.
const ENTRIES: u64 = 20_000;

/// What typed names mean in a school: people, classes, entries of other registers, clauses, roles.
#[derive(Clone)]
pub struct Meanings {
    roll: Arc<Roll>,
    entries: HashMap<String, Titled>,
    in_force: Arc<dyn InForce>,
    /// Whoever types, for signatures.
    by: Option<(PersonId, String)>,
    now: Timestamp,
    today: Date,
}

impl Book {
    /// Reads what typed names mean in these fields, for whoever has opened the register.
    ///
    /// # Errors
    /// Where the store or the roll cannot be read.
    pub async fn meanings(&self, fields: &[&Field]) -> Result<Meanings, RegisterError> {
        let roll = self.roll().await?;
        let mut entries = HashMap::new();
        for field in fields {
            if let FieldKind::Entry { of, .. } = &field.kind
                && !entries.contains_key(of)
            {
                entries.insert(of.clone(), self.titled(of).await?);
            }
        }
        let by = self.access().by().and_then(|id| Some((id, roll.get(id)?.name.clone())));
        Ok(Meanings { roll, entries, in_force: Arc::clone(&self.in_force), by, now: self.now, today: self.today() })
    }

    /// The register whose entries a field names, for whoever opened this one: they choose among the entries that they
    /// read there, or among all where its titles are open. None where they read nothing of it.
    pub(crate) async fn choosing(&self, of: &str) -> Result<Option<Self>, RegisterError> {
        let Some(declaration) = self.in_force.declaration(of) else { return Ok(None) };
        let open = declaration.register.as_ref().is_some_and(|register| register.open_titles);
        let Some(by) = self.access.by().filter(|_| !open) else { return Ok(self.as_gatehouse(of)) };
        let kin = Kin::read(&self.rows(), by, declaration.register.iter().map(Arc::as_ref)).await?;
        let access = Access::of(by, self.school.id(), self.access.subject(), declaration, &Arc::new(kin));
        let (school, in_force) = (self.school.clone(), Arc::clone(&self.in_force));
        let declaration = declaration.clone();
        Ok(access.and_then(|access| Self::with(&self.engines, school, in_force, declaration, access, self.now)))
    }

    /// The entries of a register by their titles.
    async fn titled(&self, of: &str) -> Result<Titled, RegisterError> {
        let chosen = self.choosing(of).await?;
        let rows = self.rows();
        let found: Vec<Row> = rows
            .find::<register_entry::Entity>()
            .filter(register_entry::Column::Register.eq(of))
            .ascending(register_entry::Column::Ended)
            .descending(register_entry::Column::EnteredAt)
            .limit(ENTRIES)
            .with(|select| {
                select
                    .select_only()
                    .column(register_entry::Column::Id)
                    .column(register_entry::Column::Title)
                    .column(register_entry::Column::Ended)
                    .column(register_entry::Column::SubjectId)
            })
            .all_as()
            .await?;
        let (mut titled, mut ended) = (Titled::default(), Vec::new());
        for row in found {
            let title = fold(&row.title);
            let reads = |book: &Self| book.access.sight().holds(row.subject_id.map(PersonId));
            if !chosen.as_ref().is_some_and(reads) {
                titled.kept.entry(title).or_default().push(row.id);
            } else if row.ended {
                ended.push((title, row.id));
            } else {
                let mark = mark(row.id);
                titled.chosen.entry(format!("{title} #{mark}")).or_default().push(row.id);
                titled.chosen.entry(title).or_default().push(row.id);
            }
        }
        for (title, id) in ended {
            titled.chosen.entry(title).or_insert_with(|| vec![id]);
        }
        Ok(titled)
    }
}

/// The entries of a register by their titles, folded.
#[derive(Clone, Default)]
struct Titled {
    /// Those that may be named; those that are done with only where no other is called so.
    chosen: HashMap<String, Vec<Uuid>>,
    /// Those that whoever types does not read: one that stood in a field may stay there.
    kept: HashMap<String, Vec<Uuid>>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    title: String,
    ended: bool,
    subject_id: Option<Uuid>,
}

/// What tells an entry from others of its title.
pub(crate) fn mark(id: Uuid) -> String {
    let text = id.simple().to_string();
    text.get(26..).unwrap_or_default().to_owned()
}

impl Meanings {
    /// What the texts of a field mean; none where nothing was typed. What stood there `before` is read back as it was:
    /// somebody who has left, an entry that has ended.
    ///
    /// # Errors
    /// With what to enter instead.
    pub fn value(&self, field: &Field, texts: &[&str], before: Option<&Value>) -> Result<Option<Value>, String> {
        let texts: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let Some(first) = texts.first() else { return Ok(None) };
        match (&field.kind, before) {
            (FieldKind::Date, _) => day(first, self.today).map(|day| Some(Value::Date(day))),
            (FieldKind::Signature, Some(kept @ Value::Signature { name, .. })) if name == first => {
                Ok(Some(kept.clone()))
            }
            (FieldKind::Signature, _) => match (&self.by, self.signature(first)) {
                (_, Some(signed)) => Ok(Some(signed)),
                (Some((_, name)), None) => Err(format!("Type your own name to sign: {name}")),
                (None, None) => Err("Nobody is there to sign".to_owned()),
            },
            (_, before) => read_field(field, &texts.join("\n"), &Remembering { meanings: self, before }),
        }
    }

    /// Everybody of the school.
    pub fn roll(&self) -> &Arc<Roll> {
        &self.roll
    }
}

/// The meanings, and what stood in the field before.
struct Remembering<'a> {
    meanings: &'a Meanings,
    before: Option<&'a Value>,
}

impl Lookups for Remembering<'_> {
    fn person(&self, typed: &str, who: &Audience) -> Found<PersonId> {
        let found = self.meanings.person(typed, who);
        let was = |id: &PersonId| {
            let roll = &self.meanings.roll;
            roll.get(*id).is_some_and(|it| fold(&roll.typed_name(it)) == fold(typed))
        };
        let kept = match (&found, self.before) {
            (Found::One(_), _) => None,
            (_, Some(Value::Person(id))) => Some(*id).filter(|id| was(id)),
            (_, Some(Value::People(ids))) => ids.iter().copied().find(|id| was(id)),
            (_, _) => None,
        };
        kept.map_or(found, Found::One)
    }

    fn entry(&self, register: &str, typed: &str) -> Found<Uuid> {
        let found = self.meanings.entry(register, typed);
        let kept: &[Uuid] = match self.before {
            Some(Value::Entry(id)) => std::slice::from_ref(id),
            Some(Value::Entries(ids)) => ids,
            _ => &[],
        };
        let stood = |all: &[Uuid]| kept.iter().copied().find(|id| all.contains(id));
        match found {
            // Of several with one title, the one that stood there is meant.
            Found::Several => stood(self.meanings.called(register, typed)).map_or(Found::Several, Found::One),
            Found::Nothing => {
                let all = self.meanings.entries.get(register).and_then(|all| all.kept.get(&fold(typed)));
                all.and_then(|all| stood(all)).map_or(Found::Nothing, Found::One)
            }
            found @ Found::One(_) => found,
        }
    }

    fn class(&self, typed: &str) -> Found<String> {
        self.meanings.class(typed)
    }

    fn clause(&self, typed: &str) -> Found<String> {
        self.meanings.clause(typed)
    }

    fn role(&self, typed: &str) -> Found<Role> {
        self.meanings.role(typed)
    }

    fn signature(&self, typed: &str) -> Option<Value> {
        self.meanings.signature(typed)
    }
}

impl Meanings {
    fn called(&self, register: &str, typed: &str) -> &[Uuid] {
        self.entries.get(register).and_then(|all| all.chosen.get(&fold(typed))).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Lookups for Meanings {
    fn person(&self, typed: &str, who: &Audience) -> Found<PersonId> {
        self.roll.find(typed, who)
    }

    fn entry(&self, register: &str, typed: &str) -> Found<Uuid> {
        match self.called(register, typed) {
            [] => Found::Nothing,
            [one] => Found::One(*one),
            [_, ..] => Found::Several,
        }
    }

    fn class(&self, typed: &str) -> Found<String> {
        let typed = fold(typed);
        let found = self.roll.classes().keys().find(|name| fold(name) == typed);
        found.cloned().map_or(Found::Nothing, Found::One)
    }

    fn clause(&self, typed: &str) -> Found<String> {
        let found = self.in_force.policy().find(typed.trim());
        found.map_or(Found::Nothing, |clause| Found::One(clause.key().to_owned()))
    }

    fn role(&self, typed: &str) -> Found<Role> {
        let typed = fold(typed);
        let front = &self.in_force.policy().front;
        let known = |role: &Role| role.id() == typed || fold(&front.title_of(*role)) == typed;
        Role::ALL.iter().copied().find(known).map_or(Found::Nothing, Found::One)
    }

    fn signature(&self, typed: &str) -> Option<Value> {
        let (by, name) = self.by.as_ref()?;
        (fold(name) == fold(typed)).then(|| Value::Signature { by: *by, name: name.clone(), at: self.now })
    }
}

/// A day as people write it into a form. Without a year it is the nearest such day: most of what is entered was a while
/// ago.
fn day(text: &str, today: Date) -> Result<Date, String> {
    match fold(text).as_str() {
        "today" => return Ok(today),
        "yesterday" => return today.yesterday().map_err(|error| error.to_string()),
        "tomorrow" => return today.tomorrow().map_err(|error| error.to_string()),
        _ => {}
    }
    let parts = text.split([' ', '/', '-', '.', ',', '\u{a0}']).filter(|part| !part.is_empty()).count();
    if parts != 2 {
        return read_date(text);
    }
    let near = |year: i16| read_date(&format!("{text} {year}"));
    let found = [near(today.year() - 1), near(today.year()), near(today.year() + 1)];
    let nearest = found.iter().flatten().min_by_key(|day| (**day - today).get_days().abs());
    nearest.copied().map_or_else(|| near(today.year()), Ok)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_without_a_year_is_the_nearest() {
        let today = date(2026, 11, 24);
        for (typed, meant) in [
            ("20 Nov", date(2026, 11, 20)),
            ("4 Dec", date(2026, 12, 4)),
            ("2 Jan", date(2027, 1, 2)),
            ("1/9", date(2026, 9, 1)),
            ("20 11 2025", date(2025, 11, 20)),
            ("Yesterday", date(2026, 11, 23)),
        ] {
            assert_eq!(day(typed, today), Ok(meant), "{typed}");
        }
        assert!(day("31 November", today).is_err());
        assert!(day("soon", today).is_err());
    }
}
