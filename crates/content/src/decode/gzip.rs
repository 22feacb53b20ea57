//! The frame of gzip (RFC 1952): head, deflated bytes, checksum and length, and members one after the other.

use flate2::{Crc, Decompress};

use super::stage::{Corrupt, Step, inflate};

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEAD_CHECKSUM: u8 = 2;

/// Where in a member the reader stands.
enum At {
    /// The ten fixed bytes, so many of them read.
    Head(usize),
    ExtraLength(usize),
    Extra(usize),
    Name,
    Comment,
    HeadChecksum(usize),
    Body,
    /// Checksum and length: eight bytes, so many of them read.
    Tail(usize),
    /// What follows the last member is no gzip; browsers pass over it.
    Rest,
}

/// A gzip stream being read.
pub(super) struct Gzip {
    at: At,
    flags: u8,
    length: usize,
    tail: u64,
    members: u32,
    inflate: Decompress,
    crc: Crc,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            at: At::Head(0),
            flags: 0,
            length: 0,
            tail: 0,
            members: 0,
            inflate: Decompress::new(false),
            crc: Crc::new(),
        }
    }

    /// Whether the bytes may end here.
    pub(super) fn is_between_members(&self) -> bool {
        match self.at {
            At::Head(read) => read == 0 && self.members > 0,
            At::Rest => true,
            At::ExtraLength(_)
            | At::Extra(_)
            | At::Name
            | At::Comment
            | At::HeadChecksum(_)
            | At::Body
            | At::Tail(_) => false,
        }
    }

    pub(super) fn step(&mut self, bytes: &[u8], buffer: &mut [u8]) -> Result<Step, Corrupt> {
        let mut taken = 0;
        loop {
            match self.at {
                At::Body => {
                    let rest = bytes.get(taken..).unwrap_or_default();
                    let step = inflate(&mut self.inflate, rest, buffer)?;
                    self.crc.update(buffer.get(..step.given).unwrap_or_default());
                    if step.ended {
                        self.tail = 0;
                        self.at = At::Tail(0);
                    }
                    if step.ended && step.given == 0 {
                        taken += step.taken;
                        continue;
                    }
                    return Ok(Step { taken: taken + step.taken, given: step.given, ended: false });
                }
                At::Rest => return Ok(Step { taken: bytes.len(), given: 0, ended: true }),
                At::Head(_)
                | At::ExtraLength(_)
                | At::Extra(_)
                | At::Name
                | At::Comment
                | At::HeadChecksum(_)
                | At::Tail(_) => {
                    let Some(byte) = bytes.get(taken) else { return Ok(Step { taken, given: 0, ended: false }) };
                    taken += 1;
                    self.frame(*byte)?;
                }
            }
        }
    }

    /// One byte of head or tail.
    fn frame(&mut self, byte: u8) -> Result<(), Corrupt> {
        match self.at {
            At::Head(read) => {
                let right = match read {
                    0 => byte == 0x1f,
                    1 => byte == 0x8b,
                    2 => byte == 8,
                    _ => true,
                };
                match (right, read) {
                    (false, 0 | 1) if self.members > 0 => self.at = At::Rest,
                    (false, _) => return Err(Corrupt),
                    (true, 9) => self.after(0),
                    (true, read) => {
                        if read == 3 {
                            self.flags = byte;
                        }
                        self.at = At::Head(read + 1);
                    }
                }
            }
            At::ExtraLength(read) => {
                self.length |= usize::from(byte) << (8 * read);
                self.at = match (read, self.length) {
                    (0, _) => At::ExtraLength(1),
                    (_, length) => At::Extra(length),
                };
                if matches!(self.at, At::Extra(0)) {
                    self.after(EXTRA);
                }
            }
            At::Extra(1) => self.after(EXTRA),
            At::Extra(left) => self.at = At::Extra(left.saturating_sub(1)),
            At::Name if byte == 0 => self.after(NAME),
            At::Comment if byte == 0 => self.after(COMMENT),
            At::HeadChecksum(0) => self.at = At::HeadChecksum(1),
            At::HeadChecksum(_) => self.after(HEAD_CHECKSUM),
            At::Tail(read) => {
                self.tail |= u64::from(byte) << (8 * read);
                self.at = At::Tail(read + 1);
                if read == 7 {
                    self.end_member()?;
                }
            }
            At::Name | At::Comment | At::Body | At::Rest => {}
        }
        Ok(())
    }

    /// Goes on to the part of the head that the flags name after this one.
    fn after(&mut self, part: u8) {
        let due = |flag: u8, before: &[u8]| self.flags & flag != 0 && before.contains(&part);
        self.length = 0;
        self.at = if due(EXTRA, &[0]) {
            At::ExtraLength(0)
        } else if due(NAME, &[0, EXTRA]) {
            At::Name
        } else if due(COMMENT, &[0, EXTRA, NAME]) {
            At::Comment
        } else if due(HEAD_CHECKSUM, &[0, EXTRA, NAME, COMMENT]) {
            At::HeadChecksum(0)
        } else {
            At::Body
        };
    }

    fn end_member(&mut self) -> Result<(), Corrupt> {
        let right = u64::from(self.crc.sum()) | u64::from(self.crc.amount()) << 32;
        if self.tail != right {
            return Err(Corrupt);
        }
        self.members = self.members.saturating_add(1);
        self.inflate.reset(false);
        self.crc.reset();
        self.at = At::Head(0);
        Ok(())
    }
}
