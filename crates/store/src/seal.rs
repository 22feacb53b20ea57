//! Bytes that only the holder of a key can read: AES-256-GCM with a random nonce before them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::aead::{NONCE_LEN, Nonce};

use crate::StoreError;

/// Seals `plain` under `key`. It opens only with the same `context`.
pub(crate) fn seal(key: &[u8; 32], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let refused = |_| StoreError::Sealed("something to seal");
    let sealing = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(refused)?;
    let mut bytes = plain.to_vec();
    let nonce = sealing.seal_in_place_append_tag(Aad::from(context), &mut bytes).map_err(refused)?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut bytes);
    Ok(sealed)
}

/// Opens what [`seal`] made; `what` names it where it does not open.
pub(crate) fn open(key: &[u8; 32], context: &[u8], sealed: &[u8], what: &'static str) -> Result<Vec<u8>, StoreError> {
    let refused = |_| StoreError::Sealed(what);
    let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN).ok_or(StoreError::Sealed(what))?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(refused)?;
    let opening = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(refused)?;
    let mut bytes = bytes.to_vec();
    let plain = opening.open_in_place(nonce, Aad::from(context), &mut bytes).map_err(refused)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_context_open() {
        let sealed = seal(&[1; 32], b"here", b"words").unwrap();
        assert_eq!(open(&[1; 32], b"here", &sealed, "x").unwrap(), b"words");
        assert!(open(&[2; 32], b"here", &sealed, "x").is_err());
        assert!(open(&[1; 32], b"there", &sealed, "x").is_err());
        assert!(open(&[1; 32], b"here", &sealed[..8], "x").is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(open(&[1; 32], b"here", &changed, "x").is_err());
    }
}
