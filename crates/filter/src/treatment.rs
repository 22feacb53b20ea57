//! What the gateway does with what passes, besides opening and closing: opening encrypted connections, safe search,
//! limits for text, files, scanning, size, time-outs, ways round the filter.
//!
//! A clause that asks for such a thing is a rule like any other ([`TreatmentRule`]), with a measure. Among rules of one
//! kind the narrower wins, in the order of the rules about sites; equally narrow ones add up to the stricter.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    category::Category,
    rule::{ClauseRef, Rule},
};

mod resolve;

pub(crate) use resolve::Measures;

/// A rule about what is done with what passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreatmentRule {
    /// Whom, when, where and for which sites (usually [`kernel::SiteItem::All`]). [`crate::Action::Block`] asks for the
    /// measure, [`crate::Action::Permit`] spares from it.
    pub rule: Rule,
    /// What is done, or not done.
    pub measure: Measure,
}

/// One kind of thing that is done with what passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Encrypted connections of devices that the school owns are opened.
    Inspect {
        /// Networks on which there are none but devices of the school.
        networks: BTreeSet<String>,
    },
    /// They are not, and this is why; a rule that permits.
    Splice(ByName),
    /// Searches show what suits children.
    SafeSearch,
    /// Searches for images are closed.
    NoImageSearch,
    /// Video is restricted.
    Video(Restrict),
    /// Pages whose words reach so many points for a category are judged as if they stood in it.
    Text {
        /// The category.
        category: Category,
        /// The points.
        points: u32,
    },
    /// These files are stopped.
    Files(BTreeSet<FileClass>),
    /// Files are scanned for viruses.
    Scan(Scan),
    /// Large transfers are limited.
    Transfers(Transfers),
    /// Connections are ended.
    TimeOut(TimeOut),
    /// Ways round the filter are closed.
    Bypass(Bypass),
}

/// How far YouTube restricts what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restrict {
    /// `YouTube-Restrict: Moderate`.
    Moderate,
    /// `YouTube-Restrict: Strict`.
    Strict,
}

impl Restrict {
    /// The value of the header that asks for it.
    pub fn header(self) -> &'static str {
        match self {
            Self::Moderate => "Moderate",
            Self::Strict => "Strict",
        }
    }
}

/// A class of files, known by what they are and not by their names alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileClass {
    /// Programs of any system: .exe, .dll, .elf, .apk, .app.
    Programs,
    /// Packages that install programs: .msi, .deb, .dmg.
    Installers,
    /// Files of commands that are loaded to be run: .bat, .ps1, .vbs. Not the scripts of pages.
    ScriptFiles,
    /// Documents with macros.
    Macros,
    /// Archives that hold any of the stopped classes.
    InArchives,
    /// Archives that cannot be looked into, because they are locked or nested too deeply.
    LockedArchives,
}

impl FileClass {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Programs, Self::Installers, Self::ScriptFiles, Self::Macros, Self::InArchives, Self::LockedArchives];
}

/// Open or closed, where something could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unseen {
    /// It passes.
    Open,
    /// It is stopped.
    Closed,
}

/// How files are scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scan {
    /// What happens to files while the scanner does not answer.
    pub down: Unseen,
    /// Files of more bytes are not scanned.
    pub up_to: u64,
    /// What happens to those.
    pub larger: Unseen,
}

/// How large transfers are limited. What is not said is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Transfers {
    /// The most bytes of one transfer, down or up.
    pub bytes: Option<u64>,
    /// The most bytes a second of one person or device.
    pub per_second: Option<u64>,
}

/// When connections are ended. What is not said does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TimeOut {
    /// After so many seconds in which nothing passes.
    pub idle: Option<u32>,
    /// After so many seconds in any case.
    pub longest: Option<u32>,
}

/// Which ways round the filter are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bypass {
    /// `Alt-Svc` is taken away, so that no browser goes over to QUIC.
    pub quic: bool,
    /// Names in ClientHello must be readable; what hides them (ECH) is stripped from DNS answers and refused.
    pub hidden_names: bool,
    /// Hosts that are numbers instead of names are closed.
    pub numbers: bool,
    /// Ports besides 80 and 443 are closed.
    pub ports: bool,
    /// Addresses inside addresses (`/proxy?url=https://…`) are judged too.
    pub nested: bool,
    /// Names of private relays and of resolvers over HTTPS are closed, and canary names say so.
    pub relays: bool,
}

impl Bypass {
    /// Every way.
    pub const ALL: Self =
        Self { quic: true, hidden_names: true, numbers: true, ports: true, nested: true, relays: true };
}

/// A part of a treatment with the clause that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited<T> {
    /// What is asked for.
    pub value: T,
    /// The clause.
    pub clause: Arc<ClauseRef>,
    /// Whether it is on trial: what would be stopped or changed is recorded, and nothing is.
    pub observed: bool,
}

/// Whether an encrypted connection is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspection {
    /// It is opened, and judged by address and content.
    Opened(Arc<ClauseRef>),
    /// It is judged by its name, and passes unopened.
    ByName(ByName, Option<Arc<ClauseRef>>),
}

impl Inspection {
    /// Whether it is opened.
    pub fn opens(&self) -> bool {
        match self {
            Self::Opened(_) => true,
            Self::ByName(..) => false,
        }
    }
}

/// Why an encrypted connection is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ByName {
    /// No clause asks that connections are opened, for this person here and now.
    NotAsked,
    /// The clause is on trial.
    OnTrial,
    /// The desk or help for children: nobody looks in.
    Private,
    /// The device is not the school's, or nobody knows whose it is.
    NotOurs,
    /// The clause exempts the site: banking, health and whatever else it names.
    Exempt,
    /// The program trusts no certificate but its own.
    Pinned,
}

/// What is done with what one viewer asks of one address at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// Whether an encrypted connection is opened.
    pub inspection: Inspection,
    /// Searches show what suits children.
    pub safe_search: Option<Cited<()>>,
    /// Searches for images are closed.
    pub no_image_search: Option<Cited<()>>,
    /// Video is restricted.
    pub video: Option<Cited<Restrict>>,
    /// From how many points text is judged to be of a category; at most one for each.
    pub text: Vec<(Category, Cited<u32>)>,
    /// These files are stopped.
    pub files: Option<Cited<BTreeSet<FileClass>>>,
    /// Files are scanned.
    pub scan: Option<Cited<Scan>>,
    /// Large transfers are limited.
    pub transfers: Option<Cited<Transfers>>,
    /// Connections are ended.
    pub time_out: Option<Cited<TimeOut>>,
    /// Ways round the filter are closed.
    pub bypass: Option<Cited<Bypass>>,
}

impl Treatment {
    /// What is done where no clause asks for anything.
    pub fn none() -> Self {
        Self {
            inspection: Inspection::ByName(ByName::NotAsked, None),
            safe_search: None,
            no_image_search: None,
            video: None,
            text: Vec::new(),
            files: None,
            scan: None,
            transfers: None,
            time_out: None,
            bypass: None,
        }
    }
}

#[cfg(test)]
mod tests;
