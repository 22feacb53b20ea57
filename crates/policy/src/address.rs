//! Blocks of addresses, as `[networks]` names them.

use std::net::IpAddr;

use kernel::BadText;

use crate::front::AddressBlock;

impl AddressBlock {
    /// Reads `10.1.0.0/16`, or one address.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let bad = || BadText::new(text, "a block of addresses such as `10.1.0.0/16`");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(bad)?,
            None => most,
        };
        let block = Self { address, bits };
        let first = match address {
            IpAddr::V4(it) => IpAddr::from((it.to_bits() & mask32(bits)).to_be_bytes()),
            IpAddr::V6(it) => IpAddr::from((it.to_bits() & mask128(bits)).to_be_bytes()),
        };
        if first == address {
            Ok(block)
        } else {
            Err(BadText::new(text, format!("a block of addresses: it begins at `{first}/{bits}`")))
        }
    }

    /// Whether an address lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(it)) => (own.to_bits() ^ it.to_bits()) & mask32(self.bits) == 0,
            (IpAddr::V6(own), IpAddr::V6(it)) => (own.to_bits() ^ it.to_bits()) & mask128(self.bits) == 0,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn mask32(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0)
}

fn mask128(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0)
}

impl std::fmt::Display for AddressBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_their_addresses() {
        let block = AddressBlock::parse("10.1.0.0/16").unwrap();
        assert!(block.contains("10.1.255.1".parse().unwrap()) && !block.contains("10.2.0.1".parse().unwrap()));
        assert!(AddressBlock::parse("0.0.0.0/0").unwrap().contains("192.0.2.1".parse().unwrap()));
        assert!(AddressBlock::parse("2001:db8::/32").unwrap().contains("2001:db8:1::1".parse().unwrap()));
        assert!(block.contains("::ffff:10.1.2.3".parse().unwrap()));
        for bad in ["10.1.0.0/33", "10.1.2.3/16", "10.1", "", "10.0.0.0/x"] {
            assert!(AddressBlock::parse(bad).is_err(), "{bad}");
        }
    }
}
