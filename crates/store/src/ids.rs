//! New identifiers: the time, a counter, and random bytes of the operating system. They sort by time,
//! and those that one process makes in the same millisecond sort in the order that they were made.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

use crate::StoreError;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A new identifier made at `now`.
///
/// # Errors
/// Where the machine gives no random bytes.
pub fn new_id(now: Timestamp) -> Result<Uuid, StoreError> {
    let [r0, r1, r2, r3, r4, r5] = random()?;
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    // 26 bits, in the bits of the first four bytes that version and variant leave free: 4, 8, 6 and 8.
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let [_, _, _, c3] = count.to_be_bytes();
    let [_, _, _, c2] = ((count >> 8) & 0x3f).to_be_bytes();
    let [_, _, _, c1] = (count >> 14).to_be_bytes();
    let [_, _, _, c0] = ((count >> 22) & 0x0f).to_be_bytes();
    let bytes = [c0, c1, c2, c3, r0, r1, r2, r3, r4, r5];
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}

/// Random bytes: for tokens, salts, keys.
///
/// # Errors
/// Where the machine gives none.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_then_as_they_were_made() {
        let now: Timestamp = "2026-11-24T10:15:00Z".parse().unwrap();
        let made: Vec<_> = (0..5000).map(|_| new_id(now).unwrap()).collect();
        assert!(made.is_sorted_by(|one, two| one < two));
        assert!(made.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        let later = new_id(now + jiff::SignedDuration::from_millis(1)).unwrap();
        assert!(made.iter().all(|id| *id < later));
    }
}
