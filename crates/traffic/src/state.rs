//! What the handlers of this area share, and what they ask of the gateway.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use activity::ActivityLog;
use filter::{Address, Category, ClauseRef, Decision, Step};
use jiff::Timestamp;
use kernel::{PersonId, Place, SchoolId, SchoolTime, SiteItem, Subject};
use store::{
    School, Store, StoreError,
    entity::{people_class, people_class_member},
    query::ColumnTrait as _,
};
use uuid::Uuid;
use webkit::PageError;

use crate::{
    certificate::Opening, matches::service as matches, provides::Provides, unblocks::Known, what_if::Foresight,
};

/// For whom a decision is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody on the roll.
    Person(PersonId),
    /// Somebody of whom nothing is known.
    Nobody,
}

/// A decision, with how it came about.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The decision.
    pub decision: Decision,
    /// Each step.
    pub steps: Vec<Step>,
    /// The version of the policy that it was decided by.
    pub policy: String,
}

/// Something that a device was refused lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// What was asked for; none for what is never named.
    pub host: Option<String>,
    /// Why, as a sentence for whoever met it.
    pub why: String,
    /// The clause that says so.
    pub clause: Option<ClauseRef>,
    /// Whether asking for the site can help: not where a signature is missing, or nobody can open it.
    pub askable: bool,
}

/// What this area asks of the gateway and the policy in force. Filled by the binary; answers from memory.
pub trait Gate: Send + Sync {
    /// How the gateway would decide about `address` for `who` in a place at `at`; none where it has no rules to decide
    /// by.
    fn explain(
        &self,
        school: SchoolId,
        who: Asker,
        place: &Place,
        at: &SchoolTime,
        address: &Address,
    ) -> Option<Explained>;

    /// What the policy in force provides for beyond itself. Nothing, where there is none.
    fn provides(&self, school: SchoolId) -> Arc<Provides>;

    /// The categories that the lists have a site in.
    fn categories(&self, school: SchoolId, address: &Address) -> Vec<Category>;

    /// How many entries each list has of each category.
    fn listed(&self, school: SchoolId) -> Vec<(String, Category, u64)> {
        let _ = school;
        Vec::new()
    }

    /// The names shared by many owners that lists have whole, with the list and its category.
    fn shared(&self, school: SchoolId) -> Vec<(String, Option<Category>, filter::Shared)> {
        let _ = school;
        Vec::new()
    }

    /// From when on lists are brought up to date each night; none where nothing does it by itself.
    fn renewal(&self) -> Option<jiff::civil::Time> {
        None
    }

    /// The clause of the policy in force that closes a site as illegal: no change opens it.
    fn illegal(&self, school: SchoolId, site: &SiteItem) -> Option<Arc<ClauseRef>> {
        let _ = (school, site);
        None
    }

    /// The networks that the policy in force names.
    fn networks(&self, school: SchoolId) -> Vec<String>;

    /// What the device at `client` was refused lately, newest first; and, where somebody is signed in, what their other
    /// devices were.
    fn refusals(&self, client: IpAddr, person: Option<PersonId>) -> Vec<Refusal>;

    /// What devices need so that encrypted connections can be opened, and how it goes; none where the gateway does not
    /// run.
    fn opening(&self, school: SchoolId) -> Option<Opening> {
        let _ = school;
        None
    }

    /// The file by which browsers find the gateway; none where it does not run.
    fn pac(&self) -> Option<String> {
        None
    }

    /// The folder of the lists; none where this process keeps none.
    fn lists(&self, school: SchoolId) -> Option<crate::lists::Folder> {
        let _ = school;
        None
    }

    /// Asks the gateway to try itself out now, for somebody; false where none runs, or it does so already.
    fn begin_checks(&self, _: PersonId) -> bool {
        false
    }

    /// Whether the gateway tries itself out at this moment.
    fn checking(&self) -> bool {
        false
    }

    /// Whether the policy lets somebody look at the activity of a person.
    fn may_look(&self, school: SchoolId, subject: &Subject) -> bool;
}

/// How long a look that was given a reason stays open.
const LOOK_SECONDS: i64 = 30 * 60;

/// A look at one person's activity, opened with a reason that stands in the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) by: PersonId,
    pub(crate) about: PersonId,
    pub(crate) at: Timestamp,
}

/// The area's state. Cheap to clone.
#[derive(Clone)]
pub struct Traffic(Arc<Parts>);

struct Parts {
    store: Store,
    log: Arc<dyn ActivityLog>,
    gate: Arc<dyn Gate>,
    foresight: Arc<dyn Foresight>,
    looks: Mutex<HashMap<Uuid, Look>>,
}

impl Traffic {
    /// Puts together the records, the activity log, the gateway, and what decides again.
    pub fn new(store: Store, log: Arc<dyn ActivityLog>, gate: Arc<dyn Gate>, foresight: Arc<dyn Foresight>) -> Self {
        Self(Arc::new(Parts { store, log, gate, foresight, looks: Mutex::default() }))
    }

    pub(crate) fn log(&self) -> &dyn ActivityLog {
        &*self.0.log
    }

    pub(crate) fn gate(&self) -> &dyn Gate {
        &*self.0.gate
    }

    pub(crate) fn foresight(&self) -> &dyn Foresight {
        &*self.0.foresight
    }

    pub(crate) async fn school(&self, id: SchoolId) -> Result<School, PageError> {
        self.0.store.school_by_id(id).await.map_err(PageError::internal)
    }

    /// What the gateway knows of a site, and how it decides about it at present for a pupil of a class.
    pub(crate) async fn known(
        &self,
        school: &School,
        class: &str,
        site: &SiteItem,
        now: Timestamp,
    ) -> Result<Known, PageError> {
        let (SiteItem::Domain(_) | SiteItem::Address { .. }) = site else { return Ok(Known::default()) };
        let Ok(address) = Address::parse(&format!("https://{site}")) else { return Ok(Known::default()) };
        let pupil = self.pupil_of(school, Some(class)).await.map_err(PageError::internal)?;
        let who = pupil.map_or(Asker::Nobody, Asker::Person);
        let at = SchoolTime::new(now);
        Ok(Known {
            categories: self.gate().categories(school.id(), &address),
            decided: self.gate().explain(school.id(), who, &Place::School, &at, &address),
        })
    }

    /// What is [`known`](Self::known) of a site that somebody named: whoever is told that it cannot be opened has asked
    /// about it, which is written down where a sealed list holds it.
    pub(crate) async fn known_to(
        &self,
        by: PersonId,
        school: &School,
        class: &str,
        site: &SiteItem,
        now: Timestamp,
    ) -> Result<Known, PageError> {
        let known = self.known(school, class, site, now).await?;
        let sealed = known.decided.as_ref().and_then(|explained| explained.decision.sealed);
        matches::asked(school, sealed, by.into(), now).await.map_err(PageError::internal)?;
        Ok(known)
    }

    /// How the gateway decides at present about each of `sites` for a pupil at school. Somebody asked about them, which
    /// is written down where a sealed list holds one.
    pub(crate) async fn decided_to(
        &self,
        by: PersonId,
        school: &School,
        sites: &[&str],
        now: Timestamp,
    ) -> Result<Vec<Option<Explained>>, PageError> {
        let pupil = self.pupil_of(school, None).await.map_err(PageError::internal)?;
        let who = pupil.map_or(Asker::Nobody, Asker::Person);
        let at = SchoolTime::new(now);
        let decided = |site: &&str| {
            let address = Address::parse(&format!("https://{site}")).ok()?;
            self.gate().explain(school.id(), who, &Place::School, &at, &address)
        };
        let all: Vec<_> = sites.iter().map(decided).collect();
        let sealed: Vec<_> = all.iter().flatten().filter_map(|it| it.decision.sealed).collect();
        matches::asked(school, sealed, by.into(), now).await.map_err(PageError::internal)?;
        Ok(all)
    }

    /// One of the pupils of a class, or of any.
    async fn pupil_of(&self, school: &School, class: Option<&str>) -> Result<Option<PersonId>, StoreError> {
        let read = school.read();
        let mut members = read.find::<people_class_member::Entity>();
        if let Some(class) = class {
            let class = read.find::<people_class::Entity>().filter(people_class::Column::Name.eq(class)).one().await?;
            let Some(class) = class else { return Ok(None) };
            members = members.filter(people_class_member::Column::ClassId.eq(class.id));
        }
        let member = members.filter(people_class_member::Column::MemberAs.eq("pupil")).one().await?;
        Ok(member.map(|member| PersonId(member.person_id)))
    }

    /// Opens a look, and forgets those that have closed.
    pub(crate) fn open_look(&self, id: Uuid, look: Look) {
        let mut looks = self.0.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = look.at.as_second() - LOOK_SECONDS;
        looks.retain(|_, look| look.at.as_second() >= oldest);
        looks.insert(id, look);
    }

    /// The look with this id, where `by` opened it and it has not closed.
    pub(crate) fn look(&self, id: Uuid, by: PersonId, now: Timestamp) -> Option<Look> {
        let looks = self.0.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&id).filter(|look| look.by == by && look.at.as_second() + LOOK_SECONDS > now.as_second()).cloned()
    }
}

impl std::fmt::Debug for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Traffic").finish_non_exhaustive()
    }
}
