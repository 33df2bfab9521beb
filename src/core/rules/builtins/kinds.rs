//! What an argument must be, in the words of messages, and whether a value is that.

use crate::rules::value::Value;

pub(super) const TERM: &str = "term";
pub(super) const BOOLEAN: &str = "boolean";
pub(super) const INTEGER: &str = "integer";
pub(super) const FLOAT: &str = "float";
pub(super) const NUMBER: &str = "number";
pub(super) const STRING: &str = "string";
pub(super) const LIST: &str = "list";
pub(super) const RECORD: &str = "record";
pub(super) const NUMBER_OR_STRING: &str = "number or string";
pub(super) const STRING_OR_INTEGER: &str = "string or integer";
pub(super) const RECORD_OR_LIST: &str = "record or list";
pub(super) const INTEGERS: &str = "list of integers";
pub(super) const NUMBERS: &str = "list of numbers";
pub(super) const STRINGS: &str = "list of strings";
pub(super) const LISTS: &str = "list of lists";

/// What the items of a list of this kind must be.
fn item_kind(kind: &str) -> Option<&'static str> {
    match kind {
        INTEGERS => Some(INTEGER),
        NUMBERS => Some(NUMBER),
        STRINGS => Some(STRING),
        LISTS => Some(LIST),
        _ => None,
    }
}

/// Whether a value is of a kind; no value is of a kind that is not listed here.
pub(super) fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        TERM => true,
        BOOLEAN => matches!(value, Value::Boolean(_)),
        INTEGER => matches!(value, Value::Integer(_) | Value::BigInteger(_)),
        FLOAT => matches!(value, Value::Float(_)),
        NUMBER => is_number(value),
        STRING => matches!(value, Value::String(_)),
        LIST => matches!(value, Value::List(_)),
        RECORD => matches!(value, Value::Record(_)),
        NUMBER_OR_STRING => fits(NUMBER, value) || fits(STRING, value),
        STRING_OR_INTEGER => fits(STRING, value) || fits(INTEGER, value),
        RECORD_OR_LIST => fits(RECORD, value) || fits(LIST, value),
        _ => item_kind(kind).is_some_and(|item| {
            matches!(value, Value::List(items) if items.iter().all(|value| fits(item, value)))
        }),
    }
}

/// A value of a kind, to try with; none for those of two kinds.
pub(in crate::rules) fn sample(kind: &str) -> Option<Value> {
    match kind {
        TERM => Some(Value::Null),
        BOOLEAN => Some(Value::Boolean(true)),
        INTEGER | NUMBER => Some(Value::Integer(1)),
        FLOAT => Some(Value::Float(1.0)),
        STRING => Some(Value::string("")),
        LIST | INTEGERS | NUMBERS | STRINGS | LISTS => Some(Value::List(Vec::new().into())),
        RECORD => Some(Value::record([])),
        _ => None,
    }
}

/// What to call a value that does not fit a kind.
pub(super) fn found(kind: &str, value: &Value) -> &'static str {
    match value {
        Value::List(_) if item_kind(kind).is_some() => "list that holds something else",
        _ => value.kind(),
    }
}

pub(super) const fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_) | Value::BigInteger(_) | Value::Float(_)
    )
}

/// `a string`, `an integer`; `null` stands alone.
pub(in crate::rules) fn with_article(kind: &str) -> String {
    match kind.bytes().next() {
        _ if kind == "null" => kind.to_owned(),
        Some(b'a' | b'e' | b'i' | b'o' | b'u') => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_table_is_known() {
        let samples = [
            Value::Null,
            Value::Integer(1),
            Value::Float(1.0),
            Value::Boolean(true),
            Value::string("a"),
            Value::list([]),
            Value::record([]),
        ];
        for builtin in crate::rules::builtins::all() {
            for parameter in builtin.parameters {
                assert!(
                    samples.iter().any(|value| fits(parameter.kind, value)),
                    "{}: {}",
                    builtin.name,
                    parameter.kind
                );
            }
        }
        assert!(!fits(STRINGS, &Value::list([Value::Null])));
        assert!(!fits("wish", &Value::Null));
    }
}
