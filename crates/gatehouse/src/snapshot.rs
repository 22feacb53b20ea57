//! What the gateway decides by, put together: the rules of the policy in force, what people
//! changed as far as it provides for it, the lists, the calendar, the desk and the help
//! sites.

use filter::{BlockLine, BlockLines, Host, LineWords, Parts, SealedList, Snapshot, index::ListIndex};
use jiff::civil::Date;
use kernel::{Digest, SiteItem, Sites};
use policy::Policy;

/// What there is to decide by. The default is nothing at all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources<'a> {
    /// The policy: the one in force, or one that is tried out.
    pub(crate) policy: Option<&'a Policy>,
    /// Its digest.
    pub(crate) digest: Digest,
    /// What people changed as far as the policy provides for it.
    pub(crate) beyond: Option<&'a traffic::Effective>,
    /// What pages of blocked sites say besides.
    pub(crate) lines: BlockLines,
    /// What the names of times mean.
    pub(crate) calendar: kernel::Calendar,
    /// The subscribed lists.
    pub(crate) lists: Option<&'a ListIndex>,
    /// The sealed lists.
    pub(crate) sealed: Option<&'a SealedList>,
    /// The host of the desk.
    pub(crate) desk: &'a str,
}

/// What the gateway decides by. Without a policy nothing is open but the desk and help for children.
pub(crate) fn build(sources: Sources<'_>) -> Snapshot {
    let Sources { policy, digest, beyond, calendar, lines, lists, sealed, desk } = sources;
    let mut set = policy.map(rules::filter::rule_set::rule_set).unwrap_or_default();
    if let Some(beyond) = beyond {
        beyond.add_to(&mut set);
    }
    Snapshot::new(Parts {
        policy: digest,
        lists: lists.cloned(),
        rules: set,
        calendar,
        desk: Host::parse(desk).into_iter().collect(),
        help: help_sites(policy),
        sealed: sealed.cloned(),
        lines,
    })
}

/// Nothing is known: nothing is open but help for children.
pub(crate) fn nothing() -> Snapshot {
    build(Sources::default())
}

/// What pages of blocked sites say besides, to each reader.
pub(crate) fn lines(in_force: &dyn engines::InForce, today: Date) -> BlockLines {
    let words = |words: engines::notices::LineWords| LineWords {
        who: words.who,
        language: words.language,
        place: words.place,
        sentence: words.sentence,
    };
    let lines = engines::notices::block_page_lines(in_force, today).into_iter();
    let line = |line: engines::notices::BlockPageLine| BlockLine {
        who: line.who,
        except: line.except,
        words: line.words.into_iter().map(words).collect(),
    };
    BlockLines(lines.map(line).collect())
}

/// Help for children in the United Kingdom that is open whatever a policy says: Childline, the police's CEOP, Report
/// Harmful Content, the Internet Watch Foundation's report page, the Samaritans, the NSPCC, Shout, Kooth, The Mix.
const ALWAYS_OPEN: [&str; 9] = [
    "childline.org.uk",
    "ceop.police.uk",
    "reportharmfulcontent.com",
    "report.iwf.org.uk",
    "samaritans.org",
    "nspcc.org.uk",
    "giveusashout.org",
    "kooth.com",
    "themix.org.uk",
];

/// Every help site: those that are always open, and those that the policy adds.
pub(crate) fn help_sites(policy: Option<&Policy>) -> Vec<SiteItem> {
    let mut all: Vec<SiteItem> = ALWAYS_OPEN.iter().map(|domain| SiteItem::Domain((*domain).to_owned())).collect();
    if let Some(policy) = policy {
        let Sites(more) = rules::filter::help_sites::sites(policy);
        for site in more {
            if !all.contains(&site) {
                all.push(site);
            }
        }
    }
    all
}
