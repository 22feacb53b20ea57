//! Character references of HTML: `&amp;`, `&#8217;`, `&#x2019;`.
//!
//! The named ones here are those that occur in words and between them; any other name stands for a sign, and signs
//! separate words whatever they are.

/// The longest reference that is looked at, without `&` and `;`.
pub(super) const LONGEST: usize = 16;

/// The character of a reference. `None` when it is none, so that it is text.
pub(super) fn character(name: &str) -> Option<char> {
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
pub(super) fn marked(name: &str) -> Option<char> {
    let mut characters = name.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    matches!(
        characters.as_str(),
        "acute" | "grave" | "circ" | "uml" | "tilde" | "cedil" | "ring" | "caron" | "macr" | "breve" | "ogon" | "slash"
    )
    .then_some(letter)
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
