//! Which places may be called: entries of the setting `allow`.

use crate::target::{Target, UrlError};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Why a text is no entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllowEntryError {
    /// It can't be called.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A `*` stands elsewhere than as the first label, or too much would match.
    #[error(
        "`*` may only stand for the first labels of a name of two or more, as in `*.example.com`"
    )]
    Wildcard,
    /// Queries are not compared.
    #[error("it has a query or a fragment; an entry ends with its path")]
    Query,
}

/// A place that may be called: scheme, host, port and the beginning of the path, as in `https://api.example.com/v1/`.
///
/// `*.example.com` is every name below `example.com`, not the name itself. A path is compared by whole segments: `/v1`
/// is `/v1` and what is below it, `/v1/` only what is below it, `/` everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowEntry {
    text: String,
    is_wildcard: bool,
    place: Target,
}

impl AllowEntry {
    /// Whether this entry allows a URL.
    #[must_use]
    pub fn permits(&self, target: &Target) -> bool {
        let (own, other) = (self.place.origin(), target.origin());
        own.is_https == other.is_https
            && own.port == other.port
            && self.has_host(&other.host)
            && has_path(self.place.path(), target.path())
    }

    fn has_host(&self, host: &str) -> bool {
        let own = self.place.origin().host.as_str();
        if !self.is_wildcard {
            return own == host;
        }
        let below = host.strip_suffix(own);
        below
            .and_then(|below| below.strip_suffix('.'))
            .is_some_and(|labels| !labels.is_empty())
    }

    /// The host, where it is one address or name and not many.
    pub(crate) const fn single(&self) -> Option<&Target> {
        if self.is_wildcard {
            None
        } else {
            Some(&self.place)
        }
    }
}

impl FromStr for AllowEntry {
    type Err = AllowEntryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Malformed)?;
        let below = rest.strip_prefix("*.");
        let is_wildcard = below.is_some();
        let place = Target::parse(&format!("{scheme}://{}", below.unwrap_or(rest)))?;
        let host = &place.origin().host;
        let labels = host.split('.').filter(|label| !label.is_empty()).count();
        let is_too_wide = is_wildcard && (labels < 2 || place.address().is_some());
        if host.contains('*') || is_too_wide {
            return Err(AllowEntryError::Wildcard);
        }
        if text.contains('#') || place.query().is_some() {
            return Err(AllowEntryError::Query);
        }
        Ok(Self {
            text: text.to_owned(),
            is_wildcard,
            place,
        })
    }
}

impl fmt::Display for AllowEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for AllowEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for AllowEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn has_path(prefix: &str, path: &str) -> bool {
    if prefix == "/" {
        return true;
    }
    let Some(rest) = path.strip_prefix(prefix) else {
        return false;
    };
    let is_below = prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/');
    is_below && stays_below(path)
}

/// Whether no server could read the path as one that leaves its folder: no segment is `..` or holds a separator,
/// however often it is decoded, and with or without parameters behind a semicolon.
fn stays_below(path: &str) -> bool {
    const MOST_DECODED: usize = 4;
    let separators = |text: &str| text.matches('/').count();
    let is_up = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    let mut text = path.to_owned();
    for _ in 0..MOST_DECODED {
        let is_odd = text.contains('\\') || text.contains(char::is_control);
        if is_odd || text.split('/').any(is_up) || separators(&text) != separators(path) {
            return false;
        }
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            return true;
        }
        text = decoded;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(entry: &str, url: &str) -> bool {
        let entry: AllowEntry = entry.parse().unwrap();
        Target::parse(url).is_ok_and(|target| entry.permits(&target))
    }

    #[test]
    fn an_entry_allows_its_place_and_what_is_below() {
        let entry = "https://api.example.com/v1/";
        assert!(permits(entry, "https://api.example.com/v1/users?id=1"));
        assert!(permits(entry, "https://API.example.com:443/v1/"));
        assert!(permits(entry, "https://api.example.com/v1/a..b/c.d/%20"));
        assert!(permits(
            "https://api.example.com/v1",
            "https://api.example.com/v1"
        ));
        assert!(permits(
            "https://api.example.com/v1",
            "https://api.example.com/v1/x"
        ));
        assert!(permits(
            "https://api.example.com",
            "https://api.example.com/x?y"
        ));
        assert!(permits("http://a.example:8080/", "http://a.example:8080/x"));
        assert!(permits(
            "https://bücher.example/",
            "https://xn--bcher-kva.example/"
        ));
    }

    #[test]
    fn what_only_looks_alike_is_not_allowed() {
        let entry = "https://api.example.com/v1/";
        for url in [
            "http://api.example.com/v1/",
            "https://api.example.com:8443/v1/",
            "https://api.example.com/v1",
            "https://api.example.com/v10/",
            "https://api.example.com/V1/",
            "https://api.example.com/v1/../admin",
            "https://api.example.com/v1/%2e%2e/admin",
            "https://api.example.com/v1/..%2fadmin",
            "https://api.example.com/v1/..%5cadmin",
            "https://api.example.com/v1/%252e%252e%252fadmin",
            "https://api.example.com/v1/%25252e%25252e/admin",
            "https://api.example.com/v1/..;x=1/admin",
            "https://api.example.com/v1/%2e%2e;/admin",
            "https://api.example.com/v1/a%00b",
            "https://api.example.com./v1/",
            "https://api.example.com.evil.example/v1/",
            "https://evil.example/https://api.example.com/v1/",
            "https://api.example.com@evil.example/v1/",
            "https://аpi.example.com/v1/",
        ] {
            assert!(!permits(entry, url), "{url}");
        }
        assert!(!permits("https://a.example/v1", "https://a.example/v1x"));
    }

    #[test]
    fn a_wildcard_is_every_name_below() {
        let entry = "https://*.example.com/";
        assert!(permits(entry, "https://a.example.com/"));
        assert!(permits(entry, "https://a.b.example.com/x"));
        for url in [
            "https://example.com/",
            "https://evilexample.com/",
            "https://.example.com/",
            "https://a.example.com.evil.example/",
            "http://a.example.com/",
        ] {
            assert!(!permits(entry, url), "{url}");
        }
    }

    #[test]
    fn a_wrong_entry_says_what_is_wrong() {
        let wrong = |text: &str| text.parse::<AllowEntry>().unwrap_err();
        for text in [
            "https://*/",
            "https://*.com/",
            "https://*.com./",
            "https://a.*.example.com/",
            "https://*.*.example.com/",
            "https://api*.example.com/",
            "https://*.10.0.0.1/",
        ] {
            let error = wrong(text);
            assert_eq!(error, AllowEntryError::Wildcard, "{text}");
        }
        assert_eq!(wrong("https://a.example/?x=1"), AllowEntryError::Query);
        assert_eq!(wrong("https://a.example/#x"), AllowEntryError::Query);
        assert_eq!(wrong("api.example.com"), UrlError::Malformed.into());
        assert_eq!(wrong("*"), UrlError::Malformed.into());
        assert_eq!(wrong("ws://a.example/"), UrlError::Scheme.into());
        assert_eq!(
            wrong("https://u:p@a.example/"),
            UrlError::Credentials.into()
        );
    }

    proptest::proptest! {
        #[test]
        fn what_is_allowed_has_the_host_and_the_prefix(url in "https://[a-z.@:%0-9*]{0,12}(api\\.example\\.com)?[a-z.@:/%2ef;\\\\]{0,16}") {
            let entry: AllowEntry = "https://api.example.com/v1/".parse().unwrap();
            if let Ok(target) = Target::parse(&url) && entry.permits(&target) {
                assert_eq!(target.origin().host, "api.example.com");
                assert!(target.path().starts_with("/v1/"));
            }
        }
    }
}
