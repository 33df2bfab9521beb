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

pub(super) fn contains(word: &str) -> bool {
    word.len() <= LONGEST && STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_sorted_and_within_its_bound() {
        assert!(STOP_WORDS.is_sorted());
        assert_eq!(
            STOP_WORDS.iter().map(|word| word.len()).max(),
            Some(LONGEST)
        );
        assert!(contains("should") && !contains("shoulder") && !contains(""));
    }
}
