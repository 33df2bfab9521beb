//! Cutting text into words, a block of bytes at a time.
//!
//! Text is lower-cased into a buffer in which every separator beyond ASCII is a space, so that one
//! loop over bytes finds the words of any text.

use std::marker::PhantomData;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What separates words.
pub(super) trait Split {
    fn separates(c: char) -> bool;

    /// The highest bit of each byte that is a separator. The bytes are ASCII; the other bits of the
    /// answer may be anything.
    fn ascii_separators(bytes: u64) -> u64;
}

/// White space separates; punctuation stays attached.
#[derive(Debug)]
pub(super) enum AtSpace {}

impl Split for AtSpace {
    fn separates(c: char) -> bool {
        is_space(c)
    }

    fn ascii_separators(bytes: u64) -> u64 {
        let tab_to_return = at_least(bytes, b'\t') & !at_least(bytes, b'\r' + 1);
        (tab_to_return | at_least(bytes, 0x1c)) & !at_least(bytes, b' ' + 1)
    }
}

/// Everything separates but letters, numbers and underscores. Upper-case letters do not occur.
#[derive(Debug)]
pub(super) enum AtPunctuation {}

impl Split for AtPunctuation {
    fn separates(c: char) -> bool {
        if c.is_ascii() {
            return !c.is_ascii_alphanumeric() && c != '_';
        }
        let group = c.general_category_group();
        !matches!(
            group,
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
        )
    }

    fn ascii_separators(bytes: u64) -> u64 {
        let digit = at_least(bytes, b'0') & !at_least(bytes, b'9' + 1);
        let letter = at_least(bytes, b'a') & !at_least(bytes, b'z' + 1);
        let underscore = at_least(bytes, b'_') & !at_least(bytes, b'_' + 1);
        !(digit | letter | underscore)
    }
}

const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The highest bit of each byte that is at least `least`; all bytes are below 128.
const fn at_least(bytes: u64, least: u8) -> u64 {
    bytes.wrapping_add(every(0x80 - least))
}

/// What is white space beyond Unicode's `White_Space`: the information separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;

/// Appends the text in lower case, and spaces up to the next multiple of [`BLOCK`], at least one.
pub(super) fn append_lower(text: &str, separates: fn(char) -> bool, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.extend_from_slice(text.as_bytes());
    let mut seen = 0;
    for byte in buffer.get_mut(start..).unwrap_or_default() {
        seen |= *byte;
        *byte = byte.to_ascii_lowercase();
    }
    if !seen.is_ascii() {
        buffer.truncate(start);
        // The whole text at once: a final sigma depends on its surroundings.
        for c in text.to_lowercase().chars() {
            let c = if separates(c) { ' ' } else { c };
            buffer.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    let end = (buffer.len() + 1).next_multiple_of(BLOCK);
    buffer.resize(end, b' ');
}

/// Number of characters: Unicode scalar values.
#[inline(never)]
pub(crate) fn characters(text: &str) -> usize {
    let seen = text.bytes().fold(0, |seen, byte| seen | byte);
    if seen.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

/// The beginning and end of each word of a buffer that was filled by [`append_lower`].
#[derive(Debug)]
pub(super) struct Words<'a, S> {
    blocks: std::slice::Iter<'a, [u8; BLOCK]>,
    /// Where the block begins.
    base: usize,
    /// The beginning of the word that is next, or under way.
    start: usize,
    /// Beginnings and ends in the block that are still to come, one bit for each byte.
    starts: u64,
    ends: u64,
    /// 1 while a word goes on from one block into the next.
    is_open: u64,
    split: PhantomData<S>,
}

// Not derived: that would ask for `S: Clone`.
impl<S> Clone for Words<'_, S> {
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            ..*self
        }
    }
}

impl<'a, S: Split> Words<'a, S> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let (blocks, _) = bytes.as_chunks();
        Self {
            blocks: blocks.iter(),
            base: BLOCK.wrapping_neg(),
            start: 0,
            starts: 0,
            ends: 0,
            is_open: 0,
            split: PhantomData,
        }
    }

    /// At the end of a block this makes a wrong beginning, which the next block corrects.
    #[inline(always)]
    fn take_start(&mut self) {
        self.start = self
            .base
            .wrapping_add(self.starts.trailing_zeros() as usize);
        self.starts &= self.starts.wrapping_sub(1);
    }

    #[inline(always)]
    fn enter(&mut self, block: &[u8; BLOCK]) {
        self.base = self.base.wrapping_add(BLOCK);
        let words = !separators::<S>(block);
        let after_word = words << 1 | self.is_open;
        (self.starts, self.ends) = (words & !after_word, !words & after_word);
        if self.is_open == 0 {
            self.take_start();
        }
        self.is_open = words >> (BLOCK - 1);
    }
}

impl<S: Split> Iterator for Words<'_, S> {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        while self.ends == 0 {
            let block = self.blocks.next()?;
            self.enter(block);
        }
        let end = self.base.wrapping_add(self.ends.trailing_zeros() as usize);
        let word = (self.start, end);
        self.ends &= self.ends.wrapping_sub(1);
        self.take_start();
        Some(word)
    }
}

/// One bit for each byte of a block, the first lowest: whether it is an ASCII separator.
#[inline(always)]
fn separators<S: Split>(block: &[u8; BLOCK]) -> u64 {
    // Brings the highest bits of 8 bytes together in the highest byte.
    const GATHER: u64 = 0x0002_0408_1020_4081;
    const HIGH: u64 = every(0x80);
    let (steps, _) = block.as_chunks();
    let mut gathered = 0;
    for step in steps.iter().rev() {
        let bytes = u64::from_le_bytes(*step);
        let found = S::ascii_separators(bytes & !HIGH) & !bytes & HIGH;
        gathered = gathered << 8 | found.wrapping_mul(GATHER) >> 56;
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<S: Split>(text: &str) -> Vec<String> {
        let mut buffer = Vec::new();
        append_lower(text, S::separates, &mut buffer);
        let word = |(start, end)| String::from_utf8(buffer[start..end].to_vec()).unwrap();
        Words::<S>::of(&buffer).map(word).collect()
    }

    /// Character by character.
    fn expected<S: Split>(text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let words = text.split(S::separates).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    }

    #[test]
    fn each_character_separates_or_not() {
        for c in '\0'..=char::MAX {
            let text = format!("a{c}b");
            assert_eq!(found::<AtSpace>(&text), expected::<AtSpace>(&text), "{c:?}");
            let tokens = expected::<AtPunctuation>(&text);
            assert_eq!(found::<AtPunctuation>(&text), tokens, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn words_are_those_found_character_by_character(
            text in "([a-zA-Z0-9_. ,\t\u{b}\u{1c}\u{7f}]{0,9}|[a-z]{40,80}|[éΣß\u{85}\u{a0}\u{3000}😀]|\\PC){0,20}"
        ) {
            prop_assert_eq!(found::<AtSpace>(&text), expected::<AtSpace>(&text));
            prop_assert_eq!(found::<AtPunctuation>(&text), expected::<AtPunctuation>(&text));
        }
    }
}
