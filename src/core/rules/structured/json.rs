//! JSON, strictly by RFC 8259.

use super::super::source::Span;
use super::super::value::Value;
use super::node::{self, Entry, MAX_BRACKETS, Node, NodeKind, Problems};
use super::syntax::SyntaxError;
use std::borrow::Cow;

/// Reads a text that is one JSON value. What is wrong inside of scalars and mappings goes to `problems`.
pub(super) fn read(text: &str, source: u16, problems: &mut Problems) -> Result<Node, SyntaxError> {
    let at = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reader = Reader {
        text,
        source,
        at,
        brackets: 0,
        problems,
    };
    reader.blanks();
    let node = reader.value()?;
    reader.blanks();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.error("the end is expected after the value")),
    }
}

const HELP: &str =
    "strings and keys stand in double quotes, and `,` between items but not after the last";

struct Reader<'text, 'problems> {
    text: &'text str,
    source: u16,
    at: usize,
    brackets: usize,
    problems: &'problems mut Problems,
}

impl<'text> Reader<'text, '_> {
    fn rest(&self) -> &'text str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError::new(self.at, message).help(HELP)
    }

    fn span(&self, start: usize) -> Span {
        super::syntax::span(self.source, start, self.at)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self) -> Result<Node, SyntaxError> {
        match self.peek() {
            Some(b'[') => self.list(),
            Some(b'{') => self.mapping(),
            Some(b'"') => {
                let start = self.at;
                let text = self.string()?;
                let kind = NodeKind::Scalar(Value::string(text));
                let span = self.span(start);
                Ok(Node { span, kind })
            }
            Some(_) => self.literal(),
            None => Err(self.error("a value is expected before the end")),
        }
    }

    fn open(&mut self) -> Result<usize, SyntaxError> {
        self.brackets += 1;
        if self.brackets > MAX_BRACKETS {
            return Err(SyntaxError::too_deep(self.at));
        }
        let start = self.at;
        self.at += 1;
        self.blanks();
        Ok(start)
    }

    fn list(&mut self) -> Result<Node, SyntaxError> {
        let start = self.open()?;
        let mut items = Vec::new();
        if !self.take(b']') {
            loop {
                items.push(self.value()?);
                self.blanks();
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.error("`,` or `]` is expected"));
                }
                self.blanks();
            }
        }
        self.brackets -= 1;
        let (span, kind) = (self.span(start), NodeKind::List(items));
        Ok(Node { span, kind })
    }

    fn mapping(&mut self) -> Result<Node, SyntaxError> {
        let start = self.open()?;
        let mut entries = Vec::new();
        if !self.take(b'}') {
            loop {
                entries.push(self.entry()?);
                self.blanks();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.error("`,` or `}` is expected"));
                }
                self.blanks();
            }
        }
        self.brackets -= 1;
        let span = self.span(start);
        Ok(node::mapping(span, entries, self.problems))
    }

    fn entry(&mut self) -> Result<Entry, SyntaxError> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.error("a key in double quotes is expected"));
        }
        let key = self.string()?.into();
        let key_span = self.span(start);
        self.blanks();
        if !self.take(b':') {
            return Err(self.error("`:` is expected after a key"));
        }
        self.blanks();
        let value = self.value()?;
        Ok(Entry {
            key,
            key_span,
            value,
        })
    }

    /// A number, `true`, `false` or `null`.
    fn literal(&mut self) -> Result<Node, SyntaxError> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let length = self.rest().bytes().take_while(is_part).count();
        let word = self.rest().get(..length).unwrap_or("");
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            return Err(self.error("a value is expected"));
        }
        let start = self.at;
        self.at += length;
        let span = self.span(start);
        Ok(node::plain(word, span, self.problems))
    }

    fn string(&mut self) -> Result<Cow<'text, str>, SyntaxError> {
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
            let Some(length) = rest.bytes().position(is_special) else {
                return Err(self.error("a string has no `\"` at its end"));
            };
            let run = rest.get(..length).unwrap_or("");
            text = match text {
                Cow::Borrowed("") => Cow::Borrowed(run),
                text => Cow::Owned(text.into_owned() + run),
            };
            self.at += length;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.to_mut().push(self.escape()?),
                _ => return Err(self.error("a control character in a string is not escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mark = self.peek();
        self.at += 1;
        let character = match mark {
            Some(b'u') => self.unicode(),
            Some(mark) => simple_escape(mark),
            None => None,
        };
        character.ok_or_else(|| {
            let message = "a string has an escape that JSON has not";
            SyntaxError::new(start, message)
                .help("escapes are `\\n`, `\\\"`, `\\\\` and the like, and `\\u00e9`")
        })
    }

    /// After `\u`: four digits, or a pair of surrogates.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if !(self.take(b'\\') && self.take(b'u')) {
            return None;
        }
        let second = self.hexadecimal()?;
        if !(0xdc00..0xe000).contains(&second) {
            return None;
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

const fn simple_escape(mark: u8) -> Option<char> {
    Some(match mark {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

fn is_number(word: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    is_digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent
            .is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Option<Value> {
        let node = read(text, 0, &mut Problems::default()).ok()?;
        match node.kind {
            NodeKind::Scalar(value) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn scalars_are_read() {
        assert_eq!(scalar(" -12 "), Some(Value::Integer(-12)));
        assert_eq!(scalar("1e2"), Some(Value::Float(100.0)));
        assert_eq!(scalar("null"), Some(Value::Null));
        assert_eq!(
            scalar(r#""a\u00e9\n\/\ud83d\ude00é\"""#),
            Some(Value::string("aé\n/😀é\""))
        );
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (text, place) in [
            ("", 0),
            ("[1, 2", 5),
            ("[1 2]", 3),
            ("[1,]", 3),
            ("{a: 1}", 1),
            ("{\"a\" 1}", 5),
            ("01", 0),
            ("1.", 0),
            (".5", 0),
            ("+1", 0),
            ("nul", 0),
            ("NaN", 0),
            ("\"a", 1),
            ("\"a\nb\"", 2),
            (r#""\x41""#, 1),
            (r#""\ud83d""#, 1),
            (r#""\ud83d\u0041""#, 1),
            (r#""\ude00""#, 1),
            (r#""\u+123""#, 1),
            ("1 2", 2),
        ] {
            let error = read(text, 0, &mut Problems::default()).unwrap_err();
            assert_eq!(error.at, place, "{text}");
        }
    }
}
