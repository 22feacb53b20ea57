//! Guessing is slowed: by username from one address, by address, by username from anywhere.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::SchoolId;
use store::{School, StoreError, entity::access_attempt, ids, query::ColumnTrait, time::millis};
use webkit::throttle::{Pace, Throttle};

/// The tries of all schools.
pub struct Guesses {
    person: Throttle<(SchoolId, String, Option<IpAddr>)>,
    address: Throttle<Option<IpAddr>>,
    username: Throttle<(SchoolId, String)>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            person: Throttle::new(Pace::PERSON),
            address: Throttle::new(Pace::ADDRESS),
            username: Throttle::new(Pace::USERNAME),
        }
    }
}

/// Whole networks of version 6 are one household or one guesser.
fn household(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::from((u128::from(six) >> 64 << 64).to_be_bytes()),
    })
}

impl Guesses {
    /// The seconds that this try has to wait; none where it may be made. The try is counted at once.
    pub(crate) fn begin(
        &self,
        school: SchoolId,
        username: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<u64> {
        let address = household(address);
        let waits = [
            self.person.wait(&(school, username.to_owned(), address), now),
            self.address.wait(&address, now),
            self.username.wait(&(school, username.to_owned()), now),
        ];
        if let Some(longest) = waits.into_iter().flatten().max() {
            return Some(longest);
        }
        self.person.tried((school, username.to_owned(), address), now);
        self.address.tried(address, now);
        self.username.tried((school, username.to_owned()), now);
        None
    }

    /// The try was right.
    pub(crate) fn right(&self, school: SchoolId, username: &str, address: Option<IpAddr>) {
        let address = household(address);
        self.person.right(&(school, username.to_owned(), address));
        self.username.one_was_right(&(school, username.to_owned()));
        // Other tries from there were wrong, and one right password of one's own must not wash them away.
        self.address.one_was_right(&address);
    }
}

/// Days for which tries are kept.
const KEPT_DAYS: i64 = 30;

/// Writes a try down, under a keyed digest of the username: what was typed there may be a password.
pub(crate) async fn note(school: &School, username: &str, ok: bool, now: Timestamp) -> Result<(), StoreError> {
    let key = school.secret("sign-in attempts");
    let digest = kernel::Digest(*blake3::keyed_hash(&key, username.as_bytes()).as_bytes());
    let row = access_attempt::Model {
        id: ids::new_id(now)?,
        school_id: school.id().0,
        key_digest: digest.to_string(),
        at: millis(now),
        ok,
    };
    let oldest = now.checked_sub(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(Timestamp::MIN);
    school
        .bookkeep(now, async |tx| {
            tx.delete::<access_attempt::Entity>().filter(access_attempt::Column::At.lt(millis(oldest))).run().await?;
            tx.insert(row).await
        })
        .await
}

impl super::Access {
    /// The seconds to wait before somebody may try the own password again, as when changing it.
    pub(crate) fn may_try_own(
        &self,
        session: &webkit::Session,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<u64> {
        self.0.guesses.begin(session.school(), &session.person().to_string(), address, now)
    }

    /// That try was right.
    pub(crate) fn own_was_right(&self, session: &webkit::Session, address: Option<IpAddr>) {
        self.0.guesses.right(session.school(), &session.person().to_string(), address);
    }
}
