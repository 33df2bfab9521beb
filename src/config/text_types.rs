//! Texts that mean something: addresses and URLs, checked when they are read.

use crate::secret::{MASK, Secret};
use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use url::{Host, Url};

/// Says what a text may be, without repeating what it is: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct TextError(pub(crate) &'static str);

/// Serde and schema of a type that is a text with a format.
macro_rules! text_type {
    ($name:ident, $format:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": $format})
            }
        }
    };
}

/// Addresses of proxies: one, or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProxyRange(IpNet);

text_type!(ProxyRange, "ip-range");

impl ProxyRange {
    /// Whether the address is one of these. An IPv4 address that is written as IPv6 is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for ProxyRange {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let one = || {
            text.parse()
                .map(|address: IpAddr| IpNet::from(address.to_canonical()))
        };
        match text.parse::<IpNet>().or_else(|_| one()) {
            Ok(range) => Ok(Self(canonical(range).trunc())),
            Err(_) => Err(TextError(
                "an address or a range, as in `10.0.0.1` or `10.0.0.0/8`",
            )),
        }
    }
}

/// IPv4 addresses that are written as IPv6 are IPv4 addresses.
fn canonical(range: IpNet) -> IpNet {
    let mapped = match range {
        IpNet::V6(range) => range.addr().to_ipv4_mapped(),
        IpNet::V4(_) => None,
    };
    let length = range.prefix_len().checked_sub(96);
    let shorter = mapped.zip(length);
    let shorter = shorter.and_then(|(address, length)| IpNet::new(address.into(), length).ok());
    shorter.unwrap_or(range)
}

impl fmt::Display for ProxyRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Which store a [`StoreUrl`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A file of SQLite.
    Sqlite,
    /// A database of PostgreSQL.
    Postgres,
    /// A database of Redis, or of what speaks like it.
    Redis,
    /// The memory of the process.
    Memory,
}

/// Where sessions are kept. Formats and serializes with its password masked.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl {
    text: Secret,
    shown: String,
    kind: StoreKind,
}

text_type!(StoreUrl, "store-url");

const STORE_URL: TextError = TextError(
    "`sqlite:<path>`, `postgres://…`, `postgresql://…`, `redis://…`, `rediss://…` or `memory:`",
);

impl StoreUrl {
    /// The whole text, password included. It must not be logged, shown or answered.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Which store it is.
    #[must_use]
    pub const fn kind(&self) -> StoreKind {
        self.kind
    }

    /// The path of a file of SQLite; none for others.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&str> {
        self.expose().strip_prefix("sqlite:")
    }
}

impl FromStr for StoreUrl {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().any(char::is_control) {
            return Err(STORE_URL);
        }
        let (scheme, rest) = text.split_once(':').ok_or(STORE_URL)?;
        let (kind, shown) = match scheme {
            "memory" if rest.is_empty() => (StoreKind::Memory, text.to_owned()),
            "sqlite" if !rest.trim().is_empty() => (StoreKind::Sqlite, text.to_owned()),
            "postgres" | "postgresql" => (StoreKind::Postgres, masked(text)?),
            "redis" | "rediss" => (StoreKind::Redis, masked(text)?),
            _ => return Err(STORE_URL),
        };
        Ok(Self {
            text: Secret::new(text.to_owned()),
            shown,
            kind,
        })
    }
}

/// The URL of a server with everything masked that may be secret.
fn masked(text: &str) -> Result<String, TextError> {
    if let Some(shown) = masked_socket(text) {
        return Ok(shown);
    }
    let mut url = Url::parse(text).map_err(|_| STORE_URL)?;
    if !text.contains("://") || url.host_str().is_none_or(str::is_empty) {
        return Err(STORE_URL);
    }
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return Err(STORE_URL);
    }
    if url.query().is_some() {
        // Drivers take passwords there too.
        url.set_query(Some(MASK));
    }
    url.set_fragment(None);
    Ok(url.into())
}

/// `postgres://user@/database?host=/run/postgresql`: a socket's folder takes a host's place, which no URL of the
/// standard permits beside a user.
fn masked_socket(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (place, query) = rest.split_once('?')?;
    let (authority, database) = place.split_once('/')?;
    let (credentials, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let has_socket = query.split('&').any(|pair| pair.starts_with("host="));
    if !scheme.starts_with("postgres") || !host.is_empty() || !has_socket {
        return None;
    }
    let shown = match credentials.split_once(':') {
        Some((user, _)) => format!("{user}:{MASK}@"),
        None if credentials.is_empty() => String::new(),
        None => format!("{credentials}@"),
    };
    Some(format!("{scheme}://{shown}/{database}?{MASK}"))
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

/// Where a key set is fetched: `https`, or `http` to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksUrl(Url);

text_type!(JwksUrl, "jwks-url");

impl JwksUrl {
    /// The URL; it holds no password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for JwksUrl {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const JWKS_URL: TextError = TextError(
            "an `https` URL without a password, or an `http` URL of this machine (`127.0.0.1`, `[::1]`, `localhost`)",
        );
        let url = Url::parse(text).map_err(|_| JWKS_URL)?;
        let here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(JWKS_URL),
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
        let bare = url.username().is_empty() && url.password().is_none();
        if safe && bare {
            Ok(Self(url))
        } else {
            Err(JWKS_URL)
        }
    }
}

impl fmt::Display for JwksUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A text whose meaning whoever uses it checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

text_type!(Word, "word");

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Word {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
