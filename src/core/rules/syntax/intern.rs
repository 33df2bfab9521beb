//! Equal texts of one source share their memory.

use std::sync::Arc;

/// A hash table of texts.
#[derive(Default)]
pub(super) struct Interner {
    // INVARIANT: the length is 0 or a power of two; at most half is taken.
    slots: Vec<Option<(u64, Arc<str>)>>,
    taken: usize,
}

/// Texts that are chosen so that their hashes meet are no longer shared from here on, which costs
/// memory and not time.
const MAX_PROBES: usize = 32;

fn hash(text: &str) -> u64 {
    let mut hash = text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let word = chunk
            .iter()
            .rev()
            .fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
        hash = mixed(hash.rotate_left(5) ^ word);
    }
    mixed(hash)
}

/// Every bit of the outcome depends on every bit.
fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word ^ (word >> 29)
}

impl Interner {
    /// The text, shared with all equal ones before.
    pub(super) fn intern(&mut self, text: &str) -> Arc<str> {
        if self.taken * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(text);
        for place in probes(hash, self.slots.len()) {
            match self.slots.get_mut(place) {
                Some(Some((other, shared))) if *other == hash && shared.as_ref() == text => {
                    return shared.clone();
                }
                Some(Some(_)) => {}
                Some(slot) => {
                    let shared: Arc<str> = text.into();
                    *slot = Some((hash, shared.clone()));
                    self.taken += 1;
                    return shared;
                }
                None => break,
            }
        }
        text.into()
    }

    fn grow(&mut self) {
        let length = (self.slots.len() * 4).max(64);
        let old = std::mem::replace(&mut self.slots, vec![None; length]);
        self.taken = 0;
        for (hash, shared) in old.into_iter().flatten() {
            let free =
                probes(hash, length).find(|place| matches!(self.slots.get(*place), Some(None)));
            if let Some(slot) = free.and_then(|place| self.slots.get_mut(place)) {
                *slot = Some((hash, shared));
                self.taken += 1;
            }
        }
    }
}

/// Where a text with this hash may be.
fn probes(hash: u64, length: usize) -> impl Iterator<Item = usize> {
    let mask = length.wrapping_sub(1);
    // Only the low bits count, so that the truncation on 32 bits does not matter.
    let first = hash as usize;
    (0..MAX_PROBES).map(move |step| first.wrapping_add(step) & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_memory() {
        let mut interner = Interner::default();
        let texts: Vec<String> = (0..10_000).map(|number| format!("name{number}")).collect();
        let first: Vec<_> = texts.iter().map(|text| interner.intern(text)).collect();
        for (text, shared) in texts.iter().zip(first) {
            assert_eq!(*text, *shared);
            assert!(Arc::ptr_eq(&interner.intern(text), &shared));
        }
    }
}
