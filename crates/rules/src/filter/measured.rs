//! The standing of clauses about what passes: the gateway follows the policy, and can do what the clause needs.

use ::policy::{Binding, Policy};

use crate::{
    facts::Facts,
    filter::{gateway, https_inspection},
    judgement::{Judgement, kept, not_kept, unknown},
};

/// Scanning that stood still for longer than this many days shows nothing of today.
const SIGNATURE_DAYS: i64 = 3;

/// What a measure needs beyond a running gateway.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs {
    /// Encrypted connections have to be opened.
    pub(crate) opened: bool,
    /// They have to be opened, or led to the safe names of search engines.
    pub(crate) safe_names: bool,
    /// The scanner has to answer.
    pub(crate) scanner: bool,
}

/// Judges a clause about what passes. `words` are those that the gateway counts it by, `counted` says of what.
pub(crate) fn judge(
    needs: Needs,
    words: &[&str],
    counted: &str,
    _: &Binding,
    policy: &Policy,
    facts: &Facts,
) -> Judgement {
    match wanting(needs, policy, facts) {
        Some(judgement) => *judgement,
        None => {
            let statement = match &facts.filtering.carried {
                Ok(_) if words.is_empty() => "The gateway does it.".to_owned(),
                Ok(carried) => {
                    let number: u64 = words.iter().filter_map(|word| carried.get(*word)).sum();
                    format!("The gateway does it; {number} {counted} in 28 days.")
                }
                Err(why) => return unknown(&facts.now, why.clone()),
            };
            let (standing, mut evidence) = kept(&facts.now, statement);
            if needs.opened
                && let Ok(inspection) = &facts.filtering.inspection
            {
                evidence = evidence
                    .figure("Devices of the school that came since the start", inspection.school_devices)
                    .figure("Opened in 28 days", inspection.opened);
            }
            if needs.scanner
                && let Ok(scanner) = &facts.filtering.scanner
            {
                evidence = evidence
                    .figure("Files with a virus in 28 days", scanner.found)
                    .figure("Files that could not be scanned since the start", scanner.unscanned);
            }
            (standing, evidence)
        }
    }
}

/// What is wanting, if anything.
fn wanting(needs: Needs, policy: &Policy, facts: &Facts) -> Option<Box<Judgement>> {
    let now = &facts.now;
    if let Err(judgement) = gateway(facts) {
        return Some(judgement);
    }
    if needs.safe_names {
        match &facts.filtering.names {
            Ok(names) if names.safe_names => {}
            Ok(_) => {
                if let Some(judgement) = unopened(policy, facts) {
                    return Some(judgement);
                }
            }
            Err(why) => return Some(Box::new(unknown(now, why.clone()))),
        }
    }
    if needs.opened
        && let Some(judgement) = unopened(policy, facts)
    {
        return Some(judgement);
    }
    if needs.scanner {
        let scanner = match &facts.filtering.scanner {
            Ok(scanner) => scanner,
            Err(why) => return Some(Box::new(unknown(now, why.clone()))),
        };
        if scanner.up_since.is_none() {
            return Some(Box::new(not_kept(
                now,
                "The virus scanner does not answer.",
                "Start it, or mend its address: `scanner` under [gateway] in gatehouse.toml.",
            )));
        }
        let oldest = now.timestamp().as_second() - SIGNATURE_DAYS * 24 * 3600;
        if scanner.signatures.is_none_or(|at| at.as_second() < oldest) {
            return Some(Box::new(not_kept(
                now,
                format!("The scanner's signatures are older than {SIGNATURE_DAYS} days."),
                "Bring them up to date: freshclam.",
            )));
        }
    }
    None
}

/// Where encrypted connections are not opened, what is inside them is not seen.
pub(crate) fn unopened(policy: &Policy, facts: &Facts) -> Option<Box<Judgement>> {
    let now = &facts.now;
    if !https_inspection::asked(policy) {
        return Some(Box::new(not_kept(
            now,
            "Encrypted connections are not opened, so only what comes in clear is looked at.",
            "Add a clause `filter.https-inspection`, and bring the school's root to its devices.",
        )));
    }
    match &facts.filtering.inspection {
        Err(why) => Some(Box::new(unknown(now, why.clone()))),
        Ok(inspection) if !inspection.running => Some(Box::new(not_kept(
            now,
            "The gateway does not open encrypted connections.",
            "Look at the log of the program: it says why.",
        ))),
        Ok(inspection) if inspection.issuer_ends.is_some_and(|end| end <= now.timestamp()) => Some(Box::new(not_kept(
            now,
            "The certificate by which connections are opened has ended.",
            "Look at the log of the program: it says why no new one was made.",
        ))),
        Ok(inspection) if inspection.without_root > 0 => Some(Box::new(not_kept(
            now,
            format!(
                "{} of {} devices of the school have not shown that they trust its root.",
                inspection.without_root, inspection.school_devices
            ),
            "Bring the root to them: the page of the filter's certificate lists them.",
        ))),
        Ok(inspection) if inspection.opened == 0 => Some(Box::new(not_kept(
            now,
            "No encrypted connection has been opened in 28 days: no device is known as the school's, or none has its root.",
            "Say in the register of hardware which devices are the school's, and bring the root to them: the page of the filter's certificate.",
        ))),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::{
        facts::{Facts, InspectionFacts, NameFacts, ScannerFacts},
        filter::tests::{facts, policy},
    };

    fn standing(clauses: &str, control: &str, facts: &Facts) -> &'static str {
        let policy = policy(clauses);
        let (_, binding) = policy.all_bindings().find(|(_, binding)| binding.control.to_string() == control).unwrap();
        crate::standing::judge(binding, &policy, facts).0.id()
    }

    #[test]
    fn what_is_encrypted_is_seen_only_where_it_is_opened() {
        let files = "- No programs. `p: filter.executables { who = \"everyone\" }`\n";
        let both = format!("{files}- We look in. `i: filter.https-inspection`\n");
        let mut facts = facts();
        facts.filtering.carried = Ok(std::collections::BTreeMap::new());
        assert_eq!(standing(files, "filter.executables", &facts), "not-kept");
        assert_eq!(standing(&both, "filter.executables", &facts), "unknown");
        let mut inspection = InspectionFacts { running: true, school_devices: 30, ..InspectionFacts::default() };
        facts.filtering.inspection = Ok(inspection.clone());
        assert_eq!(standing(&both, "filter.executables", &facts), "not-kept", "nothing was opened yet");
        inspection.opened = 1;
        facts.filtering.inspection = Ok(inspection.clone());
        assert_eq!(standing(&both, "filter.executables", &facts), "kept");
        inspection.without_root = 2;
        facts.filtering.inspection = Ok(inspection);
        assert_eq!(standing(&both, "filter.executables", &facts), "not-kept");
        facts.filtering.inspection = Ok(InspectionFacts::default());
        assert_eq!(standing(&both, "filter.https-inspection", &facts), "not-kept");
    }

    #[test]
    fn safe_names_make_searches_safe_without_opening() {
        let clause = "- Safe. `s: filter.safe-search { who = \"pupils\" }`\n";
        let mut facts = facts();
        facts.filtering.carried = Ok([("safe-search".to_owned(), 3)].into());
        assert_eq!(standing(clause, "filter.safe-search", &facts), "unknown");
        facts.filtering.names = Ok(NameFacts { safe_names: true, ..NameFacts::default() });
        assert_eq!(standing(clause, "filter.safe-search", &facts), "kept");
        facts.filtering.names = Ok(NameFacts::default());
        assert_eq!(standing(clause, "filter.safe-search", &facts), "not-kept");
    }

    #[test]
    fn a_scanner_that_is_down_or_old_keeps_nothing() {
        let clauses = "- Scanned. `s: malware.gateway-scan`\n- We look in. `i: filter.https-inspection`\n";
        let mut facts = facts();
        facts.filtering.carried = Ok(std::collections::BTreeMap::new());
        facts.filtering.inspection = Ok(InspectionFacts { running: true, opened: 1, ..InspectionFacts::default() });
        assert_eq!(standing(clauses, "malware.gateway-scan", &facts), "unknown");
        let now: Timestamp = facts.now.timestamp();
        let up = ScannerFacts { up_since: Some(now), signatures: Some(now), ..ScannerFacts::default() };
        facts.filtering.scanner = Ok(up.clone());
        assert_eq!(standing(clauses, "malware.gateway-scan", &facts), "kept");
        facts.filtering.scanner = Ok(ScannerFacts { up_since: None, ..up.clone() });
        assert_eq!(standing(clauses, "malware.gateway-scan", &facts), "not-kept");
        facts.filtering.scanner = Ok(ScannerFacts { signatures: Some(Timestamp::UNIX_EPOCH), ..up });
        assert_eq!(standing(clauses, "malware.gateway-scan", &facts), "not-kept");
    }
}
