//! Links that may be used once: by the first administrator, who becomes head of the installation's accounts, and by
//! somebody who has forgotten the password.

use jiff::{SignedDuration, Timestamp};
use kernel::{PersonId, Role, SchoolTime};
use store::{
    Act, Actor, School, StoreError, Tx,
    entity::{access_account, access_invitation, access_session, people_person, people_role},
    ids,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use webkit::Token;

use super::{
    Access, AccessError,
    accounts::{BadUsername, account_of, parse_username},
    sessions, subjects,
};

/// How long the link of the first administrator works.
pub const WORKS_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

/// How long the link to a new password works.
pub const RESET_WORKS_FOR: SignedDuration = SignedDuration::from_hours(24);

const FIRST: &str = "first-administrator";
const RESET: &str = "new-password";

/// A link that works.
#[derive(Debug)]
pub struct Invitation {
    /// The school.
    pub school: School,
    /// Whose password it is for; none where it is for the first administrator.
    pub member: Option<subjects::Member>,
}

/// What the first administrator enters.
#[derive(Clone)]
pub struct FirstPerson {
    /// First name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
    /// The role: headteacher or network manager.
    pub role: Role,
}

fn digest(school: &School, token: &Token) -> String {
    token.digest(&school.secret("invitations")).to_string()
}

impl Access {
    /// Whether anybody can sign in to the school yet.
    pub async fn has_anybody(&self, school: &School) -> Result<bool, AccessError> {
        let found = school
            .read()
            .find::<access_account::Entity>()
            .filter(access_account::Column::PasswordHash.is_not_null())
            .any()
            .await?;
        Ok(found)
    }

    /// A link for the first administrator; the path `/welcome/…`. Links before it stop to work.
    pub async fn invite_first(&self, school: &School, now: Timestamp) -> Result<String, AccessError> {
        let act = Act::new("access.invite-first", Actor::Gatehouse);
        self.invite(school, act, FIRST, None, WORKS_FOR, now).await
    }

    /// A link with which somebody chooses a new password, for who has forgotten the old one, which goes on working
    /// until then. Links to the same before it stop to work.
    pub async fn invite_again(
        &self,
        school: &School,
        by: impl Into<Actor>,
        person: PersonId,
        now: Timestamp,
    ) -> Result<String, AccessError> {
        if account_of(school, person).await?.disabled_at.is_some() {
            return Err(AccessError::Closed(person));
        }
        let act = Act::new("access.invite-again", by).about_person(person);
        self.invite(school, act, RESET, Some(person), RESET_WORKS_FOR, now).await
    }

    async fn invite(
        &self,
        school: &School,
        act: Act,
        purpose: &str,
        person: Option<PersonId>,
        lasts: SignedDuration,
        now: Timestamp,
    ) -> Result<String, AccessError> {
        let token = Token::new(school.id())?;
        let row = access_invitation::Model {
            id: ids::new_id(now)?,
            school_id: school.id().0,
            token_digest: digest(school, &token),
            purpose: purpose.to_owned(),
            person_id: person.map(|person| person.0),
            created_at: millis(now),
            expires_at: millis(now.checked_add(lasts).unwrap_or(Timestamp::MAX)),
            used_at: None,
        };
        let act = if person.is_none() { act.about(row.id) } else { act };
        school
            .act(act, now, async move |tx| {
                let before = tx
                    .change::<access_invitation::Entity>()
                    .set(access_invitation::Column::ExpiresAt, millis(now))
                    .filter(access_invitation::Column::Purpose.eq(row.purpose.as_str()))
                    .filter(access_invitation::Column::UsedAt.is_null());
                match row.person_id {
                    Some(person) => before.filter(access_invitation::Column::PersonId.eq(person)),
                    None => before,
                }
                .run()
                .await?;
                tx.insert(row).await
            })
            .await?;
        Ok(format!("/welcome/{}", token.reveal()))
    }

    /// What a link that still works is for.
    pub async fn invitation(&self, text: &str, now: Timestamp) -> Result<Option<Invitation>, AccessError> {
        let Some(token) = Token::parse(text) else { return Ok(None) };
        let school = match self.school(token.school()).await {
            Ok(school) => school,
            Err(StoreError::NoSchool(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let row = school
            .read()
            .find::<access_invitation::Entity>()
            .filter(access_invitation::Column::TokenDigest.eq(digest(&school, &token)))
            .one()
            .await?;
        let Some(row) = row.filter(|row| works(row, now)) else { return Ok(None) };
        let Some(person) = row.person_id else { return Ok(Some(Invitation { school, member: None })) };
        // Whoever has left since then, or whose account was closed, does not come in by it.
        let member = subjects::one(&school.read(), PersonId(person), SchoolTime::new(now).date()).await?;
        if member.is_none() || account_of(&school, PersonId(person)).await?.disabled_at.is_some() {
            return Ok(None);
        }
        Ok(Some(Invitation { school, member }))
    }

    /// Uses a link to a new password: sets it, and ends all sessions of the person. None where the link does not work
    /// any more.
    pub async fn accept_again(
        &self,
        text: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<Option<(School, subjects::Member)>, AccessError> {
        let (Some(token), Some(Invitation { school, member: Some(member) })) =
            (Token::parse(text), self.invitation(text, now).await?)
        else {
            return Ok(None);
        };
        let account = account_of(&school, member.id).await?;
        let hash = self.strong_hash(&school, &member, &account, new).await?;
        let (person, digest) = (member.id, digest(&school, &token));
        let act = Act::new("access.set-password", person).about_person(person);
        let done = school
            .act(act, now, async move |tx| {
                use_up(&tx, digest, person, now).await?;
                tx.change::<access_account::Entity>()
                    .set(access_account::Column::PasswordHash, hash)
                    .set(access_account::Column::MustChange, false)
                    .filter(access_account::Column::Id.eq(account.id))
                    .run()
                    .await?;
                sessions::end(&tx, access_session::Column::PersonId.eq(person.0), now).await?;
                Ok(())
            })
            .await;
        match done {
            Ok(()) => {}
            Err(AccessError::NotHere(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        self.ports().roster_changed(school.id());
        Ok(Some((school, member)))
    }

    /// Uses a link: makes person, role, account and password, in one transaction. None where the link does
    /// not work any more.
    pub async fn accept(
        &self,
        text: &str,
        first: FirstPerson,
        now: Timestamp,
    ) -> Result<Option<(School, subjects::Member)>, AccessError> {
        let (Some(token), Some(Invitation { school, member: None })) =
            (Token::parse(text), self.invitation(text, now).await?)
        else {
            return Ok(None);
        };
        let username = parse_username(&first.username).map_err(|BadUsername| AccessError::Username(BadUsername))?;
        let subject = kernel::Subject { roles: [first.role].into(), ..Default::default() };
        let both = format!("{}{}", first.given, first.family);
        self.ports()
            .password_rule(school.id(), &subject)
            .check(&first.password, &[&first.given, &first.family, &both, &username])?;
        let hash = self.hasher().hash(&first.password).await?;
        let person = PersonId(ids::new_id(now)?);
        let today = SchoolTime::new(now).date().to_string();
        let digest = digest(&school, &token);
        let act = Act::new("access.first-administrator", person).about_person(person);
        let (given, family, role) = (first.given, first.family, first.role);
        let owner = school.clone();
        let done = school
            .act(act, now, async move |tx| {
                use_up(&tx, digest, person, now).await?;
                let school_id = owner.id().0;
                tx.insert(people_person::Model {
                    id: person.0,
                    school_id,
                    outside_id: format!("gatehouse-{}", person.0),
                    given_name: given,
                    family_name: family,
                    preferred_name: None,
                    year: None,
                    joined_on: None,
                    left_on: None,
                    email: None,
                })
                .await?;
                tx.insert(people_role::Model {
                    id: ids::new_id(now)?,
                    school_id,
                    person_id: person.0,
                    role: role.id().to_owned(),
                    deputy: false,
                    since_on: today,
                    until_on: None,
                    source: crate::people::sql::FROM_DESK.to_owned(),
                })
                .await?;
                let account = access_account::Model {
                    id: ids::new_id(now)?,
                    school_id,
                    person_id: person.0,
                    username,
                    password_hash: Some(hash),
                    must_change: false,
                    created_at: millis(now),
                    disabled_at: None,
                };
                match tx.insert(account).await {
                    Err(error) if error.is_duplicate() => Err(AccessError::UsernameTaken),
                    other => Ok(other?),
                }
            })
            .await;
        match done {
            Ok(()) => {}
            Err(AccessError::NotHere(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let member = subjects::one(&school.read(), person, SchoolTime::new(now).date()).await?;
        Ok(member.map(|member| (school, member)))
    }
}

/// Marks a link as used; refuses where somebody was faster.
async fn use_up(tx: &Tx, digest: String, person: PersonId, now: Timestamp) -> Result<(), AccessError> {
    let used = tx
        .change::<access_invitation::Entity>()
        .set(access_invitation::Column::UsedAt, millis(now))
        .filter(access_invitation::Column::TokenDigest.eq(digest))
        .filter(access_invitation::Column::UsedAt.is_null())
        .run()
        .await?;
    if used == 1 { Ok(()) } else { Err(AccessError::NotHere(person)) }
}

fn works(row: &access_invitation::Model, now: Timestamp) -> bool {
    let known = match row.purpose.as_str() {
        FIRST => row.person_id.is_none(),
        RESET => row.person_id.is_some(),
        _ => false,
    };
    known && row.used_at.is_none() && now < timestamp(row.expires_at)
}
