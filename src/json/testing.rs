//! What the tests of requests share.

use crate::node::Node;
use crate::requests::Document;
use assize_core::{FieldError, InvalidInput};
use proptest::prelude::*;
use utoipa::openapi::{RefOr, Schema};

/// `pointer: message` of each error.
pub(crate) fn told(errors: &[FieldError]) -> Vec<String> {
    let line = |error: &FieldError| format!("{}: {}", error.pointer, error.message);
    errors.iter().map(line).collect()
}

/// The errors of a reader for a JSON text.
pub(crate) fn errors_of<T>(
    text: &str,
    read: impl Fn(&Document<'_>) -> Result<T, InvalidInput>,
) -> Vec<String> {
    let document = Document::parse(text.as_bytes()).unwrap();
    read(&document)
        .err()
        .map_or_else(Vec::new, |error| told(error.errors()))
}

/// Asserts that a body's description has the fields that its reader knows, and says which may be null. `path` leads to
/// their object from the request.
pub(crate) fn assert_described<T>(
    schema: RefOr<Schema>,
    path: &[&str],
    read: impl Fn(&Document<'_>) -> Result<T, InvalidInput>,
) {
    let schema = serde_json::to_value(&schema).unwrap();
    let described = schema["properties"].as_object().unwrap();
    let mut names: Vec<_> = described.keys().map(String::as_str).collect();
    names.sort_unstable();
    let errors = errors_of(&within(path, r#"{"qqqqqqqqqqqq":1}"#), &read);
    let known = errors.iter().find_map(|error| {
        let (_, known) = error.split_once("qqqqqqqqqqqq: is not a known field; known are ")?;
        let mut known: Vec<_> = known.split(", ").collect();
        known.sort_unstable();
        Some(known)
    });
    assert_eq!(known, Some(names), "{path:?}: {errors:?}");
    for (name, field) in described {
        let types = [&field["type"], &field["oneOf"][0]["type"]];
        let may_be_null = types.iter().any(|it| it.to_string().contains("\"null\""));
        let errors = errors_of(&within(path, &format!("{{{name:?}:null}}")), &read);
        let is_refused = errors.iter().any(|error| error.ends_with(", got null"));
        assert_eq!(may_be_null, !is_refused, "{path:?} {name}: {errors:?}");
    }
}

fn within(path: &[&str], text: &str) -> String {
    path.iter()
        .rev()
        .fold(text.to_owned(), |text, name| match *name {
            "0" => format!("[{text}]"),
            name => format!("{{{name:?}:{text}}}"),
        })
}

/// Any values, with names of fields among the keys.
pub(crate) fn any_node(names: &'static [&'static str]) -> impl Strategy<Value = Node<'static>> {
    let leaf = prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::Boolean),
        any::<f64>().prop_map(Node::Number),
        (-2..40_i32).prop_map(|number| Node::Number(number.into())),
        "\\PC{0,12}".prop_map(|text| Node::Text(text.into())),
        proptest::sample::select(names).prop_map(|name| Node::Text(name.into())),
    ];
    leaf.prop_recursive(6, 48, 8, move |inner| {
        let key = proptest::sample::select(names).prop_map(Into::into);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Node::Array),
            proptest::collection::vec((key, inner), 0..8).prop_map(Node::Object),
        ]
    })
}
