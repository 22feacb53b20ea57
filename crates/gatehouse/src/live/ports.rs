//! The ports that the running installation answers: of the desk, of accounts, of traffic, of coverage.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use governance::{Roll, RollPerson, agreements::service::signed_state};
use jiff::Timestamp;
use kernel::{PersonId, Place, Role, SchoolId, SchoolTime, SiteItem, Subject, Viewer};
use people::access::{Banner, DueItem, PasswordRule, roster::carries_pupils, subjects};
use store::School;
use traffic::{Asker, Explained, Gate, Refusal};
use webkit::{Action, PageError, PortError, Rights, Session, kit::Urgency};

use super::{Live, networks};

impl webkit::InForce for Live {
    fn school(&self, _: &str) -> Option<SchoolId> {
        Some(self.installation().school.id())
    }

    fn school_name(&self, _: SchoolId) -> String {
        self.installation().school.name().to_owned()
    }

    fn rights(&self, _: SchoolId) -> Arc<Rights> {
        self.inner().rights.load_full()
    }

    fn title(&self, _: SchoolId, role: Role) -> String {
        self.title_of(role)
    }
}

/// An answer of the engines as a failure of a port.
#[expect(clippy::wildcard_enum_match_arm, reason = "a page that is no fault of ours has a status")]
fn failed(what: &'static str, error: PageError) -> PortError {
    match error {
        PageError::Internal(cause) => PortError::new(what, cause),
        other => PortError::new(what, format!("answered with {}", other.status())),
    }
}

fn idle_minutes(live: &Live, subject: &Subject) -> u32 {
    let usual = rules::access::idle_lock::USUAL_MINUTES;
    let minutes = live.policy().map_or(usual, |it| rules::access::idle_lock::minutes(&it.policy, subject));
    u32::try_from(minutes).unwrap_or(u32::MAX)
}

#[async_trait]
impl people::access::Ports for Live {
    fn password_rule(&self, _: SchoolId, subject: &Subject) -> PasswordRule {
        let usual = PasswordRule::usual(subject);
        match self.policy() {
            Some(in_force) => {
                let least = rules::access::password_strength::min_length(&in_force.policy, subject);
                PasswordRule { min_length: usize::from(least), ..usual }
            }
            None => usual,
        }
    }

    fn idle_minutes(&self, _: SchoolId, subject: &Subject) -> u32 {
        idle_minutes(self, subject)
    }

    async fn due(&self, session: &Session, now: Timestamp) -> Result<Vec<DueItem>, PortError> {
        let mut due = Vec::new();
        let (installation, in_force) = (self.installation(), self.policy());
        let rights = self.inner().rights.load_full();
        let waiting = governance::waiting::waiting(
            &installation.policies,
            &installation.school,
            in_force.as_deref(),
            session,
            &rights,
            now,
        );
        let waiting = waiting.await.map_err(|error| PortError::new("find what of the policy waits", error))?;
        due.extend(waiting.into_iter().map(|one| DueItem {
            what: one.what,
            why: one.why,
            href: one.href,
            when: one.when,
            urgency: one.urgency,
        }));
        if let Some(in_force) = self.policy()
            && let Some(review) = in_force.policy.front.review
            && session.roles().contains(&Role::Headteacher)
        {
            let today = SchoolTime::new(now).date();
            if review <= today.saturating_add(jiff::Span::new().days(60)) {
                due.push(DueItem {
                    what: "Review the policy".to_owned(),
                    why: format!("Its review is due on {}", kernel::time::date_in_words(review)),
                    href: "/policy".to_owned(),
                    when: kernel::time::date_in_words(review),
                    urgency: if review < today { Urgency::Late } else { Urgency::Later },
                });
            }
        }
        if let Some(engines) = self.engines() {
            let waiting =
                engines::due::due(engines, session, now).await.map_err(|error| failed("find what is due", error))?;
            // Where hours count, it stands before everything else.
            let (first, rest): (Vec<_>, Vec<_>) = engines::due::at_home(waiting).into_iter().partition(|one| one.first);
            let item = |one: engines::due::Due| DueItem {
                what: one.what,
                why: one.why,
                href: one.href,
                when: one.when,
                urgency: if one.first { Urgency::Late } else { one.urgency },
            };
            drop(due.splice(0..0, first.into_iter().map(item)));
            due.extend(rest.into_iter().map(item));
        }
        let provides = self.inner().provides.load_full();
        let of_filter = traffic::waiting::waiting(&installation.school, &provides, session, &rights, now);
        let of_filter = of_filter.await.map_err(|error| PortError::new("find what of filtering waits", error))?;
        due.extend(of_filter.into_iter().map(|one| DueItem {
            what: one.what,
            why: one.why.to_owned(),
            href: one.href.to_owned(),
            when: if one.late { "Its time is over" } else { "Today" }.to_owned(),
            urgency: if one.late { Urgency::Late } else { Urgency::Today },
        }));
        let trouble = self.inner().log.get().and_then(|log| log.status(installation.school.id()).trouble);
        if trouble.is_some() && rights.allow(session.roles(), Action::ManageLists) {
            due.insert(
                0,
                DueItem {
                    what: "See to the activity log: it cannot be written".to_owned(),
                    why: "The disk is full, perhaps. The filter goes on, and what passes now may not be kept"
                        .to_owned(),
                    href: "/monitor/activity".to_owned(),
                    when: "Now".to_owned(),
                    urgency: Urgency::Late,
                },
            );
        }
        let undone = self.inner().undone.load();
        if !undone.is_empty() && rights.allow(session.roles(), Action::ManageLists) {
            due.insert(
                0,
                DueItem {
                    what: "See to Gatehouse itself: not all that it does each minute can be done".to_owned(),
                    why: format!("The program's log says why: {}. It is tried again each minute", undone.join("; ")),
                    href: "/monitor/activity".to_owned(),
                    when: "Now".to_owned(),
                    urgency: Urgency::Late,
                },
            );
        }
        if let Some(learning) = self.learning() {
            let surveys = learning.surveys_for(session, now).await.map_err(|error| failed("find surveys", error))?;
            due.extend(surveys.into_iter().map(|survey| DueItem {
                what: format!("Say what you think: {}", survey.title),
                why: "A survey without names. Five minutes are enough.".to_owned(),
                href: survey.href,
                when: format!("Until {}", kernel::time::date_in_words(survey.until)),
                urgency: Urgency::Later,
            }));
        }
        Ok(due)
    }

    async fn asked(&self, session: &Session, now: Timestamp) -> Result<Option<String>, PortError> {
        let Some(learning) = self.learning() else { return Ok(None) };
        let surveys = learning.surveys_for(session, now).await.map_err(|error| failed("find surveys", error))?;
        Ok((!surveys.is_empty()).then(|| "/surveys".to_owned()))
    }

    async fn lessons(&self, session: &Session, now: Timestamp) -> Result<bool, PortError> {
        let (school, provides) = (&self.installation().school, self.inner().provides.load_full());
        let any = traffic::approved::service::any_for(school, &provides, session.subject(), now).await;
        any.map_err(|error| PortError::new("find the sites for lessons", error))
    }

    async fn answers(&self, session: &Session, now: Timestamp) -> Result<Vec<Banner>, PortError> {
        let answers = traffic::answers::lately(&self.installation().school, session.person(), now).await;
        let answers = answers.map_err(|error| PortError::new("find what was answered", error))?;
        let banner = |one: traffic::answers::Answered| Banner {
            title: one.title.to_owned(),
            says: one.says,
            href: one.href.to_owned(),
        };
        Ok(answers.into_iter().map(banner).collect())
    }

    async fn banners(&self, session: &Session, now: Timestamp) -> Result<Vec<Banner>, PortError> {
        let Some(engines) = self.engines() else { return Ok(Vec::new()) };
        let banners = engines::notices::session_banners(engines, session, now).await;
        let banners = banners.map_err(|error| failed("find what is said at the start of a session", error))?;
        Ok(banners.into_iter().map(|one| Banner { title: one.title, says: one.says, href: one.href }).collect())
    }

    async fn after_sign_in(&self, _: SchoolId, person: PersonId, now: Timestamp) -> Result<Option<String>, PortError> {
        let Some(engines) = self.engines() else { return Ok(None) };
        let session = self.installation().session_of(person, now).await;
        let session = session.map_err(|error| PortError::new("read who signed in", error))?;
        engines::notices::first_page(engines, &session, now)
            .await
            .map_err(|error| failed("find what is to be read", error))
    }

    async fn unsigned(&self, session: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        let Some(in_force) = self.policy() else { return Ok(None) };
        let school = &self.installation().school;
        let one = [(session.person(), session.subject())];
        let states = signed_state(school, &in_force.policy, one)
            .await
            .map_err(|error| PortError::new("read the signatures", error))?;
        let state = states.get(&session.person());
        Ok(state
            .filter(|state| !state.is_signed())
            .and_then(|state| state.agreement.as_ref())
            .map(|name| format!("/agreements/{name}")))
    }

    async fn tagged(&self, _: SchoolId, person: PersonId, tag: &str) -> Result<people::access::Tagged, PortError> {
        Ok(self.device_tagged(person, tag))
    }

    async fn lent(&self, _: SchoolId) -> Result<Vec<people::access::LentDevice>, PortError> {
        Ok(self.lent_devices())
    }

    fn proxy_from_home(&self, _: SchoolId) -> Option<String> {
        let config = &self.installation().config;
        let port = config.gateway.listen_tls.first()?.port();
        Some(format!("https://{}:{port}", crate::tls::host_of(&config.desk.url)))
    }

    fn proxy(&self, _: SchoolId) -> Option<String> {
        let config = &self.installation().config;
        let port = config.gateway.listen.first()?.port();
        Some(format!("http://{}:{port}", crate::tls::host_of(&config.desk.url)))
    }

    fn pupils_use(&self, _: SchoolId, address: IpAddr) -> bool {
        let Some(in_force) = self.policy() else { return false };
        let all = networks(&in_force.policy);
        let nearest =
            all.iter().filter_map(|network| network.holds(address).map(|bits| (bits, network))).max_by_key(|row| row.0);
        nearest.is_some_and(|(_, network)| carries_pupils(network))
    }

    fn roster_changed(&self, _: SchoolId) {
        self.wake();
    }
}

#[async_trait]
impl Roll for Live {
    async fn people(&self, school: &School, now: Timestamp) -> Result<Vec<RollPerson>, PortError> {
        let today = SchoolTime::new(now).date();
        let all = subjects::all(&school.read(), today).await.map_err(|error| PortError::new("read the roll", error))?;
        let mut people: Vec<_> = all
            .into_values()
            .map(|member| RollPerson { id: member.id, name: member.full_name(), subject: member.subject })
            .collect();
        people.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(people)
    }

    fn opens(&self, session: &Session, href: &str, now: Timestamp) -> bool {
        let declared = self.inner().declared.load_full();
        declared.is_some_and(|declared| engines::opens(&*declared, session, href, SchoolTime::new(now).date()))
    }
}

impl Gate for Live {
    fn explain(
        &self,
        _: SchoolId,
        who: Asker,
        place: &Place,
        at: &SchoolTime,
        address: &filter::Address,
    ) -> Option<Explained> {
        let in_force = self.policy()?;
        let viewer = match who {
            Asker::Person(person) => Viewer { place: place.clone(), ..self.viewer(person, at.timestamp())? },
            Asker::Nobody => self.nobody_at(place.clone()),
        };
        let (decision, steps) = Self::explain(self, &viewer, at, address);
        Some(Explained { decision, steps, policy: format!("version {}", in_force.version.version) })
    }

    fn provides(&self, _: SchoolId) -> Arc<traffic::Provides> {
        self.inner().provides.load_full()
    }

    fn listed(&self, _: SchoolId) -> Vec<(String, filter::Category, u64)> {
        let rules = self.inner().rules.load();
        let tags = rules.lists().map_or(&[][..], filter::index::ListIndex::tags);
        tags.iter().filter_map(|tag| Some((tag.list.to_string(), tag.category?, tag.entries))).collect()
    }

    fn shared(&self, _: SchoolId) -> Vec<(String, Option<filter::Category>, filter::Shared)> {
        let rules = self.inner().rules.load();
        let Some(lists) = rules.lists() else { return Vec::new() };
        let mut all = Vec::new();
        for shared in filter::Shared::all() {
            let Ok(host) = filter::Host::parse(shared.host) else { continue };
            lists.find(&host, None, |found| {
                if found.start == 0 {
                    let tags = lists.tags_of(found).filter_map(|tag| lists.tags().get(usize::from(tag)));
                    all.extend(tags.map(|tag| (tag.list.to_string(), tag.category, shared)));
                }
            });
        }
        all
    }

    fn renewal(&self) -> Option<jiff::civil::Time> {
        self.installation().config.lists.update.begins()
    }

    fn categories(&self, _: SchoolId, address: &filter::Address) -> Vec<filter::Category> {
        let rules = self.inner().rules.load();
        let Some(lists) = rules.lists() else { return Vec::new() };
        let mut all = Vec::new();
        lists.find(&address.host, address.path(), |found| {
            let tags = lists.tags_of(found).filter_map(|tag| lists.tags().get(usize::from(tag)));
            all.extend(tags.filter_map(|tag| tag.category));
        });
        all.sort_unstable();
        all.dedup();
        all
    }

    fn illegal(&self, _: SchoolId, site: &SiteItem) -> Option<Arc<filter::ClauseRef>> {
        let rules = self.inner().rules.load();
        let known = crate::facts::beyond::of_site(site, rules.lists());
        rules::policy::use_matrix::closed_as_illegal(&self.policy()?.policy, &known)
    }

    fn networks(&self, _: SchoolId) -> Vec<String> {
        self.policy().map(|it| it.policy.front.networks.keys().cloned().collect()).unwrap_or_default()
    }

    fn refusals(&self, client: IpAddr, person: Option<PersonId>) -> Vec<Refusal> {
        let Some(gateway) = self.inner().gateway.get() else { return Vec::new() };
        let mut found = gateway.recent_refusals(gateway::Client::Address(client.to_canonical()));
        // An address may have been somebody else's a moment ago: what they were refused is theirs to see.
        found.retain(|refusal| refusal.person.is_none() || refusal.person == person);
        if let Some(person) = person {
            for refusal in gateway.recent_refusals_of(person) {
                if !found.contains(&refusal) {
                    found.push(refusal);
                }
            }
        }
        found.sort_by_key(|refusal| std::cmp::Reverse(refusal.at));
        found
            .into_iter()
            .map(|refusal| Refusal {
                at: refusal.at,
                host: refusal.host,
                why: why(refusal.reason, refusal.category),
                clause: refusal.clause.map(|clause| (*clause).clone()),
                askable: match refusal.reason {
                    filter::Reason::Rule | filter::Reason::Default => true,
                    filter::Reason::Sealed
                    | filter::Reason::Suspended
                    | filter::Reason::NotSigned
                    | filter::Reason::OffSite
                    | filter::Reason::Carried(_)
                    | filter::Reason::Unreadable => false,
                },
            })
            .collect()
    }

    fn opening(&self, _: SchoolId) -> Option<traffic::certificate::Opening> {
        self.how_opened()
    }

    fn pac(&self) -> Option<String> {
        self.inner().pac.get().cloned().flatten()
    }

    fn lists(&self, _: SchoolId) -> Option<traffic::lists::Folder> {
        Some(self.installation().lists())
    }

    fn begin_checks(&self, by: PersonId) -> bool {
        self.inner().checks.want(by)
    }

    fn checking(&self) -> bool {
        self.inner().checks.is_running()
    }

    fn may_look(&self, _: SchoolId, subject: &Subject) -> bool {
        match self.policy() {
            Some(in_force) => rules::monitor::log_access::may_look(&in_force.policy, subject),
            None => false,
        }
    }
}

/// Why something was refused, for whoever met it.
fn why(reason: filter::Reason, category: Option<filter::Category>) -> String {
    match reason {
        filter::Reason::Sealed => {
            "This is closed for everyone. You did nothing wrong; tell someone if it worries you.".to_owned()
        }
        filter::Reason::Suspended => "Your use of the internet is stopped for now. Ask your teacher.".to_owned(),
        filter::Reason::NotSigned => "Nobody who is signed in here has signed the agreement yet.".to_owned(),
        filter::Reason::OffSite => "At that time of day, devices of the school are closed at home.".to_owned(),
        filter::Reason::Rule | filter::Reason::Default => match category {
            Some(category) => format!("{} is closed here.", category.says()),
            None => "This site is closed here.".to_owned(),
        },
        filter::Reason::Carried(carried) => carried.says().to_owned(),
        filter::Reason::Unreadable => "The address could not be read.".to_owned(),
    }
}
