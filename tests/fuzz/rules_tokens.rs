//! Rules, in text, YAML and JSON, as tokens that know what they are to the grammar.

/// What a piece of text is to the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Space,
    /// A word before its arguments.
    Name,
    Word,
    Keyword,
    Number,
    Text,
    /// A text or word before a colon.
    Key,
    Open,
    Close,
    /// Between parts of the same kind.
    Joint,
    /// Between parts of different kinds.
    Divider,
    /// Of a clause.
    End,
    Comparison,
    Operator,
    Other,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) class: Class,
    pub(crate) text: String,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// A term can stand there.
    Term,
    /// A goal of a body or query.
    Goal,
    Elsewhere,
}

pub(crate) fn piece(class: Class, text: &str) -> Token {
    Token {
        class,
        text: text.to_owned(),
    }
}

const KEYWORDS: [&str; 8] = [
    "not", "exists", "forall", "input", "external", "tabled", "untabled", "by",
];

pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (class, length) = token(first, rest);
        let (text, behind) = rest.split_at(length);
        let class = match (class, behind.chars().next()) {
            (Class::Word, Some('(')) => Class::Name,
            (Class::Word | Class::Text, Some(':')) => Class::Key,
            (Class::Divider, None) if text == "." => Class::End,
            (Class::Divider, Some(next)) if text == "." && next.is_whitespace() => Class::End,
            (class, _) => class,
        };
        tokens.push(piece(class, text));
        rest = behind;
    }
    tokens
}

/// The class and length of the first token.
fn token(first: char, text: &str) -> (Class, usize) {
    let run = |member: fn(char) -> bool| text.find(|c| !member(c)).unwrap_or(text.len());
    match first {
        '"' => (Class::Text, quoted(text)),
        '#' => (Class::Space, run(|c| c != '\n')),
        c if c.is_whitespace() => (Class::Space, run(char::is_whitespace)),
        c if c.is_ascii_digit() => (Class::Number, number(text)),
        c if c.is_alphabetic() || matches!(c, '_' | '?' | '@' | '$') => {
            let length = run(|c| c.is_alphanumeric() || matches!(c, '_' | '?' | '@' | '$'));
            let class = match text.get(..length) {
                Some("and" | "or") => Class::Joint,
                Some("for" | "then" | "else" | "if") => Class::Divider,
                Some(word) if KEYWORDS.contains(&word) => Class::Keyword,
                _ => Class::Word,
            };
            (class, length)
        }
        '(' | '[' | '{' => (Class::Open, 1),
        ')' | ']' | '}' => (Class::Close, 1),
        ',' => (Class::Joint, 1),
        '.' | ':' | '|' | ';' => (Class::Divider, 1),
        '=' | '!' | '<' | '>' => (
            Class::Comparison,
            run(|c| matches!(c, '=' | '!' | '<' | '>')),
        ),
        '*' | '/' => (Class::Operator, run(|c| matches!(c, '*' | '/'))),
        '+' | '-' | '%' => (Class::Operator, 1),
        other => (Class::Other, other.len_utf8()),
    }
}

/// The length of digits, with a fraction where there is one.
fn number(text: &str) -> usize {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
        from + end.unwrap_or(rest.len())
    };
    let whole = digits(0);
    match text.as_bytes().get(whole..whole + 2) {
        Some([b'.', digit]) if digit.is_ascii_digit() => digits(whole + 1),
        _ => whole,
    }
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            _ => escaped = character == '\\' && !escaped,
        }
    }
    text.len()
}

/// Whether they are YAML or JSON, in which a term follows a comma within a list.
pub(crate) fn are_structured(tokens: &[Token]) -> bool {
    let mut first = tokens.iter().filter(|token| token.class != Class::Space);
    first
        .next()
        .is_some_and(|token| token.text == "{" || token.class == Class::Key)
}

/// Where each token stands.
pub(crate) fn positions(tokens: &[Token]) -> Vec<Position> {
    if are_structured(tokens) {
        return positions_in_lists(tokens);
    }
    let mut contexts = Vec::new();
    let mut context = Position::Goal;
    let mut previous: Option<&Token> = None;
    let mut positions = Vec::with_capacity(tokens.len());
    for token in tokens {
        let class = previous.map_or(Class::End, |token| token.class);
        let is_field = previous.is_some_and(|token| token.text == ".");
        positions.push(match (context, token.class) {
            _ if is_field => Position::Elsewhere,
            (Position::Term, Class::Name | Class::Word | Class::Number | Class::Text) => {
                Position::Term
            }
            (Position::Term, Class::Open) if class != Class::Name && class != Class::Close => {
                Position::Term
            }
            (Position::Goal, Class::Name)
                if matches!(class, Class::Joint | Class::Divider | Class::Keyword) =>
            {
                Position::Goal
            }
            _ => Position::Elsewhere,
        });
        match token.class {
            Class::Open => {
                contexts.push(context);
                context = within(previous, token, context);
            }
            Class::Close => context = contexts.pop().unwrap_or(Position::Goal),
            Class::End => context = Position::Goal,
            Class::Divider if token.text == "for" => context = Position::Goal,
            _ => {}
        }
        if token.class != Class::Space {
            previous = Some(token);
        }
    }
    positions
}

/// What stands in the brackets that `open` opens.
fn within(previous: Option<&Token>, open: &Token, around: Position) -> Position {
    const AGGREGATES: [&str; 7] = ["count", "sum", "min", "max", "avg", "collect", "set"];
    match previous {
        Some(name) if name.class == Class::Name && open.text == "(" => {
            match AGGREGATES.contains(&name.text.as_str()) {
                true => Position::Elsewhere,
                false => Position::Term,
            }
        }
        _ if open.text == "(" => around,
        _ => Position::Term,
    }
}

fn positions_in_lists(tokens: &[Token]) -> Vec<Position> {
    let mut brackets = Vec::new();
    let mut is_behind_comma = false;
    let mut positions = Vec::with_capacity(tokens.len());
    for token in tokens {
        let is_term = is_behind_comma
            && brackets.last() == Some(&"[")
            && matches!(
                token.class,
                Class::Word | Class::Number | Class::Text | Class::Open
            );
        positions.push(match is_term {
            true => Position::Term,
            false => Position::Elsewhere,
        });
        match token.class {
            Class::Open => brackets.push(token.text.as_str()),
            Class::Close => _ = brackets.pop(),
            _ => {}
        }
        if token.class != Class::Space {
            is_behind_comma = token.text == ",";
        }
    }
    positions
}

/// The end of the operand that begins at `start`: a token, a name with its arguments, a bracket.
pub(crate) fn operand(tokens: &[Token], start: usize) -> usize {
    let is_open = |at: usize| tokens.get(at).is_some_and(|t| t.class == Class::Open);
    let opening = match tokens[start].class {
        Class::Name if is_open(start + 1) => start + 1,
        _ if is_open(start) => start,
        _ => return start + 1,
    };
    closing(tokens, opening)
}

/// The place behind the bracket that closes the one at `opening`.
fn closing(tokens: &[Token], opening: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(opening) {
        match token.class {
            Class::Open => depth += 1,
            Class::Close if depth <= 1 => return at + 1,
            Class::Close => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The end of the part that begins with the joint at `start`.
pub(crate) fn part(tokens: &[Token], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(token) = tokens.get(at) {
        match token.class {
            Class::Joint | Class::Close | Class::End => return at,
            Class::Divider if token.text != "." => return at,
            Class::Open => at = closing(tokens, at),
            _ => at += 1,
        }
    }
    at
}
