//! Random credentials: what a session cookie or a device holds, and what is stored of it.
//!
//! A token names its school, so that nothing is looked up outside one, and carries 256 random bits. Only
//! its keyed digest is stored: whoever reads the database cannot sign in with what is there.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Digest, SchoolId};

/// The source of randomness of the machine did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes from the operating system")]
pub struct NoRandomness;

/// `N` bytes that nobody can foresee.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// Whether both are equal, in a time that does not depend on where they differ.
pub fn equal(one: &[u8], two: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, two).is_ok()
}

/// The credential of a session or a device. Prints nothing of itself.
#[derive(Clone, Copy)]
pub struct Token {
    school: SchoolId,
    secret: [u8; 32],
}

impl Token {
    /// A new one for `school`.
    pub fn new(school: SchoolId) -> Result<Self, NoRandomness> {
        Ok(Self { school, secret: random()? })
    }

    /// Reads what [`Token::reveal`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0u8; 48];
        let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        if written != bytes.len() {
            return None;
        }
        let (school, secret) = bytes.split_at(16);
        Some(Self { school: SchoolId(uuid::Uuid::from_slice(school).ok()?), secret: secret.try_into().ok()? })
    }

    /// The text that the browser or device keeps. It is shown once and never stored.
    pub fn reveal(&self) -> String {
        let mut bytes = Vec::with_capacity(48);
        bytes.extend_from_slice(self.school.0.as_bytes());
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The school that it belongs to.
    pub fn school(&self) -> SchoolId {
        self.school
    }

    /// What is stored of it, under a key of the school.
    pub fn digest(&self, key: &[u8; 32]) -> Digest {
        Digest(*blake3::keyed_hash(key, &self.secret).as_bytes())
    }

    /// Another secret made of it, for one purpose.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.secret)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_prints_nothing() {
        let school = SchoolId::from_parts(1, &[2; 10]);
        let token = Token::new(school).unwrap();
        let again = Token::parse(&token.reveal()).unwrap();
        assert_eq!(again.school(), school);
        assert_eq!(again.digest(&[1; 32]), token.digest(&[1; 32]));
        assert_ne!(again.digest(&[1; 32]), token.digest(&[2; 32]), "the key matters");
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert!(Token::parse("").is_none());
        assert!(Token::parse(&token.reveal()[1..]).is_none());
        assert_ne!(Token::new(school).unwrap().reveal(), token.reveal());
    }
}
