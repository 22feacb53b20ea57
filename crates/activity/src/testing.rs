//! Rows for tests.

use jiff::Timestamp;
use kernel::{DeviceId, Digest, HowKnown, Place, Role, SchoolId, Year};

use crate::{ClauseRef, Outcome, PersonKey, Scheme, Visit, Who};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn school(number: u8) -> SchoolId {
    SchoolId::from_parts(1_790_000_000_000, &[number; 10])
}

/// A visit that depends on nothing but its number, with all its facts.
pub(crate) fn visit(number: u64) -> Visit {
    let pupil = number % 12;
    let outcome = match number % 7 {
        0 => Outcome::Blocked,
        1 => Outcome::Observed,
        2 if number.is_multiple_of(3) => Outcome::Failed,
        3 if number.is_multiple_of(5) => Outcome::Refused,
        _ => Outcome::Allowed,
    };
    let blocked = outcome == Outcome::Blocked || outcome == Outcome::Observed;
    Visit {
        at: Timestamp::from_millisecond(1_795_500_000_000 + i64::try_from(number).unwrap() * 731).unwrap(),
        school: school(1),
        who: Who {
            person: Some(PersonKey([u8::try_from(pupil).unwrap(); 16])),
            roles: [Role::ALL[usize::try_from(pupil).unwrap() % Role::ALL.len()]].into(),
            year: Year::numbered(u8::try_from(1 + pupil % 6).unwrap()),
            classes: [format!("{}A", 1 + pupil % 6), "Chess 1".to_owned()].into(),
            place: Some(if number.is_multiple_of(2) { Place::School } else { Place::Network("wifi".into()) }),
            device: (!number.is_multiple_of(3)).then(|| DeviceId::from_parts(pupil, &[3; 10])),
            how: if number.is_multiple_of(3) { HowKnown::Address } else { HowKnown::Token },
        },
        method: "GET".into(),
        scheme: if number.is_multiple_of(2) { Scheme::Http } else { Scheme::Https },
        host: format!("www.site-{}.example", number % 40),
        port: 443,
        path: (number.is_multiple_of(2)).then(|| format!("/page/{}", number % 9)),
        inspected: false,
        category: blocked.then(|| format!("category-{}", number % 5)),
        outcome,
        reason: if blocked { "category".into() } else { String::new() },
        rule: blocked.then(|| format!("fc#{}", number % 3)),
        clause: blocked.then(|| ClauseRef { label: format!("c{}", number % 4), number: format!("4.2.{}", number % 4) }),
        policy: Some(Digest([7; 32])),
        list: blocked.then_some(Digest([8; 32])),
        bytes_down: number * 37 % 100_000,
        duration_ms: u32::try_from(number % 900).unwrap(),
    }
}

/// Any visit at all, texts of every kind included.
pub(crate) fn any_visit() -> impl proptest::strategy::Strategy<Value = Visit> {
    use proptest::prelude::*;
    let texts = (".{0,12}", ".{0,12}", prop::option::of(".{0,12}"), prop::option::of(".{0,12}"));
    let choice =
        (0..Outcome::ALL.len(), 0..Scheme::ALL.len(), any::<bool>(), prop::collection::btree_set(".{0,6}", 0..4));
    (0u64..10_000_000, texts, choice, any::<u16>()).prop_map(
        |(number, (host, reason, path, category), (outcome, scheme, inspected, classes), port)| {
            let mut visit = visit(number);
            visit.outcome = Outcome::ALL[outcome];
            visit.scheme = Scheme::ALL[scheme];
            visit.who.classes = classes;
            Visit { host, reason, path, category, inspected, port, ..visit }
        },
    )
}
