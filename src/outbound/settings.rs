//! What may be called and how: off where nothing is said.

use crate::allow::AllowEntry;
use crate::target::{Target, UrlError};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What may be called and how. [`Outbound::new`](crate::Outbound::new) checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundSettings {
    /// What `http_get_json` may read, and where redirects may lead; empty: nothing.
    pub allow: Vec<AllowEntry>,
    /// Networks that may be reached although they are not public, as in `127.0.0.0/8`.
    pub allow_networks: Vec<IpNet>,
    /// The URLs that answer external predicates, by name and arity, as in `customer_tier/2`.
    pub externals: BTreeMap<Predicate, ExternalSettings>,
    /// How long one call may take, redirects included: 1 to 600,000 ms.
    pub call_timeout_ms: u64,
    /// How long all calls of one query may take: 1 to 3,600,000 ms. It should be longer than `call_timeout_ms`: a
    /// call that is given up earlier tells a circuit breaker nothing.
    pub total_timeout_ms: u64,
    /// The largest body of a request or an answer: 1 byte to 64 MiB.
    pub max_body_bytes: usize,
    /// How many redirects are followed: 0 to 10.
    pub max_redirects: u32,
    /// How long an answer is believed: 0 to 86,400 s; 0: not at all.
    pub cache_seconds: u64,
    /// How many answers are kept: 0 to 1,000,000.
    pub cache_entries: usize,
    /// How many bytes of answers are kept: 0 to 4 GiB.
    pub cache_bytes: u64,
    /// Failures in a row after which an origin is left alone: 1 to 1000.
    pub breaker_failures: u32,
    /// For how long it is left alone: 0 to 86,400 s.
    pub breaker_open_seconds: u64,
    /// Calls at once, and with a native transport connections: 1 to 10,000.
    pub connections: usize,
    /// The same to one origin: 1 to 10,000.
    pub connections_per_host: usize,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            allow_networks: Vec::new(),
            externals: BTreeMap::new(),
            call_timeout_ms: 10_000,
            total_timeout_ms: 30_000,
            max_body_bytes: 1024 * 1024,
            max_redirects: 3,
            cache_seconds: 300,
            cache_entries: 10_000,
            cache_bytes: 64 * 1024 * 1024,
            breaker_failures: 5,
            breaker_open_seconds: 60,
            connections: 100,
            connections_per_host: 30,
        }
    }
}

/// Where an external predicate is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalSettings {
    /// Takes `{"name", "arguments"}` by POST and answers `{"solutions": [[…]]}`. It need not be in `allow`.
    pub url: ExternalUrl,
    /// Instead of `call_timeout_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Instead of `cache_seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_seconds: Option<u64>,
}

/// One URL that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUrl(Target);

impl ExternalUrl {
    /// The URL.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.0
    }
}

impl FromStr for ExternalUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Target::parse(text).map(Self)
    }
}

impl fmt::Display for ExternalUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

/// Name and arity of a predicate, as in `customer_tier/2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Predicate {
    /// Not empty, without a slash.
    name: String,
    arity: usize,
}

impl Predicate {
    /// A predicate; none if the name is empty or holds a slash or control characters.
    #[must_use]
    pub fn new(name: &str, arity: usize) -> Option<Self> {
        let is_name = !name.is_empty() && !name.contains(|c: char| c == '/' || c.is_control());
        is_name.then(|| Self {
            name: name.to_owned(),
            arity,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number of arguments.
    #[must_use]
    pub const fn arity(&self) -> usize {
        self.arity
    }
}

/// A text is no name and arity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a name and an arity, as in `customer_tier/2`")]
pub struct PredicateError;

impl FromStr for Predicate {
    type Err = PredicateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, arity) = text.split_once('/').ok_or(PredicateError)?;
        let is_number = !arity.is_empty() && arity.bytes().all(|byte| byte.is_ascii_digit());
        let arity = arity.parse().ok().filter(|_| is_number);
        arity
            .and_then(|arity| Self::new(name, arity))
            .ok_or(PredicateError)
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.name, self.arity)
    }
}

/// Serde of a type that is a text.
macro_rules! text_type {
    ($name:ident) => {
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
    };
}

text_type!(ExternalUrl);
text_type!(Predicate);

/// Every setting that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct OutboundSettingsError(pub Vec<String>);

const TIMEOUT_MS: RangeInclusive<u64> = 1..=600_000;
const SECONDS: RangeInclusive<u64> = 0..=86_400;

impl OutboundSettings {
    /// Whether anything may be called.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.allow.is_empty() || !self.externals.is_empty()
    }

    /// Checks every range, and that each named host may be called as far as its URL tells.
    ///
    /// # Errors
    ///
    /// One sentence for each setting that is not acceptable.
    pub fn check(&self) -> Result<(), OutboundSettingsError> {
        let mut problems = Problems(Vec::new());
        problems.range("call_timeout_ms", self.call_timeout_ms, TIMEOUT_MS);
        problems.range("total_timeout_ms", self.total_timeout_ms, 1..=3_600_000);
        let bytes = self.max_body_bytes as u64;
        problems.range("max_body_bytes", bytes, 1..=64 * 1024 * 1024);
        problems.range("max_redirects", self.max_redirects.into(), 0..=10);
        problems.range("cache_seconds", self.cache_seconds, SECONDS);
        problems.range("cache_entries", self.cache_entries as u64, 0..=1_000_000);
        problems.range("cache_bytes", self.cache_bytes, 0..=4 << 30);
        problems.range("breaker_failures", self.breaker_failures.into(), 1..=1000);
        problems.range("breaker_open_seconds", self.breaker_open_seconds, SECONDS);
        problems.range("connections", self.connections as u64, 1..=10_000);
        let per_host = self.connections_per_host as u64;
        problems.range("connections_per_host", per_host, 1..=10_000);
        self.check_hosts(&mut problems);
        for (predicate, external) in &self.externals {
            let name = format!("externals.{predicate}");
            if let Some(timeout) = external.timeout_ms {
                problems.range(&format!("{name}.timeout_ms"), timeout, TIMEOUT_MS);
            }
            if let Some(seconds) = external.cache_seconds {
                problems.range(&format!("{name}.cache_seconds"), seconds, SECONDS);
            }
        }
        if problems.0.is_empty() {
            Ok(())
        } else {
            Err(OutboundSettingsError(problems.0))
        }
    }

    fn check_hosts(&self, problems: &mut Problems) {
        let filter = crate::AddressFilter::new(self.allow_networks.clone());
        let entries = self.allow.iter().filter_map(AllowEntry::single);
        let entries = entries.map(|target| ("allow".to_owned(), target));
        let externals = self.externals.iter().map(|(predicate, external)| {
            let name = format!("externals.{predicate}.url");
            (name, external.url.target())
        });
        for (name, target) in entries.chain(externals) {
            if !filter.permits_host(target) {
                let host = &target.origin().host;
                problems.0.push(format!(
                    "`outbound.{name}`: `{host}` is not public, its network must be in `outbound.allow_networks`"
                ));
            }
        }
    }
}

struct Problems(Vec<String>);

impl Problems {
    fn range(&mut self, name: &str, value: u64, range: RangeInclusive<u64>) {
        if !range.contains(&value) {
            let (least, most) = range.into_inner();
            self.0.push(format!(
                "`outbound.{name}` must be {least} to {most}, not {value}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<OutboundSettings, String> {
        let settings: OutboundSettings =
            serde_json::from_str(json).map_err(|error| error.to_string())?;
        settings.check().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    #[test]
    fn nothing_said_is_off_with_the_guides_defaults() {
        let settings = read("{}").unwrap();
        assert_eq!(settings, OutboundSettings::default());
        assert!(!settings.is_on());
        let guide = (
            settings.call_timeout_ms,
            settings.cache_seconds,
            settings.breaker_failures,
            settings.breaker_open_seconds,
            settings.connections,
            settings.connections_per_host,
        );
        assert_eq!(guide, (10_000, 300, 5, 60, 100, 30));
    }

    #[test]
    fn each_setting_is_read_and_written_again() {
        let settings = read(
            r#"{
                "allow": ["https://*.example.com/v1/", "http://10.0.0.5:8080"],
                "allow_networks": ["10.0.0.0/8"],
                "externals": {"customer_tier/2": {"url": "https://crm.example.com/tier", "cache_seconds": 0}},
                "max_redirects": 0
            }"#,
        );
        let settings = settings.unwrap();
        assert!(settings.is_on());
        let (predicate, external) = settings.externals.first_key_value().unwrap();
        assert_eq!((predicate.name(), predicate.arity()), ("customer_tier", 2));
        assert_eq!(external.url.to_string(), "https://crm.example.com/tier");
        let written = serde_json::to_string(&settings).unwrap();
        assert_eq!(read(&written), Ok(settings));
    }

    #[test]
    fn every_wrong_setting_is_named() {
        let wrong = r#"{
            "allow": ["http://127.1:8080", "http://localhost"],
            "externals": {"f/1": {"url": "http://10.0.0.1/", "timeout_ms": 0}},
            "call_timeout_ms": 0,
            "max_body_bytes": 0,
            "breaker_failures": 0,
            "connections": 0
        }"#;
        let error = read(wrong).unwrap_err();
        for expected in [
            "`outbound.call_timeout_ms` must be 1 to 600000, not 0",
            "`outbound.max_body_bytes`",
            "`outbound.breaker_failures`",
            "`outbound.connections`",
            "`outbound.allow`: `127.0.0.1` is not public",
            "`outbound.allow`: `localhost` is not public",
            "`outbound.externals.f/1.url`: `10.0.0.1` is not public",
            "`outbound.externals.f/1.timeout_ms` must be 1 to 600000, not 0",
        ] {
            assert!(error.contains(expected), "{expected}: {error}");
        }
        assert_eq!(error.split("; ").count(), 8, "{error}");
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for json in [
            r#"{"alow": []}"#,
            r#"{"allow": ["https://*/"]}"#,
            r#"{"allow": ["https://u:p@a.example/"]}"#,
            r#"{"allow_networks": ["10.0.0.0/33"]}"#,
            r#"{"externals": {"f": {"url": "https://a.example/"}}}"#,
            r#"{"externals": {"f/-1": {"url": "https://a.example/"}}}"#,
            r#"{"externals": {"f/+1": {"url": "https://a.example/"}}}"#,
            r#"{"externals": {"/1": {"url": "https://a.example/"}}}"#,
            r#"{"externals": {"f/1": {"url": "ftp://a.example/"}}}"#,
            r#"{"externals": {"f/1": {}}}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
