//! Text to plain words, so that a phrase is found however it is written.
//!
//! What is folded, for phrases and pages alike:
//! - letters to lower case; accents and other marks taken off; wide, circled, mathematical and ligature forms to what
//!   they stand for (NFKD);
//! - characters that nobody sees (zero width, soft hyphen, direction marks, variation selectors) taken out;
//! - Cyrillic and Greek letters that look like Latin ones to the Latin ones;
//! - digits and signs that stand for letters (`0 1 3 4 5 7 @ $ !` for `o i e a s t a s i`), but only one or two of them
//!   together, and only between two Latin letters: `k1ll` and `pr0n` are folded, `mp3`, `covid-19` and `24/7` are not;
//! - apostrophes taken out (`don't` is `dont`); everything else that is neither letter nor digit becomes one space;
//! - each Chinese, Japanese, Thai, Lao, Khmer or Burmese character is a word, since these do not write spaces.
//!
//! What is not: letters spaced out (`s u i`), letters doubled (`suuuicide`), and misspellings.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// What an ASCII character is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter(u8),
    Digit,
    /// A sign that stands for a letter between letters.
    Sign,
    Apostrophe,
    Space,
}

const fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Letter(byte),
        b'A'..=b'Z' => Class::Letter(byte | 0x20),
        b'0'..=b'9' => Class::Digit,
        b'@' | b'$' | b'!' => Class::Sign,
        b'\'' | b'`' => Class::Apostrophe,
        _ => Class::Space,
    }
}

static CLASSES: [Class; 128] = {
    let mut classes = [Class::Space; 128];
    let mut at: u8 = 0;
    while at < 128 {
        #[expect(clippy::indexing_slicing, reason = "checked by the compiler: this runs at compile time")]
        {
            classes[at as usize] = class(at);
        }
        at += 1;
    }
    classes
};

/// The letter that a digit or sign stands for, if any.
const fn stands_for(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        _ => return None,
    })
}

/// What was given out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Space,
    /// An ASCII letter: what stands for a letter may follow.
    Letter,
    /// A digit, or a letter beyond ASCII.
    Other,
}

/// Folds one lane of text, character by character.
#[derive(Debug, Clone)]
pub struct Fold {
    last: Last,
    /// One or two digits or signs that may stand for letters.
    pending: [u8; 2],
    waiting: u8,
}

impl Default for Fold {
    fn default() -> Self {
        Self { last: Last::Space, pending: [0; 2], waiting: 0 }
    }
}

impl Fold {
    /// Takes text, and gives out words in lower case with one space after each.
    #[inline]
    pub fn push(&mut self, text: &str, out: &mut impl FnMut(u8)) {
        let mut rest = text;
        loop {
            let bytes = rest.as_bytes();
            let mut read = bytes.len();
            for (at, byte) in bytes.iter().enumerate() {
                match CLASSES.get(usize::from(*byte)) {
                    Some(class) => self.ascii(*byte, *class, out),
                    None => {
                        read = at;
                        break;
                    }
                }
            }
            rest = rest.get(read..).unwrap_or_default();
            let mut wide = rest.chars();
            let Some(character) = wide.next() else { return };
            self.wide(character, out);
            rest = wide.as_str();
        }
    }

    /// Ends the word.
    #[inline]
    pub fn gap(&mut self, out: &mut impl FnMut(u8)) {
        self.ascii(b' ', Class::Space, out);
    }

    #[inline(always)]
    fn ascii(&mut self, byte: u8, class: Class, out: &mut impl FnMut(u8)) {
        match class {
            Class::Letter(letter) => {
                if self.waiting > 0 {
                    self.settle(true, out);
                }
                out(letter);
                self.last = Last::Letter;
            }
            Class::Space => {
                if self.waiting > 0 {
                    self.settle(false, out);
                }
                if self.last != Last::Space {
                    out(b' ');
                    self.last = Last::Space;
                }
            }
            Class::Digit | Class::Sign => self.stand_in(byte, class, out),
            Class::Apostrophe => {}
        }
    }

    fn stand_in(&mut self, byte: u8, class: Class, out: &mut impl FnMut(u8)) {
        if self.last == Last::Letter && stands_for(byte).is_some() {
            let room = usize::from(self.waiting);
            if let Some(place) = self.pending.get_mut(room) {
                *place = byte;
                self.waiting += 1;
                return;
            }
        }
        if self.waiting > 0 {
            self.settle(false, out);
        }
        self.plain(byte, class, out);
    }

    /// A digit or sign for what it is.
    fn plain(&mut self, byte: u8, class: Class, out: &mut impl FnMut(u8)) {
        match class {
            Class::Digit => {
                out(byte);
                self.last = Last::Other;
            }
            Class::Letter(_) | Class::Sign | Class::Apostrophe | Class::Space => {
                if self.last != Last::Space {
                    out(b' ');
                    self.last = Last::Space;
                }
            }
        }
    }

    /// Gives out what waited: as letters when a letter follows, else for what it is.
    #[cold]
    fn settle(&mut self, letters: bool, out: &mut impl FnMut(u8)) {
        let (pending, waiting) = (self.pending, usize::from(self.waiting));
        self.waiting = 0;
        for byte in pending.into_iter().take(waiting) {
            match stands_for(byte).filter(|_| letters) {
                Some(letter) => out(letter),
                None => self.plain(byte, class(byte), out),
            }
        }
    }

    #[cold]
    fn wide(&mut self, character: char, out: &mut impl FnMut(u8)) {
        if is_unseen(character) || matches!(character, '\u{2018}' | '\u{2019}' | '\u{2bc}') {
            return;
        }
        if is_plain(character) {
            let alone = is_word_alone(character);
            if alone {
                self.gap(out);
            }
            self.letters(character, out);
            if alone {
                self.gap(out);
            }
            return;
        }
        decompose_compatible(character, |part| {
            if let Some(byte) = u8::try_from(part).ok().filter(u8::is_ascii) {
                self.ascii(byte, class(byte), out);
            } else if !is_combining_mark(part) && !is_unseen(part) {
                match looks_like(part) {
                    None if is_word_alone(part) => {
                        self.gap(out);
                        self.letters(part, out);
                        self.gap(out);
                    }
                    Some(letter) => self.ascii(letter, Class::Letter(letter), out),
                    None if part.is_alphanumeric() => {
                        for lower in part.to_lowercase().filter(|lower| !is_combining_mark(*lower)) {
                            match looks_like(lower) {
                                Some(letter) => self.ascii(letter, Class::Letter(letter), out),
                                None => self.letters(lower, out),
                            }
                        }
                    }
                    None => self.gap(out),
                }
            }
        });
    }

    /// A letter beyond ASCII, as UTF-8.
    fn letters(&mut self, letter: char, out: &mut impl FnMut(u8)) {
        if self.waiting > 0 {
            self.settle(false, out);
        }
        letter.encode_utf8(&mut [0; 4]).bytes().for_each(&mut *out);
        self.last = Last::Other;
    }
}

/// The folded form of a whole text: words with one space between.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut fold = Fold::default();
    fold.push(text, &mut |byte| bytes.push(byte));
    fold.gap(&mut |byte| bytes.push(byte));
    String::from_utf8_lossy(&bytes).trim_ascii().to_owned()
}

/// Characters that take no room on the screen.
const fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Letters that stand for themselves, so that pages in Chinese, Arabic and Hebrew take the short way.
const fn is_plain(character: char) -> bool {
    matches!(character,
        '\u{4e00}'..='\u{9fff}' | '\u{627}'..='\u{63a}' | '\u{641}'..='\u{64a}' | '\u{5d0}'..='\u{5ea}')
}

/// Characters of scripts that write no spaces.
const fn is_word_alone(character: char) -> bool {
    matches!(character,
        '\u{e01}'..='\u{e30}' | '\u{e32}' | '\u{e33}' | '\u{e40}'..='\u{e46}' | '\u{e81}'..='\u{eb0}'
        | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The Latin letter that a Cyrillic, Greek or other letter cannot be told from.
const fn looks_like(letter: char) -> Option<u8> {
    Some(match letter {
        'а' | 'А' | 'α' | 'Α' | 'ɑ' => b'a',
        'В' | 'Β' => b'b',
        'с' | 'С' | 'ϲ' | 'Ϲ' => b'c',
        'ԁ' => b'd',
        'е' | 'Е' | 'Ε' | 'є' => b'e',
        'ɡ' => b'g',
        'Н' | 'Η' | 'һ' => b'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'ӏ' | 'Ӏ' => b'i',
        'ј' | 'Ј' => b'j',
        'К' | 'Κ' | 'к' | 'κ' => b'k',
        'М' | 'Μ' => b'm',
        'Ν' => b'n',
        'о' | 'О' | 'ο' | 'Ο' | 'ø' | 'Ø' => b'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => b'p',
        'ѕ' | 'Ѕ' => b's',
        'Т' | 'Τ' => b't',
        'ν' | 'ѵ' => b'v',
        'ԝ' => b'w',
        'х' | 'Х' | 'Χ' | 'χ' => b'x',
        'у' | 'У' | 'Υ' => b'y',
        'Ζ' => b'z',
        'ł' | 'Ł' => b'l',
        'đ' | 'Đ' => b'd',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_leads_to_the_same() {
        for character in ('\u{80}'..='\u{ffff}').filter(|character| is_plain(*character)) {
            let mut parts = Vec::new();
            decompose_compatible(character, |part| parts.push(part));
            assert_eq!(parts, [character]);
            assert!(character.is_alphanumeric() && character.to_lowercase().eq([character]), "{character}");
            assert!(!is_combining_mark(character) && !is_unseen(character) && looks_like(character).is_none());
        }
    }
}
