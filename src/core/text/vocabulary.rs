//! How often each word stands in each of two texts.
//!
//! An open-addressing table whose work is bounded: texts made to collide are counted by sorting
//! instead, with the same result, so no input takes more than `O(n log n)`.

use super::split::{BLOCK, Split, Words, append_lower};
use super::stop_words;
use std::cmp::Ordering;

/// One word, and how often it stands in each text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    word: Word,
    pub(super) left: u32,
    pub(super) right: u32,
}

/// A word by its place in the buffer, with enough of its bytes to tell most words apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    /// The first 8 bytes, the first of them lowest, zeros after the end of a shorter word.
    first: u64,
    /// The last 8 bytes; 0 where `first` holds all.
    last: u64,
    start: usize,
    length: usize,
}

/// The words of two texts in the order in which they first stand, the left text before the right.
#[derive(Debug)]
pub(super) struct Vocabulary {
    entries: Vec<Entry>,
    /// Number of entries of the left text; they stand first.
    left_entries: usize,
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

/// What is in a slot.
enum Probe<'a> {
    Free,
    Found(&'a mut Entry),
    Taken,
}

/// Bytes of a word that are loaded together.
const STEP: usize = 8;
/// Bytes of text for which one slot is set aside at first.
const BYTES_PER_SLOT: usize = 4;
/// Probes allowed for each byte of text; ordinary texts need less than one a word.
const PROBES_PER_BYTE: usize = 4;

impl Vocabulary {
    pub(super) fn build<S: Split>(left: &str, right: &str) -> Self {
        let slots = (left.len() + right.len()) / BYTES_PER_SLOT;
        Self::with_slots::<S>(left, right, slots)
    }

    fn with_slots<S: Split>(left: &str, right: &str, slots: usize) -> Self {
        let texts = Texts::new::<S>(left, right);
        let length = left.len() + right.len();
        let mut vocabulary = Self {
            entries: Vec::with_capacity(length / 8 + 4),
            left_entries: 0,
            slots: vec![0; (slots + 8).next_power_of_two()],
            probes_left: PROBES_PER_BYTE * length + 64,
        };
        if !vocabulary.count::<S>(&texts) {
            vocabulary.entries = count_by_sorting::<S>(&texts);
        }
        let of_left = |entry: &Entry| entry.left > 0;
        vocabulary.left_entries = vocabulary.entries.partition_point(of_left);
        vocabulary
    }

    /// Every word with its counts.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The number of different words in the left text, in the right one, and in both.
    pub(super) fn distinct(&self) -> (usize, usize, usize) {
        let left = self.entries.get(..self.left_entries).unwrap_or_default();
        let both = left.iter().filter(|entry| entry.right > 0).count();
        let only_right = self.entries.len() - left.len();
        (left.len(), only_right + both, both)
    }

    /// False when the bound on work is reached.
    fn count<S: Split>(&mut self, texts: &Texts) -> bool {
        let mut words = texts.words::<S>();
        while let Some((word, side)) = self.count_while_easy(texts, &mut words) {
            if !self.count_word(&texts.bytes, word, side) {
                return false;
            }
        }
        true
    }

    /// Counts words up to one that is long, or that needs more room. The loop calls nothing, so
    /// that compilers keep what it needs in registers.
    #[inline(never)]
    fn count_while_easy<S: Split>(
        &mut self,
        texts: &Texts,
        words: &mut Words<'_, S>,
    ) -> Option<(Word, Side)> {
        let mut rest = words.clone();
        while let Some(range) = rest.next() {
            let (word, side) = texts.load(range);
            let position = word.short_hash() as usize & self.slots.len().wrapping_sub(1);
            let has_room = self.entries.len() < self.entries.capacity() && !self.is_crowded();
            let is_easy = has_room && !word.has_middle();
            match self.probe(&texts.bytes, position, &word) {
                Probe::Found(entry) if is_easy => entry.add(side),
                Probe::Free if is_easy => {
                    self.entries.push(Entry::once(word, side));
                    if let Some(slot) = self.slots.get_mut(position) {
                        *slot = self.entries.len() as u32;
                    }
                }
                _ => {
                    *words = rest;
                    return Some((word, side));
                }
            }
        }
        None
    }

    fn count_word(&mut self, bytes: &[u8], word: Word, side: Side) -> bool {
        let mut position = word.hash(bytes) as usize & (self.slots.len() - 1);
        loop {
            match self.probe(bytes, position, &word) {
                Probe::Found(entry) => {
                    entry.add(side);
                    return true;
                }
                Probe::Free => return self.insert(bytes, position, word, side),
                Probe::Taken => {}
            }
            if self.probes_left == 0 {
                return false;
            }
            self.probes_left -= 1;
            position = (position + 1) & (self.slots.len() - 1);
        }
    }

    #[inline(always)]
    fn probe(&mut self, bytes: &[u8], position: usize, word: &Word) -> Probe<'_> {
        let slot = self.slots.get(position).copied().unwrap_or_default();
        if slot == 0 {
            return Probe::Free;
        }
        match self.entries.get_mut(slot.wrapping_sub(1) as usize) {
            Some(entry) if entry.word.equals(word, bytes) => Probe::Found(entry),
            _ => Probe::Taken,
        }
    }

    fn insert(&mut self, bytes: &[u8], position: usize, word: Word, side: Side) -> bool {
        self.entries.push(Entry::once(word, side));
        if let Some(slot) = self.slots.get_mut(position) {
            *slot = self.entries.len() as u32;
        }
        !self.is_crowded() || self.grow(bytes)
    }

    const fn is_crowded(&self) -> bool {
        self.entries.len() > self.slots.len() / 2
    }

    fn grow(&mut self, bytes: &[u8]) -> bool {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![0; mask + 1];
        for (index, entry) in self.entries.iter().enumerate() {
            let mut position = entry.word.hash(bytes) as usize & mask;
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

impl Entry {
    const fn once(word: Word, side: Side) -> Self {
        let mut entry = Self {
            word,
            left: 0,
            right: 0,
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

    /// Whether it says little about what a text means.
    pub(super) fn is_common(&self) -> bool {
        stop_words::contains(self.word.first, self.word.length)
    }
}

impl Word {
    fn load(bytes: &[u8], start: usize, end: usize) -> Self {
        let length = end - start;
        let first = load(bytes, start);
        let (first, last) = if length < STEP {
            (first & !(u64::MAX << (8 * length)), 0)
        } else {
            (first, load(bytes, end - STEP))
        };
        Self {
            first,
            last,
            start,
            length,
        }
    }

    fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes
            .get(self.start..self.start + self.length)
            .unwrap_or_default()
    }

    const fn has_middle(&self) -> bool {
        self.length > 2 * STEP
    }

    fn equals(&self, other: &Self, bytes: &[u8]) -> bool {
        (self.first, self.last, self.length) == (other.first, other.last, other.length)
            && (!self.has_middle() || self.text(bytes) == other.text(bytes))
    }

    /// Multiply and fold. Nothing depends on its value but speed.
    fn hash(&self, bytes: &[u8]) -> u32 {
        if !self.has_middle() {
            return self.short_hash();
        }
        let mut state = self.length as u64;
        let (steps, _) = self.text(bytes).as_chunks();
        for step in steps {
            state = (state ^ (state >> 29) ^ u64::from_le_bytes(*step)).wrapping_mul(MULTIPLIER);
        }
        ((state ^ self.last).wrapping_mul(MULTIPLIER) >> 32) as u32
    }

    /// The hash of a word whose every byte is in `first` or `last`.
    const fn short_hash(&self) -> u32 {
        let state = (self.first ^ self.length as u64).wrapping_mul(MULTIPLIER);
        ((state ^ (state >> 29) ^ self.last).wrapping_mul(MULTIPLIER) >> 32) as u32
    }
}

/// The fractional part of the golden ratio in 64 bits, as in Fibonacci hashing.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

fn load(bytes: &[u8], start: usize) -> u64 {
    let loaded = bytes.get(start..).and_then(|rest| rest.first_chunk());
    loaded.map_or(0, |step| u64::from_le_bytes(*step))
}

/// Both texts, ready to be cut into words.
struct Texts {
    bytes: Vec<u8>,
    /// Where the right text begins.
    middle: usize,
    /// Where it ends; beyond, there is space for a load of 8 bytes at any byte of a word.
    end: usize,
}

impl Texts {
    fn new<S: Split>(left: &str, right: &str) -> Self {
        let mut bytes = Vec::with_capacity(left.len() + right.len() + 2 * BLOCK + STEP);
        append_lower(left, S::separates, &mut bytes);
        let middle = bytes.len();
        append_lower(right, S::separates, &mut bytes);
        let end = bytes.len();
        bytes.resize(end + STEP, b' ');
        Self { bytes, middle, end }
    }

    fn words<S: Split>(&self) -> Words<'_, S> {
        Words::of(self.bytes.get(..self.end).unwrap_or_default())
    }

    #[inline(always)]
    fn load(&self, (start, end): (usize, usize)) -> (Word, Side) {
        let side = if start < self.middle {
            Side::Left
        } else {
            Side::Right
        };
        (Word::load(&self.bytes, start, end), side)
    }
}

fn count_by_sorting<S: Split>(texts: &Texts) -> Vec<Entry> {
    let words = texts.words::<S>().map(|range| texts.load(range));
    merge_equal(
        texts,
        words.map(|(word, side)| Entry::once(word, side)).collect(),
    )
}

fn merge_equal(texts: &Texts, mut all: Vec<Entry>) -> Vec<Entry> {
    let text = |entry: &Entry| entry.word.text(&texts.bytes);
    sort(&mut all, &|one, other| {
        let by_text = text(one).cmp(text(other));
        by_text.then(one.word.start.cmp(&other.word.start))
    });
    all.dedup_by(|next, first| {
        let is_equal = next.word.equals(&first.word, &texts.bytes);
        if is_equal {
            first.left += next.left;
            first.right += next.right;
        }
        is_equal
    });
    sort(&mut all, &|one, other| {
        one.word.start.cmp(&other.word.start)
    });
    all
}

/// Not generic: one copy of the sorting code is enough for what hardly ever happens.
fn sort(entries: &mut [Entry], order: &dyn Fn(&Entry, &Entry) -> Ordering) {
    entries.sort_unstable_by(order);
}

#[cfg(test)]
mod tests {
    use super::super::split::{AtPunctuation, AtSpace};
    use super::*;
    use proptest::prelude::*;

    fn check<S: Split>(left: &str, right: &str) {
        // Too few slots, so that the table has to grow.
        let table = Vocabulary::with_slots::<S>(left, right, 0);
        let sorted = count_by_sorting::<S>(&Texts::new::<S>(left, right));
        let number = |has: fn(&Entry) -> bool| sorted.iter().filter(|it| has(it)).count();
        let distinct = (
            number(|it| it.left > 0),
            number(|it| it.right > 0),
            number(|it| it.left > 0 && it.right > 0),
        );
        assert_eq!(table.distinct(), distinct);
        assert_eq!(table.into_entries(), sorted);
    }

    proptest! {
        #[test]
        fn table_and_sorting_agree(
            left in "([a-c]{1,2}|[ab]{7,9}|[ab]{15,19}| |\0){0,60}",
            right in "([a-c]{1,2}|[ab]{7,9}|[ab]{15,19}| |\0){0,60}",
        ) {
            check::<AtSpace>(&left, &right);
            check::<AtPunctuation>(&left, &right);
        }
    }

    #[test]
    fn texts_made_to_collide_are_counted_all_the_same() {
        // Words that share their low hash bits, found by trying.
        let low_bits = |word: &str| {
            let texts = Texts::new::<AtSpace>(word, "");
            let (word, _) = texts.load((0, word.len()));
            word.hash(&texts.bytes).trailing_zeros()
        };
        let words: Vec<String> = (0..4_000_000_u32)
            .map(|n| format!("w{n}"))
            .filter(|word| low_bits(word) >= 12)
            .take(900)
            .collect();
        assert_eq!(words.len(), 900);
        let text = words.join(" ");
        let vocabulary = Vocabulary::build::<AtSpace>(&text, &text);
        assert_eq!(vocabulary.probes_left, 0, "the bound was not reached");
        assert_eq!(vocabulary.distinct(), (900, 900, 900));
        for entry in vocabulary.into_entries() {
            assert_eq!((entry.left, entry.right), (1, 1));
        }
    }
}
