//! The link that may be used once: the first administrator gives it to the first start and becomes head of
//! the installation's accounts.

use jiff::{SignedDuration, Timestamp};
use kernel::{PersonId, Role, SchoolTime};
use store::{
    Act, Actor, School, StoreError,
    entity::{access_account, access_invitation, people_person, people_role},
    ids,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use webkit::Token;

use super::{
    Access, AccessError,
    accounts::{BadUsername, parse_username},
    subjects,
};

/// How long a link works.
pub const WORKS_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

const FIRST: &str = "first-administrator";

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
        let token = Token::new(school.id())?;
        let row = access_invitation::Model {
            id: ids::new_id(now)?,
            school_id: school.id().0,
            token_digest: digest(school, &token),
            purpose: FIRST.to_owned(),
            person_id: None,
            created_at: millis(now),
            expires_at: millis(now.checked_add(WORKS_FOR).unwrap_or(Timestamp::MAX)),
            used_at: None,
        };
        let act = Act::new("access.invite-first", Actor::Gatehouse).about(row.id);
        school
            .act(act, now, async move |tx| {
                tx.change::<access_invitation::Entity>()
                    .set(access_invitation::Column::ExpiresAt, millis(now))
                    .filter(access_invitation::Column::Purpose.eq(FIRST))
                    .filter(access_invitation::Column::UsedAt.is_null())
                    .run()
                    .await?;
                tx.insert(row).await
            })
            .await?;
        Ok(format!("/welcome/{}", token.reveal()))
    }

    /// The school of a link that still works.
    pub async fn invitation(&self, text: &str, now: Timestamp) -> Result<Option<School>, AccessError> {
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
        let works = row.is_some_and(|row| works(&row, now));
        Ok(works.then_some(school))
    }

    /// Uses a link: makes person, role, account and password, in one transaction. None where the link does
    /// not work any more.
    pub async fn accept(
        &self,
        text: &str,
        first: FirstPerson,
        now: Timestamp,
    ) -> Result<Option<(School, subjects::Member)>, AccessError> {
        let (Some(token), Some(school)) = (Token::parse(text), self.invitation(text, now).await?) else {
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
                let used = tx
                    .change::<access_invitation::Entity>()
                    .set(access_invitation::Column::UsedAt, millis(now))
                    .filter(access_invitation::Column::TokenDigest.eq(digest))
                    .filter(access_invitation::Column::UsedAt.is_null())
                    .run()
                    .await?;
                if used != 1 {
                    return Err(AccessError::NotHere(person));
                }
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

fn works(row: &access_invitation::Model, now: Timestamp) -> bool {
    row.purpose == FIRST && row.used_at.is_none() && now < timestamp(row.expires_at)
}
