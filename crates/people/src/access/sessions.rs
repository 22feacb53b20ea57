//! Sessions at the desk: from sign-in to sign-out, silence, or twelve hours.
//!
//! A sign-in also binds the address that it comes from to the person, for the gateway. A binding has one
//! person: the next sign-in takes it over. An adult's sign-in never binds an address that pupils use or
//! share, for then a pupil could borrow the adult's profile. A session that goes on from another address, as that of a
//! laptop that was carried to another room, binds that one instead, by the same rules.

use std::net::IpAddr;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kernel::{Capacity, PersonId, SchoolTime, SessionId};
use store::{
    Act, Actor, School, StoreError, Tx,
    entity::{access_account, access_session, people_role},
    ids,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use webkit::{Found, PortError, Session, Sessions, Token, session::SessionParts};

use super::{Access, AccessError, accounts::tidy_username, attempts, subjects};

/// The longest session.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// How often the time of the last request is written down.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// How many addresses one statement names.
const AT_ONCE: usize = 500;

/// For how long pupils' sign-ins make an address one that pupils use.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What the end of a session that nobody used is called in the ledger.
pub const IDLE_END: &str = "access.idle-end";

/// Where somebody changes a password that was handed out.
pub const CHANGE_FIRST: &str = "/account/password";

/// A sign-in that worked.
#[derive(Debug)]
pub struct SignedIn {
    /// What the browser keeps.
    pub token: Token,
    /// Who.
    pub person: PersonId,
    /// The session.
    pub session: SessionId,
}

/// A sign-in that did not.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Username and password do not belong together. Which of them is wrong is not said.
    #[error("username and password do not belong together")]
    Wrong,
    /// Too many tries.
    #[error("too many tries; {seconds} seconds to wait")]
    Wait {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Something else failed.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Access(error.into())
    }
}

pub(crate) fn digest(school: &School, token: &Token) -> String {
    token.digest(&school.secret("sessions")).to_string()
}

fn address_text(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_canonical().to_string()).unwrap_or_default()
}

impl Access {
    /// Signs somebody in.
    pub async fn sign_in(
        &self,
        school: &School,
        username: &str,
        password: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let username = tidy_username(username);
        if let Some(seconds) = self.0.guesses.begin(school.id(), &username, address, now) {
            return Err(SignInError::Wait { seconds });
        }
        let account = school
            .read()
            .find::<access_account::Entity>()
            .filter(access_account::Column::Username.eq(username.as_str()))
            .filter(access_account::Column::DisabledAt.is_null())
            .one()
            .await?;
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let right = if password.len() > 4 * super::password::LONGEST {
            false
        } else {
            self.hasher().is(password, hash).await.map_err(AccessError::from)?
        };
        let today = SchoolTime::new(now).date();
        let member = match account.filter(|_| right) {
            Some(account) => subjects::one(&school.read(), PersonId(account.person_id), today).await?,
            None => None,
        };
        attempts::note(school, &username, member.is_some(), now).await?;
        let Some(member) = member else { return Err(SignInError::Wrong) };
        self.0.guesses.right(school.id(), &username, address);
        Ok(self.open(school, &member, address, now).await?)
    }

    /// Opens a session for somebody who has proved who they are.
    pub(crate) async fn open(
        &self,
        school: &School,
        member: &subjects::Member,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<SignedIn, AccessError> {
        let token = Token::new(school.id())?;
        let id = ids::new_id(now)?;
        let whose = self.whose(school, member, address);
        let act = Act::new("access.sign-in", member.id).about_person(member.id);
        let (session, person, token_digest) = (SessionId(id), member.id, digest(school, &token));
        school
            .act(act, now, async move |tx| {
                let binds = whose.takes(&tx, now).await?;
                tx.insert(access_session::Model {
                    id,
                    school_id: school.id().0,
                    person_id: person.0,
                    token_digest,
                    created_at: millis(now),
                    last_seen_at: millis(now),
                    ended_at: None,
                    address: whose.address,
                    binds_address: binds,
                    heard_at: None,
                })
                .await
            })
            .await?;
        self.ports().roster_changed(school.id());
        Ok(SignedIn { token, person, session })
    }

    fn whose(&self, school: &School, member: &subjects::Member, address: Option<IpAddr>) -> Whose {
        Whose {
            address: address_text(address),
            pupil: member.subject.has_capacity(Capacity::Pupil),
            shared: address.is_none_or(|address| self.ports().pupils_use(school.id(), address)),
        }
    }

    /// Binds the address at which a session goes on, in place of the one before: once, even where two pages are opened
    /// there at the same time.
    async fn moves(
        &self,
        school: &School,
        row: &access_session::Model,
        whose: Whose,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let person = PersonId(row.person_id);
        school
            .act_many(Vec::new(), now, async |tx| {
                let moved = tx
                    .change::<access_session::Entity>()
                    .set(access_session::Column::Address, whose.address.clone())
                    .set(access_session::Column::HeardAt, None::<i64>)
                    .filter(access_session::Column::Id.eq(row.id))
                    .filter(access_session::Column::Address.eq(row.address.as_str()))
                    .filter(access_session::Column::EndedAt.is_null())
                    .run()
                    .await?;
                if moved == 0 {
                    return Ok(());
                }
                let binds = whose.takes(&tx, now).await?;
                tx.change::<access_session::Entity>()
                    .set(access_session::Column::BindsAddress, binds)
                    .filter(access_session::Column::Id.eq(row.id))
                    .run()
                    .await?;
                tx.record(Act::new("access.move", person).about_person(person))
            })
            .await?;
        self.ports().roster_changed(school.id());
        Ok(())
    }

    /// Ends a session.
    pub async fn sign_out(&self, school: &School, session: &Session, now: Timestamp) -> Result<(), AccessError> {
        let (id, person) = (session.id(), session.person());
        let act = Act::new("access.sign-out", person).about_person(person);
        school.act(act, now, async |tx| end(&tx, access_session::Column::Id.eq(id.0), now).await).await?;
        self.ports().roster_changed(school.id());
        Ok(())
    }

    /// Ends the session that a browser still holds when it signs in anew, so that none is left behind.
    pub(crate) async fn drop_token(&self, school: &School, token: &Token, now: Timestamp) -> Result<(), AccessError> {
        if token.school() == school.id() {
            let digest = digest(school, token);
            school
                .bookkeep(now, async |tx| end(&tx, access_session::Column::TokenDigest.eq(digest), now).await)
                .await?;
        }
        Ok(())
    }

    async fn look_up(&self, token: &Token, address: Option<IpAddr>, now: Timestamp) -> Result<Found, StoreError> {
        let school = match self.school(token.school()).await {
            Ok(school) => school,
            Err(StoreError::NoSchool(_)) => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        let rows = school.read();
        let row = rows
            .find::<access_session::Entity>()
            .filter(access_session::Column::TokenDigest.eq(digest(&school, token)))
            .filter(access_session::Column::EndedAt.is_null())
            .one()
            .await?;
        let Some(row) = row else { return Ok(Found::Nothing) };
        let today = SchoolTime::new(now).date();
        let person = PersonId(row.person_id);
        let account = rows
            .find::<access_account::Entity>()
            .filter(access_account::Column::PersonId.eq(person.0))
            .filter(access_account::Column::DisabledAt.is_null())
            .one()
            .await?;
        let member = subjects::one(&rows, person, today).await?;
        let too_old = now.duration_since(timestamp(row.created_at)) >= LONGEST;
        let (Some(member), Some(account), false) = (member, account, too_old) else {
            self.close(&school, row.id, now).await?;
            return Ok(Found::Nothing);
        };
        let silent = silent_for(&row, now);
        let minutes = self.ports().idle_minutes(school.id(), &member.subject);
        if silent >= SignedDuration::from_mins(i64::from(minutes)) {
            // The device may still be reading through the gateway; then its place there lasts a little longer.
            if !self.reads(&row, minutes, now) {
                school.act_many(Vec::new(), now, async |tx| end_idle(&tx, &row, true, now).await).await?;
                self.ports().roster_changed(school.id());
            }
            return Ok(Found::Idle { minutes });
        }
        if silent >= NOTED_EVERY {
            let id = row.id;
            school
                .bookkeep(now, async |tx| {
                    tx.change::<access_session::Entity>()
                        .set(access_session::Column::LastSeenAt, millis(now))
                        .filter(access_session::Column::Id.eq(id))
                        .filter(access_session::Column::EndedAt.is_null())
                        .run()
                        .await
                })
                .await?;
        }
        if address.is_some() && address_text(address) != row.address {
            self.moves(&school, &row, self.whose(&school, &member, address), now).await?;
        }
        Ok(Found::Live(Session::new(SessionParts {
            id: SessionId(row.id),
            school: school.id(),
            person,
            given: member.given,
            family: member.family,
            subject: member.subject,
            first: account.must_change.then(|| CHANGE_FIRST.to_owned()),
        })))
    }

    async fn close(&self, school: &School, id: uuid::Uuid, now: Timestamp) -> Result<(), StoreError> {
        school.bookkeep(now, async |tx| end(&tx, access_session::Column::Id.eq(id), now).await).await?;
        self.ports().roster_changed(school.id());
        Ok(())
    }

    /// Ends the sessions that nobody uses any more; a job calls it every minute.
    pub async fn end_silent(&self, school: &School, now: Timestamp) -> Result<u64, AccessError> {
        let rows = school.read();
        let open =
            rows.find::<access_session::Entity>().filter(access_session::Column::EndedAt.is_null()).all().await?;
        if open.is_empty() {
            return Ok(0);
        }
        let members = subjects::all(&rows, SchoolTime::new(now).date()).await?;
        let mut over = Vec::new();
        for row in open {
            let minutes = members
                .get(&PersonId(row.person_id))
                .map_or(0, |member| self.ports().idle_minutes(school.id(), &member.subject));
            if !self.is_alive(&row, minutes, now) {
                // Of a session that was in use until its twelve hours were over, or whose person has left, silence is
                // not what ended it.
                let idle = minutes > 0 && silent_for(&row, now) >= SignedDuration::from_mins(i64::from(minutes));
                over.push((row, idle));
            }
        }
        if over.is_empty() {
            return Ok(0);
        }
        let ended = school
            .act_many(Vec::new(), now, async move |tx| {
                let mut ended = 0;
                for (row, idle) in &over {
                    ended += end_idle(&tx, row, *idle, now).await?;
                }
                Ok::<_, StoreError>(ended)
            })
            .await?;
        if ended > 0 {
            self.ports().roster_changed(school.id());
        }
        Ok(ended)
    }

    /// Whether a session, or the binding that it made, is still in use.
    pub(crate) fn is_alive(&self, row: &access_session::Model, minutes: u32, now: Timestamp) -> bool {
        let limit = SignedDuration::from_mins(i64::from(minutes));
        now.duration_since(timestamp(row.created_at)) < LONGEST
            && (now.duration_since(timestamp(row.last_seen_at)) < limit || self.reads(row, minutes, now))
    }

    /// Whether the address that a session binds was heard at the gateway lately: by this process, or by another or an
    /// earlier one, which wrote it down.
    fn reads(&self, row: &access_session::Model, minutes: u32, now: Timestamp) -> bool {
        let limit = SignedDuration::from_mins(i64::from(minutes));
        let written = row.heard_at.is_some_and(|heard| now.duration_since(timestamp(heard)) < limit);
        row.binds_address && (written || self.0.heard.lately(&row.address, minutes, now))
    }

    /// Writes down which bound addresses were heard at the gateway since then, as heard then: none lives longer by it. A
    /// job calls it every minute, where a gateway runs.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn write_heard(&self, school: &School, since: Timestamp, now: Timestamp) -> Result<(), AccessError> {
        let heard: Vec<String> = self.0.heard.since(since).map(|address| address.to_string()).collect();
        for some in heard.chunks(AT_ONCE) {
            let some = some.to_vec();
            school
                .bookkeep(now, async |tx| {
                    tx.change::<access_session::Entity>()
                        .set(access_session::Column::HeardAt, millis(since))
                        .filter(access_session::Column::Address.is_in(some))
                        .filter(access_session::Column::BindsAddress.eq(true))
                        .filter(access_session::Column::EndedAt.is_null())
                        .run()
                        .await
                })
                .await?;
        }
        Ok(())
    }
}

/// Who comes to an address.
struct Whose {
    /// The address; empty where it is not known.
    address: String,
    pupil: bool,
    /// Whether pupils use the address, or it is not known.
    shared: bool,
}

impl Whose {
    /// Takes the address over from whoever was bound there; whether it is theirs now.
    async fn takes(&self, tx: &Tx, now: Timestamp) -> Result<bool, StoreError> {
        if self.address.is_empty() {
            return Ok(false);
        }
        unbind(tx, &self.address).await?;
        Ok(self.pupil || (!self.shared && !pupils_were_at(tx, &self.address, now).await?))
    }
}

/// Ends a session, and records the act that the standing of `access.idle-lock` counts: once, even where two find it
/// silent at the same time.
async fn end_idle(tx: &Tx, row: &access_session::Model, idle: bool, now: Timestamp) -> Result<u64, StoreError> {
    let ended = end(tx, access_session::Column::Id.eq(row.id), now).await?;
    if ended > 0 && idle {
        tx.record(Act::new(IDLE_END, Actor::Gatehouse).about_person(PersonId(row.person_id)))?;
    }
    Ok(ended)
}

fn silent_for(row: &access_session::Model, now: Timestamp) -> SignedDuration {
    now.duration_since(timestamp(row.last_seen_at))
}

/// Ends the sessions that are still open among `which`; how many were.
pub(crate) async fn end(tx: &Tx, which: sea_orm::sea_query::SimpleExpr, now: Timestamp) -> Result<u64, StoreError> {
    tx.change::<access_session::Entity>()
        .set(access_session::Column::EndedAt, millis(now))
        .filter(which)
        .filter(access_session::Column::EndedAt.is_null())
        .run()
        .await
}

async fn unbind(tx: &Tx, address: &str) -> Result<(), StoreError> {
    tx.change::<access_session::Entity>()
        .set(access_session::Column::BindsAddress, false)
        .filter(access_session::Column::Address.eq(address))
        .filter(access_session::Column::BindsAddress.eq(true))
        .run()
        .await?;
    Ok(())
}

/// Whether a pupil has signed in from this address lately.
async fn pupils_were_at(tx: &Tx, address: &str, now: Timestamp) -> Result<bool, StoreError> {
    let since = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    let rows = tx
        .find::<access_session::Entity>()
        .filter(access_session::Column::Address.eq(address))
        .filter(access_session::Column::CreatedAt.gte(millis(since)))
        .all()
        .await?;
    let persons: std::collections::BTreeSet<uuid::Uuid> = rows.into_iter().map(|row| row.person_id).collect();
    if persons.is_empty() {
        return Ok(false);
    }
    tx.find::<people_role::Entity>()
        .filter(people_role::Column::Role.eq(kernel::Role::Pupil.id()))
        .filter(people_role::Column::PersonId.is_in(persons))
        .any()
        .await
}

#[async_trait]
impl Sessions for Access {
    async fn find(&self, token: &Token, address: Option<IpAddr>, now: Timestamp) -> Result<Found, PortError> {
        self.look_up(token, address, now).await.map_err(|error| PortError::new("look up a session", error))
    }
}

/// The address that a person is bound to at present, for the account page.
pub(crate) async fn bound_address(school: &School, session: &Session) -> Result<Option<String>, StoreError> {
    let row = school.read().get::<access_session::Entity>(session.id().0).await?;
    Ok(row.filter(|row| row.binds_address && row.ended_at.is_none()).map(|row| row.address))
}
