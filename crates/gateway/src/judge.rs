//! Who asks, what is decided, and what the log will say of it.

use std::{net::IpAddr, sync::Arc};

use activity::{Outcome, Visit, Who};
use filter::{Address, ByName, Decision, Inspection, Opened, Request, Scheme, Snapshot, Treatment, Verdict};
use hyper::HeaderMap;
use kernel::{HowKnown, Place, SchoolTime, Viewer};

use crate::{
    bypass,
    credential::{Credential, Token, credential},
    gateway::{Entrance, Inner, SealedMatch},
    record::Record,
    refusals::{Client, Refusal},
    target::{BadTarget, Target},
};

/// By what a client is known, so that it can be asked again while a tunnel is open.
#[derive(Debug, Clone)]
enum Source {
    /// Its credential.
    Token(Token),
    /// Its address.
    Address,
    /// A credential that is not good: never its address instead.
    Bad,
}

/// Who sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    address: IpAddr,
    source: Source,
    /// Where it is, where the way in says so and not its address.
    place: Option<Place>,
    pub(crate) viewer: Viewer,
}

impl Caller {
    /// Who sends a request with these headers from `address`, which says where; `from` says so where addresses are
    /// those of anywhere.
    pub(crate) fn of(inner: &Inner, address: IpAddr, from: Option<Place>, headers: &HeaderMap) -> Self {
        let source = match credential(headers) {
            Credential::None => Source::Address,
            Credential::Token(token) => Source::Token(token),
            Credential::Malformed => Source::Bad,
        };
        let by_address = || inner.ports.who.by_address(address);
        let (source, viewer) = match source {
            Source::Address => (Source::Address, by_address()),
            Source::Token(token) => match by_token(inner, &token, address, from.as_ref()) {
                Some(viewer) => (Source::Token(token), viewer),
                None => (Source::Bad, Viewer::unattributed(by_address().place)),
            },
            Source::Bad => (Source::Bad, Viewer::unattributed(by_address().place)),
        };
        let viewer = match &from {
            Some(place) => Viewer { place: place.clone(), ..viewer },
            None => viewer,
        };
        Self { address, source, place: from, viewer }
    }

    /// Who sends something from `address`, where no credential is given.
    pub(crate) fn at(inner: &Inner, address: IpAddr) -> Self {
        Self { address, source: Source::Address, place: None, viewer: inner.ports.who.by_address(address) }
    }

    /// Nobody, who sends something by way of `address`.
    pub(crate) fn nobody(inner: &Inner, address: IpAddr) -> Self {
        let viewer = Viewer::unattributed(inner.ports.who.by_address(address).place);
        Self { address, source: Source::Bad, place: None, viewer }
    }

    /// Who it is now; none where the credential is no longer good.
    pub(crate) fn now(&self, inner: &Inner) -> Option<Viewer> {
        let mut viewer = match &self.source {
            Source::Token(token) => by_token(inner, token, self.address, self.place.as_ref())?,
            Source::Address => inner.ports.who.by_address(self.address),
            Source::Bad => self.viewer.clone(),
        };
        if let Some(place) = &self.place {
            viewer.place = place.clone();
        }
        Some(viewer)
    }

    /// The address that it comes from, where that may say who it is; none where addresses are those of anywhere.
    pub(crate) fn own_address(&self) -> Option<IpAddr> {
        self.place.is_none().then_some(self.address)
    }

    /// Whether a credential is to be asked for before the request goes on. The desk and help sites are open
    /// to all, also to a device whose token was revoked.
    pub(crate) fn must_say_who(&self, challenge: bool, entrance: Entrance, decision: &Decision) -> bool {
        match entrance {
            Entrance::Proxy => {}
            // From outside even the desk is not reached through here: that would be a way in for anybody.
            Entrance::TokenOnly => return !matches!(self.source, Source::Token(_)),
            // It would not understand the question.
            Entrance::Brought | Entrance::Neighbour => return false,
        }
        if matches!(decision.verdict, Verdict::Allow(Opened::Desk | Opened::Help)) {
            return false;
        }
        match self.source {
            Source::Bad => true,
            Source::Token(_) => false,
            Source::Address => challenge && self.viewer.how == HowKnown::Unattributed,
        }
    }
}

/// Whose a credential is. An address of anywhere is nobody's here, whatever a register says of the same numbers.
fn by_token(inner: &Inner, token: &Token, address: IpAddr, from: Option<&Place>) -> Option<Viewer> {
    match from {
        None => inner.ports.who.by_token_at(token.as_str(), address),
        Some(_) => inner.ports.who.by_token(token.as_str()),
    }
}

/// A decision with all that it stood on: one snapshot from first to last.
#[derive(Clone)]
pub(crate) struct Judgement {
    pub(crate) address: Address,
    pub(crate) decision: Decision,
    /// What is done with what passes.
    pub(crate) treatment: Treatment,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) at: SchoolTime,
}

impl Judgement {
    pub(crate) fn new(inner: &Inner, address: Address, viewer: &Viewer, snapshot: Arc<Snapshot>) -> Self {
        let at = inner.ports.clock.school_time();
        let decide = |address: &Address| filter::decide(&Request { address, viewer, at: &at, found: &[] }, &snapshot);
        let mut decision = decide(&address);
        let treatment = snapshot.treatment(viewer, &address, &at);
        if let Some(stopped) = bypass::stopped(&address, &decision, &treatment) {
            decision = stopped;
        }
        // A search engine that is not opened and has no safe name cannot be made safe.
        if address.path().is_none()
            && !decision.refuses()
            && let Some(refusal) = filter::safe_search::refusal(&address.host, &treatment)
        {
            decision = refusal;
        }
        // What a closed site shows is closed through another one as well.
        let nested = treatment.bypass.as_ref().filter(|it| it.value.nested && !decision.refuses());
        if let (Some(cited), Some(path), true) = (nested, address.path(), decision.may_name_person()) {
            let closed = match filter::bypass::nested(path) {
                Some(inside) => inside.iter().map(decide).find(Decision::refuses),
                None => Some(Decision::unread(&cited.clause, cited.observed)),
            };
            if let Some(closed) = closed {
                // What a sealed list holds is never on trial.
                decision = Decision { observed: cited.observed && closed.sealed.is_none(), ..closed };
            }
        }
        Self { address, decision, treatment, snapshot, at }
    }

    /// The same, with the decision about what was found in the request or its answer.
    pub(crate) fn found(&self, decision: Decision) -> Self {
        Self { decision, ..self.clone() }
    }

    /// Whether the policy has an encrypted connection to this name opened.
    pub(crate) fn is_to_be_opened(&self) -> bool {
        self.address.scheme == Scheme::Https && self.treatment.inspection.opens()
    }

    /// Whether it is about the desk.
    pub(crate) fn is_of_desk(&self) -> bool {
        matches!(self.decision.verdict, Verdict::Allow(Opened::Desk))
    }

    /// Whether an encrypted connection to the same host would be opened for whoever asks in clear.
    pub(crate) fn is_opened_over_tls(&self, viewer: &Viewer) -> bool {
        let address = Address::new(Scheme::Https, self.address.host.clone(), Scheme::Https.port(), None);
        self.snapshot.treatment(viewer, &address, &self.at).inspection.opens()
    }

    /// Whether a connection that was opened would not be any more. One address of a site may be private while
    /// the site is not: the connection is open already, and its other addresses need it.
    pub(crate) fn is_no_longer_opened(&self) -> bool {
        match &self.treatment.inspection {
            Inspection::Opened(_) | Inspection::ByName(ByName::Private, _) => false,
            Inspection::ByName(
                ByName::NotAsked | ByName::OnTrial | ByName::NotOurs | ByName::Exempt | ByName::Pinned,
                _,
            ) => true,
        }
    }

    /// Whether answers must not name other ways to the site, on which the gateway does not stand.
    pub(crate) fn hides_other_ways(&self) -> bool {
        self.is_to_be_opened() || self.treatment.bypass.as_ref().is_some_and(|it| it.value.quic && !it.observed)
    }
}

/// What the filter is asked about.
pub(crate) fn address_of(scheme: Scheme, target: &Target, path: Option<&str>) -> Result<Address, BadTarget> {
    let host = filter::Host::parse(&target.authority(target.port)).map_err(|_| BadTarget::Host)?;
    Ok(Address::new(scheme, host, target.port, path))
}

impl Inner {
    /// The row of a request, to be written when it ends.
    pub(crate) fn record(&self, method: &str, caller: &Caller, judgement: &Judgement) -> Record {
        let Judgement { address, decision, treatment: _, snapshot, at } = judgement;
        let viewer = &caller.viewer;
        let outcome = match decision.verdict {
            Verdict::Allow(Opened::Help) => Outcome::Help,
            Verdict::Allow(Opened::Desk | Opened::Unblock | Opened::Rule | Opened::Default) => Outcome::Allowed,
            Verdict::Block(_) if decision.observed => Outcome::Observed,
            Verdict::Block(_) => Outcome::Blocked,
        };
        let who = if decision.may_name_person() {
            Who::of(viewer, viewer.person.map(|person| (self.ports.pseudonym)(person)))
        } else {
            Who::nobody()
        };
        // What a sealed list holds is never written: the digest stands in the place of the host.
        let sealed = decision.sealed.map(|digest| digest.to_string());
        let host = sealed.as_deref().unwrap_or(address.host.as_str());
        let visit = Visit {
            who,
            method: method.to_owned(),
            scheme: match address.scheme {
                Scheme::Http => activity::Scheme::Http,
                Scheme::Https => activity::Scheme::Https,
            },
            port: address.port,
            path: address.path_only().filter(|_| sealed.is_none()).map(str::to_owned),
            // Of what is encrypted, nobody sees the path who has not opened it.
            inspected: address.scheme == Scheme::Https && address.path().is_some(),
            category: decision.category.map(|category| category.name().to_owned()),
            reason: reason(decision.verdict).to_owned(),
            rule: decision.rule.as_ref().map(|rule| rule.id.clone()),
            clause: decision
                .clause
                .as_ref()
                .map(|clause| activity::ClauseRef { label: clause.label.clone(), number: clause.number.clone() }),
            policy: Some(snapshot.policy()),
            list: snapshot.lists().map(|_| snapshot.lists_digest()),
            ..Visit::new(self.config.school, at.timestamp(), host, outcome)
        };
        let record = Record::new(self.ports.log.clone(), self.ports.clock.clone(), visit);
        let Some(digest) = decision.sealed else { return record };
        let (at, device, clause) = (at.timestamp(), viewer.device, decision.clause.clone());
        let found = SealedMatch { at, digest, device, clause, address: address.to_string() };
        record.telling(self.ports.matches.clone(), found)
    }

    /// Keeps a refusal for the desk's page "what was I refused?", and says in the program's log that there
    /// was one: by rule and category, of nobody and nowhere.
    pub(crate) fn remember(&self, caller: &Caller, judgement: &Judgement) {
        let decision = &judgement.decision;
        let Verdict::Block(reason) = decision.verdict else { return };
        let tells = reason != filter::Reason::Sealed;
        tracing::debug!(
            filter.reason = reason.id(),
            filter.category = decision.category.filter(|_| tells).map(filter::Category::name),
            filter.rule = decision.rule.as_ref().map(|rule| rule.id.as_str()),
            "a request was refused"
        );
        let refusal = Refusal {
            at: judgement.at.timestamp(),
            person: caller.viewer.person,
            host: tells.then(|| judgement.address.host.as_str().to_owned()),
            reason,
            category: decision.because_of().filter(|_| tells),
            clause: decision.clause.clone().filter(|_| tells),
        };
        self.refusals.add(Client::of(&caller.viewer, caller.address), refusal);
    }
}

/// The words of the activity log for a verdict.
fn reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow(opened) => match opened {
            Opened::Desk => "desk",
            Opened::Help => "help",
            Opened::Unblock => "unblock",
            Opened::Rule => "rule",
            Opened::Default => "default",
        },
        Verdict::Block(reason) => reason.id(),
    }
}
