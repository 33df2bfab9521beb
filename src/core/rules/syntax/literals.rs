//! What strings and numbers stand for.

use super::token::{is_direction_control, shorten};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;
use crate::rules::value::Value;
use num_bigint::BigInt;
use std::fmt::{self, Write};

/// Reading and printing a whole number takes time that grows with the square of its digits.
const MAX_DIGITS: usize = 10_000;

/// The value of a number without a sign.
pub(super) fn number(text: &str, span: Span) -> Result<Value, Box<Diagnostic>> {
    let problem = |message| Diagnostic::error("invalid-number", span, message);
    if text.len() > MAX_DIGITS {
        let label = format!("this one has {} characters", text.len());
        let message = format!("a number has at most {MAX_DIGITS} digits");
        return Err(Box::new(problem(message).label(label)));
    }
    let digits = text.split(['.', 'e', 'E']).next().unwrap_or_default();
    let significant = digits.trim_start_matches('0');
    if digits.len() > 1 && significant.len() < digits.len() {
        let rest = text.get(digits.len()..).unwrap_or_default();
        let zero = if significant.is_empty() { "0" } else { "" };
        let message = format!("`{}` begins with a needless 0", shorten(text));
        let diagnostic = problem(message)
            .help("write numbers without leading zeros; a code such as `\"007\"` is a string")
            .suggestion(span, format!("{zero}{significant}{rest}"));
        return Err(Box::new(diagnostic));
    }
    let value = if digits.len() < text.len() {
        text.parse().ok().and_then(Value::float)
    } else if let Ok(number) = text.parse() {
        Some(Value::Integer(number))
    } else {
        BigInt::parse_bytes(text.as_bytes(), 10).map(Value::integer)
    };
    value.ok_or_else(|| {
        let message = format!("`{}` is beyond every float", shorten(text));
        Box::new(problem(message))
    })
}

/// The text of a string or quoted name without its quotes. `start` is where the inner text begins.
pub(super) fn unescape(inner: &str, start: Span) -> Result<String, Box<Diagnostic>> {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let place = inner.len() - after.len() - 1;
        let (character, used) = escape(after).ok_or_else(|| wrong_escape(after, place, start))?;
        text.push(character);
        rest = after.get(used..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(text)
}

/// What is written after a backslash, and how many bytes of it belong to it.
fn escape(after: &str) -> Option<(char, usize)> {
    Some(match after.bytes().next()? {
        byte @ (b'"' | b'\\' | b'/' | b'`') => (char::from(byte), 1),
        b'b' => ('\u{8}', 1),
        b'f' => ('\u{c}', 1),
        b'n' => ('\n', 1),
        b'r' => ('\r', 1),
        b't' => ('\t', 1),
        b'u' => {
            let first = unit(after.get(1..5)?)?;
            if let Some(character) = char::from_u32(first) {
                return Some((character, 5));
            }
            let second = unit(after.get(5..)?.strip_prefix("\\u")?.get(..4)?)?;
            let is_pair = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second);
            let code = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
            (char::from_u32(code).filter(|_| is_pair)?, 11)
        }
        _ => return None,
    })
}

fn unit(digits: &str) -> Option<u32> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

fn wrong_escape(after: &str, place: usize, start: Span) -> Box<Diagnostic> {
    let next = after.chars().next();
    let length = 1 + next.map_or(0, char::len_utf8);
    let at = |bytes: usize| start.start + u32::try_from(bytes).unwrap_or(0);
    let span = Span {
        source: start.source,
        start: at(place),
        end: at(place + length),
    };
    let help = if next == Some('u') {
        "four hexadecimal digits follow `\\u`, and two such make up a character beyond U+FFFF"
    } else {
        "write `\\\\` for a backslash; others are `\\\"`, `\\n`, `\\t`, `\\r`, `\\b`, `\\f`, `\\/` and `\\u0041`"
    };
    let written = next.map_or(String::new(), |character| character.to_string());
    let message = format!("`\\{written}` stands for no character");
    Box::new(Diagnostic::error("invalid-escape", span, message).help(help))
}

/// Writes a text in quotes.
pub(super) fn write_quoted(text: &str, quote: char, out: &mut dyn Write) -> fmt::Result {
    out.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            _ if character == quote => write!(out, "\\{quote}")?,
            _ if character.is_control() || is_hidden(character) => {
                write!(out, "\\u{:04x}", u32::from(character))?;
            }
            _ => out.write_char(character)?,
        }
    }
    out.write_char(quote)
}

/// Not seen, or seen as something else. All are below U+10000.
fn is_hidden(character: char) -> bool {
    is_direction_control(character)
        || matches!(character, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}
