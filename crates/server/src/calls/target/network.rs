//! Which addresses are public, and ranges of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Ranges of IPv4 that are not public: the registry of special-purpose addresses (RFC 6890), and
/// what is multicast or reserved.
const SPECIAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Ranges within the public ones of IPv6 (2000::/3) that are not.
const SPECIAL_V6: [(Ipv6Addr, u8); 3] = [
    // Protocols and Teredo: a tunnel that ends anywhere.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// A range of addresses, as `10.1.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address is in it. IPv4 within IPv6 is what it is within.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => is_in_v4(address, network, self.bits),
            (IpAddr::V6(network), IpAddr::V6(address)) => is_in_v6(address, network, self.bits),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    /// `ADDRESS/BITS`, or one address.
    fn from_str(text: &str) -> Result<Network, String> {
        let wrong = || format!("{text:?} is not a network such as 10.1.0.0/16");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        Ok(Network { address, bits })
    }
}

/// Whether an address belongs to the public internet. Of addresses that carry one of IPv4 (mapped,
/// NAT64, 6to4) that one decides.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !SPECIAL_V4.iter().any(|(network, bits)| is_in_v4(address, *network, *bits))
        }
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => is_public(IpAddr::V4(carried)),
            None => {
                let is_global = is_in_v6(address, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
                let is_special =
                    |(network, bits): &(Ipv6Addr, u8)| is_in_v6(address, *network, *bits);
                is_global && !SPECIAL_V6.iter().any(is_special)
            }
        },
    }
}

fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(joined(high, low)),
        [0x2002, ..] => Some(joined(b, c)),
        _ => None,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

fn is_in_v4(address: Ipv4Addr, network: Ipv4Addr, bits: u8) -> bool {
    let differ = address.to_bits() ^ network.to_bits();
    differ.leading_zeros() >= u32::from(bits)
}

fn is_in_v6(address: Ipv6Addr, network: Ipv6Addr, bits: u8) -> bool {
    let differ = address.to_bits() ^ network.to_bits();
    differ.leading_zeros() >= u32::from(bits)
}
