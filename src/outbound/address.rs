//! Which addresses may be connected to: the last word, after every name is resolved.

use crate::target::Target;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Special purposes of IPv4 (the registry of RFC 6890): not on the public Internet, or not one host.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// All that is public of IPv6.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Special purposes inside of [`GLOBAL_V6`]: protocols with addresses of IPv4 inside (Teredo, 6to4), documentation.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// Translates to IPv4 (RFC 6052): its last 32 bits are where a packet goes.
const TRANSLATED: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

/// Lets through public addresses, and those of networks that were named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressFilter {
    named: Vec<IpNet>,
}

impl AddressFilter {
    /// Public addresses and these networks.
    #[must_use]
    pub const fn new(named: Vec<IpNet>) -> Self {
        Self { named }
    }

    /// Every address: for places that an operator names and nobody else.
    #[must_use]
    pub fn everything() -> Self {
        Self::new(vec![v4([0; 4], 0).into(), v6([0; 8], 0).into()])
    }

    /// Whether an address may be connected to. One of IPv4 inside of one of IPv6 is judged as what it is.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = real(address);
        self.named.iter().any(|network| network.contains(&address)) || is_public(address)
    }

    /// Whether a URL's host may be called, as far as the URL tells: addresses, and names of this machine.
    #[must_use]
    pub fn permits_host(&self, target: &Target) -> bool {
        match target.address() {
            Some(address) => self.permits(address),
            None if target.is_localhost() => {
                self.permits(Ipv4Addr::LOCALHOST.into()) || self.permits(Ipv6Addr::LOCALHOST.into())
            }
            None => true,
        }
    }
}

fn real(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if TRANSLATED.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            IpAddr::from([a, b, c, d])
        }
        address => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| range.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|range| range.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(filter: &AddressFilter, text: &str) -> bool {
        filter.permits(text.parse().unwrap())
    }

    #[test]
    fn only_public_addresses_pass() {
        let filter = AddressFilter::default();
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "172.15.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(permits(&filter, public), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "100::1",
            "5f00::1",
        ] {
            assert!(!permits(&filter, special), "{special}");
        }
    }

    #[test]
    fn named_networks_pass_and_nothing_beside_them() {
        let networks = ["10.1.0.0/16", "fd00:1::/32"].map(|text| text.parse().unwrap());
        let filter = AddressFilter::new(networks.to_vec());
        for named in ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5", "1.1.1.1"] {
            assert!(permits(&filter, named), "{named}");
        }
        for other in ["10.2.0.1", "fd00:2::5", "127.0.0.1"] {
            assert!(!permits(&filter, other), "{other}");
        }
    }

    #[test]
    fn hosts_are_judged_as_far_as_they_tell() {
        let host =
            |filter: &AddressFilter, url: &str| filter.permits_host(&Target::parse(url).unwrap());
        let public = AddressFilter::default();
        for url in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost:8080/",
            "http://x.localhost/",
            "http://[::1]/",
            "http://169.254.169.254/latest/meta-data/",
        ] {
            assert!(!host(&public, url), "{url}");
        }
        assert!(host(&public, "http://a.example/"));
        let local = AddressFilter::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(host(&local, "http://localhost/") && host(&local, "http://127.1/"));
        assert!(!host(&local, "http://[::1]/"));
    }
}
