//! What a check of a whole policy asks of its filtering clauses.

use ::filter::{Action, Category, Shared, covers_strangers, usual_audiences};
use ::policy::{Binding, Code, Condition, Exception, Policy, PolicyCheck, Reporter};
use kernel::{AudienceAtom, Capacity, SiteItem, Year};

use crate::judgement::listed;

use super::{
    block_page::BlockPage,
    draft::drafts_of,
    rule_set::{rule_set, sites_of},
};

/// Categories that nobody knows, times that cannot be combined, rules that contradict each other.
#[derive(Debug)]
pub struct FilterCheck;

impl PolicyCheck for FilterCheck {
    fn check(&self, policy: &Policy, report: &mut Reporter<'_>) {
        for (_, binding) in policy.bindings("access", "gated-on-agreement") {
            check_times_and_places(binding, report);
        }
        for (_, binding) in policy.all_bindings() {
            let Some(sites) = sites_of(binding) else { continue };
            for site in sites.iter().flat_map(|sites| &sites.0) {
                check_category(site, binding, report);
            }
            check_breadth(binding, report);
            check_shared(binding, report);
            check_times_and_places(binding, report);
        }
        check_without_effect(policy, report);
        check_networks(policy, report);
        check_conflicts(policy, report);
        check_profiles(policy, report);
    }
}

/// What closes sites holds at any of the times and places that it names.
fn check_times_and_places(binding: &Binding, report: &mut Reporter<'_>) {
    if names_all(binding.common.when.as_ref()) || names_all(binding.common.place.as_ref()) {
        let message = "a rule about sites cannot ask for all of several times or places";
        report
            .error(Code::BAD_TERM, binding.span, message, "here")
            .help("give the time that they have in common a name in `[times]`");
    }
}

/// Terms that the language knows and the filter does not follow: a clause that says them would read as if it did.
fn check_without_effect(policy: &Policy, report: &mut Reporter<'_>) {
    for (_, binding) in policy.all_bindings() {
        let of_sites = drafts_of(binding).is_some();
        // Sealed lists refuse their own.
        let named = binding.control.module() == "filter" && binding.control.name() != "illegal-lists";
        if !(of_sites || named) || !crate::ours(policy, binding) {
            continue;
        }
        let common = &binding.common;
        let spot = |key: &str| binding.given.get(key).map_or(binding.span, |term| term.span);
        let mut error = |key: &str, message: String, help: &str| {
            report.error(Code::BAD_TERM, spot(key), message, "here").help(help);
        };
        // A power says on which occasion people use it; the filter itself does nothing of it.
        if !common.may {
            if !common.on.is_empty() {
                let help = "say the time with `when`, or take `on` away";
                error("on", "`on` has no effect on the filter: nothing tells it of an occasion".to_owned(), help);
            }
            if !common.after.is_empty() {
                error("after", "`after` has no effect on the filter".to_owned(), "take `after` away");
            }
            for exception in common.unless.iter().flat_map(Condition::parts) {
                if !(of_sites && lifts(exception, policy)) {
                    let message = match exception {
                        Exception::Word(word) => format!("nothing lifts the filter for `{word}`"),
                        Exception::Control(control) => format!("no clause lifts the filter by `{control}`"),
                    };
                    let help = "write `filter.temporary-unblock` or `policy.permits`, and add a clause that has it; or take `unless` away";
                    error("unless", message, help);
                }
            }
        }
        let reading = |name: &str| binding.control.module() == "filter" && binding.control.name() == name;
        if reading("change-log") && common.by.is_some() && common.every.is_none() {
            report
                .warning(Code::NO_EFFECT, spot("by"), "`by` has no effect without `every`", "nobody is asked")
                .help("add `every`, such as `every = \"1 term\"`");
        }
        if reading("block-page") && binding.terms::<BlockPage>().is_ok_and(|terms| terms.says_less()) {
            report
                .warning(Code::NO_EFFECT, spot("says"), "the page of a block always says all of it", "changes nothing")
                .help("take `says` away");
        }
    }
}

/// Whether what a clause names as lifting it is there and does: what is opened for a class, and a permit.
fn lifts(exception: &Exception, policy: &Policy) -> bool {
    let Exception::Control(control) = exception else { return false };
    let Some((module, name)) = control.split_once('.') else { return false };
    matches!((module, name), ("filter", "temporary-unblock") | ("policy", "permits"))
        && policy.bindings(module, name).any(|(_, binding)| crate::ours(policy, binding))
}

fn check_category(site: &SiteItem, binding: &Binding, report: &mut Reporter<'_>) {
    if let SiteItem::Category(name) = site
        && let Err(bad) = Category::parse(name)
    {
        let help = format!("write {}", bad.expected);
        report.error(Code::BAD_TERM, binding.span, format!("there is no category `{name}`"), "here").help(help);
    }
}

/// What is opened has to be somebody's: a pattern or ending that fits names of strangers opens whatever they put there.
fn check_breadth(binding: &Binding, report: &mut Reporter<'_>) {
    let opened = drafts_of(binding).unwrap_or_default().into_iter().filter(|draft| draft.action == Action::Permit);
    for site in opened.flat_map(|draft| draft.sites.0).filter(covers_strangers) {
        let message = format!("`{site}` is open to whoever registers a name that fits");
        report
            .error(Code::BAD_TERM, binding.span, message, "opened here")
            .help("name the sites, such as `bbc.co.uk`, which covers all names below it");
    }
}

/// Under some names many owners have sites of their own: that all of them are closed or open is told.
fn check_shared(binding: &Binding, report: &mut Reporter<'_>) {
    for draft in drafts_of(binding).unwrap_or_default() {
        for (site, shared) in draft.sites.0.iter().filter_map(|site| Some((site, Shared::of(site)?))) {
            let message = format!("`{site}` covers the sites of many owners");
            let (says, one) = match draft.action {
                Action::Permit => ("opened here", "open"),
                Action::Block => ("closed here", "close"),
            };
            let help = format!("to {one} the site of one owner, write its own name, such as `{}`", shared.example());
            report.warning(Code::SHARED_HOST, binding.span, message, says).help(help);
        }
    }
}

/// Networks that only devices of the school are on have to be networks that the policy knows; else nothing would be
/// opened there, and nobody would see why.
fn check_networks(policy: &Policy, report: &mut Reporter<'_>) {
    for (_, binding) in policy.bindings("filter", "https-inspection") {
        let Ok(terms) = binding.terms::<super::https_inspection::HttpsInspection>() else { continue };
        let known: Vec<_> = policy.front.networks.keys().map(|name| format!("`{name}`")).collect();
        for name in terms.school_networks.iter().filter(|name| !policy.front.networks.contains_key(*name)) {
            let help = match known.as_slice() {
                [] => "name it under `[networks]`, with its addresses".to_owned(),
                known => format!("the policy names {}", listed(known)),
            };
            let message = format!("the policy names no network `{name}`");
            report.error(Code::BAD_TERM, binding.span, message, "here").help(help);
        }
    }
}

fn names_all<T>(condition: Option<&Condition<T>>) -> bool {
    match condition {
        Some(Condition::All(parts)) => parts.len() > 1,
        Some(Condition::Any(parts)) => parts.iter().any(|part| names_all(Some(part))),
        Some(Condition::One(_)) | None => false,
    }
}

/// A site that is closed and open to the same people at the same time by two clauses that are equally narrow. Where it
/// depends on who is in a class or group, the decision closes; only what is certain is an error.
fn check_conflicts(policy: &Policy, report: &mut Reporter<'_>) {
    for conflict in rule_set(policy).conflicts(&policy.front.calendar()) {
        let span_of = |id: &str| {
            let key = id.split(':').next().unwrap_or(id);
            policy.all_bindings().find(|(_, binding)| binding.key == key).map(|(_, binding)| binding.span)
        };
        let (Some(block), Some(permit)) = (span_of(&conflict.block), span_of(&conflict.permit)) else { continue };
        if !conflict.certain {
            continue;
        }
        let also = report.spot(permit, "opened here");
        let message = format!("`{}` is closed and open to the same people at the same time", conflict.site);
        report.error(Code::CONFLICT, block, message, "closed here").also(also).help(
            "make one of them narrower: an address instead of a category, a class instead of all pupils, or a time",
        );
    }
}

/// Pupils of each year and staff for whom nothing is ever closed, where the policy filters at all.
fn check_profiles(policy: &Policy, report: &mut Reporter<'_>) {
    let set = rule_set(policy);
    let first = policy.all_bindings().find(|(_, binding)| sites_of(binding).is_some());
    let filters = !set.rules.is_empty() || !set.off_site.is_empty();
    let (true, Some((_, first))) = (filters, first) else { return };
    let must = |atom: &AudienceAtom| matches!(atom, AudienceAtom::Years(..) | AudienceAtom::All(Capacity::Staff));
    let audiences: Vec<_> = usual_audiences().into_iter().filter(must).collect();
    let gaps = set.profile_gaps(&audiences);
    if !gaps.is_empty() {
        let titles = |role| policy.front.title_of(role);
        let words: Vec<_> = joined(gaps).iter().map(|atom| atom.in_words(&titles)).collect();
        report
            .error(Code::NO_PROFILE, first.span, format!("nothing is ever closed for {}", listed(&words)), "filtering begins here")
            .help("add a clause that closes something for everyone, such as `filter.categories { who = \"everyone\", block = [\"adult\", \"gambling\"] }`");
    }
}

/// The same people in fewer words: years that follow each other become one stretch, and all of them pupils.
fn joined(atoms: Vec<AudienceAtom>) -> Vec<AudienceAtom> {
    let mut found: Vec<AudienceAtom> = Vec::new();
    for atom in atoms {
        match (found.last_mut(), &atom) {
            (Some(AudienceAtom::Years(_, last)), AudienceAtom::Years(next, to))
                if Year::all().find(|year| year > last) == Some(*next) =>
            {
                *last = *to;
            }
            _ => found.push(atom),
        }
    }
    let (youngest, oldest) = (Year::all().min(), Year::all().max());
    for atom in &mut found {
        if let AudienceAtom::Years(from, to) = atom
            && (Some(*from), Some(*to)) == (youngest, oldest)
        {
            *atom = AudienceAtom::All(Capacity::Pupil);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    /// What is said of a policy of these clauses.
    fn diagnostics(clauses: &str) -> Vec<::policy::Diagnostic> {
        let text = format!(
            "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n+++\n\n# 1 Clauses\n\n{clauses}"
        );
        ::policy::check(&::policy::Source::of_text(text), &crate::controls(), date(2026, 11, 22)).diagnostics
    }

    /// What is wrong with it: the code and the message of each error.
    fn errors(clauses: &str) -> Vec<(&'static str, String)> {
        let wrong = diagnostics(clauses).into_iter().filter(|it| it.severity == ::policy::Severity::Error);
        wrong.map(|it| (it.code.0, it.message)).collect()
    }

    const PUPILS: &str =
        "- Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`\n";
    const EVERYONE: &str =
        "- Adult sites are closed. `adult: filter.categories { who = \"everyone\", block = \"adult\" }`\n";

    #[test]
    fn an_audience_for_whom_nothing_is_ever_closed_is_an_error() {
        assert_eq!(errors(PUPILS), [("no-profile", "nothing is ever closed for staff".to_owned())]);
        assert_eq!(errors(EVERYONE), []);
        assert_eq!(errors(&format!("{PUPILS}{EVERYONE}")), []);
        let young = "- Closed to the youngest. `young: filter.categories { who = [\"nursery..year-5\", \"staff\"], block = \"games\" }`\n";
        let older = "nothing is ever closed for pupils from Year 6 to Year 13";
        assert_eq!(errors(young), [("no-profile", older.to_owned())]);
    }

    #[test]
    fn what_is_closed_at_times_or_in_places_is_no_profile() {
        for term in ["when = \"mon-fri 09:00-12:15\"", "where = \"school\""] {
            let sometimes = format!(
                "- Adult sites. `adult: filter.categories {{ who = \"everyone\", block = \"adult\", {term} }}`\n"
            );
            let nobody = "nothing is ever closed for pupils and staff";
            assert_eq!(errors(&sometimes), [("no-profile", nobody.to_owned())], "{term}");
        }
    }

    #[test]
    fn a_network_of_school_devices_has_to_be_known() {
        let clause = "- We look in. `in: filter.https-inspection { school-networks = [\"classrooms\"] }`\n";
        let wrong = errors(&format!("{clause}{EVERYONE}"));
        assert_eq!(wrong, [("bad-term", "the policy names no network `classrooms`".to_owned())]);
    }

    #[test]
    fn what_anybody_could_register_is_not_opened() {
        for site in ["co.uk", "*.co.uk", "*school*"] {
            let clause = format!("- Open. `open: filter.categories {{ who = \"pupils\", permit = \"{site}\" }}`\n");
            let message = format!("`{site}` is open to whoever registers a name that fits");
            assert_eq!(errors(&format!("{clause}{EVERYONE}")), [("bad-term", message)]);
        }
        for site in ["bbc.co.uk", "*.bbc.co.uk", "*.gov.uk"] {
            let clause = format!("- Open. `open: filter.categories {{ who = \"pupils\", permit = \"{site}\" }}`\n");
            assert_eq!(errors(&format!("{clause}{EVERYONE}")), []);
        }
        let closed = "- Closed. `closed: filter.categories { who = \"pupils\", block = \"*proxy*\" }`\n";
        assert_eq!(errors(&format!("{closed}{EVERYONE}")), []);
    }

    #[test]
    fn a_name_that_many_owners_share_is_told() {
        let warned = |terms: &str| {
            let clause = format!("- Sites. `some: filter.categories {{ who = \"pupils\", {terms} }}`\n");
            let all = diagnostics(&format!("{clause}{EVERYONE}"));
            let shared = all.into_iter().filter(|it| it.code == ::policy::Code::SHARED_HOST);
            shared.map(|it| (it.message, it.help.unwrap_or_default())).collect::<Vec<_>>()
        };
        let told = |name: &str, help: &str| [(format!("`{name}` covers the sites of many owners"), help.to_owned())];
        assert_eq!(
            warned("block = \"blogspot.com\""),
            told("blogspot.com", "to close the site of one owner, write its own name, such as `name.blogspot.com`")
        );
        assert_eq!(
            warned("permit = \"sites.google.com\""),
            told(
                "sites.google.com",
                "to open the site of one owner, write its own name, such as `sites.google.com/name`"
            )
        );
        assert_eq!(warned("permit = [\"maths.blogspot.com\", \"sites.google.com/view/maths\"]"), []);
    }

    #[test]
    fn what_the_filter_does_not_follow_is_an_error() {
        let said = |clauses: &str| {
            let all = diagnostics(&format!("{clauses}{EVERYONE}")).into_iter();
            let mine = all.filter(|it| ["bad-term", "no-effect"].contains(&it.code.0));
            mine.map(|it| format!("{}:{} {}", it.spot.line, it.spot.column, it.message)).collect::<Vec<_>>()
        };
        let closed = |terms: &str| format!("- Closed. `a: filter.categories {{ block = \"news\", {terms} }}`\n");
        for (terms, message) in [
            ("on = \"emergency\"", "10:56 `on` has no effect on the filter: nothing tells it of an occasion"),
            ("unless = \"permission\"", "10:60 nothing lifts the filter for `permission`"),
            ("after = \"adult\"", "10:59 `after` has no effect on the filter"),
            ("unless = \"filter.temporary-unblock\"", "10:60 no clause lifts the filter by `filter.temporary-unblock`"),
        ] {
            assert_eq!(said(&closed(terms)), [message]);
        }
        let lesson = "- For a lesson. `lesson: filter.temporary-unblock`\n";
        assert_eq!(said(&format!("{}{lesson}", closed("unless = \"filter.temporary-unblock\""))), [""; 0]);
        assert_eq!(
            said("- Logged. `log: filter.change-log { by = \"network-manager\" }`\n"),
            ["10:42 `by` has no effect without `every`"]
        );
        assert_eq!(
            said("- Logged. `log: filter.change-log { by = \"network-manager\", every = \"1 term\" }`\n"),
            [""; 0]
        );
        assert_eq!(
            said("- Why. `why: filter.block-page { says = [\"why\"] }`\n"),
            ["10:41 the page of a block always says all of it"]
        );
    }

    #[test]
    fn a_policy_that_filters_nothing_needs_no_profile() {
        let no_filter = "- Pupils sign first. `gate: access.gated-on-agreement { who = \"pupils\" }`\n\
                         - We tell pupils. `told: filter.categories { inform = \"pupils\", block = \"adult\" }`\n";
        assert_eq!(errors(no_filter), []);
    }
}
