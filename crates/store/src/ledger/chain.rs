//! What an entry is, and how entries hang together. The hash is SHA-256 over a text that anybody can
//! rebuild, so that a check needs no program of ours: one line for each part, `-` where there is none.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use kernel::{Digest, PersonId, SchoolId};
use uuid::Uuid;

use crate::{StoreError, entity::ledger_entry, time::timestamp};

/// What stands as the hash of the entry before the first.
pub(crate) const GENESIS: Digest = Digest([0; 32]);

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number in the chain, from 1.
    pub seq: i64,
    /// The identifier.
    pub id: Uuid,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Who acted; none where Gatehouse itself did.
    pub actor: Option<PersonId>,
    /// What was done.
    pub act: String,
    /// To whom or what.
    pub subject: Option<Uuid>,
    /// The label of the clause under which it was done.
    pub clause: Option<String>,
    /// Salted digest of the details; none where there were none.
    pub details: Option<Digest>,
    /// Hash of the entry before.
    pub previous: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

impl Entry {
    /// When.
    pub fn time(&self) -> Timestamp {
        timestamp(self.at)
    }

    /// The hash that the entry should have.
    pub fn computed_hash(&self, school: SchoolId) -> Digest {
        fn word(part: Option<&dyn std::fmt::Display>) -> String {
            part.map_or_else(|| "-".to_owned(), ToString::to_string)
        }
        let text = format!(
            "gatehouse ledger entry 1\n{school}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
            self.seq,
            self.id,
            self.at,
            word(self.actor.as_ref().map(|it| it as _)),
            self.act,
            word(self.subject.as_ref().map(|it| it as _)),
            word(self.clause.as_ref().map(|it| it as _)),
            word(self.details.as_ref().map(|it| it as _)),
            self.previous,
        );
        sha256(&[text.as_bytes()])
    }

    pub(crate) fn from_row(row: ledger_entry::Model) -> Result<Self, StoreError> {
        let read = |text: &str| Digest::parse(text).map_err(|_| StoreError::Damaged { what: "a hash of the ledger" });
        Ok(Self {
            seq: row.seq,
            id: row.id,
            at: row.at,
            actor: row.actor_id.map(PersonId),
            act: row.act,
            subject: row.subject_id,
            clause: row.clause,
            details: row.details_digest.as_deref().map(read).transpose()?,
            previous: read(&row.previous)?,
            hash: read(&row.hash)?,
        })
    }

    pub(crate) fn into_row(self, school: SchoolId) -> ledger_entry::Model {
        ledger_entry::Model {
            school_id: school.0,
            seq: self.seq,
            id: self.id,
            at: self.at,
            actor_id: self.actor.map(|person| person.0),
            act: self.act,
            subject_id: self.subject,
            clause: self.clause,
            details_digest: self.details.map(|digest| digest.to_string()),
            previous: self.previous.to_string(),
            hash: self.hash.to_string(),
        }
    }
}

/// A signed statement of how far a chain went.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Number of the newest entry at the time.
    pub seq: i64,
    /// Its hash.
    pub hash: Digest,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Ed25519 signature over [`Checkpoint::message`], hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed.
    pub fn message(&self, school: SchoolId) -> String {
        format!("gatehouse ledger checkpoint 1\n{school}\n{}\n{}\n{}\n", self.seq, self.hash, self.at)
    }
}

/// SHA-256 of a content: of a file that is kept.
pub fn sha256_of(bytes: &[u8]) -> Digest {
    sha256(&[bytes])
}

/// SHA-256 over parts, one after another.
pub(crate) fn sha256(parts: &[&[u8]]) -> Digest {
    let mut bytes = [0u8; 32];
    for (to, from) in bytes.iter_mut().zip(digest(&SHA256, &parts.concat()).as_ref()) {
        *to = *from;
    }
    Digest(bytes)
}
