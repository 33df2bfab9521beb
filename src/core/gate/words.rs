//! Cutting text into words and tokens, whatever its script.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Whether a character belongs to a word: a letter, a mark on one, a number or an underscore.
pub(super) fn is_word_character(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        is_wide_word_character(c)
    }
}

fn is_wide_word_character(c: char) -> bool {
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Number
    )
}

/// Appends a character with its case folded.
pub(super) fn push_folded(c: char, text: &mut String) {
    match c {
        _ if c.is_ascii() => text.push(c.to_ascii_lowercase()),
        'ſ' => text.push('s'),
        _ => text.extend(c.to_lowercase()),
    }
}

/// Calls `take` with each word of a text, its case folded.
pub(super) fn each_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if is_word_character(c) {
            push_folded(c, &mut word);
        } else if !word.is_empty() {
            take(&word);
            word.clear();
        }
    }
}

/// Whether a character is a word by itself: its script has no spaces between words.
const fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Tokens of a text: runs of letters, marks, numbers and apostrophes in lower case, and each
/// character by itself of scripts that are written without spaces.
#[derive(Debug)]
pub(super) struct Tokens {
    text: String,
    spans: Vec<(usize, usize)>,
    has_unspaced: bool,
}

impl Tokens {
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut tokens = Self {
            spans: Vec::new(),
            has_unspaced: false,
            text: String::new(),
        };
        let mut start = None;
        for (index, c) in text.char_indices() {
            let alone = stands_alone(c);
            if alone || !is_token_character(c) {
                if let Some(start) = start.take() {
                    tokens.spans.push((start, index));
                }
            } else if start.is_none() {
                start = Some(index);
            }
            if alone && is_wide_word_character(c) {
                tokens.has_unspaced = true;
                tokens.spans.push((index, index + c.len_utf8()));
            }
        }
        if let Some(start) = start {
            tokens.spans.push((start, text.len()));
        }
        tokens.text = text;
        tokens
    }

    pub(super) const fn count(&self) -> usize {
        self.spans.len()
    }

    /// Whether part of it is written without spaces between words.
    pub(super) const fn has_unspaced(&self) -> bool {
        self.has_unspaced
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans
            .iter()
            .map(|&(start, end)| self.text.get(start..end).unwrap_or_default())
    }

    /// A number for each token, the same for equal ones, and how many numbers there are.
    pub(super) fn numbered(&self) -> (Vec<usize>, usize) {
        let distinct = self.distinct();
        let number = |token| distinct.binary_search(&token).unwrap_or_default();
        (self.iter().map(number).collect(), distinct.len())
    }

    /// Each token once, in order.
    pub(super) fn distinct(&self) -> Vec<&str> {
        let mut distinct: Vec<_> = self.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }
}

fn is_token_character(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '\''
    } else {
        is_wide_word_character(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_every_script_are_found() {
        let tokens = |text| {
            let tokens = Tokens::of(text);
            tokens.iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            tokens("Don't stop_now, 2 times!"),
            ["don't", "stop", "now", "2", "times"]
        );
        assert_eq!(tokens("Привет, мир"), ["привет", "мир"]);
        assert_eq!(tokens("हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
        assert_eq!(tokens("中文 ok。"), ["中", "文", "ok"]);
        assert_eq!(tokens("...!"), [""; 0]);
    }
}
