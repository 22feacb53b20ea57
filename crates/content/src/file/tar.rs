//! Tar archives, read along.

use super::{
    kind::Inside,
    magic::{extension, is_program_name, of_entry},
};

const BLOCK: usize = 512;
/// So many first bytes of an entry are looked at.
const PEEK: usize = 64;

/// Reads a tar archive along.
#[derive(Debug)]
pub(super) struct Tar {
    head: Vec<u8>,
    /// Bytes of the entry that are still to come, with what fills its last block.
    left: u64,
    /// Bytes of the entry itself that are still to come.
    entry: u64,
    extension: String,
    peek: Vec<u8>,
    peeked: bool,
    ended: bool,
    inside: Inside,
}

impl Default for Tar {
    fn default() -> Self {
        let (head, peek, extension) = (Vec::new(), Vec::new(), String::new());
        Self { head, left: 0, entry: 0, extension, peek, peeked: true, ended: false, inside: Inside::Files }
    }
}

impl Tar {
    pub(super) fn inside(&self) -> Inside {
        self.inside
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.ended {
            if self.left > 0 {
                let now = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                let (data, rest) = bytes.split_at_checked(now).unwrap_or((bytes, &[]));
                self.data(data);
                self.left -= data.len() as u64;
                bytes = rest;
                continue;
            }
            let now = (BLOCK - self.head.len()).min(bytes.len());
            let (part, rest) = bytes.split_at_checked(now).unwrap_or((bytes, &[]));
            self.head.extend_from_slice(part);
            bytes = rest;
            if self.head.len() == BLOCK {
                self.head_read();
            }
        }
    }

    fn data(&mut self, data: &[u8]) {
        if self.peeked {
            return;
        }
        let own = data.get(..usize::try_from(self.entry).unwrap_or(usize::MAX)).unwrap_or(data);
        self.entry -= own.len() as u64;
        let room = PEEK - self.peek.len();
        self.peek.extend(own.iter().take(room));
        if self.peek.len() == PEEK || self.entry == 0 {
            self.inside = self.inside.min(of_entry(&self.peek, &self.extension));
            self.peeked = true;
        }
    }

    fn head_read(&mut self) {
        let head = std::mem::take(&mut self.head);
        let field = |from: usize, to: usize| head.get(from..to).unwrap_or_default();
        if head.iter().all(|byte| *byte == 0) || field(257, 262) != b"ustar" {
            self.ended = true;
            return;
        }
        let name = field(0, 100);
        let name = String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
        let Some(size) = number(field(124, 136)) else {
            self.ended = true;
            return;
        };
        let is_file = matches!(head.get(156), Some(0 | b'0' | b'7'));
        self.extension = extension(&name);
        if is_file && is_program_name(&self.extension) {
            self.inside = Inside::Program;
        }
        self.left = size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
        self.entry = size;
        self.peek.clear();
        self.peeked = !is_file || size == 0;
    }
}

/// A number in octal digits, or in binary where the first bit says so.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        return rest
            .iter()
            .try_fold(u64::from(first & 0x7f), |number, byte| number.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let digits = field.iter().copied().skip_while(|byte| *byte == b' ').take_while(u8::is_ascii_digit);
    digits.into_iter().try_fold(0_u64, |number, digit| {
        number.checked_mul(8)?.checked_add(u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 8)?))
    })
}
