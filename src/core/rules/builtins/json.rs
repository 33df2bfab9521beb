//! JSON text (RFC 8259) as terms.

use super::{Fault, arithmetic, expression};
use crate::rules::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep arrays and objects may be nested.
const MAX_DEPTH: usize = 200;

/// Why a text gave no term.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonError {
    /// It is not JSON; what it must be instead.
    Syntax(String),
    /// It is, but its value is not defined or too large.
    Value(Fault),
}

impl From<Fault> for JsonError {
    fn from(fault: Fault) -> Self {
        Self::Value(fault)
    }
}

/// The term that a text says.
pub(super) fn parse(text: &str, room: usize) -> Result<Value, JsonError> {
    let mut parser = Parser {
        text,
        place: 0,
        room,
        used: 0,
    };
    let value = parser.value(0)?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.unexpected("the end")),
    }
}

#[derive(Debug)]
struct Parser<'text> {
    text: &'text str,
    place: usize,
    room: usize,
    used: usize,
}

impl<'text> Parser<'text> {
    fn rest(&self) -> &'text str {
        self.text.get(self.place..).unwrap_or("")
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.place += rest.len() - trimmed.len();
        trimmed.bytes().next()
    }

    fn take(&mut self, word: &str) -> bool {
        let _ = self.peek();
        let found = self.rest().starts_with(word);
        if found {
            self.place += word.len();
        }
        found
    }

    fn unexpected(&self, wanted: &str) -> JsonError {
        JsonError::Syntax(format!(
            "must be JSON: {wanted} is expected at byte {}",
            self.place
        ))
    }

    /// Counts what the result needs.
    fn use_up(&mut self, bytes: usize) -> Result<(), JsonError> {
        self.used = self.used.saturating_add(bytes);
        match self.used <= self.room {
            true => Ok(()),
            false => Err(Fault::TooLarge { room: self.room }.into()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::Syntax(format!(
                "must not be nested deeper than {MAX_DEPTH} levels"
            )));
        }
        self.use_up(Value::BYTES)?;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Value::Null),
            _ if self.take("true") => Ok(Value::Boolean(true)),
            _ if self.take("false") => Ok(Value::Boolean(false)),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.place += 1;
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take("]") {
                return Ok(Value::List(items.into()));
            }
            if !self.take(",") {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.place += 1;
        let mut fields = BTreeMap::new();
        if self.take("}") {
            return Ok(Value::record([]));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a field's name in quotes"));
            }
            let name = self.string()?;
            if !self.take(":") {
                return Err(self.unexpected("`:`"));
            }
            let value = self.value(depth + 1)?;
            if fields.insert(name.clone(), value).is_some() {
                return Err(JsonError::Syntax(format!(
                    "must not have the field `{name}` twice"
                )));
            }
            if self.take("}") {
                return Ok(Value::Record(fields.into_iter().collect()));
            }
            if !self.take(",") {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn string(&mut self) -> Result<Arc<str>, JsonError> {
        self.place += 1;
        let mut string = String::new();
        loop {
            let rest = self.rest();
            let end = rest
                .find(|character: char| matches!(character, '"' | '\\' | '\0'..='\u{1f}'))
                .ok_or_else(|| self.unexpected("the end of the string"))?;
            self.use_up(end.saturating_add(1))?;
            string.push_str(rest.get(..end).unwrap_or(""));
            self.place += end + 1;
            match rest.as_bytes().get(end) {
                Some(b'"') => return Ok(string.into()),
                Some(b'\\') => string.push(self.escaped()?),
                _ => {
                    self.place -= 1;
                    return Err(self.unexpected("an escape for a control character"));
                }
            }
        }
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        let escape = self.rest().bytes().next();
        let character = match escape {
            Some(mark @ (b'"' | b'\\' | b'/')) => char::from(mark),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.unexpected("an escape")),
        };
        self.place += 1;
        Ok(character)
    }

    /// `u` and four digits, and for a high surrogate its low one.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.unit()?;
        let code = match first {
            0xd800..=0xdbff if self.rest().starts_with('\\') => {
                self.place += 1;
                match self.unit()? {
                    low @ 0xdc00..=0xdfff => 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(self.unexpected("a low surrogate")),
                }
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.unexpected("a whole surrogate pair"))
    }

    fn unit(&mut self) -> Result<u32, JsonError> {
        let digits = self.rest().strip_prefix('u').and_then(|rest| rest.get(..4));
        let unit = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.unexpected("`u` and four hexadecimal digits"))?;
        self.place += 5;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let rest = self.rest();
        let end = rest
            .find(|character: char| !matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("");
        let digits = word.strip_prefix('-').unwrap_or(word);
        let leading_zero =
            digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if leading_zero || !is_number(digits) {
            return Err(self.unexpected("a number"));
        }
        let integer = expression::integer(word, self.room)?;
        let value = match (integer, word.parse()) {
            (Some(integer), _) => integer,
            (None, Ok(float)) => arithmetic::float(float)?,
            (None, Err(_)) => return Err(self.unexpected("a number")),
        };
        self.use_up(end)?;
        self.place += end;
        Ok(value)
    }
}

/// Digits, perhaps a point with digits, perhaps an exponent with digits.
fn is_number(word: &str) -> bool {
    let digits = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::super::writing;
    use super::*;
    use proptest::prelude::*;

    const ROOM: usize = 1 << 20;

    #[test]
    fn texts() {
        for (text, value) in [
            (" -0 ", Value::Integer(0)),
            ("1e2", Value::Float(100.0)),
            (r#""\u00e9\ud83d\ude00\/""#, Value::string("é😀/")),
            ("[ ]", Value::list([])),
            ("{ }", Value::record([])),
        ] {
            assert_eq!(parse(text, ROOM), Ok(value), "{text}");
        }
        for text in [
            "",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\":1,\"a\":1}",
            "\"\n\"",
            "nul",
            "1 2",
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            r#""\u+123""#,
            r#""\x""#,
            "\"",
            "[",
            "{\"a\"",
            "NaN",
            "-",
            "1e999",
            "\u{a0}1",
        ] {
            assert!(parse(text, ROOM).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_and_large_texts_end() {
        assert!(parse(&"[".repeat(1_000_000), ROOM).is_err());
        assert!(parse(&"{\"a\":".repeat(1_000_000), ROOM).is_err());
        assert_eq!(
            parse("[1,2,3]", 50),
            Err(Fault::TooLarge { room: 50 }.into())
        );
        assert!(parse(&"9".repeat(100_000), ROOM).is_err());
        assert!(parse(&"[".repeat(MAX_DEPTH), ROOM).is_err());
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(parse(&deep, ROOM).is_ok());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer),
            any::<i128>().prop_map(|number| Value::integer(number.into())),
            any::<f64>().prop_filter_map("finite", Value::float),
            any::<String>().prop_map(Value::string),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
                prop::collection::vec((any::<String>(), inner), 0..5).prop_map(|fields| {
                    Value::record(fields.into_iter().map(|(name, value)| (name.into(), value)))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in value()) {
            prop_assert_eq!(parse(&writing::json(&value, ROOM).unwrap(), ROOM), Ok(value));
        }

        #[test]
        fn it_takes_what_others_take(text in r#"[\[\]{}:,"a0-9.eE+\-tru fals\\]{0,12}"#) {
            let other = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let own = parse(&text, ROOM);
            let twice = matches!(&own, Err(JsonError::Syntax(problem)) if problem.contains("twice"));
            prop_assert_eq!(own.is_ok() || twice, other, "{} {:?}", text, own);
        }
    }
}
