//! Values before they are settings, each with where it was said.

use crate::error::Origin;
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(crate) type Table = BTreeMap<String, Node>;

/// A value and where it was said. No `Debug`: it may hold secrets.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys of which one is given at most; a later layer's replaces an earlier layer's.
pub(crate) const EXCLUSIVE: [(&str, &[&str]); 5] = [
    ("store", &["url", "url_file"]),
    ("auth.keys[]", &["key", "key_file"]),
    ("model", &["api_key", "api_key_file"]),
    ("embedding", &["api_key", "api_key_file"]),
    (
        "auth.jwt",
        &[
            "secret",
            "secret_file",
            "public_key_file",
            "jwks_file",
            "jwks_url",
        ],
    ),
];

impl Node {
    pub(crate) const fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin }
    }

    pub(crate) fn text(text: impl Into<String>, origin: Origin) -> Self {
        Self::new(Value::Text(text.into()), origin)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What kind of value it is, for errors.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "a value that means nothing here",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Boolean(boolean) => (*boolean).into(),
            Value::Integer(number) => match i64::try_from(*number) {
                Ok(number) => number.into(),
                Err(_) => Json::Null,
            },
            Value::Float(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Table(table) => to_json(table),
        }
    }
}

/// Null where a value is outside of what JSON can say, which no checked value is.
pub(crate) fn to_json(table: &Table) -> Json {
    let entry = |(key, node): (&String, &Node)| (key.clone(), node.to_json());
    Json::Object(table.iter().map(entry).collect())
}

/// As in `server.listen`.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The value at a path, as in `server.listen`.
pub(crate) fn find<'t>(table: &'t Table, path: &str) -> Option<&'t Node> {
    match path.split_once('.') {
        Some((first, rest)) => find(table.get(first)?.as_table()?, rest),
        None => table.get(path),
    }
}

/// Puts a value at a path, making tables on the way. What is no table is replaced.
pub(crate) fn insert(table: &mut Table, path: &str, node: Node) {
    let Some((first, rest)) = path.split_once('.') else {
        table.insert(path.to_owned(), node);
        return;
    };
    let empty = Node::new(Value::Table(Table::new()), node.origin.clone());
    let entry = table
        .entry(first.to_owned())
        .or_insert_with(|| empty.clone());
    if entry.as_table().is_none() {
        *entry = empty;
    }
    if let Value::Table(inner) = &mut entry.value {
        insert(inner, rest, node);
    }
}

/// Lays a table over another: tables merge, anything else replaces.
pub(crate) fn merge(below: &mut Table, above: Table, path: &str) {
    for (_, keys) in EXCLUSIVE.iter().filter(|(of, _)| *of == path) {
        if keys.iter().any(|key| above.contains_key(*key)) {
            below.retain(|key, _| !keys.contains(&key.as_str()));
        }
    }
    for (key, node) in above {
        let deeper = join(path, &key);
        match (below.get_mut(&key), node) {
            (
                Some(Node {
                    value: Value::Table(below),
                    ..
                }),
                Node {
                    value: Value::Table(above),
                    ..
                },
            ) => merge(below, above, &deeper),
            (_, node) => {
                below.insert(key, node);
            }
        }
    }
}

/// Where each value was said; a list is one value.
pub(crate) fn origins(table: &Table, path: &str, found: &mut BTreeMap<String, Origin>) {
    for (key, node) in table {
        let path = join(path, key);
        match &node.value {
            Value::Table(inner) => origins(inner, &path, found),
            _ => {
                found.insert(path, node.origin.clone());
            }
        }
    }
}
