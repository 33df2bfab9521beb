//! Vectors that were asked for before: as many as fit, the least recently used giving way.

use crate::error::{Check, FieldError, InvalidInput};
use std::collections::{BTreeMap, BTreeSet};

const LARGEST_CAPACITY: u32 = 100_000;
const KEY_BYTES: usize = 1_024;
/// Components of one vector.
const VECTOR_NUMBERS: usize = 4_096;

/// How much a cache keeps and for how long, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Number of vectors, 0 to 100,000; 0 keeps none.
    pub capacity: u32,
    /// Milliseconds after which a vector is no longer given; 0 for never.
    pub time_to_live_ms: u64,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            capacity: 1_000,
            time_to_live_ms: 3_600_000,
        }
    }
}

impl CacheSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let capacity = self.capacity;
        Check::at(at, errors).require(capacity <= LARGEST_CAPACITY, "capacity", || {
            format!("must be a whole number from 0 to {LARGEST_CAPACITY}, got {capacity}")
        });
    }
}

/// [`CacheSettings`] whose every field is in its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheConfig {
    // INVARIANT: `settings.check` finds nothing.
    settings: CacheSettings,
}

impl CacheConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    pub fn new(settings: CacheSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &CacheSettings {
        &self.settings
    }
}

/// How a cache was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheUsage {
    /// Vectors that are kept.
    pub size: u32,
    /// Times that a vector was found.
    pub hits: u64,
    /// Times that none was found, or one that was too old.
    pub misses: u64,
    /// Vectors that gave way, or were found to be too old.
    pub evictions: u64,
}

#[derive(Debug)]
struct Kept {
    vector: Vec<f32>,
    stored_at: u64,
    /// Number of the call that used it last.
    used: u64,
}

/// A bounded cache of vectors by key, such as a hash of a text.
///
/// # Example
///
/// ```
/// use assize_core::embedding::{CacheConfig, EmbeddingCache};
///
/// let mut cache = EmbeddingCache::new(CacheConfig::default());
/// cache.put(b"key", &[0.6, 0.8], 0)?;
/// assert_eq!(cache.get(b"key", 3_600_000), Some(&[0.6, 0.8][..]));
/// assert_eq!(cache.get(b"key", 3_600_001), None);
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
#[derive(Debug)]
pub struct EmbeddingCache {
    config: CacheConfig,
    // INVARIANT: the three have the same entries, at most `capacity`.
    kept: BTreeMap<Box<[u8]>, Kept>,
    by_use: BTreeMap<u64, Box<[u8]>>,
    by_age: BTreeSet<(u64, u64)>,
    calls: u64,
    usage: CacheUsage,
}

impl EmbeddingCache {
    /// An empty cache.
    #[must_use]
    pub const fn new(config: CacheConfig) -> Self {
        Self {
            config,
            kept: BTreeMap::new(),
            by_use: BTreeMap::new(),
            by_age: BTreeSet::new(),
            calls: 0,
            usage: CacheUsage {
                size: 0,
                hits: 0,
                misses: 0,
                evictions: 0,
            },
        }
    }

    /// How it was used.
    #[must_use]
    pub fn usage(&self) -> CacheUsage {
        CacheUsage {
            size: self.kept.len() as u32,
            ..self.usage
        }
    }

    fn is_too_old(&self, stored_at: u64, now: u64) -> bool {
        let time_to_live = self.config.settings.time_to_live_ms;
        time_to_live > 0 && now.saturating_sub(stored_at) > time_to_live
    }

    /// The vector of a key, unless it is older than it may be at `now` (milliseconds since 1970).
    pub fn get(&mut self, key: &[u8], now: u64) -> Option<&[f32]> {
        self.calls += 1;
        let stored_at = self.kept.get(key).map(|kept| kept.stored_at);
        let live = stored_at.is_some_and(|at| !self.is_too_old(at, now));
        if !live {
            self.usage.misses += 1;
            self.usage.evictions += u64::from(stored_at.is_some());
            self.remove(key);
            return None;
        }
        self.usage.hits += 1;
        let kept = self.kept.get_mut(key)?;
        let before = std::mem::replace(&mut kept.used, self.calls);
        if let Some(key) = self.by_use.remove(&before) {
            self.by_use.insert(self.calls, key);
        }
        self.by_age.remove(&(kept.stored_at, before));
        self.by_age.insert((kept.stored_at, self.calls));
        Some(&kept.vector)
    }

    /// Keeps a vector. Those that are too old give way first, then those that were used longest ago.
    ///
    /// # Errors
    ///
    /// A key of more than 1,024 bytes at `/key`, a vector of more than 4,096 components at `/vector`, or
    /// the first component that is not finite, as in `/vector/17`.
    pub fn put(&mut self, key: &[u8], vector: &[f32], now: u64) -> Result<(), InvalidInput> {
        let mut errors = Vec::new();
        let mut check = Check::at("", &mut errors);
        check.require(key.len() <= KEY_BYTES, "key", || {
            format!("must have at most {KEY_BYTES} bytes, got {}", key.len())
        });
        check.require(vector.len() <= VECTOR_NUMBERS, "vector", || {
            format!(
                "must have at most {VECTOR_NUMBERS} numbers, got {}",
                vector.len()
            )
        });
        if let Some(index) = vector.iter().position(|number| !number.is_finite()) {
            check.require(false, &format!("vector/{index}"), || {
                "must be finite".to_owned()
            });
        }
        InvalidInput::check(errors)?;
        self.remove(key);
        let capacity = self.config.settings.capacity as usize;
        if capacity == 0 {
            return Ok(());
        }
        while let Some((stored_at, used)) = self.by_age.first().copied()
            && self.is_too_old(stored_at, now)
        {
            self.evict(used);
        }
        while self.kept.len() >= capacity
            && let Some(used) = self.by_use.keys().next().copied()
        {
            self.evict(used);
        }
        self.calls += 1;
        self.by_use.insert(self.calls, key.into());
        self.by_age.insert((now, self.calls));
        let kept = Kept {
            vector: vector.to_vec(),
            stored_at: now,
            used: self.calls,
        };
        self.kept.insert(key.into(), kept);
        Ok(())
    }

    /// Forgets all vectors and counts.
    pub fn clear(&mut self) {
        *self = Self::new(self.config);
    }

    fn evict(&mut self, used: u64) {
        if let Some(key) = self.by_use.get(&used).cloned() {
            self.remove(&key);
            self.usage.evictions += 1;
        }
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(kept) = self.kept.remove(key) {
            self.by_use.remove(&kept.used);
            self.by_age.remove(&(kept.stored_at, kept.used));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cache(capacity: u32, time_to_live_ms: u64) -> EmbeddingCache {
        let settings = CacheSettings {
            capacity,
            time_to_live_ms,
        };
        EmbeddingCache::new(CacheConfig::new(settings).unwrap())
    }

    #[test]
    fn least_recently_used_gives_way() {
        let mut cache = cache(2, 0);
        cache.put(b"a", &[1.0], 0).unwrap();
        cache.put(b"b", &[2.0], 0).unwrap();
        assert!(cache.get(b"a", 0).is_some());
        cache.put(b"c", &[3.0], 0).unwrap();
        assert_eq!(cache.get(b"b", u64::MAX), None);
        assert_eq!(cache.get(b"a", u64::MAX), Some(&[1.0][..]));
        // Replacing makes no room.
        cache.put(b"a", &[4.0], 1).unwrap();
        assert_eq!(cache.get(b"c", 0), Some(&[3.0][..]));
        assert_eq!(
            cache.usage(),
            CacheUsage {
                size: 2,
                hits: 3,
                misses: 1,
                evictions: 1
            }
        );
        cache.clear();
        assert_eq!(cache.usage(), CacheUsage::default());
    }

    #[test]
    fn what_is_too_old_gives_way_first() {
        let mut cache = cache(2, 10);
        cache.put(b"old", &[1.0], 0).unwrap();
        cache.put(b"new", &[2.0], 5).unwrap();
        assert!(cache.get(b"old", 10).is_some());
        cache.put(b"next", &[3.0], 11).unwrap();
        assert_eq!(cache.get(b"new", 11), Some(&[2.0][..]));
        assert_eq!(cache.get(b"new", 16), None);
        assert_eq!(
            cache.usage(),
            CacheUsage {
                size: 1,
                hits: 2,
                misses: 1,
                evictions: 2
            }
        );
        assert_eq!(cache.get(b"next", 0), Some(&[3.0][..]));
    }

    #[test]
    fn nothing_is_kept_without_room_or_with_what_is_no_vector() {
        let mut none = cache(0, 10);
        none.put(b"a", &[1.0], 0).unwrap();
        assert_eq!(none.get(b"a", 0), None);
        assert_eq!(none.usage().size, 0);
        let error = none.put(&[0; 1_025], &[0.0, f32::NAN], 0).unwrap_err();
        let pointers: Vec<_> = error
            .errors()
            .iter()
            .map(|error| error.pointer.as_str())
            .collect();
        assert_eq!(pointers, ["/key", "/vector/1"]);
        let settings = CacheSettings {
            capacity: 100_001,
            ..Default::default()
        };
        assert!(CacheConfig::new(settings).is_err());
    }

    proptest! {
        #[test]
        fn never_holds_more_and_gives_what_was_put(
            steps in prop::collection::vec((any::<bool>(), 0_u8..9, 0_u64..40), 0..200),
            capacity in 0_u32..5,
        ) {
            let mut cache = cache(capacity, 12);
            let mut last = BTreeMap::new();
            for (number, (puts, key, now)) in steps.into_iter().enumerate() {
                if puts {
                    cache.put(&[key], &[number as f32], now).unwrap();
                    last.insert(key, (number as f32, now));
                } else if let Some(found) = cache.get(&[key], now) {
                    let (number, stored_at) = last[&key];
                    prop_assert_eq!(found, &[number][..]);
                    prop_assert!(now.saturating_sub(stored_at) <= 12);
                }
                prop_assert!(cache.usage().size <= capacity);
                prop_assert_eq!(cache.by_use.len(), cache.kept.len());
                prop_assert_eq!(cache.by_age.len(), cache.kept.len());
            }
        }
    }
}
