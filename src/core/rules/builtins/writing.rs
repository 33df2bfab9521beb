//! Terms as text, within bounds.

use super::Fault;
use super::call::MAX_NESTING;
use crate::rules::value::Value;
use std::fmt::Write;

/// A text that grows up to a bound.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    room: usize,
    /// Whether it is JSON, and not the language of rules.
    json: bool,
}

/// Why a term has no such text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum WriteError {
    TooLarge,
    TooDeep,
    /// Its kind is not known to JSON.
    Kind(&'static str),
}

/// What comes of a text that could not be written.
pub(super) fn fault(error: &WriteError, place: usize, room: usize) -> Fault {
    match error {
        WriteError::TooLarge => Fault::TooLarge { room },
        WriteError::TooDeep => super::call::too_deep(place),
        WriteError::Kind(kind) => {
            super::arguments::unacceptable(place, format!("must not hold a {kind}: JSON has none"))
        }
    }
}

/// A string as it is, any other term as the language writes it.
pub(super) fn plain(value: &Value, room: usize) -> Result<String, WriteError> {
    if let Value::String(text) = value {
        return match text.len() <= room {
            true => Ok(text.as_ref().to_owned()),
            false => Err(WriteError::TooLarge),
        };
    }
    written(value, room, false)
}

/// A term as JSON (RFC 8259) without spaces.
pub(super) fn json(value: &Value, room: usize) -> Result<String, WriteError> {
    written(value, room, true)
}

fn written(value: &Value, room: usize, json: bool) -> Result<String, WriteError> {
    let text = String::new();
    let mut writer = Writer { text, room, json };
    writer.term(value, 0)?;
    Ok(writer.text)
}

impl Writer {
    fn put(&mut self, text: &str) -> Result<(), WriteError> {
        if text.len() > self.room.saturating_sub(self.text.len()) {
            return Err(WriteError::TooLarge);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn term(&mut self, value: &Value, depth: usize) -> Result<(), WriteError> {
        if depth > MAX_NESTING {
            return Err(WriteError::TooDeep);
        }
        if self.json
            && matches!(
                value,
                Value::PartialList(..) | Value::Compound(..) | Value::Variable(_)
            )
        {
            return Err(WriteError::Kind(value.kind()));
        }
        match value {
            Value::Null => self.put("null"),
            Value::Boolean(whether) => self.put(if *whether { "true" } else { "false" }),
            Value::Integer(number) => self.put(&number.to_string()),
            Value::BigInteger(number) => self.put(&number.to_string()),
            Value::Float(number) => self.put(&format!("{number:?}")),
            Value::String(text) => self.quoted(text),
            Value::Variable(number) => self.put(&format!("_{number}")),
            Value::List(items) => self.items(("[", "]"), items, depth),
            Value::PartialList(items, rest) => {
                self.items(("[", " | "), items, depth)?;
                self.term(rest, depth + 1)?;
                self.put("]")
            }
            Value::Record(fields) => self.fields(fields, depth),
            Value::Compound(name, items) => {
                self.put(name)?;
                self.items(("(", ")"), items, depth)
            }
        }
    }

    fn separator(&mut self, place: usize) -> Result<(), WriteError> {
        match place {
            0 => Ok(()),
            _ => self.put(if self.json { "," } else { ", " }),
        }
    }

    fn items(
        &mut self,
        (open, close): (&str, &str),
        items: &[Value],
        depth: usize,
    ) -> Result<(), WriteError> {
        self.put(open)?;
        for (place, item) in items.iter().enumerate() {
            self.separator(place)?;
            self.term(item, depth + 1)?;
        }
        self.put(close)
    }

    fn fields(
        &mut self,
        fields: &super::arguments::Fields,
        depth: usize,
    ) -> Result<(), WriteError> {
        self.put("{")?;
        for (place, (name, value)) in fields.iter().enumerate() {
            self.separator(place)?;
            self.quoted(name)?;
            self.put(if self.json { ":" } else { ": " })?;
            self.term(value, depth + 1)?;
        }
        self.put("}")
    }

    fn quoted(&mut self, text: &str) -> Result<(), WriteError> {
        if text.len() > self.room {
            return Err(WriteError::TooLarge);
        }
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for character in text.chars() {
            match character {
                '"' => quoted.push_str("\\\""),
                '\\' => quoted.push_str("\\\\"),
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\t' => quoted.push_str("\\t"),
                '\0'..='\u{1f}' => {
                    let _ = write!(quoted, "\\u{:04x}", u32::from(character));
                }
                other => quoted.push(other),
            }
        }
        quoted.push('"');
        self.put(&quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn terms_are_written_as_the_language_reads_them() {
        let value = Value::list([
            Value::Null,
            Value::Float(1.0),
            Value::Float(1e300),
            Value::string("a\"\n\u{1}é"),
            Value::record([(
                "k".into(),
                Value::Compound("f".into(), [Value::Integer(-1)].into()),
            )]),
        ]);
        let text = plain(&value, 100).unwrap();
        assert_eq!(
            text,
            "[null, 1.0, 1e300, \"a\\\"\\n\\u0001é\", {\"k\": f(-1)}]"
        );
        assert_eq!(plain(&value, text.len() - 1), Err(WriteError::TooLarge));
        assert_eq!(json(&value, 100), Err(WriteError::Kind("compound")));
        let list = Value::PartialList([Value::Integer(1)].into(), Arc::new(Value::Variable(3)));
        assert_eq!(plain(&list, 100).unwrap(), "[1 | _3]");
    }
}
