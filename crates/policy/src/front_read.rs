//! Reads front matter, and says everything that is wrong with it at once.

use std::ops::Range;

use jiff::civil::Date;
use kernel::{Audience, BadText, Role, Weekly, place::is_word};
use serde::de::DeserializeOwned;
use toml::de::DeTable;

use crate::{
    common_read, de,
    diagnostic::{Code, Reporter},
    front::{AddressBlock, Front, Network, NoticeFront, Seen, System},
    people, site,
    source::{SourceFile, Span},
    suggest,
    terms::{self, Term, TermTable, Value},
};

/// Where the front matter of a file stands, and where its body begins.
pub(crate) struct Split {
    pub(crate) front: Option<Range<usize>>,
    pub(crate) body: usize,
    /// Whether it was said already that there is something wrong with it.
    pub(crate) broken: bool,
}

/// Finds the `+++` lines.
pub(crate) fn split(file: usize, source: &SourceFile, report: &mut Reporter<'_>) -> Split {
    let text = &source.text;
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut at = start;
    let mut front = None;
    for line in text.get(start..).unwrap_or("").split_inclusive('\n') {
        let fence = line.trim_end() == "+++";
        match front {
            None if fence => front = Some(at + line.len()),
            None => return Split { front: None, body: start, broken: false },
            Some(from) if fence => return Split { front: Some(from..at), body: at + line.len(), broken: false },
            Some(_) => {}
        }
        at += line.len();
    }
    if front.is_some() {
        report
            .error(Code::FRONT_MATTER, Span::new(file, start..start + 3), "the front matter has no end", "begins here")
            .help("close it by a line `+++`");
    }
    Split { front: None, body: if front.is_some() { text.len() } else { start }, broken: front.is_some() }
}

/// Reads the TOML between the `+++` lines.
pub(crate) fn toml(
    file: usize,
    source: &SourceFile,
    range: Range<usize>,
    report: &mut Reporter<'_>,
) -> Option<TermTable> {
    let offset = range.start;
    let text = source.text.get(range).unwrap_or("");
    let place = |range: Range<usize>| Span::new(file, offset + range.start..offset + range.end);
    match DeTable::parse(text) {
        Ok(table) => {
            let mut bad = Vec::new();
            let read = terms::from_toml(&table, &place, &mut bad);
            for terms::BadValue { span, message } in bad {
                report.error(Code::FRONT_MATTER, span, message, "here");
            }
            Some(read)
        }
        Err(error) => {
            let at = error.span().unwrap_or(0..0);
            let message = site::toml_message(&error);
            report
                .error(Code::FRONT_MATTER, place(at), format!("the front matter cannot be read: {message}"), "here")
                .help("front matter is TOML: `title = \"Online Safety Policy\"`");
            None
        }
    }
}

struct Fields<'t, 'r, 's> {
    table: &'t TermTable,
    report: &'r mut Reporter<'s>,
}

impl<'t> Fields<'t, '_, '_> {
    fn known(&mut self, known: &[&str]) {
        for term in &self.table.terms {
            if !known.contains(&term.key.as_str()) {
                let help = suggest::one_of(&term.key, known);
                self.report
                    .error(
                        Code::FRONT_MATTER,
                        term.key_span,
                        format!("there is no key `{}` here", term.key),
                        "not known",
                    )
                    .help(help);
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'t Term> {
        self.table.get(key)
    }

    fn read<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let term = self.get(key)?;
        match de::value(&term.value, term.span) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = error.span.unwrap_or(term.span);
                let diagnostic =
                    self.report.error(Code::FRONT_MATTER, span, format!("`{key}`: {}", error.message), "here");
                if let Some(given) = &error.given {
                    diagnostic.help(suggest::one_of(given, &error.expected));
                }
                None
            }
        }
    }

    fn required<T: DeserializeOwned + Default>(&mut self, key: &str, example: &str) -> T {
        if self.get(key).is_none() {
            self.report
                .error(Code::FRONT_MATTER, head(self.table.span), format!("the front matter has no `{key}`"), "here")
                .help(format!("add a line `{key} = {example}`"));
        }
        self.read(key).unwrap_or_default()
    }

    /// A version: a text, or a number that was meant as one.
    fn version(&mut self) -> Option<String> {
        match self.get("version").map(|term| &term.value) {
            Some(Value::Whole(number)) => Some(number.to_string()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(_) => self.read("version"),
            None => None,
        }
    }

    fn table(&mut self, key: &str) -> Vec<&'t Term> {
        match self.get(key) {
            Some(Term { value: Value::Table(table), .. }) => table.terms.iter().collect(),
            Some(term) => {
                self.report
                    .error(
                        Code::FRONT_MATTER,
                        term.span,
                        format!("`{key}` is {}, but a table belongs here", term.value.what()),
                        "here",
                    )
                    .help(format!("write `[{key}]` on a line of its own, and its names below"));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn word(&mut self, term: &Term) -> bool {
        let ok = is_word(&term.key);
        if !ok {
            self.report
                .error(Code::FRONT_MATTER, term.key_span, format!("`{}` cannot be a name", term.key), "here")
                .help("names are of lower-case letters, digits and hyphens");
        }
        ok
    }

    fn bad(&mut self, span: Span, error: &BadText) {
        self.report.error(Code::FRONT_MATTER, span, error.to_string(), "here");
    }
}

/// The beginning of a span: a missing key has no place of its own.
fn head(span: Span) -> Span {
    Span { end: span.start, ..span }
}

/// The front matter of `policy.md`.
pub(crate) fn policy(table: &TermTable, report: &mut Reporter<'_>) -> Front {
    let mut fields = Fields { table, report };
    fields.known(&[
        "title", "version", "issued", "review", "approval", "titles", "systems", "times", "terms", "networks",
    ]);
    let mut front = Front {
        title: fields.required("title", "\"Online Safety Policy\""),
        version: fields.version().unwrap_or_default(),
        issued: fields.read("issued"),
        review: fields.read("review"),
        ..Front::default()
    };
    if fields.get("version").is_none() {
        fields.required::<String>("version", "\"1\"");
    }
    if let (Some(issued), Some(review), Some(term)) = (front.issued, front.review, fields.get("review"))
        && review < issued
    {
        fields
            .report
            .error(
                Code::DATES,
                term.span,
                format!("the review on {review} is before the issue on {issued}"),
                "too early",
            )
            .help("give the day of the next review");
    }
    for term in fields.table("titles") {
        match (Role::parse(&term.key), &term.value) {
            (Ok(role), Value::Text(title)) if !title.trim().is_empty() => {
                front.titles.insert(role, title.trim().to_owned());
            }
            (Ok(_), _) => {
                fields.report.error(Code::FRONT_MATTER, term.span, "a title is a text in quotes", "here");
            }
            (Err(_), _) => {
                let help = people::role_help(&term.key);
                fields
                    .report
                    .error(Code::FRONT_MATTER, term.key_span, format!("there is no role `{}`", term.key), "not a role")
                    .help(help);
            }
        }
    }
    if let Some(term) = fields.get("approval") {
        front.approval = people::people(term, true, &front, fields.report, Code::FRONT_MATTER);
    }
    times(&mut fields, &mut front);
    systems(&mut fields, &mut front);
    networks(&mut fields, &mut front);
    front
}

fn times(fields: &mut Fields<'_, '_, '_>, front: &mut Front) {
    for term in fields.table("times") {
        if !fields.word(term) {
            continue;
        }
        match &term.value {
            Value::Text(text) => match Weekly::parse(text) {
                Ok(hours) => {
                    front.times.insert(term.key.clone(), hours);
                }
                Err(error) => fields.bad(term.span, &error),
            },
            Value::Whole(_) | Value::Number(_) | Value::Flag(_) | Value::Date(_) | Value::List(_) | Value::Table(_) => {
                fields
                    .report
                    .error(Code::FRONT_MATTER, term.span, format!("the time `{}` is no text", term.key), "here")
                    .help("write times such as \"mon-fri 09:00-12:15, 13:05-15:20\"");
            }
        }
    }
    for term in fields.table("terms") {
        if !fields.word(term) {
            continue;
        }
        if front.times.contains_key(&term.key) {
            fields.report.error(
                Code::FRONT_MATTER,
                term.key_span,
                format!("`{}` is a name in `[times]` and in `[terms]`", term.key),
                "the second",
            );
        }
        if let Some(word) = fields.called(term) {
            front.calendars.insert(term.key.clone(), word);
            if !is_dated(term) {
                continue;
            }
        }
        let Some((first, last)) = fields.stretch(term) else { continue };
        if last < first {
            fields.report.error(Code::DATES, term.span, format!("`{}` ends before it begins", term.key), "here");
        }
        front.terms.insert(term.key.clone(), (first, last));
    }
}

impl Fields<'_, '_, '_> {
    /// The word by which the school's calendar calls a stretch: `{ calendar = "exam" }`.
    fn called(&mut self, term: &Term) -> Option<String> {
        let Value::Table(table) = &term.value else { return None };
        let mut inner = Fields { table, report: self.report };
        let word: String = inner.read("calendar")?;
        if !is_dated(term) {
            inner.known(&["calendar"]);
        }
        if word.trim().is_empty() {
            self.report
                .error(Code::FRONT_MATTER, term.span, format!("`{}` has no word to look for", term.key), "here")
                .help("write a word that the entries of the calendar have: `{ calendar = \"exam\" }`");
        }
        Some(word.trim().to_owned())
    }

    fn stretch(&mut self, term: &Term) -> Option<(Date, Date)> {
        let dates = match &term.value {
            Value::Table(table) => {
                let mut inner = Fields { table, report: self.report };
                inner.known(&["from", "to", "calendar"]);
                inner.read("from").zip(inner.read("to"))
            }
            Value::Text(text) => {
                let (first, last) = text.split_once("..").unwrap_or((text, ""));
                first.trim().parse().ok().zip(last.trim().parse().ok())
            }
            Value::Whole(_) | Value::Number(_) | Value::Flag(_) | Value::Date(_) | Value::List(_) => None,
        };
        if dates.is_none() {
            self.report
                .error(Code::FRONT_MATTER, term.span, format!("`{}` has no first and last day", term.key), "here")
                .help("write `{ from = 2026-09-03, to = 2026-12-18 }`, or `{ calendar = \"exam\" }` for entries of the school's calendar");
        }
        dates
    }
}

/// Whether a stretch has days of its own.
fn is_dated(term: &Term) -> bool {
    matches!(&term.value, Value::Table(table) if table.get("from").is_some() || table.get("to").is_some())
}

fn systems(fields: &mut Fields<'_, '_, '_>, front: &mut Front) {
    for term in fields.table("systems") {
        let Value::Table(table) = &term.value else {
            fields
                .report
                .error(Code::FRONT_MATTER, term.span, format!("the system `{}` is no table", term.key), "here")
                .help("write `{ name = \"the MIS\", by = \"data-manager\", seen = \"attest\" }`");
            continue;
        };
        if !fields.word(term) {
            continue;
        }
        let mut inner = Fields { table, report: fields.report };
        inner.known(&["name", "by", "seen"]);
        let name: Option<String> = inner.read("name");
        let seen: Option<Seen> = inner.read("seen");
        if inner.get("seen").is_none() {
            inner.required::<String>("seen", "\"attest\"");
        }
        let by = inner.get("by").and_then(|by| {
            let Some(text) = by.value.as_text() else {
                inner.report.error(Code::FRONT_MATTER, by.span, "`by` is the name of a role", "here");
                return None;
            };
            let role = Role::parse(text).ok();
            if role.is_none() {
                let help = people::role_help(text);
                let message = format!("there is no role `{text}`, so nobody can answer for this system");
                inner.report.error(Code::NOBODY, by.span, message, "not a role").help(help);
            }
            role
        });
        let name = name.unwrap_or_else(|| term.key.clone());
        front.systems.insert(term.key.clone(), System { name, by, seen: seen.unwrap_or(Seen::Attest) });
    }
}

fn networks(fields: &mut Fields<'_, '_, '_>, front: &mut Front) {
    let mut taken: Vec<(AddressBlock, String)> = Vec::new();
    for term in fields.table("networks") {
        let Value::Table(table) = &term.value else {
            fields
                .report
                .error(Code::FRONT_MATTER, term.span, format!("the network `{}` is no table", term.key), "here")
                .help("write `{ stands-for = \"guests\", addresses = [\"10.1.0.0/16\"] }`");
            continue;
        };
        if !fields.word(term) {
            continue;
        }
        let mut inner = Fields { table, report: fields.report };
        inner.known(&["stands-for", "signed-for", "addresses"]);
        let signed_for = inner.read("signed-for").unwrap_or(false);
        let stands_for: Option<Audience> = match inner.get("stands-for") {
            Some(term) => people::people(term, false, front, inner.report, Code::FRONT_MATTER),
            None => None,
        };
        let mut addresses = Vec::new();
        if let Some(term) = inner.get("addresses") {
            for (text, span) in common_read::texts(term, inner.report, Code::FRONT_MATTER) {
                match AddressBlock::parse(text) {
                    Ok(block) => {
                        if let Some((_, other)) = taken.iter().find(|(it, _)| *it == block) {
                            let message = format!("the network `{other}` has the addresses {text} already");
                            inner.report.error(Code::FRONT_MATTER, span, message, "the second");
                        }
                        taken.push((block, term.key.clone()));
                        addresses.push(block);
                    }
                    Err(error) => inner.bad(span, &error),
                }
            }
        }
        front.networks.insert(term.key.clone(), Network { stands_for, signed_for, addresses });
    }
}

/// The front matter of an agreement: title, audience, version, issued.
pub(crate) fn agreement(
    table: &TermTable,
    front: &Front,
    report: &mut Reporter<'_>,
) -> (String, Audience, String, Option<Date>) {
    let mut fields = Fields { table, report };
    fields.known(&["title", "audience", "version", "issued"]);
    let title = fields.required("title", "\"Staff acceptable use agreement\"");
    let version = fields.version();
    if version.is_none() {
        fields.required::<String>("version", "\"1\"");
    }
    if fields.get("audience").is_none() {
        fields.required::<String>("audience", "\"staff\"");
    }
    let issued = fields.read("issued");
    let audience =
        fields.get("audience").and_then(|term| people::people(term, false, front, fields.report, Code::FRONT_MATTER));
    (title, audience.unwrap_or_else(Audience::everyone), version.unwrap_or_default(), issued)
}

/// The front matter of a notice, which may be missing. What `for` names is given with its place: whether there is
/// such a control or clause is known only once all files are read.
pub(crate) fn notice(
    table: &TermTable,
    front: &Front,
    path: &str,
    report: &mut Reporter<'_>,
) -> (NoticeFront, Option<Span>) {
    let mut fields = Fields { table, report };
    fields.known(&["title", "audience", "version", "for", "language"]);
    let audience =
        fields.get("audience").and_then(|term| people::people(term, false, front, fields.report, Code::FRONT_MATTER));
    let named = language_of(path);
    let given: Option<String> = fields.read("language");
    if let (Some(given), Some(term)) = (&given, fields.get("language")) {
        if !is_language(given) {
            fields
                .report
                .error(Code::FRONT_MATTER, term.span, format!("`{given}` is no language"), "here")
                .help("write the two or three letters of its code: `pl` for Polish, `ur` for Urdu");
        } else if let Some(named) = named.filter(|named| *named != given) {
            let message = format!("the name of the file says the language `{named}`, and this says `{given}`");
            fields.report.error(Code::FRONT_MATTER, term.span, message, "here").help("leave the line out");
        }
    }
    let about: Option<String> = fields.read("for");
    let span = about.as_ref().and_then(|_| fields.get("for")).map(|term| term.span);
    let front = NoticeFront {
        title: fields.read("title").unwrap_or_default(),
        version: fields.version(),
        audience,
        about,
        language: given.or_else(|| named.map(str::to_owned)),
    };
    (front, span)
}

/// The language that the name of a notice's file says: `pl` of `notices/letter.pl.md`.
fn language_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("notices/")?.strip_suffix(".md")?;
    name.rsplit_once('.').map(|(_, language)| language).filter(|language| is_language(language))
}

/// Whether a text is the code of a language: `pl`, `zh-hant`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    first
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}
