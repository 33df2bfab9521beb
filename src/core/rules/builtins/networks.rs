//! Internet addresses and networks. An IPv6 address that stands for an IPv4 one
//! (`::ffff:10.0.0.1`) counts as that IPv4 address.

use super::arguments::{holds, one, text, unacceptable};
use super::kinds::{INTEGER, STRING};
use super::table::{function, gives, known, test};
use super::{Builtin, Context, Fault, Group, Parameter, Solutions};
use crate::rules::value::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const G: Group = Group::Networks;
const TEXT: &[Parameter] = &[known("text", STRING)];
const ADDRESS: &[Parameter] = &[known("address", STRING)];

pub(super) static TABLE: &[Builtin] = &[
    test(
        G,
        "cidr_contains",
        &[known("network", STRING), known("address", STRING)],
        (
            "An address is in a network; `::ffff:10.0.0.1` counts as `10.0.0.1`.",
            r#"cidr_contains("10.0.0.0/8", "10.1.2.3")"#,
        ),
        contains,
    ),
    test(
        G,
        "cidr_overlaps",
        &[known("left", STRING), known("right", STRING)],
        (
            "Two networks have an address in common.",
            r#"cidr_overlaps("10.0.0.0/8", "10.1.0.0/16")"#,
        ),
        overlaps,
    ),
    test(
        G,
        "is_cidr",
        TEXT,
        (
            "A text is a network: an address, a slash and a length.",
            r#"is_cidr("2001:db8::/32")"#,
        ),
        |arguments, _| Ok(holds(Network::parse(text(arguments, 0)?).is_some())),
    ),
    test(
        G,
        "is_ip",
        TEXT,
        (
            "A text is an address of IPv4 or IPv6.",
            r#"is_ip("2001:db8::1")"#,
        ),
        |arguments, _| Ok(holds(address_of(text(arguments, 0)?).is_some())),
    ),
    function(
        G,
        "ip_version",
        &[known("address", STRING), gives("version", INTEGER)],
        ("4 or 6.", r#"ip_version("2001:db8::1") = 6"#),
        version,
    ),
    test(
        G,
        "ip_is_private",
        ADDRESS,
        (
            "An address is for private networks: RFC 1918 or RFC 4193.",
            r#"ip_is_private("192.168.1.1")"#,
        ),
        |arguments, _| Ok(holds(is_private(address(arguments, 0)?))),
    ),
    test(
        G,
        "ip_is_loopback",
        ADDRESS,
        (
            "An address is the host itself.",
            r#"ip_is_loopback("127.0.0.1")"#,
        ),
        |arguments, _| Ok(holds(address(arguments, 0)?.is_loopback())),
    ),
    test(
        G,
        "ip_is_link_local",
        ADDRESS,
        (
            "An address is for one link: 169.254.0.0/16, where clouds serve credentials, or fe80::/10.",
            r#"ip_is_link_local("169.254.169.254")"#,
        ),
        |arguments, _| {
            Ok(holds(match address(arguments, 0)? {
                IpAddr::V4(address) => address.is_link_local(),
                IpAddr::V6(address) => address.is_unicast_link_local(),
            }))
        },
    ),
];

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    /// How many bits; at most 32 or 128.
    length: u32,
}

/// An address; what stands for one of IPv4 is that one.
fn address_of(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let plain = length.bytes().all(|byte| byte.is_ascii_digit())
            && !(length.len() > 1 && length.starts_with('0'));
        let length: u32 = length.parse().ok().filter(|_| plain)?;
        let written: IpAddr = address.parse().ok()?;
        let bits = if written.is_ipv4() { 32 } else { 128 };
        if length > bits {
            return None;
        }
        match (written, written.to_canonical()) {
            // All of the 96 bits that say that it stands for IPv4 must be the network's.
            (IpAddr::V6(_), address @ IpAddr::V4(_)) if length >= 96 => Some(Self {
                address,
                length: length - 96,
            }),
            _ => Some(Self {
                address: written,
                length,
            }),
        }
    }

    fn has(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(left), IpAddr::V4(right)) => {
                let differ = u32::from(left) ^ u32::from(right);
                differ.leading_zeros() >= self.length
            }
            (IpAddr::V6(left), IpAddr::V6(right)) => {
                let differ = u128::from(left) ^ u128::from(right);
                differ.leading_zeros() >= self.length
            }
            _ => false,
        }
    }
}

fn address(arguments: &[Value], place: usize) -> Result<IpAddr, Fault> {
    address_of(text(arguments, place)?).ok_or_else(|| {
        unacceptable(
            place,
            "must be an address such as `10.1.2.3` or `2001:db8::1`",
        )
    })
}

fn network(arguments: &[Value], place: usize) -> Result<Network, Fault> {
    Network::parse(text(arguments, place)?).ok_or_else(|| {
        unacceptable(
            place,
            "must be a network such as `10.0.0.0/8` or `2001:db8::/32`",
        )
    })
}

fn contains(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    Ok(holds(network(arguments, 0)?.has(address(arguments, 1)?)))
}

fn overlaps(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (network(arguments, 0)?, network(arguments, 1)?);
    let length = left.length.min(right.length);
    Ok(holds(Network { length, ..left }.has(right.address)))
}

fn version(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    one(Value::Integer(if address(arguments, 0)?.is_ipv4() {
        4
    } else {
        6
    }))
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => Ipv4Addr::is_private(&address),
        IpAddr::V6(address) => Ipv6Addr::is_unique_local(&address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn networks() {
        for (network, address, expected) in [
            ("0.0.0.0/0", "1.2.3.4", Some(true)),
            ("10.0.0.0/8", "11.0.0.0", Some(false)),
            ("10.9.9.9/8", "10.0.0.0", Some(true)),
            ("10.0.0.1/32", "10.0.0.1", Some(true)),
            ("10.0.0.0/8", "::ffff:10.1.1.1", Some(true)),
            ("::ffff:10.0.0.0/104", "10.1.1.1", Some(true)),
            ("::/0", "10.1.1.1", Some(false)),
            ("2001:db8::/32", "2001:db8:1::", Some(true)),
            ("10.0.0.0/33", "10.0.0.0", None),
            ("10.0.0.0/08", "10.0.0.0", None),
            ("10.0.0.0/+8", "10.0.0.0", None),
            ("10.0.0.0/", "10.0.0.0", None),
            ("10.0.0.0", "10.0.0.0", None),
            ("010.0.0.0/8", "10.0.0.0", None),
        ] {
            let found =
                Network::parse(network).map(|network| network.has(address_of(address).unwrap()));
            assert_eq!(found, expected, "{network} {address}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_in_the_networks_that_begin_as_it_does(bits: u32, length in 0_u32..=32, flip in 0_u32..32) {
            let network = Network::parse(&format!("{}/{length}", Ipv4Addr::from(bits))).unwrap();
            let other = Ipv4Addr::from(bits ^ (1 << flip));
            prop_assert_eq!(network.has(other.into()), 31 - flip >= length);
        }
    }
}
