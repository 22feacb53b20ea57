//! Names as they travel: labels with their lengths, a zero at the end.

/// The most bytes that a name can have, its lengths and its end included.
pub const LONGEST: usize = 255;

/// Where the name that begins at `start` ends; none where it is no name or is compressed, which a question's never is.
pub fn end_of_name(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let length = usize::from(*bytes.get(at)?);
        if length > 63 {
            return None;
        }
        at += 1 + length;
        if at - start > LONGEST {
            return None;
        }
        if length == 0 {
            return (at <= bytes.len()).then_some(at);
        }
    }
}

/// The name as people write it, in lower case and without its last dot. None where a byte of it is none that a
/// host can have, so that no two names ever read alike.
pub fn lower_text(wire: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((length, after)) = rest.split_first() {
        let (label, next) = after.split_at_checked(usize::from(*length))?;
        if label.is_empty() {
            return Some(text);
        }
        if !text.is_empty() {
            text.push('.');
        }
        for byte in label {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
                return None;
            }
            text.push(char::from(byte.to_ascii_lowercase()));
        }
        rest = next;
    }
    None
}

/// The name as it travels; none where a label is empty or too long.
pub fn wire_name(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut wire = Vec::with_capacity(text.len() + 2);
    for label in text.split('.').filter(|_| !text.is_empty()) {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        wire.push(length);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    (wire.len() <= LONGEST).then_some(wire)
}
