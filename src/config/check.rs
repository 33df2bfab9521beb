//! Whether values are of their shapes.

use crate::error::{ConfigError, Problem, nearest, shown};
use crate::schema::Shape;
use crate::text_types::{JwksUrl, ProxyRange, StoreUrl};
use crate::tree::{Node, Table, Value, join};
use std::net::SocketAddr;
use tracing_subscriber::EnvFilter;

/// The most errors that one load reports.
const MOST_ERRORS: usize = 100;
/// The most bytes of a text.
const LONGEST_TEXT: usize = 8 * 1024;

/// Sections whose values no error repeats: they hold secrets, and a misplaced one may be anywhere in them.
const SECRETIVE: [&str; 5] = ["auth.keys", "auth.jwt", "store.url", "model", "embedding"];

pub(crate) fn report(errors: &mut Vec<ConfigError>, node: &Node, key: &str, problem: Problem) {
    if errors.len() < MOST_ERRORS {
        errors.push(ConfigError {
            origin: node.origin.clone(),
            key: key.to_owned(),
            problem,
        });
    }
}

/// Adds an error for every key of a table that is not known or whose value is not of its shape.
pub(crate) struct Checker<'c> {
    pub(crate) settings: &'c Shape,
    /// What stands before the path in a file, as in `overlay.prod`.
    pub(crate) prefix: &'c str,
    pub(crate) errors: &'c mut Vec<ConfigError>,
}

impl Checker<'_> {
    pub(crate) fn table(&mut self, table: &Table, shape: &Shape, path: &str) {
        let Shape::Table { keys, .. } = shape else {
            return;
        };
        for (key, node) in table {
            let path = join(path, key);
            match keys.get(key) {
                Some(shape) => self.value(node, shape, &path),
                None => self.unknown(node, &path, keys.keys()),
            }
        }
    }

    fn value(&mut self, node: &Node, shape: &Shape, path: &str) {
        match (shape, &node.value) {
            (Shape::Table { .. }, Value::Table(table)) => self.table(table, shape, path),
            (Shape::List { item, most }, Value::List(items)) => {
                if items.len() > *most {
                    self.unacceptable(node, shape, path);
                }
                for (index, node) in items.iter().take(*most).enumerate() {
                    self.item(node, item, &format!("{path}[{index}]"));
                }
            }
            _ => {
                if !is_acceptable(&node.value, shape) {
                    self.unacceptable(node, shape, path);
                }
            }
        }
    }

    fn item(&mut self, node: &Node, shape: &Shape, path: &str) {
        self.value(node, shape, path);
        let (Shape::Table { required, .. }, Some(table)) = (shape, node.as_table()) else {
            return;
        };
        for key in required.iter().filter(|key| !table.contains_key(*key)) {
            let problem = Problem::Missing("every item of the list has one".to_owned());
            self.report(node, &join(path, key), problem);
        }
    }

    fn report(&mut self, node: &Node, path: &str, problem: Problem) {
        report(self.errors, node, &join(self.prefix, path), problem);
    }

    fn unacceptable(&mut self, node: &Node, shape: &Shape, path: &str) {
        let secretive = SECRETIVE.iter().any(|section| path.starts_with(section));
        let of_other_kind = matches!(shape, Shape::Table { .. } | Shape::List { .. });
        let got = match &node.value {
            Value::List(items) if matches!(shape, Shape::List { .. }) => {
                Some(items.len().to_string())
            }
            _ if secretive || of_other_kind => {
                let is_of_kind = matches!((shape, &node.value), (Shape::Text(_), Value::Text(_)));
                (!is_of_kind).then(|| node.kind().to_owned())
            }
            Value::Boolean(boolean) => Some(format!("`{boolean}`")),
            Value::Integer(number) => Some(format!("`{number}`")),
            Value::Float(number) => Some(format!("`{number}`")),
            Value::Text(text) => Some(format!("`{}`", shown(text))),
            _ => Some(node.kind().to_owned()),
        };
        let expected = expected(shape);
        self.report(node, path, Problem::Unacceptable { expected, got });
    }

    fn unknown<'k>(
        &mut self,
        node: &Node,
        path: &str,
        known: impl Iterator<Item = &'k String> + Clone,
    ) {
        let section = path.rsplit_once('.').map_or("", |(section, _)| section);
        let key = path.rsplit_once('.').map_or(path, |(_, key)| key);
        let sibling = nearest(key, known.clone().map(String::as_str));
        let elsewhere = || {
            let leaves = self.settings.leaves();
            let last = |leaf: &str| leaf.rsplit('.').next().unwrap_or_default().to_owned();
            let names: Vec<_> = leaves.iter().map(|(leaf, _)| last(leaf)).collect();
            let found = nearest(key, names.iter().map(String::as_str))?;
            let mut paths = leaves.into_iter().map(|(leaf, _)| leaf);
            paths.find(|leaf| last(leaf) == found)
        };
        let nearest = sibling
            .map(|sibling| join(section, sibling))
            .or_else(elsewhere)
            .map(|nearest| join(self.prefix, &nearest));
        let known = known.cloned().collect();
        self.report(node, path, Problem::UnknownKey { nearest, known });
    }
}

pub(crate) fn is_acceptable(value: &Value, shape: &Shape) -> bool {
    match (shape, value) {
        (Shape::Boolean, Value::Boolean(_)) => true,
        (Shape::Integer(range), Value::Integer(number)) => range.contains(number),
        (Shape::Number(range), Value::Integer(number)) => range.contains(&(*number as f64)),
        (Shape::Number(range), Value::Float(number)) => range.contains(number),
        (Shape::Word(words), Value::Text(text)) => words.contains(text),
        (Shape::Text(format), Value::Text(text)) => is_of_format(text, format),
        _ => false,
    }
}

fn is_of_format(text: &str, format: &str) -> bool {
    let is_plain = !text.trim().is_empty()
        && text.len() <= LONGEST_TEXT
        && !text.chars().any(char::is_control);
    let tenant =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    is_plain
        && match format {
            "socket-address" => text.parse::<SocketAddr>().is_ok(),
            "ip-range" => text.parse::<ProxyRange>().is_ok(),
            "log-filter" => {
                EnvFilter::try_new(text).is_ok() && text.split(',').all(is_level_or_pair)
            }
            "store-url" => text.parse::<StoreUrl>().is_ok(),
            "jwks-url" => text.parse::<JwksUrl>().is_ok(),
            "tenant" => text.len() <= 64 && text.bytes().all(tenant),
            "name" => text.chars().count() <= 64,
            "path" | "secret" | "word" => true,
            _ => false,
        }
}

/// A word alone is a level: taken as a module, a slip would silence everything.
fn is_level_or_pair(directive: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let directive = directive.trim();
    directive.is_empty()
        || directive.contains('=')
        || LEVELS
            .iter()
            .any(|level| directive.eq_ignore_ascii_case(level))
}

/// What a value of this shape is, for errors.
pub(crate) fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Table { .. } => "a table".to_owned(),
        Shape::List { most, .. } => format!("a list of at most {most}"),
        Shape::Integer(range) => {
            format!("a whole number from {} to {}", range.start(), range.end())
        }
        Shape::Number(range) => format!("a number from {} to {}", range.start(), range.end()),
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Word(words) => one_of(words),
        Shape::Text(format) => match format.as_str() {
            "socket-address" => "an IP address and a port, as in `127.0.0.1:8000`".to_owned(),
            "ip-range" => text_error::<ProxyRange>(),
            "log-filter" => "a level, or levels by module, as in `info,assize=debug`".to_owned(),
            "store-url" => text_error::<StoreUrl>(),
            "jwks-url" => text_error::<JwksUrl>(),
            "tenant" => "1 to 64 of `a` to `z`, `0` to `9`, `_` and `-`".to_owned(),
            "name" => "1 to 64 printable characters".to_owned(),
            "path" => "the path of a file or folder".to_owned(),
            _ => format!("a text of 1 to {LONGEST_TEXT} bytes without control characters"),
        },
    }
}

/// What a type says of a text that it can't be.
fn text_error<T: std::str::FromStr<Err = crate::text_types::TextError>>() -> String {
    T::from_str("")
        .err()
        .map(|error| error.0.to_owned())
        .unwrap_or_default()
}

fn one_of(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
