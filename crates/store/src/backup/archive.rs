//! The archive as a file: tar in zstd in age, written and read as a stream.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::{BackupError, Lock, Unlock};
use crate::hex;

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const CHECKSUMS: &str = "checksums.json";

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The steps that its tables have taken.
    pub steps: Vec<String>,
    /// The folders that it holds besides the database.
    pub folders: Vec<String>,
    /// How far the ledger of each school goes: school, number, hash.
    pub heads: Vec<(uuid::Uuid, i64, String)>,
}

#[derive(Serialize, Deserialize)]
struct Sum {
    path: String,
    bytes: u64,
    sha256: String,
}

/// Makes a file that its owner alone can read, and that was not there before.
pub(super) fn new_file(path: &Path) -> Result<File, BackupError> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|cause| {
        if cause.kind() == io::ErrorKind::AlreadyExists {
            BackupError::Exists { path: path.to_owned() }
        } else {
            BackupError::Io { path: path.to_owned(), cause }
        }
    })
}

/// Counts and digests what is read through it.
struct Summed<R> {
    reader: R,
    digest: Context,
    bytes: u64,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

type Sealed = age::stream::StreamWriter<BufWriter<File>>;

/// An archive that is being written.
pub(super) struct Writer {
    tar: tar::Builder<zstd::Encoder<'static, Sealed>>,
    path: PathBuf,
    sums: Vec<Sum>,
}

impl Writer {
    pub(super) fn new(path: &Path, lock: &Lock) -> Result<Self, BackupError> {
        let sealed = lock.wrap(BufWriter::new(new_file(path)?), path)?;
        let io = |cause| BackupError::Io { path: path.to_owned(), cause };
        let mut packed = zstd::Encoder::new(sealed, 3).map_err(io)?;
        packed.include_checksum(true).map_err(io)?;
        Ok(Self { tar: tar::Builder::new(packed), path: path.to_owned(), sums: Vec::new() })
    }

    /// Adds bytes under a name.
    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.stream(name, bytes.len() as u64, bytes)
    }

    /// Adds a file as long as it is now; what is appended meanwhile is left out.
    pub(super) fn file(&mut self, name: &str, path: &Path) -> Result<(), BackupError> {
        let io = |cause| BackupError::Io { path: path.to_owned(), cause };
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        self.stream(name, length, BufReader::new(file).take(length))
    }

    fn stream(&mut self, name: &str, length: u64, reader: impl Read) -> Result<(), BackupError> {
        let io = |cause| BackupError::Io { path: self.path.clone(), cause };
        let mut header = tar::Header::new_gnu();
        header.set_size(length);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        let mut summed = Summed { reader, digest: Context::new(&SHA256), bytes: 0 };
        self.tar.append_data(&mut header, name, &mut summed).map_err(io)?;
        if summed.bytes != length {
            return Err(BackupError::Io {
                path: PathBuf::from(name),
                cause: io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"),
            });
        }
        let sha256 = hex::encode(summed.digest.finish().as_ref());
        self.sums.push(Sum { path: name.to_owned(), bytes: length, sha256 });
        Ok(())
    }

    /// Adds the digests, and brings everything to the disk.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        let sums = serde_json::to_vec(&self.sums).map_err(|_| BackupError::BrokenOff)?;
        self.bytes(CHECKSUMS, &sums)?;
        let path = self.path.clone();
        let io = |cause| BackupError::Io { path: path.clone(), cause };
        let sealed = self.tar.into_inner().and_then(zstd::Encoder::finish).map_err(io)?;
        let file = sealed.finish().and_then(|buffer| buffer.into_inner().map_err(io::Error::from)).map_err(io)?;
        file.sync_all().map_err(io)
    }
}

/// Unpacks an archive into an empty folder, and checks every digest.
pub(super) fn unpack(archive: &Path, unlock: &Unlock, into: &Path) -> Result<Manifest, BackupError> {
    let damaged = |what: &str| BackupError::Damaged { path: archive.to_owned(), what: what.to_owned() };
    let file = File::open(archive).map_err(|cause| BackupError::Io { path: archive.to_owned(), cause })?;
    let opened = unlock.open(BufReader::new(file), archive)?;
    let unpacked = zstd::Decoder::new(opened).map_err(|error| damaged(&error.to_string()))?;
    let mut tar = tar::Archive::new(unpacked);
    let mut found: Vec<Sum> = Vec::new();
    let mut wanted: Option<Vec<Sum>> = None;
    let mut manifest: Option<Manifest> = None;
    for entry in tar.entries().map_err(|error| damaged(&error.to_string()))? {
        let entry = entry.map_err(|error| damaged(&error.to_string()))?;
        let path = entry.path().map_err(|error| damaged(&error.to_string()))?.into_owned();
        let safe =
            entry.header().entry_type().is_file() && path.components().all(|it| matches!(it, Component::Normal(_)));
        let name = path.to_str().filter(|_| safe).ok_or_else(|| damaged("a name in it leads elsewhere"))?.to_owned();
        if wanted.is_some() {
            return Err(damaged("something follows the digests"));
        }
        let mut summed = Summed { reader: entry, digest: Context::new(&SHA256), bytes: 0 };
        if name == MANIFEST || name == CHECKSUMS {
            let mut bytes = Vec::new();
            summed.read_to_end(&mut bytes).map_err(|error| damaged(&error.to_string()))?;
            if name == CHECKSUMS {
                wanted = Some(serde_json::from_slice(&bytes).map_err(|_| damaged("the digests cannot be read"))?);
                continue;
            }
            manifest = Some(serde_json::from_slice(&bytes).map_err(|_| damaged("the manifest cannot be read"))?);
        } else {
            write_out(&mut summed, &into.join(&path)).map_err(|error| damaged(&error.to_string()))?;
        }
        let sha256 = hex::encode(summed.digest.finish().as_ref());
        found.push(Sum { path: name, bytes: summed.bytes, sha256 });
    }
    let wanted = wanted.ok_or_else(|| damaged("its end is missing"))?;
    let same = |(one, two): (&Sum, &Sum)| one.path == two.path && one.bytes == two.bytes && one.sha256 == two.sha256;
    if wanted.len() != found.len() || !wanted.iter().zip(&found).all(same) {
        return Err(damaged("a digest is not as it should be"));
    }
    let manifest = manifest.ok_or_else(|| damaged("it has no manifest"))?;
    if manifest.format != 1 {
        return Err(damaged("its form is unknown"));
    }
    Ok(manifest)
}

fn write_out(reader: &mut impl Read, path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(reader, &mut file)?;
    file.flush()?;
    file.sync_all()
}
