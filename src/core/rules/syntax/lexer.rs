//! From text to tokens, one at a time.

use super::habits;
use super::token::{
    Comment, Kind, Token, begins_name, continues_name, is_direction_control, keyword, shorten,
};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;

/// After so many errors, the rest is not read.
pub(super) const MAX_ERRORS: usize = 100;

/// Reads tokens from a text, and reports what is none.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    breaks: u8,
    source: u16,
    /// A string without an end took the rest of its line.
    is_line_lost: bool,
    /// All comments so far.
    pub(super) comments: Vec<Comment>,
    /// What is wrong so far.
    pub(super) diagnostics: Vec<Diagnostic>,
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, source: u16) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            text,
            at,
            breaks: 2,
            source,
            is_line_lost: false,
            comments: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Whether a string without an end took the rest of the line before, if so many line breaks are
    /// behind it; asked only once.
    pub(super) fn take_line_lost(&mut self, breaks: u8) -> bool {
        breaks > 0 && std::mem::take(&mut self.is_line_lost)
    }

    /// Another lexer that goes on from here, without what was found so far.
    pub(super) fn ahead(&self) -> Self {
        Self {
            comments: Vec::new(),
            diagnostics: Vec::new(),
            ..*self
        }
    }

    /// Adds what is wrong, unless there is enough of it.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() <= MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The text between two places.
    pub(super) fn slice(&self, start: u32, end: u32) -> &'a str {
        self.text
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// The text from a place on.
    pub(super) fn rest_of(&self, start: u32) -> &'a str {
        self.text.get(start as usize..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// About how many statements there are, where they are short.
    pub(super) fn expected_statements(&self) -> usize {
        (self.text.len() / 64).min(1 << 16)
    }

    /// Whether `,` or `)` comes next.
    pub(super) fn is_before_separator(&self) -> bool {
        matches!(self.byte(0), Some(b',' | b')'))
    }

    fn character(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            source: self.source,
            start: offset(start),
            end: offset(end),
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token {
        loop {
            self.skip_blank();
            let start = self.at;
            let Some(kind) = self.kind() else {
                continue;
            };
            let breaks = std::mem::take(&mut self.breaks);
            return Token {
                kind,
                start: offset(start),
                end: offset(self.at),
                breaks,
            };
        }
    }

    fn skip_blank(&mut self) {
        while let Some(byte) = self.byte(0) {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.breaks = (self.breaks + 1).min(2);
                }
                b'#' => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        self.skip_line();
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.refuse_direction_controls(start, text);
        self.comments.push(Comment {
            start: offset(start),
            end: offset(start + text.trim_end().len()),
            breaks: std::mem::take(&mut self.breaks),
        });
    }

    /// Goes to the end of the line.
    pub(super) fn skip_line(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// Goes behind a text, or to the end.
    pub(super) fn skip_behind(&mut self, text: &str) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest
            .find(text)
            .map_or(rest.len(), |place| place + text.len());
    }

    /// What begins here; none for something that was reported and may be left out.
    fn kind(&mut self) -> Option<Kind> {
        let Some(byte) = self.byte(0) else {
            return Some(Kind::End);
        };
        Some(match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.quoted(b'"', |plain| Kind::String { plain }),
            b'`' => self.quoted(b'`', |plain| Kind::QuotedName { plain }),
            b'\'' => self.single_quoted(),
            b'.' => self.dot(),
            _ => {
                if let Some((kind, length)) = self.symbol(byte) {
                    self.at += length;
                    kind
                } else {
                    return self.other();
                }
            }
        })
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        while let Some(byte) = self.byte(0) {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.at += 1;
            } else if byte < 0x80 {
                break;
            } else {
                match self.character() {
                    Some(character) if continues_name(character) => {
                        self.at += character.len_utf8();
                    }
                    _ => break,
                }
            }
        }
        keyword(self.text.get(start..self.at).unwrap_or_default()).unwrap_or(Kind::Name)
    }

    fn digits(&mut self) {
        while self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
        self.digits();
        if self.byte(0) == Some(b'.') && is_digit(self.byte(1)) {
            self.at += 1;
            self.digits();
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if is_digit(self.byte(1 + sign)) {
                self.at += 1 + sign;
                self.digits();
            }
        }
        if !self.character().is_some_and(continues_name) {
            return Kind::Number;
        }
        self.word();
        let text = self.text.get(start..self.at).unwrap_or_default();
        let plain = text.replace('_', "");
        let diagnostic = Diagnostic::error(
            "invalid-number",
            self.span(start, self.at),
            format!("`{}` is no number", shorten(text)),
        );
        let is_grouped = text.contains('_') && plain.bytes().all(|byte| byte.is_ascii_digit());
        self.report(if is_grouped {
            diagnostic
                .help("write the digits without `_`")
                .suggestion(self.span(start, self.at), plain)
        } else {
            diagnostic.help(
                "write numbers as `12`, `0.5` or `1e3`, and a space before a word that follows",
            )
        });
        Kind::Bad
    }

    fn quoted(&mut self, quote: u8, kind: fn(bool) -> Kind) -> Kind {
        let start = self.at;
        self.at += 1;
        let mut plain = true;
        let mut is_ascii = true;
        loop {
            match self.byte(0) {
                Some(byte) if byte == quote => break,
                Some(b'\\') if self.byte(1).is_some_and(|byte| byte != b'\n') => {
                    plain = false;
                    self.at += 2;
                }
                None | Some(b'\n') => {
                    self.unterminated(start, quote);
                    return Kind::Bad;
                }
                Some(byte) => {
                    is_ascii &= byte < 0x80;
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        if !is_ascii {
            let text = self.text.get(start..self.at).unwrap_or_default();
            self.refuse_direction_controls(start, text);
        }
        kind(plain)
    }

    fn unterminated(&mut self, start: usize, quote: u8) {
        self.is_line_lost = true;
        let what = if quote == b'"' { "string" } else { "name" };
        let quote = char::from(quote);
        let text = self.text.get(start..self.at).unwrap_or_default();
        let end = start + text.trim_end().len();
        self.report(
            Diagnostic::error(
                "unterminated-string",
                self.span(start, end),
                format!("this {what} has no end"),
            )
            .label(format!("no `{quote}` follows on this line"))
            .help(format!(
                "end it with `{quote}`; a line break inside is written `\\n`"
            )),
        );
    }

    fn refuse_direction_controls(&mut self, start: usize, text: &str) {
        let Some((place, character)) = text
            .char_indices()
            .find(|(_, character)| is_direction_control(*character))
        else {
            return;
        };
        let place = start + place;
        self.report(
            Diagnostic::error(
                "direction-control",
                self.span(place, place + character.len_utf8()),
                "an invisible character makes this text look other than it is",
            )
            .help(format!(
                "delete it, or write `\\u{:04x}` in a string",
                u32::from(character)
            )),
        );
    }

    fn single_quoted(&mut self) -> Kind {
        let start = self.at;
        let rest = self.text.get(start + 1..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let Some(inner) = line.split_once('\'').map(|(inner, _)| inner) else {
            self.at += 1;
            self.report(
                Diagnostic::error(
                    "single-quotes",
                    self.span(start, self.at),
                    "`'` has no meaning",
                )
                .help("strings stand in double quotes"),
            );
            return Kind::Bad;
        };
        self.at += inner.len() + 2;
        let span = self.span(start, self.at);
        let mut diagnostic = Diagnostic::error(
            "single-quotes",
            span,
            "strings stand in double quotes, not in single ones",
        );
        if !inner.contains(['"', '\\']) {
            diagnostic = diagnostic.suggestion(span, format!("\"{inner}\""));
        }
        self.report(diagnostic);
        Kind::String {
            plain: !inner.contains('\\'),
        }
    }

    fn dot(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        if self.character().is_some_and(begins_name) {
            return Kind::Dot;
        }
        if !self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
            return Kind::Stop;
        }
        self.digits();
        self.report(
            Diagnostic::error(
                "invalid-number",
                self.span(start, self.at),
                "a number does not begin with `.`",
            )
            .help("write `0.5` for a number, `list[0]` for an item of a list"),
        );
        Kind::Bad
    }

    /// The longest symbol that begins here, and its length.
    fn symbol(&self, byte: u8) -> Option<(Kind, usize)> {
        let bracket = match byte {
            b'(' => Kind::OpenParenthesis,
            b')' => Kind::CloseParenthesis,
            b'[' => Kind::OpenBracket,
            b']' => Kind::CloseBracket,
            b'{' => Kind::OpenBrace,
            b'}' => Kind::CloseBrace,
            b',' => Kind::Comma,
            _ => return self.operator(byte),
        };
        Some((bracket, 1))
    }

    fn operator(&self, byte: u8) -> Option<(Kind, usize)> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if let Some((habit, length)) = habits::find(rest) {
            return Some((Kind::Foreign(habit), length));
        }
        let next = self.byte(1);
        Some(match (byte, next) {
            (b'!', Some(b'=')) => (Kind::NotEqual, 2),
            (b'<', Some(b'=')) => (Kind::LessOrEqual, 2),
            (b'>', Some(b'=')) => (Kind::GreaterOrEqual, 2),
            (b'/', Some(b'/')) => (Kind::DoubleSlash, 2),
            (b'*', Some(b'*')) => (Kind::DoubleStar, 2),
            (b'=', _) => (Kind::Equal, 1),
            (b'<', _) => (Kind::Less, 1),
            (b'>', _) => (Kind::Greater, 1),
            (b':', _) => (Kind::Colon, 1),
            (b'|', _) => (Kind::Bar, 1),
            (b'@', _) => (Kind::At, 1),
            (b'+', _) => (Kind::Plus, 1),
            (b'-', _) => (Kind::Minus, 1),
            (b'*', _) => (Kind::Star, 1),
            (b'/', _) => (Kind::Slash, 1),
            (b'%', _) => (Kind::Percent, 1),
            _ => return None,
        })
    }

    /// A letter beyond ASCII, or a character that has no meaning.
    fn other(&mut self) -> Option<Kind> {
        let character = self.character()?;
        if begins_name(character) {
            return Some(self.word());
        }
        let start = self.at;
        self.at += character.len_utf8();
        let is_invisible =
            character.is_whitespace() || character.is_control() || character == '\u{200b}';
        let written = if is_invisible || is_direction_control(character) {
            format!("U+{:04X}", u32::from(character))
        } else {
            character.to_string()
        };
        let help = match character {
            '?' => {
                "variables are bare names, as in `role(user, r)`; a query has no mark".to_owned()
            }
            '$' => "variables are bare names, as in `role(user, r)`".to_owned(),
            '“' | '”' | '„' | '«' | '»' => {
                "strings stand in straight double quotes: `\"`".to_owned()
            }
            _ if is_invisible => "put a plain space in its place".to_owned(),
            _ => "quote it: a string stands in `\"`, an odd name in backticks".to_owned(),
        };
        self.report(
            Diagnostic::error(
                "unexpected-character",
                self.span(start, self.at),
                format!("`{written}` has no meaning here"),
            )
            .help(help),
        );
        (!is_invisible).then_some(Kind::Bad)
    }
}
