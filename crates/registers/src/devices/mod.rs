//! Devices that people bring: the morning's phones, ticked in and out at reception.

mod acts;
mod known;
mod pages;
mod sheet;

use engines::Offer;
use webkit::Routes;

use crate::Registers;

/// The register of phones that are handed in.
const HANDIN: &str = "devices.handin";
/// The page of today.
const TODAY: &str = "/registers/devices/handin/today";

/// The pages that the lists lead to.
pub(crate) const OFFERS: [Offer; 1] =
    [Offer { control: HANDIN, title: "Tick in and out today", href: TODAY, writes: true }];

/// The routes.
pub(crate) fn routes() -> Routes<Registers> {
    pages::routes()
}
