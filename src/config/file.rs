//! Finding a configuration file, and reading it as TOML or YAML.

use crate::error::{ConfigError, Origin, Problem, shown};
use crate::tree::{Node, Table, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

const NAMES: [&str; 3] = ["assize.toml", "assize.yaml", "assize.yml"];
/// The most errors of the parser that are reported; later ones follow from earlier ones.
const MOST_SYNTAX_ERRORS: usize = 10;
/// The most bytes of a file.
const LARGEST: u64 = 1024 * 1024;

fn error(path: &Path, line: Option<usize>, problem: Problem) -> ConfigError {
    ConfigError {
        origin: Origin::File {
            path: path.into(),
            line,
        },
        key: String::new(),
        problem,
    }
}

/// The file in the first of the folders that has one.
pub(crate) fn find(folders: &[PathBuf]) -> Result<Option<PathBuf>, ConfigError> {
    for folder in folders {
        let mut found = Vec::new();
        for name in NAMES {
            let path = folder.join(name);
            if is_there(&path)? {
                found.push(path);
            }
        }
        match found.as_slice() {
            [] => {}
            [only] => return Ok(Some(only.clone())),
            [first, second, ..] => {
                let second = shown(&second.display().to_string());
                let both = format!("`{second}` stands beside it; keep one of them");
                return Err(error(first, None, Problem::Conflict(both)));
            }
        }
    }
    Ok(None)
}

/// A file that may be there is no absent one: another file, or the defaults, could be less strict.
fn is_there(path: &Path) -> Result<bool, ConfigError> {
    match path.try_exists() {
        Ok(is_there) => Ok(is_there),
        Err(io) if io.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(io) => Err(error(path, None, Problem::Unreadable(io.to_string()))),
    }
}

/// The text of a file of at most 1 MiB; the error is for people.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let length = file
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    if length as u64 > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    Ok(text)
}

/// The content of a configuration file.
pub(crate) fn read(path: &Path) -> Result<Table, Vec<ConfigError>> {
    let text =
        read_text(path).map_err(|reason| vec![error(path, None, Problem::Unreadable(reason))])?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => parse_toml(&text, path),
        Some("yaml" | "yml") => parse_yaml(&text, path),
        _ => {
            let advice = "the name of a configuration file ends in `.toml`, `.yaml` or `.yml`";
            Err(vec![error(
                path,
                None,
                Problem::Conflict(advice.to_owned()),
            )])
        }
    }
}

pub(crate) fn parse_toml(text: &str, path: &Path) -> Result<Table, Vec<ConfigError>> {
    let line_at = |offset: usize| {
        let before = text.as_bytes().get(..offset).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let describe = |toml: &toml::de::Error| {
            let line = toml.span().map(|span| line_at(span.start));
            // The text of a message is the parser's own; its `Display` would quote the file.
            let message = shown(toml.message());
            let format = "TOML";
            error(path, line, Problem::Syntax { format, message })
        };
        return Err(errors
            .iter()
            .take(MOST_SYNTAX_ERRORS)
            .map(describe)
            .collect());
    }
    let path: Arc<Path> = path.into();
    let origin = |offset: usize| Origin::File {
        path: Arc::clone(&path),
        line: Some(line_at(offset)),
    };
    Ok(toml_table(table.get_ref(), &origin))
}

fn toml_table(table: &DeTable<'_>, origin: &dyn Fn(usize) -> Origin) -> Table {
    let entry = |(key, value): (
        &toml::Spanned<std::borrow::Cow<'_, str>>,
        &toml::Spanned<DeValue<'_>>,
    )| {
        // The line of the key: that of a table's value is its last heading.
        let node = Node::new(
            toml_value(value.get_ref(), origin),
            origin(key.span().start),
        );
        (key.get_ref().clone().into_owned(), node)
    };
    table.iter().map(entry).collect()
}

fn toml_value(value: &DeValue<'_>, origin: &dyn Fn(usize) -> Origin) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(integer) => {
            match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Value::Integer(number),
                // Out of every range.
                Err(_) => Value::Integer(i128::MAX),
            }
        }
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        // No key has a time.
        DeValue::Datetime(_) => Value::Null,
        DeValue::Array(items) => {
            let item = |item: &toml::Spanned<DeValue<'_>>| {
                Node::new(
                    toml_value(item.get_ref(), origin),
                    origin(item.span().start),
                )
            };
            Value::List(items.iter().map(item).collect())
        }
        DeValue::Table(table) => Value::Table(toml_table(table, origin)),
    }
}

pub(crate) fn parse_yaml(text: &str, path: &Path) -> Result<Table, Vec<ConfigError>> {
    if text.trim().is_empty() {
        return Ok(Table::new());
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
    };
    let path: Arc<Path> = path.into();
    let root: YamlNode = match serde_saphyr::from_str_with_options(text, options) {
        Ok(root) => root,
        Err(yaml) => {
            let line = yaml.location().map(|location| location.line() as usize);
            let message = yaml_message(&yaml);
            let format = "YAML";
            return Err(vec![error(
                &path,
                line,
                Problem::Syntax { format, message },
            )]);
        }
    };
    match root.into_node(&path).value {
        Value::Table(table) => Ok(table),
        Value::Null => Ok(Table::new()),
        _ => {
            let advice = "a configuration file is a table of sections".to_owned();
            Err(vec![error(&path, Some(1), Problem::Conflict(advice))])
        }
    }
}

/// What the parser says, without values: they may be secrets.
fn yaml_message(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    match error.without_snippet() {
        Error::DuplicateMappingKey { .. } => "a key is given twice".to_owned(),
        Error::MultipleDocuments { .. } => "there is more than one document".to_owned(),
        Error::UnknownAnchor { .. } => "an alias names no anchor".to_owned(),
        Error::UnsupportedTag { .. } => "a tag is not known".to_owned(),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "it is too large or too deep".to_owned(),
        Error::ExternalMessage { msg, .. } => shown(msg),
        _ => "it can't be understood here".to_owned(),
    }
}

/// A value of YAML and its line.
struct YamlNode {
    value: YamlValue,
    line: usize,
}

enum YamlValue {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<YamlNode>),
    Table(Vec<(String, YamlNode)>),
}

impl YamlNode {
    fn into_node(self, path: &Arc<Path>) -> Node {
        let origin = Origin::File {
            path: Arc::clone(path),
            line: (self.line > 0).then_some(self.line),
        };
        let value = match self.value {
            YamlValue::Null => Value::Null,
            YamlValue::Boolean(boolean) => Value::Boolean(boolean),
            YamlValue::Integer(number) => Value::Integer(number),
            YamlValue::Float(number) => Value::Float(number),
            YamlValue::Text(text) => Value::Text(text),
            YamlValue::List(items) => {
                Value::List(items.into_iter().map(|item| item.into_node(path)).collect())
            }
            YamlValue::Table(entries) => Value::Table(
                entries
                    .into_iter()
                    .map(|(key, node)| (key, node.into_node(path)))
                    // A key without a value says nothing.
                    .filter(|(_, node)| !matches!(node.value, Value::Null))
                    .collect(),
            ),
        };
        Node::new(value, origin)
    }
}

impl<'de> Deserialize<'de> for YamlNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<YamlValue>::deserialize(deserializer)?;
        Ok(Self {
            line: spanned.referenced.line() as usize,
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for YamlValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = YamlValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<YamlValue, E> {
        Ok(YamlValue::Null)
    }

    fn visit_none<E>(self) -> Result<YamlValue, E> {
        Ok(YamlValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<YamlValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<YamlValue, E> {
        Ok(YamlValue::Boolean(boolean))
    }

    fn visit_i64<E>(self, number: i64) -> Result<YamlValue, E> {
        Ok(YamlValue::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<YamlValue, E> {
        Ok(YamlValue::Integer(number.into()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<YamlValue, E> {
        Ok(YamlValue::Integer(number))
    }

    fn visit_u128<E>(self, number: u128) -> Result<YamlValue, E> {
        Ok(YamlValue::Integer(number.try_into().unwrap_or(i128::MAX)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<YamlValue, E> {
        Ok(YamlValue::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<YamlValue, E> {
        Ok(YamlValue::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<YamlValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(YamlValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<YamlValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(YamlValue::Table(entries))
    }
}
