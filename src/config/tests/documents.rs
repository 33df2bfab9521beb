use super::*;
use crate::schema::{Shape, schema};
use crate::{Settings, aliases, changes, variables};
use serde_json::Value as Json;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The example with all that is commented out brought in, but for what excludes something else.
fn uncommented() -> String {
    let excluded = [
        "url_file",
        "key_file",
        "api_key_file",
        "secret_file",
        "public_key_file",
        "jwks_file",
        "jwks_url",
    ];
    let uncomment = |line: &str| {
        let Some(rest) = line.strip_prefix("# ") else {
            return line.to_owned();
        };
        let key = rest.split(" = ").next().unwrap();
        let is_entry = rest.contains(" = ") && !key.contains(' ');
        let rest = rest.replace("key = \"\"", "key = \"x\"");
        let rest = rest.replace(
            "secret = \"\"",
            "secret = \"0123456789abcdef0123456789abcdef\"",
        );
        match (is_entry || rest.starts_with('['), excluded.contains(&key)) {
            (true, false) => rest,
            _ => line.to_owned(),
        }
    };
    document("assize.toml")
        .lines()
        .map(|line| uncomment(line) + "\n")
        .collect()
}

#[test]
fn example_is_the_defaults() {
    let loaded = load_toml(&document("assize.toml")).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.notes, [""; 0]);
    let core = Settings::default().governor.cycle_settings();
    assert_eq!(
        load_toml(&uncommented())
            .unwrap()
            .settings
            .governor
            .cycle_settings(),
        core
    );
}

#[test]
fn example_of_services_and_words_is_what_they_are_without() {
    let example = document("assize.toml");
    for list in Settings::default().gate.lexicon.lists {
        let words: Vec<_> = list.words.iter().map(ToString::to_string).collect();
        let unwrapped = example.replace("\n# ", " ");
        let expected = format!("of weight {} ({})", list.weight, words.join(", "));
        assert!(unwrapped.contains(&expected), "{expected}");
    }
    let settings = load_toml(&uncommented()).unwrap().settings;
    let mut model = settings.model_settings().unwrap();
    assert!(model.endpoint.api_key.take().is_some());
    (model.temperature, model.token_parameter) = (None, None);
    let usual = assize_model::ModelSettings::new(model.provider, model.model.as_str());
    assert_eq!(model, usual);
    let mut embedder = settings.embedder_settings().unwrap();
    assert!(embedder.endpoint.api_key.take().is_some());
    let usual = assize_model::EmbedderSettings::new(embedder.model.as_str(), 384);
    assert_eq!(embedder, usual);
    let least = "model = {provider = 'openai', model = 'm'}\nembedding.model = 'm'";
    let least = load_toml(least).unwrap().settings;
    assert_eq!(settings.model_bounds(), least.model_bounds());
    assert_eq!(settings.embedder_bounds(), least.embedder_bounds());
    assert_eq!(settings.embedding_cache(), least.embedding_cache());
}

#[test]
fn example_has_every_key() {
    let example = document("assize.toml");
    let mut section = String::new();
    let mut found = Vec::new();
    for line in example.lines() {
        let line = line.trim_start_matches("# ");
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ") {
            found.push(crate::tree::join(&section, key));
        }
    }
    let shape = Shape::settings();
    let mut expected: Vec<_> = shape.leaves().into_iter().map(|(key, _)| key).collect();
    for list in ["auth.keys", "outbound.externals", "gate.lexicon.lists"] {
        expected.retain(|key| key != list);
        let Some(Shape::List { item, .. }) = shape.find(list) else {
            panic!("{list} is no list");
        };
        let items = item.leaves().into_iter();
        expected.extend(items.map(|(key, _)| format!("{list}.{key}")));
    }
    for key in &expected {
        assert_eq!(
            found.iter().filter(|other| *other == key).count(),
            1,
            "{key}"
        );
    }
    assert!(
        found
            .iter()
            .all(|key| expected.contains(key) || key.starts_with("overlay."))
    );
}

#[test]
fn guide_has_every_variable_and_every_key_that_reloads() {
    let guide = document("configuration.md");
    let short = variables::SHORT.into_iter().chain(aliases::known());
    for (name, key) in short {
        assert!(guide.contains(&format!("| `{name}` | `{key}` |")), "{name}");
    }
    let (_, reload) = guide.split_once("## Reload").unwrap();
    for key in changes::RELOADABLE {
        assert!(reload.contains(&format!("`{key}`")), "{key}");
        let shape = Shape::settings();
        assert!(shape.find(key).is_some(), "{key}");
    }
    assert_eq!(reload.matches('`').count(), 2 * changes::RELOADABLE.len());
}

/// Every schema in a schema, with its place.
fn each(schema: &Json, place: &str, visit: &mut dyn FnMut(&str, &Json)) {
    visit(place, schema);
    for group in ["properties", "$defs"] {
        for (key, inner) in schema[group].as_object().into_iter().flatten() {
            each(inner, &format!("{place}/{key}"), visit);
        }
    }
    if let Some(items) = schema.get("items") {
        each(items, &format!("{place}[]"), visit);
    }
}

#[test]
fn schema_is_closed_and_says_what_each_key_is() {
    let schema = schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let formats = [
        "socket-address",
        "ip-range",
        "log-filter",
        "store-url",
        "jwks-url",
        "tenant",
        "name",
        "path",
        "secret",
        "word",
    ];
    let mut count = 0;
    each(&schema, "", &mut |place, schema| {
        if schema.get("$ref").is_some() {
            return;
        }
        count += 1;
        let is_item = place.ends_with("[]");
        assert!(
            is_item || place.is_empty() || schema["description"].is_string(),
            "{place}"
        );
        assert!(
            schema.get("oneOf").is_none() && schema.get("anyOf").is_none(),
            "{place}"
        );
        assert_ne!(schema.get("default"), Some(&Json::Null), "{place}");
        match schema["type"].as_str() {
            Some("object") => assert_eq!(schema["additionalProperties"], false, "{place}"),
            Some("array") => assert!(schema["maxItems"].is_u64(), "{place}"),
            Some("integer" | "number") => {
                assert!(
                    schema["minimum"].is_number() && schema["maximum"].is_number(),
                    "{place}"
                );
            }
            Some("boolean") => assert!(schema["default"].is_boolean(), "{place}"),
            Some("string") => {
                let is_word = schema["enum"]
                    .as_array()
                    .is_some_and(|words| !words.is_empty());
                let is_format = schema["format"]
                    .as_str()
                    .is_some_and(|format| formats.contains(&format));
                assert!(is_word || is_format, "{place}: {schema}");
            }
            other => panic!("{place}: {other:?}"),
        }
    });
    assert!(count > 100, "{count}");
    assert_eq!(
        schema["properties"]["server"]["properties"]["queue_ms"]["maximum"],
        60000
    );
    assert_eq!(
        schema["properties"]["log"]["properties"]["format"]["default"],
        "auto"
    );
    assert_eq!(
        schema["properties"]["auth"]["properties"]["keys"]["items"]["required"][0],
        "name"
    );
}

/// Whether a value is of a schema, as far as the words that our schema uses.
fn is_valid(value: &Json, schema: &Json, root: &Json) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return is_valid(
            value,
            root.pointer(reference.trim_start_matches('#')).unwrap(),
            root,
        );
    }
    let limit = |name: &str, or: f64| schema[name].as_f64().unwrap_or(or);
    let in_range =
        |number: f64| limit("minimum", f64::MIN) <= number && number <= limit("maximum", f64::MAX);
    match schema["type"].as_str().unwrap() {
        "object" => value.as_object().is_some_and(|object| {
            let required = schema["required"].as_array().into_iter().flatten();
            required
                .into_iter()
                .all(|key| object.contains_key(key.as_str().unwrap()))
                && object.iter().all(|(key, value)| {
                    schema["properties"]
                        .get(key)
                        .is_some_and(|schema| is_valid(value, schema, root))
                })
        }),
        "array" => value.as_array().is_some_and(|items| {
            items
                .iter()
                .all(|item| is_valid(item, &schema["items"], root))
        }),
        "integer" => value.as_i64().is_some_and(|number| in_range(number as f64)),
        "number" => value.as_f64().is_some_and(in_range),
        "boolean" => value.is_boolean(),
        "string" => {
            value.is_string()
                && schema["enum"]
                    .as_array()
                    .is_none_or(|words| words.contains(value))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn schema_takes_the_example_and_refuses_what_the_loader_refuses() {
    let schema = schema();
    let valid = |text: &str| {
        let table: toml::Table = text.parse().unwrap();
        is_valid(&serde_json::to_value(table).unwrap(), &schema, &schema)
    };
    assert!(valid(&document("assize.toml")));
    assert!(valid(&uncommented()));
    assert!(load_toml(&uncommented()).is_ok());
    assert!(valid(
        "auth.jwt.issuer = 'i'\noverlay.dev.auth.jwt.audience = 'a'"
    ));
    for text in [
        "server.listn = ''",
        "overlay.prod.profile = 'dev'",
        "overlay.x = {}",
        "server.queue_ms = 60001",
        "log.format = 'x'",
        "auth.keys = [{key = 'x'}]",
    ] {
        assert!(!valid(text), "{text}");
        assert!(load_toml(text).is_err(), "{text}");
    }
}
