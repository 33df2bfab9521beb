//! How alike two texts are. Both measures are symmetric and lie within 0 and 1.
//!
//! Each text is lower-cased once, cut into words once, and counted in one table; no word is copied.

mod split;
mod stop_words;
mod vocabulary;

pub(crate) use split::characters;
use split::{AtPunctuation, AtSpace, is_space};
use vocabulary::Vocabulary;

/// Inverse document frequency of a word that stands in one of the two texts only:
/// `ln(3 / 2) + 1`, for two documents with add-one smoothing. A word in both has `ln(3 / 3) + 1`.
const ONE_TEXT_WEIGHT: f64 = 1.405_465_108_108_164_4;

/// Whether nothing but white space is in `text`.
///
/// White space is the Unicode property `White_Space` and the separators U+001C to U+001F.
///
/// # Example
///
/// ```
/// assert!(assize_core::text::is_blank(" \u{a0}\t"));
/// assert!(!assize_core::text::is_blank("\u{200b}"));
/// ```
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// Share of words that both texts have: the Jaccard index of their sets of words.
///
/// A word is a run of characters between white space, in lower case; punctuation stays attached.
/// 0 where either text has no word.
///
/// # Example
///
/// ```
/// let similarity = assize_core::text::word_overlap("Approve the plan", "reject the plan");
/// assert_eq!(similarity, 0.5);
/// ```
#[must_use]
pub fn word_overlap(left: &str, right: &str) -> f64 {
    let (in_left, in_right, in_both) = Vocabulary::build::<AtSpace>(left, right).distinct();
    if in_left == 0 || in_right == 0 {
        return 0.0;
    }
    in_both as f64 / (in_left + in_right - in_both) as f64
}

/// Cosine of the two texts' vectors of term frequency times inverse document frequency.
///
/// A word is a run of letters, numbers and underscores, in lower case; common English words are
/// left out, "no" and "not" among them. 0 where either text has no word left; exactly 1 where both
/// have the same words equally often.
///
/// # Example
///
/// ```
/// let similarity = assize_core::text::cosine_similarity("Approve the plan.", "plan: approve");
/// assert_eq!(similarity, 1.0);
/// ```
#[must_use]
pub fn cosine_similarity(left: &str, right: &str) -> f64 {
    let mut counted = Vocabulary::build::<AtPunctuation>(left, right).into_entries();
    counted.retain(|entry| !entry.is_common());

    let total_left: u64 = counted.iter().map(|entry| u64::from(entry.left)).sum();
    let total_right: u64 = counted.iter().map(|entry| u64::from(entry.right)).sum();
    if total_left == 0 || total_right == 0 {
        return 0.0;
    }
    if counted.iter().all(|entry| entry.left == entry.right) {
        return 1.0;
    }

    let (mut dot, mut norm_left, mut norm_right) = (0.0_f64, 0.0_f64, 0.0_f64);
    for entry in &counted {
        let idf = if entry.left > 0 && entry.right > 0 {
            1.0
        } else {
            ONE_TEXT_WEIGHT
        };
        let weight_left = f64::from(entry.left) / total_left as f64 * idf;
        let weight_right = f64::from(entry.right) / total_right as f64 * idf;
        dot += weight_left * weight_right;
        norm_left += weight_left * weight_left;
        norm_right += weight_right * weight_right;
    }
    (dot / (norm_left.sqrt() * norm_right.sqrt())).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weight_is_what_the_formula_gives() {
        assert_eq!(ONE_TEXT_WEIGHT, libm::log(3.0 / 2.0) + 1.0);
        assert_eq!(libm::log(3.0 / 3.0) + 1.0, 1.0);
    }

    #[test]
    fn words_keep_punctuation_and_lose_case() {
        assert_eq!(word_overlap("yes.", "yes"), 0.0);
        assert_eq!(word_overlap("YES yes", "yes"), 1.0);
        assert_eq!(word_overlap("", ""), 0.0);
        assert_eq!(word_overlap("a\u{1c}b", "b a"), 1.0);
        assert_eq!(word_overlap("a\u{200b}b", "a b"), 0.0);
        assert_eq!(word_overlap("ΟΔΟΣ", "οδος"), 1.0);
        assert_eq!(word_overlap("STRASSE", "straße"), 0.0);
    }

    #[test]
    fn tokens_lose_punctuation_and_common_words() {
        assert_eq!(cosine_similarity("do not approve", "approve!"), 1.0);
        assert_eq!(cosine_similarity("the of", "the of"), 0.0);
        assert_eq!(cosine_similarity("snake_case", "snake case"), 0.0);
        // U+24B6 is alphabetic but no letter: it separates.
        assert_eq!(cosine_similarity("x\u{24b6}y", "x y"), 1.0);
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-dA-D ,.]{0,60}",
            "\\PC{0,40}",
            "[αΣσςß\u{1c}\u{a0}é\u{301} ]{0,30}"
        ]
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_bounded(left in text(), right in text()) {
            let similarity = word_overlap(&left, &right);
            prop_assert!((0.0..=1.0).contains(&similarity));
            prop_assert_eq!(similarity.to_bits(), word_overlap(&right, &left).to_bits());
            let itself = word_overlap(&left, &left);
            prop_assert_eq!(itself, if is_blank(&left) { 0.0 } else { 1.0 });
        }

        #[test]
        fn cosine_is_symmetric_and_bounded(left in text(), right in text()) {
            let similarity = cosine_similarity(&left, &right);
            prop_assert!((0.0..=1.0).contains(&similarity));
            prop_assert!((similarity - cosine_similarity(&right, &left)).abs() <= 1e-12);
            let itself = cosine_similarity(&left, &left);
            prop_assert!(itself == 1.0 || itself == 0.0);
        }
    }
}
