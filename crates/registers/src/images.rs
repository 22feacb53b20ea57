//! Pictures of pupils leave the device on the day on which they were taken: that is for whoever took them to see to, and
//! from the next day for all whom the register names.

use async_trait::async_trait;
use engines::registers::{Beyond, Book, DueItem, Kept};
use kernel::PersonId;

use crate::fields;

const PICTURES: &str = "images.school-equipment";

/// Who is reminded of pictures.
pub(crate) struct Takers;

#[async_trait]
impl Beyond for Takers {
    fn controls(&self) -> &'static [&'static str] {
        &[PICTURES]
    }

    fn due(&self, book: &Book, kept: &Kept, item: DueItem) -> Option<DueItem> {
        let taker = fields::person(&kept.entry, "taken-by");
        is_for(taker, book.access().by(), item.late).then_some(item)
    }
}

/// Whether somebody is reminded of pictures that `taker` took.
fn is_for(taker: Option<PersonId>, reader: Option<PersonId>, late: bool) -> bool {
    late || taker.is_none() || taker == reader
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_taker_is_reminded_first() {
        let who = |nth| Some(PersonId(Uuid::from_u128(nth)));
        for (taker, reader, late, expected) in [
            (who(1), who(1), false, true),
            (who(1), who(2), false, false),
            (who(1), who(2), true, true),
            (None, who(2), false, true),
        ] {
            assert_eq!(is_for(taker, reader, late), expected, "{taker:?} {reader:?} {late}");
        }
    }
}
