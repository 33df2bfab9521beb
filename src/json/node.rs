//! A JSON document that keeps what a stricter reader needs: key order, repeated keys, borrowed texts.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A JSON value that may borrow from the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// Any number; finite where it was read from JSON.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// Items in order.
    Array(Vec<Self>),
    /// Fields in order; a name may occur twice.
    Object(Vec<(Cow<'a, str>, Self)>),
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid JSON at line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// Counts from 1.
    pub line: usize,
    /// Counts bytes from 1; 0 before the first byte of a line.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    unfinished: bool,
}

impl SyntaxError {
    /// Whether the text is the beginning of a JSON text.
    #[must_use]
    pub const fn is_unfinished(&self) -> bool {
        self.unfinished
    }
}

impl<'a> Node<'a> {
    /// Reads one JSON text.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, SyntaxError> {
        serde_json::from_slice(text).map_err(|error| {
            let message = error.to_string();
            // serde_json appends the place, which is kept as numbers here.
            let message = message
                .split_once(" at line ")
                .map_or(message.as_str(), |(message, _)| message);
            SyntaxError {
                line: error.line(),
                column: error.column(),
                message: message.to_owned(),
                unfinished: error.is_eof(),
            }
        })
    }

    /// The name of its type, with an article.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Node::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            object.push((key, entries.next_value()?));
        }
        Ok(Node::Object(object))
    }
}

struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_of_a_mistake_is_kept() {
        let error = Node::parse(b"{\"left\":\n  nope}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 4));
        assert_eq!(error.message, "expected ident");
        assert_eq!(Node::parse(b"").unwrap_err().line, 1);
        for text in ["NaN", "1e999", "{} {}", "[1,]", "\"\\ud800\"", "{'a':1}"] {
            assert!(Node::parse(text.as_bytes()).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(Node::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn texts_are_borrowed_and_keys_keep_their_order() {
        let node = Node::parse(br#"{"b":"x","a":1,"b":null}"#).unwrap();
        let Node::Object(entries) = node else {
            panic!("an object");
        };
        let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_ref()).collect();
        assert_eq!(keys, ["b", "a", "b"]);
        assert!(matches!(&entries[0].1, Node::Text(Cow::Borrowed("x"))));
    }
}
