//! YAML's own comments, which no program keeps.

/// How many comments a YAML text has. They are not kept where it is written in another form; those of
/// the key `comment` are.
#[must_use]
pub fn yaml_comments(text: &str) -> usize {
    let mut count = 0;
    let mut quote = None;
    // The indentation of the line that began a block of text.
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let rest = line.trim_start_matches(' ');
        let indentation = line.len() - rest.len();
        if block.is_some_and(|outer| rest.is_empty() || indentation > outer) {
            continue;
        }
        let (comment, begins_block) = scan(line, &mut quote);
        count += usize::from(comment);
        block = begins_block.then_some(indentation);
    }
    count
}

/// Whether a line has a comment, and whether a block of text follows it. `quote` is what is open.
fn scan(line: &str, quote: &mut Option<char>) -> (bool, bool) {
    let mut before = ' ';
    let mut is_escaped = false;
    for (place, character) in line.char_indices() {
        match *quote {
            Some('"') if is_escaped => is_escaped = false,
            Some('"') if character == '\\' => is_escaped = true,
            Some(open) if character == open => *quote = None,
            Some(_) => {}
            None if character == '#' && before.is_whitespace() => {
                let content = line.get(..place).unwrap_or_default();
                return (true, begins_block(content));
            }
            None if matches!(character, '"' | '\'') && begins_value(before) => {
                *quote = Some(character);
            }
            None => {}
        }
        before = character;
    }
    (false, quote.is_none() && begins_block(line))
}

/// Whether a quote behind this begins a text.
fn begins_value(before: char) -> bool {
    before.is_whitespace() || "[{,:(-".contains(before)
}

/// `key: |` and the like.
fn begins_block(line: &str) -> bool {
    let line = line.trim_end();
    let mark =
        line.trim_end_matches(|mark: char| mark.is_ascii_digit() || matches!(mark, '+' | '-'));
    let before = mark.strip_suffix(['|', '>']);
    before.is_some_and(|before| before.ends_with([' ', ':']) || before.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_counted() {
        for (text, count) in [
            ("", 0),
            ("# a\nfacts: # b\n  - [p, 1] # c\n  # d", 4),
            ("facts: [[p, \"a # b\"], [q, 'c # d'], [r, a#b]]", 0),
            ("facts: [[p, \"a\\\" # b\"]] # c", 1),
            ("comment: |\n  # text\n\n  # text\nfacts: [] # a", 1),
            ("comment: \"a\n  # b\" # c", 1),
            ("- it's # a", 1),
        ] {
            assert_eq!(yaml_comments(text), count, "{text}");
        }
    }
}
