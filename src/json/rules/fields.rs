//! Reads JSON in which numbers keep their kind, field by field, and collects everything that is wrong.

use crate::node::Node;
use crate::requests::{Document, ReadError};
use assize_core::{FieldError, InvalidInput};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// An object of which names that are never asked for are reported.
pub(super) struct Fields<'j> {
    map: &'j Map<String, Json>,
    pointer: String,
    asked: Vec<&'static str>,
}

/// A body as JSON.
pub(super) fn parse(text: &[u8]) -> Result<Json, ReadError> {
    let Document(node) = Document::parse(text)?;
    let mut errors = Vec::new();
    repeated(&node, &mut String::new(), &mut errors);
    InvalidInput::check(errors)?;
    // What the stricter reader took is JSON.
    Ok(serde_json::from_slice(text).unwrap_or(Json::Null))
}

/// Names that occur twice in one object. JSON is at most 128 levels deep here.
fn repeated(node: &Node<'_>, pointer: &mut String, errors: &mut Vec<FieldError>) {
    let length = pointer.len();
    match node {
        Node::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{number}"));
                repeated(item, pointer, errors);
                pointer.truncate(length);
            }
        }
        Node::Object(entries) => {
            let mut seen = BTreeSet::new();
            for (name, value) in entries {
                pointer.push_str(&step(name));
                if !seen.insert(name.as_ref()) {
                    errors.push(FieldError::new(pointer.as_str(), "occurs twice"));
                }
                repeated(value, pointer, errors);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// As in RFC 6901, section 3.
fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The kind of a value, with an article.
pub(super) const fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

impl<'j> Fields<'j> {
    pub(super) fn open(
        json: &'j Json,
        pointer: String,
        errors: &mut Vec<FieldError>,
    ) -> Option<Self> {
        let Json::Object(map) = json else {
            let message = format!("must be an object, got {}", kind(json));
            errors.push(FieldError::new(pointer, message));
            return None;
        };
        Some(Self {
            map,
            pointer,
            asked: Vec::new(),
        })
    }

    pub(super) fn pointer_to(&self, name: &str) -> String {
        format!("{}{}", self.pointer, step(name))
    }

    /// The value under a name; null counts as absent.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<&'j Json> {
        self.asked.push(name);
        self.map.get(name).filter(|json| !json.is_null())
    }

    pub(super) fn required(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<&'j Json> {
        let found = self.optional(name);
        if found.is_none() {
            errors.push(FieldError::new(self.pointer_to(name), "is missing"));
        }
        found
    }

    pub(super) fn wrong(&self, name: &str, wanted: &str, got: &Json, errors: &mut Vec<FieldError>) {
        let message = format!("must be {wanted}, got {}", kind(got));
        errors.push(FieldError::new(self.pointer_to(name), message));
    }

    pub(super) fn text(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<&'j str> {
        match self.optional(name)? {
            Json::String(text) => Some(text),
            other => {
                self.wrong(name, "a string", other, errors);
                None
            }
        }
    }

    pub(super) fn flag(&mut self, name: &'static str, errors: &mut Vec<FieldError>) -> bool {
        match self.optional(name) {
            None => false,
            Some(Json::Bool(value)) => *value,
            Some(other) => {
                self.wrong(name, "true or false", other, errors);
                false
            }
        }
    }

    /// A whole number from 0 to `most`.
    pub(super) fn whole(
        &mut self,
        name: &'static str,
        most: u64,
        errors: &mut Vec<FieldError>,
    ) -> Option<u64> {
        let json = self.optional(name)?;
        match json.as_u64() {
            Some(number) if number <= most => Some(number),
            _ => {
                let wanted = format!("a whole number from 0 to {most}");
                let got = match json {
                    Json::Number(number) => number.to_string(),
                    other => kind(other).to_owned(),
                };
                let message = format!("must be {wanted}, got {got}");
                errors.push(FieldError::new(self.pointer_to(name), message));
                None
            }
        }
    }

    /// The items of an array with their pointers; none where it is absent.
    pub(super) fn items(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Vec<(String, &'j Json)> {
        match self.optional(name) {
            None => Vec::new(),
            Some(Json::Array(items)) => {
                let pointer = self.pointer_to(name);
                let numbered = items.iter().enumerate();
                numbered
                    .map(|(number, item)| (format!("{pointer}/{number}"), item))
                    .collect()
            }
            Some(other) => {
                self.wrong(name, "an array", other, errors);
                Vec::new()
            }
        }
    }

    /// Reports names that are not known.
    pub(super) fn finish(self, errors: &mut Vec<FieldError>) {
        for name in self.map.keys() {
            if !self.asked.contains(&name.as_str()) {
                let message = format!("is not a known field; known are {}", self.asked.join(", "));
                errors.push(FieldError::new(self.pointer_to(name), message));
            }
        }
    }
}
