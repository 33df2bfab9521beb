//! What keeps chains.

use crate::checkpoint::{Checkpoint, Mark};
use crate::event::Event;
use crate::hash::Hash;
use crate::rate::{Quota, Taken};
use crate::tombstone::Tombstone;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a store's method returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It holds as much as it may; nothing has changed.
    #[error("the store is full: {name} would pass {limit}")]
    Full {
        /// Which bound, as in `sessions`.
        name: &'static str,
        /// The bound, in the unit that the name says.
        limit: u64,
    },
    /// What it keeps things in has no more room; nothing has changed. The text is for operators.
    #[error("the store has no more room: {0}")]
    NoRoom(String),
    /// It can't be reached or is broken. Where a connection was lost, a change may have been made all the same, and
    /// then wholly. The text is for operators.
    #[error("the store failed: {0}")]
    Failed(String),
    /// What it holds is not what was put into it; the text is for operators.
    #[error("what is stored is damaged: {0}")]
    Damaged(String),
    /// This host keeps nothing of the kind; the text says what does, and is for callers.
    #[error("{0}")]
    Absent(&'static str),
}

impl StoreError {
    /// What a store that speaks only text says of a failure.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        // SQLite, file systems and hosted stores have no other way to say it through interfaces like these.
        const NO_ROOM: [&str; 4] = ["full", "no space", "quota", "too big"];
        let lower = text.to_lowercase();
        if NO_ROOM.iter().any(|words| lower.contains(words)) {
            Self::NoRoom(text)
        } else {
            Self::Failed(text)
        }
    }
}

/// What a chain is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainKind {
    /// What one process decided without a session.
    Stream,
    /// A session.
    Session,
}

impl ChainKind {
    /// `stream` or `session`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Session => "session",
        }
    }

    /// What a store says of a chain.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`], with the chain's name, if it is no kind.
    pub fn of(chain: &str, text: &str) -> Result<Self, StoreError> {
        let damaged =
            || StoreError::Damaged(format!("chain {chain}: `{text}` is no kind of chain"));
        Self::parse(text).ok_or_else(damaged)
    }

    /// What [`as_str`](Self::as_str) wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Stream, Self::Session]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// Where a chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Names the chain among all.
    pub chain: Arc<str>,
    /// What it is of.
    pub kind: ChainKind,
    /// Whose it is.
    pub tenant: Arc<str>,
    /// The engine of its first event, as in `governor:cycle`.
    pub engine: Arc<str>,
    /// Of the last event.
    pub sequence: u64,
    /// Of the last event.
    pub hash: Hash,
    /// Time of the first event.
    pub created_ms: u64,
    /// Time of the last event.
    pub updated_ms: u64,
    /// Whether it ended: nothing follows.
    pub closed: bool,
}

#[derive(Serialize, Deserialize)]
struct HeadLine<'a> {
    chain: Cow<'a, str>,
    kind: Cow<'a, str>,
    tenant: Cow<'a, str>,
    engine: Cow<'a, str>,
    sequence: u64,
    hash: Hash,
    created_ms: u64,
    updated_ms: u64,
    closed: bool,
}

impl Head {
    /// Whether it is a session of a tenant that can be gone on with.
    #[must_use]
    pub fn is_open_session_of(&self, tenant: &str) -> bool {
        self.kind == ChainKind::Session && !self.closed && self.tenant.as_ref() == tenant
    }

    /// As one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let line = HeadLine {
            chain: Cow::Borrowed(&self.chain),
            kind: Cow::Borrowed(self.kind.as_str()),
            tenant: Cow::Borrowed(&self.tenant),
            engine: Cow::Borrowed(&self.engine),
            sequence: self.sequence,
            hash: self.hash,
            created_ms: self.created_ms,
            updated_ms: self.updated_ms,
            closed: self.closed,
        };
        // Texts and numbers, and into memory: it can't fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] for anything else.
    pub fn from_json(text: &[u8]) -> Result<Self, StoreError> {
        let line: HeadLine<'_> =
            serde_json::from_slice(text).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(Self {
            kind: ChainKind::of(&line.chain, &line.kind)?,
            chain: line.chain.into(),
            tenant: line.tenant.into(),
            engine: line.engine.into(),
            sequence: line.sequence,
            hash: line.hash,
            created_ms: line.created_ms,
            updated_ms: line.updated_ms,
            closed: line.closed,
        })
    }
}

/// An event to append, and what becomes of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The chain once it is appended. Its sequence is the event's; the store must hold the one before it.
    pub head: Head,
    /// Hash of the event that the store must hold as the last.
    pub previous: Hash,
    /// The event, as a line.
    pub line: String,
    /// The state after the event, where it is to be kept; else the last one that is kept stays.
    pub snapshot: Option<Arc<[u8]>>,
}

impl Append {
    /// Appends `event` to the chain that `before` is the end of; none begins one.
    #[must_use]
    pub fn new(
        before: Option<&Head>,
        kind: ChainKind,
        event: &Event,
        snapshot: Option<Arc<[u8]>>,
        closes: bool,
    ) -> Self {
        Self {
            head: Head {
                chain: Arc::clone(&event.chain),
                kind,
                tenant: Arc::clone(before.map_or(&event.tenant, |before| &before.tenant)),
                engine: Arc::clone(before.map_or(&event.engine, |before| &before.engine)),
                sequence: event.sequence,
                hash: event.hash,
                created_ms: before.map_or(event.time_ms, |before| before.created_ms),
                updated_ms: event.time_ms,
                closed: closes,
            },
            previous: event.previous,
            line: event.to_line(),
            snapshot,
        }
    }

    /// Whether it can follow what the store holds of the chain.
    #[must_use]
    pub fn follows(&self, held: Option<&Head>) -> bool {
        match held {
            None => self.head.sequence == 0 && self.previous == Hash::ZERO,
            Some(held) => {
                !held.closed
                    && held.sequence.checked_add(1) == Some(self.head.sequence)
                    && held.hash == self.previous
                    && held.tenant == self.head.tenant
            }
        }
    }
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is stored, and will be after a crash.
    Stored,
    /// The chain does not end where the append begins: someone else was first, or it is gone.
    Changed,
}

/// A chain as it is needed to go on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where it stands.
    pub head: Head,
    /// The last state that was kept, and the sequence of the event after which it was.
    pub snapshot: Option<(u64, Arc<[u8]>)>,
    /// The events after it, as lines, in order.
    pub tail: Vec<String>,
}

/// An event as it is stored: nothing has looked into it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it is stored.
    pub sequence: u64,
    /// The event, as a line.
    pub line: String,
}

/// Keeps chains, so that they can be gone on with. Every change is all or nothing.
pub trait Store: Send + Sync + 'static {
    /// Appends an event if the chain stands where the append begins; it is durable when the future ends. Appends
    /// take their places in the order of the calls, whenever their futures are polled.
    fn append(&self, append: Append) -> StoreFuture<'_, Appended>;

    /// The session of a tenant, unless it is closed.
    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>>;

    /// Where a session of a tenant stands, unless it is closed.
    fn end<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        Box::pin(async move { Ok(self.load(tenant, chain).await?.map(|stored| stored.head)) })
    }

    /// Removes a session whose record can't be read any more; false if it can be, or isn't there.
    fn discard<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, bool> {
        let _ = (tenant, chain);
        ready(Ok(false))
    }

    /// How many open sessions there are, where that is cheap to know.
    fn count(&self) -> StoreFuture<'_, Option<u64>>;

    /// Whether it answers.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Takes one request from a client's quota, in the order of the store's own clock. None where the store does
    /// not count: the host counts for itself.
    fn take<'a>(&'a self, client: &'a str, quota: Quota) -> StoreFuture<'a, Option<Taken>> {
        let _ = (client, quota);
        ready(Ok(None))
    }
}

/// A store that also gives out what it keeps: for audits, checkpoints, retention, keys and moving house.
pub trait Archive: Store {
    /// Ends of chains by name, from the first one after `after`.
    fn chains<'a>(&'a self, after: Option<&'a str>, most: usize) -> StoreFuture<'a, Vec<Head>>;

    /// Where one chain stands, also when it is closed.
    fn head<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Head>>;

    /// Events of a chain from `from` on, in order.
    fn events<'a>(&'a self, chain: &'a str, from: u64, most: usize) -> StoreFuture<'a, Vec<Row>>;

    /// What stands where events were removed.
    fn tombstone<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Tombstone>>;

    /// Removes the events of a chain up to the tombstone's, and leaves it, unless more are removed already.
    fn bury<'a>(&'a self, tombstone: &'a Tombstone) -> StoreFuture<'a, ()>;

    /// Begins a chain that has a tombstone, as it ended when its last event was removed, with the state that the
    /// tombstone has; false if it exists.
    fn adopt<'a>(&'a self, head: &'a Head, tombstone: &'a Tombstone) -> StoreFuture<'a, bool>;

    /// Chains that went on since a checkpoint named them, in any order.
    fn unmarked(&self, most: usize) -> StoreFuture<'_, Vec<Mark>>;

    /// Keeps a checkpoint and that it names its chains, if its number is the next; false if it is not.
    fn add_checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, bool>;

    /// Checkpoints from a number on, in order.
    fn checkpoints(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<Checkpoint>>;

    /// The last checkpoint.
    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>>;

    /// Size of what is kept in bytes.
    fn size(&self) -> StoreFuture<'_, u64>;

    /// Keeps the record of an API key, in place of the one of the same name.
    fn put_key<'a>(&'a self, id: &'a str, record: &'a str) -> StoreFuture<'a, ()>;

    /// The record of an API key.
    fn key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<String>>;

    /// Records of all API keys, by name.
    fn keys(&self) -> StoreFuture<'_, Vec<String>>;
}

/// For a store whose operations wait by themselves, or not at all.
pub fn ready<'a, T: Send + 'a>(result: Result<T, StoreError>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(result))
}

/// For a host that keeps nothing: refuses everything, and says what keeps something.
#[derive(Debug, Clone, Copy)]
pub struct NoStore(pub &'static str);

impl Store for NoStore {
    fn append(&self, _: Append) -> StoreFuture<'_, Appended> {
        ready(Err(StoreError::Absent(self.0)))
    }

    fn load<'a>(&'a self, _: &'a str, _: &'a str) -> StoreFuture<'a, Option<Stored>> {
        ready(Err(StoreError::Absent(self.0)))
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        ready(Ok(None))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_stores_are_told_from_broken_ones() {
        for text in [
            "database or disk is full: SQLITE_FULL",
            "No space left on device",
            "quota exceeded",
        ] {
            assert!(
                matches!(
                    StoreError::from_text(text.to_owned()),
                    StoreError::NoRoom(_)
                ),
                "{text}"
            );
        }
        let broken = StoreError::from_text("connection refused".to_owned());
        assert!(matches!(broken, StoreError::Failed(_)));
    }
}
