//! Bytes of a file into text. UTF-8 is right; what Excel in Britain writes (Windows-1252) is converted and
//! said so; anything else is refused, because a wrong guess would write wrong names into the roll.

/// Which letters the bytes were taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without its mark at the beginning.
    Utf8,
    /// Windows-1252.
    Windows1252,
}

/// Why bytes are not taken for text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEncoding {
    /// UTF-16, as "Unicode text" of Excel.
    #[error("it is written in UTF-16: save it as `CSV UTF-8`")]
    Utf16,
    /// A zero byte: not text at all.
    #[error("it holds a zero byte at line {line}: it is not a text file")]
    Zero {
        /// Where.
        line: u64,
    },
    /// Some letters are UTF-8 and others are not.
    #[error("its letters are partly UTF-8 and partly not (first at line {line}): save it again as `CSV UTF-8`")]
    Mixed {
        /// Where.
        line: u64,
    },
    /// A byte that Windows-1252 does not have.
    #[error("it is neither UTF-8 nor Windows-1252 (line {line}): save it as `CSV UTF-8`")]
    Unknown {
        /// Where.
        line: u64,
    },
}

/// The letters of Windows-1252 from 0x80 to 0x9f; zero where there is none.
const HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn line_at(bytes: &[u8], at: usize) -> u64 {
    let before = bytes.get(..at).unwrap_or(bytes);
    before.iter().fold(1, |line, byte| line + u64::from(*byte == b'\n'))
}

/// Reads the bytes as text.
pub fn decode(bytes: &[u8]) -> Result<(String, Encoding), BadEncoding> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(BadEncoding::Utf16);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(BadEncoding::Zero { line: line_at(bytes, at) });
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((text.to_owned(), Encoding::Utf8)),
        Err(error) => error,
    };
    let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let rest = bytes.get(error.valid_up_to()..).unwrap_or_default();
    let later = rest.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if !valid.is_ascii() || later {
        return Err(BadEncoding::Mixed { line: line_at(bytes, error.valid_up_to()) });
    }
    let mut text = String::with_capacity(bytes.len() + 64);
    for (at, byte) in bytes.iter().enumerate() {
        let letter = match byte {
            0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or('\0'),
            // The other 224 stand where they stand in Unicode.
            0..=0x7f | 0xa0..=0xff => char::from(*byte),
        };
        if letter == '\0' {
            return Err(BadEncoding::Unknown { line: line_at(bytes, at) });
        }
        text.push(letter);
    }
    Ok((text, Encoding::Windows1252))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_apart() {
        assert_eq!(decode(b"\xef\xbb\xbfa,b"), Ok(("a,b".into(), Encoding::Utf8)));
        assert_eq!(decode("Zoë".as_bytes()), Ok(("Zoë".into(), Encoding::Utf8)));
        assert_eq!(decode(b"Zo\xeb O\x92Hara"), Ok(("Zoë O’Hara".into(), Encoding::Windows1252)));
        assert_eq!(decode(b"\xff\xfea\0"), Err(BadEncoding::Utf16));
        assert_eq!(decode(b"a\nb\0"), Err(BadEncoding::Zero { line: 2 }));
        assert_eq!(decode(b"Zo\xc3\xab\nZo\xeb"), Err(BadEncoding::Mixed { line: 2 }));
        assert_eq!(decode(b"Zo\xeb\nZo\xc3\xab"), Err(BadEncoding::Mixed { line: 1 }));
        assert_eq!(decode(b"a\n\x81"), Err(BadEncoding::Unknown { line: 2 }));
    }
}
