//! Recorded values.

use serde_json::Value;

/// A number; those that are not finite are recorded as texts.
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().expect("a number"),
        other => other.as_f64().expect("a number"),
    }
}

pub(crate) fn number_or(value: &Value, otherwise: f64) -> f64 {
    if value.is_null() {
        otherwise
    } else {
        number(value)
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    items(value).iter().map(number).collect()
}

/// As single precision.
pub(crate) fn vector(value: &Value) -> Vec<f32> {
    items(value)
        .iter()
        .map(|value| number(value) as f32)
        .collect()
}

pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn has_tag(case: &Value, tag: &str) -> bool {
    items(&case["tags"]).iter().any(|found| found == tag)
}
