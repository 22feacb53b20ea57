//! Files that wait between being shown and being brought in: in memory alone, for half an hour, for the session that
//! sent them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use kernel::SessionId;

use super::{cell::Sheet, limits::Unreadable, workbook};

/// How long a file waits.
const WAITS: SignedDuration = SignedDuration::from_mins(30);
/// How many wait at once; the oldest makes room.
const MOST: usize = 24;

/// A file that waits.
pub(crate) struct Held {
    /// What it was called.
    pub(crate) name: String,
    /// Its sheets.
    pub(crate) sheets: Vec<String>,
    bytes: Vec<u8>,
    read: Mutex<Option<(usize, Arc<Sheet>)>>,
    at: Timestamp,
}

impl Held {
    /// Looks at a file, and reads the first of its sheets that is not empty.
    pub(crate) fn take(name: &str, bytes: &[u8], now: Timestamp) -> Result<(Self, usize), Unreadable> {
        let sheets = workbook::sheets(bytes)?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(80).collect();
        let held = Self { name, sheets, bytes: bytes.to_vec(), read: Mutex::new(None), at: now };
        let mut last = Unreadable::Empty;
        for nth in 0..held.sheets.len() {
            match held.sheet(nth) {
                Ok(_) => return Ok((held, nth)),
                Err(Unreadable::Empty) => {}
                Err(other) => {
                    last = other;
                    break;
                }
            }
        }
        Err(last)
    }

    /// The cells of a sheet.
    pub(crate) fn sheet(&self, nth: usize) -> Result<Arc<Sheet>, Unreadable> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, sheet)) = read.as_ref()
            && *known == nth
        {
            return Ok(Arc::clone(sheet));
        }
        let name = self.sheets.get(nth).ok_or(Unreadable::Sheet)?;
        let sheet = Arc::new(workbook::read(&self.bytes, name)?);
        *read = Some((nth, Arc::clone(&sheet)));
        Ok(sheet)
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < WAITS
    }
}

type Key = (SessionId, String);

/// The files that wait.
#[derive(Default)]
pub(crate) struct Imports(Mutex<BTreeMap<Key, Arc<Held>>>);

impl Imports {
    /// Lets a file wait, in the place of another one of the same session and register.
    pub(crate) fn hold(&self, session: SessionId, control: &str, held: Held, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| one.is_fresh(now));
        all.remove(&(session, control.to_owned()));
        while all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, one)| one.at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        all.insert((session, control.to_owned()), Arc::new(held));
    }

    /// The file that waits, if one does.
    pub(crate) fn get(&self, session: SessionId, control: &str, now: Timestamp) -> Option<Arc<Held>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| one.is_fresh(now));
        all.get(&(session, control.to_owned())).cloned()
    }

    /// Lets it go.
    pub(crate) fn forget(&self, session: SessionId, control: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(session, control.to_owned()));
    }
}
