//! An import: shown first, then done in one transaction.
//!
//! What was shown and what is done cannot differ: the difference is computed again inside the transaction,
//! and where the roll has changed in between, nothing is done and the new difference is to be looked at.

use jiff::Timestamp;
use kernel::{SchoolId, SchoolTime};
use rules::people::roster::{
    Difference, Files, Group, Roll, Roster, RosterError, TooManyLeavers, Wanted, difference, guard, parse,
    words::{Detail, in_words},
};
use serde_json::json;
use store::{Act, Actor, School, StoreError, Tx};
use webkit::{Permit, permit::MayImportPeople};

use super::{sql, write};

/// In whose name an import is made.
#[derive(Debug, Clone, Copy)]
pub enum Importer {
    /// A person who may.
    Person(MayImportPeople),
    /// Gatehouse at the first start, while nobody has been on the roll: there is nobody yet who could permit it.
    FirstStart,
}

impl Importer {
    fn actor(self) -> Actor {
        match self {
            Self::Person(permit) => Actor::Person(permit.by()),
            Self::FirstStart => Actor::Gatehouse,
        }
    }

    fn is_of(self, school: SchoolId) -> bool {
        match self {
            Self::Person(permit) => permit.school() == school,
            Self::FirstStart => true,
        }
    }
}

/// What is asked of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The school among those of the files, where they hold several.
    pub school: Option<String>,
    /// How many may leave, where it is more than an import takes by itself.
    pub allow_leavers: Option<usize>,
    /// The digest of the difference that was shown; it is refused where it would be another now.
    pub shown: Option<String>,
}

/// Why there is no import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The files are not a roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Too many would leave.
    #[error(transparent)]
    TooMany(#[from] TooManyLeavers),
    /// The roll or the day has changed since the difference was shown.
    #[error("the roll has changed since this was shown: look at what would change now")]
    Changed,
    /// The permit is of another school.
    #[error("the permission is of another school")]
    OtherSchool,
    /// An import without a person, where people are on the roll already.
    #[error("people are on the roll already: name the person who makes this import")]
    NotFirst,
    /// The store could not do it.
    #[error("the import was not made")]
    Store(#[from] StoreError),
}

/// What an import would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The school as the files call it.
    pub school: String,
    /// The difference.
    pub difference: Difference,
    /// The roll before.
    pub before: Roll,
    /// Why it is refused without leave for so many leavers.
    pub too_many: Option<TooManyLeavers>,
    /// The digest to give back as [`Asked::shown`].
    pub digest: String,
}

impl Preview {
    /// The difference in words.
    pub fn in_words(&self, detail: Detail) -> String {
        in_words(&self.before, &self.difference, detail)
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// How many joined.
    pub joined: usize,
    /// Of how many something changed.
    pub changed: usize,
    /// How many left.
    pub left: usize,
    /// How many stayed as they were.
    pub unchanged: usize,
    /// How many classes opened, changed or closed.
    pub classes: usize,
    /// How many rows were refused.
    pub refused: usize,
}

impl Applied {
    fn of(difference: &Difference) -> Self {
        Self {
            joined: difference.joiners.len(),
            changed: difference.movers.len(),
            left: difference.leavers.len(),
            unchanged: difference.unchanged,
            classes: difference.classes.len(),
            refused: difference.refused.len(),
        }
    }
}

fn read(files: &Files, asked: &Asked, now: Timestamp) -> Result<Roster, ImportError> {
    let wanted = Wanted { today: SchoolTime::new(now).date(), school: asked.school.clone() };
    Ok(parse(files, &wanted)?)
}

/// The dry run: what an import would do, and nothing done.
pub async fn preview(
    school: &School,
    importer: Importer,
    files: &Files,
    asked: &Asked,
    now: Timestamp,
) -> Result<Preview, ImportError> {
    if !importer.is_of(school.id()) {
        return Err(ImportError::OtherSchool);
    }
    let roster = read(files, asked, now)?;
    let before = sql::load(&school.read()).await?.roll;
    let difference = difference(&before, &roster);
    let too_many = guard(&before, &difference, asked.allow_leavers).err();
    let digest = digest(&before, &difference);
    Ok(Preview { school: roster.school, difference, before, too_many, digest })
}

/// Makes the import: rows, entries of the ledger and events in one transaction. One entry `people.import` says
/// how many; one each, `people.join`, `people.leave` and `people.change-roles`, who joined (save at the first
/// import, where it is everybody), who left, and whose roles changed.
pub async fn apply(
    school: &School,
    importer: Importer,
    files: &Files,
    asked: &Asked,
    now: Timestamp,
) -> Result<Applied, ImportError> {
    if !importer.is_of(school.id()) {
        return Err(ImportError::OtherSchool);
    }
    let roster = read(files, asked, now)?;
    let act = Act::new("people.import", importer.actor()).about(school.id().0);
    let roster = &roster;
    let applied =
        school.act(act, now, move |tx| async move { change(&tx, importer, roster, asked, now).await }).await?;
    tracing::info!(
        people.joined = applied.joined,
        people.changed = applied.changed,
        people.left = applied.left,
        people.refused = applied.refused,
        "the roll was brought up to date"
    );
    Ok(applied)
}

async fn change(
    tx: &Tx,
    importer: Importer,
    roster: &Roster,
    asked: &Asked,
    now: Timestamp,
) -> Result<Applied, ImportError> {
    let loaded = sql::load(tx).await?;
    match importer {
        Importer::Person(_) => {}
        Importer::FirstStart if loaded.never_imported => {}
        Importer::FirstStart => return Err(ImportError::NotFirst),
    }
    let found = difference(&loaded.roll, roster);
    if asked.shown.as_ref().is_some_and(|shown| *shown != digest(&loaded.roll, &found)) {
        return Err(ImportError::Changed);
    }
    guard(&loaded.roll, &found, asked.allow_leavers)?;
    let persons = write::write(tx, &loaded, &found, now).await?;
    let applied = Applied::of(&found);
    tell(tx, importer, roster, &found, &applied);
    write::record(tx, importer.actor(), loaded.never_imported, &persons, &found)?;
    Ok(applied)
}

fn tell(tx: &Tx, importer: Importer, roster: &Roster, found: &Difference, applied: &Applied) {
    let groups = |group: Group| found.leavers.iter().filter(|leaver| Group::of(&leaver.facts) == group).count();
    tx.detail("format", format!("OneRoster {}", roster.version));
    tx.detail("first", matches!(importer, Importer::FirstStart));
    tx.detail(
        "counts",
        json!({
            "joined": applied.joined, "changed": applied.changed, "left": applied.left,
            "unchanged": applied.unchanged, "classes": applied.classes, "refused": applied.refused,
        }),
    );
    tx.detail(
        "left",
        json!({ "pupils": groups(Group::Pupils), "staff": groups(Group::Staff), "others": groups(Group::Others) }),
    );
}

/// The digest of a difference, so that what is done is what was shown.
fn digest(before: &Roll, difference: &Difference) -> String {
    blake3::hash(in_words(before, difference, Detail::People).as_bytes()).to_hex().to_string()
}
