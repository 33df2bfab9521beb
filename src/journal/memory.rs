//! Sessions in memory: no journal outlives them.

use crate::store::ChainKind;
use crate::store::{Append, Appended, Head, Store, StoreError, StoreFuture, Stored, ready};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Sessions in memory, bounded in number and bytes, gone when the process ends. Of events it keeps those since the
/// last snapshot; of streams and of closed sessions it keeps nothing.
#[derive(Debug)]
pub struct MemoryStore {
    most_sessions: usize,
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    sessions: BTreeMap<Arc<str>, Stored>,
    // INVARIANT: the sum of `size` of all sessions.
    bytes: usize,
}

fn size(stored: &Stored) -> usize {
    let snapshot = stored
        .snapshot
        .as_ref()
        .map_or(0, |(_, snapshot)| snapshot.len());
    stored
        .tail
        .iter()
        .map(String::len)
        .fold(snapshot, usize::saturating_add)
}

impl MemoryStore {
    /// An empty store. Bytes count snapshots and the events after them.
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

    fn append_now(&self, append: Append) -> Result<Appended, StoreError> {
        if append.head.kind == ChainKind::Stream {
            return Ok(Appended::Stored);
        }
        let mut kept = self.kept();
        let held = kept.sessions.get(&append.head.chain);
        if !append.follows(held.map(|held| &held.head)) {
            return Ok(Appended::Changed);
        }
        if held.is_none() && kept.sessions.len() >= self.most_sessions {
            return Err(StoreError::Full {
                name: "sessions",
                limit: self.most_sessions as u64,
            });
        }
        let before = held.map_or(0, size);
        let chain = Arc::clone(&append.head.chain);
        if append.head.closed {
            kept.sessions.remove(&chain);
            kept.bytes = kept.bytes.saturating_sub(before);
            return Ok(Appended::Stored);
        }
        let after = match &append.snapshot {
            Some(snapshot) => snapshot.len(),
            None => before.saturating_add(append.line.len()),
        };
        let bytes = kept.bytes.saturating_sub(before).saturating_add(after);
        if bytes > self.most_bytes {
            return Err(StoreError::Full {
                name: "session-bytes",
                limit: self.most_bytes as u64,
            });
        }
        kept.bytes = bytes;
        let stored = kept.sessions.entry(chain).or_insert_with(|| Stored {
            head: append.head.clone(),
            snapshot: None,
            tail: Vec::new(),
        });
        match append.snapshot {
            Some(snapshot) => {
                stored.snapshot = Some((append.head.sequence, snapshot));
                stored.tail.clear();
            }
            None => stored.tail.push(append.line),
        }
        stored.head = append.head;
        Ok(Appended::Stored)
    }

    fn load_now(&self, tenant: &str, chain: &str) -> Option<Stored> {
        let kept = self.kept();
        let stored = kept.sessions.get(chain)?;
        (stored.head.tenant.as_ref() == tenant).then(|| stored.clone())
    }
}

impl Store for MemoryStore {
    fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        ready(self.append_now(append))
    }

    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>> {
        ready(Ok(self.load_now(tenant, chain)))
    }

    fn end<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        let kept = self.kept();
        let head = kept.sessions.get(chain).map(|stored| &stored.head);
        let head = head.filter(|head| head.tenant.as_ref() == tenant);
        ready(Ok(head.cloned()))
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        ready(Ok(Some(self.kept().sessions.len() as u64)))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::event::tests::draft;
    use crate::hash::Hash;
    use crate::store::Head;

    fn append(before: Option<&Head>, chain: &str, bytes: Option<usize>, closes: bool) -> Append {
        let (sequence, previous) =
            before.map_or((0, Hash::ZERO), |head| (head.sequence + 1, head.hash));
        let event = Event::seal(draft("x"), chain.into(), sequence, previous);
        let snapshot = bytes.map(|bytes| vec![0; bytes].into());
        Append::new(before, ChainKind::Session, &event, snapshot, closes)
    }

    #[test]
    fn full_store_says_so_and_keeps_what_it_has() {
        let store = MemoryStore::new(2, 100);
        let first = append(None, "a", Some(60), false);
        let a = first.head.clone();
        assert_eq!(store.append_now(first), Ok(Appended::Stored));
        let full = |name, limit| Err(StoreError::Full { name, limit });
        assert_eq!(
            store.append_now(append(None, "b", Some(50), false)),
            full("session-bytes", 100)
        );
        assert_eq!(
            store.append_now(append(None, "b", Some(40), false)),
            Ok(Appended::Stored)
        );
        assert_eq!(
            store.append_now(append(None, "c", Some(0), false)),
            full("sessions", 2)
        );
        assert_eq!(
            store.append_now(append(Some(&a), "a", Some(61), false)),
            full("session-bytes", 100)
        );
        assert_eq!(
            store.append_now(append(Some(&a), "a", None, true)),
            Ok(Appended::Stored)
        );
        assert_eq!(store.kept().bytes, 40);
        assert_eq!(store.load_now("t", "a"), None);
        assert!(store.load_now("t", "b").is_some());
        assert_eq!(store.load_now("other", "b"), None);
    }
}
