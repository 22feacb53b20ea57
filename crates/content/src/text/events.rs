//! The text of `text/event-stream`: the `data:` lines of each event, as their characters come.
//!
//! Data that begins with a brace or bracket is JSON; other data is text, and goes on from event to event, since
//! programs that write word by word send their fragments so. Comments and the other fields are passed over.

use super::{LANES, Sink, json::Json};

/// The lane of data that is no JSON: the last but one, which JSON takes up late.
const PLAIN: usize = LANES - 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// At the start of a line: so many characters of `data:` read.
    #[default]
    Start,
    Field(usize),
    /// After `data:`; one space is passed over.
    Space,
    Data,
    /// The rest of a line that is not looked at.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum What {
    /// No data in this event yet.
    #[default]
    Unknown,
    Json,
    Plain,
}

/// Finds the text of an event stream.
#[derive(Debug, Default)]
pub(super) struct Events {
    at: At,
    what: What,
    json: Json,
    /// A carriage return ended the line; a line feed after it is part of the same end.
    returned: bool,
}

impl Events {
    pub(super) fn push<S: Sink>(&mut self, text: &str, sink: &mut S) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let taken = match self.at {
                At::Start | At::Field(_) | At::Space => self.field(character, sink),
                At::Data | At::Other => {
                    let end = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
                    let (line, _) = rest.split_at_checked(end).unwrap_or((rest, ""));
                    if self.at == At::Data {
                        self.data(line, sink);
                    }
                    if end < rest.len() {
                        self.at = At::Start;
                        self.returned = rest.as_bytes().get(end) == Some(&b'\r');
                        end + 1
                    } else {
                        end
                    }
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    fn field<S: Sink>(&mut self, character: char, sink: &mut S) -> usize {
        const FIELD: &str = "data:";
        let returned = std::mem::take(&mut self.returned);
        match (self.at, character) {
            (At::Start, '\n') if returned => {}
            (At::Start, '\u{feff}') => return character.len_utf8(),
            (At::Start, '\n' | '\r') => {
                // An empty line ends the event.
                self.json.end_value();
                self.what = What::Unknown;
                self.returned = character == '\r';
            }
            (At::Space, _) => {
                self.at = At::Data;
                if self.what == What::Plain {
                    // A second line of the same event.
                    sink.gap(PLAIN);
                }
                return usize::from(character == ' ');
            }
            (At::Field(_) | At::Start | At::Data | At::Other, _) => {
                let read = match self.at {
                    At::Field(read) => read,
                    At::Start | At::Space | At::Data | At::Other => 0,
                };
                if FIELD.get(read..).is_some_and(|rest| rest.starts_with(character)) {
                    self.at = if read + 1 == FIELD.len() { At::Space } else { At::Field(read + 1) };
                } else {
                    self.at = At::Other;
                    return 0;
                }
            }
        }
        1
    }

    fn data<S: Sink>(&mut self, line: &str, sink: &mut S) {
        if self.what == What::Unknown && !line.is_empty() {
            self.what = if line.starts_with(['{', '[']) { What::Json } else { What::Plain };
        }
        match self.what {
            What::Json => self.json.push(line, sink),
            What::Plain | What::Unknown => sink.text(PLAIN, line),
        }
    }
}
