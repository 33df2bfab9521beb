//! Stores of the journal for native hosts, all behind [`Archive`](assize_journal::Archive).
//!
//! [`SqliteStore`] keeps everything in one file, [`PostgresStore`] and [`RedisStore`] with a server that several processes share. All of
//! them write in groups: what arrives while a group is being made durable goes into the next one, so that durability
//! costs one flush for many requests.
//!
//! What this crate does not do: build events, or know what is in them.

#![forbid(unsafe_code)]

mod batch;
mod postgres;
mod redis;
mod sqlite;
#[cfg(test)]
mod suite;

pub use crate::redis::{Durability, RedisOptions, RedisStore};
pub use postgres::{PostgresOptions, PostgresStore};
pub use sqlite::{SqliteStore, Synchronous};

use assize_journal::{Archive, Head, StoreFuture};
use std::path::PathBuf;

/// Where an open session of a tenant stands.
fn open_end<'a>(
    store: &'a impl Archive,
    tenant: &'a str,
    chain: &'a str,
) -> StoreFuture<'a, Option<Head>> {
    Box::pin(async move {
        let head = store.head(chain).await?;
        Ok(head.filter(|head| head.is_open_session_of(tenant)))
    })
}

/// Why a store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file can't be used.
    #[error("can't open {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// The server can't be used.
    #[error("can't use the store at {place}: {reason}")]
    Server {
        /// Host, port and database; never a password.
        place: String,
        /// What is in the way.
        reason: String,
    },
    /// A later version of this program wrote it.
    #[error(
        "{place} has format {found}, and this version reads up to {known}: use a later version"
    )]
    TooNew {
        /// File, or host and database.
        place: String,
        /// Its format.
        found: i64,
        /// The newest that this program reads.
        known: i64,
    },
}
