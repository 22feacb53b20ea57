//! Licences against what is installed: how many were bought, how many are in use, and what nobody has entered. Decides
//! only.

use std::collections::{BTreeMap, BTreeSet};

use declare::{Entry, typed::fold};
use jiff::civil::Date;
use uuid::Uuid;

use super::audit::Installed;
use crate::fields;

/// How a program of the register stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There are as many licences as installations, or more.
    Enough,
    /// So many are missing.
    Missing(u64),
    /// It needs a licence, and has none.
    None,
    /// Its licences are not counted by device, or it needs none: the number is only to be known.
    NotCounted,
}

/// A program of the register, with what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The entry in the register of software.
    pub(super) software: Uuid,
    /// What it is called there.
    pub(super) name: String,
    /// The names in the audit that were counted to it.
    pub(super) found_as: BTreeSet<String>,
    /// On how many computers it is.
    pub(super) installed: u64,
    /// How many may be in use; none where there is no limit.
    pub(super) bought: Option<u64>,
    /// How it stands.
    pub(super) verdict: Verdict,
    /// How many of them each of its licences by device carries.
    pub(super) counts: Vec<(Uuid, u64)>,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reconciled {
    /// The programs of the register, those with something to see to first.
    pub(super) lines: Vec<Line>,
    /// What is installed and in no register: its name, on how many computers; the most first.
    pub(super) unknown: Vec<(String, u64)>,
}

/// Compares.
pub(super) fn reconcile<'a>(
    audit: &BTreeMap<String, Installed>,
    software: impl Iterator<Item = &'a Entry>,
    licences: &[&Entry],
) -> Reconciled {
    let software: Vec<(&Entry, Vec<String>)> = software
        .filter(|entry| entry.state.as_deref() != Some("retired"))
        .filter_map(|entry| Some((entry, tokens(fields::text(entry, "name")?))))
        .filter(|(_, words)| !words.is_empty())
        .collect();
    let mut found: BTreeMap<Uuid, Vec<&Installed>> = BTreeMap::new();
    let mut unknown: Vec<(String, u64)> = Vec::new();
    for installed in audit.values() {
        let words = tokens(&installed.name);
        let fits = software.iter().filter(|(_, name)| is_called(&words, name));
        match fits.max_by_key(|(_, name)| name.len()) {
            Some((entry, _)) => found.entry(entry.id).or_default().push(installed),
            None => unknown.push((installed.name.clone(), number(installed.computers.len()))),
        }
    }
    unknown.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    let mut lines: Vec<Line> = software
        .iter()
        .map(|(entry, _)| {
            let found = found.get(&entry.id).map(Vec::as_slice).unwrap_or_default();
            line(entry, found, licences)
        })
        .filter(|line| line.installed > 0 || !line.counts.is_empty() || line.verdict == Verdict::None)
        .collect();
    let rank = |line: &Line| match line.verdict {
        Verdict::None => 0,
        Verdict::Missing(_) => 1,
        Verdict::Enough => 2,
        Verdict::NotCounted => 3,
    };
    lines.sort_by_key(|line| (rank(line), fold(&line.name)));
    Reconciled { lines, unknown }
}

fn line(software: &Entry, found: &[&Installed], licences: &[&Entry]) -> Line {
    let computers: BTreeSet<&String> = found.iter().flat_map(|one| &one.computers).collect();
    let installed = number(computers.len());
    let held = licences.iter().filter(|one| fields::entry(one, "software") == Some(software.id));
    let mut held: Vec<&&Entry> = held.filter(|one| one.state.as_deref() == Some("held")).collect();
    // What ends last is filled first: it will carry the computers longest.
    held.sort_by_key(|one| (std::cmp::Reverse(fields::day(one, "ends-on").unwrap_or(Date::MAX)), one.id));
    let by_device: Vec<&&&Entry> = held.iter().filter(|one| fields::text(one, "kind") == Some("device")).collect();
    let unlimited = held.iter().any(|one| fields::text(one, "kind") == Some("site"));
    let bought: u64 = held.iter().map(|one| bought(one)).sum();
    let verdict = match (held.is_empty(), by_device.is_empty()) {
        (true, _) if fields::yes(software, "licence-needed") != Some(true) => Verdict::NotCounted,
        (true, _) if installed == 0 => Verdict::NotCounted,
        (true, _) => Verdict::None,
        (false, true) => Verdict::NotCounted,
        (false, false) if unlimited || installed <= bought => Verdict::Enough,
        (false, false) => Verdict::Missing(installed - bought),
    };
    let mut left = installed;
    let last = by_device.len().saturating_sub(1);
    let counts = by_device.iter().enumerate().map(|(nth, one)| {
        let here = if nth == last { left } else { left.min(self::bought(one)) };
        left -= here;
        (one.id, here)
    });
    Line {
        software: software.id,
        name: fields::text(software, "name").unwrap_or_default().to_owned(),
        found_as: found.iter().map(|one| one.name.clone()).collect(),
        installed,
        bought: (!unlimited).then_some(bought),
        verdict,
        counts: counts.collect(),
    }
}

fn bought(licence: &Entry) -> u64 {
    let number = fields::number(licence, "bought").unwrap_or(0.0).clamp(0.0, 1e9);
    // It is whole, by its declaration.
    format!("{number:.0}").parse().unwrap_or(0)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The words of a name: "Microsoft Office 2019 (64-bit)" has "microsoft", "office", "2019", "64", "bit".
fn tokens(name: &str) -> Vec<String> {
    fold(name).split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether an audit means a program by its words: it begins with the program's name, and what follows says no more than
/// which version, edition or language it is. "Office Compatibility Pack" is not "Office".
fn is_called(words: &[String], name: &[String]) -> bool {
    const MORE: [&str; 22] = [
        "x64",
        "x86",
        "bit",
        "en",
        "us",
        "gb",
        "uk",
        "edition",
        "version",
        "ver",
        "release",
        "build",
        "standard",
        "std",
        "professional",
        "pro",
        "plus",
        "enterprise",
        "education",
        "for",
        "client",
        "lts",
    ];
    let is_more = |word: &String| {
        MORE.contains(&word.as_str()) || word.trim_start_matches(['v', 'r']).chars().all(|char| char.is_ascii_digit())
    };
    words.strip_prefix(name).is_some_and(|rest| rest.iter().all(is_more))
}

#[cfg(test)]
mod tests {
    use declare::Value;

    use super::*;
    use crate::assets::{audit, tests::entry};

    fn program(id: u128, name: &str, needed: bool) -> Entry {
        entry(id, "in-use", &[("name", Value::Text(name.to_owned())), ("licence-needed", Value::YesNo(needed))])
    }

    fn licence(id: u128, of: u128, kind: &str, bought: f64) -> Entry {
        let fields = [
            ("software", Value::Entry(Uuid::from_u128(of))),
            ("kind", Value::Choice(kind.to_owned())),
            ("bought", Value::Number(bought)),
        ];
        entry(id, "held", &fields)
    }

    /// An audit in words: "Office 2019 on a b c".
    fn audit(lines: &[&str]) -> BTreeMap<String, Installed> {
        let mut rows = vec![vec!["Program".to_owned(), "Computer".to_owned()]];
        for line in lines {
            let (name, computers) = line.split_once(" on ").unwrap();
            rows.extend(computers.split(' ').map(|computer| vec![name.to_owned(), computer.to_owned()]));
        }
        audit::read(&rows).unwrap()
    }

    #[track_caller]
    fn check(found: &[&str], licences: &[Entry], installed: u64, verdict: Verdict, counts: &[u64]) {
        let software = [program(1, "Office", true)];
        let licences: Vec<&Entry> = licences.iter().collect();
        let done = reconcile(&audit(found), software.iter(), &licences);
        let line = &done.lines[0];
        let had: Vec<u64> = line.counts.iter().map(|one| one.1).collect();
        assert_eq!((line.installed, &line.verdict, had.as_slice()), (installed, &verdict, counts));
    }

    #[test]
    fn computers_are_counted_once_and_licences_filled_in_turn() {
        check(
            &["Office 2019 on a b", "Office 2016 (64-bit) on B c"],
            &[licence(9, 1, "device", 3.0)],
            3,
            Verdict::Enough,
            &[3],
        );
        check(&["Office on a b c"], &[licence(9, 1, "device", 2.0)], 3, Verdict::Missing(1), &[3]);
        let two = [licence(9, 1, "device", 2.0), licence(10, 1, "device", 5.0)];
        check(&["Office on a b c"], &two, 3, Verdict::Enough, &[2, 1]);
        check(
            &["Office on a b c"],
            &[licence(9, 1, "device", 2.0), licence(10, 1, "device", 0.0)],
            3,
            Verdict::Missing(1),
            &[2, 1],
        );
        check(&["Office on a b c"], &[licence(9, 1, "user", 2.0)], 3, Verdict::NotCounted, &[]);
        check(
            &["Office on a b c"],
            &[licence(9, 1, "device", 1.0), licence(10, 1, "site", 0.0)],
            3,
            Verdict::Enough,
            &[3],
        );
        check(&["Office on a"], &[], 1, Verdict::None, &[]);
        check(&["Else on a"], &[licence(9, 1, "device", 1.0)], 0, Verdict::Enough, &[0]);
        check(&["Office on a"], &[licence(9, 2, "device", 1.0)], 1, Verdict::None, &[]);
    }

    #[test]
    fn names_of_versions_are_known_and_others_are_not() {
        let software = [program(1, "Office", true), program(2, "Office Reader", false), program(3, "Scratch", false)];
        let found = audit(&[
            "OFFICE Professional Plus 2019 - en-us on a",
            "Office Compatibility Pack on a",
            "Office Reader 4.2 on a b",
            "scratch v3 on c",
            "Games 7 on a b c",
        ]);
        let done = reconcile(&found, software.iter(), &[]);
        let lines: Vec<(&str, u64)> = done.lines.iter().map(|line| (line.name.as_str(), line.installed)).collect();
        assert_eq!(lines, [("Office", 1), ("Office Reader", 2), ("Scratch", 1)]);
        assert_eq!(done.unknown, [("Games 7".to_owned(), 3), ("Office Compatibility Pack".to_owned(), 1)]);
    }
}
