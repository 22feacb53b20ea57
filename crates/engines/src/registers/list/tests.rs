//! Ranges of keys, and the words of an address.

use super::*;

#[test]
fn a_range_ends_before_the_next_prefix() {
    assert_eq!((beyond("00").as_str(), beyond("1").as_str()), ("01", "2"));
    assert_eq!(parts(Shown::All, false).len(), 1);
    assert_eq!(parts(Shown::All, true).len(), 4);
    for (shown, word) in Shown::ALL {
        assert_eq!((Shown::parse(word), shown.word()), (shown, word));
    }
}
