//! What an import would do: which rows are new, which are there already, which would change something, and which are
//! refused. Decides only; nothing is written here.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use declare::{Entry, Field, Register, Value, Values};

use super::{
    heading::Column,
    rows::{Fault, LeftOut, Read, ReadRow, named},
    words::Said,
};
use crate::registers::{error::Refusal, keys};

/// A row that is new.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Adding {
    /// The row.
    pub(crate) row: usize,
    /// The entry that it makes; its identifier is given when it is saved.
    pub(crate) entry: Entry,
}

/// A row whose entry is there, and would change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changing {
    /// The row.
    pub(crate) row: usize,
    /// The entry as it is.
    pub(crate) before: Arc<Entry>,
    /// The values that it would have.
    pub(crate) values: Values,
    /// The fields that differ.
    pub(crate) fields: Vec<String>,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Plan {
    /// What is new.
    pub(crate) add: Vec<Adding>,
    /// What would change.
    pub(crate) change: Vec<Changing>,
    /// How many rows are there already as they are.
    pub(crate) same: usize,
    /// What is wrong with the rows that are refused.
    pub(crate) faults: Vec<Fault>,
    /// Rows that are no entries.
    pub(crate) left_out: Vec<LeftOut>,
    /// What was said about words, to be remembered.
    pub(crate) say: Vec<Said>,
    /// What was taken to be so about days without a day, in sentences.
    pub(crate) assumed: Vec<String>,
}

impl Plan {
    /// How many rows are refused.
    pub(crate) fn refused(&self) -> usize {
        self.faults.iter().map(|fault| fault.row).collect::<BTreeSet<_>>().len()
    }

    /// What tells it from every other plan: so that what is done is what was shown.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for one in &self.add {
            hasher.update(format!("+{}:{:?}:{:?}:", one.row, one.entry.state, one.entry.clause).as_bytes());
            hasher.update(of_values(&one.entry.values).as_bytes());
        }
        for one in &self.change {
            hasher.update(format!("~{}:{}:{}:", one.row, one.before.id, one.before.version).as_bytes());
            hasher.update(of_values(&one.values).as_bytes());
        }
        hasher.update(format!("={}!{}", self.same, self.refused()).as_bytes());
        hasher.finalize().to_hex().chars().take(32).collect()
    }
}

fn of_values(values: &Values) -> String {
    serde_json::to_string(values).unwrap_or_default()
}

fn of_value(value: Option<&Value>) -> String {
    value.and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default()
}

/// What the plan is made with.
pub(crate) struct Ground<'a> {
    /// The register.
    pub(crate) register: &'a Register,
    /// The entries that count.
    pub(crate) existing: &'a [Arc<Entry>],
    /// The columns with their fields.
    pub(crate) columns: &'a [Column],
    /// The clause of rows that name none.
    pub(crate) clause: Option<&'a str>,
    /// Makes a new entry of values, with its clause and state.
    pub(crate) new: &'a dyn Fn(Values, Option<String>, Option<String>) -> Entry,
    /// What has to be put right in an entry.
    pub(crate) check: &'a dyn Fn(&Entry, Option<&Entry>) -> Vec<Refusal>,
}

impl Ground<'_> {
    /// Decides.
    pub(crate) fn plan(&self, read: Read) -> Plan {
        let mut plan = Plan { faults: read.faults, left_out: read.left_out, ..Plan::default() };
        let unique: Vec<&Field> = self.register.fields.iter().filter(|field| self.is_key(field)).collect();
        let by_key = self.by_key(&unique);
        let mut alike = Alike::of(self, &read.rows);
        let mut seen: HashMap<(&str, String), usize> = HashMap::new();
        let mut matched: HashMap<uuid::Uuid, usize> = HashMap::new();
        for row in read.rows {
            match self.known(&row, &unique, &by_key, &mut seen) {
                Err(fault) => plan.faults.push(fault),
                Ok(Some(entry)) => match matched.insert(entry.id, row.row) {
                    Some(other) => {
                        let says = format!("it is the same {} as row {other}", self.register.item);
                        plan.faults.push(Fault { row: row.row, column: String::new(), says });
                    }
                    None => self.again(row, entry, &mut plan),
                },
                Ok(None)
                    if unique.iter().all(|field| !row.given.contains_key(field.name.as_str()))
                        && alike.take(self, &row) =>
                {
                    plan.same += 1;
                }
                Ok(None) => self.add(row, &mut plan),
            }
        }
        plan.faults.sort_by_key(|fault| fault.row);
        plan
    }

    /// Whether entries are known again by a field.
    fn is_key(&self, field: &Field) -> bool {
        let here = |column: &Column| column.target.as_deref() == Some(field.name.as_str());
        field.unique && self.columns.iter().any(here)
    }

    fn by_key<'f>(&self, unique: &[&'f Field]) -> HashMap<(&'f str, String), &Arc<Entry>> {
        let mut all = HashMap::new();
        for entry in self.existing {
            for field in unique {
                for text in entry.value(&field.name).map(keys::found_by).unwrap_or_default() {
                    all.insert((field.name.as_str(), text), entry);
                }
            }
        }
        all
    }

    /// The entry that a row is about, by what only one may have.
    fn known<'e, 'f>(
        &'e self,
        row: &ReadRow,
        unique: &[&'f Field],
        by_key: &HashMap<(&'f str, String), &'e Arc<Entry>>,
        seen: &mut HashMap<(&'f str, String), usize>,
    ) -> Result<Option<&'e Arc<Entry>>, Fault> {
        let mut found: Option<&Arc<Entry>> = None;
        for field in unique {
            for text in row.given.get(field.name.as_str()).map(keys::found_by).unwrap_or_default() {
                let fault = |says: String| Fault { row: row.row, column: self.column(field.name.as_str()), says };
                let key = (field.name.as_str(), text);
                if let Some(entry) = by_key.get(&key) {
                    if found.is_some_and(|other| other.id != entry.id) {
                        return Err(fault(format!("another {} has this already", self.register.item)));
                    }
                    found = Some(entry);
                }
                if let Some(other) = seen.insert(key, row.row) {
                    return Err(fault(format!("row {other} has the same")));
                }
            }
        }
        Ok(found)
    }

    /// A row whose entry is there.
    fn again(&self, row: ReadRow, entry: &Arc<Entry>, plan: &mut Plan) {
        let fault = |column: String, says: String| Fault { row: row.row, column, says };
        if row.state.is_some() && row.state != entry.state {
            let says =
                format!("this {} is there in another state: change that by a step on its page", self.register.item);
            plan.faults.push(fault(self.column(super::heading::STATE), says));
            return;
        }
        let mut values = entry.values.clone();
        let mut fields = Vec::new();
        for (name, value) in &row.given {
            if entry.values.get(name) != Some(value) {
                values.insert(name.clone(), value.clone());
                fields.push(name.clone());
            }
        }
        if fields.is_empty() {
            plan.same += 1;
            return;
        }
        let after = Entry { values: values.clone(), ..Entry::clone(entry) };
        let refusals = (self.check)(&after, Some(entry));
        if refusals.is_empty() {
            plan.change.push(Changing { row: row.row, before: Arc::clone(entry), values, fields });
        } else {
            plan.faults.extend(refusals.into_iter().map(|refusal| self.fault(row.row, refusal)));
        }
    }

    fn add(&self, row: ReadRow, plan: &mut Plan) {
        let clause = row.clause.or_else(|| self.clause.map(str::to_owned));
        let entry = (self.new)(row.given, clause, row.state);
        let refusals = (self.check)(&entry, None);
        if refusals.is_empty() {
            plan.add.push(Adding { row: row.row, entry });
        } else {
            plan.faults.extend(refusals.into_iter().map(|refusal| self.fault(row.row, refusal)));
        }
    }

    fn fault(&self, row: usize, refusal: Refusal) -> Fault {
        let column = refusal.field.as_ref().map(|name| self.column(name.as_str())).unwrap_or_default();
        Fault { row, column, says: refusal.says }
    }

    /// What messages call the column of a field; its own heading where the sheet has none for it.
    fn column(&self, key: &str) -> String {
        if let Some(column) = self.columns.iter().find(|column| column.target.as_deref() == Some(key)) {
            return named(column);
        }
        let field = self.register.fields.iter().find(|field| field.name.as_str() == key);
        field.map_or_else(String::new, |field| super::heading::heading(self.register, field))
    }
}

/// Entries without a field of their own that tells them apart: a row is there already where an entry has its title and
/// everything that the row gives. Each entry stands for one row only.
struct Alike<'a> {
    fields: BTreeSet<String>,
    by_values: HashMap<String, Vec<&'a Arc<Entry>>>,
}

impl<'a> Alike<'a> {
    fn of(ground: &Ground<'a>, rows: &[ReadRow]) -> Self {
        // The fields of the title, and those that every row gives: entries that differ in one of them are others.
        let mut fields: BTreeSet<String> =
            rows.first().map(|row| row.given.keys().cloned().collect()).unwrap_or_default();
        for row in rows {
            fields.retain(|name| row.given.contains_key(name));
        }
        let title = ground.register.entry_title.as_str();
        let titled = ground.register.fields.iter().filter(|field| title.contains(&format!("{{{}}}", field.name)));
        fields.extend(titled.map(|field| field.name.to_string()));
        let mut by_values: HashMap<String, Vec<&Arc<Entry>>> = HashMap::new();
        for entry in ground.existing.iter().rev() {
            let key = key(&fields, &entry.values, entry.clause.as_deref());
            by_values.entry(key).or_default().push(entry);
        }
        Self { fields, by_values }
    }

    /// Takes an entry that says all that the row does; false where there is none.
    fn take(&mut self, ground: &Ground<'_>, row: &ReadRow) -> bool {
        let clause = row.clause.as_deref().or(ground.clause);
        let Some(all) = self.by_values.get_mut(&key(&self.fields, &row.given, clause)) else { return false };
        let fits = |entry: &&Arc<Entry>| {
            let state = row.state.is_none() || row.state == entry.state;
            state && row.given.iter().all(|(name, value)| entry.values.get(name) == Some(value))
        };
        match all.iter().rposition(fits) {
            Some(nth) => {
                all.remove(nth);
                true
            }
            None => false,
        }
    }
}

fn key(fields: &BTreeSet<String>, values: &Values, clause: Option<&str>) -> String {
    let mut key = clause.unwrap_or_default().to_owned();
    for name in fields {
        key.push('\u{1f}');
        key.push_str(&of_value(values.get(name)));
    }
    key
}
