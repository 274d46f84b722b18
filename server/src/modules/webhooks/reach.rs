//! Which addresses an event may be sent to: those that are public, and those of the district's own networks that an administrator names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kernel::{Error, FieldError, Result};
use serde::{Deserialize, Serialize};

use crate::{app::App, declare, http::Network, settings::Held};

/// The most networks that a district names.
const MOST: usize = 20;

/// What a private network can be: RFC 1918, the shared addresses of RFC 6598, and the unique local ones of RFC 4193.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// Where clouds tell a machine its own secrets, as far as that lies in what can be a private network. Nobody names these away.
const NEVER: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
];

declare! {
    /// Networks of the district's own in which receivers may lie.
    NETWORKS: Networks = "webhooks.networks";
}

/// Private networks that receivers of webhooks may lie in: an intranet of the government, for one. None unless somebody names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Networks {
    /// Each as `10.20.0.0/16`.
    pub allowed: Vec<String>,
}

impl Networks {
    fn parsed(&self) -> impl Iterator<Item = std::result::Result<Network, String>> {
        self.allowed.iter().map(|text| text.trim().parse())
    }
}

impl Held for Networks {
    fn check(&self) -> Result<()> {
        let refused = |n: usize, code| Err(Error::Invalid(vec![FieldError::new(format!("value.allowed[{n}]"), code)]));
        if self.allowed.len() > MOST {
            return Err(Error::Invalid(vec![FieldError::new("value.allowed", "too-many").with("limit", MOST)]));
        }
        for (n, network) in self.parsed().enumerate() {
            let Ok(network) = network else { return refused(n, "not-a-network") };
            if !PRIVATE.iter().filter_map(|p| p.parse().ok()).any(|private| network.lies_in(private)) {
                return refused(n, "not-a-private-network");
            }
        }
        Ok(())
    }
}

/// Where connections may go.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// To this machine itself, without TLS: for tests.
    pub loopback: bool,
    /// To these networks, as far as they are private ones.
    pub(super) own: Vec<Network>,
}

impl Reach {
    /// What holds now.
    pub fn of(app: &App) -> Self {
        Self::new(app.config.loopback_receivers, &app.access.setting(&NETWORKS, app.clock.now()))
    }

    fn new(loopback: bool, networks: &Networks) -> Self {
        Self { loopback, own: networks.parsed().filter_map(std::result::Result::ok).collect() }
    }

    /// Whether an address may be connected to: what the registries of special addresses (RFC 6890 and its successors) call global, the
    /// networks that the district named, and this machine itself for tests.
    pub fn holds(&self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            ip if ip.is_loopback() => self.loopback,
            IpAddr::V4(v4) if public_v4(v4) => true,
            IpAddr::V6(v6) if public_v6(v6) => true,
            ip => !NEVER.contains(&ip) && self.own.iter().any(|network| network.holds(ip)),
        }
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0
        || a == 10
        || a == 127
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 192 && b == 168)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a >= 224)
}

/// Of version 6 only 2000::/3 is global, and in it not what carries version 4 inside (6to4, Teredo), nor documentation and benchmarks.
fn public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    s[0] & 0xe000 == 0x2000
        && s[0] != 0x2002
        && !(s[0] == 0x2001 && s[1] < 0x0200)
        && !(s[0] == 0x2001 && s[1] == 0x0db8)
        && !(s[0] == 0x3fff && s[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(networks: &[&str]) -> Networks {
        Networks { allowed: networks.iter().map(|n| (*n).to_owned()).collect() }
    }

    /// Addresses that are not public.
    const INSIDE: [&str; 25] = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2002:a00:1::",
        "2001:0:1::",
        "2001:db8::1",
        "64:ff9b::a00:1",
    ];

    #[test]
    fn private_addresses_are_none_to_connect_to() {
        let reach = Reach::default();
        for ip in INSIDE {
            assert!(!reach.holds(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["1.1.1.1", "100.63.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255", "2400:3200::1", "::ffff:1.1.1.1"] {
            assert!(reach.holds(ip.parse().unwrap()), "{ip}");
        }
        let here = Reach::new(true, &Networks::default());
        for (ip, allowed) in [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.1", false)] {
            assert_eq!(here.holds(ip.parse().unwrap()), allowed, "{ip}");
        }
    }

    #[test]
    fn a_network_that_is_named_is_reached_and_no_other() {
        let reach = Reach::new(false, &named(&["10.20.0.0/16", "fd12::/16"]));
        for (ip, allowed) in [
            ("10.20.0.1", true),
            ("10.20.255.254", true),
            ("::ffff:10.20.0.1", true),
            ("10.21.0.1", false),
            ("fd12::1", true),
            ("fd13::1", false),
            ("192.168.1.1", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(reach.holds(ip.parse().unwrap()), allowed, "{ip}");
        }
        // Whatever is named, this machine, its neighbours on the wire and the secrets of clouds are not.
        let all = Reach::new(false, &named(&["0.0.0.0/0", "::/0", "10.0.0.0/8", "100.64.0.0/10", "fc00::/7"]));
        for ip in ["127.0.0.1", "::1", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "::ffff:100.100.100.200"] {
            assert!(!all.holds(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn only_private_networks_can_be_named() {
        assert!(Networks::default().check().is_ok());
        assert!(named(&["10.0.0.0/8", " 172.20.0.0/16", "192.168.7.9", "100.64.0.0/10", "fd00::/8"]).check().is_ok());
        for (network, code) in [
            ("10.0.0.0/33", "not-a-network"),
            ("hooks.example.org", "not-a-network"),
            ("", "not-a-network"),
            ("0.0.0.0/0", "not-a-private-network"),
            ("::/0", "not-a-private-network"),
            ("10.0.0.0/7", "not-a-private-network"),
            ("127.0.0.0/8", "not-a-private-network"),
            ("::1", "not-a-private-network"),
            ("169.254.0.0/16", "not-a-private-network"),
            ("fe80::/10", "not-a-private-network"),
            ("224.0.0.0/4", "not-a-private-network"),
        ] {
            let Err(Error::Invalid(fields)) = named(&["10.0.0.0/8", network]).check() else { panic!("{network} was taken") };
            assert_eq!((fields[0].field.as_str(), fields[0].code), ("value.allowed[1]", code), "{network}");
        }
        assert!(named(&["10.0.0.1"; MOST + 1]).check().is_err());
    }
}
