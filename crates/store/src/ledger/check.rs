//! Checks a chain, entry by entry, and says what is wrong with it. Pure: entries go in, faults come out.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use jiff::Timestamp;
use kernel::{Digest, SchoolId};
use uuid::Uuid;

use super::{Checkpoint, ERASE, Entry, Fault, chain::GENESIS};
use crate::hex;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which school's ledger it is.
    pub school: SchoolId,
    /// The name of the school.
    pub name: String,
    /// The public half of the key that signs its checkpoints.
    pub public_key: Digest,
    /// How many entries there are.
    pub entries: u64,
    /// When the first and the last were made.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// The newest checkpoint that covers an entry.
    pub newest: Option<Checkpoint>,
    /// The erasures of details, each with its time and clause.
    pub erasures: Vec<Erasure>,
    /// What is wrong, in the order of the chain. Nothing where the ledger is whole.
    pub faults: Vec<Fault>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

/// That the details about a subject were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The entry that did it.
    pub entry: i64,
    /// When.
    pub at: Timestamp,
    /// About whom or what.
    pub subject: Option<Uuid>,
    /// Under which clause.
    pub clause: Option<String>,
}

struct Seen {
    previous: Digest,
    hash: Digest,
}

/// A check under way.
pub(super) struct Check {
    school: SchoolId,
    name: String,
    key: Digest,
    seen: BTreeMap<i64, Seen>,
    highest: i64,
    lines: u64,
    span: Option<(i64, i64)>,
    checkpoints: Vec<Checkpoint>,
    erasures: Vec<Erasure>,
    faults: Vec<Fault>,
}

impl Check {
    pub(super) fn new(school: SchoolId, name: String, key: Digest) -> Self {
        Self {
            school,
            name,
            key,
            seen: BTreeMap::new(),
            highest: 0,
            lines: 0,
            span: None,
            checkpoints: Vec::new(),
            erasures: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Takes the next entry, as they stand.
    pub(super) fn entry(&mut self, entry: &Entry) {
        self.lines += 1;
        if entry.computed_hash(self.school) != entry.hash {
            self.faults.push(Fault::Changed { entry: entry.seq });
        }
        if entry.seq < 1 || self.seen.contains_key(&entry.seq) {
            self.faults.push(Fault::Added { entry: entry.seq });
            return;
        }
        if entry.seq < self.highest {
            self.faults.push(Fault::Swapped { entry: entry.seq, after: self.highest });
        }
        self.highest = self.highest.max(entry.seq);
        self.seen.insert(entry.seq, Seen { previous: entry.previous, hash: entry.hash });
        self.span = Some(self.span.map_or((entry.at, entry.at), |(first, _)| (first, entry.at)));
        if entry.act == ERASE {
            self.erasures.push(Erasure {
                entry: entry.seq,
                at: entry.time(),
                subject: entry.subject,
                clause: entry.clause.clone(),
            });
        }
    }

    pub(super) fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.checkpoints.push(checkpoint);
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn entries(&self) -> u64 {
        self.lines
    }

    pub(super) fn signatures(&self) -> u64 {
        u64::try_from(self.checkpoints.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn hash_of(&self, seq: i64) -> Option<Digest> {
        if seq == 0 { Some(GENESIS) } else { self.seen.get(&seq).map(|seen| seen.hash) }
    }

    /// What was found. `covered`: whether a checkpoint must cover the end of the chain.
    pub(super) fn finish(mut self, covered: bool) -> Report {
        self.links();
        let newest = self.signed();
        let signed = newest.as_ref().map_or(0, |checkpoint| checkpoint.seq);
        if covered && signed < self.highest {
            self.faults.push(Fault::Uncovered { signed, last: self.highest });
        }
        self.faults.sort_by_key(|fault| fault.entry().unwrap_or(i64::MAX));
        Report {
            school: self.school,
            name: self.name,
            public_key: self.key,
            entries: self.lines,
            span: self.span.map(|(first, last)| (crate::time::timestamp(first), crate::time::timestamp(last))),
            checkpoints: u64::try_from(self.checkpoints.len()).unwrap_or(u64::MAX),
            newest,
            erasures: self.erasures,
            faults: self.faults,
        }
    }

    /// Gaps in the numbers, and entries that do not follow the one before.
    fn links(&mut self) {
        let (mut before, mut hash) = (0, GENESIS);
        for (seq, seen) in &self.seen {
            if *seq > before + 1 {
                self.faults.push(Fault::Missing { from: before + 1, to: seq - 1 });
            } else if seen.previous != hash {
                self.faults.push(Fault::NotFollowing { entry: *seq, before });
            }
            (before, hash) = (*seq, seen.hash);
        }
    }

    /// Checkpoints against entries; gives the newest that is signed as it should be.
    fn signed(&mut self) -> Option<Checkpoint> {
        let key = UnparsedPublicKey::new(&ED25519, self.key.0);
        let mut newest: Option<&Checkpoint> = None;
        let mut furthest = 0;
        for checkpoint in &self.checkpoints {
            let signature = hex::decode(&checkpoint.signature).unwrap_or_default();
            if key.verify(checkpoint.message(self.school).as_bytes(), &signature).is_err() {
                self.faults.push(Fault::BadSignature { entry: checkpoint.seq });
                continue;
            }
            furthest = furthest.max(checkpoint.seq);
            let there =
                if checkpoint.seq == 0 { Some(GENESIS) } else { self.seen.get(&checkpoint.seq).map(|it| it.hash) };
            if there.is_some_and(|hash| hash != checkpoint.hash) {
                self.faults.push(Fault::Replaced { entry: checkpoint.seq });
            }
            if newest.is_none_or(|newest| newest.seq <= checkpoint.seq) {
                newest = Some(checkpoint);
            }
        }
        if furthest > self.highest {
            self.faults.push(Fault::Truncated { last: self.highest, signed: furthest });
        }
        newest.cloned()
    }
}
