//! What the server's configuration promises.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, RedisError};
use std::collections::BTreeMap;
use std::fmt;

/// When what was acknowledged is on the server's disk, by its configuration at the time of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Before it is acknowledged.
    Always,
    /// Within about a second.
    EverySecond,
    /// When the operating system writes it, or a background rewrite suspends flushing.
    OperatingSystem,
    /// With the next snapshot.
    SnapshotsOnly,
    /// Never.
    MemoryOnly,
    /// The server does not tell.
    Unknown,
}

/// A sentence for the log.
impl fmt::Display for Durability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Always => "what is acknowledged is on the server's disk (appendfsync always)",
            Self::EverySecond => {
                "a crash of the server may lose about a second of what was acknowledged (appendfsync everysec)"
            }
            Self::OperatingSystem => {
                "a crash of the server may lose half a minute of what was acknowledged (appendfsync no, or no-appendfsync-on-rewrite yes)"
            }
            Self::SnapshotsOnly => {
                "a crash of the server loses what was acknowledged since its last snapshot (appendonly no)"
            }
            Self::MemoryOnly => {
                "a restart of the server loses everything (appendonly no, and no snapshots)"
            }
            Self::Unknown => {
                "the server does not tell when what it acknowledges is on its disk (CONFIG GET is refused)"
            }
        })
    }
}

/// What was asked of `CONFIG GET`; what was refused is absent.
#[derive(Debug, Default)]
pub(super) struct ServerConfig(BTreeMap<String, String>);

impl ServerConfig {
    /// Hosted servers refuse `CONFIG`, and Redis 6.2 takes one name a time.
    pub(super) async fn read(connection: &mut MultiplexedConnection) -> Result<Self, RedisError> {
        let names = [
            "appendonly",
            "appendfsync",
            "no-appendfsync-on-rewrite",
            "save",
            "maxmemory-policy",
        ];
        let mut pipeline = Pipeline::new();
        for name in names {
            pipeline.add_command(Cmd::new().arg("CONFIG").arg("GET").arg(name).clone());
        }
        let answers: Vec<Result<BTreeMap<String, String>, RedisError>> =
            pipeline.ignore_errors().query_async(connection).await?;
        Ok(Self(answers.into_iter().flatten().flatten().collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn durability(&self) -> Durability {
        let suspended = self.get("no-appendfsync-on-rewrite") == Some("yes");
        match (self.get("appendonly"), self.get("appendfsync")) {
            (Some("yes"), Some("always" | "everysec")) if suspended => Durability::OperatingSystem,
            (Some("yes"), Some("always")) => Durability::Always,
            (Some("yes"), Some("everysec")) => Durability::EverySecond,
            (Some("yes"), Some("no")) => Durability::OperatingSystem,
            (Some("no"), _) => match self.get("save") {
                Some("") => Durability::MemoryOnly,
                Some(_) => Durability::SnapshotsOnly,
                None => Durability::Unknown,
            },
            _ => Durability::Unknown,
        }
    }

    /// The policy, if it lets the server forget keys.
    pub(super) fn evicts(&self) -> Option<&str> {
        self.get("maxmemory-policy")
            .filter(|policy| *policy != "noeviction")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> ServerConfig {
        let pairs = pairs.iter();
        ServerConfig(
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn promises_no_more_than_the_server_does() {
        let cases = [
            (
                &[("appendonly", "yes"), ("appendfsync", "always")][..],
                Durability::Always,
            ),
            (
                &[("appendonly", "yes"), ("appendfsync", "everysec")],
                Durability::EverySecond,
            ),
            (
                &[("appendonly", "yes"), ("appendfsync", "no")],
                Durability::OperatingSystem,
            ),
            (
                &[
                    ("appendonly", "yes"),
                    ("appendfsync", "always"),
                    ("no-appendfsync-on-rewrite", "yes"),
                ],
                Durability::OperatingSystem,
            ),
            (
                &[("appendonly", "no"), ("save", "3600 1")],
                Durability::SnapshotsOnly,
            ),
            (
                &[("appendonly", "no"), ("save", "")],
                Durability::MemoryOnly,
            ),
            (&[("appendonly", "no")], Durability::Unknown),
            (&[("appendfsync", "always")], Durability::Unknown),
            (&[], Durability::Unknown),
        ];
        for (pairs, expected) in cases {
            assert_eq!(config(pairs).durability(), expected, "{pairs:?}");
        }
    }

    #[test]
    fn policies_that_forget_are_named() {
        assert_eq!(config(&[("maxmemory-policy", "noeviction")]).evicts(), None);
        assert_eq!(config(&[]).evicts(), None);
        let lru = config(&[("maxmemory-policy", "allkeys-lru")]);
        assert_eq!(lru.evicts(), Some("allkeys-lru"));
    }
}
