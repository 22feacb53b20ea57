//! The front matter: what stands between the `+++` lines at the head of a file.

use std::{collections::BTreeMap, net::IpAddr};

use jiff::civil::Date;
use kernel::{Audience, Calendar, Role, Weekly};

/// The front matter of `policy.md`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Front {
    /// The title of the policy.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The day of issue.
    pub issued: Option<Date>,
    /// The day by which it is reviewed.
    pub review: Option<Date>,
    /// Who approves it.
    pub approval: Option<Audience>,
    /// The school's own titles for roles.
    pub titles: BTreeMap<Role, String>,
    /// Other systems that the policy names.
    pub systems: BTreeMap<String, System>,
    /// Names of hours.
    pub times: BTreeMap<String, Weekly>,
    /// Names of stretches of the year: first and last day.
    pub terms: BTreeMap<String, (Date, Date)>,
    /// Names of stretches that the school's own calendar has: the word that its entries are called by.
    pub calendars: BTreeMap<String, String>,
    /// Networks that the policy names.
    pub networks: BTreeMap<String, Network>,
}

impl Front {
    /// What the names of times mean.
    pub fn calendar(&self) -> Calendar {
        // The entries are filled in by whoever reads the calendar; until then the name stands for no moment.
        let feeds = self.calendars.keys().map(|name| (name.clone(), Vec::new())).collect();
        Calendar { times: self.times.clone(), terms: self.terms.clone(), feeds }
    }

    /// The school's title for a role.
    pub fn title_of(&self, role: Role) -> String {
        self.titles.get(&role).cloned().unwrap_or_else(|| role.default_title().to_owned())
    }
}

/// Another system that keeps part of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// What people call it.
    pub name: String,
    /// Who answers for it.
    pub by: Option<Role>,
    /// How it is seen.
    pub seen: Seen,
}

/// How another system is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// It is Gatehouse's own.
    Ours,
    /// Gatehouse looks at it.
    Probe,
    /// It sends its facts.
    Import,
    /// A person confirms it.
    Attest,
}

/// A network that the policy names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Whose traffic it carries, where nobody is signed in.
    pub stands_for: Option<Audience>,
    /// Whether somebody has signed the agreement for those who use it.
    pub signed_for: bool,
    /// Its addresses.
    pub addresses: Vec<AddressBlock>,
}

/// A block of addresses: `10.1.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBlock {
    /// The first address.
    pub address: IpAddr,
    /// How many bits of it count.
    pub bits: u8,
}

/// The front matter of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeFront {
    /// The title.
    pub title: String,
    /// Its version.
    pub version: Option<String>,
    /// For whom it is.
    pub audience: Option<Audience>,
    /// The control or the label of the clause that it tells of.
    pub about: Option<String>,
    /// The language that it is in, where that is not English: `pl`. Also the last part of the file's name before
    /// `.md`: `notices/letter.pl.md`.
    pub language: Option<String>,
}
