//! How often each word stands in each of two texts.
//!
//! An open-addressing table whose work is bounded: texts made to collide are counted by sorting
//! instead, with the same result, so no input takes more than `O(n log n)`.

/// One word, and how often it stands in each text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) word: &'a str,
    pub(super) left: u32,
    pub(super) right: u32,
    hash: u32,
}

/// The words of two texts in the order in which they first stand, the left text before the right.
#[derive(Debug)]
pub(super) struct Vocabulary<'a> {
    entries: Vec<Entry<'a>>,
    // INVARIANT: the length is a power of two and more than the number of entries; a slot holds an
    // entry's index plus one, or 0 where it is free.
    slots: Vec<u32>,
    probes_left: usize,
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// Bytes of text for which one slot is set aside at first.
const BYTES_PER_SLOT: usize = 4;
/// Probes allowed for each byte of text; ordinary texts need less than one a word.
const PROBES_PER_BYTE: usize = 4;

impl<'a> Vocabulary<'a> {
    pub(super) fn build(
        left: impl Iterator<Item = &'a str> + Clone,
        right: impl Iterator<Item = &'a str> + Clone,
        left_bytes: usize,
        right_bytes: usize,
    ) -> Self {
        let bytes = left_bytes + right_bytes;
        let mut vocabulary = Self {
            entries: Vec::with_capacity(bytes / 8 + 4),
            slots: vec![0; (bytes / BYTES_PER_SLOT + 8).next_power_of_two()],
            probes_left: PROBES_PER_BYTE * bytes + 64,
        };
        let counted = left.clone().all(|word| vocabulary.count(word, Side::Left))
            && right
                .clone()
                .all(|word| vocabulary.count(word, Side::Right));
        if !counted {
            vocabulary.entries = count_by_sorting(left, right);
        }
        vocabulary
    }

    pub(super) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// False when the bound on work is reached.
    fn count(&mut self, word: &'a str, side: Side) -> bool {
        let hash = hash(word.as_bytes());
        let mask = self.slots.len() - 1;
        let mut position = hash as usize & mask;
        while let Some(slot) = self.slots.get_mut(position) {
            let Some(index) = (*slot as usize).checked_sub(1) else {
                *slot = self.entries.len() as u32 + 1;
                self.entries.push(Entry::once(word, hash, side));
                return self.grow_if_crowded();
            };
            match self.entries.get_mut(index) {
                Some(entry) if entry.hash == hash && entry.word == word => {
                    entry.add(side);
                    return true;
                }
                _ => {}
            }
            if self.probes_left == 0 {
                return false;
            }
            self.probes_left -= 1;
            position = (position + 1) & mask;
        }
        false
    }

    fn grow_if_crowded(&mut self) -> bool {
        if self.entries.len() * 2 <= self.slots.len() {
            return true;
        }
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![0; mask + 1];
        for (index, entry) in self.entries.iter().enumerate() {
            let mut position = entry.hash as usize & mask;
            while self.slots.get(position).is_some_and(|slot| *slot != 0) {
                if self.probes_left == 0 {
                    return false;
                }
                self.probes_left -= 1;
                position = (position + 1) & mask;
            }
            if let Some(slot) = self.slots.get_mut(position) {
                *slot = index as u32 + 1;
            }
        }
        true
    }
}

impl<'a> Entry<'a> {
    const fn once(word: &'a str, hash: u32, side: Side) -> Self {
        let mut entry = Self {
            word,
            left: 0,
            right: 0,
            hash,
        };
        entry.add(side);
        entry
    }

    const fn add(&mut self, side: Side) {
        match side {
            Side::Left => self.left += 1,
            Side::Right => self.right += 1,
        }
    }
}

fn count_by_sorting<'a>(
    left: impl Iterator<Item = &'a str>,
    right: impl Iterator<Item = &'a str>,
) -> Vec<Entry<'a>> {
    let mut all: Vec<(&str, usize, Side)> = left
        .map(|word| (word, Side::Left))
        .chain(right.map(|word| (word, Side::Right)))
        .enumerate()
        .map(|(order, (word, side))| (word, order, side))
        .collect();
    all.sort_unstable_by_key(|&(word, order, _)| (word, order));
    let mut entries: Vec<(usize, Entry<'a>)> = Vec::new();
    for (word, order, side) in all {
        match entries.last_mut() {
            Some((_, entry)) if entry.word == word => entry.add(side),
            _ => entries.push((order, Entry::once(word, 0, side))),
        }
    }
    entries.sort_unstable_by_key(|&(order, _)| order);
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// Eight bytes a step, multiply and fold. Nothing depends on its value but speed.
fn hash(bytes: &[u8]) -> u32 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = bytes.len() as u64;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        state = (state ^ u64::from_le_bytes(*chunk)).wrapping_mul(MULTIPLIER);
        state ^= state >> 29;
    }
    let mut last = 0_u64;
    for &byte in rest {
        last = (last << 8) | u64::from(byte);
    }
    state = (state ^ last).wrapping_mul(MULTIPLIER);
    (state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts<'a>(entries: &[Entry<'a>]) -> Vec<(&'a str, u32, u32)> {
        entries
            .iter()
            .map(|entry| (entry.word, entry.left, entry.right))
            .collect()
    }

    proptest! {
        #[test]
        fn table_and_sorting_agree(left in "[a-c ]{0,80}", right in "[a-d ]{0,80}") {
            let (left, right) = (left.split(' '), right.split(' '));
            // Too few bytes are announced, so that the table has to grow.
            let table = Vocabulary::build(left.clone(), right.clone(), 20, 20);
            prop_assert_eq!(counts(table.entries()), counts(&count_by_sorting(left, right)));
        }
    }

    #[test]
    fn texts_made_to_collide_are_counted_all_the_same() {
        // Words that share their low hash bits, found by trying.
        let words: Vec<String> = (0..2_000_000_u32)
            .map(|n| format!("w{n}"))
            .filter(|word| hash(word.as_bytes()).trailing_zeros() >= 10)
            .take(1_500)
            .collect();
        assert_eq!(words.len(), 1_500);
        let each = || words.iter().map(String::as_str);
        let vocabulary = Vocabulary::build(each(), each(), 0, 0);
        assert_eq!(vocabulary.probes_left, 0, "the bound was not reached");
        assert_eq!(vocabulary.entries().len(), 1_500);
        assert!(
            vocabulary
                .entries()
                .iter()
                .all(|entry| entry.left == 1 && entry.right == 1)
        );
    }
}
