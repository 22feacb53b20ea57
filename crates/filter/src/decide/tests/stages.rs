//! The order of deciding, and what comes before the rules: the gate, the hours at home, temporary unblocks.

use super::*;
use crate::rule::{Gate, OffSite};

fn clause(number: &str) -> Arc<ClauseRef> {
    Arc::new(ClauseRef { number: number.into(), ..ClauseRef::default() })
}

/// A rule of the gate, or about devices at home, of a clause with this number.
fn gate_rule(number: &str, text: &str) -> Rule {
    Rule { clause: clause(number), ..rule(0, text) }
}

#[test]
fn the_order_of_deciding() {
    let whole = || {
        let mut parts = parts(&["permit sealed.test for everyone", "block all for everyone"]);
        parts.rules.unblocks = vec![rule(8, "permit games.example,sealed.test for class:5B until 2026-11-25")];
        parts.rules.gate = Some(Gate {
            rules: vec![gate_rule("gate", "block all for everyone")],
            signed_networks: ["guest".to_owned()].into(),
        });
        parts.rules.suspension = Some(clause("suspension"));
        parts
    };
    for who in ["pupil 5B", "head", "unknown", "pupil suspended", "pupil unsigned"] {
        check_in(whole(), who, "https://www.sealed.test/x", "10:00", "block sealed");
        check_in(whole(), who, "https://desk.school.test/", "10:00", "allow desk");
        check_in(whole(), who, "https://www.help.example/", "10:00", "allow help");
        check_in(whole(), who, "http://council.example/help/me", "10:00", "allow help");
    }
    check_in(whole(), "pupil suspended", "https://games.example/", "10:00", "block suspended by suspension");
    check_in(whole(), "pupil unsigned", "https://games.example/", "10:00", "block not-signed by gate");
    check_in(whole(), "unknown", "https://games.example/", "10:00", "block not-signed by gate");
    check_in(whole(), "guest-network", "https://games.example/", "10:00", "block rule by 2");
    check_in(whole(), "pupil 5B", "https://games.example/", "10:00", "allow unblock by 9");
    check_in(whole(), "pupil 5B", "https://games.example/", "2026-11-25 10:00", "block rule by 2");
    check_in(whole(), "pupil 5A", "https://games.example/", "10:00", "block rule by 2");
    check_in(whole(), "pupil", "http://council.example/", "10:00", "block rule by 2");
}

#[test]
fn the_gate_asks_those_whom_its_clauses_bind_here_and_now() {
    let site = "https://news.example/";
    let gated = |texts: &[&str]| {
        let mut parts = parts(&[]);
        let rules = texts.iter().enumerate().map(|(nth, text)| gate_rule(&format!("gate {nth}"), text)).collect();
        parts.rules.gate = Some(Gate { rules, signed_networks: Default::default() });
        parts
    };
    let mut to_come = gated(&["block all for everyone"]);
    to_come.rules.gate.iter_mut().for_each(|gate| gate.rules[0].from = Some(time("2027-01-01 00:00").timestamp()));
    for who in ["pupil Maya unsigned", "unknown"] {
        check_in(to_come.clone(), who, site, "2026-12-31 23:59", "allow");
        check_in(to_come.clone(), who, site, "2027-01-01 00:00", "block not-signed by gate 0");
    }
    let gate = || gated(&["block all for everyone except staff at mon-fri_09:00-12:00 in school"]);
    check_in(gate(), "pupil Maya unsigned", site, "10:00", "block not-signed by gate 0");
    check_in(gate(), "unknown", site, "10:00", "block not-signed by gate 0");
    check_in(gate(), "pupil Maya unsigned", site, "12:00", "allow");
    check_in(gate(), "pupil Maya unsigned home", site, "10:00", "allow");
    check_in(gate(), "teacher Omar unsigned", site, "10:00", "allow");
    // Of one who is known and whom no clause binds, nothing is asked, whomever another clause binds.
    let pupils = || gated(&["block all for pupils", "block all for staff"]);
    check_in(pupils(), "teacher Omar unsigned", site, "10:00", "block not-signed by gate 1");
    let mut later = pupils();
    later.rules.gate.iter_mut().for_each(|gate| gate.rules[1].from = Some(time("2027-01-01 00:00").timestamp()));
    check_in(later.clone(), "teacher Omar unsigned", site, "10:00", "allow");
    check_in(later, "unknown", site, "10:00", "block not-signed by gate 0");
}

#[test]
fn outside_its_hours_home_is_closed_whatever_opens() {
    let site = "https://games.example/";
    let closed = |texts: &[(&str, &str)]| {
        let mut parts = parts(&["permit games.example for everyone", "block news.example for everyone"]);
        parts.rules.unblocks = vec![rule(8, "permit games.example for class:5B")];
        let off_site = texts.iter().enumerate().map(|(nth, (text, hours))| OffSite {
            rule: Arc::new(gate_rule(&format!("home {nth}"), &format!("{text} in home"))),
            hours: vec![When::parse(hours).unwrap()],
        });
        parts.rules.off_site = off_site.collect();
        parts
    };
    let afternoon = "mon-fri 16:00-21:00";
    let whole = || closed(&[("block all for pupils", afternoon)]);
    for who in ["pupil 5B home", "pupil home", "unknown home"] {
        check_in(whole(), who, site, "22:00", "block off-site by home 0");
    }
    check_in(whole(), "pupil 5B home", site, "17:00", "allow unblock by 9");
    check_in(whole(), "pupil home", site, "17:00", "allow by 1");
    // What is closed at all times stays closed in the hours.
    check_in(whole(), "pupil home", "https://news.example/", "17:00", "block rule by 2");
    check_in(whole(), "pupil", site, "22:00", "allow by 1");
    check_in(whole(), "teacher home", site, "22:00", "allow by 1");
    check_in(whole(), "pupil home", "https://help.example/", "22:00", "allow help");
    check_in(whole(), "pupil home", "https://desk.school.test/", "22:00", "allow desk");
    check_in(whole(), "pupil suspended home", site, "22:00", "block suspended");
    // The narrower clause counts; of equally narrow ones the hours of each; of somebody unknown, those of all.
    let evening = "mon-fri 21:00-23:00";
    let two = |who: &str| closed(&[("block all for pupils", afternoon), (&format!("block all for {who}"), evening)]);
    check_in(two("year-9"), "pupil year-9 home", site, "22:00", "allow by 1");
    check_in(two("year-9"), "pupil year-9 home", site, "17:00", "block off-site by home 1");
    check_in(two("year-9"), "pupil year-8 home", site, "22:00", "block off-site by home 0");
    check_in(two("pupils"), "pupil year-9 home", site, "22:00", "allow by 1");
    check_in(two("pupils"), "pupil year-9 home", site, "23:00", "block off-site by home 0");
    check_in(two("year-9"), "unknown home", site, "22:00", "block off-site by home 0");
    // On trial it is recorded, where nothing closes the site anyway.
    let trial = || closed(&[("block all for pupils observe", afternoon)]);
    check_in(trial(), "pupil home", site, "22:00", "observe off-site by home 0");
    check_in(trial(), "pupil home", "https://news.example/", "22:00", "block rule by 2");
}

#[test]
fn opening_a_category_opens_nothing_that_is_grave_besides() {
    let unblocked = |texts: &[&str], site: &str, found: &[&str], expected: &str| {
        let mut parts = parts(&["block all for everyone"]);
        parts.rules.unblocks = texts.iter().enumerate().map(|(nth, text)| rule(7 + nth, text)).collect();
        let found: Vec<_> = found.iter().map(|name| Category::parse(name).unwrap()).collect();
        let (address, at) = (Address::parse(site).unwrap(), time("2026-11-24 10:00"));
        let request = Request { address: &address, viewer: &viewer("pupil 5B"), at: &at, found: &found };
        let (decision, steps) = explain(&request, &Snapshot::new(parts));
        let told = steps.iter().any(|step| step.says.contains("which nobody opened"));
        assert_eq!(format!("{}{}", shown(&decision), if told { ", told" } else { "" }), expected, "{texts:?} {site}");
    };
    let games = "permit games for class:5B";
    unblocked(&[games], "https://games.example/", &[], "allow unblock by 8");
    // A list has it as education too; that does no harm.
    unblocked(&[games], "https://both.example/", &[], "allow unblock by 8");
    // Above it, or below it, a list has it as gambling.
    unblocked(&[games], "https://stakes.example/", &[], "block rule by 1, told");
    unblocked(&[games], "https://play.stakes.example/", &[], "block rule by 1, told");
    unblocked(&[games], "https://casino.games.example/", &[], "block rule by 1, told");
    // So does what it shows.
    unblocked(&[games], "https://games.example/", &["adult"], "block rule by 1, told");
    // Both are opened, or the site is opened by its name.
    unblocked(&[games, "permit gambling for class:5B"], "https://stakes.example/", &[], "allow unblock by 8");
    unblocked(&[games, "permit gambling for class:5A"], "https://stakes.example/", &[], "block rule by 1, told");
    unblocked(&[games, "permit stakes.example for class:5B"], "https://stakes.example/", &[], "allow unblock by 9");
    // What nobody opened is not spoken of.
    unblocked(&["permit video for class:5B"], "https://stakes.example/", &[], "block rule by 1");
}
