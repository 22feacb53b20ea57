//! One request's outcome, as the log keeps it.
//!
//! `Visit` is what a caller fills in; `Row` is what the log takes. A `Row` can only be made here, and making
//! it holds the rules of the log: no query string, no path where only the name was seen, no person where
//! traffic is not attributed, no person, device, class or exact time for a visit to a help site, and no text
//! longer than its column. Afterwards the type is the proof.

use std::{collections::BTreeSet, fmt, ops::Deref};

use jiff::Timestamp;
use kernel::{DeviceId, Digest, HowKnown, Place, Role, SchoolId, Viewer, Year};

use crate::words::{ClauseRef, Outcome, PersonKey, Scheme};

/// Who asked, as far as it was known at that time.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Who {
    /// The pseudonym of the person; none where the traffic is not attributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonKey>,
    /// The roles that the person held.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// The year group that the person was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<Year>,
    /// The names of the classes that the person was in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<String>,
    /// The network or place that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The device or session whose credential was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// How the person was known.
    #[serde(with = "crate::words::how")]
    pub how: HowKnown,
}

impl Who {
    /// Nobody: not even the place.
    pub fn nobody() -> Self {
        Self {
            person: None,
            roles: BTreeSet::new(),
            year: None,
            classes: BTreeSet::new(),
            place: None,
            device: None,
            how: HowKnown::Unattributed,
        }
    }

    /// What the log keeps of a viewer; `person` is the viewer's pseudonym (`PersonKey::derive`).
    pub fn of(viewer: &Viewer, person: Option<PersonKey>) -> Self {
        Self {
            person,
            roles: viewer.subject.roles.clone(),
            year: viewer.subject.year,
            classes: viewer.subject.classes.clone(),
            place: Some(viewer.place.clone()),
            device: viewer.device,
            how: viewer.how,
        }
    }
}

/// The facts of one request, as the gateway knows them.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Visit {
    /// When the request came; kept to the millisecond.
    #[serde(with = "crate::words::millis")]
    pub at: Timestamp,
    /// The school.
    pub school: SchoolId,
    /// Who asked.
    pub who: Who,
    /// The method: `GET`, `CONNECT`.
    pub method: String,
    /// By which protocol.
    pub scheme: Scheme,
    /// The name or address that was asked for.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path without its query; none where only the name was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether the inside of an encrypted connection was inspected.
    pub inspected: bool,
    /// The category that the decision stands on, or that the site belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What became of the request.
    pub outcome: Outcome,
    /// Why, in few words: `category`, `agreement-not-signed`, `no answer from the site`.
    pub reason: String,
    /// The rule that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The clause that the rule comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseRef>,
    /// The policy in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// The lists in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Digest>,
    /// Bytes that the viewer received.
    pub bytes_down: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
}

impl Visit {
    /// The facts of a request of which nothing is known yet but when and what; to be filled in with `..`.
    pub fn new(school: SchoolId, at: Timestamp, host: &str, outcome: Outcome) -> Self {
        Self {
            at,
            school,
            who: Who::nobody(),
            method: String::new(),
            scheme: Scheme::Other,
            host: host.to_owned(),
            port: 0,
            path: None,
            inspected: false,
            category: None,
            outcome,
            reason: String::new(),
            rule: None,
            clause: None,
            policy: None,
            list: None,
            bytes_down: 0,
            duration_ms: 0,
        }
    }
}

/// A row of the log. Reads as the `Visit` that it was made of, within the rules of the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Row(Visit);

impl Row {
    /// A row of a request. Where the outcome is `Outcome::Help` the row is that of `help_visit`.
    pub fn visit(visit: Visit) -> Self {
        // A new fact does not compile until it is decided here what the log may keep of it.
        let Visit {
            at,
            school,
            who,
            method,
            scheme,
            host,
            port,
            path,
            inspected,
            category,
            outcome,
            reason,
            rule,
            clause,
            policy,
            list,
            bytes_down,
            duration_ms,
        } = visit;
        if outcome == Outcome::Help {
            return Self::help_visit(school, at, host);
        }
        let inside_seen = match scheme {
            Scheme::Http => true,
            Scheme::Https => inspected,
            Scheme::Dns | Scheme::Other => false,
        };
        Self(Visit {
            at: to_millis(at),
            school,
            who: within_rules(who),
            method: text(method, 20),
            scheme,
            host: host_text(host),
            port,
            path: path.filter(|_| inside_seen).map(path_only),
            inspected,
            category: category.map(|it| text(it, 100)),
            outcome,
            reason: text(reason, 200),
            rule: rule.map(|it| text(it, 200)),
            clause: clause.map(|it| ClauseRef { label: text(it.label, 100), number: text(it.number, 40) }),
            policy,
            list,
            bytes_down,
            duration_ms,
        })
    }

    /// A row of a visit to a help site: counted, never listed. It takes nothing that could lead to a person:
    /// no one who asked, no path, no size, and the time only to the hour.
    pub fn help_visit(school: SchoolId, at: Timestamp, host: String) -> Self {
        const HOUR: i64 = 3_600_000;
        let hour = Timestamp::from_millisecond(at.as_millisecond().div_euclid(HOUR) * HOUR).unwrap_or(Timestamp::MIN);
        Self(Visit::new(school, hour, &host_text(host), Outcome::Help))
    }

    /// Whether the row is only counted.
    pub fn is_help(&self) -> bool {
        self.0.outcome == Outcome::Help
    }
}

impl Deref for Row {
    type Target = Visit;
    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl From<Visit> for Row {
    fn from(visit: Visit) -> Self {
        Self::visit(visit)
    }
}

// What a person looked at never gets into the program's own log by way of `{:?}`.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({}, ..)", self.0.outcome)
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Visit({}, ..)", self.outcome)
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Who(..)")
    }
}

/// Traffic that is known by its network alone, or not at all, is never written to a named person.
fn within_rules(who: Who) -> Who {
    let Who { person, roles, year, classes, place, device, how } = who;
    let (person, device) = match how {
        HowKnown::Token | HowKnown::Address => (person, device),
        HowKnown::Network | HowKnown::Unattributed => (None, None),
    };
    let classes = classes.into_iter().map(|name| text(name, 60)).filter(|name| !name.is_empty()).take(40).collect();
    Who { person, roles, year, classes, place, device, how }
}

fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// The text without control characters, cut to so many characters. Nearly all text is as it is to be, and stays.
fn text(given: String, longest: usize) -> String {
    if given.len() <= longest && given.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return given;
    }
    given.chars().filter(|it| !it.is_control()).take(longest).collect()
}

fn host_text(host: String) -> String {
    let is_lower = host.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    text(if is_lower { host } else { host.to_lowercase() }, 255)
}

fn path_only(mut path: String) -> String {
    if let Some(end) = path.find(['?', '#', ';']) {
        path.truncate(end);
    }
    text(path, 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, at};

    #[test]
    fn a_help_visit_carries_nobody() {
        let mut visit = testing::visit(7);
        visit.outcome = Outcome::Help;
        visit.at = at("2026-11-24T10:15:31Z");
        let row = Row::visit(visit);
        assert!(row.is_help());
        assert!(row.who == Who::nobody());
        assert_eq!(row.at, at("2026-11-24T10:00:00Z"));
        assert_eq!((row.path.clone(), row.bytes_down, row.duration_ms, row.port), (None, 0, 0, 0));
    }

    #[test]
    fn the_query_is_never_kept() {
        let mut visit = testing::visit(1);
        visit.scheme = Scheme::Http;
        visit.path = Some("/search?q=secret#x".into());
        assert_eq!(Row::visit(visit).path.as_deref(), Some("/search"));
    }

    #[test]
    fn a_path_needs_a_look_inside() {
        let mut visit = testing::visit(1);
        visit.path = Some("/page".into());
        visit.scheme = Scheme::Https;
        visit.inspected = false;
        assert_eq!(Row::visit(visit.clone()).path, None);
        visit.inspected = true;
        assert_eq!(Row::visit(visit).path.as_deref(), Some("/page"));
    }

    #[test]
    fn unattributed_traffic_names_nobody() {
        for how in [HowKnown::Network, HowKnown::Unattributed] {
            let mut visit = testing::visit(1);
            visit.who.how = how;
            let row = Row::visit(visit);
            assert_eq!((row.who.person, row.who.device), (None, None));
        }
    }

    #[test]
    fn text_is_bounded_and_clean() {
        let mut visit = testing::visit(1);
        visit.host = format!("A\u{1f}{}", "b".repeat(400));
        visit.who.classes = ["5\u{1f}B".to_owned()].into();
        let row = Row::visit(visit);
        assert_eq!(row.host.len(), 255);
        assert!(row.host.starts_with("ab"));
        assert!(row.who.classes.contains("5B"));
    }

    #[test]
    fn debug_says_nothing_of_anybody() {
        let row = Row::visit(testing::visit(1));
        assert_eq!(format!("{row:?}"), format!("Row({}, ..)", row.outcome));
    }
}
