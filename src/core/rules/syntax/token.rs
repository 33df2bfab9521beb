//! What tokens there are, and how words of the language are told from names.

use super::habits::Habit;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    /// In backticks.
    QuotedName {
        plain: bool,
    },
    /// `_`.
    Anonymous,
    Number,
    /// `plain`: without escapes.
    String {
        plain: bool,
    },
    If,
    And,
    Or,
    Not,
    Exists,
    Forall,
    Then,
    Else,
    True,
    False,
    Null,
    For,
    By,
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Colon,
    Bar,
    At,
    /// `.` that ends a statement.
    Stop,
    /// `.` before a field.
    Dot,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    DoubleStar,
    /// What other languages write.
    Foreign(Habit),
    /// `:-` where a statement could begin.
    Directive,
    /// Something that was reported.
    Bad,
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Line breaks between what comes before, be it a comment, and this; 2 for more, and at the beginning.
    pub(super) breaks: u8,
}

/// A comment and where it stands, from its mark to the end of its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment {
    pub(super) start: u32,
    pub(super) end: u32,
    /// As with tokens: 0 where it stands behind something.
    pub(super) breaks: u8,
}

/// Which keyword a word is.
pub(super) fn keyword(word: &str) -> Option<Kind> {
    Some(match word {
        "if" => Kind::If,
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        "exists" => Kind::Exists,
        "forall" => Kind::Forall,
        "then" => Kind::Then,
        "else" => Kind::Else,
        "true" => Kind::True,
        "false" => Kind::False,
        "null" => Kind::Null,
        "for" => Kind::For,
        "by" => Kind::By,
        "_" => Kind::Anonymous,
        _ => return None,
    })
}

pub(super) fn begins_name(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

pub(super) fn continues_name(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Whether a text is a name that needs no quotes, if it is no keyword.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(begins_name) && characters.all(continues_name)
}

/// A character that changes the direction of the text around it, without being visible.
pub(super) const fn is_direction_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that is short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
