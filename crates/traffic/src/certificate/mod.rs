//! What the school's devices need so that their encrypted connections can be opened (`filter.https-inspection`): the
//! certificate and how to bring it to them, what is never opened, which devices lack it, and which programs seem to trust
//! no certificate but their maker's.

mod pac;
mod page;

use std::net::IpAddr;

use jiff::Timestamp;
use kernel::SiteItem;
use webkit::{Action, Routes, Who};

use crate::Traffic;

/// How encrypted connections are opened at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The certificate that devices are to trust.
    pub certificate: Certificate,
    /// When the authority ends that makes certificates from day to day. It is made anew long before.
    pub issuing_ends: Timestamp,
    /// Whether a clause has connections opened.
    pub asked: bool,
    /// What a clause exempts: never opened.
    pub exempt: Vec<SiteItem>,
    /// The host of the page on which a device tells whether it trusts the certificate.
    pub check: &'static str,
    /// The devices whose connections were opened, or would have been, since the gateway started.
    pub devices: Vec<Seen>,
    /// Devices of the register that the filter would know, and that have not come since then.
    pub quiet: usize,
    /// Names at which handshakes were broken off.
    pub candidates: Vec<Candidate>,
}

/// A certificate as it is given to devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What it is called.
    pub name: String,
    /// As text.
    pub pem: String,
    /// As bytes.
    pub der: Vec<u8>,
    /// Its digest by SHA-256.
    pub sha256: String,
    /// Its digest by SHA-1, the thumbprint of Windows.
    pub sha1: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// A device of the school that came through the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What stands on its label, where the register knows it.
    pub tag: Option<String>,
    /// Its address, where it gave no code.
    pub address: Option<IpAddr>,
    /// Connections that were opened.
    pub opened: u64,
    /// Connections that it broke off on seeing our certificate.
    pub broken: u64,
    /// When it was last seen.
    pub last: Timestamp,
}

/// A name at which devices broke connections off on seeing our certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The name.
    pub name: String,
    /// How many were broken off.
    pub broken: u64,
    /// How many were opened.
    pub opened: u64,
    /// When the last one was broken off.
    pub last: Timestamp,
    /// Whether its connections are left unopened by now.
    pub spliced: bool,
}

pub(crate) fn routes() -> Routes<Traffic> {
    let equip = Who::May(Action::EquipDevices);
    Routes::new()
        .get("/proxy.pac", Who::Public, pac::file)
        .get("/wpad.dat", Who::Public, pac::file)
        .get("/filter/certificate", equip, page::show)
        .get("/filter/certificate/root.pem", equip, page::pem)
        .get("/filter/certificate/root.cer", equip, page::der)
}
