//! Reading a question: head, one question, and what the client says of itself (EDNS). Nothing is allocated.

use super::{HEAD, code, end_of_name, kind, lower_text, name::LONGEST, number_at};

/// What a client says about how it can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edns {
    /// The longest datagram that it takes.
    pub size: u16,
    /// The version that it speaks; we speak 0.
    pub version: u8,
    /// Whether it asks for signatures.
    pub signatures: bool,
}

/// A question as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// Its number, for the answer.
    pub id: u16,
    /// Whether the client asks us to find out (RD).
    pub recursion: bool,
    /// Whether the client checks signatures itself (CD).
    pub unchecked: bool,
    /// Whether the client wants to know that the answer was checked (AD).
    pub authentic: bool,
    /// The question: name, type and class as they came.
    pub question: &'a [u8],
    /// The type that is asked for.
    pub kind: u16,
    /// The class; 1 is the internet.
    pub class: u16,
    /// EDNS, where the client speaks it.
    pub edns: Option<Edns>,
}

/// Why something is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// It gets no answer: too short to be one, or an answer itself (answering answers makes storms).
    Silence,
    /// It gets an error with this code and nothing else.
    Error {
        /// Its number.
        id: u16,
        /// Its operation and whether it asks us to find out, to be said again.
        flags: u16,
        /// The code of the error.
        code: u8,
    },
}

/// By what answers are kept: name in lower case, type, and whether signatures were asked for. On the stack.
#[derive(Clone, Copy)]
pub struct Key {
    bytes: [u8; LONGEST + 3],
    length: usize,
}

impl Key {
    /// The key of a name as it travels.
    pub fn new(name: &[u8], kind: u16, signatures: bool, unchecked: bool) -> Self {
        let mut bytes = [0; LONGEST + 3];
        let [high, low] = kind.to_be_bytes();
        let bits = u8::from(signatures) | u8::from(unchecked) << 1;
        let mut length = 0;
        let lower = name.iter().take(LONGEST).map(u8::to_ascii_lowercase);
        for (place, byte) in bytes.iter_mut().zip(lower.chain([high, low, bits])) {
            *place = byte;
            length += 1;
        }
        Self { bytes, length }
    }

    /// The key as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl<'a> Query<'a> {
    /// Reads a question.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Bad> {
        let (Some(id), Some(flags)) = (number_at(packet, 0), number_at(packet, 2)) else {
            return Err(Bad::Silence);
        };
        if packet.len() < HEAD || flags & 0x8000 != 0 {
            return Err(Bad::Silence);
        }
        let bad = |code| Bad::Error { id, flags: flags & 0x7900, code };
        if flags & 0x7800 != 0 {
            return Err(bad(code::NOT_DONE));
        }
        let count = |at| number_at(packet, at).unwrap_or(u16::MAX);
        let more = count(10);
        if count(4) != 1 || count(6) != 0 || count(8) != 0 || more > 4 {
            return Err(bad(code::FORMAT));
        }
        let format = || bad(code::FORMAT);
        let end = end_of_name(packet, HEAD).ok_or_else(format)?;
        let (kind, class) = number_at(packet, end).zip(number_at(packet, end + 2)).ok_or_else(format)?;
        let question = packet.get(HEAD..end + 4).ok_or_else(format)?;
        let edns = edns(packet, end + 4, more).map_err(|()| format())?;
        Ok(Self {
            id,
            recursion: flags & 0x0100 != 0,
            unchecked: flags & 0x0010 != 0,
            authentic: flags & 0x0020 != 0,
            question,
            kind,
            class,
            edns,
        })
    }

    /// The name as it travels.
    pub fn name(&self) -> &'a [u8] {
        self.question.get(..self.question.len().saturating_sub(4)).unwrap_or_default()
    }

    /// The name as people write it, in lower case; see [`lower_text`].
    pub fn name_text(&self) -> Option<String> {
        lower_text(self.name())
    }

    /// Whether signatures are asked for.
    pub fn wants_signatures(&self) -> bool {
        self.edns.is_some_and(|edns| edns.signatures)
    }

    /// By what the answer is kept.
    pub fn key(&self) -> Key {
        Key::new(self.name(), self.kind, self.wants_signatures(), self.unchecked)
    }
}

/// Reads the records after the question, of which only EDNS means anything; a second one is an error.
fn edns(packet: &[u8], start: usize, count: u16) -> Result<Option<Edns>, ()> {
    let (mut at, mut found) = (start, None);
    for _ in 0..count {
        let end = end_of_name(packet, at).ok_or(())?;
        let field = |offset| number_at(packet, end + offset).ok_or(());
        let (kind, size, upper, lower, length) = (field(0)?, field(2)?, field(4)?, field(6)?, field(8)?);
        let next = end + 10 + usize::from(length);
        if next > packet.len() {
            return Err(());
        }
        if kind == kind::OPT {
            if found.is_some() || end - at != 1 {
                return Err(());
            }
            let [_, version] = upper.to_be_bytes();
            found = Some(Edns { size, version, signatures: lower & 0x8000 != 0 });
        }
        at = next;
    }
    Ok(found)
}

/// A question for an upstream server: the name as given (perhaps with its letters' case at random), a number of its
/// own, and EDNS so that answers of usual length need no second try.
pub fn forward(id: u16, question: &[u8], signatures: bool, unchecked: bool, size: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + question.len() + 11);
    let flags: u16 = 0x0100 | if unchecked { 0x0010 } else { 0x0020 };
    for number in [id, flags, 1, 0, 0, 1] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend_from_slice(question);
    out.push(0);
    for number in [kind::OPT, size, 0, if signatures { 0x8000 } else { 0 }, 0] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out
}
