//! How sure an answer sounds.

use super::words::{Tokens, is_word_character};
use crate::text::is_blank;

/// Words of doubt; each that occurs lowers the confidence once.
const MARKERS: [&str; 11] = [
    "i think",
    "maybe",
    "probably",
    "might be",
    "i'm not sure",
    "possibly",
    "could be",
    "perhaps",
    "seems like",
    "appears to",
    "likely",
];
const SHORT_WORDS: usize = 10;

/// An estimate from the wording of an answer alone, 0 to 1.
///
/// Words of doubt, fewer than 10 words and repetition lower it; a blank answer has 0.1.
///
/// # Example
///
/// ```
/// use assize_core::gate::confidence;
///
/// assert_eq!(confidence("It is unlikely that the tenth replica is still awake today."), 1.0);
/// assert_eq!(confidence("Maybe the tenth replica is still awake, as it was today."), 0.9);
/// ```
#[must_use]
pub fn confidence(answer: &str) -> f64 {
    if is_blank(answer) {
        return 0.1;
    }
    let mut confidence = 1.0;
    let lower = answer.to_lowercase().replace('\u{2019}', "'");
    for marker in MARKERS {
        if has_phrase(&lower, marker) {
            confidence -= 0.1;
        }
    }
    let mut words: Vec<_> = answer.split_whitespace().collect();
    let total = words.len();
    let tokens = Tokens::of(answer);
    let length = if tokens.has_unspaced() {
        tokens.count()
    } else {
        total
    };
    if length < SHORT_WORDS {
        confidence -= 0.2;
    }
    words.sort_unstable();
    words.dedup();
    if total > 0 {
        let repetition = 1.0 - words.len() as f64 / total as f64;
        if repetition > 0.3 {
            confidence -= 0.3 * repetition;
        }
    }
    confidence.clamp(0.0, 1.0)
}

/// Whether `phrase` stands in `text` with no word character before or after it.
fn has_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(start, _)| {
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(start + phrase.len()..).unwrap_or_default();
        !before.chars().next_back().is_some_and(is_word_character)
            && !after.chars().next().is_some_and(is_word_character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REST: &str = "the plan of the budget was approved by two people";

    #[test]
    fn unlikely_is_not_likely() {
        assert_eq!(confidence(&format!("it is unlikely that {REST}")), 1.0);
        assert_eq!(confidence(&format!("it is likely that {REST}")), 0.9);
        assert_eq!(confidence(&format!("I’m not sure that {REST}")), 0.9);
        assert_eq!(confidence(&format!("hawaii think tank: {REST}")), 1.0);
        assert_eq!(confidence(&format!("it could become so: {REST}")), 1.0);
    }

    #[test]
    fn short_and_repeated_answers_are_less_sure() {
        assert_eq!(confidence("yes"), 0.8);
        assert_eq!(confidence(" \u{a0}"), 0.1);
        assert_eq!(
            confidence("no no no no no no no no no no"),
            1.0 - 0.3 * (1.0 - 0.1)
        );
        assert_eq!(confidence("预算计划已经获得批准，可以开始了。"), 1.0);
    }

    proptest! {
        #[test]
        fn estimates_are_within_bounds(text in "(maybe |likely |\\PC|中){0,40}") {
            prop_assert!((0.0..=1.0).contains(&confidence(&text)));
        }
    }
}
