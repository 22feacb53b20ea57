//! The text of HTML, as its characters come.
//!
//! Tags, comments, scripts and styles are passed over. Read are: text with its references, `alt`, `title`,
//! `placeholder` and `aria-label`, and the title, description and keywords that `<meta>` gives, OpenGraph among them.
//! Every element but those within a line (`elements.rs`) separates words. What the page hides by style is read too.

use memchr::{memchr, memchr2};

use super::{
    Sink,
    elements::{is_described, is_inline, is_wanted},
    entity::{LONGEST, attribute_text, write_reference},
};

/// Values of attributes are read so far.
const LONGEST_VALUE: usize = 2048;
/// Names of elements and attributes that matter are shorter than this.
const LONGEST_NAME: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Text,
    /// After `&`.
    Reference,
    /// After `<`.
    Open,
    /// After `</`.
    Close,
    Name,
    /// Within a tag, between attributes.
    Tag,
    Attribute,
    /// After the name of an attribute: `=` may follow.
    Equals,
    /// After `=`.
    Value,
    Quoted(u8),
    Bare,
    /// After `<!` or `<?`: so many characters of `[CDATA[` or `--`.
    Bang(usize),
    /// Up to `>`.
    Bogus,
    /// So many dashes at the end so far; 3 is `--!`.
    Comment(u8),
    /// Within a script or style.
    Raw,
    /// So many characters of the end tag of a script or style.
    RawEnd(usize),
}

/// Finds the text of HTML.
#[derive(Debug, Default)]
pub(super) struct Html {
    at: At,
    /// The reference, element or attribute that is being read.
    name: String,
    element: String,
    attribute: String,
    value: Vec<u8>,
    wanted: bool,
    closing: bool,
    /// What a `<meta>` has told so far: which it is, and its content.
    meta: (bool, Vec<u8>),
}

impl Html {
    pub(super) fn push<S: Sink>(&mut self, text: &str, sink: &mut S) {
        let mut rest = text;
        while !rest.is_empty() {
            let taken = match self.at {
                At::Text => self.text(rest, sink),
                At::Raw => match memchr(b'<', rest.as_bytes()) {
                    Some(found) => {
                        self.at = At::RawEnd(0);
                        found + 1
                    }
                    None => rest.len(),
                },
                At::Comment(0) => match memchr(b'-', rest.as_bytes()) {
                    Some(found) => {
                        self.at = At::Comment(1);
                        found + 1
                    }
                    None => rest.len(),
                },
                At::Bogus => match memchr(b'>', rest.as_bytes()) {
                    Some(found) => {
                        self.at = At::Text;
                        found + 1
                    }
                    None => rest.len(),
                },
                At::Quoted(quote) if !self.wanted => match memchr(quote, rest.as_bytes()) {
                    Some(found) => {
                        self.at = At::Tag;
                        found + 1
                    }
                    None => rest.len(),
                },
                At::Quoted(quote) => {
                    let end = memchr(quote, rest.as_bytes());
                    let piece = rest.as_bytes().get(..end.unwrap_or(rest.len())).unwrap_or_default();
                    let room = LONGEST_VALUE.saturating_sub(self.value.len());
                    self.value.extend(piece.iter().take(room));
                    if end.is_some() {
                        self.attribute_read(sink);
                        self.at = At::Tag;
                    }
                    end.map_or(rest.len(), |end| end + 1)
                }
                At::Reference
                | At::Open
                | At::Close
                | At::Name
                | At::Tag
                | At::Attribute
                | At::Equals
                | At::Value
                | At::Bare
                | At::Bang(_)
                | At::Comment(_)
                | At::RawEnd(_) => self.markup(rest, sink),
            };
            // Every state but text reads bytes; whole characters are what text goes on with.
            let taken = (taken..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    pub(super) fn finish<S: Sink>(&mut self, sink: &mut S) {
        if self.at == At::Reference {
            self.reference(None, sink);
        }
    }

    fn text<S: Sink>(&mut self, rest: &str, sink: &mut S) -> usize {
        let Some(found) = memchr2(b'<', b'&', rest.as_bytes()) else {
            sink.text(0, rest);
            return rest.len();
        };
        let (before, after) = rest.split_at_checked(found).unwrap_or((rest, ""));
        if !before.is_empty() {
            sink.text(0, before);
        }
        self.at = if after.starts_with('<') { At::Open } else { At::Reference };
        self.name.clear();
        found + 1
    }

    /// Goes through markup byte by byte until its state is one of those that can leap.
    fn markup<S: Sink>(&mut self, rest: &str, sink: &mut S) -> usize {
        for (nth, byte) in rest.bytes().enumerate() {
            let again = self.byte(byte, sink);
            let leaps = match self.at {
                At::Text | At::Raw | At::Bogus | At::Comment(0) | At::Quoted(_) => true,
                At::Reference
                | At::Open
                | At::Close
                | At::Name
                | At::Tag
                | At::Attribute
                | At::Equals
                | At::Value
                | At::Bare
                | At::Bang(_)
                | At::Comment(_)
                | At::RawEnd(_) => false,
            };
            if again || leaps {
                return if again { nth } else { nth + 1 };
            }
        }
        rest.len()
    }

    /// Takes one byte of markup; `true` when the byte is to be looked at again in the new state.
    fn byte<S: Sink>(&mut self, byte: u8, sink: &mut S) -> bool {
        match self.at {
            At::Reference => match byte {
                b'#' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' if self.name.len() < LONGEST => {
                    self.name.push(char::from(byte));
                }
                _ => {
                    self.at = At::Text;
                    self.reference(Some(byte), sink);
                    return byte != b';';
                }
            },
            At::Open => match byte {
                b'a'..=b'z' | b'A'..=b'Z' => {
                    self.closing = false;
                    self.at = At::Name;
                    return true;
                }
                b'/' => self.at = At::Close,
                b'!' => self.at = At::Bang(0),
                b'?' => self.at = At::Bogus,
                _ => {
                    sink.gap(0);
                    self.at = At::Text;
                    return true;
                }
            },
            At::Close => match byte {
                b'a'..=b'z' | b'A'..=b'Z' => {
                    self.closing = true;
                    self.at = At::Name;
                    return true;
                }
                b'>' => self.at = At::Text,
                _ => self.at = At::Bogus,
            },
            At::Name => match byte {
                b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {
                    std::mem::swap(&mut self.element, &mut self.name);
                    self.meta.0 = false;
                    self.meta.1.clear();
                    self.at = At::Tag;
                    if !is_inline(&self.element) {
                        sink.gap(0);
                    }
                    return byte == b'>';
                }
                _ => self.grow_name(byte),
            },
            At::Tag => match byte {
                b'>' => self.tag_read(sink),
                b' ' | b'\t' | b'\n' | b'\r' | b'/' | 0x0c => {}
                _ => {
                    self.name.clear();
                    self.grow_name(byte);
                    self.at = At::Attribute;
                }
            },
            At::Attribute => match byte {
                b'=' | b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {
                    std::mem::swap(&mut self.attribute, &mut self.name);
                    self.at = At::Equals;
                    return true;
                }
                _ => self.grow_name(byte),
            },
            At::Equals => match byte {
                b'=' => {
                    self.value.clear();
                    self.wanted = !self.closing && is_wanted(&self.element, &self.attribute);
                    self.at = At::Value;
                }
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {}
                _ => {
                    self.at = At::Tag;
                    return true;
                }
            },
            At::Value => match byte {
                b'"' | b'\'' => self.at = At::Quoted(byte),
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {}
                b'>' => {
                    self.at = At::Tag;
                    return true;
                }
                _ => {
                    self.at = At::Bare;
                    return true;
                }
            },
            At::Bare => match byte {
                b'>' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {
                    self.attribute_read(sink);
                    self.at = At::Tag;
                    return true;
                }
                _ if self.wanted && self.value.len() < LONGEST_VALUE => self.value.push(byte),
                _ => {}
            },
            At::Bang(read) => {
                const CDATA: &[u8] = b"[CDATA[";
                self.at = match (read, byte) {
                    // Ten more than read: within `--`.
                    (0, b'-') => At::Bang(10),
                    (10, b'-') => At::Comment(2),
                    (read, byte) if CDATA.get(read) == Some(&byte) => {
                        if read + 1 == CDATA.len() {
                            At::Text
                        } else {
                            At::Bang(read + 1)
                        }
                    }
                    _ => {
                        self.at = At::Bogus;
                        return true;
                    }
                }
            }
            At::Comment(dashes) => {
                self.at = match (byte, dashes) {
                    (b'>', 2..) => At::Text,
                    (b'-', 3) => At::Comment(1),
                    (b'-', _) => At::Comment((dashes + 1).min(2)),
                    (b'!', 2) => At::Comment(3),
                    _ => At::Comment(0),
                }
            }
            At::RawEnd(read) => {
                let expected = if read == 0 { Some(b'/') } else { self.element.as_bytes().get(read - 1).copied() };
                match (expected, byte) {
                    (Some(expected), byte) if expected == byte.to_ascii_lowercase() => self.at = At::RawEnd(read + 1),
                    (None, b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c) => {
                        self.closing = true;
                        self.at = At::Tag;
                        return true;
                    }
                    _ => {
                        self.at = At::Raw;
                        return true;
                    }
                }
            }
            At::Text | At::Raw | At::Bogus | At::Quoted(_) => return true,
        }
        false
    }

    fn grow_name(&mut self, byte: u8) {
        if self.name.len() <= LONGEST_NAME {
            self.name.push(if byte.is_ascii() { char::from(byte.to_ascii_lowercase()) } else { '?' });
        }
    }

    /// The reference in `name` has ended with this byte.
    fn reference<S: Sink>(&mut self, end: Option<u8>, sink: &mut S) {
        let name = std::mem::take(&mut self.name);
        write_reference(&name, end, &mut |piece| sink.text(0, piece));
        self.name = name;
        self.name.clear();
    }

    fn attribute_read<S: Sink>(&mut self, sink: &mut S) {
        if !self.wanted {
            return;
        }
        if self.element != "meta" {
            return attribute_text(&self.value, sink);
        }
        match self.attribute.as_str() {
            "content" => std::mem::swap(&mut self.meta.1, &mut self.value),
            _ => self.meta.0 |= is_described(&self.value),
        }
    }

    fn tag_read<S: Sink>(&mut self, sink: &mut S) {
        if self.element == "meta" && self.meta.0 {
            attribute_text(&self.meta.1, sink);
        }
        let raw =
            !self.closing && matches!(self.element.as_str(), "script" | "style" | "iframe" | "noembed" | "noframes");
        self.name.clear();
        self.at = if raw { At::Raw } else { At::Text };
    }
}
