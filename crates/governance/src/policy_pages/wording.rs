//! The words of the policy pages: addresses of clauses, sentences about standings, names of modules.

use jiff::civil::Date;
use kernel::{SchoolTime, Standing, time::date_in_words};
use policy::{Clause, Kind};

use super::states::BindingState;

/// The address of a clause on the policy page, without `#`.
pub fn anchor(clause: &Clause) -> String {
    format!("c-{}", key_in_address(clause.key()))
}

/// The page of a clause.
pub fn clause_href(clause: &Clause) -> String {
    format!("/policy/clauses/{}", key_in_address(clause.key()))
}

/// A key with nothing in it that an address would have to escape.
fn key_in_address(key: &str) -> String {
    key.chars()
        .map(|char| if char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_') { char } else { '-' })
        .collect()
}

/// Whether `asked` is the key of `clause` as addresses write it.
pub fn is_key(clause: &Clause, asked: &str) -> bool {
    key_in_address(clause.key()) == asked || clause.number == asked
}

/// Since or by when, and what is the matter or the evidence, as sentences.
pub fn evidence(state: &BindingState, today: Date) -> Vec<String> {
    let statement = state.evidence.statement.clone();
    match &state.standing {
        Standing::Kept | Standing::Untried => vec![statement],
        Standing::Reserved { used } => vec![
            match used {
                0 => "A power that was not used in the last year.".to_owned(),
                1 => "A power that was used once in the last year.".to_owned(),
                many => format!("A power that was used {many} times in the last year."),
            },
            statement,
        ],
        Standing::Due { by, .. } => vec![format!("By {}.", day(*by, today)), statement],
        Standing::NotBuilt => vec!["Gatehouse cannot keep or show this yet.".to_owned()],
        Standing::Unknown { why } => vec![why.clone()],
        Standing::NotKept { since, why, .. } => match since {
            Some(since) => vec![format!("Since {}.", day(SchoolTime::new(*since).date(), today)), why.clone()],
            None => vec![why.clone()],
        },
    }
    .into_iter()
    .map(|sentence| stopped(&sentence))
    .filter(|sentence| !sentence.is_empty())
    .collect()
}

/// A day as a page names it: "today", "Monday 16 November", with the year where it is another.
fn day(day: Date, today: Date) -> String {
    if day == today {
        "today".to_owned()
    } else if day.year() == today.year() {
        day.strftime("%A %-d %B").to_string()
    } else {
        date_in_words(day)
    }
}

/// A sentence with its full stop.
pub(crate) fn stopped(sentence: &str) -> String {
    let sentence = sentence.trim();
    if sentence.is_empty() || sentence.ends_with(['.', '?', '!', ':']) {
        sentence.to_owned()
    } else {
        format!("{sentence}.")
    }
}

/// What mends it, or what must be done by a date.
pub fn todo(standing: &Standing) -> Option<String> {
    let text = match standing {
        Standing::NotKept { mend, .. } => mend.as_str(),
        Standing::Due { what, .. } => what.as_str(),
        Standing::Untried => "Try it once, so that it is known to work.",
        Standing::NotBuilt => "Keep it as you do today, and write down how.",
        Standing::Kept | Standing::Reserved { .. } | Standing::Unknown { .. } => "",
    };
    let text = stopped(text);
    (!text.is_empty()).then_some(text)
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

/// What a kind of control is called on pages.
pub fn kind_title(kind: Kind) -> &'static str {
    match kind {
        Kind::Enforce => "By the system",
        Kind::Record => "By records",
        Kind::Attest => "By confirmation",
        Kind::Inform => "By telling people",
    }
}
