//! Patterns with `*`, `**` and `?`.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// This character.
    Literal(char),
    /// One character but `/`.
    One,
    /// Any characters but `/`.
    Some,
    /// Any characters.
    Any,
}

/// The most that a text's and its pattern's length may give when they are multiplied.
const MAX_WORK: usize = 1 << 24;

/// Whether a pattern matches the whole text.
pub(super) fn matches(text: &str, pattern: &str) -> Result<bool, String> {
    let steps = steps(pattern)?;
    if text.len().saturating_mul(steps.len()) > MAX_WORK {
        return Err(format!(
            "must be shorter: it and the text together need more than {MAX_WORK} comparisons"
        ));
    }
    // `open[n]`: the text so far can be what the first n steps match.
    let mut open = vec![false; steps.len() + 1];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    skip(&mut open, &steps);
    for character in text.chars() {
        let mut next = vec![false; open.len()];
        for (place, step) in steps.iter().enumerate() {
            if !open.get(place).is_some_and(|open| *open) {
                continue;
            }
            let goes_to = match step {
                Step::Literal(literal) if *literal == character => place + 1,
                Step::One if character != '/' => place + 1,
                Step::Some if character != '/' => place,
                Step::Any => place,
                _ => continue,
            };
            if let Some(next) = next.get_mut(goes_to) {
                *next = true;
            }
        }
        skip(&mut next, &steps);
        if !next.contains(&true) {
            return Ok(false);
        }
        open = next;
    }
    Ok(open.last().is_some_and(|last| *last))
}

/// What may match nothing is passed over.
fn skip(open: &mut [bool], steps: &[Step]) {
    let mut before = false;
    for (place, is_open) in open.iter_mut().enumerate() {
        *is_open |= before;
        before = *is_open && matches!(steps.get(place), Some(Step::Some | Step::Any));
    }
}

fn steps(pattern: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let step = match character {
            '?' => Step::One,
            '*' => Step::Some,
            '\\' => Step::Literal(
                characters
                    .next()
                    .ok_or_else(|| "must not end with a `\\`".to_owned())?,
            ),
            literal => Step::Literal(literal),
        };
        match (steps.last_mut(), step) {
            (Some(last @ (Step::Some | Step::Any)), Step::Some) => *last = Step::Any,
            _ => steps.push(step),
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', '*', rest @ ..] => {
                (0..=text.len()).any(|end| naive(&text[end..], rest))
                    || rest.first() == Some(&'*')
                        && naive(text, &[&['*', '*'], &rest[1..]].concat())
            }
            ['*', rest @ ..] => (0..=text.len())
                .take_while(|end| !text[..*end].contains(&'/'))
                .any(|end| naive(&text[end..], rest)),
            ['?', rest @ ..] => {
                text.first().is_some_and(|first| *first != '/') && naive(&text[1..], rest)
            }
            [literal, rest @ ..] => text.first() == Some(literal) && naive(&text[1..], rest),
        }
    }

    #[test]
    fn examples() {
        for (text, pattern, expected) in [
            ("a/b", "a/*", true),
            ("a/b/c", "a/*", false),
            ("a/b/c", "a/**", true),
            ("", "", true),
            ("", "**", true),
            ("*", "\\*", true),
            ("a", "\\*", false),
            ("é", "?", true),
            ("/", "?", false),
        ] {
            assert_eq!(matches(text, pattern), Ok(expected), "{text} {pattern}");
        }
        assert!(matches("a", "a\\").is_err());
        assert!(matches(&"a".repeat(1 << 20), &"?".repeat(1 << 20)).is_err());
        assert_eq!(matches(&"a".repeat(5_000), &"*a".repeat(1000)), Ok(true));
    }

    proptest! {
        #[test]
        fn it_is_as_the_definition_says(text in "[ab/]{0,7}", pattern in "[ab/*?]{0,6}") {
            let characters: (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
            prop_assert_eq!(matches(&text, &pattern), Ok(naive(&characters.0, &characters.1)));
        }
    }
}
