//! Passwords: how they are hashed, what makes one too weak, and how first ones are made.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kernel::{Capacity, Subject};
use store::StoreError;
use tokio::sync::Semaphore;

use super::words;

/// A password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The function refused.
    #[error("the hash function refused")]
    Function(#[source] argon2::password_hash::Error),
    /// Its parameters are out of range.
    #[error("the parameters of the hash function are out of range")]
    Parameters(#[source] argon2::Error),
    /// Its thread ended early.
    #[error("the hashing was cut off")]
    CutOff,
    /// No random salt.
    #[error("no salt")]
    Salt(#[source] StoreError),
}

/// Hashes passwords with Argon2id (19 MiB, two passes), a few at a time so that many sign-ins at once
/// (a class at nine o'clock) do not exhaust memory.
pub struct Hasher {
    function: Argon2<'static>,
    places: Arc<Semaphore>,
    nobody: String,
}

impl Hasher {
    /// One that is ready to check.
    pub fn new() -> Result<Self, HashError> {
        let parameters = Params::new(19 * 1024, 2, 1, None).map_err(HashError::Parameters)?;
        let function = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let salt: [u8; 16] = store::ids::random().map_err(HashError::Salt)?;
        let nobody = function.hash_password_with_salt(b"nobody", &salt).map_err(HashError::Function)?.to_string();
        Ok(Self { function, places: Arc::new(Semaphore::new(4)), nobody })
    }

    /// The hash of `password` in PHC form, with a salt of its own.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let salt: [u8; 16] = store::ids::random().map_err(HashError::Salt)?;
        let (function, password) = (self.function.clone(), normal(password));
        self.off_thread(move || {
            let hash = function.hash_password_with_salt(password.as_bytes(), &salt).map_err(HashError::Function)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `password` is the one that was hashed. Takes as long where there is no hash to check, so
    /// that nobody learns which usernames exist.
    pub async fn is(&self, password: &str, hash: Option<&str>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let (function, password) = (self.function.clone(), normal(password));
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        self.off_thread(move || match function.verify_password(password.as_bytes(), hash.as_str()) {
            Ok(()) => Ok(known),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(HashError::Function(error)),
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| HashError::CutOff)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
        .map_err(|_| HashError::CutOff)?
    }
}

/// Spaces at the ends come from copying; they are no part of a password.
fn normal(password: &str) -> String {
    password.trim().to_owned()
}

/// The longest password that is taken: hashing must not be made slow by length.
pub const LONGEST: usize = 200;

/// How strong a password must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRule {
    /// The fewest characters.
    pub min_length: usize,
    /// Whether well-known passwords are refused.
    pub refuse_common: bool,
    /// The clause that says so, as it is printed: "4.2.3".
    pub clause: Option<String>,
}

impl PasswordRule {
    /// What holds where the policy says nothing: 10 characters for adults, 6 for pupils.
    pub fn usual(subject: &Subject) -> Self {
        let min_length = if subject.has_capacity(Capacity::Pupil) { 6 } else { 10 };
        Self { min_length, refuse_common: true, clause: None }
    }

    /// Whether `password` is strong enough for somebody with these names.
    pub fn check(&self, password: &str, names: &[&str]) -> Result<(), WeakPassword> {
        let password = normal(password);
        let length = password.chars().count();
        if length < self.min_length {
            return Err(WeakPassword::Short { least: self.min_length });
        }
        if length > LONGEST {
            return Err(WeakPassword::Long);
        }
        let lower = password.to_lowercase();
        let letters: String = lower.chars().filter(|letter| letter.is_alphanumeric()).collect();
        if names.iter().map(|name| name.to_lowercase()).any(|name| name.len() >= 4 && letters == name) {
            return Err(WeakPassword::Name);
        }
        if self.refuse_common && is_common(&lower) {
            return Err(WeakPassword::Common);
        }
        Ok(())
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is too short.
    #[error("the password has fewer than {least} characters")]
    Short {
        /// The fewest characters.
        least: usize,
    },
    /// It is too long.
    #[error("the password has more than {LONGEST} characters")]
    Long,
    /// It is the person's own name.
    #[error("the password is a name")]
    Name,
    /// It is among those that are tried first.
    #[error("the password is among those that are guessed first")]
    Common,
}

impl WeakPassword {
    /// What to enter instead, without full stop.
    pub fn advice(self) -> String {
        match self {
            Self::Short { least } => format!("Use at least {least} characters. Three words together are good"),
            Self::Long => format!("Use at most {LONGEST} characters"),
            Self::Name => "Choose something else: this is your name".to_owned(),
            Self::Common => "Choose something else: this is one of the first that anybody would try".to_owned(),
        }
    }
}

/// Whether a password is among those tried first: the list, the list with a tail of digits, one sign
/// repeated, a run of the keyboard.
fn is_common(lower: &str) -> bool {
    let stem = lower.trim_end_matches(|sign: char| sign.is_ascii_digit() || "!.?*".contains(sign));
    let mut signs = lower.chars();
    let one_sign = signs.next().is_some_and(|first| signs.all(|sign| sign == first));
    let runs =
        ["01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"];
    one_sign
        || runs.iter().any(|run| run.contains(lower))
        || words::COMMON.contains(&lower)
        || (stem.len() >= 4 && words::COMMON.contains(&stem))
        || stem.is_empty()
}

/// A first password to hand out: three words for adults (about 27 bits from this list, and it must be
/// changed), two and a number for pupils.
pub fn first_password(pupil: bool) -> Result<String, StoreError> {
    let random: [u8; 16] = store::ids::random()?;
    let number = u128::from_le_bytes(random);
    let count = u128::try_from(words::FIRST.len()).unwrap_or(1);
    let word = |nth: u32| {
        let index = usize::try_from((number >> (nth * 24)) % count).unwrap_or(0);
        words::FIRST.get(index).copied().unwrap_or("gate")
    };
    let digits = 10 + (number >> 100) % 90;
    Ok(if pupil {
        format!("{}-{}-{digits}", word(0), word(1))
    } else {
        format!("{}-{}-{}-{digits}", word(0), word(1), word(2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(password: &str, expected: Result<(), WeakPassword>) {
        let rule = PasswordRule { min_length: 8, refuse_common: true, clause: None };
        assert_eq!(rule.check(password, &["Maya", "Jones", "mayajones"]), expected, "{password}");
    }

    #[test]
    fn what_is_too_weak() {
        check("short", Err(WeakPassword::Short { least: 8 }));
        check("   short   ", Err(WeakPassword::Short { least: 8 }));
        check("Password1", Err(WeakPassword::Common));
        check("letmein123!", Err(WeakPassword::Common));
        check("aaaaaaaaaa", Err(WeakPassword::Common));
        check("12345678", Err(WeakPassword::Common));
        check("qwertyuiop", Err(WeakPassword::Common));
        check("Maya Jones", Err(WeakPassword::Name));
        check(&"x".repeat(201), Err(WeakPassword::Long));
        check("river-lamp-otter", Ok(()));
        check("Żółw i jeż", Ok(()));
    }

    #[test]
    fn first_passwords_differ_and_pass_the_usual_rule() {
        let rule = PasswordRule { min_length: 10, refuse_common: true, clause: None };
        let all: std::collections::BTreeSet<String> = (0..200).map(|_| first_password(false).unwrap()).collect();
        assert!(all.len() > 195);
        assert!(all.iter().all(|password| rule.check(password, &[]).is_ok()));
        let pupil = PasswordRule { min_length: 8, ..rule };
        assert!((0..200).all(|_| pupil.check(&first_password(true).unwrap(), &[]).is_ok()));
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_nobody_has_one() {
        let hasher = Hasher::new().unwrap();
        let hash = hasher.hash("river-lamp-otter").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash, hasher.hash("river-lamp-otter").await.unwrap(), "a salt of its own");
        assert!(hasher.is(" river-lamp-otter ", Some(&hash)).await.unwrap());
        assert!(!hasher.is("river-lamp-otters", Some(&hash)).await.unwrap());
        assert!(!hasher.is("nobody", None).await.unwrap(), "the stand-in is nobody's password");
        assert!(hasher.is("x", Some("not a hash")).await.is_err());
    }
}
