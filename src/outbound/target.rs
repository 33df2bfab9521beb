//! A URL as a rule writes it, in one spelling, before it is known whether it is allowed.

use http::Uri;
use std::fmt;
use std::net::IpAddr;
use url::{Host, Url};

/// The longest URL, in bytes.
pub const MAX_URL_BYTES: usize = 8192;

/// Why a text is no URL that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not parse, or holds spaces, control characters or backslashes.
    #[error("it is not a URL, as in `https://api.example.com/v1/users`")]
    Malformed,
    /// It is longer than [`MAX_URL_BYTES`].
    #[error("it is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    /// Only `http` and `https` are spoken.
    #[error("its scheme is neither `http` nor `https`")]
    Scheme,
    /// User name or password would be written to logs and journals.
    #[error("it holds a user name or password")]
    Credentials,
}

/// Scheme, host and port: what a circuit breaker and a pool of connections are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Whether the scheme is `https`; else it is `http`.
    pub is_https: bool,
    /// A name in ASCII and lower case, or an address; IPv6 in brackets.
    pub host: String,
    /// The port, also where the URL leaves it out.
    pub port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.is_https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(formatter, "{scheme}://{}", self.host)?;
        if self.port == usual {
            Ok(())
        } else {
            write!(formatter, ":{}", self.port)
        }
    }
}

/// A URL without credentials or fragment, in the spelling of the URL Standard: odd spellings of addresses and
/// international names have become the usual ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    uri: Uri,
    origin: Origin,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`UrlError`] says what keeps it from being called.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        check_text(text)?;
        Self::new(Url::parse(text).map_err(|_| UrlError::Malformed)?)
    }

    /// Where a redirect leads: `location` is a URL or relative to this one.
    ///
    /// # Errors
    ///
    /// [`UrlError`] says what keeps it from being called.
    pub fn join(&self, location: &str) -> Result<Self, UrlError> {
        check_text(location)?;
        Self::new(self.url.join(location).map_err(|_| UrlError::Malformed)?)
    }

    fn new(mut url: Url) -> Result<Self, UrlError> {
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(UrlError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        url.set_fragment(None);
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(UrlError::TooLong);
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let (Some(host), Some(port)) = (host, url.port_or_known_default()) else {
            return Err(UrlError::Malformed);
        };
        let origin = Origin {
            is_https,
            host: host.to_owned(),
            port,
        };
        let uri = url.as_str().parse().map_err(|_| UrlError::Malformed)?;
        Ok(Self { url, uri, origin })
    }

    /// The whole URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The whole URL, for a request.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Scheme, host and port.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path; begins with `/`, and no segment is `.` or `..`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// Its query, without the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.url.query()
    }

    /// The host, where it is an address and no name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// Whether the host is a name that means this machine, whatever a resolver says (RFC 6761).
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        let host = self.origin.host.trim_end_matches('.');
        host == "localhost" || host.ends_with(".localhost")
    }
}

/// The parser would repair all of these, and two readers might repair them differently.
fn check_text(text: &str) -> Result<(), UrlError> {
    if text.len() > MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    let is_repaired = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.is_empty() || text.contains(is_repaired) {
        return Err(UrlError::Malformed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spellings_of_addresses_are_addresses() {
        for text in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http://%31%32%37.0.0.1/",
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.address(), Some([127, 0, 0, 1].into()), "{text}");
        }
        let mapped = Target::parse("http://[::ffff:127.0.0.1]/").unwrap();
        let expected: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        assert_eq!(mapped.address(), Some(expected));
    }

    #[test]
    fn one_place_has_one_spelling() {
        let plain = Target::parse("https://xn--bcher-kva.example/a").unwrap();
        for text in [
            "HTTPS://BÜCHER.example:443/a",
            "https://bücher.example/x/../a#part",
            "https://bücher.example/x/%2e%2e/a",
        ] {
            assert_eq!(Target::parse(text).unwrap(), plain, "{text}");
        }
        assert_eq!(plain.origin().to_string(), "https://xn--bcher-kva.example");
        let port = Target::parse("http://a.example:8080").unwrap();
        assert_eq!(port.origin().to_string(), "http://a.example:8080");
    }

    #[test]
    fn what_can_not_be_called_is_refused() {
        let long = format!("https://a.example/{}", "x".repeat(MAX_URL_BYTES));
        for (text, error) in [
            ("", UrlError::Malformed),
            ("a.example", UrlError::Malformed),
            ("https://", UrlError::Malformed),
            ("https://a.example\\@b.example/", UrlError::Malformed),
            ("https://a.example/\tb", UrlError::Malformed),
            (" https://a.example/", UrlError::Malformed),
            ("https://a.example/a b", UrlError::Malformed),
            ("https://a.example:99999/", UrlError::Malformed),
            ("http://256.256.256.256/", UrlError::Malformed),
            ("ftp://a.example/", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
            ("data:application/json,1", UrlError::Scheme),
            ("https://user@a.example/", UrlError::Credentials),
            ("https://:secret@a.example/", UrlError::Credentials),
            ("https://a.example@b.example/", UrlError::Credentials),
            (long.as_str(), UrlError::TooLong),
        ] {
            assert_eq!(Target::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn names_of_this_machine_are_known() {
        for text in [
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
        ] {
            assert!(Target::parse(text).unwrap().is_localhost(), "{text}");
        }
        assert!(
            !Target::parse("http://localhost.example/")
                .unwrap()
                .is_localhost()
        );
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_and_a_target_is_its_own_spelling(text in "(http://|https://)?\\PC{0,40}") {
            if let Ok(target) = Target::parse(&text) {
                assert_eq!(Target::parse(target.as_str()), Ok(target));
            }
        }
    }
}
