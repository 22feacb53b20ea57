//! What the ledger has under a clause, counted.

use std::collections::BTreeMap;

use store::{School, StoreError, ledger::Which};

/// How many entries are looked through, newest first.
const NEWEST: u64 = 20_000;

/// The acts under the clause of this label, with how often each was done.
///
/// # Errors
/// Where the store refuses.
pub(crate) async fn counts_under(school: &School, label: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let entries = school.ledger().entries(&Which { limit: Some(NEWEST), ..Which::default() }).await?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for entry in entries.into_iter().filter(|entry| entry.clause.as_deref() == Some(label)) {
        *counts.entry(entry.act).or_default() += 1;
    }
    Ok(counts.into_iter().collect())
}
