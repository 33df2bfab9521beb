//! Terms and answers of the rule engine as JSON: a list is an array, a record an object; what JSON
//! has no word for is an object with one field that begins with `$`.

mod data;
mod entities;
mod fields;
mod judge;
#[cfg(test)]
mod production;
mod reply;
mod requests;
pub mod schemas;

pub use data::{AttemptAnswer, ExplanationAnswer, Finding, Place, ProofStepAnswer};
pub use entities::{DecideRequest, DecisionReply, EvaluationsRequest, Question, Semantic, Sought};
pub use judge::{Asked, Judge};
pub use reply::{
    End, Ending, Need, QueryReply, RulesReason, Solution, write_values, write_values_with,
};
pub use requests::{
    Base, DEFAULT_NAME, QueryRequest, VersionRequest, check_name, read_activation, read_fact,
    read_facts_change, read_rows,
};

use assize_core::rules::{Answers, Source, Value};
use serde_json::Value as Json;
use std::fmt::Write;
use std::sync::Arc;

/// The longest number that is read, in digits.
const MOST_DIGITS: usize = 10_000;

/// Appends a string as JSON.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if (character as u32) < 0x20 => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{:04x}", character as u32);
            }
            character => out.push(character),
        }
    }
    out.push('"');
}

enum Part<'a> {
    Value(&'a Value),
    Field(&'a str, &'a Value),
    Text(&'static str),
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbers {
    /// For readers that keep the kind of a number: `1` is an integer, `1.0` a float.
    #[default]
    Kept,
    /// For readers to which every number is a double: an integer beyond 2^53 is `{"$integer": "…"}`, a float that
    /// is whole, and not beyond 2^53, `{"$float": 1}`.
    Doubles,
}

/// The largest integer to which no other one is equal as a double.
const LARGEST_SAFE: i64 = (1 << 53) - 1;

impl Numbers {
    fn write_integer(self, number: i64, out: &mut String) {
        // Writing to a string can't fail.
        let _ = match self {
            Self::Doubles if number.unsigned_abs() > LARGEST_SAFE.unsigned_abs() => {
                write!(out, "{{\"$integer\":\"{number}\"}}")
            }
            _ => write!(out, "{number}"),
        };
    }

    fn write_float(self, number: f64, out: &mut String) {
        let is_marked =
            self == Self::Doubles && number.fract() == 0.0 && number.abs() <= LARGEST_SAFE as f64;
        if is_marked {
            let _ = write!(out, "{{\"$float\":{}}}", number as i64);
            return;
        }
        // The shortest text that is this number again.
        match serde_json::to_string(&number) {
            Ok(text) => out.push_str(&text),
            Err(_) => out.push_str("null"),
        }
    }
}

/// Appends a term. Terms may be as deep as memory permits, so nothing here recurses.
pub fn write_value(value: &Value, out: &mut String) {
    write_value_with(value, Numbers::Kept, out);
}

/// Appends a term, with its numbers as they are wanted.
pub fn write_value_with(value: &Value, numbers: Numbers, out: &mut String) {
    let mut pending = vec![Part::Value(value)];
    while let Some(part) = pending.pop() {
        let value = match part {
            Part::Text(text) => {
                out.push_str(text);
                continue;
            }
            Part::Field(name, value) => {
                write_text(name, out);
                out.push(':');
                value
            }
            Part::Value(value) => value,
        };
        match value {
            Value::Null => out.push_str("null"),
            Value::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Value::Integer(number) => numbers.write_integer(*number, out),
            Value::BigInteger(number) => {
                let _ = write!(out, "{{\"$integer\":\"{number}\"}}");
            }
            Value::Float(number) => numbers.write_float(*number, out),
            Value::String(text) => write_text(text, out),
            Value::Variable(number) => {
                let _ = write!(out, "{{\"$variable\":{number}}}");
            }
            Value::List(items) => {
                out.push('[');
                pending.push(Part::Text("]"));
                push_items(items, &mut pending);
            }
            Value::PartialList(items, rest) => {
                out.push_str("{\"$list\":[");
                pending.extend([
                    Part::Text("}"),
                    Part::Value(rest),
                    Part::Text("],\"$rest\":"),
                ]);
                push_items(items, &mut pending);
            }
            Value::Record(fields) => {
                let escaped = fields.iter().any(|(name, _)| name.starts_with('$'));
                out.push_str(if escaped { "{\"$record\":{" } else { "{" });
                pending.push(Part::Text(if escaped { "}}" } else { "}" }));
                for (number, (name, value)) in fields.iter().enumerate().rev() {
                    pending.push(Part::Field(name, value));
                    if number > 0 {
                        pending.push(Part::Text(","));
                    }
                }
            }
            Value::Compound(name, arguments) => {
                out.push_str("{\"$compound\":[");
                write_text(name, out);
                if !arguments.is_empty() {
                    out.push(',');
                }
                pending.push(Part::Text("]}"));
                push_items(arguments, &mut pending);
            }
        }
    }
}

fn push_items<'a>(items: &'a [Value], pending: &mut Vec<Part<'a>>) {
    for (number, item) in items.iter().enumerate().rev() {
        pending.push(Part::Value(item));
        if number > 0 {
            pending.push(Part::Text(","));
        }
    }
}

/// A term from JSON.
///
/// # Errors
///
/// What is wrong with it, in one sentence.
pub fn read_value(json: &Json) -> Result<Value, String> {
    read_with(json, false)
}

/// A term from JSON in which something may be unbound, as [`write_value`] writes it.
///
/// # Errors
///
/// What is wrong with it, in one sentence.
pub fn read_term(json: &Json) -> Result<Value, String> {
    read_with(json, true)
}

fn read_with(json: &Json, open: bool) -> Result<Value, String> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::String(text) => Value::string(text),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Value::Integer(number),
            (None, Some(number), _) => Value::integer(number.into()),
            (None, None, Some(number)) => {
                Value::float(number).ok_or_else(|| "a number must be finite".to_owned())?
            }
            (None, None, None) => return Err("a number must be finite".to_owned()),
        },
        Json::Array(items) => Value::list(
            items
                .iter()
                .map(|item| read_with(item, open))
                .collect::<Result<Vec<_>, _>>()?,
        ),
        Json::Object(fields) => {
            let special = fields.keys().find(|name| name.starts_with('$'));
            if let Some(name) = special {
                return read_special(name, fields, open);
            }
            read_record(fields, open)?
        }
    })
}

/// A term from JSON in which no name of a field means anything, as from somebody else's service.
#[must_use]
pub fn read_plain(json: &Json) -> Value {
    match json {
        Json::Array(items) => Value::list(items.iter().map(read_plain).collect::<Vec<_>>()),
        Json::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| {
                let name: Arc<str> = name.as_str().into();
                (name, read_plain(value))
            });
            Value::record(fields)
        }
        // Neither has parts, and JSON's numbers are finite.
        other => read_value(other).unwrap_or(Value::Null),
    }
}

fn read_record(fields: &serde_json::Map<String, Json>, open: bool) -> Result<Value, String> {
    let fields = fields
        .iter()
        .map(|(name, value)| Ok((name.as_str().into(), read_with(value, open)?)))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Value::record(fields))
}

fn read_special(
    name: &str,
    fields: &serde_json::Map<String, Json>,
    open: bool,
) -> Result<Value, String> {
    let items = |json: &Json| match json {
        Json::Array(items) => items
            .iter()
            .map(|item| read_with(item, open))
            .collect::<Result<Vec<_>, _>>(),
        _ => Err(format!("`{name}` takes an array")),
    };
    match (name, fields.get(name), fields.len()) {
        ("$integer", Some(Json::String(digits)), 1) if digits.len() <= MOST_DIGITS => digits
            .parse()
            .map(Value::integer)
            .map_err(|_| "`$integer` takes decimal digits in a string".to_owned()),
        ("$integer", ..) => Err(format!(
            "`$integer` takes a string of at most {MOST_DIGITS} decimal digits"
        )),
        ("$record", Some(Json::Object(fields)), 1) => read_record(fields, open),
        ("$compound", Some(Json::Array(parts)), 1) => match parts.split_first() {
            Some((Json::String(name), arguments)) => {
                let arguments = arguments
                    .iter()
                    .map(|item| read_with(item, open))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Value::Compound(name.as_str().into(), arguments.into()))
            }
            _ => Err("`$compound` takes a name and its arguments".to_owned()),
        },
        ("$list", Some(json), 1) => Ok(Value::list(items(json)?)),
        ("$list", Some(json), 2) if open => match (items(json)?, fields.get("$rest")) {
            (items, Some(rest)) if !items.is_empty() => match read_with(rest, open)? {
                Value::List(_) | Value::PartialList(..) => {
                    Err("the `$rest` of a `$list` must not be a list".to_owned())
                }
                rest => Ok(Value::PartialList(items.into(), rest.into())),
            },
            _ => Err("`$list` is of at least one item and its `$rest`".to_owned()),
        },
        ("$variable", Some(Json::Number(number)), 1) if open => number
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .map(Value::Variable)
            .ok_or_else(|| "`$variable` takes a whole number".to_owned()),
        _ => Err(format!(
            "`{name}` is none of `$compound`, `$integer`, `$list`, `$record`; a field of that name is written in `$record`"
        )),
    }
}

/// All answers as one JSON text, with their proofs, or why there is none, where those were asked for.
#[must_use]
pub fn answers_text(answers: Answers, sources: &[Source]) -> String {
    let mut out = String::from("{");
    let solutions = answers.answers.into_iter();
    reply::write_solutions(
        solutions.map(|answer| Solution::of(answer, sources)),
        Numbers::Kept,
        &mut out,
    );
    out.push(',');
    Ending::of(answers.outcome, sources).write(&mut out);
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value) -> String {
        let mut out = String::new();
        write_value(value, &mut out);
        out
    }

    #[test]
    fn values_survive_a_round_trip() {
        let big = "123456789012345678901234567890"
            .parse()
            .map(Value::integer)
            .unwrap();
        let values = [
            Value::Null,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            big,
            Value::Float(1.0),
            Value::Float(1e300),
            Value::string("a\"\\\n\u{1}é😀"),
            Value::list([Value::Integer(1), Value::list([])]),
            Value::record([("a".into(), Value::Null), ("$b".into(), Value::list([]))]),
            Value::record([("a".into(), Value::record([]))]),
            Value::Compound(
                "f".into(),
                [Value::Integer(1), Value::Compound("g".into(), [].into())].into(),
            ),
        ];
        for value in values {
            let json: Json = serde_json::from_str(&text(&value)).unwrap();
            assert_eq!(read_value(&json).as_ref(), Ok(&value), "{json}");
        }
    }

    #[test]
    fn numbers_that_doubles_confuse_are_marked() {
        let largest = LARGEST_SAFE;
        for (value, expected) in [
            (Value::Integer(largest), "9007199254740991"),
            (Value::Integer(-largest), "-9007199254740991"),
            (
                Value::Integer(largest + 1),
                "{\"$integer\":\"9007199254740992\"}",
            ),
            (
                Value::Integer(i64::MIN),
                "{\"$integer\":\"-9223372036854775808\"}",
            ),
            (Value::Float(1.0), "{\"$float\":1}"),
            (Value::Float(-3.0), "{\"$float\":-3}"),
            (Value::Float(0.5), "0.5"),
            (Value::Float(9_007_199_254_740_992.0), "9007199254740992.0"),
            (Value::Float(1e300), "1e+300"),
        ] {
            let mut out = String::new();
            write_value_with(&value, Numbers::Doubles, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_deep_value_is_written() {
        let mut value = Value::Null;
        for _ in 0..100_000 {
            value = Value::Compound("s".into(), [value].into());
        }
        assert!(text(&value).len() > 100_000);
        // Taking it apart recurses; the process ends here.
        std::mem::forget(value);
    }

    #[test]
    fn unknown_special_objects_are_refused() {
        for json in [
            "{\"$x\":1}",
            "{\"$integer\":1}",
            "{\"$integer\":\"1.5\"}",
            "{\"$compound\":[]}",
            "{\"a\":{\"$list\":1}}",
            "{\"$list\":[],\"b\":1}",
        ] {
            let json: Json = serde_json::from_str(json).unwrap();
            assert!(read_value(&json).is_err(), "{json}");
        }
    }
}
