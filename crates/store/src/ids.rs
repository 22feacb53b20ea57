//! New identifiers: the time and ten random bytes of the operating system, so that they sort by time.

use jiff::Timestamp;
use uuid::Uuid;

use crate::StoreError;

/// A new identifier made at `now`.
///
/// # Errors
/// Where the machine gives no random bytes.
pub fn new_id(now: Timestamp) -> Result<Uuid, StoreError> {
    let bytes: [u8; 10] = random()?;
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
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
