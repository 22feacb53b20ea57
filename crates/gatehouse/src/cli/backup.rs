//! `gatehouse backup` and `gatehouse restore`: one encrypted archive of records, activity log and lists; the keys in an
//! encrypted file apart. A change of tables makes an archive first.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use kernel::Clock as _;
use store::{
    Settings,
    backup::{Lock, Unlock, create, export_keys, restore, restore_keys},
};

use super::{Outcome, block_on, open, say};
use crate::{clock::SystemClock, config::Config, installation::private_folder};

/// The folders that an archive holds besides the database.
const FOLDERS: [&str; 2] = ["activity", "lists"];

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct With {
    /// A file with the passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The public half of an age key pair (`age1…`); for a restore a file with its secret half.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The archive to write; it must not exist.
    archive: PathBuf,
    /// Write the keys to this file as well. Keep it apart from the archive.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    with: With,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The archive.
    archive: PathBuf,
    /// The file with the keys that belong to it.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    #[command(flatten)]
    with: With,
}

fn passphrase(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the passphrase in {}", path.display()))?;
    let words = text.trim_end_matches(['\r', '\n']).to_owned();
    anyhow::ensure!(words.chars().count() >= 12, "the passphrase in {} has fewer than 12 characters", path.display());
    Ok(words)
}

impl With {
    fn lock(&self) -> anyhow::Result<Lock> {
        match (&self.passphrase_file, &self.key) {
            (Some(path), _) => Ok(Lock::Passphrase(passphrase(path)?)),
            (None, Some(key)) => Ok(Lock::Recipient(key.clone())),
            (None, None) => anyhow::bail!("give --passphrase-file or --key"),
        }
    }

    fn unlock(&self) -> anyhow::Result<Unlock> {
        match (&self.passphrase_file, &self.key) {
            (Some(path), _) => Ok(Unlock::Passphrase(passphrase(path)?)),
            (None, Some(path)) => {
                let text = fs::read_to_string(path).with_context(|| format!("cannot read the key in {path}"))?;
                let key = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap_or(&text);
                Ok(Unlock::Identity(key.trim().to_owned()))
            }
            (None, None) => anyhow::bail!("give --passphrase-file or --key"),
        }
    }
}

impl Backup {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        block_on(async {
            let installation = open(config).await?;
            let folder = &installation.config.data.folder;
            let now = installation.clock.now();
            let lock = self.with.lock()?;
            let scratch = folder.join(format!("backup-{}", now.as_millisecond()));
            let activity = whole_activity(&installation, &scratch).await?;
            let lists = folder.join("lists");
            let made = create(
                &installation.store,
                &[("activity", activity.as_path()), ("lists", lists.as_path())],
                &self.archive,
                &lock,
                now,
            )
            .await;
            if scratch.exists() {
                fs::remove_dir_all(&scratch).with_context(|| format!("cannot clear {}", scratch.display()))?;
            }
            let manifest = made.context("the backup was not made")?;
            say(format_args!(
                "{} holds the records of {} and the activity log.",
                self.archive.display(),
                manifest.database
            ));
            match &self.keys {
                Some(path) => {
                    export_keys(&installation.store, path, &lock).await.context("the keys were not written")?;
                    say(format_args!("{} holds the keys. Keep it apart from the archive.", path.display()));
                }
                None => say("The keys are not in it. Write them once with --keys, and keep them apart."),
            }
            Ok(Outcome::Well)
        })
    }
}

/// A copy of the activity log that is whole: of a log that nobody has open after what a crash has left is in order, else
/// from beside the running desk.
pub(super) async fn whole_activity(
    installation: &crate::installation::Installation,
    scratch: &Path,
) -> anyhow::Result<PathBuf> {
    let live = installation.activity_folder();
    if !live.exists() {
        return Ok(live);
    }
    let options = activity::Options::default();
    match activity::LocalLog::open(&live, Arc::clone(&installation.clock), options) {
        Ok(log) => {
            log.copy_to(scratch).await.context("cannot copy the activity log")?;
            activity::ActivityLog::close(&log).await.context("cannot close the activity log")?;
        }
        Err(_) => {
            let (from, to) = (live, scratch.to_owned());
            tokio::task::spawn_blocking(move || activity::copy_beside(&from, &to))
                .await
                .context("the copying was cut off")?
                .context("cannot copy the activity log")?;
        }
    }
    Ok(scratch.to_owned())
}

impl Restore {
    pub(crate) fn run(self, config: &Path) -> anyhow::Result<Outcome> {
        let config = Config::read(config)?;
        block_on(async {
            let folder = &config.data.folder;
            private_folder(folder)?;
            let unlock = self.with.unlock()?;
            let keys = folder.join("keys");
            restore_keys(&self.keys, &unlock, &keys).await.context("the keys were not restored")?;
            let url = crate::installation::database_url(&config);
            let places: Vec<_> = FOLDERS.iter().map(|name| (*name, folder.join(name))).collect();
            let places: Vec<_> = places.iter().map(|(name, path)| (*name, path.as_path())).collect();
            let now = SystemClock.now();
            let restored = restore(&self.archive, &unlock, &Settings::new(url, keys), &places, now)
                .await
                .context("the archive was not restored")?;
            let made = Timestamp::from_millisecond(restored.manifest.made_at).context("the archive has no time")?;
            say(format_args!("Restored as of {}. Every ledger is whole.", kernel::SchoolTime::new(made).in_tables()));
            Ok(Outcome::Well)
        })
    }
}

/// Makes an archive before tables with data change, locked with a passphrase that lies among the keys.
pub(crate) fn before_migration(folder: PathBuf, keys: PathBuf, now: Timestamp) -> store::BeforeMigration {
    Arc::new(move |store, steps| {
        let (folder, keys) = (folder.clone(), keys.clone());
        Box::pin(async move {
            private_folder(&folder)?;
            let lock = Lock::Passphrase(migration_passphrase(&keys, now)?);
            let archive = folder.join(format!("{}.age", now.as_millisecond()));
            create(store, &[], &archive, &lock, now).await?;
            tracing::info!(steps = steps.len(), "made an archive of the records before changing their tables");
            Ok(())
        })
    })
}

/// The passphrase of those archives, made when it is first needed.
fn migration_passphrase(keys: &Path, now: Timestamp) -> anyhow::Result<String> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let path = keys.join("before-migration.passphrase");
    if !path.exists() {
        let words = format!("{}-{}", store::ids::new_id(now)?, store::ids::new_id(now)?);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(words.as_bytes())?;
        file.sync_all()?;
    }
    passphrase(&path)
}
