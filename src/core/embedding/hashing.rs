//! Feature hashing: a vector of a text without a model.
//!
//! Each feature of the text adds its weight to one component, with a sign; both follow from a hash of
//! the feature (Weinberger, Dasgupta, Langford, Smola and Attenberg, "Feature hashing for large scale
//! multitask learning", 2009). The sign makes collisions cancel on average, so that scalar products of
//! texts are those of their features.
//!
//! Features are the words in lower case, the runs of 3 and 4 characters of each word with its ends
//! marked, and every other character that is no white space. Words of scripts that put no spaces
//! between words give runs of 1 to 3 characters instead. So texts are alike if they share words, or
//! parts of words; what words mean is not known.

use crate::error::{Check, FieldError, InvalidInput};
use crate::text::is_blank;
use std::ops::RangeInclusive;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

const LARGEST_DIMENSION: u32 = 4_096;
/// Bytes of a text, so that no sum of weights overflows.
const TEXT_BYTES: usize = 1 << 20;
/// A word counts as much as the sixteen runs of characters that one of average length has.
const WORD_WEIGHT: i64 = 4;
const RUN_WEIGHT: i64 = 1;

/// Makes vectors of texts by feature hashing: the same vectors on every host, without a model.
///
/// # Example
///
/// ```
/// use assize_core::embedding::HashingEmbedder;
///
/// let embedder = HashingEmbedder::new(256)?;
/// let like = |left: &str, right: &str| -> Result<f32, assize_core::InvalidInput> {
///     let (left, right) = (embedder.embed(left)?, embedder.embed(right)?);
///     Ok(left.iter().zip(&right).map(|(left, right)| left * right).sum())
/// };
/// assert!(like("restart the server", "The server restarts.")? > 0.4);
/// assert!(like("restart the server", "a bowl of soup")? < 0.2);
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingEmbedder {
    // INVARIANT: 1 to `LARGEST_DIMENSION`.
    dimension: u32,
}

impl HashingEmbedder {
    /// An embedder for vectors of 1 to 4,096 components.
    ///
    /// # Errors
    ///
    /// Any other dimension, at `/dimension`.
    pub fn new(dimension: u32) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        let allowed = (1..=LARGEST_DIMENSION).contains(&dimension);
        Check::at("", &mut errors).require(allowed, "dimension", || {
            format!("must be a whole number from 1 to {LARGEST_DIMENSION}, got {dimension}")
        });
        InvalidInput::check(errors)?;
        Ok(Self { dimension })
    }

    /// Number of components of its vectors.
    #[must_use]
    pub const fn dimension(&self) -> u32 {
        self.dimension
    }

    /// The vector of a text, with a norm of 1.
    ///
    /// # Errors
    ///
    /// A text that is blank or longer than 1,048,576 bytes, at `/text`.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>, InvalidInput> {
        let refuse = |message: String| Err(InvalidInput::single(FieldError::new("/text", message)));
        if is_blank(text) {
            return refuse("must not be empty or blank".to_owned());
        }
        if text.len() > TEXT_BYTES {
            let length = text.len();
            return refuse(format!(
                "must have at most {TEXT_BYTES} bytes, got {length}"
            ));
        }
        let mut sums = vec![0_i64; self.dimension as usize];
        self.add_features(&text.to_lowercase(), &mut sums);
        if sums.iter().all(|sum| *sum == 0) {
            // All features have cancelled, which takes very few dimensions.
            self.add(&mut sums, Hash::new(b't').text(text), 1);
        }
        let squares: f64 = sums.iter().map(|sum| (*sum as f64) * (*sum as f64)).sum();
        let scale = 1.0 / squares.sqrt();
        Ok(sums
            .iter()
            .map(|sum| (*sum as f64 * scale) as f32)
            .collect())
    }

    fn add_features(&self, lower: &str, sums: &mut [i64]) {
        let mut word = Vec::new();
        for c in lower.chars().chain([' ']) {
            if is_word(c) {
                word.push(c);
                continue;
            }
            self.add_word(&word, sums);
            word.clear();
            if !is_blank(c.encode_utf8(&mut [0; 4])) {
                self.add(sums, Hash::new(b'c').character(c), RUN_WEIGHT);
            }
        }
    }

    fn add_word(&self, word: &[char], sums: &mut [i64]) {
        if word.is_empty() {
            return;
        }
        if word.iter().copied().any(is_unspaced) {
            return self.add_runs(word, 1..=3, sums);
        }
        let hash = Hash::new(b'w');
        let hash = word.iter().fold(hash, |hash, c| hash.character(*c));
        self.add(sums, hash, WORD_WEIGHT);
        let marked: Vec<char> = ['<'].iter().chain(word).chain(&['>']).copied().collect();
        self.add_runs(&marked, 3..=4, sums);
    }

    fn add_runs(&self, characters: &[char], lengths: RangeInclusive<usize>, sums: &mut [i64]) {
        for length in lengths {
            for run in characters.windows(length) {
                let hash = run
                    .iter()
                    .fold(Hash::new(b'r'), |hash, c| hash.character(*c));
                self.add(sums, hash, RUN_WEIGHT);
            }
        }
    }

    fn add(&self, sums: &mut [i64], hash: Hash, weight: i64) {
        let mixed = hash.mixed();
        let at = ((mixed >> 32) * u64::from(self.dimension)) >> 32;
        if let Some(sum) = sums.get_mut(at as usize) {
            *sum += if mixed & 1 == 0 { weight } else { -weight };
        }
    }
}

/// Letters, numbers, underscores, and the marks that belong to letters.
fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number | GeneralCategoryGroup::Mark
    )
}

/// Characters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{0e00}'..='\u{0eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// A 64-bit hash, FNV-1a over whole characters.
#[derive(Debug, Clone, Copy)]
struct Hash(u64);

impl Hash {
    /// Features of different kinds must not meet.
    fn new(kind: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).unit(u32::from(kind))
    }

    const fn unit(self, unit: u32) -> Self {
        Self((self.0 ^ unit as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    const fn character(self, c: char) -> Self {
        self.unit(c as u32)
    }

    fn text(self, text: &str) -> Self {
        text.chars().fold(self, Self::character)
    }

    /// Every bit depends on every other: the last step of MurmurHash3.
    const fn mixed(self) -> u64 {
        let mut hash = self.0;
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ (hash >> 33)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn like(left: &str, right: &str) -> f32 {
        let embedder = HashingEmbedder::new(384).unwrap();
        let (left, right) = (
            embedder.embed(left).unwrap(),
            embedder.embed(right).unwrap(),
        );
        left.iter()
            .zip(&right)
            .map(|(left, right)| left * right)
            .sum()
    }

    #[test]
    fn vectors_are_these_on_every_host() {
        let vector = HashingEmbedder::new(8).unwrap().embed("Abc, abc!").unwrap();
        let bits: Vec<u32> = vector.iter().map(|number| number.to_bits()).collect();
        assert_eq!(bits, KNOWN, "{vector:?}");
    }

    const KNOWN: [u32; 8] = [1_062_184_119, 1_051_073_887, 0, 0, 1_056_517_135, 0, 0, 0];

    #[test]
    fn shared_words_and_parts_of_words_make_texts_alike() {
        assert!((like("Same words", "same WORDS") - 1.0).abs() < 1e-6);
        assert!(like("the quick brown fox", "brown fox, quick") > 0.7);
        assert!(like("internationalisation", "internationalization") > 0.5);
        assert!(like("größer als Überlauf", "grösser als überlauf") > 0.6);
        assert!(like("自然言語処理の研究", "自然言語の処理") > 0.5);
        assert!(like("हिन्दी भाषा", "हिन्दी में भाषा") > 0.6);
        assert!(like("restart the database", "grilled cheese sandwich").abs() < 0.2);
        assert!(like("!!!", "!!") > 0.99 && like("🙂", "🙃").abs() < 1.1);
    }

    #[test]
    fn what_can_not_be_embedded_is_named() {
        let embedder = HashingEmbedder::new(4).unwrap();
        for text in ["", " \n\u{a0}"] {
            let error = embedder.embed(text).unwrap_err();
            assert_eq!(error.to_string(), "`/text` must not be empty or blank");
        }
        let long = "a".repeat(TEXT_BYTES + 1);
        assert!(embedder.embed(&long).is_err());
        assert!(embedder.embed(&"a".repeat(TEXT_BYTES)).is_ok());
        for dimension in [0, 4_097] {
            let error = HashingEmbedder::new(dimension).unwrap_err();
            assert_eq!(error.errors()[0].pointer, "/dimension");
        }
    }

    proptest! {
        #[test]
        fn norm_is_one(text in "\\PC{1,40}", dimension in prop_oneof![1_u32..5, Just(384), Just(4_096)]) {
            prop_assume!(!is_blank(&text));
            let vector = HashingEmbedder::new(dimension).unwrap().embed(&text).unwrap();
            let squares: f64 = vector.iter().map(|number| f64::from(*number) * f64::from(*number)).sum();
            prop_assert!((squares - 1.0).abs() < 1e-5, "{squares}");
            prop_assert_eq!(vector.len(), dimension as usize);
        }
    }
}
