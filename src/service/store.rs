//! Where sessions are kept: a trait, and a bounded one in memory.

use assize_json::GovernorKind;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a store's method returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Which governor it is.
    pub kind: GovernorKind,
    /// The governor's snapshot.
    pub snapshot: Arc<[u8]>,
    /// Raised by one with every change; a new session has 0.
    pub sequence: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub created_ms: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub updated_ms: u64,
}

/// Why a store did not do what it was asked to; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It holds as much as it may.
    #[error("the session store is full: {name} would pass {limit}")]
    Full {
        /// Which bound, as in `sessions`.
        name: &'static str,
        /// The bound, in the unit that the name says.
        limit: u64,
    },
    /// What it keeps sessions in has no more room; the text is for operators.
    #[error("the session store has no more room: {0}")]
    NoRoom(String),
    /// It can't be reached or is broken; the text is for operators.
    #[error("the session store failed: {0}")]
    Failed(String),
    /// What it holds is not what was put into it; the text is for operators.
    #[error("the stored session is damaged: {0}")]
    Damaged(String),
    /// This host keeps no sessions; the text says what does, and is for callers.
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

/// What became of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The record is now the given one.
    Stored,
    /// Someone else was first: the record's sequence is not the one before the given one's.
    Changed,
    /// There is no such session.
    Missing,
}

/// Keeps sessions. Every change is all or nothing.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new session.
    fn create<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, ()>;

    /// The session, if there is one.
    fn load<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<SessionRecord>>;

    /// Puts a changed record in place of the one whose sequence is one lower.
    fn replace<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, Replaced>;

    /// Forgets a session; false if there was none.
    fn delete<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool>;

    /// How many sessions there are, where that is cheap to know.
    fn count(&self) -> Option<u64>;
}

/// Sessions in memory, bounded in number and bytes, gone when the process ends.
#[derive(Debug)]
pub struct MemoryStore {
    most_sessions: usize,
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    sessions: BTreeMap<String, SessionRecord>,
    // INVARIANT: the sum of all snapshots' lengths.
    bytes: usize,
}

impl MemoryStore {
    /// An empty store. Bytes count snapshots.
    #[must_use]
    pub fn new(most_sessions: usize, most_bytes: usize) -> Self {
        Self {
            most_sessions,
            most_bytes,
            kept: Mutex::default(),
        }
    }

    /// No operation leaves the map half changed, so a panic elsewhere does not spoil it.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room_for(&self, bytes: usize) -> Result<(), StoreError> {
        if bytes > self.most_bytes {
            return Err(StoreError::Full {
                name: "session-bytes",
                limit: self.most_bytes as u64,
            });
        }
        Ok(())
    }

    fn create_now(&self, id: &str, record: SessionRecord) -> Result<(), StoreError> {
        let mut kept = self.kept();
        if kept.sessions.contains_key(id) {
            return Err(StoreError::Failed(format!("session `{id}` exists")));
        }
        if kept.sessions.len() >= self.most_sessions {
            return Err(StoreError::Full {
                name: "sessions",
                limit: self.most_sessions as u64,
            });
        }
        let bytes = kept.bytes.saturating_add(record.snapshot.len());
        self.room_for(bytes)?;
        kept.bytes = bytes;
        kept.sessions.insert(id.to_owned(), record);
        Ok(())
    }

    fn replace_now(&self, id: &str, record: SessionRecord) -> Result<Replaced, StoreError> {
        let mut kept = self.kept();
        let Some(current) = kept.sessions.get(id) else {
            return Ok(Replaced::Missing);
        };
        if current.sequence.checked_add(1) != Some(record.sequence) {
            return Ok(Replaced::Changed);
        }
        let others = kept.bytes.saturating_sub(current.snapshot.len());
        let bytes = others.saturating_add(record.snapshot.len());
        self.room_for(bytes)?;
        kept.bytes = bytes;
        kept.sessions.insert(id.to_owned(), record);
        Ok(Replaced::Stored)
    }

    fn delete_now(&self, id: &str) -> bool {
        let mut kept = self.kept();
        let Some(record) = kept.sessions.remove(id) else {
            return false;
        };
        kept.bytes = kept.bytes.saturating_sub(record.snapshot.len());
        true
    }
}

/// For a store whose operations wait by themselves, or not at all.
pub fn ready<'a, T: Send + 'a>(result: Result<T, StoreError>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(result))
}

impl SessionStore for MemoryStore {
    fn create<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, ()> {
        ready(self.create_now(id, record))
    }

    fn load<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<SessionRecord>> {
        ready(Ok(self.kept().sessions.get(id).cloned()))
    }

    fn replace<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, Replaced> {
        ready(self.replace_now(id, record))
    }

    fn delete<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool> {
        ready(Ok(self.delete_now(id)))
    }

    fn count(&self) -> Option<u64> {
        Some(self.kept().sessions.len() as u64)
    }
}

/// For a host that keeps no sessions: refuses all of them, and says what keeps some.
#[derive(Debug, Clone, Copy)]
pub struct NoStore(pub &'static str);

impl SessionStore for NoStore {
    fn create<'a>(&'a self, _: &'a str, _: SessionRecord) -> StoreFuture<'a, ()> {
        ready(Err(StoreError::Absent(self.0)))
    }

    fn load<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<SessionRecord>> {
        ready(Err(StoreError::Absent(self.0)))
    }

    fn replace<'a>(&'a self, _: &'a str, _: SessionRecord) -> StoreFuture<'a, Replaced> {
        ready(Err(StoreError::Absent(self.0)))
    }

    fn delete<'a>(&'a self, _: &'a str) -> StoreFuture<'a, bool> {
        ready(Err(StoreError::Absent(self.0)))
    }

    fn count(&self) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: u64, bytes: usize) -> SessionRecord {
        SessionRecord {
            kind: GovernorKind::Cycle,
            snapshot: vec![0; bytes].into(),
            sequence,
            created_ms: 0,
            updated_ms: 0,
        }
    }

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

    #[test]
    fn second_writer_from_the_same_state_is_turned_away() {
        let store = MemoryStore::new(10, 1000);
        store.create_now("a", record(0, 1)).unwrap();
        assert_eq!(store.replace_now("a", record(1, 1)), Ok(Replaced::Stored));
        assert_eq!(store.replace_now("a", record(1, 1)), Ok(Replaced::Changed));
        assert_eq!(store.replace_now("b", record(1, 1)), Ok(Replaced::Missing));
    }

    #[test]
    fn full_store_says_so_and_keeps_what_it_has() {
        let store = MemoryStore::new(2, 100);
        store.create_now("a", record(0, 60)).unwrap();
        let full = |name, limit| StoreError::Full { name, limit };
        let error = store.create_now("b", record(0, 50));
        assert_eq!(error, Err(full("session-bytes", 100)));
        store.create_now("b", record(0, 40)).unwrap();
        let error = store.create_now("c", record(0, 0));
        assert_eq!(error, Err(full("sessions", 2)));
        let error = store.replace_now("b", record(1, 41));
        assert_eq!(error, Err(full("session-bytes", 100)));
        assert!(store.delete_now("a"));
        assert!(!store.delete_now("a"));
        assert_eq!(store.replace_now("b", record(1, 41)), Ok(Replaced::Stored));
        assert_eq!(store.kept().bytes, 41);
    }
}
