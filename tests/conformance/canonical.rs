//! What a host answered, as a text: equal answers are equal texts.

use serde_json::{Value, json};
use std::fmt::Write as _;

/// Fields that say when and under what name, not what.
const CIRCUMSTANCES: [&str; 4] = ["id", "sequence", "created_ms", "updated_ms"];

/// What a host answered, so that equal answers are equal texts: keys in order, numbers by their bits.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => {
            let bits = number.as_f64().unwrap_or(f64::NAN).to_bits();
            let _ = write!(text, "#{bits:016x}");
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            for name in names {
                if !CIRCUMSTANCES.contains(&name.as_str()) {
                    let _ = write!(text, "{}:", Value::from(name.as_str()));
                    write(&fields[name], text);
                    text.push(',');
                }
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// Of a problem, what every host says of it.
pub(crate) fn problem(value: &Value) -> Value {
    let kind = value["type"].as_str().unwrap_or_default();
    let mut said = json!({ "error": kind.rsplit(':').next() });
    for field in ["errors", "limit"] {
        if let Some(found) = value.get(field) {
            said[field] = found.clone();
        }
    }
    said
}

/// The bytes of an answer over HTTP, but for when it was given and under what name.
pub(crate) fn masked(text: &str, session: &str) -> String {
    let mut masked = if session.is_empty() {
        text.to_owned()
    } else {
        text.replace(session, "SESSION")
    };
    for field in ["created_ms", "updated_ms"] {
        let name = format!("\"{field}\":");
        let mut parts = masked.split(&name);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            whole.push_str(&name);
            whole.push_str(if rest.len() < part.len() { "0" } else { "" });
            whole.push_str(rest);
        }
        masked = whole;
    }
    masked
}

#[test]
fn canonical_form_tells_answers_apart() {
    let differ = |one: Value, other: Value| assert_ne!(canonical(&one), canonical(&other));
    differ(
        json!({ "risk": 0.1 }),
        json!({ "risk": 0.100_000_000_000_000_02 }),
    );
    differ(json!({ "risk": 0.0 }), json!({ "risk": -0.0 }));
    differ(json!(null), json!("null"));
    differ(json!([1, [2]]), json!([[1], 2]));
    assert_eq!(canonical(&json!(1)), canonical(&json!(1.0)));
    assert_eq!(
        canonical(&json!({ "id": 1 })),
        canonical(&json!({ "id": 2 }))
    );
}

#[test]
fn masks_hide_time_and_name_only() {
    let text = r#"{"id":"abc","created_ms":17,"updated_ms":18,"sequence":3,"created_ms":null,"created_ms":5}"#;
    let expected = r#"{"id":"SESSION","created_ms":0,"updated_ms":0,"sequence":3,"created_ms":null,"created_ms":0}"#;
    assert_eq!(masked(text, "abc"), expected);
}
