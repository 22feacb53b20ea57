//! The ledger as JSON lines that can be checked without the system, and the check of the ledger in place.

use std::io::Write;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use kernel::{Digest, SchoolId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Entry, Fault, Ledger, Report, check::Check, read::Keys};
use crate::{StoreError, entity::ledger_entry, hex, time::millis};

/// One line of an export.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Line {
    /// The first: whose ledger it is.
    Ledger(Head),
    /// An entry, in the order of the chain.
    Entry(Entry),
    /// A checkpoint, after the entries.
    Checkpoint(Checkpoint),
    /// The last: how much there was, signed.
    End(End),
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) format: u32,
    pub(super) school: SchoolId,
    pub(super) name: String,
    pub(super) public_key: Digest,
    pub(super) exported_at: i64,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) checkpoints: u64,
    /// SHA-256 of every byte before this line.
    pub(super) digest: Digest,
    /// Ed25519 over [`End::message`].
    pub(super) signature: String,
}

impl End {
    pub(super) fn message(&self, school: SchoolId) -> String {
        format!("gatehouse ledger export 1\n{school}\n{}\n{}\n{}\n", self.entries, self.checkpoints, self.digest)
    }
}

/// What an export held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// How many entries.
    pub entries: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
    /// The checkpoint that was made for it.
    pub newest: Checkpoint,
}

struct Out<'a, W> {
    writer: &'a mut W,
    digest: Context,
}

impl<W: Write> Out<'_, W> {
    fn line(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut bytes = serde_json::to_vec(line).map_err(|_| StoreError::Damaged { what: "an entry of the ledger" })?;
        bytes.push(b'\n');
        self.digest.update(&bytes);
        self.writer.write_all(&bytes).map_err(StoreError::Write)
    }
}

impl Ledger {
    /// Makes a checkpoint and writes the whole chain: JSON lines, with the public key, every entry, every
    /// checkpoint, and a signed last line. Nothing personal but identifiers is in it.
    ///
    /// # Errors
    /// Where the database refuses, or it cannot be written.
    pub async fn export<W: Write + Send>(&self, writer: &mut W, now: Timestamp) -> Result<Exported, StoreError> {
        let newest = self.checkpoint(now).await?;
        let keys = &self.school.store().inner.keys;
        let mut out = Out { writer, digest: Context::new(&SHA256) };
        out.line(&Line::Ledger(Head {
            format: 1,
            school: self.school.id(),
            name: self.school.name().to_owned(),
            public_key: keys.public_key(),
            exported_at: millis(now),
        }))?;
        let mut entries = 0;
        let mut after = 0;
        loop {
            let page = self.page(after, newest.seq).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in page {
                entries += 1;
                out.line(&Line::Entry(entry))?;
            }
        }
        let mut checkpoints = 0;
        for checkpoint in self.checkpoints().await?.into_iter().filter(|it| it.seq <= newest.seq) {
            checkpoints += 1;
            out.line(&Line::Checkpoint(checkpoint))?;
        }
        let mut digest = Digest([0; 32]);
        for (to, from) in digest.0.iter_mut().zip(out.digest.clone().finish().as_ref()) {
            *to = *from;
        }
        let mut end = End { entries, checkpoints, digest, signature: String::new() };
        end.signature = keys.sign(end.message(self.school.id()).as_bytes());
        out.line(&Line::End(end))?;
        out.writer.flush().map_err(StoreError::Write)?;
        Ok(Exported { entries, checkpoints, newest })
    }

    /// Checks the ledger in place: chain, checkpoints, head, and the details beside it.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn verify(&self) -> Result<Report, StoreError> {
        let key = self.school.store().inner.keys.public_key();
        let mut check = Check::new(self.school.id(), self.school.name().to_owned(), key);
        // Checkpoints before the head: one made meanwhile must not look like a missing end.
        for checkpoint in self.checkpoints().await? {
            check.checkpoint(checkpoint);
        }
        let (remembered, hash) = self.head().await?;
        let mut keys = Keys::new();
        let mut after = 0;
        loop {
            let page = self.page(after, remembered).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in &page {
                check.entry(entry);
            }
            for fault in self.check_details(&page, &mut keys).await? {
                check.fault(fault);
            }
        }
        if check.hash_of(remembered) != Some(hash) {
            check.fault(Fault::Head { last: after, remembered });
        }
        Ok(check.finish(false))
    }

    /// Entries after one number, up to another, a thousand at a time.
    async fn page(&self, after: i64, up_to: i64) -> Result<Vec<Entry>, StoreError> {
        let rows = ledger_entry::Entity::find()
            .filter(ledger_entry::Column::SchoolId.eq(self.school.id().0))
            .filter(ledger_entry::Column::Seq.gt(after))
            .filter(ledger_entry::Column::Seq.lte(up_to))
            .order_by_asc(ledger_entry::Column::Seq)
            .limit(1000)
            .all(&self.school.store().inner.reader)
            .await?;
        rows.into_iter().map(Entry::from_row).collect()
    }
}

/// Whether the last line is signed over what came before it.
pub(super) fn end_is_signed(end: &End, school: SchoolId, key: Digest, digest: Digest) -> bool {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    let signature = hex::decode(&end.signature).unwrap_or_default();
    end.digest == digest
        && UnparsedPublicKey::new(&ED25519, key.0).verify(end.message(school).as_bytes(), &signature).is_ok()
}
