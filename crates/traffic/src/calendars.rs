//! Calendars that the school keeps elsewhere: exam weeks, training days. They are fetched again and again; one that
//! cannot be read, or comes back empty, stays as it was, from a copy on disk also after a new start.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use filter::calendar::{CalendarEntry, WhyBad, read_calendar};
use jiff::{Timestamp, tz::TimeZone};
use kernel::{Calendar, SchoolTime};

use crate::lists::{Source, SourceError, fetch_bytes};

/// The most that a calendar may hold.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// One calendar, as it was last read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct One {
    entries: Vec<CalendarEntry>,
    unread: usize,
    read: Option<Timestamp>,
    fault: Option<String>,
}

/// Every calendar of a school.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendars(Vec<One>);

impl Calendars {
    /// As they were read before this start.
    pub fn kept(folder: &Path, sources: &[String]) -> Self {
        let one = |source: &String| {
            let stored = fs::read_to_string(copy_of(folder, source)).ok()?;
            let (at, text) = stored.split_once('\n')?;
            let at: Timestamp = at.parse().ok()?;
            let one = read(text, at).ok()?;
            Some(One { read: Some(at), ..one })
        };
        Self(sources.iter().map(|source| one(source).unwrap_or_default()).collect())
    }

    /// Fetches all of them again. What cannot be read stays as it is here.
    pub async fn fetched(&self, folder: &Path, sources: &[String], now: Timestamp) -> Self {
        let mut all = Vec::new();
        for (nth, source) in sources.iter().enumerate() {
            let before = self.0.get(nth).cloned().unwrap_or_default();
            all.push(match fetch(source, &before, now).await {
                Ok((one, text)) => keep(folder, source, one, &text, now),
                Err(fault) => One { fault: Some(fault), ..before },
            });
        }
        Self(all)
    }

    /// Asks all of them, and keeps nothing.
    pub async fn asked(sources: &[String], now: Timestamp) -> Self {
        let mut all = Vec::new();
        for source in sources {
            let one = fetch(source, &One::default(), now).await.map(|(one, _)| One { read: Some(now), ..one });
            all.push(one.unwrap_or_else(|fault| One { fault: Some(fault), ..One::default() }));
        }
        Self(all)
    }

    /// Fills in what the names of a policy stand for: `words` are the words that their entries are called by.
    pub fn fill(&self, calendar: &mut Calendar, words: &BTreeMap<String, String>) {
        for (name, word) in words {
            let stretches = self.called(word).map(|entry| (entry.from, entry.to)).collect();
            calendar.feeds.insert(name.clone(), stretches);
        }
    }

    /// Whether both have the same entries.
    pub fn says_as(&self, other: &Self) -> bool {
        self.0.iter().map(|one| &one.entries).eq(other.0.iter().map(|one| &one.entries))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// When the one was read that was read the longest ago; none where one never was.
    pub fn read(&self) -> Option<Timestamp> {
        self.0.iter().map(|one| one.read).min().flatten()
    }

    /// Why one of them could not be read the last time.
    pub fn fault(&self) -> Option<&str> {
        self.0.iter().find_map(|one| one.fault.as_deref())
    }

    /// How many entries could not be read.
    pub fn unread(&self) -> usize {
        self.0.iter().map(|one| one.unread).sum()
    }

    /// How many entries are called by `word`, past or to come.
    pub fn count_called(&self, word: &str) -> usize {
        self.called(word).count()
    }

    /// The words that entries are called by, and how many different names have each. Short ones and numbers are left out.
    pub fn words(&self) -> BTreeMap<String, usize> {
        let names: BTreeSet<_> = self.0.iter().flat_map(|one| &one.entries).map(|it| it.name.to_lowercase()).collect();
        let mut words = BTreeMap::new();
        for name in &names {
            let of_name: BTreeSet<_> =
                name.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 2).collect();
            for word in of_name {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
        words
    }

    /// The entries called by `word`, in order of their beginning.
    pub fn entries(&self, word: &str) -> Vec<&CalendarEntry> {
        let mut all: Vec<_> = self.called(word).collect();
        all.sort_by_key(|entry| entry.from);
        all
    }

    /// How many entries called by `word` are not over.
    pub fn to_come(&self, word: &str, now: Timestamp) -> usize {
        let now = SchoolTime::new(now);
        let now = now.date().to_datetime(now.clock());
        self.called(word).filter(|entry| entry.to > now).count()
    }

    fn called(&self, word: &str) -> impl Iterator<Item = &CalendarEntry> {
        let word = word.to_lowercase();
        let entries = self.0.iter().flat_map(|one| &one.entries);
        entries.filter(move |entry| entry.name.to_lowercase().contains(&word))
    }
}

fn copy_of(folder: &Path, source: &str) -> PathBuf {
    folder.join(format!("{}.ics", kernel::Digest(*blake3::hash(source.as_bytes()).as_bytes())))
}

async fn fetch(source: &str, before: &One, now: Timestamp) -> Result<(One, String), String> {
    let bytes = fetch_bytes(&Source::parse(source)).await.map_err(|error| why(&error))?;
    if bytes.len() > MOST_BYTES {
        return Err("it is larger than any calendar".to_owned());
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let one = read(&text, now)?;
    if one.entries.is_empty() && !before.entries.is_empty() {
        return Err("it came back without an entry".to_owned());
    }
    Ok((one, text))
}

/// Keeps what was read for the next start.
fn keep(folder: &Path, source: &str, one: One, text: &str, now: Timestamp) -> One {
    let kept = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let (path, fresh) = (copy_of(folder, source), copy_of(folder, source).with_extension("new"));
        fs::write(&fresh, format!("{now}\n{text}"))?;
        fs::rename(fresh, path)
    };
    match kept() {
        Ok(()) => One { read: Some(now), ..one },
        Err(_) => One { read: Some(now), fault: Some("its copy cannot be kept on disk".to_owned()), ..one },
    }
}

fn read(text: &str, now: Timestamp) -> Result<One, String> {
    let zone = TimeZone::get(SchoolTime::ZONE).unwrap_or(TimeZone::UTC);
    let calendar = read_calendar(text, &zone, SchoolTime::new(now).date());
    let whole = text.trim_end().to_ascii_uppercase().ends_with("END:VCALENDAR");
    match calendar.bad.iter().find(|bad| bad.why == WhyBad::NoCalendar) {
        Some(_) => Err("what is there is no calendar".to_owned()),
        None if !whole => Err("it is cut short".to_owned()),
        None => Ok(One { entries: calendar.entries, unread: calendar.bad.len(), ..One::default() }),
    }
}

/// Why, without the address: whoever knows it may read the calendar.
fn why(error: &SourceError) -> String {
    match error {
        SourceError::Refused { status, .. } => format!("its server answered {status}"),
        SourceError::TooLarge { .. } => "it is larger than any calendar".to_owned(),
        SourceError::Read { .. } | SourceError::Fetch { .. } | SourceError::Empty { .. } => {
            "it cannot be fetched".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMS: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Year 6 exam week\r\n\
                         DTSTART;VALUE=DATE:20261123\r\nDTEND;VALUE=DATE:20261128\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[tokio::test]
    async fn what_cannot_be_read_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (copies, file) = (folder.path().join("calendars"), folder.path().join("exams.ics"));
        let sources = [file.display().to_string()];
        let now: Timestamp = "2026-11-24T10:15:00Z".parse().unwrap();
        let nothing = Calendars::kept(&copies, &sources).fetched(&copies, &sources, now).await;
        assert_eq!((nothing.read(), nothing.fault()), (None, Some("it cannot be fetched")));
        fs::write(&file, EXAMS).unwrap();
        let read = nothing.fetched(&copies, &sources, now).await;
        assert_eq!((read.to_come("EXAM", now), read.to_come("training", now), read.fault()), (1, 0, None));
        assert_eq!((read.count_called("exam"), read.count_called("exmas")), (1, 0));
        assert_eq!(read.words().into_keys().collect::<Vec<_>>(), ["exam", "week", "year"]);
        for damaged in ["", "<html>Sign in</html>", &EXAMS[..EXAMS.len() - 9], "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"] {
            fs::write(&file, damaged).unwrap();
            let later = read.fetched(&copies, &sources, "2026-11-25T10:15:00Z".parse().unwrap()).await;
            assert!(later.says_as(&read) && later.fault().is_some() && later.read() == Some(now), "{damaged}");
        }
        let again = Calendars::kept(&copies, &sources);
        assert!(again.says_as(&read) && again.read() == Some(now));
        let mut calendar = Calendar::default();
        again.fill(&mut calendar, &[("exams".to_owned(), "exam".to_owned())].into());
        assert_eq!(calendar.feeds["exams"].len(), 1);
    }
}
