//! Notices: texts for an audience at a moment, shown, acknowledged and counted.

pub(crate) mod pages;
mod prose;
pub mod reading_age;
pub mod service;
pub mod told;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use declare::Moment;
use jiff::{Timestamp, civil::Date};
use kernel::{SchoolTime, Subject};
use store::School;
use webkit::{PageError, Reader, Session, permit::Named};

pub use pages::routes;
pub(crate) use pages::things_to_read;
pub use service::NoticeFacts;
pub use told::{BlockPageLine, LineWords, block_page_lines};

use self::{
    service::{OfPerson, Shown},
    told::Item,
};
use crate::{Engines, InForce, stored};

/// The policy in force on a day.
pub(crate) struct Known {
    pub(crate) in_force: Arc<dyn InForce>,
    pub(crate) today: Date,
}

impl Known {
    /// Reads it; none where no policy is in force.
    pub(crate) async fn read(engines: &Engines, school: &School, now: Timestamp) -> Result<Option<Self>, PageError> {
        let in_force = engines.in_force(school, now).await?;
        Ok(in_force.map(|in_force| Self { in_force, today: SchoolTime::new(now).date() }))
    }

    /// Every item, in the order of the policy.
    pub(crate) fn items(&self) -> Vec<Item<'_>> {
        told::items(&*self.in_force, self.today)
    }
}

/// A text as it was shown to a reader, or is about to be.
pub(crate) fn shown(item: &Item<'_>, reader: &Subject, moment: Moment) -> Shown {
    Shown {
        key: item.binding.key.clone(),
        label: item.clause.label.clone(),
        digest: item.text_for(reader).digest(),
        moment,
    }
}

/// The moment at which an item waits for somebody at the desk.
pub(crate) fn moment_at_desk(item: &Item<'_>) -> Moment {
    if item.moments.contains(&Moment::SignIn) { Moment::SignIn } else { Moment::Induction }
}

/// What waits to be read by somebody: what is to be acknowledged until it is, the rest until it was shown.
pub(crate) fn waiting<'i, 'p>(items: &'i [Item<'p>], reader: &Subject, seen: &OfPerson) -> Vec<&'i Item<'p>> {
    items
        .iter()
        .filter(|item| item.waits_at_desk(reader))
        .filter(|item| {
            let key = (item.binding.key.clone(), item.digests().of(reader).to_string());
            seen.get(&key).is_none_or(|seen| item.acknowledged && seen.read.is_none())
        })
        .collect()
}

/// How many things a child reads on one day before the rest waits for another.
const STEPS: usize = 3;

/// How many more things somebody is asked to read today: children read a few at a time, adults all of it at once.
pub(crate) fn steps_left(session: &Session, seen: &OfPerson, today: Date) -> usize {
    if session.reader() == Reader::Adult {
        return usize::MAX;
    }
    // What was read on one page was read at one moment.
    let today = |read: &Timestamp| SchoolTime::new(*read).date() == today;
    let pages: BTreeSet<Timestamp> = seen.values().filter_map(|seen| seen.read).filter(today).collect();
    STEPS.saturating_sub(pages.len())
}

/// The page that comes after sign-in, where something waits to be read. The agreement comes first: while it is not
/// signed, nothing else is asked.
///
/// # Errors
/// Where the store or a port refuses.
pub async fn first_page(engines: &Engines, session: &Session, now: Timestamp) -> Result<Option<String>, PageError> {
    if engines.ports().unsigned(session, now).await?.is_some() {
        return Ok(None);
    }
    let school = engines.school(session.school()).await?;
    let Some(known) = Known::read(engines, &school, now).await? else { return Ok(None) };
    let items = known.items();
    let seen = stored(service::of_person(&school, session.person()).await)?;
    if steps_left(session, &seen, known.today) == 0 {
        return Ok(None);
    }
    Ok((!waiting(&items, session.subject(), &seen).is_empty()).then(|| "/notices/waiting".to_owned()))
}

/// What stands in a banner at the start of a session: a title and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// What it is called.
    pub title: String,
    /// What it says, in a sentence.
    pub says: String,
    /// Where all of it stands.
    pub href: String,
}

/// The banners at the start of a session of this person, noted as shown.
///
/// # Errors
/// Where the store or a port refuses.
pub async fn session_banners(engines: &Engines, session: &Session, now: Timestamp) -> Result<Vec<Banner>, PageError> {
    let school = engines.school(session.school()).await?;
    let Some(known) = Known::read(engines, &school, now).await? else { return Ok(Vec::new()) };
    let items: Vec<_> = known
        .items()
        .into_iter()
        .filter(|item| item.moments.contains(&Moment::Session) && item.binds(session.subject()))
        .collect();
    let seen = stored(service::of_person(&school, session.person()).await)?;
    let texts = items.iter().map(|item| shown(item, session.subject(), Moment::Session)).collect();
    stored(service::note_shown(&school, session.person(), &seen, texts, now).await)?;
    let banner = |item: &Item<'_>| {
        let text = item.text_at_home(session.subject());
        Banner {
            title: text.title.clone(),
            says: told::first_sentence(&text.first_line()).to_owned(),
            href: href(&item.binding.key),
        }
    };
    // Clauses that say the same words are one banner.
    let mut banners: Vec<Banner> = Vec::new();
    for banner in items.iter().map(banner) {
        if !banners.iter().any(|other| other.says == banner.says) {
            banners.push(banner);
        }
    }
    Ok(banners)
}

/// The texts that stand where devices are handed in: a title and what it says, line by line.
pub fn at_hand_in(in_force: &dyn InForce, reader: &Subject, today: Date) -> Vec<(String, Vec<String>)> {
    told::items(in_force, today)
        .into_iter()
        .filter(|item| item.moments.contains(&Moment::HandIn) && item.binds(reader))
        .map(|item| {
            let text = item.text_at_home(reader);
            (text.title.clone(), text.sentences())
        })
        .collect()
}

/// Who has been told what, by the key of each binding: what standings rest on. None where no policy is in force.
///
/// # Errors
/// Where the store or a port refuses.
pub async fn facts(
    engines: &Engines,
    school: &School,
    now: Timestamp,
) -> Result<Option<BTreeMap<String, NoticeFacts>>, PageError> {
    let Some(known) = Known::read(engines, school, now).await? else { return Ok(None) };
    let people = engines.ports().people(school, now).await?;
    let items = known.items();
    Ok(Some(stored(service::facts(school, &items, &people, &*known.in_force).await)?))
}

/// Where a notice stands.
pub(crate) fn href(key: &str) -> String {
    format!("/notices/{}", crate::attestations::asked::to_address(key))
}

/// Whether somebody notes what was sent and hung up: the leads, the office, and whom the clause names.
pub(crate) fn may_issue(session: &Session, item: &Item<'_>) -> Option<Named> {
    use kernel::{Audience, AudienceAtom, Role};
    const ROLES: [Role; 7] = [
        Role::Headteacher,
        Role::Slt,
        Role::OnlineSafetyLead,
        Role::SafeguardingLead,
        Role::ComputingLead,
        Role::BusinessManager,
        Role::Office,
    ];
    let mut atoms: Vec<_> = ROLES.into_iter().map(AudienceAtom::Role).collect();
    atoms.extend(item.binding.common.by.iter().flat_map(|by| by.atoms().to_vec()));
    Named::ask(session, &Audience::any(atoms)?)
}

/// Whether somebody sees how far notices have reached: who confirms, and the office that sends them.
pub(crate) fn sees_reach(session: &Session) -> Option<Named> {
    use kernel::{Audience, AudienceAtom, Role};
    let office = [Role::BusinessManager, Role::Office].into_iter().map(AudienceAtom::Role).collect();
    crate::attestations::sees_all(session).or_else(|| Named::ask(session, &Audience::any(office)?))
}
