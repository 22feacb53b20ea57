//! Bytes to text: which charset, and reading it as the bytes come.
//!
//! As browsers do: a byte order mark, then `Content-Type`, then `<meta>` within the first kilobyte, then a guess: UTF-8
//! until bytes come that are none, windows-1252 from there on. ASCII and UTF-8 are handed on without a copy.

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A `<meta>` beyond this is not looked for, as in browsers.
const HEAD: usize = 1024;
/// Text is decoded in pieces of this size.
const PIECE: usize = 8 * 1024;

/// What is known of the charset before the first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Always UTF-8: event streams and JSON.
    Utf8,
    /// The header named it.
    Named(&'static Encoding),
    /// Nothing is known; a `<meta>` may tell.
    Html,
    /// Nothing is known.
    Nothing,
}

impl Hint {
    /// The hint in the parameter `charset` of a `Content-Type`, if there is one.
    #[must_use]
    pub fn from_content_type(header: &str) -> Option<Self> {
        let mut parameters = header.split(';').skip(1);
        parameters.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            name.trim().eq_ignore_ascii_case("charset").then(|| Encoding::for_label(value.as_bytes()))?.map(Self::Named)
        })
    }
}

enum At {
    /// Gathering the head: three bytes for a mark, a kilobyte for a `<meta>`.
    Head {
        hint: Hint,
        held: Vec<u8>,
    },
    /// UTF-8, with the bytes of a character that is not whole yet. `guess`: what is no UTF-8 shows it is windows-1252.
    Utf8 {
        held: Vec<u8>,
        guess: bool,
    },
    Other(Box<Decoder>),
}

/// Reads text in a charset as its bytes come.
pub struct Charset {
    at: At,
    buffer: String,
}

impl Charset {
    /// A reader with what is known so far.
    #[must_use]
    pub fn new(hint: Hint) -> Self {
        Self { at: At::Head { hint, held: Vec::new() }, buffer: String::new() }
    }

    /// Takes the next bytes and hands on their text.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(&str)) {
        let At::Head { hint, held } = &mut self.at else { return self.read(bytes, false, out) };
        let wanted = match hint {
            Hint::Html => HEAD,
            Hint::Utf8 | Hint::Named(_) | Hint::Nothing => 3,
        };
        if held.is_empty() && bytes.len() >= wanted {
            let at = choose(*hint, bytes);
            self.at = at;
            return self.read(bytes, false, out);
        }
        let (now, later) = bytes.split_at_checked(wanted.saturating_sub(held.len())).unwrap_or((bytes, &[]));
        held.extend_from_slice(now);
        if held.len() >= wanted {
            self.begin(out);
            self.read(later, false, out);
        }
    }

    /// Says that no more bytes come, and hands on what was held back.
    pub fn finish(&mut self, out: &mut dyn FnMut(&str)) {
        self.begin(out);
        self.read(&[], true, out);
    }

    fn begin(&mut self, out: &mut dyn FnMut(&str)) {
        if let At::Head { hint, held } = &mut self.at {
            let (hint, held) = (*hint, std::mem::take(held));
            self.at = choose(hint, &held);
            self.read(&held, false, out);
        }
    }

    fn read(&mut self, bytes: &[u8], last: bool, out: &mut dyn FnMut(&str)) {
        let rest = match &mut self.at {
            At::Head { .. } => return,
            At::Utf8 { held, guess } => match utf8(held, *guess, bytes, last, out) {
                None => return,
                Some(rest) => rest,
            },
            At::Other(_) => (Vec::new(), bytes),
        };
        if matches!(self.at, At::Utf8 { .. }) {
            self.at = At::Other(Box::new(WINDOWS_1252.new_decoder_without_bom_handling()));
        }
        let At::Other(decoder) = &mut self.at else { return };
        self.buffer.reserve(PIECE);
        for (bytes, last) in [(rest.0.as_slice(), false), (rest.1, last)] {
            let mut bytes = bytes;
            loop {
                let (result, taken, _) = decoder.decode_to_string(bytes, &mut self.buffer, last);
                bytes = bytes.get(taken..).unwrap_or_default();
                out(&self.buffer);
                self.buffer.clear();
                match result {
                    encoding_rs::CoderResult::InputEmpty => break,
                    encoding_rs::CoderResult::OutputFull => {}
                }
            }
        }
    }
}

/// Which charset the head shows; the mark itself is left in the text, where it is no letter.
fn choose(hint: Hint, head: &[u8]) -> At {
    let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
    let (encoding, guess) = match (marked, hint) {
        (Some(encoding), _) => (encoding, false),
        (None, Hint::Utf8) => (UTF_8, false),
        (None, Hint::Named(encoding)) => (encoding, false),
        (None, Hint::Html) => meta(head).map_or((UTF_8, true), |encoding| (encoding, false)),
        (None, Hint::Nothing) => (UTF_8, true),
    };
    if encoding == UTF_8 {
        At::Utf8 { held: Vec::new(), guess }
    } else {
        At::Other(Box::new(encoding.new_decoder_without_bom_handling()))
    }
}

/// The charset that a `<meta>` names. A page that can be read as ASCII here is not in UTF-16, whatever it says.
fn meta(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.get(..HEAD).unwrap_or(head).to_ascii_lowercase();
    for (at, _) in head.iter().enumerate().filter(|(_, byte)| **byte == b'<') {
        let Some(tag) = head.get(at..).filter(|tag| tag.starts_with(b"<meta")) else { continue };
        let tag = tag.split(|byte| *byte == b'>').next().unwrap_or_default();
        let Some(found) = memchr::memmem::find(tag, b"charset") else { continue };
        let value: Vec<u8> = tag
            .get(found + 7..)?
            .iter()
            .copied()
            .skip_while(|byte| matches!(byte, b' ' | b'=' | b'"' | b'\'' | b'\t' | b'\n' | b'\r'))
            .take_while(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b';' | b'/'))
            .collect();
        if let Some(encoding) = Encoding::for_label(&value) {
            return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
        }
    }
    None
}

/// Hands on UTF-8. `Some` with what is left when the guess was wrong.
fn utf8<'a>(
    held: &mut Vec<u8>,
    guess: bool,
    bytes: &'a [u8],
    last: bool,
    out: &mut dyn FnMut(&str),
) -> Option<(Vec<u8>, &'a [u8])> {
    let mut bytes = bytes;
    // A character that began in the bytes before is made whole first, byte by byte.
    while !held.is_empty() {
        let Some((first, rest)) = bytes.split_first() else { break };
        held.push(*first);
        match std::str::from_utf8(held) {
            Ok(text) => {
                out(text);
                held.clear();
                bytes = rest;
            }
            Err(error) if error.error_len().is_none() => bytes = rest,
            Err(_) => {
                held.pop();
                if guess {
                    return Some((std::mem::take(held), bytes));
                }
                held.clear();
                out("\u{fffd}");
            }
        }
    }
    while !bytes.is_empty() {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                out(text);
                break;
            }
            Err(error) => {
                let (good, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
                out(std::str::from_utf8(good).unwrap_or_default());
                match error.error_len() {
                    None => {
                        held.extend_from_slice(rest);
                        break;
                    }
                    Some(_) if guess => return Some((Vec::new(), rest)),
                    Some(length) => {
                        out("\u{fffd}");
                        bytes = rest.get(length..).unwrap_or_default();
                    }
                }
            }
        }
    }
    if last && !held.is_empty() {
        if guess {
            return Some((std::mem::take(held), &[]));
        }
        held.clear();
        out("\u{fffd}");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hint: Hint, bytes: &[u8], step: usize) -> String {
        let mut charset = Charset::new(hint);
        let mut text = String::new();
        for chunk in bytes.chunks(step) {
            charset.push(chunk, &mut |piece| text.push_str(piece));
        }
        charset.finish(&mut |piece| text.push_str(piece));
        text
    }

    #[track_caller]
    fn check(hint: Hint, bytes: &[u8], text: &str) {
        for step in [1, 2, 3, 5, 2000] {
            assert_eq!(read(hint, bytes, step).trim_start_matches('\u{feff}'), text, "by {step}");
        }
    }

    #[test]
    fn the_charset_is_found() {
        check(Hint::Nothing, "naïve – 自".as_bytes(), "naïve – 自");
        check(Hint::Nothing, b"na\xefve caf\xe9", "naïve café");
        check(Hint::Nothing, b"caf\xe9", "café");
        check(Hint::Nothing, b"\xff\xfeh\0i\0", "hi");
        check(Hint::Nothing, b"\xfe\xff\0h\0i", "hi");
        check(Hint::Utf8, b"\xef\xbb\xbfhi", "hi");
        check(Hint::Utf8, b"a\xe9b\xe2\x82", "a\u{fffd}b\u{fffd}");
        check(Hint::Html, b"<meta charset=\"iso-8859-2\">\xb1", "<meta charset=\"iso-8859-2\">ą");
        check(
            Hint::Html,
            b"<META content='text/html; charset=koi8-r'>\xc1",
            "<META content='text/html; charset=koi8-r'>а",
        );
        check(Hint::Html, "<meta charset=utf-16>é".as_bytes(), "<meta charset=utf-16>é");
        check(Hint::from_content_type("text/html; Charset=\"shift_jis\"").unwrap(), b"\x8e\xa9", "自");
        assert_eq!(Hint::from_content_type("text/html; charset=none-such"), None);
    }
}
