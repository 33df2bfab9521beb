//! A score for a text by the words in it.

use super::threshold::Score;
use super::words::{each_word, is_word_character, push_folded};
use crate::error::{Check, FieldError, InvalidInput};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// Lists that a lexicon may have.
const LISTS: usize = 16;
/// Words that all lists of a lexicon may have together.
const WORDS: usize = 10_000;
/// Bytes of a word or of the name of a list.
const WORD_BYTES: usize = 128;

const HARMFUL: [&str; 15] = [
    "hate",
    "violence",
    "attack",
    "kill",
    "destroy",
    "harm",
    "abuse",
    "exploit",
    "discriminate",
    "racist",
    "sexist",
    "terrorist",
    "weapon",
    "bomb",
    "murder",
];
const POSITIVE: [&str; 15] = [
    "help",
    "support",
    "care",
    "love",
    "kind",
    "respect",
    "ethical",
    "fair",
    "honest",
    "trust",
    "safe",
    "protect",
    "collaborate",
    "peace",
    "understanding",
];

/// Words that raise or lower a score.
#[derive(Debug, Clone, PartialEq)]
pub struct WordList {
    /// What the list is called in answers; not blank.
    pub name: String,
    /// What each occurrence adds to the score, -1 to 1.
    pub weight: f64,
    /// The words: letters, numbers and underscores, in any case. No word stands in two lists.
    pub words: Vec<String>,
}

/// What a text is scored by, as a caller writes it down.
#[derive(Debug, Clone, PartialEq)]
pub struct LexiconSettings {
    /// The score of a text that has none of the words, 0 to 1.
    pub base: f64,
    /// The lists; at most 16, with at most 10,000 words together.
    pub lists: Vec<WordList>,
}

impl Default for LexiconSettings {
    fn default() -> Self {
        let list = |name: &str, weight, words: &[&str]| WordList {
            name: name.to_owned(),
            weight,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        Self {
            base: 0.8,
            lists: vec![
                list("harmful", -0.15, &HARMFUL),
                list("positive", 0.05, &POSITIVE),
            ],
        }
    }
}

impl LexiconSettings {
    /// Adds an error for each field that is not acceptable, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        Lexicon::build(self.clone(), at, errors);
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.f64(self.base);
        writer.length(self.lists.len());
        for list in &self.lists {
            writer.text(&list.name);
            writer.f64(list.weight);
            writer.length(list.words.len());
            list.words.iter().for_each(|word| writer.text(word));
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let base = reader.f64()?;
        let count = reader.length(LISTS, "lists of words")?;
        let mut lists = Vec::new();
        for _ in 0..count {
            let name = reader.text()?;
            let weight = reader.f64()?;
            let count = reader.length(WORDS, "words")?;
            let words = (0..count).map(|_| reader.text());
            lists.push(WordList {
                name,
                weight,
                words: words.collect::<Result<_, _>>()?,
            });
        }
        Ok(Self { base, lists })
    }
}

/// A text's score, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct TextScore {
    /// The score.
    pub score: Score,
    /// For each list, in the order of the settings: its name and how often its words occur.
    pub occurrences: Vec<(String, u64)>,
}

/// Lists of words, ready to score texts.
///
/// # Example
///
/// ```
/// use assize_core::gate::Lexicon;
///
/// let score = Lexicon::default().score("Please help, don't attack");
/// assert!((score.score.get() - 0.7).abs() < 1e-12);
/// assert_eq!(score.occurrences[0], ("harmful".to_owned(), 1));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lexicon {
    settings: LexiconSettings,
    /// Each word in its folded form with the position of its list, in the order of the words.
    index: Vec<(String, usize)>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::build(LexiconSettings::default(), "", &mut Vec::new())
    }
}

impl Lexicon {
    /// Takes lists of words.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, with pointers that begin with `/lexicon`.
    pub fn new(settings: LexiconSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        let lexicon = Self::build(settings, "/lexicon", &mut errors);
        InvalidInput::check(errors)?;
        Ok(lexicon)
    }

    pub(super) fn build(settings: LexiconSettings, at: &str, errors: &mut Vec<FieldError>) -> Self {
        let words: usize = settings.lists.iter().map(|list| list.words.len()).sum();
        let mut check = Check::at(at, errors);
        check.unit_interval("base", settings.base);
        check.require(settings.lists.len() <= LISTS, "lists", || {
            format!(
                "must be at most {LISTS} lists, got {}",
                settings.lists.len()
            )
        });
        check.require(words <= WORDS, "lists", || {
            format!("must hold at most {WORDS} words, got {words}")
        });
        let mut index: Vec<(String, usize)> = Vec::new();
        for (number, list) in settings.lists.iter().take(LISTS).enumerate() {
            let at = format!("{at}/lists/{number}");
            check_list(list, &at, errors);
            for word in list.words.iter().take(WORDS) {
                index.push((folded(word), number));
            }
        }
        index.sort_unstable();
        index.dedup();
        let twice = |pair: &[(String, usize)]| matches!(pair, [left, right] if left.0 == right.0);
        if let Some([(word, first), (_, second)]) = index.windows(2).find(|pair| twice(pair)) {
            errors.push(FieldError::new(
                format!("{at}/lists/{second}/words"),
                format!("`{word}` is in list {first}, too; a word has one weight"),
            ));
        }
        Self { settings, index }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &LexiconSettings {
        &self.settings
    }

    /// Scores a text: the base, and for each list its weight times the occurrences of its words,
    /// cut at 0 and 1. Only whole words count, in any case.
    #[must_use]
    pub fn score(&self, text: &str) -> TextScore {
        let mut counts = vec![0_u64; self.settings.lists.len()];
        each_word(text, |word| {
            let found = self
                .index
                .binary_search_by(|(known, _)| known.as_str().cmp(word));
            let list = found.ok().and_then(|place| self.index.get(place));
            if let Some(count) = list.and_then(|(_, list)| counts.get_mut(*list)) {
                *count += 1;
            }
        });
        let mut score = self.settings.base;
        let mut occurrences = Vec::with_capacity(counts.len());
        for (list, count) in self.settings.lists.iter().zip(counts) {
            score += list.weight * count as f64;
            occurrences.push((list.name.clone(), count));
        }
        TextScore {
            score: Score::clamped(score),
            occurrences,
        }
    }
}

fn check_list(list: &WordList, at: &str, errors: &mut Vec<FieldError>) {
    let mut check = Check::at(at, errors);
    check.not_blank("name", &list.name);
    check.require(list.name.len() <= WORD_BYTES, "name", || {
        format!(
            "must be at most {WORD_BYTES} bytes, got {}",
            list.name.len()
        )
    });
    check.require((-1.0..=1.0).contains(&list.weight), "weight", || {
        format!("must be a number from -1 to 1, got {}", list.weight)
    });
    for (number, word) in list.words.iter().take(WORDS).enumerate() {
        let is_word = !word.is_empty() && word.chars().all(is_word_character);
        check.require(is_word, &format!("words/{number}"), || {
            format!("must be one word of letters, numbers and underscores, got `{word}`")
        });
        check.require(word.len() <= WORD_BYTES, &format!("words/{number}"), || {
            format!("must be at most {WORD_BYTES} bytes, got {}", word.len())
        });
    }
}

fn folded(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    word.chars().for_each(|c| push_folded(c, &mut folded));
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_words_count_in_any_case() {
        let score = |text| Lexicon::default().score(text).score.get();
        assert_eq!(score(""), 0.8);
        assert_eq!(score("HELP Kill hArM"), 0.8 - 0.15 * 2.0 + 0.05);
        assert_eq!(score("harm_less kill2 killing skills"), 0.8);
        assert_eq!(score("harm-less harm's"), 0.8 - 0.15 * 2.0);
        assert_eq!(score("haſte, \u{212a}ill, harm\u{301}"), 0.8 - 0.15);
        assert_eq!(score("kill kill kill kill kill kill"), 0.0);
        assert_eq!(score("help help help help help help"), 1.0);
    }

    #[test]
    fn wrong_lists_are_refused_with_their_places() {
        let list = |name: &str, weight, words: &[&str]| WordList {
            name: name.to_owned(),
            weight,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let settings = LexiconSettings {
            base: f64::NAN,
            lists: vec![
                list(" ", 2.0, &["two words", "", "Gift"]),
                list("x", 0.5, &["gift"]),
            ],
        };
        let error = Lexicon::new(settings).unwrap_err();
        let pointers: Vec<_> = error
            .errors()
            .iter()
            .map(|error| error.pointer.as_str())
            .collect();
        assert_eq!(
            pointers,
            [
                "/lexicon/base",
                "/lexicon/lists/0/name",
                "/lexicon/lists/0/weight",
                "/lexicon/lists/0/words/0",
                "/lexicon/lists/0/words/1",
                "/lexicon/lists/1/words"
            ]
        );
    }

    #[test]
    fn words_of_every_script_can_be_listed() {
        let lexicon = Lexicon::new(LexiconSettings {
            base: 0.5,
            lists: vec![WordList {
                name: "schlecht".to_owned(),
                weight: -0.25,
                words: vec!["Gefährlich".to_owned(), "опасно".to_owned()],
            }],
        })
        .unwrap();
        assert_eq!(lexicon.score("GEFÄHRLICH! Опасно.").score.get(), 0.0);
    }

    proptest! {
        #[test]
        fn scores_of_any_text_are_within_bounds(text in "(kill |help |\\PC|ſ|\u{130}){0,40}") {
            let found = Lexicon::default().score(&text);
            prop_assert!((0.0..=1.0).contains(&found.score.get()));
        }
    }
}
