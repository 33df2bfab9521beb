//! Which client asks: its address, also behind proxies that can be trusted.

use http::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request's connection comes from: a host puts it among the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

/// Says which addresses are proxies of one's own, whose `X-Forwarded-For` is believed.
#[derive(Clone, Default)]
pub struct TrustedProxies(Option<Arc<Judge>>);

type Judge = dyn Fn(IpAddr) -> bool + Send + Sync;

impl std::fmt::Debug for TrustedProxies {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("TrustedProxies")
            .field(&self.0.is_some())
            .finish()
    }
}

impl TrustedProxies {
    /// Those that `is_trusted` says.
    #[must_use]
    pub fn new(is_trusted: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_trusted)))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0
            .as_ref()
            .is_some_and(|judge| judge(address.to_canonical()))
    }

    /// The client behind a peer: the last address that was not added by a trusted proxy. What stands before it, the
    /// client may have written itself.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).into_iter().rev();
        for line in lines {
            // What is not readable was not written by a proxy of one's own.
            let Ok(line) = line.to_str() else {
                return client;
            };
            for address in line.rsplit(',') {
                if !self.trusts(client) {
                    return client;
                }
                match parse(address.trim()) {
                    Some(address) => client = address,
                    None => return client,
                }
            }
        }
        client
    }
}

/// An address, also with a port, as some proxies write it.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| {
        let with_port: std::net::SocketAddr = text.parse().ok()?;
        Some(with_port.ip())
    });
    address.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// What a client is counted by: with IPv6 its network of 64 bits, as one client has all of it.
pub(crate) fn counted(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(peer: &str, lines: &[&'static str]) -> String {
        let own: [IpAddr; 2] = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let proxies = TrustedProxies::new(move |address| own.contains(&address));
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("1.1.1.1", &["9.9.9.9"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 9.9.9.9"]), "9.9.9.9");
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, 9.9.9.9, 10.0.0.2"]),
            "9.9.9.9"
        );
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6", "9.9.9.9,10.0.0.2"]),
            "9.9.9.9"
        );
        assert_eq!(client("10.0.0.1", &["10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            client("::ffff:10.0.0.1", &["[2001:db8::1]:80"]),
            "2001:db8::1"
        );
        for nonsense in ["nonsense", "", "9.9.9.9, unknown", "1.2.3.4.5"] {
            assert_eq!(client("10.0.0.1", &[nonsense]), "10.0.0.1");
        }
        let nobody = TrustedProxies::default();
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, HeaderValue::from_static("9.9.9.9"));
        let peer = "10.0.0.1".parse().unwrap();
        assert_eq!(nobody.client(peer, &headers), peer);
    }

    #[test]
    fn one_network_is_one_client() {
        let counted = |text: &str| counted(text.parse().unwrap());
        assert_eq!(counted("1.2.3.4"), "1.2.3.4");
        assert_eq!(counted("::ffff:1.2.3.4"), "1.2.3.4");
        assert_eq!(counted("2001:db8:0:1:2::3"), counted("2001:db8:0:1:9::9"));
        assert_ne!(counted("2001:db8:0:1::"), counted("2001:db8:0:2::"));
    }
}
