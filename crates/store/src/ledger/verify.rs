//! Checks an export of a ledger, without a database.

use std::io::{self, BufRead};

use aws_lc_rs::digest::{Context, SHA256};
use kernel::Digest;

use super::{
    Fault, Report,
    check::Check,
    export::{End, Line, end_is_signed},
};

/// What the checker knows from elsewhere: printed on a report, sent by mail. Without it, an export that
/// somebody with the keys made anew from its first entry on looks whole.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The public key that the ledger should be signed with.
    pub public_key: Option<Digest>,
    /// Numbers and hashes of entries that were seen before, from earlier checkpoints.
    pub seen: Vec<(i64, Digest)>,
}

/// Why an export could not be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error("cannot read the export")]
    Read(#[source] io::Error),
    /// It is something else.
    #[error("this is no export of a ledger: its first line does not say so")]
    NotAnExport,
}

/// Checks an export, and names what is wrong with it.
///
/// # Errors
/// Where it cannot be read, or is no export of a ledger.
pub fn verify_export(mut reader: impl BufRead, trust: &Trust) -> Result<Report, VerifyError> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes).map_err(VerifyError::Read)?;
    let head = match serde_json::from_slice(&bytes) {
        Ok(Line::Ledger(head)) if head.format == 1 => head,
        Ok(Line::Ledger(_) | Line::Entry(_) | Line::Checkpoint(_) | Line::End(_)) | Err(_) => {
            return Err(VerifyError::NotAnExport);
        }
    };
    let mut check = Check::new(head.school, head.name, head.public_key);
    let mut digest = Context::new(&SHA256);
    digest.update(&bytes);
    let mut end: Option<End> = None;
    let mut altered = false;
    for number in 2.. {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(VerifyError::Read)? == 0 {
            break;
        }
        altered |= end.is_some();
        match serde_json::from_slice(&bytes) {
            Ok(Line::Entry(entry)) => check.entry(&entry),
            Ok(Line::Checkpoint(checkpoint)) => check.checkpoint(checkpoint),
            Ok(Line::End(line)) => {
                let so_far = finish(&digest);
                // Its own bytes are not signed, so they must be just what would be written.
                let as_written = serde_json::to_vec(&line_of(&line)).is_ok_and(|mut want| {
                    want.push(b'\n');
                    want == bytes
                });
                let counts = line.entries == check.entries() && line.checkpoints == check.signatures();
                altered |= !as_written || !counts || !end_is_signed(&line, head.school, head.public_key, so_far);
                end = Some(line);
            }
            Ok(Line::Ledger(_)) | Err(_) => check.fault(Fault::Unreadable { line: number }),
        }
        digest.update(&bytes);
    }
    if end.is_none() {
        check.fault(Fault::NoEnd);
    }
    if altered {
        check.fault(Fault::Altered);
    }
    if trust.public_key.is_some_and(|key| key != head.public_key) {
        check.fault(Fault::OtherKey);
    }
    for (seq, hash) in &trust.seen {
        if check.hash_of(*seq) != Some(*hash) {
            check.fault(Fault::NotAsSeen { entry: *seq });
        }
    }
    Ok(check.finish(true))
}

fn line_of(end: &End) -> Line {
    Line::End(End {
        entries: end.entries,
        checkpoints: end.checkpoints,
        digest: end.digest,
        signature: end.signature.clone(),
    })
}

fn finish(digest: &Context) -> Digest {
    let mut bytes = [0u8; 32];
    for (to, from) in bytes.iter_mut().zip(digest.clone().finish().as_ref()) {
        *to = *from;
    }
    Digest(bytes)
}
