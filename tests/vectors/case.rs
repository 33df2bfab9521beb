//! One line of a file of vectors, and reading what is in it.

use serde_json::Value;

/// What a reference system was asked and what it answered.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `group.operation.number.tag`.
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) config: Value,
    pub(crate) input: Value,
    pub(crate) expected: Value,
}

impl Case {
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok(Self {
            name: text(&value, "/case")?.to_owned(),
            op: text(&value, "/op")?.to_owned(),
            config: at(&value, "/config")?.clone(),
            input: at(&value, "/input")?.clone(),
            expected: at(&value, "/expected")?.clone(),
        })
    }

    pub(crate) fn group(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }
}

pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> Result<&'a Value, String> {
    value
        .pointer(pointer)
        .ok_or_else(|| format!("the case has no {pointer}"))
}

/// A number, or one of the texts that stand for numbers that are not finite.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn number(value: &Value, pointer: &str) -> Result<f64, String> {
    as_number(at(value, pointer)?).ok_or_else(|| format!("{pointer} is no number"))
}

pub(crate) fn whole(value: &Value, pointer: &str) -> Result<i64, String> {
    at(value, pointer)?
        .as_i64()
        .ok_or_else(|| format!("{pointer} is no whole number"))
}

pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, String> {
    at(value, pointer)?
        .as_str()
        .ok_or_else(|| format!("{pointer} is no text"))
}

/// A text or null.
pub(crate) fn optional_text<'a>(
    value: &'a Value,
    pointer: &str,
) -> Result<Option<&'a str>, String> {
    match at(value, pointer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(format!("{pointer} is neither a text nor null")),
    }
}

pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a [Value], String> {
    at(value, pointer)?
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| format!("{pointer} is no list"))
}

pub(crate) fn numbers(value: &Value, pointer: &str) -> Result<Vec<f64>, String> {
    let items = list(value, pointer)?.iter();
    items
        .map(|item| as_number(item).ok_or_else(|| format!("{pointer} has what is no number")))
        .collect()
}
