//! Which known word was meant.

use std::collections::BTreeSet;

/// The candidate that a word was probably meant to be: the one with the fewest changes of single
/// letters, at most a third of the longer word's length, but never 0; the first of equals.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().take(MAX_LETTERS + 1).collect();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other: Vec<char> = candidate.chars().take(MAX_LETTERS + 1).collect();
            let longer = letters.len().max(other.len());
            if longer > MAX_LETTERS {
                return None;
            }
            let most = (longer / 3).max(1);
            if letters.len().abs_diff(other.len()) > most {
                return None;
            }
            let distance = distance(&letters, &other);
            (distance > 0 && distance <= most && distance < longer).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Longer words are not compared, since that takes time that grows with the square.
const MAX_LETTERS: usize = 64;

/// Letters that are added, left out, changed or swapped with their neighbour.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (place, letter) in left.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(place + 1);
        for (column, other) in right.iter().enumerate() {
            let at =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (at(&row, column) + usize::from(letter != other))
                .min(at(&row, column + 1) + 1)
                .min(at(&next, column) + 1);
            let is_swapped = place > 0
                && column > 0
                && left.get(place - 1) == Some(other)
                && right.get(column - 1) == Some(letter);
            if is_swapped {
                cost = cost.min(at(&before, column - 1) + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

/// As in `2 or 3 arguments`: how many a name takes that was called with others.
pub(super) fn count_arguments(arities: &BTreeSet<usize>) -> String {
    let numbers: Vec<String> = arities.iter().map(ToString::to_string).collect();
    let noun = if numbers == ["1"] {
        "argument"
    } else {
        "arguments"
    };
    format!("{} {noun}", numbers.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_found() {
        let words = ["and", "or", "then", "else", "suspended", "größe"];
        for (word, meant) in [
            ("adn", Some("and")),
            ("suspendd", Some("suspended")),
            ("grösse", Some("größe")),
            ("esle", Some("else")),
            ("and", None),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }

    #[test]
    fn very_long_words_are_left_alone() {
        let word = "a".repeat(100_000);
        assert_eq!(nearest(&word, [word.as_str(), "a"]), None);
    }
}
