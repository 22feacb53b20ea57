//! How an archive is locked and opened: a passphrase, or an age key pair whose secret half is kept elsewhere.

use std::{
    io::{BufRead, Write},
    iter,
    path::Path,
    str::FromStr,
};

use age::{DecryptError, Decryptor, Encryptor, Identity, secrecy::SecretString};

use super::BackupError;

/// How much work a guess of the passphrase takes, as a power of two: about a second and 256 MiB. Not what
/// this machine does in a second, since a slower one may have to restore.
const WORK: u8 = 18;

/// The most work that is done to open an archive that somebody brings.
const MOST_WORK: u8 = 20;

/// What an archive is locked with.
#[derive(Clone)]
pub enum Lock {
    /// A passphrase.
    Passphrase(String),
    /// The public half of an age key pair: `age1…`.
    Recipient(String),
}

/// What opens an archive.
#[derive(Clone)]
pub enum Unlock {
    /// The passphrase.
    Passphrase(String),
    /// The secret half of the age key pair: `AGE-SECRET-KEY-1…`.
    Identity(String),
}

impl Lock {
    /// Encrypts what is written to it. The writer must be finished.
    pub(super) fn wrap<W: Write>(&self, writer: W, path: &Path) -> Result<age::stream::StreamWriter<W>, BackupError> {
        let encryptor = match self {
            Self::Passphrase(words) => {
                let mut recipient = age::scrypt::Recipient::new(SecretString::from(words.clone()));
                recipient.set_work_factor(WORK);
                Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient)).map_err(|_| bad("pass"))?
            }
            Self::Recipient(text) => {
                let recipient = age::x25519::Recipient::from_str(text).map_err(|_| bad(text))?;
                Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient)).map_err(|_| bad(text))?
            }
        };
        encryptor.wrap_output(writer).map_err(|cause| BackupError::Io { path: path.to_owned(), cause })
    }
}

impl Unlock {
    /// Decrypts what is read from it.
    pub(super) fn open<R: BufRead>(&self, reader: R, path: &Path) -> Result<age::stream::StreamReader<R>, BackupError> {
        let damaged = |what: String| BackupError::Damaged { path: path.to_owned(), what };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the enum is of another crate and may grow; whatever else it says, the archive is damaged"
        )]
        let refused = |error: DecryptError| match error {
            DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                BackupError::WrongKey { path: path.to_owned() }
            }
            DecryptError::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
                damaged("it ends too early".to_owned())
            }
            DecryptError::Io(cause) => BackupError::Io { path: path.to_owned(), cause },
            other => damaged(other.to_string()),
        };
        let identity: Box<dyn Identity> = match self {
            Self::Passphrase(words) => {
                let mut identity = age::scrypt::Identity::new(SecretString::from(words.clone()));
                identity.set_max_work_factor(MOST_WORK);
                Box::new(identity)
            }
            Self::Identity(text) => Box::new(age::x25519::Identity::from_str(text.trim()).map_err(|_| bad(text))?),
        };
        let decryptor = Decryptor::new_buffered(reader).map_err(refused)?;
        decryptor.decrypt(iter::once(identity.as_ref())).map_err(refused)
    }
}

/// Names a key without showing it.
fn bad(text: &str) -> BackupError {
    BackupError::BadRecipient(text.chars().take(8).collect())
}
