//! A cache of answers that expire: bounded in entries and bytes, the longest unused is forgotten first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What an entry costs beyond its texts, in bytes, so that many small ones are counted too.
const ENTRY_BYTES: usize = 256;

#[derive(Debug)]
struct Entry {
    answer: Arc<str>,
    expires: Duration,
    used: u64,
}

/// Texts by key. Times are since any fixed start and are given, never read.
#[derive(Debug)]
pub struct Cache {
    max_entries: usize,
    max_bytes: usize,
    entries: BTreeMap<Arc<str>, Entry>,
    by_expiry: BTreeSet<(Duration, Arc<str>)>,
    by_use: BTreeMap<u64, Arc<str>>,
    bytes: usize,
    uses: u64,
}

impl Cache {
    /// Holds at most so many entries and bytes; with 0 of either, nothing.
    #[must_use]
    pub const fn new(max_entries: usize, max_bytes: usize) -> Self {
        Self {
            max_entries,
            max_bytes,
            entries: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
            by_use: BTreeMap::new(),
            bytes: 0,
            uses: 0,
        }
    }

    /// What was kept under a key and has not expired. An answer is kept through the instant in which it expires.
    pub fn get(&mut self, key: &str, now: Duration) -> Option<Arc<str>> {
        let entry = self.entries.get_mut(key)?;
        if entry.expires < now {
            self.remove(key);
            return None;
        }
        let name = self.by_use.remove(&entry.used)?;
        self.uses += 1;
        entry.used = self.uses;
        self.by_use.insert(self.uses, name);
        Some(Arc::clone(&entry.answer))
    }

    /// Keeps an answer for `ttl`, in place of what was there. What has expired is forgotten first, then what was not
    /// used for longest. An answer that is larger than the whole cache is not kept.
    pub fn insert(&mut self, key: &Arc<str>, answer: Arc<str>, ttl: Duration, now: Duration) {
        self.remove(key);
        let bytes = cost(key, &answer);
        if bytes > self.max_bytes || self.max_entries == 0 {
            return;
        }
        let has_room = |cache: &Self| {
            cache.bytes + bytes <= cache.max_bytes && cache.entries.len() < cache.max_entries
        };
        if !has_room(self) {
            self.remove_expired(now);
        }
        while !has_room(self) {
            let Some((_, longest_unused)) = self.by_use.pop_first() else {
                break;
            };
            self.remove(&longest_unused);
        }
        let expires = now.saturating_add(ttl);
        self.uses += 1;
        let used = self.uses;
        self.by_use.insert(used, Arc::clone(key));
        self.by_expiry.insert((expires, Arc::clone(key)));
        let entry = Entry {
            answer,
            expires,
            used,
        };
        self.entries.insert(Arc::clone(key), entry);
        self.bytes += bytes;
    }

    /// Forgets what has expired.
    pub fn remove_expired(&mut self, now: Duration) {
        while let Some((expires, key)) = self.by_expiry.first() {
            if *expires >= now {
                return;
            }
            let key = Arc::clone(key);
            self.remove(&key);
        }
    }

    /// The keys of all entries, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(AsRef::as_ref)
    }

    /// How many entries there are, also expired ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of all entries, with what each costs beyond its texts.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn remove(&mut self, key: &str) {
        if let Some((key, entry)) = self.entries.remove_entry(key) {
            self.by_use.remove(&entry.used);
            self.bytes -= cost(&key, &entry.answer);
            self.by_expiry.remove(&(entry.expires, key));
        }
    }
}

fn cost(key: &str, answer: &str) -> usize {
    // Keys stand in three indices, as one text.
    key.len() + answer.len() + ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn put(cache: &mut Cache, key: &str, answer: &str, ttl: u64, now: u64) {
        cache.insert(&key.into(), answer.into(), at(ttl), at(now));
    }

    #[test]
    fn falsy_answers_are_answers() {
        let mut cache = Cache::new(10, 10_000);
        for answer in ["null", "0", "false", "\"\"", "[]", "{}"] {
            put(&mut cache, "k", answer, 5, 0);
            assert_eq!(cache.get("k", at(5)).as_deref(), Some(answer));
        }
        assert_eq!(cache.get("k", at(6)), None);
        assert!(cache.is_empty() && cache.bytes() == 0);
    }

    #[test]
    fn the_expired_go_first_then_the_longest_unused() {
        let mut cache = Cache::new(3, 10_000);
        put(&mut cache, "old", "1", 1, 0);
        put(&mut cache, "a", "1", 100, 0);
        put(&mut cache, "b", "1", 100, 0);
        put(&mut cache, "c", "1", 100, 2);
        assert_eq!(cache.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(cache.get("a", at(3)).is_some());
        put(&mut cache, "d", "1", 100, 3);
        assert_eq!(cache.keys().collect::<Vec<_>>(), ["a", "c", "d"]);
    }

    #[test]
    fn what_is_too_large_is_not_kept_and_replaces_nothing_else() {
        let mut cache = Cache::new(10, 1000);
        put(&mut cache, "a", "1", 100, 0);
        put(&mut cache, "b", &"x".repeat(1000), 100, 0);
        assert_eq!(cache.keys().collect::<Vec<_>>(), ["a"]);
        // What was there is no longer true.
        put(&mut cache, "a", &"x".repeat(1000), 100, 0);
        assert!(cache.is_empty());
        let mut none = Cache::new(0, 1000);
        put(&mut none, "a", "1", 100, 0);
        assert!(none.is_empty());
    }

    proptest! {
        /// Against a list of everything ever put: what is found is the newest and has not expired.
        #[test]
        fn bounds_hold_and_nothing_stale_is_found(
            steps in proptest::collection::vec((0_u8..6, 0_u64..5, 0_u64..20, 0_usize..300), 0..100),
        ) {
            let mut cache = Cache::new(4, 2000);
            let mut newest = BTreeMap::new();
            let mut now = 0;
            for (key, later, ttl, size) in steps {
                now += later;
                let key = key.to_string();
                if size % 2 == 0 {
                    put(&mut cache, &key, &"x".repeat(size), ttl, now);
                    newest.insert(key.clone(), (size, now + ttl));
                } else if let Some(found) = cache.get(&key, at(now)) {
                    let (size, expires) = newest[&key];
                    prop_assert_eq!(found.len(), size);
                    prop_assert!(now <= expires);
                }
                let bytes: usize = cache.entries.iter().map(|(key, entry)| cost(key, &entry.answer)).sum();
                prop_assert_eq!(bytes, cache.bytes());
                prop_assert!(cache.bytes() <= 2000 && cache.len() <= 4);
                prop_assert_eq!(cache.by_use.len(), cache.len());
                prop_assert_eq!(cache.by_expiry.len(), cache.len());
            }
        }
    }
}
