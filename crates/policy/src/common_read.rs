//! Reads the common terms of a binding, each value with a diagnostic of its own.

use std::str::FromStr;

use kernel::{Audience, AudienceAtom, BadText, Every, Place, SiteItem, Sites, When, place::is_word};
use serde::de::DeserializeOwned;

use crate::{
    common::{Attest, Common, CommonTerms, Condition, Except, Exception},
    de,
    diagnostic::{Code, Reporter},
    front::Front,
    people::{audience_help, covers, people},
    registry::Registry,
    source::Span,
    suggest,
    terms::{Term, TermTable, Value},
};

/// What the names in terms are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) front: &'a Front,
    pub(crate) registry: &'a Registry,
}

/// Reads the common terms of `table`; the others are the control's own.
pub(crate) fn read(table: &TermTable, names: Names<'_>, report: &mut Reporter<'_>) -> (CommonTerms, TermTable) {
    let mut common = CommonTerms::default();
    let mut own = TermTable { terms: Vec::new(), span: table.span };
    for term in &table.terms {
        match Common::parse(&term.key) {
            Some(which) => one(which, term, names, &mut common, report),
            None => own.terms.push(term.clone()),
        }
    }
    nobody(table, &common, report);
    (common, own)
}

fn one(which: Common, term: &Term, names: Names<'_>, common: &mut CommonTerms, report: &mut Reporter<'_>) {
    let Names { front, registry } = names;
    match which {
        Common::Who => common.who = people(term, false, front, report, Code::BAD_TERM),
        Common::By => common.by = people(term, true, front, report, Code::BAD_TERM),
        Common::Inform => common.inform = people(term, true, front, report, Code::BAD_TERM),
        Common::Attest => common.attest = attest(term, front, report),
        Common::Except => common.except = Some(except(term, front, report)),
        Common::When => {
            common.when = condition(&term.value, term.span, report, 0, &mut |text, span, report| {
                let when = parsed::<When>(text, span, report, |_| None)?;
                known_time(&when, span, front, report);
                Some(when)
            });
        }
        Common::Where => {
            common.place = condition(&term.value, term.span, report, 0, &mut |text, span, report| {
                let place = parsed::<Place>(text, span, report, |text| {
                    suggest::nearest(text, ["school", "home", "trip", "exam-room"]).map(did_you_mean)
                })?;
                known_network(&place, span, front, report);
                Some(place)
            });
        }
        Common::Unless => {
            common.unless = condition(&term.value, term.span, report, 0, &mut |text, span, report| {
                exception(text, span, registry, report)
            });
        }
        Common::System => {
            for (text, span) in texts(term, report, Code::BAD_TERM) {
                if !front.systems.contains_key(text) {
                    let known: Vec<_> = front.systems.keys().collect();
                    let help = if known.is_empty() {
                        format!(
                            "name it in the front matter: `[systems]` and below `{text} = {{ name = \"…\", by = \"network-manager\", seen = \"attest\" }}`"
                        )
                    } else {
                        suggest::one_of(text, &known)
                    };
                    let message = format!("`[systems]` has no `{text}`");
                    report.error(Code::UNKNOWN_SYSTEM, span, message, "not known").help(help);
                }
                common.systems.push(text.to_owned());
            }
        }
        // Whether the labels exist is seen when all are known.
        Common::After => {
            common.after = texts(term, report, Code::BAD_TERM).into_iter().map(|it| it.0.to_owned()).collect()
        }
        Common::On => {
            for (text, span) in texts(term, report, Code::BAD_TERM) {
                if is_word(text) {
                    common.on.push(text.to_owned());
                } else {
                    let message = format!("`{text}` is not the name of an occasion");
                    report
                        .error(Code::BAD_TERM, span, message, "here")
                        .help("names are of lower-case letters, digits and hyphens, such as `emergency`");
                }
            }
        }
        Common::Every => {
            common.every = text(term, report).and_then(|text| parsed(text, term.span, report, |_| None));
        }
        Common::Within => {
            common.within = text(term, report).and_then(|text| parsed(text, term.span, report, |_| None));
        }
        Common::May => common.may = by_serde(term, report).unwrap_or(false),
        Common::Observe => common.observe = by_serde(term, report).unwrap_or(false),
        Common::From => {
            common.from = by_serde(term, report);
            if common.from.is_none()
                && let Value::Text(_) = term.value
            {
                report
                    .error(Code::BAD_TERM, term.span, "a date is written without quotes", "here")
                    .help("write it as 2026-09-01");
            }
        }
    }
}

pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

fn by_serde<T: DeserializeOwned>(term: &Term, report: &mut Reporter<'_>) -> Option<T> {
    match de::value(&term.value, term.span) {
        Ok(value) => Some(value),
        Err(_) if matches!(term.value, Value::Text(_)) && term.key == "from" => None,
        Err(error) => {
            let message = format!("`{}`: {}", term.key, error.message);
            report.error(Code::BAD_TERM, error.span.unwrap_or(term.span), message, "here");
            None
        }
    }
}

/// A value that is a text, or a list of texts.
pub(crate) fn texts<'t>(term: &'t Term, report: &mut Reporter<'_>, code: Code) -> Vec<(&'t str, Span)> {
    let mut found = Vec::new();
    let mut refuse = |value: &Value, span: Span| {
        let message = format!("`{}`: this is {}, but a text in quotes belongs here", term.key, value.what());
        report.error(code, span, message, "here");
    };
    if let Some(text) = term.value.as_text() {
        found.push((text, term.span));
    } else if let Some(values) = term.value.as_list() {
        for (value, span) in values {
            match value.as_text() {
                Some(text) => found.push((text, *span)),
                None => refuse(value, *span),
            }
        }
    } else {
        refuse(&term.value, term.span);
    }
    found
}

fn text<'t>(term: &'t Term, report: &mut Reporter<'_>) -> Option<&'t str> {
    let text = term.value.as_text();
    if text.is_none() {
        let message = format!("`{}`: this is {}, but a text in quotes belongs here", term.key, term.value.what());
        report.error(Code::BAD_TERM, term.span, message, "here");
    }
    text
}

fn parsed<T: FromStr<Err = BadText>>(
    text: &str,
    span: Span,
    report: &mut Reporter<'_>,
    help: impl Fn(&str) -> Option<String>,
) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            let diagnostic = report.error(Code::BAD_TERM, span, error.to_string(), "here");
            if let Some(help) = help(text) {
                diagnostic.help(help);
            }
            None
        }
    }
}

type Leaf<'f, T> = dyn FnMut(&str, Span, &mut Reporter<'_>) -> Option<T> + 'f;

/// One text, a list of which any counts, `{ any = [] }` or `{ all = [] }`.
fn condition<T>(
    value: &Value,
    span: Span,
    report: &mut Reporter<'_>,
    depth: usize,
    leaf: &mut Leaf<'_, T>,
) -> Option<Condition<T>> {
    if let Some(text) = value.as_text() {
        return leaf(text, span, report).map(Condition::One);
    }
    // A list counts where any of it does; a table says which it is.
    let inner = value.as_table().and_then(|table| match table.terms.as_slice() {
        [term] if term.key == "all" || term.key == "any" => Some((term.key == "all", term.value.as_list()?)),
        _ => None,
    });
    let (all, values) = match (value.as_list(), inner) {
        (Some(values), _) => (false, values),
        (None, Some((all, values))) => (all, values),
        (None, None) => return bad_condition(span, report),
    };
    if values.is_empty() || depth >= 8 {
        return bad_condition(span, report);
    }
    let parts: Vec<_> =
        values.iter().filter_map(|(value, span)| condition(value, *span, report, depth + 1, leaf)).collect();
    match (parts.len() == values.len(), all) {
        (true, true) => Some(Condition::All(parts)),
        (true, false) => Some(Condition::Any(parts)),
        // What is wrong with the others was said.
        (false, _) => None,
    }
}

fn bad_condition<T>(span: Span, report: &mut Reporter<'_>) -> Option<Condition<T>> {
    report
        .error(Code::BAD_TERM, span, "this is no condition", "here")
        .help("write a text, a list of texts of which any counts, `{ any = […] }` or `{ all = […] }`");
    None
}

fn attest(term: &Term, front: &Front, report: &mut Reporter<'_>) -> Option<Attest> {
    let Value::Table(table) = &term.value else {
        return people(term, true, front, report, Code::BAD_TERM).map(|by| Attest { by, every: None });
    };
    for inner in table.terms.iter().filter(|inner| inner.key != "by" && inner.key != "every") {
        report
            .error(Code::UNKNOWN_TERM, inner.key_span, format!("`attest` has no term `{}`", inner.key), "not known")
            .help("write `attest = { by = \"headteacher\", every = \"1 term\" }`");
    }
    let every = table
        .get("every")
        .and_then(|every| text(every, report).and_then(|text| parsed::<Every>(text, every.span, report, |_| None)));
    match table.get("by") {
        Some(by) => people(by, true, front, report, Code::BAD_TERM).map(|by| Attest { by, every }),
        None => {
            report
                .error(Code::BAD_TERM, term.span, "`attest` does not say who confirms it", "here")
                .help("write `attest = { by = \"headteacher\", every = \"1 term\" }`");
            None
        }
    }
}

fn except(term: &Term, front: &Front, report: &mut Reporter<'_>) -> Except {
    let mut found = Except::default();
    let mut who = Vec::new();
    for (text, span) in texts(term, report, Code::BAD_TERM) {
        let site_like = text.starts_with("list:") || text.starts_with("register:") || text.contains(['.', '*']);
        match (site_like, AudienceAtom::parse(text), Place::parse(text)) {
            (false, Ok(atom), _) if !text.contains("..") || matches!(atom, AudienceAtom::Years(..)) => who.push(atom),
            (_, Ok(atom @ AudienceAtom::Years(..)), _) => who.push(atom),
            (false, _, Ok(place)) => {
                known_network(&place, span, front, report);
                found.places.push(place);
            }
            (true, _, _) => found.sites.0.extend(parsed::<SiteItem>(text, span, report, |_| None)),
            (false, Ok(_) | Err(_), Err(_)) => {
                let message = format!("`{text}` is neither people, a place nor a site");
                let help = audience_help(text, false, front);
                report.error(Code::BAD_TERM, span, message, "not known").help(help);
            }
        }
    }
    found.who = Audience::any(who);
    let Except { who, sites: Sites(sites), places } = &found;
    if who.is_none() && sites.is_empty() && places.is_empty() && !report.has_errors() {
        report.error(Code::BAD_TERM, term.span, "`except` excepts nothing", "empty");
    }
    found
}

fn exception(text: &str, span: Span, registry: &Registry, report: &mut Reporter<'_>) -> Option<Exception> {
    if is_word(text) {
        return Some(Exception::Word(text.to_owned()));
    }
    if text.contains('.') {
        if registry.find(text).is_some() {
            return Some(Exception::Control(text.to_owned()));
        }
        let diagnostic =
            report.error(Code::UNKNOWN_CONTROL, span, format!("there is no control `{text}`"), "not a control");
        if let Some(found) = suggest::nearest(text, registry.names()) {
            diagnostic.help(did_you_mean(found));
        }
        return None;
    }
    report
        .error(Code::BAD_TERM, span, format!("`{text}` is not a circumstance"), "here")
        .help("write a word such as `permission`, or a control that allows it such as `policy.permits`");
    None
}

fn known_time(when: &When, span: Span, front: &Front, report: &mut Reporter<'_>) {
    let When::Named(name) = when else { return };
    let calendar = front.calendar();
    if calendar.knows(when) {
        return;
    }
    let known: Vec<_> = calendar.times.keys().chain(calendar.terms.keys()).chain(calendar.feeds.keys()).collect();
    let help = if known.is_empty() {
        format!("name it in the front matter: `[times]` and below `{name} = \"mon-fri 12:15-13:05\"`")
    } else {
        suggest::one_of(name, &known)
    };
    let message = format!("neither `[times]` nor `[terms]` has `{name}`");
    report.error(Code::UNKNOWN_TIME, span, message, "not known").help(help);
}

fn known_network(place: &Place, span: Span, front: &Front, report: &mut Reporter<'_>) {
    let Place::Network(name) = place else { return };
    if front.networks.contains_key(name) {
        return;
    }
    let known: Vec<_> = front.networks.keys().collect();
    let help = if known.is_empty() {
        format!("name it in the front matter: `[networks]` and below `{name} = {{ addresses = [\"10.1.0.0/16\"] }}`")
    } else {
        suggest::one_of(name, &known)
    };
    report.error(Code::UNKNOWN_NETWORK, span, format!("`[networks]` has no `{name}`"), "not known").help(help);
}

/// Whether the exceptions take away everybody whom the binding binds.
fn nobody(table: &TermTable, common: &CommonTerms, report: &mut Reporter<'_>) {
    let (Some(who), Some(Except { who: Some(except), .. })) = (&common.who, &common.except) else { return };
    let gone = who.atoms().iter().all(|one| except.atoms().iter().any(|two| covers(two, one)));
    if let (true, Some(term)) = (gone, table.get("except")) {
        report
            .error(Code::NOBODY, term.span, "the exceptions take away everybody whom this binds", "leaves nobody")
            .help("except fewer people, or leave the binding out");
    }
}
