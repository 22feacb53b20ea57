//! An outlook as figures, tables and a picture: how much, by clause, by audience, by site, with examples that name
//! nobody.

use std::collections::BTreeMap;

use filter::what_if::{Change, Outlook, Turn};
use kernel::{SchoolTime, time::date_in_words};

use super::{Foreseen, NOBODY, Tried};

/// What would have been otherwise, as the page prints it.
pub(super) struct Found {
    pub(super) lead: String,
    pub(super) closes: Figure,
    pub(super) opens: Figure,
    pub(super) same: String,
    pub(super) look: Option<Look>,
    pub(super) clauses: Vec<ByClause>,
    pub(super) audiences: Vec<ByAudience>,
    pub(super) sites: Vec<BySite>,
    pub(super) more_sites: usize,
    pub(super) examples: Vec<Example>,
    pub(super) unreadable: u64,
    pub(super) complete: bool,
    pub(super) export: String,
}

/// How many requests, and to how many sites.
pub(super) struct Figure {
    pub(super) requests: String,
    pub(super) sites: String,
}

/// What to look at first: the site that most people would lose.
pub(super) struct Look {
    pub(super) site: String,
    pub(super) says: String,
}

/// What one clause does.
pub(super) struct ByClause {
    pub(super) number: Option<String>,
    pub(super) text: String,
    pub(super) says: String,
}

/// What one audience would notice, with the stretches of its bar.
pub(super) struct ByAudience {
    pub(super) name: String,
    pub(super) closes: String,
    pub(super) opens: String,
    pub(super) left: String,
    pub(super) left_width: String,
    pub(super) right_width: String,
}

/// What happens to one site.
pub(super) struct BySite {
    pub(super) site: String,
    pub(super) would: &'static str,
    pub(super) requests: String,
}

/// One request that would be decided otherwise.
pub(super) struct Example {
    pub(super) site: String,
    pub(super) who: String,
    pub(super) when: String,
    pub(super) would: &'static str,
    pub(super) why: String,
}

/// The most sites and examples that the page shows.
const SITES: usize = 20;
const EXAMPLES: usize = 8;

/// Half of the picture's width, in tenths of its own units.
const HALF: u64 = 1_700;

/// A number with commas.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

fn small(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The share of requests that stay as they were, which is all of them only where nothing changes.
fn same(outlook: &Outlook) -> String {
    let changed = outlook.requests_that(Turn::Closes) + outlook.requests_that(Turn::Opens);
    let unchanged = outlook.requests.saturating_sub(changed);
    let thousandths = unchanged.saturating_mul(1_000).checked_div(outlook.requests).unwrap_or(1_000);
    if thousandths == 1_000 { "100%".to_owned() } else { format!("{}.{}%", thousandths / 10, thousandths % 10) }
}

fn would(turn: Turn) -> &'static str {
    match turn {
        Turn::Closes => "Newly blocked",
        Turn::Opens => "Newly open",
    }
}

/// What is found out, for the page. `export` is where it is to be had as a file.
pub(super) fn found(foreseen: &Foreseen, tried: Tried, export: String) -> Found {
    let outlook = &foreseen.outlook;
    let (from, to) = (date_in_words(foreseen.from), date_in_words(foreseen.to));
    let requests = counted(outlook.requests, "request", "requests");
    let subject = match tried {
        Tried::Draft(_) => "the draft",
        Tried::Change(_) => "the change",
    };
    let verdict = if outlook.changes.is_empty() {
        "Nothing would have been otherwise.".to_owned()
    } else {
        format!("What {subject} would have made otherwise stands below.")
    };
    let figure = |turn: Turn| Figure {
        requests: number(outlook.requests_that(turn)),
        sites: counted(small(outlook.sites_that(turn)), "site", "sites"),
    };
    let sites = by_site(outlook);
    Found {
        lead: format!("Gatehouse decided {requests} from {from} to {to} again. {verdict}"),
        closes: figure(Turn::Closes),
        opens: figure(Turn::Opens),
        same: same(outlook),
        look: look(outlook, subject),
        clauses: by_clause(outlook),
        audiences: by_audience(outlook),
        more_sites: sites.len().saturating_sub(SITES),
        sites: sites
            .into_iter()
            .take(SITES)
            .map(|(site, turn, count)| BySite { site, would: would(turn), requests: number(count) })
            .collect(),
        examples: examples(outlook),
        unreadable: foreseen.unreadable,
        complete: foreseen.complete,
        export,
    }
}

/// Sites and which way they turn, the most requests first.
fn by_site(outlook: &Outlook) -> Vec<(String, Turn, u64)> {
    let mut all: BTreeMap<(&str, Turn), u64> = BTreeMap::new();
    for change in &outlook.changes {
        *all.entry((&change.site, change.turn)).or_default() += change.requests;
    }
    let mut all: Vec<_> = all.into_iter().map(|((site, turn), count)| (site.to_owned(), turn, count)).collect();
    all.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
    all
}

fn look(outlook: &Outlook, subject: &str) -> Option<Look> {
    let (site, _, count) = by_site(outlook).into_iter().find(|(_, turn, _)| *turn == Turn::Closes)?;
    let of_site = outlook.changes.iter().filter(|change| change.turn == Turn::Closes && change.site == site);
    let (mut audiences, mut clause) = (Vec::new(), None);
    for change in of_site {
        if !audiences.contains(&change.audience.as_str()) {
            audiences.push(change.audience.as_str());
        }
        clause = clause.or(change.clause.as_ref().map(|clause| clause.number.clone()));
    }
    let by = clause.map(|number| format!("Clause {number} would close it. ")).unwrap_or_default();
    let (times, who) = (counted(count, "request", "requests"), audiences.join(", "));
    Some(Look { site, says: format!("{by}It had {times}, from {who}: no other site that {subject} closes had more.") })
}

fn by_clause(outlook: &Outlook) -> Vec<ByClause> {
    let mut all: BTreeMap<Option<&str>, (&Change, u64, u64)> = BTreeMap::new();
    for change in &outlook.changes {
        let label = change.clause.as_ref().map(|clause| clause.label.as_str());
        let (_, closes, opens) = all.entry(label).or_insert((change, 0, 0));
        match change.turn {
            Turn::Closes => *closes += change.requests,
            Turn::Opens => *opens += change.requests,
        }
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by_key(|(_, closes, opens)| std::cmp::Reverse(closes + opens));
    let said = |(change, closes, opens): (&Change, u64, u64)| {
        let closed = (closes > 0).then(|| format!("Closes {}", counted(closes, "request", "requests")));
        let opened = (opens > 0).then(|| format!("closes {} no longer", counted(opens, "request", "requests")));
        let says = closed.into_iter().chain(opened).collect::<Vec<_>>().join(", ");
        ByClause {
            number: change.clause.as_ref().map(|clause| clause.number.clone()),
            text: change.clause.as_ref().map(|clause| clause.text.clone()).unwrap_or_default(),
            says: format!("{}.", crate::forms::capital(&says)),
        }
    };
    all.into_iter().map(said).collect()
}

fn by_audience(outlook: &Outlook) -> Vec<ByAudience> {
    let all = outlook.by_audience();
    let most = all.values().map(|(closes, opens)| (*closes).max(*opens)).max().unwrap_or(0).max(1);
    // What is not nought can be seen, however small its share is.
    let width = |count: u64| if count == 0 { 0 } else { (count.saturating_mul(HALF) / most).max(20) };
    let units = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
    all.into_iter()
        .map(|(name, (closes, opens))| ByAudience {
            name: name.to_owned(),
            closes: number(closes),
            opens: number(opens),
            left: units(HALF.saturating_sub(width(closes))),
            left_width: units(width(closes)),
            right_width: units(width(opens)),
        })
        .collect()
}

/// Somebody of an audience: "Somebody in Year 6", "Somebody of: Staff".
fn somebody(audience: &str) -> String {
    if audience.starts_with("Year ") || audience == "Reception" || audience == "Nursery" {
        format!("Somebody in {audience}")
    } else {
        format!("Somebody of: {audience}")
    }
}

/// The first request of the largest changes, of each way. Nobody's are left out: visits to help sites are among them.
fn examples(outlook: &Outlook) -> Vec<Example> {
    let of = |turn: Turn| {
        let known = outlook.changes.iter().filter(move |change| change.turn == turn && change.audience != NOBODY);
        known.take(EXAMPLES / 2)
    };
    let example = |change: &Change| {
        let at = SchoolTime::new(change.first);
        let clause = change.clause.as_ref().map(|clause| format!("clause {}", clause.number));
        let category = change.category.as_ref().map(|name| name.replace('-', " "));
        Example {
            site: change.site.clone(),
            who: somebody(&change.audience),
            when: format!("{}, {}", at.day_in_words(), at.clock_in_words()),
            would: would(change.turn),
            why: category.into_iter().chain(clause).collect::<Vec<_>>().join(", "),
        }
    };
    of(Turn::Closes).chain(of(Turn::Opens)).map(example).collect()
}

#[cfg(test)]
mod tests {
    use filter::ClauseRef;

    use super::*;

    fn change(turn: Turn, site: &str, audience: &str, requests: u64) -> Change {
        let clause = ClauseRef { label: "songs".to_owned(), number: "4.1".to_owned(), text: "No songs.".to_owned() };
        Change {
            turn,
            site: site.to_owned(),
            audience: audience.to_owned(),
            category: None,
            clause: Some(clause),
            requests,
            first: SchoolTime::parse("2026-11-10 09:41").unwrap().timestamp(),
        }
    }

    #[test]
    fn figures_say_what_changes_and_never_that_nothing_does_where_something_does() {
        let changes = vec![
            change(Turn::Closes, "songs.example", "Year 4", 400),
            change(Turn::Closes, "songs.example", "Year 5", 12),
            change(Turn::Opens, "games.example", NOBODY, 1),
        ];
        let outlook = Outlook { requests: 1_284_310, closed_today: 9, changes, ..Outlook::default() };
        let day = jiff::civil::date(2026, 11, 10);
        let foreseen = Foreseen { from: day, to: day, outlook, unreadable: 0, complete: true };
        let found = found(&foreseen, Tried::Draft(uuid::Uuid::nil()), String::new());
        assert!(found.lead.contains("1,284,310 requests"), "{}", found.lead);
        assert_eq!((found.closes.requests.as_str(), found.closes.sites.as_str()), ("412", "1 site"));
        assert_eq!(found.same, "99.9%");
        let look = found.look.unwrap();
        assert!(
            look.says.contains("Clause 4.1 would close it. It had 412 requests, from Year 4, Year 5:"),
            "{}",
            look.says
        );
        assert_eq!(found.clauses[0].says, "Closes 412 requests, closes 1 request no longer.");
        let audiences: Vec<_> = found.audiences.iter().map(|it| (it.name.as_str(), it.left_width.as_str())).collect();
        assert_eq!(audiences, [(NOBODY, "0.0"), ("Year 4", "170.0"), ("Year 5", "5.1")]);
        assert_eq!(found.audiences[0].right_width, "2.0");
        let shown: Vec<_> = found.examples.iter().map(|it| (it.who.as_str(), it.would)).collect();
        assert_eq!(shown, [("Somebody in Year 4", "Newly blocked"), ("Somebody in Year 5", "Newly blocked")]);
        assert_eq!(same(&Outlook::default()), "100%");
    }
}
