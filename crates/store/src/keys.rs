//! The keys of an installation: one that signs the ledger's checkpoints, and one secret from which
//! every other is derived. Made at the first start, readable by their owner alone.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use kernel::Digest;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ids;

const SIGNING: &str = "ledger-signing.key";
const MASTER: &str = "master.key";

/// The names of the files that hold the keys.
pub(crate) const FILES: [&str; 2] = [SIGNING, MASTER];

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file or folder could not be read or made.
    #[error("cannot use {path}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Others than the owner may read it.
    #[error("{path} may be read by others than its owner (mode {mode:o}); set it to {want:o}")]
    Readable {
        /// Which one.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// What it should be.
        want: u32,
    },
    /// It is not a key.
    #[error("{path} does not hold a key")]
    NotAKey {
        /// Which one.
        path: PathBuf,
    },
    /// One key is there and the other is not.
    #[error("{path} is missing, and the other key is there; restore both")]
    Missing {
        /// Which one.
        path: PathBuf,
    },
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random,
}

/// The keys of an installation.
pub(crate) struct Keys {
    signing: Ed25519KeyPair,
    master: Zeroizing<[u8; 32]>,
    folder: PathBuf,
}

impl Keys {
    /// Reads the keys in `folder`, or makes them where there are none.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeyError> {
        make_folder(folder)?;
        refuse_readable(folder, 0o700)?;
        let [signing, master] = FILES.map(|name| folder.join(name));
        match (signing.exists(), master.exists()) {
            (false, false) => {
                // The signing key last: where it is there, the other is complete.
                let secret = Zeroizing::new(ids::random::<32>().map_err(|_| KeyError::Random)?);
                write_new(&master, secret.as_slice())?;
                let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Random)?;
                let document = pair.to_pkcs8().map_err(|_| KeyError::Random)?;
                write_new(&signing, document.as_ref())?;
            }
            (true, true) => {}
            (true, false) => return Err(KeyError::Missing { path: master }),
            (false, true) => return Err(KeyError::Missing { path: signing }),
        }
        let document = read(&signing)?;
        let bytes = read(&master)?;
        let secret: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyError::NotAKey { path: master.clone() })?;
        Ok(Self {
            signing: Ed25519KeyPair::from_pkcs8(&document).map_err(|_| KeyError::NotAKey { path: signing.clone() })?,
            master: Zeroizing::new(secret),
            folder: folder.to_owned(),
        })
    }

    /// A secret that depends on the purpose, the school and the name, and says nothing about the others.
    pub(crate) fn derive(&self, purpose: &str, school: Uuid, name: &str) -> Zeroizing<[u8; 32]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.master.as_slice());
        let mut context = hmac::Context::with_key(&key);
        for part in [b"gatehouse 1".as_slice(), purpose.as_bytes(), school.as_bytes(), name.as_bytes()] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut secret = Zeroizing::new([0u8; 32]);
        for (to, from) in secret.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        secret
    }

    /// The public half of the signing key.
    pub(crate) fn public_key(&self) -> Digest {
        let mut bytes = [0u8; 32];
        for (to, from) in bytes.iter_mut().zip(self.signing.public_key().as_ref()) {
            *to = *from;
        }
        Digest(bytes)
    }

    /// Signs `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        crate::hex::encode(self.signing.sign(message).as_ref())
    }

    /// The folder that the keys lie in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn make_folder(folder: &Path) -> Result<(), KeyError> {
    if folder.exists() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| KeyError::Io { path: folder.to_owned(), cause })
}

fn refuse_readable(path: &Path, want: u32) -> Result<(), KeyError> {
    let metadata = fs::metadata(path).map_err(|cause| KeyError::Io { path: path.to_owned(), cause })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Readable { path: path.to_owned(), mode, want });
    }
    Ok(())
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    refuse_readable(path, 0o600)?;
    fs::read(path).map(Zeroizing::new).map_err(|cause| KeyError::Io { path: path.to_owned(), cause })
}

/// Writes a file that its owner alone can read, and that was not there before.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let io = |cause| KeyError::Io { path: path.to_owned(), cause };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.sync_all().map_err(io)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("keys");
        let first = Keys::open(&place).unwrap();
        let again = Keys::open(&place).unwrap();
        assert_eq!(first.public_key(), again.public_key());
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
        for name in FILES {
            assert_eq!(fs::metadata(place.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn keys_that_others_can_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("keys");
        Keys::open(&place).unwrap();
        fs::set_permissions(place.join(MASTER), fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Keys::open(&place).err().unwrap();
        assert!(matches!(refused, KeyError::Readable { mode: 0o640, .. }), "{refused}");
        fs::set_permissions(place.join(MASTER), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Keys::open(&place), Err(KeyError::Readable { mode: 0o755, .. })));
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
        fs::remove_file(place.join(MASTER)).unwrap();
        assert!(matches!(Keys::open(&place), Err(KeyError::Missing { .. })), "half of the keys is no key");
    }

    #[test]
    fn secrets_differ_by_purpose_school_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(&folder.path().join("keys")).unwrap();
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut all = [
            keys.derive("secret", one, "token"),
            keys.derive("secret", two, "token"),
            keys.derive("secret", one, "other"),
            keys.derive("wrap", one, "token"),
        ]
        .map(|secret| secret.to_vec());
        assert_eq!(keys.derive("secret", one, "token").to_vec(), all[0]);
        all.sort();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
