//! The JSON Schema of a file, and its shape for the loader.

use crate::settings::{Profile, Settings};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The JSON Schema (2020-12) of a configuration file: every key with its description, range and default.
#[must_use]
pub fn schema() -> Json {
    let mut settings = settings_schema();
    let mut partial = settings.clone();
    let overlays: Map<_, _> = Profile::ALL
        .iter()
        .map(|profile| {
            let name = profile.as_str().to_owned();
            (name, json!({"$ref": "#/$defs/overlay"}))
        })
        .collect();
    if let Some(partial) = partial.as_object_mut() {
        partial.remove("$schema");
        partial.remove("title");
        partial.insert("description".to_owned(), "Settings of one profile.".into());
    }
    if let Some(properties) = partial
        .pointer_mut("/properties")
        .and_then(Json::as_object_mut)
    {
        properties.remove("profile");
    }
    let overlay = json!({
        "description": "Settings that apply in one profile only.",
        "type": "object",
        "properties": overlays,
        "additionalProperties": false,
    });
    if let Some(properties) = settings
        .pointer_mut("/properties")
        .and_then(Json::as_object_mut)
    {
        properties.insert("overlay".to_owned(), overlay);
    }
    if let Some(root) = settings.as_object_mut() {
        root.insert("title".to_owned(), "assize.toml".into());
        root.insert("$defs".to_owned(), json!({"overlay": partial}));
    }
    loosen(&mut settings, false);
    settings
}

fn settings_schema() -> Json {
    let generator =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = generator
        .into_generator()
        .into_root_schema_for::<Settings>()
        .to_value();
    tidy(&mut schema);
    schema
}

/// Takes away what is about Rust: null for what is absent, the sizes of numbers, a schema for each word.
fn tidy(schema: &mut Json) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Json::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let Some(only) = types.pop() {
            object.insert("type".to_owned(), only);
        }
    }
    if object.get("default").is_some_and(Json::is_null) {
        object.remove("default");
    }
    let is_size = |format: &Json| {
        let sizes = ["uint", "int", "double", "float"];
        format
            .as_str()
            .is_some_and(|format| sizes.iter().any(|size| format.starts_with(size)))
    };
    if object.get("format").is_some_and(is_size) {
        object.remove("format");
    }
    let of_any = object.remove("anyOf").and_then(|mut any| {
        any.as_array_mut()?
            .drain(..)
            .find(|one| one.get("type").is_none_or(|name| name != "null"))
    });
    if let Some(Json::Object(one)) = of_any {
        for (key, value) in one {
            object.entry(key).or_insert(value);
        }
    }
    if let Some(Json::Array(words)) = object.remove("oneOf") {
        let words: Vec<_> = words.iter().flat_map(words_of).collect();
        object.insert("type".to_owned(), "string".into());
        object.insert("enum".to_owned(), words.into());
    }
    if let Some(properties) = object.get_mut("properties").and_then(Json::as_object_mut) {
        // A section's default is that of its keys.
        properties.values_mut().for_each(|property| {
            tidy(property);
            if let Some(section) = property.as_object_mut()
                && section.contains_key("properties")
            {
                section.remove("default");
            }
        });
    }
    if let Some(items) = object.get_mut("items") {
        tidy(items);
    }
}

fn words_of(schema: &Json) -> Vec<Json> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(word), _) => vec![word.clone()],
        (None, Some(Json::Array(words))) => words.clone(),
        _ => Vec::new(),
    }
}

/// A file may leave to a variable what must be said somewhere; only an item of a list must be whole.
fn loosen(schema: &mut Json, is_item: bool) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if !is_item {
        object.remove("required");
    }
    for group in ["properties", "$defs"] {
        if let Some(inner) = object.get_mut(group).and_then(Json::as_object_mut) {
            inner.values_mut().for_each(|schema| loosen(schema, false));
        }
    }
    if let Some(items) = object.get_mut("items") {
        loosen(items, true);
    }
}

/// What a value may be.
pub(crate) enum Shape {
    Table {
        keys: BTreeMap<String, Shape>,
        required: Vec<String>,
    },
    List {
        item: Box<Shape>,
        most: usize,
    },
    Integer(RangeInclusive<i128>),
    Number(RangeInclusive<f64>),
    Boolean,
    Word(Vec<String>),
    /// A text; the name says of which format.
    Text(String),
}

impl Shape {
    /// The shape of all settings.
    pub(crate) fn settings() -> Self {
        Self::of(&settings_schema())
    }

    fn of(schema: &Json) -> Self {
        let number = |name: &str, or: f64| schema.get(name).and_then(Json::as_f64).unwrap_or(or);
        let (least, most) = (number("minimum", 0.0), number("maximum", 0.0));
        match schema.get("type").and_then(Json::as_str) {
            Some("object") => Self::table(schema),
            Some("array") => Self::List {
                item: Box::new(Self::of(schema.get("items").unwrap_or(&Json::Null))),
                most: number("maxItems", 0.0) as usize,
            },
            Some("integer") => Self::Integer(least as i128..=most as i128),
            Some("number") => Self::Number(least..=most),
            Some("boolean") => Self::Boolean,
            _ => match schema.get("enum").and_then(Json::as_array) {
                Some(words) => Self::Word(texts(words)),
                None => {
                    let format = schema.get("format").and_then(Json::as_str);
                    Self::Text(format.unwrap_or_default().to_owned())
                }
            },
        }
    }

    fn table(schema: &Json) -> Self {
        let properties = schema.get("properties").and_then(Json::as_object);
        let required = schema.get("required").and_then(Json::as_array);
        Self::Table {
            keys: properties
                .into_iter()
                .flatten()
                .map(|(key, schema)| (key.clone(), Self::of(schema)))
                .collect(),
            required: required.map(|names| texts(names)).unwrap_or_default(),
        }
    }

    /// The shape at a path, as in `server.listen`.
    pub(crate) fn find(&self, path: &str) -> Option<&Self> {
        let Self::Table { keys, .. } = self else {
            return None;
        };
        match path.split_once('.') {
            Some((first, rest)) => keys.get(first)?.find(rest),
            None => keys.get(path),
        }
    }

    /// Every key that is no table, with its shape.
    pub(crate) fn leaves(&self) -> Vec<(String, &Self)> {
        let mut found = Vec::new();
        self.add_leaves("", &mut found);
        found
    }

    fn add_leaves<'s>(&'s self, path: &str, found: &mut Vec<(String, &'s Self)>) {
        match self {
            Self::Table { keys, .. } => {
                for (key, shape) in keys {
                    shape.add_leaves(&crate::tree::join(path, key), found);
                }
            }
            _ => found.push((path.to_owned(), self)),
        }
    }
}

fn texts(values: &[Json]) -> Vec<String> {
    let texts = values.iter().filter_map(Json::as_str);
    texts.map(str::to_owned).collect()
}
