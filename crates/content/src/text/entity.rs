//! Character references of HTML: `&amp;`, `&#8217;`, `&#x2019;`.
//!
//! The named ones here are those that occur in words and between them; any other name stands for a sign, and signs
//! separate words whatever they are.

use super::Sink;

/// The lane of attributes.
const ATTRIBUTES: usize = 1;
/// The longest reference that is looked at, without `&` and `;`.
pub(super) const LONGEST: usize = 16;

/// The character of a reference. `None` when it is none, so that it is text.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return Some(code.ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// Letters with marks are named by the letter and the mark: `eacute`. After folding only the letter is left.
fn marked(name: &str) -> Option<char> {
    let mut characters = name.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    matches!(
        characters.as_str(),
        "acute" | "grave" | "circ" | "uml" | "tilde" | "cedil" | "ring" | "caron" | "macr" | "breve" | "ogon" | "slash"
    )
    .then_some(letter)
}

/// The value of an attribute is text of its own.
pub(super) fn attribute_text<S: Sink>(value: &[u8], sink: &mut S) {
    let value = String::from_utf8_lossy(value);
    sink.gap(ATTRIBUTES);
    let mut pieces = value.split('&');
    sink.text(ATTRIBUTES, pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| c != '#' && !c.is_ascii_alphanumeric()).unwrap_or(piece.len()).min(LONGEST);
        let (name, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
        write_reference(name, rest.bytes().next(), &mut |text| sink.text(ATTRIBUTES, text));
        sink.text(ATTRIBUTES, rest.strip_prefix(';').unwrap_or(rest));
    }
    sink.gap(ATTRIBUTES);
}

/// The text of the reference `&name` that `end` follows.
pub(super) fn write_reference(name: &str, end: Option<u8>, out: &mut dyn FnMut(&str)) {
    match character(name).or_else(|| marked(name)) {
        Some(character) => out(character.encode_utf8(&mut [0; 4])),
        // Some other sign.
        None if end == Some(b';') => out(" "),
        None => {
            out("&");
            out(name);
        }
    }
}

static NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("lsquo", '\''),
    ("rsquo", '\''),
    ("ldquo", '"'),
    ("rdquo", '"'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("bull", '•'),
    ("middot", '·'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", ' '),
    ("pound", '£'),
    ("euro", '€'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("times", '×'),
    ("thinsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("commat", '@'),
    ("dollar", '$'),
    ("excl", '!'),
    ("Tab", ' '),
    ("NewLine", ' '),
    ("hyphen", '-'),
    ("dash", '-'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("szlig", 'ß'),
    ("aelig", 'æ'),
    ("AElig", 'Æ'),
    ("oelig", 'œ'),
    ("OElig", 'Œ'),
    ("oslash", 'o'),
    ("Oslash", 'O'),
    ("eth", 'ð'),
    ("thorn", 'þ'),
];
