//! What access asks of others: the policy in force, and the areas that know what is due.

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{PersonId, SchoolId, Subject};
use webkit::{PortError, Session, kit::Urgency};

use super::{LentDevice, PasswordRule, Tagged};

/// Something that waits for a person, from any area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// What to do, as a verb: "Read the message". No child's name.
    pub what: String,
    /// Why, in a sentence with its clause.
    pub why: String,
    /// The page where it is done.
    pub href: String,
    /// When: "Today by 15:30".
    pub when: String,
    /// How soon.
    pub urgency: Urgency,
}

/// What stands on the home: at the start of a session, such as that use is monitored, or an answer that was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// What it is called.
    pub title: String,
    /// A sentence.
    pub says: String,
    /// Where all of it stands.
    pub href: String,
}

/// What access asks of others. The binary fills it in.
#[async_trait]
pub trait Ports: Send + Sync {
    /// How strong a password of this person must be.
    fn password_rule(&self, school: SchoolId, subject: &Subject) -> PasswordRule {
        let _ = school;
        PasswordRule::usual(subject)
    }

    /// After how many minutes without a request the person is signed out.
    fn idle_minutes(&self, school: SchoolId, subject: &Subject) -> u32 {
        let _ = (school, subject);
        15
    }

    /// What waits for the person, most urgent first.
    async fn due(&self, session: &Session, now: Timestamp) -> Result<Vec<DueItem>, PortError>;

    /// The page of the agreement that the person has still to sign; none where there is none.
    async fn unsigned(&self, session: &Session, now: Timestamp) -> Result<Option<String>, PortError>;

    /// The page on which a pupil is asked what they think; none where nothing is asked.
    async fn asked(&self, session: &Session, now: Timestamp) -> Result<Option<String>, PortError> {
        let _ = (session, now);
        Ok(None)
    }

    /// Whether sites are approved for the lessons of a pupil.
    async fn lessons(&self, session: &Session, now: Timestamp) -> Result<bool, PortError> {
        let _ = (session, now);
        Ok(false)
    }

    /// What somebody was answered lately.
    async fn answers(&self, session: &Session, now: Timestamp) -> Result<Vec<Banner>, PortError> {
        let _ = (session, now);
        Ok(Vec::new())
    }

    /// What stands at the start of a session. It counts as shown.
    async fn banners(&self, session: &Session, now: Timestamp) -> Result<Vec<Banner>, PortError> {
        let _ = (session, now);
        Ok(Vec::new())
    }

    /// The page that comes first after signing in, such as a notice that waits to be read; none where nothing waits.
    async fn after_sign_in(
        &self,
        school: SchoolId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Option<String>, PortError> {
        let _ = (school, person, now);
        Ok(None)
    }

    /// Which device of the school has this tag or serial number, for somebody who wants to connect it.
    async fn tagged(&self, school: SchoolId, person: PersonId, tag: &str) -> Result<Tagged, PortError> {
        let _ = (school, person, tag);
        Ok(Tagged::Unknown)
    }

    /// The school's devices that are lent, by tag.
    async fn lent(&self, school: SchoolId) -> Result<Vec<LentDevice>, PortError> {
        let _ = school;
        Ok(Vec::new())
    }

    /// The address of the proxy for devices that are elsewhere: `https://proxy.school.example:8443`.
    fn proxy_from_home(&self, school: SchoolId) -> Option<String> {
        let _ = school;
        None
    }

    /// The address of the proxy as a device must be told it: `http://proxy.school.example:8080`.
    fn proxy(&self, school: SchoolId) -> Option<String> {
        let _ = school;
        None
    }

    /// Whether the address lies in a network of the policy that pupils use or share.
    fn pupils_use(&self, school: SchoolId, address: std::net::IpAddr) -> bool {
        let _ = (school, address);
        false
    }

    /// Called when somebody signed in or out or a device came or went: the gateway's roster is old now.
    fn roster_changed(&self, school: SchoolId) {
        let _ = school;
    }
}

/// A desk on which nothing waits: for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

#[async_trait]
impl Ports for Nothing {
    async fn due(&self, _: &Session, _: Timestamp) -> Result<Vec<DueItem>, PortError> {
        Ok(Vec::new())
    }

    async fn unsigned(&self, _: &Session, _: Timestamp) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}
