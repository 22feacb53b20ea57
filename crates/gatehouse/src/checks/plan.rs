//! What is to be tried, as whom and where. What must be is taken from the records, read anew for each run: the policy in
//! force, what people changed, the lists on disk, the test entries of the sealed feeds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use filter::{Action, Address, Category, Host, Lookup, Opened, Reason, Request, Scheme, Snapshot, Verdict};
use jiff::Timestamp;
use kernel::{Digest, HowKnown, Owner, Place, Role, SchoolTime, Signed, SiteItem, Subject, Viewer, Year};
use traffic::checks::service::{SCHOOL, SEALED, says_entry};

use super::{HOST, names, site::Thing};
use crate::{
    live::{Live, networks},
    snapshot::{self, Sources},
};

/// So many categories are tried for each audience on one day; the days go through all.
const CATEGORIES: usize = 4;

/// A search that nobody minds.
const SEARCHES: [(&str, &str); 3] = [
    ("Google", "http://www.google.com/search?q=school"),
    ("Bing", "http://www.bing.com/search?q=school"),
    ("DuckDuckGo", "http://duckduckgo.com/?q=school"),
];

/// As whom, and where.
pub(super) struct Audience {
    /// In words.
    pub(super) who: String,
    /// The network, by name.
    pub(super) network: String,
    /// Whether the test entries of feeds are tried as this one.
    feeds: bool,
    pub(super) viewer: Viewer,
}

/// What must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It is closed.
    Closed,
    /// It is open.
    Open,
    /// It is open, and no request is made.
    OpenByRules,
    /// A virus is stopped.
    NoVirus,
    /// Searches are safe.
    SafeSearch,
    /// Answers name no other way.
    NoOtherWay,
    /// An encrypted connection is opened.
    Opened,
    /// A name behind which another hides ends the connection.
    NoHiddenName,
    /// The resolver does this with a name.
    Name(names::Wanted),
    /// The resolver says that there is no other way to look names up.
    Canary,
    /// It cannot be tried, and why.
    Nothing(String),
}

/// Something to try.
pub(super) struct Step {
    pub(super) sort: &'static str,
    pub(super) what: String,
    pub(super) url: String,
    pub(super) wanted: Wanted,
}

impl Step {
    fn new(sort: &'static str, what: impl Into<String>, url: impl Into<String>, wanted: Wanted) -> Self {
        Self { sort, what: what.into(), url: url.into(), wanted }
    }

    fn unknown(sort: &'static str, what: &str, why: &str) -> Self {
        Self::new(sort, what, "", Wanted::Nothing(why.to_owned()))
    }
}

/// All that steps are made of.
pub(super) struct Known {
    pub(super) policy: Digest,
    rules: Snapshot,
    /// A host for each category that a list has.
    samples: BTreeMap<Category, String>,
    /// The test entries of each feed.
    tests: Vec<(String, Vec<String>)>,
    /// Sites that rules open.
    opened: Vec<String>,
    at: SchoolTime,
}

impl Known {
    /// Reads it.
    ///
    /// # Errors
    /// Where any of it cannot be read.
    pub(super) async fn read(live: &Live, now: Timestamp) -> anyhow::Result<Self> {
        let installation = live.installation();
        let (school, folder) = (&installation.school, installation.lists());
        let in_force = installation.policies.in_force(school, now).await.context("the policy cannot be read")?;
        let in_force = in_force.context("no policy is in force")?;
        let provides = live.inner().provides.load_full();
        let beyond = traffic::Changes::rules(school, &provides, now).await.context("changes cannot be read")?;
        let lists = traffic::lists::open(&folder.index()).context("the lists cannot be opened")?;
        let sealed =
            traffic::lists::open_sealed(&folder.sealed(), school).context("the sealed lists cannot be opened")?;
        let rules = snapshot::build(Sources {
            policy: Some(&in_force.policy),
            digest: in_force.digest(),
            beyond: Some(&beyond),
            lines: filter::BlockLines::default(),
            calendar: live.calendar_of(&in_force.policy),
            lists: lists.as_ref(),
            sealed: sealed.as_ref(),
            desk: crate::tls::host_of(&installation.config.desk.url),
        });
        let set = rules::filter::rule_set::rule_set(&in_force.policy);
        let permits = set.rules.iter().filter(|rule| rule.action == Action::Permit);
        let opened = permits.flat_map(|rule| &rule.sites.0).filter_map(url_of).collect();
        Ok(Self {
            policy: in_force.digest(),
            rules,
            samples: traffic::lists::samples(school, &folder).await.context("the lists cannot be looked into")?,
            tests: traffic::lists::feeds::tests(school).await.context("the test entries cannot be read")?,
            opened,
            at: SchoolTime::new(now),
        })
    }

    /// Each audience that there is, at school and on each network that the policy names.
    pub(super) fn audiences(&self, live: &Live) -> Vec<Audience> {
        let members = live.inner().members.load();
        let years: BTreeSet<Year> = members.values().filter_map(|(subject, _)| subject.year).collect();
        let viewer = |roles: &[Role], year: Option<Year>| Viewer {
            subject: Subject { roles: roles.iter().copied().collect(), year, ..Subject::default() },
            owner: Owner::School,
            // As the request will have it: whoever is not known is held to stricter rules.
            how: HowKnown::Token,
            signed: Signed::Yes,
            ..Viewer::unattributed(Place::School)
        };
        let mut all: Vec<(String, Viewer)> = Vec::new();
        all.extend(years.into_iter().map(|year| (year.title(), viewer(&[Role::Pupil], Some(year)))));
        all.push(("Staff".to_owned(), viewer(&[Role::Staff, Role::Teacher], None)));
        all.push(("Guests".to_owned(), viewer(&[Role::Guest], None)));
        all.push(("Somebody who is not known".to_owned(), Viewer::unattributed(Place::School)));
        let at = |place: &Place, feeds: bool| {
            let network = match place {
                Place::Network(name) => name.clone(),
                Place::School | Place::Home | Place::Trip | Place::ExamRoom => SCHOOL.to_owned(),
            };
            let place = place.clone();
            all.iter()
                .map(move |(who, viewer)| Audience {
                    who: who.clone(),
                    network: network.clone(),
                    feeds,
                    viewer: Viewer { place: place.clone(), ..viewer.clone() },
                })
                .collect::<Vec<_>>()
        };
        let mut audiences = at(&Place::School, true);
        let in_force = live.policy();
        for network in in_force.as_ref().map(|it| networks(&it.policy)).unwrap_or_default() {
            let place = Place::Network(network.name.clone());
            match &network.stands_for {
                None => audiences.extend(at(&place, false)),
                Some(who) => audiences.push(Audience {
                    who: who.in_words(&|role| live.title_of(role)),
                    network: network.name.clone(),
                    feeds: false,
                    viewer: live.nobody_at(place),
                }),
            }
        }
        audiences
    }

    /// What is tried as one of them.
    pub(super) fn steps(&self, live: &Live, audience: &Audience) -> Vec<Step> {
        let mut steps = Vec::new();
        let named = live.inner().provides.load().checks.clone();
        let (open, closed) = named.map(|it| (it.open.0, it.closed.0)).unwrap_or_default();
        steps.extend(closed.iter().filter_map(url_of).map(|url| site("closed", &url, Wanted::Closed)));
        let examples = self.closed_to(audience);
        let turn = usize::from(self.at.date().day().unsigned_abs()) * CATEGORIES;
        let some = examples.iter().cycle().skip(turn % examples.len().max(1)).take(CATEGORIES.min(examples.len()));
        steps.extend(some.map(|(category, host)| {
            let what = format!("A site of the category {}: {host}", category.name().replace('-', " "));
            Step::new("closed", what, format!("http://{host}/"), Wanted::Closed)
        }));
        for url in open.iter().filter_map(url_of) {
            let wanted = if self.is_private(audience, &url) { Wanted::OpenByRules } else { Wanted::Open };
            steps.push(site("open", &url, wanted));
        }
        let Some(own) = live.inner().checks.site.get() else { return steps };
        let page = own.url(Thing::Page);
        let own_open = self.opens(audience, &page);
        if own_open {
            steps.push(Step::new("open", "A page of the gateway itself, that no rule is about", page, Wanted::Open));
        } else {
            steps.push(Step::new("closed", "A page that no rule opens to them", page, Wanted::Closed));
            let opened = self.opened.iter().find(|url| self.opens(audience, url) && !self.is_private(audience, url));
            steps.extend(opened.map(|url| site("open", url, Wanted::Open)));
        }
        if own_open {
            let virus = own.url(Thing::Virus);
            if self.treats(audience, &virus, |it| it.scan.as_ref().is_some_and(|it| !it.observed)) {
                steps.push(Step::new(
                    "virus",
                    "A harmless file that every scanner takes for a virus",
                    virus,
                    Wanted::NoVirus,
                ));
            }
        }
        for (engine, url) in SEARCHES {
            let safe = self.treats(audience, url, |it| it.safe_search.as_ref().is_some_and(|it| !it.observed));
            if safe && self.opens(audience, url) {
                steps.push(Step::new("search", format!("A search with {engine}"), url, Wanted::SafeSearch));
            }
        }
        let page = own.url(Thing::Page);
        let encrypted = page.replacen("http://", "https://", 1);
        let asked = self.treatment(audience, &encrypted).is_some_and(|it| it.inspection.opens());
        if asked && self.opens(audience, &encrypted) {
            steps.push(Step::new("inspection", "A page over an encrypted connection", encrypted, Wanted::Opened));
        }
        self.ways(audience, page, own.url(Thing::Alternative), &examples, &mut steps);
        if live.inner().resolver.get().is_some() {
            let turned = examples.iter().cycle().skip(turn % examples.len().max(1)).take(examples.len());
            let example = turned.map(|(_, host)| host.as_str()).find(|host| self.name(audience, host).0);
            self.names(audience, (&open, &closed), example, &mut steps);
        }
        if audience.feeds {
            for (list, entries) in &self.tests {
                steps.extend(
                    entries
                        .iter()
                        .enumerate()
                        .map(|(nth, url)| Step::new(SEALED, says_entry(list, nth + 1), url.clone(), Wanted::Closed)),
                );
            }
        }
        steps
    }

    /// The entries of sealed lists that hold a site which the clause names.
    pub(super) fn sealed_by_name(&self, live: &Live) -> BTreeSet<Digest> {
        let named = live.inner().provides.load().checks.clone();
        let sites = named.map(|it| [it.open.0, it.closed.0].concat()).unwrap_or_default();
        let nobody = live.nobody_at(Place::School);
        let sealed = |url: String| {
            let address = Address::parse(&url).ok()?;
            let request = Request { address: &address, viewer: &nobody, at: &self.at, found: &[] };
            filter::decide(&request, &self.rules).sealed
        };
        sites.iter().filter_map(url_of).filter_map(sealed).collect()
    }

    /// Whether the resolver should close a name to them, and under which other name it should look it up.
    fn name(&self, audience: &Audience, host: &str) -> (bool, Option<&'static str>) {
        let Ok(host) = Host::parse(host) else { return (false, None) };
        let address = Address::new(Scheme::Https, host.clone(), Scheme::Https.port(), None);
        let request = Request { address: &address, viewer: &audience.viewer, at: &self.at, found: &[] };
        let decision = filter::decide(&request, &self.rules);
        let treatment = self.rules.treatment(&audience.viewer, &address, &self.at);
        let Lookup { stopped, alias } = Lookup::of(&host, &decision, &treatment);
        (decision.refuses() || stopped.is_some_and(|it| it.refuses()), alias)
    }

    /// What is asked of the resolver as one of them.
    fn names(
        &self,
        audience: &Audience,
        (open, closed): (&[SiteItem], &[SiteItem]),
        example: Option<&str>,
        steps: &mut Vec<Step>,
    ) {
        let name = |what: String, host: &str, wanted| Step::new("name", what, host, Wanted::Name(wanted));
        let shut = closed.iter().filter_map(SiteItem::domain).chain(example);
        steps.extend(shut.map(|host| name(format!("The name {host}"), host, names::Wanted::Closed)));
        // Visits to the desk and to help sites bear no name, and nothing shows what was decided.
        let open = open
            .iter()
            .filter_map(SiteItem::domain)
            .filter(|host| !self.is_private(audience, &format!("http://{host}/")));
        steps.extend(open.map(|host| name(format!("The name {host}"), host, names::Wanted::Open)));
        for (engine, url) in SEARCHES {
            let host = url.split('/').nth(2).unwrap_or_default();
            if let (false, Some(safe)) = self.name(audience, host) {
                let wanted = names::Wanted::LeadsTo(safe.to_owned());
                steps.push(name(format!("The name of a search with {engine}"), host, wanted));
            }
        }
        steps.push(Step::new("name", "The name by which browsers ask for leave", names::CANARY, Wanted::Canary));
    }

    /// Ways round that the policy closes to them.
    fn ways(
        &self,
        audience: &Audience,
        page: String,
        alternative: String,
        examples: &[(Category, &String)],
        steps: &mut Vec<Step>,
    ) {
        let treatment = self.treatment(audience, &page);
        let Some(closed) = treatment.and_then(|it| it.bypass).filter(|it| !it.observed).map(|it| it.value) else {
            return;
        };
        let way = |what: &str, url: &str| Step::new("way", what, url, Wanted::Closed);
        for (name, what) in
            [("proxies", "An anonymiser"), ("vpn", "A private network"), ("encrypted-dns", "A resolver over HTTPS")]
        {
            let host = Category::parse(name).ok().and_then(|category| self.samples.get(&category));
            match host {
                None => steps.push(Step::unknown("way", what, "No list knows one.")),
                Some(host) => {
                    let url = format!("http://{host}/");
                    if !self.opens(audience, &url) {
                        steps.push(way(&format!("{what}: {host}"), &url));
                    }
                }
            }
        }
        if closed.numbers {
            steps.push(way("A number instead of a name: 192.0.2.1", "http://192.0.2.1/"));
        }
        if closed.ports {
            steps.push(way("An unusual port: 6667", &format!("http://{HOST}:6667/")));
        }
        if closed.relays {
            steps.push(way("A private relay: mask.icloud.com", "http://mask.icloud.com/"));
        }
        if closed.nested && self.opens(audience, &page) {
            match examples.first() {
                None => {
                    steps.push(Step::unknown("way", "A site inside the address of another", "No closed site is known."))
                }
                Some((_, host)) => {
                    let what = format!("A site inside the address of another: {host}");
                    steps.push(way(&what, &format!("{page}?u=http%3A%2F%2F{host}%2F")));
                }
            }
        }
        if closed.quic && self.opens(audience, &alternative) {
            steps.push(Step::new(
                "way",
                "An answer that names another way to its site",
                alternative,
                Wanted::NoOtherWay,
            ));
        }
        if closed.hidden_names && self.opens(audience, &page) {
            steps.push(Step::new("way", "A name hidden behind another", page, Wanted::NoHiddenName));
        }
    }

    /// Sites that a rule closes to them, one for each category.
    fn closed_to(&self, audience: &Audience) -> Vec<(Category, &String)> {
        let closes = |host: &String| match self.decide(audience, &format!("http://{host}/")) {
            Some(decision) => decision.refuses() && decision.verdict == Verdict::Block(Reason::Rule),
            None => false,
        };
        self.samples.iter().filter(|(_, host)| closes(host)).map(|(category, host)| (*category, host)).collect()
    }

    fn decide(&self, audience: &Audience, url: &str) -> Option<filter::Decision> {
        let address = Address::parse(url).ok()?;
        let request = Request { address: &address, viewer: &audience.viewer, at: &self.at, found: &[] };
        Some(filter::decide(&request, &self.rules))
    }

    fn opens(&self, audience: &Audience, url: &str) -> bool {
        self.decide(audience, url).is_some_and(|decision| !decision.refuses())
    }

    /// Whether it is the desk's or a help site's, to which nobody's visits are written.
    fn is_private(&self, audience: &Audience, url: &str) -> bool {
        let verdict = self.decide(audience, url).map(|decision| decision.verdict);
        matches!(verdict, Some(Verdict::Allow(Opened::Desk | Opened::Help)))
    }

    fn treatment(&self, audience: &Audience, url: &str) -> Option<filter::Treatment> {
        let address = Address::parse(url).ok()?;
        Some(self.rules.treatment(&audience.viewer, &address, &self.at))
    }

    fn treats(&self, audience: &Audience, url: &str, is: impl Fn(&filter::Treatment) -> bool) -> bool {
        self.treatment(audience, url).is_some_and(|treatment| is(&treatment))
    }
}

fn site(sort: &'static str, url: &str, wanted: Wanted) -> Step {
    Step::new(sort, url.trim_start_matches("http://").trim_end_matches('/'), url, wanted)
}

/// The address of a site that a policy names.
fn url_of(site: &SiteItem) -> Option<String> {
    match site {
        SiteItem::Domain(domain) => Some(format!("http://{domain}/")),
        SiteItem::Address { domain, path } => Some(format!("http://{domain}/{}", path.trim_start_matches('/'))),
        SiteItem::All | SiteItem::Category(_) | SiteItem::Pattern(_) | SiteItem::List(_) | SiteItem::Register(_) => {
            None
        }
    }
}
