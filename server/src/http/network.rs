//! Which addresses are meant: one of them, or a network such as `10.0.0.0/8`.

use std::{net::IpAddr, str::FromStr};

/// A network of addresses; a single address is the smallest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether the address lies in it. An IPv4 address that came in through an IPv6 socket is still that address.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(a)) => same(u32::from(base).into(), u32::from(a).into(), 32 - self.bits),
            (IpAddr::V6(base), IpAddr::V6(a)) => same(base.into(), a.into(), 128 - self.bits),
            _ => false,
        }
    }
}

impl Network {
    /// Whether all of its addresses lie in another one.
    pub fn lies_in(&self, other: Self) -> bool {
        self.bits >= other.bits && other.holds(self.base)
    }
}

/// Whether two numbers are the same but for their last bits.
fn same(a: u128, b: u128, last: u32) -> bool {
    (a ^ b).checked_shr(last).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no address and no network such as 10.0.0.0/8");
        let (base, bits) = text.split_once('/').map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if bits <= most { Ok(Self { base, bits }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let holds = |network: &str, address: &str| network.parse::<Network>().unwrap().holds(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.1.2") && !holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("10.0.0.5", "10.0.0.5") && !holds("10.0.0.5", "10.0.0.4"));
        assert!(holds("10.0.0.5", "::ffff:10.0.0.5") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::9") && !holds("2001:db8::/32", "2001:db9::"));
        let lies = |inner: &str, outer: &str| inner.parse::<Network>().unwrap().lies_in(outer.parse().unwrap());
        assert!(lies("10.20.0.0/16", "10.0.0.0/8") && lies("10.0.0.0/8", "10.0.0.0/8") && !lies("10.0.0.0/7", "10.0.0.0/8"));
        assert!(!lies("11.0.0.0/16", "10.0.0.0/8") && !lies("::/128", "0.0.0.0/0"));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "host", "::1/129", "10.0.0.0/x"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
