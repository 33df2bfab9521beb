//! Cutting text into words. The rules of two measures, each with a table for ASCII.

use std::borrow::Cow;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What is white space beyond Unicode's `White_Space`: the information separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_word_character(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
    )
}

/// The text in lower case; the whole of it at once, because a final sigma depends on its surroundings.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.to_lowercase());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

/// Runs of characters between white space.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// Runs of letters, numbers and underscores.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c| !is_word_character(c))
        .filter(|word| !word.is_empty())
}
