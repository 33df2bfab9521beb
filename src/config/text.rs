//! Values that are given as text: by variables and flags.

use crate::error::Origin;
use crate::schema::Shape;
use crate::tree::{Node, Table, Value};

/// A text as a value of a shape. What does not fit stays text, for the check to name.
pub(crate) fn value_of(text: &str, shape: &Shape, origin: &Origin) -> Node {
    let trimmed = text.trim();
    let value = match shape {
        Shape::Boolean => boolean(trimmed).map(Value::Boolean),
        Shape::Integer(_) => trimmed.parse().ok().map(Value::Integer),
        Shape::Number(_) => trimmed.parse().ok().map(Value::Float),
        Shape::Word(_) => Some(Value::Text(trimmed.to_owned())),
        Shape::List { item, .. } => {
            let items = parts(text).enumerate().map(|(index, part)| match **item {
                Shape::Table { .. } => key(&format!("key-{}", index + 1), "key", part, origin),
                _ => value_of(part, item, origin),
            });
            Some(Value::List(items.collect()))
        }
        Shape::Text(format) if format != "secret" => Some(Value::Text(trimmed.to_owned())),
        Shape::Text(_) | Shape::Table { .. } => None,
    };
    Node::new(
        value.unwrap_or_else(|| Value::Text(text.to_owned())),
        origin.clone(),
    )
}

/// An item of `auth.keys`; the other member is `key` or `key_file`.
pub(crate) fn key(name: &str, member: &str, text: &str, origin: &Origin) -> Node {
    let entries = [("name", name), (member, text)];
    let table: Table = entries
        .into_iter()
        .map(|(key, text)| (key.to_owned(), Node::text(text, origin.clone())))
        .collect();
    Node::new(Value::Table(table), origin.clone())
}

/// What stands between commas, without blanks around it.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// As in most shells and compose files.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
