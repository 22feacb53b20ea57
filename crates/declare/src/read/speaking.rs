//! How people are asked and told: `[attestation]` and `[notice]`.

use kernel::{Every, period::Unit};

use super::table::{At, Table};
use crate::{Attestation, AttestedEvidence, Moment, Notice, NoticeText, suggest};

const EVIDENCE: [(&str, AttestedEvidence); 2] =
    [("optional", AttestedEvidence::Optional), ("required", AttestedEvidence::Required)];

const MOMENTS: [(&str, Moment); 8] = [
    ("sign-in", Moment::SignIn),
    ("session", Moment::Session),
    ("block-page", Moment::BlockPage),
    ("hand-in", Moment::HandIn),
    ("induction", Moment::Induction),
    ("letter", Moment::Letter),
    ("web-page", Moment::WebPage),
    ("poster", Moment::Poster),
];

impl Moment {
    /// Every moment.
    pub const ALL: [Self; 8] = [
        Self::SignIn,
        Self::Session,
        Self::BlockPage,
        Self::HandIn,
        Self::Induction,
        Self::Letter,
        Self::WebPage,
        Self::Poster,
    ];

    /// As declarations and rows write it: `sign-in`.
    pub fn id(self) -> &'static str {
        MOMENTS.iter().find(|row| row.1 == self).map_or("", |row| row.0)
    }

    /// Reads what a declaration or row says.
    pub fn parse(text: &str) -> Option<Self> {
        MOMENTS.iter().find(|row| row.0 == text).map(|row| row.1)
    }
}

pub(super) fn attestation(top: &Table<'_, '_>) -> Option<Attestation> {
    let table = top.table("attestation", "`[attestation]`")?;
    let question = table.need_text("question");
    if let Some(question) = &question
        && !question.value.trim_end().ends_with('?')
    {
        let help = "ask so that yes means that the clause is kept".to_owned();
        table.report.say(question.span.clone(), "the question does not end with a question mark", Some(help));
    }
    let attestation = Attestation {
        question: question.map(|text| text.value.trim().to_owned()).unwrap_or_default(),
        help: table.text("help").map(|text| text.value.trim().to_owned()).unwrap_or_default(),
        by: table.need_audience("by"),
        every: table.every("every").unwrap_or(Every::new(12, Unit::Month)),
        evidence: table.one_of("evidence", &EVIDENCE).unwrap_or(AttestedEvidence::Optional),
    };
    table.done();
    Some(attestation)
}

pub(super) fn notice(top: &Table<'_, '_>) -> Option<Notice> {
    let table = top.table("notice", "`[notice]`")?;
    let who = table.need_audience("who");
    if table.get("moments").is_none() {
        table.missing("moments");
    }
    let moments: Vec<Moment> = table
        .texts("moments")
        .unwrap_or_default()
        .iter()
        .filter_map(|text| table.word("moments", text, &MOMENTS))
        .collect();
    if moments.is_empty() && table.report.is_fine() {
        table.report.say(table.place("moments"), "`moments` names no moment", None);
    }
    let texts: Vec<NoticeText> = table.tables("text", "`[[notice.text]]`").iter().map(|table| text(table)).collect();
    if texts.is_empty() {
        let help = "add a `[[notice.text]]` with `who`, `title` and `text`".to_owned();
        table.report.say(table.span.clone(), "the notice has no text", Some(help));
    }
    let notice = Notice { who, moments, acknowledged: table.flag("acknowledged").unwrap_or(false), texts };
    table.done();
    Some(notice)
}

fn text(table: &Table<'_, '_>) -> NoticeText {
    let text = table.need_text("text");
    if let Some(text) = &text {
        places(table, text);
    }
    let read = NoticeText {
        who: table.need_audience("who"),
        title: table.words("title"),
        text: text.map(|text| text.value.trim().to_owned()).unwrap_or_default(),
    };
    table.done();
    read
}

/// A notice is Markdown, so a brace alone is fine; a place that nothing is put in is not.
fn places(table: &Table<'_, '_>, text: &At<String>) {
    for (start, _) in text.value.match_indices('{') {
        let Some((name, _)) = text.value.get(start + 1..).and_then(|rest| rest.split_once('}')) else { continue };
        if name != "clause" && kernel::place::is_word(name) {
            let help = suggest::one_of(name, &["clause"]);
            let span = table.inside(text, start..start + name.len() + 2);
            table.report.say(span, format!("there is nothing to put in place of `{{{name}}}`"), Some(help));
        }
    }
}
