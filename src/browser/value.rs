//! Values of JavaScript as JSON nodes, and answers as values of JavaScript.

use crate::error::{self, Thrown};
use assize_core::{FieldError, InvalidInput};
use assize_json::{Document, Node};
use js_sys::{Array, Object};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

/// Nesting beyond which a value is refused; requests have three levels.
const DEEPEST: usize = 64;

/// A request that was not read yet.
///
/// # Errors
///
/// Everything that JSON does not have, with pointers to it.
pub(crate) fn document(value: &JsValue) -> Result<Document<'static>, InvalidInput> {
    let mut errors = Vec::new();
    let node = node(value, String::new(), 0, &mut errors);
    InvalidInput::check(errors)?;
    Ok(node.into())
}

/// The request `{name: value, …}` without the fields whose value is undefined.
pub(crate) fn document_of(fields: &[(&str, &JsValue)]) -> Result<Document<'static>, InvalidInput> {
    let mut errors = Vec::new();
    let mut entries = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        if !value.is_undefined() {
            let node = node(value, format!("/{name}"), 1, &mut errors);
            entries.push(((*name).to_owned().into(), node));
        }
    }
    InvalidInput::check(errors)?;
    Ok(Node::Object(entries).into())
}

fn node(
    value: &JsValue,
    pointer: String,
    depth: usize,
    errors: &mut Vec<FieldError>,
) -> Node<'static> {
    if value.is_null() {
        return Node::Null;
    }
    if let Some(boolean) = value.as_bool() {
        return Node::Boolean(boolean);
    }
    if let Some(number) = value.as_f64() {
        return Node::Number(number);
    }
    if let Some(text) = value.as_string() {
        return Node::Text(text.into());
    }
    if depth >= DEEPEST {
        errors.push(FieldError::new(pointer, "is nested too deeply"));
    } else if let Some(array) = value.dyn_ref::<Array>() {
        let item = |(index, item): (usize, JsValue)| {
            node(&item, format!("{pointer}/{index}"), depth + 1, errors)
        };
        return Node::Array(array.iter().enumerate().map(item).collect());
    } else if value.is_object() && !value.is_function() {
        return object(value.unchecked_ref(), &pointer, depth, errors);
    } else {
        let kind = value.js_typeof().as_string().unwrap_or_default();
        let message = format!("must be a value that JSON has, got {kind}");
        errors.push(FieldError::new(pointer, message));
    }
    Node::Null
}

fn object(
    value: &Object,
    pointer: &str,
    depth: usize,
    errors: &mut Vec<FieldError>,
) -> Node<'static> {
    let mut entries = Vec::new();
    for entry in Object::entries(value).iter() {
        let entry: &Array = entry.unchecked_ref();
        let (name, value) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
        // As `JSON.stringify` does.
        if value.is_undefined() {
            continue;
        }
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let node = node(&value, format!("{pointer}/{escaped}"), depth + 1, errors);
        entries.push((name.into(), node));
    }
    Node::Object(entries)
}

/// An answer as an object of JavaScript.
pub(crate) fn answer(answer: &impl Serialize) -> Result<JsValue, Thrown> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    answer
        .serialize(&serializer)
        .map_err(|error| error::internal(&error.to_string()))
}
