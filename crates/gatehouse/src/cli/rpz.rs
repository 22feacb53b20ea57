//! `gatehouse lists rpz`: what is closed to somebody as a Response Policy Zone, for a resolver that the school has already.
//!
//! Each name is decided as the gateway would decide it at that moment, but without the sealed lists: what is on them must
//! not be told by a file.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufWriter, Write},
    net::IpAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use dns::rpz::{self, Closed, Zone};
use filter::{Address, Host, Request, Scheme, Snapshot};
use kernel::{Place, SchoolTime, SiteItem, Viewer};
use policy::Policy;
use traffic::lists::service;
use webkit::permit::MaySeeLists;

use super::{Outcome, block_on, may_not, open, say};
use crate::{
    live::Live,
    snapshot::{self, Sources},
};

/// A name that no list and no rule has: what is decided about it holds for all that is not named.
const UNNAMED: &str = "unnamed.invalid";

#[derive(Debug, Args)]
pub(crate) struct Rpz {
    /// The name of the zone, such as `closed.school.example`.
    origin: String,
    /// For whom: a username; without it for whoever is at the place.
    #[arg(long = "for", value_name = "USERNAME")]
    who: Option<String>,
    /// Where: `home`, `trip` or `network:NAME`; at school where nothing is said.
    #[arg(long = "in", value_name = "PLACE", default_value = "school")]
    place: String,
    /// An address of a page that closed names lead to; else they are said not to exist. Once for each.
    #[arg(long, value_name = "ADDRESS")]
    page: Vec<IpAddr>,
    /// Where to write it; else to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The username of the person who does it.
    #[arg(long = "as", value_name = "USERNAME")]
    by: String,
}

impl Rpz {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let place = Place::parse(&self.place)?;
        anyhow::ensure!(kernel::sites::is_domain(&self.origin), "`{}` is not a name for a zone", self.origin);
        block_on(async {
            let installation = open(config).await?;
            let now = installation.clock.now();
            let session = installation.act_as(&self.by, now).await?;
            MaySeeLists::ask(&session, &installation.rights(now).await?).map_err(|denied| may_not(&self.by, denied))?;
            let person = match &self.who {
                Some(username) => Some(installation.act_as(username, now).await?.person()),
                None => None,
            };
            let live = Live::new(installation.clone());
            let access = people::access::Access::new(installation.store.clone(), std::sync::Arc::new(live.clone()))?;
            live.set_access(access);
            live.rebuild(now).await?;
            let in_force = live.policy().context("no policy is in force")?;
            let viewer = match person {
                Some(person) => Viewer { place, ..live.viewer(person, now).context("this person is not on the roll")? },
                None => live.nobody_at(place),
            };
            let asking = Asking::new(&live, &in_force.policy, viewer, SchoolTime::new(now));
            let (mut closed, mut opened) = (Vec::new(), Vec::new());
            for name in asking.named() {
                if asking.is_closed(&name) { closed.push(name) } else { opened.push(name) }
            }
            service::names(&installation.school, &installation.lists(), |name| {
                if asking.is_closed(name) {
                    closed.push(name.to_owned());
                }
            })
            .await?;
            closed.sort_unstable();
            closed.dedup();
            let open: Vec<&str> = opened.iter().map(String::as_str).collect();
            let says = if self.page.is_empty() { Closed::NoName } else { Closed::Page(self.page.clone()) };
            let serial = u32::try_from(now.as_second()).unwrap_or(u32::MAX);
            let zone = Zone { origin: &self.origin, serial, all: asking.is_closed(UNNAMED), open: &open, says };
            let many = closed.len();
            write(self.out.as_deref(), rpz::zone(&zone, closed)).context("the zone cannot be written")?;
            if let Some(file) = &self.out {
                say(format_args!("{many} names are closed in {}. Sealed lists are not in it.", file.display()));
            }
            Ok(Outcome::Well)
        })
    }
}

fn write(file: Option<&Path>, lines: impl Iterator<Item = String>) -> std::io::Result<()> {
    let mut out: Box<dyn Write> = match file {
        Some(path) => Box::new(BufWriter::new(File::create(path)?)),
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    for line in lines {
        out.write_all(line.as_bytes())?;
    }
    out.flush()
}

/// What is decided about names, for one viewer at one moment.
struct Asking {
    snapshot: Snapshot,
    names: BTreeSet<String>,
    viewer: Viewer,
    at: SchoolTime,
}

impl Asking {
    fn new(live: &Live, policy: &Policy, viewer: Viewer, at: SchoolTime) -> Self {
        let desk = crate::tls::host_of(&live.installation().config.desk.url);
        let (beyond, lists) = live.beyond_and_lists();
        let snapshot = snapshot::build(Sources {
            policy: Some(policy),
            beyond: Some(&beyond),
            calendar: live.calendar_of(policy),
            lists: lists.as_deref(),
            desk,
            ..Sources::default()
        });
        let mut set = rules::filter::rule_set::rule_set(policy);
        beyond.add_to(&mut set);
        let sites = set.rules.iter().chain(&set.unblocks).flat_map(|rule| &rule.sites.0);
        let listed = set.sets.values().flatten().map(|item| &item.site);
        let domain = |site: &SiteItem| match site {
            SiteItem::Domain(name) => Some(name.clone()),
            SiteItem::All
            | SiteItem::Address { .. }
            | SiteItem::Category(_)
            | SiteItem::Pattern(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => None,
        };
        let mut names: BTreeSet<String> = sites.chain(listed).chain(snapshot.help()).filter_map(domain).collect();
        names.extend(kernel::sites::is_domain(desk).then(|| desk.to_owned()));
        Self { snapshot, names, viewer, at }
    }

    /// The names that rules, lists of the desk and help sites have.
    fn named(&self) -> BTreeSet<String> {
        self.names.clone()
    }

    fn is_closed(&self, name: &str) -> bool {
        let Ok(host) = Host::parse(name) else { return false };
        let address = Address::new(Scheme::Https, host, Scheme::Https.port(), None);
        let request = Request { address: &address, viewer: &self.viewer, at: &self.at, found: &[] };
        filter::decide(&request, &self.snapshot).refuses()
    }
}
