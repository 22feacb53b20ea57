//! Where the headings of a sheet are, and which field each column is.
//!
//! Sheets have titles above their headings, headings over several columns, blank rows between: the row that most looks
//! like headings of this register is taken, and somebody may say that it is another.

use std::collections::BTreeSet;

use declare::{Field, FieldKind, Register, Rows, typed::fold};

use super::cell::{Cell, Sheet};

/// What a column can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its word in forms: the name of a field, or `~state`, `~clause`, `~entered`.
    pub(crate) key: String,
    /// What selects and messages call it.
    pub(crate) label: String,
    /// What headings may call it, the surest first.
    pub(crate) names: Vec<String>,
}

/// The key of the state of an entry.
pub(crate) const STATE: &str = "~state";
/// The key of its clause.
pub(crate) const CLAUSE: &str = "~clause";
/// The key of the day on which it was entered, which an import does not take.
pub(crate) const ENTERED: &str = "~entered";

/// The heading of a field in files: its column's, or where two fields share that, its name.
pub(crate) fn heading(register: &Register, field: &Field) -> String {
    let own = ["State", "Clause", "Entered"].iter().any(|own| fold(own) == fold(&field.column));
    let shared = register.fields.iter().filter(|other| fold(&other.column) == fold(&field.column)).count() > 1;
    if shared || own { field.name.to_string() } else { field.column.clone() }
}

/// Whether a field can be brought in from a file: files and signatures cannot.
pub(crate) fn comes_in(field: &Field) -> bool {
    !matches!(field.kind, FieldKind::File { .. } | FieldKind::Signature)
}

/// What the columns of a sheet for this register can be, for somebody who sees these fields.
pub(crate) fn targets<'a>(register: &Register, seen: impl Iterator<Item = &'a Field>) -> Vec<Target> {
    let mut all: Vec<Target> = seen
        .filter(|field| comes_in(field))
        .map(|field| {
            let heading = heading(register, field);
            Target {
                key: field.name.to_string(),
                label: heading.clone(),
                names: vec![heading, field.name.as_str().replace('-', " "), field.column.clone(), field.label.clone()],
            }
        })
        .collect();
    let own = |key: &str, label: &str, names: &[&str]| Target {
        key: key.to_owned(),
        label: label.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    if !register.states.is_empty() {
        all.push(own(STATE, "State", &["State", "Status"]));
    }
    if register.rows == Rows::Clause {
        all.push(own(CLAUSE, "Clause", &["Clause"]));
    }
    all.push(own(ENTERED, "Entered", &["Entered"]));
    all
}

/// Words that mean the same in headings; the first stands for all.
const SAME: [&[&str]; 20] = [
    &["place", "location", "room", "where", "kept", "site"],
    &["bought", "purchased", "purchase", "acquired", "bought"],
    &["cost", "price", "value", "amount", "paid"],
    &["supplier", "vendor", "reseller"],
    &["model", "make", "manufacturer", "description"],
    &["number", "no", "num", "nr", "#", "nos"],
    &["tag", "asset", "label", "barcode"],
    &["kind", "type", "category", "what"],
    &["notes", "note", "comment", "comments", "remark", "remarks", "details", "anything", "other", "information"],
    &["returned", "return", "back"],
    &["signed", "signature", "agreed"],
    &["person", "who", "name", "staff", "borrower", "user", "owner", "holder", "lent"],
    &["serial", "sn", "s/n"],
    &["ends", "end", "until", "expires", "expiry", "expiration", "expire"],
    &["seen", "checked", "audited", "check"],
    &["pupil", "child", "student", "learner"],
    &["teacher", "by"],
    &["class", "form", "group"],
    &["year", "yr"],
    &["email", "mail", "e-mail"],
];

/// Words of headings that say nothing about which field it is.
const EMPTY: [&str; 26] = [
    "the", "a", "an", "of", "is", "it", "its", "was", "does", "did", "do", "when", "which", "to", "in", "on", "for",
    "date", "day", "at", "and", "has", "school", "be", "with", "from",
];

fn tokens(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let words: Vec<&str> = folded
        .split(|char: char| !(char.is_alphanumeric() || matches!(char, '#' | '/')))
        .filter(|word| !word.is_empty())
        .collect();
    let meant = |word: &&str| !EMPTY.contains(word);
    let kept: Vec<&str> = words.iter().copied().filter(meant).collect();
    let kept = if kept.is_empty() { words } else { kept };
    kept.into_iter()
        .map(|word| {
            let near = |known: &&str| known.len() >= 6 && word.len() >= 6 && distance(known, word, 1) <= 1;
            let exact = SAME.iter().find(|group| group.contains(&word));
            let group = exact.or_else(|| SAME.iter().find(|group| group.iter().any(near)));
            let group = group.and_then(|group| group.first());
            group.map_or_else(|| word.trim_end_matches('s').to_owned(), |first| (*first).to_owned())
        })
        .collect()
}

fn plain(text: &str) -> String {
    let folded = fold(text);
    let words = folded.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// How many letters have to be changed to come from one word to the other, at most `most`.
fn distance(one: &str, two: &str, most: usize) -> usize {
    let two: Vec<char> = two.chars().collect();
    if one.chars().count().abs_diff(two.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (nth, letter) in one.chars().enumerate() {
        let mut next = vec![nth + 1];
        for (other, before) in two.iter().zip(row.windows(2)) {
            let [diagonal, above] = before else { continue };
            let left = next.last().copied().unwrap_or(0);
            next.push((diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// A target with its names as they are compared.
struct Ready<'t> {
    target: &'t Target,
    names: Vec<(String, BTreeSet<String>)>,
}

fn ready(targets: &[Target]) -> Vec<Ready<'_>> {
    let names = |target: &Target| target.names.iter().map(|name| (plain(name), tokens(name))).collect();
    targets.iter().map(|target| Ready { target, names: names(target) }).collect()
}

/// A heading as it is compared.
struct Words {
    plain: String,
    tokens: BTreeSet<String>,
}

impl Words {
    fn of(heading: &str) -> Self {
        Self { plain: plain(heading), tokens: tokens(heading) }
    }
}

/// How sure it is that a heading means a field, of 100. Below [`SURE`] somebody has to say.
fn likeness(heading: &Words, ready: &Ready<'_>) -> u32 {
    let words = &heading.plain;
    if words.is_empty() {
        return 0;
    }
    let mut best = 0;
    for (nth, (known, names)) in ready.names.iter().enumerate() {
        let near = if words.len() >= 9 { 2 } else { 1 };
        if known == words {
            best = best.max(100 - u32::try_from(nth).unwrap_or(9).min(9));
        } else if words.len() >= 6 && distance(words, known, near) <= near {
            best = best.max(85);
        } else if !ready.target.key.starts_with('~') {
            let both = heading.tokens.intersection(names).count();
            let all = heading.tokens.len() + names.len();
            let share = u32::try_from(200 * both / all.max(1)).unwrap_or(0);
            best = best.max(share.min(100) * 8 / 10);
        }
    }
    best
}

/// From here on a column is taken to be the field.
const SURE: u32 = 48;

/// A column of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its place, from 0.
    pub(crate) at: usize,
    /// What stands above it.
    pub(crate) heading: String,
    /// What it is.
    pub(crate) target: Option<String>,
    /// The first values, for choosing.
    pub(crate) sample: Vec<String>,
}

/// Letters of a column, as spreadsheets have them: A, B, … Z, AA.
pub(crate) fn letters(at: usize) -> String {
    let mut text = String::new();
    let mut rest = at + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        text.insert(0, char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    text
}

/// How far down headings are looked for.
const DEEP: usize = 40;

/// The row of headings, from 0.
pub(crate) fn find(sheet: &Sheet, targets: &[Target]) -> usize {
    let ready = ready(targets);
    let known = |row: &Vec<Cell>| {
        let mut found = BTreeSet::new();
        for words in row.iter().filter_map(Cell::words).filter(|words| words.chars().count() <= 80) {
            let words = Words::of(words);
            let best = ready.iter().map(|one| (likeness(&words, one), &one.target.key)).max();
            found.extend(best.filter(|(sure, _)| *sure >= SURE).map(|(_, key)| key));
        }
        found.len()
    };
    let mut best = (0, None);
    for (nth, row) in sheet.rows.iter().take(DEEP).enumerate() {
        let found = known(row);
        if found > best.0 {
            best = (found, Some(nth));
        }
    }
    // Where nothing is known, the first row with several words; else the first with any.
    let words = |row: &&Vec<Cell>, least: usize| row.iter().filter(|cell| cell.words().is_some()).count() >= least;
    best.1
        .or_else(|| sheet.rows.iter().take(DEEP).position(|row| words(&row, 2)))
        .or_else(|| sheet.rows.iter().position(|row| words(&row, 1)))
        .unwrap_or(0)
}

/// The columns below a row of headings, each with what it most likely is. What two columns could be, only the likelier
/// one is.
pub(crate) fn columns(sheet: &Sheet, at: usize, targets: &[Target]) -> Vec<Column> {
    let blank = Vec::new();
    let row = sheet.rows.get(at).unwrap_or(&blank);
    let above = at.checked_sub(1).and_then(|nth| sheet.rows.get(nth)).unwrap_or(&blank);
    let below = sheet.rows.get(at + 1..).unwrap_or_default();
    let ready = ready(targets);
    let mut over = String::new();
    let mut columns = Vec::new();
    let mut likely: Vec<(u32, usize, &str)> = Vec::new();
    for nth in 0..sheet.width() {
        let own = row.get(nth).map(Cell::shown).unwrap_or_default();
        let upper = above.get(nth).and_then(Cell::words).unwrap_or_default();
        if !upper.is_empty() {
            upper.clone_into(&mut over);
        }
        // A heading over two rows stands in the upper one; one over several columns, above the first of them.
        let heading = if own.is_empty() { upper.to_owned() } else { own.clone() };
        let both = if own.is_empty() || over.is_empty() { String::new() } else { format!("{over} {own}") };
        let sample: Vec<String> = below
            .iter()
            .filter_map(|cells| cells.get(nth))
            .filter(|cell| !cell.is_blank())
            .take(3)
            .map(|cell| cell.shown().chars().take(40).collect())
            .collect();
        if heading.is_empty() && sample.is_empty() {
            continue;
        }
        let (own, both) = (Words::of(&heading), Words::of(&both));
        for one in &ready {
            let sure = likeness(&own, one).max(likeness(&both, one).saturating_sub(5));
            if sure >= SURE {
                likely.push((sure, columns.len(), &one.target.key));
            }
        }
        columns.push(Column { at: nth, heading, target: None, sample });
    }
    likely.sort_by_key(|(sure, nth, _)| (std::cmp::Reverse(*sure), *nth));
    let mut taken = BTreeSet::new();
    for (_, nth, key) in likely {
        if let Some(column) = columns.get_mut(nth).filter(|column| column.target.is_none())
            && taken.insert(key)
        {
            column.target = Some(key.to_owned());
        }
    }
    columns
}

#[cfg(test)]
mod tests;
