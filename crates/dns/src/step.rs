//! One question, from its bytes to the bytes of its answer. Everything that is known already is answered at once, without
//! waiting and nearly without allocation; only what must be asked for waits.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use filter::{Carried, Decision, Host, Reason, Verdict};
use kernel::Viewer;
use tokio::time::timeout;

use crate::{
    cache::Kept,
    flight::Waiting,
    judge::{Client, Moment},
    message::{Bad, Explain, Giving, Key, Query, Reply, Room, code, error_of, kind, wire_name},
    record::{Asked, Outcome, outcome},
    resolver::Resolver,
    special::{Special, special},
};

/// How far a question has come.
pub(crate) enum Step {
    /// Its answer is written.
    Answer,
    /// It gets none.
    Silence,
    /// It waits for an upstream server.
    Wait(Box<Pending>),
}

/// A question that waits.
pub(crate) struct Pending {
    resolver: Resolver,
    client: Client,
    room: Room,
    message: Vec<u8>,
    waiting: Waiting,
    stale: Option<Arc<Kept>>,
    key: Box<Key>,
}

/// What is known of the answer.
enum Found {
    /// Nothing was tried.
    NotYet,
    /// This, under this key; also an old one that is better than none.
    Answer(Arc<Kept>, Box<Key>),
    /// Nobody could say.
    Nothing,
}

/// A name that is open, and who asks for it.
#[derive(Clone, Copy)]
struct Judged<'a> {
    viewer: &'a Viewer,
    host: &'a Host,
    decision: &'a Decision,
    /// What its row says: what would have closed it, where that is on trial.
    told: &'a Decision,
    /// The name under which it is looked up, where it is another.
    safe: Option<&'static str>,
}

/// What all parts of a step look at.
struct Case<'a> {
    moment: &'a Moment,
    client: &'a Client,
    room: Room,
    message: &'a [u8],
    query: Query<'a>,
}

impl Pending {
    /// The answer, when it has come or is not to be waited for any longer.
    pub(crate) async fn finish(mut self: Box<Self>) -> Option<Vec<u8>> {
        let limits = &self.resolver.inner.config.limits;
        let most =
            if self.stale.is_some() { limits.stale_after_milliseconds } else { limits.answer_milliseconds + 500 };
        let landed = timeout(Duration::from_millis(most), self.waiting.landed()).await.ok().flatten();
        let found = match (landed, self.stale.take()) {
            (Some(kept), Some(stale)) if kept.answer.code == code::FAILED => Found::Answer(stale, self.key),
            (Some(kept), _) => Found::Answer(kept, self.key),
            (None, Some(stale)) => Found::Answer(stale, self.key),
            (None, None) => Found::Nothing,
        };
        let moment = Moment::new(&self.resolver.inner.ports);
        let mut out = Vec::with_capacity(512);
        match self.resolver.step(&moment, &self.client, self.room, &self.message, found, &mut out) {
            Step::Answer => Some(out),
            Step::Silence | Step::Wait(_) => None,
        }
    }
}

impl Resolver {
    /// Answers a message, or says what it waits for.
    pub(crate) fn begin(
        &self,
        moment: &Moment,
        client: &Client,
        room: Room,
        message: &[u8],
        out: &mut Vec<u8>,
    ) -> Step {
        self.inner.gauges.questions();
        self.step(moment, client, room, message, Found::NotYet, out)
    }

    fn step(
        &self,
        moment: &Moment,
        client: &Client,
        room: Room,
        message: &[u8],
        found: Found,
        out: &mut Vec<u8>,
    ) -> Step {
        let query = match Query::parse(message) {
            Ok(query) => query,
            Err(bad) => {
                self.inner.gauges.unreadable();
                return if error_of(bad, out) { Step::Answer } else { Step::Silence };
            }
        };
        let case = Case { moment, client, room, message, query };
        if query.edns.is_some_and(|edns| edns.version != 0) {
            return case.plainly(code::NO_ERROR, None, out);
        }
        match query.kind {
            kind::AXFR | kind::IXFR => return case.plainly(code::REFUSED, Some(Explain::Prohibited), out),
            kind::OPT | 249 | 250 => {
                error_of(Bad::Error { id: query.id, flags: 0, code: code::FORMAT }, out);
                return Step::Answer;
            }
            _ => {}
        }
        // Nobody looks into what others asked, and of other classes nothing is known.
        if query.class != 1 || !query.recursion {
            return case.plainly(code::REFUSED, Some(Explain::Prohibited), out);
        }
        let Some(name) = query.name_text() else {
            return case.no(code::NO_NAME, 300, Some(Explain::Prohibited), out);
        };
        let (_, _, own) = self.inner.servers(&name);
        let fixed = self.inner.names.contains_key(&name);
        let page = &self.inner.config.page;
        if self.inner.config.at_page.contains(&name) && !(own || fixed || page.is_empty()) {
            return case.addresses(page, 60, None, out);
        }
        match special(&name).filter(|_| !own && !fixed) {
            Some(Special::NoName) => return case.no(code::NO_NAME, 3600, None, out),
            Some(Special::Nothing) => return case.no(code::NO_ERROR, 3600, None, out),
            Some(Special::Loopback) => {
                return case.addresses(&[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], 3600, None, out);
            }
            Some(Special::Reverse) => return self.look_up(&case, &name, None, found, out),
            None => {}
        }
        let Some(host) = Host::parse(&name).ok().filter(|host| host.address().is_none()) else {
            return case.no(code::NO_NAME, 300, Some(Explain::Prohibited), out);
        };
        let viewer = client.viewer(self.inner.ports.who.as_ref());
        let decision = moment.decide(&viewer, &host);
        if decision.refuses() {
            return self.refuse(&case, &viewer, &host, &decision, None, out);
        }
        let lookup = self.inner.ports.safe.lookup(&host, &decision, &viewer, &moment.at, &moment.snapshot);
        let told = lookup.stopped.as_ref().unwrap_or(&decision);
        if told.refuses() {
            return self.refuse(&case, &viewer, &host, told, None, out);
        }
        let judged = Judged { viewer: &viewer, host: &host, decision: &decision, told, safe: lookup.alias };
        if query.kind == kind::ANY {
            self.tell(&case, &viewer, &host, told, None);
            let mut reply = Reply::new(&case.query, code::NO_ERROR, out);
            reply.no_any(3600);
            reply.finish(room, None);
            return Step::Answer;
        }
        if let Some(addresses) = self.inner.names.get(host.as_str()) {
            self.tell(&case, &viewer, &host, told, None);
            return case.addresses(addresses, 60, None, out);
        }
        self.look_up(&case, host.as_str(), Some(judged), found, out)
    }

    /// Answers from what is kept, or sets off to ask.
    fn look_up(
        &self,
        case: &Case<'_>,
        name: &str,
        judged: Option<Judged<'_>>,
        found: Found,
        out: &mut Vec<u8>,
    ) -> Step {
        let query = &case.query;
        let safe = judged.and_then(|it| it.safe);
        let alias = match safe.map(wire_name) {
            None => None,
            Some(Some(wire)) => Some(wire),
            // A name that is no name: rather nothing than what is not safe.
            Some(None) => return case.no(code::NO_ERROR, 60, None, out),
        };
        let key = match &alias {
            Some(wire) => Key::new(wire, query.kind, false, false),
            None => query.key(),
        };
        let kept = match found {
            Found::Answer(kept, of) if of.as_bytes() == key.as_bytes() => kept,
            // The rules changed meanwhile, and another name is to be looked up: the client asks again.
            Found::Answer(..) | Found::Nothing => return self.fail(case, judged, out),
            Found::NotYet => {
                let now = case.moment.now;
                match self.inner.cache.get(key.as_bytes(), now) {
                    Some(kept) if kept.is_fresh(now) => {
                        self.inner.gauges.remembered();
                        kept
                    }
                    stale => {
                        let name = safe.unwrap_or(name);
                        let asked = alias.as_deref().unwrap_or(query.name());
                        let Some(waiting) = self.ask(name, asked, query, alias.is_none(), &key, stale.as_ref()) else {
                            return match stale {
                                Some(stale) => self.give(case, judged, &stale, alias.as_deref(), out),
                                None => self.fail(case, judged, out),
                            };
                        };
                        // Where nobody answers, nobody is waited for; the question goes on in the background.
                        if let Some(stale) = stale.as_ref().filter(|_| self.inner.servers(name).0.is_down(now)) {
                            return self.give(case, judged, stale, alias.as_deref(), out);
                        }
                        return Step::Wait(Box::new(Pending {
                            resolver: self.clone(),
                            client: case.client.clone(),
                            room: case.room,
                            message: case.message.to_vec(),
                            waiting,
                            stale: stale.filter(|kept| kept.answer.code != code::FAILED),
                            key: Box::new(key),
                        }));
                    }
                }
            }
        };
        self.give(case, judged, &kept, alias.as_deref(), out)
    }

    /// Gives an answer, if the names behind it are open too.
    fn give(
        &self,
        case: &Case<'_>,
        judged: Option<Judged<'_>>,
        kept: &Kept,
        alias: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Step {
        let limits = &self.inner.config.limits;
        if kept.answer.code == code::FAILED {
            return self.fail(case, judged, out);
        }
        if let Some(Judged { viewer, host, decision, told, .. }) = judged {
            if let Some(closed) = case.moment.decide_chain(viewer, decision, &kept.answer) {
                return self.refuse(case, viewer, host, &closed.decision, closed.alias, out);
            }
            self.tell(case, viewer, host, told, None);
        }
        let age = kept.age(case.moment.now);
        if age >= kept.answer.ttl {
            self.inner.gauges.stale();
        }
        let giving = Giving { age, most: limits.client_ttl, room: case.room };
        match alias {
            None => kept.answer.write(&case.query, giving, out),
            Some(target) => {
                let left = kept.answer.ttl.saturating_sub(age).clamp(1, limits.client_ttl.max(1));
                let mut reply = Reply::new(&case.query, code::NO_ERROR, out);
                reply.alias(left, target, &kept.answer.addresses);
                reply.finish(case.room, None);
            }
        }
        Step::Answer
    }

    /// Says that the name is closed: by the block page's address, or that there is no such name.
    fn refuse(
        &self,
        case: &Case<'_>,
        viewer: &Viewer,
        host: &Host,
        decision: &Decision,
        alias: Option<String>,
        out: &mut Vec<u8>,
    ) -> Step {
        self.inner.gauges.blocked();
        self.tell(case, viewer, host, decision, alias);
        let config = &self.inner.config;
        let ttl = config.limits.blocked_ttl;
        // Of sealed lists nothing is told.
        let clause = decision.clause.as_ref().filter(|_| decision.sealed.is_none());
        let why = Some(Explain::Blocked(clause.map_or("", |clause| &clause.number)));
        // A relay is off, and says so, only where it has no name at all.
        let is_relay = decision.verdict == Verdict::Block(Reason::Carried(Carried::Bypass));
        if config.page.is_empty() || is_relay {
            return case.no(code::NO_NAME, ttl, why, out);
        }
        case.addresses(&config.page, ttl, why, out)
    }

    /// Says that nobody could say.
    fn fail(&self, case: &Case<'_>, judged: Option<Judged<'_>>, out: &mut Vec<u8>) -> Step {
        self.inner.gauges.failed();
        if let Some(Judged { viewer, host, told, .. }) = judged {
            match outcome(told) {
                Outcome::Help => self.tell(case, viewer, host, told, None),
                Outcome::Allowed | Outcome::Blocked | Outcome::Observed | Outcome::Failed => {
                    self.write(case, viewer, host, told, Outcome::Failed, |asked| {
                        asked.reason = "no answer from the resolver's servers";
                    });
                }
            }
        }
        case.plainly(code::FAILED, Some(Explain::NoUpstream), out)
    }

    fn tell(&self, case: &Case<'_>, viewer: &Viewer, host: &Host, decision: &Decision, alias: Option<String>) {
        self.write(case, viewer, host, decision, outcome(decision), |asked| asked.alias = alias);
    }

    /// Writes the first question of a client for a name with an outcome in each minute.
    fn write(
        &self,
        case: &Case<'_>,
        viewer: &Viewer,
        host: &Host,
        decision: &Decision,
        outcome: Outcome,
        change: impl FnOnce(&mut Asked),
    ) {
        let who = (case.client.address, case.client.token.as_ref(), viewer.person);
        let what = (host.as_str(), outcome, decision.clause.as_ref().map(|it| &it.label));
        if self.inner.once.is_first(case.moment.timestamp(), (who, what)) {
            let mut asked = Asked { outcome, ..case.moment.asked(case.client, viewer, host, decision) };
            change(&mut asked);
            self.inner.ports.log.append(asked);
        }
    }
}

impl Case<'_> {
    /// An answer without records.
    fn plainly(&self, code: u8, explain: Option<Explain<'_>>, out: &mut Vec<u8>) -> Step {
        Reply::new(&self.query, code, out).finish(self.room, explain);
        Step::Answer
    }

    /// A "no", and how long it holds.
    fn no(&self, code: u8, ttl: u32, explain: Option<Explain<'_>>, out: &mut Vec<u8>) -> Step {
        let mut reply = Reply::new(&self.query, code, out);
        reply.no_longer_than(ttl);
        reply.finish(self.room, explain);
        Step::Answer
    }

    /// Those of the addresses that are of the type that is asked for.
    fn addresses(&self, all: &[IpAddr], ttl: u32, explain: Option<Explain<'_>>, out: &mut Vec<u8>) -> Step {
        let mut fitting =
            all.iter().filter(|address| self.query.kind == if address.is_ipv4() { kind::A } else { kind::AAAA });
        let Some(first) = fitting.next() else { return self.no(code::NO_ERROR, ttl, explain, out) };
        let mut reply = Reply::new(&self.query, code::NO_ERROR, out);
        reply.address(ttl, *first);
        for address in fitting {
            reply.address(ttl, *address);
        }
        reply.finish(self.room, explain);
        Step::Answer
    }
}
