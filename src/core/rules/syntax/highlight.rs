//! What each part of a text is, for editors.

use super::lexer::Lexer;
use super::token::{Kind, Token};
use crate::rules::builtins;

/// What a part of a text is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HighlightKind {
    /// From `#` to the end of the line.
    Comment,
    /// In double quotes.
    String,
    /// A number.
    Number,
    /// A word of the language, as `if` or, before a declaration, `input`.
    Keyword,
    /// `true`, `false` or `null`.
    Constant,
    /// The name of a predicate, or of a compound.
    Predicate,
    /// The name of a built-in.
    Builtin,
    /// A variable.
    Variable,
    /// The name of a field.
    Field,
    /// `@` and the name behind it.
    Annotation,
    /// An operator.
    Operator,
    /// A bracket, a comma, the end of a statement.
    Punctuation,
    /// What can't stand in a text.
    Invalid,
}

impl HighlightKind {
    /// All kinds, in the order of their definition.
    pub const ALL: [Self; 13] = [
        Self::Comment,
        Self::String,
        Self::Number,
        Self::Keyword,
        Self::Constant,
        Self::Predicate,
        Self::Builtin,
        Self::Variable,
        Self::Field,
        Self::Annotation,
        Self::Operator,
        Self::Punctuation,
        Self::Invalid,
    ];

    /// In lower case, as in `comment`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::String => "string",
            Self::Number => "number",
            Self::Keyword => "keyword",
            Self::Constant => "constant",
            Self::Predicate => "predicate",
            Self::Builtin => "builtin",
            Self::Variable => "variable",
            Self::Field => "field",
            Self::Annotation => "annotation",
            Self::Operator => "operator",
            Self::Punctuation => "punctuation",
            Self::Invalid => "invalid",
        }
    }
}

/// A part of a text: its first byte, the byte after its last, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    /// What it is.
    pub kind: HighlightKind,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// The parts of a text, in order; what lies between them is blank. The text need not be right.
#[must_use]
pub fn highlight(text: &str) -> Vec<Highlight> {
    let mut lexer = Lexer::new(text, 0);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        if token.kind == Kind::End {
            break;
        }
        tokens.push(token);
    }
    let mut found: Vec<Highlight> = lexer
        .comments
        .iter()
        .map(|comment| Highlight {
            kind: HighlightKind::Comment,
            start: comment.start,
            end: comment.end,
        })
        .collect();
    for (place, token) in tokens.iter().enumerate() {
        found.push(Highlight {
            kind: classify(&lexer, &tokens, place, *token),
            start: token.start,
            end: token.end,
        });
    }
    found.sort_by_key(|part| part.start);
    found
}

fn classify(lexer: &Lexer<'_>, tokens: &[Token], place: usize, token: Token) -> HighlightKind {
    let kind_at = |place: usize| tokens.get(place).map(|token| token.kind);
    let before = place.checked_sub(1).and_then(kind_at);
    match token.kind {
        Kind::String { .. } | Kind::Number | Kind::Name | Kind::QuotedName { .. }
            if kind_at(place + 1) == Some(Kind::Colon) && !matches!(token.kind, Kind::Number) =>
        {
            HighlightKind::Field
        }
        Kind::String { .. } => HighlightKind::String,
        Kind::Number => HighlightKind::Number,
        Kind::True | Kind::False | Kind::Null => HighlightKind::Constant,
        Kind::Anonymous => HighlightKind::Variable,
        Kind::At => HighlightKind::Annotation,
        Kind::Name | Kind::QuotedName { .. } if before == Some(Kind::At) => {
            HighlightKind::Annotation
        }
        Kind::Name | Kind::QuotedName { .. } if before == Some(Kind::Dot) => HighlightKind::Field,
        Kind::Name | Kind::QuotedName { .. } => name(lexer, before, kind_at(place + 1), token),
        Kind::If | Kind::And | Kind::Or | Kind::Not | Kind::Exists | Kind::Forall => {
            HighlightKind::Keyword
        }
        Kind::Then | Kind::Else | Kind::For | Kind::By => HighlightKind::Keyword,
        Kind::Foreign(_) | Kind::Bad => HighlightKind::Invalid,
        Kind::OpenParenthesis | Kind::CloseParenthesis | Kind::OpenBracket => {
            HighlightKind::Punctuation
        }
        Kind::CloseBracket | Kind::OpenBrace | Kind::CloseBrace | Kind::Comma => {
            HighlightKind::Punctuation
        }
        Kind::Colon | Kind::Bar | Kind::Stop | Kind::Dot => HighlightKind::Punctuation,
        _ => HighlightKind::Operator,
    }
}

fn name(
    lexer: &Lexer<'_>,
    before: Option<Kind>,
    after: Option<Kind>,
    token: Token,
) -> HighlightKind {
    let text = lexer.slice(token.start, token.end);
    let begins_statement = matches!(before, None | Some(Kind::Stop));
    match after {
        // A declaration: `input role/2.`
        Some(Kind::Name | Kind::QuotedName { .. }) if begins_statement => HighlightKind::Keyword,
        Some(Kind::OpenParenthesis) => {
            let is_builtin = builtins::all().iter().any(|builtin| builtin.name == text);
            match is_builtin {
                true => HighlightKind::Builtin,
                false => HighlightKind::Predicate,
            }
        }
        Some(Kind::Slash) if matches!(before, Some(Kind::Name | Kind::Comma)) => {
            HighlightKind::Predicate
        }
        Some(Kind::If | Kind::Stop) if begins_statement => HighlightKind::Predicate,
        _ => HighlightKind::Variable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<String> {
        let part = |part: &Highlight| {
            let words = text.get(part.start as usize..part.end as usize).unwrap();
            format!("{}:{words}", part.kind.as_str())
        };
        highlight(text).iter().map(part).collect()
    }

    #[test]
    fn parts_are_told_apart() {
        assert_eq!(
            shown("input role/2. # who\n@id(\"r\") may(x) if role(x, _), lower(x) = {a: 1.5}.b."),
            [
                "keyword:input",
                "predicate:role",
                "operator:/",
                "number:2",
                "punctuation:.",
                "comment:# who",
                "annotation:@",
                "annotation:id",
                "punctuation:(",
                "string:\"r\"",
                "punctuation:)",
                "predicate:may",
                "punctuation:(",
                "variable:x",
                "punctuation:)",
                "keyword:if",
                "predicate:role",
                "punctuation:(",
                "variable:x",
                "punctuation:,",
                "variable:_",
                "punctuation:)",
                "punctuation:,",
                "builtin:lower",
                "punctuation:(",
                "variable:x",
                "punctuation:)",
                "operator:=",
                "punctuation:{",
                "field:a",
                "punctuation::",
                "number:1.5",
                "punctuation:}",
                "punctuation:.",
                "field:b",
                "punctuation:.",
            ]
        );
    }

    #[test]
    fn kinds_are_in_order() {
        for (place, kind) in HighlightKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, place);
        }
    }

    proptest! {
        #[test]
        fn parts_are_in_order_and_within_any_text(text in "\\PC*|[a-z_#@\"`.,:/(){}\\[\\] \n\u{2066}é😀0-9-]*") {
            let mut end = 0;
            for part in highlight(&text) {
                prop_assert!(part.start >= end && part.end > part.start);
                prop_assert!(text.get(part.start as usize..part.end as usize).is_some());
                end = part.end;
            }
            prop_assert!(end as usize <= text.len());
        }
    }
}
