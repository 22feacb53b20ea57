//! The table of facts beside a declaration, `<control>.facts.toml`: what was entered, answered or read, on which day,
//! and how a clause stands then.
//!
//! Tests run each fact twice, by themselves and through the pages. People are written as tokens, "@teacher"; [`cast`]
//! says who they are.

pub mod cast;

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::{Audience, AudienceAtom, Every, Role, Standing};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    Declaration, Terms,
    diagnostic::{Problem, Report},
    read::{
        self,
        table::{At, Table, date, json},
        term::COMMON,
    },
    suggest,
};

/// A fact: what there is, and how the clause stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it shows.
    pub name: String,
    /// The file and line in which it begins.
    pub at: String,
    /// As it is written.
    pub text: String,
    /// The words of a clause.
    pub clause: String,
    /// Its binding.
    pub binding: FactBinding,
    /// The day.
    pub day: Date,
    /// Since when the clause is in force; long ago where nothing is said.
    pub since: Option<Date>,
    /// The entries of the register.
    pub rows: Option<Vec<Row>>,
    /// The entries of other registers, by control.
    pub also: BTreeMap<String, Vec<Row>>,
    /// The steps that were taken afterwards, in order.
    pub moves: Vec<Step>,
    /// What was answered, in order.
    pub answers: Option<Vec<FactAnswer>>,
    /// Who has read it: tokens, or an audience for everybody in it.
    pub read: Option<Vec<String>>,
    /// Who was shown it.
    pub shown: Option<Vec<String>>,
    /// When it was published.
    pub published: Option<Date>,
    /// When somebody said that there is nothing to enter.
    pub none: Option<Date>,
    /// How the clause stands: [`Standing::id`].
    pub standing: String,
    /// What the statement holds.
    pub says: Option<String>,
}

/// A binding of a clause.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FactBinding {
    /// As it is written.
    pub text: String,
    /// The control: `assets.loans`.
    pub control: String,
    /// Whom it binds.
    pub who: Option<Audience>,
    /// Whom it excepts of these.
    pub except: Option<Audience>,
    /// How often.
    pub every: Option<Every>,
    /// Who answers for it.
    pub by: Option<Audience>,
    /// Who is asked to confirm it, where it asks that.
    pub attest: Option<Audience>,
    /// Who is told, where it asks that.
    pub inform: Option<Audience>,
    /// The control's own terms.
    pub terms: Terms,
}

/// An entry, as somebody types it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// What is typed into each field, in the order of the file.
    pub typed: Vec<(String, String)>,
    /// The day of entry; the day of the fact where nothing is said.
    pub entered: Option<Date>,
    /// Its state; the first where nothing is said.
    pub state: Option<String>,
}

/// A step that was taken with an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The title of the entry.
    pub entry: String,
    /// The name of the step.
    pub step: String,
    /// The day.
    pub on: Date,
    /// What is typed into the fields that it asks for.
    pub typed: Vec<(String, String)>,
}

/// An answer of somebody who was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct FactAnswer {
    /// The day.
    pub on: Date,
    /// `yes`, `no` or `not-applicable`.
    pub answer: String,
    /// What was said.
    pub words: String,
    /// What will be done.
    pub mend: String,
    /// By when.
    pub mend_by: Option<Date>,
}

/// Reads a file of facts.
///
/// # Errors
/// With everything that is wrong with it, where something is.
pub fn read(path: &str, text: &str) -> Result<Vec<Fact>, Vec<Problem>> {
    let report = Report::new(path, text);
    let mut facts = Vec::new();
    if let Some(table) = read::toml(&report, text) {
        let top = Table::new(&report, table.get_ref(), "a file of facts", 0..0);
        let tables = top.tables("fact", "`[[fact]]`");
        let ends: Vec<usize> = tables.iter().skip(1).map(|next| next.span.start).chain([text.len()]).collect();
        for (table, end) in tables.iter().zip(ends) {
            let at = format!("{path}:{}", report.line(table.span.start));
            let written = text.get(table.span.start..end).unwrap_or_default().to_owned();
            facts.extend(fact(table, at, written));
            table.done();
        }
        if facts.is_empty() && report.is_fine() {
            report.say(0..0, "there is no fact", Some("add a `[[fact]]`".to_owned()));
        }
        top.done();
    }
    let problems = report.finish();
    if problems.is_empty() { Ok(facts) } else { Err(problems) }
}

/// A text in which every token, such as "@teacher", is replaced by what the person is called.
pub fn with_names(text: &str, name: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, token) = rest.split_at(at);
        out.push_str(before);
        let end = token
            .char_indices()
            .skip(1)
            .find(|(_, char)| !(char.is_ascii_lowercase() || char.is_ascii_digit() || *char == '-'))
            .map_or(token.len(), |(end, _)| end);
        let (token, after) = token.split_at(end);
        match name(token) {
            Some(name) => out.push_str(&name),
            None => out.push_str(token),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn fact(table: &Table<'_, '_>, at: String, text: String) -> Option<Fact> {
    let standing = table.need_text("standing");
    if let Some(standing) = &standing {
        table.word("standing", standing, &Standing::IDS.map(|id| (id, ())));
    }
    let binding = table.need_text("binding").and_then(|text| binding(table, &text));
    let name = table.words("name");
    let clause = table.words("clause");
    let also = table
        .table("also", "`also`")
        .map(|also| also.rows().map(|(register, value)| (register.value, rows_of(table, "also", value))).collect());
    let day = need_day(table, "day");
    Some(Fact {
        name,
        at,
        text,
        clause,
        binding: binding?,
        day: day?,
        since: day_of(table, "since"),
        rows: table.get("rows").map(|value| rows_of(table, "rows", value)),
        also: also.unwrap_or_default(),
        moves: table.tables("moves", "a step").iter().filter_map(step).collect(),
        answers: table.get("answers").map(|_| table.tables("answers", "an answer").iter().filter_map(answer).collect()),
        read: people(table, "read"),
        shown: people(table, "shown"),
        published: day_of(table, "published"),
        none: day_of(table, "none"),
        standing: standing?.value,
        says: table.text("says").map(|text| text.value),
    })
}

fn day_of(table: &Table<'_, '_>, key: &'static str) -> Option<Date> {
    let value = table.get(key)?;
    let day = date(value.get_ref());
    if day.is_none() {
        table.report.say(value.span(), format!("`{key}` is no date"), Some("write 2026-11-23".to_owned()));
    }
    day
}

fn need_day(table: &Table<'_, '_>, key: &'static str) -> Option<Date> {
    if table.get(key).is_none() {
        table.missing(key);
    }
    day_of(table, key)
}

fn people(table: &Table<'_, '_>, key: &'static str) -> Option<Vec<String>> {
    Some(table.texts(key)?.into_iter().map(|text| text.value).collect())
}

fn rows_of(table: &Table<'_, '_>, key: &'static str, value: &Spanned<DeValue<'_>>) -> Vec<Row> {
    let DeValue::Array(items) = value.get_ref() else {
        table.report.say(value.span(), format!("`{key}` is a list of entries"), None);
        return Vec::new();
    };
    let mut rows = Vec::new();
    for item in items.iter() {
        let DeValue::Table(cells) = item.get_ref() else {
            table.report.say(item.span(), "an entry is a table: `{ device = \"Laptop 7\" }`", None);
            continue;
        };
        let mut row = Row::default();
        for (name, cell) in cells.iter() {
            match name.get_ref().as_ref() {
                "entered" => match date(cell.get_ref()) {
                    Some(day) => row.entered = Some(day),
                    None => table.report.say(cell.span(), "`entered` is no date", None),
                },
                "state" => row.state = Some(typed(cell.get_ref())),
                name => row.typed.push((name.to_owned(), typed(cell.get_ref()))),
            }
        }
        rows.push(row);
    }
    rows
}

/// A value as somebody types it.
fn typed(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().replace('_', ""),
        DeValue::Float(number) => number.as_str().replace('_', ""),
        DeValue::Boolean(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(items) => items.iter().map(|item| typed(item.get_ref())).collect::<Vec<_>>().join("; "),
        DeValue::Table(_) => json(value).to_string(),
    }
}

fn step(table: &Table<'_, '_>) -> Option<Step> {
    let (entry, step, on) = (table.need_text("entry"), table.need_text("move"), need_day(table, "on"));
    let others = table.rows().filter(|(key, _)| !matches!(key.value.as_str(), "entry" | "move" | "on"));
    let typed = others.map(|(key, value)| (key.value, typed(value.get_ref()))).collect();
    Some(Step { entry: entry?.value, step: step?.value, on: on?, typed })
}

fn answer(table: &Table<'_, '_>) -> Option<FactAnswer> {
    let answer = table.need_text("answer");
    if let Some(answer) = &answer {
        table.word("answer", answer, &["yes", "no", "not-applicable"].map(|word| (word, ())));
    }
    let text = |key: &'static str| table.text(key).map(|text| text.value).unwrap_or_default();
    let (on, words, mend, mend_by) = (need_day(table, "on"), text("words"), text("mend"), day_of(table, "mend-by"));
    if answer.as_ref().is_some_and(|answer| answer.value == "no") && (mend.is_empty() || mend_by.is_none()) {
        table.report.say(
            table.span.clone(),
            "whoever answers no says what will be done, and by when",
            Some("add `mend = \"…\"` and `mend-by = 2026-12-04`".to_owned()),
        );
    }
    table.done();
    Some(FactAnswer { on: on?, answer: answer?.value, words, mend, mend_by })
}

/// Reads a binding as a policy writes it: `assets.loans { who = "staff" }`.
fn binding(table: &Table<'_, '_>, at: &At<String>) -> Option<FactBinding> {
    let refuse = |message: String, help: Option<String>| {
        table.report.say(at.span.clone(), message, help);
        None
    };
    let text = at.value.trim();
    let (head, terms) = match text.split_once('{') {
        Some((head, terms)) => (head.trim(), format!("terms = {{{terms}")),
        None => (text, "terms = {}".to_owned()),
    };
    // A label before it says nothing here.
    let control = head.rsplit_once(": ").map_or(head, |(_, control)| control).trim();
    let named = control
        .split_once('.')
        .is_some_and(|(module, name)| kernel::place::is_word(module) && kernel::place::is_word(name));
    if !named {
        return refuse(
            format!("`{control}` names no control"),
            Some("write `assets.loans { who = \"staff\" }`".to_owned()),
        );
    }
    let parsed = match DeTable::parse(&terms) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(format!("the terms are not TOML: {}", error.message()), None),
    };
    let mut read = FactBinding { text: text.to_owned(), control: control.to_owned(), ..FactBinding::default() };
    let Some(DeValue::Table(rows)) = parsed.get_ref().iter().next().map(|(_, value)| value.get_ref()) else {
        return refuse("the terms are no table".to_owned(), None);
    };
    for (key, value) in rows.iter() {
        let value = json(value.get_ref());
        let told = match key.get_ref().as_ref() {
            "who" => audience(&value).map(|who| read.who = Some(who)),
            "except" => audience(&value).map(|except| read.except = Some(except)),
            "by" => audience(&value).map(|by| read.by = Some(by)),
            "attest" => audience(value.get("by").unwrap_or(&value)).map(|attest| read.attest = Some(attest)),
            "inform" => audience(value.get("who").unwrap_or(&value)).map(|inform| read.inform = Some(inform)),
            "every" => value
                .as_str()
                .and_then(|every| Every::parse(every).ok())
                .map(|every| read.every = Some(every))
                .ok_or_else(|| "`every` is no period".to_owned()),
            common if COMMON.contains(&common) => Ok(()),
            own => {
                read.terms.insert(own.to_owned(), value);
                Ok(())
            }
        };
        if let Err(message) = told {
            return refuse(message, None);
        }
    }
    Some(read)
}

/// Whom a term names: groups of people, or roles by their word.
fn audience(value: &serde_json::Value) -> Result<Audience, String> {
    let one = |value: &serde_json::Value| {
        let text = value.as_str().unwrap_or_default();
        AudienceAtom::parse(text).or_else(|_| Role::parse(text).map(AudienceAtom::Role)).map_err(|_| {
            let ids: Vec<_> = Role::ALL.iter().map(|role| role.id()).collect();
            let near = suggest::nearest(text, ids).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            format!("`{text}` names nobody{near}")
        })
    };
    let atoms = match value.as_array() {
        Some(all) => all.iter().map(one).collect::<Result<Vec<_>, _>>()?,
        None => vec![one(value)?],
    };
    Audience::any(atoms).ok_or_else(|| "nobody is named".to_owned())
}

impl Fact {
    /// A term that the fact sets and the declaration does not have, with what would be right.
    pub fn unknown_term(&self, declaration: &Declaration) -> Option<String> {
        let names: Vec<&str> = declaration.terms.iter().map(|term| term.name.as_str()).collect();
        let term = self.binding.terms.keys().find(|term| !names.contains(&term.as_str()))?;
        Some(format!("`{}` has no term `{term}`: {}", self.binding.control, suggest::one_of(term, &names)))
    }
}
