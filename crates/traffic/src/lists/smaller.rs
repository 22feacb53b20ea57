//! A list that comes back much smaller, or with most of its entries gone, is not taken: half a download, an emptied page
//! of its makers, another file under the same address would open what the list closes. The one in use stays in force,
//! what came waits beside it, and somebody looks at both and accepts it, with a reason, or mends the source. What only
//! grows is always taken, and so is the first.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use filter::{
    Category,
    list::{ListEntry, ListFormat, read_list},
};
use jiff::Timestamp;
use kernel::PersonId;
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::filter_list,
    query::{ColumnTrait as _, Set},
    time::millis,
};
use webkit::{Permit as _, permit::MayManageLists};

use super::{copies::Folder, feeds, index, service, service::ListError, source::Part, update};
use crate::{act_error::ActError, changes::status, provides::Provides};

/// A category with fewer entries than this is not looked at alone: in a small one a few lines are half.
const FEWEST: u64 = 20;

/// The entries of a list, each as a number that stands for it, by category or file; of some only how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    all: u64,
    of: BTreeMap<String, Vec<u64>>,
}

impl Tally {
    pub(super) fn of(format: ListFormat, whole: Option<Category>, parts: &[Part]) -> Self {
        let mut of: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for part in parts {
            let name = match index::category_of(part, whole) {
                Some(category) => category.name().to_owned(),
                None => part.category.clone().unwrap_or_default(),
            };
            let format = if part.addresses { ListFormat::Urls } else { format };
            let entries = of.entry(name).or_default();
            read_list(format, &part.bytes, |line| entries.extend(line.map(|entry| number_of(&entry)).ok()));
        }
        for entries in of.values_mut() {
            entries.sort_unstable();
            entries.dedup();
        }
        Self { all: of.values().map(|entries| entries.len() as u64).sum(), of }
    }

    /// Of which it is known how many there are, and not which.
    pub(super) fn whole(all: u64) -> Self {
        Self { all, of: BTreeMap::new() }
    }
}

/// 8 bytes instead of a name: of four million entries two happen to have the same once in two million lists.
fn number_of(entry: &ListEntry<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&entry.host, &entry.path).hash(&mut hasher);
    hasher.finish()
}

/// How many are in both; both in order.
fn in_both<T: Ord>(one: &[T], two: &[T]) -> u64 {
    let (mut rest, mut both) = (two.iter().peekable(), 0);
    for entry in one {
        while rest.next_if(|other| *other < entry).is_some() {}
        both += u64::from(rest.next_if(|other| *other == entry).is_some());
    }
    both
}

/// What became of the entries of a list: of how many, how many came, and how many of those before are among them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fewer {
    /// The category, or the file; none for the whole list.
    pub of: Option<String>,
    /// How many entries are in use.
    pub was: u64,
    /// How many came.
    pub came: u64,
    /// How many of those in use are among those that came; none where that cannot be said.
    #[serde(default)]
    pub stayed: Option<u64>,
}

impl Fewer {
    pub(super) fn whole(was: u64, came: u64, stayed: Option<u64>) -> Self {
        Self { of: None, was, came, stayed }
    }

    /// Whether less than the half came.
    fn is_smaller(&self) -> bool {
        self.came.saturating_mul(2) < self.was
    }

    /// Whether less than the half came, or is still there.
    pub(super) fn is_less(&self) -> bool {
        self.is_smaller() || self.stayed.is_some_and(|stayed| stayed.saturating_mul(2) < self.was)
    }

    /// How many of those in use are gone.
    pub fn gone(&self) -> Option<u64> {
        Some(self.was.saturating_sub(self.stayed?))
    }

    /// How many of those that came are new.
    pub fn fresh(&self) -> Option<u64> {
        Some(self.came.saturating_sub(self.stayed?))
    }
}

impl Display for Fewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = |number| if number == 1 { "entry" } else { "entries" };
        match self.stayed.filter(|_| !self.is_smaller()) {
            Some(stayed) => write!(f, "{stayed} of its {} {} still there", self.was, entries(self.was))?,
            None => write!(f, "{} {} where it has {}", self.came, entries(self.came), self.was)?,
        }
        match &self.of {
            Some(of) => write!(f, " in {}", of.replace('-', " ")),
            None => Ok(()),
        }
    }
}

/// What became of a list as a whole, and of each category of it.
pub(super) fn compared(before: &Tally, came: &Tally) -> (Fewer, Vec<Fewer>) {
    let each: Vec<_> = before
        .of
        .iter()
        .map(|(name, was)| {
            let came = came.of.get(name).map(Vec::as_slice).unwrap_or_default();
            let (was, stayed, came) = (was.len() as u64, in_both(was, came), came.len() as u64);
            Fewer { of: Some(name.clone()), was, came, stayed: Some(stayed) }
        })
        .collect();
    let known = !before.of.is_empty();
    let stayed = known.then(|| each.iter().filter_map(|it| it.stayed).sum());
    (Fewer::whole(before.all, came.all, stayed), each)
}

/// Of what less than half came, or is still there: the whole, or a category of it.
pub(super) fn fewer((whole, each): &(Fewer, Vec<Fewer>)) -> Vec<Fewer> {
    if whole.is_less() {
        // That half of all is gone says it; the categories would say it again.
        return vec![whole.clone()];
    }
    each.iter().filter(|it| it.was >= FEWEST && it.is_less()).cloned().collect()
}

/// Who asked that a smaller list be accepted, where it takes a second person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AskedFor {
    /// Who.
    pub by: PersonId,
    /// Why.
    pub reason: String,
}

/// A list that came back much smaller, or with most of its entries gone, and waits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Smaller {
    /// The digest of what came.
    pub digest: String,
    /// When it first came.
    pub since: Timestamp,
    /// How many entries came.
    pub entries: u64,
    /// How many lines were refused.
    pub refused: u64,
    /// Of what there is less.
    pub fewer: Vec<Fewer>,
    /// What became of the list as a whole.
    #[serde(default)]
    pub whole: Option<Fewer>,
    /// Who asked for it, where it takes a second person.
    pub asked: Option<AskedFor>,
    /// How the next feed is got, sealed; for a sealed feed alone.
    pub(super) secret: Option<Vec<u8>>,
}

impl Smaller {
    /// As it was stored.
    pub(super) fn read(stored: Option<&str>) -> Option<Self> {
        serde_json::from_str(stored?).ok()
    }

    pub(super) fn stored(&self) -> String {
        json!(self).to_string()
    }

    /// The same as came before keeps its day, and who asked for it.
    pub(super) fn after(mut self, before: Option<Self>) -> Self {
        if let Some(before) = before {
            self.since = before.since;
            self.asked = before.asked.filter(|_| before.digest == self.digest);
        }
        self
    }

    /// What waits on disk must be what this says of it, and what somebody looked at.
    pub(super) fn is_as_seen(&self, on_disk: &str) -> Result<(), ActError> {
        if on_disk == self.digest { Ok(()) } else { Err(ActError::Over) }
    }

    /// How it came back, in two words.
    pub fn how(&self) -> &'static str {
        if self.fewer.iter().any(Fewer::is_smaller) { "much smaller" } else { "much changed" }
    }

    /// Of what there is less, in words: "3 entries where it has 900 in gambling".
    pub fn in_words(&self) -> String {
        let all: Vec<_> = self.fewer.iter().take(3).map(ToString::to_string).collect();
        match self.fewer.len().saturating_sub(all.len()) {
            0 => all.join("; "),
            more => format!("{}; and {more} more", all.join("; ")),
        }
    }

    /// Why it was not taken, as a sentence without its end.
    pub(super) fn fault(&self) -> String {
        format!("it came back {}, with {}: accept it at the desk, or mend its source", self.how(), self.in_words())
    }
}

/// What became of accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// The smaller list is in force.
    Now,
    /// A second person has to agree first.
    Waiting,
}

/// Why a smaller list is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The act is refused.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The list cannot be put in force.
    #[error(transparent)]
    List(#[from] ListError),
}

impl From<StoreError> for AcceptError {
    fn from(error: StoreError) -> Self {
        Self::Act(error.into())
    }
}

/// Accepts the smaller list that came with `digest`. Where the policy wants a second person for what is opened, the first
/// asks and another agrees.
///
/// # Errors
/// [`ActError::Over`] where nothing waits, or something else by now; what keeps the list from being put in force.
pub async fn accept(
    school: &School,
    folder: &Folder,
    provides: &Provides,
    may: MayManageLists,
    (name, digest, reason): (&str, &str, String),
    now: Timestamp,
) -> Result<Accepted, AcceptError> {
    if !status::holds(school, provides, may.by()).await? {
        return Err(ActError::NoStatus.into());
    }
    // What waits must not become another between the look at its row and the putting in force.
    let _lock = folder.lock().await.map_err(ListError::from)?;
    let row = service::find(school, name).await?.ok_or(ActError::NotFound)?;
    let held = Smaller::read(row.held.as_deref()).filter(|held| held.digest == digest).ok_or(ActError::Over)?;
    let second = provides.second.as_ref();
    match (&held.asked, second) {
        (None, Some(_)) => {
            ask(school, &row, held, may, reason, now).await?;
            return Ok(Accepted::Waiting);
        }
        (Some(asked), Some(_)) if asked.by == may.by() => return Err(ActError::SamePerson.into()),
        (Some(_) | None, _) => {}
    }
    let details = json!({
        "list": name,
        "was": row.entries,
        "entries": held.entries,
        "fewer": held.in_words(),
        "reason": reason,
        "asked": held.asked,
    });
    let mut act = Act::new("filter.list-accept", may.by()).about(row.id).with(details);
    act = match second.or(provides.change.as_ref()) {
        Some(clause) => act.under(clause.label.clone()),
        None => act,
    };
    if row.sealed {
        feeds::accept(school, folder, &row, &held, act, now).await?;
    } else {
        update::accept(school, folder, &row, &held, act, now).await?;
    }
    Ok(Accepted::Now)
}

/// Keeps that somebody asks; another person agrees.
async fn ask(
    school: &School,
    row: &filter_list::Model,
    mut held: Smaller,
    may: MayManageLists,
    reason: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let details = json!({ "list": row.name, "entries": held.entries, "reason": reason });
    held.asked = Some(AskedFor { by: may.by(), reason });
    let act = Act::new("filter.list-ask", may.by()).about(row.id).with(details);
    let change = filter_list::ActiveModel { id: Set(row.id), held: Set(Some(held.stored())), ..Default::default() };
    school.act(act, now, async move |tx| tx.update(change).await).await?;
    Ok(())
}

/// Writes down that a list came back much smaller or changed. That it came again is not another act.
pub(super) async fn hold(
    school: &School,
    row: &filter_list::Model,
    held: Smaller,
    by: store::Actor,
    now: Timestamp,
) -> Result<Smaller, StoreError> {
    let before = Smaller::read(row.held.as_deref());
    let again = before.as_ref().is_some_and(|before| before.digest == held.digest);
    let held = held.after(before);
    let change = filter_list::ActiveModel {
        id: Set(row.id),
        held: Set(Some(held.stored())),
        error: Set(Some(held.fault())),
        state: Set("smaller".to_owned()),
        ..Default::default()
    };
    if again {
        school.bookkeep(now, async move |tx| tx.update(change).await).await?;
        return Ok(held);
    }
    let details = json!({ "list": row.name, "was": row.entries, "entries": held.entries, "fewer": held.in_words() });
    let act = Act::new("filter.list-hold", by).about(row.id).with(details);
    school.act(act, now, async move |tx| tx.update(change).await).await?;
    Ok(held)
}

/// How many lists wait for somebody to accept them.
///
/// # Errors
/// Where the database refuses.
pub async fn waiting(school: &School) -> Result<u64, StoreError> {
    school.read().find::<filter_list::Entity>().filter(filter_list::Column::Held.is_not_null()).count().await
}

/// What a row says once its list is as its source has it.
pub(super) fn settled(change: &mut filter_list::ActiveModel, now: Timestamp) {
    change.fetched_at = Set(Some(millis(now)));
    change.error = Set(None);
    change.held = Set(None);
    change.state = Set("in-use".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(parts: &[(&str, std::ops::Range<u64>)]) -> Tally {
        let of: BTreeMap<_, _> =
            parts.iter().map(|(name, entries)| ((*name).to_owned(), entries.clone().collect::<Vec<_>>())).collect();
        Tally { all: of.values().map(|entries| entries.len() as u64).sum(), of }
    }

    #[track_caller]
    fn check(before: &[(&str, u64)], came: &[(&str, u64)], expected: &[&str]) {
        fn parts<'a>(all: &[(&'a str, u64)]) -> Vec<(&'a str, std::ops::Range<u64>)> {
            all.iter().map(|(name, entries)| (*name, 0..*entries)).collect()
        }
        others(&parts(before), &parts(came), expected);
    }

    #[track_caller]
    fn others(before: &[(&str, std::ops::Range<u64>)], came: &[(&str, std::ops::Range<u64>)], expected: &[&str]) {
        let fewer: Vec<_> = fewer(&compared(&tally(before), &tally(came))).iter().map(ToString::to_string).collect();
        assert_eq!(fewer, expected);
    }

    #[test]
    fn other_entries_in_the_place_of_those_before_are_told() {
        others(&[("games", 0..10)], &[("games", 5..15)], &[]);
        others(&[("games", 0..10)], &[("games", 6..16)], &["4 of its 10 entries still there"]);
        others(&[("games", 0..10)], &[("games", 10..900)], &["0 of its 10 entries still there"]);
        others(
            &[("adult", 0..5_000), ("self-harm", 0..40)],
            &[("adult", 0..5_000), ("self-harm", 30..90)],
            &["10 of its 40 entries still there in self harm"],
        );
        // What goes from one category to another is not closed as what it was.
        others(
            &[("adult", 0..5_000), ("self-harm", 6_000..6_040)],
            &[("adult", 0..5_040)],
            &["0 entries where it has 40 in self harm"],
        );
        // Of a copy that is lost it is known how many there were.
        let came = tally(&[("games", 0..9)]);
        assert_eq!(fewer(&compared(&Tally::whole(10), &came)), []);
        let whole = compared(&tally(&[("games", 0..10)]), &tally(&[("games", 6..16)])).0;
        assert_eq!((whole.stayed, whole.gone(), whole.fresh()), (Some(4), Some(6), Some(6)));
    }

    #[test]
    fn less_than_half_of_a_list_or_of_a_category_is_told() {
        check(&[("games", 10)], &[("games", 5)], &[]);
        check(&[("games", 10)], &[("games", 4)], &["4 entries where it has 10"]);
        check(&[("games", 10)], &[("games", 1_000)], &[]);
        check(&[("games", 3)], &[("games", 1)], &["1 entry where it has 3"]);
        check(&[], &[("games", 1)], &[]);
        // A category that goes is seen in a list that hardly changes.
        check(&[("adult", 5_000), ("self-harm", 40)], &[("adult", 5_100)], &["0 entries where it has 40 in self harm"]);
        check(&[("adult", 5_000), ("self-harm", 19)], &[("adult", 5_000)], &[]);
        check(
            &[("adult", 5_000), ("self-harm", 40)],
            &[("adult", 20), ("self-harm", 3)],
            &["23 entries where it has 5040"],
        );
    }

    #[test]
    fn entries_are_counted_by_the_category_that_they_get() {
        let part = |name: &str, addresses: bool, lines: &str| Part {
            category: Some(name.to_owned()),
            addresses,
            bytes: lines.as_bytes().to_vec(),
        };
        let parts = [
            part("gambling", false, "a.test\n# why\nb.test\nno host at all\nA.test\n"),
            part("gambling", true, "c.test/bets\n"),
            part("unheard-of", false, "d.test\n"),
        ];
        let tally = Tally::of(ListFormat::Domains, None, &parts);
        let of: Vec<_> = tally.of.iter().map(|(name, entries)| (name.as_str(), entries.len())).collect();
        assert_eq!((tally.all, of), (4, vec![("gambling", 3), ("unheard-of", 1)]));
    }
}
