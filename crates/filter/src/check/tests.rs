//! Facts about conflicts and gaps.

use std::sync::Arc;

use kernel::{Sites, Weekly, When};

use super::*;
use crate::rule::{ClauseRef, Otherwise, SetItem};

fn rule(nth: usize, (action, sites, who, except, when): (Action, &str, &str, &str, &str)) -> Rule {
    let sites = Sites(sites.split(',').map(|site| SiteItem::parse(site).unwrap()).collect());
    let mut rule = Rule::new(nth.to_string(), action, sites, Arc::new(ClauseRef::default()));
    let audience =
        |text: &str| Audience::any(text.split(',').map(|one| AudienceAtom::parse(one).unwrap()).collect()).unwrap();
    rule.who = audience(who);
    rule.except = (!except.is_empty()).then(|| audience(except));
    rule.when = (!when.is_empty()).then(|| When::parse(when).unwrap());
    rule
}

fn set(rules: &[(Action, &str, &str, &str, &str)]) -> RuleSet {
    RuleSet {
        rules: rules.iter().enumerate().map(|(nth, row)| rule(nth, *row)).collect(),
        otherwise: Otherwise { action: Action::Permit, clause: None, observe: false },
        sets: [(
            SetName::List("approved".into()),
            vec![SetItem { site: SiteItem::parse("maths.example").unwrap(), act: None, until: None }],
        )]
        .into(),
        ..RuleSet::default()
    }
}

/// A block, a permit, and what the check says of them.
#[track_caller]
fn check(block: (&str, &str, &str, &str), permit: (&str, &str, &str, &str), expected: Option<bool>) {
    let calendar = Calendar {
        times: [("lunch".into(), Weekly::parse("mon-fri 12:15-13:05").unwrap())].into(),
        ..Calendar::default()
    };
    let rules =
        [(Action::Block, block.0, block.1, block.2, block.3), (Action::Permit, permit.0, permit.1, permit.2, permit.3)];
    let found: Vec<_> = set(&rules).conflicts(&calendar).iter().map(|conflict| conflict.certain).collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{block:?} {permit:?}");
}

#[test]
fn equally_narrow_rules_contradict_each_other() {
    check(("games", "pupils", "", ""), ("games", "pupils", "", ""), Some(true));
    check(("games,news", "year-3..year-6", "", ""), ("games", "year-5", "", ""), Some(true));
    check(("games", "staff", "", ""), ("games", "pupils", "", ""), None);
    check(("games", "pupils", "", ""), ("games", "year-5", "", ""), None);
    check(("games", "pupils", "", ""), ("games.example", "pupils", "", ""), None);
    check(("games", "pupils", "", ""), ("games", "pupils", "", "lunch"), None);
    check(("games", "pupils", "", "lunch"), ("games", "pupils", "", "mon 13:00-14:00"), Some(true));
    check(("games", "pupils", "", "lunch"), ("games", "pupils", "", "mon 14:00-15:00"), None);
    check(("games", "class:5A", "", ""), ("games", "class:5B", "", ""), Some(false));
    check(("games", "role:teacher", "", ""), ("games", "role:headteacher", "", ""), Some(false));
    check(("games", "role:teacher", "role:headteacher", ""), ("games", "role:headteacher", "", ""), None);
    check(("games", "everyone", "staff", ""), ("games", "everyone", "", ""), Some(true));
    check(("maths.example", "pupils", "", ""), ("list:approved", "pupils", "", ""), Some(true));
}

#[test]
fn audiences_without_a_profile_are_found() {
    let gaps = |rules: &[(Action, &str, &str, &str, &str)]| {
        let gaps = set(rules).profile_gaps(&usual_audiences());
        gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let block = |who, except, when| (Action::Block, "adult", who, except, when);
    assert_eq!(gaps(&[block("everyone", "", "")]), "");
    assert_eq!(gaps(&[block("pupils,staff,governors,parents", "", "")]), "volunteers contractors guests outside");
    assert_eq!(gaps(&[block("everyone", "staff", "")]), "staff");
    assert_eq!(gaps(&[block("everyone", "year-6", ""), block("year-5..year-7", "", "")]), "");
    assert_eq!(gaps(&[block("everyone", "", "mon 09:00-10:00")]), gaps(&[]));
    let pupils = [AudienceAtom::parse("pupils").unwrap(), AudienceAtom::parse("ks2").unwrap()];
    let by_years = set(&[block("nursery..year-4", "", ""), block("year-5..year-13", "", "")]);
    assert_eq!(by_years.profile_gaps(&pupils), []);
    assert_eq!(set(&[block("nursery..year-4", "", "")]).profile_gaps(&pupils), pupils);
    assert_eq!(RuleSet::default().profile_gaps(&pupils), [], "all is closed otherwise");
}
