//! Accounts: usernames, passwords, and the first passwords of a whole roll.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kernel::{Capacity, PersonId, SchoolTime};
use serde_json::json;
use store::{
    Act, Actor, School, StoreError,
    entity::{access_account, access_session},
    ids,
    query::ColumnTrait,
    time::millis,
};

use super::{Access, AccessError, password, sessions, subjects};

/// Why a username cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A username has 2 to 60 letters, digits, dots or hyphens, and begins with a letter or digit")]
pub struct BadUsername;

/// A username as it is looked up: without spaces at the ends, in lower case.
pub fn tidy_username(text: &str) -> String {
    text.trim().to_lowercase().chars().take(100).collect()
}

/// Reads a username: 2 to 60 lower-case letters, digits, dots, hyphens, underscores.
pub fn parse_username(text: &str) -> Result<String, BadUsername> {
    let name = tidy_username(text);
    let fits = (2..=60).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte))
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if fits { Ok(name) } else { Err(BadUsername) }
}

/// The username of a name, unlike all that are taken: `maya.jones`, `maya.jones2`.
pub fn username_for(given: &str, family: &str, taken: &BTreeSet<String>) -> String {
    let part = |text: &str| -> String {
        plain(text).chars().filter(|letter| letter.is_ascii_alphanumeric()).take(25).collect()
    };
    let parts: Vec<String> = [part(given), part(family)].into_iter().filter(|part| !part.is_empty()).collect();
    let base = match parts.join(".") {
        base if base.len() >= 2 => base,
        base => format!("user{base}"),
    };
    if !taken.contains(&base) {
        return base;
    }
    (2u64..).map(|number| format!("{base}{number}")).find(|name| !taken.contains(name)).unwrap_or(base)
}

/// Letters without their accents, in lower case.
fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => 'c',
            'ď' | 'đ' | 'ð' => 'd',
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
            'ğ' | 'ĝ' | 'ġ' | 'ģ' => 'g',
            'ì'..='ï' | 'ī' | 'ĩ' | 'į' | 'ı' => 'i',
            'ł' | 'ĺ' | 'ļ' | 'ľ' => 'l',
            'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
            'ŕ' | 'ř' => 'r',
            'ś' | 'š' | 'ş' | 'ș' => 's',
            'ţ' | 'ť' | 'ț' => 't',
            'ù'..='ü' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            other => other,
        })
        .collect()
}

/// A password to hand to somebody. Shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Handout {
    /// Whose.
    pub person: PersonId,
    /// "Maya Jones".
    pub name: String,
    /// The classes, for sorting what is printed.
    pub classes: String,
    /// The username.
    pub username: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Handout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handout({})", self.person)
    }
}

/// For whom first passwords are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Everybody who has none.
    Everybody,
    /// Pupils who have none.
    Pupils,
    /// Staff who have none.
    Staff,
}

pub(super) async fn account_of(school: &School, person: PersonId) -> Result<access_account::Model, AccessError> {
    school
        .read()
        .find::<access_account::Entity>()
        .filter(access_account::Column::PersonId.eq(person.0))
        .one()
        .await?
        .ok_or(AccessError::NoAccount(person))
}

impl Access {
    /// Makes an account for somebody who has none, with this username or one made of the name.
    pub async fn create_account(
        &self,
        school: &School,
        by: impl Into<Actor>,
        person: PersonId,
        username: Option<&str>,
        now: Timestamp,
    ) -> Result<String, AccessError> {
        let member = subjects::one(&school.read(), person, SchoolTime::new(now).date())
            .await?
            .ok_or(AccessError::NotHere(person))?;
        let asked = username.map(parse_username).transpose()?;
        let act = Act::new("access.create-account", by).about_person(person);
        school
            .act(act, now, async move |tx| {
                let taken: BTreeSet<String> =
                    tx.find::<access_account::Entity>().all().await?.into_iter().map(|row| row.username).collect();
                let username = match asked {
                    Some(asked) if taken.contains(&asked) => return Err(AccessError::UsernameTaken),
                    Some(asked) => asked,
                    None => username_for(&member.given, &member.family, &taken),
                };
                tx.insert(access_account::Model {
                    id: ids::new_id(now)?,
                    school_id: school.id().0,
                    person_id: person.0,
                    username: username.clone(),
                    password_hash: None,
                    must_change: true,
                    created_at: millis(now),
                    disabled_at: None,
                })
                .await?;
                Ok(username)
            })
            .await
    }

    /// Sets a password that the person chose. Every other session of the person ends.
    pub async fn set_password(
        &self,
        school: &School,
        person: PersonId,
        keep: Option<kernel::SessionId>,
        new: &str,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let member = subjects::one(&school.read(), person, SchoolTime::new(now).date())
            .await?
            .ok_or(AccessError::NotHere(person))?;
        let account = account_of(school, person).await?;
        let hash = self.strong_hash(school, &member, &account, new).await?;
        let act = Act::new("access.set-password", person).about_person(person);
        self.store_hash(school, act, &account, hash, false, keep, now).await
    }

    /// The hash of a password that somebody chose, where it is strong enough for them.
    pub(super) async fn strong_hash(
        &self,
        school: &School,
        member: &subjects::Member,
        account: &access_account::Model,
        new: &str,
    ) -> Result<String, AccessError> {
        let names =
            [member.given.as_str(), member.family.as_str(), &account.username.replace('.', ""), &account.username];
        let both = format!("{}{}", member.given, member.family);
        self.ports()
            .password_rule(school.id(), &member.subject)
            .check(new, &[&names[..], &[both.as_str()]].concat())?;
        Ok(self.hasher().hash(new).await?)
    }

    /// Whether `password` is the person's present one.
    pub async fn knows_password(&self, school: &School, person: PersonId, password: &str) -> Result<bool, AccessError> {
        let account = account_of(school, person).await?;
        Ok(self.hasher().is(password, account.password_hash.as_deref()).await?)
    }

    /// Gives somebody a new first password, to hand over once. All sessions of the person end.
    pub async fn reset(
        &self,
        school: &School,
        by: impl Into<Actor>,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Handout, AccessError> {
        let member = subjects::one(&school.read(), person, SchoolTime::new(now).date())
            .await?
            .ok_or(AccessError::NotHere(person))?;
        let account = account_of(school, person).await?;
        let (handout, hash, must_change) = self.handout(&member, &account).await?;
        let act = Act::new("access.reset-password", by).about_person(person);
        self.store_hash(school, act, &account, hash, must_change, None, now).await?;
        Ok(handout)
    }

    /// Adults choose their own at the first sign-in. Younger pupils keep what is printed on their card.
    async fn handout(
        &self,
        member: &subjects::Member,
        account: &access_account::Model,
    ) -> Result<(Handout, String, bool), AccessError> {
        let pupil = member.subject.has_capacity(Capacity::Pupil);
        let password = password::first_password(pupil)?;
        let hash = self.hasher().hash(&password).await?;
        let handout = Handout {
            person: member.id,
            name: member.full_name(),
            classes: member.subject.classes.iter().cloned().collect::<Vec<_>>().join(", "),
            username: account.username.clone(),
            password,
        };
        Ok((handout, hash, !pupil))
    }

    /// First passwords for all who have none, in one act each and one transaction; returned once, for printing.
    pub async fn first_passwords(
        &self,
        school: &School,
        by: impl Into<Actor>,
        which: Which,
        now: Timestamp,
    ) -> Result<Vec<Handout>, AccessError> {
        let (handouts, _) = self.first_passwords_of(school, by, which, &|_| true, now).await?;
        Ok(handouts)
    }

    /// The same for those of them of whom `may_see` says so. Also says how many the others are.
    pub(super) async fn first_passwords_of(
        &self,
        school: &School,
        by: impl Into<Actor>,
        which: Which,
        may_see: &(dyn Fn(&subjects::Member) -> bool + Sync),
        now: Timestamp,
    ) -> Result<(Vec<Handout>, usize), AccessError> {
        let by = by.into();
        let mut others = 0;
        let rows = school.read();
        let members = subjects::all(&rows, SchoolTime::new(now).date()).await?;
        let accounts = rows
            .find::<access_account::Entity>()
            .filter(access_account::Column::PasswordHash.is_null())
            .filter(access_account::Column::DisabledAt.is_null())
            .all()
            .await?;
        let mut hashing = tokio::task::JoinSet::new();
        for account in accounts {
            let Some(member) = members.get(&PersonId(account.person_id)) else { continue };
            let wanted = match which {
                Which::Everybody => true,
                Which::Pupils => member.subject.has_capacity(Capacity::Pupil),
                Which::Staff => member.subject.has_capacity(Capacity::Staff),
            };
            if wanted && !may_see(member) {
                others += 1;
            } else if wanted {
                let (access, member) = (self.clone(), member.clone());
                // The hasher takes a few at a time.
                hashing
                    .spawn(async move { Ok::<_, AccessError>((account.id, access.handout(&member, &account).await?)) });
            }
        }
        let mut made = Vec::with_capacity(hashing.len());
        while let Some(done) = hashing.join_next().await {
            made.push(done.map_err(|_| password::HashError::CutOff)??);
        }
        if made.is_empty() {
            return Ok((Vec::new(), others));
        }
        let mut handouts = school
            .act_many(Vec::new(), now, async move |tx| {
                let mut handouts = Vec::with_capacity(made.len());
                for (id, (handout, hash, must_change)) in made {
                    let changed = tx
                        .change::<access_account::Entity>()
                        .set(access_account::Column::PasswordHash, hash)
                        .set(access_account::Column::MustChange, must_change)
                        .filter(access_account::Column::Id.eq(id))
                        // Somebody may have got one meanwhile; theirs stays.
                        .filter(access_account::Column::PasswordHash.is_null())
                        .run()
                        .await?;
                    if changed == 1 {
                        tx.record(Act::new("access.first-password", by).about_person(handout.person))?;
                        handouts.push(handout);
                    }
                }
                Ok::<_, StoreError>(handouts)
            })
            .await?;
        handouts.sort_by(|one, two| (&one.classes, &one.name).cmp(&(&two.classes, &two.name)));
        Ok((handouts, others))
    }

    /// Closes or opens the account of somebody.
    pub async fn set_open(
        &self,
        school: &School,
        by: impl Into<Actor>,
        person: PersonId,
        open: bool,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let account = account_of(school, person).await?;
        let name = if open { "access.open-account" } else { "access.close-account" };
        let act = Act::new(name, by).about_person(person);
        let at = (!open).then(|| millis(now));
        school
            .act(act, now, async |tx| {
                tx.change::<access_account::Entity>()
                    .set(access_account::Column::DisabledAt, at)
                    .filter(access_account::Column::Id.eq(account.id))
                    .run()
                    .await?;
                if !open {
                    sessions::end(&tx, access_session::Column::PersonId.eq(person.0), now).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        self.ports().roster_changed(school.id());
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one private writer of hashes, named by its callers")]
    async fn store_hash(
        &self,
        school: &School,
        act: Act,
        account: &access_account::Model,
        hash: String,
        must_change: bool,
        keep: Option<kernel::SessionId>,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let (id, person) = (account.id, account.person_id);
        let act = act.with(json!({ "must_change": must_change }));
        school
            .act(act, now, async move |tx| {
                tx.change::<access_account::Entity>()
                    .set(access_account::Column::PasswordHash, hash)
                    .set(access_account::Column::MustChange, must_change)
                    .filter(access_account::Column::Id.eq(id))
                    .run()
                    .await?;
                let mut others = access_session::Column::PersonId.eq(person);
                if let Some(keep) = keep {
                    use store::query::ExprTrait;
                    others = others.and(access_session::Column::Id.ne(keep.0));
                }
                sessions::end(&tx, others, now).await?;
                Ok::<_, StoreError>(())
            })
            .await?;
        self.ports().roster_changed(school.id());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_made_of_names_and_stay_apart() {
        let taken = BTreeSet::from(["maya.jones".to_owned(), "maya.jones2".to_owned()]);
        for (given, family, expected) in [
            ("Tom", "Reed", "tom.reed"),
            ("Maya", "Jones", "maya.jones3"),
            ("Zoë", "O’Neill-Łuk", "zoe.oneillluk"),
            ("李", "明", "user"),
            ("X", "", "userx"),
        ] {
            let username = username_for(given, family, &taken);
            assert_eq!(username, expected);
            assert_eq!(parse_username(&username), Ok(username.clone()));
        }
        assert_eq!(parse_username(" Maya.Jones "), Ok("maya.jones".into()));
        for bad in ["", "a", ".maya", "maya jones", "mäya", "maya@home"] {
            assert_eq!(parse_username(bad), Err(BadUsername), "{bad}");
        }
    }
}
