//! Common English words that say little about whether two answers agree.

/// In byte order, for the binary search.
const STOP_WORDS: [&str; 73] = [
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "being",
    "but", "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he",
    "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may", "might", "more", "my",
    "no", "not", "of", "on", "or", "our", "she", "should", "so", "such", "than", "that", "the",
    "their", "then", "there", "these", "they", "this", "those", "to", "was", "we", "were", "what",
    "when", "which", "who", "will", "with", "would", "you", "your",
];

const LONGEST: usize = 6;

/// The words as big-endian numbers, which have the order of the bytes.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler evaluates it; an index out of bounds is an error there"
)]
const KEYS: [u64; STOP_WORDS.len()] = {
    let mut keys = [0; STOP_WORDS.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = key(STOP_WORDS[index].as_bytes());
        index += 1;
    }
    keys
};

/// Whether a word of at most 8 bytes, the first in the lowest byte of `little_endian`, is common.
pub(super) fn contains(little_endian: u64, length: usize) -> bool {
    length <= LONGEST && KEYS.binary_search(&little_endian.swap_bytes()).is_ok()
}

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler evaluates it; an index out of bounds is an error there"
)]
const fn key(word: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let mut index = 0;
    while index < word.len() {
        bytes[index] = word[index];
        index += 1;
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_sorted_and_within_its_bound() {
        assert!(STOP_WORDS.is_sorted());
        assert!(KEYS.is_sorted());
        let longest = STOP_WORDS.iter().map(|word| word.len()).max();
        assert_eq!(longest, Some(LONGEST));
        let holds = |word: &str| contains(key(word.as_bytes()).swap_bytes(), word.len());
        assert!(STOP_WORDS.iter().all(|word| holds(word)));
        assert!(holds("should") && !holds("shoulder") && !holds(""));
    }
}
