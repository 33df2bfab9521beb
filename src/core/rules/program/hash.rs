//! Hashing without a seed: the same on every host.

use hashbrown::HashTable;

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes one word into a hash.
#[inline(always)]
pub(crate) const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word) as u128 * MULTIPLIER as u128;
    (product as u64) ^ (product >> 64) as u64
}

/// The hash of some words.
#[inline]
pub(crate) fn of_words(words: &[u64]) -> u64 {
    words
        .iter()
        .fold(words.len() as u64 ^ MULTIPLIER, |hash, word| {
            mix(hash, *word)
        })
}

/// The hash of a text.
pub(crate) fn of_text(text: &str) -> u64 {
    let mut chunks = text.as_bytes().chunks_exact(8);
    let mut hash = text.len() as u64 ^ MULTIPLIER;
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        hash = mix(hash, word);
    }
    let rest = chunks
        .remainder()
        .iter()
        .fold(0, |rest, byte| rest << 8 | u64::from(*byte));
    mix(hash, rest)
}

/// Numbers found by what they stand for. Never iterated: its order would be an accident.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberTable {
    table: HashTable<u32>,
}

impl NumberTable {
    #[inline]
    pub(crate) fn find(&self, hash: u64, is_it: impl FnMut(&u32) -> bool) -> Option<u32> {
        self.table.find(hash, is_it).copied()
    }

    pub(crate) fn reserve(&mut self, count: usize, hash_of: impl Fn(&u32) -> u64) {
        self.table.reserve(count, hash_of);
    }

    #[inline]
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(&u32) -> u64) {
        self.table.insert_unique(hash, number, hash_of);
    }

    /// Bytes that it holds, about: the same on every host, as limits must be.
    pub(crate) fn bytes(&self) -> usize {
        let buckets = self.table.len().saturating_mul(8) / 7;
        buckets.next_power_of_two() * 5
    }
}
