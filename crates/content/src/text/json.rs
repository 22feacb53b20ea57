//! The strings of JSON, as its characters come.
//!
//! Within one value, two strings are apart. From one value to the next in a stream, the first string under a name goes
//! on where the last under that name ended: answers of chat programs come as such fragments. Each name has a lane of
//! its own, up to [`LANES`]; names beyond share the last lane, where nothing is joined.
//! Values alone are read, not names. Broken JSON is read as far as quotes go.

use super::{LANES, Sink};

const LONGEST_NAME: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// Between strings.
    #[default]
    Between,
    String,
    /// After a backslash.
    Escape,
    /// Within `\uXXXX`: digits read and their value.
    Hex(u8, u32),
}

/// Finds the strings of JSON.
#[derive(Debug, Default)]
pub(super) struct Json {
    at: At,
    /// Open braces and brackets.
    depth: u32,
    /// `true` for each open object, innermost last; deeper than its length is taken for an array.
    objects: Vec<bool>,
    /// Whether the next string of the innermost object is a name.
    name_next: bool,
    is_name: bool,
    name: String,
    lane: usize,
    /// The names that have a lane, and whether a string came on it in this value.
    lanes: Vec<(String, bool)>,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

/// Objects and arrays deeper than this are read without telling names from values.
const DEEPEST: usize = 64;

impl Json {
    pub(super) fn push<S: Sink>(&mut self, text: &str, sink: &mut S) {
        let mut rest = text;
        while !rest.is_empty() {
            let taken = match self.at {
                At::Between => self.between(rest, sink),
                At::String => self.string(rest, sink),
                At::Escape | At::Hex(..) => self.escape(rest, sink),
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Ends the value: an event is over, whatever its text was.
    pub(super) fn end_value(&mut self) {
        self.at = At::Between;
        self.depth = 0;
        self.objects.clear();
        self.name_next = false;
        self.high = None;
        self.name.clear();
        self.lanes.iter_mut().for_each(|(_, used)| *used = false);
    }

    fn between<S: Sink>(&mut self, rest: &str, sink: &mut S) -> usize {
        for (nth, byte) in rest.bytes().enumerate() {
            match byte {
                b'"' => {
                    self.at = At::String;
                    self.begin(sink);
                    return nth + 1;
                }
                b'{' | b'[' => {
                    if self.objects.len() < DEEPEST {
                        self.objects.push(byte == b'{');
                    }
                    self.depth += 1;
                    self.name_next = byte == b'{';
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.objects.truncate(usize::try_from(self.depth).unwrap_or(DEEPEST));
                    self.name_next = false;
                    if self.depth == 0 {
                        self.end_value();
                    }
                }
                b',' => self.name_next = self.objects.last() == Some(&true),
                b':' => self.name_next = false,
                _ => {}
            }
        }
        rest.len()
    }

    /// A string begins.
    fn begin<S: Sink>(&mut self, sink: &mut S) {
        self.is_name = self.name_next;
        if self.is_name {
            self.name.clear();
            return;
        }
        let known = self.lanes.iter().position(|(name, _)| *name == self.name);
        self.lane = known.unwrap_or(self.lanes.len());
        if self.lane >= LANES - 1 {
            self.lane = LANES - 1;
            sink.gap(self.lane);
        } else if let Some((_, used)) = self.lanes.get_mut(self.lane) {
            if *used {
                sink.gap(self.lane);
            }
            *used = true;
        } else {
            self.lanes.push((self.name.clone(), true));
        }
    }

    fn string<S: Sink>(&mut self, rest: &str, sink: &mut S) -> usize {
        let end = memchr::memchr2(b'"', b'\\', rest.as_bytes());
        let (piece, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        self.out(piece, sink);
        let Some(end) = end else { return rest.len() };
        if after.starts_with('"') {
            self.at = At::Between;
            self.high = None;
        } else {
            self.at = At::Escape;
        }
        end + 1
    }

    fn escape<S: Sink>(&mut self, rest: &str, sink: &mut S) -> usize {
        let Some(character) = rest.chars().next() else { return 0 };
        let At::Hex(read, value) = self.at else {
            self.at = At::String;
            match character {
                'u' => self.at = At::Hex(0, 0),
                'n' | 't' | 'r' | 'b' | 'f' => self.out(" ", sink),
                _ => self.out(character.encode_utf8(&mut [0; 4]), sink),
            }
            return character.len_utf8();
        };
        let Some(digit) = character.to_digit(16) else {
            // Broken: what follows is text.
            self.at = At::String;
            return 0;
        };
        let value = value << 4 | digit;
        if read < 3 {
            self.at = At::Hex(read + 1, value);
            return 1;
        }
        self.at = At::String;
        match (self.high.take(), value) {
            (_, 0xd800..=0xdbff) => self.high = Some(value),
            (Some(high), 0xdc00..=0xdfff) => {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (value - 0xdc00);
                self.out(char::from_u32(code).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]), sink);
            }
            (_, value) => self.out(char::from_u32(value).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]), sink),
        }
        1
    }

    fn out<S: Sink>(&mut self, piece: &str, sink: &mut S) {
        if piece.is_empty() {
            return;
        }
        if !self.is_name {
            return sink.text(self.lane, piece);
        }
        for character in piece.chars() {
            if self.name.len() < LONGEST_NAME {
                self.name.push(character);
            }
        }
    }
}
