//! The fingerprint of a name: SipHash-1-3 with 128 bits of output over its labels, last label first, so
//! that the fingerprint of each parent falls out on the way to the whole name.

/// The running state after some labels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

/// 128 bits that stand for a name, or a name with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint {
    /// Says in which bucket it lies, by its first bits.
    pub(crate) high: u64,
    /// Says which it is in its bucket, by its last 48 bits.
    pub(crate) low: u64,
}

/// Ends a label; the low six bits hold its length. No byte of a name is above 0x7f, so no word inside a
/// label looks like the end of one, and different sequences of labels are different sequences of words.
const END_OF_LABEL: u64 = 0x80 << 56;
/// Ends a path.
const END_OF_PATH: u64 = 0xc0 << 56;

impl State {
    pub(crate) fn new(seed: &[u8; 16]) -> Self {
        let whole = u128::from_le_bytes(*seed);
        let (k0, k1) = (word(whole), word(whole >> 64));
        Self {
            v0: k0 ^ 0x736f_6d65_7073_6575,
            v1: k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            v2: k0 ^ 0x6c79_6765_6e65_7261,
            v3: k1 ^ 0x7465_6462_7974_6573,
        }
    }

    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }

    fn take(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    fn take_all(&mut self, text: &[u8], end: u64) {
        let (words, rest) = text.as_chunks::<8>();
        for bytes in words {
            self.take(u64::from_le_bytes(*bytes));
        }
        let mut last = [0u8; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.take(u64::from_le_bytes(last) | end);
    }

    /// Takes the next label towards the front; an address is one label.
    pub(crate) fn label(&mut self, label: &[u8]) {
        self.take_all(label, END_OF_LABEL | ((label.len() as u64 & 0x3f) << 56));
    }

    /// The state with a path after the name.
    pub(crate) fn with_path(mut self, path: &[u8]) -> Self {
        self.take_all(path, END_OF_PATH | ((path.len() as u64 & 7) << 56));
        self
    }

    /// The fingerprint of what was taken so far.
    pub(crate) fn fingerprint(mut self) -> Fingerprint {
        self.v2 ^= 0xee;
        self.round();
        self.round();
        self.round();
        let low = self.v0 ^ self.v1 ^ self.v2 ^ self.v3;
        self.v1 ^= 0xdd;
        self.round();
        self.round();
        self.round();
        Fingerprint { high: self.v0 ^ self.v1 ^ self.v2 ^ self.v3, low }
    }
}

impl Fingerprint {
    /// The bucket among `2^bits`.
    pub(crate) fn bucket(self, bits: u32) -> u64 {
        self.high.checked_shr(64 - bits).unwrap_or(0)
    }

    /// What tells it from others in its bucket: 48 bits.
    pub(crate) fn rest(self) -> u64 {
        self.low & 0xffff_ffff_ffff
    }
}

fn word(whole: u128) -> u64 {
    (whole & u128::from(u64::MAX)) as u64
}

/// Calls `found` for the name and each parent, shortest first, with where it begins in `host` and the state there.
pub(crate) fn each_suffix(seed: &[u8; 16], host: &crate::host::Host, mut found: impl FnMut(usize, State)) {
    let mut state = State::new(seed);
    let text = host.as_str().as_bytes();
    if host.address().is_some() {
        state.label(text);
        found(0, state);
        return;
    }
    let mut rest = text;
    loop {
        let start = rest.iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1);
        state.label(rest.get(start..).unwrap_or_default());
        found(start, state);
        let Some(dot) = start.checked_sub(1) else { return };
        rest = rest.get(..dot).unwrap_or_default();
    }
}

/// Calls `found` with each length of `path` at which an entry could end: before a `/`, `?`, `&` or the end.
/// The path `/` itself is no entry, since it is the whole site.
pub(crate) fn each_path_end(path: &str, longest: usize, mut found: impl FnMut(usize)) {
    let ends = |byte: u8| matches!(byte, b'/' | b'?' | b'&');
    for (at, byte) in path.bytes().enumerate().skip(1).take(longest) {
        if ends(byte) {
            found(at);
        }
    }
    if path.len() > 1 && path.len() <= longest && !path.ends_with('/') {
        found(path.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    fn of(host: &str) -> Vec<(usize, Fingerprint)> {
        let mut all = Vec::new();
        each_suffix(&[7; 16], &Host::parse(host).unwrap(), |start, state| all.push((start, state.fingerprint())));
        all
    }

    #[test]
    fn parents_fall_out_on_the_way() {
        let whole = of("www.games.example");
        assert_eq!(whole.iter().map(|one| one.0).collect::<Vec<_>>(), [10, 4, 0]);
        assert_eq!(of("games.example").last().map(|one| one.1), Some(whole[1].1));
        assert_eq!(of("example").last().map(|one| one.1), Some(whole[0].1));
    }

    #[test]
    fn labels_do_not_run_together() {
        let names = ["ab.c", "a.bc", "abc", "c.ab", "a.b.c", "abcdefgh.c", "abcdefg.hc", "10.0.0.1", "a.10-0-0-1"];
        let all: std::collections::BTreeSet<_> = names.iter().map(|name| of(name).last().unwrap().1).collect();
        assert_eq!(all.len(), names.len());
    }

    #[test]
    fn paths_end_at_segments() {
        let ends = |path: &str, longest| {
            let mut all = Vec::new();
            each_path_end(path, longest, |at| all.push(&path[..at]));
            all.iter().map(|end| (*end).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ends("/a/b?c=1&d", 99), ["/a", "/a/b", "/a/b?c=1", "/a/b?c=1&d"]);
        assert_eq!(ends("/a/", 99), ["/a"]);
        assert_eq!(ends("/", 99), [""; 0]);
        assert_eq!(ends("/a/bcd", 3), ["/a"]);
    }
}
