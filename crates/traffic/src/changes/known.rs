//! What lists know of the sites of a change: whoever asks for it, and whoever agrees, sees first what harms; and what a
//! change could not do, because something else always holds.

use filter::{Address, Category, Kind, Opened, Verdict};
use jiff::Timestamp;
use kernel::{Place, SchoolId, SchoolTime, SiteItem};

use crate::{Asker, Gate, forms};

/// A site, with what lists have it as.
pub(super) struct Known {
    /// As it is stored.
    pub(super) site: String,
    /// The categories that lists have it in.
    pub(super) categories: Vec<Category>,
}

fn harmful(category: Category) -> bool {
    match category.kind() {
        Kind::Danger | Kind::Harm | Kind::Bypass => true,
        Kind::Leisure | Kind::Neutral | Kind::Help => false,
    }
}

impl Known {
    /// Whether a list has it as something that harms.
    pub(super) fn harms(&self) -> bool {
        self.categories.iter().copied().any(harmful)
    }

    /// What lists have it as, in words; empty where none has it.
    pub(super) fn listed(&self) -> String {
        words(self.categories.iter().copied())
    }

    /// The site, and what harms on it: "rude.example (adult)".
    pub(super) fn named(&self) -> String {
        let shown = forms::readable(&self.site);
        match words(self.categories.iter().copied().filter(|it| harmful(*it))) {
            harm if harm.is_empty() => shown,
            harm => format!("{shown} ({harm})"),
        }
    }
}

fn words(categories: impl Iterator<Item = Category>) -> String {
    categories.map(|it| it.name().replace('-', " ")).collect::<Vec<_>>().join(", ")
}

/// The address that a site is asked about by.
fn address(site: &str) -> Option<Address> {
    Address::parse(&format!("https://{site}")).ok()
}

/// What lists know of sites: those that harm first, each in the order of the alphabet.
pub(super) fn known(gate: &dyn Gate, school: SchoolId, sites: impl IntoIterator<Item = String>) -> Vec<Known> {
    let mut all: Vec<_> = sites
        .into_iter()
        .map(|site| {
            let categories = address(&site).map(|address| gate.categories(school, &address)).unwrap_or_default();
            Known { site, categories }
        })
        .collect();
    all.sort_by(|one, two| two.harms().cmp(&one.harms()).then_with(|| one.site.cmp(&two.site)));
    all
}

/// What is said of opening these sites, where lists have some of them as what harms.
pub(super) fn warning(all: &[Known]) -> Option<String> {
    let number = all.iter().filter(|it| it.harms()).count();
    match (number, all) {
        (0, _) => None,
        (_, [one]) => Some(format!("A list has this site as what harms: {}.", one.named())),
        (1, _) => Some(format!("1 of these {} sites is on a list of what harms.", forms::grouped(all.len()))),
        (number, _) => Some(format!(
            "{} of these {} sites are on lists of what harms.",
            forms::grouped(number),
            forms::grouped(all.len())
        )),
    }
}

/// Why no change closes this site; none where one does.
pub(super) fn always_open(gate: &dyn Gate, school: SchoolId, site: &SiteItem, now: Timestamp) -> Option<&'static str> {
    let address = address(&site.to_string())?;
    let decided = gate.explain(school, Asker::Nobody, &Place::School, &SchoolTime::new(now), &address)?;
    match decided.decision.verdict {
        Verdict::Allow(Opened::Desk) => Some("This is the school’s own desk, which is open to everybody"),
        Verdict::Allow(Opened::Help) => Some("This is help for children, which is open to everybody at all times"),
        Verdict::Allow(Opened::Unblock | Opened::Rule | Opened::Default) | Verdict::Block(_) => None,
    }
}
